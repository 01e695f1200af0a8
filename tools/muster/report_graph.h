// Pictures of graphs, drawn by Graphviz where it was there at build time.
#ifndef MUSTER_TOOLS_MUSTER_REPORT_GRAPH_H_
#define MUSTER_TOOLS_MUSTER_REPORT_GRAPH_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace muster::cli {

struct PictureNode {
  std::vector<std::string> lines;  // Any text: it is shown as it is.
  std::string css_class;           // What the page's style sheet knows it by.
};

struct PictureEdge {
  std::size_t from = 0, to = 0;  // Into the nodes.
  std::string css_class;
  double width = 1;
};

struct Picture {
  std::vector<PictureNode> nodes;
  std::vector<PictureEdge> edges;
};

bool GraphvizIsBuiltIn();

// The picture as an SVG document, top to bottom; nothing where Graphviz is absent or fails.
std::optional<std::string> DrawSvg(const Picture& picture);

}  // namespace muster::cli

#endif  // MUSTER_TOOLS_MUSTER_REPORT_GRAPH_H_
