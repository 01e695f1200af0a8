#include "muster/certificate.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "engine/base/byte_view.h"
#include "engine/x509/serial.h"
#include "tests/unit/x509/sketch.h"

namespace muster::x509 {
namespace {

using base::Equal;
using Change = std::function<void(CertificateSketch&)>;

Bytes Make(const Change& change) {
  CertificateSketch sketch;
  change(sketch);
  return sketch.Der();
}

ParseFailure FailureOf(const Bytes& der) {
  const auto parsed = CertificateView::Parse(der);
  EXPECT_FALSE(parsed);
  if (parsed) return {RejectReason::kNone, 0, "parsed"};
  EXPECT_LE(parsed.error().offset, der.size());
  EXPECT_FALSE(parsed.error().what.empty());
  return parsed.error();
}

RejectReason ReasonOf(const Change& change) { return FailureOf(Make(change)).reason; }

bool Parses(const Change& change) {
  const Bytes der = Make(change);
  const auto parsed = CertificateView::Parse(der);
  if (!parsed) ADD_FAILURE() << parsed.error().what << " at " << parsed.error().offset;
  return parsed.has_value();
}

TEST(CertificateTest, ViewsEveryField) {
  CertificateSketch sketch;
  sketch.extensions = {
      ExtensionOf("2.5.29.19", Hex("30060101ff020103"), true),
      ExtensionOf("2.5.29.15", Hex("03020106"), true),
      ExtensionOf("2.5.29.14", Hex("0403010203")),
      ExtensionOf("2.5.29.35", Hex("30058003040506")),
      ExtensionOf("2.5.29.37", Hex("300a06082b06010505070302")),
      ExtensionOf("1.3.6.1.4.1.99999.1", Text("not DER")),
  };
  const Bytes der = sketch.Der();
  const auto parsed = CertificateView::Parse(der);
  ASSERT_TRUE(parsed) << parsed.error().what;
  EXPECT_TRUE(Equal(parsed->der(), der));
  EXPECT_TRUE(Equal(parsed->tbs(), sketch.Tbs()));
  EXPECT_EQ(parsed->version(), 3);
  EXPECT_TRUE(Equal(parsed->serial(), Hex("2a")));
  EXPECT_TRUE(Equal(parsed->signature_algorithm(), EcdsaSha256()));
  EXPECT_TRUE(Equal(parsed->signature(), Hex("aabb")));
  EXPECT_TRUE(Equal(parsed->issuer(), sketch.issuer));
  EXPECT_TRUE(Equal(parsed->subject(), sketch.subject));
  EXPECT_TRUE(Equal(parsed->spki(), sketch.spki));
  EXPECT_EQ(FormatRfc3339(parsed->not_before()), "2025-01-01T00:00:00Z");
  EXPECT_EQ(FormatRfc3339(parsed->not_after()), "2035-01-01T00:00:00Z");
  EXPECT_TRUE(parsed->is_ca());
  EXPECT_EQ(parsed->path_len(), 3);
  EXPECT_TRUE(parsed->has_key_usage());
  EXPECT_EQ(parsed->key_usage(), kKeyCertSign | kCrlSign);
  EXPECT_TRUE(Equal(parsed->subject_key_id(), Hex("010203")));
  EXPECT_TRUE(Equal(parsed->authority_key_id(), Hex("040506")));
  EXPECT_TRUE(parsed->extension(ExtensionId::kBasicConstraints).critical);
  EXPECT_FALSE(parsed->extension(ExtensionId::kSubjectKeyId).critical);
  const ExtensionView& eku = parsed->extension(ExtensionId::kExtendedKeyUsage);
  EXPECT_TRUE(eku.present);
  EXPECT_TRUE(Equal(eku.value, Hex("300a06082b06010505070302")));
  EXPECT_FALSE(parsed->extension(ExtensionId::kSubjectAltName).present);
  EXPECT_TRUE(parsed->unknown_critical_extension().empty());
  EXPECT_FALSE(parsed->IsSelfIssued());
}

TEST(CertificateTest, AbsentExtensionsHaveTheirDefaults) {
  const Bytes der = CertificateSketch().Der();
  const auto parsed = CertificateView::Parse(der);
  ASSERT_TRUE(parsed);
  EXPECT_FALSE(parsed->is_ca());
  EXPECT_EQ(parsed->path_len(), -1);
  EXPECT_FALSE(parsed->has_key_usage());
  EXPECT_EQ(parsed->key_usage(), 0);
  EXPECT_TRUE(parsed->subject_key_id().empty());
  EXPECT_TRUE(parsed->authority_key_id().empty());
}

TEST(CertificateTest, EveryTruncationAndEveryExtraOctetFails) {
  CertificateSketch sketch;
  sketch.extensions = {ExtensionOf("2.5.29.35", Hex("30058003040506"))};
  const Bytes der = sketch.Der();
  for (std::size_t n = 0; n < der.size(); ++n) {
    const Bytes cut(der.begin(), der.begin() + static_cast<std::ptrdiff_t>(n));
    EXPECT_EQ(FailureOf(cut).reason, RejectReason::kMalformedCertificate) << n;
  }
  const ParseFailure extra = FailureOf(Join({der, Hex("00")}));
  EXPECT_EQ(extra.reason, RejectReason::kTrailingData);
  EXPECT_EQ(extra.offset, der.size());
}

// Hostile octets: each octet in turn takes several values. Nothing may crash, and what parses must
// be as long as it says (the address sanitizer watches the reads).
TEST(CertificateTest, SurvivesEveryChangedOctet) {
  CertificateSketch sketch;
  sketch.extensions = {ExtensionOf("2.5.29.19", Hex("30060101ff020103"), true),
                       ExtensionOf("2.5.29.15", Hex("03020106"), true),
                       ExtensionOf("2.5.29.35", Hex("30058003040506"))};
  const Bytes good = sketch.Der();
  int parsed_count = 0;
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const int value : {0x00, 0x01, 0x30, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xff}) {
      Bytes changed = good;
      changed[i] = static_cast<std::uint8_t>(value);
      const auto parsed = CertificateView::Parse(changed);
      if (parsed) ++parsed_count;
      if (!parsed) {
        EXPECT_LE(parsed.error().offset, changed.size());
      }
    }
  }
  EXPECT_GT(parsed_count, 0);
}

TEST(CertificateTest, SizeIsBounded) {
  const auto with_padding = [](std::size_t n) {
    return Make([n](CertificateSketch& s) {
      s.extensions = {ExtensionOf("1.3.6.1.4.1.99999.1", Bytes(n, 'x'))};
    });
  };
  std::size_t n = kCertificateSizeMax;
  while (with_padding(n).size() > kCertificateSizeMax) --n;
  const Bytes largest = with_padding(n);
  ASSERT_EQ(largest.size(), kCertificateSizeMax);
  EXPECT_TRUE(CertificateView::Parse(largest));
  EXPECT_EQ(FailureOf(with_padding(n + 1)).reason, RejectReason::kCertificateTooLarge);
}

TEST(CertificateTest, Version) {
  const auto version = [](const char* hex) {
    return [hex](CertificateSketch& s) { s.version = Hex(hex); };
  };
  const Bytes v1 = Make(version(""));
  const auto parsed = CertificateView::Parse(v1);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->version(), 1);
  for (const char* hex : {"a003020100", "a003020101", "a003020103", "a0030201ff", "a00402020100"}) {
    EXPECT_EQ(ReasonOf(version(hex)), RejectReason::kUnsupportedVersion) << hex;
  }
  for (const char* hex :
       {"a000", "a0020200", "a00402020002", "a003040102", "a006020102020102", "8003020102"}) {
    EXPECT_EQ(ReasonOf(version(hex)), RejectReason::kMalformedCertificate) << hex;
  }
}

TEST(CertificateTest, Version1HasNeitherExtensionsNorUniqueIds) {
  EXPECT_EQ(ReasonOf([](CertificateSketch& s) {
              s.version = {};
              s.extensions = {ExtensionOf("2.5.29.14", Hex("040101"))};
            }),
            RejectReason::kUnsupportedVersion);
  EXPECT_EQ(ReasonOf([](CertificateSketch& s) {
              s.version = {};
              s.unique_ids = Hex("8102000f");
            }),
            RejectReason::kUnsupportedVersion);
}

TEST(CertificateTest, SerialIsMinimalAndOtherwiseFree) {
  for (const char* hex : {"020100", "0201ff", "02028000", "020200ff"}) {
    EXPECT_TRUE(Parses([hex](CertificateSketch& s) { s.serial = Hex(hex); })) << hex;
  }
  EXPECT_TRUE(Parses([](CertificateSketch& s) { s.serial = Tlv(der::kInteger, Bytes(40, 1)); }));
  for (const char* hex : {"0200", "02020001", "0202ff80"}) {
    EXPECT_EQ(ReasonOf([hex](CertificateSketch& s) { s.serial = Hex(hex); }),
              RejectReason::kMalformedSerial)
        << hex;
  }
  EXPECT_EQ(ReasonOf([](CertificateSketch& s) { s.serial = Hex("04012a"); }),
            RejectReason::kMalformedCertificate);
}

TEST(SerialTest, RegularMeansPositiveAndAtMost20Octets) {
  for (const char* good : {"00", "01", "7f", "0080", "00ff"}) EXPECT_TRUE(IsRegularSerial(Hex(good)));
  EXPECT_TRUE(IsRegularSerial(Bytes(20, 0x7f)));
  for (const char* bad : {"", "80", "ff"}) EXPECT_FALSE(IsRegularSerial(Hex(bad))) << bad;
  EXPECT_FALSE(IsRegularSerial(Bytes(21, 0x7f)));
  EXPECT_FALSE(IsRegularSerial(Bytes(20, 0xff)));
}

TEST(SerialTest, TextIsHexWithoutTheSignOctet) {
  EXPECT_EQ(SerialText(Hex("2a")), "2A");
  EXPECT_EQ(SerialText(Hex("00ff01")), "FF:01");
  EXPECT_EQ(SerialText(Hex("00")), "00");
}

TEST(CertificateTest, SignatureAlgorithms) {
  EXPECT_EQ(
      ReasonOf([](CertificateSketch& s) { s.inner_algorithm = Seq({Oid("1.2.840.10045.4.3.3")}); }),
      RejectReason::kAlgorithmMismatch);
  // Absent and NULL parameters are different octets (RFC 5280 4.1.1.2).
  EXPECT_EQ(ReasonOf([](CertificateSketch& s) {
              s.inner_algorithm = Seq({Oid("1.2.840.10045.4.3.2"), Hex("0500")});
            }),
            RejectReason::kAlgorithmMismatch);
  for (const Bytes& bad : {Seq({}), Seq({Hex("0500")}), Seq({Hex("0600")}), Seq({Hex("06022a80")}),
                           Seq({Oid("1.2.3"), Hex("0500"), Hex("0500")}),
                           Seq({Oid("1.2.3"), Hex("0501")}), Hex("0500")}) {
    EXPECT_EQ(ReasonOf([&](CertificateSketch& s) { s.inner_algorithm = s.outer_algorithm = bad; }),
              RejectReason::kMalformedCertificate)
        << base::HexLower(bad);
  }
}

TEST(CertificateTest, SignatureIsWholeOctetsAndLast) {
  for (const char* hex : {"030207aa", "0300", "0402aabb", "03020180"}) {
    EXPECT_EQ(ReasonOf([hex](CertificateSketch& s) { s.signature = Hex(hex); }),
              RejectReason::kMalformedCertificate)
        << hex;
  }
  EXPECT_EQ(ReasonOf([](CertificateSketch& s) { s.after_signature = Hex("0500"); }),
            RejectReason::kMalformedCertificate);
}

TEST(CertificateTest, Names) {
  EXPECT_TRUE(Parses([](CertificateSketch& s) { s.subject = Hex("3000"); }));
  EXPECT_EQ(ReasonOf([](CertificateSketch& s) { s.issuer = Hex("3000"); }),
            RejectReason::kMalformedName);
  const Bytes bad_names[] = {
      Hex("3100"),                                  // Not a SEQUENCE.
      Seq({Hex("3100")}),                           // An RDN without attribute.
      Seq({Seq({Oid("2.5.4.3"), Hex("0c0161")})}),  // SEQUENCE in place of SET.
      Seq({Rdn({Hex("3000")})}),                    // An attribute without fields.
      Seq({Rdn({Seq({Oid("2.5.4.3")})})}),          // ... without value.
      Seq({Rdn({Seq({Oid("2.5.4.3"), Hex("0c0161"), Hex("0500")})})}),  // ... with a third field.
      Seq({Rdn({Seq({Hex("0c0161"), Hex("0c0161")})})}),                // The type is no OID.
      Seq({Rdn({Seq({Hex("06028055"), Hex("0c0161")})})}),              // The OID is malformed.
      Seq({Rdn({Hex("310506012a0c00")})}),                              // SET in place of SEQUENCE.
      Seq({Cn("a"), Hex("0500")}),                                      // Something else follows.
  };
  for (const Bytes& bad : bad_names) {
    EXPECT_EQ(ReasonOf([&](CertificateSketch& s) { s.issuer = bad; }), RejectReason::kMalformedName)
        << base::HexLower(bad);
    EXPECT_EQ(ReasonOf([&](CertificateSketch& s) { s.subject = bad; }),
              RejectReason::kMalformedName)
        << base::HexLower(bad);
  }
}

TEST(CertificateTest, Validity) {
  const Bytes good = UtcTime("250101000000Z");
  EXPECT_TRUE(Parses([&](CertificateSketch& s) {
    s.validity = Seq({good, Tlv(der::kGeneralizedTime, Text("99991231235959Z"))});
  }));
  // GeneralizedTime before 2050 is against RFC 5280 4.1.2.5 but read: the field has it.
  EXPECT_TRUE(Parses([&](CertificateSketch& s) {
    s.validity = Seq({Tlv(der::kGeneralizedTime, Text("20250101000000Z")), good});
  }));
  for (const Bytes& bad :
       {Seq({good}), Seq({good, good, good}), Seq({}), Seq({good, UtcTime("2501010000Z")}),
        Seq({UtcTime("250101000000+0000"), good}), Seq({good, Hex("0500")}), Hex("0500")}) {
    EXPECT_EQ(ReasonOf([&](CertificateSketch& s) { s.validity = bad; }),
              RejectReason::kMalformedCertificate)
        << base::HexLower(bad);
  }
}

TEST(CertificateTest, SubjectPublicKeyInfo) {
  const Bytes algorithm = Seq({Oid("1.2.840.10045.2.1")});
  for (const Bytes& bad :
       {Seq({}), Seq({algorithm}), Seq({algorithm, Hex("0402aabb")}), Seq({algorithm, Hex("0300")}),
        Seq({algorithm, Hex("0302000a"), Hex("0500")}), Seq({Hex("3000"), Hex("0302000a")})}) {
    EXPECT_EQ(ReasonOf([&](CertificateSketch& s) { s.spki = bad; }),
              RejectReason::kMalformedCertificate)
        << base::HexLower(bad);
  }
}

TEST(CertificateTest, UniqueIdsAreSkippedInVersion3) {
  EXPECT_TRUE(Parses([](CertificateSketch& s) {
    s.unique_ids =
        Hex("8102000f"
            "820207"
            "80");
  }));
  for (const char* hex : {"8100", "8105", "810208ff",
                          "82020001"
                          "81020001",
                          "a102000f"}) {
    EXPECT_EQ(ReasonOf([hex](CertificateSketch& s) { s.unique_ids = Hex(hex); }),
              RejectReason::kMalformedCertificate)
        << hex;
  }
}

TEST(CertificateTest, NothingFollowsTheExtensions) {
  EXPECT_EQ(ReasonOf([](CertificateSketch& s) { s.after_extensions = Hex("0500"); }),
            RejectReason::kMalformedCertificate);
  EXPECT_EQ(ReasonOf([](CertificateSketch& s) {
              s.extensions = {ExtensionOf("2.5.29.14", Hex("040101"))};
              s.after_extensions = Hex("0500");
            }),
            RejectReason::kMalformedCertificate);
  EXPECT_EQ(ReasonOf([](CertificateSketch& s) { s.after_extensions = Hex("a3023000"); }),
            RejectReason::kMalformedExtension)
      << "an empty list of extensions";
  EXPECT_EQ(ReasonOf([](CertificateSketch& s) {
              const Bytes one = Seq({ExtensionOf("2.5.29.14", Hex("040101"))});
              s.after_extensions = Tlv(0xa3, {one, one});
            }),
            RejectReason::kMalformedCertificate);
}

TEST(CertificateTest, CertificateOwnsItsOctets) {
  auto der = std::make_unique<Bytes>(CertificateSketch().Der());
  const Bytes copy = *der;
  auto certificate = Certificate::Parse(*der);
  ASSERT_TRUE(certificate);
  der->assign(der->size(), 0);
  der.reset();
  const Certificate twin = *certificate;
  EXPECT_TRUE(Equal(twin.der(), copy));
  EXPECT_EQ(twin.der().data(), certificate->der().data()) << "copies share the octets";
  EXPECT_TRUE(Equal(twin->serial(), Hex("2a")));
  EXPECT_EQ(Certificate::Parse(Hex("3000")).error().reason, RejectReason::kMalformedCertificate);
}

TEST(CertificateTest, SelfIssuedComparesNames) {
  const Bytes der = Make([](CertificateSketch& s) {
    s.issuer = Seq({Cn("Root  CA", der::kPrintableString)});
    s.subject = Seq({Cn(" root ca")});
  });
  EXPECT_TRUE(CertificateView::Parse(der)->IsSelfIssued());
}

}  // namespace
}  // namespace muster::x509
