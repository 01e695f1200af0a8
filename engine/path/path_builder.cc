#include "engine/path/path_builder.h"

#include <algorithm>

namespace muster::path {
namespace {

// One certificate of the path under construction (or the leaf) and its issuers yet to be tried.
struct Frame {
  std::vector<graph::CaNodePtr> candidates;
  std::size_t next = 0;
  bool extended = false;                               // Some candidate was stepped to.
  RejectReason refused = RejectReason::kIssuerNotFound;  // Why the best refused candidate was.
};

bool HasTwin(const std::vector<graph::CaNodePtr>& path, const graph::CaNode& node) {
  return std::any_of(path.begin(), path.end(),
                     [&](const graph::CaNodePtr& p) { return p->IsTwinOf(node); });
}

}  // namespace

BuildEnd PathBuilder::Build(std::string_view issuer_name, ByteView authority_key_id,
                            const Visitor& visit) const {
  CandidatePath path;
  std::vector<Frame> frames(1);
  source_.FindIssuers(issuer_name, authority_key_id, &frames.back().candidates);
  int steps_left = budget_.path_steps_max;
  bool cut_short = false;

  const auto visit_as = [&](bool reaches_anchor, RejectReason dead_end) {
    path.reaches_anchor = reaches_anchor;
    path.dead_end = dead_end;
    return visit(path);
  };

  while (!frames.empty()) {
    Frame& frame = frames.back();
    if (frame.next == frame.candidates.size()) {
      const bool at_anchor = !path.cas.empty() && is_anchor_(*path.cas.back());
      if (!frame.extended && !at_anchor && visit_as(false, frame.refused) == Visit::kStop) {
        return BuildEnd::kStopped;
      }
      frames.pop_back();
      if (!path.cas.empty()) path.cas.pop_back();
      continue;
    }
    const graph::CaNodePtr candidate = frame.candidates[frame.next++];
    if (HasTwin(path.cas, *candidate)) continue;
    if (steps_left-- == 0) return BuildEnd::kBudget;
    if (!path.cas.empty()) {
      const RejectReason link = links_->Verify(*path.cas.back(), *candidate);
      if (link == RejectReason::kBudgetExhausted) return BuildEnd::kBudget;
      if (link != RejectReason::kNone) {
        if (frame.refused == RejectReason::kIssuerNotFound) frame.refused = link;
        continue;
      }
    }
    frame.extended = true;
    path.cas.push_back(candidate);
    if (is_anchor_(*candidate) && visit_as(true, RejectReason::kNone) == Visit::kStop) {
      return BuildEnd::kStopped;
    }
    // The leaf counts too: `cas` holds at most path_len_max - 1.
    if (static_cast<int>(path.cas.size()) + 1 >= budget_.path_len_max) {
      cut_short = true;
      path.cas.pop_back();
      continue;
    }
    frames.emplace_back();
    source_.FindIssuers(candidate->issuer, candidate->view().authority_key_id(),
                        &frames.back().candidates);
  }
  return cut_short ? BuildEnd::kBudget : BuildEnd::kExhausted;
}

}  // namespace muster::path
