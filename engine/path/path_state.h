// PathState: the state variables of RFC 5280 6.1.2 as they stand before the leaf.
#ifndef MUSTER_ENGINE_PATH_PATH_STATE_H_
#define MUSTER_ENGINE_PATH_PATH_STATE_H_

#include <memory>

#include "engine/path/name_constraints.h"
#include "engine/path/path_validator.h"
#include "engine/path/policy_graph.h"
#include "engine/path/revocation.h"
#include "muster/bytes.h"

namespace muster::path {

// What a PathValidator was made with, decoded once. Immutable.
struct ValidationContext {
  ValidationContext(const ValidationOptions& the_options, const CrlSet& the_crls,
                    const LeafRules& the_rules);

  ValidationOptions options;
  LeafRules rules;
  const CrlSet* crls;
  Bytes purpose;  // OID content; empty = any purpose. A malformed OID equals none.
  std::shared_ptr<const PolicyInputs> policy_inputs;
};

// permitted_subtrees and excluded_subtrees; the policy variables; and the CRLs of the leaf's
// issuer. max_path_length does not concern the leaf (6.1.4 (l) is for intermediates); the working
// key and issuer name are those of the path's first CA. Immutable once the CA certificates are
// done.
struct PathState {
  PathState(const ValidationContext& context, int path_len)
      : name_comparisons_left(context.options.budget.name_comparisons_max),
        policies(context.policy_inputs, path_len) {}

  NameConstraintSet names;
  int name_comparisons_left;
  PolicyGraph policies;
  IssuerCrls crls;
};

}  // namespace muster::path

#endif  // MUSTER_ENGINE_PATH_PATH_STATE_H_
