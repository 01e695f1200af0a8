#include "engine/path/crl_scope.h"

#include <algorithm>
#include <compare>
#include <cstddef>
#include <optional>
#include <string_view>
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

bool IsDirectoryName(std::string_view comparable, std::string_view canonical) {
  return comparable.size() == canonical.size() + 1 &&
         comparable.front() == static_cast<char>(GeneralNameKind::kDirectoryName) &&
         comparable.ends_with(canonical);
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

CrlPoint::CrlPoint(const DistributionPoint& point, const CertificateView& certificate)
    : has_crl_issuer_(!point.crl_issuer.empty()),
      crl_issuers_(ComparableNames(point.crl_issuer)),
      reasons_(point.reasons) {
  if (!point.has_name()) {
    names_ = crl_issuers_;
    return;
  }
  // 4.2.1.13: relative to the cRLIssuer where there is one, which then names one directoryName.
  ByteView relative_to = certificate.issuer();
  for (const GeneralName& name : point.crl_issuer) {
    if (name.kind == GeneralNameKind::kDirectoryName) relative_to = name.value;
  }
  names_ = PointNames(point, relative_to);
}

CrlPoint CrlPoint::OfIssuer(const CertificateView& certificate) {
  DistributionPoint assumed;
  assumed.full_name.push_back({GeneralNameKind::kDirectoryName, certificate.issuer()});
  return CrlPoint(assumed, certificate);
}

CrlSubject::CrlSubject(const CertificateView& certificate, const std::string& issuer)
    : certificate_(certificate), issuer_(issuer) {
  points_.push_back(CrlPoint::OfIssuer(certificate));
  const ExtensionView& extension = certificate.extension(ExtensionId::kCrlDistributionPoints);
  if (!extension.present) return;
  const auto points = x509::ParseCrlDistributionPoints(extension.value);
  if (!points) return;
  for (const DistributionPoint& point : *points) points_.emplace_back(point, certificate);
}

// 6.3.3 (b) (1): the CRL comes from the point's cRLIssuer and is indirect, or from the
// certificate's issuer.
bool CrlSubject::ComesFromRightIssuer(const IndexedCrl& crl, const CrlPoint& point) const {
  if (!point.has_crl_issuer_) return crl.issuer == issuer_;
  return crl.is_indirect() &&
         std::any_of(point.crl_issuers_.begin(), point.crl_issuers_.end(),
                     [&](const std::string& name) { return IsDirectoryName(name, crl.issuer); });
}

// 6.3.3 (b) (2) (ii) and (iii).
bool CrlSubject::CoversKind(const IndexedCrl& crl) const {
  const auto& idp = crl.view.issuing_distribution_point();
  if (!idp) return true;
  if (idp->only_user_certs && certificate_.is_ca()) return false;
  return !idp->only_ca_certs || certificate_.is_ca();
}

std::uint16_t CrlSubject::ReasonsOf(const IndexedCrl& crl) const {
  if (!CoversKind(crl)) return 0;
  const auto& idp = crl.view.issuing_distribution_point();
  const bool any_name = !idp || !idp->point.has_name();
  const std::uint16_t of_crl = idp ? idp->only_some_reasons : x509::kAllReasons;
  std::uint16_t reasons = 0;
  for (const CrlPoint& point : points_) {
    // 6.3.3 (b) (2) (i): one of the names of the issuing distribution point is one of the point's.
    const auto is_named = [&](const std::string& name) {
      return std::binary_search(crl.scope_names.begin(), crl.scope_names.end(), name);
    };
    if (!ComesFromRightIssuer(crl, point)) continue;
    if (!any_name && std::none_of(point.names_.begin(), point.names_.end(), is_named)) continue;
    // 6.3.3 (d): what both the point and the CRL cover.
    reasons = static_cast<std::uint16_t>(reasons | (of_crl & point.reasons_));
  }
  return reasons;
}

std::vector<std::string> ScopeNames(const x509::CrlView& crl) {
  const auto& idp = crl.issuing_distribution_point();
  if (!idp) return {};
  std::vector<std::string> names = PointNames(idp->point, crl.issuer());
  std::sort(names.begin(), names.end());
  return names;
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
