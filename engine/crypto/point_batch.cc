#include "engine/crypto/point_batch.h"

#include <botan/ec_apoint.h>
#include <botan/ec_group.h>

#include <algorithm>

#include "engine/base/check.h"
#include "engine/crypto/big_endian.h"
#include "engine/crypto/kernel.h"
#include "engine/crypto/kernels/curves.h"

namespace muster::crypto {
namespace {

using kernels::Line;
using kernels::Words;

template <int kWords>
constexpr const Words<kWords>& PrimeOf() {
  if constexpr (kWords == 4) {
    return kernels::P256::kP;
  } else {
    return kernels::P384::kP;
  }
}

// False where a coordinate is not below the prime.
template <int kWords>
bool ReadPoint(ByteView xy, Line<kWords>* out) {
  constexpr std::size_t kSize = 8 * kWords;
  MUSTER_CHECK(xy.size() == 2 * kSize);
  LoadPoint(xy.data(), out);
  Words<kWords> x, y;
  std::copy(out->x, out->x + kWords, x.w);
  std::copy(out->y, out->y + kWords, y.w);
  return IsLess(x, PrimeOf<kWords>()) && IsLess(y, PrimeOf<kWords>());
}

// Where only one point is asked for, lanes do not help. Null where no kernel passed its self-test.
const kernels::KernelTable* SingleKernel() {
  static const kernels::KernelTable* const table = [] {
    const kernels::KernelTable* best = OperationsOf(Kernel::kBmi2);
    return best != nullptr ? best : OperationsOf(Kernel::kPortable);
  }();
  return table;
}

template <int kWords>
bool IsOnByBotan(const Line<kWords>& point) {
  constexpr std::size_t kSize = 8 * kWords;
  Bytes sec1(1 + 2 * kSize);
  sec1[0] = 0x04;
  for (std::size_t i = 0; i < kSize; ++i) {
    const std::size_t shift = 8 * (i % 8);
    sec1[kSize - i] = static_cast<std::uint8_t>(point.x[i / 8] >> shift);
    sec1[2 * kSize - i] = static_cast<std::uint8_t>(point.y[i / 8] >> shift);
  }
  const auto group = Botan::EC_Group::from_name(kWords == 4 ? "secp256r1" : "secp384r1");
  return Botan::EC_AffinePoint::deserialize(group, sec1).has_value();
}

template <int kWords>
bool IsOn(ByteView xy) {
  Line<kWords> point;
  if (!ReadPoint<kWords>(xy, &point)) return false;
  const kernels::KernelTable* kernel = SingleKernel();
  if (kernel == nullptr) return IsOnByBotan<kWords>(point);
  std::uint8_t good = 0;
  CurveOf<kWords>(*kernel).on_curve(&point, 1, &good);
  return good == 1;
}

}  // namespace

bool IsOnCurve(const CurvePoint& point) {
  return point.algorithm == KeyAlgorithm::kP256 ? IsOn<4>(point.xy) : IsOn<6>(point.xy);
}

void PointBatch::Clear() {
  count_ = 0;
  good_.clear();
  p256_.points.clear();
  p256_.index.clear();
  p384_.points.clear();
  p384_.index.clear();
}

template <int kWords>
void PointBatch::AddTo(Group<kWords>* group, const CurvePoint& point) {
  Line<kWords> line;
  if (!ReadPoint<kWords>(point.xy, &line)) return;  // Not good, and no kernel need look.
  // Where memory runs out between the two, the index without a point goes with the next Add.
  group->index.resize(group->points.size());
  group->index.push_back(static_cast<std::uint32_t>(count_));
  group->points.push_back(line);
}

std::size_t PointBatch::Add(const CurvePoint& point) {
  if (point.algorithm == KeyAlgorithm::kP256) {
    AddTo(&p256_, point);
  } else {
    AddTo(&p384_, point);
  }
  return count_++;
}

template <int kWords>
void PointBatch::CheckGroup(Group<kWords>* group, Kernel kernel) {
  if (group->points.empty()) return;
  group->good.resize(group->points.size());
  if (const kernels::KernelTable* operations = OperationsOf(kernel)) {
    CurveOf<kWords>(*operations).on_curve(group->points.data(), group->points.size(),
                                          group->good.data());
  } else {
    std::transform(group->points.begin(), group->points.end(), group->good.begin(),
                   [](const Line<kWords>& point) { return IsOnByBotan<kWords>(point) ? 1 : 0; });
  }
  for (std::size_t i = 0; i < group->points.size(); ++i) good_[group->index[i]] = group->good[i];
}

void PointBatch::Check(Kernel kernel) {
  good_.assign(count_, 0);
  CheckGroup(&p256_, kernel);
  CheckGroup(&p384_, kernel);
}

}  // namespace muster::crypto
