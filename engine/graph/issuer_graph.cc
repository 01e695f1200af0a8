#include "engine/graph/issuer_graph.h"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/breadth_first_search.hpp>
#include <boost/graph/graphviz.hpp>
#include <boost/graph/reverse_graph.hpp>
#include <cstdint>
#include <sstream>
#include <unordered_map>
#include <utility>

#include "engine/base/byte_view.h"
#include "engine/base/encoding.h"

namespace muster::graph {
namespace {

using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::bidirectionalS>;
using Vertex = boost::graph_traits<Graph>::vertex_descriptor;

// How well a candidate's subject key identifier fits an authority key identifier; lower is better.
enum class Fit : std::uint8_t { kEqual, kUnknown, kDifferent };

Fit FitOf(const CaNode& candidate, ByteView authority_key_id) {
  const ByteView subject_key_id = candidate.view().subject_key_id();
  if (authority_key_id.empty() || subject_key_id.empty()) return Fit::kUnknown;
  return base::Equal(subject_key_id, authority_key_id) ? Fit::kEqual : Fit::kDifferent;
}

// Past this many edges through one hub, Graphviz output shows the hub instead of every edge.
constexpr std::size_t kHubEdgesMax = 256;

}  // namespace

class IssuerGraph::Impl {
 public:
  explicit Impl(std::vector<CaNodePtr> nodes) : nodes_(std::move(nodes)), graph_(nodes_.size()) {
    for (std::size_t i = 0; i < nodes_.size(); ++i) by_subject_[nodes_[i]->subject].push_back(i);
    for (std::size_t i = 0; i < nodes_.size(); ++i) AddEdges(i);
  }

  const std::vector<CaNodePtr>& nodes() const { return nodes_; }

  void FindIssuers(std::string_view issuer_name, ByteView authority_key_id,
                   std::vector<CaNodePtr>* out) const {
    const auto found = by_subject_.find(std::string(issuer_name));
    if (found == by_subject_.end()) return;
    for (const Fit fit : {Fit::kEqual, Fit::kUnknown, Fit::kDifferent}) {
      for (const std::size_t node : found->second) {
        if (FitOf(*nodes_[node], authority_key_id) == fit) out->push_back(nodes_[node]);
      }
    }
  }

  std::vector<bool> ReachersOf(const std::function<bool(std::size_t)>& is_target) const {
    const auto reversed = boost::make_reverse_graph(graph_);
    std::vector<boost::default_color_type> color(boost::num_vertices(graph_),
                                                 boost::white_color);
    const auto color_map =
        boost::make_iterator_property_map(color.begin(), boost::get(boost::vertex_index, graph_));
    boost::queue<Vertex> queue;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (!is_target(i) || color[i] != boost::white_color) continue;
      boost::breadth_first_visit(reversed, static_cast<Vertex>(i), queue,
                                 boost::default_bfs_visitor(), color_map);
    }
    std::vector<bool> reaches(nodes_.size());
    for (std::size_t i = 0; i < nodes_.size(); ++i) reaches[i] = color[i] != boost::white_color;
    return reaches;
  }

  std::string ToGraphviz(const std::function<std::string(std::size_t)>& attributes) const {
    const Graph drawn = WithoutSmallHubs();
    const auto write_vertex = [&](std::ostream& out, Vertex v) {
      if (v < nodes_.size()) {
        out << "[" << attributes(v) << "]";
      } else if (boost::degree(v, drawn) == 0) {
        out << "[style=invis, shape=point]";
      } else {
        out << "[shape=point]";
      }
    };
    const auto write_edge = [](std::ostream&, const auto&) {};
    const auto write_graph = [](std::ostream& out) {
      out << "rankdir=BT;\n"
             "node [shape=box, style=\"filled,rounded\", fontname=\"sans-serif\"];\n";
    };
    std::ostringstream out;
    boost::write_graphviz(out, drawn, write_vertex, write_edge, write_graph);
    return out.str();
  }

 private:
  // The hub that children with this issuer name and authority key identifier point to, and issuers
  // with this subject and subject key identifier hang from.
  Vertex Hub(const std::string& name, std::string_view kind) {
    std::string key = name;
    key.push_back('\0');
    key.append(kind);
    const auto [it, added] = hubs_.try_emplace(std::move(key), Vertex{});
    if (added) it->second = boost::add_vertex(graph_);
    return it->second;
  }

  void AddEdges(std::size_t i) {
    const CaNode& node = *nodes_[i];
    const std::string aki = "=" + base::HexLower(node.view().authority_key_id());
    const std::string ski = "=" + base::HexLower(node.view().subject_key_id());
    if (node.view().authority_key_id().empty()) {
      boost::add_edge(i, Hub(node.issuer, "any"), graph_);
    } else {
      boost::add_edge(i, Hub(node.issuer, aki), graph_);
      boost::add_edge(i, Hub(node.issuer, "none"), graph_);
    }
    boost::add_edge(Hub(node.subject, "any"), i, graph_);
    boost::add_edge(Hub(node.subject, node.view().subject_key_id().empty() ? "none" : ski), i,
                    graph_);
  }

  // The graph as it is drawn: edges straight from child to issuer, self-loops left out, except
  // through hubs that would make too many. Hub vertices that are left without edges are dropped.
  Graph WithoutSmallHubs() const {
    Graph drawn(nodes_.size());
    const auto [begin, end] = boost::vertices(graph_);
    for (Vertex hub : boost::make_iterator_range(begin, end)) {
      if (hub < nodes_.size()) continue;
      const auto children = boost::make_iterator_range(boost::in_edges(hub, graph_));
      const auto issuers = boost::make_iterator_range(boost::out_edges(hub, graph_));
      const std::size_t edges = boost::in_degree(hub, graph_) * boost::out_degree(hub, graph_);
      if (edges == 0) continue;
      if (edges > kHubEdgesMax) {
        const Vertex kept = boost::add_vertex(drawn);
        for (const auto& e : children) boost::add_edge(boost::source(e, graph_), kept, drawn);
        for (const auto& e : issuers) boost::add_edge(kept, boost::target(e, graph_), drawn);
        continue;
      }
      for (const auto& child : children) {
        for (const auto& issuer : issuers) {
          const Vertex from = boost::source(child, graph_), to = boost::target(issuer, graph_);
          if (from != to) boost::add_edge(from, to, drawn);
        }
      }
    }
    return drawn;
  }

  std::vector<CaNodePtr> nodes_;
  Graph graph_;  // Vertices 0..nodes-1 are the nodes; hubs follow.
  std::unordered_map<std::string, std::vector<std::size_t>> by_subject_;
  std::unordered_map<std::string, Vertex> hubs_;
};

IssuerGraph::IssuerGraph(std::vector<CaNodePtr> nodes)
    : impl_(std::make_unique<const Impl>(std::move(nodes))) {}
IssuerGraph::~IssuerGraph() = default;

std::span<const CaNodePtr> IssuerGraph::nodes() const { return impl_->nodes(); }

void IssuerGraph::FindIssuers(std::string_view issuer_name, ByteView authority_key_id,
                              std::vector<CaNodePtr>* out) const {
  impl_->FindIssuers(issuer_name, authority_key_id, out);
}

std::vector<bool> IssuerGraph::ReachersOf(
    const std::function<bool(std::size_t)>& is_target) const {
  return impl_->ReachersOf(is_target);
}

std::string IssuerGraph::ToGraphviz(
    const std::function<std::string(std::size_t)>& attributes) const {
  return impl_->ToGraphviz(attributes);
}

void OverlaySource::FindIssuers(std::string_view issuer_name, ByteView authority_key_id,
                                std::vector<CaNodePtr>* out) const {
  std::vector<CaNodePtr> found;
  presented_->FindIssuers(issuer_name, authority_key_id, &found);
  const std::size_t presented_count = found.size();
  if (base_ != nullptr) {
    std::vector<CaNodePtr> registered;
    base_->FindIssuers(issuer_name, authority_key_id, &registered);
    for (CaNodePtr& node : registered) {
      const auto presented_end = found.begin() + static_cast<std::ptrdiff_t>(presented_count);
      const bool twice = std::any_of(found.begin(), presented_end, [&](const CaNodePtr& p) {
        return p->fingerprint == node->fingerprint;
      });
      if (!twice) found.push_back(std::move(node));
    }
  }
  std::stable_sort(found.begin(), found.end(), [&](const CaNodePtr& a, const CaNodePtr& b) {
    return FitOf(*a, authority_key_id) < FitOf(*b, authority_key_id);
  });
  out->insert(out->end(), found.begin(), found.end());
}

}  // namespace muster::graph
