// Many independent additions of affine points with one inversion (Montgomery's trick), over any
// field F: one signature at a time or eight in the lanes of a vector.
//
// F has: kLanes; Vec, a vector of field elements in registers; Stored, the same in memory; Load,
// Store; One; MulPair and SqrPair, two operations at once; Delta, DeltaY, ThirdX, ThirdY and
// Difference, the subtractions of the addition formula with the bounds that README.md derives;
// ZeroLanes; Select; InvertLanes; Lane-wise CopyLane; LoadLines, StoreLines and NegateLanes for
// table lines.
#ifndef MUSTER_ENGINE_CRYPTO_KERNELS_AFFINE_BATCH_H_
#define MUSTER_ENGINE_CRYPTO_KERNELS_AFFINE_BATCH_H_

#include "engine/base/check.h"
#include "engine/crypto/kernels/words.h"

namespace muster::crypto::kernels {
namespace {

using LaneMask = std::uint32_t;  // Bit i: lane i.

// A vector of points and what the addition under way needs to know between its two passes.
template <class F>
struct Slot {
  typename F::Stored x, y;
  typename F::Stored dx, dy;  // x2 - x1 and y2 - y1.
  typename F::Stored before;  // The product of the dx of earlier slots of this chain.
};

template <class F>
struct Batch {
  Slot<F>* slots = nullptr;
  std::uint8_t* skip = nullptr;         // Lanes of a slot that this addition leaves alone.
  std::uint8_t* exceptional = nullptr;  // Lanes of a slot that once met dx = 0.
};

// dx and dy of one slot; lanes that are to be skipped get dx = 1, so that the product stays
// invertible. `active` are the lanes that have something to add.
template <class F>
MUSTER_ALWAYS_INLINE typename F::Vec OpenSlot(const Batch<F>& batch, std::size_t v,
                                              const typename F::Vec& x2,
                                              const typename F::Vec& y2, LaneMask active) {
  Slot<F>& slot = batch.slots[v];
  typename F::Vec dx = F::Delta(x2, F::Load(slot.x));
  const LaneMask zero = F::ZeroLanes(dx);
  const LaneMask skip = (~active & F::kAllLanes) | zero;
  batch.skip[v] = static_cast<std::uint8_t>(skip);
  if (skip != 0) [[unlikely]] {
    batch.exceptional[v] = static_cast<std::uint8_t>(batch.exceptional[v] | (zero & active));
    dx = F::Select(skip, F::One(), dx);
  }
  F::Store(dx, &slot.dx);
  F::Store(F::DeltaY(y2, F::Load(slot.y)), &slot.dy);
  return dx;
}

// The sum of a slot, from lambda = dy / dx and its square: x3 = lambda^2 - x1 - x2 (= -dx - 2 x1),
// y3 = lambda (x1 - x3) - y1.
template <class F>
MUSTER_ALWAYS_INLINE void CloseSlot(const Batch<F>& batch, std::size_t v, const typename F::Vec& x3,
                                    const typename F::Vec& product) {
  Slot<F>& slot = batch.slots[v];
  const typename F::Vec y1 = F::Load(slot.y);
  typename F::Vec x = x3, y = F::ThirdY(product, y1);
  const LaneMask skip = batch.skip[v];
  if (skip != 0) [[unlikely]] {
    x = F::Select(skip, F::Load(slot.x), x);
    y = F::Select(skip, y1, y);
  }
  F::Store(x, &slot.x);
  F::Store(y, &slot.y);
}

// 1 / even and 1 / odd from one inversion of their product.
template <class F>
MUSTER_ALWAYS_INLINE void InvertBoth(typename F::Vec* even, typename F::Vec* odd) {
  typename F::Vec product, unused;
  F::MulPair(*even, *odd, *even, *odd, &product, &unused);
  const typename F::Vec inverse = F::InvertLanes(product);
  F::MulPair(inverse, *odd, inverse, *even, even, odd);
}

// slots[v] += (x2, y2) for all v < vectors (an even number), where addend(v, &x2, &y2) gives the
// points to add and returns the lanes that have one. The points must not be infinity; equal or
// opposite ones leave the lane as it is and mark it exceptional. Two chains of products, over the
// even and the odd slots, keep the multiplier busy.
template <class F, class Addend>
MUSTER_ALWAYS_INLINE void AddToAll(const Batch<F>& batch, std::size_t vectors,
                                   const Addend& addend) {
  using Vec = typename F::Vec;
  MUSTER_DCHECK(vectors % 2 == 0 && vectors > 0);
  Vec even = F::One(), odd = F::One();
  for (std::size_t v = 0; v < vectors; v += 2) {
    Vec x2, y2;
    LaneMask active = addend(v, &x2, &y2);
    const Vec even_dx = OpenSlot(batch, v, x2, y2, active);
    active = addend(v + 1, &x2, &y2);
    const Vec odd_dx = OpenSlot(batch, v + 1, x2, y2, active);
    F::Store(even, &batch.slots[v].before);
    F::Store(odd, &batch.slots[v + 1].before);
    F::MulPair(even, even_dx, odd, odd_dx, &even, &odd);
  }
  InvertBoth<F>(&even, &odd);
  for (std::size_t v = vectors; v > 0;) {
    v -= 2;
    Slot<F>& first = batch.slots[v];
    Slot<F>& second = batch.slots[v + 1];
    const Vec first_dx = F::Load(first.dx), second_dx = F::Load(second.dx);
    Vec a, b;  // 1 / dx, then lambda.
    F::MulPair(even, F::Load(first.before), odd, F::Load(second.before), &a, &b);
    F::MulPair(even, first_dx, odd, second_dx, &even, &odd);
    F::MulPair(a, F::Load(first.dy), b, F::Load(second.dy), &a, &b);
    Vec a2, b2;
    F::SqrPair(a, b, &a2, &b2);
    const Vec first_x = F::Load(first.x), second_x = F::Load(second.x);
    const Vec first_x3 = F::ThirdX(a2, first_dx, first_x);
    const Vec second_x3 = F::ThirdX(b2, second_dx, second_x);
    F::MulPair(a, F::Difference(first_x, first_x3), b, F::Difference(second_x, second_x3), &a, &b);
    CloseSlot(batch, v, first_x3, a);
    CloseSlot(batch, v + 1, second_x3, b);
  }
}

}  // namespace
}  // namespace muster::crypto::kernels

#endif  // MUSTER_ENGINE_CRYPTO_KERNELS_AFFINE_BATCH_H_
