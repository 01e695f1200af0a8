// Proof of possession: showing that a CA's owner holds its private key.
//
// The service hands out a verification code; the owner signs a certificate whose subject CN is that
// code with the CA's key, and uploads it (the proof, DPS "verification certificate").
// Implements: the checks below in this order, each with its own reason.
#ifndef MUSTER_PROOF_OF_POSSESSION_H_
#define MUSTER_PROOF_OF_POSSESSION_H_

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "muster/certificate.h"
#include "muster/fingerprint.h"
#include "muster/reject_reason.h"
#include "muster/time.h"

namespace muster {

// 24 random octets as 48 upper-case hex digits.
struct VerificationCode {
  std::string text;
  UnixTime expires;
  std::uint64_t generation = 0;  // A new code of the same CA has the next number.
};

// How long a code lives, and how many bad proofs it survives.
inline constexpr std::chrono::days kVerificationCodeLifetime{30};
inline constexpr int kBadProofsMax = 10;

// The outcome of checking a proof: kNone where it is good.
struct ProofOutcome {
  RejectReason reason = RejectReason::kNotEvaluated;
  std::string detail;  // "signed by registered CA 'root-1' (CN=Root), not by 'factory-2'".
  bool good() const { return reason == RejectReason::kNone; }
};

// Whether the octets of a CN are the verification code. Must take a time that depends on their
// number only.
using CodeMatcher = std::function<bool(std::string_view common_name)>;

// Checks that `proof` (DER) proves possession of `ca`'s key at `now`, in this order: a well-formed
// certificate; not the CA certificate itself; exactly one CN, a PrintableString or UTF8String
// without control characters, that is the code; issuer name = CA subject (RFC 5280 7.1); signature
// under this CA's key (RSA from 2040 bits, ECDSA, Ed25519; SHA-2); `now` inside its validity; not a
// CA; not self-issued.
// Nothing else is required of it: its extensions and its own key are never used.
// Pure: no state, no clock. Expiry and counting of codes are the registry's.
ProofOutcome CheckProof(const CertificateView& ca, const CodeMatcher& is_code, ByteView proof,
                        UnixTime now);
// The same for a code in clear, compared in constant time.
ProofOutcome CheckProof(const CertificateView& ca, std::string_view code, ByteView proof,
                        UnixTime now);

}  // namespace muster

#endif  // MUSTER_PROOF_OF_POSSESSION_H_
