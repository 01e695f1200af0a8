// Whether points satisfy the curve's equation (SEC 1 3.2.2.1 step 3), for any curve and field.
//
// y^2 = x^3 - 3x + b is compared divided by R^2, which saves bringing x and y into Montgomery form:
// a product of plain numbers comes out divided by R, so y^2 / R, (x^2 - 3) / R and, one product
// later, (y^2 - b) / R^2 and (x^2 - 3) x / R^2.
#ifndef MUSTER_ENGINE_CRYPTO_KERNELS_ON_CURVE_H_
#define MUSTER_ENGINE_CRYPTO_KERNELS_ON_CURVE_H_

#include "engine/crypto/kernels/curves.h"
#include "engine/crypto/kernels/kernel_table.h"
#include "engine/crypto/kernels/words.h"

namespace muster::crypto::kernels {
namespace {

// a / 2^exponent mod m, for a below m.
template <int kWords>
constexpr Words<kWords> HalvedMod(Words<kWords> a, int exponent, const Words<kWords>& m) {
  for (int i = 0; i < exponent; ++i) {
    Words<kWords> even = a;
    const Word carry = (a.w[0] & 1) != 0 ? Add(a, m, &even) : 0;
    for (int w = 0; w < kWords; ++w) {
      a.w[w] = even.w[w] >> 1 | (w + 1 < kWords ? even.w[w + 1] : carry) << 63;
    }
  }
  return a;
}

// F as in affine_batch.h, and F::Constant. Coordinates are plain integers below the prime.
template <class Curve, class F>
struct OnCurve {
  static constexpr int kWords = Curve::kWords;
  using Vec = typename F::Vec;

  static void Run(const Line<kWords>* points, std::size_t count, std::uint8_t* good) {
    constexpr Words<kWords> kThree = HalvedMod(Words<kWords>{{3}}, F::kMontgomeryBits, Curve::kP);
    constexpr Words<kWords> kB = HalvedMod(Curve::kB, F::kMontgomeryBits, Curve::kP);
    for (std::size_t first = 0; first < count; first += F::kLanes) {
      const Line<kWords>* lines[F::kLanes];
      for (std::size_t lane = 0; lane < F::kLanes; ++lane) {
        lines[lane] = points + (first + lane < count ? first + lane : count - 1);
      }
      Vec x, y, xx, yy, left, right;
      F::LoadLines(lines, &x, &y);
      F::SqrPair(x, y, &xx, &yy);
      F::MulPair(F::Difference(yy, F::Constant(kB)), F::Constant(Words<kWords>{{1}}),
                 F::Difference(xx, F::Constant(kThree)), x, &left, &right);
      Words<kWords> difference[F::kLanes];
      F::ToPlain(F::Difference(left, right), difference);
      for (std::size_t lane = 0; lane < F::kLanes && first + lane < count; ++lane) {
        good[first + lane] = IsZero(difference[lane]) ? 1 : 0;
      }
    }
  }
};

}  // namespace
}  // namespace muster::crypto::kernels

#endif  // MUSTER_ENGINE_CRYPTO_KERNELS_ON_CURVE_H_
