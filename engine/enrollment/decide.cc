#include "engine/enrollment/decide.h"

#include <algorithm>

namespace muster::enrollment {
namespace {

// Keeps the reject of highest rank; of equals the first.
class BestReject {
 public:
  explicit BestReject(Verdict verdict) : verdict_(verdict) {}
  void Offer(const Verdict& other) {
    if (InfoOf(other.reason).rank > InfoOf(verdict_.reason).rank) verdict_ = other;
  }
  const Verdict& verdict() const { return verdict_; }

 private:
  Verdict verdict_;
};

void DescribePath(const LabelledPath& path, Verdict* verdict) {
  verdict->ca_path = path.fingerprints;
  if (path.reaches_anchor) verdict->anchor = path.cas.back()->fingerprint;
}

// A leaf that no path is needed to refuse: no registration ID, on the deny list, or of a disabled
// individual enrollment, which blocks by registration ID alone.
void OfferLeafRejects(const DecisionContext& context, const CertificateView& leaf,
                      const LeafIdentity& identity, const registry::TextSet* denied_serials,
                      BestReject* best) {
  if (identity.registration_id.empty()) {
    best->Offer(Rejected(context, RejectReason::kMalformedRegistrationId, 0));
  }
  if (identity.individual != nullptr && !identity.individual->enabled) {
    Verdict disabled = Rejected(context, RejectReason::kIndividualDisabled, 0);
    disabled.enrollment = context.snapshot.RefOf(*identity.individual);
    best->Offer(disabled);
  }
  if (IsDenied(leaf, denied_serials, context.snapshot)) {
    best->Offer(Rejected(context, RejectReason::kDenied, 0));
  }
}

}  // namespace

Verdict Rejected(const DecisionContext& context, RejectReason reason, int chain_index) {
  Verdict verdict;
  verdict.reason = reason;
  verdict.chain_index = static_cast<std::int16_t>(chain_index);
  verdict.generation = context.snapshot.generation();
  return verdict;
}

EnrollmentRef EnrollmentOf(const DecisionContext& context, const LabelledPath& path,
                           const LeafIdentity& identity, const RollUpOutcome& outcome) {
  if (identity.individual != nullptr) return context.snapshot.RefOf(*identity.individual);
  if (!outcome.entry_at) return {};
  const CaLabel& label = path.labels[*outcome.entry_at];
  return context.snapshot.RefOf(registry::Entry{EnrollmentKind::kGroup, label.group_index,
                                                label.group == EntryState::kEnabled});
}

RollUpOutcome RollUpOn(const DecisionContext& context, const LabelledPath& path,
                       const LeafIdentity& identity) {
  if (identity.individual == nullptr) {
    return RollUp(path.labels, nullptr, context.options.any_disabled_blocks);
  }
  const IndividualLabel individual =
      LabelIndividual(*identity.individual, path.cas, context.snapshot);
  return RollUp(path.labels, &individual, context.options.any_disabled_blocks);
}

RollUpOutcome OutcomeOnPath(const DecisionContext& context, const LabelledPath& path,
                            const LeafIdentity& identity) {
  RollUpOutcome outcome = RollUpOn(context, path, identity);
  if (outcome.accepted() && path.not_presented) {
    outcome.reason = RejectReason::kLinkNotPresented;
    outcome.chain_index = static_cast<int>(*path.not_presented) + 1;
  }
  return outcome;
}

RollUpOutcome OutcomeOnFailedPath(const DecisionContext& context, const FailedPath& failed,
                                  const LeafIdentity& identity) {
  RollUpOutcome outcome = RollUpOn(context, failed.path, identity);
  // What the registry says of a path that is not valid matters only where no verified CA was reached
  // and an enrollment was: that is the roll-up rule's own failure.
  const bool rule_failed = !failed.path.reaches_anchor && outcome.entry_at.has_value();
  if (!rule_failed) {
    outcome.reason = failed.reason;
    outcome.chain_index = failed.chain_index;
  }
  return outcome;
}

Verdict DecidePinned(const DecisionContext& context, const CertificateView& leaf,
                     const LeafIdentity& identity, const registry::TextSet* denied_serials) {
  const registry::Entry& individual = *identity.individual;
  Verdict verdict = Rejected(context, RejectReason::kNotEvaluated, 0);
  verdict.registration_id = identity.registration_id;
  verdict.enrollment = context.snapshot.RefOf(individual);
  const auto reject = [&](RejectReason reason) {
    verdict.reason = reason;
    return verdict;
  };
  if (!individual.enabled) return reject(RejectReason::kIndividualDisabled);
  if (IsDenied(leaf, denied_serials, context.snapshot)) return reject(RejectReason::kDenied);
  const std::vector<Fingerprint> pinned = context.snapshot.CertificatesOf(individual);
  if (std::find(pinned.begin(), pinned.end(), Fingerprint::Of(leaf.der())) == pinned.end()) {
    return reject(RejectReason::kIndividualMismatch);
  }
  path::FaultSink sink(/*collect_all=*/false);
  if (!context.validator.ValidateLeafAlone(leaf, context.at, &sink)) return reject(sink.reason());
  verdict.decision = Decision::kAccept;
  verdict.reason = RejectReason::kNone;
  verdict.chain_index = -1;
  return verdict;
}

Verdict DecideOverPaths(const DecisionContext& context, const CertificateView& leaf,
                        const LeafIdentity& identity, const IssuingPaths& paths,
                        std::uint64_t* leaf_signatures) {
  BestReject best(Rejected(context, RejectReason::kNotEvaluated, -1));
  OfferLeafRejects(context, leaf, identity, paths.denied_serials, &best);
  const bool leaf_refused = best.verdict().reason != RejectReason::kNotEvaluated;

  const auto verdict_on = [&](const LabelledPath& path, const RollUpOutcome& outcome) {
    Verdict verdict = Rejected(context, outcome.reason, outcome.chain_index);
    verdict.enrollment = EnrollmentOf(context, path, identity, outcome);
    DescribePath(path, &verdict);
    return verdict;
  };
  for (const FailedPath& failed : paths.failed) {
    best.Offer(verdict_on(failed.path, OutcomeOnFailedPath(context, failed, identity)));
  }
  if (!paths.complete) best.Offer(Rejected(context, RejectReason::kBudgetExhausted, -1));

  std::optional<Verdict> accepted;
  for (const IssuingPath& candidate : paths.valid) {
    const RollUpOutcome outcome = OutcomeOnPath(context, candidate.path, identity);
    // Once some path accepts, another can only matter by an explicit disable.
    if (accepted && !outcome.blocks()) continue;
    path::FaultSink sink(/*collect_all=*/false);
    ++*leaf_signatures;
    Verdict verdict = verdict_on(candidate.path, outcome);
    if (!context.validator.ValidateLeaf(candidate.validated, leaf, context.at, &sink)) {
      verdict.reason = sink.reason();
      verdict.chain_index = static_cast<std::int16_t>(sink.chain_index());
      best.Offer(verdict);
      continue;
    }
    if (!outcome.accepted()) {
      best.Offer(verdict);
      if (!outcome.blocks()) continue;
      // An explicit disable met on a valid path wins over every path that accepts.
      accepted.reset();
      break;
    }
    verdict.decision = Decision::kAccept;
    verdict.chain_index = -1;
    accepted = verdict;
  }
  // A search that was cut short may have missed a disabled entry: fail closed.
  const bool accept = accepted.has_value() && paths.complete && !leaf_refused;
  Verdict verdict = accept ? *accepted : best.verdict();
  verdict.registration_id = identity.registration_id;
  return verdict;
}

}  // namespace muster::enrollment
