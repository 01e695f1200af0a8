#include "engine/crypto/p256_point.h"

#include <botan/ec_apoint.h>
#include <botan/ec_group.h>
#include <botan/ec_scalar.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <vector>

#include "engine/base/encoding.h"
#include "muster/bytes.h"

namespace muster::crypto {
namespace {

const char* const kPrimeHex = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";

bool Ours(const Bytes& sec1) { return IsOnP256(ByteView(sec1).subspan(1).first<64>()); }

// Botan is the reference.
bool Reference(const Bytes& sec1) {
  static const Botan::EC_Group kGroup = Botan::EC_Group::from_name("secp256r1");
  return Botan::EC_AffinePoint::deserialize(kGroup, sec1).has_value();
}

Bytes Sec1(const Bytes& x, const Bytes& y) {
  Bytes point = {0x04};
  point.insert(point.end(), x.begin(), x.end());
  point.insert(point.end(), y.begin(), y.end());
  return point;
}

Bytes Coordinate(const char* hex) { return *base::ParseHex(hex); }

Bytes SmallCoordinate(std::uint8_t value) {
  Bytes octets(32);
  octets[31] = value;
  return octets;
}

TEST(IsOnP256, AgreesWithBotanOnPointsAndTheirNeighbours) {
  const Botan::EC_Group group = Botan::EC_Group::from_name("secp256r1");
  std::mt19937_64 random(20260615);  // NOLINT: the same points each time.
  auto point = Botan::EC_AffinePoint::generator(group);
  for (int i = 0; i < 500; ++i) {
    point = point.add(point).add(Botan::EC_AffinePoint::generator(group));
    const Bytes good = point.serialize_uncompressed();
    EXPECT_TRUE(Ours(good));
    EXPECT_TRUE(Ours(point.negate().serialize_uncompressed()));
    Bytes damaged = good;
    std::uint8_t& octet = damaged[1 + random() % 64];
    octet = static_cast<std::uint8_t>(octet ^ (1u << (random() % 8)));
    EXPECT_FALSE(Ours(damaged));
    EXPECT_FALSE(Reference(damaged));
    Bytes swapped = good;
    std::rotate(swapped.begin() + 1, swapped.begin() + 33, swapped.end());
    EXPECT_EQ(Ours(swapped), Reference(swapped));
  }
}

TEST(IsOnP256, CoordinatesAreBelowThePrime) {
  // The point with x = 5 exists; x = p + 5 is the same residue and is refused.
  const Bytes y5 = Coordinate("459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc");
  ASSERT_TRUE(Reference(Sec1(SmallCoordinate(5), y5)));
  EXPECT_TRUE(Ours(Sec1(SmallCoordinate(5), y5)));
  const Bytes beyond =
      Coordinate("ffffffff00000001000000000000000000000001000000000000000000000004");  // p + 5
  EXPECT_FALSE(Reference(Sec1(beyond, y5)));
  EXPECT_FALSE(Ours(Sec1(beyond, y5)));
}

TEST(IsOnP256, AgreesWithBotanAtTheEdges) {
  std::vector<Bytes> edges = {SmallCoordinate(0), SmallCoordinate(1), SmallCoordinate(5),
                              Bytes(32, 0xff), Coordinate(kPrimeHex)};
  for (const int last : {0xfe, 0xfd, 0xfa}) {
    Bytes below = Coordinate(kPrimeHex);
    below[31] = static_cast<std::uint8_t>(last);
    edges.push_back(below);
  }
  // y with x = 0: a square root of b.
  edges.push_back(
      Coordinate("66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4"));
  edges.push_back(
      Coordinate("99b7a386f1d07c29dbcc42a27b5f9449abe3d50de25178e8d7407a95e8b06c0b"));
  int on_curve = 0;
  for (const Bytes& x : edges) {
    for (const Bytes& y : edges) {
      const Bytes point = Sec1(x, y);
      EXPECT_EQ(Ours(point), Reference(point)) << base::HexLower(point);
      if (Ours(point)) ++on_curve;
    }
  }
  EXPECT_EQ(on_curve, 2);  // Both roots with x = 0.
}

TEST(IsOnP256, RandomOctetsAreNoPoint) {
  std::mt19937_64 random(7);  // NOLINT: the same octets each time.
  for (int i = 0; i < 5000; ++i) {
    Bytes point(65, 0x04);
    std::generate(point.begin() + 1, point.end(),
                  [&] { return static_cast<std::uint8_t>(random()); });
    EXPECT_EQ(Ours(point), Reference(point)) << base::HexLower(point);
  }
}

}  // namespace
}  // namespace muster::crypto
