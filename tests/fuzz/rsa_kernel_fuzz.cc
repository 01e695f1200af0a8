// The RSA kernels beside Botan: powers of any numbers modulo any odd number, compared whole, and
// the verdicts on a good signature with any part of it overwritten, compared with
// VerifySignature's.
//
// Input: one octet of sizes, one of the exponent, then modulus and bases, one after another and
// repeated where the input ends; what follows is laid over the signature.

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/crypto/hash_batch.h"
#include "engine/crypto/public_key.h"
#include "engine/crypto/rsa_batch.h"
#include "engine/pki/development_signer.h"
#include "muster/development_pki.h"
#include "tests/support/rsa_powers.h"

namespace muster {
namespace {

constexpr std::array kKernels = {Kernel::kPortable, Kernel::kAvx512Ifma};

template <typename T>
T Must(Result<T> result) {
  MUSTER_CHECK(result.has_value());
  return *std::move(result);
}

// Takes octets from the input, over and over.
class Source {
 public:
  explicit Source(ByteView input) : input_(input) {}
  std::uint8_t Next() { return input_.empty() ? 0xff : input_[at_++ % input_.size()]; }
  Bytes Next(std::size_t size) {
    Bytes out(size);
    for (auto& octet : out) octet = Next();
    return out;
  }

 private:
  ByteView input_;
  std::size_t at_ = 0;
};

void ComparePowers(Source* source) {
  constexpr std::array<std::uint64_t, 6> kExponents = {3, 5, 17, 257, 65537, 0x1'ffff'ffff};
  // 1,024 to 4,152 bits.
  const std::size_t size = 128 + source->Next() * 391u / 255;
  const std::uint64_t exponent = kExponents[source->Next() % kExponents.size()];
  Bytes modulus = source->Next(size);
  modulus.front() |= 0x80;
  modulus.back() |= 0x01;
  test::EightNumbers bases;
  for (Bytes& base : bases) {
    base = source->Next(size);
    if (!std::lexicographical_compare(base.begin(), base.end(), modulus.begin(), modulus.end())) {
      base.front() &= 0x7f;
    }
  }
  for (const Kernel kernel : kKernels) {
    if (!crypto::IsRsaKernelUsable(kernel)) continue;
    const test::EightNumbers powers = test::PowersByKernel(kernel, modulus, exponent, bases);
    for (std::size_t i = 0; i < bases.size(); ++i) {
      MUSTER_CHECK(powers[i] == test::PowerByBotan(modulus, exponent, bases[i]));
    }
  }
}

// A signature that is good, with its keys; made once.
struct Signed {
  static constexpr DevelopmentSigner::Method kMethod{"SHA-256"};
  DevelopmentKey key = Must(DevelopmentKey::Derive(KeyKind::kRsa2048, "fuzz", "rsa"));
  Bytes spki = key.spki();
  Bytes algorithm = Must(DevelopmentSigner::AlgorithmIdentifier(key, kMethod));
  Bytes message = Bytes(100, 0x5a);
  Bytes signature = Must(DevelopmentSigner::Sign(key, kMethod, message));
  crypto::PublicKey reference = crypto::PublicKey::Load(spki, {}).value();
  crypto::PreparedRsaKey prepared = crypto::PreparedRsaKey::Prepare(spki, {}).value();
};

void CompareVerdicts(Source* source) {
  static const Signed good;
  std::array<std::uint8_t, 32> digest;
  std::array<crypto::HashJob, 1> hash_jobs = {crypto::HashJob{good.message, digest.data()}};
  crypto::HashScratch hash_scratch;
  crypto::HashBatch(crypto::HashKind::kSha256, hash_jobs, Kernel::kReference, hash_scratch);

  std::vector<Bytes> signatures(9, good.signature);
  for (std::size_t i = 1; i < signatures.size(); ++i) {
    const std::size_t begin = source->Next();
    const std::size_t size = source->Next() % 8;
    for (std::size_t j = begin; j < std::min(begin + size, signatures[i].size()); ++j) {
      signatures[i][j] = source->Next();
    }
    if (source->Next() == 0) signatures[i].resize(source->Next());
  }
  for (const Kernel kernel : kKernels) {
    std::vector<crypto::RsaJob> jobs;
    for (const Bytes& signature : signatures) {
      jobs.push_back({&good.prepared, digest, crypto::HashKind::kSha256, signature, false, false});
    }
    crypto::RsaScratch scratch;
    crypto::VerifyRsaBatch(jobs, kernel, scratch);
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      const bool is_good =
          crypto::VerifySignature(good.reference, good.algorithm, good.message, signatures[i],
                                  {}) == RejectReason::kNone;
      MUSTER_CHECK(!jobs[i].needs_reference && jobs[i].good == is_good);
    }
  }
}

}  // namespace
}  // namespace muster

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  muster::Source source(muster::ByteView(data, size));
  muster::ComparePowers(&source);
  muster::CompareVerdicts(&source);
  return 0;
}
