#include "engine/crypto/kernel.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "engine/base/check.h"
#include "engine/crypto/kernels/choice.h"
#include "engine/crypto/kernels/curves.h"

namespace muster {
namespace {

constexpr std::array kKernels = {Kernel::kReference, Kernel::kPortable, Kernel::kBmi2,
                                 Kernel::kAvx512Ifma};

}  // namespace

std::string_view NameOf(Kernel kernel) {
  switch (kernel) {
    case Kernel::kReference:
      return "reference";
    case Kernel::kPortable:
      return "portable";
    case Kernel::kBmi2:
      return "bmi2";
    case Kernel::kAvx512Ifma:
      return "avx512ifma";
  }
  return "";
}

std::span<const Kernel> AllKernels() { return kKernels; }

std::optional<Kernel> KernelNamed(std::string_view name) {
  for (const Kernel kernel : kKernels) {
    if (NameOf(kernel) == name) return kernel;
  }
  return std::nullopt;
}

std::vector<Kernel> SupportedKernels() {
  std::vector<Kernel> supported;
  for (const Kernel kernel : kKernels) {
    if (crypto::IsSupportedKernel(kernel)) supported.push_back(kernel);
  }
  return supported;
}

Result<Kernel> ActiveKernel() {
  static const Result<Kernel> active = crypto::ChooseKernel(crypto::kernels::ForcedKernelName(),
                                                            crypto::IsSupportedKernel);
  return active;
}

namespace crypto {

using kernels::BuildTask;
using kernels::CurveKernel;
using kernels::Item;
using kernels::KernelTable;
using kernels::Line;
using kernels::Outcome;
using kernels::Table;
using kernels::Words;

namespace {

// Narrow windows keep the self-test short.
constexpr int kSelfTestWindow = 4;

// A signature with its key, least significant word first.
template <class Curve>
struct KnownAnswer;

// RFC 6979 A.2.5, SHA-256, message "sample".
template <>
struct KnownAnswer<kernels::P256> {
  static constexpr Words<4> kX = {
      {0xe669622e60f29fb6, 0xc049b8923b61fa6c, 0xc961eb74c6356d68, 0x60fed4ba255a9d31}};
  static constexpr Words<4> kY = {
      {0x77a3c294d4462299, 0xf2f1b20c2d7e9f51, 0xa41ae9e95628bc64, 0x7903fe1008b8bc99}};
  static constexpr Words<4> kHash = {
      {0x62113d8a62add1bf, 0x1a831d0268e98915, 0xe2ade1d694f41fc7, 0xaf2bdbe1aa9b6ec1}};
  static constexpr Words<4> kR = {
      {0xc34d0ea84eaf3716, 0x9d2c877b56aaf991, 0x1140dd9cd45e81d6, 0xefd48b2aacb6a8fd}};
  static constexpr Words<4> kS = {
      {0x4dc4ab2f843acda8, 0xf3e900dbb9aff406, 0xd436c7a1b6e29f65, 0xf7cb1c942d657c41}};
};

// RFC 6979 A.2.6, SHA-384, message "sample".
template <>
struct KnownAnswer<kernels::P384> {
  static constexpr Words<6> kX = {
      {0x64a254515480bc13, 0xdef8f0ea90558660, 0x06aae5286b300c64, 0xda9a8bc4ae92e02e,
       0x568618029f427fa5, 0xec3a4e415b4e19a4}};
  static constexpr Words<6> kY = {
      {0x7344fd2533264720, 0x288b231c3ae0d4fe, 0xf54ca84b3f1c9db1, 0x6708a59367f9dfb9,
       0x4ea8ef9ac0c62189, 0x8015d9b72d7d5724}};
  static constexpr Words<6> kHash = {
      {0xfee42c77b1ee25fe, 0x313bca4a9b5b890e, 0x96a029f340585312, 0xf3bf603f4bbd3811,
       0xaec4be312696ef7b, 0x9a9083505bc92276}};
  static constexpr Words<6> kR = {
      {0x6e36dd1e80fabe46, 0x81a648152e44acf9, 0x3d64c4ea95ad133c, 0x3f88140666ce9fa7,
       0xd4736e56c691916b, 0x94edbb92a5ecb8aa}};
  static constexpr Words<6> kS = {
      {0x7b82c71a38628ac8, 0xa329c145786e679e, 0x203b6351d0a3a94f, 0x130e740a19624526,
       0xa1fe40db2603138f, 0x99ef4aeb15f178ce}};
};

template <int kWords>
void Put(const Words<kWords>& from, std::uint64_t* to) {
  for (int i = 0; i < kWords; ++i) to[i] = from.w[i];
}

// Variant 0 is the signature itself and variant 1 its mirror image (r, n - s), which is as good;
// the others are forgeries.
constexpr std::size_t kVariants = 6;
constexpr bool IsGoodVariant(std::size_t variant) { return variant < 2; }

template <class Curve>
void MakeVariant(std::size_t variant, Item<Curve::kWords>* item) {
  using Known = KnownAnswer<Curve>;
  Put(Known::kR, item->rs.x);
  Put(Known::kS, item->rs.y);
  Put(Known::kHash, item->hash.x);
  Words<Curve::kWords> mirrored;
  switch (variant) {
    case 1:
      kernels::Sub(Curve::kN, Known::kS, &mirrored);
      Put(mirrored, item->rs.y);
      break;
    case 2:
      item->rs.x[1] ^= 1;
      break;
    case 3:
      item->rs.y[0] ^= 2;
      break;
    case 4:
      item->hash.x[Curve::kWords - 1] ^= 4;
      break;
    case 5:
      std::swap(item->rs.x, item->rs.y);
      break;
    default:
      break;
  }
}

template <int kWords>
Line<kWords> PointOf(const Words<kWords>& x, const Words<kWords>& y) {
  Line<kWords> point{};
  Put(x, point.x);
  Put(y, point.y);
  return point;
}

template <int kWords>
bool HaveSameLines(const Table<kWords>& a, const Table<kWords>& b) {
  return std::memcmp(a.lines, b.lines, TableOctets<kWords>(a.window)) == 0;
}

// The base point and the known key are on the curve; with a bit changed they are not.
template <class Curve>
bool KnowsTheCurve(const CurveKernel<Curve::kWords>& curve) {
  constexpr std::size_t kPoints = 19;
  std::array<Line<Curve::kWords>, kPoints> points;
  std::array<std::uint8_t, kPoints> good{};
  for (std::size_t i = 0; i < kPoints; ++i) {
    Put(i % 2 == 0 ? Curve::kGx : KnownAnswer<Curve>::kX, points[i].x);
    Put(i % 2 == 0 ? Curve::kGy : KnownAnswer<Curve>::kY, points[i].y);
    if (i % 3 == 1) points[i].x[i % Curve::kWords] ^= 1;
    if (i % 3 == 2) points[i].y[i % Curve::kWords] ^= 2;
  }
  curve.on_curve(points.data(), kPoints, good.data());
  for (std::size_t i = 0; i < kPoints; ++i) {
    if (good[i] != (i % 3 == 0 ? 1 : 0)) return false;
  }
  return true;
}

template <class Curve>
bool PassesCurve(const KernelTable& operations) {
  constexpr int kWords = Curve::kWords;
  const CurveKernel<kWords>& curve = CurveOf<kWords>(operations);
  const Line<kWords> base = PointOf(Curve::kGx, Curve::kGy);
  const Line<kWords> point = PointOf(KnownAnswer<Curve>::kX, KnownAnswer<Curve>::kY);
  const auto generator = BuildTable(operations, base, kSelfTestWindow + 1);
  const auto key = BuildTable(operations, point, kSelfTestWindow);
  // Built together with others a table must be the same.
  std::vector<Line<kWords>> points;
  for (std::size_t i = 0; i < curve.tasks_max; ++i) points.push_back(i % 3 == 1 ? base : point);
  const auto alike = BuildTables<kWords>(operations, points, kSelfTestWindow);
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (i % 3 != 1 && !HaveSameLines(alike[i].table, key.table)) return false;
  }
  if (!KnowsTheCurve<Curve>(curve)) return false;
  const AlignedOctets workspace = AllocateAligned(curve.workspace_octets);
  // One signature, a few lanes with a remainder, several vectors.
  for (const std::size_t count : {std::size_t{1}, std::size_t{6}, std::size_t{19}}) {
    std::array<Item<kWords>, 19> items{};
    for (std::size_t i = 0; i < count; ++i) {
      MakeVariant<Curve>(i % kVariants, &items[i]);
      items[i].key = &key.table;
    }
    curve.verify(generator.table, items.data(), count, workspace.get());
    for (std::size_t i = 0; i < count; ++i) {
      const Outcome expected = IsGoodVariant(i % kVariants) ? Outcome::kGood : Outcome::kBad;
      if (items[i].outcome != expected) return false;
    }
  }
  return true;
}

template <int kWords>
using CurveFor = std::conditional_t<kWords == 4, kernels::P256, kernels::P384>;

// 4.8 MB for P-256 and 6 MB for P-384: they stay in a large cache beside the tables of the keys.
template <int kWords>
constexpr int kGeneratorWindow = kWords == 4 ? 13 : 12;

template <int kWords>
OwnedTable<kWords> MakeGenerator(Kernel kernel) {
  const KernelTable* operations = OperationsOf(kernel);
  MUSTER_CHECK(operations != nullptr);
  using Curve = CurveFor<kWords>;
  return BuildTable(*operations, PointOf(Curve::kGx, Curve::kGy), kGeneratorWindow<kWords>);
}

// The operations, if they pass.
const KernelTable* Tested(Kernel kernel) {
  const KernelTable* operations = kernels::RunnableKernel(kernel);
  return operations != nullptr && PassesSelfTest(*operations) ? operations : nullptr;
}

}  // namespace

bool IsSupportedKernel(Kernel kernel) {
  return kernel == Kernel::kReference || OperationsOf(kernel) != nullptr;
}

Kernel KernelInUse() { return ActiveKernel().value_or(Kernel::kReference); }

const KernelTable* OperationsOf(Kernel kernel) {
  switch (kernel) {
    case Kernel::kReference:
      return nullptr;
    case Kernel::kPortable: {
      static const KernelTable* const tested = Tested(Kernel::kPortable);
      return tested;
    }
    case Kernel::kBmi2: {
      static const KernelTable* const tested = Tested(Kernel::kBmi2);
      return tested;
    }
    case Kernel::kAvx512Ifma: {
      static const KernelTable* const tested = Tested(Kernel::kAvx512Ifma);
      return tested;
    }
  }
  return nullptr;
}

bool PassesSelfTest(const KernelTable& operations) {
  return PassesCurve<kernels::P256>(operations) && PassesCurve<kernels::P384>(operations);
}

Result<Kernel> ChooseKernel(const char* forced, bool (*is_supported)(Kernel)) {
  if (forced == nullptr) {
    // From the best downwards: the self-tests of slower ones need not run.
    for (auto kernel = kKernels.rbegin(); kernel != kKernels.rend(); ++kernel) {
      if (is_supported(*kernel)) return *kernel;
    }
    return Kernel::kReference;
  }
  bool known = false;
  std::string names;
  for (const Kernel kernel : kKernels) {
    if (NameOf(kernel) == forced) {
      if (is_supported(kernel)) return kernel;
      known = true;
    } else if (is_supported(kernel)) {
      names.append(names.empty() ? "" : ", ").append(NameOf(kernel));
    }
  }
  return MakeError(ErrorCode::kInvalidArgument,
                   "MUSTER_KERNEL names '" + std::string(forced) + "', " +
                       (known ? "which this processor or this build does not support"
                              : "which is not a kernel") +
                       "; choose one of " + names + ", or leave the variable out");
}

namespace {

// Kept for the thread's next table: to map and touch it anew costs as much as a narrow table.
std::byte* BuildWorkspace(std::size_t octets) {
  thread_local AlignedOctets memory;
  thread_local std::size_t size = 0;
  if (octets > size) {
    size = 0;
    memory = AllocateAligned(octets);
    size = octets;
  }
  return memory.get();
}

}  // namespace

template <>
const CurveKernel<4>& CurveOf<4>(const KernelTable& operations) {
  return operations.p256;
}
template <>
const CurveKernel<6>& CurveOf<6>(const KernelTable& operations) {
  return operations.p384;
}

template <int kWords>
std::vector<OwnedTable<kWords>> BuildTables(const KernelTable& operations,
                                            std::span<const Line<kWords>> points, int window) {
  MUSTER_CHECK(window >= kernels::kWindowMin && window <= kernels::kWindowMax);
  const CurveKernel<kWords>& curve = CurveOf<kWords>(operations);
  const int windows = WindowsFor<kWords>(window);
  std::byte* const workspace = BuildWorkspace(curve.build_octets);
  std::vector<OwnedTable<kWords>> out;
  out.reserve(points.size());
  std::vector<BuildTask<kWords>> tasks;
  tasks.reserve(points.size());
  for (const Line<kWords>& point : points) {
    OwnedTable<kWords>& owned =
        out.emplace_back(OwnedTable<kWords>{AllocateAligned(TableOctets<kWords>(window)), {}});
    auto* lines = reinterpret_cast<Line<kWords>*>(owned.memory.get());
    owned.table = {lines, window, windows};
    tasks.push_back({point.x, point.y, lines});
  }
  // Calls of equal size.
  const std::size_t calls = (tasks.size() + curve.tasks_max - 1) / curve.tasks_max;
  for (std::size_t call = 0; call < calls; ++call) {
    const std::size_t begin = tasks.size() * call / calls, end = tasks.size() * (call + 1) / calls;
    curve.build(&tasks[begin], end - begin, window, windows, workspace);
  }
  return out;
}
template std::vector<OwnedTable<4>> BuildTables<4>(const KernelTable&, std::span<const Line<4>>,
                                                   int);
template std::vector<OwnedTable<6>> BuildTables<6>(const KernelTable&, std::span<const Line<6>>,
                                                   int);

template <int kWords>
OwnedTable<kWords> BuildTable(const KernelTable& operations, const Line<kWords>& point,
                              int window) {
  return std::move(BuildTables<kWords>(operations, {&point, 1}, window).front());
}
template OwnedTable<4> BuildTable<4>(const KernelTable&, const Line<4>&, int);
template OwnedTable<6> BuildTable<6>(const KernelTable&, const Line<6>&, int);

template <int kWords>
const Table<kWords>& GeneratorTable(Kernel kernel) {
  switch (kernel) {
    case Kernel::kBmi2: {
      static const OwnedTable<kWords> table = MakeGenerator<kWords>(Kernel::kBmi2);
      return table.table;
    }
    case Kernel::kAvx512Ifma: {
      static const OwnedTable<kWords> table = MakeGenerator<kWords>(Kernel::kAvx512Ifma);
      return table.table;
    }
    case Kernel::kPortable:
    case Kernel::kReference:
      break;
  }
  MUSTER_CHECK(kernel == Kernel::kPortable);
  static const OwnedTable<kWords> table = MakeGenerator<kWords>(Kernel::kPortable);
  return table.table;
}
template const Table<4>& GeneratorTable<4>(Kernel);
template const Table<6>& GeneratorTable<6>(Kernel);

}  // namespace crypto
}  // namespace muster
