// Minimise: the smallest question on which a disagreement is left.
#ifndef MUSTER_TESTS_DIFFERENTIAL_MINIMISE_H_
#define MUSTER_TESTS_DIFFERENTIAL_MINIMISE_H_

#include <functional>

#include "tests/support/adversarial_pki.h"

namespace muster::test {

// Takes away flaws, certificates, CRLs and options, and shortens paths, as long as `persists`
// holds; greedily, until nothing more can go. `persists` holds for `question`.
AdversarialQuestion Minimise(AdversarialQuestion question,
                             const std::function<bool(const AdversarialQuestion&)>& persists);

}  // namespace muster::test

#endif  // MUSTER_TESTS_DIFFERENTIAL_MINIMISE_H_
