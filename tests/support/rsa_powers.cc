#include "tests/support/rsa_powers.h"

#include <botan/bigint.h>

#include <memory>

#include "engine/crypto/kernels/rsa_kernels.h"

namespace muster::test {
namespace {

using Botan::BigInt;
namespace kernels = crypto::kernels;

std::size_t LimbsFor(const BigInt& modulus, std::size_t limb_bits) {
  return ((modulus.bits() + 2 + limb_bits - 1) / limb_bits + 3) / 4 * 4;
}

std::uint64_t LimbOf(const BigInt& number, std::size_t i, std::size_t limb_bits) {
  BigInt shifted = number >> (i * limb_bits);
  shifted.mask_bits(limb_bits);
  std::uint64_t out = 0;
  for (std::size_t j = 0; j < 8; ++j) out |= std::uint64_t{shifted.byte_at(j)} << (8 * j);
  return out;
}

BigInt RSquared(const BigInt& modulus, std::size_t limbs, std::size_t limb_bits) {
  return BigInt::power_of_2(2 * limbs * limb_bits) % modulus;
}

// -1 / modulus mod 2^limb_bits, bit by bit.
std::uint64_t MinusInverse(std::uint64_t modulus, std::size_t limb_bits) {
  std::uint64_t out = 0;
  for (std::size_t bit = 0; bit < limb_bits; ++bit) {
    const std::uint64_t sum = 1 + out * modulus;
    if ((sum >> bit & 1) != 0) out |= std::uint64_t{1} << bit;
  }
  return out;
}

Bytes FromLimbs(const std::uint64_t* limbs, std::size_t count, std::size_t stride,
                std::size_t limb_bits, std::size_t size) {
  BigInt out;
  for (std::size_t i = count; i-- > 0;) {
    out <<= limb_bits;
    out += BigInt::from_u64(limbs[i * stride]);
  }
  return out.serialize<Bytes>(size);
}

#if defined(__x86_64__)
EightNumbers InLanes(const BigInt& modulus, std::uint64_t exponent, const EightNumbers& bases) {
  constexpr std::size_t kBits = 52;
  const std::size_t limbs = LimbsFor(modulus, kBits);
  const BigInt r_squared = RSquared(modulus, limbs, kBits);
  const auto lanes = std::make_unique<kernels::RsaLanes52>();
  for (std::size_t lane = 0; lane < bases.size(); ++lane) {
    const BigInt base(bases[lane]);
    for (std::size_t i = 0; i < limbs; ++i) {
      lanes->modulus[i][lane] = LimbOf(modulus, i, kBits);
      lanes->r_squared[i][lane] = LimbOf(r_squared, i, kBits);
      lanes->base[i][lane] = LimbOf(base, i, kBits);
    }
    lanes->minus_inverse[lane] = MinusInverse(LimbOf(modulus, 0, kBits), kBits);
  }
  kernels::RsaPowerAvx512Ifma(lanes.get(), limbs, exponent);
  EightNumbers out;
  for (std::size_t lane = 0; lane < bases.size(); ++lane) {
    out[lane] = FromLimbs(&lanes->power[0][lane], limbs, kernels::kRsaLanes, kBits,
                          modulus.bytes());
  }
  return out;
}
#endif

EightNumbers OneByOne(const BigInt& modulus, std::uint64_t exponent, const EightNumbers& bases) {
  constexpr std::size_t kBits = 60;
  const std::size_t limbs = LimbsFor(modulus, kBits);
  const BigInt r_squared = RSquared(modulus, limbs, kBits);
  std::array<std::uint64_t, kernels::kRsaLimbs60Max> modulus_limbs{}, r_squared_limbs{};
  for (std::size_t i = 0; i < limbs; ++i) {
    modulus_limbs[i] = LimbOf(modulus, i, kBits);
    r_squared_limbs[i] = LimbOf(r_squared, i, kBits);
  }
  const auto numbers = std::make_unique<kernels::RsaNumbers60>();
  numbers->modulus = modulus_limbs.data();
  numbers->r_squared = r_squared_limbs.data();
  numbers->minus_inverse = MinusInverse(modulus_limbs[0], kBits);
  EightNumbers out;
  for (std::size_t lane = 0; lane < bases.size(); ++lane) {
    const BigInt base(bases[lane]);
    for (std::size_t i = 0; i < limbs; ++i) numbers->base[i] = LimbOf(base, i, kBits);
    kernels::RsaPowerPortable(numbers.get(), limbs, exponent);
    out[lane] = FromLimbs(numbers->power, limbs, 1, kBits, modulus.bytes());
  }
  return out;
}

}  // namespace

EightNumbers PowersByKernel(Kernel kernel, ByteView modulus, std::uint64_t exponent,
                            const EightNumbers& bases) {
#if defined(__x86_64__)
  if (kernel == Kernel::kAvx512Ifma) return InLanes(BigInt(modulus), exponent, bases);
#endif
  static_cast<void>(kernel);
  return OneByOne(BigInt(modulus), exponent, bases);
}

Bytes PowerByBotan(ByteView modulus_octets, std::uint64_t exponent, ByteView base_octets) {
  const BigInt modulus(modulus_octets);
  const BigInt base(base_octets);
  // By way of octets: a product's memory, twice its factors', is kept by what is left of it.
  const auto multiply = [&](const BigInt& a, const BigInt& b) {
    return BigInt((a * b % modulus).serialize<Bytes>(modulus.bytes()));
  };
  BigInt out(1);
  bool is_leading = true;
  for (int bit = 63; bit >= 0; --bit) {
    if (!is_leading) out = multiply(out, out);
    if ((exponent >> bit & 1) == 0) continue;
    out = multiply(out, base);
    is_leading = false;
  }
  return out.serialize<Bytes>(modulus.bytes());
}

}  // namespace muster::test
