#include "muster/path_validation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/support/test_world.h"
#include "tests/unit/path/extension_writer.h"

namespace muster::path {
namespace {

using std::chrono::days;
using test::Entity;
using test::World;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ValidatePathTest : public testing::Test {
 protected:
  ValidationOutcome Validate(const Entity& leaf, const std::vector<Entity>& untrusted,
                             const std::vector<Entity>& anchors) {
    ValidationInput input{leaf.certificate(), {}, {}, crls_};
    for (const Entity& e : untrusted) input.untrusted.push_back(e.certificate());
    for (const Entity& e : anchors) input.anchors.push_back(e.certificate());
    return ValidatePath(input, options_, w_.at());
  }

  // The path as labels of these entities.
  std::vector<std::string> PathOf(const ValidationOutcome& outcome,
                                  const std::vector<Entity>& known) {
    std::vector<std::string> labels;
    for (const Certificate& certificate : outcome.path) {
      for (const Entity& e : known) {
        if (e.fingerprint() == Fingerprint::Of(certificate.der())) labels.push_back(e.label());
      }
    }
    EXPECT_EQ(labels.size(), outcome.path.size());
    return labels;
  }

  World w_;
  ValidationOptions options_;
  std::vector<Bytes> crls_;
  Entity root_ = w_.Root("Root");
  Entity factory_ = w_.Intermediate("Factory", root_);
  Entity leaf_ = w_.Leaf("device-1", factory_);
};

TEST_F(ValidatePathTest, ADefaultOutcomeIsNotValid) {
  const ValidationOutcome outcome;
  EXPECT_FALSE(outcome.valid);
  EXPECT_EQ(outcome.reason, RejectReason::kNotEvaluated);
}

TEST_F(ValidatePathTest, FindsThePath) {
  const ValidationOutcome outcome = Validate(leaf_, {factory_}, {root_});
  EXPECT_TRUE(outcome.valid);
  EXPECT_EQ(outcome.reason, RejectReason::kNone);
  EXPECT_EQ(outcome.chain_index, -1);
  EXPECT_THAT(outcome.faults, IsEmpty());
  EXPECT_THAT(PathOf(outcome, {leaf_, factory_, root_}),
              ElementsAre("device-1", "Factory", "Root"));
}

TEST_F(ValidatePathTest, NeedsAnAnchor) {
  const ValidationOutcome outcome = Validate(leaf_, {factory_, root_}, {});
  EXPECT_FALSE(outcome.valid);
  EXPECT_EQ(outcome.reason, RejectReason::kIssuerNotFound);
  EXPECT_EQ(outcome.chain_index, 2);
}

TEST_F(ValidatePathTest, SaysWhereAnIssuerIsMissing) {
  const ValidationOutcome outcome = Validate(leaf_, {}, {root_});
  EXPECT_FALSE(outcome.valid);
  EXPECT_EQ(outcome.reason, RejectReason::kIssuerNotFound);
  EXPECT_EQ(outcome.chain_index, 0);
  EXPECT_THAT(outcome.faults, Contains(Field(&Fault::detail, HasSubstr("issuer CN=Factory"))));
}

TEST_F(ValidatePathTest, TriesOtherPathsAfterAFault) {
  const Entity expired = w_.CrossSigned(factory_, w_.Root("Old Root"), [&](CertificateTemplate& t) {
    t.not_before = w_.at() - days(20);
    t.not_after = w_.at() - days(1);
  });
  const Entity good = w_.CrossSigned(factory_, root_);
  for (const auto& untrusted : {std::vector{expired, good}, std::vector{good, expired}}) {
    const ValidationOutcome outcome = Validate(leaf_, untrusted, {root_, w_.Root("Old Root")});
    EXPECT_TRUE(outcome.valid);
    EXPECT_THAT(PathOf(outcome, {leaf_, good, root_}),
                ElementsAre("device-1", "Factory by Root", "Root"));
  }
}

TEST_F(ValidatePathTest, ReportsTheReasonOfHighestRank) {
  // One path ends nowhere (45), the other in an expired CA (60).
  const Entity stray = w_.CrossSigned(factory_, w_.Root("Nobody"));
  const Entity expired = w_.CrossSigned(factory_, root_, [&](CertificateTemplate& t) {
    t.not_before = w_.at() - days(20);
    t.not_after = w_.at() - days(1);
  });
  for (const auto& untrusted : {std::vector{stray, expired}, std::vector{expired, stray}}) {
    const ValidationOutcome outcome = Validate(leaf_, untrusted, {root_});
    EXPECT_FALSE(outcome.valid);
    EXPECT_EQ(outcome.reason, RejectReason::kExpired);
    EXPECT_EQ(outcome.chain_index, 1);
    EXPECT_THAT(PathOf(outcome, {leaf_, expired, root_}),
                ElementsAre("device-1", "Factory by Root", "Root"));
    EXPECT_THAT(outcome.faults, Contains(Field(&Fault::reason, RejectReason::kIssuerNotFound)));
  }
}

TEST_F(ValidatePathTest, StopsAtTheLowestAnchorThatWorks) {
  const Entity line = w_.Intermediate("Line", factory_);
  const Entity leaf = w_.Leaf("d", line);
  EXPECT_EQ(Validate(leaf, {line, factory_}, {factory_, root_}).path.size(), 3u);
  // The lower anchor has expired; above it lies another.
  const Entity old = w_.Intermediate(
      "Old", root_, [&](CertificateTemplate& t) { t.not_after = w_.at() - days(1); });
  options_.check_anchor_validity = false;
  EXPECT_EQ(Validate(w_.Leaf("d", old), {old}, {old, root_}).path.size(), 2u);
  options_.check_anchor_validity = true;
  EXPECT_EQ(Validate(w_.Leaf("d", old), {old}, {old, root_}).reason, RejectReason::kExpired);
}

TEST_F(ValidatePathTest, ACaCanBeTheTarget) {
  const ValidationOutcome outcome = Validate(factory_, {}, {root_});
  EXPECT_TRUE(outcome.valid);
}

TEST_F(ValidatePathTest, ASelfSignedAnchorValidatesItself) {
  EXPECT_TRUE(Validate(root_, {}, {root_}).valid);
  EXPECT_FALSE(Validate(w_.SelfSignedLeaf("self"), {}, {root_}).valid);
}

TEST_F(ValidatePathTest, Version1TargetsAreForTheCallerToRefuse) {
  const Entity v1 = w_.Leaf("v1", factory_, [](CertificateTemplate& t) { t.version = 1; });
  EXPECT_TRUE(Validate(v1, {factory_}, {root_}).valid);
}

TEST_F(ValidatePathTest, GivesThePolicies) {
  const auto gold = [](CertificateTemplate& t) { t.extensions.push_back(Policies({"1.2.3"})); };
  const Entity factory = w_.Intermediate("Gold", root_, gold);
  options_.explicit_policy = true;
  const ValidationOutcome outcome = Validate(w_.Leaf("d", factory, gold), {factory}, {root_});
  EXPECT_TRUE(outcome.valid);
  EXPECT_THAT(outcome.policies, ElementsAre("1.2.3"));
}

TEST_F(ValidatePathTest, HonoursCrlsAndReportsThoseThatDoNotParse) {
  crls_ = {w_.Crl(factory_, {leaf_}), Bytes{0x30, 0x00}};
  const ValidationOutcome outcome = Validate(leaf_, {factory_}, {root_});
  EXPECT_FALSE(outcome.valid);
  EXPECT_EQ(outcome.reason, RejectReason::kRevoked);
  EXPECT_THAT(outcome.faults, Contains(Field(&Fault::detail, HasSubstr("CRL 2 is not used"))));
  crls_.erase(crls_.begin());
  const ValidationOutcome good = Validate(leaf_, {factory_}, {root_});
  EXPECT_TRUE(good.valid);
  EXPECT_THAT(good.faults, Contains(Field(&Fault::detail, HasSubstr("CRL 1 is not used"))));
}

TEST_F(ValidatePathTest, CrlIssuersComeFromTheUntrusted) {
  const Entity signer = w_.Intermediate(
      "Factory", root_, {.key_label = "crl key", .edit = [](CertificateTemplate& t) {
                           t.is_ca = false;
                           t.omit_basic_constraints = true;
                           t.key_usage = kCrlSign;
                         }});
  crls_ = {w_.Crl(signer, {leaf_})};
  EXPECT_TRUE(Validate(leaf_, {factory_}, {root_}).valid);
  EXPECT_EQ(Validate(leaf_, {factory_, signer}, {root_}).reason, RejectReason::kRevoked);
}

TEST_F(ValidatePathTest, StopsAtItsBudgets) {
  const Entity line = w_.Intermediate("Line", factory_);
  const Entity leaf = w_.Leaf("d", line);
  const auto validate = [&] { return Validate(leaf, {line, factory_}, {root_}); };
  EXPECT_TRUE(validate().valid);
  options_.budget.path_steps_max = 3;
  EXPECT_TRUE(validate().valid);
  options_.budget.path_steps_max = 2;
  EXPECT_EQ(validate().reason, RejectReason::kBudgetExhausted);
  options_.budget = ValidationBudget{};
  options_.budget.signatures_max = 2;
  EXPECT_TRUE(validate().valid);
  options_.budget.signatures_max = 1;
  EXPECT_EQ(validate().reason, RejectReason::kBudgetExhausted);
  options_.budget = ValidationBudget{};
  options_.budget.path_len_max = 4;
  EXPECT_TRUE(validate().valid);
  options_.budget.path_len_max = 3;
  EXPECT_EQ(validate().reason, RejectReason::kBudgetExhausted);
}

TEST_F(ValidatePathTest, AMeshEnds) {
  std::vector<Entity> mesh;
  for (int i = 0; i < 8; ++i) mesh.push_back(w_.Root("Mesh " + std::to_string(i)));
  std::vector<Entity> untrusted;
  for (const Entity& subject : mesh) {
    for (const Entity& issuer : mesh) {
      if (subject.label() != issuer.label()) untrusted.push_back(w_.CrossSigned(subject, issuer));
    }
  }
  const ValidationOutcome outcome = Validate(w_.Leaf("d", mesh.front()), untrusted, {root_});
  EXPECT_FALSE(outcome.valid);
  EXPECT_THAT(outcome.faults, Contains(Field(&Fault::reason, RejectReason::kBudgetExhausted)));
}

// Whatever bit is flipped, in a certificate below the anchor or in a CRL: never valid, never a
// crash.
TEST_F(ValidatePathTest, NoFlippedBitPasses) {
  options_.require_crl = true;
  const auto edit = [](CertificateTemplate& t) {
    t.extensions = {SubjectAltName({Dns("a.example"), Email("a@example"), Ip({1, 2, 3, 4})}),
                    Policies({"1.2.3"}),
                    CrlDistributionPoints({{.full_name = {Uri("http://crl.example")}}})};
  };
  const Entity root = w_.Root("R", [](CertificateTemplate& t) {
    t.extensions = {NameConstraints({Dns("example"), Email("example")}, {Dns("x.example")}),
                    PolicyConstraints(0)};
  });
  const Entity factory = w_.Intermediate("F", root, edit);
  const Entity leaf = w_.Leaf("d", factory, edit);
  const std::vector<Bytes> good = {leaf.bytes(), factory.bytes(), w_.Crl(root, {}),
                                   w_.Crl(factory, {w_.Leaf("x", factory)}, [](CrlTemplate& t) {
                                     t.extensions.push_back(IssuingDistributionPoint(
                                         {.full_name = {Uri("http://crl.example")}}));
                                   })};
  const auto validate = [&](const std::vector<Bytes>& parts) {
    const auto leaf_or = Certificate::Parse(parts[0]);
    const auto factory_or = Certificate::Parse(parts[1]);
    if (!leaf_or || !factory_or) return false;
    const ValidationInput input{
        *leaf_or, {*factory_or}, {root.certificate()}, {parts[2], parts[3]}};
    return ValidatePath(input, options_, w_.at()).valid;
  };
  ASSERT_TRUE(validate(good));
  std::mt19937 random(5280);
  for (int round = 0; round < 1'500; ++round) {
    std::vector<Bytes> parts = good;
    Bytes& part = parts[random() % parts.size()];
    part[random() % part.size()] ^= static_cast<std::uint8_t>(1u << random() % 8);
    EXPECT_FALSE(validate(parts)) << round;
  }
}

TEST_F(ValidatePathTest, ACertificateGivenTwiceCountsOnce) {
  const ValidationOutcome outcome = Validate(leaf_, {factory_, factory_, root_}, {root_, root_});
  EXPECT_TRUE(outcome.valid);
  EXPECT_EQ(outcome.path.size(), 3u);
}

}  // namespace
}  // namespace muster::path
