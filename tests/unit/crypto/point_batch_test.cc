#include "engine/crypto/point_batch.h"

#include <botan/ec_apoint.h>
#include <botan/ec_group.h>
#include <botan/ec_scalar.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "engine/base/encoding.h"
#include "muster/bytes.h"

namespace muster::crypto {
namespace {

class PointBatchTest : public testing::TestWithParam<KeyAlgorithm> {
 protected:
  bool is_p256() const { return GetParam() == KeyAlgorithm::kP256; }
  std::size_t size() const { return is_p256() ? 32 : 48; }
  Botan::EC_Group group() const {
    return Botan::EC_Group::from_name(is_p256() ? "secp256r1" : "secp384r1");
  }
  Bytes prime() const {
    return *base::ParseHex(
        is_p256() ? "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
                  : "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe"
                    "ffffffff0000000000000000ffffffff");
  }
  Bytes Small(std::uint8_t value) const {
    Bytes octets(size());
    octets.back() = value;
    return octets;
  }
  // prime() + value, which must not carry beyond the last octets.
  Bytes PrimePlus(int value) const {
    Bytes octets = prime();
    for (std::size_t i = octets.size(); i-- > 0 && value != 0;) {
      const int sum = octets[i] + value;
      octets[i] = static_cast<std::uint8_t>(sum & 0xff);
      value = sum >> 8;
    }
    return octets;
  }
  static Bytes Join(const Bytes& x, const Bytes& y) {
    Bytes xy = x;
    xy.insert(xy.end(), y.begin(), y.end());
    return xy;
  }
  // Botan is the reference.
  bool Reference(const Bytes& xy) const {
    Bytes sec1 = {0x04};
    sec1.insert(sec1.end(), xy.begin(), xy.end());
    return Botan::EC_AffinePoint::deserialize(group(), sec1).has_value();
  }
  std::vector<Bytes> SomePoints(int count) const {
    std::vector<Bytes> points;
    const auto generator = Botan::EC_AffinePoint::generator(group());
    auto point = generator;
    for (int i = 0; i < count; ++i) {
      point = point.add(point).add(generator);
      const auto sec1 = point.serialize_uncompressed();
      points.emplace_back(sec1.begin() + 1, sec1.end());
    }
    return points;
  }
  // One at a time, and together by every kernel: all must say what Botan says.
  void Check(const std::vector<Bytes>& points) const {
    std::vector<bool> expected;
    for (const Bytes& xy : points) {
      expected.push_back(Reference(xy));
      EXPECT_EQ(IsOnCurve({GetParam(), xy}), expected.back()) << base::HexLower(xy);
    }
    for (const Kernel kernel : SupportedKernels()) {
      PointBatch batch;
      for (const std::size_t count : {points.size(), std::size_t{1}, std::size_t{9}}) {
        batch.Clear();
        const std::size_t size = std::min(count, points.size());
        for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(batch.Add({GetParam(), points[i]}), i);
        EXPECT_FALSE(batch.IsOn(0)) << "before Check";
        batch.Check(kernel);
        for (std::size_t i = 0; i < size; ++i) {
          EXPECT_EQ(batch.IsOn(i), expected[i])
              << NameOf(kernel) << ' ' << base::HexLower(points[i]);
        }
      }
    }
  }
};

TEST_P(PointBatchTest, PointsAndTheirNeighbours) {
  std::mt19937_64 random(20260615);  // NOLINT: the same points each time.
  std::vector<Bytes> all;
  for (const Bytes& good : SomePoints(200)) {
    EXPECT_TRUE(Reference(good));
    all.push_back(good);
    Bytes damaged = good;
    std::uint8_t& octet = damaged[random() % damaged.size()];
    octet = static_cast<std::uint8_t>(octet ^ (1u << (random() % 8)));
    EXPECT_FALSE(Reference(damaged));
    all.push_back(damaged);
    Bytes swapped = good;
    std::rotate(swapped.begin(), swapped.begin() + static_cast<std::ptrdiff_t>(size()),
                swapped.end());
    all.push_back(swapped);
  }
  Check(all);
}

TEST_P(PointBatchTest, Edges) {
  std::vector<Bytes> edges = {Small(0), Small(1), Small(2), Small(5), Bytes(size(), 0xff)};
  for (const int offset : {0, 1, 2, 5, -1, -2, -3, -5}) edges.push_back(PrimePlus(offset));
  if (is_p256()) {
    // y with x = 0: the square roots of b; y with x = 5.
    for (const char* y : {"66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4",
                          "99b7a386f1d07c29dbcc42a27b5f9449abe3d50de25178e8d7407a95e8b06c0b",
                          "459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc"}) {
      edges.push_back(*base::ParseHex(y));
    }
  }
  std::vector<Bytes> all;
  for (const Bytes& x : edges) {
    for (const Bytes& y : edges) all.push_back(Join(x, y));
  }
  Check(all);
  if (is_p256()) {
    EXPECT_EQ(std::count_if(all.begin(), all.end(),
                            [&](const Bytes& xy) { return IsOnCurve({GetParam(), xy}); }),
              3);
  }
}

// x + p is the same residue as x, and is refused.
TEST_P(PointBatchTest, CoordinatesAreBelowThePrime) {
  int found = 0;
  for (int x = 1; x < 40; ++x) {
    // Botan finds y for a compressed point, where there is one.
    Bytes compressed = {0x02};
    const Bytes small = Small(static_cast<std::uint8_t>(x));
    compressed.insert(compressed.end(), small.begin(), small.end());
    const auto point = Botan::EC_AffinePoint::deserialize(group(), compressed);
    if (!point) continue;
    ++found;
    const auto sec1 = point->serialize_uncompressed();
    const Bytes y(sec1.begin() + 1 + static_cast<std::ptrdiff_t>(size()), sec1.end());
    EXPECT_TRUE(IsOnCurve({GetParam(), Join(small, y)}));
    EXPECT_FALSE(IsOnCurve({GetParam(), Join(PrimePlus(x), y)}));
    Check({Join(small, y), Join(PrimePlus(x), y)});
  }
  EXPECT_GT(found, 5);
}

TEST_P(PointBatchTest, RandomOctetsAreNoPoint) {
  std::mt19937_64 random(7);  // NOLINT: the same octets each time.
  std::vector<Bytes> all;
  for (int i = 0; i < 3000; ++i) {
    Bytes xy(2 * size());
    std::generate(xy.begin(), xy.end(), [&] { return static_cast<std::uint8_t>(random()); });
    all.push_back(std::move(xy));
  }
  Check(all);
}

TEST(PointBatch, CurvesMayBeMixed) {
  PointBatch batch;
  const Bytes zero256(64), zero384(96);
  const auto generator = [](const char* name) {
    const auto sec1 = Botan::EC_AffinePoint::generator(Botan::EC_Group::from_name(name))
                          .serialize_uncompressed();
    return Bytes(sec1.begin() + 1, sec1.end());
  };
  const Bytes g256 = generator("secp256r1"), g384 = generator("secp384r1");
  for (int round = 0; round < 2; ++round) {
    batch.Clear();
    batch.Add({KeyAlgorithm::kP384, g384});
    batch.Add({KeyAlgorithm::kP256, zero256});
    batch.Add({KeyAlgorithm::kP256, g256});
    batch.Add({KeyAlgorithm::kP384, zero384});
    batch.Check(SupportedKernels().back());
    EXPECT_TRUE(batch.IsOn(0));
    EXPECT_FALSE(batch.IsOn(1));
    EXPECT_TRUE(batch.IsOn(2));
    EXPECT_FALSE(batch.IsOn(3));
    EXPECT_FALSE(batch.IsOn(4)) << "never added";
  }
}

INSTANTIATE_TEST_SUITE_P(Curves, PointBatchTest,
                         testing::Values(KeyAlgorithm::kP256, KeyAlgorithm::kP384),
                         [](const auto& parameter) {
                           return parameter.param == KeyAlgorithm::kP256 ? "P256" : "P384";
                         });

}  // namespace
}  // namespace muster::crypto
