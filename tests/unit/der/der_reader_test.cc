#include "engine/der/der_reader.h"

#include <gtest/gtest.h>

#include "engine/base/byte_view.h"
#include "tests/unit/der/der_writer.h"

namespace muster::der {
namespace {

TEST(DerReaderTest, ReadsElementsInOrder) {
  const Bytes input =
      Hex("020105"
          "040201ff"
          "3000");
  DerReader in(input);
  Element element;
  ASSERT_TRUE(in.Read(&element));
  EXPECT_EQ(element.tag, kInteger);
  EXPECT_TRUE(base::Equal(element.content, Hex("05")));
  EXPECT_TRUE(base::Equal(element.whole, Hex("020105")));
  ByteView content;
  ASSERT_TRUE(in.Read(kOctetString, &content));
  EXPECT_TRUE(base::Equal(content, Hex("01ff")));
  EXPECT_EQ(in.PeekTag(), kSequence);
  DerReader inside;
  ASSERT_TRUE(in.Enter(kSequence, &inside));
  EXPECT_TRUE(inside.AtEnd());
  EXPECT_TRUE(in.AtEnd());
  EXPECT_EQ(in.PeekTag(), 0);
}

struct BadCase {
  const char* hex;
  std::string_view error;
};

TEST(DerReaderTest, RefusesWhatIsNotDerAndConsumesNothing) {
  constexpr BadCase kCases[] = {
      {"02", "element is cut short"},
      {"0000", "tag is not one that X.509 uses"},
      {"1f8101", "tag is not one that X.509 uses"},
      {"bf8101", "tag is not one that X.509 uses"},
      {"0202ff", "length runs past the end"},
      {"3080020101"
       "0000",
       "length is indefinite"},
      {"0481", "element is cut short"},
      {"048200", "element is cut short"},
      {"04817f"
       "00",
       "length is not minimal"},
      {"048100", "length is not minimal"},
      {"04820080", "length is not minimal"},
      {"0483000100", "length is not minimal"},
      {"0484ffffffff", "length runs past the end"},
      {"04850000000001"
       "00",
       "length runs past the end"},
      {"04ff", "length runs past the end"},
      {"2403040161", "a string in pieces, or a sequence in none, is not DER"},
      {"2c030c0161", "a string in pieces, or a sequence in none, is not DER"},
      {"2303030100", "a string in pieces, or a sequence in none, is not DER"},
      {"210101", "a string in pieces, or a sequence in none, is not DER"},
      {"1000", "a string in pieces, or a sequence in none, is not DER"},
      {"1100", "a string in pieces, or a sequence in none, is not DER"},
  };
  for (const BadCase& c : kCases) {
    const Bytes input = Hex(c.hex);
    DerReader in(input);
    Element element;
    EXPECT_FALSE(in.Read(&element)) << c.hex;
    EXPECT_EQ(in.error(), c.error) << c.hex;
    EXPECT_EQ(in.rest().size(), input.size()) << c.hex;
    EXPECT_EQ(in.position(), input.data()) << c.hex;
  }
}

TEST(DerReaderTest, TakesEveryTypeInItsOneForm) {
  for (const char* hex : {"3000", "3100", "2800", "2b00", "3d00", "0400", "0c00", "1e00", "0500",
                          "8000", "a000", "4000", "6000", "c000", "e000"}) {
    const Bytes input = Hex(hex);
    DerReader in(input);
    Element element;
    EXPECT_TRUE(in.Read(&element)) << hex << ": " << in.error();
  }
}

TEST(DerReaderTest, TakesEveryShortestLength) {
  for (const std::size_t n : {0u, 1u, 127u, 128u, 255u, 256u, 65535u, 65536u}) {
    const Bytes input = Tlv(kOctetString, Bytes(n, 7));
    DerReader in(input);
    ByteView content;
    ASSERT_TRUE(in.Read(kOctetString, &content)) << n;
    EXPECT_EQ(content.size(), n);
    EXPECT_TRUE(in.AtEnd());
    DerReader short_by_one(ByteView(input).first(input.size() - 1));
    EXPECT_FALSE(short_by_one.Read(kOctetString, &content)) << n;
  }
}

TEST(DerReaderTest, TellsAMissingElementFromAnUnexpectedOne) {
  const Bytes input = Hex("0500");
  DerReader in(input);
  ByteView content;
  EXPECT_FALSE(in.Read(kInteger, &content));
  EXPECT_EQ(in.error(), "element is of an unexpected type");
  EXPECT_EQ(in.rest().size(), 2u);
  ASSERT_TRUE(in.Read(kNull, &content));
  EXPECT_FALSE(in.Read(kInteger, &content));
  EXPECT_EQ(in.error(), "element is missing");
}

TEST(DerReaderTest, OptionalElementsArePresentAbsentOrMalformed) {
  const Bytes input = Hex("8101aa");
  DerReader in(input);
  ByteView content;
  bool present = true;
  EXPECT_TRUE(in.ReadOptional(ContextPrimitive(0), &content, &present));
  EXPECT_FALSE(present);
  EXPECT_TRUE(in.ReadOptional(ContextPrimitive(1), &content, &present));
  EXPECT_TRUE(present);
  EXPECT_TRUE(base::Equal(content, Hex("aa")));
  const Bytes cut = Hex("8102aa");
  DerReader bad(cut);
  EXPECT_FALSE(bad.ReadOptional(ContextPrimitive(1), &content, &present));
}

TEST(DerValuesTest, BooleansAreOneOctetOfZerosOrOnes) {
  bool value = false;
  EXPECT_TRUE(ParseBoolean(Hex("ff"), &value));
  EXPECT_TRUE(value);
  EXPECT_TRUE(ParseBoolean(Hex("00"), &value));
  EXPECT_FALSE(value);
  for (const char* bad : {"", "01", "fe", "ffff"}) EXPECT_FALSE(ParseBoolean(Hex(bad), &value));
}

TEST(DerValuesTest, IntegersAreMinimal) {
  for (const char* good : {"00", "7f", "80", "ff", "0080", "ff7f", "00ff00", "0100"}) {
    EXPECT_TRUE(IsMinimalInteger(Hex(good))) << good;
  }
  for (const char* bad : {"", "0000", "007f", "ffff", "ff80"}) {
    EXPECT_FALSE(IsMinimalInteger(Hex(bad))) << bad;
  }
}

TEST(DerValuesTest, UnsignedSaturatesAndRefusesNegatives) {
  std::uint32_t value = 0;
  ASSERT_TRUE(ParseUnsigned(Hex("00"), 100, &value));
  EXPECT_EQ(value, 0u);
  ASSERT_TRUE(ParseUnsigned(Hex("64"), 100, &value));
  EXPECT_EQ(value, 100u);
  ASSERT_TRUE(ParseUnsigned(Hex("65"), 100, &value));
  EXPECT_EQ(value, 100u);
  ASSERT_TRUE(ParseUnsigned(Hex("00ffffffff"), UINT32_MAX, &value));
  EXPECT_EQ(value, UINT32_MAX);
  ASSERT_TRUE(ParseUnsigned(Bytes(200, 0x7f), UINT32_MAX, &value));
  EXPECT_EQ(value, UINT32_MAX);
  for (const char* bad : {"", "ff", "80", "0001"}) {
    EXPECT_FALSE(ParseUnsigned(Hex(bad), 100, &value)) << bad;
  }
}

TEST(DerValuesTest, BitStringsHaveZeroUnusedBits) {
  ByteView bits;
  int unused = -1;
  const Bytes six = Hex("06c0");
  ASSERT_TRUE(ParseBitString(six, &bits, &unused));
  EXPECT_EQ(unused, 6);
  EXPECT_TRUE(base::Equal(bits, Hex("c0")));
  EXPECT_FALSE(ParseBitString(six, &bits, nullptr));
  const Bytes empty = Hex("00");
  EXPECT_TRUE(ParseBitString(empty, &bits, nullptr));
  EXPECT_TRUE(bits.empty());
  for (const char* bad : {"", "01", "0800", "01ff", "0740"}) {
    EXPECT_FALSE(ParseBitString(Hex(bad), &bits, &unused)) << bad;
  }
}

std::int64_t SecondsOf(std::uint8_t tag, std::string_view text) {
  UnixTime value{};
  EXPECT_TRUE(ParseTime(tag, Text(text), &value)) << text;
  return value.time_since_epoch().count();
}

TEST(DerTimeTest, ReadsBothForms) {
  EXPECT_EQ(SecondsOf(kUtcTime, "700101000000Z"), 0);
  EXPECT_EQ(SecondsOf(kUtcTime, "491231235959Z"), 2524607999);  // 2049, the last of the 2000s.
  EXPECT_EQ(SecondsOf(kUtcTime, "500101000000Z"), -631152000);  // 1950, the first of the 1900s.
  EXPECT_EQ(SecondsOf(kGeneralizedTime, "20500101000000Z"), 2524608000);
  EXPECT_EQ(SecondsOf(kGeneralizedTime, "99991231235959Z"), 253402300799);
  EXPECT_EQ(SecondsOf(kGeneralizedTime, "20200229120000Z"), 1582977600);
  EXPECT_EQ(SecondsOf(kGeneralizedTime, "19700101000001Z"), 1);
}

TEST(DerTimeTest, RefusesOtherForms) {
  UnixTime value{};
  for (const char* bad :
       {"7001010000Z", "700101000000", "700101000000+0000", "701301000000Z", "700001000000Z",
        "700132000000Z", "700100000000Z", "700229000000Z", "700101240000Z", "700101006000Z",
        "700101000060Z", "7001010000-1Z", "70010100000aZ", "x00101000000Z", "700101000000z", ""}) {
    EXPECT_FALSE(ParseTime(kUtcTime, Text(bad), &value)) << bad;
  }
  for (const char* bad : {"202002291200Z", "20210229120000Z", "20200229120000.5Z", "2020022912000Z",
                          "20200229120000+0000", "a0200229120000Z", "20b00229120000Z"}) {
    EXPECT_FALSE(ParseTime(kGeneralizedTime, Text(bad), &value)) << bad;
  }
  EXPECT_FALSE(ParseTime(kUtcTime, Text("20200229120000Z"), &value));
  EXPECT_FALSE(ParseTime(kGeneralizedTime, Text("700101000000Z"), &value));
  EXPECT_FALSE(ParseTime(kOctetString, Text("700101000000Z"), &value));
}

TEST(DerOidTest, ChecksSubIdentifiers) {
  for (const char* good : {"55", "551d0f", "2a864886f70d010101", "883703"}) {
    EXPECT_TRUE(IsOid(Hex(good))) << good;
  }
  for (const char* bad : {"", "80", "5580", "558001", "80551d", "551d8f", "2a808648"}) {
    EXPECT_FALSE(IsOid(Hex(bad))) << bad;
  }
}

TEST(DerOidTest, ConvertsToTextAndBack) {
  constexpr std::pair<const char*, const char*> kPairs[] = {
      {"0.0", "00"},
      {"0.39", "27"},
      {"1.0", "28"},
      {"1.39", "4f"},
      {"2.0", "50"},
      {"2.5.29.15", "551d0f"},
      {"2.999.3", "883703"},
      {"1.2.840.113549.1.1.1", "2a864886f70d010101"},
      {"1.3.18446744073709551615", "2b81ffffffffffffffff7f"},
  };
  for (const auto& [text, hex] : kPairs) {
    EXPECT_EQ(OidToText(Hex(hex)), text);
    const auto content = OidFromText(text);
    ASSERT_TRUE(content) << text;
    EXPECT_EQ(base::HexLower(*content), hex) << text;
  }
  EXPECT_EQ(OidToText(Hex("2b82808080808080808000")), "") << "beyond 64 bits";
  EXPECT_EQ(OidToText(Hex("5580")), "") << "malformed";
  for (const char* bad :
       {"", "1", "3.1", "0.40", "1.40", "1.", ".1", "1..2", "1.2.", "1.02", "1.-2", "1.2a", "1 2",
        "1.3.18446744073709551616", "2.18446744073709551615"}) {
    EXPECT_FALSE(OidFromText(bad)) << bad;
  }
}

}  // namespace
}  // namespace muster::der
