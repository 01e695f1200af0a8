#include "bench/bench_run.h"

#include <time.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <ctime>

namespace muster::bench {
namespace {

std::atomic<bool> has_failed{false};

clockid_t ClockOf(TimeOf time_of) {
  switch (time_of) {
    case TimeOf::kThisThread:
      return CLOCK_THREAD_CPUTIME_ID;
    case TimeOf::kAllThreads:
      return CLOCK_PROCESS_CPUTIME_ID;
    case TimeOf::kWall:
      return CLOCK_MONOTONIC;
  }
  return CLOCK_MONOTONIC;
}

double Now(TimeOf time_of) {
  std::timespec now{};
  ::clock_gettime(ClockOf(time_of), &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double SecondsOf(const std::function<void()>& work, TimeOf time_of) {
  const double start = Now(time_of);
  work();
  return Now(time_of) - start;
}

double Median(std::vector<double>& values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

bool IsSmokeRun() {
  static const bool smoke = std::getenv("MUSTER_BENCH_SMOKE") != nullptr;
  return smoke;
}

void Fail(benchmark::State& state, const std::string& message) {
  has_failed = true;
  state.SkipWithError(message.c_str());
}

bool HasFailed() { return has_failed; }

std::vector<double> TimeBeside(benchmark::State& state, const std::function<void()>& subject,
                               const std::vector<std::function<void()>>& references,
                               TimeOf time_of) {
  std::vector<std::vector<double>> ratios(references.size());
  std::vector<double> reference_seconds(references.size());
  for (auto _ : state) {
    for (std::size_t i = 0; i < references.size(); ++i) {
      reference_seconds[i] = SecondsOf(references[i], time_of);
    }
    const double subject_seconds = SecondsOf(subject, time_of);
    state.SetIterationTime(subject_seconds);
    for (std::size_t i = 0; i < references.size(); ++i) {
      ratios[i].push_back(subject_seconds / reference_seconds[i]);
    }
  }
  std::vector<double> medians;
  for (std::vector<double>& of_one : ratios) medians.push_back(Median(of_one));
  return medians;
}

}  // namespace muster::bench
