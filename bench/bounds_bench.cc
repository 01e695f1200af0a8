// What the worst cases cost that tests/bounds holds to their budgets, relative to a normal chain.
//
// x_normal: processor time of the first sight of the hostile chain / that of a 3-level chain.
// x_known: of one more decision about the same chain, whose CA paths are known by then / that of a
// normal leaf under known paths. x_octets: time for an octet of a hostile file / for one of a
// normal file. `signatures` were checked at the first sight.

#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "bench/bench_fleet.h"
#include "bench/bench_run.h"
#include "engine/base/encoding.h"
#include "muster/certificate_reader.h"
#include "muster/fleet_audit.h"
#include "tests/support/hostile_chains.h"

namespace muster::bench {
namespace {

using test::HostileChain;

Verdict FirstSight(const HostileChain& hostile, AuthenticatorCounters* counters = nullptr) {
  const Authenticator authenticator(hostile.snapshot, hostile.options);
  const Verdict verdict = authenticator.Authenticate(hostile.Chain(), hostile.world->at());
  if (counters != nullptr) *counters = authenticator.counters();
  return verdict;
}

void Decide(benchmark::State& state, const HostileChain& hostile) {
  static const HostileChain normal = test::NormalChain();
  AuthenticatorCounters counters;
  const Verdict verdict = FirstSight(hostile, &counters);
  if (verdict.reason != hostile.expected) {
    return Fail(state, "decided as " + std::string(NameOf(verdict.reason)));
  }
  state.counters["signatures"] =
      static_cast<double>(counters.ca_signatures + counters.leaf_signatures);
  state.counters["x_normal"] =
      TimeBeside(state, [&] { benchmark::DoNotOptimize(FirstSight(hostile)); },
                 {[&] { benchmark::DoNotOptimize(FirstSight(normal)); }})
          .front();
}

void DecideAgain(benchmark::State& state, const HostileChain& hostile) {
  static const HostileChain normal = test::NormalChain();
  const Authenticator authenticator(hostile.snapshot, hostile.options);
  const Authenticator normal_authenticator(normal.snapshot, normal.options);
  const auto decide = [](const Authenticator& by, const HostileChain& chain) {
    return by.Authenticate(chain.Chain(), chain.world->at()).reason;
  };
  if (decide(authenticator, hostile) != hostile.expected ||
      decide(normal_authenticator, normal) != RejectReason::kNone) {
    return Fail(state, "decided otherwise than expected");
  }
  state.counters["x_known"] =
      TimeBeside(state, [&] { benchmark::DoNotOptimize(decide(authenticator, hostile)); },
                 {[&] { benchmark::DoNotOptimize(decide(normal_authenticator, normal)); }})
          .front();
}

// --- Chains ---------------------------------------------------------------------------------

void Namesakes(benchmark::State& state) {
  Decide(state, test::Namesakes(static_cast<int>(state.range(0))));
}
BENCHMARK(Namesakes)->Arg(40)->Arg(1'000)->UseManualTime();

// The slowest signatures that are accepted.
void NamesakesP521(benchmark::State& state) {
  Decide(state, test::Namesakes(40, KeyKind::kP521));
}
BENCHMARK(NamesakesP521)->UseManualTime();

void RegisteredMesh(benchmark::State& state) {
  Decide(state, test::RegisteredMesh(static_cast<int>(state.range(0))));
}
BENCHMARK(RegisteredMesh)->Arg(6)->Arg(12)->UseManualTime();

void PresentedMesh(benchmark::State& state) { Decide(state, test::PresentedMesh()); }
BENCHMARK(PresentedMesh)->UseManualTime();

void LongPath(benchmark::State& state) {
  Decide(state, test::LongPath(static_cast<int>(state.range(0))));
}
BENCHMARK(LongPath)->Arg(100)->Arg(1'000)->UseManualTime();

void ManyPaths(benchmark::State& state) { Decide(state, test::ManyPaths()); }
BENCHMARK(ManyPaths)->UseManualTime();

void LargeCertificates(benchmark::State& state) { Decide(state, test::LargeCertificates()); }
BENCHMARK(LargeCertificates)->UseManualTime();

void LongNames(benchmark::State& state) { Decide(state, test::LongNames()); }
BENCHMARK(LongNames)->UseManualTime();

// --- Extensions -----------------------------------------------------------------------------

// Arguments: the form, and how many names the leaf has.
void Constraints(benchmark::State& state) {
  const auto form = static_cast<test::NameForm>(state.range(0));
  HostileChain hostile = test::Constraints(form, static_cast<int>(state.range(1)));
  hostile.expected = FirstSight(hostile).reason;
  if (hostile.expected != RejectReason::kNone &&
      hostile.expected != RejectReason::kBudgetExhausted) {
    return Fail(state, "decided as " + std::string(NameOf(hostile.expected)));
  }
  Decide(state, hostile);
}
void ConstraintsAgain(benchmark::State& state) {
  const auto form = static_cast<test::NameForm>(state.range(0));
  HostileChain hostile = test::Constraints(form, static_cast<int>(state.range(1)));
  hostile.expected = FirstSight(hostile).reason;
  DecideAgain(state, hostile);
}
void EveryForm(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"form", "names"})->UseManualTime();
  for (const test::NameForm form : test::kNameForms) {
    for (const int names : {8, 60, 400}) bench->Args({static_cast<int>(form), names});
  }
}
BENCHMARK(Constraints)->Apply(EveryForm);
BENCHMARK(ConstraintsAgain)->Apply(EveryForm);

// Every certificate of every path constrains.
void ManyPathsOfConstraints(benchmark::State& state) {
  const auto form = static_cast<test::NameForm>(state.range(0));
  Decide(state, test::ManyPaths({test::ManyConstraints(form)}, {test::ManyNames(form, 400)},
                                RejectReason::kBudgetExhausted));
}
BENCHMARK(ManyPathsOfConstraints)->ArgName("form")->DenseRange(0, 4)->UseManualTime();

void ManyPolicies(benchmark::State& state) { Decide(state, test::ManyPolicies()); }
BENCHMARK(ManyPolicies)->UseManualTime();

void ManyPathsOfPolicies(benchmark::State& state) {
  Decide(state, test::ManyPaths(test::PoliciesAndMappings(static_cast<int>(state.range(0)))));
}
BENCHMARK(ManyPathsOfPolicies)->Arg(100)->Arg(800)->UseManualTime();

// --- CRLs -----------------------------------------------------------------------------------

void ManyCrls(benchmark::State& state) {
  Decide(state, test::ManyCrls(static_cast<int>(state.range(0))));
}
BENCHMARK(ManyCrls)->Arg(10)->Arg(100)->Arg(1'000)->UseManualTime();

// Arguments: distribution points of the leaf, CRLs of its issuer.
void ManyPointsAgain(benchmark::State& state) {
  DecideAgain(state, test::ManyPoints(static_cast<int>(state.range(0)),
                                      static_cast<int>(state.range(1))));
}
BENCHMARK(ManyPointsAgain)
    ->ArgNames({"points", "crls"})
    ->Args({1, 2})
    ->Args({1, 100})
    ->Args({2'000, 2})
    ->Args({2'000, 100})
    ->UseManualTime();

void LargeCrlAgain(benchmark::State& state) {
  DecideAgain(state, test::LargeCrl(IsSmokeRun() ? 1'000 : static_cast<int>(state.range(0))));
}
BENCHMARK(LargeCrlAgain)->Arg(1'000)->Arg(100'000)->UseManualTime();

void AlikeCrlEntriesAgain(benchmark::State& state) {
  DecideAgain(state,
              test::AlikeCrlEntries(IsSmokeRun() ? 100 : static_cast<int>(state.range(0))));
}
BENCHMARK(AlikeCrlEntriesAgain)->Arg(100)->Arg(10'000)->UseManualTime();

// --- Inventories ----------------------------------------------------------------------------

std::uint64_t RecordsOf(const Authenticator& authenticator, const std::string& text) {
  FleetAuditOptions options;
  options.at = BenchTime();
  options.threads = 1;
  std::istringstream input(text);
  std::uint64_t records = 0;
  Must(FleetAudit(authenticator, options).Run({"-"}, input, [&](const AuditRecord&) {
    ++records;
  }));
  return records;
}

std::string Repeated(const std::string& part, std::size_t size) {
  std::string text;
  while (text.size() < size) text += part;
  return text;
}

void ReadFile(benchmark::State& state, const std::string& hostile, const std::string& normal) {
  const Authenticator authenticator(test::NormalChain().snapshot);
  if (RecordsOf(authenticator, hostile) == 0 || RecordsOf(authenticator, normal) == 0) {
    return Fail(state, "nothing was read");
  }
  const double times =
      TimeBeside(state, [&] { benchmark::DoNotOptimize(RecordsOf(authenticator, hostile)); },
                 {[&] { benchmark::DoNotOptimize(RecordsOf(authenticator, normal)); }},
                 TimeOf::kAllThreads)
          .front();
  state.counters["x_octets"] =
      times * static_cast<double>(normal.size()) / static_cast<double>(hostile.size());
}

// A megabyte of each, against a megabyte of PEM that holds one device's chain over and over.
void Pem(benchmark::State& state, const std::string& part) {
  const HostileChain normal = test::NormalChain();
  const std::string device = EncodePem(normal.leaf.der(), "CERTIFICATE") +
                             EncodePem(normal.presented.front().der(), "CERTIFICATE");
  const std::size_t size = IsSmokeRun() ? 20'000 : 1'000'000;
  ReadFile(state, Repeated(part, size), Repeated(device, size));
}
BENCHMARK_CAPTURE(Pem, begins, std::string("-----BEGIN CERTIFICATE-----"))->UseManualTime();
BENCHMARK_CAPTURE(Pem, dashes, std::string("-----BEGIN CERTIFICATE-----A-----"))
    ->UseManualTime();
BENCHMARK_CAPTURE(Pem, small,
                  std::string("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"))
    ->UseManualTime();

void Ndjson(benchmark::State& state, const std::string& open, const std::string& close) {
  const HostileChain normal = test::NormalChain();
  const std::string device =
      R"({"deviceId":"d","chain":[")" + base::EncodeBase64(normal.leaf.der()) + R"(",")" +
      base::EncodeBase64(normal.presented.front().der()) + "\"]}\n";
  const std::size_t size = IsSmokeRun() ? 20'000 : 1'000'000;
  ReadFile(state, R"({"x":)" + Repeated(open, size) + close, Repeated(device, size));
}
BENCHMARK_CAPTURE(Ndjson, nested, std::string("["), std::string())->UseManualTime();
BENCHMARK_CAPTURE(Ndjson, members, std::string("0,\"x\":"), std::string("0}"))->UseManualTime();
BENCHMARK_CAPTURE(Ndjson, lines, std::string("{}\n{"), std::string("\n"))->UseManualTime();

}  // namespace
}  // namespace muster::bench
