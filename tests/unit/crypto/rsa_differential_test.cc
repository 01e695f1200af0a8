// The RSA kernels beside Botan in great numbers: whole powers of any numbers modulo any odd numbers
// of any size, and verdicts on good signatures with something changed.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "engine/crypto/hash_batch.h"
#include "engine/crypto/rsa_batch.h"
#include "engine/pki/development_signer.h"
#include "tests/support/rsa_powers.h"
#include "tests/support/setting.h"
#include "tests/support/test_world.h"
#include "tests/unit/crypto/kernel_test_curve.h"

namespace muster::crypto {
namespace {

// Part of every failure. MUSTER_DIFFERENTIAL_RUN makes a long run.
std::uint64_t Seed() { return test::Setting("MUSTER_DIFFERENTIAL_SEED", 1); }

constexpr std::array kRsaKernels = {Kernel::kPortable, Kernel::kAvx512Ifma};

// Numbers of any shape: random, long runs of ones and zeros, next to 0 or to the modulus.
Bytes Base(const BigInt& modulus, TestNumbers* numbers) {
  BigInt base;
  switch (numbers->Below(8)) {
    case 0: base = numbers->Below(4); break;
    case 1: base = modulus - 1 - numbers->Below(4); break;
    case 2: base = numbers->RunsOfBits(modulus.bits()) % modulus; break;
    default: base = numbers->Bits(modulus.bits()) % modulus; break;
  }
  return base.serialize<Bytes>(modulus.bytes());
}

BigInt Modulus(TestNumbers* numbers) {
  // Most are of the usual sizes.
  constexpr std::array<std::size_t, 3> kUsual = {2048, 3072, 4096};
  const std::size_t bits = numbers->Below(4) != 0
                               ? kUsual[numbers->Below(16) < 14 ? 0 : 1 + numbers->Below(2)]
                               : 1024 + numbers->Below(4158 - 1024 + 1);
  BigInt modulus = numbers->Below(4) == 0 ? numbers->RunsOfBits(bits) : numbers->Bits(bits);
  modulus.set_bit(0);
  modulus.set_bit(bits - 1);
  return modulus;
}

TEST(RsaDifferential, PowersAreThoseOfBotan) {
  TestNumbers numbers(Seed());
  const std::uint64_t total = test::Setting("MUSTER_DIFFERENTIAL_RUN", 800);
  std::uint64_t checked = 0;
  while (checked < total && !HasFailure()) {
    const BigInt modulus = Modulus(&numbers);
    const Bytes octets = modulus.serialize<Bytes>();
    constexpr std::array<std::uint64_t, 5> kRareExponents = {3, 5, 17, 257, 0x1'ffff'ffff};
    const std::uint64_t exponent =
        numbers.Below(4) != 0 ? 65537 : kRareExponents[numbers.Below(kRareExponents.size())];
    test::EightNumbers bases, expected;
    for (std::size_t i = 0; i < bases.size(); ++i) {
      bases[i] = Base(modulus, &numbers);
      expected[i] = test::PowerByBotan(octets, exponent, bases[i]);
    }
    for (const Kernel kernel : kRsaKernels) {
      if (!IsRsaKernelUsable(kernel)) continue;
      EXPECT_TRUE(test::PowersByKernel(kernel, octets, exponent, bases) == expected)
          << NameOf(kernel) << ", seed " << Seed() << ", power " << checked;
    }
    checked += bases.size();
  }
  std::printf("RSA: %llu powers by each kernel\n", static_cast<unsigned long long>(checked));
}

class Verdicts {
 public:
  explicit Verdicts(std::uint64_t seed) : numbers_(seed) {
    for (const KeyKind kind : {KeyKind::kRsa2048, KeyKind::kRsa2048, KeyKind::kRsa3072}) {
      const auto name = std::to_string(originals_.size());
      const auto key = test::Must(DevelopmentKey::Derive(kind, "rsa differential", name));
      const auto prepared = PreparedRsaKey::Prepare(key.spki(), {});
      const auto reference = PublicKey::Load(key.spki(), {});
      for (int i = 0; i < 8; ++i) {
        Original original{*prepared, *reference, numbers_.Octets(50), {}, {}};
        original.signature = test::Must(DevelopmentSigner::Sign(key, kMethod, original.message));
        original.digest.resize(32);
        std::vector<HashJob> hash = {{original.message, original.digest.data()}};
        HashScratch scratch;
        HashBatch(HashKind::kSha256, hash, Kernel::kReference, scratch);
        originals_.push_back(std::move(original));
      }
      algorithm_ = test::Must(DevelopmentSigner::AlgorithmIdentifier(key, kMethod));
    }
  }

  void Run(std::uint64_t total) {
    while (checked_ < total && !testing::Test::HasFailure()) {
      const std::uint64_t size = std::min(total - checked_, 1 + numbers_.Below(70));
      std::vector<const Original*> used;
      std::vector<Bytes> signatures;
      for (std::uint64_t i = 0; i < size; ++i) {
        used.push_back(&originals_[numbers_.Below(originals_.size())]);
        signatures.push_back(Changed(*used.back()));
      }
      std::vector<bool> expected;
      for (std::uint64_t i = 0; i < size; ++i) {
        expected.push_back(VerifySignature(used[i]->reference, algorithm_, used[i]->message,
                                           signatures[i], {}) == RejectReason::kNone);
        if (expected.back()) ++accepted_;
      }
      for (const Kernel kernel : kRsaKernels) {
        if (IsRsaKernelUsable(kernel)) Check(kernel, used, signatures, expected);
      }
      checked_ += size;
    }
  }

  void Report() const {
    std::printf("RSA: %llu signatures through each kernel, %llu accepted by Botan\n",
                static_cast<unsigned long long>(checked_),
                static_cast<unsigned long long>(accepted_));
  }

 private:
  static constexpr DevelopmentSigner::Method kMethod{"SHA-256"};
  struct Original {
    PreparedRsaKey prepared;
    PublicKey reference;
    Bytes message, digest, signature;
  };

  Bytes Changed(const Original& original) {
    Bytes signature = original.signature;
    switch (numbers_.Below(6)) {
      case 0:
      case 1:
      case 2:
        break;
      case 3:
        signature[numbers_.Below(signature.size())] ^=
            static_cast<std::uint8_t>(1U << numbers_.Below(8));
        break;
      case 4:  // Another signature by some key.
        signature = originals_[numbers_.Below(originals_.size())].signature;
        break;
      default: {
        // Next to 0, to the modulus and to the signature plus the modulus.
        const BigInt n = BigInt::from_bytes(original.prepared.modulus());
        const BigInt small(numbers_.Below(3));
        const BigInt s = BigInt::from_bytes(signature);
        const BigInt values[4] = {small, n - small, n + small, s + n};
        const BigInt& value = values[numbers_.Below(4)];
        if (value.bytes() <= signature.size()) signature = value.serialize<Bytes>(signature.size());
        break;
      }
    }
    return signature;
  }

  void Check(Kernel kernel, const std::vector<const Original*>& used,
             const std::vector<Bytes>& signatures, const std::vector<bool>& expected) {
    std::vector<RsaJob> jobs;
    for (std::size_t i = 0; i < used.size(); ++i) {
      jobs.push_back({&used[i]->prepared, used[i]->digest, HashKind::kSha256, signatures[i], false,
                      false});
    }
    VerifyRsaBatch(jobs, kernel, scratch_);
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      EXPECT_TRUE(!jobs[i].needs_reference && jobs[i].good == expected[i])
          << NameOf(kernel) << ", seed " << Seed() << ", signature " << checked_ + i;
    }
  }

  TestNumbers numbers_;
  std::vector<Original> originals_;
  Bytes algorithm_;
  RsaScratch scratch_;
  std::uint64_t checked_ = 0, accepted_ = 0;
};

TEST(RsaDifferential, VerdictsAreThoseOfBotan) {
  Verdicts verdicts(Seed());
  verdicts.Run(test::Setting("MUSTER_DIFFERENTIAL_RUN", 2'000));
  verdicts.Report();
}

}  // namespace
}  // namespace muster::crypto
