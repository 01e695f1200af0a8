// Base64 without white space, fast: what the lines of an inventory mostly are.
#ifndef MUSTER_ENGINE_AUDIT_BASE64_FAST_H_
#define MUSTER_ENGINE_AUDIT_BASE64_FAST_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace muster::audit {

// Writes the octets of `text` to `out` where it is non-empty canonical base64 (RFC 4648 4, 3.5)
// without white space, and returns how many they are. Otherwise 0: base::DecodeBase64 then says
// why. Accepts nothing that base::DecodeBase64 would not, and gives the same octets. `out` has room
// for three octets for every four characters; what is beyond the result may have been written to.
std::size_t DecodePlainBase64(std::string_view text, std::uint8_t* out);

// The same on any processor, one group of four characters at a time.
std::size_t DecodePlainBase64Portably(std::string_view text, std::uint8_t* out);

}  // namespace muster::audit

#endif  // MUSTER_ENGINE_AUDIT_BASE64_FAST_H_
