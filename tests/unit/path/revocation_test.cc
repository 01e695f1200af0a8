#include "engine/path/revocation.h"

#include <gmock/gmock.h>

#include "tests/unit/path/revocation_fixture.h"

namespace muster::path {
namespace {

using std::chrono::days;
using std::chrono::seconds;
using ::testing::HasSubstr;

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
  SetCrls({forged,
           w_.Crl(factory_, {leaf_}, [&](CrlTemplate& t) { t.this_update = w_.at() - days(5); })});
  EXPECT_EQ(ValidateLeaf(), kRevokedLeaf);
  SetCrls({forged});
  EXPECT_EQ(ValidateLeaf(), kUnknownLeaf);
}

// --- Who signs -----------------------------------------------------------------------------------

TEST_F(RevocationTest, TheIssuerNeedsCrlSign) {
  const Entity factory =
      w_.Intermediate("No CRLs", root_, [](CertificateTemplate& t) { t.key_usage = kKeyCertSign; });
  const Entity leaf = w_.Leaf("d", factory);
  SetCrls({w_.Crl(factory, {leaf})});
  EXPECT_EQ(Validate({leaf, factory, root_}), kUnknownLeaf);
  const Entity any =
      w_.Intermediate("Any use", root_, [](CertificateTemplate& t) { t.key_usage = 0; });
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
      [&](CertificateTemplate& t) {
        t.extensions.push_back({"1.2.3.4", true, {0x05, 0x00}});
      },
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
  crls_.push_back(
      w_.Crl(factory_, {rolled}, [&](CrlTemplate& t) { t.this_update = w_.at() - days(9); }));
  EXPECT_EQ(ValidateLeaf(other_), kGoodPath);
}

// In the field dozens of CAs share a name; each has its own CRL.
TEST_F(RevocationTest, NamesakesWithCrlsDoNotDisturb) {
  const auto no_key_ids = [](CertificateTemplate& t) {
    t.subject_key_id = false;
    t.authority_key_id = false;
  };
  std::vector<Bytes> crls = {w_.Crl(factory_, {other_})};
  for (int i = 0; i < 40; ++i) {
    const Entity namesake =
        w_.Root("Factory", {.key_label = "key " + std::to_string(i), .edit = no_key_ids});
    crl_issuers_.push_back(namesake);
    crls.push_back(w_.Crl(namesake, {leaf_}));
  }
  SetCrls(crls);
  EXPECT_EQ(ValidateLeaf(), kGoodPath);
  EXPECT_EQ(ValidateLeaf(other_), kRevokedLeaf);
  crl_issuers_.push_back(factory_);
  EXPECT_EQ(ValidateLeaf(), kGoodPath);
  EXPECT_EQ(ValidateLeaf(other_), kRevokedLeaf);
}

TEST_F(RevocationTest, TooManySignersOfOneNameFailClosed) {
  options_.require_crl = false;
  Entity namesake = w_.Intermediate("Factory", root_, {.key_label = "namesake"});
  for (int i = 0; i < 256; ++i) {
    // Renewed again and again: other certificates, the same key.
    crl_issuers_.push_back(w_.Intermediate(
        "Factory", root_, {.key_label = "namesake", .edit = [&](CertificateTemplate& t) {
                             t.serial = {0x01, static_cast<std::uint8_t>(i)};
                           }}));
  }
  Bytes crl = w_.Crl(namesake, {leaf_});
  crl.back() ^= 1;
  SetCrls({crl});
  EXPECT_EQ(ValidateLeaf(), kGoodPath);
  crl_issuers_.push_back(namesake);
  EXPECT_EQ(ValidateLeaf(), (Finding{RejectReason::kBudgetExhausted, 0}));
}

// Two CAs have the root's name; the authority key identifier says which one certified the signer.
TEST_F(RevocationTest, ACrlSignerOfANamesakeOfTheIssuerMayNot) {
  const Entity namesake = w_.Root("Root", {.key_label = "namesake"});
  const auto signer_of = [&](const Entity& issuer) {
    return w_.Intermediate("Factory", issuer,
                           {.key_label = "crl key", .edit = [](CertificateTemplate& t) {
                              t.is_ca = false;
                              t.omit_basic_constraints = true;
                              t.key_usage = kCrlSign;
                            }});
  };
  crl_issuers_ = {signer_of(namesake)};
  SetCrls({w_.Crl(crl_issuers_.front(), {})});
  EXPECT_EQ(ValidateLeaf(), kUnknownLeaf);
  crl_issuers_ = {signer_of(root_)};
  EXPECT_EQ(ValidateLeaf(), kGoodPath);
}

// What could not be found out about a CRL's signer may hide a revocation.
TEST_F(RevocationTest, AnExhaustedBudgetForTheSignerOfACrlFailsClosed) {
  options_.require_crl = false;
  const Entity root = w_.Root("Root", With(NameConstraints({}, {Dns("example.org")})));
  const Entity signer = w_.Intermediate(
      "Factory", root,
      {.key_label = "crl key", .edit = [](CertificateTemplate& t) {
         t.is_ca = false;
         t.omit_basic_constraints = true;
         t.key_usage = kCrlSign;
         t.extensions.push_back(SubjectAltName({Dns("a.test"), Dns("b.test"), Dns("c.test")}));
       }});
  const Entity factory = w_.Intermediate("Factory", root);
  const Entity leaf = w_.Leaf("d", factory);
  crl_issuers_ = {signer};
  crls_ = {w_.Crl(signer, {leaf})};
  options_.budget.name_comparisons_max = 3;
  EXPECT_EQ(Validate({leaf, factory, root}), kRevokedLeaf);
  options_.budget.name_comparisons_max = 2;
  EXPECT_EQ(Validate({leaf, factory, root}).reason, RejectReason::kBudgetExhausted);
}

// A key that is not accepted signs nothing, be it a certificate or a CRL; it is reported once.
TEST_F(RevocationTest, AWeakKeyOfACaSignsNoCrl) {
  const Entity weak = w_.Root("Weak", {.key = KeyKind::kRsa1024});
  const Entity factory = w_.Intermediate("Factory", weak);
  const Entity leaf = w_.Leaf("d", factory);
  crls_ = {w_.Crl(weak, {factory}), w_.Crl(factory, {})};
  EXPECT_EQ(Validate({leaf, factory, weak}), (Finding{RejectReason::kWeakKey, 2}));
  for (const Fault& fault : faults_) {
    EXPECT_NE(fault.reason, RejectReason::kRevoked) << fault.detail;
    EXPECT_NE(fault.reason, RejectReason::kBadSignature) << fault.detail;
  }
}

TEST_F(RevocationTest, CrlsBelowTheAlgorithmFloorAreNotUsed) {
  SetCrls({w_.Crl(factory_, {other_}, [](CrlTemplate& t) { t.hash = "SHA-1"; })});
  EXPECT_EQ(ValidateLeaf(), kUnknownLeaf);
  crl_issuers_ = {factory_};
  EXPECT_EQ(ValidateLeaf(), kUnknownLeaf);
  options_.algorithms.allow_sha1 = true;
  EXPECT_EQ(ValidateLeaf(), kGoodPath);
  EXPECT_EQ(ValidateLeaf(other_), kRevokedLeaf);
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
  SetCrls({w_.Crl(factory_, {leaf_},
                  WithExtension(IssuingDistributionPoint({.only_attribute = true})))});
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
  SetCrls(
      {w_.Crl(factory_, {},
              WithExtension(IssuingDistributionPoint({.full_name = {Directory(relative_name)}})))});
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

}  // namespace
}  // namespace muster::path
