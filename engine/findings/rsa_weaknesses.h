// What is known to be wrong with RSA moduli, looked at one by one.
#ifndef MUSTER_ENGINE_FINDINGS_RSA_WEAKNESSES_H_
#define MUSTER_ENGINE_FINDINGS_RSA_WEAKNESSES_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "muster/bytes.h"
#include "muster/result.h"

namespace muster::findings {

struct ModulusResidues {
  bool roca = false;        // The fingerprint of CVE-2017-15361.
  int small_factor = 0;     // The least prime from 3 to 167 that divides it; 0 where none does.
};
// `modulus` is a big-endian magnitude.
//
// The broken library made primes of the form k M + (65537^a mod M), M being the product of the
// first
// primes (39 of them, 2 to 167, for the smallest keys). So the modulus is a power of 65537 modulo
// every one of these primes; a random modulus is one with a probability of about 2^-28.
ModulusResidues ResiduesOf(ByteView modulus);

// The RSA keys that Debian's OpenSSL of 2006 to 2008 could make (CVE-2008-0166).
class WeakKeyList {
 public:
  // Adds a list in the form of Debian's openssl-blacklist. kUnreadableInput where it is none.
  [[nodiscard]] Result<void> Load(const std::string& file);
  bool empty() const { return digests_.empty(); }
  bool Contains(ByteView modulus) const;

 private:
  using Digest = std::array<std::uint8_t, 10>;
  std::vector<Digest> digests_;  // Sorted.
};

}  // namespace muster::findings

#endif  // MUSTER_ENGINE_FINDINGS_RSA_WEAKNESSES_H_
