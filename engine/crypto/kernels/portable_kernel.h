// The kernel for any 64-bit processor: one signature at a time through field64.h. Included by one
// source for each instruction set.
#ifndef MUSTER_ENGINE_CRYPTO_KERNELS_PORTABLE_KERNEL_H_
#define MUSTER_ENGINE_CRYPTO_KERNELS_PORTABLE_KERNEL_H_

#include "engine/crypto/kernels/build_table.h"
#include "engine/crypto/kernels/curves.h"
#include "engine/crypto/kernels/field64.h"
#include "engine/crypto/kernels/kernel_table.h"
#include "engine/crypto/kernels/on_curve.h"
#include "engine/crypto/kernels/recoding.h"
#include "engine/crypto/kernels/verify.h"

namespace muster::crypto::kernels {
namespace {

// The field for affine_batch.h: a vector is one fully reduced number.
template <class Curve>
struct SingleField {
  static constexpr int kWords = Curve::kWords;
  static constexpr std::size_t kLanes = 1;
  static constexpr LaneMask kAllLanes = 1;
  static constexpr std::size_t kSlotsAhead = 8;
  static constexpr std::size_t kLaneDoublingMin = 2;
  static constexpr int kMontgomeryBits = 64 * kWords;
  using P = Montgomery64<FieldModulus<Curve>>;
  using Vec = Words<kWords>;
  using Stored = Words<kWords>;

  static MUSTER_ALWAYS_INLINE Vec Load(const Stored& a) { return a; }
  static MUSTER_ALWAYS_INLINE void Store(const Vec& a, Stored* out) { *out = a; }
  static MUSTER_ALWAYS_INLINE Vec Constant(const Words<kWords>& a) { return a; }
  static MUSTER_ALWAYS_INLINE Vec One() { return P::kOne; }
  static MUSTER_ALWAYS_INLINE void MulPair(const Vec& a, const Vec& b, const Vec& c, const Vec& d,
                                           Vec* ab, Vec* cd) {
    const Vec first = P::Mul(a, b);
    *cd = P::Mul(c, d);
    *ab = first;
  }
  static MUSTER_ALWAYS_INLINE void SqrPair(const Vec& a, const Vec& b, Vec* aa, Vec* bb) {
    *aa = P::Sqr(a);
    *bb = P::Sqr(b);
  }
  static MUSTER_ALWAYS_INLINE Vec Delta(const Vec& a, const Vec& b) { return P::Sub(a, b); }
  static MUSTER_ALWAYS_INLINE Vec DeltaY(const Vec& a, const Vec& b) { return P::Sub(a, b); }
  static MUSTER_ALWAYS_INLINE Vec Difference(const Vec& a, const Vec& b) { return P::Sub(a, b); }
  static MUSTER_ALWAYS_INLINE Vec ThirdX(const Vec& square, const Vec& dx, const Vec& x1) {
    return P::Sub(P::Sub(square, dx), P::Add(x1, x1));
  }
  static MUSTER_ALWAYS_INLINE Vec ThirdY(const Vec& product, const Vec& y1) {
    return P::Sub(product, y1);
  }
  static MUSTER_ALWAYS_INLINE LaneMask ZeroLanes(const Vec& a) { return IsZero(a) ? 1 : 0; }
  static MUSTER_ALWAYS_INLINE Vec Select(LaneMask mask, const Vec& yes, const Vec& no) {
    return mask != 0 ? yes : no;
  }
  static Vec InvertLanes(const Vec& a) { return P::Invert(a); }
  static MUSTER_ALWAYS_INLINE void CopyLane(const Stored& from, std::size_t, Stored* to,
                                            std::size_t) {
    *to = from;
  }
  static MUSTER_ALWAYS_INLINE void LoadLines(const Line<kWords>* const* lines, Vec* x, Vec* y) {
    for (int i = 0; i < kWords; ++i) {
      x->w[i] = lines[0]->x[i];
      y->w[i] = lines[0]->y[i];
    }
  }
  static MUSTER_ALWAYS_INLINE void StoreLines(const Vec& x, const Vec& y, Line<kWords>** lines) {
    for (int i = 0; i < kWords; ++i) {
      lines[0]->x[i] = x.w[i];
      lines[0]->y[i] = y.w[i];
    }
  }
  static MUSTER_ALWAYS_INLINE Vec NegateLanes(LaneMask mask, const Vec& a) {
    // No point of odd order has y = 0, so p - y is below p.
    Vec negated{};
    Sub(Curve::kP, a, &negated);
    return Select(mask, negated, a);
  }
  static MUSTER_ALWAYS_INLINE Vec Settle(const Vec& a) { return a; }
  static MUSTER_ALWAYS_INLINE void PutLane(const Words<kWords>& a, std::size_t, Stored* out) {
    *out = a;
  }
  static MUSTER_ALWAYS_INLINE Vec OneOf64() { return P::kOne; }
  static MUSTER_ALWAYS_INLINE void ToPlain(const Vec& a, Vec* out) { out[0] = P::From(a); }
};

// u1 = e / s and u2 = r / s mod n with one inversion for all signatures.
template <class Curve, std::size_t kItemsMax>
struct SingleSolver {
  static constexpr int kWords = Curve::kWords;
  using N = Montgomery64<OrderModulus<Curve>>;
  using Number = Words<kWords>;
  struct Workspace {
    Number before[kItemsMax];
  };

  static MUSTER_ALWAYS_INLINE Number Get(const std::uint64_t* words) {
    Number out;
    for (int i = 0; i < kWords; ++i) out.w[i] = words[i];
    return out;
  }

  static void Solve(const Table<kWords>& generator, const Item<kWords>* items, std::size_t count,
                    Workspace* space, Recoded<kWords>* out) {
    // Taken as Montgomery forms, the s stand for s / R. Their inverses come out as R^2 / s.
    Number product = N::kOne;
    for (std::size_t i = 0; i < count; ++i) {
      space->before[i] = product;
      product = N::Mul(product, Get(items[i].rs.y));
    }
    // One R less, here and so in every inverse: then the products below are plain numbers.
    Number inverse = N::From(N::Invert(product));
    for (std::size_t i = count; i > 0;) {
      --i;
      const Item<kWords>& item = items[i];
      const Number w = N::Mul(inverse, space->before[i]);
      inverse = N::Mul(inverse, Get(item.rs.y));
      const Number u1 = N::Mul(w, Get(item.hash.x)), u2 = N::Mul(w, Get(item.rs.x));
      Recode(u1, Curve::kN, generator.window, generator.windows, &out[i].generator);
      Recode(u2, Curve::kN, item.key->window, item.key->windows, &out[i].key);
      out[i].lines = item.key->lines;
      out[i].window = item.key->window;
    }
  }
};

template <class Curve>
void ProbePortable(Probe probe, const std::uint64_t* a, const std::uint64_t* b,
                   std::uint64_t* out) {
  using P = Montgomery64<FieldModulus<Curve>>;
  using N = Montgomery64<OrderModulus<Curve>>;
  constexpr int kWords = Curve::kWords;
  Words<kWords> x, y, result{};
  for (int i = 0; i < kWords; ++i) {
    x.w[i] = a[i];
    y.w[i] = b[i];
  }
  switch (probe) {
    case Probe::kMultiply: result = P::Mul(ReduceOnce(0, x, Curve::kP), y); break;
    case Probe::kSquare: x = ReduceOnce(0, x, Curve::kP); result = P::Sqr(x); break;
    case Probe::kInvert: result = P::Invert(ReduceOnce(0, x, Curve::kP)); break;
    case Probe::kSubtract:
      result = P::Sub(ReduceOnce(0, x, Curve::kP), ReduceOnce(0, y, Curve::kP));
      break;
    case Probe::kOrder: result = N::Mul(ReduceOnce(0, x, Curve::kN), y); break;
  }
  for (int i = 0; i < kWords; ++i) out[i] = result.w[i];
}

template <class Curve>
constexpr CurveKernel<Curve::kWords> PortableCurve() {
  constexpr std::size_t kBatchLanes = 512;
  using F = SingleField<Curve>;
  using V = Verifier<Curve, F, SingleSolver<Curve, kBatchLanes>, kBatchLanes>;
  using B = TableBuilder<Curve, F, kBatchLanes>;
  return {.montgomery_bits = F::kMontgomeryBits,
          .lanes = 1,
          .items_max = kBatchLanes,
          .workspace_octets = sizeof(typename V::Workspace),
          .tasks_max = B::kTasksMax,
          .build_octets = sizeof(typename B::Workspace),
          .build = B::Run,
          .verify = V::Run,
          .on_curve = OnCurve<Curve, F>::Run,
          .probe = ProbePortable<Curve>};
}

inline constexpr KernelTable kPortableTable = {PortableCurve<P256>(), PortableCurve<P384>()};

}  // namespace
}  // namespace muster::crypto::kernels

#endif  // MUSTER_ENGINE_CRYPTO_KERNELS_PORTABLE_KERNEL_H_
