#include "engine/registry/snapshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/byte_view.h"
#include "engine/x509/name.h"
#include "tests/support/test_world.h"

namespace muster::registry {
namespace {

using test::Entity;
using test::Must;
using test::RegistryBuilder;
using test::World;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr RegistryBuilder::Enabled kDisabled{false};

class SnapshotTest : public testing::Test {
 protected:
  // The message of the refusal.
  static std::string Refused(RegistryContents contents) {
    const auto snapshot = RegistrySnapshot::Compile(std::move(contents));
    if (snapshot.has_value()) {
      ADD_FAILURE() << "compiled";
      return {};
    }
    EXPECT_EQ(snapshot.error().code, ErrorCode::kInvalidArgument);
    return snapshot.error().message;
  }
  const CompiledSnapshot& Compile(const RegistryBuilder& builder) {
    kept_ = builder.Snapshot();
    return CompiledSnapshot::Of(*kept_);
  }

  World w_;
  Entity root_ = w_.Root("Root");
  Entity line_ = w_.Intermediate("Line", root_);
  Entity leaf_ = w_.Leaf("device-1", line_);
  std::shared_ptr<const RegistrySnapshot> kept_;
};

TEST_F(SnapshotTest, NothingCompiles) {
  const CompiledSnapshot& snapshot = Compile(RegistryBuilder("t"));
  EXPECT_EQ(snapshot.service(), "t");
  EXPECT_EQ(snapshot.generation(), 1u);
  EXPECT_TRUE(snapshot.cas().empty());
  EXPECT_TRUE(snapshot.issuers().nodes().empty());
  EXPECT_TRUE(snapshot.crls().empty());
  EXPECT_EQ(snapshot.FindCa(root_.fingerprint()), nullptr);
  EXPECT_EQ(snapshot.EntryOf(root_.fingerprint()), nullptr);
  EXPECT_EQ(snapshot.IndividualOf("device-1"), nullptr);
}

TEST_F(SnapshotTest, HoldsRegisteredCasAndUploadedSigningCertificates) {
  const CompiledSnapshot& snapshot = Compile(RegistryBuilder().Verified(root_).Group("g", line_));
  ASSERT_EQ(snapshot.cas().size(), 2u);
  const HeldCa* root = snapshot.FindCa(root_.fingerprint());
  ASSERT_NE(root, nullptr);
  EXPECT_TRUE(root->registered());
  EXPECT_TRUE(root->verified);
  const HeldCa* line = snapshot.FindCa(line_.fingerprint());
  ASSERT_NE(line, nullptr);
  EXPECT_FALSE(line->registered());
  EXPECT_FALSE(line->verified);
  for (std::size_t i = 0; i < snapshot.cas().size(); ++i) {
    EXPECT_EQ(snapshot.issuers().nodes()[i], snapshot.cas()[i].node);
  }
  EXPECT_EQ(snapshot.FindCa(leaf_.fingerprint()), nullptr);
}

TEST_F(SnapshotTest, TheSameDerUnderTwoNamesIsOneCaAndCountsAsVerified) {
  const CompiledSnapshot& snapshot =
      Compile(RegistryBuilder().Unverified(root_, "a").Verified(root_, "b").Unverified(root_, "c"));
  ASSERT_EQ(snapshot.cas().size(), 1u);
  EXPECT_TRUE(snapshot.cas()[0].verified);
  EXPECT_THAT(snapshot.cas()[0].names, ElementsAre(1u, 0u, 2u));  // The verified name first.
}

TEST_F(SnapshotTest, FindsEntriesByFingerprint) {
  const CompiledSnapshot& snapshot = Compile(RegistryBuilder()
                                                 .Unverified(root_, "root")
                                                 .GroupByName("by-name", "root")
                                                 .Group("uploaded", line_, kDisabled)
                                                 .Individual("device-1", leaf_));
  const Entry* by_name = snapshot.EntryOf(root_.fingerprint());
  ASSERT_NE(by_name, nullptr);
  EXPECT_EQ(by_name->kind, EnrollmentKind::kGroup);
  EXPECT_TRUE(by_name->enabled);
  EXPECT_EQ(snapshot.RefOf(*by_name).id.view(), "by-name");
  EXPECT_EQ(snapshot.SigningOf(*by_name).primary_ca, "root");
  EXPECT_THAT(snapshot.CertificatesOf(*by_name), ElementsAre(root_.fingerprint()));
  const Entry* uploaded = snapshot.EntryOf(line_.fingerprint());
  ASSERT_NE(uploaded, nullptr);
  EXPECT_FALSE(uploaded->enabled);
  EXPECT_EQ(snapshot.RefOf(*uploaded).id.view(), "uploaded");
  const Entry* individual = snapshot.EntryOf(leaf_.fingerprint());
  ASSERT_NE(individual, nullptr);
  EXPECT_EQ(individual->kind, EnrollmentKind::kIndividual);
  EXPECT_EQ(snapshot.EntryOf(w_.Root("Other").fingerprint()), nullptr);
}

TEST_F(SnapshotTest, AnIndividualsReferenceDoesNotOwnTheCa) {
  const CompiledSnapshot& snapshot = Compile(RegistryBuilder()
                                                 .Verified(root_, "root")
                                                 .GroupByName("g", "root")
                                                 .IndividualByName("device-1", "root")
                                                 .IndividualByName("device-2", "root"));
  EXPECT_EQ(snapshot.EntryOf(root_.fingerprint())->kind, EnrollmentKind::kGroup);
  const Entry* individual = snapshot.IndividualOf("device-2");
  ASSERT_NE(individual, nullptr);
  EXPECT_THAT(snapshot.CertificatesOf(*individual), ElementsAre(root_.fingerprint()));
}

TEST_F(SnapshotTest, FindsIndividualsByIdInLowerCase) {
  const CompiledSnapshot& snapshot = Compile(RegistryBuilder().Individual("Device-1", leaf_));
  ASSERT_NE(snapshot.IndividualOf("device-1"), nullptr);
  EXPECT_EQ(snapshot.IndividualOf("device-2"), nullptr);
}

TEST_F(SnapshotTest, FindsTwinsOfDisabledCas) {
  const Entity other = w_.Root("Other");
  const Entity twin = w_.CrossSigned(line_, other);
  const CompiledSnapshot& snapshot =
      Compile(RegistryBuilder().Group("off", line_, kDisabled).Group("on", other));
  const auto find = [&](const Entity& ca) {
    const CertificateView view = ca.view();
    return snapshot.DisabledBySubjectAndKey(*x509::CanonicalName(view.subject()), view.spki());
  };
  ASSERT_NE(twin.fingerprint(), line_.fingerprint());
  ASSERT_NE(find(twin), nullptr);
  EXPECT_EQ(snapshot.RefOf(*find(twin)).id.view(), "off");
  EXPECT_NE(find(line_), nullptr);
  EXPECT_EQ(find(other), nullptr);  // Enabled.
  EXPECT_EQ(find(w_.Root("Line", {.key_label = "another key"})), nullptr);
  EXPECT_EQ(find(w_.Root("Elsewhere", {.key_label = "Line"})), nullptr);
}

TEST_F(SnapshotTest, ResolvesDisabledReferences) {
  const CompiledSnapshot& snapshot =
      Compile(RegistryBuilder().Verified(root_, "root").GroupByName("off", "root", "", kDisabled));
  const CertificateView view = root_.view();
  EXPECT_NE(snapshot.DisabledBySubjectAndKey(*x509::CanonicalName(view.subject()), view.spki()),
            nullptr);
}

TEST_F(SnapshotTest, FindsDeniedDevices) {
  const Entity other = w_.Leaf("device-2", line_);
  const CompiledSnapshot& snapshot =
      Compile(RegistryBuilder().Deny(leaf_).DenyByIssuerAndSerial(other));
  EXPECT_TRUE(snapshot.IsDenied(leaf_.fingerprint()));
  EXPECT_FALSE(snapshot.IsDenied(other.fingerprint()));
  const std::string issuer = *x509::CanonicalName(line_.view().subject());
  const TextSet* serials = snapshot.DeniedSerialsOf(issuer);
  ASSERT_NE(serials, nullptr);
  EXPECT_TRUE(serials->contains(base::AsText(other.view().serial())));
  EXPECT_FALSE(serials->contains(base::AsText(leaf_.view().serial())));
  EXPECT_EQ(snapshot.DeniedSerialsOf(*x509::CanonicalName(root_.view().subject())), nullptr);
}

TEST_F(SnapshotTest, HoldsCrls) {
  EXPECT_FALSE(Compile(RegistryBuilder().Verified(root_, "root").Crl("root", w_.Crl(root_, {})))
                   .crls()
                   .empty());
}

TEST_F(SnapshotTest, KeepsTheContentsAsTheyWere) {
  const RegistryContents contents =
      RegistryBuilder().Verified(root_, "Root").Group("G", line_).Build();
  kept_ = Must(RegistrySnapshot::Compile(contents));
  EXPECT_EQ(kept_->contents().cas[0].name, "Root");
  EXPECT_EQ(kept_->contents().groups[0].id, "G");
}

TEST_F(SnapshotTest, AnEnrollmentWithoutCertificatesIsLetPassWhereItIsDisabled) {
  RegistryContents contents = RegistryBuilder().Build();
  contents.groups.push_back({"g", false, {}, {}});
  contents.individuals.push_back({"d", false, {}, {}});
  EXPECT_TRUE(RegistrySnapshot::Compile(contents).has_value());
  contents.groups[0].enabled = true;
  EXPECT_THAT(Refused(contents), HasSubstr("group 'g' has no certificate"));
  contents.groups.clear();
  contents.individuals[0].enabled = true;
  EXPECT_THAT(Refused(contents), HasSubstr("'d' has no certificate"));
}

TEST_F(SnapshotTest, RefusesMalformedCertificates) {
  RegistryContents contents = RegistryBuilder().Verified(root_, "root").Build();
  contents.cas[0].der.push_back(0);
  EXPECT_THAT(Refused(contents), HasSubstr("CA 'root'"));
  contents = RegistryBuilder().Group("g", root_).Build();
  contents.groups[0].signing.primary.pop_back();
  EXPECT_THAT(Refused(contents), HasSubstr("group 'g'"));
  contents = RegistryBuilder().Individual("d", leaf_).Build();
  contents.individuals[0].attestation.primary.pop_back();
  EXPECT_THAT(Refused(contents), HasSubstr("individual enrollment 'd'"));
  contents = RegistryBuilder().Verified(root_, "root").Crl("root", {0x30, 0x00}).Build();
  EXPECT_THAT(Refused(contents), HasSubstr("a CRL of CA 'root'"));
}

TEST_F(SnapshotTest, RefusesReferencesToNothing) {
  EXPECT_THAT(Refused(RegistryBuilder().GroupByName("g", "nobody").Build()), HasSubstr("'nobody'"));
  EXPECT_THAT(Refused(RegistryBuilder().Verified(root_, "r").GroupByName("g", "r", "x").Build()),
              HasSubstr("'x'"));
  EXPECT_THAT(Refused(RegistryBuilder().IndividualByName("d", "nobody").Build()),
              HasSubstr("'nobody'"));
  EXPECT_THAT(Refused(RegistryBuilder().Crl("nobody", w_.Crl(root_, {})).Build()),
              HasSubstr("'nobody'"));
}

TEST_F(SnapshotTest, RefusesMalformedAndDuplicateIds) {
  EXPECT_THAT(Refused(RegistryBuilder().Verified(root_, "a b").Build()), HasSubstr("malformed"));
  EXPECT_THAT(Refused(RegistryBuilder().Group("a b", root_).Build()), HasSubstr("malformed"));
  EXPECT_THAT(Refused(RegistryBuilder().Individual("a b", leaf_).Build()), HasSubstr("malformed"));
  EXPECT_THAT(Refused(RegistryBuilder().Verified(root_, "a").Verified(line_, "A").Build()),
              HasSubstr("listed twice"));
  EXPECT_THAT(Refused(RegistryBuilder().Group("g", root_).Group("G", line_).Build()),
              HasSubstr("listed twice"));
  const Entity other = w_.Leaf("device-2", line_);
  EXPECT_THAT(Refused(RegistryBuilder().Individual("d", leaf_).Individual("D", other).Build()),
              HasSubstr("listed twice"));
}

TEST_F(SnapshotTest, RefusesOneCertificateInTwoEnrollments) {
  const std::string message =
      Refused(RegistryBuilder().Group("g", root_).Group("h", line_, root_).Build());
  EXPECT_THAT(message, HasSubstr("group 'g'"));
  EXPECT_THAT(message, HasSubstr("group 'h'"));
  EXPECT_THAT(message, HasSubstr(root_.fingerprint().hex()));
  EXPECT_THAT(Refused(RegistryBuilder()
                          .Verified(root_, "a")
                          .Verified(root_, "b")
                          .GroupByName("g", "a")
                          .GroupByName("h", "b")
                          .Build()),
              HasSubstr("group 'h'"));
  EXPECT_THAT(Refused(RegistryBuilder().Individual("d", leaf_).Individual("e", leaf_).Build()),
              HasSubstr("individual enrollment 'd'"));
  EXPECT_THAT(Refused(RegistryBuilder().Individual("d", leaf_).Group("g", leaf_).Build()),
              HasSubstr("individual enrollment 'd'"));
}

TEST_F(SnapshotTest, RefusesBothKindsOfCertificate) {
  RegistryContents contents = RegistryBuilder().Verified(root_, "root").Group("g", line_).Build();
  contents.groups[0].signing.secondary_ca = "root";
  EXPECT_THAT(Refused(contents), HasSubstr("use one of the two"));
}

TEST_F(SnapshotTest, RefusesMalformedDenials) {
  RegistryContents contents = RegistryBuilder().Build();
  contents.denied.push_back({});
  EXPECT_THAT(Refused(contents), HasSubstr("denied"));
}

}  // namespace
}  // namespace muster::registry
