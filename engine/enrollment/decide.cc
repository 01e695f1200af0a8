#include "engine/enrollment/decide.h"

#include <algorithm>

#include "engine/base/byte_view.h"

namespace muster::enrollment {
namespace {

// What decides: a reason, where, and on which path. The verdict is written once, at the end.
struct Finding {
  RejectReason reason = RejectReason::kNotEvaluated;
  int chain_index = -1;
  const LabelledPath* path = nullptr;   // Null where no path is needed to refuse.
  std::optional<std::size_t> entry_at = {};  // The entry met on that path.
};

// Keeps the finding of highest rank; of equals the first.
class BestReject {
 public:
  void Offer(const Finding& other) {
    if (InfoOf(other.reason).rank > InfoOf(finding_.reason).rank) finding_ = other;
  }
  const Finding& finding() const { return finding_; }
  bool empty() const { return finding_.reason == RejectReason::kNotEvaluated; }

 private:
  Finding finding_;
};

// A leaf that no path is needed to refuse: no registration ID, on the deny list, or of a disabled
// individual enrollment, which blocks by registration ID alone.
void OfferLeafRejects(const DecisionContext& context, const CertificateView& leaf,
                      const LeafIdentity& identity, const registry::TextSet* denied_serials,
                      BestReject* best) {
  if (identity.registration_id.empty()) {
    best->Offer({.reason = RejectReason::kMalformedRegistrationId, .chain_index = 0});
  }
  if (identity.individual != nullptr && !identity.individual->enabled) {
    best->Offer({.reason = RejectReason::kIndividualDisabled, .chain_index = 0});
  }
  if (IsDenied(leaf, denied_serials, context.snapshot)) {
    best->Offer({.reason = RejectReason::kDenied, .chain_index = 0});
  }
}

EnrollmentRef EnrollmentOf(const DecisionContext& context, const LeafIdentity& identity,
                           const Finding& finding) {
  if (finding.path == nullptr) {
    // Of the refusals without a path, only a disabled individual is an enrollment's.
    return finding.reason == RejectReason::kIndividualDisabled
               ? context.snapshot.RefOf(*identity.individual)
               : EnrollmentRef{};
  }
  return enrollment::EnrollmentOf(context, *finding.path, identity, finding.entry_at);
}

Verdict VerdictOf(const DecisionContext& context, const LeafIdentity& identity,
                  const Finding& finding) {
  Verdict verdict = Rejected(context, finding.reason, finding.chain_index);
  verdict.registration_id = identity.registration_id;
  verdict.enrollment = EnrollmentOf(context, identity, finding);
  if (finding.path != nullptr) {
    verdict.ca_path = finding.path->fingerprints;
    if (finding.path->reaches_anchor) verdict.anchor = finding.path->cas.back()->fingerprint;
  }
  return verdict;
}

// Whether the leaf is valid under a path; the signature is checked last.
bool ValidateLeaf(const DecisionContext& context, const IssuingPath& candidate,
                  const CertificateView& leaf, LeafSignature* signature, path::FaultSink* sink) {
  return context.validator.CheckLeaf(candidate.validated, leaf, context.at, sink) &&
         signature->Verify(context, candidate, leaf, sink);
}

Verdict AcceptedBy(const DecisionContext& context, const LeafIdentity& identity,
                   const Finding& finding) {
  Verdict verdict = VerdictOf(context, identity, finding);
  verdict.decision = Decision::kAccept;
  verdict.chain_index = -1;
  return verdict;
}

}  // namespace

bool LeafSignature::Verify(const DecisionContext& context, const IssuingPath& path,
                           const CertificateView& leaf, path::FaultSink* sink) {
  const graph::CaNode& issuer = path.validated.issuer();
  if (path_ != nullptr &&
      base::Equal(path_->validated.issuer().view().spki(), issuer.view().spki())) {
    return context.validator.AcceptLeafSignature(path.validated, answer_, sink);
  }
  ++checked_;
  const bool good = context.validator.VerifyLeafSignature(path.validated, leaf, sink);
  path_ = &path;
  answer_ = good ? RejectReason::kNone : sink->reason();
  return good;
}

Verdict Rejected(const DecisionContext& context, RejectReason reason, int chain_index) {
  Verdict verdict;
  verdict.reason = reason;
  verdict.chain_index = static_cast<std::int16_t>(chain_index);
  verdict.generation = context.snapshot.generation();
  return verdict;
}

EnrollmentRef EnrollmentOf(const DecisionContext& context, const LabelledPath& path,
                           const LeafIdentity& identity, std::optional<std::size_t> entry_at) {
  if (identity.individual != nullptr) return context.snapshot.RefOf(*identity.individual);
  if (!entry_at) return {};
  const CaLabel& label = path.labels[*entry_at];
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
  // What the registry says of an invalid path matters only where no verified CA was reached
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
                        LeafSignature* signature) {
  BestReject best;
  OfferLeafRejects(context, leaf, identity, paths.denied_serials, &best);
  const bool leaf_refused = !best.empty();
  for (const FailedPath& failed : paths.failed) {
    const RollUpOutcome outcome = OutcomeOnFailedPath(context, failed, identity);
    best.Offer({outcome.reason, outcome.chain_index, &failed.path, outcome.entry_at});
  }
  if (!paths.complete) best.Offer({.reason = RejectReason::kBudgetExhausted});

  std::optional<Finding> accepted;
  for (const IssuingPath& candidate : paths.valid) {
    const RollUpOutcome outcome = OutcomeOnPath(context, candidate.path, identity);
    // Once some path accepts, another can only matter by an explicit disable.
    if (accepted && !outcome.blocks()) continue;
    Finding finding{outcome.reason, outcome.chain_index, &candidate.path, outcome.entry_at};
    path::FaultSink sink(/*collect_all=*/false);
    if (!ValidateLeaf(context, candidate, leaf, signature, &sink)) {
      finding.reason = sink.reason();
      finding.chain_index = sink.chain_index();
      best.Offer(finding);
    } else if (outcome.accepted()) {
      accepted = finding;
    } else {
      best.Offer(finding);
      // An explicit disable met on a valid path wins over every path that accepts.
      if (outcome.blocks()) return VerdictOf(context, identity, best.finding());
    }
  }
  // A search that was cut short may have missed a disabled entry: fail closed.
  if (!accepted || !paths.complete || leaf_refused) {
    return VerdictOf(context, identity, best.finding());
  }
  return AcceptedBy(context, identity, *accepted);
}

std::optional<PlainAccept> PlainAcceptOf(const DecisionContext& context,
                                         const IssuingPaths& paths) {
  if (!paths.complete) return std::nullopt;
  const LeafIdentity nobody;
  std::optional<PlainAccept> plain;
  for (const IssuingPath& candidate : paths.valid) {
    const RollUpOutcome outcome = OutcomeOnPath(context, candidate.path, nobody);
    // Another path's disable may outweigh acceptance: that needs the whole decision.
    if (outcome.blocks()) return std::nullopt;
    if (plain || !outcome.accepted()) continue;
    const Finding finding{outcome.reason, outcome.chain_index, &candidate.path, outcome.entry_at};
    plain = PlainAccept{&candidate, AcceptedBy(context, nobody, finding)};
  }
  return plain;
}

}  // namespace muster::enrollment
