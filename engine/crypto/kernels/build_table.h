// Building tables: 2^m P for every bit m by doubling, one inversion for all of them, then every
// window at once, doubling the number of its lines from level to level:
//   line [k + 2^j] of window i = line [k] + 2^(w i + j + 1) P   for k < 2^j.
// No addition here is exceptional: line [k] is (2k + 1) 2^(w i) P with 2k + 1 < 2^(j+1), and both
// multiples are far below the order, so they are neither equal nor opposite.
//
// Several tables may be built at once. Doubling is a chain that only another key's can run beside:
// few keys are doubled one after the other with 64-bit words, which have the shorter latency, more
// of them together in the lanes of F. All that follows fills the lanes from one key as well as from
// many.
#ifndef MUSTER_ENGINE_CRYPTO_KERNELS_BUILD_TABLE_H_
#define MUSTER_ENGINE_CRYPTO_KERNELS_BUILD_TABLE_H_

#include "engine/base/check.h"
#include "engine/crypto/kernels/affine_batch.h"
#include "engine/crypto/kernels/field64.h"
#include "engine/crypto/kernels/kernel_table.h"
#include "engine/crypto/kernels/words.h"

namespace muster::crypto::kernels {
namespace {

// A vector of points with z (Jacobian coordinates: x / z^2, y / z^3).
template <class F>
struct JacobianSlot {
  typename F::Stored x, y, z;
  typename F::Stored before;  // The product of the z of earlier slots of this chain.
};

// F also has: PutLane, a number of 64-bit words in that Montgomery form into a lane, words kept as
// they are; DoublePoints where it has lanes; kLaneDoublingMin, from how many keys on that is
// faster.
template <class Curve, class F, std::size_t kBatchLanes>
class TableBuilder {
 public:
  static constexpr int kWords = Curve::kWords;
  static constexpr std::size_t kLanes = F::kLanes;
  static constexpr std::size_t kTasksMax = kLanes;
  static constexpr std::size_t kSlots = kBatchLanes / kLanes;
  // Windows may reach 15 bits beyond the order.
  static constexpr std::size_t kDoublesMax = Curve::kBits + kWindowMax;
  static constexpr std::size_t kWindowsMax = (Curve::kBits + kWindowMin - 1) / kWindowMin;

  // So large for the most keys; one key touches an eighth of it.
  struct Workspace {
    union {
      JacobianSlot<F> points[kDoublesMax];
      Slot<F> slots[kSlots];  // Of the additions, which come later.
    };
    Line<kWords> doubles[kTasksMax * kDoublesMax];
    Line<kWords>* starts[kTasksMax * kWindowsMax];
    std::uint8_t skip[kSlots];
    std::uint8_t exceptional[kSlots];
  };

  static void Run(const BuildTask<kWords>* tasks, std::size_t count, int window, int windows,
                  void* memory) {
    MUSTER_DCHECK(count > 0 && count <= kTasksMax);
    TableBuilder builder(tasks, count, window, windows, static_cast<Workspace*>(memory));
    builder.Double();
    builder.Normalise();
    builder.BeginWindows();
    builder.Levels();
  }

 private:
  using P = Montgomery64<FieldModulus<Curve>>;
  using Number = Words<kWords>;
  using Vec = typename F::Vec;

  TableBuilder(const BuildTask<kWords>* tasks, std::size_t count, int window, int windows,
               Workspace* space)
      : tasks_(tasks),
        count_(count),
        window_(static_cast<std::size_t>(window)),
        groups_(count * static_cast<std::size_t>(windows)),
        doubles_(static_cast<std::size_t>(window * windows)),
        by_lanes_(kLanes > 1 && count >= F::kLaneDoublingMin),
        space_(*space),
        batch_{space->slots, space->skip, space->exceptional} {
    MUSTER_DCHECK(doubles_ <= kDoublesMax);
    const std::size_t used = by_lanes_ ? doubles_ : (count_ * doubles_ + kLanes - 1) / kLanes;
    point_slots_ = (used + 1) / 2 * 2;
  }

  // Which of space_.doubles a lane of a slot of points is: 2^m P of key i is number i doubles_ + m.
  // Slots and lanes beyond the last repeat it.
  std::size_t DoubleAt(std::size_t v, std::size_t lane) const {
    if (by_lanes_) return Least(lane, count_ - 1) * doubles_ + Least(v, doubles_ - 1);
    return Least(v * kLanes + lane, count_ * doubles_ - 1);
  }
  static std::size_t Least(std::size_t a, std::size_t b) { return a < b ? a : b; }

  void Double() {
    if constexpr (kLanes > 1) {
      if (by_lanes_) return DoubleInLanes();
    }
    for (std::size_t i = 0; i < count_; ++i) DoubleOne(i);
  }

  static Number Get(const std::uint64_t* words) {
    Number out;
    for (int i = 0; i < kWords; ++i) out.w[i] = words[i];
    return out;
  }

  // 2^m P in Jacobian coordinates, a = -3; z is halved each time, which saves doublings of numbers.
  // No point of odd order doubles to infinity.
  void DoubleOne(std::size_t task) {
    Number x = P::To(Get(tasks_[task].x)), y = P::To(Get(tasks_[task].y)), z = P::kOne;
    const std::size_t begin = task * doubles_;
    const std::size_t end = task + 1 == count_ ? point_slots_ * kLanes : begin + doubles_;
    for (std::size_t n = begin; n < end; ++n) {
      JacobianSlot<F>& slot = space_.points[n / kLanes];
      F::PutLane(x, n % kLanes, &slot.x);
      F::PutLane(y, n % kLanes, &slot.y);
      F::PutLane(z, n % kLanes, &slot.z);
      if (n + 1 >= begin + doubles_) continue;  // Lanes beyond the last.
      const Number zz = P::Sqr(z), yy = P::Sqr(y);
      const Number product = P::Mul(P::Sub(x, zz), P::Add(x, zz));
      const Number xyy = P::Mul(x, yy);
      const Number slope = P::Add(product, P::Halve(product));
      z = P::Mul(y, z);
      x = P::Sub(P::Sub(P::Sqr(slope), xyy), xyy);
      y = P::Sub(P::Mul(slope, P::Sub(xyy, x)), P::Sqr(yy));
    }
  }

  // The same for one key in each lane.
  void DoubleInLanes() {
    Line<kWords> points[kLanes];
    const Line<kWords>* from[kLanes];
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const BuildTask<kWords>& task = tasks_[Least(lane, count_ - 1)];
      for (int i = 0; i < kWords; ++i) {
        points[lane].x[i] = task.x[i];
        points[lane].y[i] = task.y[i];
      }
      from[lane] = &points[lane];
    }
    Vec x, y, z = F::One();
    F::LoadLines(from, &x, &y);
    F::ToForm(&x, &y);
    for (std::size_t m = 0; m < point_slots_; ++m) {
      JacobianSlot<F>& slot = space_.points[m];
      F::Store(x, &slot.x);
      F::Store(y, &slot.y);
      F::Store(z, &slot.z);
      if (m + 1 < doubles_) F::DoublePoints(&x, &y, &z);
    }
  }

  // Affine, in the Montgomery form of F.
  void Normalise() {
    JacobianSlot<F>* const points = space_.points;
    Vec even = F::One(), odd = F::One();
    for (std::size_t v = 0; v < point_slots_; v += 2) {
      F::Store(even, &points[v].before);
      F::Store(odd, &points[v + 1].before);
      F::MulPair(even, F::Load(points[v].z), odd, F::Load(points[v + 1].z), &even, &odd);
    }
    InvertBoth<F>(&even, &odd);
    for (std::size_t v = point_slots_; v > 0;) {
      v -= 2;
      Vec a, b;  // 1 / z.
      F::MulPair(even, F::Load(points[v].before), odd, F::Load(points[v + 1].before), &a, &b);
      F::MulPair(even, F::Load(points[v].z), odd, F::Load(points[v + 1].z), &even, &odd);
      Vec ratio_a = a, ratio_b = b;
      if (!by_lanes_ && F::kMontgomeryBits != 64 * kWords) {
        F::MulPair(a, F::OneOf64(), b, F::OneOf64(), &ratio_a, &ratio_b);
      }
      Vec square_a, square_b, x_a, x_b;
      F::MulPair(a, ratio_a, b, ratio_b, &square_a, &square_b);
      F::MulPair(F::Load(points[v].x), square_a, F::Load(points[v + 1].x), square_b, &x_a, &x_b);
      F::MulPair(square_a, ratio_a, square_b, ratio_b, &a, &b);
      F::MulPair(F::Load(points[v].y), a, F::Load(points[v + 1].y), b, &a, &b);
      StoreDoubles(v, x_a, a);
      StoreDoubles(v + 1, x_b, b);
    }
  }

  void StoreDoubles(std::size_t v, const Vec& x, const Vec& y) {
    Line<kWords>* to[kLanes];
    for (std::size_t lane = 0; lane < kLanes; ++lane) to[lane] = &space_.doubles[DoubleAt(v, lane)];
    F::StoreLines(x, y, to);
  }

  // Groups are the windows of all tables. The first line of group g is double number g window_.
  void BeginWindows() {
    const std::size_t half = std::size_t{1} << (window_ - 1), windows = groups_ / count_;
    for (std::size_t g = 0; g < groups_; ++g) {
      space_.starts[g] = tasks_[g / windows].lines + g % windows * half;
      *space_.starts[g] = space_.doubles[g * window_];
    }
  }

  // As many tables together as it takes to fill a batch: more would only leave the near caches.
  void Levels() {
    const std::size_t windows = groups_ / count_;
    std::size_t tables = 1;
    while (2 * tables <= count_ && 2 * tables * windows << window_ <= 4 * kBatchLanes) tables *= 2;
    for (std::size_t begin = 0; begin < groups_; begin += tables * windows) {
      const std::size_t end = Least(begin + tables * windows, groups_);
      for (std::size_t j = 0; j + 1 < window_; ++j) Level(j, begin, end);
    }
  }

  // Additions of level j for groups [begin, end): number n is line [n % 2^j] of group n / 2^j.
  void Level(std::size_t j, std::size_t begin, std::size_t end) {
    for (std::size_t n = begin << j; n < end << j; n += kBatchLanes) {
      Additions(j, n, Least((end << j) - n, kBatchLanes));
    }
  }

  Line<kWords>* LineAt(std::size_t j, std::size_t n) const {
    return space_.starts[n >> j] + (n & ((std::size_t{1} << j) - 1));
  }

  void Additions(std::size_t j, std::size_t begin, std::size_t count) {
    const std::size_t slots = (count + 2 * kLanes - 1) / (2 * kLanes) * 2;
    // Lanes beyond the last addition repeat it.
    const auto number = [&](std::size_t v, std::size_t lane) {
      return begin + Least(v * kLanes + lane, count - 1);
    };
    for (std::size_t v = 0; v < slots; ++v) {
      const Line<kWords>* from[kLanes];
      for (std::size_t lane = 0; lane < kLanes; ++lane) from[lane] = LineAt(j, number(v, lane));
      Vec x, y;
      F::LoadLines(from, &x, &y);
      F::Store(x, &space_.slots[v].x);
      F::Store(y, &space_.slots[v].y);
      space_.exceptional[v] = 0;
    }
    AddToAll(batch_, slots, [&](std::size_t v, Vec* x, Vec* y) {
      const Line<kWords>* from[kLanes];
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        const std::size_t group = number(v, lane) >> j;
        from[lane] = &space_.doubles[group * window_ + j + 1];
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

  const BuildTask<kWords>* const tasks_;
  const std::size_t count_, window_;
  const std::size_t groups_;   // Windows of all tables.
  const std::size_t doubles_;  // Of one key.
  const bool by_lanes_;        // Each lane of the points is another key; else they are one list.
  Workspace& space_;
  const Batch<F> batch_;
  std::size_t point_slots_;
};

}  // namespace
}  // namespace muster::crypto::kernels

#endif  // MUSTER_ENGINE_CRYPTO_KERNELS_BUILD_TABLE_H_
