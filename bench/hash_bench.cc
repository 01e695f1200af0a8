// Hashing device certificates in bulk: each engine beside Botan in one run. Counter x_botan: time
// of the engine / time of Botan, over the same messages.

#include <random>

#include "bench/bench_run.h"
#include "engine/crypto/hash_batch.h"

namespace muster::bench {
namespace {

using crypto::HashEngine;
using crypto::HashJob;
using crypto::HashKind;

// As many as an audit has in hand at once.
constexpr std::size_t kMessages = 2048;

// The octets that are signed in device certificates: a few hundred, never all alike.
class Messages {
 public:
  Messages(std::size_t size_min, std::size_t size_max) {
    std::mt19937 random(1);
    const std::size_t count = IsSmokeRun() ? 64 : kMessages;
    std::uniform_int_distribution<std::size_t> size(size_min, size_max);
    messages_.resize(count);
    digests_.resize(count * crypto::kDigestSizeMax);
    for (std::size_t i = 0; i < count; ++i) {
      messages_[i].resize(size(random));
      for (auto& octet : messages_[i]) octet = static_cast<std::uint8_t>(random());
      jobs_.push_back({messages_[i], digests_.data() + i * crypto::kDigestSizeMax});
      octets_ += messages_[i].size();
    }
  }

  // Hashes everything; the digests, one after another, are there until the next call.
  const Bytes& Hash(HashKind hash, HashEngine engine) {
    crypto::HashBatchWith(hash, jobs_, engine, scratch_);
    return digests_;
  }
  std::size_t count() const { return jobs_.size(); }
  std::size_t octets() const { return octets_; }

 private:
  std::vector<Bytes> messages_;
  Bytes digests_;
  std::vector<HashJob> jobs_;
  std::size_t octets_ = 0;
  crypto::HashScratch scratch_;
};

void Hash(benchmark::State& state, HashKind hash, HashEngine engine) {
  if (!crypto::IsUsable(engine, hash)) {
    state.SkipWithError("this processor has no such engine");
    return;
  }
  Messages ours(static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1)));
  Messages botans = Messages(static_cast<std::size_t>(state.range(0)),
                             static_cast<std::size_t>(state.range(1)));
  if (ours.Hash(hash, engine) != botans.Hash(hash, HashEngine::kBotan)) {
    return Fail(state, "a digest was not what it should be");
  }
  state.counters["x_botan"] =
      TimeBeside(state, [&] { benchmark::DoNotOptimize(ours.Hash(hash, engine).data()); },
                 {[&] { benchmark::DoNotOptimize(botans.Hash(hash, HashEngine::kBotan).data()); }})
          .front();
  const auto runs = static_cast<std::int64_t>(state.iterations());
  state.SetItemsProcessed(runs * static_cast<std::int64_t>(ours.count()));
  state.SetBytesProcessed(runs * static_cast<std::int64_t>(ours.octets()));
}

void RegisterAll() {
  struct Subject {
    const char* name;
    HashKind hash;
    HashEngine engine;
  };
  for (const Subject& subject :
       {Subject{"Sha256/ShaNi", HashKind::kSha256, HashEngine::kShaNi},
        Subject{"Sha384/Avx512", HashKind::kSha384, HashEngine::kAvx512},
        Subject{"Sha512/Avx512", HashKind::kSha512, HashEngine::kAvx512}}) {
    if (!crypto::IsUsable(subject.engine, subject.hash)) continue;
    benchmark::RegisterBenchmark(subject.name, Hash, subject.hash, subject.engine)
        ->UseManualTime()
        ->Args({417, 417})
        ->Args({400, 450})
        ->Args({300, 1500});
  }
}

[[maybe_unused]] const bool registered = (RegisterAll(), true);

}  // namespace
}  // namespace muster::bench
