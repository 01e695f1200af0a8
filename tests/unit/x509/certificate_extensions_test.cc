// The extensions that CertificateView::Parse decodes, and the list they stand in.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/base/byte_view.h"
#include "engine/x509/extension_reader.h"
#include "muster/certificate.h"
#include "tests/unit/x509/sketch.h"

namespace muster::x509 {
namespace {

// A certificate with these extensions, kept alive beside its view.
struct Parsed {
  explicit Parsed(std::vector<Bytes> extensions) {
    CertificateSketch sketch;
    sketch.extensions = std::move(extensions);
    der = sketch.Der();
    view = CertificateView::Parse(der);
  }
  RejectReason reason() const { return view ? RejectReason::kNone : view.error().reason; }
  Bytes der;
  ParseResult<CertificateView> view;
};

Parsed With(std::string_view oid, const char* value_hex) {
  return Parsed({ExtensionOf(oid, Hex(value_hex))});
}

TEST(CertificateExtensionsTest, AnExtensionHasTwoOrThreeFields) {
  const Bytes value = Hex("0403040101");
  const Bytes oid = Oid("1.2.3.4");
  EXPECT_EQ(Parsed({Seq({oid, value})}).reason(), RejectReason::kNone);
  const Bytes bad[] = {
      Hex("0500"),
      Seq({}),
      Seq({oid}),
      Seq({value}),
      Seq({oid, Hex("010100"), value}),  // FALSE is the default: not DER.
      Seq({oid, Hex("010101"), value}),  // TRUE is 0xff.
      Seq({oid, Hex("0100"), value}),
      Seq({oid, Hex("0101ff"), Hex("0101ff"), value}),
      Seq({oid, value, Hex("0500")}),
      Seq({Hex("06028001"), value}),
      Seq({oid, Hex("0303000102")}),
  };
  for (const Bytes& e : bad) {
    EXPECT_EQ(Parsed({e}).reason(), RejectReason::kMalformedExtension) << base::HexLower(e);
  }
}

TEST(CertificateExtensionsTest, NoExtensionOccursTwice) {
  const Bytes eku = ExtensionOf("2.5.29.37", Hex("300a06082b06010505070302"));
  const Bytes mine = ExtensionOf("1.3.6.1.4.1.99999.1", Text("a"));
  const Bytes other = ExtensionOf("1.3.6.1.4.1.99999.2", Text("a"));
  const Bytes id_ce_unknown = ExtensionOf("2.5.29.99", Hex("0500"));
  EXPECT_EQ(Parsed({eku, mine, other, id_ce_unknown}).reason(), RejectReason::kNone);
  for (const Bytes& twice : {eku, mine, id_ce_unknown}) {
    EXPECT_EQ(Parsed({twice, other, twice}).reason(), RejectReason::kDuplicateExtension);
  }
  // Arcs that differ in their seventh bit only must not collide.
  EXPECT_EQ(Parsed({ExtensionOf("2.5.29.35", Hex("3000")), ExtensionOf("2.5.29.99", Hex("0500"))})
                .reason(),
            RejectReason::kNone);
}

TEST(CertificateExtensionsTest, TheirNumberIsBounded) {
  std::vector<Bytes> extensions;
  for (std::size_t i = 0; i < kExtensionsMax; ++i) {
    extensions.push_back(ExtensionOf("1.3.6.1.4.1.99999." + std::to_string(i), Text("a")));
  }
  EXPECT_EQ(Parsed(extensions).reason(), RejectReason::kNone);
  extensions.push_back(ExtensionOf("1.3.6.1.4.1.99998", Text("a")));
  EXPECT_EQ(Parsed(extensions).reason(), RejectReason::kMalformedExtension);
}

TEST(CertificateExtensionsTest, RemembersTheFirstUnknownCriticalOne) {
  const Parsed parsed({ExtensionOf("1.3.6.1.4.1.99999.1", Text("a")),
                       ExtensionOf("1.3.6.1.4.1.99999.2", Text("a"), true),
                       ExtensionOf("1.3.6.1.4.1.99999.3", Text("a"), true)});
  ASSERT_TRUE(parsed.view);
  EXPECT_TRUE(base::Equal(parsed.view->unknown_critical_extension(),
                          der::OidContent("1.3.6.1.4.1.99999.2")));
  // Known below id-ce, but not to this engine: privateKeyUsagePeriod.
  const Parsed id_ce({ExtensionOf("2.5.29.16", Hex("3000"), true)});
  ASSERT_TRUE(id_ce.view);
  EXPECT_TRUE(base::Equal(id_ce.view->unknown_critical_extension(), der::OidContent("2.5.29.16")));
}

TEST(CertificateExtensionsTest, KnownOnesHoldExactlyOneValue) {
  for (const char* arc :
       {"14", "15", "17", "18", "19", "30", "31", "32", "33", "35", "36", "37", "46", "54"}) {
    const std::string oid = std::string("2.5.29.").append(arc);
    EXPECT_EQ(With(oid, "").reason(), RejectReason::kMalformedExtension) << arc;
    EXPECT_EQ(With(oid, "3001").reason(), RejectReason::kMalformedExtension) << arc;
    EXPECT_EQ(With(oid, "30000500").reason(), RejectReason::kMalformedExtension) << arc;
  }
  // Away from the four that are decoded at once, the value is a slice for others to judge.
  EXPECT_EQ(With("2.5.29.17", "0500").reason(), RejectReason::kNone);
}

TEST(CertificateExtensionsTest, EveryKnownOneHasItsOwnSlice) {
  constexpr std::pair<const char*, ExtensionId> kKnown[] = {
      {"2.5.29.17", ExtensionId::kSubjectAltName},
      {"2.5.29.18", ExtensionId::kIssuerAltName},
      {"2.5.29.30", ExtensionId::kNameConstraints},
      {"2.5.29.31", ExtensionId::kCrlDistributionPoints},
      {"2.5.29.32", ExtensionId::kCertificatePolicies},
      {"2.5.29.33", ExtensionId::kPolicyMappings},
      {"2.5.29.36", ExtensionId::kPolicyConstraints},
      {"2.5.29.37", ExtensionId::kExtendedKeyUsage},
      {"2.5.29.46", ExtensionId::kFreshestCrl},
      {"2.5.29.54", ExtensionId::kInhibitAnyPolicy},
  };
  for (const auto& [oid, id] : kKnown) {
    const Parsed parsed({ExtensionOf(oid, Hex("020107"), true)});
    ASSERT_TRUE(parsed.view) << oid;
    EXPECT_TRUE(base::Equal(parsed.view->extension(id).value, Hex("020107"))) << oid;
    EXPECT_TRUE(parsed.view->extension(id).critical) << oid;
    EXPECT_TRUE(parsed.view->unknown_critical_extension().empty()) << oid;
    int present = 0;
    for (int i = 0; i < static_cast<int>(ExtensionId::kCount); ++i) {
      present += parsed.view->extension(static_cast<ExtensionId>(i)).present ? 1 : 0;
    }
    EXPECT_EQ(present, 1) << oid;
  }
}

TEST(CertificateExtensionsTest, BasicConstraints) {
  struct Good {
    const char* hex;
    bool is_ca;
    int path_len;
  };
  constexpr Good kGood[] = {
      {"3000", false, -1},
      {"30030101ff", true, -1},
      {"3003010100", false, -1},  // FALSE spelled out: not DER, let pass.
      {"30060101ff020100", true, 0},
      {"30070101ff02020100", true, 256},
      {"300b0101ff02067fffffffffff", true, 1'000'000},
  };
  for (const Good& c : kGood) {
    const Parsed parsed = With("2.5.29.19", c.hex);
    ASSERT_TRUE(parsed.view) << c.hex;
    EXPECT_EQ(parsed.view->is_ca(), c.is_ca) << c.hex;
    EXPECT_EQ(parsed.view->path_len(), c.path_len) << c.hex;
  }
  for (const char* hex : {"0500", "3100", "3003010101", "30020100", "30060101ff0201ff",
                          "30070101ff02020001", "30050101ff0200", "3003020100", "3006010100020100",
                          "30080101ff0201000500", "30060201000101ff", "300201ff"}) {
    EXPECT_EQ(With("2.5.29.19", hex).reason(), RejectReason::kMalformedExtension) << hex;
  }
}

TEST(CertificateExtensionsTest, KeyUsage) {
  constexpr std::pair<const char*, int> kGood[] = {
      {"03020780", kDigitalSignature},
      {"03020640", kContentCommitment},
      {"03020520", kKeyEncipherment},
      {"03020410", kDataEncipherment},
      {"03020308", kKeyAgreement},
      {"03020204", kKeyCertSign},
      {"03020102", kCrlSign},
      {"03020001", kEncipherOnly},
      {"0303070080", kDecipherOnly},
      {"030205a0", kDigitalSignature | kKeyEncipherment},
      {"03020006", kKeyCertSign | kCrlSign},    // A trailing zero bit: let pass.
      {"0303070600", kKeyCertSign | kCrlSign},  // Eight of them.
      {"0303010402", kKeyCertSign},             // Bit 14 means nothing.
  };
  for (const auto& [hex, usage] : kGood) {
    const Parsed parsed = With("2.5.29.15", hex);
    ASSERT_TRUE(parsed.view) << hex;
    EXPECT_EQ(parsed.view->key_usage(), usage) << hex;
    EXPECT_TRUE(parsed.view->has_key_usage());
  }
  for (const char* hex : {"030100", "03020000", "03020700", "0303000040", "030207c0", "0300",
                          "030400800000", "04020780", "03020880", "0303070001"}) {
    EXPECT_EQ(With("2.5.29.15", hex).reason(), RejectReason::kMalformedExtension) << hex;
  }
}

TEST(CertificateExtensionsTest, KeyIdentifiers) {
  EXPECT_EQ(With("2.5.29.14", "3003010203").reason(), RejectReason::kMalformedExtension);
  EXPECT_EQ(With("2.5.29.14", "0400").reason(), RejectReason::kNone);
  EXPECT_EQ(With("2.5.29.35", "3000").reason(), RejectReason::kNone);
  for (const char* hex : {"0400", "30020400", "3003800001"}) {
    EXPECT_EQ(With("2.5.29.35", hex).reason(), RejectReason::kMalformedExtension) << hex;
  }
}

}  // namespace
}  // namespace muster::x509
