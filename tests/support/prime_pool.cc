#include "tests/support/prime_pool.h"

#include <botan/bigint.h>
#include <botan/der_enc.h>
#include <gmp.h>

#include <algorithm>
#include <random>
#include <set>

namespace muster::test {
namespace {

class Number {
 public:
  Number() { mpz_init(value); }
  Number(const Number& other) { mpz_init_set(value, other.value); }
  Number& operator=(const Number& other) {
    mpz_set(value, other.value);
    return *this;
  }
  ~Number() { mpz_clear(value); }
  Bytes Octets() const {
    Bytes octets((mpz_sizeinbase(value, 2) + 7) / 8);
    mpz_export(octets.data(), nullptr, 1, 1, 1, 0, value);
    return octets;
  }
  mpz_t value;
};

Bytes Multiply(const Number& a, const Number& b) {
  Number product;
  mpz_mul(product.value, a.value, b.value);
  return product.Octets();
}

}  // namespace

struct PrimePool::Rep {
  explicit Rep(std::uint64_t seed, unsigned size) : bits(size), random(seed) {
    gmp_randinit_mt(state);
    gmp_randseed_ui(state, seed);
  }
  ~Rep() { gmp_randclear(state); }
  // The two highest bits are set, so that products have twice the bits. Walks on from a random
  // number: twice the same prime does not happen by chance, and `used` sees to small ones.
  Number Fresh() {
    Number prime;
    do {
      mpz_urandomb(prime.value, state, bits);
      mpz_setbit(prime.value, bits - 1);
      mpz_setbit(prime.value, bits - 2);
      mpz_nextprime(prime.value, prime.value);
    } while (!used.insert(prime.Octets()).second);
    return prime;
  }
  unsigned bits;
  std::mt19937_64 random;
  gmp_randstate_t state;
  std::vector<Number> primes;
  std::set<Bytes> used;
};

PrimePool::PrimePool(std::uint64_t seed, unsigned bits, std::size_t count)
    : rep_(std::make_unique<Rep>(seed, bits)) {
  for (std::size_t i = 0; i < count; ++i) rep_->primes.push_back(rep_->Fresh());
}

PrimePool::~PrimePool() = default;

Bytes PrimePool::Prime(std::size_t i) const { return rep_->primes.at(i).Octets(); }

Bytes PrimePool::Product(std::size_t i, std::size_t j) const {
  return Multiply(rep_->primes.at(i), rep_->primes.at(j));
}

Bytes PrimePool::ProductWithFresh(std::size_t i) {
  return Multiply(rep_->primes.at(i), rep_->Fresh());
}

Bytes PrimePool::FreshModulus() { return Multiply(rep_->Fresh(), rep_->Fresh()); }

std::vector<Bytes> PrimePool::DifferentProducts(std::size_t count, std::size_t shared) {
  std::vector<Bytes> products;
  for (std::size_t i = 0; products.size() + shared < count; ++i) {
    products.push_back(Product(2 * i, 2 * i + 1));
  }
  std::set<Bytes> seen(products.begin(), products.end());
  while (products.size() < count) {
    const std::size_t i = rep_->random() % rep_->primes.size();
    const std::size_t j = rep_->random() % rep_->primes.size();
    if (i == j || !seen.insert(Product(i, j)).second) continue;
    products.push_back(Product(i, j));
  }
  std::shuffle(products.begin(), products.end(), rep_->random);
  return products;
}

Bytes RocaModulus(unsigned long exponent, std::uint64_t seed, unsigned bits) {
  gmp_randstate_t state;
  gmp_randinit_mt(state);
  gmp_randseed_ui(state, seed);
  Number product, modulus, power;
  mpz_primorial_ui(product.value, 167);
  mpz_urandomb(modulus.value, state, bits);
  mpz_setbit(modulus.value, bits - 1);
  mpz_fdiv_q(modulus.value, modulus.value, product.value);
  mpz_mul(modulus.value, modulus.value, product.value);
  mpz_set_ui(power.value, 65537);
  mpz_powm_ui(power.value, power.value, exponent, product.value);
  mpz_add(modulus.value, modulus.value, power.value);
  gmp_randclear(state);
  return modulus.Octets();
}

Bytes RsaSpki(ByteView modulus, std::uint64_t exponent) {
  Bytes key, spki;
  Botan::DER_Encoder(key)
      .start_sequence()
      .encode(Botan::BigInt(modulus))
      .encode(Botan::BigInt::from_u64(exponent))
      .end_cons();
  Botan::DER_Encoder(spki)
      .start_sequence()
      .start_sequence()
      .encode(Botan::OID("1.2.840.113549.1.1.1"))
      .encode_null()
      .end_cons()
      .encode(key, Botan::ASN1_Type::BitString)
      .end_cons();
  return spki;
}

}  // namespace muster::test
