// One device under a CA path that was seen before: what a service does all day. Proves by the
// authenticator's own counters that CA certificates are not checked again for each device, and sets
// its time beside the least it could be: x_floor = time of the decision / time of parsing the leaf
// and checking its signature with Botan alone (which hashes the leaf), in one run. Allocations of
// the timed decisions are counted: allocations/device.

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/bench_fleet.h"
#include "bench/bench_run.h"
#include "bench/count_allocations.h"
#include "bench/peers/raw_botan.h"
#include "engine/base/byte_view.h"
#include "muster/authenticator.h"

namespace muster::bench {
namespace {

constexpr int kIssuers = 8;
constexpr std::size_t kWarmUpRounds = 16;

const BenchFleet& Fleet(KeyKind key) {
  return FleetOf(
      {.key = key, .devices = IsSmokeRun() ? 16u : 4'096u, .roots = 2, .intermediates = kIssuers});
}

// Parsing and Botan, with every issuer's verifier prepared.
class Floor {
 public:
  explicit Floor(const BenchFleet& fleet) {
    std::map<std::string, RawBotanVerifier*, std::less<>> by_issuer;
    for (const PresentedChain& chain : fleet.chains()) {
      const CertificateView leaf = CertificateView::Parse(chain.leaf()).value();
      RawBotanVerifier*& verifier = by_issuer[std::string(base::AsText(chain.untrusted().front()))];
      if (verifier == nullptr) {
        const auto issuer = CertificateView::Parse(chain.untrusted().front()).value();
        verifiers_.push_back(
            std::make_unique<RawBotanVerifier>(issuer.spki(), leaf.signature_algorithm()));
        verifier = verifiers_.back().get();
      }
      devices_.push_back({chain.leaf(), verifier});
    }
  }

  bool Check(std::size_t device) {
    const auto leaf = CertificateView::Parse(devices_[device].leaf);
    return leaf && devices_[device].issuer->Verify(leaf->tbs(), leaf->signature());
  }

 private:
  struct Device {
    ByteView leaf;
    RawBotanVerifier* issuer;
  };
  std::vector<std::unique_ptr<RawBotanVerifier>> verifiers_;
  std::vector<Device> devices_;
};

AuthenticatorCounters operator-(const AuthenticatorCounters& a, const AuthenticatorCounters& b) {
  return {a.chains - b.chains, a.leaf_signatures - b.leaf_signatures,
          a.ca_signatures - b.ca_signatures, a.ca_paths_compiled - b.ca_paths_compiled};
}

// Every device is accepted, and each CA path costs its signatures once. Empty where that holds.
std::string FaultOfFirstRound(const BenchFleet& fleet, const Authenticator& authenticator) {
  std::vector<Verdict> verdicts(fleet.chains().size());
  authenticator.AuthenticateBatch(fleet.chains(), BenchTime(), verdicts);
  for (const Verdict& verdict : verdicts) {
    if (!verdict.accepted()) return "rejected: " + std::string(NameOf(verdict.reason));
  }
  const AuthenticatorCounters counters = authenticator.counters();
  if (counters.leaf_signatures != fleet.chains().size() || counters.ca_signatures != kIssuers ||
      counters.ca_paths_compiled != kIssuers) {
    return "the first round did not check each leaf and each issuer once";
  }
  return {};
}

// Exports what one device cost; fails where a CA was looked at again.
void ExportCounters(benchmark::State& state, const AuthenticatorCounters& spent) {
  if (spent.chains == 0) return;
  const auto per_device = [&](std::uint64_t count) {
    return static_cast<double>(count) / static_cast<double>(spent.chains);
  };
  state.counters["leaf_signatures/device"] = per_device(spent.leaf_signatures);
  state.counters["ca_signatures/device"] = per_device(spent.ca_signatures);
  state.SetItemsProcessed(static_cast<std::int64_t>(spent.chains));
  if (spent.leaf_signatures != spent.chains) return Fail(state, "not one leaf signature a device");
  if (spent.ca_signatures != 0) return Fail(state, "CA signatures were checked again");
  if (spent.ca_paths_compiled != 0) return Fail(state, "CA paths were compiled again");
}

// Devices in blocks of `block`, round and round.
class Blocks {
 public:
  Blocks(std::size_t devices, std::size_t block)
      : devices_(devices), block_(std::min(block, devices)) {}
  std::size_t size() const { return block_; }
  std::size_t Next() {
    const std::size_t first = next_;
    next_ = next_ + 2 * block_ <= devices_ ? next_ + block_ : 0;
    return first;
  }

 private:
  std::size_t devices_, block_, next_ = 0;
};

// Decides block by block; `decide(first, count)` returns how many were accepted.
template <typename Decide>
void TimeBesideFloor(benchmark::State& state, const BenchFleet& fleet,
                     const Authenticator& authenticator, std::size_t block, const Decide& decide) {
  if (const std::string fault = FaultOfFirstRound(fleet, authenticator); !fault.empty()) {
    return Fail(state, fault);
  }
  Floor floor(fleet);
  Blocks blocks(fleet.chains().size(), block), floor_blocks = blocks;
  std::uint64_t expected = 0, accepted = 0, floor_accepted = 0;
  const auto by_muster = [&] {
    accepted += decide(blocks.Next(), blocks.size());
    expected += blocks.size();
  };
  const auto by_floor = [&] {
    const std::size_t first = floor_blocks.Next();
    for (std::size_t i = 0; i < floor_blocks.size(); ++i) {
      bool good = floor.Check(first + i);
      benchmark::DoNotOptimize(good);
      floor_accepted += good ? 1u : 0u;
    }
  };
  // Tables grow with the leaves that come: a good many come first.
  for (std::size_t i = 0; i < kWarmUpRounds; ++i) by_muster();
  if (accepted != expected) return Fail(state, "a good device was rejected");
  accepted = expected = 0;
  const AuthenticatorCounters before = authenticator.counters();
  std::uint64_t allocations = 0;
  const auto by_muster_counted = [&] {
    const std::uint64_t allocated = allocation_count;
    by_muster();
    allocations += allocation_count - allocated;
  };
  const double x_floor = TimeBeside(state, by_muster_counted, {by_floor}).front();
  state.counters["x_floor"] = x_floor;
  if (accepted != expected || floor_accepted != expected) {
    return Fail(state, "a good device was rejected");
  }
  const AuthenticatorCounters spent = authenticator.counters() - before;
  if (spent.chains != 0) {
    state.counters["allocations/device"] =
        static_cast<double>(allocations) / static_cast<double>(spent.chains);
  }
  ExportCounters(state, spent);
}

void Authenticate(benchmark::State& state, KeyKind key) {
  const BenchFleet& fleet = Fleet(key);
  const Authenticator authenticator(fleet.snapshot());
  constexpr std::size_t kBlock = 32;  // So many that the clock's own cost does not show.
  TimeBesideFloor(state, fleet, authenticator, kBlock, [&](std::size_t first, std::size_t count) {
    std::uint64_t accepted = 0;
    for (std::size_t i = first; i < first + count; ++i) {
      Verdict verdict = authenticator.Authenticate(fleet.chains()[i], BenchTime());
      benchmark::DoNotOptimize(verdict);
      accepted += verdict.accepted() ? 1u : 0u;
    }
    return accepted;
  });
}

void AuthenticateBatch(benchmark::State& state, KeyKind key, std::size_t block) {
  const BenchFleet& fleet = Fleet(key);
  const Authenticator authenticator(fleet.snapshot());
  std::vector<Verdict> verdicts(block);
  TimeBesideFloor(state, fleet, authenticator, block, [&](std::size_t first, std::size_t count) {
    const auto chains = std::span(fleet.chains()).subspan(first, count);
    const auto out = std::span(verdicts).first(count);
    authenticator.AuthenticateBatch(chains, BenchTime(), out);
    benchmark::ClobberMemory();
    return static_cast<std::uint64_t>(
        std::count_if(out.begin(), out.end(), [](const Verdict& v) { return v.accepted(); }));
  });
}

BENCHMARK_CAPTURE(Authenticate, p256, KeyKind::kP256)->UseManualTime();
BENCHMARK_CAPTURE(Authenticate, p384, KeyKind::kP384)->UseManualTime();
BENCHMARK_CAPTURE(Authenticate, rsa2048, KeyKind::kRsa2048)->UseManualTime();
BENCHMARK_CAPTURE(Authenticate, ed25519, KeyKind::kEd25519)->UseManualTime();
BENCHMARK_CAPTURE(AuthenticateBatch, p256_64, KeyKind::kP256, 64)->UseManualTime();
BENCHMARK_CAPTURE(AuthenticateBatch, p256_512, KeyKind::kP256, 512)->UseManualTime();
BENCHMARK_CAPTURE(AuthenticateBatch, p256_4096, KeyKind::kP256, 4'096)->UseManualTime();
BENCHMARK_CAPTURE(AuthenticateBatch, p384_4096, KeyKind::kP384, 4'096)->UseManualTime();
BENCHMARK_CAPTURE(AuthenticateBatch, rsa2048_4096, KeyKind::kRsa2048, 4'096)->UseManualTime();
BENCHMARK_CAPTURE(AuthenticateBatch, ed25519_512, KeyKind::kEd25519, 512)->UseManualTime();

// An authenticator that outlives the benchmark's threads, with what was wrong with its first round.
struct Shared {
  explicit Shared(KeyKind key)
      : authenticator(Fleet(key).snapshot()), fault(FaultOfFirstRound(Fleet(key), authenticator)) {}
  Authenticator authenticator;
  std::string fault;
};

// Several threads on one authenticator: devices per second of all threads together.
template <KeyKind kKey>
void AuthenticateShared(benchmark::State& state) {
  static const Shared shared(kKey);
  if (!shared.fault.empty()) return Fail(state, shared.fault);
  const std::vector<PresentedChain>& chains = Fleet(kKey).chains();
  std::size_t next = static_cast<std::size_t>(state.thread_index()) * chains.size() / 2;
  bool all_accepted = true;
  for (auto _ : state) {
    next = next + 1 < chains.size() ? next + 1 : 0;
    Verdict verdict = shared.authenticator.Authenticate(chains[next], BenchTime());
    benchmark::DoNotOptimize(verdict);
    all_accepted = all_accepted && verdict.accepted();
  }
  if (!all_accepted) return Fail(state, "a good device was rejected");
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_TEMPLATE(AuthenticateShared, KeyKind::kP256)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK_TEMPLATE(AuthenticateShared, KeyKind::kRsa2048)->Threads(1)->Threads(2)->UseRealTime();

}  // namespace
}  // namespace muster::bench
