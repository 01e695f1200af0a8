// Authenticator decides whether a presented chain enrols a device.
//
// Implements: RFC 5280 section 6.1 up to a verified CA, then the roll-up-to-verified rule: the CA
// certificate of the enrollment that decides is verified, or some CA above it on the path is.
// Deviations: the anchor's own validity window, key usage and constraints count (RFC 5280 treats an
// anchor as a name and a key).
// Caller must: prove that the device holds the leaf's private key (the TLS handshake does).
// Thread-safe: all methods may run concurrently, Swap included.
#ifndef MUSTER_AUTHENTICATOR_H_
#define MUSTER_AUTHENTICATOR_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "muster/certificate.h"
#include "muster/options.h"
#include "muster/registry.h"
#include "muster/time.h"
#include "muster/verdict.h"

namespace muster {

// Counters since construction; they show what was shared between devices.
struct AuthenticatorCounters {
  std::uint64_t chains = 0;              // Chains decided.
  std::uint64_t leaf_signatures = 0;     // Signature checks on leaves.
  std::uint64_t ca_signatures = 0;       // Signature checks on CA certificates.
  std::uint64_t ca_paths_compiled = 0;   // First sights of a set of presented CA certificates.
};

// What a leaf says of itself, whatever was decided: for reports and logs.
struct LeafDescription {
  bool readable = false;    // It parsed (a chain that is too long is not looked at); otherwise
                            // the rest is as constructed.
  UnixTime not_after{};
  Fingerprint fingerprint;  // SHA-256 of its DER.
  std::string key_type;     // As DisplayKeyType.
  // The last second for which all that was found above the leaf holds: until then, another time
  // gives another verdict only by the leaf's own validity.
  UnixTime paths_until = UnixTime::max();
};

class Authenticator {
 public:
  // `snapshot` must not be null.
  explicit Authenticator(std::shared_ptr<const RegistrySnapshot> snapshot,
                         AuthenticationOptions options = {});
  ~Authenticator();
  Authenticator(const Authenticator&) = delete;
  Authenticator& operator=(const Authenticator&) = delete;

  // Decides at time `at`. Never throws, never blocks on I/O; any inner failure rejects.
  Verdict Authenticate(const PresentedChain& chain, UnixTime at) const noexcept;

  // Decides each chain under one snapshot, whatever Swap does meanwhile. verdicts[i] is that of
  // chains[i] and equals Authenticate(chains[i], at). Extra verdicts are left untouched; chains
  // without a verdict slot are not decided. Works in the calling thread; many may call at once.
  // Signatures are checked together, so a device costs least in batches of thousands, in any order;
  // issuers' keys are prepared as their leaves come. Where `leaves` is not empty it must be as long
  // as `verdicts`, and leaves[i] describes the leaf of chains[i]: cheaper here than afterwards.
  // Without `leaf_fingerprints` those of `leaves` stay all zeros, which saves a hash a device.
  void AuthenticateBatch(std::span<const PresentedChain> chains, UnixTime at,
                         std::span<Verdict> verdicts,
                         std::span<LeafDescription> leaves = {},
                         bool leaf_fingerprints = true) const noexcept;

  // The full account: every candidate path and every fault of each. Slow; for operators.
  Explanation Explain(const PresentedChain& chain, UnixTime at) const;

  // Puts a new snapshot in place atomically. Decisions in progress keep the one they started with.
  void Swap(std::shared_ptr<const RegistrySnapshot> snapshot);

  std::shared_ptr<const RegistrySnapshot> snapshot() const;
  const AuthenticationOptions& options() const;
  AuthenticatorCounters counters() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace muster

#endif  // MUSTER_AUTHENTICATOR_H_
