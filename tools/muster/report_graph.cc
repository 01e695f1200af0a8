#include "tools/muster/report_graph.h"

#ifdef MUSTER_WITH_GRAPHVIZ
#include <fmt/format.h>
#include <graphviz/cgraph.h>
#include <graphviz/gvc.h>

#include <memory>
#endif

#include "tools/muster/output.h"

namespace muster::cli {

#ifdef MUSTER_WITH_GRAPHVIZ

namespace {

// A line of a label: in an escString '\' begins an escape, and '&' an entity of HTML.
std::string Escaped(const std::string& text) {
  std::string escaped;
  for (char c : Printable(text)) {
    if (c == '\\') escaped += '\\';
    escaped += c;
    if (c == '&') escaped += "amp;";
  }
  return escaped;
}

struct FreeContext {
  void operator()(GVC_t* context) const { gvFreeContext(context); }
};
struct CloseGraph {
  void operator()(Agraph_t* graph) const { agclose(graph); }
};

// Graphviz takes texts that it never changes as pointers to what could be changed.
void Set(void* object, std::string name, std::string value) {
  std::string by_default;
  agsafeset(object, name.data(), value.data(), by_default.data());
}

void Describe(Agraph_t* graph, const Picture& picture) {
  std::vector<Agnode_t*> nodes;
  for (const PictureNode& node : picture.nodes) {
    std::string name = std::to_string(nodes.size());
    Agnode_t* drawn = agnode(graph, name.data(), 1);
    std::string label;
    for (const std::string& line : node.lines) {
      label += (label.empty() ? "" : "\\n") + Escaped(line);
    }
    Set(drawn, "label", label);
    Set(drawn, "class", node.css_class);
    nodes.push_back(drawn);
  }
  for (const PictureEdge& edge : picture.edges) {
    Agedge_t* drawn = agedge(graph, nodes.at(edge.from), nodes.at(edge.to), nullptr, 1);
    Set(drawn, "class", edge.css_class);
    Set(drawn, "penwidth", fmt::format("{:.1f}", edge.width));
  }
}

}  // namespace

bool GraphvizIsBuiltIn() { return true; }

std::optional<std::string> DrawSvg(const Picture& picture) {
  agseterr(AGMAX);  // Its warnings are not the user's.
  const std::unique_ptr<GVC_t, FreeContext> context(gvContext());
  std::string title = "issuers";
  const std::unique_ptr<Agraph_t, CloseGraph> graph(agopen(title.data(), Agdirected, nullptr));
  if (!context || !graph) return std::nullopt;
  const auto preset = [&](int kind, std::string name, std::string value) {
    agattr(graph.get(), kind, name.data(), value.data());
  };
  preset(AGRAPH, "bgcolor", "transparent");
  preset(AGRAPH, "rankdir", "LR");
  preset(AGRAPH, "ranksep", "0.9");
  preset(AGRAPH, "nodesep", "0.12");
  preset(AGNODE, "shape", "box");
  preset(AGNODE, "style", "rounded");
  preset(AGNODE, "fontname", "Helvetica");
  preset(AGNODE, "fontsize", "12");
  preset(AGNODE, "margin", "0.16,0.09");
  preset(AGEDGE, "arrowsize", "0.6");
  Describe(graph.get(), picture);
  if (gvLayout(context.get(), graph.get(), "dot") != 0) return std::nullopt;
  char* text = nullptr;
  unsigned size = 0;
  std::optional<std::string> svg;
  if (gvRenderData(context.get(), graph.get(), "svg", &text, &size) == 0 && text != nullptr) {
    svg.emplace(text, size);
    gvFreeRenderData(text);
  }
  gvFreeLayout(context.get(), graph.get());
  return svg;
}

#else

bool GraphvizIsBuiltIn() { return false; }

std::optional<std::string> DrawSvg(const Picture&) { return std::nullopt; }

#endif

}  // namespace muster::cli
