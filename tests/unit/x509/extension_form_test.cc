// Every element of every extension that is decoded on demand, each with its form broken in turn.
#include <gtest/gtest.h>

#include <functional>

#include "engine/x509/extensions.h"
#include "tests/support/der_tree.h"
#include "tests/unit/x509/sketch.h"

namespace muster::x509 {
namespace {

struct GoodValue {
  const char* name;
  Bytes value;
  std::function<bool(ByteView)> parse;
};

// Without parts that are opaque by definition, x400Address and the like: all of it is DER.
std::vector<GoodValue> GoodValues() {
  const Bytes dns = Tlv(0x82, Text("example.com"));
  const Bytes directory = Tlv(0xa4, CnName("a"));
  const Bytes other = Tlv(0xa0, {Oid("1.2.3"), Tlv(0xa0, Hex("0c0161"))});
  const Bytes qualifier = Seq({Oid("1.3.6.1.5.5.7.2.1"), Tlv(der::kIa5String, Text("https://a"))});
  const Bytes relative = Tlv(0xa0, Tlv(0xa1, AttributeOf("2.5.4.3", der::kUtf8String, Text("a"))));
  const Bytes full = Tlv(0xa0, Tlv(0xa0, dns));
  const Bytes reasons = Hex("81020640");
  return {
      {"GeneralNames", Seq({other, dns, directory}),
       [](ByteView v) { return ParseGeneralNames(v).has_value(); }},
      {"nameConstraints", Seq({Tlv(0xa0, {Seq({dns})}), Tlv(0xa1, {Seq({directory})})}),
       [](ByteView v) { return ParseNameConstraints(v).has_value(); }},
      {"certificatePolicies", Seq({Seq({Oid("1.2.3"), Seq({qualifier})}), Seq({Oid("1.2.4")})}),
       [](ByteView v) { return ParseCertificatePolicies(v).has_value(); }},
      {"policyMappings", Seq({Seq({Oid("1.2.3"), Oid("1.2.4")})}),
       [](ByteView v) { return ParsePolicyMappings(v).has_value(); }},
      {"policyConstraints", Hex("3006800100810100"),
       [](ByteView v) { return ParsePolicyConstraints(v).has_value(); }},
      {"inhibitAnyPolicy", Hex("020100"),
       [](ByteView v) { return ParseInhibitAnyPolicy(v).has_value(); }},
      {"extKeyUsage", Seq({Oid("1.3.6.1.5.5.7.3.2"), Oid("2.5.29.37.0")}),
       [](ByteView v) { return ParseExtendedKeyUsage(v).has_value(); }},
      {"cRLDistributionPoints",
       Seq({Seq({full, reasons, Tlv(0xa2, directory)}), Seq({relative, Tlv(0xa2, directory)})}),
       [](ByteView v) { return ParseCrlDistributionPoints(v).has_value(); }},
      {"issuingDistributionPoint", Seq({full, Hex("8101ff"), Hex("83020640"), Hex("8401ff")}),
       [](ByteView v) { return ParseIssuingDistributionPoint(v).has_value(); }},
      {"issuingDistributionPoint of attributes", Seq({relative, Hex("8501ff")}),
       [](ByteView v) { return ParseIssuingDistributionPoint(v).has_value(); }},
      {"issuingDistributionPoint of CAs", Seq({Hex("8201ff")}),
       [](ByteView v) { return ParseIssuingDistributionPoint(v).has_value(); }},
      {"authorityKeyIdentifier", Seq({Hex("800101"), Tlv(0xa1, directory), Hex("820107")}),
       [](ByteView v) { return ParseAuthorityKeyId(v).has_value(); }},
  };
}

TEST(ExtensionFormTest, RefusesEachElementWithItsFormBroken) {
  using test::FormFlaw;
  for (const GoodValue& good : GoodValues()) {
    ASSERT_TRUE(good.parse(good.value)) << good.name;
    for (const FormFlaw flaw : {FormFlaw::kNonMinimalLength, FormFlaw::kIndefiniteLength,
                                FormFlaw::kLongerThanParent, FormFlaw::kExtraElement}) {
      std::size_t broken = 0;
      for (std::size_t i = 0; i < test::ElementCount(good.value); ++i) {
        const auto bad = test::WithFormFlaw(good.value, flaw, i);
        if (!bad) continue;
        ++broken;
        EXPECT_FALSE(good.parse(*bad))
            << good.name << ", " << NameOf(flaw) << ": " << base::HexLower(*bad);
      }
      // An INTEGER on its own has nothing inside.
      EXPECT_TRUE(broken > 0 || good.value.front() == der::kInteger) << NameOf(flaw);
    }
  }
}

TEST(ExtensionFormTest, RefusesOtherTypesInTheirPlaces) {
  const Bytes dns = Tlv(0x82, Text("a"));
  const Bytes value = Tlv(0xa0, Hex("0c0161"));
  const Bytes bad_names[] = {
      Seq({Tlv(0xa0, Bytes{})}),                             // No type-id.
      Seq({Tlv(0xa0, {Hex("0500"), value})}),                // It is no OID,
      Seq({Tlv(0xa0, {Hex("06022a80"), value})}),            // or a malformed one.
      Seq({Tlv(0xa0, {Oid("1.2.3"), Tlv(0xa0, Bytes{})})}),  // Nothing in the value.
      Seq({Tlv(0xa0, {Oid("1.2.3"), Tlv(0xa0, Hex("05000500"))})}),
  };
  for (const Bytes& bad : bad_names) EXPECT_FALSE(ParseGeneralNames(bad)) << base::HexLower(bad);

  const auto relative = [](const Bytes& rdn) { return Seq({Seq({Tlv(0xa0, Tlv(0xa1, rdn))})}); };
  EXPECT_TRUE(
      ParseCrlDistributionPoints(relative(AttributeOf("2.5.4.3", der::kUtf8String, Text("a")))));
  for (const Bytes& rdn :
       {Seq({}), Seq({Hex("0500"), Hex("0500")}), Seq({Hex("06022a80"), Hex("0500")}),
        Seq({Oid("2.5.4.3")}), Seq({Oid("2.5.4.3"), Hex("0500"), Hex("0500")})}) {
    EXPECT_FALSE(ParseCrlDistributionPoints(relative(rdn))) << base::HexLower(rdn);
  }
  const Bytes malformed_qualifier_id = Seq({Hex("06022a80"), Hex("0500")});
  EXPECT_FALSE(ParseCertificatePolicies(Seq({Seq({Oid("1.2.3"), Seq({malformed_qualifier_id})})})));
}

// RFC 5280 4.2.1.10: 32 octets for IPv6, address and mask.
TEST(ExtensionFormTest, AnIpv6ConstraintHasAMask) {
  const auto parses = [](const Bytes& octets) {
    return ParseNameConstraints(Seq({Tlv(0xa0, {Seq({Tlv(0x87, octets)})})})).has_value();
  };
  const Bytes address(16, 0x20);
  Bytes mask(16, 0);
  EXPECT_TRUE(parses(Join({address, mask})));
  mask[0] = 0xff;
  mask[1] = 0xf0;
  EXPECT_TRUE(parses(Join({address, mask})));
  mask[15] = 0x01;
  EXPECT_FALSE(parses(Join({address, mask}))) << "a mask with a hole";
  mask.pop_back();
  EXPECT_FALSE(parses(Join({address, mask})));
}

}  // namespace
}  // namespace muster::x509
