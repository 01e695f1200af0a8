#include "engine/graph/issuer_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/test_world.h"

namespace muster::graph {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using test::Entity;
using test::World;

CaNodePtr NodeOf(const Entity& entity) {
  auto node = CaNode::Create(entity.certificate(), AlgorithmPolicy{});
  if (!node) throw std::runtime_error(std::string(node.error().what));
  return *node;
}

IssuerGraph GraphOf(const std::vector<Entity>& entities) {
  std::vector<CaNodePtr> nodes;
  for (const Entity& e : entities) nodes.push_back(NodeOf(e));
  return IssuerGraph(std::move(nodes));
}

std::vector<Fingerprint> IssuersOf(const IssuerSource& source, const Entity& child) {
  const CaNodePtr node = NodeOf(child);
  std::vector<CaNodePtr> found;
  source.FindIssuers(node->issuer, node->view().authority_key_id(), &found);
  std::vector<Fingerprint> fingerprints;
  for (const CaNodePtr& f : found) fingerprints.push_back(f->fingerprint);
  return fingerprints;
}

TEST(CaNodeTest, DecodesWhatBuildingAsks) {
  World w;
  const Entity root = w.Root("Root");
  const Entity factory = w.Intermediate("Factory", root);
  const CaNodePtr node = NodeOf(factory);
  EXPECT_EQ(node->fingerprint, factory.fingerprint());
  EXPECT_EQ(node->issuer, NodeOf(root)->subject);
  EXPECT_NE(node->issuer, node->subject);
  EXPECT_FALSE(node->IsSelfIssued());
  EXPECT_TRUE(NodeOf(root)->IsSelfIssued());
  EXPECT_TRUE(node->key.has_value());
}

TEST(CaNodeTest, KeepsTheReasonWhyAKeyIsNotAccepted) {
  World w;
  const CaNodePtr weak = NodeOf(w.Root("Weak", {.key = KeyKind::kRsa1024}));
  ASSERT_FALSE(weak->key.has_value());
  EXPECT_EQ(weak->key.error().reason, RejectReason::kWeakKey);
}

TEST(CaNodeTest, TwinsHaveTheSameSubjectAndKey) {
  World w;
  const Entity root = w.Root("Root"), other = w.Root("Other");
  const Entity factory = w.Intermediate("Factory", root);
  const Entity cross = w.CrossSigned(factory, other);
  const Entity impostor = w.Intermediate("Factory", root, {.key_label = "another key"});
  const Entity renamed = w.Intermediate("Renamed", root, {.key_label = "Factory"});
  EXPECT_TRUE(NodeOf(factory)->IsTwinOf(*NodeOf(cross)));
  EXPECT_FALSE(NodeOf(factory)->IsTwinOf(*NodeOf(impostor)));
  EXPECT_FALSE(NodeOf(factory)->IsTwinOf(*NodeOf(renamed)));
}

TEST(IssuerGraphTest, FindsIssuersByName) {
  World w;
  const Entity root = w.Root("Root"), other = w.Root("Other");
  const Entity factory = w.Intermediate("Factory", root);
  const IssuerGraph graph = GraphOf({root, other, factory});
  EXPECT_THAT(IssuersOf(graph, factory), ElementsAre(root.fingerprint()));
  EXPECT_THAT(IssuersOf(graph, w.Intermediate("Line", factory)),
              ElementsAre(factory.fingerprint()));
  EXPECT_THAT(IssuersOf(graph, w.Intermediate("Stray", w.Root("Unknown"))), IsEmpty());
}

TEST(IssuerGraphTest, MatchingKeyIdentifierComesFirstThenAbsentThenDifferent) {
  World w;
  const Entity right = w.Root("Root");
  const Entity without = w.Root("Root", {.key_label = "k2", .edit = [](CertificateTemplate& t) {
                                           t.subject_key_id = false;
                                         }});
  const Entity different = w.Root("Root", {.key_label = "k3"});
  const Entity factory = w.Intermediate("Factory", right);
  const IssuerGraph graph = GraphOf({different, without, right});
  EXPECT_THAT(IssuersOf(graph, factory), ElementsAre(right.fingerprint(), without.fingerprint(),
                                                     different.fingerprint()));
}

TEST(IssuerGraphTest, ReachersFollowCandidateEdges) {
  World w;
  const Entity root = w.Root("Root");
  const Entity factory = w.Intermediate("Factory", root);
  const Entity line = w.Intermediate("Line", factory);
  const Entity stray = w.Root("Stray");
  const Entity no_ids = w.Intermediate("Old", root, [](CertificateTemplate& t) {
    t.authority_key_id = false;
    t.subject_key_id = false;
  });
  const Entity below_old = w.Intermediate("Below old", no_ids);
  const IssuerGraph graph = GraphOf({root, factory, line, stray, no_ids, below_old});
  const auto reach_root = graph.ReachersOf([](std::size_t i) { return i == 0; });
  EXPECT_THAT(reach_root, ElementsAre(true, true, true, false, true, true));
  const auto reach_line = graph.ReachersOf([](std::size_t i) { return i == 2; });
  EXPECT_THAT(reach_line, ElementsAre(false, false, true, false, false, false));
  EXPECT_THAT(graph.ReachersOf([](std::size_t) { return false; }),
              testing::Each(false));
}

TEST(IssuerGraphTest, ADifferentKeyIdentifierIsNoEdge) {
  World w;
  const Entity right = w.Root("Root"), lookalike = w.Root("Root", {.key_label = "other"});
  const Entity factory = w.Intermediate("Factory", right);
  const IssuerGraph graph = GraphOf({lookalike, factory});
  EXPECT_THAT(graph.ReachersOf([](std::size_t i) { return i == 0; }), ElementsAre(true, false));
}

TEST(IssuerGraphTest, CyclesAreOrdinary) {
  World w;
  const Entity a = w.Root("A"), b = w.Root("B");
  const Entity a_by_b = w.CrossSigned(a, b), b_by_a = w.CrossSigned(b, a);
  const IssuerGraph graph = GraphOf({a_by_b, b_by_a});
  EXPECT_THAT(graph.ReachersOf([](std::size_t i) { return i == 0; }), ElementsAre(true, true));
}

TEST(IssuerGraphTest, ThousandsOfTheSameNameStayLinear) {
  World w;
  // One certificate under 3,000 fingerprints' worth of nodes: all pairs would be nine million edges.
  const Entity root = w.Root("Root", [](CertificateTemplate& t) { t.subject_key_id = false; });
  const CaNodePtr node = NodeOf(root);
  const IssuerGraph graph(std::vector<CaNodePtr>(3'000, node));
  const auto reach = graph.ReachersOf([](std::size_t i) { return i == 2'999; });
  EXPECT_EQ(std::count(reach.begin(), reach.end(), true), 3'000);
  const std::string dot = graph.ToGraphviz([](std::size_t) { return "label=x"; });
  EXPECT_LT(dot.size(), 500'000u);
}

TEST(IssuerGraphTest, GraphvizDrawsEdgesUpwardsWithoutSelfLoops) {
  World w;
  const Entity root = w.Root("Root");
  const Entity factory = w.Intermediate("Factory", root);
  const IssuerGraph graph = GraphOf({root, factory});
  const std::string dot = graph.ToGraphviz(
      [](std::size_t i) { return i == 0 ? "label=\"the root\"" : "label=\"the factory\""; });
  EXPECT_THAT(dot, HasSubstr("digraph"));
  EXPECT_THAT(dot, HasSubstr("0[label=\"the root\"]"));
  EXPECT_THAT(dot, HasSubstr("1->0"));
  EXPECT_THAT(dot, Not(HasSubstr("0->0")));
  EXPECT_THAT(dot, Not(HasSubstr("2")));  // No hub is left over.
}

TEST(OverlaySourceTest, PresentedComesFirstAmongEqualsAndTwiceIsOnce) {
  World w;
  const Entity root = w.Root("Root");
  const Entity renewed = w.Root("Root", [&](CertificateTemplate& t) {
    t.not_after = t.not_after + std::chrono::hours(1);
  });
  const Entity lookalike = w.Root("Root", {.key_label = "other"});
  const Entity factory = w.Intermediate("Factory", root);
  const IssuerGraph presented = GraphOf({lookalike, renewed});
  const IssuerGraph registered = GraphOf({root, renewed});
  const OverlaySource overlay(&presented, &registered);
  EXPECT_THAT(IssuersOf(overlay, factory), ElementsAre(renewed.fingerprint(), root.fingerprint(),
                                                       lookalike.fingerprint()));
  const OverlaySource alone(&presented, nullptr);
  EXPECT_THAT(IssuersOf(alone, factory),
              ElementsAre(renewed.fingerprint(), lookalike.fingerprint()));
}

}  // namespace
}  // namespace muster::graph
