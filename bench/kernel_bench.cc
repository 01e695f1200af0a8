// Bulk verification by kernel: crypto::VerifyBatch beside a Botan verifier prepared for the same
// key, in one run. Counter x_botan: time of one signature by the kernel / by Botan; items:
// signatures. BuildTable: what preparing issuers' keys costs, `batch` of them at once; items: keys.
// FreshKey: both together, which is what the choice of a window rests on.
//
// The digests are made beforehand: this is about signatures alone (Botan hashes its short messages,
// which does not show).

#include <algorithm>
#include <deque>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "bench/bench_run.h"
#include "bench/peers/raw_botan.h"
#include "engine/crypto/batch_verify.h"
#include "engine/crypto/kernel.h"
#include "engine/crypto/prepared_key.h"
#include "engine/crypto/public_key.h"
#include "engine/pki/development_signer.h"
#include "muster/development_pki.h"
#include "muster/fingerprint.h"

namespace muster::bench {
namespace {

using crypto::PreparedKey;
using crypto::SignatureJob;

// Signed messages of one issuer, so many that nothing but the issuer's table repeats within a
// cache.
class Sample {
 public:
  Sample(KeyKind kind, std::string_view issuer, std::size_t messages)
      : key_(Must(DevelopmentKey::Derive(kind, "kernel-bench", issuer))),
        algorithm_(Must(DevelopmentSigner::AlgorithmIdentifier(key_, kSha256))) {
    for (std::size_t i = 0; i < messages; ++i) {
      Signed one;
      one.message = {static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8)};
      one.digest = Fingerprint::Of(one.message);
      one.signature = Must(DevelopmentSigner::Sign(key_, kSha256, one.message));
      signed_.push_back(std::move(one));
    }
  }

  struct Signed {
    Bytes message;
    Fingerprint digest;
    Bytes signature;
  };

  Bytes spki() const { return key_.spki(); }
  const Bytes& algorithm() const { return algorithm_; }
  const Signed& at(std::size_t i) const { return signed_[i % signed_.size()]; }

 private:
  static constexpr DevelopmentSigner::Method kSha256{"SHA-256"};

  DevelopmentKey key_;
  Bytes algorithm_;
  std::vector<Signed> signed_;
};

// Made once for each kind and issuer: signing is slow. The first issuers, which some benchmarks
// have to themselves, sign many messages; where there are more, each needs few.
const Sample& SampleOf(KeyKind kind, std::size_t issuer) {
  static std::map<std::pair<KeyKind, std::size_t>, Sample> samples;
  const auto found = samples.find({kind, issuer});
  if (found != samples.end()) return found->second;
  const std::size_t messages = IsSmokeRun() || issuer >= 8 ? 16 : 1024;
  return samples
      .emplace(std::pair(kind, issuer), Sample(kind, "issuer-" + std::to_string(issuer), messages))
      .first->second;
}

struct Setting {
  Kernel kernel;
  KeyKind kind;
  int window;
  std::size_t batch;
  std::size_t issuers;
};

// A batch whose last signature is a forgery; grouped by issuer, as audits group them.
std::vector<SignatureJob> JobsFor(const Setting& setting, const std::deque<PreparedKey>& keys,
                                  const Bytes& forged) {
  std::vector<SignatureJob> jobs;
  for (std::size_t i = 0; i < setting.batch; ++i) {
    const std::size_t issuer = i * setting.issuers / setting.batch;
    const Sample::Signed& one = SampleOf(setting.kind, issuer).at(i);
    const bool last = i + 1 == setting.batch && setting.batch > 1;
    jobs.push_back({&keys[issuer], one.digest.bytes, last ? ByteView(forged) : one.signature});
  }
  return jobs;
}

bool AnswersAreRight(const std::vector<SignatureJob>& jobs) {
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const bool forged = i + 1 == jobs.size() && jobs.size() > 1;
    if (jobs[i].needs_reference || jobs[i].good == forged) return false;
  }
  return true;
}

void VerifyBatch(benchmark::State& state, const Setting& setting) {
  const Sample& sample = SampleOf(setting.kind, 0);
  std::deque<PreparedKey> keys;
  for (std::size_t i = 0; i < setting.issuers; ++i) {
    auto key =
        PreparedKey::Build(SampleOf(setting.kind, i).spki(), setting.window, setting.kernel);
    if (!key) return Fail(state, std::string(key.error().what));
    keys.push_back(*std::move(key));
  }
  Bytes forged = SampleOf(setting.kind, setting.issuers - 1).at(setting.batch - 1).signature;
  forged.back() ^= 1;
  std::vector<SignatureJob> jobs = JobsFor(setting, keys, forged);
  RawBotanVerifier botan(sample.spki(), sample.algorithm());
  crypto::VerifyScratch scratch;
  crypto::VerifyBatch(jobs, &scratch);
  if (!AnswersAreRight(jobs) || !botan.Verify(sample.at(0).message, sample.at(0).signature)) {
    return Fail(state, "a signature was not judged as it should be");
  }
  // Enough of both that the clock's own cost does not show.
  constexpr std::size_t kBotanBlock = 4;
  const std::size_t rounds = std::max<std::size_t>(1, 256 / setting.batch);
  const auto by_kernel = [&] {
    for (std::size_t i = 0; i < rounds; ++i) crypto::VerifyBatch(jobs, &scratch);
  };
  const auto by_botan = [&] {
    for (std::size_t i = 0; i < kBotanBlock; ++i) {
      benchmark::DoNotOptimize(botan.Verify(sample.at(i).message, sample.at(i).signature));
    }
  };
  const auto signatures = static_cast<std::int64_t>(rounds * setting.batch);
  state.counters["x_botan"] = TimeBeside(state, by_kernel, {by_botan}).front() *
                              static_cast<double>(kBotanBlock) / static_cast<double>(signatures);
  state.SetItemsProcessed(state.iterations() * signatures);
  if (!AnswersAreRight(jobs)) Fail(state, "a signature was not judged as it should be");
}

// `batch` tables at once, in memory that is used again.
void BuildTable(benchmark::State& state, const Setting& setting) {
  std::vector<Bytes> spkis;
  for (std::size_t i = 0; i < setting.batch; ++i) {
    spkis.push_back(
        Must(DevelopmentKey::Derive(setting.kind, "kernel-bench", std::to_string(i))).spki());
  }
  const std::vector<ByteView> views(spkis.begin(), spkis.end());
  std::size_t octets = 0;
  for (auto _ : state) {
    const auto keys = PreparedKey::BuildMany(views, setting.window, setting.kernel);
    for (const auto& key : keys) {
      if (!key) return Fail(state, std::string(key.error().what));
      octets = key->octets();
    }
    benchmark::DoNotOptimize(octets);
  }
  state.counters["octets"] = static_cast<double>(octets);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(setting.batch));
}

// A key never seen before with `batch` signatures in hand, from its octets to the last verdict,
// beside the front door doing the same: x_botan below 1 means that a table of this width pays.
void FreshKey(benchmark::State& state, const Setting& setting) {
  const Sample& sample = SampleOf(setting.kind, 0);
  const Bytes spki = sample.spki();
  crypto::VerifyScratch scratch;
  bool right = true;
  const auto by_kernel = [&] {
    const auto key = PreparedKey::Build(spki, setting.window, setting.kernel);
    std::vector<SignatureJob> jobs;
    for (std::size_t i = 0; i < setting.batch; ++i) {
      jobs.push_back({&*key, sample.at(i).digest.bytes, sample.at(i).signature});
    }
    crypto::VerifyBatch(jobs, &scratch);
    for (const SignatureJob& job : jobs) right = right && job.good;
  };
  by_kernel();  // The base point's table is made once and for all.
  // What every further signature costs the front door is the same.
  constexpr std::size_t kBotanMax = 4;
  const std::size_t checks = std::min(setting.batch, kBotanMax);
  const auto by_botan = [&] {
    const auto key = crypto::PublicKey::Load(spki, {});
    for (std::size_t i = 0; i < checks; ++i) {
      right = right && crypto::VerifySignature(*key, sample.algorithm(), sample.at(i).message,
                                               sample.at(i).signature, {}) == RejectReason::kNone;
    }
  };
  state.counters["x_botan"] = TimeBeside(state, by_kernel, {by_botan}).front() *
                              static_cast<double>(checks) / static_cast<double>(setting.batch);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(setting.batch));
  if (!right) Fail(state, "a signature was not judged as it should be");
}

std::string NameFor(const char* task, const Setting& setting) {
  std::string name = std::string(task) + "/" + std::string(NameOf(setting.kernel)) + "/" +
                     std::string(NameOf(setting.kind)) + "/window:" +
                     std::to_string(setting.window);
  if (setting.batch != 0) name += "/batch:" + std::to_string(setting.batch);
  if (setting.issuers > 1) name += "/issuers:" + std::to_string(setting.issuers);
  return name;
}

void Register(const Setting& setting) {
  benchmark::RegisterBenchmark(NameFor("VerifyBatch", setting).c_str(),
                               [setting](benchmark::State& state) { VerifyBatch(state, setting); })
      ->UseManualTime();
}

void RegisterKernel(Kernel kernel, KeyKind kind) {
  for (const std::size_t batch : {1U, 8U, 64U, 512U, 2048U, 8192U}) {
    Register({kernel, kind, 8, batch, 1});
    if (IsSmokeRun()) return;
  }
  for (const int window : {4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 16}) {
    Register({kernel, kind, window, 8192, 1});
  }
  // As a fleet has them.
  for (const int window : {8, 10, 12}) Register({kernel, kind, window, 8192, 8});
  // Tables that no cache holds.
  if (kind == KeyKind::kP256) {
    for (const int window : {4, 5, 8}) Register({kernel, kind, window, 8192, 1000});
  }
  struct Fresh {
    std::size_t signatures;
    std::initializer_list<int> windows;
  };
  for (const Fresh& fresh : {Fresh{1, {3, 4}}, Fresh{2, {3, 4, 5}}, Fresh{4, {4}}, Fresh{8, {4, 5}},
                             Fresh{32, {4, 5, 6}}, Fresh{128, {5, 6, 7}}, Fresh{512, {7, 8, 9}},
                             Fresh{2048, {8, 9, 10}}, Fresh{8192, {9, 10, 11, 12}},
                             Fresh{32768, {10, 11, 12, 13}}}) {
    for (const int window : fresh.windows) {
      const Setting setting{kernel, kind, window, fresh.signatures, 1};
      benchmark::RegisterBenchmark(
          NameFor("FreshKey", setting).c_str(),
          [setting](benchmark::State& state) { FreshKey(state, setting); })
          ->UseManualTime();
    }
  }
  for (const int window : {4, 5, 6, 7, 8, 10, 12, 16}) {
    for (const std::size_t keys : {1U, 2U, 3U, 8U}) {
      const Setting setting{kernel, kind, window, keys, 1};
      benchmark::RegisterBenchmark(
          NameFor("BuildTable", setting).c_str(),
          [setting](benchmark::State& state) { BuildTable(state, setting); });
    }
  }
}

void RegisterAll() {
  for (const Kernel kernel : SupportedKernels()) {
    if (kernel == Kernel::kReference) continue;
    for (const KeyKind kind : {KeyKind::kP256, KeyKind::kP384}) RegisterKernel(kernel, kind);
  }
}

[[maybe_unused]] const bool registered = (RegisterAll(), true);

}  // namespace
}  // namespace muster::bench
