#include <gtest/gtest.h>

#include <chrono>

#include "engine/der/der_reader.h"
#include "engine/pki/der_writer.h"
#include "engine/pki/development_signer.h"
#include "engine/x509/crl.h"
#include "muster/development_pki.h"
#include "tests/unit/registry/registry_fixture.h"

namespace muster::registry {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

// issuingDistributionPoint (RFC 5280 5.2.5) with indirectCRL TRUE, and with onlyContainsUserCerts.
const RawExtension kIndirect{"2.5.29.28", true, {0x30, 0x03, 0x84, 0x01, 0xff}};
const RawExtension kUserCertsOnly{"2.5.29.28", true, {0x30, 0x03, 0x81, 0x01, 0xff}};
// deltaCRLIndicator (5.2.4) with base number 1.
const RawExtension kDelta{"2.5.29.27", true, {0x02, 0x01, 0x01}};

class CrlsTest : public RegistryTest {
 protected:
  void SetUp() override {
    Must(registry_.AddCa("s", "root", root_.der(), true));
    Must(registry_.AddCa("s", "line", line_.der()));
  }
  Bytes Crl(std::uint64_t number, const std::function<void(CrlTemplate&)>& edit = {}) {
    return CrlOf(root_, number, edit);
  }
  Bytes CrlOf(const Entity& ca, std::uint64_t number,
              const std::function<void(CrlTemplate&)>& edit = {}) {
    return w_.Crl(ca, {line_}, [&](CrlTemplate& t) {
      t.number = number;
      if (edit) edit(t);
    });
  }
  static std::function<void(CrlTemplate&)> With(const RawExtension& extension) {
    return [extension](CrlTemplate& t) { t.extensions.push_back(extension); };
  }
  Error AddError(std::string_view ca, const Bytes& der) {
    const std::string before = Everything();
    Error error = ErrorOf(registry_.AddCrl("s", ca, der));
    EXPECT_EQ(Everything(), before);
    return error;
  }

  Entity root_ = w_.Root("Root");
  Entity line_ = w_.Intermediate("Line", root_);
};
MUSTER_OVER_EVERY_STORE(CrlsTest);

TEST_P(CrlsTest, HoldsACrlOfTheCa) {
  const Bytes der = Crl(1);
  const std::uint64_t generation = Generation();
  const RegisteredCrl crl = Must(registry_.AddCrl("s", "root", der));
  EXPECT_EQ(crl.ca_name, "root");
  EXPECT_EQ(crl.der, der);
  EXPECT_EQ(Generation(), generation + 1);
  EXPECT_THAT(LastActions(1), ElementsAre("crl-added root"));
  ASSERT_EQ(Must(registry_.ListCrls("s")).size(), 1u);
  EXPECT_EQ(Must(registry_.ListCrls("s"))[0].etag, crl.etag);
}

TEST_P(CrlsTest, TheSameBytesChangeNothing) {
  Must(registry_.AddCrl("s", "root", Crl(1)));
  const std::string before = Everything();
  Must(registry_.AddCrl("s", "root", Crl(1)));
  EXPECT_EQ(Everything(), before);
}

TEST_P(CrlsTest, ANewerCrlReplacesAndAnOlderOneIsRefused) {
  Must(registry_.AddCrl("s", "root", Crl(255)));
  Must(registry_.AddCrl("s", "root", Crl(256)));
  EXPECT_THAT(LastActions(1), ElementsAre("crl-replaced root"));
  ASSERT_EQ(Must(registry_.ListCrls("s")).size(), 1u);
  // A lower number is older whatever its thisUpdate says.
  const Error error = AddError("root", Crl(255, [&](CrlTemplate& t) { t.this_update = w_.at(); }));
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.message, HasSubstr("is older than the one that is held"));
  // With one number, thisUpdate decides.
  EXPECT_EQ(AddError("root", Crl(256, [&](CrlTemplate& t) { t.this_update = w_.at() - 48h; })).code,
            ErrorCode::kInvalidArgument);
  EXPECT_TRUE(
      registry_.AddCrl("s", "root", Crl(256, [&](CrlTemplate& t) { t.this_update = w_.at(); }))
          .has_value());
}

// RFC 5280 5.2.3 demands a number of CAs; CRLs without one are in use.
TEST_P(CrlsTest, WithoutNumbersThisUpdateDecides) {
  const auto plain = [&](UnixTime this_update) {
    const Bytes algorithm = Must(DevelopmentSigner::AlgorithmIdentifier(root_.key(), {}));
    const Bytes tbs = pki::DerWriter()
                          .Nest(der::kSequence,
                                [&](pki::DerWriter& w) {
                                  w.AddUnsigned(der::kInteger, 1).AddRaw(algorithm);
                                  w.AddRaw(root_.subject()).AddTime(this_update);
                                  w.AddTime(w_.at() + 48h);
                                })
                          .Take();
    const Bytes signature = Must(DevelopmentSigner::Sign(root_.key(), {}, tbs));
    return pki::DerWriter()
        .Nest(der::kSequence,
              [&](pki::DerWriter& w) { w.AddRaw(tbs).AddRaw(algorithm).AddBitString(signature); })
        .Take();
  };
  Must(registry_.AddCrl("s", "root", plain(w_.at() - 2h)));
  Must(registry_.AddCrl("s", "root", plain(w_.at() - 1h)));
  EXPECT_THAT(LastActions(1), ElementsAre("crl-replaced root"));
  const Error error = AddError("root", plain(w_.at() - 2h));
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.message, HasSubstr("number none"));
  // One with a number is compared by what both have.
  EXPECT_EQ(AddError("root", Crl(9, [&](CrlTemplate& t) { t.this_update = w_.at() - 3h; })).code,
            ErrorCode::kInvalidArgument);
  Must(registry_.AddCrl("s", "root", Crl(9, [&](CrlTemplate& t) { t.this_update = w_.at(); })));
}

TEST_P(CrlsTest, ScopesAndDeltasAreHeldSideBySide) {
  Must(registry_.AddCrl("s", "root", Crl(5)));
  Must(registry_.AddCrl("s", "root", Crl(2, With(kUserCertsOnly))));
  Must(registry_.AddCrl("s", "root", Crl(3, With(kDelta))));
  Must(registry_.AddCrl("s", "line", CrlOf(line_, 1)));
  EXPECT_EQ(Must(registry_.ListCrls("s")).size(), 4u);
  Must(registry_.AddCrl("s", "root", Crl(4, With(kDelta))));
  EXPECT_EQ(Must(registry_.ListCrls("s")).size(), 4u);
}

TEST_P(CrlsTest, RefusesWhatIsNotACrl) {
  EXPECT_EQ(AddError("root", {}).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(AddError("root", root_.bytes()).code, ErrorCode::kInvalidArgument);
  Bytes trailing = Crl(1);
  trailing.push_back(0);
  EXPECT_EQ(AddError("root", trailing).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(AddError("nobody", Crl(1)).code, ErrorCode::kNotFound);
}

TEST_P(CrlsTest, RefusesUnknownCriticalExtensions) {
  const Error error = AddError("root", Crl(1, With({"1.2.3.4", true, {0x05, 0x00}})));
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.message, HasSubstr("critical extension"));
  EXPECT_TRUE(
      registry_.AddCrl("s", "root", Crl(1, With({"1.2.3.4", false, {0x05, 0x00}}))).has_value());
}

TEST_P(CrlsTest, TheCaMustHaveSignedIt) {
  Error error = AddError("line", Crl(1));
  EXPECT_EQ(error.code, ErrorCode::kRefused);
  EXPECT_EQ(error.reason, RejectReason::kIssuerNotFound);
  Bytes flipped = Crl(1);
  flipped.back() ^= 1;
  error = AddError("root", flipped);
  EXPECT_EQ(error.code, ErrorCode::kRefused);
  EXPECT_EQ(error.reason, RejectReason::kBadSignature);
  // A namesake's.
  const Entity namesake = w_.Root("Root", {.key_label = "another key"});
  EXPECT_EQ(AddError("root", CrlOf(namesake, 1)).reason, RejectReason::kBadSignature);
}

TEST_P(CrlsTest, TheCaMustBeAllowedToSignCrls) {
  const Entity no_crls =
      w_.Root("No CRLs", [](CertificateTemplate& t) { t.key_usage = kKeyCertSign; });
  Must(registry_.AddCa("s", "no-crls", no_crls.der()));
  EXPECT_EQ(AddError("no-crls", CrlOf(no_crls, 1)).reason, RejectReason::kIssuerNotFound);
}

TEST_P(CrlsTest, AnIndirectCrlMayBeSignedByAnotherRegisteredCa) {
  const Entity authority = w_.Root("CRL Authority");
  const Bytes indirect = CrlOf(authority, 1, With(kIndirect));
  EXPECT_EQ(AddError("root", indirect).reason, RejectReason::kIssuerNotFound);
  Must(registry_.AddCa("s", "authority", authority.der()));
  // Not where it does not say that it is indirect.
  EXPECT_EQ(AddError("root", CrlOf(authority, 1)).code, ErrorCode::kRefused);
  EXPECT_TRUE(registry_.AddCrl("s", "root", indirect).has_value());
  Bytes flipped = CrlOf(authority, 2, With(kIndirect));
  flipped.back() ^= 1;
  EXPECT_EQ(AddError("root", flipped).reason, RejectReason::kBadSignature);
}

TEST_P(CrlsTest, TheSignerOfAnIndirectCrlIsInUse) {
  const Entity authority = w_.Root("CRL Authority");
  Must(registry_.AddCa("s", "authority", authority.der()));
  Must(registry_.AddCrl("s", "root", CrlOf(authority, 1, With(kIndirect))));
  const std::string before = Everything();
  EXPECT_EQ(ErrorOf(registry_.DeleteCa("s", "authority")).code, ErrorCode::kInUse);
  EXPECT_EQ(ErrorOf(registry_.AddCa("s", "authority", w_.Root("New Authority").der())).code,
            ErrorCode::kInUse);
  EXPECT_EQ(Everything(), before);
  Must(registry_.DeleteCa("s", "authority", true));
  EXPECT_TRUE(Must(registry_.ListCrls("s")).empty());
  EXPECT_THAT(LastActions(2), ElementsAre("ca-deleted authority", "crl-dropped root"));
}

TEST_P(CrlsTest, CrlsGoWithTheirCa) {
  Must(registry_.AddCrl("s", "root", Crl(1)));
  Must(registry_.DeleteCa("s", "root"));
  EXPECT_TRUE(Must(registry_.ListCrls("s")).empty());
}

TEST_P(CrlsTest, AReplacedCaKeepsTheCrlsThatItsKeySigned) {
  Must(registry_.AddCrl("s", "root", Crl(1)));
  const Entity renewed =
      w_.Root("Root", [&](CertificateTemplate& t) { t.not_after = w_.at() + 90000h; });
  Must(registry_.AddCa("s", "root", renewed.der()));
  EXPECT_EQ(Must(registry_.ListCrls("s")).size(), 1u);
  Must(registry_.AddCa("s", "root", w_.Root("Root", {.key_label = "another key"}).der()));
  EXPECT_TRUE(Must(registry_.ListCrls("s")).empty());
  EXPECT_THAT(LastActions(1), ElementsAre("crl-dropped root"));
}

TEST_P(CrlsTest, DeletesAllOfACa) {
  Must(registry_.AddCrl("s", "root", Crl(5)));
  Must(registry_.AddCrl("s", "root", Crl(3, With(kDelta))));
  Must(registry_.AddCrl("s", "line", CrlOf(line_, 1)));
  const std::uint64_t generation = Generation();
  Must(registry_.DeleteCrls("s", "root"));
  EXPECT_EQ(Generation(), generation + 1);
  ASSERT_EQ(Must(registry_.ListCrls("s")).size(), 1u);
  EXPECT_EQ(Must(registry_.ListCrls("s"))[0].ca_name, "line");
  EXPECT_THAT(LastActions(2), ElementsAre("crl-deleted root", "crl-deleted root"));
  const std::string before = Everything();
  Must(registry_.DeleteCrls("s", "root"));
  EXPECT_EQ(Everything(), before);
  EXPECT_EQ(ErrorOf(registry_.DeleteCrls("s", "nobody")).code, ErrorCode::kNotFound);
}

// --- Denied devices ----------------------------------------------------------------------------

class DenialsTest : public RegistryTest {
 protected:
  DenyEntry ByFingerprint(std::string comment = "stolen") const {
    DenyEntry entry;
    entry.fingerprint = leaf_.fingerprint();
    entry.comment = std::move(comment);
    return entry;
  }
  DenyEntry BySerial() const {
    const CertificateView view = leaf_.view();
    DenyEntry entry;
    entry.issuer.assign(view.issuer().begin(), view.issuer().end());
    entry.serial.assign(view.serial().begin(), view.serial().end());
    return entry;
  }
  ErrorCode AddError(const DenyEntry& entry) {
    const std::string before = Everything();
    const ErrorCode code = ErrorOf(registry_.AddDenied("s", entry)).code;
    EXPECT_EQ(Everything(), before);
    return code;
  }

  Entity leaf_ = w_.Leaf("device-1", w_.Root("Root"));
};
MUSTER_OVER_EVERY_STORE(DenialsTest);

TEST_P(DenialsTest, DeniesByFingerprintAndBySerial) {
  const std::uint64_t generation = Generation();
  EXPECT_EQ(Must(registry_.AddDenied("s", ByFingerprint())).comment, "stolen");
  EXPECT_EQ(Generation(), generation + 1);
  EXPECT_THAT(LastActions(1), ElementsAre("denial-added " + leaf_.fingerprint().hex()));
  const DenyEntry by_serial = Must(registry_.AddDenied("s", BySerial()));
  EXPECT_EQ(by_serial.issuer, BySerial().issuer);
  EXPECT_EQ(by_serial.serial, BySerial().serial);
  EXPECT_FALSE(by_serial.fingerprint.has_value());
  EXPECT_EQ(Must(registry_.ListDenied("s")).size(), 2u);
}

TEST_P(DenialsTest, TheSameEntryChangesNothingAndAnotherCommentReplaces) {
  Must(registry_.AddDenied("s", ByFingerprint()));
  const std::string before = Everything();
  Must(registry_.AddDenied("s", ByFingerprint()));
  EXPECT_EQ(Everything(), before);
  Must(registry_.AddDenied("s", ByFingerprint("scrapped")));
  ASSERT_EQ(Must(registry_.ListDenied("s")).size(), 1u);
  EXPECT_EQ(Must(registry_.ListDenied("s"))[0].comment, "scrapped");
}

TEST_P(DenialsTest, IssuersThatMatchAreOne) {
  Must(registry_.AddDenied("s", BySerial()));
  DenyEntry upper = BySerial();
  upper.issuer =
      test::Must(EncodeName({{"2.5.4.3", "ROOT", NameAttribute::StringKind::kPrintable}}));
  Must(registry_.AddDenied("s", upper));
  EXPECT_EQ(Must(registry_.ListDenied("s")).size(), 1u);
  Must(registry_.DeleteDenied("s", upper));
  EXPECT_TRUE(Must(registry_.ListDenied("s")).empty());
}

TEST_P(DenialsTest, DeletesWhatIsThere) {
  EXPECT_EQ(ErrorOf(registry_.DeleteDenied("s", ByFingerprint())).code, ErrorCode::kNotFound);
  Must(registry_.AddDenied("s", ByFingerprint()));
  Must(registry_.DeleteDenied("s", ByFingerprint("whatever")));
  EXPECT_TRUE(Must(registry_.ListDenied("s")).empty());
  EXPECT_THAT(LastActions(1), ElementsAre("denial-deleted " + leaf_.fingerprint().hex()));
  EXPECT_EQ(ErrorOf(registry_.DeleteDenied("s", DenyEntry())).code, ErrorCode::kInvalidArgument);
}

TEST_P(DenialsTest, RefusesMalformedEntries) {
  EXPECT_EQ(AddError(DenyEntry()), ErrorCode::kInvalidArgument);
  DenyEntry both = BySerial();
  both.fingerprint = leaf_.fingerprint();
  EXPECT_EQ(AddError(both), ErrorCode::kInvalidArgument);
  DenyEntry no_serial = BySerial();
  no_serial.serial.clear();
  EXPECT_EQ(AddError(no_serial), ErrorCode::kInvalidArgument);
  DenyEntry no_issuer = BySerial();
  no_issuer.issuer.clear();
  EXPECT_EQ(AddError(no_issuer), ErrorCode::kInvalidArgument);
  DenyEntry bad_issuer = BySerial();
  bad_issuer.issuer.pop_back();
  EXPECT_EQ(AddError(bad_issuer), ErrorCode::kInvalidArgument);
  bad_issuer.issuer = {0x30, 0x00};
  EXPECT_EQ(AddError(bad_issuer), ErrorCode::kInvalidArgument);
  DenyEntry serial = BySerial();
  for (const Bytes& octets : {Bytes{0x80}, Bytes{0x00, 0x01}, Bytes(21, 0x01)}) {
    serial.serial = octets;
    EXPECT_EQ(AddError(serial), ErrorCode::kInvalidArgument);
  }
  for (const Bytes& octets : {Bytes{0x00, 0x80}, Bytes{0x01}, Bytes(20, 0x01)}) {
    serial.serial = octets;
    EXPECT_TRUE(registry_.AddDenied("s", serial).has_value());
  }
}

TEST_P(DenialsTest, CommentsAreOneLineOfUtf8) {
  for (const std::string& comment : {std::string("a\nb"),         std::string("\x1b[2J"),
                                     std::string("\x7f"),         std::string("a\0", 2),
                                     std::string("\xff"),         std::string("\xc0\x80"),
                                     std::string("\xed\xa0\x80"), std::string("\xf4\x90\x80\x80"),
                                     std::string("\xe2\x82"),     std::string("\xc2\x9b"),
                                     std::string("\xe0\x80\x80"), std::string("\xf0\x80\x80\x80"),
                                     std::string("\xc3("),        std::string("\xf0\x8f\xbf\xbf"),
                                     std::string("\xed\xbf\xbf"), std::string("\xf5\x80\x80\x80"),
                                     std::string("\xc2\x80"),     std::string("\xc2\x9f"),
                                     std::string("a\xc2"),        std::string(1025, 'a')}) {
    EXPECT_EQ(AddError(ByFingerprint(comment)), ErrorCode::kInvalidArgument) << comment;
  }
  for (const std::string& comment :
       {std::string(), std::string(1024, 'a'), std::string("gestohlen in Köln \xe2\x82\xac"),
        std::string("\xf0\x9f\x94\x91\xc2\xa0"),
        // The first and the last of each length, and around the surrogates.
        std::string("\xc2\xa0\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"),
        std::string("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf")}) {
    EXPECT_TRUE(registry_.AddDenied("s", ByFingerprint(comment)).has_value());
    EXPECT_EQ(Must(registry_.ListDenied("s"))[0].comment, comment);
  }
}

}  // namespace
}  // namespace muster::registry
