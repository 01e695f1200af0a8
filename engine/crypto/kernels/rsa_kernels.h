// Powers modulo odd numbers, for RSA signatures: eight at a time and one at a time.
//
// Public data only: nothing here is constant-time. RSA.md derives the bounds that both rely on.
// RsaPowerAvx512Ifma may only be called where the processor has AVX-512 F, BW, DQ, VL and IFMA.
#ifndef MUSTER_ENGINE_CRYPTO_KERNELS_RSA_KERNELS_H_
#define MUSTER_ENGINE_CRYPTO_KERNELS_RSA_KERNELS_H_

#include <cstddef>
#include <cstdint>

namespace muster::crypto::kernels {

// Eight numbers side by side, in limbs of 52 bits: the lowest first, lane by lane.
constexpr std::size_t kRsaLanes = 8;
constexpr std::size_t kRsaLimbs52Max = 80;  // A multiple of four, as every count of limbs here.
using RsaLimbs52 = std::uint64_t[kRsaLanes];

// The numbers of eight powers. R = 2^(52 * limbs); the moduli are odd and below R / 4.
struct RsaLanes52 {
  alignas(64) RsaLimbs52 modulus[kRsaLimbs52Max];
  alignas(64) RsaLimbs52 r_squared[kRsaLimbs52Max];    // R^2 mod modulus.
  alignas(64) RsaLimbs52 base[kRsaLimbs52Max];         // Below modulus.
  alignas(64) RsaLimbs52 power[kRsaLimbs52Max];        // The result.
  alignas(64) RsaLimbs52 montgomery[kRsaLimbs52Max];   // Working memory.
  alignas(64) RsaLimbs52 product[2 * kRsaLimbs52Max];  // Working memory.
  alignas(64) RsaLimbs52 minus_inverse;                // -1 / modulus mod 2^52.
};

// power = base^exponent mod modulus, below modulus, in every lane. `exponent` is odd and above 1;
// `limbs` is a multiple of four, from 8 to kRsaLimbs52Max.
void RsaPowerAvx512Ifma(RsaLanes52* lanes, std::size_t limbs, std::uint64_t exponent);

// One number, in limbs of 60 bits.
constexpr std::size_t kRsaLimbs60Max = 72;  // A multiple of four, as every count of limbs here.
__extension__ using RsaUint128 = unsigned __int128;

// The numbers of one power. R = 2^(60 * limbs); the modulus is odd and below R / 4.
struct RsaNumbers60 {
  const std::uint64_t* modulus;
  const std::uint64_t* r_squared;  // R^2 mod modulus.
  std::uint64_t minus_inverse;     // -1 / modulus mod 2^60.
  std::uint64_t base[kRsaLimbs60Max];        // Below modulus.
  std::uint64_t power[kRsaLimbs60Max];       // The result.
  std::uint64_t montgomery[kRsaLimbs60Max];  // Working memory.
  RsaUint128 product[2 * kRsaLimbs60Max];    // Working memory.
};

// As above, for one number; on any processor.
void RsaPowerPortable(RsaNumbers60* numbers, std::size_t limbs, std::uint64_t exponent);

}  // namespace muster::crypto::kernels

#endif  // MUSTER_ENGINE_CRYPTO_KERNELS_RSA_KERNELS_H_
