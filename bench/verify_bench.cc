// What the front door to signature checks adds to Botan: crypto::VerifySignature beside a Botan
// verifier that was prepared for the key, in one run. Counter x_botan: time of muster / of Botan.

#include "bench/bench_fleet.h"
#include "bench/bench_run.h"
#include "bench/peers/raw_botan.h"
#include "engine/crypto/public_key.h"
#include "muster/certificate.h"

namespace muster::bench {
namespace {

// A signed message: a self-signed CA certificate.
class Signed {
 public:
  explicit Signed(KeyKind kind)
      : certificate_(MakeCa("signer", kind, nullptr)),
        view_(CertificateView::Parse(certificate_.der).value()),
        forged_(view_.signature().begin(), view_.signature().end()) {
    forged_.back() ^= 1;
  }

  const CertificateView& view() const { return view_; }
  const Bytes& forged() const { return forged_; }

 private:
  BenchCertificate certificate_;
  CertificateView view_;
  Bytes forged_;  // The signature with one bit flipped.
};

void VerifySignature(benchmark::State& state, KeyKind kind) {
  const Signed sample(kind);
  const CertificateView& view = sample.view();
  const AlgorithmPolicy policy;
  const auto key = crypto::PublicKey::Load(view.spki(), policy);
  if (!key) return Fail(state, std::string(key.error().what));
  const auto verify = [&](ByteView signature) {
    return crypto::VerifySignature(*key, view.signature_algorithm(), view.tbs(), signature, policy);
  };
  RawBotanVerifier botan(view.spki(), view.signature_algorithm());
  if (verify(view.signature()) != RejectReason::kNone ||
      verify(sample.forged()) != RejectReason::kBadSignature ||
      !botan.Verify(view.tbs(), view.signature()) || botan.Verify(view.tbs(), sample.forged())) {
    return Fail(state, "a signature was not judged as it should be");
  }
  // So many that the clock's own cost does not show.
  constexpr int kBlock = 8;
  const auto by_muster = [&] {
    for (int i = 0; i < kBlock; ++i) benchmark::DoNotOptimize(verify(view.signature()));
  };
  const auto by_botan = [&] {
    for (int i = 0; i < kBlock; ++i) {
      benchmark::DoNotOptimize(botan.Verify(view.tbs(), view.signature()));
    }
  };
  state.counters["x_botan"] = TimeBeside(state, by_muster, {by_botan}).front();
  state.SetItemsProcessed(state.iterations() * kBlock);
}

// What a CA's key costs once, before its first signature is checked.
void LoadKey(benchmark::State& state, KeyKind kind) {
  const Signed sample(kind);
  const AlgorithmPolicy policy;
  if (!crypto::PublicKey::Load(sample.view().spki(), policy)) {
    return Fail(state, "the key was refused");
  }
  for (auto _ : state) {
    auto key = crypto::PublicKey::Load(sample.view().spki(), policy);
    benchmark::DoNotOptimize(key);
  }
}

// What a leaf's key costs: it is judged, not used.
void CheckKey(benchmark::State& state, KeyKind kind) {
  const Signed sample(kind);
  const AlgorithmPolicy policy;
  if (!crypto::CheckPublicKey(sample.view().spki(), policy)) {
    return Fail(state, "the key was refused");
  }
  for (auto _ : state) {
    auto outcome = crypto::CheckPublicKey(sample.view().spki(), policy);
    benchmark::DoNotOptimize(outcome);
  }
}

void RegisterAll() {
  for (const KeyKind kind : {KeyKind::kP256, KeyKind::kP384, KeyKind::kP521, KeyKind::kRsa2048,
                             KeyKind::kRsa3072, KeyKind::kRsa4096, KeyKind::kEd25519}) {
    const auto name = [kind](const char* task) {
      return std::string(task) + "/" + std::string(NameOf(kind));
    };
    // Making large RSA keys takes seconds.
    if (IsSmokeRun() && (kind == KeyKind::kRsa3072 || kind == KeyKind::kRsa4096)) continue;
    benchmark::RegisterBenchmark(name("VerifySignature").c_str(), VerifySignature, kind)
        ->UseManualTime();
    benchmark::RegisterBenchmark(name("LoadKey").c_str(), LoadKey, kind);
    benchmark::RegisterBenchmark(name("CheckKey").c_str(), CheckKey, kind);
  }
}

[[maybe_unused]] const bool registered = (RegisterAll(), true);

}  // namespace
}  // namespace muster::bench
