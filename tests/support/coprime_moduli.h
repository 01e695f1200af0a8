// Numbers as large as RSA moduli of which only planted pairs have a divisor in common, made in
// moments: products of small primes, each prime used once. A search by common divisors takes as
// long with them as with products of two primes.
#ifndef MUSTER_TESTS_SUPPORT_COPRIME_MODULI_H_
#define MUSTER_TESTS_SUPPORT_COPRIME_MODULI_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "muster/bytes.h"

namespace muster::test {

// `count` numbers of 2000 to 2048 bits, big-endian. `pairs` pairs share a factor of about a
// thousand bits: number i and number count - 1 - i, for i below `pairs`.
std::vector<Bytes> CoprimeModuli(std::size_t count, std::size_t pairs);

inline bool IsPlanted(std::uint64_t index, std::size_t count, std::size_t pairs) {
  return index < pairs || index >= count - pairs;
}

}  // namespace muster::test

#endif  // MUSTER_TESTS_SUPPORT_COPRIME_MODULI_H_
