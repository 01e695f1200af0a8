#include "muster/certificate_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/base/byte_view.h"
#include "engine/base/encoding.h"
#include "tests/unit/x509/sketch.h"

namespace muster::x509 {
namespace {

using base::AsBytes;

Bytes CertificateOf(std::string_view cn) {
  CertificateSketch sketch;
  sketch.subject = CnName(cn);
  return sketch.Der();
}

Bytes Crl() {
  CrlSketch sketch;
  sketch.entries = {Entry("05")};
  return sketch.Der();
}

Bytes SignedData(const Bytes& certificates, const Bytes& crls = {}) {
  return Seq({Oid("1.2.840.113549.1.7.2"),
              Tlv(0xa0, Seq({Hex("020101"), Hex("3100"), Seq({Oid("1.2.840.113549.1.7.1")}),
                             certificates.empty() ? Bytes{} : Tlv(0xa0, certificates),
                             crls.empty() ? Bytes{} : Tlv(0xa1, crls), Hex("3100")}))});
}

// A PKCS#10 request: its outer framing is that of a certificate.
Bytes Request() {
  const CertificateSketch sketch;
  return Seq({Seq({Hex("020100"), CnName("device"), sketch.spki, Hex("a000")}), EcdsaSha256(),
              sketch.signature});
}

ReadOutcome Read(ByteView input) {
  auto outcome = ReadEncoded(input);
  EXPECT_TRUE(outcome) << (outcome ? "" : outcome.error().message);
  return outcome ? *std::move(outcome) : ReadOutcome{};
}
ReadOutcome Read(std::string_view text) { return Read(AsBytes(text)); }

std::string MessageOf(ByteView input) {
  const auto outcome = ReadEncoded(input);
  EXPECT_FALSE(outcome);
  if (outcome) return "";
  EXPECT_EQ(outcome.error().code, ErrorCode::kUnreadableInput);
  return outcome.error().message;
}

const Bytes kFirst = CertificateOf("first");
const Bytes kSecond = CertificateOf("second");

std::string Pem(const Bytes& der, std::string_view label = "CERTIFICATE") {
  return EncodePem(der, label);
}

std::string WithCrlf(std::string text) {
  for (std::size_t i = 0; (i = text.find('\n', i)) != text.npos; i += 2) text.insert(i, 1, '\r');
  return text;
}

void ExpectBoth(const ReadOutcome& outcome, std::string_view format) {
  EXPECT_EQ(outcome.format, format);
  EXPECT_TRUE(outcome.faults.empty()) << outcome.faults.front().what;
  ASSERT_EQ(outcome.objects.size(), 2u);
  EXPECT_EQ(outcome.objects[0].der, kFirst);
  EXPECT_EQ(outcome.objects[1].der, kSecond);
}

void ExpectFirst(const ReadOutcome& outcome, std::string_view format) {
  EXPECT_EQ(outcome.format, format);
  EXPECT_TRUE(outcome.faults.empty()) << outcome.faults.front().what;
  ASSERT_EQ(outcome.objects.size(), 1u);
  EXPECT_EQ(outcome.objects[0].kind, EncodedKind::kCertificate);
  EXPECT_EQ(outcome.objects[0].der, kFirst);
}

// --- Formats ------------------------------------------------------------------------------------

TEST(CertificateReaderTest, Der) {
  ExpectFirst(Read(kFirst), "der");
  const ReadOutcome both = Read(Join({kFirst, kSecond}));
  ExpectBoth(both, "der");
  EXPECT_EQ(both.objects[1].offset, kFirst.size());
  EXPECT_EQ(both.objects[1].line, 0u);
}

TEST(CertificateReaderTest, DerCrlAndVersion1Certificate) {
  CertificateSketch v1;
  v1.version = {};
  const Bytes v1_der = v1.Der();
  CrlSketch crl_v1;
  crl_v1.version = {};
  const ReadOutcome outcome = Read(Join({Crl(), v1_der, crl_v1.Der()}));
  EXPECT_TRUE(outcome.faults.empty());
  ASSERT_EQ(outcome.objects.size(), 3u);
  EXPECT_EQ(outcome.objects[0].kind, EncodedKind::kCrl);
  EXPECT_EQ(outcome.objects[1].kind, EncodedKind::kCertificate);
  EXPECT_EQ(outcome.objects[1].der, v1_der);
  EXPECT_EQ(outcome.objects[2].kind, EncodedKind::kCrl);
}

TEST(CertificateReaderTest, DerFollowedByRubbishIsAFault) {
  const ReadOutcome outcome = Read(Join({kFirst, Hex("ffff")}));
  EXPECT_EQ(outcome.objects.size(), 1u);
  ASSERT_EQ(outcome.faults.size(), 1u);
  EXPECT_EQ(outcome.faults[0].offset, kFirst.size());
  const ReadOutcome cut = Read(Join({kFirst, Hex("3005aa")}));
  ASSERT_EQ(cut.faults.size(), 1u);
  EXPECT_NE(cut.faults[0].what.find("length runs past the end"), std::string::npos);
  const ReadOutcome other = Read(Join({kFirst, Hex("3000"), kSecond}));
  EXPECT_EQ(other.objects.size(), 2u) << "what follows a value of another kind is still read";
  ASSERT_EQ(other.faults.size(), 1u);
  EXPECT_NE(other.faults[0].what.find("neither a certificate, a CRL nor PKCS#7"),
            std::string::npos);
}

TEST(CertificateReaderTest, Pem) {
  ExpectFirst(Read(Pem(kFirst)), "pem");
  const ReadOutcome both = Read(Pem(kFirst) + Pem(kSecond));
  ExpectBoth(both, "pem");
  EXPECT_EQ(both.objects[0].line, 1u);
  EXPECT_EQ(both.objects[1].offset, Pem(kFirst).size());
  const std::string first = Pem(kFirst);
  EXPECT_EQ(both.objects[1].line,
            1 + static_cast<std::size_t>(std::count(first.begin(), first.end(), '\n')));
}

TEST(CertificateReaderTest, PemOfTheField) {
  ExpectBoth(Read(WithCrlf(Pem(kFirst) + Pem(kSecond))), "pem");
  ExpectBoth(Read("\xef\xbb\xbf" + Pem(kFirst) + Pem(kSecond)), "pem");
  ExpectBoth(Read("Bag Attributes\n  friendlyName: a\n" + Pem(kFirst) + "\nsubject=CN=b\n" +
                  Pem(kSecond) + "the end"),
             "pem");
  ExpectBoth(Read("0 s:CN = first\n" + Pem(kFirst) + "1 s:CN = second\n" + Pem(kSecond)), "pem");
  const std::string base64 = base::EncodeBase64(kFirst);
  ExpectFirst(Read("-----BEGIN CERTIFICATE-----" + base64 + "-----END CERTIFICATE-----"), "pem");
  ExpectFirst(Read("-----BEGIN CERTIFICATE-----\r" + base64 + "\r-----END CERTIFICATE-----"),
              "pem");
  std::string indented = "    " + Pem(kFirst);
  for (std::size_t i = 0; (i = indented.find('\n', i)) + 1 < indented.size(); i += 5) {
    indented.insert(i + 1, "    ");
  }
  ExpectFirst(Read(indented), "pem");
}

TEST(CertificateReaderTest, LinesAreCountedWithAnyLineEnd) {
  for (const char* end : {"\n", "\r\n", "\r"}) {
    const ReadOutcome outcome =
        Read(std::string("a").append(end).append("b").append(end).append(end) + Pem(kFirst));
    ASSERT_EQ(outcome.objects.size(), 1u);
    EXPECT_EQ(outcome.objects[0].line, 4u);
  }
}

TEST(CertificateReaderTest, Labels) {
  for (const char* label :
       {"CERTIFICATE", "X509 CERTIFICATE", "X.509 CERTIFICATE", "TRUSTED CERTIFICATE"}) {
    ExpectFirst(Read(Pem(kFirst, label)), "pem");
  }
  for (const char* label : {"X509 CRL", "CRL"}) {
    const ReadOutcome outcome = Read(Pem(Crl(), label));
    ASSERT_EQ(outcome.objects.size(), 1u) << label;
    EXPECT_EQ(outcome.objects[0].kind, EncodedKind::kCrl);
    EXPECT_EQ(outcome.objects[0].der, Crl());
  }
  for (const char* label : {"PKCS7", "CMS", "PKCS #7 SIGNED DATA", "CERTIFICATE"}) {
    ExpectBoth(Read(Pem(SignedData(Join({kFirst, kSecond})), label)), "pem");
  }
}

TEST(CertificateReaderTest, TrustSettingsAreCutOffTrustedCertificatesOnly) {
  const Bytes with_settings = Join({kFirst, Hex("300c300a06082b06010505070302")});
  ExpectFirst(Read(Pem(with_settings, "TRUSTED CERTIFICATE")), "pem");
  const ReadOutcome outcome = Read(Pem(with_settings));
  EXPECT_TRUE(outcome.objects.empty());
  ASSERT_EQ(outcome.faults.size(), 1u);
  EXPECT_NE(outcome.faults[0].what.find("14 octets follow"), std::string::npos);
}

TEST(CertificateReaderTest, KeysAreSkippedAndNeverEchoed) {
  for (const char* label : {"PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY",
                            "RSA PRIVATE KEY", "EC PARAMETERS", "CERTIFICATE REQUEST"}) {
    const std::string key = std::string("-----BEGIN ")
                                .append(label)
                                .append("-----\nProc-Type: 4,ENCRYPTED\n\nc2VjcmV0\n-----END ")
                                .append(label)
                                .append("-----\n");
    ExpectFirst(Read(key + Pem(kFirst)), "pem");
    const ReadOutcome alone = Read(key);
    EXPECT_TRUE(alone.objects.empty());
    EXPECT_TRUE(alone.faults.empty());
  }
  const ReadOutcome broken = Read("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n" + Pem(kFirst));
  EXPECT_EQ(broken.objects.size(), 1u);
  ASSERT_EQ(broken.faults.size(), 1u);
  EXPECT_EQ(broken.faults[0].what.find("c2VjcmV0"), std::string::npos);
}

TEST(CertificateReaderTest, Pkcs7) {
  ExpectBoth(Read(SignedData(Join({kFirst, kSecond}))), "pkcs7");
  const Bytes with_crl = SignedData(kFirst, Crl());
  const ReadOutcome outcome = Read(with_crl);
  ASSERT_EQ(outcome.objects.size(), 2u);
  EXPECT_EQ(outcome.objects[1].kind, EncodedKind::kCrl);
  const ByteView at = ByteView(with_crl).subspan(outcome.objects[1].offset, Crl().size());
  EXPECT_TRUE(base::Equal(at, Crl())) << "the offset is that of the object";
  EXPECT_TRUE(Read(SignedData({})).objects.empty());
}

TEST(CertificateReaderTest, Pkcs7WithOtherMembersOrDamage) {
  for (const Bytes& member : {Hex("a1023000"), Request(), SignedData(kSecond)}) {
    const ReadOutcome other = Read(SignedData(Join({kFirst, member})));
    EXPECT_EQ(other.objects.size(), 1u);
    ASSERT_EQ(other.faults.size(), 1u);
    EXPECT_NE(other.faults[0].what.find("no X.509 certificate"), std::string::npos);
  }
  const ReadOutcome damaged = Read(SignedData(Join({kFirst, Hex("3005")})));
  EXPECT_EQ(damaged.objects.size(), 1u);
  ASSERT_EQ(damaged.faults.size(), 1u);
  EXPECT_NE(damaged.faults[0].what.find("re-encode it as DER"), std::string::npos);
  for (const Bytes& bad :
       {Seq({Oid("1.2.840.113549.1.7.2")}), Seq({Oid("1.2.840.113549.1.7.2"), Hex("a0023000")}),
        Seq({Oid("1.2.840.113549.1.7.2"), Hex("a000"), Hex("0500")})}) {
    EXPECT_EQ(Read(bad).faults.size(), 1u) << base::HexLower(bad);
  }
}

TEST(CertificateReaderTest, Base64OfDer) {
  const std::string base64 = base::EncodeBase64(kFirst);
  ExpectFirst(Read(base64), "base64-der");
  ExpectFirst(Read(base64 + "\r\n"), "base64-der");
  ExpectFirst(Read("\xef\xbb\xbf" + base64), "base64-der");
  std::string wrapped = base64;
  for (std::size_t i = 64; i < wrapped.size(); i += 66) wrapped.insert(i, "\r\n");
  ExpectFirst(Read(wrapped), "base64-der");
  ExpectBoth(Read(base::EncodeBase64(Join({kFirst, kSecond}))), "base64-der");
  ExpectBoth(Read(base::EncodeBase64(SignedData(Join({kFirst, kSecond})))), "base64-der");
}

TEST(CertificateReaderTest, Base64OfPem) {
  ExpectBoth(Read(base::EncodeBase64(AsBytes(Pem(kFirst) + Pem(kSecond)))), "base64-pem");
  ExpectFirst(Read(base::EncodeBase64(AsBytes(WithCrlf(Pem(kFirst)))) + "\n"), "base64-pem");
}

// --- Faults -------------------------------------------------------------------------------------

TEST(CertificateReaderTest, FaultyBlocksLandBesideGoodOnes) {
  struct Case {
    std::string block;
    const char* what;
  };
  const std::string body = base::EncodeBase64(kSecond);
  const std::string begin = "-----BEGIN CERTIFICATE-----\n";
  const std::string end = "\n-----END CERTIFICATE-----\n";
  const Case cases[] = {
      {begin + body + "\n", "the END line is missing"},
      {begin + body + "\n-----END PKCS7-----\n", "the END line says PKCS7"},
      {begin + body + "\n-----END CERTIFICATE\n", "the END line does not end in five dashes"},
      {begin + body + "\n-----\n", "dashes stand where the END line should"},
      {"-----BEGIN CERTIFICATE\n" + body + end, "the BEGIN line does not end in five dashes"},
      {begin + "MII!" + end, "'!' at line 2 is not base64"},
      {begin + "MIIB\nMI\x01" + end, "octet 0x01 at line 3 is not base64"},
      {begin + "MIIB\nMI\xe9" + end, "octet 0xe9 at line 3 is not base64"},
      {begin + "MIIBM" + end, "base64 ends within a group of four"},
      {begin + end, "not DER: element is missing"},
      {begin + "MIIB" + end, "not DER: element is cut short"},
      {begin + "BQA=" + end, "not DER: element is of an unexpected type"},
      {Pem(Join({kSecond, Hex("0500")})), "2 octets follow the DER value"},
      {Pem(Request()), "certificate request"},
      {Pem(kSecond.empty() ? Bytes{} : Hex("3000"), "PKCS7"), "neither a certificate"},
  };
  for (const Case& c : cases) {
    const ReadOutcome outcome = Read(c.block + Pem(kFirst));
    ASSERT_EQ(outcome.objects.size(), 1u) << c.what;
    EXPECT_EQ(outcome.objects[0].der, kFirst);
    ASSERT_EQ(outcome.faults.size(), 1u) << c.what;
    EXPECT_NE(outcome.faults[0].what.find(c.what), std::string::npos) << outcome.faults[0].what;
    EXPECT_NE(outcome.faults[0].what.find("PEM block"), std::string::npos);
    EXPECT_NE(outcome.faults[0].what.find("at line 1: "), std::string::npos);
    EXPECT_GE(outcome.faults[0].line, 1u);
  }
}

TEST(CertificateReaderTest, ABase64FaultHasItsOwnLineAndOffset) {
  const std::string text =
      "comment\n-----BEGIN CERTIFICATE-----\nMIIB\nMI?B\n-----END CERTIFICATE-----";
  const ReadOutcome outcome = Read(text);
  ASSERT_EQ(outcome.faults.size(), 1u);
  EXPECT_EQ(outcome.faults[0].line, 4u);
  EXPECT_EQ(outcome.faults[0].offset, text.find('?'));
  EXPECT_EQ(outcome.faults[0].what,
            "PEM block CERTIFICATE at line 2: '?' at line 4 is not base64 or stands in the wrong "
            "place");
}

TEST(CertificateReaderTest, ABlockThatEndsTheInputWithoutEnd) {
  const ReadOutcome outcome = Read(Pem(kFirst) + "-----BEGIN CERTIFICATE-----\nMIIB");
  EXPECT_EQ(outcome.objects.size(), 1u);
  ASSERT_EQ(outcome.faults.size(), 1u);
  EXPECT_NE(outcome.faults[0].what.find("the END line is missing"), std::string::npos);
}

TEST(CertificateReaderTest, LabelsAreShownPrintable) {
  const ReadOutcome outcome = Read("-----BEGIN A\x1b[31m-----\nMIIB\n");
  ASSERT_EQ(outcome.faults.size(), 1u);
  EXPECT_NE(outcome.faults[0].what.find("PEM block A?[31m at line 1"), std::string::npos);
  const ReadOutcome latin = Read("-----BEGIN A\xe9-----\nMIIB\n");
  ASSERT_EQ(latin.faults.size(), 1u);
  EXPECT_NE(latin.faults[0].what.find("PEM block A? at line 1"), std::string::npos);
  const ReadOutcome too_long = Read("-----BEGIN " + std::string(200, 'A') + "-----\nMIIB\n");
  ASSERT_EQ(too_long.faults.size(), 1u);
  EXPECT_LT(too_long.faults[0].what.size(), 100u);
}

// A certificate whose inside is damaged is still handed out under its label: the parser says what
// is wrong with it, with a reason.
TEST(CertificateReaderTest, TheLabelDecidesWhereTheShapeTellsNothing) {
  const ReadOutcome outcome = Read(Pem(Hex("30020500")) + Pem(Hex("30020500"), "X509 CRL"));
  ASSERT_EQ(outcome.objects.size(), 2u);
  EXPECT_EQ(outcome.objects[0].kind, EncodedKind::kCertificate);
  EXPECT_EQ(outcome.objects[1].kind, EncodedKind::kCrl);
  // In PKCS#7 the field it lies in is the label.
  const ReadOutcome bag = Read(SignedData(Hex("30020500"), Hex("30020500")));
  ASSERT_EQ(bag.objects.size(), 2u);
  EXPECT_EQ(bag.objects[0].kind, EncodedKind::kCertificate);
  EXPECT_EQ(bag.objects[1].kind, EncodedKind::kCrl);
}

TEST(CertificateReaderTest, FaultsAreBounded) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "-----BEGIN ";
  const ReadOutcome outcome = Read(text);
  EXPECT_GT(outcome.faults.size(), 1'000u);
  EXPECT_LT(outcome.faults.size(), 20'000u);
  EXPECT_NE(outcome.faults.back().what.find("the rest was not read"), std::string::npos);

  Bytes der = kFirst;
  for (int i = 0; i < 20'000; ++i) der.insert(der.end(), {0x30, 0x00});
  const ReadOutcome values = Read(der);
  EXPECT_EQ(values.faults.size(), outcome.faults.size());
  EXPECT_NE(values.faults.back().what.find("the rest was not read"), std::string::npos);
}

TEST(CertificateReaderTest, ObjectsAreBounded) {
  Bytes members;
  for (int i = 0; i < 1'000'001; ++i) {
    members.push_back(0x30);
    members.push_back(0x00);
  }
  const ReadOutcome outcome = Read(SignedData(members));
  EXPECT_EQ(outcome.objects.size(), 1'000'000u);
  ASSERT_EQ(outcome.faults.size(), 1u);
  EXPECT_NE(outcome.faults[0].what.find("the rest was not read"), std::string::npos);
}

// --- Inputs that are nothing ---------------------------------------------------------------------

TEST(CertificateReaderTest, SaysWhyAnInputIsNotRead) {
  const Bytes key = Seq({Hex("020100"), EcdsaSha256(), Hex("040401020304")});
  const std::pair<Bytes, const char*> cases[] = {
      {{}, "the input is empty"},
      {Text("hello, world"), "in no known format"},
      {Hex("ffff00"), "in no known format"},
      {Hex("fffe2d00"), "UTF-16"},
      {Hex("feff002d"), "UTF-16"},
      {Hex("3080020100"), "indefinite length"},
      {Bytes(kFirst.begin(), kFirst.end() - 1), "length runs past the end"},
      {key, "neither a certificate, a CRL nor PKCS#7"},
      {Text(base::EncodeBase64(key)), "base64, but not of PEM, DER or PKCS#7"},
      {Text("TUlJ"), "base64, but not of"},
      {Text("   \n"), "in no known format"},
  };
  for (const auto& [input, what] : cases) {
    const std::string message = MessageOf(input);
    EXPECT_NE(message.find(what), std::string::npos) << message;
  }
  EXPECT_EQ(Read(Request()).faults.size(), 1u);
}

TEST(CertificateReaderTest, InputSizeIsBounded) {
  const Bytes page(1, 0);
  // The size is looked at before any octet is, so a view that claims too much is not read.
  const ByteView huge(page.data(), kReadSizeMax + 1);
  EXPECT_NE(MessageOf(huge).find("split it"), std::string::npos);
}

// --- One and all
// -----------------------------------------------------------------------------------

TEST(ReadCertificatesTest, OneMeansOne) {
  EXPECT_EQ(ReadOneCertificate(AsBytes(Pem(kFirst)), "a.pem").value(), kFirst);
  EXPECT_EQ(ReadOneCertificate(Join({kFirst, Crl()}), "a.der").value(), kFirst);
  const auto two = ReadOneCertificate(Join({kFirst, kSecond}), "a.der");
  ASSERT_FALSE(two);
  EXPECT_EQ(two.error().code, ErrorCode::kUnreadableInput);
  EXPECT_NE(two.error().message.find("a.der: holds 2 certificates"), std::string::npos);
  const auto none = ReadOneCertificate(Crl(), "a.crl");
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("a.crl: no certificate in it"), std::string::npos);
  const auto rubbish = ReadOneCertificate(Hex("ff"), "a.bin");
  ASSERT_FALSE(rubbish);
  EXPECT_NE(rubbish.error().message.find("a.bin: the input is in no known format"),
            std::string::npos);
}

TEST(ReadCertificatesTest, AllKeepsTheOrderAndToleratesNoFault) {
  const auto both = ReadAllCertificates(
      AsBytes(Pem(kFirst) + Pem(Crl(), "X509 CRL") + Pem(kSecond)), "chain.pem");
  ASSERT_TRUE(both);
  EXPECT_EQ(*both, (std::vector<Bytes>{kFirst, kSecond}));
  const std::string faulty = "-----BEGIN CERTIFICATE-----\nMI!B\n-----END CERTIFICATE-----\n";
  const auto one_fault = ReadAllCertificates(AsBytes(Pem(kFirst) + faulty), "chain.pem");
  ASSERT_FALSE(one_fault);
  EXPECT_EQ(one_fault.error().code, ErrorCode::kUnreadableInput);
  EXPECT_NE(one_fault.error().message.find("chain.pem: PEM block CERTIFICATE at line "),
            std::string::npos);
  EXPECT_EQ(one_fault.error().message.find("more)"), std::string::npos);
  const auto two_faults = ReadAllCertificates(AsBytes(faulty + faulty), "chain.pem");
  ASSERT_FALSE(two_faults);
  EXPECT_NE(two_faults.error().message.find("(and 1 more)"), std::string::npos);
}

TEST(EncodePemTest, WrapsAt64Columns) {
  EXPECT_EQ(EncodePem(Bytes(3, 0), "X"), "-----BEGIN X-----\nAAAA\n-----END X-----\n");
  EXPECT_EQ(EncodePem(Bytes(49, 0), "X"),
            "-----BEGIN X-----\n" + std::string(64, 'A') + "\nAA==\n-----END X-----\n");
  EXPECT_EQ(EncodePem(Bytes(48, 0), "X"),
            "-----BEGIN X-----\n" + std::string(64, 'A') + "\n-----END X-----\n");
  EXPECT_EQ(EncodePem({}, "X"), "-----BEGIN X-----\n-----END X-----\n");
}

}  // namespace
}  // namespace muster::x509
