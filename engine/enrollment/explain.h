// Explain: the full account of a decision, every path and every fault, for operators.
#ifndef MUSTER_ENGINE_ENROLLMENT_EXPLAIN_H_
#define MUSTER_ENGINE_ENROLLMENT_EXPLAIN_H_

#include "engine/enrollment/snapshot_authenticator.h"
#include "muster/verdict.h"

namespace muster::enrollment {

// `verdict` is what Authenticate decided for the same chain and time.
Explanation Explain(const SnapshotAuthenticator& authenticator, const PresentedChain& chain,
                    UnixTime at, const Verdict& verdict);

// How many candidate paths an explanation shows at most.
inline constexpr std::size_t kExplainedPathsMax = 16;

}  // namespace muster::enrollment

#endif  // MUSTER_ENGINE_ENROLLMENT_EXPLAIN_H_
