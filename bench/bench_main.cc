// The main program of every bench: says on what the figures were taken, and refuses builds that
// cannot time anything.

#include <benchmark/benchmark.h>

#include <cstdio>
#include <exception>
#include <fstream>
#include <string>
#include <thread>

#include "bench/bench_commit.h"
#include "bench/bench_run.h"
#include "muster/version.h"

namespace {

std::string CpuModel() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    if (!line.starts_with("model name")) continue;
    const std::size_t colon = line.find(':');
    if (colon != std::string::npos && colon + 2 < line.size()) return line.substr(colon + 2);
  }
  return "unknown";
}

void DescribeEnvironment() {
  benchmark::AddCustomContext("muster", std::string(muster::kVersion));
  benchmark::AddCustomContext("commit", MUSTER_COMMIT);
  benchmark::AddCustomContext("build", MUSTER_BUILD_TYPE);
  benchmark::AddCustomContext("compiler", MUSTER_COMPILER);
  benchmark::AddCustomContext("flags", MUSTER_COMPILER_FLAGS);
  benchmark::AddCustomContext("cpu", CpuModel());
  benchmark::AddCustomContext("cores", std::to_string(std::thread::hardware_concurrency()));
  if (muster::bench::IsSmokeRun()) {
    benchmark::AddCustomContext("smoke", "small fleets: the figures mean nothing");
  }
}

constexpr bool kCanBeTimed =
#if defined(NDEBUG) && !defined(MUSTER_CHECKED)
    true;
#else
    false;
#endif

}  // namespace

int main(int argc, char** argv) {
  if (!kCanBeTimed) {
    std::fputs(
        "built without NDEBUG, or with checks, so the figures would mean nothing; build with "
        "-DCMAKE_BUILD_TYPE=Release\n",
        stderr);
    return 1;
  }
  try {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    DescribeEnvironment();
    const std::size_t ran = benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    // The library itself reports wrong answers and goes on, and takes "no match" for success.
    return ran == 0 || muster::bench::HasFailed() ? 1 : 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s: %s\n", argv[0], e.what());
    return 1;
  }
}
