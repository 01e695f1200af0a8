// Hex and base64 (RFC 4648 section 4), strict, with positions.
#ifndef MUSTER_ENGINE_BASE_ENCODING_H_
#define MUSTER_ENGINE_BASE_ENCODING_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "muster/bytes.h"

namespace muster::base {

std::string HexLower(ByteView bytes);
std::string HexUpper(ByteView bytes);
// Pairs of hex digits of either case; nothing on anything else.
std::optional<Bytes> ParseHex(std::string_view text);

std::string EncodeBase64(ByteView bytes);

struct Base64Outcome {
  bool good = false;
  std::size_t error_offset = 0;  // Of the first character that does not belong.
};
// Appends the octets to `out`. Space, tab, CR and LF are skipped; padding is required, nothing may
// follow it, and unused bits must be zero.
Base64Outcome DecodeBase64(std::string_view text, Bytes* out);

}  // namespace muster::base

#endif  // MUSTER_ENGINE_BASE_ENCODING_H_
