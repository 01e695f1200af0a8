#include "engine/enrollment/presented_cas.h"

#include <algorithm>
#include <utility>

namespace muster::enrollment {

tl::expected<PresentedCas, PresentedFailure> PresentedCas::Parse(
    std::span<const ByteView> untrusted, const registry::CompiledSnapshot& snapshot) {
  std::vector<graph::CaNodePtr> nodes;
  for (std::size_t i = 0; i < untrusted.size(); ++i) {
    const int chain_index = static_cast<int>(i) + 1;
    // Not hashed before it is parsed: parsing bounds its size.
    auto certificate = Certificate::Parse(untrusted[i]);
    if (!certificate) {
      return tl::unexpected(PresentedFailure{certificate.error(), chain_index});
    }
    const Fingerprint fingerprint = Fingerprint::Of(untrusted[i]);
    const auto same = [&](const graph::CaNodePtr& n) { return n->fingerprint == fingerprint; };
    if (std::any_of(nodes.begin(), nodes.end(), same)) continue;
    if (const registry::HeldCa* held = snapshot.FindCa(fingerprint)) {
      nodes.push_back(held->node);
      continue;
    }
    auto node = graph::CaNode::Create(std::move(*certificate), AlgorithmPolicy{});
    if (!node) return tl::unexpected(PresentedFailure{node.error(), chain_index});
    nodes.push_back(std::move(*node));
  }
  PresentedCas presented;
  presented.issuers_ = std::make_unique<const graph::IssuerGraph>(std::move(nodes));
  return presented;
}

bool PresentedCas::Contains(const Fingerprint& fingerprint) const {
  const auto nodes = issuers_->nodes();
  return std::any_of(nodes.begin(), nodes.end(), [&](const graph::CaNodePtr& n) {
    return n->fingerprint == fingerprint;
  });
}

}  // namespace muster::enrollment
