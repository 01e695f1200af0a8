#include "engine/x509/extensions.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/base/byte_view.h"
#include "tests/unit/x509/sketch.h"

namespace muster::x509 {
namespace {

using base::AsText;
using base::Equal;

Bytes DirectoryName(const Bytes& name) { return Tlv(0xa4, name); }
Bytes Dns(std::string_view text) { return Tlv(0x82, Text(text)); }

TEST(GeneralNamesTest, ReadsEveryKind) {
  const Bytes value = Seq({
      Tlv(0xa0, {Oid("1.2.3"), Tlv(0xa0, Hex("0c0161"))}),
      Tlv(0x81, Text("a@example.com")),
      Dns("example.com"),
      Tlv(0xa3, Hex("3000")),
      DirectoryName(CnName("a")),
      Tlv(0xa5, Hex("3000")),
      Tlv(0x86, Text("https://example.com")),
      Tlv(0x87, Hex("c0a80001")),
      Tlv(0x87, Bytes(16, 1)),
      Tlv(0x88, Hex("2a03")),
  });
  const auto names = ParseGeneralNames(value);
  ASSERT_TRUE(names);
  ASSERT_EQ(names->size(), 10u);
  constexpr GeneralNameKind kKinds[] = {
      GeneralNameKind::kOtherName,     GeneralNameKind::kRfc822Name,
      GeneralNameKind::kDnsName,       GeneralNameKind::kX400Address,
      GeneralNameKind::kDirectoryName, GeneralNameKind::kEdiPartyName,
      GeneralNameKind::kUri,           GeneralNameKind::kIpAddress,
      GeneralNameKind::kIpAddress,     GeneralNameKind::kRegisteredId,
  };
  for (std::size_t i = 0; i < names->size(); ++i) EXPECT_EQ((*names)[i].kind, kKinds[i]) << i;
  EXPECT_EQ(AsText((*names)[2].value), "example.com");
  EXPECT_TRUE(Equal((*names)[4].value, CnName("a")));
}

TEST(GeneralNamesTest, RefusesWhatIsNoGeneralName) {
  const Bytes bad[] = {
      Bytes{},
      Hex("0500"),
      Seq({}),                               // SIZE (1..MAX).
      Join({Seq({Dns("a")}), Hex("0500")}),  // Something follows.
      Seq({Hex("0c0161")}),                  // A universal tag.
      Seq({Tlv(0x89, Text("a"))}),           // Number 9.
      Seq({Tlv(0xa2, Text("a"))}),           // Constructed dNSName.
      Seq({Tlv(0x84, CnName("a"))}),         // Primitive directoryName.
      Seq({Tlv(0x80, Text("a"))}),           // Primitive otherName.
      Seq({Tlv(0x81, Hex("61e9"))}),         // Not IA5.
      Seq({Tlv(0x82, Hex("ff"))}),
      Seq({Tlv(0x86, Hex("80"))}),
      Seq({Tlv(0xa4, Hex("3100"))}),  // Not a Name.
      Seq({Tlv(0xa4, Bytes{})}),
      Seq({Tlv(0xa4, {CnName("a"), CnName("b")})}),
      Seq({Tlv(0x87, Hex("c0a800"))}),                  // Three octets of an address.
      Seq({Tlv(0x87, Hex("c0a80001ffffff00"))}),        // A mask outside constraints.
      Seq({Tlv(0x88, Hex("2a80"))}),                    // Not an OID.
      Seq({Tlv(0xa0, {Oid("1.2.3")})}),                 // otherName without value.
      Seq({Tlv(0xa0, {Oid("1.2.3"), Hex("0c0161")})}),  // ... not in [0].
      Seq({Tlv(0xa0, {Oid("1.2.3"), Hex("a0040c016100")})}),
      Seq({Tlv(0xa0, {Oid("1.2.3"), Hex("a0030c0161"), Hex("0500")})}),
      Seq({Dns("a"), Hex("8205")}),
  };
  for (const Bytes& value : bad) EXPECT_FALSE(ParseGeneralNames(value)) << base::HexLower(value);
  EXPECT_FALSE(ParseGeneralNamesContent({}));
}

TEST(NameConstraintsTest, ReadsPermittedAndExcluded) {
  const Bytes value =
      Seq({Tlv(0xa0, {Seq({Dns("example.com")}), Seq({DirectoryName(CnName("a"))})}),
           Tlv(0xa1, {Seq({Tlv(0x87, Hex("c0a80000ffff0000"))})})});
  const auto constraints = ParseNameConstraints(value);
  ASSERT_TRUE(constraints);
  ASSERT_EQ(constraints->permitted.size(), 2u);
  EXPECT_EQ(AsText(constraints->permitted[0].value), "example.com");
  EXPECT_EQ(constraints->permitted[1].kind, GeneralNameKind::kDirectoryName);
  ASSERT_EQ(constraints->excluded.size(), 1u);
  EXPECT_EQ(constraints->excluded[0].kind, GeneralNameKind::kIpAddress);
  EXPECT_TRUE(ParseNameConstraints(Seq({Tlv(0xa1, {Seq({Dns("")})})})));
}

TEST(NameConstraintsTest, RefusesOtherForms) {
  const Bytes subtree = Seq({Dns("a")});
  const Bytes bad[] = {
      Hex("0500"),
      Seq({}),
      Seq({Tlv(0xa0, Bytes{})}),
      Seq({Tlv(0xa1, Bytes{})}),
      Seq({Tlv(0xa1, subtree), Tlv(0xa0, subtree)}),  // Out of order.
      Seq({Tlv(0xa0, subtree), Tlv(0xa0, subtree)}),
      Seq({Tlv(0xa0, subtree), Tlv(0xa2, subtree)}),
      Seq({Tlv(0xa0, Dns("a"))}),                             // Base without its SEQUENCE.
      Seq({Tlv(0xa0, {Seq({Dns("a"), Hex("800100")})})}),     // The default minimum, spelled.
      Seq({Tlv(0xa0, {Seq({Dns("a"), Hex("800101")})})}),     // Another minimum.
      Seq({Tlv(0xa0, {Seq({Dns("a"), Hex("810105")})})}),     // A maximum.
      Seq({Tlv(0xa0, {Seq({Tlv(0x87, Hex("c0a80001"))})})}),  // An address without mask.
      Seq({Tlv(0xa0, {Seq({Tlv(0x87, Hex("c0a80000ff00ff00"))})})}),  // A mask with holes.
      Seq({Tlv(0xa0, {Seq({Tlv(0x87, Hex("c0a80000fd000000"))})})}),
      Seq({Tlv(0xa0, {Seq({Tlv(0x87, Hex("c0a8000000000001"))})})}),
  };
  for (const Bytes& value : bad) EXPECT_FALSE(ParseNameConstraints(value)) << base::HexLower(value);
  for (const char* mask : {"00000000", "80000000", "fe000000", "ffff8000", "ffffffff"}) {
    EXPECT_TRUE(ParseNameConstraints(
        Seq({Tlv(0xa0, {Seq({Tlv(0x87, Join({Hex("0a000000"), Hex(mask)}))})})})))
        << mask;
  }
}

TEST(PoliciesTest, CertificatePolicies) {
  const Bytes qualifier = Seq({Oid("1.3.6.1.5.5.7.2.1"), Tlv(der::kIa5String, Text("https://a"))});
  const Bytes two = Seq({Seq({Oid("1.2.3")}), Seq({Oid("1.2.4"), Seq({qualifier})})});
  const auto policies = ParseCertificatePolicies(two);
  ASSERT_TRUE(policies);
  ASSERT_EQ(policies->size(), 2u);
  EXPECT_TRUE(Equal((*policies)[0].policy, der::OidContent("1.2.3")));
  EXPECT_TRUE((*policies)[0].qualifiers.empty());
  EXPECT_TRUE(Equal((*policies)[1].qualifiers, qualifier));
  const Bytes one = Seq({Oid("1.2.3")});
  const Bytes bad[] = {
      Hex("0500"),
      Seq({}),
      Seq({one, Seq({Oid("1.2.4")}), one}),  // Twice (4.2.1.4).
      Seq({Oid("1.2.3")}),
      Seq({Seq({})}),
      Seq({Seq({Hex("06012a"), Hex("0500")})}),
      Seq({Seq({Hex("06028001")})}),
      Seq({Seq({Oid("1.2.3"), Seq({})})}),                     // No qualifier at all.
      Seq({Seq({Oid("1.2.3"), Seq({Seq({Oid("1.2.4")})})})}),  // A qualifier's id alone.
      Seq({Seq({Oid("1.2.3"), Seq({Seq({Hex("0500"), Hex("0500")})})})}),
      Seq({Seq({Oid("1.2.3"), Seq({qualifier}), Hex("0500")})}),
      Seq({Seq({Oid("1.2.3"), Seq({Seq({Oid("1.2.4"), Hex("0500"), Hex("0500")})})})}),
  };
  for (const Bytes& value : bad) {
    EXPECT_FALSE(ParseCertificatePolicies(value)) << base::HexLower(value);
  }
}

TEST(PoliciesTest, PolicyMappings) {
  const Bytes good = Seq({Seq({Oid("1.2.3"), Oid("1.2.4")})});
  const auto mappings = ParsePolicyMappings(good);
  ASSERT_TRUE(mappings);
  ASSERT_EQ(mappings->size(), 1u);
  EXPECT_TRUE(Equal((*mappings)[0].issuer_domain, der::OidContent("1.2.3")));
  EXPECT_TRUE(Equal((*mappings)[0].subject_domain, der::OidContent("1.2.4")));
  for (const Bytes& value :
       {Hex("0500"), Seq({}), Seq({Seq({Oid("1.2.3")})}), Seq({Seq({Oid("1.2.3"), Hex("0500")})}),
        Seq({Seq({Oid("1.2.3"), Oid("1.2.4"), Oid("1.2.5")})}),
        Seq({Seq({Hex("06028001"), Oid("1.2.4")})}), Seq({Seq({Oid("1.2.4"), Hex("06028001")})})}) {
    EXPECT_FALSE(ParsePolicyMappings(value)) << base::HexLower(value);
  }
}

TEST(PoliciesTest, PolicyConstraintsAndInhibitAnyPolicy) {
  const auto both =
      ParsePolicyConstraints(Hex("3006"
                                 "800102"
                                 "810100"));
  ASSERT_TRUE(both);
  EXPECT_EQ(both->require_explicit_policy, 2u);
  EXPECT_EQ(both->inhibit_policy_mapping, 0u);
  const auto one = ParsePolicyConstraints(Hex("3003810105"));
  ASSERT_TRUE(one);
  EXPECT_FALSE(one->require_explicit_policy);
  EXPECT_EQ(one->inhibit_policy_mapping, 5u);
  for (const char* hex : {"0500", "3000", "30038001ff", "300480020001", "30028000",
                          "3006810100800100", "3006800100800100", "3003820100", "30038001000500"}) {
    EXPECT_FALSE(ParsePolicyConstraints(Hex(hex))) << hex;
  }
  EXPECT_EQ(ParseInhibitAnyPolicy(Hex("020103")), 3u);
  EXPECT_EQ(ParseInhibitAnyPolicy(Hex("020500ffffffff")), 1'000'000u);
  for (const char* hex : {"", "0500", "0201ff", "02020001", "0201030500", "0200"}) {
    EXPECT_FALSE(ParseInhibitAnyPolicy(Hex(hex))) << hex;
  }
}

TEST(ExtendedKeyUsageTest, IsAListOfOids) {
  const Bytes good = Seq({Oid("1.3.6.1.5.5.7.3.2"), Oid("2.5.29.37.0")});
  const auto purposes = ParseExtendedKeyUsage(good);
  ASSERT_TRUE(purposes);
  ASSERT_EQ(purposes->size(), 2u);
  EXPECT_TRUE(Equal((*purposes)[1], der::OidContent("2.5.29.37.0")));
  for (const Bytes& value : {Hex("0500"), Seq({}), Seq({Hex("0500")}), Seq({Hex("06028001")}),
                             Join({Seq({Oid("1.2.3")}), Hex("0500")})}) {
    EXPECT_FALSE(ParseExtendedKeyUsage(value)) << base::HexLower(value);
  }
}

TEST(DistributionPointsTest, ReadsNamesReasonsAndIssuer) {
  const Bytes uri = Tlv(0x86, Text("http://a"));
  const Bytes cn = AttributeOf("2.5.4.3", der::kUtf8String, Text("a"));
  const Bytes issuer = Tlv(0xa2, DirectoryName(CnName("i")));
  const Bytes value =
      Seq({Seq({Tlv(0xa0, Tlv(0xa0, uri))}),
           Seq({Tlv(0xa0, Tlv(0xa1, cn)), Hex("81020640"), issuer}), Seq({issuer})});
  const auto points = ParseCrlDistributionPoints(value);
  ASSERT_TRUE(points);
  ASSERT_EQ(points->size(), 3u);
  const DistributionPoint& first = (*points)[0];
  ASSERT_EQ(first.full_name.size(), 1u);
  EXPECT_EQ(AsText(first.full_name[0].value), "http://a");
  EXPECT_FALSE(first.has_reasons);
  EXPECT_EQ(first.reasons, kAllReasons);
  const DistributionPoint& second = (*points)[1];
  EXPECT_TRUE(Equal(second.name_relative_to_issuer, cn));
  EXPECT_TRUE(second.has_reasons);
  EXPECT_EQ(second.reasons, 1 << 1) << "keyCompromise";
  ASSERT_EQ(second.crl_issuer.size(), 1u);
  EXPECT_TRUE(Equal(second.crl_issuer[0].value, CnName("i")));
  EXPECT_FALSE((*points)[2].has_name());
}

TEST(DistributionPointsTest, ReasonBitsAreThoseOfTheEncoding) {
  const auto reasons = [](const char* hex) {
    const auto points =
        ParseCrlDistributionPoints(Seq({Seq({Tlv(0xa0, Tlv(0xa0, Dns("a"))), Hex(hex)})}));
    return points ? static_cast<int>(points->front().reasons) : -1;
  };
  EXPECT_EQ(reasons("8102077f"), -1) << "unused bits";
  EXPECT_EQ(reasons("8102007f"), 0x0fe);
  EXPECT_EQ(reasons("8103077f80"), 0x1fe);
  EXPECT_EQ(reasons("81020780"), 0) << "bit 0 is 'unused'";
  EXPECT_EQ(reasons("8103000040"), -1) << "bit 9";
  EXPECT_EQ(reasons("81050000000000"), -1);
}

TEST(DistributionPointsTest, RefusesOtherForms) {
  const Bytes name = Tlv(0xa0, Tlv(0xa0, Dns("a")));
  const Bytes bad[] = {
      Hex("0500"),
      Seq({}),
      Seq({Seq({})}),
      Seq({Seq({Hex("81020640")})}),                // Reasons alone.
      Seq({Seq({Tlv(0xa0, Bytes{})})}),             // No name in the name.
      Seq({Seq({Tlv(0xa0, Tlv(0xa0, Bytes{}))})}),  // No GeneralName in it.
      Seq({Seq({Tlv(0xa0, Tlv(0xa1, Bytes{}))})}),  // No attribute in it.
      Seq({Seq({Tlv(0xa0, Tlv(0xa1, Hex("0500")))})}),
      Seq({Seq({Tlv(0xa0, {Tlv(0xa0, Dns("a")), Tlv(0xa0, Dns("a"))})})}),
      Seq({Seq({Tlv(0xa0, Tlv(0xa2, Dns("a")))})}),
      Seq({Seq({name, Tlv(0xa2, Bytes{})})}),
      Seq({Seq({name, Hex("0500")})}),
      Seq({Seq({name, name})}),
  };
  for (const Bytes& value : bad) {
    EXPECT_FALSE(ParseCrlDistributionPoints(value)) << base::HexLower(value);
  }
}

TEST(IssuingDistributionPointTest, ReadsScope) {
  const Bytes value =
      Seq({Tlv(0xa0, Tlv(0xa0, Dns("a"))), Hex("8101ff"), Hex("83020520"), Hex("8401ff")});
  const auto idp = ParseIssuingDistributionPoint(value);
  ASSERT_TRUE(idp);
  EXPECT_EQ(idp->point.full_name.size(), 1u);
  EXPECT_TRUE(idp->only_user_certs);
  EXPECT_FALSE(idp->only_ca_certs);
  EXPECT_FALSE(idp->only_attribute_certs);
  EXPECT_TRUE(idp->indirect_crl);
  EXPECT_TRUE(idp->has_only_some_reasons);
  EXPECT_EQ(idp->only_some_reasons, 1 << 2);
  const auto ca =
      ParseIssuingDistributionPoint(Hex("3003"
                                        "8201ff"));
  ASSERT_TRUE(ca);
  EXPECT_TRUE(ca->only_ca_certs);
  EXPECT_FALSE(ca->has_only_some_reasons);
  const auto attribute =
      ParseIssuingDistributionPoint(Hex("3003"
                                        "8501ff"));
  ASSERT_TRUE(attribute);
  EXPECT_TRUE(attribute->only_attribute_certs);
  EXPECT_TRUE(
      ParseIssuingDistributionPoint(Hex("3003"
                                        "810100")))
      << "FALSE spelled out";
}

TEST(IssuingDistributionPointTest, RefusesOtherForms) {
  for (const char* hex : {"0500", "3000", "3003810101", "30028100",
                          "3006"
                          "8101ff"
                          "8201ff",
                          "3006"
                          "8201ff"
                          "8501ff",
                          "3006"
                          "8101ff"
                          "8501ff",
                          "3006"
                          "8201ff"
                          "8101ff",
                          "3003"
                          "8601ff",
                          "3002"
                          "a000",
                          "3003"
                          "830108",
                          "3003"
                          "8101ff"
                          "0500"}) {
    EXPECT_FALSE(ParseIssuingDistributionPoint(Hex(hex))) << hex;
  }
}

TEST(AuthorityKeyIdTest, ReadsItsFields) {
  const Bytes issuer = Tlv(0xa1, DirectoryName(CnName("i")));
  const Bytes value = Seq({Hex("800101"), issuer, Hex("820107")});
  const auto all = ParseAuthorityKeyId(value);
  ASSERT_TRUE(all);
  EXPECT_TRUE(Equal(all->key_id, Hex("01")));
  ASSERT_EQ(all->issuer.size(), 1u);
  EXPECT_TRUE(Equal(all->issuer[0].value, CnName("i")));
  EXPECT_TRUE(Equal(all->serial, Hex("07")));
  const auto none = ParseAuthorityKeyId(Seq({}));
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->key_id.empty());
  for (const Bytes& bad :
       {Hex("0500"), Seq({issuer}), Seq({Hex("820107")}), Seq({issuer, Hex("8200")}),
        Seq({issuer, Hex("82020007")}), Seq({Tlv(0xa1, Bytes{}), Hex("820107")}),
        Seq({Tlv(0xa1, Hex("0500")), Hex("820107")}), Seq({Hex("800101"), Hex("800101")}),
        Seq({Hex("0500")}), Join({Seq({}), Hex("0500")})}) {
    EXPECT_FALSE(ParseAuthorityKeyId(bad)) << base::HexLower(bad);
  }
}

}  // namespace
}  // namespace muster::x509
