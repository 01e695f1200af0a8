// Modular powers by the RSA kernels and by Botan, as octets, for tests that compare them whole: a
// verdict alone is "bad" for nearly every number, right or wrong.
#ifndef MUSTER_TESTS_SUPPORT_RSA_POWERS_H_
#define MUSTER_TESTS_SUPPORT_RSA_POWERS_H_

#include <array>
#include <cstdint>

#include "muster/bytes.h"
#include "muster/kernel.h"

namespace muster::test {

// As many as the kernel with lanes has.
using EightNumbers = std::array<Bytes, 8>;

// base^exponent mod modulus for each base, all numbers big-endian and as long as the modulus, which
// must be odd, begin with an octet that is not zero, and have at most 4,158 bits; bases below the
// modulus; exponent odd and above 1. `kernel` must be usable and not kReference.
EightNumbers PowersByKernel(Kernel kernel, ByteView modulus, std::uint64_t exponent,
                            const EightNumbers& bases);
Bytes PowerByBotan(ByteView modulus, std::uint64_t exponent, ByteView base);

}  // namespace muster::test

#endif  // MUSTER_TESTS_SUPPORT_RSA_POWERS_H_
