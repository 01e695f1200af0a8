// The decision (sections 3 to 6 of the rules), case by case, through real certificates.
#include "muster/authenticator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/test_world.h"

namespace muster {
namespace {

using namespace std::chrono_literals;
using test::Entity;
using test::FlipSignatureBit;
using test::Presented;
using test::RegistryBuilder;
using test::World;

constexpr RegistryBuilder::Enabled kDisabled{false};

class AuthenticatorTest : public testing::Test {
 protected:
  Verdict Decide(const RegistryBuilder& registry, const PresentedChain& chain,
                 const AuthenticationOptions& options = {}) {
    const Authenticator authenticator(registry.Snapshot(), options);
    const Verdict verdict = authenticator.Authenticate(chain, w_.at());
    EXPECT_EQ(verdict.accepted(), verdict.reason == RejectReason::kNone);
    // The same question again, now from the cache, and as a batch: the same verdict.
    EXPECT_EQ(authenticator.Authenticate(chain, w_.at()), verdict);
    Verdict batch;
    authenticator.AuthenticateBatch({&chain, 1}, w_.at(), {&batch, 1});
    EXPECT_EQ(batch, verdict);
    // Describing the leaf changes nothing.
    Verdict beside;
    LeafDescription leaf;
    authenticator.AuthenticateBatch({&chain, 1}, w_.at(), {&beside, 1}, {&leaf, 1});
    EXPECT_EQ(beside, verdict);
    ExpectDescribes(leaf, chain);
    // And the full account says the same.
    const Explanation explanation = authenticator.Explain(chain, w_.at());
    EXPECT_EQ(explanation.verdict, verdict);
    EXPECT_EQ(explanation.remedies.empty(), verdict.accepted());
    return verdict;
  }
  RejectReason ReasonOf(const RegistryBuilder& registry, const PresentedChain& chain,
                        const AuthenticationOptions& options = {}) {
    return Decide(registry, chain, options).reason;
  }

  static void ExpectDescribes(const LeafDescription& leaf, const PresentedChain& chain) {
    const auto view = CertificateView::Parse(chain.leaf());
    ASSERT_EQ(leaf.readable, view.has_value() && !chain.too_long());
    EXPECT_EQ(leaf.fingerprint,
              leaf.readable ? Fingerprint::Of(chain.leaf()) : Fingerprint{});
    EXPECT_EQ(leaf.key_type, leaf.readable ? DisplayKeyType(view->spki()) : "");
    EXPECT_EQ(leaf.not_after, leaf.readable ? view->not_after() : UnixTime{});
  }

  World w_;
  Entity root_ = w_.Root("Root");
  Entity factory_ = w_.Intermediate("Factory", root_);
  Entity leaf_ = w_.Leaf("device-1", factory_);
};

TEST_F(AuthenticatorTest, ADefaultVerdictRejects) {
  EXPECT_FALSE(Verdict{}.accepted());
  EXPECT_EQ(Verdict{}.reason, RejectReason::kNotEvaluated);
}

TEST_F(AuthenticatorTest, AnUnverifiedGroupRollsUpToAVerifiedRoot) {
  const auto registry = RegistryBuilder().Verified(root_).Unverified(factory_).Group("line-1", factory_);
  const Verdict verdict = Decide(registry, Presented(leaf_, {factory_}));
  EXPECT_TRUE(verdict.accepted());
  EXPECT_EQ(verdict.chain_index, -1);
  EXPECT_EQ(verdict.anchor, root_.fingerprint());
  EXPECT_EQ(verdict.enrollment.kind, EnrollmentKind::kGroup);
  EXPECT_EQ(verdict.enrollment.id.view(), "line-1");
  EXPECT_EQ(verdict.registration_id.view(), "device-1");
  EXPECT_THAT(verdict.ca_path.view(),
              testing::ElementsAre(factory_.fingerprint(), root_.fingerprint()));
}

TEST_F(AuthenticatorTest, AVerifiedGroupIsItsOwnAnchorAndMayBeOmitted) {
  const auto registry = RegistryBuilder().Verified(factory_).Group("g", factory_);
  EXPECT_TRUE(Decide(registry, Presented(leaf_, {factory_})).accepted());
  const Verdict verdict = Decide(registry, Presented(leaf_));
  EXPECT_TRUE(verdict.accepted());
  EXPECT_EQ(verdict.anchor, factory_.fingerprint());
}

TEST_F(AuthenticatorTest, NothingVerifiedIsNotRolledUp) {
  const auto registry = RegistryBuilder().Unverified(root_).Unverified(factory_).Group("g", factory_);
  const Verdict verdict = Decide(registry, Presented(leaf_, {factory_, root_}));
  EXPECT_EQ(verdict.reason, RejectReason::kNotRolledUpToVerified);
  EXPECT_EQ(verdict.chain_index, 1);
  EXPECT_EQ(verdict.enrollment.id.view(), "g");
}

TEST_F(AuthenticatorTest, AVerifiedCaBelowTheGroupDoesNotHelp) {
  const Entity line = w_.Intermediate("Line", factory_);
  const Entity leaf = w_.Leaf("d", line);
  const auto registry =
      RegistryBuilder().Verified(line).Unverified(factory_).Unverified(root_).Group("g", factory_);
  EXPECT_NE(Decide(registry, Presented(leaf, {line, factory_, root_})).reason, RejectReason::kNone);
}

TEST_F(AuthenticatorTest, BuildingGoesOnAboveTheFirstVerifiedCa) {
  const Entity line = w_.Intermediate("Line", factory_);
  const Entity leaf = w_.Leaf("d", line);
  const auto registry = RegistryBuilder().Verified(line).Verified(root_).Group("g", factory_);
  const Verdict verdict = Decide(registry, Presented(leaf, {line, factory_}));
  EXPECT_TRUE(verdict.accepted());
  EXPECT_EQ(verdict.anchor, root_.fingerprint());
}

TEST_F(AuthenticatorTest, AnUnrelatedVerifiedCertificateInTheChainDoesNotHelp) {
  const Entity other = w_.Root("Other");
  const auto registry = RegistryBuilder().Verified(other).Unverified(factory_).Group("g", factory_);
  EXPECT_EQ(ReasonOf(registry, Presented(leaf_, {factory_, other})),
            RejectReason::kNotRolledUpToVerified);
}

TEST_F(AuthenticatorTest, NoEnrollment) {
  const auto registry = RegistryBuilder().Verified(root_);
  const Verdict verdict = Decide(registry, Presented(leaf_, {factory_}));
  EXPECT_EQ(verdict.reason, RejectReason::kNoEnrollment);
  EXPECT_EQ(verdict.enrollment.kind, EnrollmentKind::kNone);
  EXPECT_EQ(verdict.anchor, root_.fingerprint());
}

TEST_F(AuthenticatorTest, AnIntermediateRegisteredElsewhereIsNotRolledUp) {
  // Hijack: a sniffed intermediate, registered unverified in another service.
  const auto registry = RegistryBuilder("other").Unverified(factory_).Group("g", factory_);
  EXPECT_EQ(ReasonOf(registry, Presented(leaf_, {factory_})), RejectReason::kNotRolledUpToVerified);
}

TEST_F(AuthenticatorTest, SameNameAndKeyIdentifierOtherKeyDoesNotMatch) {
  const Entity lookalike = w_.Root("Root", {.key_label = "another", .edit = [&](auto& t) {
    t.subject_key_id = false;  // Set by hand to the true root's.
    const ByteView id = root_.view().subject_key_id();
    Bytes value{0x04, static_cast<std::uint8_t>(id.size())};
    value.insert(value.end(), id.begin(), id.end());
    t.extensions.push_back({.oid = "2.5.29.14", .value = value});
  }});
  const auto registry = RegistryBuilder().Verified(lookalike).Group("g", lookalike);
  const Verdict verdict = Decide(registry, Presented(leaf_, {factory_}));
  EXPECT_EQ(verdict.reason, RejectReason::kBadSignature);
  EXPECT_EQ(verdict.chain_index, 1);
}

TEST_F(AuthenticatorTest, DisabledGroups) {
  const auto below = RegistryBuilder()
                         .Verified(root_)
                         .Group("low", factory_, kDisabled)
                         .Group("high", root_);
  const Verdict verdict = Decide(below, Presented(leaf_, {factory_}));
  EXPECT_EQ(verdict.reason, RejectReason::kGroupDisabled);
  EXPECT_EQ(verdict.chain_index, 1);
  EXPECT_EQ(verdict.enrollment.id.view(), "low");

  const auto above = RegistryBuilder()
                         .Verified(root_)
                         .Group("low", factory_)
                         .Group("high", root_, kDisabled);
  EXPECT_TRUE(Decide(above, Presented(leaf_, {factory_})).accepted());
  EXPECT_EQ(ReasonOf(above, Presented(leaf_, {factory_}), {.any_disabled_blocks = true}),
            RejectReason::kDisabledEntryOnPath);
}

TEST_F(AuthenticatorTest, ACrossSignedTwinOfADisabledCaIsDisabledToo) {
  const Entity other = w_.Root("Other");
  const Entity cross = w_.CrossSigned(factory_, other);
  const auto registry = RegistryBuilder()
                            .Verified(root_)
                            .Verified(other)
                            .Group("off", factory_, kDisabled)
                            .Group("on", other);
  EXPECT_EQ(ReasonOf(registry, Presented(leaf_, {cross})), RejectReason::kGroupDisabled);
}

TEST_F(AuthenticatorTest, AnExplicitDisableOnAnyValidPathWins) {
  // Two paths: over Mid (disabled) to Root, and straight to Root by a cross-signed Line. Sending only
  // the second does not dodge the first: the service holds Mid's certificate and Line's original.
  const Entity mid = w_.Intermediate("Mid", root_);
  const Entity line = w_.Intermediate("Line", mid);
  const Entity shortcut = w_.CrossSigned(line, root_);
  const Entity leaf = w_.Leaf("d", line);
  const auto registry = RegistryBuilder()
                            .Verified(root_)
                            .Unverified(line)
                            .Group("off", mid, kDisabled)
                            .Group("on", root_);
  EXPECT_EQ(ReasonOf(registry, Presented(leaf, {shortcut})), RejectReason::kGroupDisabled);
  EXPECT_EQ(ReasonOf(registry, Presented(leaf, {shortcut, line, mid})),
            RejectReason::kGroupDisabled);
  const auto without = RegistryBuilder().Verified(root_).Group("on", root_);
  EXPECT_TRUE(Decide(without, Presented(leaf, {shortcut})).accepted());
}

TEST_F(AuthenticatorTest, LinksMustBePresentedUnlessTheRegistryMayFillThem) {
  const auto registry = RegistryBuilder().Verified(root_).Group("g", factory_);
  const Verdict verdict = Decide(registry, Presented(leaf_));
  EXPECT_EQ(verdict.reason, RejectReason::kLinkNotPresented);
  EXPECT_EQ(verdict.chain_index, 1);
  EXPECT_TRUE(Decide(registry, Presented(leaf_), {.links = LinkSource::kRegistry}).accepted());
}

TEST_F(AuthenticatorTest, MissingIssuers) {
  const auto registry = RegistryBuilder().Verified(root_).Group("g", root_);
  const Verdict unknown = Decide(registry, Presented(leaf_));
  EXPECT_EQ(unknown.reason, RejectReason::kIssuerNotFound);
  EXPECT_EQ(unknown.chain_index, 0);
  const Entity stray = w_.Root("Stray");
  const Verdict unverified = Decide(registry, Presented(w_.Leaf("d", stray), {stray}));
  EXPECT_EQ(unverified.reason, RejectReason::kNoVerifiedCa);
  EXPECT_EQ(unverified.chain_index, 1);
}

TEST_F(AuthenticatorTest, BadSignatureOnTheLeaf) {
  const auto registry = RegistryBuilder().Verified(root_).Group("g", factory_);
  const Entity forged = w_.WithDer(leaf_, FlipSignatureBit(leaf_.der()));
  const Verdict verdict = Decide(registry, Presented(forged, {factory_}));
  EXPECT_EQ(verdict.reason, RejectReason::kBadSignature);
  EXPECT_EQ(verdict.chain_index, 0);
}

TEST_F(AuthenticatorTest, ExpiredAnywhereOnThePath) {
  const auto expire = [&](CertificateTemplate& t) { t.not_after = w_.at() - 1s; };
  const auto not_yet = [&](CertificateTemplate& t) { t.not_before = w_.at() + 1s; };
  const auto with = [&](const Entity& root, const Entity& factory, const Entity& leaf) {
    return Decide(RegistryBuilder().Verified(root).Group("g", factory), Presented(leaf, {factory}));
  };
  Verdict verdict = with(root_, factory_, w_.Leaf("d", factory_, expire));
  EXPECT_EQ(verdict.reason, RejectReason::kExpired);
  EXPECT_EQ(verdict.chain_index, 0);
  const Entity old_factory = w_.Intermediate("Factory", root_, expire);
  verdict = with(root_, old_factory, w_.Leaf("d", old_factory));
  EXPECT_EQ(verdict.reason, RejectReason::kExpired);
  EXPECT_EQ(verdict.chain_index, 1);
  const Entity old_root = w_.Root("Root", expire);
  verdict = with(old_root, factory_, leaf_);
  EXPECT_EQ(verdict.reason, RejectReason::kExpired);
  EXPECT_EQ(verdict.chain_index, 2);
  verdict = with(root_, factory_, w_.Leaf("d", factory_, not_yet));
  EXPECT_EQ(verdict.reason, RejectReason::kNotYetValid);
  EXPECT_EQ(verdict.chain_index, 0);
}

// Of many paths that fail only some are kept: the one that is reported is among them.
TEST_F(AuthenticatorTest, TheReasonOfHighestRankIsReportedWhereManyPathsFail) {
  std::vector<Entity> renewed;
  for (std::uint8_t i = 0; i < 6; ++i) {
    renewed.push_back(w_.Intermediate("Factory", root_, [&](CertificateTemplate& t) {
      t.serial = {0x01, i};
      if (i == 0) {
        t.not_after = w_.at() - 1s;
      } else {
        t.key_usage = kCrlSign;
      }
    }));
  }
  ASSERT_GT(InfoOf(RejectReason::kExpired).rank, InfoOf(RejectReason::kMissingKeyCertSign).rank);
  const auto registry = RegistryBuilder().Verified(root_).Group("g", root_);
  for (std::size_t turn = 0; turn < renewed.size(); ++turn) {
    const Verdict verdict = Decide(registry, Presented(leaf_, renewed));
    EXPECT_EQ(verdict.reason, RejectReason::kExpired) << turn;
    EXPECT_EQ(verdict.chain_index, 1) << turn;
    std::rotate(renewed.begin(), renewed.begin() + 1, renewed.end());
  }
  EXPECT_TRUE(Decide(registry, Presented(leaf_, {factory_})).accepted());
}

TEST_F(AuthenticatorTest, TimeIsAnArgumentAndTheCacheRespectsIt) {
  const Entity soon = w_.Intermediate("Soon", root_, [&](CertificateTemplate& t) {
    t.not_after = w_.at() + 10s;
  });
  const Entity leaf = w_.Leaf("d", soon);
  const Authenticator authenticator(RegistryBuilder().Verified(root_).Group("g", soon).Snapshot());
  const auto reason_at = [&](UnixTime at) {
    return authenticator.Authenticate(Presented(leaf, {soon}), at).reason;
  };
  EXPECT_EQ(reason_at(w_.at()), RejectReason::kNone);
  EXPECT_EQ(reason_at(w_.at() + 10s), RejectReason::kNone);
  EXPECT_EQ(reason_at(w_.at() + 11s), RejectReason::kExpired);
  EXPECT_EQ(reason_at(w_.at()), RejectReason::kNone);
}

TEST_F(AuthenticatorTest, LeafUsedAsCa) {
  const Entity device = w_.Leaf("device", factory_);
  const Entity below = w_.Leaf("below", device);
  const Verdict verdict = Decide(RegistryBuilder().Verified(root_).Group("g", factory_),
                                 Presented(below, {device, factory_}));
  EXPECT_EQ(verdict.reason, RejectReason::kNotACa);
  EXPECT_EQ(verdict.chain_index, 1);
}

TEST_F(AuthenticatorTest, PathLenOverrun) {
  const Entity tight = w_.Intermediate("Tight", root_, {.path_len = 0});
  const Entity below = w_.Intermediate("Below", tight);
  const Verdict verdict = Decide(RegistryBuilder().Verified(root_).Group("g", tight),
                                 Presented(w_.Leaf("d", below), {below, tight}));
  EXPECT_EQ(verdict.reason, RejectReason::kPathLenExceeded);
}

TEST_F(AuthenticatorTest, CaWithoutKeyCertSign) {
  const Entity mute = w_.Intermediate("Mute", root_, [](CertificateTemplate& t) {
    t.key_usage = kDigitalSignature;
  });
  const Verdict verdict = Decide(RegistryBuilder().Verified(root_).Group("g", mute),
                                 Presented(w_.Leaf("d", mute), {mute}));
  EXPECT_EQ(verdict.reason, RejectReason::kMissingKeyCertSign);
  EXPECT_EQ(verdict.chain_index, 1);
}

TEST_F(AuthenticatorTest, LeafProfiles) {
  const auto registry = RegistryBuilder().Verified(root_).Group("g", factory_);
  const AuthenticationOptions dps{.leaf_profile = LeafProfile::kDpsCompat};
  const Entity v1 = w_.Leaf("d1", factory_, [](auto& t) { t.version = 1; });
  EXPECT_EQ(ReasonOf(registry, Presented(v1, {factory_})), RejectReason::kLeafVersion);
  EXPECT_EQ(ReasonOf(registry, Presented(v1, {factory_}), dps), RejectReason::kNone);
  const Entity server =
      w_.Leaf("d2", factory_, [](auto& t) { t.extended_key_usage = {"1.3.6.1.5.5.7.3.1"}; });
  EXPECT_EQ(ReasonOf(registry, Presented(server, {factory_})),
            RejectReason::kLeafExtendedKeyUsage);
  EXPECT_EQ(ReasonOf(registry, Presented(server, {factory_}), dps), RejectReason::kNone);
  const Entity ca = w_.Intermediate("d3", factory_);
  EXPECT_EQ(ReasonOf(registry, Presented(ca, {factory_})), RejectReason::kLeafIsCa);
  EXPECT_EQ(ReasonOf(registry, Presented(ca, {factory_}), dps), RejectReason::kLeafIsCa);
  const Entity encipher =
      w_.Leaf("d4", factory_, [](auto& t) { t.key_usage = kKeyEncipherment; });
  EXPECT_EQ(ReasonOf(registry, Presented(encipher, {factory_})), RejectReason::kLeafKeyUsage);
}

TEST_F(AuthenticatorTest, RegistrationIds) {
  const auto registry = RegistryBuilder().Verified(root_).Group("g", factory_);
  const auto with_cn = [&](const std::string& cn) {
    return Decide(registry, Presented(w_.Leaf(cn, factory_), {factory_}));
  };
  EXPECT_EQ(with_cn("Device.A_b:c-1").registration_id.view(), "device.a_b:c-1");
  const std::vector<std::string> malformed = {
      "dot.",   "sp ace", "slash/", std::string("nul\0x", 5), "\xc3\xbcmlaut", std::string(129, 'a'),
      "colon:", "under_"};
  for (const std::string& cn : malformed) {
    EXPECT_EQ(with_cn(cn).reason, RejectReason::kMalformedRegistrationId) << cn;
  }
  EXPECT_TRUE(with_cn(std::string(128, 'a')).accepted());
  const Entity two = w_.Leaf("d", factory_, [](auto& t) {
    t.subject = {{.oid = "2.5.4.3", .value = "a"}, {.oid = "2.5.4.3", .value = "b"}};
  });
  EXPECT_EQ(ReasonOf(registry, Presented(two, {factory_})),
            RejectReason::kMalformedRegistrationId);
  const Entity none = w_.Leaf("d", factory_, [](auto& t) {
    t.subject = {{.oid = "2.5.4.10", .value = "only an organization"}};
  });
  EXPECT_EQ(ReasonOf(registry, Presented(none, {factory_})),
            RejectReason::kMalformedRegistrationId);
  for (const auto kind : {NameAttribute::StringKind::kT61, NameAttribute::StringKind::kBmp}) {
    const Entity odd = w_.Leaf("d", factory_, [&](auto& t) {
      t.subject = {{.oid = "2.5.4.3", .value = "ab", .kind = kind}};
    });
    EXPECT_EQ(ReasonOf(registry, Presented(odd, {factory_})),
              RejectReason::kMalformedRegistrationId);
  }
}

TEST_F(AuthenticatorTest, DenyList) {
  const auto chain = Presented(leaf_, {factory_});
  const auto base = RegistryBuilder().Verified(root_).Group("g", factory_);
  auto by_fingerprint = base;
  EXPECT_EQ(ReasonOf(by_fingerprint.Deny(leaf_), chain), RejectReason::kDenied);
  auto by_serial = base;
  EXPECT_EQ(ReasonOf(by_serial.DenyByIssuerAndSerial(leaf_), chain), RejectReason::kDenied);
  auto another = base;
  another.Deny(w_.Leaf("device-2", factory_));
  EXPECT_TRUE(Decide(another.DenyByIssuerAndSerial(w_.Leaf("device-3", factory_)), chain)
                  .accepted());
}

TEST_F(AuthenticatorTest, AnIndividualPinsItsLeaf) {
  // No chain, no roll-up: a leaf that nothing else vouches for will do.
  const Entity self_signed = w_.SelfSignedLeaf("gadget");
  const auto registry = RegistryBuilder().Individual("gadget", self_signed);
  const Verdict verdict = Decide(registry, Presented(self_signed));
  EXPECT_TRUE(verdict.accepted());
  EXPECT_EQ(verdict.enrollment.kind, EnrollmentKind::kIndividual);
  EXPECT_EQ(verdict.enrollment.id.view(), "gadget");

  const auto disabled = RegistryBuilder().Individual("gadget", self_signed, kDisabled);
  EXPECT_EQ(ReasonOf(disabled, Presented(self_signed)), RejectReason::kIndividualDisabled);
  auto denied = registry;
  EXPECT_EQ(ReasonOf(denied.Deny(self_signed), Presented(self_signed)), RejectReason::kDenied);
  const Entity expired =
      w_.SelfSignedLeaf("gadget", {.edit = [&](auto& t) { t.not_after = w_.at() - 1s; }});
  EXPECT_EQ(ReasonOf(RegistryBuilder().Individual("gadget", expired), Presented(expired)),
            RejectReason::kExpired);
}

TEST_F(AuthenticatorTest, AnIndividualOutranksItsGroup) {
  const Entity impostor = w_.Leaf("device-1", factory_, {.key_label = "other key"});
  const auto pinned = RegistryBuilder().Verified(root_).Group("g", factory_).Individual("DEVICE-1", leaf_);
  EXPECT_EQ(Decide(pinned, Presented(leaf_, {factory_})).enrollment.kind,
            EnrollmentKind::kIndividual);
  EXPECT_EQ(ReasonOf(pinned, Presented(impostor, {factory_})), RejectReason::kIndividualMismatch);
  // A disabled one blocks by registration ID alone, whatever the certificate.
  const auto disabled = RegistryBuilder()
                            .Verified(root_)
                            .Group("g", factory_)
                            .IndividualByName("device-1", "root", kDisabled);
  EXPECT_EQ(ReasonOf(disabled, Presented(impostor, {factory_})),
            RejectReason::kIndividualDisabled);
  EXPECT_EQ(ReasonOf(disabled, Presented(impostor)), RejectReason::kIndividualDisabled);
}

TEST_F(AuthenticatorTest, AnIndividualMayNameCas) {
  const auto registry = RegistryBuilder().Verified(root_).Unverified(factory_).IndividualByName(
      "device-1", "factory");
  EXPECT_TRUE(Decide(registry, Presented(leaf_, {factory_})).accepted());
  const Entity elsewhere = w_.Root("Elsewhere");
  const auto other = RegistryBuilder().Verified(root_).Verified(elsewhere).IndividualByName(
      "device-1", "elsewhere");
  EXPECT_EQ(ReasonOf(other, Presented(leaf_, {factory_})), RejectReason::kIndividualMismatch);
}

// The disabled group lies on another valid path than the individual's CA.
TEST_F(AuthenticatorTest, AnyDisabledBlocksOnEveryPathOfAnIndividual) {
  const Entity elsewhere = w_.Root("Elsewhere"), cross = w_.CrossSigned(factory_, elsewhere);
  const auto registry = RegistryBuilder()
                            .Verified(root_)
                            .Verified(elsewhere)
                            .IndividualByName("device-1", "root")
                            .Group("off", elsewhere, {false});
  const auto chain = Presented(leaf_, {factory_, cross});
  EXPECT_EQ(ReasonOf(registry, chain), RejectReason::kNone);
  EXPECT_EQ(ReasonOf(registry, chain, {.any_disabled_blocks = true}),
            RejectReason::kDisabledEntryOnPath);
}

TEST_F(AuthenticatorTest, RevokedByItsCasCrl) {
  auto registry = RegistryBuilder().Verified(root_).Unverified(factory_).Group("g", factory_);
  registry.Crl("factory", w_.Crl(factory_, {leaf_}));
  const Verdict verdict = Decide(registry, Presented(leaf_, {factory_}));
  EXPECT_EQ(verdict.reason, RejectReason::kRevoked);
  EXPECT_EQ(verdict.chain_index, 0);
  EXPECT_TRUE(Decide(registry, Presented(w_.Leaf("device-2", factory_), {factory_})).accepted());
}

TEST_F(AuthenticatorTest, RevokedIntermediate) {
  auto registry = RegistryBuilder().Verified(root_).Unverified(factory_).Group("g", factory_);
  registry.Crl("root", w_.Crl(root_, {factory_}));
  const Verdict verdict = Decide(registry, Presented(leaf_, {factory_}));
  EXPECT_EQ(verdict.reason, RejectReason::kRevoked);
  EXPECT_EQ(verdict.chain_index, 1);
}

TEST_F(AuthenticatorTest, CrlsMayBeRequired) {
  const AuthenticationOptions require{.require_crl = true};
  auto registry = RegistryBuilder().Verified(root_).Unverified(factory_).Group("g", factory_);
  EXPECT_EQ(ReasonOf(registry, Presented(leaf_, {factory_}), require),
            RejectReason::kRevocationUnknown);
  registry.Crl("root", w_.Crl(root_, {})).Crl("factory", w_.Crl(factory_, {}));
  EXPECT_EQ(ReasonOf(registry, Presented(leaf_, {factory_}), require), RejectReason::kNone);
}

TEST_F(AuthenticatorTest, MalformedInput) {
  const auto registry = RegistryBuilder().Verified(root_).Group("g", factory_);
  EXPECT_EQ(ReasonOf(registry, PresentedChain()), RejectReason::kChainEmpty);
  PresentedChain too_long(leaf_.der());
  for (std::size_t i = 0; i <= kUntrustedMax; ++i) too_long.AddUntrusted(factory_.der());
  EXPECT_EQ(ReasonOf(registry, too_long), RejectReason::kChainTooLong);
  PresentedChain longest(leaf_.der());
  for (std::size_t i = 0; i < kUntrustedMax; ++i) longest.AddUntrusted(factory_.der());
  EXPECT_TRUE(Decide(registry, longest).accepted());

  Bytes truncated(leaf_.bytes().begin(), leaf_.bytes().end() - 1);
  EXPECT_EQ(ReasonOf(registry, PresentedChain(truncated)), RejectReason::kMalformedCertificate);
  Bytes trailing = leaf_.bytes();
  trailing.push_back(0);
  EXPECT_EQ(ReasonOf(registry, PresentedChain(trailing)), RejectReason::kTrailingData);
  PresentedChain bad_second(leaf_.der());
  bad_second.AddUntrusted(factory_.der());
  bad_second.AddUntrusted(truncated);
  const Verdict verdict = Decide(registry, bad_second);
  EXPECT_EQ(verdict.reason, RejectReason::kMalformedCertificate);
  EXPECT_EQ(verdict.chain_index, 2);
}

TEST_F(AuthenticatorTest, AMeshIsRejectedAtTheBudget) {
  std::vector<Entity> roots, mesh;
  for (int i = 0; i < 4; ++i) roots.push_back(w_.Root("R" + std::to_string(i)));
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t j = 0; j < 4; ++j) {
      if (i != j && mesh.size() < kUntrustedMax) mesh.push_back(w_.CrossSigned(roots[i], roots[j]));
    }
  }
  const auto registry = RegistryBuilder().Verified(root_).Group("g", root_);
  AuthenticationOptions options;
  options.budget.signatures_max = 3;
  EXPECT_EQ(ReasonOf(registry, Presented(w_.Leaf("d", roots[0]), mesh), options),
            RejectReason::kBudgetExhausted);
}

// A search that was cut short may have missed a disabled entry: it never accepts.
TEST_F(AuthenticatorTest, AnIncompleteSearchDoesNotAccept) {
  const auto registry = RegistryBuilder().Verified(root_).Group("g", factory_);
  AuthenticationOptions options;
  options.budget.path_steps_max = 2;
  EXPECT_TRUE(Decide(registry, Presented(leaf_, {factory_}), options).accepted());
  const Entity cross = w_.CrossSigned(factory_, w_.Root("Other"));
  EXPECT_EQ(ReasonOf(registry, Presented(leaf_, {factory_, cross}), options),
            RejectReason::kBudgetExhausted);
}

TEST_F(AuthenticatorTest, CaSignaturesAreCheckedOncePerPathAndLeavesOncePerDevice) {
  const Authenticator authenticator(
      RegistryBuilder().Verified(root_).Group("g", factory_).Snapshot());
  constexpr int kDevices = 20;
  for (int i = 0; i < kDevices; ++i) {
    const Entity leaf = w_.Leaf("d" + std::to_string(i), factory_);
    ASSERT_TRUE(authenticator.Authenticate(Presented(leaf, {factory_}), w_.at()).accepted());
  }
  const AuthenticatorCounters counters = authenticator.counters();
  EXPECT_EQ(counters.chains, 20u);
  EXPECT_EQ(counters.leaf_signatures, 20u);
  EXPECT_EQ(counters.ca_signatures, 1u);
  EXPECT_EQ(counters.ca_paths_compiled, 1u);
}

TEST_F(AuthenticatorTest, SwapTakesEffectAndNamesItsGeneration) {
  RegistryContents before = RegistryBuilder().Verified(root_).Group("g", factory_).Build();
  before.generation = 5;
  RegistryContents after = RegistryBuilder().Unverified(root_).Group("g", factory_).Build();
  after.generation = 6;
  Authenticator authenticator(test::Must(RegistrySnapshot::Compile(before)));
  Verdict verdict = authenticator.Authenticate(Presented(leaf_, {factory_}), w_.at());
  EXPECT_TRUE(verdict.accepted());
  EXPECT_EQ(verdict.generation, 5u);
  authenticator.Swap(test::Must(RegistrySnapshot::Compile(after)));
  verdict = authenticator.Authenticate(Presented(leaf_, {factory_}), w_.at());
  EXPECT_EQ(verdict.reason, RejectReason::kNotRolledUpToVerified);
  EXPECT_EQ(verdict.generation, 6u);
}

TEST_F(AuthenticatorTest, ABatchDescribesEveryLeaf) {
  const Entity other = w_.Leaf("device-2", factory_, {.key = KeyKind::kRsa2048});
  const Bytes garbage = {0x30, 0x03, 0x02, 0x01};
  PresentedChain too_long(leaf_.der());
  for (std::size_t i = 0; i <= kUntrustedMax; ++i) too_long.AddUntrusted(factory_.der());
  const std::vector<PresentedChain> chains = {Presented(leaf_, {factory_}), PresentedChain(garbage),
                                              Presented(other), too_long, PresentedChain(),
                                              Presented(leaf_)};
  // What was there before must not shine through.
  std::vector<LeafDescription> leaves(chains.size() + 1,
                                      {true, w_.at(), root_.fingerprint(), "what was here"});
  std::vector<Verdict> verdicts(chains.size());
  const Authenticator authenticator(
      RegistryBuilder().Verified(root_).Group("line-1", factory_).Deny(other).Snapshot());
  authenticator.AuthenticateBatch(chains, w_.at(), verdicts, leaves);
  for (std::size_t i = 0; i < chains.size(); ++i) ExpectDescribes(leaves[i], chains[i]);
  EXPECT_EQ(leaves.back().key_type, "what was here");
}

TEST_F(AuthenticatorTest, ABatchFillsOnlyTheVerdictsItHas) {
  const Authenticator authenticator(
      RegistryBuilder().Verified(root_).Group("g", factory_).Snapshot());
  const std::vector<PresentedChain> chains(3, Presented(leaf_, {factory_}));
  std::vector<Verdict> verdicts(2);
  authenticator.AuthenticateBatch(chains, w_.at(), verdicts);
  EXPECT_TRUE(verdicts[0].accepted() && verdicts[1].accepted());
  std::vector<Verdict> more(5);
  authenticator.AuthenticateBatch(chains, w_.at(), more);
  EXPECT_TRUE(more[2].accepted());
  EXPECT_EQ(more[3], Verdict{});
}

}  // namespace
}  // namespace muster
