// The kernel for AVX-512 IFMA: eight signatures at a time through lanes52.h.

#include "engine/crypto/kernels/build_table.h"
#include "engine/crypto/kernels/curves.h"
#include "engine/crypto/kernels/kernel_table.h"
#include "engine/crypto/kernels/lanes52.h"
#include "engine/crypto/kernels/on_curve.h"
#include "engine/crypto/kernels/recoding.h"
#include "engine/crypto/kernels/verify.h"

namespace muster::crypto::kernels {
namespace {

// The first kCount numbers of eight lines (kCount <= 8) from word `first`, lane by lane.
template <int kWords>
MUSTER_ALWAYS_INLINE void LoadEight(const Line<kWords>* const* lines, int first, Limb8* out) {
  __m512i rows[8];
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) rows[i] = _mm512_loadu_si512(lines[i]->x + first);
  Transpose(rows);
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) out[i] = reinterpret_cast<Limb8>(rows[i]);
}

// The words of eight lines.
template <int kWords>
MUSTER_ALWAYS_INLINE void LoadWords(const Line<kWords>* const* lines, Limb8* x, Limb8* y) {
  Limb8 words[16];
  LoadEight(lines, 0, words);
  // A line of twelve words takes two loads, which overlap.
  if constexpr (kWords == 6) LoadEight(lines, 4, words + 8);
#pragma GCC unroll 8
  for (int i = 0; i < kWords; ++i) {
    x[i] = words[i];
    const int j = kWords + i;
    y[i] = j < 8 ? words[j] : words[8 + j - 4];
  }
}

// The field for affine_batch.h. Between additions x and y are below (1 + e) p with a tiny e; the
// other bounds are in README.md.
template <class Curve>
struct LaneField {
  static constexpr int kWords = Curve::kWords;
  static constexpr std::size_t kLanes = 8;
  static constexpr LaneMask kAllLanes = 0xff;
  static constexpr std::size_t kSlotsAhead = 4;
  static constexpr std::size_t kLaneDoublingMin = 3;
  using Fold = FieldFold<Curve>;
  using P = Montgomery52<Fold>;
  static constexpr int kLimbs = P::kLimbs;
  static constexpr int kMontgomeryBits = P::kBits;
  using Vec = Vec52<kLimbs>;
  using Stored = Stored52<kLimbs>;

  static MUSTER_ALWAYS_INLINE Vec Load(const Stored& a) { return LoadVec(a); }
  static MUSTER_ALWAYS_INLINE void Store(const Vec& a, Stored* out) { StoreVec(a, out); }
  static MUSTER_ALWAYS_INLINE Vec Constant(const Words<kWords>& a) { return P::Constant(a); }
  static MUSTER_ALWAYS_INLINE Vec One() { return P::Constant(kOne); }
  static MUSTER_ALWAYS_INLINE void MulPair(const Vec& a, const Vec& b, const Vec& c, const Vec& d,
                                           Vec* ab, Vec* cd) {
    P::MulPair(a, b, c, d, ab, cd);
  }
  static MUSTER_ALWAYS_INLINE void SqrPair(const Vec& a, const Vec& b, Vec* aa, Vec* bb) {
    *aa = P::Sqr(a);
    *bb = P::Sqr(b);
  }

  // a - b + 2p: between (1 - e) p and (3 + e) p.
  static MUSTER_ALWAYS_INLINE Vec Delta(const Vec& a, const Vec& b) {
    return SubtractAndAdd<2>(a, b);
  }
  static MUSTER_ALWAYS_INLINE Vec Difference(const Vec& a, const Vec& b) {
    return SubtractAndAdd<2>(a, b);
  }
  // As NegateLanes leaves it, a is above -p: between (1 - e) p and 4p + e p.
  static MUSTER_ALWAYS_INLINE Vec DeltaY(const Vec& a, const Vec& b) {
    return SubtractAndAdd<3>(a, b);
  }

  // square - dx - 2 x1 + 6p, lowered. square < 2p, dx < (3 + e) p, x1 < (1 + e) p.
  static MUSTER_ALWAYS_INLINE Vec ThirdX(const Vec& square, const Vec& dx, const Vec& x1) {
    constexpr Limbs<kLimbs> kSixP = MultipleOf<kLimbs>(Curve::kP, 6);
    Vec out;
#pragma GCC unroll 8
    for (int i = 0; i < kLimbs; ++i) {
      out.l[i] = (square.l[i] - dx.l[i]) + (Broadcast(kSixP.l[i]) - (x1.l[i] + x1.l[i]));
    }
    return Lowered(out);
  }
  // product - y1 + 2p, lowered.
  static MUSTER_ALWAYS_INLINE Vec ThirdY(const Vec& product, const Vec& y1) {
    constexpr Limbs<kLimbs> kTwoP = MultipleOf<kLimbs>(Curve::kP, 2);
    Vec out;
#pragma GCC unroll 8
    for (int i = 0; i < kLimbs; ++i) {
      out.l[i] = product.l[i] + (Broadcast(kTwoP.l[i]) - y1.l[i]);
    }
    return Lowered(out);
  }
  // What NegateLanes leaves, lowered.
  static MUSTER_ALWAYS_INLINE Vec Settle(const Vec& a) {
    return ThirdY(a, BroadcastLimbs(Limbs<kLimbs>{}));
  }

  // Lanes of a Delta that are 0 mod p: p, 2p and 3p.
  static MUSTER_ALWAYS_INLINE LaneMask ZeroLanes(const Vec& a) {
    constexpr Limbs<kLimbs> kOneP = MultipleOf<kLimbs>(Curve::kP, 1);
    constexpr Limbs<kLimbs> kTwoP = MultipleOf<kLimbs>(Curve::kP, 2);
    constexpr Limbs<kLimbs> kThreeP = MultipleOf<kLimbs>(Curve::kP, 3);
    const LaneMask maybe =
        EqualLanes(a.l[0], kOneP.l[0]) | EqualLanes(a.l[0], kTwoP.l[0]) |
        EqualLanes(a.l[0], kThreeP.l[0]);
    if (maybe == 0) [[likely]] return 0;
    LaneMask one = maybe, two = maybe, three = maybe;
    for (int i = 0; i < kLimbs; ++i) {
      one &= EqualLanes(a.l[i], kOneP.l[i]);
      two &= EqualLanes(a.l[i], kTwoP.l[i]);
      three &= EqualLanes(a.l[i], kThreeP.l[i]);
    }
    return one | two | three;
  }
  static MUSTER_ALWAYS_INLINE Vec Select(LaneMask mask, const Vec& yes, const Vec& no) {
    return SelectLanes(static_cast<__mmask8>(mask), yes, no);
  }
  static Vec InvertLanes(const Vec& a) { return P::InvertLanes(a); }

  static void CopyLane(const Stored& from, std::size_t lane, Stored* to, std::size_t to_lane) {
    for (int i = 0; i < kLimbs; ++i) to->limb[i][to_lane] = from.limb[i][lane];
  }
  static MUSTER_ALWAYS_INLINE void LoadLines(const Line<kWords>* const* lines, Vec* x, Vec* y) {
    Limb8 x_words[kWords], y_words[kWords];
    LoadWords(lines, x_words, y_words);
    *x = FromWords<kLimbs, kWords>(x_words);
    *y = FromWords<kLimbs, kWords>(y_words);
  }
  // y -> -y in the lanes of the mask; limbs turn negative.
  static MUSTER_ALWAYS_INLINE Vec NegateLanes(LaneMask mask, Vec a) {
#pragma GCC unroll 8
    for (int i = 0; i < kLimbs; ++i) {
      const __m512i limb = reinterpret_cast<__m512i>(a.l[i]);
      a.l[i] = reinterpret_cast<Limb8>(_mm512_mask_sub_epi64(
          limb, static_cast<__mmask8>(mask), _mm512_setzero_si512(), limb));
    }
    return a;
  }
  static void StoreLines(const Vec& x, const Vec& y, Line<kWords>* const* lines) {
    Limb8 words[16] = {};
    ToWords<kLimbs, kWords>(P::Canonical(x), words);
    ToWords<kLimbs, kWords>(P::Canonical(y), words + kWords);
    __m512i rows[8];
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) rows[i] = reinterpret_cast<__m512i>(words[i]);
    Transpose(rows);
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) _mm512_storeu_si512(lines[i]->x, rows[i]);
    if constexpr (kWords == 6) {
#pragma GCC unroll 8
      for (int i = 0; i < 8; ++i) rows[i] = reinterpret_cast<__m512i>(words[8 + i]);
      Transpose(rows);
#pragma GCC unroll 8
      for (int i = 0; i < 8; ++i) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(lines[i]->y + 2),
                            _mm512_castsi512_si256(rows[i]));
      }
    }
  }

  // ---- For tables ----

  // A number in the form of 64-bit words becomes a Vec of 1 / 2^(kMontgomeryBits - 64 kWords) of
  // it.
  static MUSTER_ALWAYS_INLINE void PutLane(const Words<kWords>& a, std::size_t lane, Stored* out) {
    const Limbs<kLimbs> limbs = LimbsOf<kLimbs>(a);
    for (int i = 0; i < kLimbs; ++i) out->limb[i][lane] = limbs.l[i];
  }
  // 1 / 2^(kMontgomeryBits - 64 kWords).
  static MUSTER_ALWAYS_INLINE Vec OneOf64() {
    return P::Constant(PowerOfTwoMod(64 * kWords, Curve::kP));
  }
  // Plain numbers into Montgomery form, lowered.
  static MUSTER_ALWAYS_INLINE void ToForm(Vec* x, Vec* y) {
    constexpr Words<kWords> kSquare = PowerOfTwoMod(2 * P::kBits, Curve::kP);
    P::MulPair(*x, P::Constant(kSquare), *y, P::Constant(kSquare), x, y);
    *x = Settle(*x);
    *y = Settle(*y);
  }
  // Jacobian coordinates, a = -3. Before and after, x and y are below (1 + e) p and z below 2p.
  static MUSTER_ALWAYS_INLINE void DoublePoints(Vec* x, Vec* y, Vec* z) {
    Vec zz, yy, product, s, square, yyyy4;
    SqrPair(*z, *y, &zz, &yy);
    const Vec yy2 = Sum(yy, yy);
    MulPair(SubtractAndAdd<2>(*x, zz), Sum(*x, zz), Sum(*x, *x), yy2, &product, &s);
    const Vec slope = TripleLowered(product);
    SqrPair(slope, yy2, &square, &yyyy4);
    *x = MinusTwice(square, s);
    MulPair(slope, SubtractAndAdd<2>(s, *x), Sum(*y, *y), *z, &product, z);
    *y = MinusTwice(product, yyyy4);
  }

  static void ToPlain(const Vec& a, Words<kWords>* out) {
    alignas(64) Word words[kWords][8];
    StoreCanonical(P::Mul(a, P::Constant(Words<kWords>{{1}})), words);
    for (int lane = 0; lane < 8; ++lane) {
      for (int i = 0; i < kWords; ++i) out[lane].w[i] = words[i][lane];
    }
  }

 private:
  static constexpr Words<kWords> kOne = PowerOfTwoMod(P::kBits, Curve::kP);

  template <Word kFactor>
  static MUSTER_ALWAYS_INLINE Vec SubtractAndAdd(const Vec& a, const Vec& b) {
    constexpr Limbs<kLimbs> kMultiple = MultipleOf<kLimbs>(Curve::kP, kFactor);
    Vec out;
#pragma GCC unroll 8
    for (int i = 0; i < kLimbs; ++i) {
      out.l[i] = a.l[i] + (Broadcast(kMultiple.l[i]) - b.l[i]);
    }
    out = kernels::Settle(out);
    MUSTER_DCHECK(IsSettled(out));
    return out;
  }
  static MUSTER_ALWAYS_INLINE Vec Sum(const Vec& a, const Vec& b) {
    Vec out;
#pragma GCC unroll 8
    for (int i = 0; i < kLimbs; ++i) out.l[i] = a.l[i] + b.l[i];
    out = kernels::Settle(out);
    MUSTER_DCHECK(IsSettled(out));
    return out;
  }
  // 3 a + p for a below 2p, lowered.
  static MUSTER_ALWAYS_INLINE Vec TripleLowered(const Vec& a) {
    constexpr Limbs<kLimbs> kOneP = MultipleOf<kLimbs>(Curve::kP, 1);
    Vec out;
#pragma GCC unroll 8
    for (int i = 0; i < kLimbs; ++i) out.l[i] = a.l[i] + a.l[i] + (a.l[i] + Broadcast(kOneP.l[i]));
    return Lowered(out);
  }
  // a - 2 b + 5p for a and b below 2p, lowered.
  static MUSTER_ALWAYS_INLINE Vec MinusTwice(const Vec& a, const Vec& b) {
    constexpr Limbs<kLimbs> kFiveP = MultipleOf<kLimbs>(Curve::kP, 5);
    Vec out;
#pragma GCC unroll 8
    for (int i = 0; i < kLimbs; ++i) {
      out.l[i] = a.l[i] + (Broadcast(kFiveP.l[i]) - (b.l[i] + b.l[i]));
    }
    return Lowered(out);
  }
  static MUSTER_ALWAYS_INLINE Vec Lowered(Vec a) {
    Fold::Lower(&a);
    a = kernels::Settle(a);
    MUSTER_DCHECK(IsSettled(a));
    return a;
  }
  static MUSTER_ALWAYS_INLINE LaneMask EqualLanes(Limb8 a, Word b) {
    return _mm512_cmpeq_epi64_mask(reinterpret_cast<__m512i>(a),
                                   reinterpret_cast<__m512i>(Broadcast(b)));
  }
  static void StoreCanonical(const Vec& a, Word (*words)[8]) {
    Limb8 packed[kWords];
    ToWords<kLimbs, kWords>(P::Canonical(a), packed);
    for (int i = 0; i < kWords; ++i) {
      _mm512_store_si512(words[i], reinterpret_cast<__m512i>(packed[i]));
    }
  }
};

// u1 = e / s and u2 = r / s mod n with one inversion for all signatures.
template <class Curve, std::size_t kItemsMax>
struct LaneSolver {
  static constexpr int kWords = Curve::kWords;
  using N = Montgomery52<OrderFold<Curve>>;
  static constexpr int kLimbs = N::kLimbs;
  using Vec = Vec52<kLimbs>;
  struct Workspace {
    Stored52<kLimbs> before[kItemsMax / 8];
  };

  // Eight items from `first` on; those beyond the last repeat it.
  static MUSTER_ALWAYS_INLINE void LoadItems(const Item<kWords>* items, std::size_t first,
                                             std::size_t count, Line<kWords> Item<kWords>::*part,
                                             Vec* x, Vec* y) {
    const Line<kWords>* lines[8];
    for (std::size_t lane = 0; lane < 8; ++lane) {
      lines[lane] = &(items[first + lane < count ? first + lane : count - 1].*part);
    }
    Limb8 x_words[kWords], y_words[kWords];
    LoadWords(lines, x_words, y_words);
    *x = FromWords<kLimbs, kWords>(x_words);
    *y = FromWords<kLimbs, kWords>(y_words);
  }

  static void Solve(const Table<kWords>& generator, const Item<kWords>* items, std::size_t count,
                    Workspace* space, Recoded<kWords>* out) {
    // Taken as Montgomery forms, the s stand for s / R. Their inverses come out as R^2 / s.
    constexpr Words<kWords> kOne = PowerOfTwoMod(N::kBits, Curve::kN);
    Vec product = N::Constant(kOne), r, s, e, unused;
    for (std::size_t i = 0; i < count; i += 8) {
      LoadItems(items, i, count, &Item<kWords>::rs, &r, &s);
      StoreVec(product, &space->before[i / 8]);
      product = N::Mul(product, s);
    }
    // One R less, here and so in every inverse: then the products below are plain numbers.
    Vec inverse = N::Mul(N::InvertLanes(product), N::Constant(Words<kWords>{{1}}));
    for (std::size_t i = (count + 7) / 8 * 8; i > 0;) {
      i -= 8;
      LoadItems(items, i, count, &Item<kWords>::rs, &r, &s);
      LoadItems(items, i, count, &Item<kWords>::hash, &e, &unused);
      Vec w, u1, u2;
      N::MulPair(inverse, LoadVec(space->before[i / 8]), inverse, s, &w, &inverse);
      N::MulPair(w, e, w, r, &u1, &u2);
      Recode8(generator, items, i, count, u1, u2, out);
    }
  }

  static void Recode8(const Table<kWords>& generator, const Item<kWords>* items, std::size_t first,
                      std::size_t count, const Vec& u1, const Vec& u2, Recoded<kWords>* out) {
    Limb8 words1[kWords], words2[kWords];
    ToWords<kLimbs, kWords>(N::Canonical(u1), words1);
    ToWords<kLimbs, kWords>(N::Canonical(u2), words2);
    alignas(64) Word one[kWords][8], two[kWords][8];
    for (int i = 0; i < kWords; ++i) {
      _mm512_store_si512(one[i], reinterpret_cast<__m512i>(words1[i]));
      _mm512_store_si512(two[i], reinterpret_cast<__m512i>(words2[i]));
    }
    for (std::size_t lane = 0; lane < 8 && first + lane < count; ++lane) {
      Words<kWords> a, b;
      for (int i = 0; i < kWords; ++i) {
        a.w[i] = one[i][lane];
        b.w[i] = two[i][lane];
      }
      const Table<kWords>& key = *items[first + lane].key;
      Recoded<kWords>& recoded = out[first + lane];
      Recode(a, Curve::kN, generator.window, generator.windows, &recoded.generator);
      Recode(b, Curve::kN, key.window, key.windows, &recoded.key);
      recoded.lines = key.lines;
      recoded.window = key.window;
    }
  }
};

template <class Curve>
void ProbeLanes(Probe probe, const std::uint64_t* a, const std::uint64_t* b, std::uint64_t* out) {
  using F = LaneField<Curve>;
  using P = typename F::P;
  using N = Montgomery52<OrderFold<Curve>>;
  constexpr int kWords = Curve::kWords;
  Limb8 x_words[kWords + 1], y_words[kWords + 1];
  for (int i = 0; i <= kWords; ++i) {
    x_words[i] = Broadcast(a[i]);
    y_words[i] = Broadcast(b[i]);
  }
  const auto x = FromWords<P::kLimbs, kWords + 1>(x_words);
  const auto y = FromWords<P::kLimbs, kWords + 1>(y_words);
  typename F::Vec result{}, again{};
  switch (probe) {
    case Probe::kMultiply:
      F::MulPair(x, y, y, x, &result, &again);
      break;
    case Probe::kSquare: F::SqrPair(x, x, &result, &again); break;
    case Probe::kInvert: result = F::InvertLanes(P::Canonical(x)); break;
    case Probe::kSubtract:
      result = F::Settle(F::Difference(P::Canonical(x), P::Canonical(y)));
      break;
    case Probe::kOrder: result = N::Canonical(N::Mul(x, y)); break;
  }
  Limb8 packed[kWords];
  ToWords<P::kLimbs, kWords>(probe == Probe::kOrder ? result : P::Canonical(result), packed);
  for (int i = 0; i < kWords; ++i) out[i] = packed[i][7];
}

template <class Curve, std::size_t kBatchLanes>
constexpr CurveKernel<Curve::kWords> LaneCurve() {
  using F = LaneField<Curve>;
  using V = Verifier<Curve, F, LaneSolver<Curve, kBatchLanes>, kBatchLanes>;
  using B = TableBuilder<Curve, F, kBatchLanes>;
  return {.montgomery_bits = F::kMontgomeryBits,
          .lanes = 8,
          .items_max = kBatchLanes,
          .workspace_octets = sizeof(typename V::Workspace),
          .tasks_max = B::kTasksMax,
          .build_octets = sizeof(typename B::Workspace),
          .build = B::Run,
          .verify = V::Run,
          .on_curve = OnCurve<Curve, F>::Run,
          .probe = ProbeLanes<Curve>};
}

constexpr KernelTable kLaneTable = {LaneCurve<P256, 2048>(), LaneCurve<P384, 1024>()};

}  // namespace

const KernelTable& Avx512IfmaKernel() { return kLaneTable; }

}  // namespace muster::crypto::kernels
