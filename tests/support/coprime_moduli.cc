#include "tests/support/coprime_moduli.h"

#include <gmp.h>

#include <stdexcept>

namespace muster::test {
namespace {

// Odd primes from a sieve, one after the other.
class Primes {
 public:
  explicit Primes(std::uint32_t below) : composite_(below / 2) {
    for (std::uint64_t i = 3; i * i < below; i += 2) {
      if (composite_[i / 2]) continue;
      for (std::uint64_t j = i * i; j < below; j += 2 * i) composite_[j / 2] = true;
    }
  }
  std::uint64_t Next() {
    while (++at_ < composite_.size()) {
      if (!composite_[at_]) return 2 * at_ + 1;
    }
    throw std::runtime_error("not enough primes for so many numbers");
  }

 private:
  std::vector<bool> composite_;
  std::size_t at_ = 1'000;
};

class NumberMaker {
 public:
  explicit NumberMaker(std::uint32_t primes_below) : primes_(primes_below) { mpz_init(value_); }
  ~NumberMaker() { mpz_clear(value_); }
  NumberMaker(const NumberMaker&) = delete;
  NumberMaker& operator=(const NumberMaker&) = delete;

  // Begins with `factor` (empty: with 1), and takes primes while there is room for them.
  Bytes Make(const Bytes& factor, std::size_t bits) {
    mpz_set_ui(value_, 1);
    if (!factor.empty()) mpz_import(value_, factor.size(), 1, 1, 1, 0, factor.data());
    while (mpz_sizeinbase(value_, 2) + 32 <= bits) mpz_mul_ui(value_, value_, primes_.Next());
    Bytes octets((mpz_sizeinbase(value_, 2) + 7) / 8);
    mpz_export(octets.data(), nullptr, 1, 1, 1, 0, value_);
    return octets;
  }

 private:
  Primes primes_;
  mpz_t value_;
};

}  // namespace

std::vector<Bytes> CoprimeModuli(std::size_t count, std::size_t pairs) {
  // Up to 2^28 there are 14 million primes, of up to 28 bits: 80 of them make a number.
  NumberMaker maker(count <= 10'000 ? std::uint32_t{1} << 25 : std::uint32_t{1} << 28);
  std::vector<Bytes> moduli(count);
  for (std::size_t i = 0; i < pairs; ++i) {
    const Bytes shared = maker.Make({}, 1'024);
    moduli[i] = maker.Make(shared, 2'048);
    moduli[count - 1 - i] = maker.Make(shared, 2'048);
  }
  for (std::size_t i = pairs; i < count - pairs; ++i) moduli[i] = maker.Make({}, 2'048);
  return moduli;
}

}  // namespace muster::test
