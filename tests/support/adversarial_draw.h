// The parts of the generator behind AdversarialPki.
#ifndef MUSTER_TESTS_SUPPORT_ADVERSARIAL_DRAW_H_
#define MUSTER_TESTS_SUPPORT_ADVERSARIAL_DRAW_H_

#include <cstddef>
#include <random>

#include "tests/support/adversarial_pki.h"

namespace muster::test {

using Random = std::mt19937_64;
// Below `bound`; the same on every machine.
inline std::size_t Below(std::size_t bound, Random* random) { return (*random)() % bound; }
inline bool OneIn(std::size_t n, Random* random) { return Below(n, random) == 0; }

// A plan of names, keys and links, without flaws.
void DrawShape(Random* random, AdversarialQuestion* question);
// Flaws, times, CRLs and options on top of a shape.
void PlantFlaws(Random* random, AdversarialQuestion* question);

}  // namespace muster::test

#endif  // MUSTER_TESTS_SUPPORT_ADVERSARIAL_DRAW_H_
