// PrimePool: primes and RSA moduli for tests of common divisors, from a seed, without making keys.
#ifndef MUSTER_TESTS_SUPPORT_PRIME_POOL_H_
#define MUSTER_TESTS_SUPPORT_PRIME_POOL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "muster/bytes.h"

namespace muster::test {

// All numbers are big-endian, without leading zeros.
class PrimePool {
 public:
  // `count` different primes of `bits` bits.
  PrimePool(std::uint64_t seed, unsigned bits, std::size_t count);
  ~PrimePool();

  Bytes Prime(std::size_t i) const;
  Bytes Product(std::size_t i, std::size_t j) const;
  // The product of two primes that occur nowhere else.
  Bytes FreshModulus();
  // Prime i times one that occurs nowhere else.
  Bytes ProductWithFresh(std::size_t i);
  // `count` different products of two primes of the pool, which has to have 2 * count: about
  // `shared` of them with a prime that another has.
  std::vector<Bytes> DifferentProducts(std::size_t count, std::size_t shared);

 private:
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

// A modulus as the library of CVE-2017-15361 made them: congruent to a power of 65537 modulo the
// product of the primes up to 167. Whether it has two large primes does not show.
Bytes RocaModulus(unsigned long exponent, std::uint64_t seed, unsigned bits);

// A SubjectPublicKeyInfo of an RSA key (RFC 3279 2.3.1).
Bytes RsaSpki(ByteView modulus, std::uint64_t exponent = 65537);

}  // namespace muster::test

#endif  // MUSTER_TESTS_SUPPORT_PRIME_POOL_H_
