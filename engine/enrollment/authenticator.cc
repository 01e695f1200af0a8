#include "muster/authenticator.h"

#include <atomic>
#include <mutex>
#include <utility>

#include "engine/base/check.h"
#include "engine/enrollment/explain.h"
#include "engine/enrollment/snapshot_authenticator.h"

namespace muster {

class Authenticator::Impl {
 public:
  Impl(std::shared_ptr<const RegistrySnapshot> snapshot, AuthenticationOptions options)
      : options_(std::move(options)) {
    Swap(std::move(snapshot));
  }

  void Swap(std::shared_ptr<const RegistrySnapshot> snapshot) {
    MUSTER_CHECK(snapshot != nullptr);
    auto next = std::make_shared<const enrollment::SnapshotAuthenticator>(std::move(snapshot),
                                                                          options_);
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
  mutable std::mutex mutex_;  // Held to copy or swap the pointer, never while deciding.
  std::shared_ptr<const enrollment::SnapshotAuthenticator> current_;
  std::atomic<std::uint64_t> chains_{0}, leaf_signatures_{0}, ca_signatures_{0},
      ca_paths_compiled_{0};
};

Authenticator::Authenticator(std::shared_ptr<const RegistrySnapshot> snapshot,
                             AuthenticationOptions options)
    : impl_(std::make_unique<Impl>(std::move(snapshot), std::move(options))) {}
Authenticator::~Authenticator() = default;

Verdict Authenticator::Authenticate(const PresentedChain& chain, UnixTime at) const noexcept {
  Verdict verdict;
  AuthenticateBatch({&chain, 1}, at, {&verdict, 1});
  return verdict;
}

void Authenticator::AuthenticateBatch(std::span<const PresentedChain> chains, UnixTime at,
                                      std::span<Verdict> verdicts) const noexcept {
  const auto current = impl_->current();
  const std::size_t count = std::min(chains.size(), verdicts.size());
  AuthenticatorCounters counters;
  for (std::size_t i = 0; i < count; ++i) {
    // An exception anywhere rejects this chain and no other.
    try {
      verdicts[i] = current->Authenticate(chains[i], at, &counters);
    } catch (...) {
      verdicts[i] = Verdict{};
      verdicts[i].reason = RejectReason::kInternalError;
      verdicts[i].generation = current->snapshot()->generation();
    }
  }
  counters.chains += count;
  impl_->Count(counters);
}

Explanation Authenticator::Explain(const PresentedChain& chain, UnixTime at) const {
  const auto current = impl_->current();
  AuthenticatorCounters counters;
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
