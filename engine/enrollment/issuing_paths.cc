#include "engine/enrollment/issuing_paths.h"

#include <algorithm>
#include <utility>

namespace muster::enrollment {
namespace {

CaLabel LabelOf(const graph::CaNode& ca, const registry::CompiledSnapshot& snapshot) {
  CaLabel label;
  label.verified = VerifiedIn(snapshot)(ca);
  // A disable matches by subject and key as well, so that a cross-signed twin of a disabled CA does
  // not get around it; everything else matches by fingerprint only.
  if (const registry::Entry* disabled =
          snapshot.DisabledBySubjectAndKey(ca.subject, ca.view().spki())) {
    label.group = EntryState::kDisabled;
    label.group_index = disabled->index;
  } else if (const registry::Entry* entry = snapshot.EntryOf(ca.fingerprint);
             entry != nullptr && entry->kind == EnrollmentKind::kGroup) {
    label.group = entry->enabled ? EntryState::kEnabled : EntryState::kDisabled;
    label.group_index = entry->index;
  }
  return label;
}

void KeepFailed(FailedPath failed, std::vector<FailedPath>* kept) {
  const auto rank = [](const FailedPath& f) { return InfoOf(f.reason).rank; };
  // A dead end may be more than its own reason says (an enrollment that is not rolled up), so
  // those with an entry are kept before those without.
  const auto has_entry = [](const FailedPath& f) {
    return std::any_of(f.path.labels.begin(), f.path.labels.end(),
                       [](const CaLabel& l) { return l.group != EntryState::kNone; });
  };
  const auto place = std::find_if(kept->begin(), kept->end(), [&](const FailedPath& other) {
    return std::pair(rank(other), has_entry(other)) < std::pair(rank(failed), has_entry(failed));
  });
  kept->insert(place, std::move(failed));
  if (kept->size() > kFailedPathsMax) kept->pop_back();
}

}  // namespace

path::PathBuilder::IsAnchor VerifiedIn(const registry::CompiledSnapshot& snapshot) {
  return [&snapshot](const graph::CaNode& ca) {
    const registry::HeldCa* held = snapshot.FindCa(ca.fingerprint);
    return held != nullptr && held->verified;
  };
}

RejectReason DeadEndReason(const path::CandidatePath& candidate) {
  const bool in_root = !candidate.cas.empty() && candidate.cas.back()->IsSelfIssued();
  if (candidate.dead_end == RejectReason::kIssuerNotFound && in_root) {
    return RejectReason::kNoVerifiedCa;
  }
  return candidate.dead_end;
}

LabelledPath LabelPath(const path::CandidatePath& candidate, const PresentedCas& presented,
                       const registry::CompiledSnapshot& snapshot, LinkSource links) {
  LabelledPath path;
  path.cas = candidate.cas;
  path.reaches_anchor = candidate.reaches_anchor;
  for (const graph::CaNodePtr& ca : path.cas) {
    path.labels.push_back(LabelOf(*ca, snapshot));
    path.fingerprints.Append(ca->fingerprint);
  }
  if (links == LinkSource::kPresented && path.reaches_anchor) {
    for (std::size_t i = 0; i + 1 < path.cas.size(); ++i) {
      if (presented.Contains(path.cas[i]->fingerprint)) continue;
      path.not_presented = i;
      break;
    }
  }
  return path;
}

IssuingPaths CompileIssuingPaths(std::string_view issuer_name, ByteView authority_key_id,
                                 const PresentedCas& presented,
                                 const registry::CompiledSnapshot& snapshot,
                                 const path::PathValidator& validator,
                                 const AuthenticationOptions& options, UnixTime at,
                                 path::LinkVerifier::CheckSignature check) {
  IssuingPaths paths;
  paths.denied_serials = snapshot.DeniedSerialsOf(issuer_name);
  const graph::OverlaySource source(&presented.issuers(), &snapshot.issuers());
  path::LinkVerifier links(AlgorithmPolicy{}, options.budget.signatures_max, std::move(check));
  const path::PathBuilder builder(source, VerifiedIn(snapshot), &links, options.budget);

  const auto visit = [&](const path::CandidatePath& candidate) {
    LabelledPath path = LabelPath(candidate, presented, snapshot, options.links);
    if (!candidate.reaches_anchor) {
      const int last = static_cast<int>(path.cas.size());
      KeepFailed({std::move(path), DeadEndReason(candidate), last}, &paths.failed);
      return path::Visit::kContinue;
    }
    path::FaultSink sink(/*collect_all=*/false);
    auto validated = validator.ValidateCas(path.cas, at, &links, &sink, &paths.stable);
    if (validated) {
      paths.valid.push_back({std::move(path), std::move(*validated)});
    } else {
      KeepFailed({std::move(path), sink.reason(), sink.chain_index()}, &paths.failed);
    }
    return path::Visit::kContinue;
  };
  paths.complete =
      builder.Build(issuer_name, authority_key_id, visit) != path::BuildEnd::kBudget;
  paths.ca_signatures = static_cast<std::uint64_t>(links.signatures_checked());
  return paths;
}

}  // namespace muster::enrollment
