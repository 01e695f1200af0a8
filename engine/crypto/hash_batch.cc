#include "engine/crypto/hash_batch.h"

#include <botan/hash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <vector>

#include "engine/base/check.h"
#include "engine/crypto/kernels/choice.h"
#include "engine/crypto/kernels/sha256_kernels.h"
#include "engine/crypto/kernels/sha512_kernels.h"

namespace muster::crypto {
namespace {

using kernels::kSha256BlockSize;
using kernels::kSha512BlockSize;

// FIPS 180-4 5.3.3 to 5.3.5.
constexpr std::array<std::uint32_t, 8> kSha256Initial = {0x6a09e667, 0xbb67ae85, 0x3c6ef372,
                                                         0xa54ff53a, 0x510e527f, 0x9b05688c,
                                                         0x1f83d9ab, 0x5be0cd19};
constexpr std::array<std::uint64_t, 8> kSha384Initial = {
    0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
    0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4};
constexpr std::array<std::uint64_t, 8> kSha512Initial = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};

template <typename Word>
void StoreBigEndian(Word word, std::uint8_t* out) {
  for (std::size_t i = 0; i < sizeof(Word); ++i) {
    out[i] = static_cast<std::uint8_t>(word >> (8 * (sizeof(Word) - 1 - i)));
  }
}

#if defined(__x86_64__)

// The states of some messages that are hashed together; word w of lane i is at(w, i). Run hashes
// `blocks` blocks of every lane that is busy and may do anything to the others, whose pointers it
// must be able to follow all the same. Fewer jobs than kJobsMin are left to Botan, which is then
// faster.
class Sha256NiLanes {
 public:
  using Word = std::uint32_t;
  static constexpr std::size_t kLanes = 2;
  static constexpr std::size_t kJobsMin = 1;
  static constexpr std::size_t kBlockSize = kSha256BlockSize;

  Word& at(std::size_t word, std::size_t lane) { return state_[lane][word]; }

  void Run(const std::uint8_t* const* messages, std::size_t blocks, std::uint32_t busy) {
    if (busy == 3) {
      Word* const states[kLanes] = {state_[0], state_[1]};
      kernels::Sha256X2Shani(states, messages, blocks);
    } else {
      const std::size_t lane = busy == 1 ? 0 : 1;
      kernels::Sha256Shani(state_[lane], messages[lane], blocks);
    }
  }

 private:
  Word state_[kLanes][8];
};

class Sha512Lanes {
 public:
  using Word = std::uint64_t;
  static constexpr std::size_t kLanes = kernels::kSha512Lanes;
  static constexpr std::size_t kJobsMin = 3;
  static constexpr std::size_t kBlockSize = kSha512BlockSize;

  Word& at(std::size_t word, std::size_t lane) { return state_[word][lane]; }

  void Run(const std::uint8_t* const* messages, std::size_t blocks, std::uint32_t /*busy*/) {
    kernels::Sha512X8Avx512(state_, messages, blocks);
  }

 private:
  alignas(64) Word state_[8][kLanes];
};

// Blocks that a message takes with its padding (FIPS 180-4 5.1): at least a one bit and the length.
template <typename Lanes>
std::size_t PaddedBlocks(std::size_t size) {
  constexpr std::size_t kOverhead = 1 + 2 * sizeof(typename Lanes::Word);
  return size / Lanes::kBlockSize + (size % Lanes::kBlockSize + kOverhead > Lanes::kBlockSize) + 1;
}

// Keeps the lanes busy: a lane that is done takes the next job at once, while the others go on. The
// jobs are taken in the order given by their indices, or as they come where there are none.
template <typename Lanes>
class LaneRunner {
 public:
  using Word = typename Lanes::Word;

  LaneRunner(std::span<HashJob> jobs, std::span<const std::uint32_t> order,
             const std::array<Word, 8>& initial, std::size_t digest_size)
      : jobs_(jobs), order_(order), initial_(initial), digest_words_(digest_size / sizeof(Word)) {}

  void Run() {
    for (std::size_t i = 0; i < Lanes::kLanes; ++i) Start(i);
    while (busy_ != 0) {
      const std::size_t blocks = LongestCommonRun();
      lanes_.Run(next_, blocks, busy_);
      for (std::size_t i = 0; i < Lanes::kLanes; ++i) {
        if (IsBusy(i)) Advance(i, blocks);
      }
    }
  }

 private:
  static constexpr std::size_t kBlockSize = Lanes::kBlockSize;

  bool IsBusy(std::size_t lane) const { return (busy_ >> lane & 1) != 0; }

  // Gives the lane the next job, or lets it idle.
  void Start(std::size_t lane) {
    if (taken_ == jobs_.size()) {
      busy_ &= ~(std::uint32_t{1} << lane);
      return;
    }
    busy_ |= std::uint32_t{1} << lane;
    HashJob& job = jobs_[order_.empty() ? taken_ : order_[taken_]];
    ++taken_;
    const std::size_t whole = job.message.size() / kBlockSize;
    job_[lane] = &job;
    in_tail_[lane] = false;
    next_[lane] = job.message.data();
    left_[lane] = whole;
    for (std::size_t word = 0; word < 8; ++word) lanes_.at(word, lane) = initial_[word];
    if (whole == 0) StartTail(lane);
  }

  // What follows the last whole block: the rest of the message and its padding (FIPS 180-4 5.1).
  void StartTail(std::size_t lane) {
    const ByteView message = job_[lane]->message;
    const std::size_t rest = message.size() % kBlockSize;
    const std::size_t blocks = PaddedBlocks<Lanes>(message.size()) - message.size() / kBlockSize;
    std::uint8_t* tail = tails_[lane];
    if (rest != 0) std::memcpy(tail, message.data() + (message.size() - rest), rest);
    tail[rest] = 0x80;
    std::memset(tail + rest + 1, 0, blocks * kBlockSize - rest - 1);
    StoreBigEndian(std::uint64_t{message.size()} << 3, tail + blocks * kBlockSize - 8);
    in_tail_[lane] = true;
    next_[lane] = tail;
    left_[lane] = blocks;
  }

  // How many blocks all busy lanes can go on; idle lanes are pointed at a busy one's message.
  std::size_t LongestCommonRun() {
    const auto first = static_cast<std::size_t>(std::countr_zero(busy_));
    std::size_t blocks = left_[first];
    for (std::size_t i = 0; i < Lanes::kLanes; ++i) {
      if (IsBusy(i)) {
        blocks = std::min(blocks, left_[i]);
      } else {
        next_[i] = next_[first];
      }
    }
    return blocks;
  }

  void Advance(std::size_t lane, std::size_t blocks) {
    left_[lane] -= blocks;
    next_[lane] += blocks * kBlockSize;
    if (left_[lane] != 0) return;
    if (!in_tail_[lane]) return StartTail(lane);
    std::uint8_t* digest = job_[lane]->digest;
    for (std::size_t word = 0; word < digest_words_; ++word) {
      StoreBigEndian(lanes_.at(word, lane), digest + word * sizeof(Word));
    }
    Start(lane);
  }

  std::span<HashJob> jobs_;
  std::span<const std::uint32_t> order_;
  const std::array<Word, 8>& initial_;
  std::size_t digest_words_;

  Lanes lanes_;
  std::size_t taken_ = 0;   // Jobs that were started.
  std::uint32_t busy_ = 0;  // One bit a lane.
  HashJob* job_[Lanes::kLanes];
  const std::uint8_t* next_[Lanes::kLanes];  // The first block not hashed yet.
  std::size_t left_[Lanes::kLanes];          // Blocks from there on, in the message or in the tail.
  bool in_tail_[Lanes::kLanes];
  std::uint8_t tails_[Lanes::kLanes][2 * kBlockSize];
};

bool HasInstructions(HashEngine engine, HashKind hash) {
  switch (engine) {
    case HashEngine::kBotan:
      return true;
    case HashEngine::kShaNi:
      return hash == HashKind::kSha256 && kernels::HasShaInstructions();
    case HashEngine::kAvx512:
      return (hash == HashKind::kSha384 || hash == HashKind::kSha512) &&
             __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
             __builtin_cpu_supports("bmi2");
  }
  return false;
}

#else

bool HasInstructions(HashEngine engine, HashKind /*hash*/) { return engine == HashEngine::kBotan; }

#endif

}  // namespace

struct HashScratch::Rep {
  std::vector<std::uint32_t> order;
  std::array<std::unique_ptr<Botan::HashFunction>, 4> botan;

  Botan::HashFunction& FunctionFor(HashKind hash) {
    auto& function = botan[static_cast<std::size_t>(hash)];
    if (!function) function = Botan::HashFunction::create_or_throw(NameOf(hash));
    return *function;
  }
};

HashScratch::HashScratch() : rep_(std::make_unique<Rep>()) {}
HashScratch::~HashScratch() = default;
HashScratch::HashScratch(HashScratch&&) noexcept = default;
HashScratch& HashScratch::operator=(HashScratch&&) noexcept = default;

namespace {

void HashByBotan(HashKind hash, std::span<HashJob> jobs, HashScratch& scratch) {
  Botan::HashFunction& function = scratch.rep().FunctionFor(hash);
  for (const HashJob& job : jobs) {
    function.update(job.message);
    function.final(job.digest);
  }
}

#if defined(__x86_64__)

constexpr std::size_t kBuckets = 64;  // Messages by their blocks; the first holds all longer ones.

// The longest messages first, so that the lanes end together; those of the same number of blocks in
// their given order, because they then lie next to each other in memory.
template <typename Lanes>
std::span<const std::uint32_t> OrderByBlocks(std::span<HashJob> jobs,
                                             std::vector<std::uint32_t>* order) {
  const auto bucket_of = [](const HashJob& job) {
    return kBuckets - std::min(PaddedBlocks<Lanes>(job.message.size()), kBuckets);
  };
  std::array<std::uint32_t, kBuckets + 1> begin{};
  for (const HashJob& job : jobs) ++begin[bucket_of(job) + 1];
  for (std::size_t i = 1; i <= kBuckets; ++i) begin[i] += begin[i - 1];
  if (order->size() < jobs.size()) order->resize(jobs.size());
  for (std::uint32_t i = 0; i < jobs.size(); ++i) (*order)[begin[bucket_of(jobs[i])]++] = i;
  return std::span(*order).first(jobs.size());
}

template <typename Lanes>
void HashInLanes(HashKind hash, std::span<HashJob> jobs,
                 const std::array<typename Lanes::Word, 8>& initial, HashScratch& scratch) {
  if (jobs.size() < Lanes::kJobsMin) return HashByBotan(hash, jobs, scratch);
  // Two lanes are never long alone, and read ahead better in the given order.
  std::span<const std::uint32_t> order;
  if (Lanes::kLanes > 2) order = OrderByBlocks<Lanes>(jobs, &scratch.rep().order);
  LaneRunner<Lanes>(jobs, order, initial, DigestSize(hash)).Run();
}

// The engine must have its instructions.
void HashUnchecked(HashKind hash, std::span<HashJob> jobs, HashEngine engine,
                   HashScratch& scratch) {
  if (engine == HashEngine::kShaNi) {
    return HashInLanes<Sha256NiLanes>(hash, jobs, kSha256Initial, scratch);
  }
  if (engine == HashEngine::kBotan) return HashByBotan(hash, jobs, scratch);
  HashInLanes<Sha512Lanes>(hash, jobs, hash == HashKind::kSha384 ? kSha384Initial : kSha512Initial,
                           scratch);
}

#else

void HashUnchecked(HashKind hash, std::span<HashJob> jobs, HashEngine /*engine*/,
                   HashScratch& scratch) {
  HashByBotan(hash, jobs, scratch);
}

#endif

// The digests of "abc" (FIPS 180-4's own example), first eight octets.
std::uint64_t KnownPrefix(HashKind hash) {
  switch (hash) {
    case HashKind::kSha1:
      return 0xa9993e364706816a;
    case HashKind::kSha256:
      return 0xba7816bf8f01cfea;
    case HashKind::kSha384:
      return 0xcb00753f45a35e8b;
    case HashKind::kSha512:
      return 0xddaf35a193617aba;
  }
  return 0;
}

// Messages of many lengths around the block borders, more than there are lanes, all of which must
// come out as Botan has them; and one whose digest is known from the standard.
bool PassesSelfTest(HashEngine engine, HashKind hash) {
  constexpr std::size_t kMessages = 48;
  constexpr std::size_t kStep = 7;
  std::array<std::uint8_t, kMessages * kStep> text;
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<std::uint8_t>(i * 73 + 1);
  constexpr std::array<std::uint8_t, 3> kAbc = {'a', 'b', 'c'};

  std::array<std::array<std::uint8_t, kDigestSizeMax>, kMessages> ours{}, botans{};
  std::array<HashJob, kMessages> our_jobs, botan_jobs;
  for (std::size_t i = 0; i < kMessages; ++i) {
    const ByteView message = i == 0 ? ByteView(kAbc) : ByteView(text).last(i * kStep);
    our_jobs[i] = {message, ours[i].data()};
    botan_jobs[i] = {message, botans[i].data()};
  }
  HashScratch scratch;
  HashUnchecked(hash, our_jobs, engine, scratch);
  HashByBotan(hash, botan_jobs, scratch);
  std::array<std::uint8_t, 8> known;
  StoreBigEndian(KnownPrefix(hash), known.data());
  return ours == botans && std::equal(known.begin(), known.end(), ours[0].begin());
}

bool CanRun(HashEngine engine, HashKind hash) {
  return HasInstructions(engine, hash) && PassesSelfTest(engine, hash);
}

}  // namespace

std::size_t DigestSize(HashKind hash) {
  switch (hash) {
    case HashKind::kSha1:
      return 20;
    case HashKind::kSha256:
      return 32;
    case HashKind::kSha384:
      return 48;
    case HashKind::kSha512:
      return 64;
  }
  return 0;
}

bool IsUsable(HashEngine engine, HashKind hash) {
  if (engine == HashEngine::kBotan) return true;
  if (engine == HashEngine::kShaNi) {
    static const bool sha_ni = CanRun(HashEngine::kShaNi, HashKind::kSha256);
    return hash == HashKind::kSha256 && sha_ni;
  }
  static const std::array<bool, 4> wide = {false, false,
                                           CanRun(HashEngine::kAvx512, HashKind::kSha384),
                                           CanRun(HashEngine::kAvx512, HashKind::kSha512)};
  return wide[static_cast<std::size_t>(hash)];
}

HashEngine ChooseHashEngine(HashKind hash, Kernel kernel) {
  if (kernel == Kernel::kReference) return HashEngine::kBotan;
  if (IsUsable(HashEngine::kShaNi, hash)) return HashEngine::kShaNi;
  const bool wide = kernel == Kernel::kAvx512Ifma && IsUsable(HashEngine::kAvx512, hash);
  return wide ? HashEngine::kAvx512 : HashEngine::kBotan;
}

void HashBatch(HashKind hash, std::span<HashJob> jobs, Kernel kernel, HashScratch& scratch) {
  HashBatchWith(hash, jobs, ChooseHashEngine(hash, kernel), scratch);
}

void HashBatchWith(HashKind hash, std::span<HashJob> jobs, HashEngine engine,
                   HashScratch& scratch) {
  constexpr std::size_t kJobsMax = 0xffff'ffff;
  MUSTER_CHECK(jobs.size() <= kJobsMax);
  HashUnchecked(hash, jobs, IsUsable(engine, hash) ? engine : HashEngine::kBotan, scratch);
}

}  // namespace muster::crypto
