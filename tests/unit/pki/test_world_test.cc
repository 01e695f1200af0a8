#include "tests/support/test_world.h"

#include <gtest/gtest.h>

#include "engine/base/byte_view.h"
#include "engine/crypto/public_key.h"

namespace muster::test {
namespace {

bool Issued(const Entity& issuer, const Entity& subject) {
  const auto key = crypto::PublicKey::Load(issuer.spki(), {});
  const CertificateView view = subject.view();
  return key && base::Equal(view.issuer(), issuer.subject()) &&
         crypto::VerifySignature(*key, view.signature_algorithm(), view.tbs(), view.signature(),
                                 {}) == RejectReason::kNone;
}

TEST(World, CrossSigningKeepsSubjectAndKey) {
  World w;
  const Entity old_root = w.Root("Old");
  const Entity new_root = w.Root("New");
  const Entity crossed = w.CrossSigned(new_root, old_root);
  EXPECT_TRUE(Issued(old_root, crossed));
  EXPECT_EQ(crossed.spki(), new_root.spki());
  EXPECT_EQ(crossed.subject(), new_root.subject());
  EXPECT_NE(crossed.fingerprint(), new_root.fingerprint());
  const Entity leaf = w.Leaf("device", new_root);
  EXPECT_TRUE(Issued(crossed, leaf));
}

TEST(World, SameNameOtherKey) {
  World w;
  const Entity root = w.Root("Root");
  const Entity twin = w.Root("Root", {.key_label = "other"});
  EXPECT_EQ(root.subject(), twin.subject());
  EXPECT_NE(root.spki(), twin.spki());
  EXPECT_FALSE(Issued(twin, w.Leaf("device", root)));
}

TEST(World, KeysAndSeeds) {
  World w;
  EXPECT_EQ(World().Root("Root").bytes(), w.Root("Root").bytes());
  EXPECT_NE(World("other").Root("Root").spki(), w.Root("Root").spki());
  const Entity root = w.Root("Root", {.key = KeyKind::kP384});
  const Entity leaf = w.Leaf("device", root);
  EXPECT_TRUE(Issued(root, leaf));
  EXPECT_EQ(crypto::KeyTypeName(root.spki()), "P-384");
  EXPECT_EQ(crypto::KeyTypeName(leaf.spki()), "P-256");
}

TEST(World, SubjectFollowsTheEdit) {
  World w;
  const Entity root = w.Root("x", [](CertificateTemplate& t) {
    t.subject = {{"2.5.4.10", "Acme"}, {"2.5.4.3", "Root"}};
  });
  EXPECT_TRUE(Issued(root, w.Leaf("device", root)));
  EXPECT_EQ(DisplayName(root.subject()), "O=Acme, CN=Root");
}

TEST(World, SelfSignedLeafIsNoCa) {
  World w;
  const Entity leaf = w.SelfSignedLeaf("device");
  EXPECT_FALSE(leaf.view().is_ca());
  EXPECT_TRUE(leaf.view().IsSelfIssued());
  EXPECT_TRUE(Issued(leaf, leaf));
}

TEST(World, DamagedCertificates) {
  World w;
  const Entity root = w.Root("Root");
  const Entity leaf = w.Leaf("device", root);
  const Entity flipped = w.WithDer(leaf, FlipSignatureBit(leaf.der()));
  EXPECT_FALSE(Issued(root, flipped));
  EXPECT_EQ(flipped.view().serial().size(), leaf.view().serial().size());
  Bytes cut = leaf.bytes();
  cut.pop_back();
  EXPECT_THROW(w.WithDer(leaf, cut).view(), std::runtime_error);
  EXPECT_THROW(w.WithDer(leaf, cut).certificate(), std::runtime_error);
}

TEST(World, ImpossibleTemplatesThrow) {
  World w;
  EXPECT_THROW(w.Root("Root", [](CertificateTemplate& t) { t.hash = "CRC-32"; }),
               std::runtime_error);
}

TEST(World, PresentedBorrowsFromTheWorld) {
  World w;
  const Entity root = w.Root("Root");
  const PresentedChain chain = Presented(w.Leaf("device", root), {w.Intermediate("CA", root)});
  ASSERT_EQ(chain.untrusted().size(), 1u);
  // The handles are gone; the octets are not.
  EXPECT_TRUE(CertificateView::Parse(chain.leaf()));
  EXPECT_TRUE(CertificateView::Parse(chain.untrusted()[0]));
}

TEST(RegistryBuilder, CollectsWhatItIsTold) {
  World w;
  const Entity root = w.Root("Big Root");
  const Entity factory = w.Intermediate("Factory", root);
  const Entity leaf = w.Leaf("device", factory);
  const RegistryContents contents = RegistryBuilder("scope")
                                        .Verified(root)
                                        .SelfAttested(factory, "attested")
                                        .Unverified(factory)
                                        .Group("line-1", factory)
                                        .Group("line-2", factory, root, {.enabled = false})
                                        .GroupByName("line-3", "big-root", "factory")
                                        .Individual("device", leaf)
                                        .IndividualByName("other", "factory", {false})
                                        .Crl("big-root", w.Crl(root, {factory}))
                                        .Deny(leaf)
                                        .DenyByIssuerAndSerial(leaf)
                                        .Build();
  EXPECT_EQ(contents.service, "scope");
  EXPECT_EQ(contents.generation, 1u);
  ASSERT_EQ(contents.cas.size(), 3u);
  EXPECT_EQ(contents.cas[0].name, "big-root");
  EXPECT_EQ(contents.cas[0].status, CaStatus::kVerified);
  EXPECT_EQ(contents.cas[0].method, VerificationMethod::kProofOfPossession);
  EXPECT_EQ(contents.cas[1].name, "attested");
  EXPECT_EQ(contents.cas[1].method, VerificationMethod::kSelfAttested);
  EXPECT_EQ(contents.cas[2].status, CaStatus::kUnverified);
  EXPECT_FALSE(contents.cas[2].verified_at);
  ASSERT_EQ(contents.groups.size(), 3u);
  EXPECT_EQ(contents.groups[0].signing.primary, factory.bytes());
  EXPECT_FALSE(contents.groups[1].enabled);
  EXPECT_EQ(contents.groups[1].signing.secondary, root.bytes());
  EXPECT_EQ(contents.groups[2].signing.secondary_ca, "factory");
  ASSERT_EQ(contents.individuals.size(), 2u);
  EXPECT_EQ(contents.individuals[0].attestation.primary, leaf.bytes());
  EXPECT_FALSE(contents.individuals[1].enabled);
  ASSERT_EQ(contents.crls.size(), 1u);
  ASSERT_EQ(contents.denied.size(), 2u);
  EXPECT_EQ(contents.denied[0].fingerprint, leaf.fingerprint());
  EXPECT_EQ(contents.denied[1].issuer, factory.subject());
}

}  // namespace
}  // namespace muster::test
