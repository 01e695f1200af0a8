// Building the table of a point: 2^m P for every bit m by doubling, one inversion for all of them,
// then every window at once, doubling the number of its lines from level to level:
//   line [k + 2^j] of window i = line [k] + 2^(w i + j + 1) P   for k < 2^j.
// No addition here is exceptional: line [k] is (2k + 1) 2^(w i) P with 2k + 1 < 2^(j+1), and both
// multiples are far below the order, so they are neither equal nor opposite.
#ifndef MUSTER_ENGINE_CRYPTO_KERNELS_BUILD_TABLE_H_
#define MUSTER_ENGINE_CRYPTO_KERNELS_BUILD_TABLE_H_

#include "engine/base/check.h"
#include "engine/crypto/kernels/affine_batch.h"
#include "engine/crypto/kernels/field64.h"
#include "engine/crypto/kernels/kernel_table.h"
#include "engine/crypto/kernels/words.h"

namespace muster::crypto::kernels {
namespace {

template <class Curve, class F, std::size_t kBatchLanes>
class TableBuilder {
 public:
  static constexpr int kWords = Curve::kWords;
  static constexpr std::size_t kLanes = F::kLanes;
  static constexpr std::size_t kSlots = kBatchLanes / kLanes;
  // Windows may reach 15 bits beyond the order.
  static constexpr int kDoublesMax = Curve::kBits + kWindowMax;

  struct Workspace {
    Slot<F> slots[kSlots];
    Words<kWords> x[kDoublesMax], y[kDoublesMax], z[kDoublesMax], before[kDoublesMax];
    Line<kWords> doubles[kDoublesMax];
    std::uint8_t skip[kSlots];
    std::uint8_t exceptional[kSlots];
  };

  static void Run(const std::uint64_t* x, const std::uint64_t* y, int window, int windows,
                  Line<kWords>* lines, void* memory) {
    TableBuilder builder(window, windows, lines, static_cast<Workspace*>(memory));
    builder.Double(x, y);
    builder.Normalise();
    const std::size_t half = std::size_t{1} << (window - 1);
    for (int i = 0; i < windows; ++i) {
      lines[static_cast<std::size_t>(i) * half] = builder.space_.doubles[i * window];
    }
    for (int j = 0; j < window - 1; ++j) builder.Level(j);
  }

 private:
  using P = Montgomery64<FieldModulus<Curve>>;
  using Number = Words<kWords>;

  TableBuilder(int window, int windows, Line<kWords>* lines, Workspace* space)
      : window_(window), windows_(windows), lines_(lines), space_(*space),
        batch_{space->slots, space->skip, space->exceptional} {}

  int doubles() const { return window_ * windows_; }

  // 2^m P in Jacobian coordinates, a = -3. No point of odd order doubles to infinity.
  void Double(const std::uint64_t* px, const std::uint64_t* py) {
    MUSTER_DCHECK(doubles() <= kDoublesMax);
    Number x, y, z = P::kOne;
    for (int i = 0; i < kWords; ++i) {
      x.w[i] = px[i];
      y.w[i] = py[i];
    }
    x = P::To(x);
    y = P::To(y);
    for (int m = 0; m < doubles(); ++m) {
      space_.x[m] = x;
      space_.y[m] = y;
      space_.z[m] = z;
      const Number zz = P::Mul(z, z), yy = P::Mul(y, y), xyy = P::Mul(x, yy);
      const Number product = P::Mul(P::Sub(x, zz), P::Add(x, zz));
      const Number slope = P::Add(P::Add(product, product), product);
      const Number xyy2 = P::Add(xyy, xyy), xyy4 = P::Add(xyy2, xyy2);
      const Number yyyy = P::Mul(yy, yy), yyyy2 = P::Add(yyyy, yyyy);
      const Number yyyy4 = P::Add(yyyy2, yyyy2);
      const Number yz = P::Mul(y, z);
      x = P::Sub(P::Mul(slope, slope), P::Add(xyy4, xyy4));
      y = P::Sub(P::Mul(slope, P::Sub(xyy4, x)), P::Add(yyyy4, yyyy4));
      z = P::Add(yz, yz);
    }
  }

  // Affine, and in the Montgomery form of F.
  void Normalise() {
    Number product = P::kOne;
    for (int m = 0; m < doubles(); ++m) {
      space_.before[m] = product;
      product = P::Mul(product, space_.z[m]);
    }
    MUSTER_DCHECK(!IsZero(product));
    Number inverse = P::Invert(product);
    // Multiplying by 2^(R of F) divides by 64-bit R: it changes the form.
    constexpr Number kForm = PowerOfTwoMod(F::kMontgomeryBits, Curve::kP);
    for (int m = doubles() - 1; m >= 0; --m) {
      const Number z1 = P::Mul(inverse, space_.before[m]);
      inverse = P::Mul(inverse, space_.z[m]);
      const Number z2 = P::Mul(z1, z1);
      const Number x = P::Mul(P::Mul(space_.x[m], z2), kForm);
      const Number y = P::Mul(P::Mul(space_.y[m], P::Mul(z1, z2)), kForm);
      for (int i = 0; i < kWords; ++i) {
        space_.doubles[m].x[i] = x.w[i];
        space_.doubles[m].y[i] = y.w[i];
      }
    }
  }

  // Additions of level j: number n is line [n % 2^j] of window n / 2^j.
  void Level(int j) {
    const std::size_t total = static_cast<std::size_t>(windows_) << j;
    for (std::size_t begin = 0; begin < total; begin += kBatchLanes) {
      const std::size_t count = total - begin < kBatchLanes ? total - begin : kBatchLanes;
      Additions(j, begin, count);
    }
  }

  std::size_t WindowOf(int j, std::size_t n) const { return n >> j; }
  Line<kWords>* LineAt(int j, std::size_t n) const {
    const std::size_t k = n & ((std::size_t{1} << j) - 1);
    return lines_ + (WindowOf(j, n) << (window_ - 1)) + k;
  }

  void Additions(int j, std::size_t begin, std::size_t count) {
    const std::size_t slots = (count + 2 * kLanes - 1) / (2 * kLanes) * 2;
    // Lanes beyond the last addition repeat it.
    const auto number = [&](std::size_t v, std::size_t lane) {
      const std::size_t n = v * kLanes + lane;
      return begin + (n < count ? n : count - 1);
    };
    for (std::size_t v = 0; v < slots; ++v) {
      const Line<kWords>* from[kLanes];
      for (std::size_t lane = 0; lane < kLanes; ++lane) from[lane] = LineAt(j, number(v, lane));
      typename F::Vec x, y;
      F::LoadLines(from, &x, &y);
      F::Store(x, &space_.slots[v].x);
      F::Store(y, &space_.slots[v].y);
      space_.exceptional[v] = 0;
    }
    AddToAll(batch_, slots, [&](std::size_t v, typename F::Vec* x, typename F::Vec* y) {
      const Line<kWords>* from[kLanes];
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        const std::size_t bit =
            WindowOf(j, number(v, lane)) * static_cast<std::size_t>(window_) +
            static_cast<std::size_t>(j) + 1;
        from[lane] = &space_.doubles[bit];
      }
      F::LoadLines(from, x, y);
      return F::kAllLanes;
    });
    for (std::size_t v = 0; v < slots; ++v) {
      MUSTER_DCHECK(space_.exceptional[v] == 0);
      Line<kWords>* to[kLanes];
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        to[lane] = LineAt(j, number(v, lane)) + (std::size_t{1} << j);
      }
      F::StoreLines(F::Load(space_.slots[v].x), F::Load(space_.slots[v].y), to);
    }
  }

  const int window_, windows_;
  Line<kWords>* const lines_;
  Workspace& space_;
  const Batch<F> batch_;
};

}  // namespace
}  // namespace muster::crypto::kernels

#endif  // MUSTER_ENGINE_CRYPTO_KERNELS_BUILD_TABLE_H_
