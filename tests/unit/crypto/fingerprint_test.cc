#include "muster/fingerprint.h"

#include <gtest/gtest.h>

#include <unordered_set>

#include "engine/base/byte_view.h"

namespace muster {
namespace {

constexpr std::string_view kAbcSha256 =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";  // FIPS 180-4 example.

TEST(Fingerprint, IsSha256) {
  EXPECT_EQ(Fingerprint::Of(base::AsBytes("abc")).hex(), kAbcSha256);
  EXPECT_EQ(Fingerprint::Of({}).hex(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Fingerprint, DefaultIsNoCertificates) {
  EXPECT_EQ(Fingerprint{}.hex(), std::string(64, '0'));
  EXPECT_NE(Fingerprint{}, Fingerprint::Of({}));
}

TEST(Fingerprint, ParsesWhatPeoplePaste) {
  const Fingerprint expected = Fingerprint::Of(base::AsBytes("abc"));
  EXPECT_EQ(Fingerprint::Parse(kAbcSha256), expected);
  EXPECT_EQ(Fingerprint::Parse(
                "BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:B0:03:61:A3:96:17:7A:9C:B4:10:FF:"
                "61:F2:00:15:AD"),
            expected);
  EXPECT_EQ(Fingerprint::Parse(
                "ba 78 16 bf 8f 01 cf ea 41 41 40 de 5d ae 22 23 b0 03 61 a3 96 17 7a 9c b4 10 ff "
                "61 f2 00 15 ad"),
            expected);
}

TEST(Fingerprint, RefusesOtherText) {
  const std::string good(kAbcSha256);
  EXPECT_FALSE(Fingerprint::Parse(""));
  EXPECT_FALSE(Fingerprint::Parse(good.substr(1)));
  EXPECT_FALSE(Fingerprint::Parse(good.substr(2)));
  EXPECT_FALSE(Fingerprint::Parse(good + "00"));
  EXPECT_FALSE(Fingerprint::Parse("g" + good.substr(1)));
  EXPECT_FALSE(Fingerprint::Parse(":" + good));
  EXPECT_FALSE(Fingerprint::Parse(good + ":"));
  EXPECT_FALSE(Fingerprint::Parse(good.substr(0, 2) + "::" + good.substr(2)));
  EXPECT_FALSE(Fingerprint::Parse(good.substr(0, 2) + ": " + good.substr(2)));
  EXPECT_FALSE(Fingerprint::Parse(good.substr(0, 1) + ":" + good.substr(1)));
  EXPECT_FALSE(Fingerprint::Parse(good.substr(0, 2) + "-" + good.substr(2)));
  EXPECT_FALSE(Fingerprint::Parse("a9993e364706816aba3e25717850c26c9cd0d89d"));  // A SHA-1.
}

TEST(Fingerprint, HashesAndOrders) {
  const Fingerprint a = Fingerprint::Of(base::AsBytes("a"));
  const Fingerprint b = Fingerprint::Of(base::AsBytes("b"));
  EXPECT_EQ((std::unordered_set<Fingerprint>{a, b, a}.size()), 2u);
  EXPECT_EQ(a < b, a.bytes < b.bytes);
}

TEST(Sha1Thumbprint, IsUpperCaseHex) {
  EXPECT_EQ(Sha1Thumbprint(base::AsBytes("abc")), "A9993E364706816ABA3E25717850C26C9CD0D89D");
}

}  // namespace
}  // namespace muster
