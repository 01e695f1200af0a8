#include <gmock/gmock.h>

#include <random>
#include <set>

#include "tests/unit/path/path_fixture.h"

namespace muster::path {
namespace {

using std::chrono::days;
using std::chrono::seconds;

TEST(StableWindowTest, ObservingNarrowsToTheSideOfTheTime) {
  const UnixTime t{seconds(1'000)};
  StableWindow window;
  EXPECT_TRUE(window.Contains(UnixTime::min()));
  EXPECT_TRUE(window.Contains(UnixTime::max()));
  window.Observe(t, t);
  EXPECT_EQ(window.until, t);
  EXPECT_EQ(window.from, UnixTime::min());
  window.Observe(t - seconds(10), t);
  EXPECT_EQ(window.from, t - seconds(9));
  window.Observe(t + seconds(5), t);  // Wider than what is known already.
  window.Observe(t - seconds(20), t);
  EXPECT_EQ(window.until, t);
  EXPECT_EQ(window.from, t - seconds(9));
  EXPECT_TRUE(window.Contains(t));
  EXPECT_FALSE(window.Contains(t + seconds(1)));
  EXPECT_FALSE(window.Contains(t - seconds(10)));
}

TEST(StableWindowTest, IntersectionIsTheNarrower) {
  StableWindow a{UnixTime{seconds(1)}, UnixTime{seconds(9)}};
  a.Intersect({UnixTime{seconds(3)}, UnixTime{seconds(20)}});
  EXPECT_EQ(a.from, UnixTime{seconds(3)});
  EXPECT_EQ(a.until, UnixTime{seconds(9)});
}

TEST(FaultSinkTest, TheFirstFaultDecides) {
  FaultSink first(false);
  EXPECT_TRUE(first.empty());
  EXPECT_EQ(first.reason(), RejectReason::kNone);
  EXPECT_TRUE(first.Add(RejectReason::kExpired, 1, "a"));
  EXPECT_TRUE(first.Add(RejectReason::kRevoked, 2, "b"));
  EXPECT_EQ(first.reason(), RejectReason::kExpired);
  EXPECT_EQ(first.chain_index(), 1);
  EXPECT_EQ(first.faults().size(), 1u);
  FaultSink all(true);
  EXPECT_FALSE(all.Add(RejectReason::kExpired, 1, "a"));
  EXPECT_FALSE(all.Add(RejectReason::kRevoked, 2, "b"));
  EXPECT_EQ(all.reason(), RejectReason::kExpired);
  ASSERT_EQ(all.faults().size(), 2u);
  EXPECT_EQ(all.faults()[1].reason, RejectReason::kRevoked);
  EXPECT_EQ(all.faults()[1].detail, "b");
}

TEST(FaultSinkTest, NotesDecideNothing) {
  FaultSink all(true);
  all.AddNote(RejectReason::kRevocationUnknown, 1, "stale");
  EXPECT_TRUE(all.empty());
  EXPECT_TRUE(all.faults().empty());
  ASSERT_EQ(all.notes().size(), 1u);
  EXPECT_EQ(all.notes().front().detail, "stale");
  FaultSink first(false);
  first.AddNote(RejectReason::kRevocationUnknown, 1, "stale");
  EXPECT_TRUE(first.notes().empty());
}

// Random paths with boundaries close to each other: whatever the outcome is at some time, it is the
// same at every second of the window that was found with it.
class StableWindowPropertyTest : public PathTest {
 protected:
  UnixTime RandomTime() { return w_.at() + seconds(static_cast<int>(random_() % 41) - 20); }
  test::Edit RandomValidity() {
    UnixTime a = RandomTime(), b = RandomTime();
    if (b < a) std::swap(a, b);
    const bool open_start = random_() % 2 == 0, open_end = random_() % 2 == 0;
    return [=, at = w_.at()](CertificateTemplate& t) {
      t.not_before = open_start ? at - days(100) : a;
      t.not_after = open_end ? at + days(100) : b;
    };
  }
  // `revoked` or nothing, with random dates.
  Bytes RandomCrl(const Entity& ca, const Entity& revoked, std::uint64_t number, bool delta) {
    std::vector<Entity> entries;
    if (random_() % 3 == 0) entries.push_back(revoked);
    return w_.Crl(ca, entries, [&](CrlTemplate& t) {
      t.this_update = RandomTime();
      t.next_update = t.this_update + seconds(random_() % 20);
      t.number = number;
      if (delta) t.extensions.push_back(DeltaCrlIndicator(1));
    });
  }

  struct Outcome {
    RejectReason reason;
    int chain_index;
    StableWindow stable;
    friend bool operator==(const Outcome& a, const Outcome& b) {
      return a.reason == b.reason && a.chain_index == b.chain_index;
    }
  };
  Outcome ValidateCas(const PathValidator& validator, const std::vector<graph::CaNodePtr>& cas,
                      const Entity& leaf, UnixTime at) {
    LinkVerifier links(options_.algorithms, 32);
    FaultSink sink(false);
    StableWindow stable;
    if (auto path = validator.ValidateCas(cas, at, &links, &sink, &stable)) {
      // The leaf's own validity is unbounded here: what it gets from above is in the window too.
      validator.ValidateLeaf(*path, leaf.view(), at, &sink);
    }
    return {sink.reason(), sink.chain_index(), stable};
  }

  std::mt19937 random_{2026};
};

TEST_F(StableWindowPropertyTest, OutcomesAreConstantInsideIt) {
  std::set<RejectReason> seen;
  std::size_t narrow = 0;
  for (int round = 0; round < 40; ++round) {
    options_.require_crl = random_() % 2 == 0;
    options_.check_anchor_validity = random_() % 4 != 0;
    const Entity root = w_.Root("Root", RandomValidity());
    const Entity factory = w_.Intermediate("Factory", root, RandomValidity());
    const Entity leaf = w_.Leaf("device", factory);
    crls_ = {RandomCrl(root, factory, 1, false), RandomCrl(root, factory, 2, random_() % 2 == 0),
             RandomCrl(factory, leaf, 1, false), RandomCrl(factory, leaf, 2, random_() % 2 == 0)};
    const CrlSet crls(crls_, nullptr, nullptr);
    const PathValidator validator(options_, crls, rules_);
    const std::vector<graph::CaNodePtr> cas = {NodeOf(factory), NodeOf(root)};
    std::vector<Outcome> outcomes;
    for (int s = -25; s <= 45; ++s) {
      outcomes.push_back(ValidateCas(validator, cas, leaf, w_.at() + seconds(s)));
    }
    for (int s = -25; s <= 45; ++s) {
      const Outcome& here = outcomes[static_cast<std::size_t>(s + 25)];
      seen.insert(here.reason);
      ASSERT_TRUE(here.stable.Contains(w_.at() + seconds(s)));
      if (here.stable.from > w_.at() - days(1) && here.stable.until < w_.at() + days(1)) ++narrow;
      for (int other = -25; other <= 45; ++other) {
        if (!here.stable.Contains(w_.at() + seconds(other))) continue;
        ASSERT_EQ(outcomes[static_cast<std::size_t>(other + 25)], here)
            << "round " << round << ", " << s << " and " << other;
      }
    }
  }
  EXPECT_GT(narrow, 100u);
  EXPECT_THAT(seen, testing::IsSupersetOf({RejectReason::kNone, RejectReason::kExpired,
                                           RejectReason::kNotYetValid, RejectReason::kRevoked,
                                           RejectReason::kRevocationUnknown}));
}

// The window is as wide as it can be told: one second beyond a boundary the outcome does change.
TEST_F(StableWindowPropertyTest, BoundariesAreThoseThatWereCompared) {
  const auto bounded = [&](int from, int until) {
    return [=, at = w_.at()](CertificateTemplate& t) {
      t.not_before = at + seconds(from);
      t.not_after = at + seconds(until);
    };
  };
  const Entity root = w_.Root("Root", bounded(-50, 60));
  const Entity factory = w_.Intermediate("Factory", root, bounded(-40, 70));
  const Entity leaf = w_.Leaf("device", factory);
  const std::vector<Entity> path = {leaf, factory, root};
  EXPECT_EQ(Validate(path), kGoodPath);
  EXPECT_EQ(stable_.from, w_.at() - seconds(40));
  EXPECT_EQ(stable_.until, w_.at() + seconds(60));
  EXPECT_EQ(Validate(path, stable_.until + seconds(1)), (Finding{RejectReason::kExpired, 2}));
  EXPECT_EQ(stable_.from, w_.at() + seconds(61));
  EXPECT_EQ(stable_.until, UnixTime::max());
  EXPECT_EQ(Validate(path, w_.at() - seconds(41)), (Finding{RejectReason::kNotYetValid, 1}));
  EXPECT_EQ(stable_.from, w_.at() - seconds(50));
  EXPECT_EQ(stable_.until, w_.at() - seconds(41));
  options_.check_anchor_validity = false;
  EXPECT_EQ(Validate(path), kGoodPath);
  EXPECT_EQ(stable_.until, w_.at() + seconds(70));
}

}  // namespace
}  // namespace muster::path
