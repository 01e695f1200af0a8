// Whether points lie on P-256 or P-384, without a library's key objects: asked for every device.
//
// Implements: SEC 1 3.2.2.1 steps 2 and 3: coordinates below the prime, the curve's equation. (Both
// curves have cofactor 1, so step 4 follows.) For public points: the time varies. Thread-safe, with
// one scratch object a thread.
#ifndef MUSTER_ENGINE_CRYPTO_POINT_BATCH_H_
#define MUSTER_ENGINE_CRYPTO_POINT_BATCH_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/crypto/kernels/kernel_table.h"
#include "engine/crypto/public_key.h"
#include "muster/bytes.h"
#include "muster/kernel.h"

namespace muster::crypto {

bool IsOnCurve(const CurvePoint& point);

// Points that wait for an answer. Memory grows to what the largest batch needs and is kept.
class PointBatch {
 public:
  void Clear();
  // The octets are copied. Returns what to ask for afterwards. Where it throws, nothing was added.
  std::size_t Add(const CurvePoint& point);
  // Answers for all that were added, by `kernel`. Throws std::bad_alloc.
  void Check(Kernel kernel);
  // False before Check, and where it threw.
  bool IsOn(std::size_t i) const { return i < good_.size() && good_[i] != 0; }

 private:
  template <int kWords>
  struct Group {
    std::vector<kernels::Line<kWords>> points;
    std::vector<std::uint32_t> index;  // Of points[i] in the order of Add.
    std::vector<std::uint8_t> good;
  };
  template <int kWords>
  void AddTo(Group<kWords>* group, const CurvePoint& point);
  template <int kWords>
  void CheckGroup(Group<kWords>* group, Kernel kernel);

  std::size_t count_ = 0;
  Group<4> p256_;
  Group<6> p384_;
  std::vector<std::uint8_t> good_;
};

}  // namespace muster::crypto

#endif  // MUSTER_ENGINE_CRYPTO_POINT_BATCH_H_
