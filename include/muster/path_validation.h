// Path validation alone: RFC 5280 section 6 from given anchors, without a registry.
//
// Implements: building (iterative, budgeted, backtracking) and RFC 5280 6.1, 6.2 and 6.3.
// Not done: host-name matching, fetching anything, DSA.
// Thread-safe: free functions without state.
#ifndef MUSTER_PATH_VALIDATION_H_
#define MUSTER_PATH_VALIDATION_H_

#include <span>
#include <string>
#include <vector>

#include "muster/certificate.h"
#include "muster/options.h"
#include "muster/result.h"
#include "muster/verdict.h"

namespace muster {

struct ValidationInput {
  Certificate leaf;
  std::vector<Certificate> untrusted;  // Intermediates and CRL issuers, in any order.
  std::vector<Certificate> anchors;
  std::vector<Bytes> crls;             // DER, in any order; one that does not parse is reported.
};

struct ValidationOutcome {
  bool valid = false;
  // Of the path that got furthest; kNone where valid.
  RejectReason reason = RejectReason::kNotEvaluated;
  int chain_index = -1;               // Into `path`.
  std::vector<Certificate> path;      // 0 = leaf, last = anchor where valid.
  std::vector<Fault> faults;          // Of every path tried, and of CRLs that were left out.
  // The user-constrained policy set of a valid path (RFC 5280 6.1.6), dotted OIDs, sorted; the
  // single entry 2.5.29.32.0 stands for any-policy.
  std::vector<std::string> policies;
};

// Finds a valid path from the leaf to one of the anchors at time `at`.
ValidationOutcome ValidatePath(const ValidationInput& input, const ValidationOptions& options,
                               UnixTime at);

}  // namespace muster

#endif  // MUSTER_PATH_VALIDATION_H_
