// Findings of a fleet. BM_Collect: devices per second that one thread inspects and compares, all
// findings on, signatures already decided. BM_BatchGcd: the search for shared primes among RSA-2048
// moduli, with the memory that an audit gives it by default and with enough for one chunk; the
// answer is checked each time.

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/bench_fleet.h"
#include "bench/bench_run.h"
#include "engine/findings/batch_gcd.h"
#include "muster/authenticator.h"
#include "muster/fleet_findings.h"
#include "tests/support/coprime_moduli.h"

namespace muster::bench {
namespace {

void BM_Collect(benchmark::State& state) {
  const BenchFleet& fleet = FleetOf({.devices = IsSmokeRun() ? 400u : 40'000u, .fault_rate = 0.05});
  const Authenticator authenticator(fleet.snapshot(), {});
  std::vector<Verdict> verdicts(fleet.chains().size());
  std::vector<LeafDescription> leaves(fleet.chains().size());
  authenticator.AuthenticateBatch(fleet.chains(), BenchTime(), verdicts, leaves);
  for (auto _ : state) {
    FleetFindings findings(fleet.snapshot(), {.at = BenchTime()});
    AuditRecord record;
    for (const PresentedChain& chain : fleet.chains()) {
      record.chain = &chain;
      record.verdict = verdicts[record.index];
      record.leaf = leaves[record.index].fingerprint;
      findings.Add(record);
      ++record.index;
    }
    const FindingsReport report = Must(findings.Finish());
    if (report.findings.empty()) throw std::runtime_error("planted faults were not found");
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(fleet.chains().size()));
}

class ModulusList : public findings::ModulusSource {
 public:
  explicit ModulusList(const std::vector<Bytes>& moduli) : moduli_(moduli) {}
  void Rewind() override { next_ = 0; }
  bool Next(Bytes* modulus) override {
    if (next_ == moduli_.size()) return false;
    *modulus = moduli_[next_++];
    return true;
  }

 private:
  const std::vector<Bytes>& moduli_;
  std::size_t next_ = 0;
};

constexpr std::size_t kPlanted = 100;  // Pairs.

void BM_BatchGcd(benchmark::State& state) {
  const auto count = IsSmokeRun() ? std::size_t{1'000} : static_cast<std::size_t>(state.range(0));
  const std::vector<Bytes> moduli = test::CoprimeModuli(count, kPlanted);
  ModulusList list(moduli);
  for (auto _ : state) {
    std::size_t found = 0;
    findings::BatchGcd(list,
                       {.memory_octets_max = static_cast<std::size_t>(state.range(1)) << 20,
                        .threads = static_cast<int>(state.range(2))},
                       [&](std::uint64_t index, ByteView) {
                         found += test::IsPlanted(index, count, kPlanted) ? 1 : 1'000'000;
                       });
    if (found != 2 * kPlanted) throw std::runtime_error("not exactly what was planted was found");
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
}

BENCHMARK(BM_Collect)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_BatchGcd)
    ->ArgNames({"moduli", "mib", "threads"})
    ->Args({10'000, 128, 1})
    ->Args({100'000, 128, 1})
    ->Args({100'000, 128, 2})
    ->Args({100'000, 1'024, 2})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace muster::bench
