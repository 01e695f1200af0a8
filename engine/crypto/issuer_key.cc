#include "engine/crypto/issuer_key.h"

#include <algorithm>
#include <utility>

#include "engine/base/byte_view.h"

namespace muster::crypto {
namespace {

// One key takes at most this part of the budget: a few busy issuers shall not starve the rest.
constexpr std::size_t kShareMax = 8;
// Preparing an RSA key costs about as much as one check.
constexpr std::uint64_t kRsaLeavesMin = 2;

int WindowOf(const std::shared_ptr<const PreparedIssuer>& prepared) {
  const auto* key = prepared == nullptr ? nullptr : std::get_if<PreparedKey>(prepared.get());
  return key == nullptr ? 0 : key->window();
}

}  // namespace

std::shared_ptr<IssuerKey> IssuerKeyPool::Intern(ByteView spki, const PublicKey& reference) {
  const std::lock_guard lock(mutex_);
  if (keys_.size() >= prune_at_) {
    std::erase_if(keys_, [](const auto& entry) { return entry.second.expired(); });
    prune_at_ = std::max<std::size_t>(2 * keys_.size(), 1'024);
  }
  std::weak_ptr<IssuerKey>& known = keys_[std::string(base::AsText(spki))];
  if (auto key = known.lock()) return key;
  std::shared_ptr<IssuerKey> key(new IssuerKey(base::ToBytes(spki), reference));
  known = key;
  return key;
}

std::size_t IssuerKeyPool::octets() const {
  const std::lock_guard lock(mutex_);
  return octets_;
}

std::shared_ptr<const PreparedIssuer> IssuerKeyPool::Prepare(const std::shared_ptr<IssuerKey>& key,
                                                             std::uint64_t leaves) {
  if (kernel_ == Kernel::kReference) return nullptr;
  const KeyAlgorithm algorithm = key->reference_.algorithm();
  const bool is_rsa = algorithm == KeyAlgorithm::kRsa;
  if (!is_rsa && !PreparedKey::IsSupported(algorithm)) return nullptr;

  std::uint64_t seen;
  std::shared_ptr<const PreparedIssuer> prepared;
  const auto look = [&] {
    const std::lock_guard lock(key->state_mutex_);
    seen = key->leaves_;
    prepared = key->prepared_;
  };
  key->used_.store(true, std::memory_order_relaxed);
  {
    const std::lock_guard lock(key->state_mutex_);
    key->leaves_ += leaves;
  }
  look();
  const auto suffices = [&] {
    if (is_rsa) return prepared != nullptr || seen < kRsaLeavesMin;
    return WindowOf(prepared) >= PreparedKey::WindowFor(algorithm, seen);
  };
  if (suffices()) return prepared;

  // One thread builds. Others make do with the narrower table; without any, they wait.
  std::unique_lock build(key->build_mutex_, std::defer_lock);
  if (prepared != nullptr) {
    if (!build.try_lock()) return prepared;
  } else {
    build.lock();
  }
  look();
  if (suffices()) return prepared;
  auto built = is_rsa ? BuildRsa(key)
                      : BuildTable(key, PreparedKey::WindowFor(algorithm, seen),
                                   WindowOf(prepared));
  return built != nullptr ? built : prepared;
}

std::shared_ptr<const PreparedIssuer> IssuerKeyPool::BuildTable(
    const std::shared_ptr<IssuerKey>& key, int window, int window_now) {
  const KeyAlgorithm algorithm = key->reference_.algorithm();
  // The widest that there is room for.
  for (; window > window_now && window >= kernels::kWindowMin; --window) {
    const std::size_t octets = PreparedKey::OctetsFor(algorithm, window);
    if (!Reserve(octets, key)) continue;
    auto built = PreparedKey::Build(key->spki_, window, kernel_);
    if (!built) {
      Keep(key, octets, nullptr);
      return nullptr;
    }
    auto prepared = std::make_shared<const PreparedIssuer>(*std::move(built));
    Keep(key, octets, prepared);
    return prepared;
  }
  return nullptr;
}

std::shared_ptr<const PreparedIssuer> IssuerKeyPool::BuildRsa(
    const std::shared_ptr<IssuerKey>& key) {
  // The modulus, and two forms of it for the kernels, each with a square.
  const std::size_t octets = 6 * static_cast<std::size_t>(key->reference_.bits()) / 8;
  if (!Reserve(octets, key)) return nullptr;
  auto built = PreparedRsaKey::Prepare(key->spki_, AlgorithmPolicy{});
  if (!built) {
    Keep(key, octets, nullptr);
    return nullptr;
  }
  auto prepared = std::make_shared<const PreparedIssuer>(*std::move(built));
  Keep(key, octets, prepared);
  return prepared;
}

bool IssuerKeyPool::Reserve(std::size_t octets, const std::shared_ptr<IssuerKey>& key) {
  if (octets > octets_max_ / kShareMax) return false;
  const std::lock_guard lock(mutex_);
  // Twice round at most: the first time may only find keys that were used.
  for (std::size_t looks = 2 * holders_.size(); octets_ + octets > octets_max_; --looks) {
    if (looks == 0 || holders_.empty()) return false;
    hand_ = hand_ < holders_.size() ? hand_ : 0;
    IssuerKey& holder = *holders_[hand_];
    if (&holder == key.get() || holder.used_.exchange(false, std::memory_order_relaxed)) {
      ++hand_;
    } else {
      Drop(hand_);
    }
  }
  octets_ += octets;
  return true;
}

void IssuerKeyPool::Drop(std::size_t holder) {
  IssuerKey& key = *holders_[holder];
  {
    const std::lock_guard lock(key.state_mutex_);
    octets_ -= key.octets_;
    key.octets_ = 0;
    key.leaves_ = 0;
    key.prepared_.reset();
  }
  holders_[holder] = std::move(holders_.back());
  holders_.pop_back();
}

// Replaces what the key had; without `prepared`, gives reserved room back.
void IssuerKeyPool::Keep(const std::shared_ptr<IssuerKey>& key, std::size_t octets,
                         std::shared_ptr<const PreparedIssuer> prepared) {
  const std::lock_guard lock(mutex_);
  if (prepared == nullptr) {
    octets_ -= octets;
    return;
  }
  const std::lock_guard state_lock(key->state_mutex_);
  if (key->prepared_ == nullptr) holders_.push_back(key);
  octets_ -= key->octets_;
  key->octets_ = octets;
  key->prepared_ = std::move(prepared);
}

}  // namespace muster::crypto
