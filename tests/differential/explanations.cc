#include "tests/differential/explanations.h"

#include <algorithm>

namespace muster::test {
namespace {

bool IsAbout(Whom whom, Peer peer) {
  return whom == Whom::kBoth || (whom == Whom::kOpenssl) == (peer == Peer::kOpenssl);
}

bool Names(std::string_view pattern, const Flaw& flaw) {
  return pattern.ends_with(':') ? flaw.name.starts_with(pattern) : flaw.name == pattern;
}

bool HasOneOf(const std::vector<std::string_view>& patterns, const CertificatePlan* plan) {
  if (patterns.empty()) return true;
  if (plan == nullptr) return false;
  return std::any_of(plan->flaws.begin(), plan->flaws.end(), [&](const Flaw* flaw) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](std::string_view pattern) { return Names(pattern, *flaw); });
  });
}

// Where CAs share a name, muster tries several paths, and the places of its faults count on each of
// them differently. What is left of the question is the peer's one path: any of it may be meant.
std::vector<const CertificatePlan*> PlacesOf(const LocatedFault& fault, const Disagreement& d) {
  std::vector<const CertificatePlan*> places = {fault.certificate};
  if (d.muster.unreadable) return places;
  std::vector<const CertificatePlan*> left;
  for (const auto* list : {&d.question.untrusted, &d.question.anchors}) {
    for (const std::size_t i : *list) left.push_back(&d.question.certificates[i]);
  }
  const bool share_names = std::any_of(left.begin(), left.end(), [&](const auto* plan) {
    return std::any_of(left.begin(), left.end(), [&](const auto* other) {
      return plan != other && plan->subject == other->subject;
    });
  });
  if (share_names) places.insert(places.end(), left.begin(), left.end());
  return places;
}

bool ExplainsRefusal(const Explanation& row, const Disagreement& d) {
  return std::any_of(d.faults.begin(), d.faults.end(), [&](const LocatedFault& fault) {
    if (std::find(row.reasons.begin(), row.reasons.end(), fault.reason) == row.reasons.end()) {
      return false;
    }
    const auto places = PlacesOf(fault, d);
    return std::any_of(places.begin(), places.end(), [&](const CertificatePlan* at) {
      return HasOneOf(row.flaws, at) && (row.holds == nullptr || row.holds(d, at));
    });
  });
}

bool ExplainsAcceptance(const Explanation& row, const Disagreement& d) {
  const bool says = std::any_of(row.peer_says.begin(), row.peer_says.end(), [&](auto words) {
    return d.directly.reason.find(words) != std::string::npos;
  });
  const bool planted =
      row.flaws.empty() || std::any_of(d.path.begin(), d.path.end(),
                                       [&](const auto* plan) { return HasOneOf(row.flaws, plan); });
  return says && planted && (row.holds == nullptr || row.holds(d, nullptr));
}

}  // namespace

const Explanation* FindExplanation(const Disagreement& d) {
  const auto& rows = d.muster_accepts() ? AcceptanceExplanations() : RefusalExplanations();
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const Explanation& row) {
    return IsAbout(row.whom, d.peer) &&
           (d.muster_accepts() ? ExplainsAcceptance(row, d) : ExplainsRefusal(row, d));
  });
  return found == rows.end() ? nullptr : &*found;
}

}  // namespace muster::test
