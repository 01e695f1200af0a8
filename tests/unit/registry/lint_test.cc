#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "muster/development_pki.h"
#include "muster/registry.h"
#include "tests/support/test_world.h"

namespace muster {
namespace {

using namespace std::chrono_literals;
using test::Entity;
using test::RegistryBuilder;
using test::World;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr RegistryBuilder::Enabled kDisabled{false};

class LintTest : public testing::Test {
 protected:
  // "rule: subject" of each finding.
  std::vector<std::string> Lint(const RegistryBuilder& builder) { return LintAt(builder, w_.at()); }
  std::vector<std::string> LintAt(const RegistryBuilder& builder, UnixTime at) {
    findings_ = LintRegistry(*builder.Snapshot(), at);
    std::vector<std::string> lines;
    for (const LintFinding& finding : findings_) {
      EXPECT_FALSE(finding.message.empty());
      lines.push_back(std::string(finding.rule) + ": " + finding.subject);
    }
    return lines;
  }

  World w_;
  Entity root_ = w_.Root("Root");
  Entity line_ = w_.Intermediate("Line", root_);
  Entity leaf_ = w_.Leaf("device-1", line_);
  std::vector<LintFinding> findings_;
};

TEST_F(LintTest, AGoodRegistryHasNoFindings) {
  EXPECT_THAT(Lint(RegistryBuilder()
                       .Verified(root_, "root")
                       .Unverified(line_, "line")
                       .Group("g", line_)
                       .Individual("device-1", leaf_)
                       .Crl("root", w_.Crl(root_, {}))),
              IsEmpty());
}

TEST_F(LintTest, AGroupThatReachesNoVerifiedCa) {
  EXPECT_THAT(Lint(RegistryBuilder().Unverified(root_, "root").Group("g", line_)),
              ElementsAre("group-reaches-no-verified-ca: group 'g'"));
  EXPECT_EQ(findings_[0].severity, LintSeverity::kError);
  EXPECT_THAT(Lint(RegistryBuilder().Group("g", line_)),
              ElementsAre("group-reaches-no-verified-ca: group 'g'"));
}

TEST_F(LintTest, AVerifiedCaBelowTheGroupDoesNotHelp) {
  EXPECT_THAT(Lint(RegistryBuilder().Verified(line_, "line").Group("g", root_)),
              ElementsAre("group-reaches-no-verified-ca: group 'g'"));
}

TEST_F(LintTest, ANamesakeOfTheIssuerDoesNotHelp) {
  const Entity namesake = w_.Root("Root", {.key_label = "another key"});
  EXPECT_THAT(Lint(RegistryBuilder().Verified(namesake, "root").Group("g", line_)),
              ElementsAre("group-reaches-no-verified-ca: group 'g'"));
}

TEST_F(LintTest, RollsUpOverSeveralLinksAndCrossSignedTwins) {
  const Entity middle = w_.Intermediate("Middle", root_);
  const Entity low = w_.Intermediate("Low", middle);
  EXPECT_THAT(
      Lint(RegistryBuilder().Verified(root_, "root").Unverified(middle, "m").Group("g", low)),
      IsEmpty());
  // The middle one is not held: nothing is known to lead upwards.
  EXPECT_THAT(Lint(RegistryBuilder().Verified(root_, "root").Group("g", low)),
              ElementsAre("group-reaches-no-verified-ca: group 'g'"));
  const Entity other = w_.Root("Other");
  const Entity twin = w_.CrossSigned(middle, other);
  EXPECT_THAT(
      Lint(RegistryBuilder().Verified(other, "other").Unverified(twin, "twin").Group("g", low)),
      IsEmpty());
}

TEST_F(LintTest, SearchesEndInCycles) {
  const Entity a = w_.Root("A");
  const Entity b = w_.Root("B");
  EXPECT_THAT(Lint(RegistryBuilder()
                       .Unverified(w_.CrossSigned(a, b), "a-by-b")
                       .Unverified(w_.CrossSigned(b, a), "b-by-a")
                       .GroupByName("g", "a-by-b")),
              ElementsAre("group-reaches-no-verified-ca: group 'g'"));
}

TEST_F(LintTest, OneOfTwoCertificatesThatReachesNothing) {
  const Entity stray = w_.Root("Stray");
  EXPECT_THAT(Lint(RegistryBuilder().Verified(root_, "root").Group("g", line_, stray)),
              ElementsAre("group-certificate-reaches-no-verified-ca: group 'g'"));
  EXPECT_EQ(findings_[0].severity, LintSeverity::kWarning);
  EXPECT_THAT(findings_[0].message, HasSubstr("CN=Stray"));
}

TEST_F(LintTest, DisabledEntriesAreMentionedAndNotSearched) {
  EXPECT_THAT(Lint(RegistryBuilder().Group("g", line_, kDisabled)),
              ElementsAre("enrollment-disabled: group 'g'"));
  EXPECT_EQ(findings_[0].severity, LintSeverity::kInfo);
  EXPECT_THAT(Lint(RegistryBuilder().Individual("device-1", leaf_, kDisabled)),
              ElementsAre("enrollment-disabled: individual enrollment 'device-1'"));
}

TEST_F(LintTest, EnrollmentsWithoutACertificate) {
  RegistryContents contents = RegistryBuilder().Build();
  contents.groups.push_back({"g", false, {}, {}});
  const auto snapshot = test::Must(RegistrySnapshot::Compile(contents));
  std::vector<std::string_view> rules;
  for (const LintFinding& finding : LintRegistry(*snapshot, w_.at())) rules.push_back(finding.rule);
  EXPECT_THAT(rules, ElementsAre("enrollment-without-certificate", "enrollment-disabled"));
}

TEST_F(LintTest, IndividualsThatReachNoVerifiedCa) {
  EXPECT_THAT(Lint(RegistryBuilder().Unverified(root_, "root").IndividualByName("d", "root")),
              ElementsAre("individual-reaches-no-verified-ca: individual enrollment 'd'"));
  EXPECT_THAT(Lint(RegistryBuilder().Verified(root_, "root").IndividualByName("d", "root")),
              IsEmpty());
}

TEST_F(LintTest, AClientCertificateOfAnotherId) {
  EXPECT_THAT(
      Lint(RegistryBuilder().Individual("device-2", leaf_)),
      ElementsAre("individual-certificate-of-another-id: individual enrollment 'device-2'"));
  EXPECT_THAT(Lint(RegistryBuilder().Individual("DEVICE-1", leaf_)), IsEmpty());
  EXPECT_THAT(Lint(RegistryBuilder().Individual("x", w_.Leaf("not an id", line_))),
              ElementsAre("individual-certificate-of-another-id: individual enrollment 'x'"));
}

TEST_F(LintTest, TheSameCertificateUnderTwoNames) {
  EXPECT_THAT(Lint(RegistryBuilder().Verified(root_, "a").Unverified(root_, "b")),
              ElementsAre("same-certificate-two-names: CA 'a'"));
  EXPECT_THAT(findings_[0].message, HasSubstr("'a', 'b'"));
  EXPECT_THAT(findings_[0].message, HasSubstr("counts as verified"));
  EXPECT_THAT(Lint(RegistryBuilder().Unverified(root_, "a").Unverified(root_, "b")),
              ElementsAre("same-certificate-two-names: CA 'a'"));
  EXPECT_THAT(findings_[0].message, Not(HasSubstr("counts as verified")));
}

TEST_F(LintTest, ExpiryOfCasSigningAndClientCertificates) {
  const Entity ca =
      w_.Root("Short", [&](CertificateTemplate& t) { t.not_after = w_.at() + 30 * 24h; });
  const auto registry = RegistryBuilder().Verified(ca, "short");
  EXPECT_THAT(LintAt(registry, w_.at() - 1s), IsEmpty());
  EXPECT_THAT(LintAt(registry, w_.at()), ElementsAre("certificate-expires-soon: CA 'short'"));
  EXPECT_EQ(findings_[0].severity, LintSeverity::kWarning);
  const UnixTime end = ca.view().not_after();
  EXPECT_THAT(LintAt(registry, end), ElementsAre("certificate-expires-soon: CA 'short'"));
  EXPECT_THAT(LintAt(registry, end + 1s), ElementsAre("certificate-expired: CA 'short'"));
  EXPECT_EQ(findings_[0].severity, LintSeverity::kError);
  EXPECT_THAT(LintAt(RegistryBuilder().Verified(root_, "root").Group("g", line_),
                     line_.view().not_after() + 1s),
              Contains("certificate-expired: signing certificate of group 'g'"));
  EXPECT_THAT(
      LintAt(RegistryBuilder().Individual("device-1", leaf_), leaf_.view().not_after() + 1s),
      ElementsAre("certificate-expired: client certificate of individual enrollment "
                  "'device-1'"));
}

TEST_F(LintTest, CertificatesThatAreNotValidYet) {
  EXPECT_THAT(LintAt(RegistryBuilder().Verified(root_, "root"), root_.view().not_before() - 1s),
              ElementsAre("certificate-not-yet-valid: CA 'root'"));
  EXPECT_THAT(LintAt(RegistryBuilder().Verified(root_, "root"), root_.view().not_before()),
              IsEmpty());
}

TEST_F(LintTest, SelfAttestedCas) {
  EXPECT_THAT(Lint(RegistryBuilder().SelfAttested(root_, "root")),
              ElementsAre("ca-self-attested: CA 'root'"));
  EXPECT_EQ(findings_[0].severity, LintSeverity::kInfo);
}

TEST_F(LintTest, KeysThatAreNotAccepted) {
  const Entity weak = w_.Root("Weak", {.key = KeyKind::kRsa1024});
  EXPECT_THAT(Lint(RegistryBuilder().Verified(weak, "weak")),
              ElementsAre("key-not-accepted: CA 'weak'"));
}

TEST_F(LintTest, StaleCrls) {
  const auto registry = RegistryBuilder().Verified(root_, "root").Crl("root", w_.Crl(root_, {}));
  EXPECT_THAT(LintAt(registry, w_.at() + 30 * 24h), IsEmpty());  // nextUpdate itself.
  EXPECT_THAT(LintAt(registry, w_.at() + 30 * 24h + 1s),
              ElementsAre("crl-stale: CRL of CA 'root'"));
}

TEST_F(LintTest, CrlsWithoutAnEnd) {
  const Bytes crl = w_.Crl(root_, {}, [](CrlTemplate& t) { t.next_update.reset(); });
  const auto registry = RegistryBuilder().Verified(root_, "root").Crl("root", crl);
  EXPECT_THAT(LintAt(registry, w_.at() + 100 * 24h),
              ElementsAre("crl-without-next-update: CRL of CA 'root'"));
}

TEST_F(LintTest, TheGravestComeFirst) {
  const auto lines = Lint(RegistryBuilder()
                              .SelfAttested(root_, "a")
                              .SelfAttested(root_, "b")
                              .Group("g", w_.Root("Stray")));
  std::vector<LintSeverity> severities;
  for (const LintFinding& finding : findings_) severities.push_back(finding.severity);
  EXPECT_TRUE(std::is_sorted(severities.begin(), severities.end(), std::greater<>()));
  EXPECT_EQ(lines.size(), 4u);
}

// 60 namesakes in a mesh have 3,600 links, more than the 1,240 that are checked.
TEST_F(LintTest, AMeshOfNamesakesEndsAtTheBudgetAndSaysSo) {
  RegistryBuilder registry;
  for (int i = 0; i < 60; ++i) {
    const Entity ca =
        w_.Root("Mesh", {.key_label = "mesh " + std::to_string(i),
                         .edit = [&](auto& t) { t.subject_key_id = t.authority_key_id = false; }});
    registry.Group("g-" + std::to_string(i), ca);
  }
  EXPECT_THAT(Lint(registry), Contains("lint-incomplete: service 'service'"));
}

TEST(NamesTest, SeveritiesStatusesAndMethodsHaveNames) {
  EXPECT_EQ(NameOf(LintSeverity::kInfo), "info");
  EXPECT_EQ(NameOf(LintSeverity::kWarning), "warning");
  EXPECT_EQ(NameOf(LintSeverity::kError), "error");
  EXPECT_EQ(NameOf(static_cast<LintSeverity>(9)), "unknown");
  EXPECT_EQ(NameOf(CaStatus::kUnverified), "unverified");
  EXPECT_EQ(NameOf(CaStatus::kVerified), "verified");
  EXPECT_EQ(NameOf(static_cast<CaStatus>(9)), "unknown");
  EXPECT_EQ(NameOf(VerificationMethod::kNone), "none");
  EXPECT_EQ(NameOf(VerificationMethod::kProofOfPossession), "proof-of-possession");
  EXPECT_EQ(NameOf(VerificationMethod::kSelfAttested), "self-attested");
  EXPECT_EQ(NameOf(static_cast<VerificationMethod>(9)), "unknown");
}

}  // namespace
}  // namespace muster
