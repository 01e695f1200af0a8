// Base64 and hex: the fast decoder of inventories beside the strict one, on every path that it has,
// and what was decoded encodes to what was read. RFC 4648 sections 3.5, 4 and 8.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/audit/base64_fast.h"
#include "engine/base/byte_view.h"
#include "engine/base/check.h"
#include "engine/base/encoding.h"

namespace {

using namespace muster;

using Decoder = std::size_t (*)(std::string_view text, std::uint8_t* out);

// The octets, empty where the text is refused. The room is exactly what the decoder may use, so
// that AddressSanitizer sees one octet more.
Bytes Decode(std::string_view text, Decoder decode) {
  Bytes out(text.size() / 4 * 3);
  const std::size_t size = decode(text, out.data());
  MUSTER_CHECK(size <= out.size());
  out.resize(size);
  return out;
}

void CheckBase64(std::string_view text) {
  Bytes strict = {0x5a};  // What is there stays there.
  const base::Base64Outcome outcome = base::DecodeBase64(text, &strict);
  MUSTER_CHECK(!strict.empty() && strict.front() == 0x5a);
  strict.erase(strict.begin());
  MUSTER_CHECK(outcome.good || outcome.error_offset <= text.size());

  std::string plain(text);
  std::erase_if(plain, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
  const Bytes fast = Decode(text, audit::DecodePlainBase64);
  MUSTER_CHECK(fast == Decode(text, audit::DecodePlainBase64Portably));
  if (plain.size() == text.size()) {
    MUSTER_CHECK(outcome.good ? fast == strict : fast.empty());
  } else {
    MUSTER_CHECK(fast.empty());  // White space is the strict decoder's.
    MUSTER_CHECK(Decode(plain, audit::DecodePlainBase64) == (outcome.good ? strict : Bytes{}));
  }
  // One text for the same octets, whichever decoder reads it.
  if (outcome.good) MUSTER_CHECK(base::EncodeBase64(strict) == plain);
}

void CheckHex(ByteView octets) {
  MUSTER_CHECK(base::ParseHex(base::HexLower(octets)) == base::ToBytes(octets));
  MUSTER_CHECK(base::ParseHex(base::HexUpper(octets)) == base::ToBytes(octets));
  const std::string_view text = base::AsText(octets);
  const auto parsed = base::ParseHex(text);
  if (!parsed) return;
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });
  MUSTER_CHECK(base::HexLower(*parsed) == lower);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  CheckBase64(base::AsText(input));
  // As octets: whatever is encoded is read again.
  const std::string encoded = base::EncodeBase64(input);
  if (size != 0) MUSTER_CHECK(Decode(encoded, audit::DecodePlainBase64) == base::ToBytes(input));
  CheckBase64(encoded);
  CheckHex(input);
  return 0;
}
