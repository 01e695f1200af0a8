#include "engine/path/path_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/test_world.h"

namespace muster::path {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;
using test::Entity;
using test::World;

// Builds over a set of CAs and writes each visited path as "Factory<Root!" ('!': an anchor is
// reached) or "Factory<? issuer-not-found" (a dead end and why).
class PathBuilderTest : public testing::Test {
 protected:
  graph::CaNodePtr NodeOf(const Entity& entity) {
    auto node = graph::CaNode::Create(entity.certificate(), AlgorithmPolicy{});
    if (!node) throw std::runtime_error(std::string(node.error().what));
    labels_[(*node)->fingerprint] = entity.label();
    return *node;
  }

  BuildEnd Build(const Entity& leaf, const std::vector<Entity>& cas,
                 const std::vector<Entity>& anchors, std::size_t stop_after = 1'000) {
    std::vector<graph::CaNodePtr> nodes;
    for (const Entity& e : cas) nodes.push_back(NodeOf(e));
    const graph::IssuerGraph graph(std::move(nodes));
    const auto is_anchor = [&](const graph::CaNode& ca) {
      for (const Entity& a : anchors) {
        if (a.fingerprint() == ca.fingerprint) return true;
      }
      return false;
    };
    LinkVerifier links(AlgorithmPolicy{}, budget_.signatures_max);
    const PathBuilder builder(graph, is_anchor, &links, budget_);
    visited_.clear();
    const graph::CaNodePtr child = NodeOf(leaf);
    const BuildEnd end =
        builder.Build(child->issuer, child->view().authority_key_id(), [&](const auto& path) {
          visited_.push_back(Written(path));
          return visited_.size() < stop_after ? Visit::kContinue : Visit::kStop;
        });
    signatures_ = links.signatures_checked();
    return end;
  }

  std::string Written(const CandidatePath& path) const {
    std::string text;
    for (const auto& ca : path.cas) {
      if (!text.empty()) text += "<";
      text += labels_.at(ca->fingerprint);
    }
    EXPECT_EQ(path.reaches_anchor, path.dead_end == RejectReason::kNone);
    return text + (path.reaches_anchor ? "!" : "? " + std::string(NameOf(path.dead_end)));
  }

  World w_;
  ValidationBudget budget_;
  std::map<Fingerprint, std::string> labels_;
  std::vector<std::string> visited_;
  int signatures_ = 0;
};

TEST_F(PathBuilderTest, FindsTheAnchor) {
  const Entity root = w_.Root("Root"), factory = w_.Intermediate("Factory", root);
  EXPECT_EQ(Build(w_.Leaf("d", factory), {root, factory}, {root}), BuildEnd::kExhausted);
  EXPECT_THAT(visited_, ElementsAre("Factory<Root!"));
  EXPECT_EQ(signatures_, 1);
}

TEST_F(PathBuilderTest, GoesOnAboveTheFirstAnchor) {
  const Entity root = w_.Root("Root"), mid = w_.Intermediate("Mid", root),
               low = w_.Intermediate("Low", mid);
  Build(w_.Leaf("d", low), {root, mid, low}, {low, root});
  EXPECT_THAT(visited_, ElementsAre("Low!", "Low<Mid<Root!"));
  // Above the anchor there is no verified CA: that is a dead end of its own.
  Build(w_.Leaf("d", low), {root, mid, low}, {low});
  EXPECT_THAT(visited_, ElementsAre("Low!", "Low<Mid<Root? issuer-not-found"));
}

TEST_F(PathBuilderTest, DeadEnds) {
  const Entity root = w_.Root("Root"), factory = w_.Intermediate("Factory", root);
  const Entity leaf = w_.Leaf("d", factory);
  Build(leaf, {}, {});
  EXPECT_THAT(visited_, ElementsAre("? issuer-not-found"));
  Build(leaf, {factory}, {});
  EXPECT_THAT(visited_, ElementsAre("Factory? issuer-not-found"));
  Build(leaf, {factory, root}, {});
  EXPECT_THAT(visited_, ElementsAre("Factory<Root? issuer-not-found"));
}

TEST_F(PathBuilderTest, ALookalikeIsPrunedByItsSignature) {
  const Entity root = w_.Root("Root"), factory = w_.Intermediate("Factory", root);
  const Entity lookalike = w_.Root("Root", {.key_label = "another key"});
  Build(w_.Leaf("d", factory), {lookalike, factory}, {lookalike});
  EXPECT_THAT(visited_, ElementsAre("Factory? bad-signature"));
  Build(w_.Leaf("d", factory), {lookalike, root, factory}, {lookalike, root});
  EXPECT_THAT(visited_, ElementsAre("Factory<Root!"));
}

TEST_F(PathBuilderTest, AnIssuerWithAWeakKeyIsADeadEnd) {
  const Entity weak = w_.Root("Weak", {.key = KeyKind::kRsa1024});
  const Entity factory = w_.Intermediate("Factory", weak);
  Build(w_.Leaf("d", factory), {weak, factory}, {weak});
  EXPECT_THAT(visited_, ElementsAre("Factory? weak-key"));
  EXPECT_EQ(signatures_, 0);
}

// The issuer whose key identifier fits says why, not a namesake that is tried after it.
TEST_F(PathBuilderTest, ADeadEndIsThatOfTheBestCandidate) {
  const Entity weak = w_.Root("Weak", {.key = KeyKind::kRsa1024});
  const Entity namesake = w_.Root("Weak", {.key_label = "another key"});
  const Entity factory = w_.Intermediate("Factory", weak);
  Build(w_.Leaf("d", factory), {namesake, weak, factory}, {weak, namesake});
  EXPECT_THAT(visited_, ElementsAre("Factory? weak-key"));
}

TEST_F(PathBuilderTest, CrossSigningGivesSeveralPaths) {
  const Entity a = w_.Root("A"), b = w_.Root("B");
  const Entity factory = w_.Intermediate("Factory", a);
  const Entity cross = w_.CrossSigned(factory, b);
  labels_[cross.fingerprint()] = "Cross";
  Build(w_.Leaf("d", factory), {a, b, factory, cross}, {a, b});
  EXPECT_EQ(visited_.size(), 2u);
}

TEST_F(PathBuilderTest, CyclesEnd) {
  const Entity a = w_.Root("A"), b = w_.Root("B");
  const Entity a_by_b = w_.CrossSigned(a, b), b_by_a = w_.CrossSigned(b, a);
  EXPECT_EQ(Build(w_.Leaf("d", a), {a_by_b, b_by_a}, {}), BuildEnd::kExhausted);
  EXPECT_THAT(visited_, ElementsAre("A by B<B by A? issuer-not-found"));
}

TEST_F(PathBuilderTest, TheVisitorStopsIt) {
  const Entity root = w_.Root("Root"), factory = w_.Intermediate("Factory", root);
  EXPECT_EQ(Build(w_.Leaf("d", factory), {root, factory}, {factory, root}, 1), BuildEnd::kStopped);
  EXPECT_THAT(visited_, ElementsAre("Factory!"));
}

TEST_F(PathBuilderTest, StepsAreBounded) {
  const Entity root = w_.Root("Root"), mid = w_.Intermediate("Mid", root),
               low = w_.Intermediate("Low", mid);
  const Entity leaf = w_.Leaf("d", low);
  budget_.path_steps_max = 3;
  EXPECT_EQ(Build(leaf, {root, mid, low}, {root}), BuildEnd::kExhausted);
  budget_.path_steps_max = 2;
  EXPECT_EQ(Build(leaf, {root, mid, low}, {root}), BuildEnd::kBudget);
}

TEST_F(PathBuilderTest, SignaturesAreBounded) {
  const Entity root = w_.Root("Root"), mid = w_.Intermediate("Mid", root),
               low = w_.Intermediate("Low", mid);
  const Entity leaf = w_.Leaf("d", low);
  budget_.signatures_max = 2;
  EXPECT_EQ(Build(leaf, {root, mid, low}, {root}), BuildEnd::kExhausted);
  EXPECT_EQ(signatures_, 2);
  budget_.signatures_max = 1;
  EXPECT_EQ(Build(leaf, {root, mid, low}, {root}), BuildEnd::kBudget);
  EXPECT_EQ(signatures_, 1);
}

TEST_F(PathBuilderTest, LengthIsBounded) {
  const Entity root = w_.Root("Root"), mid = w_.Intermediate("Mid", root),
               low = w_.Intermediate("Low", mid);
  const Entity leaf = w_.Leaf("d", low);
  budget_.path_len_max = 5;
  EXPECT_EQ(Build(leaf, {root, mid, low}, {root}), BuildEnd::kExhausted);
  budget_.path_len_max = 3;  // Leaf, Low, Mid: the root does not fit.
  EXPECT_EQ(Build(leaf, {root, mid, low}, {root}), BuildEnd::kBudget);
  EXPECT_TRUE(visited_.empty());
}

// k CAs that all signed each other have about k! paths; the budget ends the search.
TEST_F(PathBuilderTest, AMeshEndsAtTheBudget) {
  std::vector<Entity> roots, mesh;
  for (int i = 0; i < 8; ++i) roots.push_back(w_.Root("R" + std::to_string(i)));
  for (const Entity& subject : roots) {
    for (const Entity& issuer : roots) {
      if (subject.fingerprint() != issuer.fingerprint()) {
        mesh.push_back(w_.CrossSigned(subject, issuer));
      }
    }
  }
  EXPECT_EQ(Build(w_.Leaf("d", roots[0]), mesh, {}), BuildEnd::kBudget);
  EXPECT_LE(signatures_, budget_.signatures_max);
}

// Each pair of certificates is checked once, however many paths share the link.
TEST_F(PathBuilderTest, LinksAreCheckedOnce) {
  const Entity top = w_.Root("Top"), a = w_.Intermediate("A", top);
  const Entity x = w_.Root("X"), y = w_.Root("Y");
  const Entity low_x = w_.Intermediate("Low", x, {.key_label = "low"});
  const Entity low_y = w_.Intermediate("Low", y, {.key_label = "low"});
  const Entity x_by_a = w_.CrossSigned(x, a), y_by_a = w_.CrossSigned(y, a);
  Build(w_.Leaf("d", low_x), {top, a, low_x, low_y, x_by_a, y_by_a}, {top});
  EXPECT_EQ(visited_.size(), 2u);
  EXPECT_EQ(signatures_, 5);  // low_x-x, x-a, a-top, low_y-y, y-a; a-top again is remembered.
}

}  // namespace
}  // namespace muster::path
