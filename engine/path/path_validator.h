// PathValidator: RFC 5280 section 6.1, in two parts, because thousands of leaves share one CA path.
//
// ValidateCas does 6.1.2 (initialization), 6.1.3 (basic processing) and 6.1.4 (preparation for the
// next certificate) from the anchor down to the leaf's issuer, and CRLs (6.3) of those
// certificates. ValidateLeaf does 6.1.3 and 6.1.5 (wrap-up) for the leaf. Only the validator can
// make a ValidatedPath.
// Deviations, all but the anchor's policyMappings stricter: the anchor is a certificate, and its
// own window (by option), key usage, path length, EKU, name constraints, policies and
// policyMappings count, as if it had been issued by its own key (RFC 5937 in spirit; its signature
// and its issuer are not looked at); an EKU in a CA certificate bounds the purposes of everything
// below it; duplicate or malformed extensions are refused in parsing.
#ifndef MUSTER_ENGINE_PATH_PATH_VALIDATOR_H_
#define MUSTER_ENGINE_PATH_PATH_VALIDATOR_H_

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/graph/ca_node.h"
#include "engine/path/crl_set.h"
#include "engine/path/link_verifier.h"
#include "muster/options.h"
#include "muster/verdict.h"

namespace muster::path {

// The seconds around a time during which an outcome stays what it is: nothing between starts,
// expires, or is superseded. Both ends belong to it.
struct StableWindow {
  UnixTime from = UnixTime::min();
  UnixTime until = UnixTime::max();
  bool Contains(UnixTime t) const { return from <= t && t <= until; }
  // The outcome depends on whether t <= boundary; narrows the window to t's side of it.
  void Observe(UnixTime boundary, UnixTime t);
  void Intersect(const StableWindow& other);
};

// Where faults go. The first one decides; the others are collected only for operators.
class FaultSink {
 public:
  // With `collect_all` false, checking ends at the first fault.
  explicit FaultSink(bool collect_all) : collect_all_(collect_all) {}
  // Records a fault; true where checking should end.
  bool Add(RejectReason reason, int chain_index, std::string detail);
  bool collect_all() const { return collect_all_; }
  bool empty() const { return first_reason_ == RejectReason::kNone; }
  RejectReason reason() const { return first_reason_; }
  int chain_index() const { return first_index_; }
  const std::vector<Fault>& faults() const { return faults_; }  // Only the first where not all.

  // What an operator should know and what decides nothing: a CRL that is past its nextUpdate. Kept
  // only where everything is collected.
  void AddNote(RejectReason reason, int chain_index, std::string detail);
  const std::vector<Fault>& notes() const { return notes_; }

 private:
  bool collect_all_;
  RejectReason first_reason_ = RejectReason::kNone;
  int first_index_ = -1;
  std::vector<Fault> faults_;
  std::vector<Fault> notes_;
};

struct PathState;  // The state variables of 6.1.2 as they stand before the leaf (path_state.h).

// A path whose CA certificates are valid: what a leaf of its issuer has still to satisfy.
// Immutable, cheap to copy, thread-safe.
class ValidatedPath {
 public:
  std::span<const graph::CaNodePtr> cas() const { return cas_; }  // Leaf's issuer first, then up.
  const graph::CaNode& issuer() const { return *cas_.front(); }
  const graph::CaNode& anchor() const { return *cas_.back(); }

 private:
  friend class PathValidator;
  ValidatedPath(std::vector<graph::CaNodePtr> cas, std::shared_ptr<const PathState> state)
      : cas_(std::move(cas)), state_(std::move(state)) {}
  std::vector<graph::CaNodePtr> cas_;
  std::shared_ptr<const PathState> state_;
};

// How a leaf is checked beyond RFC 5280.
struct LeafRules {
  LeafProfile profile = LeafProfile::kRfc5280;
  bool refuse_ca = true;                  // kLeafIsCa; `validate` lets CA certificates be targets.
  bool require_digital_signature = true;  // keyUsage, where present.
  bool require_v3 = true;  // kLeafVersion under kRfc5280; RFC 5280 alone does not ask for it.
};

class PathValidator {
 public:
  // `crls` must outlive the validator and the paths it validates. `options` as in RFC 5280 6.1.1;
  // malformed OIDs in it match nothing.
  PathValidator(const ValidationOptions& options, const CrlSet& crls, const LeafRules& leaf_rules);
  ~PathValidator();

  // Validates CA certificates at time `at`. cas.back() is the anchor, cas.front() the leaf's
  // issuer; chain indices in faults count the leaf as 0. Narrows `stable` to the seconds during
  // which this very outcome holds. Nothing where a fault was found (the sink has it).
  // Cheap checks first, signatures last (those of links, memoized in `links`).
  std::optional<ValidatedPath> ValidateCas(std::vector<graph::CaNodePtr> cas, UnixTime at,
                                           LinkVerifier* links, FaultSink* sink,
                                           StableWindow* stable) const;

  // Validates the leaf under a path at `at`, which must lie in the stable window of the path.
  // The signature is checked last. `policies`, where not null, gets the user-constrained policy set
  // (6.1.6) as dotted OIDs. True where there was no fault. No allocation for leaves without
  // name constraints or policies above them, while the sink stays empty.
  bool ValidateLeaf(const ValidatedPath& path, const CertificateView& leaf, UnixTime at,
                    FaultSink* sink, std::vector<std::string>* policies = nullptr) const;

  // The two halves of ValidateLeaf, for batches whose signatures are checked elsewhere: everything
  // but the signature, and the signature. Both must hold.
  // `deferred` as in crypto::CheckPublicKey.
  bool CheckLeaf(const ValidatedPath& path, const CertificateView& leaf, UnixTime at,
                 FaultSink* sink, std::vector<std::string>* policies = nullptr,
                 std::optional<crypto::CurvePoint>* deferred = nullptr) const;
  bool VerifyLeafSignature(const ValidatedPath& path, const CertificateView& leaf,
                           FaultSink* sink) const;
  // What VerifyLeafSignature does where crypto::VerifySignature is known to say `answer`.
  bool AcceptLeafSignature(const ValidatedPath& path, RejectReason answer, FaultSink* sink) const;

  // The full account of a path, for operators: ValidateCas and, where the sink collects all,
  // whatever came of it, ValidateLeaf. True where there was no fault.
  bool ValidateWhole(std::vector<graph::CaNodePtr> cas, const CertificateView& leaf, UnixTime at,
                     LinkVerifier* links, FaultSink* sink,
                     std::vector<std::string>* policies = nullptr) const;

  // The checks of a leaf that need no issuer: its own window, key, algorithms, critical extensions
  // and the leaf rules. For a leaf that an individual enrollment pins: such a leaf has no path.
  bool ValidateLeafAlone(const CertificateView& leaf, UnixTime at, FaultSink* sink) const;

 private:
  class Impl;
  std::unique_ptr<const Impl> impl_;
};

}  // namespace muster::path

#endif  // MUSTER_ENGINE_PATH_PATH_VALIDATOR_H_
