// What it costs to read certificates: strict parsing of one, and finding them in a PEM bundle.

#include <string>

#include "bench/bench_fleet.h"
#include "bench/bench_run.h"
#include "engine/base/byte_view.h"
#include "muster/certificate.h"
#include "muster/certificate_reader.h"

namespace muster::bench {
namespace {

const BenchFleet& Fleet(KeyKind key) { return FleetOf({.key = key, .devices = 64}); }

void SetBytes(benchmark::State& state, std::size_t octets) {
  state.SetBytesProcessed(static_cast<std::int64_t>(octets) * state.iterations());
  state.SetItemsProcessed(state.iterations());
}

void ParseOne(benchmark::State& state, const Bytes& der, bool is_ca) {
  const auto answer = CertificateView::Parse(der);
  if (!answer || answer->is_ca() != is_ca || answer->der().size() != der.size()) {
    return Fail(state, "the certificate was not read as what it is");
  }
  for (auto _ : state) {
    auto parsed = CertificateView::Parse(der);
    benchmark::DoNotOptimize(parsed);
  }
  SetBytes(state, der.size());
}

void ParseLeaf(benchmark::State& state, KeyKind key) {
  ParseOne(state, Fleet(key).devices().front().chain.front(), false);
}

void ParseCa(benchmark::State& state, KeyKind key) {
  ParseOne(state, Fleet(key).cas().back().der, true);
}

BENCHMARK_CAPTURE(ParseLeaf, p256, KeyKind::kP256);
BENCHMARK_CAPTURE(ParseCa, p256, KeyKind::kP256);
BENCHMARK_CAPTURE(ParseLeaf, rsa2048, KeyKind::kRsa2048);
BENCHMARK_CAPTURE(ParseCa, rsa2048, KeyKind::kRsa2048);

// A bundle of state.range(0) certificates.
void ReadPem(benchmark::State& state) {
  const BenchFleet& fleet = Fleet(KeyKind::kP256);
  std::string pem;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    const std::size_t device = static_cast<std::size_t>(i) % fleet.devices().size();
    pem += EncodePem(fleet.devices()[device].chain.front(), "CERTIFICATE");
  }
  const ByteView input = base::AsBytes(pem);
  const auto answer = ReadEncoded(input);
  if (!answer || !answer->faults.empty() ||
      answer->objects.size() != static_cast<std::size_t>(state.range(0)) ||
      answer->objects.front().der != fleet.devices().front().chain.front()) {
    return Fail(state, "the bundle was not read as it was written");
  }
  for (auto _ : state) {
    auto outcome = ReadEncoded(input);
    benchmark::DoNotOptimize(outcome);
  }
  SetBytes(state, pem.size());
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(ReadPem)->Arg(1)->Arg(1000);

// One certificate as it lies in a DER file.
void ReadDer(benchmark::State& state) {
  const Bytes& der = Fleet(KeyKind::kP256).devices().front().chain.front();
  const auto answer = ReadEncoded(der);
  if (!answer || answer->objects.size() != 1 || answer->objects.front().der != der) {
    return Fail(state, "the certificate was not found");
  }
  for (auto _ : state) {
    auto outcome = ReadEncoded(der);
    benchmark::DoNotOptimize(outcome);
  }
  SetBytes(state, der.size());
}
BENCHMARK(ReadDer);

}  // namespace
}  // namespace muster::bench
