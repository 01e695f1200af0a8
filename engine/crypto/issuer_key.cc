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

// Octets of the budget; given back with it, unless they were taken.
class IssuerKeyPool::Room {
 public:
  Room() = default;
  Room(IssuerKeyPool* pool, std::size_t octets) : pool_(pool), octets_(octets) {}
  Room(Room&& other) noexcept : pool_(other.pool_), octets_(std::exchange(other.octets_, 0)) {}
  Room& operator=(Room&& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(octets_, other.octets_);
    return *this;
  }
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;
  ~Room() {
    if (octets_ == 0) return;
    const std::lock_guard lock(pool_->mutex_);
    pool_->octets_ -= octets_;
  }

  explicit operator bool() const { return octets_ != 0; }
  // From now on it is the caller who gives them back.
  std::size_t Take() { return std::exchange(octets_, 0); }

 private:
  IssuerKeyPool* pool_ = nullptr;
  std::size_t octets_ = 0;
};

// Something to build.
struct IssuerKeyPool::Build {
  Need* need = nullptr;
  KeyAlgorithm algorithm = KeyAlgorithm::kP256;
  int window_now = 0;        // Of the table that the key has; 0 = none.
  int window = 0;            // To build.
  Room room = {};            // None: the table is not kept.
  // Of the key, while a table to be kept is built: others make do with what there is.
  std::unique_lock<std::mutex> lock = {};
};

void IssuerKeyPool::Prepare(std::span<Need> needs) {
  if (kernel_ == Kernel::kReference) return;
  std::vector<Build> builds;
  for (Need& need : needs) {
    Build build;
    if (!WantsMore(&need, &build)) continue;
    if (build.algorithm == KeyAlgorithm::kRsa) {
      BuildRsa(&build);
    } else {
      ChooseWindow(&build);
      if (build.window != 0) builds.push_back(std::move(build));
    }
  }
  const auto rank = [](const Build& b) { return std::pair(b.algorithm, b.window); };
  std::sort(builds.begin(), builds.end(),
            [&](const Build& a, const Build& b) { return rank(a) < rank(b); });
  for (auto begin = builds.begin(); begin != builds.end();) {
    const auto end = std::find_if(begin, builds.end(),
                                  [&](const Build& b) { return rank(b) != rank(*begin); });
    BuildTables({begin, end});
    begin = end;
  }
}

bool IssuerKeyPool::WantsMore(Need* need, Build* build) {
  IssuerKey& key = **need->key;
  build->need = need;
  build->algorithm = key.reference_.algorithm();
  const bool is_rsa = build->algorithm == KeyAlgorithm::kRsa;
  if (!is_rsa && !PreparedKey::IsSupported(build->algorithm)) return false;
  key.used_.store(true, std::memory_order_relaxed);
  const std::lock_guard lock(key.state_mutex_);
  key.leaves_ += need->leaves;
  need->prepared = key.prepared_;
  if (is_rsa) return need->prepared == nullptr && key.leaves_ >= kRsaLeavesMin;
  build->window_now = WindowOf(need->prepared);
  build->window = PreparedKey::WindowFor(build->algorithm, key.leaves_, kernel_);
  return build->window > build->window_now;
}

// The widest that there is room for; where there is none at all, or another thread is building one
// to be kept, what the leaves in hand pay for alone.
void IssuerKeyPool::ChooseWindow(Build* build) {
  const std::shared_ptr<IssuerKey>& key = *build->need->key;
  build->lock = std::unique_lock(key->build_mutex_, std::try_to_lock);
  if (build->lock) {
    {
      // Another thread may have built it since.
      const std::lock_guard lock(key->state_mutex_);
      build->need->prepared = key->prepared_;
    }
    build->window_now = WindowOf(build->need->prepared);
    for (; build->window > build->window_now; --build->window) {
      const std::size_t octets = PreparedKey::OctetsFor(build->algorithm, build->window);
      if (Room room = Reserve(octets, key)) {
        build->room = std::move(room);
        return;
      }
      if (build->window == kernels::kWindowMin) break;
    }
    build->lock.unlock();
  }
  build->window = build->window_now != 0
                      ? 0
                      : PreparedKey::WindowFor(build->algorithm, build->need->leaves, kernel_);
}

// Of one curve and window.
void IssuerKeyPool::BuildTables(std::span<Build> builds) {
  std::vector<ByteView> spkis;
  for (const Build& build : builds) spkis.emplace_back((*build.need->key)->spki_);
  auto built = PreparedKey::BuildMany(spkis, builds.front().window, kernel_);
  for (std::size_t i = 0; i < builds.size(); ++i) {
    std::shared_ptr<const PreparedIssuer> prepared;
    if (built[i]) prepared = std::make_shared<const PreparedIssuer>(*std::move(built[i]));
    Keep(&builds[i], prepared);
    if (prepared != nullptr) builds[i].need->prepared = std::move(prepared);
  }
}

void IssuerKeyPool::BuildRsa(Build* build) {
  const std::shared_ptr<IssuerKey>& key = *build->need->key;
  // The modulus, and two forms of it for the kernels, each with a square.
  build->room = Reserve(6 * static_cast<std::size_t>(key->reference_.bits()) / 8, key);
  auto built = PreparedRsaKey::Prepare(key->spki_, AlgorithmPolicy{});
  std::shared_ptr<const PreparedIssuer> prepared;
  if (built) prepared = std::make_shared<const PreparedIssuer>(*std::move(built));
  Keep(build, prepared);
  build->need->prepared = std::move(prepared);
}

IssuerKeyPool::Room IssuerKeyPool::Reserve(std::size_t octets,
                                           const std::shared_ptr<IssuerKey>& key) {
  if (octets > octets_max_ / kShareMax) return {};
  const std::lock_guard lock(mutex_);
  // Twice round at most: the first time may only find keys that were used.
  for (std::size_t looks = 2 * holders_.size(); octets_ + octets > octets_max_; --looks) {
    if (looks == 0 || holders_.empty()) return {};
    if (hand_ == holders_.end()) hand_ = holders_.begin();
    IssuerKey& holder = **hand_;
    if (&holder == key.get() || holder.used_.exchange(false, std::memory_order_relaxed)) {
      ++hand_;
    } else {
      DropNext();
    }
  }
  octets_ += octets;
  return {this, octets};
}

void IssuerKeyPool::DropNext() {
  IssuerKey& key = **hand_;
  {
    const std::lock_guard lock(key.state_mutex_);
    octets_ -= key.octets_;
    key.octets_ = 0;
    key.leaves_ = 0;
    key.prepared_.reset();
  }
  hand_ = holders_.erase(hand_);
}

// Replaces what the key had, where there is room for it.
void IssuerKeyPool::Keep(Build* build, std::shared_ptr<const PreparedIssuer> prepared) {
  if (!build->room || prepared == nullptr) return;
  const std::shared_ptr<IssuerKey>& key = *build->need->key;
  const std::lock_guard lock(mutex_);
  const std::lock_guard state_lock(key->state_mutex_);
  if (key->prepared_ == nullptr) holders_.insert(hand_, key);
  key->used_.store(false, std::memory_order_relaxed);
  octets_ -= key->octets_;
  key->octets_ = build->room.Take();
  key->prepared_ = std::move(prepared);
}

}  // namespace muster::crypto
