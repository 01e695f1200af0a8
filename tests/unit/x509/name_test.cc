#include "engine/x509/name.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/base/byte_view.h"
#include "engine/x509/directory_string.h"
#include "tests/unit/x509/sketch.h"

namespace muster::x509 {
namespace {

constexpr const char* kCn = "2.5.4.3";
constexpr const char* kOrganization = "2.5.4.10";
constexpr const char* kEmail = "1.2.840.113549.1.9.1";

Bytes CnOf(std::uint8_t tag, const Bytes& value) {
  return Seq({Rdn({AttributeOf(kCn, tag, value)})});
}
Bytes Utf8(std::string_view text) { return CnOf(der::kUtf8String, Text(text)); }

TEST(NameTest, EmptyAndMalformed) {
  EXPECT_TRUE(IsEmptyName(Hex("3000")));
  EXPECT_FALSE(IsEmptyName(Utf8("a")));
  EXPECT_FALSE(IsEmptyName(Hex("3100")));
  EXPECT_TRUE(IsWellFormedName(Hex("3000")));
  EXPECT_TRUE(IsWellFormedName(Utf8("a")));
  for (const Bytes& bad : {Bytes{}, Hex("30"), Hex("3100"), Hex("300000"), Seq({Hex("3100")}),
                           Join({Utf8("a"), Hex("00")}),
                           // UTF8String and PrintableString in pieces: BER (X.690 10.2).
                           CnOf(0x2c, Hex("0c0161")), CnOf(0x33, Hex("130161"))}) {
    EXPECT_FALSE(IsWellFormedName(bad)) << base::HexLower(bad);
    EXPECT_FALSE(CanonicalName(bad)) << base::HexLower(bad);
    EXPECT_FALSE(NamesMatch(bad, bad)) << base::HexLower(bad);
    EXPECT_FALSE(NamesMatch(bad, Utf8("a"))) << base::HexLower(bad);
    EXPECT_FALSE(NamesMatch(Utf8("a"), bad)) << base::HexLower(bad);
  }
  EXPECT_TRUE(NamesMatch(Hex("3000"), Hex("3000")));
  EXPECT_FALSE(NamesMatch(Hex("3000"), Utf8("")));
}

TEST(NameTest, TextComparesWithoutCaseAndSurplusWhiteSpace) {
  for (const char* same : {"factory 2", "FACTORY 2", "  Factory 2", "Factory 2 ", "Factory   2",
                           "\tFactory\t 2\r\n"}) {
    EXPECT_TRUE(NamesMatch(Utf8("Factory 2"), Utf8(same))) << same;
  }
  for (const char* other :
       {"Factory2", "Factory 3", "Factory 22", "Factory", "", "Factory 2\x01"}) {
    EXPECT_FALSE(NamesMatch(Utf8("Factory 2"), Utf8(other))) << other;
  }
  EXPECT_TRUE(NamesMatch(Utf8(""), Utf8("  ")));
  // Case is folded for ASCII only.
  EXPECT_FALSE(NamesMatch(Utf8("\xc3\xa9"), Utf8("\xc3\x89")));
  EXPECT_FALSE(NamesMatch(Utf8("k"), Utf8("\xe2\x84\xaa"))) << "the Kelvin sign is no k";
}

TEST(NameTest, StringTypesCompareByTheirText) {
  const Bytes ascii[] = {
      CnOf(der::kUtf8String, Text("Ab")),    CnOf(der::kPrintableString, Text("aB")),
      CnOf(der::kIa5String, Text("ab")),     CnOf(der::kT61String, Text("AB")),
      CnOf(der::kVisibleString, Text("ab")), CnOf(der::kBmpString, Hex("00610062")),
      CnOf(der::kNumericString, Text("ab")), CnOf(der::kUniversalString, Hex("0000004100000042")),
  };
  for (const Bytes& a : ascii) {
    for (const Bytes& b : ascii) EXPECT_TRUE(NamesMatch(a, b));
  }
  const Bytes accented[] = {Utf8("\xc3\xa9"), CnOf(der::kT61String, Hex("e9")),
                            CnOf(der::kBmpString, Hex("00e9")),
                            CnOf(der::kUniversalString, Hex("000000e9"))};
  for (const Bytes& a : accented) {
    for (const Bytes& b : accented) EXPECT_TRUE(NamesMatch(a, b));
  }
  EXPECT_TRUE(NamesMatch(Utf8("\xf0\x9f\x98\x80"), CnOf(der::kUniversalString, Hex("0001f600"))));
}

TEST(NameTest, WhatIsNoTextComparesByTypeAndOctets) {
  const Bytes octets = CnOf(der::kOctetString, Text("ab"));
  EXPECT_TRUE(NamesMatch(octets, octets));
  EXPECT_FALSE(NamesMatch(octets, CnOf(der::kOctetString, Text("AB"))));
  EXPECT_FALSE(NamesMatch(octets, Utf8("ab")));
  EXPECT_FALSE(NamesMatch(octets, CnOf(der::kBitString, Text("ab"))));
  // Not of their type: bad UTF-8, high bit in ASCII, odd BMP, a surrogate, beyond Unicode.
  const Bytes broken[] = {
      CnOf(der::kUtf8String, Hex("61ff")),          CnOf(der::kPrintableString, Hex("61ff")),
      CnOf(der::kBmpString, Hex("006100")),         CnOf(der::kBmpString, Hex("d83dde00")),
      CnOf(der::kUniversalString, Hex("00110000")),
  };
  for (std::size_t i = 0; i < std::size(broken); ++i) {
    for (std::size_t k = 0; k < std::size(broken); ++k) {
      EXPECT_EQ(NamesMatch(broken[i], broken[k]), i == k) << i << " " << k;
    }
  }
}

TEST(NameTest, RdnsCompareInOrderAndAttributesAsSets) {
  const Bytes a = AttributeOf(kCn, der::kUtf8String, Text("a"));
  const Bytes o = AttributeOf(kOrganization, der::kUtf8String, Text("o"));
  const Bytes o_upper = AttributeOf(kOrganization, der::kPrintableString, Text("O"));
  EXPECT_TRUE(NamesMatch(Seq({Rdn({a, o})}), Seq({Rdn({o_upper, a})})));
  EXPECT_FALSE(NamesMatch(Seq({Rdn({a}), Rdn({o})}), Seq({Rdn({o}), Rdn({a})})));
  EXPECT_FALSE(NamesMatch(Seq({Rdn({a, o})}), Seq({Rdn({a}), Rdn({o})})));
  EXPECT_FALSE(NamesMatch(Seq({Rdn({a})}), Seq({Rdn({a}), Rdn({o})})));
  EXPECT_FALSE(NamesMatch(Seq({Rdn({a, a})}), Seq({Rdn({a})}))) << "a set that repeats itself";
  EXPECT_FALSE(NamesMatch(Seq({Rdn({AttributeOf(kCn, der::kUtf8String, Text("x"))})}),
                          Seq({Rdn({AttributeOf(kOrganization, der::kUtf8String, Text("x"))})})));
}

// The parts of a canonical name carry their lengths: text cannot imitate structure.
TEST(NameTest, CanonicalOctetsAreInjective) {
  const Bytes a = AttributeOf(kCn, der::kUtf8String, Text("a"));
  const auto canonical = CanonicalName(Seq({Rdn({a}), Rdn({a})}));
  ASSERT_TRUE(canonical);
  // A value that spells the canonical octets of two RDNs.
  const Bytes imitation = CnOf(der::kUtf8String, {canonical->begin(), canonical->end()});
  EXPECT_NE(CanonicalName(imitation), canonical);
  std::vector<std::string> all;
  for (const char* x : {"", "a", "aa", "T", "R", "aT", "a b"}) {
    for (const std::uint8_t tag : {der::kUtf8String, der::kOctetString, der::kBitString}) {
      for (const char* type : {kCn, kOrganization}) {
        const Bytes attribute = AttributeOf(type, tag, Text(x));
        all.push_back(*CanonicalName(Seq({Rdn({attribute})})));
        all.push_back(*CanonicalName(Seq({Rdn({attribute, a})})));
        all.push_back(*CanonicalName(Seq({Rdn({attribute}), Rdn({a})})));
      }
    }
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) EXPECT_NE(all[i], all[k]) << i << " " << k;
  }
}

TEST(NameTest, SubtreesArePrefixesOfRdns) {
  const Bytes acme = Org("Acme");
  const Bytes name = Seq({acme, Cn("Factory"), Cn("device")});
  EXPECT_TRUE(NameWithinSubtree(name, Seq({})));
  EXPECT_TRUE(NameWithinSubtree(name, Seq({Org("ACME ", der::kPrintableString)})));
  EXPECT_TRUE(NameWithinSubtree(name, Seq({acme, Cn("factory")})));
  EXPECT_TRUE(NameWithinSubtree(name, name));
  EXPECT_FALSE(NameWithinSubtree(name, Seq({Cn("Factory")})));
  EXPECT_FALSE(NameWithinSubtree(name, Seq({acme, Cn("Fact")})));
  EXPECT_FALSE(NameWithinSubtree(name, Seq({acme, Cn("Factory"), Cn("device"), Cn("x")})));
  EXPECT_FALSE(NameWithinSubtree(Seq({}), Seq({acme})));
  EXPECT_FALSE(NameWithinSubtree(Hex("3100"), Seq({})));
  EXPECT_FALSE(NameWithinSubtree(name, Hex("3100")));
  // One attribute of a multi-valued RDN is not that RDN.
  const Bytes both = Seq({Rdn({AttributeOf(kCn, der::kUtf8String, Text("a")),
                               AttributeOf(kOrganization, der::kUtf8String, Text("b"))})});
  EXPECT_FALSE(NameWithinSubtree(both, Seq({Cn("a")})));
}

// Sorting is the only step that is not linear: a hostile name of the largest size stays cheap.
TEST(NameTest, LargeNamesCompareInBoundedTime) {
  Bytes attributes;
  while (attributes.size() < 60'000) {
    const std::size_t n = attributes.size();
    const Bytes one = AttributeOf(
        kCn, der::kUtf8String,
        {static_cast<std::uint8_t>('a' + n % 7), static_cast<std::uint8_t>('a' + n % 11)});
    attributes.insert(attributes.end(), one.begin(), one.end());
  }
  const Bytes one_rdn = Seq({Tlv(der::kSet, attributes)});
  EXPECT_TRUE(NamesMatch(one_rdn, Seq({Tlv(der::kSet, attributes)})));
  EXPECT_FALSE(NamesMatch(one_rdn, Seq({Tlv(der::kSet, attributes), Cn("x")})));
}

TEST(NameTest, FindsCommonNamesAndEmailAddresses) {
  const Bytes name =
      Seq({Rdn({AttributeOf(kOrganization, der::kUtf8String, Text("o")),
                AttributeOf(kCn, der::kPrintableString, Text("one"))}),
           Rdn({AttributeOf(kEmail, der::kIa5String, Text("a@example.com"))}), Cn("two")});
  const auto cns = CommonNames(name);
  ASSERT_EQ(cns.size(), 2u);
  EXPECT_EQ(cns[0].tag, der::kPrintableString);
  EXPECT_EQ(base::AsText(cns[0].value), "one");
  EXPECT_EQ(base::AsText(cns[1].value), "two");
  const auto emails = EmailAddresses(name);
  ASSERT_EQ(emails.size(), 1u);
  EXPECT_EQ(base::AsText(emails[0]), "a@example.com");
  const Bytes broken =
      Seq({Cn("one"), Rdn({AttributeOf(kEmail, der::kIa5String, Text("a@b"))}), Hex("3100")});
  EXPECT_TRUE(CommonNames(broken).empty());
  EXPECT_TRUE(EmailAddresses(broken).empty());
}

TEST(RegistrationIdOfTest, TakesTheOneCn) {
  for (const std::uint8_t tag : {der::kUtf8String, der::kPrintableString, der::kIa5String}) {
    const auto id = RegistrationIdOf(Seq({Org("Acme"), Cn("Device-01", tag)}), nullptr);
    ASSERT_TRUE(id);
    EXPECT_EQ(id->view(), "device-01");
  }
  EXPECT_TRUE(RegistrationIdOf(Utf8(std::string(128, 'a')), nullptr));
}

TEST(RegistrationIdOfTest, SaysWhyThereIsNone) {
  struct Case {
    Bytes subject;
    std::string_view why;
  };
  const Case cases[] = {
      {Hex("3100"), "subject is not a well-formed name"},
      {Join({Utf8("a"), Hex("00")}), "subject is not a well-formed name"},
      {Hex("3000"), "subject has no CN"},
      {Seq({Org("a")}), "subject has no CN"},
      {Seq({Cn("a"), Cn("a")}), "subject has more than one CN"},
      {Seq({Rdn({AttributeOf(kCn, der::kUtf8String, Text("a")),
                 AttributeOf(kCn, der::kUtf8String, Text("b"))})}),
       "subject has more than one CN"},
      {CnOf(der::kBmpString, Hex("0061")), "CN is neither a PrintableString nor a UTF8String"},
      {CnOf(der::kT61String, Text("a")), "CN is neither a PrintableString nor a UTF8String"},
      {CnOf(der::kOctetString, Text("a")), "CN is neither a PrintableString nor a UTF8String"},
      {Utf8(""), "CN is empty"},
      {Utf8(std::string(129, 'a')), "CN is longer than 128 characters"},
  };
  for (const Case& c : cases) {
    std::string_view why;
    EXPECT_FALSE(RegistrationIdOf(c.subject, &why)) << c.why;
    EXPECT_EQ(why, c.why);
    EXPECT_FALSE(RegistrationIdOf(c.subject, nullptr));
  }
  for (const Bytes& bad : {Utf8("a."), Utf8("a b"), Utf8(std::string_view("a\0", 2)),
                           Utf8(std::string_view("a\0b", 3)), Utf8("\xc3\xa9"), Utf8("a/b")}) {
    std::string_view why;
    EXPECT_FALSE(RegistrationIdOf(bad, &why));
    EXPECT_NE(why.find("A-Z a-z 0-9"), std::string_view::npos);
  }
}

TEST(DirectoryStringTest, Utf8IsShortestFormWithoutSurrogates) {
  for (const char* good : {"", "00", "7f", "c280", "dfbf", "e0a080", "ed9fbf", "ee8080", "efbfbf",
                           "f0908080", "f48fbfbf"}) {
    EXPECT_TRUE(DirectoryStringText(der::kUtf8String, Hex(good))) << good;
  }
  for (const char* bad : {"80", "c080", "c1bf", "e09fbf", "eda080", "edbfbf", "f08fbfbf",
                          "f4908080", "f8888080", "ff", "c2", "c241", "e0a0", "f09080"}) {
    EXPECT_FALSE(DirectoryStringText(der::kUtf8String, Hex(bad))) << bad;
  }
}

}  // namespace
}  // namespace muster::x509
