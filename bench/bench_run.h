// How a benchmark runs: smoke runs, answers that must be right, and ratios taken in one run.
#ifndef MUSTER_BENCH_BENCH_RUN_H_
#define MUSTER_BENCH_BENCH_RUN_H_

#include <benchmark/benchmark.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "muster/result.h"

namespace muster::bench {

// MUSTER_BENCH_SMOKE is set: only the answers matter, so fleets shrink.
bool IsSmokeRun();

// Ends this benchmark with `message` and makes the program exit with a failure.
void Fail(benchmark::State& state, const std::string& message);
bool HasFailed();

// The value, or an exception with the error's message.
template <typename T>
T Must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return *std::move(result);
}

// Which time counts: processor time of this thread, or of all threads, which others on the machine
// do not touch; or, where it matters how work is shared out, that of the wall.
enum class TimeOf { kThisThread, kAllThreads, kWall };

// Times `subject`; beside it, in turn with it, each of `references`. The machine's moods strike all
// alike, so the medians that are returned (time of subject / time of reference, one a reference)
// are steadier than any of the times. Use with UseManualTime(); an iteration is one call of
// `subject`.
std::vector<double> TimeBeside(benchmark::State& state, const std::function<void()>& subject,
                               const std::vector<std::function<void()>>& references,
                               TimeOf time_of = TimeOf::kThisThread);

}  // namespace muster::bench

#endif  // MUSTER_BENCH_BENCH_RUN_H_
