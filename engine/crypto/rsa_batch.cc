#include "engine/crypto/rsa_batch.h"

#include <botan/bigint.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <exception>
#include <string_view>
#include <tuple>

#include "engine/base/check.h"
#include "engine/base/encoding.h"
#include "engine/crypto/kernels/rsa_kernels.h"
#include "engine/crypto/kernels/rsa_known_answer.h"
#include "engine/crypto/subject_public_key.h"

namespace muster::crypto {
namespace {

using Botan::BigInt;
using kernels::kRsaLanes;
using kernels::kRsaLimbs52Max;
using kernels::kRsaLimbs60Max;
using std::string_view_literals::operator""sv;

constexpr int kLaneLimbBits = 52;
constexpr int kSingleLimbBits = 60;
constexpr std::size_t kModulusSizeMax = (kRsaBatchBitsMax + 7) / 8;

// The kernels want R > 4 n (RSA.md) and limbs by fours.
constexpr std::size_t LimbsFor(int bits, int limb_bits) {
  const auto limbs = static_cast<std::size_t>((bits + 2 + limb_bits - 1) / limb_bits);
  return (limbs + 3) / 4 * 4;
}
static_assert(LimbsFor(kRsaBatchBitsMax, kLaneLimbBits) == kRsaLimbs52Max);
static_assert(LimbsFor(kRsaBatchBitsMax, kSingleLimbBits) == kRsaLimbs60Max);

std::uint64_t LoadBigEndian(const std::uint8_t* octets) {
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | octets[i];
  return value;
}

// Cuts a big-endian number into limbs, the lowest first, `stride` words apart. Limb i begins in
// octet floor(i * kBits / 8) from the end, and 60 + 4 bits of it are within the eight octets from
// there on.
template <int kBits>
void CutIntoLimbs(ByteView number, std::size_t limbs, std::uint64_t* out, std::size_t stride) {
  constexpr std::size_t kSizeMax = kRsaLimbs60Max * kSingleLimbBits / 8 + 8;
  static_assert(kSizeMax >= kRsaLimbs52Max * kLaneLimbBits / 8 + 8);
  std::array<std::uint8_t, kSizeMax> padded;
  const std::size_t size = limbs * kBits / 8 + 8;
  std::memset(padded.data(), 0, size - number.size());
  std::memcpy(padded.data() + (size - number.size()), number.data(), number.size());
  const std::uint8_t* const last = padded.data() + size - 8;
  for (std::size_t i = 0; i < limbs; ++i) {
    const std::size_t bit = i * kBits;
    out[i * stride] = LoadBigEndian(last - bit / 8) >> bit % 8 & ((std::uint64_t{1} << kBits) - 1);
  }
}

// RFC 8017 9.2, note 1: DigestInfo up to the digest.
std::string_view DigestInfoPrefix(HashKind hash) {
  switch (hash) {
    case HashKind::kSha1:
      break;  // Left to the reference.
    case HashKind::kSha256:
      return "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"sv;
    case HashKind::kSha384:
      return "\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30"sv;
    case HashKind::kSha512:
      return "\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40"sv;
  }
  return {};
}

// EMSA-PKCS1-v1_5 (RFC 8017 9.2): 00 01 FF .. FF 00 DigestInfo, as long as the modulus.
ByteView EncodeMessage(const RsaJob& job, std::array<std::uint8_t, kModulusSizeMax>* out) {
  const std::string_view prefix = DigestInfoPrefix(job.hash);
  const std::span<std::uint8_t> message = std::span(*out).first(job.key->modulus().size());
  const std::size_t tail = 1 + prefix.size() + job.digest.size();
  std::memset(message.data(), 0xff, message.size() - tail);
  message[0] = 0x00;
  message[1] = 0x01;
  std::uint8_t* at = message.data() + (message.size() - tail);
  *at++ = 0x00;
  std::memcpy(at, prefix.data(), prefix.size());
  std::memcpy(at + prefix.size(), job.digest.data(), job.digest.size());
  return message;
}

// The digest's length, by its hash: the last octet of the prefix.
bool HasDigestOfHash(const RsaJob& job) {
  const std::string_view prefix = DigestInfoPrefix(job.hash);
  return !prefix.empty() && job.digest.size() == static_cast<std::uint8_t>(prefix.back());
}

// A number of so many bits, a multiple of eight; the same for the same seed.
BigInt RandomLooking(int bits, std::uint64_t seed) {
  Bytes octets(static_cast<std::size_t>(bits) / 8);
  for (auto& octet : octets) {
    seed = seed * 6364136223846793005 + 1442695040888963407;  // Knuth's MMIX generator.
    octet = static_cast<std::uint8_t>(seed >> 56);
  }
  return BigInt(octets);
}

Bytes ToOctets(const BigInt& number, std::size_t size) {
  return number.serialize<Bytes>(size);
}

template <int kBits>
BigInt FromLimbs(const std::uint64_t* limbs, std::size_t count, std::size_t stride) {
  BigInt out;
  for (std::size_t i = count; i-- > 0;) {
    out <<= kBits;
    out += BigInt::from_u64(limbs[i * stride]);
  }
  return out;
}

BigInt PowerByBotan(const BigInt& base, std::uint64_t exponent, const BigInt& modulus) {
  // By way of octets: a product's memory, twice its factors', is kept by what is left of it.
  const auto multiply = [&](const BigInt& a, const BigInt& b) {
    return BigInt(ToOctets(a * b % modulus, modulus.bytes()));
  };
  BigInt out = base;
  for (int bit = 62 - std::countl_zero(exponent); bit >= 0; --bit) {
    out = multiply(out, out);
    if ((exponent >> bit & 1) != 0) out = multiply(out, base);
  }
  return out;
}

}  // namespace

PreparedRsaKey::Montgomery PreparedRsaKey::PrepareLimbs(ByteView octets, int bits, int limb_bits) {
  const std::size_t limbs = LimbsFor(bits, limb_bits);
  const auto cut = limb_bits == kLaneLimbBits ? CutIntoLimbs<kLaneLimbBits>
                                              : CutIntoLimbs<kSingleLimbBits>;
  const BigInt modulus(octets);
  const BigInt r_squared = BigInt::power_of_2(2 * limbs * static_cast<std::size_t>(limb_bits)) %
                           modulus;
  Montgomery out;
  out.modulus.resize(limbs);
  out.r_squared.resize(limbs);
  cut(octets, limbs, out.modulus.data(), 1);
  cut(ToOctets(r_squared, octets.size()), limbs, out.r_squared.data(), 1);
  // Newton's iteration doubles the bits that are right; an odd number is its own inverse mod 8.
  const std::uint64_t low = out.modulus[0];
  std::uint64_t inverse = low;
  for (int good_bits = 3; good_bits < limb_bits; good_bits *= 2) inverse *= 2 - low * inverse;
  out.minus_inverse = (0 - inverse) & ((std::uint64_t{1} << limb_bits) - 1);
  return out;
}

tl::expected<PreparedRsaKey, KeyFailure> PreparedRsaKey::Prepare(ByteView spki,
                                                                 const AlgorithmPolicy& policy) {
  const auto parsed = ParseSubjectPublicKey(spki, policy);
  if (!parsed) return tl::unexpected<KeyFailure>(parsed.error());
  if (parsed->algorithm != KeyAlgorithm::kRsa) {
    return tl::unexpected<KeyFailure>(
        KeyFailure{RejectReason::kUnsupportedKeyAlgorithm, "the key is not RSA"});
  }
  PreparedRsaKey key;
  key.bits_ = parsed->bits;
  for (const std::uint8_t octet : parsed->exponent) key.exponent_ = key.exponent_ << 8 | octet;
  key.modulus_.assign(parsed->modulus.begin(), parsed->modulus.end());
  if (!key.has_kernel()) return key;
  try {
    key.lanes_ = PrepareLimbs(key.modulus_, key.bits_, kLaneLimbBits);
    key.single_ = PrepareLimbs(key.modulus_, key.bits_, kSingleLimbBits);
  } catch (const std::exception&) {
    return tl::unexpected<KeyFailure>(
        KeyFailure{RejectReason::kInternalError, "the key could not be examined"});
  }
  return key;
}

struct RsaScratch::Rep {
  kernels::RsaLanes52 lanes;
  alignas(64) kernels::RsaLimbs52 expected[kRsaLimbs52Max];
  kernels::RsaNumbers60 single;
  std::vector<std::uint32_t> order;  // The jobs that a kernel is to judge.
};

RsaScratch::RsaScratch() : rep_(std::make_unique<Rep>()) {}
RsaScratch::~RsaScratch() = default;
RsaScratch::RsaScratch(RsaScratch&&) noexcept = default;
RsaScratch& RsaScratch::operator=(RsaScratch&&) noexcept = default;

// One call of VerifyRsaBatch, and what it knows about the lanes.
class RsaBatch {
 public:
  RsaBatch(std::span<RsaJob> jobs, RsaScratch& scratch) : jobs_(jobs), memory_(scratch.rep()) {}

  void Verify(Kernel kernel);

  static bool PassesSelfTest(Kernel kernel);  // The processor must have its instructions.

 private:
  // Whether a kernel has to look at the job; otherwise its verdict is written.
  static bool NeedsPower(RsaJob& job);
  // Whether two jobs can share a run of the lanes.
  bool CanShare(std::uint32_t a, std::uint32_t b) const;
  void VerifyOne(RsaJob& job);
  void VerifyInLanes(std::span<std::uint32_t> order);
  void VerifyEight(std::span<const std::uint32_t> eight);
  void FillLane(std::size_t lane, const RsaJob& job);

  static PreparedRsaKey KeyOf(const BigInt& modulus, std::uint64_t exponent);
  static bool JudgesKnownSignature(Kernel kernel);
  static std::vector<BigInt> Powers(Kernel kernel, const PreparedRsaKey& key,
                                    std::span<const Bytes> signatures);
  static bool FindsPowers(Kernel kernel, int bits, std::uint64_t exponent);

  std::span<RsaJob> jobs_;
  RsaScratch::Rep& memory_;
  std::array<const PreparedRsaKey*, kRsaLanes> lane_keys_{};  // Whose numbers are in the lanes.
};

bool RsaBatch::NeedsPower(RsaJob& job) {
  MUSTER_CHECK(job.key != nullptr);
  if (!job.key->has_kernel() || !HasDigestOfHash(job)) {
    job.needs_reference = true;
    return false;
  }
  // RFC 8017 8.2.2 step 1: as long as the modulus; 5.2.2 step 1: and below it.
  const ByteView modulus = job.key->modulus();
  return job.signature.size() == modulus.size() &&
         std::memcmp(job.signature.data(), modulus.data(), modulus.size()) < 0;
}

bool RsaBatch::CanShare(std::uint32_t a, std::uint32_t b) const {
  const PreparedRsaKey& x = *jobs_[a].key;
  const PreparedRsaKey& y = *jobs_[b].key;
  return x.lanes_.modulus.size() == y.lanes_.modulus.size() && x.exponent_ == y.exponent_;
}

void RsaBatch::Verify(Kernel kernel) {
  if (memory_.order.size() < jobs_.size()) memory_.order.resize(jobs_.size());
  std::size_t count = 0;
  for (std::uint32_t i = 0; i < jobs_.size(); ++i) {
    jobs_[i].good = false;
    jobs_[i].needs_reference = kernel == Kernel::kReference;
    if (!jobs_[i].needs_reference && NeedsPower(jobs_[i])) memory_.order[count++] = i;
  }
  const std::span<std::uint32_t> order = std::span(memory_.order).first(count);
  if (kernel == Kernel::kAvx512Ifma) return VerifyInLanes(order);
  for (const std::uint32_t i : order) VerifyOne(jobs_[i]);
}

void RsaBatch::VerifyOne(RsaJob& job) {
  const PreparedRsaKey::Montgomery& numbers = job.key->single_;
  const std::size_t limbs = numbers.modulus.size();
  kernels::RsaNumbers60& single = memory_.single;
  single.modulus = numbers.modulus.data();
  single.r_squared = numbers.r_squared.data();
  single.minus_inverse = numbers.minus_inverse;
  CutIntoLimbs<kSingleLimbBits>(job.signature, limbs, single.base, 1);
  kernels::RsaPowerPortable(&single, limbs, job.key->exponent_);
  std::array<std::uint8_t, kModulusSizeMax> message;
  std::array<std::uint64_t, kRsaLimbs60Max> expected;
  CutIntoLimbs<kSingleLimbBits>(EncodeMessage(job, &message), limbs, expected.data(), 1);
  job.good = std::equal(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(limbs),
                        single.power);
}

#if defined(__x86_64__)

void RsaBatch::FillLane(std::size_t lane, const RsaJob& job) {
  const PreparedRsaKey::Montgomery& numbers = job.key->lanes_;
  const std::size_t limbs = numbers.modulus.size();
  kernels::RsaLanes52& lanes = memory_.lanes;
  if (lane_keys_[lane] != job.key) {
    lane_keys_[lane] = job.key;
    for (std::size_t i = 0; i < limbs; ++i) {
      lanes.modulus[i][lane] = numbers.modulus[i];
      lanes.r_squared[i][lane] = numbers.r_squared[i];
    }
    lanes.minus_inverse[lane] = numbers.minus_inverse;
  }
  CutIntoLimbs<kLaneLimbBits>(job.signature, limbs, &lanes.base[0][lane], kRsaLanes);
  std::array<std::uint8_t, kModulusSizeMax> message;
  CutIntoLimbs<kLaneLimbBits>(EncodeMessage(job, &message), limbs, &memory_.expected[0][lane],
                              kRsaLanes);
}

void RsaBatch::VerifyInLanes(std::span<std::uint32_t> order) {
  // Moduli of one size and exponents together, and those of one key, whose numbers then stay.
  const auto rank = [&](std::uint32_t i) {
    const PreparedRsaKey& key = *jobs_[i].key;
    return std::tuple(key.lanes_.modulus.size(), key.exponent_,
                      reinterpret_cast<std::uintptr_t>(&key), i);
  };
  const auto before = [&](std::uint32_t a, std::uint32_t b) { return rank(a) < rank(b); };
  if (!std::is_sorted(order.begin(), order.end(), before)) {
    std::sort(order.begin(), order.end(), before);
  }
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    while (end < order.size() && end - begin < kRsaLanes && CanShare(order[begin], order[end])) {
      ++end;
    }
    // One alone costs less than eight lanes.
    if (end - begin == 1) {
      VerifyOne(jobs_[order[begin]]);
    } else {
      VerifyEight(order.subspan(begin, end - begin));
    }
  }
}

// Two to eight jobs; the lanes left over repeat the first one.
void RsaBatch::VerifyEight(std::span<const std::uint32_t> eight) {
  const PreparedRsaKey& key = *jobs_[eight[0]].key;
  const std::size_t limbs = key.lanes_.modulus.size();
  for (std::size_t lane = 0; lane < kRsaLanes; ++lane) {
    FillLane(lane, jobs_[eight[lane < eight.size() ? lane : 0]]);
  }
  kernels::RsaPowerAvx512Ifma(&memory_.lanes, limbs, key.exponent_);
  std::array<std::uint64_t, kRsaLanes> difference{};
  for (std::size_t i = 0; i < limbs; ++i) {
    for (std::size_t lane = 0; lane < kRsaLanes; ++lane) {
      difference[lane] |= memory_.lanes.power[i][lane] ^ memory_.expected[i][lane];
    }
  }
  for (std::size_t lane = 0; lane < eight.size(); ++lane) {
    jobs_[eight[lane]].good = difference[lane] == 0;
  }
}

static bool HasInstructions(Kernel kernel) {
  if (kernel != Kernel::kAvx512Ifma) return true;
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512ifma") && __builtin_cpu_supports("bmi2");
}

#else

static bool HasInstructions(Kernel kernel) { return kernel != Kernel::kAvx512Ifma; }

void RsaBatch::VerifyInLanes(std::span<std::uint32_t> order) {
  for (const std::uint32_t i : order) VerifyOne(jobs_[i]);
}

#endif

PreparedRsaKey RsaBatch::KeyOf(const BigInt& modulus, std::uint64_t exponent) {
  PreparedRsaKey key;
  key.bits_ = static_cast<int>(modulus.bits());
  key.exponent_ = exponent;
  key.modulus_ = ToOctets(modulus, modulus.bytes());
  key.lanes_ = PreparedRsaKey::PrepareLimbs(key.modulus_, key.bits_, kLaneLimbBits);
  key.single_ = PreparedRsaKey::PrepareLimbs(key.modulus_, key.bits_, kSingleLimbBits);
  return key;
}

// A good signature and eight with one bit changed, in every lane in turn.
bool RsaBatch::JudgesKnownSignature(Kernel kernel) {
  const auto modulus = base::ParseHex(kernels::kKnownModulus);
  const auto signature = base::ParseHex(kernels::kKnownSignature);
  const auto digest = base::ParseHex(kernels::kKnownDigest);
  if (!modulus || !signature || !digest) return false;
  const PreparedRsaKey key = KeyOf(BigInt(*modulus), 65537);
  constexpr std::size_t kPeriod = kRsaLanes + 1;
  constexpr std::size_t kJobs = kPeriod * kRsaLanes;
  std::vector<Bytes> signatures(kJobs, *signature);
  std::vector<RsaJob> jobs(kJobs);
  for (std::size_t i = 0; i < kJobs; ++i) {
    if (i % kPeriod != 0) signatures[i][1 + 31 * (i % kPeriod)] ^= 1;
    jobs[i] = {&key, *digest, HashKind::kSha256, signatures[i], false, false};
  }
  RsaScratch scratch;
  RsaBatch(jobs, scratch).Verify(kernel);
  for (std::size_t i = 0; i < kJobs; ++i) {
    if (jobs[i].needs_reference || jobs[i].good != (i % kPeriod == 0)) return false;
  }
  return true;
}

// Eight signatures' powers, whole.
std::vector<BigInt> RsaBatch::Powers(Kernel kernel, const PreparedRsaKey& key,
                                     std::span<const Bytes> signatures) {
  const Bytes digest(32);
  std::vector<RsaJob> jobs;
  for (const Bytes& signature : signatures) {
    jobs.push_back({&key, digest, HashKind::kSha256, signature, false, false});
  }
  RsaScratch scratch;
  RsaBatch batch(jobs, scratch);
  std::vector<BigInt> out;
  if (kernel == Kernel::kAvx512Ifma) {
    std::array<std::uint32_t, kRsaLanes> order = {0, 1, 2, 3, 4, 5, 6, 7};
    batch.VerifyInLanes(order);
    for (std::size_t lane = 0; lane < kRsaLanes; ++lane) {
      out.push_back(FromLimbs<kLaneLimbBits>(&scratch.rep().lanes.power[0][lane],
                                             key.lanes_.modulus.size(), kRsaLanes));
    }
    return out;
  }
  for (RsaJob& job : jobs) {
    batch.VerifyOne(job);
    out.push_back(FromLimbs<kSingleLimbBits>(scratch.rep().single.power,
                                             key.single_.modulus.size(), 1));
  }
  return out;
}

// Powers of numbers at the borders and of ordinary ones are what Botan has.
bool RsaBatch::FindsPowers(Kernel kernel, int bits, std::uint64_t exponent) {
  const BigInt top = BigInt::power_of_2(static_cast<std::size_t>(bits - 1));
  BigInt between = top + RandomLooking(bits - 8, 1);
  between.set_bit(0);
  for (const BigInt& modulus : {top + 1, top + (top - 1), between}) {
    std::vector<BigInt> bases = {BigInt(0), BigInt(1), modulus - 1, modulus - 2, modulus >> 1};
    while (bases.size() < kRsaLanes) bases.push_back(RandomLooking(bits, bases.size()) % modulus);
    const PreparedRsaKey key = KeyOf(modulus, exponent);
    std::vector<Bytes> signatures;
    signatures.reserve(bases.size());
    for (const BigInt& base : bases) signatures.push_back(ToOctets(base, key.modulus_.size()));
    const std::vector<BigInt> powers = Powers(kernel, key, signatures);
    for (std::size_t i = 0; i < bases.size(); ++i) {
      if (powers[i] != PowerByBotan(bases[i], exponent, modulus)) return false;
    }
  }
  return true;
}

bool RsaBatch::PassesSelfTest(Kernel kernel) {
  try {
    return JudgesKnownSignature(kernel) && FindsPowers(kernel, 1024, 3) &&
           FindsPowers(kernel, 2048, 65537) && FindsPowers(kernel, 3072, 65537) &&
           FindsPowers(kernel, 4096, 17) && FindsPowers(kernel, 4152, 0x1'0000'0001);
  } catch (const std::exception&) {
    return false;
  }
}

bool IsRsaKernelUsable(Kernel kernel) {
  static const bool portable = RsaBatch::PassesSelfTest(Kernel::kPortable);
  static const bool lanes =
      HasInstructions(Kernel::kAvx512Ifma) && RsaBatch::PassesSelfTest(Kernel::kAvx512Ifma);
  switch (kernel) {
    case Kernel::kReference:
      return true;
    case Kernel::kPortable:
    case Kernel::kBmi2:  // No faster here (RSA.md): the portable one works.
      return portable;
    case Kernel::kAvx512Ifma:
      return portable && lanes;  // What is left over after eights goes to the portable one.
  }
  return false;
}

void VerifyRsaBatch(std::span<RsaJob> jobs, Kernel kernel, RsaScratch& scratch) {
  constexpr std::size_t kJobsMax = 0xffff'ffff;
  MUSTER_CHECK(jobs.size() <= kJobsMax);
  if (!IsRsaKernelUsable(kernel)) kernel = Kernel::kPortable;
  if (!IsRsaKernelUsable(kernel)) kernel = Kernel::kReference;
  RsaBatch(jobs, scratch).Verify(kernel);
}

}  // namespace muster::crypto
