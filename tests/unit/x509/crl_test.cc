#include "engine/x509/crl.h"

#include <gtest/gtest.h>

#include <functional>

#include "engine/base/byte_view.h"
#include "tests/unit/x509/sketch.h"

namespace muster::x509 {
namespace {

using base::Equal;
using Change = std::function<void(CrlSketch&)>;

constexpr const char* kReasonCode = "2.5.29.21";
constexpr const char* kInvalidityDate = "2.5.29.24";
constexpr const char* kCertificateIssuer = "2.5.29.29";
constexpr const char* kIdp = "2.5.29.28";

Bytes Make(const Change& change) {
  CrlSketch sketch;
  change(sketch);
  return sketch.Der();
}

RejectReason ReasonOf(const Change& change) {
  const Bytes der = Make(change);
  const auto parsed = CrlView::Parse(der);
  if (parsed) return RejectReason::kNone;
  EXPECT_LE(parsed.error().offset, der.size());
  EXPECT_FALSE(parsed.error().what.empty());
  return parsed.error().reason;
}

// certificateIssuer naming CN=`cn`.
Bytes IssuedBy(std::string_view cn) {
  return ExtensionOf(kCertificateIssuer, Seq({Tlv(0xa4, CnName(cn))}), true);
}

TEST(CrlTest, ViewsEveryField) {
  CrlSketch sketch;
  sketch.entries = {Entry("05")};
  sketch.extensions = {
      ExtensionOf("2.5.29.20", Hex("020107")), ExtensionOf("2.5.29.35", Hex("30048002aabb")),
      ExtensionOf("2.5.29.27", Hex("020106"), true), ExtensionOf(kIdp, Hex("30038101ff"), true)};
  const Bytes der = sketch.Der();
  const auto crl = CrlView::Parse(der);
  ASSERT_TRUE(crl) << crl.error().what;
  EXPECT_TRUE(Equal(crl->der(), der));
  EXPECT_EQ(crl->tbs().data(), der.data() + 2 + (der[1] == 0x81 ? 1 : 0));
  EXPECT_TRUE(Equal(crl->signature_algorithm(), EcdsaSha256()));
  EXPECT_TRUE(Equal(crl->signature(), Hex("aabb")));
  EXPECT_TRUE(Equal(crl->issuer(), CnName("Factory")));
  EXPECT_EQ(FormatRfc3339(crl->this_update()), "2025-01-01T00:00:00Z");
  ASSERT_TRUE(crl->next_update());
  EXPECT_EQ(FormatRfc3339(*crl->next_update()), "2025-02-01T00:00:00Z");
  EXPECT_TRUE(Equal(crl->authority_key_id(), Hex("aabb")));
  EXPECT_TRUE(Equal(crl->crl_number(), Hex("07")));
  EXPECT_TRUE(crl->is_delta());
  EXPECT_TRUE(Equal(crl->base_crl_number(), Hex("06")));
  ASSERT_TRUE(crl->issuing_distribution_point());
  EXPECT_TRUE(crl->issuing_distribution_point()->only_user_certs);
  EXPECT_TRUE(Equal(crl->issuing_distribution_point_der(), Hex("30038101ff")));
  EXPECT_FALSE(crl->has_unknown_critical_extension());
}

TEST(CrlTest, OptionalFieldsMayBeAbsent) {
  const Bytes der = Make([](CrlSketch& s) {
    s.version = {};
    s.next_update = {};
  });
  const auto crl = CrlView::Parse(der);
  ASSERT_TRUE(crl);
  EXPECT_FALSE(crl->next_update());
  EXPECT_FALSE(crl->is_delta());
  EXPECT_FALSE(crl->issuing_distribution_point());
  EXPECT_TRUE(crl->crl_number().empty());
  EXPECT_FALSE(crl->Find(CnName("Factory"), Hex("05")));
  int entries = 0;
  crl->ForEachRevoked([&](const RevokedCertificate&) { return ++entries != 0; });
  EXPECT_EQ(entries, 0);
}

// RFC 5280 5.1.2.5: UTCTime through 2049, GeneralizedTime after.
TEST(CrlTest, NextUpdateMayBeGeneralizedTime) {
  const Bytes der = Make([](CrlSketch& s) {
    s.next_update = Tlv(der::kGeneralizedTime, Text("20520101000000Z"));
  });
  const auto crl = CrlView::Parse(der);
  ASSERT_TRUE(crl && crl->next_update());
  EXPECT_EQ(FormatRfc3339(*crl->next_update()), "2052-01-01T00:00:00Z");
}

TEST(CrlTest, EveryTruncationAndEveryExtraOctetFails) {
  const Bytes der = Make([](CrlSketch& s) {
    s.entries = {Entry("05", {ExtensionOf(kReasonCode, Hex("0a0101"))})};
    s.extensions = {ExtensionOf("2.5.29.20", Hex("020107"))};
  });
  for (std::size_t n = 0; n < der.size(); ++n) {
    EXPECT_FALSE(CrlView::Parse(ByteView(der).first(n))) << n;
  }
  const Bytes extra = Join({der, Hex("00")});
  EXPECT_EQ(CrlView::Parse(extra).error().reason, RejectReason::kTrailingData);
  for (std::size_t i = 0; i < der.size(); ++i) {
    for (const int value : {0x00, 0x30, 0x80, 0x82, 0xff}) {
      Bytes changed = der;
      changed[i] = static_cast<std::uint8_t>(value);
      const auto parsed = CrlView::Parse(changed);
      if (parsed) parsed->ForEachRevoked([](const RevokedCertificate&) { return true; });
    }
  }
}

TEST(CrlTest, RefusesMalformedFields) {
  using R = RejectReason;
  struct Case {
    Change change;
    R reason;
  };
  static const Bytes number = Seq({ExtensionOf("2.5.29.20", Hex("020107"))});
  ASSERT_EQ(ReasonOf([](CrlSketch& s) { s.raw_extensions = Tlv(0xa0, number); }), R::kNone);
  const Case cases[] = {
      {[](CrlSketch& s) { s.version = Hex("020100"); }, R::kUnsupportedVersion},
      {[](CrlSketch& s) { s.version = Hex("020102"); }, R::kUnsupportedVersion},
      {[](CrlSketch& s) { s.version = Hex("02020001"); }, R::kUnsupportedVersion},
      {[](CrlSketch& s) { s.inner_algorithm = Seq({Oid("1.2.3")}); }, R::kAlgorithmMismatch},
      {[](CrlSketch& s) { s.issuer = Hex("3000"); }, R::kMalformedName},
      {[](CrlSketch& s) { s.issuer = Seq({Hex("3100")}); }, R::kMalformedName},
      {[](CrlSketch& s) { s.this_update = UtcTime("2501010000Z"); }, R::kMalformedCertificate},
      {[](CrlSketch& s) { s.this_update = {}, s.next_update = {}; }, R::kMalformedCertificate},
      {[](CrlSketch& s) { s.next_update = UtcTime("250199000000Z"); }, R::kMalformedCertificate},
      {[](CrlSketch& s) { s.next_update = Hex("0500"); }, R::kMalformedCertificate},
      {[](CrlSketch& s) { s.raw_entries = Hex("3000"); }, R::kMalformedCertificate},
      {[](CrlSketch& s) { s.signature = Hex("030201aa"); }, R::kMalformedCertificate},
      {[](CrlSketch& s) { s.raw_extensions = Hex("a0023000"); }, R::kMalformedExtension},
      {[](CrlSketch& s) { s.raw_extensions = Hex("a0020500"); }, R::kMalformedCertificate},
      {[](CrlSketch& s) { s.raw_extensions = Hex("a003300000"); }, R::kMalformedCertificate},
      {[](CrlSketch& s) { s.raw_extensions = Hex("0500"); }, R::kMalformedCertificate},
      {[](CrlSketch& s) { s.raw_extensions = Join({Tlv(0xa0, {number, Hex("0500")})}); },
       R::kMalformedCertificate},
      {[](CrlSketch& s) { s.raw_extensions = Join({Tlv(0xa0, number), Hex("0500")}); },
       R::kMalformedCertificate},
      {[](CrlSketch& s) { s.raw_entries = Hex("3005"); }, R::kMalformedCertificate},
  };
  for (std::size_t i = 0; i < std::size(cases); ++i) {
    EXPECT_EQ(ReasonOf(cases[i].change), cases[i].reason) << i;
  }
}

TEST(CrlTest, RefusesMalformedEntries) {
  const Bytes serial = Hex("020105");
  const Bytes date = UtcTime("250115000000Z");
  struct Case {
    Bytes entry;
    RejectReason reason;
  };
  const Case cases[] = {
      {Hex("0500"), RejectReason::kMalformedCertificate},
      {Seq({}), RejectReason::kMalformedCertificate},
      {Seq({serial}), RejectReason::kMalformedCertificate},
      {Seq({date}), RejectReason::kMalformedCertificate},
      {Seq({serial, UtcTime("2501150000Z")}), RejectReason::kMalformedCertificate},
      {Seq({Hex("0200"), date}), RejectReason::kMalformedSerial},
      {Seq({Hex("02020005"), date}), RejectReason::kMalformedSerial},
      {Seq({serial, date, Hex("3000")}), RejectReason::kMalformedExtension},
      {Seq({serial, date, Hex("0500")}), RejectReason::kMalformedExtension},
      {Seq({serial, date, Seq({ExtensionOf(kReasonCode, Hex("0a0101"))}), Hex("0500")}),
       RejectReason::kMalformedExtension},
      {Entry("05",
             {ExtensionOf(kReasonCode, Hex("0a0101")), ExtensionOf(kReasonCode, Hex("0a0101"))}),
       RejectReason::kDuplicateExtension},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(ReasonOf([&](CrlSketch& s) {
                s.entries = {Entry("01"), c.entry};
              }),
              c.reason)
        << base::HexLower(c.entry);
  }
}

TEST(CrlTest, RefusesMalformedEntryExtensions) {
  const std::pair<const char*, Bytes> cases[] = {
      {kReasonCode, Hex("0a0107")},  // 7 is not used (RFC 5280 5.3.1).
      {kReasonCode, Hex("0a010b")},
      {kReasonCode, Hex("0a01ff")},
      {kReasonCode, Hex("020101")},
      {kReasonCode, Hex("0a01010500")},
      {kReasonCode, Hex("")},
      {kInvalidityDate, UtcTime("250101000000Z")},
      {kInvalidityDate, Tlv(der::kGeneralizedTime, Text("2025"))},
      {kInvalidityDate, Tlv(der::kGeneralizedTime, Text("20251301000000Z"))},
      {kInvalidityDate, Join({Tlv(der::kGeneralizedTime, Text("20250101000000Z")), Hex("0500")})},
      {kCertificateIssuer, Hex("3000")},
      {kCertificateIssuer, CnName("a")},
      {kCertificateIssuer, Seq({Tlv(0xa4, Hex("3000"))})},
  };
  for (const auto& [oid, value] : cases) {
    EXPECT_EQ(ReasonOf([&, id = oid, v = value](CrlSketch& s) {
                s.entries = {Entry("05", {ExtensionOf(id, v)})};
              }),
              RejectReason::kMalformedExtension)
        << oid << " " << base::HexLower(value);
  }
}

TEST(CrlTest, RefusesMalformedExtensions) {
  const std::pair<const char*, Bytes> cases[] = {
      {"2.5.29.20", Hex("0201ff")},
      {"2.5.29.20", Hex("02020007")},
      {"2.5.29.20", Hex("0500")},
      {"2.5.29.20", Hex("0201070500")},
      {"2.5.29.20", Tlv(der::kInteger, Bytes(21, 1))},
      {"2.5.29.27", Hex("0500")},
      {"2.5.29.27", Hex("0200")},
      {kIdp, Hex("3000")},
      {kIdp, Hex("3006"
                 "8101ff"
                 "8201ff")},
      {"2.5.29.35", Hex("0500")},
      {"2.5.29.18", Hex("3000")},
      {"2.5.29.46", Hex("3000")},
  };
  for (const auto& [oid, value] : cases) {
    EXPECT_EQ(
        ReasonOf([&, id = oid, v = value](CrlSketch& s) { s.extensions = {ExtensionOf(id, v)}; }),
        RejectReason::kMalformedExtension)
        << oid << " " << base::HexLower(value);
  }
  EXPECT_EQ(ReasonOf([](CrlSketch& s) {
              s.extensions = {ExtensionOf("2.5.29.20", Hex("020107")),
                              ExtensionOf("2.5.29.20", Hex("020107"))};
            }),
            RejectReason::kDuplicateExtension);
  EXPECT_EQ(ReasonOf([](CrlSketch& s) {
              s.extensions = {ExtensionOf("2.5.29.20", Tlv(der::kInteger, Bytes(20, 1)))};
            }),
            RejectReason::kNone);
}

TEST(CrlTest, Version1HasNoExtensions) {
  EXPECT_EQ(ReasonOf([](CrlSketch& s) {
              s.version = {};
              s.extensions = {ExtensionOf("2.5.29.20", Hex("020107"))};
            }),
            RejectReason::kUnsupportedVersion);
  EXPECT_EQ(ReasonOf([](CrlSketch& s) {
              s.version = {};
              s.entries = {Entry("05", {ExtensionOf(kReasonCode, Hex("0a0101"))})};
            }),
            RejectReason::kUnsupportedVersion);
}

TEST(CrlTest, RemembersCriticalExtensionsThatAreNotUnderstood) {
  const auto unknown = [](const Change& change) {
    const Bytes der = Make(change);
    const auto crl = CrlView::Parse(der);
    EXPECT_TRUE(crl);
    return crl && crl->has_unknown_critical_extension();
  };
  EXPECT_TRUE(
      unknown([](CrlSketch& s) { s.extensions = {ExtensionOf("1.2.3", Text("a"), true)}; }));
  EXPECT_FALSE(unknown([](CrlSketch& s) { s.extensions = {ExtensionOf("1.2.3", Text("a"))}; }));
  EXPECT_TRUE(unknown([](CrlSketch& s) {
    s.entries = {Entry("05", {ExtensionOf("1.2.3", Text("a"), true)}), Entry("06")};
  }));
  EXPECT_FALSE(
      unknown([](CrlSketch& s) { s.entries = {Entry("05", {ExtensionOf("1.2.3", Text("a"))})}; }));
  EXPECT_TRUE(unknown([](CrlSketch& s) {
    s.entries = {Entry("05", {ExtensionOf(kCertificateIssuer, Seq({Tlv(0x82, Text("a"))}), true)})};
  })) << "an issuer without a directoryName";
}

TEST(CrlTest, EntriesHaveReasonsAndDates) {
  const Bytes der = Make([](CrlSketch& s) {
    s.entries = {Entry("05", {ExtensionOf(kReasonCode, Hex("0a0104")),
                              ExtensionOf(kInvalidityDate,
                                          Tlv(der::kGeneralizedTime, Text("20250101000000Z")))}),
                 Entry("06"), Entry("0700", {ExtensionOf(kReasonCode, Hex("0a0108"))})};
  });
  const auto crl = CrlView::Parse(der);
  ASSERT_TRUE(crl);
  std::vector<int> reasons;
  crl->ForEachRevoked([&](const RevokedCertificate& entry) {
    reasons.push_back(entry.reason);
    EXPECT_EQ(FormatRfc3339(entry.revoked_at), "2025-01-15T00:00:00Z");
    return true;
  });
  EXPECT_EQ(reasons, (std::vector<int>{4, 0, 8}));
  int visited = 0;
  crl->ForEachRevoked([&](const RevokedCertificate&) { return ++visited < 2; });
  EXPECT_EQ(visited, 2);
  const auto found = crl->Find(CnName("FACTORY"), Hex("0700"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->reason, 8);
  EXPECT_FALSE(crl->Find(CnName("Factory"), Hex("07")));
  EXPECT_FALSE(crl->Find(CnName("Other"), Hex("05")));
}

TEST(CrlTest, CertificateIssuerIsCarriedForward) {
  const Bytes der = Make([](CrlSketch& s) {
    s.entries = {Entry("01"), Entry("02", {IssuedBy("A")}), Entry("03"),
                 Entry("04", {IssuedBy("B")}), Entry("01")};
  });
  const auto crl = CrlView::Parse(der);
  ASSERT_TRUE(crl);
  const auto revoked = [&](std::string_view issuer, const char* serial) {
    return crl->Find(CnName(issuer), Hex(serial)).has_value();
  };
  EXPECT_TRUE(revoked("Factory", "01"));
  EXPECT_TRUE(revoked("A", "02"));
  EXPECT_TRUE(revoked("a", "03")) << "carried forward, compared by RFC 5280 7.1";
  EXPECT_TRUE(revoked("B", "04"));
  EXPECT_TRUE(revoked("B", "01"));
  EXPECT_FALSE(revoked("A", "01"));
  EXPECT_FALSE(revoked("Factory", "02"));
  EXPECT_FALSE(revoked("Factory", "03"));
  EXPECT_FALSE(revoked("A", "04"));
}

TEST(CrlTest, TheLastEntryCounts) {
  const Bytes der = Make([](CrlSketch& s) {
    s.entries = {Entry("05", {ExtensionOf(kReasonCode, Hex("0a0106"))}),
                 Entry("05", {ExtensionOf(kReasonCode, Hex("0a0108"))})};
  });
  const auto crl = CrlView::Parse(der);
  ASSERT_TRUE(crl);
  EXPECT_EQ(crl->Find(CnName("Factory"), Hex("05"))->reason, 8);
}

}  // namespace
}  // namespace muster::x509
