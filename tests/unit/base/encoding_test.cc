#include "engine/base/encoding.h"

#include <gtest/gtest.h>

#include "engine/base/byte_view.h"

namespace muster::base {
namespace {

TEST(HexTest, WritesBothCasesAndReadsEither) {
  const Bytes bytes = {0x00, 0x9a, 0xff};
  EXPECT_EQ(HexLower(bytes), "009aff");
  EXPECT_EQ(HexUpper(bytes), "009AFF");
  EXPECT_EQ(ParseHex("009aFf"), bytes);
  EXPECT_EQ(ParseHex(""), Bytes{});
  for (const char* bad : {"0", "0g", "g0", "0 ", " 0", "0x", "00:11"}) EXPECT_FALSE(ParseHex(bad));
}

TEST(Base64Test, EncodesTheVectorsOfRfc4648) {
  EXPECT_EQ(EncodeBase64({}), "");
  EXPECT_EQ(EncodeBase64(AsBytes("f")), "Zg==");
  EXPECT_EQ(EncodeBase64(AsBytes("fo")), "Zm8=");
  EXPECT_EQ(EncodeBase64(AsBytes("foo")), "Zm9v");
  EXPECT_EQ(EncodeBase64(AsBytes("foob")), "Zm9vYg==");
  EXPECT_EQ(EncodeBase64(Bytes{0xfb, 0xff}), "+/8=");
}

TEST(Base64Test, DecodesWhatItEncodesAcrossWhiteSpace) {
  Bytes all;
  for (int i = 0; i < 256; ++i) {
    all.push_back(static_cast<std::uint8_t>(i));
    std::string text = EncodeBase64(all);
    for (std::size_t k = 3; k < text.size(); k += 5) text.insert(k, k % 2 == 0 ? "\r\n" : " \t");
    Bytes decoded;
    ASSERT_TRUE(DecodeBase64(text, &decoded).good) << i;
    ASSERT_EQ(decoded, all);
  }
}

TEST(Base64Test, AppendsToWhatIsThere) {
  Bytes out = {1};
  EXPECT_TRUE(DecodeBase64("Zg==", &out).good);
  EXPECT_EQ(out, (Bytes{1, 'f'}));
}

TEST(Base64Test, SaysWhereItFails) {
  struct Case {
    const char* text;
    std::size_t offset;
  };
  constexpr Case kCases[] = {
      {"Zm9v!", 4}, {"Z", 1},    {"Zm", 2},    {"Zm8", 3},      {"Zg=", 3},
      {"=", 0},     {"Z=", 1},   {"Zg===", 4}, {"Zg==Zg==", 4}, {"Zg=a", 3},
      {"Zm9v=", 4}, {"Zh==", 3}, {"Zm9=", 3},  {"Zm9v-_", 4},   {"Zm8==", 4},
  };
  for (const Case& c : kCases) {
    Bytes out;
    const Base64Outcome outcome = DecodeBase64(c.text, &out);
    EXPECT_FALSE(outcome.good) << c.text;
    EXPECT_EQ(outcome.error_offset, c.offset) << c.text;
  }
}

}  // namespace
}  // namespace muster::base
