#include "muster/batching_authenticator.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "engine/base/check.h"

namespace muster {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::hours kWaitMax{24};  // Far from where adding it to a time overflows.
constexpr std::size_t kBatchSizeMax = 4'096;
// The least batch worth a wait: eight signatures are what the widest kernel checks at a time, and
// with fewer, handing the verdicts over costs what was saved.
constexpr std::size_t kCrowdMin = 8;
// How long the most requests in flight are remembered, at least; thrice that at most. Where more
// threads than processors have work, one that is not waiting keeps its processor for a few
// milliseconds, and nobody else can be seen meanwhile.
constexpr std::chrono::milliseconds kMemory{20};

// A request, on its caller's stack but for this. The caller stays until its batch is done.
struct Request {
  const PresentedChain* chain;
  UnixTime at;
  Verdict* verdict;
};

// Requests that are decided together. The first is the leader's, who waits for the others with an
// eye on the clock; whoever closes the batch decides it, and the rest wait until it is done.
class Batch {
 public:
  // Everything that a decision writes to is allocated here, so nothing can fail later.
  explicit Batch(std::size_t size_max) : chains_(size_max), verdicts_(size_max) {
    requests_.reserve(size_max);
  }

  // ---- With the front's mutex held ----
  void Open() {
    requests_.clear();
    closed_ = false;
    done_.store(0, std::memory_order_relaxed);
  }
  void Join(const Request& request) { requests_.push_back(request); }
  void Close() {
    closed_ = true;
    members_.store(requests_.size(), std::memory_order_relaxed);
  }
  bool closed() const { return closed_; }
  // The leader waits: until the batch is done, or the time has come. False where it is open still.
  bool LeadUntil(Clock::time_point deadline, std::unique_lock<std::mutex>& lock) {
    leader_waits_ = true;
    done_or_due_.wait_until(lock, deadline,
                            [this] { return done_.load(std::memory_order_relaxed) != 0; });
    leader_waits_ = false;
    return closed_;
  }
  bool leader_waits() const { return leader_waits_; }

  // ---- By members only, without the mutex ----
  std::size_t size() const { return requests_.size(); }
  // By the one who closed it.
  void Decide(const Authenticator& authenticator) noexcept;
  void WakeLeader() { done_or_due_.notify_one(); }
  void WaitUntilDone() const { done_.wait(0, std::memory_order_acquire); }
  // By every member, when it needs the batch no more. True for the last.
  bool Leave() { return members_.fetch_sub(1, std::memory_order_acq_rel) == 1; }

 private:
  std::vector<Request> requests_;
  bool closed_ = false;
  bool leader_waits_ = false;  // In LeadUntil.
  std::condition_variable done_or_due_;
  std::atomic<int> done_{0};  // Not bool: this is a size that the system can wait for itself.
  std::atomic<std::size_t> members_{0};
  std::vector<PresentedChain> chains_;
  std::vector<Verdict> verdicts_;
};

void Batch::Decide(const Authenticator& authenticator) noexcept {
  // A call takes one time. Nearly always there is only one, the second that it is now.
  const auto by_time = [](const Request& a, const Request& b) { return a.at < b.at; };
  if (!std::is_sorted(requests_.begin(), requests_.end(), by_time)) {
    std::sort(requests_.begin(), requests_.end(), by_time);
  }
  for (std::size_t i = 0; i < requests_.size(); ++i) chains_[i] = *requests_[i].chain;
  for (std::size_t begin = 0, end = 0; begin < requests_.size(); begin = end) {
    const UnixTime at = requests_[begin].at;
    while (end < requests_.size() && requests_[end].at == at) ++end;
    authenticator.AuthenticateBatch(std::span(chains_).subspan(begin, end - begin), at,
                                    std::span(verdicts_).subspan(begin, end - begin));
  }
  for (std::size_t i = 0; i < requests_.size(); ++i) *requests_[i].verdict = verdicts_[i];
  done_.store(1, std::memory_order_release);
  // The decider is a member still, so the others cannot have recycled the batch meanwhile.
  if (requests_.size() > 1) done_.notify_all();
}

BatchingOptions AsTheyCount(BatchingOptions options) {
  options.max_wait = std::clamp<std::chrono::microseconds>(options.max_wait,
                                                           std::chrono::microseconds{0}, kWaitMax);
  options.batch_max = std::clamp<std::size_t>(options.batch_max, 1, kBatchSizeMax);
  if (options.processors == 0) {
    options.processors = std::max(1u, std::thread::hardware_concurrency());
  }
  return options;
}

}  // namespace

class BatchingAuthenticator::Impl {
 public:
  Impl(const Authenticator& authenticator, const BatchingOptions& options)
      : authenticator_(authenticator),
        options_(AsTheyCount(options)),
        is_off_(options_.max_wait.count() == 0 || options_.batch_max == 1) {}
  ~Impl() { MUSTER_CHECK(in_flight_ == 0); }

  Verdict Authenticate(const PresentedChain& chain, UnixTime at) noexcept {
    if (is_off_) return authenticator_.Authenticate(chain, at);
    const Clock::time_point now = Clock::now();
    Lock lock(mutex_);
    ++in_flight_;
    if (!options_.wait_always) RememberInFlight(now);
    const std::size_t worth_waiting_for = WorthWaitingFor();
    if (open_ == nullptr && worth_waiting_for > 1) open_ = TakeBatch();
    if (open_ == nullptr) return DecideAlone(lock, chain, at);

    Verdict verdict;
    Batch& batch = *open_;
    batch.Join({&chain, at, &verdict});
    const bool leads = batch.size() == 1;
    if (batch.size() >= worth_waiting_for ||
        (leads && !batch.LeadUntil(now + options_.max_wait, lock))) {
      Decide(lock, batch);
    } else {
      lock.unlock();
      batch.WaitUntilDone();
    }
    if (batch.Leave()) Recycle(batch);
    return verdict;
  }

  const BatchingOptions& options() const { return options_; }
  BatchingCounters counters() const {
    const std::lock_guard lock(mutex_);
    return counters_;
  }

 private:
  using Lock = std::unique_lock<std::mutex>;

  void RememberInFlight(Clock::time_point now) {
    if (now - memory_begin_ > kMemory) {
      most_before_ = now - memory_begin_ > 2 * kMemory ? 0 : most_;
      most_ = 0;
      memory_begin_ = now;
    }
    most_ = std::max(most_, in_flight_);
  }

  // The size at which a batch waits no longer: 1 where there is no crowd. One batch for every two
  // processors, because with one for each, none would gather while all are decided.
  std::size_t WorthWaitingFor() const {
    if (options_.wait_always) return options_.batch_max;
    const std::size_t most = std::max(most_, most_before_);
    const std::size_t share = std::min(most, 2 * most / options_.processors);
    return share < kCrowdMin ? 1 : std::min(share, options_.batch_max);
  }

  Verdict DecideAlone(Lock& lock, const PresentedChain& chain, UnixTime at) noexcept {
    Count(1);
    lock.unlock();
    const Verdict verdict = authenticator_.Authenticate(chain, at);
    lock.lock();
    --in_flight_;
    return verdict;
  }

  void Decide(Lock& lock, Batch& batch) noexcept {
    batch.Close();
    open_ = nullptr;
    Count(batch.size());
    lock.unlock();
    batch.Decide(authenticator_);
    lock.lock();
    in_flight_ -= batch.size();
    const bool wake_leader = batch.leader_waits();
    lock.unlock();
    if (wake_leader) batch.WakeLeader();
  }

  void Count(std::size_t requests) {
    counters_.requests += requests;
    ++counters_.decisions;
  }

  // An empty batch that nobody uses; nullptr where memory is short.
  Batch* TakeBatch() noexcept {
    if (unused_.empty()) {
      try {
        unused_.reserve(batches_.size() + 1);  // So that Recycle cannot fail.
        batches_.push_back(std::make_unique<Batch>(options_.batch_max));
      } catch (...) {
        return nullptr;
      }
      return batches_.back().get();
    }
    Batch* batch = unused_.back();
    unused_.pop_back();
    batch->Open();
    return batch;
  }

  void Recycle(Batch& batch) noexcept {
    const std::lock_guard lock(mutex_);
    unused_.push_back(&batch);
  }

  const Authenticator& authenticator_;
  const BatchingOptions options_;
  const bool is_off_;

  mutable std::mutex mutex_;  // Guards what follows; never held while deciding.
  Batch* open_ = nullptr;     // Where requests gather.
  std::size_t in_flight_ = 0;
  // The most requests in flight since memory_begin_, and in the while before that.
  Clock::time_point memory_begin_{};
  std::size_t most_ = 0, most_before_ = 0;
  BatchingCounters counters_;
  std::vector<std::unique_ptr<Batch>> batches_;  // All that there are.
  std::vector<Batch*> unused_;
};

BatchingAuthenticator::BatchingAuthenticator(const Authenticator& authenticator,
                                             BatchingOptions options)
    : impl_(std::make_unique<Impl>(authenticator, options)) {}
BatchingAuthenticator::~BatchingAuthenticator() = default;

Verdict BatchingAuthenticator::Authenticate(const PresentedChain& chain, UnixTime at) noexcept {
  return impl_->Authenticate(chain, at);
}
const BatchingOptions& BatchingAuthenticator::options() const { return impl_->options(); }
BatchingCounters BatchingAuthenticator::counters() const { return impl_->counters(); }

}  // namespace muster
