#include "engine/audit/base64_fast.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "engine/base/encoding.h"

namespace muster::audit {
namespace {

// Checks that nothing is written beyond the room there must be.
Bytes DecodeWith(const std::string& text, std::size_t (*decode)(std::string_view, std::uint8_t*)) {
  const std::size_t room = text.size() / 4 * 3;
  Bytes out(room + 64, 0xa5);
  const std::size_t size = decode(text, out.data());
  EXPECT_LE(size, room);
  EXPECT_TRUE(std::all_of(out.begin() + static_cast<std::ptrdiff_t>(room), out.end(),
                          [](std::uint8_t octet) { return octet == 0xa5; }))
      << text;
  out.resize(size);
  return out;
}

// Empty where it is refused: by both.
Bytes Decode(const std::string& text) {
  const Bytes out = DecodeWith(text, DecodePlainBase64);
  EXPECT_EQ(DecodeWith(text, DecodePlainBase64Portably), out) << text;
  return out;
}

// Same verdict and same octets as the strict decoder, on text without white space.
void ExpectAgreement(const std::string& text) {
  Bytes strict;
  if (!base::DecodeBase64(text, &strict).good) strict.clear();
  ASSERT_EQ(Decode(text), strict) << text;
}

TEST(DecodePlainBase64, DecodesEveryLength) {
  std::mt19937 random(7);
  for (std::size_t size = 1; size < 300; ++size) {
    Bytes octets(size);
    for (std::uint8_t& octet : octets) octet = static_cast<std::uint8_t>(random());
    ASSERT_EQ(Decode(base::EncodeBase64(octets)), octets);
  }
}

TEST(DecodePlainBase64, RefusesWhatIsNotCanonical) {
  for (const char* text : {"", "A", "AA", "AAA", "AAAAA", "====", "A===", "AA=A", "AAA=AAAA",
                           "AB==", "AAB=", "AA==AAAA", "AA-A", "AA_A", "AAA\n", "=AAA"}) {
    EXPECT_EQ(Decode(text), Bytes{}) << text;
  }
}

TEST(DecodePlainBase64, AgreesWithTheStrictDecoderOnEveryCharacterAnywhere) {
  Bytes octets(100);
  for (std::size_t i = 0; i < octets.size(); ++i) octets[i] = static_cast<std::uint8_t>(i * 37);
  const std::string good = base::EncodeBase64(octets);
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

TEST(DecodePlainBase64, AgreesWithTheStrictDecoderOnRandomText) {
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
