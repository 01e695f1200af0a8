// IssuingPaths: every CA path that a leaf of one issuer, presented with one set of CA certificates,
// may take; built, validated and labelled once, for all leaves that come with the same.
#ifndef MUSTER_ENGINE_ENROLLMENT_ISSUING_PATHS_H_
#define MUSTER_ENGINE_ENROLLMENT_ISSUING_PATHS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/enrollment/presented_cas.h"
#include "engine/enrollment/roll_up.h"
#include "engine/path/path_builder.h"
#include "engine/path/path_validator.h"
#include "engine/registry/snapshot.h"
#include "muster/options.h"
#include "muster/verdict.h"

namespace muster::enrollment {

// A candidate path with what the registry says of it.
struct LabelledPath {
  std::vector<graph::CaNodePtr> cas;  // The leaf's issuer first.
  std::vector<CaLabel> labels;        // One for each of `cas`.
  bool reaches_anchor = false;        // The last CA is verified.
  // The first CA strictly between the leaf and the anchor that was not presented, as an index into
  // `cas`. Nothing where all were, or where registered links may fill in.
  std::optional<std::size_t> not_presented;
  CaPath fingerprints;
};

// Labels a candidate. `presented` matters under LinkSource::kPresented only.
LabelledPath LabelPath(const path::CandidatePath& candidate, const PresentedCas& presented,
                       const registry::CompiledSnapshot& snapshot, LinkSource links);

// A path whose CA certificates passed.
struct IssuingPath {
  LabelledPath path;
  path::ValidatedPath validated;
};

// A path that failed above the leaf.
struct FailedPath {
  LabelledPath path;
  RejectReason reason = RejectReason::kNotEvaluated;
  int chain_index = -1;
};

struct IssuingPaths {
  std::vector<IssuingPath> valid;  // In the order of the builder: best candidates first.
  std::vector<FailedPath> failed;  // At most kFailedPathsMax, highest rank first.
  bool complete = true;            // The search ended before its budget did.
  path::StableWindow stable;       // When all this holds.
  // Serial numbers of this leaf issuer on the deny list; null where there are none.
  const registry::TextSet* denied_serials = nullptr;
  std::uint64_t ca_signatures = 0;  // What it cost.
};

// Failed paths are kept to name the reason only; the best few are enough.
inline constexpr std::size_t kFailedPathsMax = 4;

// `issuer_name` is the canonical issuer name of the leaf. The snapshot must outlive the result.
// `check` as in path::LinkVerifier.
IssuingPaths CompileIssuingPaths(std::string_view issuer_name, ByteView authority_key_id,
                                 const PresentedCas& presented,
                                 const registry::CompiledSnapshot& snapshot,
                                 const path::PathValidator& validator,
                                 const AuthenticationOptions& options, UnixTime at,
                                 path::LinkVerifier::CheckSignature check);

// An anchor is any CA certificate that is verified in the snapshot (which must outlive the answer).
path::PathBuilder::IsAnchor VerifiedIn(const registry::CompiledSnapshot& snapshot);

// Why a dead end is one, enrollments apart: kIssuerNotFound, kNoVerifiedCa where it
// ends in a root that nobody verified, or what was wrong with the issuers found.
RejectReason DeadEndReason(const path::CandidatePath& candidate);

}  // namespace muster::enrollment

#endif  // MUSTER_ENGINE_ENROLLMENT_ISSUING_PATHS_H_
