// Every ECDSA kernel beside Botan on signatures made in great numbers: valid ones, mirrored and
// corrupted ones, r, s and digests at the edges, chosen u1 and u2, and keys so related to the base
// point that table lines collide. Batches of all sizes, tables of all narrow windows.

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "tests/support/setting.h"
#include "tests/unit/crypto/kernel_test_curve.h"

namespace muster::crypto {
namespace {

// Part of every failure. MUSTER_DIFFERENTIAL_RUN makes a long run.
std::uint64_t Seed() { return test::Setting("MUSTER_DIFFERENTIAL_SEED", 1); }

constexpr std::array kSignatureKinds = {"valid",        "mirrored",      "changed r",
                                        "changed s",    "changed digest", "edge r and s",
                                        "edge digest",  "chosen scalars"};

struct Made {
  Bytes digest;
  BigInt r, s;
};

// A key with its secret, and nonces used so often that only a signature's digest is new.
class Signer {
 public:
  Signer(const TestCurve& curve, const BigInt& secret, TestNumbers* numbers)
      : curve_(curve), secret_(secret), point_(curve.Multiply(curve.Generator(), secret)),
        table_(point_) {
    for (int i = 0; i < 64; ++i) {
      const BigInt k = numbers->Scalar(curve.n());
      const BigInt r = curve.X(curve.Multiply(curve.Generator(), k)) % curve.n();
      nonces_.push_back({r, Botan::inverse_mod(k, curve.n())});
    }
  }

  const Botan::EC_AffinePoint& point() const { return point_; }

  Made Sign(Bytes digest, TestNumbers* numbers) const {
    const auto& [r, inverse] = nonces_[numbers->Below(nonces_.size())];
    const BigInt e = BigInt::from_bytes(digest);
    const BigInt s = (e + r * secret_) % curve_.n() * inverse % curve_.n();
    return {std::move(digest), r, s};
  }

  // FIPS 186-5 6.4.2 by Botan.
  bool Accepts(const Made& made) const {
    const BigInt& n = curve_.n();
    if (made.r.is_zero() || made.s.is_zero() || made.r >= n || made.s >= n) return false;
    const auto w = curve_.Scalar(made.s).invert_vartime();
    const auto e = Botan::EC_Scalar::from_bytes_with_trunc(curve_.group(), made.digest);
    const auto r = curve_.Scalar(made.r);
    return table_.mul2_vartime_x_mod_order_eq(r, e * w, r * w);
  }

 private:
  const TestCurve& curve_;
  BigInt secret_;
  Botan::EC_AffinePoint point_;
  Botan::EC_Group::Mul2Table table_;
  std::vector<std::pair<BigInt, BigInt>> nonces_;  // r, 1 / k.
};

class Differential {
 public:
  Differential(KeyAlgorithm algorithm, std::uint64_t seed) : curve_(algorithm), numbers_(seed) {
    const BigInt& n = curve_.n();
    for (const BigInt& secret : {BigInt(1), n - 1, BigInt(2), n - 2, BigInt(31), BigInt(255),
                                 (n + 1) / 2, BigInt::power_of_2(128)}) {
      signers_.emplace_back(curve_, secret, &numbers_);
    }
    first_random_ = signers_.size();
    for (int i = 0; i < 16; ++i) signers_.emplace_back(curve_, numbers_.Scalar(n), &numbers_);
    for (const Kernel kernel : FastKernels()) {
      for (std::size_t i = 0; i < signers_.size(); ++i) {
        const int window = 2 + static_cast<int>(i % 9);
        keys_[kernel].push_back(Prepare(curve_.Spki(signers_[i].point()), window, kernel));
      }
    }
  }

  void Run(std::uint64_t total) {
    while (checked_ < total && !testing::Test::HasFailure()) {
      // Sizes around every power of two and up to several calls of a kernel.
      const std::uint64_t size =
          std::min(total - checked_, (std::uint64_t{1} << numbers_.Below(12)) + numbers_.Below(40));
      MakeBatch(size);
      for (auto& [kernel, keys] : keys_) CheckBatch(kernel, keys);
      checked_ += size;
    }
  }

  void Report() const {
    std::printf("%s: %llu signatures through each kernel, %llu accepted by Botan",
                curve_.algorithm() == KeyAlgorithm::kP256 ? "P-256" : "P-384",
                static_cast<unsigned long long>(checked_),
                static_cast<unsigned long long>(accepted_));
    for (std::size_t i = 0; i < kSignatureKinds.size(); ++i) {
      std::printf(", %llu %s", static_cast<unsigned long long>(made_[i]), kSignatureKinds[i]);
    }
    for (const auto& [kernel, count] : undecided_) {
      std::printf("; %s left %llu to the reference", std::string(NameOf(kernel)).c_str(),
                  static_cast<unsigned long long>(count));
    }
    std::printf("\n");
  }

 private:
  struct Case {
    std::size_t signer;
    std::size_t kind;
    Bytes digest, der;
    bool expected;
  };

  BigInt Edge() {
    const BigInt& n = curve_.n();
    const BigInt small(numbers_.Below(4));
    switch (numbers_.Below(7)) {
      case 0: return small;
      case 1: return n - small;
      case 2: return n + small;
      case 3: return n / 2 + small;
      case 4: return curve_.p() - small;
      case 5: return BigInt::power_of_2(numbers_.Below(8 * curve_.size())) + small;
      default: return BigInt::power_of_2(8 * curve_.size()) - 1 - small;
    }
  }
  BigInt EdgeOrRandom() {
    return numbers_.Below(3) == 0 ? numbers_.Scalar(curve_.n()) : Edge();
  }
  // Odd multiples of powers of two are table lines.
  BigInt LineScalar() {
    const BigInt line = BigInt(2 * numbers_.Below(512) + 1)
                        << static_cast<std::size_t>(numbers_.Below(8 * curve_.size()));
    return (numbers_.Below(2) == 0 ? line : curve_.n() * 2 * line - line) % curve_.n();
  }
  BigInt ChosenScalar() {
    switch (numbers_.Below(4)) {
      case 0: return Edge() % curve_.n();
      case 1: return numbers_.Scalar(curve_.n());
      default: return LineScalar();
    }
  }

  Made Make(const Signer& signer, std::size_t kind) {
    const BigInt& n = curve_.n();
    if (kind == 7) return WithScalars(signer, ChosenScalar(), ChosenScalar());
    Bytes digest = numbers_.Octets(curve_.size());
    if (kind == 6) digest = (Edge() % BigInt::power_of_2(8 * curve_.size()))
                                .serialize<Bytes>(curve_.size());
    Made made = signer.Sign(std::move(digest), &numbers_);
    const BigInt bit = BigInt::power_of_2(numbers_.Below(n.bits()));
    switch (kind) {
      case 1: made.s = n - made.s; break;
      case 2: made.r = (made.r + bit) % n; break;
      case 3: made.s = (made.s + bit) % n; break;
      case 4:
        made.digest[numbers_.Below(made.digest.size())] ^=
            static_cast<std::uint8_t>(1U << numbers_.Below(8));
        break;
      case 5:
        made.r = EdgeOrRandom();
        made.s = EdgeOrRandom();
        break;
      default: break;
    }
    return made;
  }

  // Valid where u1 G + u2 Q has a usable x.
  Made WithScalars(const Signer& signer, const BigInt& u1, BigInt u2) {
    const BigInt& n = curve_.n();
    if (u2.is_zero()) u2 = 1;
    const auto sum = curve_.Sum(signer.point(), u1, u2);
    BigInt r = sum ? curve_.X(*sum) % n : BigInt(numbers_.Scalar(n));
    if (numbers_.Below(8) == 0) r = (r + 1) % n;
    const BigInt s = r * Botan::inverse_mod(u2, n) % n;
    return {(u1 * s % n).serialize<Bytes>(curve_.size()), r, s};
  }

  void MakeBatch(std::uint64_t size) {
    batch_.clear();
    // Runs under one key, as audits sorted by issuer have them, of any length.
    std::size_t signer = 0, left = 0;
    for (std::uint64_t i = 0; i < size; ++i, --left) {
      if (left == 0) {
        signer = numbers_.Below(signers_.size());
        left = 1 + numbers_.Below(40);
      }
      // Chosen scalars cost Botan two multiplications: one in sixteen.
      const std::size_t kind = numbers_.Below(16) == 0 ? 7 : numbers_.Below(7);
      const Made made = Make(signers_[signer], kind);
      const bool expected = signers_[signer].Accepts(made);
      if (kind < 2) {
        EXPECT_TRUE(expected);
      }
      batch_.push_back({signer, kind, made.digest, DerSignature(made.r, made.s), expected});
      ++made_[kind];
      if (expected) ++accepted_;
    }
  }

  void CheckBatch(Kernel kernel, const std::deque<PreparedKey>& keys) {
    std::vector<SignatureJob> jobs;
    for (const Case& c : batch_) jobs.push_back({&keys[c.signer], c.digest, c.der});
    VerifyBatch(jobs, &scratch_);
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      const Case& c = batch_[i];
      if (jobs[i].needs_reference) {
        ++undecided_[kernel];
        EXPECT_FALSE(jobs[i].good);
        // Equal points are met by design only.
        EXPECT_TRUE(c.kind >= 5 || c.signer < first_random_) << Show(kernel, i);
      } else {
        EXPECT_EQ(jobs[i].good, c.expected) << Show(kernel, i);
      }
    }
  }

  std::string Show(Kernel kernel, std::size_t i) const {
    return std::string(NameOf(kernel)) + ", seed " + std::to_string(Seed()) +
           ", signature " + std::to_string(checked_ + i) + " (" + std::to_string(i) + " of " +
           std::to_string(batch_.size()) + "), " + kSignatureKinds[batch_[i].kind] + ", key " +
           std::to_string(batch_[i].signer);
  }

  const TestCurve curve_;
  TestNumbers numbers_;
  std::deque<Signer> signers_;
  std::size_t first_random_ = 0;
  std::map<Kernel, std::deque<PreparedKey>> keys_;
  VerifyScratch scratch_;
  std::vector<Case> batch_;
  std::uint64_t checked_ = 0, accepted_ = 0;
  std::array<std::uint64_t, kSignatureKinds.size()> made_{};
  std::map<Kernel, std::uint64_t> undecided_;
};

void RunCurve(KeyAlgorithm algorithm) {
  Differential differential(algorithm, Seed());
  differential.Run(test::Setting("MUSTER_DIFFERENTIAL_RUN", 3'000));
  differential.Report();
}

TEST(EcdsaDifferential, P256KernelsAgreeWithBotan) { RunCurve(KeyAlgorithm::kP256); }
TEST(EcdsaDifferential, P384KernelsAgreeWithBotan) { RunCurve(KeyAlgorithm::kP384); }

}  // namespace
}  // namespace muster::crypto
