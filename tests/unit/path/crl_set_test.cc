#include "engine/path/crl_set.h"

#include <gmock/gmock.h>

#include "tests/unit/path/revocation_fixture.h"

namespace muster::path {
namespace {

using std::chrono::days;
using std::chrono::seconds;
using ::testing::HasSubstr;

// --- Indirect CRLs -------------------------------------------------------------------------------

class IndirectCrlTest : public RevocationTest {
 protected:
  Entity issuer_ = w_.Intermediate("CRL Issuer", root_);
  // The leaf says who issues its CRL.
  Entity named_ = w_.Leaf(
      "d", factory_, With(CrlDistributionPoints({{.crl_issuer = {Directory(issuer_.subject())}}})));

  Bytes Indirect(bool indirect, const std::vector<std::pair<Entity, Entity>>& revoked_by_issuer) {
    return w_.Crl(issuer_, {}, [&](CrlTemplate& t) {
      t.extensions.push_back(
          IssuingDistributionPoint({.only_user = !indirect, .indirect = indirect}));
      for (const auto& [revoked, issuer] : revoked_by_issuer) {
        t.revoked.push_back({SerialOf(revoked),
                             w_.at() - days(2),
                             std::nullopt,
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

TEST_F(IndirectCrlTest, AnExhaustedSignatureBudgetDoesNotHideACrl) {
  options_.require_crl = false;
  const Entity middle = w_.Intermediate("Middle", root_);
  const Entity issuer = w_.Intermediate("CRL Issuer", middle, {.key_label = "below"});
  crl_issuers_ = {middle, issuer};
  crls_ = {w_.Crl(issuer, {}, [&](CrlTemplate& t) {
    t.extensions.push_back(IssuingDistributionPoint({.indirect = true}));
    t.revoked.push_back({SerialOf(named_),
                         w_.at() - days(2),
                         std::nullopt,
                         {CertificateIssuer(factory_.subject())}});
  })};
  options_.budget.signatures_max = 2;  // The path's link, and that of Middle.
  EXPECT_EQ(ValidateLeaf(named_), kRevokedLeaf);
  options_.budget.signatures_max = 1;
  EXPECT_EQ(ValidateLeaf(named_), (Finding{RejectReason::kBudgetExhausted, 1}));
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
  const Bytes unknown =
      w_.Crl(factory_, {leaf_}, WithExtension({"1.3.6.1.4.1.99999.1", true, {0x05, 0x00}}));
  const Bytes attributes =
      w_.Crl(factory_, {leaf_}, WithExtension(IssuingDistributionPoint({.only_attribute = true})));
  const Bytes unknown_entry = w_.Crl(factory_, {}, [&](CrlTemplate& t) {
    t.revoked.push_back({SerialOf(leaf_),
                         w_.at() - days(2),
                         std::nullopt,
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
                       w_.at() - days(1),
                       static_cast<int>(i % 2 == 0 ? 1 : 4),
                       {}});
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
