#include "engine/path/revocation.h"

#include <gmock/gmock.h>

#include "tests/unit/path/path_fixture.h"

namespace muster::path {
namespace {

using std::chrono::days;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Finding kRevokedLeaf{RejectReason::kRevoked, 0};
const Finding kRevokedCa{RejectReason::kRevoked, 1};
const Finding kUnknownLeaf{RejectReason::kRevocationUnknown, 0};
const Finding kUnknownCa{RejectReason::kRevocationUnknown, 1};

class RevocationTest : public PathTest {
 protected:
  RevocationTest() { options_.require_crl = true; }

  static Bytes SerialOf(const Entity& entity) {
    const ByteView serial = entity.view().serial();
    return {serial.begin(), serial.end()};
  }
  // The root's CRL with nothing on it, and these.
  void SetCrls(std::vector<Bytes> crls) {
    crls_ = std::move(crls);
    crls_.push_back(w_.Crl(root_, {}));
  }
  Finding ValidateLeaf(const Entity& leaf) { return Validate({leaf, factory_, root_}); }
  Finding ValidateLeaf() { return ValidateLeaf(leaf_); }

  using CrlEdit = std::function<void(CrlTemplate&)>;
  static CrlEdit WithExtension(RawExtension extension) {
    return [extension](CrlTemplate& t) { t.extensions.push_back(extension); };
  }
  CrlEdit Stale() const {
    return [at = w_.at()](CrlTemplate& t) { t.next_update = at - seconds(1); };
  }

  Entity root_ = w_.Root("Root");
  Entity factory_ = w_.Intermediate("Factory", root_);
  Entity leaf_ = w_.Leaf("device-1", factory_);
  Entity other_ = w_.Leaf("device-2", factory_);
};

// --- Complete CRLs -------------------------------------------------------------------------------

TEST_F(RevocationTest, GoodWhereCrlsInDateListNothing) {
  SetCrls({w_.Crl(factory_, {other_})});
  EXPECT_EQ(ValidateLeaf(), kGoodPath);
  EXPECT_EQ(ValidateLeaf(other_), kRevokedLeaf);
  EXPECT_EQ(detail_, "reason unspecified, CRL of CN=Factory");
}

TEST_F(RevocationTest, CasAreAskedForToo) {
  crls_ = {w_.Crl(root_, {factory_}), w_.Crl(factory_, {})};
  EXPECT_EQ(ValidateLeaf(), kRevokedCa);
}

TEST_F(RevocationTest, TheAnchorIsNot) {
  SetCrls({w_.Crl(factory_, {})});
  crls_.push_back(w_.Crl(root_, {root_}));
  EXPECT_EQ(ValidateLeaf(), kGoodPath);
}

TEST_F(RevocationTest, WithoutCrlsTheStatusIsUnknown) {
  EXPECT_EQ(ValidateLeaf(), kUnknownCa);
  EXPECT_EQ(detail_, "no CRL of the issuer");
  SetCrls({});
  EXPECT_EQ(ValidateLeaf(), kUnknownLeaf);
  options_.require_crl = false;
  crls_.clear();
  EXPECT_EQ(ValidateLeaf(), kGoodPath);
}

TEST_F(RevocationTest, AStaleCrlProvesNothingGoodButStillRevokes) {
  SetCrls({w_.Crl(factory_, {other_}, Stale())});
  EXPECT_EQ(ValidateLeaf(), kUnknownLeaf);
  EXPECT_THAT(detail_, HasSubstr("stale: CRL of CN=Factory, nextUpdate 2026-06-15T11:59:59Z"));
  EXPECT_EQ(ValidateLeaf(other_), kRevokedLeaf);
  options_.require_crl = false;
  EXPECT_EQ(ValidateLeaf(), kGoodPath);
  ASSERT_EQ(notes_.size(), 1u);
  EXPECT_EQ(notes_.front().reason, RejectReason::kRevocationUnknown);
  EXPECT_THAT(notes_.front().detail, HasSubstr("CRL of CN=Factory"));
  EXPECT_EQ(ValidateLeaf(other_), kRevokedLeaf);
}

TEST_F(RevocationTest, StaleCrlsAboutCasAreNotedToo) {
  options_.require_crl = false;
  crls_ = {w_.Crl(root_, {}, Stale())};
  EXPECT_EQ(ValidateLeaf(), kGoodPath);
  ASSERT_EQ(notes_.size(), 1u);
  EXPECT_EQ(notes_.front().chain_index, 1);
}

TEST_F(RevocationTest, BothEndsOfACrlBelongToIt) {
  SetCrls({w_.Crl(factory_, {}, [&](CrlTemplate& t) {
    t.this_update = w_.at();
    t.next_update = w_.at() + seconds(5);
  })});
  EXPECT_EQ(ValidateLeaf(), kGoodPath);
  EXPECT_EQ(Validate({leaf_, factory_, root_}, w_.at() + seconds(5)), kGoodPath);
  EXPECT_EQ(Validate({leaf_, factory_, root_}, w_.at() + seconds(6)), kUnknownLeaf);
  EXPECT_EQ(Validate({leaf_, factory_, root_}, w_.at() - seconds(1)), kUnknownLeaf);
}

TEST_F(RevocationTest, ACrlOfTheFutureSaysNothing) {
  options_.require_crl = false;
  SetCrls({w_.Crl(factory_, {leaf_}, [&](CrlTemplate& t) { t.this_update = w_.at() + days(1); })});
  EXPECT_EQ(ValidateLeaf(), kGoodPath);
  EXPECT_EQ(stable_.until, w_.at() + days(1) - seconds(1));
}

TEST_F(RevocationTest, WithoutNextUpdateACrlIsInDate) {
  SetCrls({w_.Crl(factory_, {other_}, [](CrlTemplate& t) { t.next_update.reset(); })});
  EXPECT_EQ(ValidateLeaf(), kGoodPath);
}

TEST_F(RevocationTest, TheNewestOfASeriesCounts) {
  const auto numbered = [&](std::uint64_t number, int age_days, bool revoked) {
    return w_.Crl(factory_, revoked ? std::vector{leaf_} : std::vector<Entity>{},
                  [&, number, age_days](CrlTemplate& t) {
                    t.number = number;
                    t.this_update = w_.at() - days(age_days);
                  });
  };
  SetCrls({numbered(1, 3, true), numbered(2, 2, false)});
  EXPECT_EQ(ValidateLeaf(), kGoodPath);  // Taken off the list.
  SetCrls({numbered(1, 3, false), numbered(2, 2, true)});
  EXPECT_EQ(ValidateLeaf(), kRevokedLeaf);
  // Number and date disagree: neither replaces the other.
  SetCrls({numbered(2, 3, true), numbered(1, 2, false)});
  EXPECT_EQ(ValidateLeaf(), kRevokedLeaf);
}

TEST_F(RevocationTest, AForgedNewerCrlDoesNotReplaceAnOlderOne) {
  Bytes forged = w_.Crl(factory_, {}, [](CrlTemplate& t) { t.number = 9; });
  forged.back() ^= 1;
  SetCrls({forged, w_.Crl(factory_, {leaf_}, [&](CrlTemplate& t) {
             t.this_update = w_.at() - days(5);
           })});
  EXPECT_EQ(ValidateLeaf(), kRevokedLeaf);
  SetCrls({forged});
  EXPECT_EQ(ValidateLeaf(), kUnknownLeaf);
}

// --- Who signs -----------------------------------------------------------------------------------

TEST_F(RevocationTest, TheIssuerNeedsCrlSign) {
  const Entity factory = w_.Intermediate(
      "No CRLs", root_, [](CertificateTemplate& t) { t.key_usage = kKeyCertSign; });
  const Entity leaf = w_.Leaf("d", factory);
  SetCrls({w_.Crl(factory, {leaf})});
  EXPECT_EQ(Validate({leaf, factory, root_}), kUnknownLeaf);
  const Entity any = w_.Intermediate("Any use", root_,
                                     [](CertificateTemplate& t) { t.key_usage = 0; });
  const Entity leaf_of_any = w_.Leaf("d", any);
  SetCrls({w_.Crl(any, {})});
  EXPECT_EQ(Validate({leaf_of_any, any, root_}), kGoodPath);
}

TEST_F(RevocationTest, AnotherCaOfTheSameNameDoesNotSpeakForThisOne) {
  options_.require_crl = false;
  const Entity namesake = w_.Intermediate("Factory", root_, {.key_label = "namesake"});
  crl_issuers_ = {factory_, namesake, root_};
  SetCrls({w_.Crl(namesake, {leaf_})});
  EXPECT_EQ(ValidateLeaf(), kGoodPath);
  options_.require_crl = true;
  EXPECT_EQ(ValidateLeaf(), kUnknownLeaf);
}

TEST_F(RevocationTest, ACrlSignerCertifiedByTheSameIssuerMay) {
  const Entity signer = w_.Intermediate(
      "Factory", root_, {.key_label = "crl key", .edit = [](CertificateTemplate& t) {
        t.is_ca = false;
        t.omit_basic_constraints = true;
        t.key_usage = kCrlSign;
      }});
  SetCrls({w_.Crl(signer, {other_})});
  EXPECT_EQ(ValidateLeaf(), kUnknownLeaf);  // The signer is not known.
  crl_issuers_ = {signer};
  EXPECT_EQ(ValidateLeaf(), kGoodPath);
  EXPECT_EQ(ValidateLeaf(other_), kRevokedLeaf);
  // A revoked signer may not.
  crls_.back() = w_.Crl(root_, {signer});
  EXPECT_EQ(ValidateLeaf(), kUnknownLeaf);
}

TEST_F(RevocationTest, ACrlSignerMustBeValidItself) {
  const auto signer_with = [&](const test::Edit& edit) {
    return w_.Intermediate("Factory", root_,
                           {.key_label = "crl key", .edit = [&](CertificateTemplate& t) {
                              t.is_ca = false;
                              t.omit_basic_constraints = true;
                              t.key_usage = kCrlSign;
                              edit(t);
                            }});
  };
  const std::vector<test::Edit> faulty = {
      [&](CertificateTemplate& t) { t.not_after = w_.at() - seconds(1); },
      [&](CertificateTemplate& t) { t.not_before = w_.at() + seconds(1); },
      [&](CertificateTemplate& t) { t.key_usage = kDigitalSignature; },
      [&](CertificateTemplate& t) { t.extensions.push_back({"1.2.3.4", true, {0x05, 0x00}}); },
  };
  for (const test::Edit& edit : faulty) {
    crl_issuers_ = {signer_with(edit)};
    SetCrls({w_.Crl(crl_issuers_.front(), {})});
    EXPECT_EQ(ValidateLeaf(), kUnknownLeaf);
  }
  const Entity good = signer_with([](CertificateTemplate&) {});
  crl_issuers_ = {w_.WithDer(good, test::FlipSignatureBit(good.der()))};
  SetCrls({w_.Crl(good, {})});
  EXPECT_EQ(ValidateLeaf(), kUnknownLeaf);
}

TEST_F(RevocationTest, TheValidityOfACrlSignerNarrowsTheWindow) {
  crl_issuers_ = {w_.Intermediate("Factory", root_,
                                  {.key_label = "crl key", .edit = [&](CertificateTemplate& t) {
                                     t.is_ca = false;
                                     t.omit_basic_constraints = true;
                                     t.key_usage = kCrlSign;
                                     t.not_after = w_.at() + seconds(7);
                                   }})};
  SetCrls({w_.Crl(crl_issuers_.front(), {})});
  EXPECT_EQ(ValidateLeaf(), kGoodPath);
  EXPECT_EQ(stable_.until, w_.at() + seconds(7));
  EXPECT_EQ(Validate({leaf_, factory_, root_}, w_.at() + seconds(8)), kUnknownLeaf);
}

TEST_F(RevocationTest, ACrlSignerUnderAnotherAnchorMayNot) {
  const Entity stranger = w_.Root("Stranger");
  const Entity signer = w_.Intermediate(
      "Factory", stranger,
      {.key_label = "crl key", .edit = [](CertificateTemplate& t) { t.key_usage = kCrlSign; }});
  crl_issuers_ = {signer, stranger};
  SetCrls({w_.Crl(signer, {})});
  EXPECT_EQ(ValidateLeaf(), kUnknownLeaf);
}

TEST_F(RevocationTest, KeyRolloverVouchesForTheNewKey) {
  // New with old: the CA's new key signs the CRL, its old one vouches for it.
  const Entity rolled = w_.Intermediate("Factory", factory_, {.key_label = "new key"});
  crl_issuers_ = {rolled};
  SetCrls({w_.Crl(rolled, {other_})});
  options_.require_crl = false;  // Nobody else says anything about `rolled`.
  EXPECT_EQ(ValidateLeaf(other_), kRevokedLeaf);
  EXPECT_EQ(ValidateLeaf(), kGoodPath);
  // The old key's own CRL about the new certificate counts first.
  crls_.push_back(w_.Crl(factory_, {rolled}, [&](CrlTemplate& t) {
    t.this_update = w_.at() - days(9);
  }));
  EXPECT_EQ(ValidateLeaf(other_), kGoodPath);
}

TEST_F(RevocationTest, ManySignersOfOneNameExhaustTheBudget) {
  options_.require_crl = false;
  for (int i = 0; i < 9; ++i) {
    crl_issuers_.push_back(
        w_.Intermediate("Factory", root_, {.key_label = "key " + std::to_string(i)}));
  }
  const Entity unknown = w_.Intermediate("Factory", root_, {.key_label = "unknown"});
  SetCrls({w_.Crl(unknown, {})});
  EXPECT_EQ(ValidateLeaf(), (Finding{RejectReason::kBudgetExhausted, 0}));
  crl_issuers_.pop_back();
  EXPECT_EQ(ValidateLeaf(), kGoodPath);
}

TEST_F(RevocationTest, AnExhaustedSignatureBudgetDoesNotHideACrl) {
  options_.require_crl = false;
  crl_issuers_ = {w_.Intermediate("Factory", root_,
                                  {.key_label = "crl key", .edit = [](CertificateTemplate& t) {
                                     t.is_ca = false;
                                     t.omit_basic_constraints = true;
                                     t.key_usage = kCrlSign;
                                   }})};
  SetCrls({w_.Crl(crl_issuers_.front(), {leaf_})});
  EXPECT_EQ(ValidateLeaf(), kRevokedLeaf);
  options_.budget.signatures_max = 1;  // The path's own link takes it.
  EXPECT_EQ(ValidateLeaf(), (Finding{RejectReason::kBudgetExhausted, 0}));
}

// --- Scope ---------------------------------------------------------------------------------------

TEST_F(RevocationTest, OnlyUserOrOnlyCaCertificates) {
  const Entity target_ca = w_.Intermediate("Target", factory_);
  rules_.refuse_ca = false;
  rules_.require_digital_signature = false;
  SetCrls({w_.Crl(factory_, {}, WithExtension(IssuingDistributionPoint({.only_user = true})))});
  EXPECT_EQ(ValidateLeaf(), kGoodPath);
  EXPECT_EQ(ValidateLeaf(target_ca), kUnknownLeaf);
  SetCrls({w_.Crl(factory_, {}, WithExtension(IssuingDistributionPoint({.only_ca = true})))});
  EXPECT_EQ(ValidateLeaf(), kUnknownLeaf);
  EXPECT_EQ(ValidateLeaf(target_ca), kGoodPath);
  SetCrls({w_.Crl(factory_, {leaf_}, WithExtension(IssuingDistributionPoint({.only_attribute = true})))});
  EXPECT_EQ(ValidateLeaf(), kUnknownLeaf);
}

TEST_F(RevocationTest, DistributionPointsMustMeet) {
  const Name here = Uri("http://crl.example/1"), there = Uri("http://crl.example/2");
  const Entity leaf = w_.Leaf("d", factory_, With(CrlDistributionPoints({{.full_name = {here}}})));
  const auto crl = [&](const Name& name) {
    return w_.Crl(factory_, {}, WithExtension(IssuingDistributionPoint({.full_name = {name}})));
  };
  SetCrls({crl(here)});
  EXPECT_EQ(ValidateLeaf(leaf), kGoodPath);
  EXPECT_EQ(ValidateLeaf(), kUnknownLeaf);  // It names no point.
  SetCrls({crl(there)});
  EXPECT_EQ(ValidateLeaf(leaf), kUnknownLeaf);
  // A CRL that names no point covers all of its issuer's.
  SetCrls({w_.Crl(factory_, {leaf})});
  EXPECT_EQ(ValidateLeaf(leaf), kRevokedLeaf);
}

TEST_F(RevocationTest, PointsRelativeToTheIssuerMeetFullNames) {
  // nameRelativeToCRLIssuer: CN=Point 1 below CN=Factory.
  const Bytes full = test::Must(EncodeName({{"2.5.4.3", "Factory"}, {"2.5.4.3", "Point 1"}}));
  const Bytes relative_name = test::Must(EncodeName({{"2.5.4.3", "Point 1"}}));
  der::DerReader name(relative_name), rdns;
  ByteView rdn;
  ASSERT_TRUE(name.Enter(der::kSequence, &rdns) && rdns.Read(der::kSet, &rdn));
  DerWriter point;
  point.Nest(der::kSequence, [&](DerWriter& p) {
    p.Nest(der::ContextConstructed(0),
           [&](DerWriter& n) { n.Add(der::ContextConstructed(1), rdn); });
  });
  const Entity leaf = w_.Leaf("d", factory_, With(Sequence("2.5.29.31", false, point.octets())));
  SetCrls({w_.Crl(factory_, {},
                  WithExtension(IssuingDistributionPoint({.full_name = {Directory(full)}})))});
  EXPECT_EQ(ValidateLeaf(leaf), kGoodPath);
  SetCrls({w_.Crl(factory_, {}, WithExtension(IssuingDistributionPoint(
                                    {.full_name = {Directory(relative_name)}})))});
  EXPECT_EQ(ValidateLeaf(leaf), kUnknownLeaf);
}

TEST_F(RevocationTest, ReasonsAddUp) {
  constexpr std::uint16_t kCompromise = 1 << 1 | 1 << 2;
  constexpr std::uint16_t kRest = x509::kAllReasons & ~kCompromise;
  const auto some = [&](std::uint16_t reasons, std::vector<Entity> revoked) {
    return w_.Crl(factory_, revoked,
                  WithExtension(IssuingDistributionPoint({.only_some_reasons = reasons})));
  };
  SetCrls({some(kCompromise, {})});
  EXPECT_EQ(ValidateLeaf(), kUnknownLeaf);
  SetCrls({some(kCompromise, {}), some(kRest, {})});
  EXPECT_EQ(ValidateLeaf(), kGoodPath);
  SetCrls({some(kCompromise, {}), some(kRest, {leaf_})});
  EXPECT_EQ(ValidateLeaf(), kRevokedLeaf);
  SetCrls({some(kCompromise, {leaf_})});
  EXPECT_EQ(ValidateLeaf(), kRevokedLeaf);
}

TEST_F(RevocationTest, ReasonsOfThePointLimitWhatACrlSays) {
  const Name here = Uri("http://crl.example/1");
  const auto leaf_for = [&](std::uint16_t reasons) {
    return w_.Leaf("d", factory_,
                   With(CrlDistributionPoints({{.full_name = {here}, .reasons = reasons}})));
  };
  SetCrls({w_.Crl(factory_, {}, WithExtension(IssuingDistributionPoint({.full_name = {here}})))});
  EXPECT_EQ(ValidateLeaf(leaf_for(x509::kAllReasons)), kGoodPath);
  EXPECT_EQ(ValidateLeaf(leaf_for(1 << 1)), kUnknownLeaf);
}

// --- Indirect CRLs -------------------------------------------------------------------------------

class IndirectCrlTest : public RevocationTest {
 protected:
  Entity issuer_ = w_.Intermediate("CRL Issuer", root_);
  // The leaf says who issues its CRL.
  Entity named_ = w_.Leaf("d", factory_, With(CrlDistributionPoints(
                                             {{.crl_issuer = {Directory(issuer_.subject())}}})));

  Bytes Indirect(bool indirect, const std::vector<std::pair<Entity, Entity>>& revoked_by_issuer) {
    return w_.Crl(issuer_, {}, [&](CrlTemplate& t) {
      t.extensions.push_back(IssuingDistributionPoint({.only_user = !indirect,
                                                       .indirect = indirect}));
      for (const auto& [revoked, issuer] : revoked_by_issuer) {
        t.revoked.push_back({SerialOf(revoked), w_.at() - days(2), std::nullopt,
                             {CertificateIssuer(issuer.subject())}});
      }
    });
  }
  void SetUp() override { crl_issuers_ = {issuer_}; }
};

TEST_F(IndirectCrlTest, CountsWhereTheCertificateNamesItsIssuer) {
  SetCrls({Indirect(true, {})});
  EXPECT_EQ(ValidateLeaf(named_), kGoodPath);
  EXPECT_EQ(ValidateLeaf(leaf_), kUnknownLeaf);
  SetCrls({Indirect(false, {})});
  EXPECT_EQ(ValidateLeaf(named_), kUnknownLeaf);
}

TEST_F(IndirectCrlTest, EntriesAreOfTheCertificatesIssuer) {
  SetCrls({Indirect(true, {{named_, factory_}})});
  EXPECT_EQ(ValidateLeaf(named_), kRevokedLeaf);
  SetCrls({Indirect(true, {{named_, root_}})});  // The same serial of another issuer.
  EXPECT_EQ(ValidateLeaf(named_), kGoodPath);
}

TEST_F(IndirectCrlTest, TheIssuerMustBeKnownAndValid) {
  SetCrls({Indirect(true, {})});
  crl_issuers_.clear();
  EXPECT_EQ(ValidateLeaf(named_), kUnknownLeaf);
  crl_issuers_ = {issuer_};
  crls_.back() = w_.Crl(root_, {issuer_});
  EXPECT_EQ(ValidateLeaf(named_), kUnknownLeaf);
}

TEST_F(IndirectCrlTest, AnIssuerBelowAnIntermediateNeedsACrlThereToo) {
  const Entity middle = w_.Intermediate("Middle", root_);
  const Entity issuer = w_.Intermediate("CRL Issuer", middle, {.key_label = "below"});
  crl_issuers_ = {middle, issuer};
  const Bytes crl = w_.Crl(issuer, {}, WithExtension(IssuingDistributionPoint({.indirect = true})));
  SetCrls({crl});
  EXPECT_EQ(ValidateLeaf(named_), kUnknownLeaf);  // Nobody knows whether `issuer` is good.
  SetCrls({crl, w_.Crl(middle, {})});
  EXPECT_EQ(ValidateLeaf(named_), kGoodPath);
  SetCrls({crl, w_.Crl(middle, {issuer})});
  EXPECT_EQ(ValidateLeaf(named_), kUnknownLeaf);
  SetCrls({crl, w_.Crl(middle, {})});
  crls_.back() = w_.Crl(root_, {middle});
  EXPECT_EQ(ValidateLeaf(named_), kUnknownLeaf);
}

// --- Deltas --------------------------------------------------------------------------------------

class DeltaCrlTest : public RevocationTest {
 protected:
  Bytes Complete(std::uint64_t number, const std::vector<Entity>& revoked,
                 const CrlEdit& edit = {}) {
    return w_.Crl(factory_, revoked, [&](CrlTemplate& t) {
      t.number = number;
      t.this_update = w_.at() - days(4);
      if (edit) edit(t);
    });
  }
  // `number` counts from `base`; each entry with a reason.
  Bytes Delta(std::uint64_t number, std::uint64_t base,
              const std::vector<std::pair<Entity, std::optional<int>>>& entries,
              const CrlEdit& edit = {}) {
    return w_.Crl(factory_, {}, [&](CrlTemplate& t) {
      t.number = number;
      t.extensions.push_back(DeltaCrlIndicator(base));
      for (const auto& [entity, reason] : entries) {
        t.revoked.push_back({SerialOf(entity), w_.at() - days(2), reason, {}});
      }
      if (edit) edit(t);
    });
  }
};

TEST_F(DeltaCrlTest, AddsToItsBase) {
  SetCrls({Complete(1, {}), Delta(2, 1, {{leaf_, 1}})});
  EXPECT_EQ(ValidateLeaf(), kRevokedLeaf);
  EXPECT_EQ(detail_, "reason keyCompromise, CRL of CN=Factory");
  EXPECT_EQ(ValidateLeaf(other_), kGoodPath);
}

TEST_F(DeltaCrlTest, TakesOffTheList) {
  SetCrls({Complete(1, {leaf_}), Delta(2, 1, {{leaf_, kRemoveFromCrl}})});
  EXPECT_EQ(ValidateLeaf(), kGoodPath);
  // A stale one does not, and neither does a complete CRL.
  SetCrls({Complete(1, {leaf_}), Delta(2, 1, {{leaf_, kRemoveFromCrl}}, Stale())});
  EXPECT_EQ(ValidateLeaf(), kRevokedLeaf);
  SetCrls({Complete(1, {}, [&](CrlTemplate& t) {
    t.revoked.push_back({SerialOf(leaf_), w_.at() - days(2), kRemoveFromCrl, {}});
  })});
  EXPECT_EQ(ValidateLeaf(), kRevokedLeaf);
}

TEST_F(DeltaCrlTest, WithoutItsBaseItCanOnlyRevoke) {
  SetCrls({Delta(2, 1, {{other_, 1}})});
  EXPECT_EQ(ValidateLeaf(), kUnknownLeaf);
  EXPECT_EQ(ValidateLeaf(other_), kRevokedLeaf);
  // The base is older than the delta's.
  SetCrls({Complete(1, {leaf_}), Delta(4, 3, {{other_, 1}, {leaf_, kRemoveFromCrl}})});
  EXPECT_EQ(ValidateLeaf(other_), kRevokedLeaf);
  EXPECT_EQ(ValidateLeaf(), kRevokedLeaf);
}

TEST_F(DeltaCrlTest, MakesAStaleBaseCurrent) {
  SetCrls({Complete(1, {other_}, Stale()), Delta(2, 1, {})});
  EXPECT_EQ(ValidateLeaf(), kGoodPath);
  EXPECT_EQ(ValidateLeaf(other_), kRevokedLeaf);
  SetCrls({Complete(1, {other_}, Stale()), Delta(2, 1, {}, Stale())});
  EXPECT_EQ(ValidateLeaf(), kUnknownLeaf);
}

TEST_F(DeltaCrlTest, ANewerCompleteCrlReplacesIt) {
  SetCrls({Delta(2, 1, {{leaf_, 6}}, [&](CrlTemplate& t) { t.this_update = w_.at() - days(3); }),
           Complete(3, {}, [&](CrlTemplate& t) { t.this_update = w_.at() - days(1); })});
  EXPECT_EQ(ValidateLeaf(), kGoodPath);
}

TEST_F(DeltaCrlTest, ANewerDeltaThatStartsLaterDoesNotHideAnOlderOne) {
  const auto aged = [&](int age) {
    return [&, age](CrlTemplate& t) { t.this_update = w_.at() - days(age); };
  };
  SetCrls({Complete(5, {}), Delta(6, 5, {{leaf_, 1}}, aged(3)), Delta(7, 6, {}, aged(2))});
  EXPECT_EQ(ValidateLeaf(), kRevokedLeaf);
  // From the same base, the newer one says all.
  SetCrls({Complete(5, {}), Delta(6, 5, {{leaf_, 6}}, aged(3)), Delta(7, 5, {}, aged(2))});
  EXPECT_EQ(ValidateLeaf(), kGoodPath);
}

TEST_F(DeltaCrlTest, BelongsToItsScopeOnly) {
  SetCrls({Complete(1, {}, WithExtension(IssuingDistributionPoint({.only_user = true}))),
           Delta(2, 1, {{leaf_, kRemoveFromCrl}})});
  EXPECT_EQ(ValidateLeaf(), kGoodPath);
  SetCrls({Complete(1, {leaf_}, WithExtension(IssuingDistributionPoint({.only_user = true}))),
           Delta(2, 1, {{leaf_, kRemoveFromCrl}})});
  EXPECT_EQ(ValidateLeaf(), kRevokedLeaf);
}

// --- The set -------------------------------------------------------------------------------------

TEST_F(RevocationTest, UnusableCrlsAreLeftOutAndReported) {
  const Bytes good = w_.Crl(factory_, {});
  Bytes cut = good;
  cut.pop_back();
  const Bytes unknown = w_.Crl(
      factory_, {leaf_}, WithExtension({"1.3.6.1.4.1.99999.1", true, {0x05, 0x00}}));
  const Bytes attributes = w_.Crl(
      factory_, {leaf_}, WithExtension(IssuingDistributionPoint({.only_attribute = true})));
  const Bytes unknown_entry = w_.Crl(factory_, {}, [&](CrlTemplate& t) {
    t.revoked.push_back({SerialOf(leaf_), w_.at() - days(2), std::nullopt,
                         {{"1.3.6.1.4.1.99999.1", true, {0x05, 0x00}}}});
  });
  std::vector<Fault> faults;
  const CrlSet set({good, cut, unknown, attributes, unknown_entry}, nullptr, &faults);
  EXPECT_FALSE(set.empty());
  ASSERT_EQ(faults.size(), 4u);
  EXPECT_THAT(faults[0].detail, HasSubstr("CRL 2 is not used: "));
  EXPECT_THAT(faults[1].detail, HasSubstr("CRL 3 is not used: a critical extension"));
  EXPECT_THAT(faults[2].detail, HasSubstr("CRL 4 is not used: it covers attribute"));
  EXPECT_THAT(faults[3].detail, HasSubstr("CRL 5 is not used: a critical extension"));
  SetCrls({unknown, unknown_entry});
  EXPECT_EQ(ValidateLeaf(), kUnknownLeaf);

  EXPECT_TRUE(CrlSet().empty());
  EXPECT_TRUE(CrlSet({cut}, nullptr, nullptr).empty());
}

TEST_F(RevocationTest, FindsEachOfManySerials) {
  std::vector<RevokedEntry> entries;
  for (std::uint32_t i = 1; i <= 5'000; ++i) {
    entries.push_back({{static_cast<std::uint8_t>(i >> 8 & 0x7f), static_cast<std::uint8_t>(i)},
                       w_.at() - days(1), static_cast<int>(i % 2 == 0 ? 1 : 4), {}});
    if (entries.back().serial[0] == 0) entries.back().serial[0] = 0x40;
  }
  const Bytes der = w_.Crl(factory_, {}, [&](CrlTemplate& t) { t.revoked = entries; });
  const auto crl = x509::CrlView::Parse(der);
  ASSERT_TRUE(crl);
  RevokedIndex index;
  ASSERT_TRUE(index.Build(*crl, "issuer"));
  for (const RevokedEntry& entry : entries) {
    ASSERT_NE(index.Find("issuer", entry.serial), nullptr);
    EXPECT_EQ(index.Find("another", entry.serial), nullptr);
  }
  EXPECT_EQ(index.Find("issuer", Bytes{0x01}), nullptr);
  EXPECT_EQ(index.Find("issuer", Bytes{0x7f, 0x7f, 0x7f}), nullptr);
  EXPECT_EQ(index.Find("issuer", Bytes{}), nullptr);
}

}  // namespace
}  // namespace muster::path
