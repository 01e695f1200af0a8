#include <gtest/gtest.h>

#include <chrono>
#include <set>

#include "muster/development_pki.h"
#include "tests/unit/registry/registry_fixture.h"

namespace muster::registry {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

class VerificationTest : public RegistryTest {
 protected:
  void SetUp() override {
    Must(registry_.AddCa("s", "root", root_.der()));
    Must(registry_.AddCa("s", "factory", factory_.der()));
  }

  RejectReason ReasonOf(std::string_view name, const Bytes& proof, std::string_view service = "s") {
    const Error error = ErrorOf(registry_.VerifyCa(service, name, proof));
    EXPECT_EQ(error.code, ErrorCode::kRefused) << error.message;
    return error.reason;
  }
  std::string MessageOf(std::string_view name, const Bytes& proof) {
    return ErrorOf(registry_.VerifyCa("s", name, proof)).message;
  }
  std::string Code(std::string_view name) { return Must(registry_.GenerateCode("s", name)).text; }

  // What must hold after any refusal: still Unverified.
  void ExpectUnverified(std::string_view name) {
    const CaCertificate ca = Must(registry_.GetCa("s", name));
    EXPECT_EQ(ca.status, CaStatus::kUnverified);
    EXPECT_EQ(ca.method, VerificationMethod::kNone);
    EXPECT_FALSE(ca.verified_at.has_value());
  }

  Entity root_ = w_.Root("Root");
  Entity factory_ = w_.Intermediate("Factory", root_);
};
MUSTER_OVER_EVERY_STORE(VerificationTest);

TEST_P(VerificationTest, ACodeIs48UpperCaseHexDigits) {
  const std::uint64_t generation = Generation();
  const VerificationCode code = Must(registry_.GenerateCode("s", "root"));
  EXPECT_THAT(code.text, testing::MatchesRegex("[0-9A-F]{48}"));
  EXPECT_EQ(code.generation, 1u);
  EXPECT_EQ(code.expires, now_ + std::chrono::days(30));
  EXPECT_EQ(Generation(), generation + 1);
  EXPECT_THAT(LastActions(1), ElementsAre("code-generated root"));
}

TEST_P(VerificationTest, TheCodeIsShownOnceAndKeptNowhere) {
  const std::string code = Code("root");
  EXPECT_EQ(Everything().find(code), std::string::npos);
}

TEST_P(VerificationTest, APendingCodeIsDescribed) {
  const CaCertificate before = Must(registry_.GetCa("s", "root"));
  EXPECT_FALSE(before.code.has_value());
  Code("root");
  now_ += 1h;
  const VerificationCode code = Must(registry_.GenerateCode("s", "root"));
  EXPECT_EQ(code.generation, 2u);
  const CaCertificate ca = Must(registry_.GetCa("s", "root"));
  ASSERT_TRUE(ca.code.has_value());
  EXPECT_EQ(ca.code->generation, 2u);
  EXPECT_EQ(ca.code->created, now_);
  EXPECT_EQ(ca.code->expires, code.expires);
  EXPECT_EQ(ca.code->bad_proofs, 0);
  EXPECT_NE(ca.etag, before.etag);
  EXPECT_TRUE(Must(registry_.ListCas("s"))[1].code.has_value());
  EXPECT_FALSE(Must(registry_.ListCas("s"))[0].code.has_value());
}

TEST_P(VerificationTest, AGoodProofVerifiesAndConsumesTheCode) {
  const std::string code = Code("root");
  now_ += 1h;
  const Bytes proof = w_.Proof(root_, code);
  const CaCertificate ca = Must(registry_.VerifyCa("s", "root", proof));
  EXPECT_EQ(ca.status, CaStatus::kVerified);
  EXPECT_EQ(ca.method, VerificationMethod::kProofOfPossession);
  EXPECT_EQ(ca.verified_at, now_);
  EXPECT_FALSE(ca.code.has_value());
  const AuditLogEntry last = Must(registry_.AuditLog("s")).back();
  EXPECT_EQ(last.action, "proof-accepted");
  EXPECT_EQ(last.subject, "root");
  EXPECT_THAT(last.detail, HasSubstr(Fingerprint::Of(proof).hex()));
  // Replayed: the code is gone. It stays verified.
  EXPECT_EQ(ReasonOf("root", proof), RejectReason::kProofNoCode);
  EXPECT_EQ(Must(registry_.GetCa("s", "root")).status, CaStatus::kVerified);
}

TEST_P(VerificationTest, AVerifiedCaNeedsNoCode) {
  Must(registry_.SelfAttestCa("s", "root", "ceremony"));
  const Error error = ErrorOf(registry_.GenerateCode("s", "root"));
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.message, HasSubstr("self-attested"));
  EXPECT_EQ(ErrorOf(registry_.GenerateCode("s", "other")).code, ErrorCode::kNotFound);
  EXPECT_EQ(ErrorOf(registry_.VerifyCa("s", "other", {})).code, ErrorCode::kNotFound);
}

TEST_P(VerificationTest, WithoutACodeEveryProofIsRefusedAndLogged) {
  const std::uint64_t generation = Generation();
  EXPECT_EQ(ReasonOf("root", w_.Proof(root_, "x")), RejectReason::kProofNoCode);
  ExpectUnverified("root");
  EXPECT_THAT(LastActions(1), ElementsAre("proof-refused root"));
  EXPECT_EQ(Generation(), generation);  // Nothing that decisions depend on has changed.
}

TEST_P(VerificationTest, AReplayAfterReplacementAndReturnIsRefused) {
  const Bytes proof = w_.Proof(root_, Code("root"));
  Must(registry_.VerifyCa("s", "root", proof));
  Must(registry_.AddCa("s", "root", w_.Root("Root", {.key_label = "new"}).der()));
  Must(registry_.AddCa("s", "root", root_.der()));
  EXPECT_EQ(ReasonOf("root", proof), RejectReason::kProofNoCode);
  Code("root");
  EXPECT_EQ(ReasonOf("root", proof), RejectReason::kProofCodeMismatch);
  ExpectUnverified("root");
}

TEST_P(VerificationTest, ASupersededCodeIsRefusedAndNamedAsSuch) {
  const std::string first = Code("root");
  now_ += 1h;
  const std::string second = Code("root");
  const std::string message = MessageOf("root", w_.Proof(root_, first));
  EXPECT_THAT(message, HasSubstr("an earlier code (number 1, of 2026-06-15T12:00:00Z)"));
  EXPECT_THAT(message, HasSubstr("number 2 of 2026-06-15T13:00:00Z"));
  ExpectUnverified("root");
  EXPECT_EQ(Must(registry_.VerifyCa("s", "root", w_.Proof(root_, second))).status,
            CaStatus::kVerified);
}

TEST_P(VerificationTest, OnlySomeSupersededCodesAreRemembered) {
  const std::string first = Code("root");
  for (int i = 0; i < 40; ++i) Code("root");
  const std::string newest = Code("root");
  EXPECT_EQ(Must(registry_.GetCa("s", "root")).code->generation, 42u);
  EXPECT_THAT(MessageOf("root", w_.Proof(root_, first)), Not(HasSubstr("earlier code")));
  EXPECT_TRUE(registry_.VerifyCa("s", "root", w_.Proof(root_, newest)).has_value());
}

TEST_P(VerificationTest, ACodeOfAnotherServiceIsRefused) {
  Must(registry_.CreateService("t"));
  Must(registry_.AddCa("t", "root", root_.der()));
  const Bytes proof = w_.Proof(root_, Code("root"));
  EXPECT_EQ(ReasonOf("root", proof, "t"), RejectReason::kProofNoCode);
  Must(registry_.GenerateCode("t", "root"));
  EXPECT_EQ(ReasonOf("root", proof, "t"), RejectReason::kProofCodeMismatch);
  EXPECT_EQ(Must(registry_.GetCa("t", "root")).status, CaStatus::kUnverified);
  EXPECT_TRUE(registry_.VerifyCa("s", "root", proof).has_value());
}

TEST_P(VerificationTest, ACodeOfAnotherCaIsRefused) {
  const std::string of_root = Code("root");
  Code("factory");
  EXPECT_EQ(ReasonOf("factory", w_.Proof(factory_, of_root)), RejectReason::kProofCodeMismatch);
  ExpectUnverified("factory");
}

TEST_P(VerificationTest, TheParentsSignatureIsRefusedAndNamed) {
  const std::string code = Code("factory");
  const Error error = ErrorOf(registry_.VerifyCa("s", "factory", w_.Proof(root_, code)));
  EXPECT_EQ(error.reason, RejectReason::kProofIssuerMismatch);
  EXPECT_THAT(error.message,
              HasSubstr("signed by registered CA 'root' (CN=Root), not by 'factory'"));
  EXPECT_THAT(Must(registry_.AuditLog("s")).back().detail, HasSubstr("registered CA 'root'"));
  ExpectUnverified("factory");
}

TEST_P(VerificationTest, TheChildsSignatureIsRefusedAndNamed) {
  const std::string code = Code("root");
  EXPECT_THAT(MessageOf("root", w_.Proof(factory_, code)),
              HasSubstr("signed by registered CA 'factory'"));
  ExpectUnverified("root");
}

TEST_P(VerificationTest, ANamesakesSignatureIsRefusedAndNamedIfRegistered) {
  const Entity namesake = w_.Root("Factory", {.key_label = "another key"});
  const std::string code = Code("factory");
  const Bytes proof = w_.Proof(namesake, code);
  EXPECT_EQ(ReasonOf("factory", proof), RejectReason::kProofBadSignature);
  EXPECT_THAT(MessageOf("factory", proof), HasSubstr("no registered CA signed it"));
  Must(registry_.AddCa("s", "namesake", namesake.der()));
  EXPECT_THAT(MessageOf("factory", proof), HasSubstr("registered CA 'namesake'"));
  ExpectUnverified("factory");
}

TEST_P(VerificationTest, CasOfOtherServicesAreNotNamed) {
  Must(registry_.CreateService("t"));
  const Entity stranger = w_.Root("Stranger");
  Must(registry_.AddCa("t", "stranger", stranger.der()));
  EXPECT_THAT(MessageOf("root", w_.Proof(stranger, Code("root"))),
              HasSubstr("no registered CA signed it"));
}

TEST_P(VerificationTest, ACodeCopiedInAnotherCaseIsRefusedAndNamedAsSuch) {
  std::string lower = Code("root");
  for (char& c : lower) c = static_cast<char>(std::tolower(c));
  EXPECT_EQ(ReasonOf("root", w_.Proof(root_, lower)), RejectReason::kProofCodeMismatch);
  EXPECT_THAT(MessageOf("root", w_.Proof(root_, lower)), HasSubstr("in case, spaces"));
  ExpectUnverified("root");
}

TEST_P(VerificationTest, ACodeExpiresAtItsLimit) {
  const Bytes proof = w_.Proof(root_, Code("root"));
  now_ += std::chrono::days(30);
  EXPECT_EQ(ReasonOf("root", proof), RejectReason::kProofCodeExpired);
  ExpectUnverified("root");
  EXPECT_EQ(Must(registry_.GetCa("s", "root")).code->bad_proofs, 0);
  now_ -= 1s;
  EXPECT_TRUE(registry_.VerifyCa("s", "root", proof).has_value());
}

TEST_P(VerificationTest, NineBadProofsLeaveTheCodeAlive) {
  const std::string code = Code("root");
  for (int i = 1; i <= 9; ++i) {
    EXPECT_EQ(ReasonOf("root", w_.Proof(root_, "x")), RejectReason::kProofCodeMismatch);
    EXPECT_EQ(Must(registry_.GetCa("s", "root")).code->bad_proofs, i);
  }
  EXPECT_TRUE(registry_.VerifyCa("s", "root", w_.Proof(root_, code)).has_value());
}

TEST_P(VerificationTest, TenBadProofsKillTheCodeForGoodProofsToo) {
  const std::string code = Code("root");
  for (int i = 1; i <= 10; ++i) {
    EXPECT_EQ(ReasonOf("root", w_.Proof(root_, "x")), RejectReason::kProofCodeMismatch);
  }
  const std::uint64_t generation = Generation();
  EXPECT_EQ(ReasonOf("root", w_.Proof(root_, "x")), RejectReason::kProofCodeExhausted);
  EXPECT_EQ(ReasonOf("root", w_.Proof(root_, code)), RejectReason::kProofCodeExhausted);
  EXPECT_EQ(Must(registry_.GetCa("s", "root")).code->bad_proofs, 10);
  EXPECT_EQ(Generation(), generation);
  ExpectUnverified("root");
  // A new code starts afresh.
  EXPECT_TRUE(registry_.VerifyCa("s", "root", w_.Proof(root_, Code("root"))).has_value());
}

TEST_P(VerificationTest, EveryKindOfBadProofCountsAndIsLogged) {
  const std::string code = Code("root");
  int bad_proofs = 0;
  const auto expect = [&](const Bytes& proof, RejectReason reason) {
    const std::uint64_t generation = Generation();
    const std::string etag = Must(registry_.GetCa("s", "root")).etag;
    EXPECT_EQ(ReasonOf("root", proof), reason);
    const CaCertificate ca = Must(registry_.GetCa("s", "root"));
    EXPECT_EQ(ca.code->bad_proofs, ++bad_proofs);
    EXPECT_NE(ca.etag, etag);
    EXPECT_EQ(Generation(), generation + 1);
    const AuditLogEntry last = Must(registry_.AuditLog("s")).back();
    EXPECT_EQ(last.action, "proof-refused");
    EXPECT_THAT(last.detail, HasSubstr(std::string(NameOf(reason))));
    EXPECT_THAT(last.detail, HasSubstr("bad proof " + std::to_string(bad_proofs) + " of 10"));
  };
  const auto proof = [&](const test::Edit& edit) {
    CertificateTemplate what;
    what.common_name = code;
    what.not_before = now_ - 1h;
    what.not_after = now_ + 1h;
    edit(what);
    return Must(IssueCertificate(what, factory_.spki(), root_.issuer()));
  };
  expect({}, RejectReason::kProofMalformed);
  expect(proof([](CertificateTemplate& t) {
           t.subject_der = Bytes{0x30, 0x00};
         }),
         RejectReason::kProofSubject);
  expect(proof([](CertificateTemplate& t) { t.common_name = "x"; }),
         RejectReason::kProofCodeMismatch);
  expect(w_.Proof(factory_, code), RejectReason::kProofIssuerMismatch);
  expect(test::FlipSignatureBit(w_.Proof(root_, code)), RejectReason::kProofBadSignature);
  expect(proof([&](CertificateTemplate& t) { t.not_before = now_ + 1s; }),
         RejectReason::kProofNotYetValid);
  expect(proof([&](CertificateTemplate& t) { t.not_after = now_ - 1s; }),
         RejectReason::kProofExpired);
  expect(proof([](CertificateTemplate& t) { t.is_ca = true; }), RejectReason::kProofIsCa);
  expect(root_.bytes(), RejectReason::kProofSelfIssued);
  expect(proof([](CertificateTemplate& t) { t.hash = "SHA-1"; }), RejectReason::kProofAlgorithm);
  EXPECT_EQ(ReasonOf("root", w_.Proof(root_, code)), RejectReason::kProofCodeExhausted);
  ExpectUnverified("root");
}

TEST_P(VerificationTest, LongNamesInProofsAreCutInTheAuditLog) {
  Code("root");
  const Entity wordy = w_.Root("Wordy", [](CertificateTemplate& t) {
    for (int i = 0; i < 200; ++i) {
      t.subject.push_back({"2.5.4.11", "Unit " + std::to_string(i) + " \xc3\xa4\xc3\xb6",
                           NameAttribute::StringKind::kUtf8});
    }
  });
  EXPECT_EQ(ReasonOf("root", w_.Proof(wordy, Code("root"))), RejectReason::kProofIssuerMismatch);
  const std::string detail = Must(registry_.AuditLog("s")).back().detail;
  EXPECT_LE(detail.size(), 2048u + 4);
  EXPECT_THAT(detail, testing::EndsWith(" ..."));
}

// A refusal costs no more than a thousand signature checks, however many CAs are registered.
TEST(NameSignerTest, AsksAThousandCasAndThoseOfTheRightNameFirst) {
  World w;
  Registry registry = Must(Registry::Open(MakeMemoryStore(), {[&] { return w.at(); }, {}}));
  ASSERT_TRUE(registry.CreateService("s").has_value());
  const Entity ca = w.Root("CA"), other = w.Root("Other"), signer = w.Root("Signer");
  ASSERT_TRUE(registry.AddCa("s", "a", ca.der()).has_value());
  // One certificate under many names: each is asked for.
  for (int i = 0; i < 1'000; ++i) {
    ASSERT_TRUE(registry.AddCa("s", "b-" + std::to_string(i), other.der()).has_value());
  }
  ASSERT_TRUE(registry.AddCa("s", "z", signer.der()).has_value());
  const std::string code = Must(registry.GenerateCode("s", "a")).text;
  const auto refusal = [&](const Bytes& proof) {
    return ErrorOf(registry.VerifyCa("s", "a", proof)).message;
  };
  EXPECT_THAT(refusal(w.Proof(signer, code)), HasSubstr("signed by registered CA 'z'"));
  // Under a name that nobody registered has, in the order of names: z is the thousand and first.
  CertificateTemplate what;
  what.common_name = code;
  what.not_before = w.at();
  what.not_after = w.at();
  what.issuer_der = Must(EncodeName({{"2.5.4.3", "Nobody"}}));
  EXPECT_THAT(refusal(Must(IssueCertificate(what, ca.spki(), signer.issuer()))),
              HasSubstr("no registered CA signed it"));
  EXPECT_THAT(refusal(Must(IssueCertificate(what, ca.spki(), other.issuer()))),
              HasSubstr("signed by registered CA 'b-0'"));
}

// Were randomness to repeat itself, what is kept of a code would still be bound to one service, one
// certificate and one generation.
TEST(VerificationCodeTest, EqualRandomnessDoesNotMakeEqualDigests) {
  auto owned = MakeMemoryStore();
  RegistryStore* store = owned.get();
  const auto zeros = [](std::span<std::uint8_t> out) { std::fill(out.begin(), out.end(), 0); };
  Registry registry = Must(Registry::Open(std::move(owned), {{}, zeros}));
  World w;
  std::set<Fingerprint> digests;
  for (const std::string service : {"s", "t"}) {
    ASSERT_TRUE(registry.CreateService(service).has_value());
    for (const std::string name : {"a", "b"}) {
      ASSERT_TRUE(registry.AddCa(service, name, w.Root(name).der()).has_value());
      EXPECT_EQ(Must(registry.GenerateCode(service, name)).text, std::string(48, '0'));
      EXPECT_EQ(Must(registry.GenerateCode(service, name)).text, std::string(48, '0'));
      for (const CodeRow& code : store->BeginRead()->Codes(service, name)) {
        digests.insert(code.digest);
      }
    }
  }
  EXPECT_EQ(digests.size(), 8u);
}

}  // namespace
}  // namespace muster::registry
