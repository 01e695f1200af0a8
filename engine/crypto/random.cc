#include <botan/mem_ops.h>
#include <botan/system_rng.h>

#include <exception>

#include "engine/base/check.h"
#include "engine/crypto/public_key.h"

namespace muster::crypto {

void SystemRandom(std::span<std::uint8_t> out) {
  bool filled = false;
  try {
    Botan::system_rng().randomize(out);
    filled = true;
  } catch (const std::exception&) {
  }
  // Without randomness no code may be handed out, and there is nothing sensible to go on with.
  MUSTER_CHECK(filled);
}

bool ConstantTimeEqual(ByteView a, ByteView b) {
  return Botan::constant_time_compare(a, b);  // Unequal lengths are unequal at once.
}

}  // namespace muster::crypto
