#include <gtest/gtest.h>

#include "engine/base/byte_view.h"
#include "muster/certificate.h"
#include "tests/unit/x509/sketch.h"

namespace muster::x509 {
namespace {

std::string Shown(std::uint8_t tag, const Bytes& value) {
  return DisplayName(Seq({Rdn({AttributeOf("2.5.4.3", tag, value)})}));
}
std::string Shown(std::string_view text) { return Shown(der::kUtf8String, Text(text)); }

TEST(DisplayNameTest, KeepsTheOrderOfEncoding) {
  EXPECT_EQ(DisplayName(Seq({Cn("Factory 2"), Org("Acme")})), "CN=Factory 2, O=Acme");
  EXPECT_EQ(DisplayName(Seq({Org("Acme"), Cn("Factory 2")})), "O=Acme, CN=Factory 2");
  EXPECT_EQ(DisplayName(Hex("3000")), "");
}

TEST(DisplayNameTest, ShowsTypesByShortNameOrNumber) {
  constexpr std::pair<const char*, const char*> kTypes[] = {
      {"2.5.4.6", "C=x"},
      {"2.5.4.8", "ST=x"},
      {"2.5.4.7", "L=x"},
      {"2.5.4.11", "OU=x"},
      {"2.5.4.5", "serialNumber=x"},
      {"0.9.2342.19200300.100.1.25", "DC=x"},
      {"0.9.2342.19200300.100.1.1", "UID=x"},
      {"1.2.840.113549.1.9.1", "emailAddress=x"},
      {"1.3.6.1.4.1.37244.2.1", "1.3.6.1.4.1.37244.2.1=x"},
  };
  for (const auto& [oid, wanted] : kTypes) {
    EXPECT_EQ(DisplayName(Seq({Rdn({AttributeOf(oid, der::kUtf8String, Text("x"))})})), wanted);
  }
  const Bytes huge_arc = Seq({Hex("060c2b82808080808080808080"
                                  "00"),
                              Hex("0c0178")});
  EXPECT_EQ(DisplayName(Seq({Tlv(der::kSet, huge_arc)})), "#2b8280808080808080808000=x");
}

TEST(DisplayNameTest, JoinsMultiValuedRdnsWithPlus) {
  EXPECT_EQ(DisplayName(Seq({Rdn({AttributeOf("2.5.4.3", der::kUtf8String, Text("a")),
                                  AttributeOf("2.5.4.10", der::kUtf8String, Text("b"))}),
                             Cn("c")})),
            "CN=a+O=b, CN=c");
}

TEST(DisplayNameTest, EscapesWhatRfc4514Escapes) {
  EXPECT_EQ(Shown("a,b+c\"d\\e;f<g>h"), R"(CN=a\,b\+c\"d\\e\;f\<g\>h)");
  EXPECT_EQ(Shown("#a#"), R"(CN=\#a#)");
  EXPECT_EQ(Shown(" a b "), R"(CN=\ a b\ )");
  EXPECT_EQ(Shown(" "), R"(CN=\ )");
  EXPECT_EQ(Shown("a=b"), "CN=a=b");
}

TEST(DisplayNameTest, ShowsWhatWouldDeceiveAsHex) {
  EXPECT_EQ(Shown(std::string_view("a\0b", 3)), R"(CN=a\00b)");
  EXPECT_EQ(Shown("a\x1b[31m\n\x7f"), R"(CN=a\1b[31m\0a\7f)");
  EXPECT_EQ(Shown("\xc2\x9b"), R"(CN=\c2\9b)") << "a C1 control";
  EXPECT_EQ(Shown("a\xe2\x80\xae"
                  "b"),
            R"(CN=a\e2\80\aeb)")
      << "right-to-left override";
  EXPECT_EQ(Shown("a\xff\xc3"), R"(CN=a\ff\c3)") << "not UTF-8";
  EXPECT_EQ(Shown(der::kPrintableString, Hex("61e9")), R"(CN=a\e9)");
  EXPECT_EQ(Shown("Gr\xc3\xbc\xc3\x9f"
                  "e"),
            "CN=Gr\xc3\xbc\xc3\x9f"
            "e");
}

// Each range of characters that deceive, at both ends and one beyond.
TEST(DisplayNameTest, KnowsWhatDeceivesFromItsNeighbours) {
  const auto shown = [](std::uint32_t c) {
    return Shown(der::kUniversalString,
                 {static_cast<std::uint8_t>(c >> 24), static_cast<std::uint8_t>(c >> 16),
                  static_cast<std::uint8_t>(c >> 8), static_cast<std::uint8_t>(c)});
  };
  for (const std::uint32_t c : {0x00u, 0x1fu, 0x7fu, 0x80u, 0x9fu, 0x061cu, 0x200eu, 0x200fu,
                                0x2028u, 0x202eu, 0x2066u, 0x2069u, 0xfeffu}) {
    EXPECT_EQ(shown(c).substr(0, 4), "CN=\\") << c;
  }
  for (const std::uint32_t c : {0x7eu, 0xa0u, 0x061bu, 0x061du, 0x200du, 0x2010u, 0x2027u, 0x202fu,
                                0x2065u, 0x206au, 0xfefeu, 0xff00u, 0x10ffffu}) {
    EXPECT_EQ(shown(c).find('\\'), std::string::npos) << c;
  }
}

TEST(DisplayNameTest, ConvertsOtherStringTypes) {
  EXPECT_EQ(Shown(der::kBmpString, Hex("004100e9")), "CN=A\xc3\xa9");
  EXPECT_EQ(Shown(der::kUniversalString, Hex("00000041")), "CN=A");
  EXPECT_EQ(Shown(der::kT61String, Hex("41e9")), "CN=A\xc3\xa9");
  EXPECT_EQ(Shown(der::kBmpString, Hex("20ac")), "CN=\xe2\x82\xac");
  EXPECT_EQ(Shown(der::kUniversalString, Hex("0001f512")), "CN=\xf0\x9f\x94\x92");
  EXPECT_EQ(Shown(der::kBmpString, Hex("41")), "CN=#1e0141");
  EXPECT_EQ(Shown(der::kOctetString, Hex("4142")), "CN=#04024142");
}

TEST(DisplayNameTest, ShowsMalformedNamesAsHex) {
  EXPECT_EQ(DisplayName(Hex("3100")), "#3100");
  EXPECT_EQ(DisplayName(Seq({Cn("a"), Hex("0500")})).front(), '#');
  EXPECT_EQ(DisplayName({}), "#");
}

}  // namespace
}  // namespace muster::x509
