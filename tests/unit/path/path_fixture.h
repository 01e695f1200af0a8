// PathTest: validates paths of a World, given as leaf, issuer, ..., anchor.
#ifndef MUSTER_TESTS_UNIT_PATH_PATH_FIXTURE_H_
#define MUSTER_TESTS_UNIT_PATH_PATH_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/graph/issuer_graph.h"
#include "engine/path/path_validator.h"
#include "tests/support/test_world.h"
#include "tests/unit/path/extension_writer.h"

namespace muster::path {

using test::Entity;
using test::World;

// What came of a path. Compares and prints as "expired@1".
struct Finding {
  RejectReason reason = RejectReason::kNone;
  int chain_index = -1;
  friend bool operator==(const Finding&, const Finding&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Finding& f) {
    return out << NameOf(f.reason) << "@" << f.chain_index;
  }
};
inline const Finding kGoodPath{RejectReason::kNone, -1};

class PathTest : public testing::Test {
 protected:
  graph::CaNodePtr NodeOf(const Entity& entity) const {
    auto node = graph::CaNode::Create(entity.certificate(), options_.algorithms);
    if (!node) throw std::runtime_error(std::string(node.error().what));
    return *node;
  }

  // Path: leaf first, anchor last. The first fault; details are in `faults_` afterwards.
  Finding Validate(const std::vector<Entity>& path) { return Validate(path, w_.at()); }
  Finding Validate(const std::vector<Entity>& path, UnixTime at) {
    std::vector<graph::CaNodePtr> cas;
    for (std::size_t i = 1; i < path.size(); ++i) cas.push_back(NodeOf(path[i]));
    std::vector<graph::CaNodePtr> issuers;
    for (const Entity& entity : crl_issuers_) issuers.push_back(NodeOf(entity));
    const graph::IssuerGraph graph(std::move(issuers));
    const CrlSet crls(crls_, &graph, nullptr);
    const PathValidator validator(options_, crls, rules_);
    LinkVerifier links(options_.algorithms, options_.budget.signatures_max);

    FaultSink sink(/*collect_all=*/false);
    stable_ = StableWindow();
    policies_.clear();
    if (const auto validated = validator.ValidateCas(cas, at, &links, &sink, &stable_)) {
      validator.ValidateLeaf(*validated, path.front().view(), at, &sink, &policies_);
    }
    signatures_ = links.signatures_checked();
    // Everything at once finds the same fault first.
    FaultSink all(/*collect_all=*/true);
    LinkVerifier other_links(options_.algorithms, options_.budget.signatures_max);
    std::vector<std::string> same_policies;
    validator.ValidateWhole(cas, path.front().view(), at, &other_links, &all, &same_policies);
    EXPECT_EQ(sink.reason() == RejectReason::kNone, all.faults().empty());
    faults_ = all.faults();
    notes_ = all.notes();
    if (sink.empty()) {
      EXPECT_EQ(policies_, same_policies);
      return kGoodPath;
    }
    EXPECT_EQ(sink.faults().size(), 1u);
    detail_ = sink.faults().front().detail;
    EXPECT_EQ(all.reason(), sink.reason()) << NameOf(all.reason()) << " " << NameOf(sink.reason());
    EXPECT_EQ(all.chain_index(), sink.chain_index());
    return {sink.reason(), sink.chain_index()};
  }

  // An edit that adds an extension.
  static test::Edit With(RawExtension extension) {
    return [extension](CertificateTemplate& t) { t.extensions.push_back(extension); };
  }
  static test::Edit With(std::vector<RawExtension> extensions) {
    return [extensions](CertificateTemplate& t) {
      t.extensions.insert(t.extensions.end(), extensions.begin(), extensions.end());
    };
  }

  World w_;
  ValidationOptions options_;
  LeafRules rules_;
  std::vector<Bytes> crls_;
  std::vector<Entity> crl_issuers_;

  StableWindow stable_;
  std::vector<std::string> policies_;
  std::vector<Fault> faults_, notes_;
  std::string detail_;
  int signatures_ = 0;
};

}  // namespace muster::path

#endif  // MUSTER_TESTS_UNIT_PATH_PATH_FIXTURE_H_
