#include "muster/authenticator.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

#include "engine/base/check.h"
#include "engine/crypto/issuer_key.h"
#include "engine/crypto/kernel.h"
#include "engine/enrollment/explain.h"
#include "engine/enrollment/snapshot_authenticator.h"

namespace muster {

namespace {

Kernel KernelOf(const AuthenticationOptions& options) {
  if (!options.kernel) return crypto::KernelInUse();
  return crypto::IsSupportedKernel(*options.kernel) ? *options.kernel : Kernel::kReference;
}

}  // namespace

class Authenticator::Impl {
 public:
  Impl(std::shared_ptr<const RegistrySnapshot> snapshot, AuthenticationOptions options)
      : options_(options),
        keys_(KernelOf(options_),
              options_.cache_octets_max - options_.cache_octets_max / enrollment::kPathsShare) {
    Swap(std::move(snapshot));
  }

  void Swap(std::shared_ptr<const RegistrySnapshot> snapshot) {
    MUSTER_CHECK(snapshot != nullptr);
    auto next = std::make_shared<const enrollment::SnapshotAuthenticator>(std::move(snapshot),
                                                                          options_, &keys_);
    const std::lock_guard lock(mutex_);
    current_.swap(next);
  }

  std::shared_ptr<const enrollment::SnapshotAuthenticator> current() const {
    const std::lock_guard lock(mutex_);
    return current_;
  }

  const AuthenticationOptions& options() const { return options_; }

  void Count(const AuthenticatorCounters& more) {
    chains_.fetch_add(more.chains, std::memory_order_relaxed);
    leaf_signatures_.fetch_add(more.leaf_signatures, std::memory_order_relaxed);
    ca_signatures_.fetch_add(more.ca_signatures, std::memory_order_relaxed);
    ca_paths_compiled_.fetch_add(more.ca_paths_compiled, std::memory_order_relaxed);
  }

  AuthenticatorCounters counters() const {
    return {chains_.load(std::memory_order_relaxed),
            leaf_signatures_.load(std::memory_order_relaxed),
            ca_signatures_.load(std::memory_order_relaxed),
            ca_paths_compiled_.load(std::memory_order_relaxed)};
  }

 private:
  const AuthenticationOptions options_;
  crypto::IssuerKeyPool keys_;  // Outlives snapshots: tables stay when a new one comes.
  mutable std::mutex mutex_;  // Held to copy or swap the pointer, never while deciding.
  std::shared_ptr<const enrollment::SnapshotAuthenticator> current_;
  std::atomic<std::uint64_t> chains_{0}, leaf_signatures_{0}, ca_signatures_{0},
      ca_paths_compiled_{0};
};

Authenticator::Authenticator(std::shared_ptr<const RegistrySnapshot> snapshot,
                             AuthenticationOptions options)
    : impl_(std::make_unique<Impl>(std::move(snapshot), options)) {}
Authenticator::~Authenticator() = default;

Verdict Authenticator::Authenticate(const PresentedChain& chain, UnixTime at) const noexcept {
  Verdict verdict;
  AuthenticateBatch({&chain, 1}, at, {&verdict, 1});
  return verdict;
}

void Authenticator::AuthenticateBatch(std::span<const PresentedChain> chains, UnixTime at,
                                      std::span<Verdict> verdicts,
                                      std::span<LeafDescription> leaves,
                                      bool leaf_fingerprints) const noexcept {
  const auto current = impl_->current();
  const std::size_t count = std::min(chains.size(), verdicts.size());
  chains = chains.first(count);
  verdicts = verdicts.first(count);
  MUSTER_CHECK(leaves.empty() || leaves.size() >= count);
  leaves = leaves.empty() ? leaves : leaves.first(count);
  AuthenticatorCounters counters;
  try {
    current->AuthenticateBatch(chains, at, verdicts, leaves, leaf_fingerprints, &counters);
  } catch (...) {
    std::fill(leaves.begin(), leaves.end(), LeafDescription{});
    Verdict rejected;
    rejected.reason = RejectReason::kInternalError;
    rejected.generation = current->snapshot()->generation();
    std::fill(verdicts.begin(), verdicts.end(), rejected);
  }
  counters.chains += count;
  impl_->Count(counters);
}

Explanation Authenticator::Explain(const PresentedChain& chain, UnixTime at) const {
  const auto current = impl_->current();
  const Verdict verdict = Authenticate(chain, at);
  return enrollment::Explain(*current, chain, at, verdict);
}

void Authenticator::Swap(std::shared_ptr<const RegistrySnapshot> snapshot) {
  impl_->Swap(std::move(snapshot));
}

std::shared_ptr<const RegistrySnapshot> Authenticator::snapshot() const {
  return impl_->current()->snapshot();
}
const AuthenticationOptions& Authenticator::options() const { return impl_->options(); }
AuthenticatorCounters Authenticator::counters() const { return impl_->counters(); }

}  // namespace muster
