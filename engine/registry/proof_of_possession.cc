#include "muster/proof_of_possession.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/byte_view.h"
#include "engine/crypto/public_key.h"
#include "engine/der/der_reader.h"
#include "engine/x509/name.h"

namespace muster {
namespace {

// Proofs signed by RSA keys of 2046 bits are in the field.
constexpr int kProofRsaBitsMin = 2040;

ProofOutcome Refuse(RejectReason reason, std::string detail) { return {reason, std::move(detail)}; }

ProofOutcome Good() { return {RejectReason::kNone, {}}; }

// C0 controls (NUL among them) and DEL.
bool HasControlCharacter(ByteView text) {
  return std::any_of(text.begin(), text.end(),
                     [](std::uint8_t c) { return c < 0x20 || c == 0x7f; });
}

// Domain rules 2: exactly one CN, a PrintableString or UTF8String without control characters, equal
// to the code byte for byte.
ProofOutcome CheckSubject(const CertificateView& proof, const CodeMatcher& is_code) {
  const std::vector<x509::CommonName> names = x509::CommonNames(proof.subject());
  if (names.size() != 1) {
    return Refuse(RejectReason::kProofSubject,
                  fmt::format("the subject has {} CNs, not one: {}", names.size(),
                              DisplayName(proof.subject())));
  }
  const x509::CommonName& name = names.front();
  if (name.tag != der::kPrintableString && name.tag != der::kUtf8String) {
    return Refuse(RejectReason::kProofSubject,
                  fmt::format("the CN is of string type {:#04x}; use PrintableString or UTF8String",
                              name.tag));
  }
  if (HasControlCharacter(name.value)) {
    return Refuse(RejectReason::kProofSubject, "the CN holds control characters");
  }
  if (!is_code(base::AsText(name.value))) {
    return Refuse(RejectReason::kProofCodeMismatch,
                  fmt::format("the CN of {} octets is not the code", name.value.size()));
  }
  return Good();
}

// Domain rules 2: the issuer name is the CA's subject, and the signature verifies under this very
// CA's key. Key identifiers prove nothing and are not looked at.
ProofOutcome CheckIssuer(const CertificateView& proof, const CertificateView& ca) {
  if (!x509::NamesMatch(proof.issuer(), ca.subject())) {
    return Refuse(RejectReason::kProofIssuerMismatch,
                  fmt::format("issued by '{}', but the CA is '{}'", DisplayName(proof.issuer()),
                              DisplayName(ca.subject())));
  }
  AlgorithmPolicy policy;
  policy.rsa_bits_min = kProofRsaBitsMin;
  const auto key = crypto::PublicKey::Load(ca.spki(), policy);
  if (!key) {
    crypto::KnownAnswer(key.error().reason);
    return Refuse(RejectReason::kProofAlgorithm, fmt::format("the CA's key: {}", key.error().what));
  }
  // An attempt that could not be judged is none of the ten bad ones.
  switch (const RejectReason reason = crypto::KnownAnswer(crypto::VerifySignature(
              *key, proof.signature_algorithm(), proof.tbs(), proof.signature(), policy))) {
    case RejectReason::kNone:
      return Good();
    case RejectReason::kBadSignature:
      return Refuse(RejectReason::kProofBadSignature,
                    fmt::format("the key of '{}' ({}) did not sign it", DisplayName(ca.subject()),
                                key->DisplayName()));
    default:  // Weak or unknown algorithms.
      return Refuse(RejectReason::kProofAlgorithm, std::string(InfoOf(reason).sentence));
  }
}

// RFC 5280 4.1.2.5: both ends belong to the validity.
ProofOutcome CheckValidity(const CertificateView& proof, UnixTime now) {
  if (now < proof.not_before()) {
    return Refuse(
        RejectReason::kProofNotYetValid,
        fmt::format("notBefore {}, now {}", FormatRfc3339(proof.not_before()), FormatRfc3339(now)));
  }
  if (now > proof.not_after()) {
    return Refuse(
        RejectReason::kProofExpired,
        fmt::format("notAfter {}, now {}", FormatRfc3339(proof.not_after()), FormatRfc3339(now)));
  }
  return Good();
}

// Domain rules 2: a proof is an ordinary certificate that the CA issued, not a CA certificate.
ProofOutcome CheckKind(const CertificateView& proof) {
  if (proof.is_ca()) {
    return Refuse(RejectReason::kProofIsCa, "basicConstraints says CA:TRUE");
  }
  if (proof.IsSelfIssued()) {
    return Refuse(RejectReason::kProofSelfIssued, "its subject is its issuer");
  }
  return Good();
}

ProofOutcome CheckParsed(const CertificateView& ca, const CodeMatcher& is_code,
                         const CertificateView& proof, UnixTime now) {
  // First of all, because its CN is never the code, and "code mismatch" would not help its sender.
  if (base::Equal(proof.der(), ca.der())) {
    return Refuse(RejectReason::kProofSelfIssued, "it is the CA certificate itself");
  }
  if (ProofOutcome outcome = CheckSubject(proof, is_code); !outcome.good()) return outcome;
  if (ProofOutcome outcome = CheckIssuer(proof, ca); !outcome.good()) return outcome;
  if (ProofOutcome outcome = CheckValidity(proof, now); !outcome.good()) return outcome;
  return CheckKind(proof);
}

}  // namespace

ProofOutcome CheckProof(const CertificateView& ca, const CodeMatcher& is_code, ByteView proof,
                        UnixTime now) {
  try {
    const ParseResult<CertificateView> parsed = CertificateView::Parse(proof);
    if (!parsed) {
      return Refuse(RejectReason::kProofMalformed,
                    fmt::format("{} at octet {}", parsed.error().what, parsed.error().offset));
    }
    return CheckParsed(ca, is_code, *parsed, now);
  } catch (const std::exception& e) {
    return Refuse(RejectReason::kInternalError, e.what());
  }
}

ProofOutcome CheckProof(const CertificateView& ca, std::string_view code, ByteView proof,
                        UnixTime now) {
  const CodeMatcher is_code = [code](std::string_view common_name) {
    return !code.empty() &&
           crypto::ConstantTimeEqual(base::AsBytes(common_name), base::AsBytes(code));
  };
  return CheckProof(ca, is_code, proof, now);
}

}  // namespace muster
