// A service that is asked about one device at a time, by many threads: how long answers take and
// what they cost, with the batching front off and with several waits.
//
// Closed: each thread asks again as soon as it is answered. Open: requests are due at random
// moments (a Poisson process) whether or not earlier ones are done, and the next free thread takes
// the next one; its latency counts from the moment at which it was due, so that a queue shows.
//
// On a machine that does other things look at `others` first: the processors that other programs
// kept busy meanwhile. `cpu_us`, processor time of this program for one request, bears with them
// best; `batch` is the mean number of requests that were decided together.

#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <latch>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "bench/bench_fleet.h"
#include "bench/bench_run.h"
#include "muster/authenticator.h"
#include "muster/batching_authenticator.h"

namespace muster::bench {
namespace {

using Nanoseconds = std::int64_t;

constexpr Nanoseconds kSecond = 1'000'000'000;

Nanoseconds Now(clockid_t clock = CLOCK_MONOTONIC) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return now.tv_sec * kSecond + now.tv_nsec;
}

void SleepUntil(Nanoseconds when) {
  if (when <= Now()) return;  // The call itself would cost a timer interrupt.
  const timespec until{.tv_sec = when / kSecond, .tv_nsec = when % kSecond};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) != 0) {
  }
}

// Wakes when it is time and not up to 50 us later.
void SleepPrecisely() {
#ifdef __linux__
  ::prctl(PR_SET_TIMERSLACK, 1UL);
#endif
}

// Processor time that the whole machine has spent, in seconds; 0 where that is not known.
double SecondsOfMachine() {
  std::ifstream stat("/proc/stat");
  std::string name;
  double user = 0, nice = 0, system = 0, idle = 0, io = 0, irq = 0, soft_irq = 0, stolen = 0;
  stat >> name >> user >> nice >> system >> idle >> io >> irq >> soft_irq >> stolen;
  return (user + nice + system + irq + soft_irq + stolen) /
         static_cast<double>(::sysconf(_SC_CLK_TCK));
}

// What a load does first is not counted as latency: caches are cold, and a crowd has to be seen.
Nanoseconds LengthOf(bool warm_up) {
  if (IsSmokeRun()) return kSecond / 1'000;
  return warm_up ? kSecond / 5 : kSecond;
}

const BenchFleet& Fleet() {
  return FleetOf({.devices = IsSmokeRun() ? 64u : 1'024u, .roots = 2, .intermediates = 8});
}

struct Load {
  int threads = 1;
  double rate = 0;  // Requests a second; 0 = closed.
};

struct Outcome {
  std::vector<Nanoseconds> latencies;  // Sorted, without those of the warm-up.
  std::uint64_t requests = 0, rejected = 0;
  double seconds = 0, cpu_seconds = 0, machine_seconds = 0;
};

// When each request of an open load is due, counted from its start.
std::vector<Nanoseconds> ScheduleOf(double rate) {
  std::mt19937_64 random(20'260'615);
  std::exponential_distribution<double> gap(rate / static_cast<double>(kSecond));
  const auto end = static_cast<double>(LengthOf(true) + LengthOf(false));
  std::vector<Nanoseconds> due;
  for (double t = gap(random); t < end; t += gap(random)) {
    due.push_back(static_cast<Nanoseconds>(t));
  }
  return due;
}

// Puts one load on a front.
class LoadRun {
 public:
  LoadRun(const Load& load, BatchingAuthenticator* front)
      : load_(load), front_(*front), ready_(load.threads), seen_(Size(load.threads)) {
    if (load.rate > 0) due_ = ScheduleOf(load.rate);
  }

  Outcome Run() {
    std::vector<std::jthread> threads;
    for (Seen& seen : seen_) {
      threads.emplace_back([this, &seen] {
        SleepPrecisely();
        seen.latencies.reserve(std::size_t{1} << 17);
        ready_.count_down();
        go_.wait();
        load_.rate > 0 ? AskWhenDue(seen) : AskInTurn(seen);
      });
    }
    ready_.wait();
    Outcome outcome;
    const double machine_start = SecondsOfMachine();
    const Nanoseconds cpu_start = Now(CLOCK_PROCESS_CPUTIME_ID);
    start_ = Now();
    go_.count_down();
    threads.clear();
    outcome.seconds = Seconds(Now() - start_);
    outcome.cpu_seconds = Seconds(Now(CLOCK_PROCESS_CPUTIME_ID) - cpu_start);
    outcome.machine_seconds = SecondsOfMachine() - machine_start;
    for (const Seen& seen : seen_) {
      outcome.latencies.insert(outcome.latencies.end(), seen.latencies.begin(),
                               seen.latencies.end());
      outcome.requests += seen.requests;
      outcome.rejected += seen.rejected;
    }
    std::sort(outcome.latencies.begin(), outcome.latencies.end());
    return outcome;
  }

 private:
  // What one thread saw.
  struct Seen {
    std::vector<Nanoseconds> latencies;
    std::uint64_t requests = 0, rejected = 0;
  };

  static std::size_t Size(int threads) { return static_cast<std::size_t>(threads); }
  static double Seconds(Nanoseconds time) {
    return static_cast<double>(time) / static_cast<double>(kSecond);
  }

  void AskInTurn(Seen& seen) {
    const Nanoseconds end = start_ + LengthOf(true) + LengthOf(false);
    for (Nanoseconds from = Now(); from < end; from = Now()) Ask(seen, next_++, from);
  }
  void AskWhenDue(Seen& seen) {
    for (std::size_t i = next_++; i < due_.size(); i = next_++) {
      SleepUntil(start_ + due_[i]);
      Ask(seen, i, start_ + due_[i]);
    }
  }
  void Ask(Seen& seen, std::size_t request, Nanoseconds from) {
    const std::vector<PresentedChain>& chains = Fleet().chains();
    const Verdict verdict = front_.Authenticate(chains[request % chains.size()], BenchTime());
    const Nanoseconds latency = Now() - from;
    if (from >= start_ + LengthOf(true)) seen.latencies.push_back(latency);
    ++seen.requests;
    seen.rejected += verdict.accepted() ? 0u : 1u;
  }

  const Load load_;
  BatchingAuthenticator& front_;
  std::latch ready_, go_{1};
  std::atomic<std::size_t> next_{0};
  std::vector<Nanoseconds> due_;
  Nanoseconds start_ = 0;
  std::vector<Seen> seen_;
};

// Good and bad chains through a front that gathers, from several threads: the verdicts of an
// authenticator alone. Empty where that holds.
std::string FaultOfFront() {
  constexpr std::size_t kThreads = 8, kRequests = 512;
  const BenchFleet& fleet = FleetOf({.devices = 64, .fault_rate = 0.3});
  const Authenticator alone(fleet.snapshot()), behind(fleet.snapshot());
  BatchingAuthenticator front(
      behind,
      {.max_wait = std::chrono::microseconds{200}, .batch_max = kThreads, .wait_always = true});
  std::atomic<std::size_t> wrong{0}, accepted{0};
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (std::size_t i = t; i < kRequests; i += kThreads) {
          const PresentedChain& chain = fleet.chains()[i % fleet.chains().size()];
          const Verdict verdict = front.Authenticate(chain, BenchTime());
          wrong += verdict == alone.Authenticate(chain, BenchTime()) ? 0u : 1u;
          accepted += verdict.accepted() ? 1u : 0u;
        }
      });
    }
  }
  if (wrong != 0) return "the front's verdict is not the authenticator's";
  if (accepted == 0 || accepted == kRequests) return "not both kinds of verdict were tried";
  return {};
}

// Microseconds that so large a share of the latencies stays within.
double Percentile(const std::vector<Nanoseconds>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto rank = static_cast<std::size_t>(share * static_cast<double>(sorted.size()));
  return 1e-3 * static_cast<double>(sorted[std::min(rank, sorted.size() - 1)]);
}

void Serve(benchmark::State& state, const Load& load, const BatchingOptions& options) {
  static const std::string fault = FaultOfFront();
  if (!fault.empty()) return Fail(state, fault);
  const BenchFleet& fleet = Fleet();
  const Authenticator authenticator(fleet.snapshot());
  std::vector<Verdict> verdicts(fleet.chains().size());
  authenticator.AuthenticateBatch(fleet.chains(), BenchTime(), verdicts);  // Every path is known.
  BatchingAuthenticator front(authenticator, options);
  for (auto _ : state) {
    const Outcome outcome = LoadRun(load, &front).Run();
    if (outcome.rejected != 0) return Fail(state, "a good device was rejected");
    state.SetIterationTime(outcome.seconds);
    const auto requests = static_cast<double>(outcome.requests);
    state.counters["per_s"] = requests / outcome.seconds;
    state.counters["cpu_us"] = 1e6 * outcome.cpu_seconds / requests;
    state.counters["others"] =
        std::max(0.0, outcome.machine_seconds - outcome.cpu_seconds) / outcome.seconds;
    // The names sort as the figures do.
    state.counters["p50_us"] = Percentile(outcome.latencies, 0.5);
    state.counters["p90_us"] = Percentile(outcome.latencies, 0.9);
    state.counters["p99.0_us"] = Percentile(outcome.latencies, 0.99);
    state.counters["p99.9_us"] = Percentile(outcome.latencies, 0.999);
  }
  const BatchingCounters spent = front.counters();
  state.counters["batch"] = spent.decisions == 0 ? 1.0
                                                 : static_cast<double>(spent.requests) /
                                                       static_cast<double>(spent.decisions);
}

BatchingOptions WaitOf(const benchmark::State& state) {
  return {.max_wait = std::chrono::microseconds{state.range(0)}};
}
void Closed(benchmark::State& state) {
  Serve(state, {.threads = static_cast<int>(state.range(1))}, WaitOf(state));
}
void ClosedWaitAlways(benchmark::State& state) {
  BatchingOptions options = WaitOf(state);
  options.wait_always = true;
  Serve(state, {.threads = static_cast<int>(state.range(1))}, options);
}
void Open(benchmark::State& state) {
  Serve(state, {.threads = 32, .rate = static_cast<double>(state.range(1))}, WaitOf(state));
}

BENCHMARK(Closed)
    ->ArgNames({"wait_us", "threads"})
    ->ArgsProduct({{0, 50, 200}, {1, 2, 4, 8, 16, 64}})
    ->UseManualTime()
    ->Iterations(1);
BENCHMARK(ClosedWaitAlways)
    ->ArgNames({"wait_us", "threads"})
    ->ArgsProduct({{50}, {1, 2, 4, 8, 16, 64}})
    ->UseManualTime()
    ->Iterations(1);
BENCHMARK(Open)
    ->ArgNames({"wait_us", "rate"})
    ->ArgsProduct({{0, 50, 200}, {10'000, 20'000, 40'000, 60'000, 80'000, 120'000}})
    ->UseManualTime()
    ->Iterations(1);

}  // namespace
}  // namespace muster::bench
