// Random PKIs whose certificates and CRLs begin and end at random: a forecast against brute force,
// which asks a fresh authenticator at every second next to any boundary. MUSTER_FORECAST_WORLDS
// says how many worlds are tried.
#include "muster/forecast.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/support/setting.h"
#include "tests/support/test_world.h"

namespace muster::test {
namespace {

using namespace std::chrono_literals;

class ForecastWorld {
 public:
  explicit ForecastWorld(std::uint64_t seed) : random_(seed), w_("forecast") {
    DrawCas();
    DrawLeaves();
    DrawRegistry();
    options_.links = OneIn(2) ? LinkSource::kPresented : LinkSource::kRegistry;
    options_.any_disabled_blocks = OneIn(4);
    options_.require_crl = OneIn(4);
    if (OneIn(4)) options_.leaf_profile = LeafProfile::kDpsCompat;
    snapshot_ = Must(RegistrySnapshot::Compile(contents_));
  }

  const std::vector<PresentedChain>& chains() const { return chains_; }
  const std::shared_ptr<const RegistrySnapshot>& snapshot() const { return snapshot_; }
  const AuthenticationOptions& options() const { return options_; }
  UnixTime AnyTime() { return w_.at() + 1'000s * (static_cast<int>(Below(24)) - 2); }

  // The seconds around every boundary, from `from` on.
  std::set<UnixTime> Times(UnixTime from) const {
    std::set<UnixTime> times{from};
    for (const UnixTime boundary : boundaries_) {
      for (const UnixTime t : {boundary - 1s, boundary, boundary + 1s}) {
        if (t >= from) times.insert(t);
      }
    }
    return times;
  }

 private:
  std::size_t Below(std::size_t bound) { return random_() % bound; }
  bool OneIn(std::size_t n) { return Below(n) == 0; }

  Edit Window(int ends_after = 0) {
    // Most have begun, so that some devices pass.
    const UnixTime begin = OneIn(4) ? AnyTime() : w_.at() - 5'000s;
    const UnixTime end = std::max(begin, AnyTime()) + 1'000s * ends_after;
    boundaries_.insert(begin);
    boundaries_.insert(end);
    const Bytes serial{0x20, ++serial_};
    return [=](CertificateTemplate& t) {
      t.not_before = begin;
      t.not_after = end;
      t.serial = serial;
    };
  }

  void DrawCas() {
    for (int i = 0; i < 2; ++i) cas_.push_back(w_.Root("R" + std::to_string(i), Window(6)));
    for (std::size_t i = 2; i < 5; ++i) {
      cas_.push_back(w_.Intermediate("I" + std::to_string(i), cas_[Below(i)], Window(4)));
    }
    for (int i = 0; i < 3; ++i) {
      const std::size_t subject = Below(5), issuer = Below(5);
      if (subject != issuer) {
        cas_.push_back(w_.CrossSigned(cas_[subject], cas_[issuer], Window(4)));
      }
    }
  }

  void DrawLeaves() {
    for (int i = 0; i < 6; ++i) {
      leaves_.push_back(
          w_.Leaf("device-" + std::to_string(i), cas_[Below(5)], Window(OneIn(2) ? 8 : 0)));
    }
    for (int i = 0; i < 12; ++i) {
      PresentedChain chain(leaves_[Below(leaves_.size())].der());
      for (const Entity& ca : cas_) {
        if (!OneIn(5)) chain.AddUntrusted(ca.der());
      }
      chains_.push_back(chain);
    }
  }

  static std::string CaName(std::size_t i) { return "ca-" + std::to_string(i); }

  void DrawRegistry() {
    RegistryBuilder builder;
    for (std::size_t i = 0; i < cas_.size(); ++i) {
      OneIn(3) ? builder.Unverified(cas_[i], CaName(i)) : builder.Verified(cas_[i], CaName(i));
    }
    std::set<std::size_t> taken;
    for (int i = 0; i < 4; ++i) {
      const std::size_t ca = Below(cas_.size());
      if (!taken.insert(ca).second) continue;
      builder.GroupByName("group-" + std::to_string(i), CaName(ca), {}, {!OneIn(6)});
    }
    if (OneIn(2)) builder.Individual("device-0", leaves_[0], {!OneIn(4)});
    if (OneIn(2)) builder.IndividualByName("device-1", CaName(Below(cas_.size())));
    if (OneIn(6)) builder.Deny(leaves_[2]);
    contents_ = builder.Build();
    for (std::size_t ca = 0; ca < 5; ++ca) {
      for (std::size_t n = Below(3); n > 0; --n) AddCrl(ca, n);
    }
  }

  void AddCrl(std::size_t ca, std::size_t number) {
    std::vector<Entity> revoked;
    for (const Entity& leaf : leaves_) {
      if (OneIn(8)) revoked.push_back(leaf);
    }
    if (OneIn(6)) revoked.push_back(cas_[Below(cas_.size())]);
    const UnixTime begin = OneIn(2) ? AnyTime() : w_.at() - 5'000s;
    std::optional<UnixTime> end = std::max(begin, AnyTime()) + 4'000s;
    if (OneIn(6)) end.reset();
    boundaries_.insert(begin);
    if (end) boundaries_.insert(*end);
    contents_.crls.push_back({CaName(ca),
                              w_.Crl(cas_[ca], revoked,
                                     [&](CrlTemplate& t) {
                                       t.this_update = begin;
                                       t.next_update = end;
                                       t.number = number;
                                     }),
                              "1"});
  }

  std::mt19937_64 random_;
  World w_;
  std::uint8_t serial_ = 0;
  std::set<UnixTime> boundaries_;
  std::vector<Entity> cas_, leaves_;
  std::vector<PresentedChain> chains_;
  RegistryContents contents_;
  AuthenticationOptions options_;
  std::shared_ptr<const RegistrySnapshot> snapshot_;
};

struct Brute {
  Verdict now, after;
  std::optional<UnixTime> passes_until;
};

std::vector<Brute> ByBruteForce(const ForecastWorld& world, UnixTime from) {
  std::vector<Brute> brute(world.chains().size());
  std::vector<bool> open(brute.size(), true);
  for (const UnixTime t : world.Times(from)) {
    const Authenticator fresh(world.snapshot(), world.options());
    for (std::size_t i = 0; i < brute.size(); ++i) {
      if (!open[i]) continue;
      const Verdict verdict = fresh.Authenticate(world.chains()[i], t);
      if (t == from) brute[i].now = verdict;
      if (verdict.accepted()) continue;
      open[i] = false;
      if (t == from) continue;
      brute[i].passes_until = t - 1s;
      brute[i].after = verdict;
    }
  }
  return brute;
}

TEST(ForecastProperty, IsWhatBruteForceFinds) {
  const std::uint64_t worlds = Setting("MUSTER_FORECAST_WORLDS", 150);
  std::map<ForecastLimit, int> limits;
  std::set<RejectReason> reasons;
  for (std::uint64_t seed = 0; seed < worlds; ++seed) {
    ForecastWorld world(seed);
    const Forecaster forecaster(world.snapshot(), world.options());
    for (int turn = 0; turn < 2; ++turn) {
      const UnixTime from = world.AnyTime();
      const std::vector<Brute> brute = ByBruteForce(world, from);
      std::vector<Forecast> forecasts(brute.size());
      forecaster.ForecastBatch(world.chains(), from, forecasts);
      for (std::size_t i = 0; i < brute.size(); ++i) {
        const std::string where = "seed " + std::to_string(seed) + ", from " +
                                  FormatRfc3339(from) + ", chain " + std::to_string(i);
        const Forecast& forecast = forecasts[i];
        ASSERT_EQ(forecast.now, brute[i].now) << where;
        ASSERT_EQ(forecast.passes_until.has_value(), brute[i].passes_until.has_value()) << where;
        ++limits[forecast.limit];
        if (!forecast.passes_until) continue;
        ASSERT_EQ(FormatRfc3339(*forecast.passes_until), FormatRfc3339(*brute[i].passes_until))
            << where << ": " << NameOf(forecast.after.reason) << " against "
            << NameOf(brute[i].after.reason);
        ASSERT_EQ(forecast.after, brute[i].after)
            << where << ": " << NameOf(forecast.after.reason) << " against "
            << NameOf(brute[i].after.reason);
        reasons.insert(forecast.after.reason);
        const Forecast one = forecaster.ForecastOne(world.chains()[i], from);
        ASSERT_EQ(one.passes_until, forecast.passes_until) << where;
        ASSERT_EQ(one.limit, forecast.limit) << where;
        ASSERT_EQ(one.certificate, forecast.certificate) << where;
      }
    }
  }
  // The worlds are worth something: everything that can end a device's time did.
  if (worlds < 100) return;
  for (const ForecastLimit limit : {ForecastLimit::kNone, ForecastLimit::kLeaf, ForecastLimit::kCa,
                                    ForecastLimit::kCrl, ForecastLimit::kOther}) {
    EXPECT_GT(limits[limit], 0) << NameOf(limit);
  }
  EXPECT_TRUE(reasons.contains(RejectReason::kExpired));
  EXPECT_TRUE(reasons.contains(RejectReason::kRevoked));
  EXPECT_TRUE(reasons.contains(RejectReason::kRevocationUnknown));
  EXPECT_TRUE(reasons.contains(RejectReason::kGroupDisabled));
}

class ForecastOfOne : public testing::Test {
 protected:
  Forecast Of(const Entity& leaf, const RegistryBuilder& registry,
              const AuthenticationOptions& options = {}) {
    return Forecaster(registry.Snapshot(), options)
        .ForecastOne(Presented(leaf, {factory_}), w_.at());
  }

  World w_{"one"};
  const UnixTime soon_ = w_.at() + 5h;
  const Entity root_ = w_.Root("Root");
  const Entity factory_ = w_.Intermediate(
      "Factory", root_, [this](CertificateTemplate& t) { t.not_after = soon_; });
  const Entity early_ = w_.Leaf("early", factory_, [this](CertificateTemplate& t) {
    t.not_after = soon_ - 1h;
  });
  const Entity late_ = w_.Leaf("late", factory_);
  RegistryBuilder registry_ = RegistryBuilder().Verified(root_).Group("line", factory_);
};

TEST_F(ForecastOfOne, NamesTheLeafThatEndsFirst) {
  const Forecast forecast = Of(early_, registry_);
  EXPECT_EQ(forecast.passes_until, soon_ - 1h);
  EXPECT_EQ(forecast.limit, ForecastLimit::kLeaf);
  EXPECT_EQ(forecast.certificate, early_.fingerprint());
  EXPECT_EQ(forecast.after.reason, RejectReason::kExpired);
  EXPECT_EQ(forecast.after.chain_index, 0);
}

TEST_F(ForecastOfOne, NamesTheCaThatEndsFirst) {
  const Forecast forecast = Of(late_, registry_);
  EXPECT_EQ(forecast.passes_until, soon_);
  EXPECT_EQ(forecast.limit, ForecastLimit::kCa);
  EXPECT_EQ(forecast.certificate, factory_.fingerprint());
  EXPECT_EQ(forecast.after.chain_index, 1);
}

TEST_F(ForecastOfOne, SeesACrlThatBegins) {
  RegistryBuilder with_crl = registry_;
  with_crl.Unverified(factory_).Crl("factory", w_.Crl(factory_, {late_}, [&](CrlTemplate& t) {
    t.this_update = w_.at() + 60s;
  }));
  const Forecast forecast = Of(late_, with_crl);
  EXPECT_EQ(forecast.passes_until, w_.at() + 59s);
  EXPECT_EQ(forecast.limit, ForecastLimit::kCrl);
  EXPECT_EQ(forecast.certificate, late_.fingerprint());
  EXPECT_EQ(forecast.after.reason, RejectReason::kRevoked);
}

TEST_F(ForecastOfOne, ALeafOfTheYear9999PassesToItsEnd) {
  const Entity forever = w_.Leaf("forever", root_, [](CertificateTemplate& t) {
    t.not_after = Must(ParseRfc3339("9999-12-31T23:59:59Z"));
  });
  const auto snapshot = RegistryBuilder().Individual("forever", forever).Snapshot();
  const Forecast forecast =
      Forecaster(snapshot, {}).ForecastOne(Presented(forever), w_.at());
  ASSERT_TRUE(forecast.passes_until);
  EXPECT_EQ(FormatRfc3339(*forecast.passes_until), "9999-12-31T23:59:59Z");
  EXPECT_EQ(forecast.limit, ForecastLimit::kLeaf);
  EXPECT_EQ(forecast.after.reason, RejectReason::kExpired);
}

TEST_F(ForecastOfOne, WhatDoesNotPassHasNoForecast) {
  const Forecast refused = Of(late_, RegistryBuilder().Group("line", factory_));
  EXPECT_FALSE(refused.now.accepted());
  EXPECT_FALSE(refused.passes_until);
  EXPECT_EQ(refused.limit, ForecastLimit::kNone);
  const Forecast nothing = Forecaster(registry_.Snapshot()).ForecastOne(PresentedChain(), w_.at());
  EXPECT_EQ(nothing.now.reason, RejectReason::kChainEmpty);
  EXPECT_FALSE(nothing.passes_until);
}

}  // namespace
}  // namespace muster::test
