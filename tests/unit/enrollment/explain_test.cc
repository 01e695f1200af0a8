// The full account: every path, every fault, and what would fix it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "muster/authenticator.h"
#include "tests/support/test_world.h"

namespace muster {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using test::Entity;
using test::Presented;
using test::RegistryBuilder;
using test::World;

class ExplainTest : public testing::Test {
 protected:
  Explanation Explain(const RegistryBuilder& registry, const PresentedChain& chain) {
    return Authenticator(registry.Snapshot()).Explain(chain, w_.at());
  }

  World w_;
  Entity root_ = w_.Root("Root"), factory_ = w_.Intermediate("Factory 2", root_);
  Entity leaf_ = w_.Leaf("device-1", factory_);
};

TEST_F(ExplainTest, AnAcceptedChainIsDrawnWithWhatTheRegistrySaysOfIt) {
  const Explanation e = Explain(
      RegistryBuilder().Verified(root_, "the-root").Group("line", factory_),
      Presented(leaf_, {factory_}));
  EXPECT_TRUE(e.verdict.accepted());
  EXPECT_THAT(e.faults, IsEmpty());
  EXPECT_THAT(e.remedies, IsEmpty());
  ASSERT_THAT(e.paths, SizeIs(1));
  EXPECT_THAT(e.paths[0].faults, IsEmpty());
  EXPECT_TRUE(e.paths[0].reaches_verified);
  const auto& certificates = e.paths[0].certificates;
  ASSERT_THAT(certificates, SizeIs(3));
  EXPECT_EQ(certificates[0].subject, "CN=device-1");
  EXPECT_TRUE(certificates[0].presented);
  EXPECT_EQ(certificates[1].fingerprint, factory_.fingerprint());
  EXPECT_EQ(certificates[1].enrollment.id.view(), "line");
  EXPECT_TRUE(certificates[1].presented);
  EXPECT_FALSE(certificates[1].verified);
  EXPECT_EQ(certificates[2].ca_name, "the-root");
  EXPECT_TRUE(certificates[2].registered);
  EXPECT_TRUE(certificates[2].verified);
  EXPECT_FALSE(certificates[2].presented);
}

TEST_F(ExplainTest, NamesTheLinkThatWasNotSent) {
  const Explanation e =
      Explain(RegistryBuilder().Verified(root_).Group("line", factory_), Presented(leaf_));
  ASSERT_THAT(e.remedies, SizeIs(testing::Ge(1u)));
  EXPECT_EQ(e.remedies.front(), "not sent: CN=Factory 2; send it, or verify it");
  ASSERT_THAT(e.paths.front().faults, SizeIs(1));
  EXPECT_EQ(e.paths.front().faults[0].reason, RejectReason::kLinkNotPresented);
  EXPECT_EQ(e.paths.front().faults[0].chain_index, 1);
}

TEST_F(ExplainTest, NamesTheIssuerThatNobodyHas) {
  const Explanation e = Explain(RegistryBuilder().Verified(root_), Presented(leaf_));
  EXPECT_EQ(e.verdict.reason, RejectReason::kIssuerNotFound);
  EXPECT_EQ(e.remedies.front(), "not sent: CN=Factory 2; send it, or register it");
  EXPECT_THAT(e.paths.front().faults, Contains(Field(&Fault::reason, RejectReason::kNoEnrollment)));
}

TEST_F(ExplainTest, ReportsEveryFaultAtOnce) {
  const Entity bad = w_.Leaf("bad id!", factory_, [&](CertificateTemplate& t) {
    t.not_after = w_.at() - 1s;
    t.extended_key_usage = {"1.3.6.1.5.5.7.3.1"};
  });
  const Explanation e = Explain(
      RegistryBuilder().Verified(root_).Group("off", factory_, RegistryBuilder::Enabled{false}),
      Presented(bad, {factory_}));
  EXPECT_THAT(e.faults, ElementsAre(Field(&Fault::reason, RejectReason::kMalformedRegistrationId)));
  ASSERT_THAT(e.paths, SizeIs(1));
  const auto& faults = e.paths[0].faults;
  for (const RejectReason reason : {RejectReason::kExpired, RejectReason::kLeafExtendedKeyUsage,
                                    RejectReason::kGroupDisabled}) {
    EXPECT_THAT(faults, Contains(Field(&Fault::reason, reason))) << NameOf(reason);
  }
  EXPECT_THAT(e.remedies, SizeIs(testing::Ge(4u)));
}

TEST_F(ExplainTest, SaysThatNothingIsVerified) {
  const Explanation e = Explain(RegistryBuilder().Unverified(root_).Group("line", factory_),
                                Presented(leaf_, {factory_}));
  EXPECT_EQ(e.verdict.reason, RejectReason::kNotRolledUpToVerified);
  ASSERT_THAT(e.paths, SizeIs(1));
  EXPECT_FALSE(e.paths[0].reaches_verified);
  EXPECT_THAT(e.paths[0].faults,
              Contains(Field(&Fault::detail,
                             HasSubstr("CN=Factory 2 is not verified, and nothing above it"))));
  EXPECT_THAT(e.paths[0].faults,
              Contains(Field(&Fault::detail, HasSubstr("CN=Root is a root that is not verified"))));
}

TEST_F(ExplainTest, SeesABadLeafSignatureOnADeadEndToo) {
  const Entity forged = w_.WithDer(leaf_, test::FlipSignatureBit(leaf_.der()));
  const Explanation e =
      Explain(RegistryBuilder().Verified(w_.Root("Other")), Presented(forged, {factory_}));
  EXPECT_THAT(e.paths.front().faults,
              Contains(Field(&Fault::reason, RejectReason::kBadSignature)));
}

TEST_F(ExplainTest, ComparesAPinnedCertificateWithThePresentedOne) {
  const Entity impostor = w_.Leaf("device-1", factory_, {.key_label = "other"});
  const Explanation e = Explain(RegistryBuilder().Individual("device-1", leaf_),
                                Presented(impostor, {factory_}));
  ASSERT_THAT(e.paths, SizeIs(1));
  ASSERT_THAT(e.paths[0].faults, SizeIs(1));
  EXPECT_THAT(e.paths[0].faults[0].detail, HasSubstr(leaf_.fingerprint().hex()));
  EXPECT_THAT(e.paths[0].faults[0].detail, HasSubstr(impostor.fingerprint().hex()));
}

TEST_F(ExplainTest, MalformedInputNamesCertificateAndOctet) {
  Bytes broken = factory_.bytes();
  broken.resize(broken.size() / 2);
  PresentedChain chain(leaf_.der());
  chain.AddUntrusted(broken);
  const Explanation e = Explain(RegistryBuilder().Verified(root_), chain);
  EXPECT_THAT(e.paths, IsEmpty());
  ASSERT_THAT(e.faults, SizeIs(1));
  EXPECT_EQ(e.faults[0].chain_index, 1);
  EXPECT_THAT(e.faults[0].detail, HasSubstr("certificate 1: "));
  EXPECT_THAT(e.remedies, SizeIs(1));
}

TEST_F(ExplainTest, TheDecidingPathComesFirst) {
  const Entity other = w_.Root("Other");
  const Entity cross = w_.CrossSigned(factory_, other);
  const Explanation e = Explain(RegistryBuilder().Verified(other).Group("g", other),
                                Presented(leaf_, {factory_, cross}));
  EXPECT_TRUE(e.verdict.accepted());
  ASSERT_THAT(e.paths, SizeIs(2));
  EXPECT_THAT(e.paths[0].faults, IsEmpty());
  EXPECT_EQ(e.paths[0].certificates.back().fingerprint, other.fingerprint());
}

}  // namespace
}  // namespace muster
