#include <gtest/gtest.h>

#include "muster/development_pki.h"
#include "tests/unit/registry/registry_fixture.h"

namespace muster::registry {
namespace {

using testing::ElementsAre;

class EnrollmentsTest : public RegistryTest {
 protected:
  void SetUp() override {
    Must(registry_.AddCa("s", "root", root_.der()));
    Must(registry_.AddCa("s", "spare", spare_.der()));
  }
  ErrorCode PutGroupError(const EnrollmentGroup& group) {
    const std::string before = Everything();
    const Error error = ErrorOf(registry_.PutGroup("s", group));
    message_ = error.message;
    EXPECT_EQ(Everything(), before);
    return error.code;
  }
  ErrorCode PutIndividualError(const IndividualEnrollment& individual) {
    const std::string before = Everything();
    const Error error = ErrorOf(registry_.PutIndividual("s", individual));
    message_ = error.message;
    EXPECT_EQ(Everything(), before);
    return error.code;
  }

  Entity root_ = w_.Root("Root");
  Entity spare_ = w_.Root("Spare");
  Entity line_ = w_.Intermediate("Line", root_);
  Entity leaf_ = w_.Leaf("device-1", line_);
  std::string message_;
};
MUSTER_OVER_EVERY_STORE(EnrollmentsTest);

TEST_P(EnrollmentsTest, CreatesAGroup) {
  const EnrollmentGroup group = Must(registry_.PutGroup("s", GroupOf("Line-4", line_)));
  EXPECT_EQ(group.id, "Line-4");
  EXPECT_TRUE(group.enabled);
  EXPECT_EQ(group.signing.primary, line_.bytes());
  EXPECT_FALSE(group.etag.empty());
  EXPECT_THAT(LastActions(1), ElementsAre("group-created Line-4"));
  // Ids are one without regard to case.
  EXPECT_EQ(Must(registry_.GetGroup("s", "line-4")).id, "Line-4");
  EXPECT_EQ(Must(registry_.ListGroups("s")).size(), 1u);
  EXPECT_TRUE(Must(registry_.ListIndividuals("s")).empty());
}

TEST_P(EnrollmentsTest, ReplacesAGroupOfTheSameId) {
  Must(registry_.PutGroup("s", GroupOf("line-4", line_)));
  const std::uint64_t generation = Generation();
  const EnrollmentGroup group =
      Must(registry_.PutGroup("s", GroupByName("LINE-4", "root", "spare")));
  EXPECT_EQ(group.id, "LINE-4");
  EXPECT_TRUE(group.signing.primary.empty());
  EXPECT_EQ(Generation(), generation + 1);
  EXPECT_EQ(Must(registry_.ListGroups("s")).size(), 1u);
  EXPECT_THAT(LastActions(1), ElementsAre("group-replaced LINE-4"));
}

TEST_P(EnrollmentsTest, PuttingTheSameChangesNothing) {
  Must(registry_.PutGroup("s", GroupOf("line-4", line_)));
  Must(registry_.PutIndividual("s", IndividualOf("device-1", leaf_)));
  const std::string before = Everything();
  Must(registry_.PutGroup("s", GroupOf("line-4", line_)));
  Must(registry_.PutIndividual("s", IndividualOf("DEVICE-1", leaf_)));
  EXPECT_EQ(Everything(), before);
}

TEST_P(EnrollmentsTest, EnablingAndDisablingAreLogged) {
  Must(registry_.PutGroup("s", GroupOf("g", line_)));
  const std::uint64_t generation = Generation();
  EXPECT_FALSE(Must(registry_.SetGroupEnabled("s", "G", false)).enabled);
  EXPECT_FALSE(Must(registry_.GetGroup("s", "g")).enabled);
  EXPECT_THAT(LastActions(1), ElementsAre("group-disabled g"));
  EXPECT_EQ(Generation(), generation + 1);
  const std::string before = Everything();
  EXPECT_FALSE(Must(registry_.SetGroupEnabled("s", "g", false)).enabled);
  EXPECT_EQ(Everything(), before);
  EXPECT_TRUE(Must(registry_.SetGroupEnabled("s", "g", true)).enabled);
  EXPECT_THAT(LastActions(1), ElementsAre("group-enabled g"));

  Must(registry_.PutIndividual("s", IndividualOf("device-1", leaf_)));
  EXPECT_FALSE(Must(registry_.SetIndividualEnabled("s", "Device-1", false)).enabled);
  EXPECT_THAT(LastActions(1), ElementsAre("individual-disabled device-1"));
  EXPECT_FALSE(Must(registry_.GetIndividual("s", "device-1")).enabled);
}

TEST_P(EnrollmentsTest, DisablingByReplacementIsLoggedAsDisabling) {
  EnrollmentGroup group = GroupOf("g", line_);
  group.enabled = false;
  Must(registry_.PutGroup("s", group));
  EXPECT_THAT(LastActions(2), ElementsAre("group-created g", "group-disabled g"));
  group.enabled = true;
  Must(registry_.PutGroup("s", group));
  EXPECT_THAT(LastActions(2), ElementsAre("group-replaced g", "group-enabled g"));
}

TEST_P(EnrollmentsTest, Deletes) {
  Must(registry_.PutGroup("s", GroupOf("g", line_)));
  Must(registry_.PutIndividual("s", IndividualOf("g", leaf_)));  // Kinds do not share ids.
  Must(registry_.DeleteGroup("s", "G"));
  EXPECT_EQ(ErrorOf(registry_.GetGroup("s", "g")).code, ErrorCode::kNotFound);
  EXPECT_TRUE(registry_.GetIndividual("s", "g").has_value());
  Must(registry_.DeleteIndividual("s", "g"));
  EXPECT_EQ(ErrorOf(registry_.GetIndividual("s", "g")).code, ErrorCode::kNotFound);
  EXPECT_THAT(LastActions(2), ElementsAre("group-deleted g", "individual-deleted g"));
  EXPECT_EQ(ErrorOf(registry_.DeleteGroup("s", "g")).code, ErrorCode::kNotFound);
  EXPECT_EQ(ErrorOf(registry_.DeleteIndividual("s", "g")).code, ErrorCode::kNotFound);
  EXPECT_EQ(ErrorOf(registry_.SetGroupEnabled("s", "g", true)).code, ErrorCode::kNotFound);
  EXPECT_EQ(ErrorOf(registry_.SetIndividualEnabled("s", "g", true)).code, ErrorCode::kNotFound);
}

TEST_P(EnrollmentsTest, RefusesMalformedIds) {
  for (const std::string& id : {std::string(), std::string(129, 'a'), std::string("a b"),
                                std::string("a."), std::string("a\0b", 3)}) {
    EXPECT_EQ(PutGroupError(GroupOf(id, line_)), ErrorCode::kInvalidArgument);
    EXPECT_EQ(PutIndividualError(IndividualOf(id, leaf_)), ErrorCode::kInvalidArgument);
  }
  EXPECT_TRUE(registry_.PutGroup("s", GroupOf(std::string(128, 'a'), line_)).has_value());
  EXPECT_TRUE(registry_.PutIndividual("s", IndividualOf("a.b_c:D-", leaf_)).has_value());
}

TEST_P(EnrollmentsTest, NeedsExactlyOneKindOfCertificate) {
  EnrollmentGroup group = GroupOf("g", line_);
  group.signing.secondary_ca = "spare";
  EXPECT_EQ(PutGroupError(group), ErrorCode::kInvalidArgument);
  EXPECT_THAT(message_, HasSubstr("uploaded certificates and CA references"));
  EXPECT_EQ(PutGroupError(GroupByName("g", "")), ErrorCode::kInvalidArgument);
  EXPECT_THAT(message_, HasSubstr("no certificate"));
  // Not even disabled: such enrollments are left behind by deletion only.
  group = GroupByName("g", "");
  group.enabled = false;
  EXPECT_EQ(PutGroupError(group), ErrorCode::kInvalidArgument);
  EXPECT_EQ(PutIndividualError(IndividualByName("d", "")), ErrorCode::kInvalidArgument);
}

TEST_P(EnrollmentsTest, PrimaryAndSecondaryDiffer) {
  EXPECT_EQ(PutGroupError(GroupOf("g", line_, line_)), ErrorCode::kInvalidArgument);
  EXPECT_EQ(PutGroupError(GroupByName("g", "root", "ROOT")), ErrorCode::kInvalidArgument);
  EXPECT_TRUE(registry_.PutGroup("s", GroupOf("g", line_, spare_)).has_value());
}

TEST_P(EnrollmentsTest, TheSecondaryAloneWillDo) {
  EXPECT_TRUE(registry_.PutGroup("s", GroupByName("g", "", "root")).has_value());
}

TEST_P(EnrollmentsTest, SigningCertificatesAreCaCertificates) {
  EXPECT_EQ(PutGroupError(GroupOf("g", leaf_)), ErrorCode::kInvalidArgument);
  EXPECT_THAT(message_, HasSubstr("the primary certificate of group 'g'"));
  EXPECT_EQ(PutGroupError(GroupOf("g", line_, leaf_)), ErrorCode::kInvalidArgument);
  EXPECT_THAT(message_, HasSubstr("the secondary certificate"));
  EXPECT_EQ(PutGroupError(GroupOf("g", w_.Root("Weak", {.key = KeyKind::kRsa1024}))),
            ErrorCode::kInvalidArgument);
  EnrollmentGroup malformed = GroupOf("g", line_);
  malformed.signing.primary.pop_back();
  EXPECT_EQ(PutGroupError(malformed), ErrorCode::kInvalidArgument);
}

TEST_P(EnrollmentsTest, ClientCertificatesAreLeaves) {
  EXPECT_EQ(PutIndividualError(IndividualOf("device-1", line_)), ErrorCode::kInvalidArgument);
  EXPECT_THAT(message_, HasSubstr("is a CA certificate"));
  EXPECT_TRUE(registry_.PutIndividual("s", IndividualOf("device-1", leaf_)).has_value());
  EXPECT_TRUE(registry_.PutIndividual("s", IndividualOf("device-2", w_.SelfSignedLeaf("device-2")))
                  .has_value());
}

TEST_P(EnrollmentsTest, ReferencesMustExistExactly) {
  EXPECT_EQ(PutGroupError(GroupByName("g", "nobody")), ErrorCode::kNotFound);
  EXPECT_THAT(message_, HasSubstr("'nobody'"));
  EXPECT_EQ(PutGroupError(GroupByName("g", "root", "nobody")), ErrorCode::kNotFound);
  EXPECT_EQ(PutGroupError(GroupByName("g", "Root")), ErrorCode::kNotFound);
  EXPECT_EQ(PutGroupError(GroupByName("g", "a\nb")), ErrorCode::kInvalidArgument);
  EXPECT_EQ(PutIndividualError(IndividualByName("d", "nobody")), ErrorCode::kNotFound);
}

TEST_P(EnrollmentsTest, RegistrationIdsAreKeptInLowerCase) {
  const IndividualEnrollment individual =
      Must(registry_.PutIndividual("s", IndividualOf("DEVICE-1", leaf_)));
  EXPECT_EQ(individual.registration_id, "device-1");
  EXPECT_EQ(Must(registry_.GetIndividual("s", "Device-1")).registration_id, "device-1");
}

// --- One certificate, one entry ----------------------------------------------------------------

TEST_P(EnrollmentsTest, AnUploadedCertificateBelongsToOneGroup) {
  Must(registry_.PutGroup("s", GroupOf("first", spare_, line_)));
  EXPECT_EQ(PutGroupError(GroupOf("second", line_)), ErrorCode::kAlreadyExists);
  EXPECT_THAT(message_, HasSubstr("group 'first'"));
  EXPECT_THAT(message_, HasSubstr("group 'second'"));
  EXPECT_EQ(PutGroupError(GroupOf("second", root_, spare_)), ErrorCode::kAlreadyExists);
  // A disabled owner is an owner.
  Must(registry_.SetGroupEnabled("s", "first", false));
  EXPECT_EQ(PutGroupError(GroupOf("second", line_)), ErrorCode::kAlreadyExists);
  Must(registry_.DeleteGroup("s", "first"));
  EXPECT_TRUE(registry_.PutGroup("s", GroupOf("second", line_)).has_value());
}

TEST_P(EnrollmentsTest, AReferencedCaBelongsToOneGroup) {
  Must(registry_.PutGroup("s", GroupByName("first", "root")));
  EXPECT_EQ(PutGroupError(GroupByName("second", "spare", "root")), ErrorCode::kAlreadyExists);
  EXPECT_THAT(message_, HasSubstr("group 'first'"));
}

TEST_P(EnrollmentsTest, UploadAndReferenceOfOneCertificateCollide) {
  Must(registry_.PutGroup("s", GroupByName("by-name", "root")));
  EXPECT_EQ(PutGroupError(GroupOf("uploaded", root_)), ErrorCode::kAlreadyExists);
  Must(registry_.DeleteGroup("s", "by-name"));
  Must(registry_.PutGroup("s", GroupOf("uploaded", root_)));
  EXPECT_EQ(PutGroupError(GroupByName("by-name", "root")), ErrorCode::kAlreadyExists);
}

TEST_P(EnrollmentsTest, TwoNamesOfOneCertificateCollide) {
  Must(registry_.AddCa("s", "alias", root_.der()));
  Must(registry_.PutGroup("s", GroupByName("first", "root")));
  EXPECT_EQ(PutGroupError(GroupByName("second", "alias")), ErrorCode::kAlreadyExists);
}

TEST_P(EnrollmentsTest, AClientCertificateBelongsToOneIndividual) {
  Must(registry_.PutIndividual("s", IndividualOf("device-1", leaf_)));
  EXPECT_EQ(PutIndividualError(IndividualOf("device-2", leaf_)), ErrorCode::kAlreadyExists);
  EXPECT_THAT(message_, HasSubstr("individual enrollment 'device-1'"));
}

TEST_P(EnrollmentsTest, IndividualsMayReferToACaThatIsAGroupsOrAnothersToo) {
  Must(registry_.PutGroup("s", GroupByName("g", "root")));
  EXPECT_TRUE(registry_.PutIndividual("s", IndividualByName("device-1", "root")).has_value());
  EXPECT_TRUE(registry_.PutIndividual("s", IndividualByName("device-2", "root")).has_value());
  EXPECT_TRUE(registry_.Snapshot("s").has_value());
}

TEST_P(EnrollmentsTest, OtherServicesDoNotCount) {
  Must(registry_.CreateService("t"));
  Must(registry_.PutGroup("s", GroupOf("g", line_)));
  EXPECT_TRUE(registry_.PutGroup("t", GroupOf("g", line_)).has_value());
}

TEST_P(EnrollmentsTest, AGroupMayKeepItsOwnCertificates) {
  Must(registry_.PutGroup("s", GroupOf("g", line_, spare_)));
  EXPECT_TRUE(registry_.PutGroup("s", GroupOf("G", spare_, line_)).has_value());
}

}  // namespace
}  // namespace muster::registry
