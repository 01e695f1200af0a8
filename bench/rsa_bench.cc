// RSA signatures in bulk: hashing and checking by each kernel, beside Botan with a verifier
// prepared for the key, in one run over the same signatures. Counter x_botan: time of the kernel /
// of Botan.

#include "bench/bench_run.h"
#include "bench/peers/raw_botan.h"
#include "engine/crypto/hash_batch.h"
#include "engine/crypto/rsa_batch.h"
#include "engine/pki/development_signer.h"
#include "muster/development_pki.h"

namespace muster::bench {
namespace {

using crypto::HashKind;

constexpr std::size_t kMessageSize = 417;  // What is signed in a usual device certificate.

// Signed messages of one key, with what muster's side needs to check them all.
class SignedMessages {
 public:
  SignedMessages(KeyKind kind, std::size_t count)
      : key_(Must(DevelopmentKey::Derive(kind, "bench", "issuer"))),
        spki_(key_.spki()),
        algorithm_(Must(DevelopmentSigner::AlgorithmIdentifier(key_, kMethod))),
        prepared_(crypto::PreparedRsaKey::Prepare(spki_, {}).value()) {
    for (std::size_t i = 0; i < count; ++i) {
      Bytes message(kMessageSize, static_cast<std::uint8_t>(i));
      message[0] = static_cast<std::uint8_t>(i >> 8);
      signatures_.push_back(Must(DevelopmentSigner::Sign(key_, kMethod, message)));
      messages_.push_back(std::move(message));
    }
    digests_.resize(count * kDigestSize);
    for (std::size_t i = 0; i < count; ++i) {
      std::uint8_t* digest = digests_.data() + i * kDigestSize;
      hash_jobs_.push_back({messages_[i], digest});
      jobs_.push_back({&prepared_, ByteView(digest, kDigestSize), HashKind::kSha256,
                       signatures_[i], false, false});
    }
  }

  std::size_t size() const { return messages_.size(); }
  ByteView spki() const { return spki_; }
  ByteView algorithm() const { return algorithm_; }
  ByteView message(std::size_t i) const { return messages_[i]; }
  ByteView signature(std::size_t i) const { return signatures_[i]; }
  void Corrupt(std::size_t i) { signatures_[i].back() ^= 1; }

  void Verify(Kernel kernel) {
    crypto::HashBatch(HashKind::kSha256, hash_jobs_, kernel, hash_scratch_);
    crypto::VerifyRsaBatch(jobs_, kernel, scratch_);
  }
  // How many of the last call's verdicts are good.
  std::size_t good_count() const {
    std::size_t count = 0;
    for (const crypto::RsaJob& job : jobs_) count += job.good;
    return count;
  }

 private:
  static constexpr DevelopmentSigner::Method kMethod{"SHA-256"};
  static constexpr std::size_t kDigestSize = 32;

  DevelopmentKey key_;
  Bytes spki_;
  Bytes algorithm_;
  crypto::PreparedRsaKey prepared_;
  std::vector<Bytes> messages_;
  std::vector<Bytes> signatures_;
  Bytes digests_;
  std::vector<crypto::HashJob> hash_jobs_;
  std::vector<crypto::RsaJob> jobs_;
  crypto::HashScratch hash_scratch_;
  crypto::RsaScratch scratch_;
};

void Verify(benchmark::State& state, KeyKind kind, Kernel kernel) {
  SignedMessages sample(kind, IsSmokeRun() ? 17 : 64);
  RawBotanVerifier botan(sample.spki(), sample.algorithm());
  const auto by_botan = [&] {
    std::size_t good = 0;
    for (std::size_t i = 0; i < sample.size(); ++i) {
      good += botan.Verify(sample.message(i), sample.signature(i));
    }
    return good;
  };
  sample.Corrupt(3);
  sample.Verify(kernel);
  if (sample.good_count() != sample.size() - 1 || by_botan() != sample.size() - 1) {
    return Fail(state, "a bad signature was not judged as it should be");
  }
  sample.Corrupt(3);
  sample.Verify(kernel);
  if (sample.good_count() != sample.size() || by_botan() != sample.size()) {
    return Fail(state, "a good signature was not judged as it should be");
  }
  const auto by_kernel = [&] {
    sample.Verify(kernel);
    benchmark::DoNotOptimize(sample.good_count());
  };
  state.counters["x_botan"] =
      TimeBeside(state, by_kernel, {[&] { benchmark::DoNotOptimize(by_botan()); }}).front();
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(sample.size()));
}

// What an issuer's key costs once.
void Prepare(benchmark::State& state, KeyKind kind) {
  const Bytes spki = Must(DevelopmentKey::Derive(kind, "bench", "issuer")).spki();
  for (auto _ : state) {
    auto key = crypto::PreparedRsaKey::Prepare(spki, {});
    if (!key) return Fail(state, "the key was refused");
    benchmark::DoNotOptimize(key);
  }
}

void RegisterAll() {
  for (const KeyKind kind : {KeyKind::kRsa2048, KeyKind::kRsa3072, KeyKind::kRsa4096}) {
    // Making large RSA keys takes seconds.
    if (IsSmokeRun() && kind != KeyKind::kRsa2048) continue;
    const std::string name(NameOf(kind));
    for (const auto& [kernel_name, kernel] :
         {std::pair("Portable", Kernel::kPortable), std::pair("Avx512Ifma", Kernel::kAvx512Ifma)}) {
      if (!crypto::IsRsaKernelUsable(kernel)) continue;
      benchmark::RegisterBenchmark((std::string(kernel_name) + "/" + name).c_str(), Verify, kind,
                                   kernel)
          ->UseManualTime();
    }
    benchmark::RegisterBenchmark(("Prepare/" + name).c_str(), Prepare, kind);
  }
}

[[maybe_unused]] const bool registered = (RegisterAll(), true);

}  // namespace
}  // namespace muster::bench
