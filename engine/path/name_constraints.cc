#include "engine/path/name_constraints.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/base/byte_view.h"
#include "engine/base/encoding.h"
#include "engine/x509/name.h"

namespace muster::path {
namespace {

using x509::GeneralName;
using x509::GeneralNameKind;

constexpr std::uint16_t BitOf(GeneralNameKind kind) {
  return static_cast<std::uint16_t>(1u << static_cast<unsigned>(kind));
}

// The forms that have a rule in RFC 5280 4.2.1.10.
constexpr std::uint16_t kSupportedKinds =
    BitOf(GeneralNameKind::kRfc822Name) | BitOf(GeneralNameKind::kDnsName) |
    BitOf(GeneralNameKind::kDirectoryName) | BitOf(GeneralNameKind::kUri) |
    BitOf(GeneralNameKind::kIpAddress);

// Nothing for forms that are not text.
std::optional<TextForm> TextFormOf(GeneralNameKind kind) {
  switch (kind) {
    case GeneralNameKind::kDnsName:
      return TextForm::kDns;
    case GeneralNameKind::kRfc822Name:
      return TextForm::kEmail;
    case GeneralNameKind::kUri:
      return TextForm::kUri;
    default:
      return std::nullopt;
  }
}

std::string_view NameOf(GeneralNameKind kind) {
  switch (kind) {
    case GeneralNameKind::kOtherName:
      return "otherName";
    case GeneralNameKind::kRfc822Name:
      return "rfc822Name";
    case GeneralNameKind::kDnsName:
      return "dNSName";
    case GeneralNameKind::kX400Address:
      return "x400Address";
    case GeneralNameKind::kDirectoryName:
      return "directoryName";
    case GeneralNameKind::kEdiPartyName:
      return "ediPartyName";
    case GeneralNameKind::kUri:
      return "URI";
    case GeneralNameKind::kIpAddress:
      return "iPAddress";
    case GeneralNameKind::kRegisteredId:
      return "registeredID";
  }
  return "name";
}

// At most this many octets of a name are shown.
constexpr std::size_t kShownMax = 200;

std::string Show(const GeneralName& name) {
  std::string text;
  switch (name.kind) {
    case GeneralNameKind::kDirectoryName:
      text = DisplayName(name.value);
      break;
    case GeneralNameKind::kRfc822Name:
    case GeneralNameKind::kDnsName:
    case GeneralNameKind::kUri:
      for (const std::uint8_t c : name.value) {
        if (c > 0x20 && c < 0x7f) {
          text.push_back(static_cast<char>(c));
        } else {
          text += fmt::format("\\{:02x}", c);
        }
      }
      break;
    default:
      text = base::HexLower(name.value);
  }
  if (text.size() > kShownMax) text.replace(kShownMax, std::string::npos, "...");
  return fmt::format("{} {}", NameOf(name.kind), text);
}

}  // namespace

// A name of a certificate, with what comparisons need of it.
struct NameConstraintSet::Name {
  GeneralName name;
  std::string canonical;         // Of a directoryName.
  std::optional<TextName> text;  // Of a form that is text.

  bool IsWithin(const Base& base, Subtree subtree) const {
    if (text) return base.text->Covers(*text, subtree);
    switch (name.kind) {
      case GeneralNameKind::kDirectoryName:
        // A prefix of canonical octets is a prefix of whole RDNs (x509::CanonicalName).
        return canonical.starts_with(base.canonical);
      case GeneralNameKind::kIpAddress:
        return IpAddressWithin(name.value, base.name.value);
      default:
        return subtree == Subtree::kExcluded;
    }
  }

  // Takes what it costs to compare with `base`; false where too little is left.
  bool Pay(const Base& base, int* comparisons_left) const {
    const std::size_t octets = text ? std::min(text->size(), base.text->size())
                                    : std::min(canonical.size(), base.canonical.size());
    const int cost = 1 + static_cast<int>(octets / kOctetsACharge);
    if (*comparisons_left < cost) return false;
    *comparisons_left -= cost;
    return true;
  }
};

bool NameConstraintSet::AddBases(const std::vector<GeneralName>& names, std::vector<Base>* bases,
                                 std::uint16_t* kinds) {
  for (const GeneralName& name : names) {
    Base base{name, {}, {}};
    if (const auto form = TextFormOf(name.kind)) base.text.emplace(*form, base::AsText(name.value));
    if (name.kind == GeneralNameKind::kDirectoryName) {
      std::optional<std::string> canonical = x509::CanonicalName(name.value);
      if (!canonical) return false;
      base.canonical = *std::move(canonical);
    }
    // RFC 5280 4.2.1.10: an address range in the style of RFC 4632 (CIDR).
    if (name.kind == GeneralNameKind::kIpAddress && !IsIpConstraint(name.value)) return false;
    *kinds = static_cast<std::uint16_t>(*kinds | BitOf(name.kind));
    bases->push_back(std::move(base));
  }
  std::stable_sort(bases->begin(), bases->end(),
                   [](const Base& a, const Base& b) { return a.name.kind < b.name.kind; });
  return true;
}

std::span<const NameConstraintSet::Base> NameConstraintSet::OfKind(std::span<const Base> bases,
                                                                   GeneralNameKind kind) {
  const auto begin = std::partition_point(bases.begin(), bases.end(),
                                          [&](const Base& b) { return b.name.kind < kind; });
  const auto end = std::partition_point(begin, bases.end(),
                                        [&](const Base& b) { return b.name.kind == kind; });
  return {begin, end};
}

std::shared_ptr<const NameConstraintSet::Level> NameConstraintSet::ReadLevel(
    const CertificateView& ca) {
  const auto constraints =
      x509::ParseNameConstraints(ca.extension(ExtensionId::kNameConstraints).value);
  if (!constraints) return nullptr;
  auto level = std::make_shared<Level>();
  if (!AddBases(constraints->permitted, &level->permitted, &level->permitted_kinds)) return nullptr;
  level->kinds = level->permitted_kinds;
  if (!AddBases(constraints->excluded, &level->excluded, &level->kinds)) return nullptr;
  level->issuer = DisplayName(ca.subject());
  return level;
}

bool NameConstraintSet::Add(const CertificateView& ca, Memo* memo) {
  const ExtensionView& extension = ca.extension(ExtensionId::kNameConstraints);
  if (!extension.present) return true;
  std::shared_ptr<const Level> level;
  if (memo != nullptr) level = memo->levels_[extension.value.data()];
  if (level == nullptr) level = ReadLevel(ca);
  if (level == nullptr) return false;
  if (memo != nullptr) memo->levels_[extension.value.data()] = level;
  kinds_ = static_cast<std::uint16_t>(kinds_ | level->kinds);
  levels_.push_back(std::move(level));
  return true;
}

std::optional<NameFault> NameConstraintSet::Check(const CertificateView& certificate,
                                                  int* comparisons_left) const {
  if (levels_.empty()) return std::nullopt;
  // 4.2.1.10: directoryName constraints apply to the subject where it is not empty.
  if (!x509::IsEmptyName(certificate.subject())) {
    const GeneralName subject{GeneralNameKind::kDirectoryName, certificate.subject()};
    if (auto fault = CheckName(subject, false, comparisons_left)) return fault;
  }
  const ExtensionView& extension = certificate.extension(ExtensionId::kSubjectAltName);
  if (extension.present) {
    const auto names = x509::ParseGeneralNames(extension.value);
    if (!names) {
      return NameFault{RejectReason::kMalformedExtension, "subjectAltName is malformed"};
    }
    for (const GeneralName& name : *names) {
      if (auto fault = CheckName(name, false, comparisons_left)) return fault;
    }
    return std::nullopt;
  }
  // 4.2.1.10: where there is no subjectAltName, rfc822Name constraints apply to emailAddress
  // attributes of the subject.
  if ((kinds_ & BitOf(GeneralNameKind::kRfc822Name)) != 0) {
    for (const ByteView email : x509::EmailAddresses(certificate.subject())) {
      if (auto fault = CheckName({GeneralNameKind::kRfc822Name, email}, true, comparisons_left)) {
        return fault;
      }
    }
  }
  return std::nullopt;
}

std::optional<NameFault> NameConstraintSet::CheckName(const GeneralName& name, bool is_attribute,
                                                      int* comparisons_left) const {
  if ((kinds_ & BitOf(name.kind)) == 0) return std::nullopt;
  // 6.1.3 (b), (c): a name of a form that cannot be compared is refused whether the constraint is
  // critical or not [ours: fail closed; RFC 5280 4.2.1.10 demands it where it is critical].
  if ((kSupportedKinds & BitOf(name.kind)) == 0) {
    return NameFault{RejectReason::kUnsupportedNameConstraint,
                     fmt::format("{} is constrained and cannot be compared", Show(name))};
  }
  Name prepared{name, {}, {}};
  if (const auto form = TextFormOf(name.kind)) {
    prepared.text.emplace(is_attribute ? TextForm::kEmailAttribute : *form,
                          base::AsText(name.value));
  }
  if (name.kind == GeneralNameKind::kDirectoryName) {
    std::optional<std::string> canonical = x509::CanonicalName(name.value);
    if (!canonical) return NameFault{RejectReason::kMalformedName, "directoryName is malformed"};
    prepared.canonical = *std::move(canonical);
  }
  for (const auto& level : levels_) {
    if (auto fault = CheckLevel(*level, prepared, comparisons_left)) return fault;
  }
  return std::nullopt;
}

std::optional<NameFault> NameConstraintSet::CheckLevel(const Level& level, const Name& name,
                                                       int* comparisons_left) {
  const std::uint16_t kind = BitOf(name.name.kind);
  if ((level.kinds & kind) == 0) return std::nullopt;
  const auto exhausted = [] {
    return NameFault{RejectReason::kBudgetExhausted, "too many names to compare with constraints"};
  };
  // 6.1.3 (c): not within any of the excluded subtrees.
  for (const Base& base : OfKind(level.excluded, name.name.kind)) {
    if (!name.Pay(base, comparisons_left)) return exhausted();
    if (!name.IsWithin(base, Subtree::kExcluded)) continue;
    return NameFault{
        RejectReason::kNameConstraintViolated,
        fmt::format("{} is excluded by {} of {}", Show(name.name), Show(base.name), level.issuer)};
  }
  // 6.1.3 (b): within one of the permitted subtrees, where there are any of this form.
  if ((level.permitted_kinds & kind) == 0) return std::nullopt;
  for (const Base& base : OfKind(level.permitted, name.name.kind)) {
    if (!name.Pay(base, comparisons_left)) return exhausted();
    if (name.IsWithin(base, Subtree::kPermitted)) return std::nullopt;
  }
  return NameFault{RejectReason::kNameConstraintViolated,
                   fmt::format("{} is not permitted by {}", Show(name.name), level.issuer)};
}

}  // namespace muster::path
