#include "engine/audit/base64_fast.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "engine/base/encoding.h"

namespace muster::audit {
namespace {

// Same verdict and same octets as the strict decoder, on text without white space.
void ExpectAgreement(const std::string& text) {
  Bytes fast = {1, 2, 3}, strict;
  const bool good = AppendPlainBase64(text, &fast);
  const bool expected = base::DecodeBase64(text, &strict).good && !strict.empty();
  ASSERT_EQ(good, expected) << text;
  if (!good) strict.clear();
  strict.insert(strict.begin(), {1, 2, 3});
  ASSERT_EQ(fast, strict) << text;
}

TEST(AppendPlainBase64, DecodesEveryLength) {
  std::mt19937 random(7);
  for (std::size_t size = 1; size < 300; ++size) {
    Bytes octets(size);
    for (std::uint8_t& octet : octets) octet = static_cast<std::uint8_t>(random());
    Bytes decoded;
    ASSERT_TRUE(AppendPlainBase64(base::EncodeBase64(octets), &decoded));
    ASSERT_EQ(decoded, octets);
  }
}

TEST(AppendPlainBase64, RefusesWhatIsNotCanonical) {
  for (const char* text : {"", "A", "AA", "AAA", "AAAAA", "====", "A===", "AA=A", "AAA=AAAA",
                           "AB==", "AAB=", "AA==AAAA", "AA-A", "AA_A", "AAA\n", "=AAA"}) {
    Bytes out = {9};
    EXPECT_FALSE(AppendPlainBase64(text, &out)) << text;
    EXPECT_EQ(out, Bytes{9}) << text;
  }
}

TEST(AppendPlainBase64, AgreesWithTheStrictDecoderOnEveryCharacterAnywhere) {
  const std::string good = base::EncodeBase64(Bytes{0x10, 0x83, 0x10, 0x51, 0x87, 0x20, 0x92});
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (int c = 0; c < 256; ++c) {
      // White space is the strict decoder's to skip.
      if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
      std::string changed = good;
      changed[at] = static_cast<char>(c);
      ExpectAgreement(changed);
    }
  }
}

TEST(AppendPlainBase64, AgreesWithTheStrictDecoderOnRandomText) {
  constexpr std::string_view kLikely = "ABCDwxyz0189+/==-_";
  std::mt19937 random(11);
  for (int i = 0; i < 200'000; ++i) {
    std::string text(random() % 13, 'A');
    for (char& c : text) c = kLikely[random() % kLikely.size()];
    ExpectAgreement(text);
  }
}

}  // namespace
}  // namespace muster::audit
