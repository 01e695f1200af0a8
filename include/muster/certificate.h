// Certificates: a borrowed view, its owned twin, and the chain a device presents.
//
// Implements: RFC 5280 section 4.1 and the shape of the extensions of 4.2, strict DER (X.690 8-10).
// Deviations, both stricter: no BER, no trailing bytes. X.509 versions 1 and 3 are read (version 2,
// with its unique identifiers, is refused); whether a version may be used is for the validator.
// Thread-safe: views and certificates are immutable.
#ifndef MUSTER_CERTIFICATE_H_
#define MUSTER_CERTIFICATE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "muster/bytes.h"
#include "muster/fingerprint.h"
#include "muster/reject_reason.h"
#include "muster/time.h"

namespace muster {

// Why bytes are not a certificate (or CRL): the reason, where, and what was wrong there.
struct ParseFailure {
  RejectReason reason = RejectReason::kMalformedCertificate;
  std::size_t offset = 0;   // From the start of the DER, in octets.
  std::string_view what;    // A static phrase: "length is not minimal".
};

template <typename T>
using ParseResult = tl::expected<T, ParseFailure>;

// The largest certificate that is read, in octets. Device certificates are 0.4 to 4 KiB; the
// largest CA certificates of public trust stores stay below 8 KiB.
inline constexpr std::size_t kCertificateSizeMax = std::size_t{64} * 1024;

// The extensions of RFC 5280 4.2 that the engine understands.
enum class ExtensionId : std::uint8_t {
  kBasicConstraints,
  kKeyUsage,
  kExtendedKeyUsage,
  kSubjectKeyId,
  kAuthorityKeyId,
  kSubjectAltName,
  kIssuerAltName,
  kNameConstraints,
  kCertificatePolicies,
  kPolicyMappings,
  kPolicyConstraints,
  kInhibitAnyPolicy,
  kCrlDistributionPoints,
  kFreshestCrl,
  kCount,
};

// One extension: its extnValue content (the DER inside the OCTET STRING).
struct ExtensionView {
  ByteView value;
  bool present = false;
  bool critical = false;
};

// The bits of keyUsage (RFC 5280 4.2.1.3); bit 0 of the encoding is the lowest bit here.
enum KeyUsageBit : std::uint16_t {
  kDigitalSignature = 1 << 0,
  kContentCommitment = 1 << 1,
  kKeyEncipherment = 1 << 2,
  kDataEncipherment = 1 << 3,
  kKeyAgreement = 1 << 4,
  kKeyCertSign = 1 << 5,
  kCrlSign = 1 << 6,
  kEncipherOnly = 1 << 7,
  kDecipherOnly = 1 << 8,
};

// A parsed certificate that borrows the DER it was parsed from. Cheap to copy.
// Every ByteView it hands out points into that DER.
class CertificateView {
 public:
  // Parses one certificate that fills `der` exactly.
  static ParseResult<CertificateView> Parse(ByteView der);

  ByteView der() const { return der_; }
  ByteView tbs() const { return tbs_; }  // tbsCertificate with its header: the signed octets.
  int version() const { return version_; }                          // 1 or 3.
  ByteView serial() const { return serial_; }                       // INTEGER content octets.
  ByteView signature_algorithm() const { return signature_algorithm_; }  // Whole SEQUENCE.
  ByteView signature() const { return signature_; }                 // BIT STRING, no unused bits.
  ByteView issuer() const { return issuer_; }                       // Whole Name SEQUENCE.
  ByteView subject() const { return subject_; }                     // Whole Name SEQUENCE.
  UnixTime not_before() const { return not_before_; }
  UnixTime not_after() const { return not_after_; }
  ByteView spki() const { return spki_; }  // Whole SubjectPublicKeyInfo SEQUENCE.

  const ExtensionView& extension(ExtensionId id) const {
    return extensions_[static_cast<std::size_t>(id)];
  }
  // The OID content of the first critical extension that the engine does not know; empty if none.
  ByteView unknown_critical_extension() const { return unknown_critical_extension_; }

  bool is_ca() const { return is_ca_; }  // basicConstraints present with cA TRUE.
  // pathLenConstraint, or -1 where there is none. Saturates at 1,000,000.
  int path_len() const { return path_len_; }
  bool has_key_usage() const { return extension(ExtensionId::kKeyUsage).present; }
  std::uint16_t key_usage() const { return key_usage_; }  // KeyUsageBit; 0 where absent.
  ByteView subject_key_id() const { return subject_key_id_; }      // keyIdentifier; may be empty.
  ByteView authority_key_id() const { return authority_key_id_; }  // keyIdentifier; may be empty.

  // Subject and issuer names match (RFC 5280 3.2). Not the same question as self-signed.
  bool IsSelfIssued() const;

 private:
  friend class CertificateParser;

  ByteView der_, tbs_, serial_, signature_algorithm_, signature_, issuer_, subject_, spki_;
  ByteView unknown_critical_extension_, subject_key_id_, authority_key_id_;
  UnixTime not_before_{}, not_after_{};
  std::array<ExtensionView, static_cast<std::size_t>(ExtensionId::kCount)> extensions_{};
  std::int32_t path_len_ = -1;
  std::uint16_t key_usage_ = 0;
  std::uint8_t version_ = 1;
  bool is_ca_ = false;
};

// A certificate that owns its DER. Immutable; copies share the bytes.
class Certificate {
 public:
  static ParseResult<Certificate> Parse(ByteView der);

  const CertificateView& view() const { return rep_->view; }
  const CertificateView* operator->() const { return &rep_->view; }
  ByteView der() const { return rep_->view.der(); }

 private:
  struct Rep {
    Bytes der;
    CertificateView view;
  };
  explicit Certificate(std::shared_ptr<const Rep> rep) : rep_(std::move(rep)) {}
  std::shared_ptr<const Rep> rep_;
};

// The most certificates a device may present beside its leaf. TLS stacks of devices send 1 to 3;
// public path builders stop at 6 to 8 intermediates.
inline constexpr std::size_t kUntrustedMax = 10;

// What a device presents: its leaf and untrusted certificates, in any order after the leaf.
// Borrows the DER; nothing is parsed yet. A trivially copyable value.
class PresentedChain {
 public:
  PresentedChain() = default;
  explicit PresentedChain(ByteView leaf) : leaf_(leaf) {}

  // Adds an untrusted certificate. Past kUntrustedMax nothing is stored and the chain is marked as
  // too long, which the authenticator rejects.
  void AddUntrusted(ByteView der) {
    if (untrusted_count_ == kUntrustedMax) {
      too_long_ = true;
    } else {
      untrusted_[untrusted_count_++] = der;
    }
  }

  ByteView leaf() const { return leaf_; }
  std::span<const ByteView> untrusted() const { return {untrusted_.data(), untrusted_count_}; }
  bool too_long() const { return too_long_; }

 private:
  ByteView leaf_;
  std::array<ByteView, kUntrustedMax> untrusted_{};
  std::size_t untrusted_count_ = 0;
  bool too_long_ = false;
};

// The name as a person reads it, RFC 4514 style in the order of encoding: "CN=Factory 2, O=Acme".
// `name` is a whole Name SEQUENCE. Control and non-UTF-8 octets are shown as \xx.
std::string DisplayName(ByteView name);

// The kind of key as a person calls it: "P-256", "RSA-2048", "Ed25519"; the dotted OID of other
// kinds; empty where malformed. `spki` is a whole SubjectPublicKeyInfo SEQUENCE.
std::string DisplayKeyType(ByteView spki);

// What a person asks of a CRL.
struct CrlSummary {
  std::string issuer;  // As DisplayName.
  UnixTime this_update{};
  std::optional<UnixTime> next_update;
  std::string number;  // crlNumber in upper-case hex; empty where absent.
  bool is_delta = false;
  std::size_t revoked = 0;  // Entries.
};
ParseResult<CrlSummary> SummarizeCrl(ByteView der);

}  // namespace muster

#endif  // MUSTER_CERTIFICATE_H_
