#include "engine/enrollment/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/base/byte_view.h"
#include "engine/x509/name.h"

namespace muster::enrollment {
namespace {

std::string SubjectOf(const ExplainedPath& path, int chain_index) {
  if (chain_index < 0 || static_cast<std::size_t>(chain_index) >= path.certificates.size()) {
    return "the chain";
  }
  return path.certificates[static_cast<std::size_t>(chain_index)].subject;
}

// Builds the account of one chain, path by path.
class Explainer {
 public:
  Explainer(const DecisionContext& context, const CertificateView& leaf,
            const PresentedCas& presented, const LeafIdentity& identity)
      : context_(context), leaf_(leaf), presented_(presented), identity_(identity) {}

  ExplainedPath Explain(const path::CandidatePath& candidate, path::LinkVerifier* links) const {
    const LabelledPath path =
        LabelPath(candidate, presented_, context_.snapshot, context_.options.links);
    ExplainedPath explained = Draw(path);
    path::FaultSink sink(/*collect_all=*/true);
    if (path.reaches_anchor) {
      context_.validator.ValidateWhole(path.cas, leaf_, context_.at, links, &sink);
    } else {
      context_.validator.ValidateLeafAlone(leaf_, context_.at, &sink);
      CheckLeafSignature(path, &sink);
    }
    explained.faults = sink.faults();
    explained.notes = sink.notes();
    AddRollUpFaults(candidate, path, &explained);
    return explained;
  }

  ExplainedCertificate DrawLeaf() const {
    ExplainedCertificate drawn;
    drawn.der = base::ToBytes(leaf_.der());
    drawn.fingerprint = Fingerprint::Of(leaf_.der());
    drawn.subject = DisplayName(leaf_.subject());
    drawn.presented = true;
    if (identity_.individual != nullptr) {
      drawn.enrollment = context_.snapshot.RefOf(*identity_.individual);
      drawn.enrollment_enabled = identity_.individual->enabled;
    }
    return drawn;
  }

 private:
  ExplainedPath Draw(const LabelledPath& path) const {
    ExplainedPath explained;
    explained.reaches_verified = path.reaches_anchor;
    explained.certificates.push_back(DrawLeaf());
    for (std::size_t i = 0; i < path.cas.size(); ++i) {
      const graph::CaNode& ca = *path.cas[i];
      ExplainedCertificate drawn;
      drawn.der = base::ToBytes(ca.view().der());
      drawn.fingerprint = ca.fingerprint;
      drawn.subject = DisplayName(ca.view().subject());
      drawn.presented = presented_.Contains(ca.fingerprint);
      if (const registry::HeldCa* held = context_.snapshot.FindCa(ca.fingerprint)) {
        drawn.registered = held->registered();
        drawn.verified = held->verified;
        if (drawn.registered) {
          drawn.ca_name = context_.snapshot.contents().cas[held->names.front()].name;
        }
      }
      const CaLabel& label = path.labels[i];
      if (label.group != EntryState::kNone) {
        const bool enabled = label.group == EntryState::kEnabled;
        drawn.enrollment = context_.snapshot.RefOf(
            registry::Entry{EnrollmentKind::kGroup, label.group_index, enabled});
        drawn.enrollment_enabled = enabled;
      }
      explained.certificates.push_back(std::move(drawn));
    }
    return explained;
  }

  void CheckLeafSignature(const LabelledPath& path, path::FaultSink* sink) const {
    if (path.cas.empty() || !path.cas.front()->key) return;
    const RejectReason reason =
        crypto::VerifySignature(*path.cas.front()->key, leaf_.signature_algorithm(), leaf_.tbs(),
                                leaf_.signature(), AlgorithmPolicy{});
    if (reason == RejectReason::kBadSignature) {
      sink->Add(reason, 0,
                fmt::format("not signed by {}", DisplayName(path.cas.front()->view().subject())));
    }
  }

  void AddRollUpFaults(const path::CandidatePath& candidate, const LabelledPath& path,
                       ExplainedPath* explained) const {
    if (!path.reaches_anchor) {
      const RejectReason reason = DeadEndReason(candidate);
      explained->faults.push_back(
          {reason, static_cast<int>(path.cas.size()), DeadEndDetail(path, reason)});
    }
    // A dead end has its roll-up fault beside: what is missing is one thing, what the rule says of
    // the rest is another.
    const RollUpOutcome outcome = path.reaches_anchor ? OutcomeOnPath(context_, path, identity_)
                                                      : RollUpOn(context_, path, identity_);
    if (outcome.accepted() || outcome.reason == RejectReason::kIndividualDisabled) return;
    explained->faults.push_back(
        {outcome.reason, outcome.chain_index, RollUpDetail(*explained, path, outcome)});
  }

  std::string DeadEndDetail(const LabelledPath& path, RejectReason reason) const {
    const CertificateView& last = path.cas.empty() ? leaf_ : path.cas.back()->view();
    switch (reason) {
      case RejectReason::kNoVerifiedCa:
        return fmt::format("{} is a root that is not verified", DisplayName(last.subject()));
      case RejectReason::kIssuerNotFound:
        return fmt::format("not sent: {}; send it, or register it", DisplayName(last.issuer()));
      default:
        return fmt::format("no certificate of {} signed it", DisplayName(last.issuer()));
    }
  }

  std::string RollUpDetail(const ExplainedPath& explained, const LabelledPath& path,
                           const RollUpOutcome& outcome) const {
    const EnrollmentRef entry = EnrollmentOf(context_, path, identity_, outcome.entry_at);
    const std::string at = SubjectOf(explained, outcome.chain_index);
    switch (outcome.reason) {
      case RejectReason::kLinkNotPresented:
        return fmt::format("not sent: {}; send it, or verify it", at);
      case RejectReason::kNotRolledUpToVerified:
        return fmt::format("{} is not verified, and nothing above it on this path is", at);
      case RejectReason::kGroupDisabled:
        return fmt::format("{} '{}' is disabled", NameOf(entry.kind), entry.id.view());
      case RejectReason::kDisabledEntryOnPath:
        return fmt::format("{} belongs to a disabled group", at);
      case RejectReason::kIndividualMismatch:
        return fmt::format("no CA that individual '{}' names is on this path", entry.id.view());
      default:
        return "no group's certificate is on this path";
    }
  }

  const DecisionContext& context_;
  const CertificateView& leaf_;
  const PresentedCas& presented_;
  const LeafIdentity& identity_;
};

// Faults of the device itself, whatever the path.
void AddLeafFaults(const DecisionContext& context, const CertificateView& leaf,
                   const LeafIdentity& identity, const registry::TextSet* denied_serials,
                   std::vector<Fault>* faults) {
  if (identity.registration_id.empty()) {
    faults->push_back({RejectReason::kMalformedRegistrationId, 0,
                       fmt::format("subject {}: {}", DisplayName(leaf.subject()),
                                   identity.why_malformed)});
  }
  if (identity.individual != nullptr && !identity.individual->enabled) {
    faults->push_back({RejectReason::kIndividualDisabled, 0,
                       fmt::format("individual '{}' is disabled",
                                   identity.registration_id.view())});
  }
  if (IsDenied(leaf, denied_serials, context.snapshot)) {
    faults->push_back({RejectReason::kDenied, 0,
                       fmt::format("{} is on the deny list", DisplayName(leaf.subject()))});
  }
}

void ExplainPinned(const DecisionContext& context, const CertificateView& leaf,
                   const LeafIdentity& identity, Explanation* explanation,
                   ExplainedCertificate drawn) {
  ExplainedPath path;
  path.certificates.push_back(std::move(drawn));
  path::FaultSink sink(/*collect_all=*/true);
  context.validator.ValidateLeafAlone(leaf, context.at, &sink);
  path.faults = sink.faults();
  const std::string_view id = identity.registration_id.view();
  const auto pinned = context.snapshot.CertificatesOf(*identity.individual);
  const Fingerprint presented = path.certificates.front().fingerprint;
  if (std::find(pinned.begin(), pinned.end(), presented) == pinned.end()) {
    path.faults.push_back(
        {RejectReason::kIndividualMismatch, 0,
         fmt::format("individual '{}' expects the certificate {}, presented was {}", id,
                     pinned.empty() ? "(none)" : pinned.front().hex(), presented.hex())});
  }
  explanation->paths.push_back(std::move(path));
}

// What would fix it: the remedy of each fault of the best path, most useful first, each once.
void AddRemedies(Explanation* explanation) {
  if (explanation->verdict.accepted()) return;
  std::vector<const Fault*> faults;
  for (const Fault& f : explanation->faults) faults.push_back(&f);
  if (!explanation->paths.empty()) {
    for (const Fault& f : explanation->paths.front().faults) faults.push_back(&f);
  }
  std::stable_sort(faults.begin(), faults.end(), [&](const Fault* a, const Fault* b) {
    const auto weight = [&](const Fault* f) {
      return (f->reason == explanation->verdict.reason ? 256 : 0) + InfoOf(f->reason).rank;
    };
    return weight(a) > weight(b);
  });
  const auto add = [&](std::string remedy) {
    auto& remedies = explanation->remedies;
    if (std::find(remedies.begin(), remedies.end(), remedy) == remedies.end()) {
      remedies.push_back(std::move(remedy));
    }
  };
  for (const Fault* f : faults) {
    // These details name the very certificate and say what to do.
    const bool detail_says_more = f->reason == RejectReason::kLinkNotPresented ||
                                  f->reason == RejectReason::kIssuerNotFound;
    add(detail_says_more ? f->detail : std::string(InfoOf(f->reason).remedy));
  }
  if (faults.empty()) add(std::string(InfoOf(explanation->verdict.reason).remedy));
}

// Paths in the order in which they are worth reading: the one that decided, those that reach a
// verified CA, those with fewer faults.
void SortPaths(const Verdict& verdict, std::vector<ExplainedPath>* paths) {
  const auto decided = [&](const ExplainedPath& path) {
    const auto cas = verdict.ca_path.view();
    return path.certificates.size() == cas.size() + 1 &&
           std::equal(cas.begin(), cas.end(), path.certificates.begin() + 1,
                      [](const Fingerprint& f, const ExplainedCertificate& c) {
                        return f == c.fingerprint;
                      });
  };
  std::stable_sort(paths->begin(), paths->end(),
                   [&](const ExplainedPath& a, const ExplainedPath& b) {
                     const auto key = [&](const ExplainedPath& p) {
                       return std::tuple(!decided(p), !p.reaches_verified, p.faults.size());
                     };
                     return key(a) < key(b);
                   });
}

}  // namespace

Explanation Explain(const SnapshotAuthenticator& authenticator, const PresentedChain& chain,
                    UnixTime at, const Verdict& verdict) {
  const DecisionContext context = authenticator.ContextAt(at);
  Explanation explanation;
  explanation.verdict = verdict;
  const auto malformed = [&](const ParseFailure& failure, int chain_index) {
    explanation.faults.push_back(
        {failure.reason, chain_index,
         fmt::format("certificate {}: {} at octet {}", chain_index, failure.what, failure.offset)});
    AddRemedies(&explanation);
    return explanation;
  };
  if (chain.leaf().empty() || chain.too_long()) {
    explanation.faults.push_back(
        {verdict.reason, -1,
         fmt::format("at most {} certificates beside the leaf", kUntrustedMax)});
    AddRemedies(&explanation);
    return explanation;
  }
  const auto leaf = CertificateView::Parse(chain.leaf());
  if (!leaf) return malformed(leaf.error(), 0);
  const auto presented = PresentedCas::Parse(chain.untrusted(), context.snapshot);
  if (!presented) return malformed(presented.error().failure, presented.error().chain_index);
  const auto issuer = x509::CanonicalName(leaf->issuer());
  if (!issuer) return malformed({RejectReason::kMalformedName, 0, "issuer name"}, 0);

  const LeafIdentity identity = LeafIdentity::Of(*leaf, context.snapshot);
  AddLeafFaults(context, *leaf, identity, context.snapshot.DeniedSerialsOf(*issuer),
                &explanation.faults);
  const Explainer explainer(context, *leaf, *presented, identity);
  if (identity.individual != nullptr && PinsLeaf(*identity.individual, context.snapshot)) {
    ExplainPinned(context, *leaf, identity, &explanation, explainer.DrawLeaf());
    AddRemedies(&explanation);
    return explanation;
  }

  const graph::OverlaySource source(&presented->issuers(), &context.snapshot.issuers());
  path::LinkVerifier links(AlgorithmPolicy{}, context.options.budget.signatures_max);
  const path::PathBuilder builder(source, VerifiedIn(context.snapshot), &links,
                                  context.options.budget);
  const auto end = builder.Build(
      *issuer, leaf->authority_key_id(), [&](const path::CandidatePath& candidate) {
        explanation.paths.push_back(explainer.Explain(candidate, &links));
        return explanation.paths.size() < kExplainedPathsMax ? path::Visit::kContinue
                                                             : path::Visit::kStop;
      });
  if (end == path::BuildEnd::kBudget) {
    explanation.faults.push_back(
        {RejectReason::kBudgetExhausted, -1, "more candidate paths than the budget allows"});
  }
  SortPaths(verdict, &explanation.paths);
  AddRemedies(&explanation);
  return explanation;
}

}  // namespace muster::enrollment
