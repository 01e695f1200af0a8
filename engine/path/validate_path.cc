#include "muster/path_validation.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "engine/graph/issuer_graph.h"
#include "engine/path/path_builder.h"
#include "engine/path/path_validator.h"
#include "engine/x509/name.h"

namespace muster {
namespace {

using path::CandidatePath;

// One validation. Every candidate path is tried, best first, until one is valid.
class Search {
 public:
  Search(const ValidationInput& input, const ValidationOptions& options, UnixTime at)
      : input_(input), options_(options), at_(at) {}

  ValidationOutcome Run();

 private:
  void AddNodes(const std::vector<Certificate>& certificates, std::vector<graph::CaNodePtr>* nodes);
  // The leaf and CA certificates as a path of the outcome.
  std::vector<Certificate> PathOf(const std::vector<graph::CaNodePtr>& cas) const;
  void Fail(RejectReason reason, int chain_index, const std::vector<graph::CaNodePtr>& cas);
  void AddFaults(const std::vector<Fault>& faults);
  path::Visit Try(const CandidatePath& candidate, const path::PathValidator& validator,
                  path::LinkVerifier* links);

  const ValidationInput& input_;
  const ValidationOptions& options_;
  const UnixTime at_;
  std::unordered_set<Fingerprint> anchors_;
  std::unordered_set<Fingerprint> seen_;
  ValidationOutcome outcome_;
};

void Search::AddNodes(const std::vector<Certificate>& certificates,
                      std::vector<graph::CaNodePtr>* nodes) {
  for (const Certificate& certificate : certificates) {
    auto node = graph::CaNode::Create(certificate, options_.algorithms);
    if (!node) {
      outcome_.faults.push_back({node.error().reason, -1, std::string(node.error().what)});
    } else if (seen_.insert((*node)->fingerprint).second) {
      nodes->push_back(*std::move(node));
    }
  }
}

std::vector<Certificate> Search::PathOf(const std::vector<graph::CaNodePtr>& cas) const {
  std::vector<Certificate> certificates = {input_.leaf};
  for (const graph::CaNodePtr& ca : cas) certificates.push_back(ca->certificate);
  return certificates;
}

// Keeps the failure of highest rank; among equals, that of the best candidate, which came first.
void Search::Fail(RejectReason reason, int chain_index, const std::vector<graph::CaNodePtr>& cas) {
  if (InfoOf(reason).rank <= InfoOf(outcome_.reason).rank) return;
  outcome_.reason = reason;
  outcome_.chain_index = chain_index;
  outcome_.path = PathOf(cas);
}

void Search::AddFaults(const std::vector<Fault>& faults) {
  outcome_.faults.insert(outcome_.faults.end(), faults.begin(), faults.end());
}

path::Visit Search::Try(const CandidatePath& candidate, const path::PathValidator& validator,
                        path::LinkVerifier* links) {
  if (!candidate.reaches_anchor) {
    const int last = static_cast<int>(candidate.cas.size());
    const CertificateView& top =
        candidate.cas.empty() ? input_.leaf.view() : candidate.cas.back()->view();
    AddFaults({{candidate.dead_end, last, "issuer " + DisplayName(top.issuer())}});
    Fail(candidate.dead_end, last, candidate.cas);
    return path::Visit::kContinue;
  }
  path::FaultSink sink(/*collect_all=*/true);
  std::vector<std::string> policies;
  if (validator.ValidateWhole(candidate.cas, input_.leaf.view(), at_, links, &sink, &policies)) {
    outcome_.valid = true;
    outcome_.reason = RejectReason::kNone;
    outcome_.chain_index = -1;
    outcome_.path = PathOf(candidate.cas);
    outcome_.policies = std::move(policies);
    return path::Visit::kStop;
  }
  AddFaults(sink.faults());
  Fail(sink.reason(), sink.chain_index(), candidate.cas);
  return path::Visit::kContinue;
}

ValidationOutcome Search::Run() {
  std::vector<graph::CaNodePtr> nodes;
  for (const Certificate& anchor : input_.anchors) {
    anchors_.insert(Fingerprint::Of(anchor.der()));
  }
  AddNodes(input_.anchors, &nodes);
  AddNodes(input_.untrusted, &nodes);
  const graph::IssuerGraph graph(std::move(nodes));
  const path::CrlSet crls(input_.crls, &graph, &outcome_.faults);

  path::LeafRules rules;
  rules.refuse_ca = false;
  rules.require_digital_signature = false;
  rules.require_v3 = false;
  const path::PathValidator validator(options_, crls, rules);
  path::LinkVerifier links(options_.algorithms, options_.budget.signatures_max);
  const path::PathBuilder builder(
      graph, [this](const graph::CaNode& ca) { return anchors_.contains(ca.fingerprint); }, &links,
      options_.budget);

  const CertificateView& leaf = input_.leaf.view();
  const std::optional<std::string> issuer = x509::CanonicalName(leaf.issuer());
  if (!issuer) {
    Fail(RejectReason::kMalformedName, 0, {});
    return std::move(outcome_);
  }
  const path::BuildEnd end = builder.Build(
      *issuer, leaf.authority_key_id(),
      [&](const CandidatePath& candidate) { return Try(candidate, validator, &links); });
  if (end == path::BuildEnd::kBudget && !outcome_.valid) {
    outcome_.faults.push_back({RejectReason::kBudgetExhausted, -1, "the search was cut short"});
    Fail(RejectReason::kBudgetExhausted, -1, {});
  }
  return std::move(outcome_);
}

}  // namespace

ValidationOutcome ValidatePath(const ValidationInput& input, const ValidationOptions& options,
                               UnixTime at) {
  try {
    return Search(input, options, at).Run();
  } catch (...) {
    // Fail closed: no exception crosses the public API.
    ValidationOutcome outcome;
    outcome.reason = RejectReason::kInternalError;
    return outcome;
  }
}

}  // namespace muster
