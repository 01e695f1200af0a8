// IssuerGraph: which certificates may have issued which, over a fixed set of CA certificates.
//
// An edge child -> issuer is a candidate: issuer's subject matches child's issuer name (RFC 5280
// 7.1) and key identifiers, where both are there, agree. No signature is checked here. Cycles and
// cross-signing are ordinary.
// Thousands of CAs may share one name, and all pairs of them would be edges; so the graph (a
// boost::adjacency_list, hidden) has a hub vertex per name and key identifier between children and
// issuers, which keeps it linear in the number of certificates.
// Thread-safe: immutable once built.
#ifndef MUSTER_ENGINE_GRAPH_ISSUER_GRAPH_H_
#define MUSTER_ENGINE_GRAPH_ISSUER_GRAPH_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/ca_node.h"

namespace muster::graph {

// Finds candidate issuers: what the path builder searches over.
class IssuerSource {
 public:
  virtual ~IssuerSource() = default;
  // Appends candidates whose subject is `issuer_name` (canonical), best first: a candidate whose
  // subject key identifier equals `authority_key_id` before one where either is absent; one whose
  // identifier differs comes last (identifiers are hints, RFC 5280 4.2.1.1, never proof).
  virtual void FindIssuers(std::string_view issuer_name, ByteView authority_key_id,
                           std::vector<CaNodePtr>* out) const = 0;
};

class IssuerGraph : public IssuerSource {
 public:
  explicit IssuerGraph(std::vector<CaNodePtr> nodes);
  ~IssuerGraph() override;

  std::span<const CaNodePtr> nodes() const;
  void FindIssuers(std::string_view issuer_name, ByteView authority_key_id,
                   std::vector<CaNodePtr>* out) const override;

  // For each node: can a walk along candidate edges reach a node for which `is_target` holds? A
  // target reaches itself. Linear in the size of the graph.
  std::vector<bool> ReachersOf(const std::function<bool(std::size_t node)>& is_target) const;

  // Graphviz DOT. `attributes` gives a node's attribute list: label="...", fillcolor="...".
  std::string ToGraphviz(const std::function<std::string(std::size_t node)>& attributes) const;

 private:
  class Impl;
  std::unique_ptr<const Impl> impl_;
};

// Presented certificates over registered ones: presented ones come first among equals, and a
// certificate that is in both comes once.
class OverlaySource : public IssuerSource {
 public:
  // Both must outlive the overlay; `base` may be null.
  OverlaySource(const IssuerSource* presented, const IssuerSource* base)
      : presented_(presented), base_(base) {}
  void FindIssuers(std::string_view issuer_name, ByteView authority_key_id,
                   std::vector<CaNodePtr>* out) const override;

 private:
  const IssuerSource* presented_;
  const IssuerSource* base_;
};

}  // namespace muster::graph

#endif  // MUSTER_ENGINE_GRAPH_ISSUER_GRAPH_H_
