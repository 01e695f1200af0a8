// The adapters say what anyone would say of paths that are plainly right and plainly wrong, and so
// does muster.

#include "tests/peers/peer_validation.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "muster/path_validation.h"
#include "tests/support/test_world.h"

namespace muster::test {
namespace {

using std::chrono_literals::operator""h;

constexpr const char* kClientAuth = "1.3.6.1.5.5.7.3.2";
constexpr const char* kServerAuth = "1.3.6.1.5.5.7.3.1";

// muster's answer to the same question.
PeerAnswer AskMuster(const PeerQuestion& question) {
  const auto parse = [](const std::vector<Bytes>& ders) {
    std::vector<Certificate> certificates;
    for (const Bytes& der : ders) certificates.push_back(*Certificate::Parse(der));
    return certificates;
  };
  const auto target = Certificate::Parse(question.target);
  if (!target) return {PeerAnswer::Kind::kError, "cannot be read"};
  ValidationOptions options;
  options.key_purpose = question.key_purpose == "clientAuth"   ? kClientAuth
                        : question.key_purpose == "serverAuth" ? kServerAuth
                                                               : "";
  options.initial_policies = question.initial_policies;
  options.explicit_policy = question.explicit_policy;
  options.require_crl = question.require_crl;
  options.algorithms.allow_sha1 = question.allow_sha1;
  const ValidationOutcome outcome =
      ValidatePath({*target, parse(question.untrusted), parse(question.anchors), question.crls},
                   options, question.at);
  if (outcome.valid) return {PeerAnswer::Kind::kValid, ""};
  return {PeerAnswer::Kind::kInvalid, std::string(NameOf(outcome.reason))};
}

class PeerValidationTest : public testing::Test {
 protected:
  PeerQuestion Question(const Entity& leaf) const {
    PeerQuestion question;
    question.target = leaf.bytes();
    question.untrusted = {factory_.bytes()};
    question.anchors = {root_.bytes()};
    question.at = world_.at();
    return question;
  }

  static void ExpectAll(const PeerQuestion& question, PeerAnswer::Kind kind) {
    const PeerAnswer openssl = AskOpenssl(question);
    EXPECT_EQ(openssl.kind, kind) << "OpenSSL: " << openssl.reason;
    const PeerAnswer botan = AskBotan(question);
    EXPECT_EQ(botan.kind, kind) << "Botan: " << botan.reason;
    const PeerAnswer muster = AskMuster(question);
    EXPECT_EQ(muster.kind, kind) << "muster: " << muster.reason;
  }
  static void ExpectValid(const PeerQuestion& question) {
    ExpectAll(question, PeerAnswer::Kind::kValid);
  }
  static void ExpectInvalid(const PeerQuestion& question) {
    ExpectAll(question, PeerAnswer::Kind::kInvalid);
  }

  World world_;
  Entity root_ = world_.Root("Root");
  Entity factory_ = world_.Intermediate("Factory", root_, {.path_len = 0});
  Entity leaf_ = world_.Leaf("device-1", factory_);
};

TEST_F(PeerValidationTest, AGoodPathIsValid) {
  PeerQuestion question = Question(leaf_);
  ExpectValid(question);
  question.key_purpose = "clientAuth";
  ExpectValid(question);
}

TEST_F(PeerValidationTest, TheTimeIsTheQuestions) {
  PeerQuestion question = Question(world_.Leaf("device-2", factory_, [&](CertificateTemplate& t) {
    t.not_before = world_.at() - 1h;
    t.not_after = world_.at() + 1h;
  }));
  ExpectValid(question);
  question.at = world_.at() + 2h;
  ExpectInvalid(question);
  question.at = world_.at() - 2h;
  ExpectInvalid(question);
}

TEST_F(PeerValidationTest, AnotherPurposeIsInvalid) {
  PeerQuestion question = Question(leaf_);  // clientAuth.
  question.key_purpose = "serverAuth";
  ExpectInvalid(question);
}

TEST_F(PeerValidationTest, AMissingLinkIsInvalid) {
  PeerQuestion question = Question(leaf_);
  question.untrusted.clear();
  ExpectInvalid(question);
}

TEST_F(PeerValidationTest, ABrokenSignatureIsInvalid) {
  PeerQuestion question = Question(leaf_);
  question.target = FlipSignatureBit(leaf_.der());
  ExpectInvalid(question);
}

TEST_F(PeerValidationTest, APathLengthOverrunIsInvalid) {
  const Entity below = world_.Intermediate("Below", factory_);
  PeerQuestion question = Question(world_.Leaf("device-3", below));
  question.untrusted.push_back(below.bytes());
  ExpectInvalid(question);
}

TEST_F(PeerValidationTest, AnUnknownCriticalExtensionIsInvalid) {
  ExpectInvalid(Question(world_.Leaf("device-4", factory_, [](CertificateTemplate& t) {
    t.extensions.push_back({"1.3.6.1.4.1.99999.1", true, {0x05, 0x00}});
  })));
}

TEST_F(PeerValidationTest, CrlsAreHonoured) {
  PeerQuestion question = Question(leaf_);
  question.crls = {world_.Crl(root_, {}), world_.Crl(factory_, {})};
  ExpectValid(question);
  question.require_crl = true;
  ExpectValid(question);
  question.crls = {world_.Crl(root_, {}), world_.Crl(factory_, {leaf_})};
  ExpectInvalid(question);
  question.require_crl = false;
  ExpectInvalid(question);
  question.crls = {world_.Crl(root_, {factory_}), world_.Crl(factory_, {})};
  ExpectInvalid(question);
}

TEST_F(PeerValidationTest, AMissingCrlCountsWhereCrlsAreRequired) {
  PeerQuestion question = Question(leaf_);
  for (const auto& crls :
       {std::vector<Bytes>{}, {world_.Crl(root_, {})}, {world_.Crl(factory_, {})}}) {
    question.crls = crls;
    question.require_crl = false;
    ExpectValid(question);
    question.require_crl = true;
    ExpectInvalid(question);
  }
}

TEST_F(PeerValidationTest, Sha1CountsAsTheQuestionSays) {
  PeerQuestion question =
      Question(world_.Leaf("device-5", factory_, [](CertificateTemplate& t) { t.hash = "SHA-1"; }));
  ExpectValid(question);
  question.allow_sha1 = false;
  ExpectInvalid(question);
}

// Botan has no such mode: its paths end in self-signed certificates.
TEST_F(PeerValidationTest, AnchorsNeedNotBeSelfSigned) {
  PeerQuestion question = Question(leaf_);
  question.untrusted.clear();
  question.anchors = {factory_.bytes()};
  EXPECT_TRUE(AskOpenssl(question).valid());
  EXPECT_TRUE(AskMuster(question).valid());
  EXPECT_FALSE(AskBotan(question).valid());
  question.partial_chain = false;
  EXPECT_FALSE(AskOpenssl(question).valid());
}

// Botan does not process policies.
TEST_F(PeerValidationTest, PoliciesAreProcessed) {
  PeerQuestion question = Question(leaf_);  // Without certificatePolicies.
  question.explicit_policy = true;
  EXPECT_FALSE(AskOpenssl(question).valid());
  EXPECT_FALSE(AskMuster(question).valid());
  EXPECT_TRUE(AskBotan(question).valid());

  // certificatePolicies of one policy, 1.2.3.4.
  const auto with_policy = [](CertificateTemplate& t) {
    t.extensions.push_back(
        {"2.5.29.32", false, {0x30, 0x07, 0x30, 0x05, 0x06, 0x03, 0x2A, 0x03, 0x04}});
  };
  const Entity factory = world_.Intermediate("Policies", root_, with_policy);
  question = Question(world_.Leaf("device-6", factory, with_policy));
  question.untrusted = {factory.bytes()};
  question.explicit_policy = true;
  ExpectValid(question);
  question.initial_policies = {"1.2.3.4"};
  ExpectValid(question);
  question.initial_policies = {"1.2.3.5"};
  EXPECT_FALSE(AskOpenssl(question).valid());
  EXPECT_FALSE(AskMuster(question).valid());
}

TEST_F(PeerValidationTest, WhatCannotBeReadIsAnError) {
  PeerQuestion question = Question(leaf_);
  question.target.push_back(0);
  ExpectAll(question, PeerAnswer::Kind::kError);
  EXPECT_FALSE(OpensslReads(question.target).valid());
  EXPECT_FALSE(BotanReads(question.target).valid());
  EXPECT_TRUE(OpensslReads(leaf_.der()).valid());
  EXPECT_TRUE(BotanReads(leaf_.der()).valid());

  question = Question(leaf_);
  question.untrusted.push_back({0x30});
  EXPECT_EQ(AskOpenssl(question).kind, PeerAnswer::Kind::kError);
  EXPECT_EQ(AskBotan(question).kind, PeerAnswer::Kind::kError);
  question.skip_unreadable = true;
  EXPECT_TRUE(AskOpenssl(question).valid());
  EXPECT_TRUE(AskBotan(question).valid());

  question = Question(leaf_);
  question.key_purpose = "1.2.3.4";
  EXPECT_EQ(AskOpenssl(question).kind, PeerAnswer::Kind::kError);
  EXPECT_EQ(AskBotan(question).kind, PeerAnswer::Kind::kError);
}

TEST_F(PeerValidationTest, SignaturesAreVerified) {
  struct Case {
    KeyKind key;
    bool pss;
  };
  const Case cases[] = {{KeyKind::kP256, false},
                        {KeyKind::kP521, false},
                        {KeyKind::kEd25519, false},
                        {KeyKind::kRsa2048, false},
                        {KeyKind::kRsa2048, true}};
  for (const Case& one : cases) {
    SCOPED_TRACE(std::string(NameOf(one.key)) + (one.pss ? " PSS" : ""));
    const Entity ca = world_.Root("Signer", {.key = one.key});
    const Entity leaf = world_.Leaf("signed", ca, [&](CertificateTemplate& t) { t.pss = one.pss; });
    const CertificateView view = leaf.view();
    const auto copy = [](ByteView octets) { return Bytes(octets.begin(), octets.end()); };
    PeerSignature question{ca.spki(), copy(view.signature_algorithm()), copy(view.tbs()),
                           copy(view.signature())};
    EXPECT_TRUE(AskOpenssl(question).valid()) << AskOpenssl(question).reason;
    EXPECT_TRUE(AskBotan(question).valid()) << AskBotan(question).reason;
    question.message.front() ^= 1;
    EXPECT_EQ(AskOpenssl(question).kind, PeerAnswer::Kind::kInvalid);
    EXPECT_EQ(AskBotan(question).kind, PeerAnswer::Kind::kInvalid);
    question.spki.pop_back();
    EXPECT_EQ(AskOpenssl(question).kind, PeerAnswer::Kind::kError);
    EXPECT_EQ(AskBotan(question).kind, PeerAnswer::Kind::kError);
  }
}

TEST(PeerNamesTest, NamesAreCompared) {
  const auto name = [](const char* value, NameAttribute::StringKind kind) {
    return Must(EncodeName({{"2.5.4.3", value, kind}}));
  };
  using enum NameAttribute::StringKind;
  PeerNames same{name("Pump 17", kUtf8), name("pump  17 ", kPrintable)};
  EXPECT_TRUE(AskOpenssl(same).valid());
  EXPECT_TRUE(AskBotan(same).valid());
  const PeerNames others{name("Pump 17", kUtf8), name("Pump 18", kUtf8)};
  EXPECT_EQ(AskOpenssl(others).kind, PeerAnswer::Kind::kInvalid);
  EXPECT_EQ(AskBotan(others).kind, PeerAnswer::Kind::kInvalid);
  same.b.push_back(0);
  EXPECT_EQ(AskOpenssl(same).kind, PeerAnswer::Kind::kError);
  EXPECT_EQ(AskBotan(same).kind, PeerAnswer::Kind::kError);
}

TEST(PeerVersionTest, VersionsAreNamed) {
  EXPECT_TRUE(OpensslVersion().starts_with("OpenSSL ")) << OpensslVersion();
  EXPECT_TRUE(BotanVersion().starts_with("Botan ")) << BotanVersion();
}

}  // namespace
}  // namespace muster::test
