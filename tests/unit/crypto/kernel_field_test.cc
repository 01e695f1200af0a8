// The arithmetic below the kernels, through their probes, against Botan's big integers.

#include <gtest/gtest.h>

#include "engine/crypto/kernels/choice.h"
#include "tests/unit/crypto/kernel_test_curve.h"

namespace muster::crypto {
namespace {

using kernels::CurveKernel;
using kernels::Probe;

constexpr int kRandomRounds = 1500;

template <int kWords>
class FieldCheck {
 public:
  FieldCheck(Kernel kernel, const TestCurve& curve)
      : name_(NameOf(kernel)),
        operations_(CurveOf<kWords>(*OperationsOf(kernel))),
        p_(curve.p()),
        n_(curve.n()),
        r_(BigInt::power_of_2(static_cast<std::size_t>(operations_.montgomery_bits))),
        r_inverse_p_(Botan::inverse_mod(r_ % p_, p_)),
        r_inverse_n_(Botan::inverse_mod(r_ % n_, n_)) {}

  const BigInt& r() const { return r_; }

  void Multiply(const BigInt& a, const BigInt& b) {
    EXPECT_EQ(Run(Probe::kMultiply, a, b), a * b * r_inverse_p_ % p_) << Show(a, b);
  }
  void Square(const BigInt& a) {
    EXPECT_EQ(Run(Probe::kSquare, a, a), a * a * r_inverse_p_ % p_) << Show(a, a);
  }
  void Subtract(const BigInt& a, const BigInt& b) {
    EXPECT_EQ(Run(Probe::kSubtract, a, b), (a + p_ - b) % p_) << Show(a, b);
  }
  void Invert(const BigInt& a) {
    EXPECT_EQ(Run(Probe::kInvert, a, 0) * a % p_, r_ * r_ % p_) << Show(a, 0);
  }
  void Order(const BigInt& a, const BigInt& b) {
    EXPECT_EQ(Run(Probe::kOrder, a, b), a * b * r_inverse_n_ % n_) << Show(a, b);
  }

 private:
  BigInt Run(Probe probe, const BigInt& a, const BigInt& b) {
    std::uint64_t x[kWords + 1], y[kWords + 1], out[kWords];
    for (int i = 0; i <= kWords; ++i) {
      x[i] = a.word_at(static_cast<std::size_t>(i));
      y[i] = b.word_at(static_cast<std::size_t>(i));
    }
    operations_.probe(probe, x, y, out);
    BigInt result;
    for (int i = kWords - 1; i >= 0; --i) result = (result << 64) + BigInt(out[i]);
    return result;
  }
  std::string Show(const BigInt& a, const BigInt& b) {
    return std::string(name_) + " a " + a.to_hex_string() + " b " + b.to_hex_string();
  }

  std::string_view name_;
  const CurveKernel<kWords>& operations_;
  const BigInt p_, n_, r_, r_inverse_p_, r_inverse_n_;
};

// Numbers next to where carries and reductions change, below `bound`.
std::vector<BigInt> Edges(const BigInt& m, const BigInt& bound) {
  std::vector<BigInt> candidates = {0, 1, 2, 3};
  for (int factor = 1; factor <= 4; ++factor) {
    for (int offset = 0; offset <= 2; ++offset) {
      candidates.push_back(m * factor - offset);
      candidates.push_back(m * factor + offset);
    }
  }
  for (const std::size_t bits : {32U, 44U, 52U, 64U, 96U, 104U, 128U, 192U, 208U, 224U, 256U, 312U,
                                 364U, 384U}) {
    candidates.push_back(BigInt::power_of_2(bits));
    candidates.push_back(BigInt::power_of_2(bits) - 1);
    candidates.push_back(m - BigInt::power_of_2(bits) % m);
  }
  for (int i = 1; i <= 3; ++i) candidates.push_back(bound - i);
  candidates.push_back(BigInt::power_of_2(bound.bits() - 1) - 1);  // All limbs ones.
  std::vector<BigInt> edges;
  for (const BigInt& candidate : candidates) {
    if (!candidate.is_negative() && candidate < bound) edges.push_back(candidate);
  }
  return edges;
}

template <int kWords>
void CheckEdges(Kernel kernel, KeyAlgorithm algorithm) {
  const TestCurve curve(algorithm);
  FieldCheck<kWords> check(kernel, curve);
  const std::vector<BigInt> wide = Edges(curve.p(), check.r());
  const std::vector<BigInt> field = Edges(curve.p(), curve.p());
  for (const BigInt& a : wide) {
    for (const BigInt& b : field) check.Multiply(a, b);
  }
  for (const BigInt& a : field) {
    check.Square(a);
    if (!a.is_zero()) check.Invert(a);
    for (const BigInt& b : field) check.Subtract(a, b);
  }
  for (const BigInt& a : Edges(curve.n(), check.r())) {
    for (const BigInt& b : Edges(curve.n(), curve.n())) check.Order(a, b);
  }
}

template <int kWords>
void CheckRandom(Kernel kernel, KeyAlgorithm algorithm) {
  const TestCurve curve(algorithm);
  FieldCheck<kWords> check(kernel, curve);
  TestNumbers numbers(static_cast<std::uint64_t>(kernel) * 2 + kWords);
  const std::size_t wide_bits = check.r().bits() - 1;
  for (int i = 0; i < kRandomRounds; ++i) {
    const bool runs = i % 2 == 0;
    const BigInt wide = runs ? numbers.RunsOfBits(wide_bits) : numbers.Bits(wide_bits);
    const BigInt a = (runs ? numbers.RunsOfBits(64 * kWords) : numbers.Bits(64 * kWords));
    const BigInt b = (runs ? numbers.RunsOfBits(64 * kWords) : numbers.Bits(64 * kWords));
    check.Multiply(wide, a % curve.p());
    check.Multiply(a % curve.p(), b % curve.p());
    check.Square(a % curve.p());
    check.Subtract(a % curve.p(), b % curve.p());
    check.Order(wide, b % curve.n());
    if (i % 10 == 0 && !(a % curve.p()).is_zero()) check.Invert(a % curve.p());
  }
}

TEST(KernelField, EdgesAreRight) {
  for (const Kernel kernel : FastKernels()) {
    CheckEdges<4>(kernel, KeyAlgorithm::kP256);
    CheckEdges<6>(kernel, KeyAlgorithm::kP384);
  }
}

TEST(KernelField, RandomNumbersAreRight) {
  for (const Kernel kernel : FastKernels()) {
    CheckRandom<4>(kernel, KeyAlgorithm::kP256);
    CheckRandom<6>(kernel, KeyAlgorithm::kP384);
  }
}

// ---- Tables ----

template <int kWords>
void CheckTable(Kernel kernel, KeyAlgorithm algorithm, int window, int every) {
  const TestCurve curve(algorithm);
  const auto point = curve.Multiply(curve.Generator(), BigInt("0x123456789abcdef123456789abcdef"));
  const PreparedKey key = Prepare(curve.Spki(point), window, kernel);
  const kernels::Table<kWords>* table = key.TableFor<kWords>();
  ASSERT_NE(table, nullptr);
  EXPECT_EQ(table->window, window);
  EXPECT_EQ(table->windows, (64 * kWords + window - 1) / window);
  const int bits = CurveOf<kWords>(*OperationsOf(kernel)).montgomery_bits;
  const BigInt form = BigInt::power_of_2(static_cast<std::size_t>(bits)) % curve.p();
  const int half = 1 << (window - 1);
  for (int line = 0; line < table->windows * half; line += every) {
    const BigInt multiple = BigInt(static_cast<std::uint64_t>(2 * (line % half) + 1))
                            << static_cast<std::size_t>(window * (line / half));
    const auto expected = curve.Multiply(point, multiple);
    BigInt x, y;
    for (int i = kWords - 1; i >= 0; --i) {
      x = (x << 64) + BigInt(table->lines[line].x[i]);
      y = (y << 64) + BigInt(table->lines[line].y[i]);
    }
    ASSERT_EQ(x, curve.X(expected) * form % curve.p()) << NameOf(kernel) << " line " << line;
    ASSERT_EQ(y, curve.Y(expected) * form % curve.p()) << NameOf(kernel) << " line " << line;
  }
}

TEST(KernelTables, LinesAreTheOddMultiplesThatBotanComputes) {
  for (const Kernel kernel : FastKernels()) {
    for (const int window : {2, 3, 4, 5}) {
      CheckTable<4>(kernel, KeyAlgorithm::kP256, window, 1);
      CheckTable<6>(kernel, KeyAlgorithm::kP384, window, 3);
    }
    // Wider ones take more than one batch of additions; some of their lines.
    CheckTable<4>(kernel, KeyAlgorithm::kP256, 8, 37);
    CheckTable<6>(kernel, KeyAlgorithm::kP384, 8, 61);
    CheckTable<4>(kernel, KeyAlgorithm::kP256, 11, 227);
    CheckTable<4>(kernel, KeyAlgorithm::kP256, 15, 4999);
  }
}

}  // namespace
}  // namespace muster::crypto
