#include "engine/crypto/prepared_key.h"

#include <algorithm>
#include <array>
#include <new>
#include <optional>
#include <utility>

#include "engine/base/check.h"
#include "engine/crypto/big_endian.h"
#include "engine/crypto/subject_public_key.h"

namespace muster::crypto {
namespace {

// From how many leaves on a window pays (kernels/README.md, section 7). Up to 8: building a line
// costs as much as an addition, so a window w with d = ceil(256 / w) windows costs d (2^(w-1) +
// leaves) additions. Beyond: measured, because wide tables leave the near caches.
struct WindowStep {
  std::uint64_t leaves_min;
  int window;
};
constexpr std::array kWindowSteps = {
    WindowStep{12'000, 12}, WindowStep{2'000, 10}, WindowStep{345, 8}, WindowStep{165, 7},
    WindowStep{60, 6},      WindowStep{27, 5},     WindowStep{1, 4},
};

// The fewest leaves that cost less with a table than the same checks by the reference: measured.
std::uint64_t LeavesMin(KeyAlgorithm algorithm, Kernel kernel) {
  const bool p256 = algorithm == KeyAlgorithm::kP256;
  switch (kernel) {
    case Kernel::kPortable:
      return p256 ? 4 : 8;
    case Kernel::kBmi2:
      return p256 ? 1 : 2;
    default:
      return 1;
  }
}

// X and Y of an uncompressed point (RFC 5480 2.2).
template <int kWords>
kernels::Line<kWords> PointOf(ByteView octets) {
  constexpr std::size_t kSize = 8 * kWords;
  MUSTER_CHECK(octets.size() == 1 + 2 * kSize);
  kernels::Line<kWords> point;
  LoadPoint(octets.data() + 1, &point);
  return point;
}

// The key if PublicKey::Load would take it and it is of a kind that has tables.
tl::expected<SubjectPublicKey, KeyFailure> ReadKey(ByteView spki) {
  const AlgorithmPolicy policy;  // It matters for RSA only.
  // Everything that PublicKey::Load checks, the point on its curve included.
  if (const auto checked = CheckPublicKey(spki, policy); !checked) {
    return tl::unexpected<KeyFailure>(checked.error());
  }
  auto parsed = ParseSubjectPublicKey(spki, policy);
  if (parsed && !PreparedKey::IsSupported(parsed->algorithm)) {
    return tl::unexpected<KeyFailure>(KeyFailure{RejectReason::kUnsupportedKeyAlgorithm,
                                                 "tables exist for P-256 and P-384 keys only"});
  }
  return parsed;
}

tl::unexpected<KeyFailure> NoMemory() {
  return tl::unexpected<KeyFailure>(
      KeyFailure{RejectReason::kInternalError, "no memory for the key's table"});
}

}  // namespace

int PreparedKey::WindowFor(KeyAlgorithm algorithm, std::uint64_t leaves, Kernel kernel) {
  if (!IsSupported(algorithm) || kernel == Kernel::kReference) return 0;
  if (leaves < LeavesMin(algorithm, kernel)) return 0;
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

// Keys of one curve that wait for their tables.
class PreparedKey::Builder {
 public:
  Builder(int window, const kernels::KernelTable& operations)
      : window_(window), operations_(operations) {}

  // `key` must stay where it is until Finish.
  void Add(const SubjectPublicKey& parsed, tl::expected<PreparedKey, KeyFailure>* key) {
    if (parsed.algorithm == KeyAlgorithm::kP256) {
      p256_.Add(parsed, key);
    } else {
      p384_.Add(parsed, key);
    }
  }
  void Finish() {
    p256_.Finish(window_, operations_);
    p384_.Finish(window_, operations_);
  }

 private:
  template <int kWords>
  struct Curve {
    std::vector<kernels::Line<kWords>> points;
    std::vector<tl::expected<PreparedKey, KeyFailure>*> keys;

    void Add(const SubjectPublicKey& parsed, tl::expected<PreparedKey, KeyFailure>* key) {
      points.push_back(PointOf<kWords>(parsed.octets));
      keys.push_back(key);
    }
    void Finish(int window, const kernels::KernelTable& operations) {
      // A group at a time: where memory runs out, what was built before stays.
      const std::size_t at_once = CurveOf<kWords>(operations).tasks_max;
      for (std::size_t begin = 0; begin < keys.size(); begin += at_once) {
        const std::size_t count = std::min(at_once, keys.size() - begin);
        try {
          auto tables = BuildTables<kWords>(operations, std::span(points).subspan(begin, count),
                                            window);
          for (std::size_t i = 0; i < count; ++i) {
            (*keys[begin + i])->table_ = std::move(tables[i]);
            (*keys[begin + i])->window_ = window;
          }
        } catch (const std::bad_alloc&) {
          for (std::size_t i = 0; i < count; ++i) *keys[begin + i] = NoMemory();
        }
      }
    }
  };

  const int window_;
  const kernels::KernelTable& operations_;
  Curve<4> p256_;
  Curve<6> p384_;
};

tl::expected<PreparedKey, KeyFailure> PreparedKey::Build(ByteView spki, int window,
                                                         Kernel kernel) {
  return std::move(BuildMany({&spki, 1}, window, kernel).front());
}

std::vector<tl::expected<PreparedKey, KeyFailure>> PreparedKey::BuildMany(
    std::span<const ByteView> spkis, int window, Kernel kernel) {
  std::vector<tl::expected<PreparedKey, KeyFailure>> keys;
  keys.reserve(spkis.size());  // They stay where they are.
  const kernels::KernelTable* operations = OperationsOf(kernel);
  MUSTER_CHECK(operations != nullptr || kernel == Kernel::kReference);
  std::optional<Builder> builder;
  if (operations != nullptr) builder.emplace(window, *operations);
  for (const ByteView spki : spkis) {
    const auto parsed = ReadKey(spki);
    if (!parsed) {
      keys.emplace_back(tl::unexpected<KeyFailure>(parsed.error()));
      continue;
    }
    keys.emplace_back(PreparedKey(parsed->algorithm, kernel));
    if (builder) builder->Add(*parsed, &keys.back());
  }
  if (builder) builder->Finish();
  return keys;
}

}  // namespace muster::crypto
