#include "muster/proof_of_possession.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "engine/base/encoding.h"
#include "muster/development_pki.h"
#include "tests/support/test_world.h"

namespace muster {
namespace {

using namespace std::chrono_literals;
using test::Edit;
using test::Entity;
using test::Must;
using test::World;
using testing::HasSubstr;

constexpr std::string_view kCode = "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF";

class CheckProofTest : public testing::Test {
 protected:
  // A proof for `code` signed by `signer`, as `edit` leaves it.
  Bytes Proof(const Entity& signer, const Edit& edit = {}, std::string_view code = kCode) {
    return ProofForKey(signer, w_.Root("Device key").spki(), edit, code);
  }
  Bytes ProofForKey(const Entity& signer, const Bytes& spki, const Edit& edit = {},
                    std::string_view code = kCode) {
    CertificateTemplate what;
    what.common_name = code;
    what.not_before = w_.at() - 24h;
    what.not_after = w_.at() + 24h;
    if (edit) edit(what);
    return Must(IssueCertificate(what, spki, signer.issuer()));
  }
  // A proof whose subject is these attributes.
  Bytes ProofWithSubject(const std::vector<NameAttribute>& subject) {
    return Proof(ca_, [&](CertificateTemplate& t) { t.subject = subject; });
  }
  ProofOutcome Check(ByteView proof, std::string_view code = kCode) {
    return CheckProof(ca_.view(), code, proof, w_.at());
  }

  using Kind = NameAttribute::StringKind;
  static NameAttribute CommonName(std::string_view value, Kind kind = Kind::kUtf8) {
    return {"2.5.4.3", std::string(value), kind};
  }

  World w_;
  Entity root_ = w_.Root("Root");
  Entity ca_ = w_.Intermediate("Factory", root_);
};

TEST_F(CheckProofTest, AcceptsAGoodProof) {
  const ProofOutcome outcome = Check(Proof(ca_));
  EXPECT_EQ(outcome.reason, RejectReason::kNone) << outcome.detail;
  EXPECT_TRUE(outcome.good());
  EXPECT_EQ(Check(w_.Proof(ca_, kCode)).reason, RejectReason::kNone);
}

TEST_F(CheckProofTest, ADefaultOutcomeIsNotGood) { EXPECT_FALSE(ProofOutcome().good()); }

TEST_F(CheckProofTest, AcceptsEveryKindOfKey) {
  for (const KeyKind kind :
       {KeyKind::kP256, KeyKind::kP384, KeyKind::kP521, KeyKind::kRsa2048, KeyKind::kEd25519}) {
    const Entity ca = w_.Root("Any", {.key = kind, .key_label = std::string(NameOf(kind))});
    EXPECT_EQ(CheckProof(ca.view(), kCode, Proof(ca), w_.at()).reason, RejectReason::kNone)
        << NameOf(kind);
  }
}

TEST_F(CheckProofTest, ExtensionsOfTheProofDoNotMatter) {
  EXPECT_TRUE(Check(Proof(ca_, [](CertificateTemplate& t) { t.version = 1; })).good());
  EXPECT_TRUE(Check(Proof(ca_, [](CertificateTemplate& t) {
                t.subject_key_id = t.authority_key_id = false;
                t.key_usage = 0;
              })).good());
  EXPECT_TRUE(Check(Proof(ca_, [](CertificateTemplate& t) {
                t.extended_key_usage = {"1.3.6.1.5.5.7.3.1"};  // serverAuth
                t.extended_key_usage_critical = true;
              })).good());
  // A critical extension that nobody knows.
  EXPECT_TRUE(Check(Proof(ca_, [](CertificateTemplate& t) {
                t.extensions.push_back({"1.2.3.4", true, {0x05, 0x00}});
              })).good());
  // An authority key identifier of another key: identifiers prove nothing, either way.
  EXPECT_TRUE(Check(Proof(ca_, [](CertificateTemplate& t) {
                t.authority_key_id = false;
                t.extensions.push_back({"2.5.29.35", false, {0x30, 0x03, 0x80, 0x01, 0x07}});
              })).good());
}

TEST_F(CheckProofTest, TheProofsOwnKeyIsNotLookedAt) {
  // id-ecPublicKey with explicit parameters (here an empty SEQUENCE), and no point.
  const Bytes explicit_parameters = base::ParseHex("3010300b06072a8648ce3d02013000030100").value();
  EXPECT_TRUE(Check(ProofForKey(ca_, explicit_parameters)).good());
  // A key that is far too small.
  EXPECT_TRUE(Check(ProofForKey(ca_, w_.Root("Weak", {.key = KeyKind::kRsa1024}).spki())).good());
}

TEST_F(CheckProofTest, RefusesWhatIsNotACertificate) {
  const Bytes good = Proof(ca_);
  EXPECT_EQ(Check({}).reason, RejectReason::kProofMalformed);
  const Bytes garbage = {0x30, 0x03, 1, 2, 3};
  EXPECT_EQ(Check(garbage).reason, RejectReason::kProofMalformed);
  Bytes trailing = good;
  trailing.push_back(0);
  const ProofOutcome outcome = Check(trailing);
  EXPECT_EQ(outcome.reason, RejectReason::kProofMalformed);
  EXPECT_THAT(outcome.detail, HasSubstr("octet " + std::to_string(good.size())));
  for (std::size_t size = 0; size < good.size(); size += 7) {
    EXPECT_EQ(Check(ByteView(good).first(size)).reason, RejectReason::kProofMalformed);
  }
}

TEST_F(CheckProofTest, RefusesTheCaItselfBeforeAnythingElse) {
  const ProofOutcome outcome = Check(ca_.der());
  EXPECT_EQ(outcome.reason, RejectReason::kProofSelfIssued);
  EXPECT_THAT(outcome.detail, HasSubstr("the CA certificate itself"));
  // Even a CA whose own CN is the code.
  const Entity ca = w_.Root(std::string(kCode));
  EXPECT_EQ(CheckProof(ca.view(), kCode, ca.der(), w_.at()).reason, RejectReason::kProofSelfIssued);
}

TEST_F(CheckProofTest, NeedsExactlyOneCn) {
  const NameAttribute organization{"2.5.4.10", "Acme", Kind::kUtf8};
  EXPECT_EQ(Check(ProofWithSubject({organization})).reason, RejectReason::kProofSubject);
  EXPECT_EQ(Check(ProofWithSubject({CommonName(kCode), CommonName(kCode)})).reason,
            RejectReason::kProofSubject);
  EXPECT_EQ(Check(ProofWithSubject({CommonName("x"), CommonName(kCode)})).reason,
            RejectReason::kProofSubject);
  EXPECT_TRUE(Check(ProofWithSubject({organization, CommonName(kCode)})).good());
  EXPECT_EQ(Check(Proof(ca_,
                        [](CertificateTemplate& t) {
                          t.subject_der = Bytes{0x30, 0x00};
                        }))
                .reason,
            RejectReason::kProofSubject);
}

TEST_F(CheckProofTest, TheCnIsAPrintableOrUtf8String) {
  EXPECT_TRUE(Check(ProofWithSubject({CommonName(kCode, Kind::kPrintable)})).good());
  EXPECT_TRUE(Check(ProofWithSubject({CommonName(kCode, Kind::kUtf8)})).good());
  EXPECT_EQ(Check(ProofWithSubject({CommonName(kCode, Kind::kIa5)})).reason,
            RejectReason::kProofSubject);
  EXPECT_EQ(Check(ProofWithSubject({CommonName(kCode, Kind::kT61)})).reason,
            RejectReason::kProofSubject);
  std::string wide;
  for (const char c : kCode) wide += {'\0', c};
  EXPECT_EQ(Check(ProofWithSubject({CommonName(wide, Kind::kBmp)})).reason,
            RejectReason::kProofSubject);
}

TEST_F(CheckProofTest, TheCnHoldsNoControlCharacters) {
  const std::string code(kCode);
  for (const std::string& name :
       {code + '\0', code + std::string("\0evil", 5), '\n' + code, code + '\x7f', code + '\t'}) {
    const RejectReason reason = Check(ProofWithSubject({CommonName(name)})).reason;
    EXPECT_EQ(reason, RejectReason::kProofSubject);
    // Not even where the code itself would be that text.
    EXPECT_EQ(Check(ProofWithSubject({CommonName(name)}), name).reason,
              RejectReason::kProofSubject);
  }
}

TEST_F(CheckProofTest, TheCnEqualsTheCodeByteForByte) {
  std::string lower(kCode);
  for (char& c : lower) c = static_cast<char>(std::tolower(c));
  std::string last = std::string(kCode);
  last.back() = 'E';
  for (const std::string& name :
       {lower, last, " " + std::string(kCode), std::string(kCode) + " ",
        std::string(kCode.substr(1)), std::string(kCode) + "0", std::string("x")}) {
    EXPECT_EQ(Check(Proof(ca_, {}, name)).reason, RejectReason::kProofCodeMismatch) << name;
  }
}

TEST_F(CheckProofTest, AnEmptyCodeMatchesNothing) {
  EXPECT_FALSE(Check(ProofWithSubject({CommonName("")}), "").good());
}

TEST_F(CheckProofTest, TheMatcherDecidesAboutTheCode) {
  const Bytes proof = Proof(ca_);
  std::string seen;
  const auto matcher = [&](std::string_view name) {
    seen = name;
    return true;
  };
  EXPECT_TRUE(CheckProof(ca_.view(), matcher, proof, w_.at()).good());
  EXPECT_EQ(seen, kCode);
  const auto never = [](std::string_view) { return false; };
  EXPECT_EQ(CheckProof(ca_.view(), never, proof, w_.at()).reason, RejectReason::kProofCodeMismatch);
}

TEST_F(CheckProofTest, AnExceptionRefuses) {
  const auto throws = [](std::string_view) -> bool { throw std::runtime_error("no"); };
  EXPECT_EQ(CheckProof(ca_.view(), throws, Proof(ca_), w_.at()).reason,
            RejectReason::kInternalError);
}

TEST_F(CheckProofTest, RefusesParentChildAndSiblings) {
  const ProofOutcome parent = Check(Proof(root_));
  EXPECT_EQ(parent.reason, RejectReason::kProofIssuerMismatch);
  EXPECT_THAT(parent.detail, HasSubstr("CN=Root"));
  EXPECT_THAT(parent.detail, HasSubstr("CN=Factory"));
  EXPECT_EQ(Check(Proof(w_.Intermediate("Line", ca_))).reason, RejectReason::kProofIssuerMismatch);
  EXPECT_EQ(Check(Proof(w_.Intermediate("Sibling", root_))).reason,
            RejectReason::kProofIssuerMismatch);
}

TEST_F(CheckProofTest, RefusesTheRightNameWithAnotherKey) {
  const Entity namesake = w_.Root("Factory", {.key_label = "another key"});
  EXPECT_EQ(Check(Proof(namesake)).reason, RejectReason::kProofBadSignature);
  // The parent's key under this CA's name.
  const Bytes forged = Proof(root_, [&](CertificateTemplate& t) { t.issuer_der = ca_.subject(); });
  EXPECT_EQ(Check(forged).reason, RejectReason::kProofBadSignature);
  EXPECT_EQ(Check(test::FlipSignatureBit(Proof(ca_))).reason, RejectReason::kProofBadSignature);
}

TEST_F(CheckProofTest, TheIssuerNameMayBeEncodedOtherwise) {
  // RFC 5280 7.1: PrintableString and UTF8String of one value match, without regard to case.
  const Bytes name = Must(EncodeName({{"2.5.4.3", "FACTORY", Kind::kPrintable}}));
  EXPECT_TRUE(Check(Proof(ca_, [&](CertificateTemplate& t) { t.issuer_der = name; })).good());
}

TEST_F(CheckProofTest, RefusesWeakAlgorithms) {
  EXPECT_EQ(Check(Proof(ca_, [](CertificateTemplate& t) { t.hash = "SHA-1"; })).reason,
            RejectReason::kProofAlgorithm);
  const Entity weak = w_.Root("Weak", {.key = KeyKind::kRsa1024});
  const ProofOutcome outcome = CheckProof(weak.view(), kCode, Proof(weak), w_.at());
  EXPECT_EQ(outcome.reason, RejectReason::kProofAlgorithm);
}

TEST_F(CheckProofTest, NowMustLieInsideItsValidity) {
  const UnixTime from = w_.at() - 24h, until = w_.at() + 24h;
  const Bytes proof = Proof(ca_);
  const auto reason_at = [&](UnixTime now) {
    return CheckProof(ca_.view(), kCode, proof, now).reason;
  };
  EXPECT_EQ(reason_at(from - 1s), RejectReason::kProofNotYetValid);
  EXPECT_EQ(reason_at(from), RejectReason::kNone);
  EXPECT_EQ(reason_at(until), RejectReason::kNone);
  EXPECT_EQ(reason_at(until + 1s), RejectReason::kProofExpired);
}

TEST_F(CheckProofTest, RefusesCaCertificates) {
  EXPECT_EQ(Check(Proof(ca_, [](CertificateTemplate& t) { t.is_ca = true; })).reason,
            RejectReason::kProofIsCa);
}

TEST_F(CheckProofTest, RefusesSelfIssuedProofs) {
  const Entity ca = w_.Root(std::string(kCode));
  const Bytes proof = Proof(ca, [&](CertificateTemplate& t) { t.subject_der = ca.subject(); });
  EXPECT_EQ(CheckProof(ca.view(), kCode, proof, w_.at()).reason, RejectReason::kProofSelfIssued);
}

TEST_F(CheckProofTest, ChecksInTheStatedOrder) {
  // Wrong in every way; each step that is mended shows the next fault.
  const Entity namesake = w_.Root("Factory", {.key_label = "another key"});
  const auto expired = [&](CertificateTemplate& t) {
    t.not_after = w_.at() - 1s;
    t.is_ca = true;
  };
  const auto two_names = [&](CertificateTemplate& t) {
    expired(t);
    t.subject = {CommonName("x"), CommonName("y")};
  };
  EXPECT_EQ(Check(Proof(root_, two_names)).reason, RejectReason::kProofSubject);
  EXPECT_EQ(Check(Proof(root_, expired, "x")).reason, RejectReason::kProofCodeMismatch);
  EXPECT_EQ(Check(Proof(root_, expired)).reason, RejectReason::kProofIssuerMismatch);
  EXPECT_EQ(Check(Proof(namesake, expired)).reason, RejectReason::kProofBadSignature);
  EXPECT_EQ(Check(Proof(ca_, expired)).reason, RejectReason::kProofExpired);
}

}  // namespace
}  // namespace muster
