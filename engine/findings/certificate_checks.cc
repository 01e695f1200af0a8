#include "engine/findings/certificate_checks.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/byte_view.h"
#include "engine/crypto/subject_public_key.h"
#include "engine/x509/extensions.h"
#include "engine/x509/name.h"
#include "engine/x509/serial.h"

namespace muster::findings {
namespace {

using enum FindingId;

// id-kp-clientAuth and anyExtendedKeyUsage (RFC 5280 4.2.1.12).
constexpr std::string_view kClientAuth = "\x2b\x06\x01\x05\x05\x07\x03\x02";
constexpr std::string_view kAnyPurpose{"\x55\x1d\x25\x00", 4};
// 64 bits of randomness need as many octets.
constexpr std::size_t kSerialOctetsMin = 8;
constexpr std::uint32_t kUsualExponent = 65537;

class Checker {
 public:
  Checker(const CheckContext& context, const CertificateView& view, Observations* out)
      : context_(context), view_(view), out_(out) {}

  struct Dates {
    FindingId expired, soon, later;
  };
  void CheckDates(const Dates& ids) {
    const auto left = view_.not_after() - context_.at;
    if (left < std::chrono::seconds{0}) {
      AddEnd(ids.expired);
    } else if (left <= context_.soon) {
      AddEnd(ids.soon);
    } else if (left <= context_.later) {
      AddEnd(ids.later);
    }
  }

  void CheckKey() {
    const AlgorithmPolicy any_size{.rsa_bits_min = 0};
    const auto numbers = crypto::ReadRsaNumbers(view_.spki());
    if (numbers) CheckRsa(*numbers);
    const auto key = crypto::ParseSubjectPublicKey(view_.spki(), any_size);
    if (!key && key.error().reason != RejectReason::kWeakKey) {
      Add(kKeyNotAccepted, std::string(key.error().what));
    } else if (key && key->algorithm != crypto::KeyAlgorithm::kRsa) {
      // A point off its curve: ParseSubjectPublicKey does not look.
      const auto checked = crypto::CheckPublicKey(view_.spki(), any_size);
      if (!checked) Add(kKeyNotAccepted, std::string(checked.error().what));
    }
  }

  void CheckSignatureHash() {
    const RejectReason reason =
        crypto::CheckSignatureAlgorithm(view_.signature_algorithm(), AlgorithmPolicy{});
    if (reason == RejectReason::kWeakSignatureAlgorithm) Add(kSignatureHashWeak);
  }

  // RFC 5280 4.1.2.2. The content is minimal, so leading zeros are sign octets.
  void CheckSerial() {
    const ByteView serial = view_.serial();
    if (!x509::IsRegularSerial(serial)) {
      Add(kSerialIrregular, fmt::format("serial {}", x509::SerialText(serial.first(
                                            std::min<std::size_t>(serial.size(), 24)))));
    } else if (serial.size() == 1 && serial[0] == 0) {
      Add(kSerialZero);
    } else if (serial.size() - (serial[0] == 0 ? 1 : 0) < kSerialOctetsMin) {
      Add(kSerialShort, fmt::format("serial {}", x509::SerialText(serial)));
    }
  }

  void CheckLeafExtensions() {
    if (view_.is_ca()) Add(kLeafIsCa);
    CheckKeyUsage();
    CheckPurpose();
    if (view_.subject_key_id().empty()) Add(kLeafSubjectKeyIdMissing);
    // 4.2.1.1: self-signed certificates may leave it out.
    if (view_.authority_key_id().empty() && !view_.IsSelfIssued()) Add(kLeafAuthorityKeyIdMissing);
  }

  void CheckCaExtensions() {
    const ExtensionView& constraints = view_.extension(ExtensionId::kBasicConstraints);
    if (constraints.present && !constraints.critical) Add(kCaBasicConstraintsNotCritical);
    if (!view_.has_key_usage()) Add(kCaKeyUsageMissing);
    if (view_.subject_key_id().empty()) Add(kCaSubjectKeyIdMissing);
    if (view_.authority_key_id().empty() && !view_.IsSelfIssued()) Add(kCaAuthorityKeyIdMissing);
  }

  void CheckRegistrationId(std::string_view device_id) {
    if (x509::IsEmptyName(view_.subject())) {
      Add(kLeafSubjectEmpty);
      return;
    }
    std::string_view why;
    const auto id = x509::RegistrationIdOf(view_.subject(), &why);
    const std::string_view name = OnlyCommonName(view_.subject());
    if (!id) {
      Add(kRegistrationIdMalformed, std::string(why));
      return;
    }
    if (std::ranges::any_of(name, [](char c) { return c >= 'A' && c <= 'Z'; })) {
      Add(kRegistrationIdUpperCase, fmt::format("CN '{}'", name));
    }
    if (device_id.empty()) return;
    const auto listed = RegistrationId::Parse(device_id);
    if (!listed || *listed != *id) Add(kDeviceIdDiffers, fmt::format("CN '{}'", name));
  }

  void CheckLeafDates() {
    CheckDates({kLeafExpired, kLeafExpiresSoon, kLeafExpiresLater});
    if (context_.at < view_.not_before()) {
      Add(kLeafNotYetValid, fmt::format("notBefore {}", FormatRfc3339(view_.not_before())));
    }
    if (view_.not_after() - view_.not_before() > context_.validity_max) AddEnd(kLeafValidityLong);
  }

  void Add(FindingId id, std::string detail = {}) { out_->push_back({id, std::move(detail)}); }

 private:
  void AddEnd(FindingId id) {
    Add(id, fmt::format("notAfter {}", FormatRfc3339(view_.not_after())));
  }

  void CheckRsa(const crypto::RsaNumbers& key) {
    std::uint64_t exponent = 0;
    for (const std::uint8_t octet : key.exponent) {
      exponent = std::min<std::uint64_t>(exponent << 8 | octet, std::uint64_t{1} << 40);
    }
    if (exponent == 1) {
      Add(kRsaExponentOne);
    } else if (exponent < kUsualExponent) {
      Add(kRsaExponentSmall, fmt::format("exponent {}", exponent));
    }
    const std::string kind = DisplayKeyType(view_.spki());
    const auto sized = crypto::ParseSubjectPublicKey(view_.spki(), AlgorithmPolicy{});
    const bool weak = !sized && sized.error().reason == RejectReason::kWeakKey;
    // Too few bits, or the exponent 1, which is told above.
    if (weak && exponent != 1) Add(kKeyTooSmall, kind);
    const ModulusResidues residues = ResiduesOf(key.modulus);
    if (residues.roca) Add(kRsaRoca, kind);
    if (residues.small_factor != 0) {
      Add(kRsaSmallFactor, fmt::format("divisible by {}", residues.small_factor));
    }
    if (context_.weak_keys.Contains(key.modulus)) Add(kRsaDebianWeak, kind);
  }

  // RFC 5280 4.2.1.3.
  void CheckKeyUsage() {
    if (!view_.has_key_usage()) {
      Add(kLeafKeyUsageMissing);
      return;
    }
    const unsigned usage = view_.key_usage();
    if ((usage & kDigitalSignature) == 0) Add(kLeafKeyUsageNoSignature);
    if ((usage & kKeyCertSign) != 0 && !view_.is_ca()) Add(kLeafKeyUsageCertSign);
    // RFC 5480 3 lets EC keys agree, and RFC 3279 2.3.1 lets RSA keys encipher; neither the other.
    const bool rsa = crypto::ReadRsaNumbers(view_.spki()).has_value();
    const bool ed25519 = !rsa && DisplayKeyType(view_.spki()) == "Ed25519";
    unsigned impossible = rsa ? kKeyAgreement : kKeyEncipherment | kDataEncipherment;
    if (ed25519) impossible |= kKeyAgreement;
    if ((usage & impossible) != 0) Add(kLeafKeyUsageMismatch);
  }

  // RFC 5280 4.2.1.12.
  void CheckPurpose() {
    const ExtensionView& extension = view_.extension(ExtensionId::kExtendedKeyUsage);
    if (!extension.present) {
      Add(kLeafPurposeMissing);
      return;
    }
    const auto purposes = x509::ParseExtendedKeyUsage(extension.value);
    const bool allowed = purposes && std::ranges::any_of(*purposes, [](ByteView purpose) {
                           return base::AsText(purpose) == kClientAuth ||
                                  base::AsText(purpose) == kAnyPurpose;
                         });
    if (!allowed) Add(kLeafPurposeWrong);
  }

  const CheckContext& context_;
  const CertificateView& view_;
  Observations* out_;
};

}  // namespace

std::string_view OnlyCommonName(ByteView subject) {
  const std::vector<x509::CommonName> names = x509::CommonNames(subject);
  return names.size() == 1 ? base::AsText(names.front().value) : std::string_view();
}

void CheckLeaf(const CheckContext& context, const CertificateView& leaf, std::string_view device_id,
               Observations* out) {
  Checker checker(context, leaf, out);
  checker.CheckLeafDates();
  checker.CheckKey();
  checker.CheckSignatureHash();
  checker.CheckSerial();
  if (leaf.version() < 3) {
    checker.Add(kLeafVersion1);
  } else {
    checker.CheckLeafExtensions();
  }
  checker.CheckRegistrationId(device_id);
}

void CheckCa(const CheckContext& context, const CertificateView& ca, bool is_anchor,
             Observations* out) {
  Checker checker(context, ca, out);
  checker.CheckDates(is_anchor
                         ? Checker::Dates{kAnchorExpired, kAnchorExpiresSoon, kAnchorExpiresLater}
                         : Checker::Dates{kIntermediateExpired, kIntermediateExpiresSoon,
                                          kIntermediateExpiresLater});
  checker.CheckKey();
  // Nothing rests on a root's signature over itself.
  if (!ca.IsSelfIssued()) checker.CheckSignatureHash();
  checker.CheckSerial();
  if (ca.version() >= 3) checker.CheckCaExtensions();
}

}  // namespace muster::findings
