// Every small world, through real certificates: all labellings of chains of up to four CAs with
// verified or not, group (none, enabled, disabled), presented or not, and the device's individual
// enrollment, decided by the Authenticator and by an oracle of a few lines.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "muster/authenticator.h"
#include "tests/support/test_world.h"

namespace muster {
namespace {

using test::Entity;
using test::RegistryBuilder;
using test::World;

enum class Group { kNone, kEnabled, kDisabled };
enum class Individual { kNone, kPinsLeaf, kPinsOther, kDisabled, kNamesCa };

struct Ca {
  bool verified = false;
  Group group = Group::kNone;
  bool presented = false;
};

struct SmallWorld {
  std::vector<Ca> cas;  // The leaf's issuer first.
  Individual individual = Individual::kNone;
  std::size_t named_ca = 0;  // For kNamesCa.

  bool Names(std::size_t i) const { return individual == Individual::kNamesCa && named_ca == i; }
  // The service has the certificate, so that the device need not send it.
  bool Holds(std::size_t i) const {
    return cas[i].verified || cas[i].group != Group::kNone || Names(i);
  }
};

// The law (section 4), said as directly as it can be. Every certificate is valid.
bool Oracle(const SmallWorld& world, LinkSource links, bool any_disabled_blocks) {
  if (world.individual == Individual::kPinsLeaf) return true;
  if (world.individual == Individual::kPinsOther) return false;
  if (world.individual == Individual::kDisabled) return false;
  bool accepts = false, disabled_met = false, all_presented_below = true;
  for (std::size_t anchor = 0; anchor < world.cas.size(); ++anchor) {
    const Ca& top = world.cas[anchor];
    if (!top.presented && !world.Holds(anchor)) break;  // Nobody has it: no path goes further.
    if (top.verified) {
      for (std::size_t g = 0; g <= anchor; ++g) {
        const bool is_entry = world.individual == Individual::kNamesCa
                                  ? world.Names(g)
                                  : world.cas[g].group != Group::kNone;
        if (!is_entry) continue;
        const bool enabled = world.individual == Individual::kNamesCa ||
                             world.cas[g].group == Group::kEnabled;
        if (!enabled) disabled_met = true;
        if (enabled && (links == LinkSource::kRegistry || all_presented_below)) accepts = true;
        break;
      }
      for (std::size_t i = 0; i <= anchor; ++i) {
        if (any_disabled_blocks && world.cas[i].group == Group::kDisabled) disabled_met = true;
      }
    }
    all_presented_below = all_presented_below && top.presented;
  }
  return accepts && !disabled_met;
}

class SmallWorlds {
 public:
  explicit SmallWorlds(std::size_t cas) {
    std::vector<Entity> downwards;
    for (std::size_t i = cas; i-- > 0;) {
      const std::string name = "CA " + std::to_string(i);
      downwards.push_back(downwards.empty() ? w_.Root(name)
                                            : w_.Intermediate(name, downwards.back()));
    }
    cas_.assign(downwards.rbegin(), downwards.rend());
    leaf_ = std::make_unique<Entity>(w_.Leaf("device", cas_.front()));
    other_leaf_ = std::make_unique<Entity>(w_.Leaf("other", cas_.front()));
  }

  std::shared_ptr<const RegistrySnapshot> Snapshot(const SmallWorld& world) const {
    RegistryBuilder registry;
    for (std::size_t i = 0; i < cas_.size(); ++i) {
      const std::string name = "ca-" + std::to_string(i);
      if (world.cas[i].verified) {
        registry.Verified(cas_[i], name);
      } else if (world.Names(i)) {
        registry.Unverified(cas_[i], name);
      }
      if (world.cas[i].group != Group::kNone) {
        registry.Group("group-" + std::to_string(i), cas_[i],
                       RegistryBuilder::Enabled{world.cas[i].group == Group::kEnabled});
      }
    }
    switch (world.individual) {
      case Individual::kNone:
        break;
      case Individual::kPinsLeaf:
        registry.Individual("device", *leaf_);
        break;
      case Individual::kPinsOther:
        registry.Individual("device", *other_leaf_);
        break;
      case Individual::kDisabled:
        registry.Individual("device", *leaf_, RegistryBuilder::Enabled{false});
        break;
      case Individual::kNamesCa:
        registry.IndividualByName("device", "ca-" + std::to_string(world.named_ca));
        break;
    }
    return registry.Snapshot();
  }

  PresentedChain Chain(const SmallWorld& world) const {
    PresentedChain chain(leaf_->der());
    for (std::size_t i = 0; i < cas_.size(); ++i) {
      if (world.cas[i].presented) chain.AddUntrusted(cas_[i].der());
    }
    return chain;
  }

  UnixTime at() const { return w_.at(); }

 private:
  World w_;
  std::vector<Entity> cas_;
  std::unique_ptr<Entity> leaf_, other_leaf_;
};

std::string Written(const SmallWorld& world, LinkSource links, bool any_disabled_blocks) {
  std::string text = std::string(NameOf(links)) + (any_disabled_blocks ? " any" : "") +
                     " individual " + std::to_string(static_cast<int>(world.individual)) + "/" +
                     std::to_string(world.named_ca) + ":";
  for (const Ca& ca : world.cas) {
    text += std::string(" ") + (ca.verified ? "V" : "-") +
            (ca.group == Group::kNone      ? "-"
             : ca.group == Group::kEnabled ? "E"
                                           : "D") +
            (ca.presented ? "P" : "-");
  }
  return text;
}

struct Tally {
  int accepted = 0, rejected = 0;
};

// All ways to present, under both link policies, for one registry.
void CheckAllPresentations(const SmallWorlds& worlds, SmallWorld world, bool any_disabled_blocks,
                           Tally* tally) {
  const auto snapshot = worlds.Snapshot(world);
  for (const LinkSource links : {LinkSource::kPresented, LinkSource::kRegistry}) {
    const Authenticator authenticator(
        snapshot, {.links = links, .any_disabled_blocks = any_disabled_blocks});
    for (std::size_t mask = 0; mask < (std::size_t{1} << world.cas.size()); ++mask) {
      for (std::size_t i = 0; i < world.cas.size(); ++i) {
        world.cas[i].presented = ((mask >> i) & 1) != 0;
      }
      const Verdict verdict = authenticator.Authenticate(worlds.Chain(world), worlds.at());
      const bool expected = Oracle(world, links, any_disabled_blocks);
      ASSERT_EQ(verdict.accepted(), expected)
          << Written(world, links, any_disabled_blocks) << " gave " << NameOf(verdict.reason);
      ASSERT_EQ(verdict.accepted(), verdict.reason == RejectReason::kNone);
      ++(expected ? tally->accepted : tally->rejected);
    }
  }
}

void ForEachLabelling(std::size_t cas, const std::function<void(SmallWorld&)>& visit) {
  std::size_t labellings = 1;
  for (std::size_t i = 0; i < cas; ++i) labellings *= 6;
  for (std::size_t labelling = 0; labelling < labellings; ++labelling) {
    SmallWorld world;
    for (std::size_t i = 0, rest = labelling; i < cas; ++i, rest /= 6) {
      world.cas.push_back({.verified = rest % 2 == 1, .group = static_cast<Group>(rest / 2 % 3)});
    }
    visit(world);
  }
}

// A named CA must be registered, and a certificate belongs to one entry at most.
bool IsPossible(const SmallWorld& world) {
  return world.individual != Individual::kNamesCa ||
         world.cas[world.named_ca].group == Group::kNone;
}

// One size and one kind of individual enrollment: apart, so that they run side by side.
struct Size {
  std::size_t cas;
  Individual individual;
  std::size_t named_ca;  // For kNamesCa.
};

class SmallWorldTest : public testing::TestWithParam<Size> {};

TEST_P(SmallWorldTest, AgreesWithTheOracle) {
  const auto [cas, individual, named_ca] = GetParam();
  const SmallWorlds worlds(cas);
  Tally tally;
  ForEachLabelling(cas, [&, individual = individual, named_ca = named_ca](SmallWorld& world) {
    world.individual = individual;
    world.named_ca = named_ca;
    if (HasFatalFailure() || !IsPossible(world)) return;
    CheckAllPresentations(worlds, world, /*any_disabled_blocks=*/false, &tally);
    CheckAllPresentations(worlds, world, /*any_disabled_blocks=*/true, &tally);
  });
  EXPECT_EQ(tally.accepted > 0, individual != Individual::kPinsOther &&
                                    individual != Individual::kDisabled);
  EXPECT_EQ(tally.rejected > 0, individual != Individual::kPinsLeaf);
}

std::vector<Size> AllSizes() {
  std::vector<Size> sizes;
  for (const std::size_t cas : {1u, 2u, 3u, 4u}) {
    for (const Individual individual :
         {Individual::kNone, Individual::kPinsLeaf, Individual::kPinsOther, Individual::kDisabled,
          Individual::kNamesCa}) {
      const std::size_t places = individual == Individual::kNamesCa ? cas : 1;
      for (std::size_t place = 0; place < places; ++place) {
        sizes.push_back({cas, individual, place});
      }
    }
  }
  return sizes;
}

std::string NameOfSize(const testing::TestParamInfo<Size>& info) {
  const char* const kNames[] = {"NoIndividual", "PinsLeaf", "PinsOther", "Disabled", "NamesCa"};
  return std::to_string(info.param.cas) + "Cas" +
         kNames[static_cast<std::size_t>(info.param.individual)] +
         (info.param.individual == Individual::kNamesCa ? std::to_string(info.param.named_ca) : "");
}

INSTANTIATE_TEST_SUITE_P(All, SmallWorldTest, testing::ValuesIn(AllSizes()), NameOfSize);

}  // namespace
}  // namespace muster
