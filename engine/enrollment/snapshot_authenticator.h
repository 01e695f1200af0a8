// SnapshotAuthenticator: decisions under one snapshot and one set of options, with the cache of
// compiled paths that belongs to them.
//
// Chains are decided in slices, each in three steps: (1) every chain is opened: parsed, its paths
// looked up, everything checked but the signature; (2) all signatures are checked together; (3)
// every chain that waited for its signature is closed. One chain is a slice of one.
#ifndef MUSTER_ENGINE_ENROLLMENT_SNAPSHOT_AUTHENTICATOR_H_
#define MUSTER_ENGINE_ENROLLMENT_SNAPSHOT_AUTHENTICATOR_H_

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "engine/crypto/issuer_key.h"
#include "engine/crypto/signature_batch.h"
#include "engine/enrollment/decide.h"
#include "engine/enrollment/path_cache.h"
#include "muster/authenticator.h"

namespace muster::enrollment {

// The part of AuthenticationOptions::cache_octets_max that compiled paths get: one in so many.
// Tables of issuer keys get the rest.
inline constexpr std::size_t kPathsShare = 2;

// Thread-safe.
class SnapshotAuthenticator {
 public:
  // `keys` must outlive this.
  SnapshotAuthenticator(std::shared_ptr<const RegistrySnapshot> snapshot,
                        const AuthenticationOptions& options, crypto::IssuerKeyPool* keys);

  // As Authenticator::AuthenticateBatch, for spans of equal size, or no leaves at all. Adds to the
  // signature and compilation counts, not to `chains`. Throws only where not even a workspace can
  // be had, before anything is decided.
  void AuthenticateBatch(std::span<const PresentedChain> chains, UnixTime at,
                         std::span<Verdict> verdicts, std::span<LeafDescription> leaves,
                         bool leaf_fingerprints, AuthenticatorCounters* counters) const;

  const std::shared_ptr<const RegistrySnapshot>& snapshot() const { return snapshot_; }
  DecisionContext ContextAt(UnixTime at) const {
    return {registry::CompiledSnapshot::Of(*snapshot_), validator_, options_, at};
  }

 private:
  // A chain whose verdict waits for the leaf's signature under the issuer of `path`.
  struct WaitingChain {
    std::size_t chain;      // Its index in the slice.
    std::size_t signature;  // Its index in `signatures`.
    const CompiledPaths* compiled;
    const IssuingPath* path;  // The first whose other checks the leaf passed, but for its point.
    // The verdict is written, as a rejection; it becomes acceptance where the signature is good,
    // the leaf's public key is on its curve, and its fingerprint is not denied.
    bool plain;
  };
  // What a thread works with, kept from batch to batch.
  struct Workspace {
    Workspace(PathCache* cache, crypto::IssuerKeyPool* keys)
        : recent(cache), signatures(keys), links(keys) {}
    RecentPaths recent;
    crypto::SignatureBatch signatures;  // Of leaves.
    crypto::SignatureBatch links;       // Of CA certificates, one at a time.
    std::vector<WaitingChain> waiting;
    std::vector<Fingerprint> fingerprints;  // Of the slice's leaves, where they are asked for.
  };
  struct Slice {
    const DecisionContext& context;
    std::span<const PresentedChain> chains;
    std::span<Verdict> verdicts;
    std::span<LeafDescription> leaves;  // Empty where they are not asked for.
    bool describes_fingerprints;        // In `leaves`.
    Workspace* workspace;
    AuthenticatorCounters* counters;

    bool NeedsFingerprints() const {
      return describes_fingerprints || context.snapshot.DeniesFingerprints();
    }
  };

  void DecideSlice(const Slice& slice) const;
  void DescribeLeaf(const Slice& slice, std::size_t i, const CertificateView& leaf) const;
  void OpenChain(const Slice& slice, std::size_t i) const;
  void OpenLeaf(const Slice& slice, std::size_t i, const CertificateView& leaf,
                const LeafIdentity& identity, const CompiledPaths& compiled) const;
  void CloseChain(const Slice& slice, std::size_t waiting_index) const;
  tl::expected<const CompiledPaths*, PresentedFailure> PathsOf(const Slice& slice,
                                                               const CertificateView& leaf,
                                                               const PresentedChain& chain) const;

  RejectReason CheckLink(crypto::SignatureBatch* links, const graph::CaNode& issuer,
                         ByteView algorithm, ByteView message, ByteView signature) const;
  std::unique_ptr<Workspace> TakeWorkspace() const;
  void ReturnWorkspace(std::unique_ptr<Workspace> workspace) const noexcept;

  std::shared_ptr<const RegistrySnapshot> snapshot_;
  AuthenticationOptions options_;
  path::PathValidator validator_;
  crypto::IssuerKeyPool* keys_;
  mutable PathCache cache_;
  mutable std::mutex mutex_;  // Guards what follows.
  mutable std::vector<std::unique_ptr<Workspace>> workspaces_;  // Not in use.
};

}  // namespace muster::enrollment

#endif  // MUSTER_ENGINE_ENROLLMENT_SNAPSHOT_AUTHENTICATOR_H_
