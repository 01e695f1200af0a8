// BatchingAuthenticator: single requests of many threads, decided together where that is cheaper.
//
// Signatures that are checked together cost a fraction of what each costs alone, and a service that
// is asked about one device at a time has nothing to check together. This front gathers requests
// that are in flight at the same time. It has no thread of its own: one of the callers decides for
// all that gathered, while the next requests gather already.
//
// Gathering takes time, so it is off by default, and where it is on, a request waits only while
// there is a crowd: lately so many requests were in flight that one batch for every two processors
// would hold eight or more. A service with processors to spare decides every request at once, by
// its own thread. After a crowd has gone, requests may still wait, max_wait at most, for 60 ms.
//
// Deviations: none. A verdict is what Authenticator::Authenticate would have returned at some
// moment during the call.
// Caller must: keep the authenticator alive, and destroy the front only when no call is in flight.
// Thread-safe: all methods may run concurrently, also with every method of the authenticator.
#ifndef MUSTER_BATCHING_AUTHENTICATOR_H_
#define MUSTER_BATCHING_AUTHENTICATOR_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "muster/authenticator.h"

namespace muster {

struct BatchingOptions {
  // The longest that a request waits for others before its decision begins; not above 0 = off. More
  // than a day counts as a day. About 50 is sensible: a crowd gathers sooner than that, and longer
  // waits are spent on threads that got no processor. The operating system may add to it (Linux:
  // 50 us, unless the thread's timer slack says otherwise); the decision itself comes on top.
  std::chrono::microseconds max_wait{0};
  // The most requests that are decided together; where so many have gathered none waits. From 1,
  // which is off, to 4,096; what is outside counts as the nearer end. Larger batches cost a little
  // less a device, and their first request has to wait for the last.
  std::size_t batch_max = 64;
  // Waits whether there is a crowd or not, for the full batch_max. For callers who know that more
  // requests are coming, and for those who would rather save processor time than answer soon.
  bool wait_always = false;
  // Processors that requests have to themselves, from which a crowd is told; 0 = as many as this
  // process may run on. To be set where a quota, or other work, leaves fewer than those.
  std::size_t processors = 0;

  friend bool operator==(const BatchingOptions&, const BatchingOptions&) = default;
};

// Counters since construction; all 0 where the front is off.
struct BatchingCounters {
  std::uint64_t requests = 0;   // Whose decision has begun.
  std::uint64_t decisions = 0;  // That they took: requests / decisions gathered on average.
};

class BatchingAuthenticator {
 public:
  // `authenticator` is borrowed and must outlive the front.
  explicit BatchingAuthenticator(const Authenticator& authenticator, BatchingOptions options = {});
  ~BatchingAuthenticator();
  BatchingAuthenticator(const BatchingAuthenticator&) = delete;
  BatchingAuthenticator& operator=(const BatchingAuthenticator&) = delete;

  // Decides at time `at`; requests with other times may wait in the same batch. Blocks until it is
  // decided: max_wait, and the decision of at most batch_max requests. `chain` and what it borrows
  // must stay as they are until then. Never throws; any inner failure rejects, and where memory
  // for a batch cannot be had, the request is decided alone.
  Verdict Authenticate(const PresentedChain& chain, UnixTime at) noexcept;

  const BatchingOptions& options() const;  // As they count.
  BatchingCounters counters() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace muster

#endif  // MUSTER_BATCHING_AUTHENTICATOR_H_
