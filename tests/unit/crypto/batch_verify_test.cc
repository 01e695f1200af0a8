// VerifyBatch with every kernel, beside Botan.

#include "engine/crypto/batch_verify.h"

#include <gtest/gtest.h>

#include <deque>
#include <initializer_list>
#include <thread>

#include "tests/unit/crypto/kernel_test_curve.h"

namespace muster::crypto {
namespace {

constexpr KeyAlgorithm kCurves[] = {KeyAlgorithm::kP256, KeyAlgorithm::kP384};

// Jobs with what they should come to. Whether the kernel may pass (needs_reference) is up to it,
// except where a test says otherwise; what it decides must be right.
class Batch {
 public:
  void Add(const PreparedKey& key, TestSignature signature, bool good) {
    signatures_.push_back(std::move(signature));
    jobs_.push_back({&key, signatures_.back().digest, signatures_.back().der});
    expected_.push_back(good);
  }

  std::size_t size() const { return jobs_.size(); }
  const SignatureJob& job(std::size_t i) const { return jobs_[i]; }

  // The number of jobs left to the reference.
  std::size_t Check(VerifyScratch* scratch) {
    for (SignatureJob& job : jobs_) job.good = job.needs_reference = true;
    VerifyBatch(jobs_, scratch);
    std::size_t undecided = 0;
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      EXPECT_FALSE(jobs_[i].good && jobs_[i].needs_reference) << i;
      if (jobs_[i].needs_reference) {
        ++undecided;
      } else {
        EXPECT_EQ(jobs_[i].good, expected_[i]) << "job " << i << " of " << jobs_.size();
      }
    }
    return undecided;
  }

 private:
  std::deque<TestSignature> signatures_;  // Views into them stay valid.
  std::vector<SignatureJob> jobs_;
  std::vector<bool> expected_;
};

// A signature that Botan accepts, and changes of it that Botan refuses, in turn.
class Mixture {
 public:
  Mixture(const TestCurve& curve, std::uint64_t seed)
      : curve_(curve), numbers_(seed),
        point_(curve.Multiply(curve.Generator(), numbers_.Scalar(curve.n()))) {}

  const Botan::EC_AffinePoint& point() const { return point_; }
  Bytes spki() const { return curve_.Spki(point_); }

  TestSignature Next(bool* good) {
    if (made_ % kUses == 0) {
      do {
        base_ = curve_.SignatureWith(point_, numbers_.Scalar(curve_.n()),
                                     numbers_.Scalar(curve_.n()));
      } while (!base_);
    }
    TestSignature signature = *base_;
    *good = made_ % kUses < 2;
    if (!*good) {
      Bytes& octets = numbers_.Below(2) == 0 ? signature.digest : signature.der;
      octets[numbers_.Below(octets.size())] ^= static_cast<std::uint8_t>(1U << numbers_.Below(8));
    }
    ++made_;
    return signature;
  }

 private:
  static constexpr std::size_t kUses = 4;

  const TestCurve& curve_;
  TestNumbers numbers_;
  Botan::EC_AffinePoint point_;
  std::optional<TestSignature> base_;
  std::size_t made_ = 0;
};

TEST(BatchVerify, EveryBatchSizeIsRight) {
  std::vector<std::size_t> sizes;
  for (std::size_t n = 1; n <= 17; ++n) sizes.push_back(n);
  sizes.insert(sizes.end(), {31, 33, 64, 127, 511, 512, 513});
  for (const KeyAlgorithm algorithm : kCurves) {
    const TestCurve curve(algorithm);
    for (const Kernel kernel : FastKernels()) {
      Mixture mixture(curve, 1);
      const PreparedKey key = Prepare(mixture.spki(), 6, kernel);
      VerifyScratch scratch;
      for (const std::size_t size : sizes) {
        Batch batch;
        while (batch.size() < size) {
          bool good;
          TestSignature signature = mixture.Next(&good);
          batch.Add(key, std::move(signature), good);
        }
        EXPECT_EQ(batch.Check(&scratch), 0U) << NameOf(kernel) << " " << size;
      }
    }
  }
}

TEST(BatchVerify, LargeBatchesOfMixedKeysCurvesWindowsAndKernelsAreRight) {
  const TestCurve p256(KeyAlgorithm::kP256), p384(KeyAlgorithm::kP384);
  std::deque<Mixture> mixtures;
  std::deque<PreparedKey> keys;
  std::uint64_t seed = 10;
  for (const Kernel kernel : FastKernels()) {
    for (const int window : {3, 8, 9}) {
      mixtures.emplace_back(p256, seed++);
      keys.push_back(Prepare(mixtures.back().spki(), window, kernel));
      mixtures.emplace_back(p384, seed++);
      keys.push_back(Prepare(mixtures.back().spki(), window - 1, kernel));
    }
  }
  VerifyScratch scratch;
  for (const std::size_t size : {2048U, 2300U, 4500U}) {
    // Runs of equal keys and kernels, as batches sorted by issuer have them, of uneven lengths.
    Batch batch;
    for (std::size_t k = 0; batch.size() < size; ++k) {
      for (std::size_t run = 0; run < 1 + k * 7 % 90 && batch.size() < size; ++run) {
        bool good;
        TestSignature signature = mixtures[k % keys.size()].Next(&good);
        batch.Add(keys[k % keys.size()], std::move(signature), good);
      }
    }
    EXPECT_EQ(batch.Check(&scratch), 0U);
  }
}

TEST(BatchVerify, JobsWithoutATableAreLeftToTheReference) {
  const TestCurve curve(KeyAlgorithm::kP256);
  Mixture mixture(curve, 5);
  bool good;
  const TestSignature signature = mixture.Next(&good);
  const PreparedKey reference = Prepare(mixture.spki(), 8, Kernel::kReference);
  const PreparedKey portable = Prepare(mixture.spki(), 4, Kernel::kPortable);
  SignatureJob jobs[3] = {{nullptr, signature.digest, signature.der},
                          {&reference, signature.digest, signature.der},
                          {&portable, signature.digest, signature.der}};
  VerifyScratch scratch;
  VerifyBatch(jobs, &scratch);
  EXPECT_TRUE(jobs[0].needs_reference && !jobs[0].good);
  EXPECT_TRUE(jobs[1].needs_reference && !jobs[1].good);
  EXPECT_TRUE(!jobs[2].needs_reference && jobs[2].good);
  VerifyBatch({}, &scratch);
}

// ---- Encodings ----

TEST(BatchVerify, EncodingsOtherThanStrictDerAreRefused) {
  for (const KeyAlgorithm algorithm : kCurves) {
    const TestCurve curve(algorithm);
    const auto point = curve.Multiply(curve.Generator(), 77);
    // Small u1 and u2 chosen until r or s begins with a set bit, so that the sign octet matters.
    const TestSignature good = curve.SignatureWith(point, 5, 9).value();
    const Bytes r(good.der.begin() + (good.der[1] == 0x81 ? 3 : 2),
                  good.der.begin() + (good.der[1] == 0x81 ? 3 : 2) +
                      2 + good.der[good.der[1] == 0x81 ? 4 : 3]);
    const Bytes s(good.der.begin() + (good.der[1] == 0x81 ? 3 : 2) +
                      static_cast<std::ptrdiff_t>(r.size()),
                  good.der.end());
    const auto padded = [](Bytes integer) {
      integer.insert(integer.begin() + 2, 0);
      ++integer[1];
      return integer;
    };
    const auto with_tag = [](Bytes integer, std::uint8_t tag) {
      integer[0] = tag;
      return integer;
    };
    const auto long_length = [](Bytes integer) {
      integer.insert(integer.begin() + 1, 0x81);
      return integer;
    };
    const auto joined = [](Bytes a, const Bytes& b) {
      a.insert(a.end(), b.begin(), b.end());
      return a;
    };
    const BigInt order = curve.n();
    const BigInt r_value = BigInt::from_bytes(std::span(r).subspan(2));
    const BigInt s_value = BigInt::from_bytes(std::span(s).subspan(2));
    Bytes indefinite = joined({0x30, 0x80}, joined(joined(r, s), {0, 0}));
    Bytes cut = good.der;
    cut.pop_back();
    const std::vector<Bytes> bad = {
        {},
        {0x30},
        {0x30, 0x00},
        cut,
        joined(good.der, {0}),
        DerSequence({r}),
        DerSequence({s, r}),
        DerSequence({r, s, s}),
        DerSequence({r, s, Bytes{0x05, 0x00}}),
        DerSequence({padded(r), s}),
        DerSequence({r, padded(s)}),
        DerSequence({with_tag(r, 0x0a), s}),
        DerSequence({with_tag(r, 0x22), s}),
        DerSequence({r, with_tag(s, 0x04)}),
        DerSequence({long_length(r), s}),
        DerSequence({Bytes{0x02, 0x00}, s}),
        DerSequence({r, Bytes{0x02, 0x00}}),
        DerSequence({Bytes{0x02, 0x01, 0x00}, s}),
        DerSequence({r, Bytes{0x02, 0x01, 0x00}}),
        DerSequence({Bytes{0x02, 0x01, 0xff}, s}),
        DerSequence({r, Bytes{0x02, 0x01, 0x81}}),
        indefinite,
        joined({0x31}, Bytes(good.der.begin() + 1, good.der.end())),
        DerSignature(order, s_value),
        DerSignature(r_value, order),
        DerSignature(r_value + order, s_value),
        DerSignature(r_value, s_value + order),
        DerSignature(BigInt::power_of_2(order.bits()), s_value),
        DerSignature(BigInt::power_of_2(order.bits()) + r_value, s_value),
        DerSignature(order - r_value, s_value),
    };
    for (const Kernel kernel : FastKernels()) {
      const PreparedKey key = Prepare(curve.Spki(point), 5, kernel);
      Batch batch;
      batch.Add(key, good, true);
      batch.Add(key, {good.digest, DerSignature(r_value, order - s_value)}, true);
      for (const Bytes& der : bad) batch.Add(key, {good.digest, der}, false);
      // Every shorter prefix, too.
      for (std::size_t n = 0; n < good.der.size(); ++n) {
        batch.Add(key, {good.digest, Bytes(good.der.begin(), good.der.begin() +
                                                                 static_cast<std::ptrdiff_t>(n))},
                  false);
      }
      VerifyScratch scratch;
      EXPECT_EQ(batch.Check(&scratch), 0U) << NameOf(kernel);
    }
  }
}

TEST(BatchVerify, DigestsAreCutToTheOrdersLength) {
  for (const KeyAlgorithm algorithm : kCurves) {
    const TestCurve curve(algorithm);
    const auto point = curve.Multiply(curve.Generator(), 1234567);
    for (const Kernel kernel : FastKernels()) {
      const PreparedKey key = Prepare(curve.Spki(point), 5, kernel);
      TestNumbers numbers(3);
      Batch batch;
      for (int i = 0; i < 40; ++i) {
        TestSignature signature =
            curve.SignatureWith(point, numbers.Scalar(curve.n()), numbers.Scalar(curve.n()))
                .value();
        // What stands beyond the order's length does not count.
        TestSignature longer = signature;
        const Bytes tail = numbers.Octets(1 + numbers.Below(32));
        longer.digest.insert(longer.digest.end(), tail.begin(), tail.end());
        batch.Add(key, longer, true);
        longer.digest[signature.digest.size() - 1] ^= 1;
        batch.Add(key, longer, false);
        // A shorter digest is a number, not the beginning of a longer one.
        TestSignature shorter = signature;
        shorter.digest.pop_back();
        batch.Add(key, shorter, false);
      }
      // Digests that begin with zeros: the same number in fewer octets.
      for (const int u1 : {0, 1}) {
        // r = s = x(R) with u2 = 1 makes e = u1 s; u1 = 0 gives the digest 0.
        const TestSignature signature = curve.SignatureWith(point, u1, 1).value();
        batch.Add(key, signature, true);
      }
      TestSignature zero = curve.SignatureWith(point, 0, 5).value();
      for (const std::size_t size : {0U, 1U, 20U, 64U, 100U}) {
        zero.digest.assign(size, 0);
        batch.Add(key, zero, true);
      }
      VerifyScratch scratch;
      batch.Check(&scratch);
    }
  }
}

TEST(BatchVerify, DigestsAboveTheOrderAreReduced) {
  for (const KeyAlgorithm algorithm : kCurves) {
    const TestCurve curve(algorithm);
    const auto point = curve.Multiply(curve.Generator(), 99);
    for (const Kernel kernel : FastKernels()) {
      const PreparedKey key = Prepare(curve.Spki(point), 5, kernel);
      Batch batch;
      // The digest e + n needs e < 2^bits - n: e = u1 s with s = r / u2, so u2 = u1 r / e.
      for (const std::uint64_t e : {1U, 2U, 1000U}) {
        for (std::uint64_t i = 1; i <= 10; ++i) {
          // Find a valid signature of e: R = k G, r = x(R), s = (e + r d) / k.
          const BigInt k = BigInt(i) * 7919;
          const BigInt r = curve.X(curve.Multiply(curve.Generator(), k)) % curve.n();
          const BigInt s = (BigInt(e) + r * 99) * Botan::inverse_mod(k, curve.n()) % curve.n();
          const BigInt above = curve.n() + e;
          const BigInt all_ones = BigInt::power_of_2(8 * curve.size()) - 1;
          batch.Add(key, {above.serialize<Bytes>(curve.size()), DerSignature(r, s)}, true);
          batch.Add(key, {BigInt(e).serialize<Bytes>(curve.size()), DerSignature(r, s)}, true);
          const Bytes ones = all_ones.serialize<Bytes>(curve.size());
          batch.Add(key, {ones, DerSignature(r, s)}, curve.Verify(point, ones, r, s));
          const BigInt s_ones =
              (all_ones + r * 99) * Botan::inverse_mod(k, curve.n()) % curve.n();
          batch.Add(key, {ones, DerSignature(r, s_ones)}, true);
        }
      }
      VerifyScratch scratch;
      EXPECT_EQ(batch.Check(&scratch), 0U) << NameOf(kernel);
    }
  }
}

// ---- Special scalars and points ----

// Scalars around every edge of the recoding with window w.
std::vector<BigInt> EdgeScalars(const BigInt& n, int window) {
  std::vector<BigInt> scalars;
  const BigInt full = BigInt::power_of_2(static_cast<std::size_t>(window));
  for (const BigInt& base : {BigInt(0), full, full * full, n / 2, n, BigInt::power_of_2(64),
                             BigInt::power_of_2(n.bits() - 1), BigInt::power_of_2(128)}) {
    for (int offset = -3; offset <= 3; ++offset) {
      BigInt k = base + offset;
      if (k.is_negative()) k += n;
      scalars.push_back(k % n);
    }
  }
  return scalars;
}

struct Case {
  TestSignature signature;
  bool good = false;
};

// Signatures with pairs of edge scalars, one in ten of all pairs.
std::vector<Case> EdgeCases(const TestCurve& curve, const Botan::EC_AffinePoint& point) {
  TestNumbers numbers(21);
  std::vector<BigInt> scalars = EdgeScalars(curve.n(), 8);
  for (const BigInt& scalar : EdgeScalars(curve.n(), 13)) scalars.push_back(scalar);
  std::vector<Case> cases;
  for (const BigInt& u1 : scalars) {
    for (const BigInt& u2 : scalars) {
      if (u2.is_zero() || numbers.Below(10) != 0) continue;
      if (auto signature = curve.SignatureWith(point, u1, u2)) {
        cases.push_back({*std::move(signature), true});
      } else {
        // The sum is infinity: no r can be right.
        cases.push_back({curve.SignatureFrom(numbers.Scalar(curve.n()), u1, u2), false});
      }
    }
  }
  return cases;
}

void CheckCases(const TestCurve& curve, const Botan::EC_AffinePoint& point,
                const std::vector<Case>& cases, std::initializer_list<int> windows) {
  VerifyScratch scratch;
  for (const Kernel kernel : FastKernels()) {
    for (const int window : windows) {
      SCOPED_TRACE(std::string(NameOf(kernel)) + " window " + std::to_string(window));
      const PreparedKey key = Prepare(curve.Spki(point), window, kernel);
      Batch all;
      for (const Case& c : cases) all.Add(key, c.signature, c.good);
      all.Check(&scratch);
      // In small batches the additions are grouped differently.
      for (std::size_t i = 0; i + 3 < cases.size(); i += 41) {
        Batch few;
        for (std::size_t j = 0; j < 3; ++j) few.Add(key, cases[i + j].signature, cases[i + j].good);
        few.Check(&scratch);
      }
    }
  }
}

TEST(BatchVerify, ScalarsAtEveryEdgeAreRight) {
  for (const KeyAlgorithm algorithm : kCurves) {
    const TestCurve curve(algorithm);
    const auto point = curve.Multiply(curve.Generator(), BigInt("0xfedcba9876543210f"));
    CheckCases(curve, point, EdgeCases(curve, point), {4, 8, 13});
  }
}

TEST(BatchVerify, KeysRelatedToTheGeneratorAreRightOrLeftToTheReference) {
  for (const KeyAlgorithm algorithm : kCurves) {
    const TestCurve curve(algorithm);
    for (const BigInt& d :
         {BigInt(1), curve.n() - 1, BigInt(2), BigInt(255), (curve.n() + 1) / 2}) {
      const auto point = curve.Multiply(curve.Generator(), d);
      CheckCases(curve, point, EdgeCases(curve, point), {8});
    }
  }
}

// With Q = G and a large batch (one accumulator for each signature, the lines of G first), u1 = 255
// and u2 = 1 with window 8 adds -255 G to 255 G in the first line of Q; u1 = n - 255 doubles
// instead.
TEST(BatchVerify, EqualAndOppositePointsAreNoticed) {
  for (const KeyAlgorithm algorithm : kCurves) {
    const TestCurve curve(algorithm);
    const auto point = curve.Generator();
    const TestSignature opposite = curve.SignatureWith(point, 255, 1).value();
    const TestSignature equal = curve.SignatureWith(point, curve.n() - 255, 1).value();
    const TestSignature infinite = curve.SignatureFrom(12345, 1, curve.n() - 1);
    for (const Kernel kernel : FastKernels()) {
      const PreparedKey key = Prepare(curve.Spki(point), 8, kernel);
      Mixture mixture(curve, 9);
      const PreparedKey other = Prepare(mixture.spki(), 9, kernel);
      Batch batch;
      constexpr std::size_t kJobs = 2048;
      for (std::size_t i = 0; i < kJobs; ++i) {
        bool good;
        TestSignature signature = mixture.Next(&good);
        if (i % 500 == 3) {
          batch.Add(key, opposite, true);
        } else if (i % 500 == 300) {
          batch.Add(key, equal, true);
        } else if (i % 500 == 400) {
          batch.Add(key, infinite, false);
        } else {
          batch.Add(other, std::move(signature), good);
        }
      }
      VerifyScratch scratch;
      batch.Check(&scratch);
      for (std::size_t i = 0; i < kJobs; ++i) {
        const bool special = i % 500 == 3 || i % 500 == 300;
        // The neighbours of an exceptional lane must not suffer.
        if (special) {
          EXPECT_TRUE(batch.job(i).needs_reference) << NameOf(kernel) << " " << i;
        } else if (i % 500 != 400) {
          EXPECT_FALSE(batch.job(i).needs_reference) << NameOf(kernel) << " " << i;
        }
      }
    }
  }
}

// The digits of u in windows of `window` bits, each times its power of two: all of them odd
// multiples of it, and their sum u or u - n (engine/crypto/kernels/README.md).
std::vector<BigInt> DigitsOf(const BigInt& u, const BigInt& n, std::size_t window) {
  const std::size_t windows = (n.bits() + window - 1) / window;
  const BigInt k = u.is_odd() ? u : u - n;
  const BigInt binary = (k + BigInt::power_of_2(window * windows) - 1) >> 1;
  const BigInt base = BigInt::power_of_2(window);
  std::vector<BigInt> digits;
  for (std::size_t i = 0; i < windows; ++i) {
    const BigInt b = (binary >> (window * i)) % base;
    digits.push_back((2 * b - (base - 1)) << (window * i));
  }
  return digits;
}

// A signature that is checked alone has many accumulators, which are added up by halves. Of the
// last four, the second and the fourth are made equal or opposite: what is noticed then, in the
// upper of the last two, must not be forgotten when these are added.
TEST(BatchVerify, EqualAndOppositeAccumulatorsAreNoticed) {
  constexpr std::size_t kWindow = 6;
  for (const KeyAlgorithm algorithm : kCurves) {
    const TestCurve curve(algorithm);
    const BigInt& n = curve.n();
    const auto reduced = [&](const BigInt& x) { return (x % n + n) % n; };
    const BigInt u1("0x123456789abcdef0fedcba9876543210123456789abcdef");
    const BigInt u2("0xfedcba98765432100123456789abcdef0123456789abcdef1");
    // The width of the tables of G.
    const auto of_g = DigitsOf(u1, n, algorithm == KeyAlgorithm::kP256 ? 13 : 12);
    const auto of_q = DigitsOf(u2, n, kWindow);
    const std::size_t lines = of_g.size() + of_q.size();
    for (const Kernel kernel : FastKernels()) {
      for (const bool opposite : {false, true}) {
        std::size_t noticed = 0;
        // Into how many accumulators is the kernel's choice.
        for (const std::size_t split : {4u, 8u, 16u, 32u}) {
          BigInt g_times = 0, q_times = 0;
          for (std::size_t c = 1; c < split; c += 2) {
            const bool negative = c % 4 == 3 && !opposite;
            for (std::size_t i = lines * c / split; i < lines * (c + 1) / split; ++i) {
              const bool is_g = i < of_g.size();
              const BigInt& digit = is_g ? of_g[i] : of_q[i - of_g.size()];
              (is_g ? g_times : q_times) += negative ? -digit : digit;
            }
          }
          // g_times G + q_times Q is the difference or the sum: it is to be infinity.
          const BigInt q = reduced(-g_times * Botan::inverse_mod(reduced(q_times), n));
          const auto point = curve.Multiply(curve.Generator(), q);
          const PreparedKey key = Prepare(curve.Spki(point), kWindow, kernel);
          Batch batch;
          batch.Add(key, curve.SignatureWith(point, u1, u2).value(), true);
          VerifyScratch scratch;
          noticed += batch.Check(&scratch);
        }
        EXPECT_GE(noticed, 1U) << NameOf(kernel) << (opposite ? " opposite" : " equal");
      }
    }
  }
}

// x(R) in [n, p): r is x(R) - n, and x(R) alone is no valid r. The key is made for the purpose:
// Q = (R - u1 G) / u2.
TEST(BatchVerify, XBeyondTheOrderIsReduced) {
  for (const KeyAlgorithm algorithm : kCurves) {
    const TestCurve curve(algorithm);
    int found = 0;
    for (int offset = 1; found < 4; ++offset) {
      // SEC 1 2.3.4: 02 || X is a point where X is the coordinate of one.
      Bytes octets = (curve.n() + offset).serialize<Bytes>(curve.size());
      ASSERT_LT(curve.n() + offset, curve.p());
      octets.insert(octets.begin(), 0x02);
      const auto r_point = Botan::EC_AffinePoint::deserialize(curve.group(), octets);
      if (!r_point) continue;
      ++found;
      const BigInt u1 = BigInt(1000003) * offset, u2 = BigInt("0x1234567890abcdef1234567");
      const BigInt inverse = Botan::inverse_mod(u2, curve.n());
      const auto point =
          curve.Sum(*r_point, (curve.n() - u1 * inverse % curve.n()), inverse).value();
      const TestSignature signature = curve.SignatureFrom(offset, u1, u2);
      const TestSignature other = curve.SignatureFrom(offset + 1, u1, u2);
      for (const Kernel kernel : FastKernels()) {
        const PreparedKey key = Prepare(curve.Spki(point), 5, kernel);
        Batch batch;
        batch.Add(key, signature, true);
        batch.Add(key, other, false);
        VerifyScratch scratch;
        EXPECT_EQ(batch.Check(&scratch), 0U) << NameOf(kernel) << " offset " << offset;
      }
    }
  }
}

// The smallest and largest x that a point has: x(R) = r below p - n, where r + n is a candidate
// too.
TEST(BatchVerify, SmallXIsNotMistakenForXBeyondTheOrder) {
  for (const KeyAlgorithm algorithm : kCurves) {
    const TestCurve curve(algorithm);
    int found = 0;
    for (int x = 1; found < 4; ++x) {
      Bytes octets = BigInt(x).serialize<Bytes>(curve.size());
      octets.insert(octets.begin(), 0x03);
      const auto r_point = Botan::EC_AffinePoint::deserialize(curve.group(), octets);
      if (!r_point) continue;
      ++found;
      const BigInt u1("0xabcdef0123456789"), u2 = BigInt(31) * x;
      const BigInt inverse = Botan::inverse_mod(u2, curve.n());
      const auto point =
          curve.Sum(*r_point, (curve.n() - u1 * inverse % curve.n()), inverse).value();
      for (const Kernel kernel : FastKernels()) {
        const PreparedKey key = Prepare(curve.Spki(point), 5, kernel);
        Batch batch;
        batch.Add(key, curve.SignatureFrom(x, u1, u2), true);
        batch.Add(key, curve.SignatureFrom(x + 1, u1, u2), false);
        VerifyScratch scratch;
        EXPECT_EQ(batch.Check(&scratch), 0U) << NameOf(kernel) << " x " << x;
      }
    }
  }
}

// ---- Threads ----

TEST(BatchVerify, ThreadsMayShareAKey) {
  for (const KeyAlgorithm algorithm : kCurves) {
    const TestCurve curve(algorithm);
    for (const Kernel kernel : FastKernels()) {
      Mixture mixture(curve, 33);
      const Bytes spki = mixture.spki();
      const PreparedKey key = Prepare(spki, 7, kernel);
      std::vector<Batch> batches(4);
      for (std::size_t i = 0; i < 240; ++i) {
        bool good;
        TestSignature signature = mixture.Next(&good);
        batches[i % batches.size()].Add(key, std::move(signature), good);
      }
      std::vector<std::thread> threads;
      threads.reserve(batches.size());
      for (Batch& batch : batches) {
        threads.emplace_back([&batch, &spki, kernel] {
          VerifyScratch scratch;
          for (int round = 0; round < 5; ++round) EXPECT_EQ(batch.Check(&scratch), 0U);
          EXPECT_EQ(Prepare(spki, 4, kernel).window(), 4);
        });
      }
      for (std::thread& thread : threads) thread.join();
    }
  }
}

}  // namespace
}  // namespace muster::crypto
