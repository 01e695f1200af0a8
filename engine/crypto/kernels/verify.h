// ECDSA verification of a batch (FIPS 186-5 6.4.2 steps 4 to 8) for any curve and field: u1 G + u2
// Q as a sum of table lines, added by affine_batch.h.
//
// A signature's lines are split among several accumulators where signatures are few, so that one
// inversion always serves many additions; the accumulators are added up at the end.
#ifndef MUSTER_ENGINE_CRYPTO_KERNELS_VERIFY_H_
#define MUSTER_ENGINE_CRYPTO_KERNELS_VERIFY_H_

#include "engine/base/check.h"
#include "engine/crypto/kernels/affine_batch.h"
#include "engine/crypto/kernels/kernel_table.h"
#include "engine/crypto/kernels/recoding.h"
#include "engine/crypto/kernels/words.h"

namespace muster::crypto::kernels {
namespace {

// One signature's scalars, ready to be looked up.
template <int kWords>
struct Recoded {
  Digits<kWords> generator, key;
  const Line<kWords>* lines;  // The key's.
  int window;
};

// One accumulator's share: lines [begin, end) of its signature's lines, the generator's first.
struct Share {
  std::uint32_t item;
  std::uint16_t begin, end;
};

// F: the field. S: S::Solve sets u1 and u2. kLanes of the batch at most; also the most signatures.
template <class Curve, class F, class S, std::size_t kBatchLanes>
class Verifier {
 public:
  static constexpr int kWords = Curve::kWords;
  static constexpr std::size_t kLanes = F::kLanes;
  static constexpr std::size_t kSlots = kBatchLanes / kLanes;
  static constexpr std::size_t kSplitMax = 32;
  static_assert(kBatchLanes % (2 * kLanes) == 0 && kBatchLanes >= 2 * kSplitMax * kLanes);

  struct Workspace {
    Slot<F> slots[kSlots];
    typename S::Workspace solver;
    Recoded<kWords> recoded[kBatchLanes + kLanes];
    Share shares[kBatchLanes];
    std::uint8_t skip[kSlots];
    std::uint8_t exceptional[kSlots];
  };

  static void Run(const Table<kWords>& generator, Item<kWords>* items, std::size_t count,
                  void* memory) {
    MUSTER_DCHECK(count > 0 && count <= kBatchLanes);
    Verifier verifier(generator, items, count, static_cast<Workspace*>(memory));
    S::Solve(generator, items, count, &verifier.space_.solver, verifier.space_.recoded);
    const std::size_t steps = verifier.Split();
    verifier.FirstLines();
    for (std::size_t step = 1; step < steps; ++step) verifier.NextLines(step);
    verifier.Combine();
    verifier.Conclude();
  }

 private:
  // The lines that one slot adds in one step.
  struct Pick {
    const Line<kWords>* lines[kLanes];
    LaneMask negative;
    LaneMask active;
  };
  // How many slots ahead of their use lines are fetched from memory.
  static constexpr std::size_t kAhead = F::kSlotsAhead;

  Verifier(const Table<kWords>& generator, Item<kWords>* items, std::size_t count,
           Workspace* space)
      : generator_(generator), items_(items), count_(count), space_(*space),
        batch_{space->slots, space->skip, space->exceptional} {}

  // Lanes rounded up to a pair of slots, in slots.
  static std::size_t SlotsFor(std::size_t lanes) {
    return (lanes + 2 * kLanes - 1) / (2 * kLanes) * 2;
  }

  // The number of accumulators for each signature that costs least, in additions of a slot.
  std::size_t BestSplit() const {
    std::size_t lines = 0, best = 1, least = ~std::size_t{0};
    for (std::size_t s = 0; s < count_; ++s) {
      const auto windows = static_cast<std::size_t>(items_[s].key->windows);
      if (windows > lines) lines = windows;
    }
    lines += static_cast<std::size_t>(generator_.windows);
    for (std::size_t split = 1; split <= kSplitMax && split * count_ <= kBatchLanes; split *= 2) {
      // Measured, for every field: an inversion costs as much as ten slots, and adding accumulators
      // up half as much again as adding lines.
      constexpr std::size_t kInversion = 10;
      std::size_t cost = ((lines - 1) / split) * (kInversion + SlotsFor(split * count_));
      for (std::size_t rest = split / 2; rest > 0; rest /= 2) {
        cost += kInversion + SlotsFor(rest * count_) * 3 / 2;
      }
      if (cost < least) {
        least = cost;
        best = split;
      }
    }
    return best;
  }

  // Lane c * count + s works on share c of signature s; lanes beyond repeat lane 0. Returns the
  // length of the longest share.
  std::size_t Split() {
    split_ = BestSplit();
    std::size_t longest = 0;
    for (std::size_t c = 0; c < split_; ++c) {
      for (std::size_t s = 0; s < count_; ++s) {
        const std::size_t lines = static_cast<std::size_t>(generator_.windows) +
                                  static_cast<std::size_t>(items_[s].key->windows);
        const std::size_t begin = lines * c / split_, end = lines * (c + 1) / split_;
        MUSTER_DCHECK(begin < end);
        space_.shares[c * count_ + s] = {static_cast<std::uint32_t>(s),
                                         static_cast<std::uint16_t>(begin),
                                         static_cast<std::uint16_t>(end)};
        if (end - begin > longest) longest = end - begin;
      }
    }
    slots_ = SlotsFor(split_ * count_);
    for (std::size_t a = split_ * count_; a < slots_ * kLanes; ++a) {
      space_.shares[a] = space_.shares[0];
    }
    for (std::size_t v = 0; v < slots_; ++v) batch_.exceptional[v] = 0;
    return longest;
  }

  // Chooses the lines of slot v and asks for them.
  MUSTER_ALWAYS_INLINE void Choose(std::size_t v, std::size_t step, Pick* pick) const {
    LaneMask negative = 0, active = 0;
#pragma GCC unroll 1
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const Share share = space_.shares[v * kLanes + lane];
      const Recoded<kWords>& recoded = space_.recoded[share.item];
      const int line = static_cast<int>(share.begin + step);
      if (line >= share.end) {
        pick->lines[lane] = generator_.lines;  // Any line: the lane is skipped.
        continue;
      }
      std::uint32_t sign;
      if (line < generator_.windows) {
        pick->lines[lane] =
            generator_.lines + LineOf(recoded.generator, generator_.window, line, &sign);
      } else {
        pick->lines[lane] =
            recoded.lines + LineOf(recoded.key, recoded.window, line - generator_.windows, &sign);
      }
      __builtin_prefetch(pick->lines[lane]);
      if constexpr (sizeof(Line<kWords>) > 64) __builtin_prefetch(pick->lines[lane]->y);
      negative |= sign << lane;
      active |= LaneMask{1} << lane;
    }
    pick->negative = negative;
    pick->active = active;
  }

  MUSTER_ALWAYS_INLINE static LaneMask LoadPick(const Pick& pick, typename F::Vec* x,
                                                typename F::Vec* y) {
    F::LoadLines(pick.lines, x, y);
    *y = F::NegateLanes(pick.negative, *y);
    return pick.active;
  }

  void FirstLines() {
    for (std::size_t v = 0; v < slots_; ++v) {
      Pick pick;
      Choose(v, 0, &pick);
      typename F::Vec x, y;
      LoadPick(pick, &x, &y);
      F::Store(x, &space_.slots[v].x);
      F::Store(F::Settle(y), &space_.slots[v].y);
    }
  }

  void NextLines(std::size_t step) {
    Pick ring[kAhead];
    for (std::size_t v = 0; v < kAhead && v < slots_; ++v) Choose(v, step, &ring[v]);
    AddToAll(batch_, slots_, [&](std::size_t v, typename F::Vec* x, typename F::Vec* y) {
      Pick& pick = ring[v % kAhead];
      const LaneMask active = LoadPick(pick, x, y);
      if (v + kAhead < slots_) Choose(v + kAhead, step, &pick);
      return active;
    });
  }

  // Adds the upper half of the accumulators to the lower one until each signature has one.
  void Combine() {
    while (split_ > 1) {
      split_ /= 2;
      const std::size_t lanes = split_ * count_;
      // A lane's flag must follow its point.
      for (std::size_t a = 0; a < lanes; ++a) {
        if (IsExceptional(a + lanes)) Flag(a);
      }
      slots_ = SlotsFor(lanes);
      AddToAll(batch_, slots_, [&](std::size_t v, typename F::Vec* x, typename F::Vec* y) {
        typename F::Stored other_x{}, other_y{};
        LaneMask active = 0;
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
          const std::size_t a = v * kLanes + lane;
          if (a >= lanes) break;
          const Slot<F>& from = space_.slots[(a + lanes) / kLanes];
          F::CopyLane(from.x, (a + lanes) % kLanes, &other_x, lane);
          F::CopyLane(from.y, (a + lanes) % kLanes, &other_y, lane);
          active |= LaneMask{1} << lane;
        }
        *x = F::Load(other_x);
        *y = F::Load(other_y);
        return active;
      });
    }
  }

  bool IsExceptional(std::size_t a) const {
    return (space_.exceptional[a / kLanes] >> (a % kLanes) & 1) != 0;
  }
  void Flag(std::size_t a) {
    std::uint8_t& flags = space_.exceptional[a / kLanes];
    flags = static_cast<std::uint8_t>(flags | 1U << (a % kLanes));
  }

  // Step 8: x mod n = r. As x < p < 2n, that is x = r or x = r + n.
  void Conclude() {
    for (std::size_t v = 0; v * kLanes < count_; ++v) {
      Words<kWords> x[kLanes];
      F::ToPlain(F::Load(space_.slots[v].x), x);
      for (std::size_t lane = 0; lane < kLanes && v * kLanes + lane < count_; ++lane) {
        Item<kWords>& item = items_[v * kLanes + lane];
        Words<kWords> r, sum;
        for (int i = 0; i < kWords; ++i) r.w[i] = item.rs.x[i];
        const Word carry = Add(r, Curve::kN, &sum);
        const bool good = x[lane] == r || (carry == 0 && x[lane] == sum);
        item.outcome = IsExceptional(v * kLanes + lane) ? Outcome::kExceptional
                       : good                           ? Outcome::kGood
                                                        : Outcome::kBad;
      }
    }
  }

  const Table<kWords>& generator_;
  Item<kWords>* const items_;
  const std::size_t count_;
  Workspace& space_;
  const Batch<F> batch_;
  std::size_t split_ = 1;  // Accumulators of one signature.
  std::size_t slots_ = 0;
};

}  // namespace
}  // namespace muster::crypto::kernels

#endif  // MUSTER_ENGINE_CRYPTO_KERNELS_VERIFY_H_
