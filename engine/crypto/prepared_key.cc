#include "engine/crypto/prepared_key.h"

#include <array>
#include <new>

#include "engine/base/check.h"
#include "engine/crypto/big_endian.h"
#include "engine/crypto/subject_public_key.h"

namespace muster::crypto {
namespace {

// From how many leaves on a window pays. Up to 8: building a line costs as much as an addition, so a
// window w with d = ceil(256 / w) windows costs d (2^(w-1) + leaves) additions. Beyond: measured,
// because wide tables leave the near caches (kernels/README.md).
struct WindowStep {
  std::uint64_t leaves_min;
  int window;
};
constexpr std::array kWindowSteps = {
    WindowStep{200'000, 16}, WindowStep{20'000, 12}, WindowStep{4'500, 10}, WindowStep{345, 8},
    WindowStep{165, 7},      WindowStep{60, 6},      WindowStep{27, 5},     WindowStep{2, 4},
};

// Reads X and Y of an uncompressed point (RFC 5480 2.2) and builds the table.
template <int kWords>
OwnedTable<kWords> TableOfPoint(ByteView octets, int window,
                                const kernels::KernelTable& operations) {
  constexpr std::size_t kSize = 8 * kWords;
  MUSTER_CHECK(octets.size() == 1 + 2 * kSize);
  std::uint64_t x[kWords], y[kWords];
  LoadBigEndian<kWords>(octets.data() + 1, x);
  LoadBigEndian<kWords>(octets.data() + 1 + kSize, y);
  return BuildTable<kWords>(operations, x, y, window);
}

}  // namespace

int PreparedKey::WindowFor(KeyAlgorithm algorithm, std::uint64_t leaves) {
  if (!IsSupported(algorithm)) return 0;
  for (const WindowStep& step : kWindowSteps) {
    if (leaves >= step.leaves_min) return step.window;
  }
  return 0;
}

std::size_t PreparedKey::OctetsFor(KeyAlgorithm algorithm, int window) {
  if (window == 0) return 0;
  MUSTER_CHECK(window >= kernels::kWindowMin && window <= kernels::kWindowMax);
  switch (algorithm) {
    case KeyAlgorithm::kP256:
      return TableOctets<4>(window);
    case KeyAlgorithm::kP384:
      return TableOctets<6>(window);
    default:
      return 0;
  }
}

std::size_t PreparedKey::octets() const { return OctetsFor(algorithm_, window_); }

tl::expected<PreparedKey, KeyFailure> PreparedKey::Build(ByteView spki, int window,
                                                         Kernel kernel) {
  const AlgorithmPolicy policy;  // It matters for RSA only.
  // Everything that PublicKey::Load checks, the point on its curve included.
  if (const auto checked = CheckPublicKey(spki, policy); !checked) {
    return tl::unexpected<KeyFailure>(checked.error());
  }
  const auto parsed = ParseSubjectPublicKey(spki, policy);
  if (!parsed) return tl::unexpected<KeyFailure>(parsed.error());
  if (!IsSupported(parsed->algorithm)) {
    return tl::unexpected<KeyFailure>(KeyFailure{RejectReason::kUnsupportedKeyAlgorithm,
                                                 "tables exist for P-256 and P-384 keys only"});
  }
  PreparedKey key(parsed->algorithm, kernel);
  if (kernel == Kernel::kReference) return key;
  const kernels::KernelTable* operations = OperationsOf(kernel);
  MUSTER_CHECK(operations != nullptr);
  try {
    if (parsed->algorithm == KeyAlgorithm::kP256) {
      key.table_ = TableOfPoint<4>(parsed->octets, window, *operations);
    } else {
      key.table_ = TableOfPoint<6>(parsed->octets, window, *operations);
    }
  } catch (const std::bad_alloc&) {
    return tl::unexpected<KeyFailure>(
        KeyFailure{RejectReason::kInternalError, "no memory for the key's table"});
  }
  key.window_ = window;
  return key;
}

}  // namespace muster::crypto
