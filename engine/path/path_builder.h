// PathBuilder: enumerates candidate certification paths of a leaf upwards (RFC 4158 in spirit):
// iterative, backtracking, budgeted.
#ifndef MUSTER_ENGINE_PATH_PATH_BUILDER_H_
#define MUSTER_ENGINE_PATH_PATH_BUILDER_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/issuer_graph.h"
#include "engine/path/link_verifier.h"
#include "muster/options.h"

namespace muster::path {

// CA certificates of a path, from the leaf's issuer upwards. Every link between them carries a good
// signature; nothing else about it is validated yet, nor is the link from the leaf.
struct CandidatePath {
  std::vector<graph::CaNodePtr> cas;
  // The last CA is an anchor. If not, the path is a dead end.
  bool reaches_anchor = false;
  // Why a dead end is one: kIssuerNotFound, or what was wrong with the only issuers found
  // (kBadSignature, kWeakKey, ...). kNone where an anchor is reached.
  RejectReason dead_end = RejectReason::kNone;
};

enum class Visit : std::uint8_t { kContinue, kStop };

enum class BuildEnd : std::uint8_t {
  kExhausted,  // Every candidate path was visited.
  kStopped,    // The visitor stopped it.
  kBudget,     // A bound was reached: there may be more paths.
};

class PathBuilder {
 public:
  using IsAnchor = std::function<bool(const graph::CaNode&)>;
  using Visitor = std::function<Visit(const CandidatePath&)>;

  // `source` and `links` must outlive the builder.
  PathBuilder(const graph::IssuerSource& source, IsAnchor is_anchor, LinkVerifier* links,
              const ValidationBudget& budget)
      : source_(source), is_anchor_(std::move(is_anchor)), links_(links), budget_(budget) {}

  // Calls `visit` for every candidate path of a leaf with that issuer name (canonical) and
  // authority key identifier (may be empty): each time the path reaches an anchor (and then goes on
  // above it, since the enrollment that decides may lie above the first verified CA), and at each
  // dead end. Depth first, best candidates first. A path never holds two certificates with the same
  // subject and key (RFC 4158 2.4.1: no loops).
  BuildEnd Build(std::string_view issuer_name, ByteView authority_key_id,
                 const Visitor& visit) const;

 private:
  const graph::IssuerSource& source_;
  IsAnchor is_anchor_;
  LinkVerifier* links_;
  ValidationBudget budget_;
};

}  // namespace muster::path

#endif  // MUSTER_ENGINE_PATH_PATH_BUILDER_H_
