#include "engine/path/crl_scope.h"

#include <algorithm>
#include <compare>
#include <cstddef>
#include <optional>
#include <vector>

#include "engine/base/byte_view.h"
#include "engine/der/der_reader.h"
#include "engine/x509/name.h"

namespace muster::path {
namespace {

using x509::DistributionPoint;
using x509::GeneralName;
using x509::GeneralNameKind;

// Appends a DER header for `size` octets of content (X.690 8.1.3). Names are below 64 KiB.
void AppendHeader(std::uint8_t tag, std::size_t size, Bytes* out) {
  out->push_back(tag);
  if (size >= 0x100) {
    out->insert(out->end(), {0x82, static_cast<std::uint8_t>(size >> 8 & 0xff)});
  } else if (size >= 0x80) {
    out->push_back(0x81);
  }
  out->push_back(static_cast<std::uint8_t>(size & 0xff));
}

// nameRelativeToCRLIssuer (4.2.1.13): the issuer's name with one more RDN, canonical.
std::optional<std::string> RelativeName(ByteView issuer_name, ByteView rdn_content) {
  der::DerReader outer(issuer_name);
  ByteView rdns;
  if (!outer.Read(der::kSequence, &rdns)) return std::nullopt;
  Bytes content(rdns.begin(), rdns.end());
  AppendHeader(der::kSet, rdn_content.size(), &content);
  content.insert(content.end(), rdn_content.begin(), rdn_content.end());
  if (content.size() > kCertificateSizeMax) return std::nullopt;
  Bytes name;
  AppendHeader(der::kSequence, content.size(), &name);
  name.insert(name.end(), content.begin(), content.end());
  return x509::CanonicalName(name);
}

// A GeneralName in a form that can be compared by its octets: the kind, then the canonical name or
// the octets as they are.
std::optional<std::string> ComparableName(const GeneralName& name) {
  std::string out(1, static_cast<char>(name.kind));
  if (name.kind == GeneralNameKind::kDirectoryName) {
    const std::optional<std::string> canonical = x509::CanonicalName(name.value);
    if (!canonical) return std::nullopt;
    return out + *canonical;
  }
  return out.append(base::AsText(name.value));
}

std::vector<std::string> ComparableNames(const std::vector<GeneralName>& names) {
  std::vector<std::string> comparable;
  for (const GeneralName& name : names) {
    if (auto one = ComparableName(name)) comparable.push_back(*std::move(one));
  }
  return comparable;
}

// All names of a distribution point; relative ones are relative to `issuer_name`.
std::vector<std::string> PointNames(const DistributionPoint& point, ByteView issuer_name) {
  std::vector<std::string> names = ComparableNames(point.full_name);
  if (!point.name_relative_to_issuer.empty()) {
    if (const auto name = RelativeName(issuer_name, point.name_relative_to_issuer)) {
      names.push_back(static_cast<char>(GeneralNameKind::kDirectoryName) + *name);
    }
  }
  return names;
}

bool HaveOneInCommon(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::any_of(a.begin(), a.end(), [&](const std::string& name) {
    return std::find(b.begin(), b.end(), name) != b.end();
  });
}

// 6.3.3 (b) (1): the CRL comes from the point's cRLIssuer and is indirect, or from the
// certificate's issuer.
bool ComesFromRightIssuer(const IndexedCrl& crl, const CrlSubject& subject,
                          const DistributionPoint& point) {
  if (point.crl_issuer.empty()) return crl.issuer == subject.issuer;
  if (!crl.is_indirect()) return false;
  const std::vector<std::string> issuers = ComparableNames(point.crl_issuer);
  const std::string wanted = static_cast<char>(GeneralNameKind::kDirectoryName) + crl.issuer;
  return std::find(issuers.begin(), issuers.end(), wanted) != issuers.end();
}

// 6.3.3 (b) (2) (i): one of the names of the issuing distribution point is one of the point's.
bool NamesMeet(const IndexedCrl& crl, const CrlSubject& subject, const DistributionPoint& point) {
  const auto& idp = crl.view.issuing_distribution_point();
  if (!idp || !idp->point.has_name()) return true;
  const std::vector<std::string> idp_names = PointNames(idp->point, crl.view.issuer());
  if (!point.has_name()) return HaveOneInCommon(idp_names, ComparableNames(point.crl_issuer));
  // 4.2.1.13: relative to the cRLIssuer where there is one, which then names one directoryName.
  ByteView relative_to = subject.certificate.issuer();
  for (const GeneralName& name : point.crl_issuer) {
    if (name.kind == GeneralNameKind::kDirectoryName) relative_to = name.value;
  }
  return HaveOneInCommon(idp_names, PointNames(point, relative_to));
}

// 6.3.3 (b) (2) (ii) and (iii).
bool CoversKind(const IndexedCrl& crl, const CertificateView& certificate) {
  const auto& idp = crl.view.issuing_distribution_point();
  if (!idp) return true;
  if (idp->only_user_certs && certificate.is_ca()) return false;
  return !idp->only_ca_certs || certificate.is_ca();
}

// INTEGER contents that are not negative, compared as numbers.
std::strong_ordering CompareNumbers(ByteView a, ByteView b) {
  const auto strip = [](ByteView n) {
    while (!n.empty() && n[0] == 0) n = n.subspan(1);
    return n;
  };
  a = strip(a);
  b = strip(b);
  if (a.size() != b.size()) return a.size() <=> b.size();
  return base::AsText(a) <=> base::AsText(b);
}

}  // namespace

std::uint16_t ReasonsByPoint(const IndexedCrl& crl, const CrlSubject& subject,
                             const DistributionPoint& point) {
  if (!ComesFromRightIssuer(crl, subject, point) || !NamesMeet(crl, subject, point) ||
      !CoversKind(crl, subject.certificate)) {
    return 0;
  }
  // 6.3.3 (d): what both the point and the CRL cover.
  const auto& idp = crl.view.issuing_distribution_point();
  const std::uint16_t of_crl = idp ? idp->only_some_reasons : x509::kAllReasons;
  return static_cast<std::uint16_t>(of_crl & point.reasons);
}

std::uint16_t ReasonsByIssuer(const IndexedCrl& crl, const CrlSubject& subject) {
  DistributionPoint assumed;
  assumed.full_name.push_back({GeneralNameKind::kDirectoryName, subject.certificate.issuer()});
  return ReasonsByPoint(crl, subject, assumed);
}

bool CoversAllOfItsIssuer(const IndexedCrl& crl) {
  return !crl.view.issuing_distribution_point().has_value();
}

bool SameScope(const IndexedCrl& a, const IndexedCrl& b) {
  return a.issuer == b.issuer && base::Equal(a.view.issuing_distribution_point_der(),
                                             b.view.issuing_distribution_point_der());
}

bool Supersedes(const IndexedCrl& newer, const IndexedCrl& older) {
  const auto by_time = newer.view.this_update() <=> older.view.this_update();
  auto by_number = std::strong_ordering::equal;
  if (!newer.view.crl_number().empty() && !older.view.crl_number().empty()) {
    by_number = CompareNumbers(newer.view.crl_number(), older.view.crl_number());
  }
  if (newer.view.is_delta() &&
      (!older.view.is_delta() ||
       CompareNumbers(newer.view.base_crl_number(), older.view.base_crl_number()) > 0)) {
    return false;
  }
  return by_time >= 0 && by_number >= 0 && (by_time > 0 || by_number > 0);
}

bool Combines(const IndexedCrl& complete_crl, const IndexedCrl& delta) {
  const x509::CrlView& complete = complete_crl.view;
  const x509::CrlView& changes = delta.view;
  // 5.2.4: "the CRL number of the complete CRL is equal to or greater than the BaseCRLNumber" and
  // "less than the CRL number of the delta CRL".
  return SameScope(complete_crl, delta) &&
         base::Equal(complete.authority_key_id(), changes.authority_key_id()) &&
         !complete.crl_number().empty() && !changes.crl_number().empty() &&
         CompareNumbers(complete.crl_number(), changes.base_crl_number()) >= 0 &&
         CompareNumbers(complete.crl_number(), changes.crl_number()) < 0;
}

}  // namespace muster::path
