// RSA moduli that share a prime: who has them, and with whom.
#ifndef MUSTER_ENGINE_FINDINGS_SHARED_PRIMES_H_
#define MUSTER_ENGINE_FINDINGS_SHARED_PRIMES_H_

#include <cstddef>

#include "engine/findings/cross_device.h"
#include "engine/findings/finding_tally.h"
#include "engine/findings/modulus_store.h"

namespace muster::findings {

// Tells the tally. `moduli` holds each modulus once. Of the first examples it is looked up with
// whom they share a prime; the prime itself is told nobody.
void TallySharedPrimes(ModulusStore& moduli, const BatchGcdOptions& options,
                       std::size_t examples_max, const GroupWalk::CallCa& call_ca,
                       FindingTally* tally);

}  // namespace muster::findings

#endif  // MUSTER_ENGINE_FINDINGS_SHARED_PRIMES_H_
