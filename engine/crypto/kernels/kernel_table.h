// What batch verification and a kernel say to each other. Knows no instruction set.
#ifndef MUSTER_ENGINE_CRYPTO_KERNELS_KERNEL_TABLE_H_
#define MUSTER_ENGINE_CRYPTO_KERNELS_KERNEL_TABLE_H_

#include <cstddef>
#include <cstdint>

namespace muster::crypto::kernels {

// Windows narrower than 2 bits have no table worth the name; wider ones than 16 do not pay.
inline constexpr int kWindowMin = 2;
inline constexpr int kWindowMax = 16;

// Two numbers below the field's prime or the order, 64-bit words, least significant first: a point
// of a table (in the kernel's own Montgomery form) or a pair of plain integers.
template <int kWords>
struct alignas(32) Line {
  std::uint64_t x[kWords];
  std::uint64_t y[kWords];
};

// The odd multiples of a point P: line [i * 2^(w-1) + j] is (2j + 1) * 2^(w i) * P, for
// 0 <= i < windows and 0 <= j < 2^(w-1).
template <int kWords>
struct Table {
  const Line<kWords>* lines = nullptr;
  int window = 0;   // w
  int windows = 0;  // ceil(bits / w)
};

// A table to build: of the affine point (x, y), plain integers below p, on the curve.
template <int kWords>
struct BuildTask {
  const std::uint64_t* x = nullptr;
  const std::uint64_t* y = nullptr;
  Line<kWords>* lines = nullptr;  // Out.
};

enum class Outcome : std::uint8_t {
  kBad,
  kGood,
  kExceptional,  // An addition of equal or opposite points: the kernel does not know.
};

// One signature to check. The caller guarantees 0 < r, s < n; `hash` is any number of kWords words.
template <int kWords>
struct alignas(64) Item {
  Line<kWords> rs;    // x: r, y: s.
  Line<kWords> hash;  // x: the truncated digest, y: unused.
  const Table<kWords>* key = nullptr;
  std::size_t job = 0;  // For the caller.
  Outcome outcome = Outcome::kBad;
};

// Raw field operations, for the tests.
enum class Probe : std::uint8_t {
  kMultiply,  // a * b / R mod p
  kSquare,    // a * a / R mod p
  kInvert,    // R^2 / a mod p
  kSubtract,  // a - b mod p
  kOrder,     // a * b / R mod n
};

// The operations of one kernel on one curve. All numbers are public: nothing here runs in constant
// time.
template <int kWords>
struct CurveKernel {
  int montgomery_bits;           // R = 2^montgomery_bits.
  int lanes;                     // Signatures in one vector.
  std::size_t items_max;         // Of one call of `verify`.
  std::size_t workspace_octets;  // For `verify`; aligned to 64.
  std::size_t tasks_max;         // Of one call of `build`.
  std::size_t build_octets;      // For `build`; aligned to 64. Few keys touch a part of them only.
  // Builds `count` tables with the same window.
  void (*build)(const BuildTask<kWords>* tasks, std::size_t count, int window, int windows,
                void* workspace);
  // Sets the outcome of items[0 .. count). Items may have different keys and windows.
  void (*verify)(const Table<kWords>& generator, Item<kWords>* items, std::size_t count,
                 void* workspace);
  // Whether points, plain integers below p, satisfy the curve's equation: 1 or 0 for each.
  void (*on_curve)(const Line<kWords>* points, std::size_t count, std::uint8_t* good);
  // `a` and `b` have kWords + 1 words and are below 2^montgomery_bits; `out` has kWords.
  void (*probe)(Probe probe, const std::uint64_t* a, const std::uint64_t* b, std::uint64_t* out);
};

struct KernelTable {
  CurveKernel<4> p256;
  CurveKernel<6> p384;
};

// The kernels of this build. The caller must know that the processor can run them.
const KernelTable& PortableKernel();
#ifdef __x86_64__
const KernelTable& Bmi2Kernel();
const KernelTable& Avx512IfmaKernel();
#endif

}  // namespace muster::crypto::kernels

#endif  // MUSTER_ENGINE_CRYPTO_KERNELS_KERNEL_TABLE_H_
