// One line of an inventory: {"deviceId": text, "chain": [base64 DER, ...]}.
//
// Other members are ignored; members may stand in any order; "deviceId" may be left out. Refused,
// each with its own message: what is no JSON object, invalid UTF-8, NUL octets, a member given
// twice, a deviceId that is not text, a chain that is missing, empty, too long or holds anything
// but base64.
#ifndef MUSTER_ENGINE_AUDIT_NDJSON_RECORD_H_
#define MUSTER_ENGINE_AUDIT_NDJSON_RECORD_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "muster/bytes.h"
#include "muster/certificate.h"

namespace muster::audit {

// The most certificates of one device: the leaf and what it may present beside it.
inline constexpr std::size_t kChainMax = kUntrustedMax + 1;

// What a line holds, borrowed from the line and from the decoder's arena.
struct DeviceLine {
  std::string_view device_id;
  PresentedChain chain;
  std::string error;  // Not empty: why the line is no device. The id is kept where it was read.
};

// Decodes lines into one arena. Certificates that recur (intermediates) are decoded once: a line
// may therefore point at octets of an earlier one. Lines must outlive the decoder.
class LineDecoder {
 public:
  // Arena that lines of so many octets together need at most: a line may be decoded twice.
  static constexpr std::size_t ArenaFor(std::size_t line_octets) { return 2 * line_octets; }

  explicit LineDecoder(std::span<std::uint8_t> arena) : free_(arena) {}

  void Decode(std::string_view line, DeviceLine* out);

 private:
  friend class LineHandler;

  // A certificate's base64 as it was seen last, by a few of its characters.
  struct Seen {
    std::string_view text;
    ByteView der;
  };

  bool DecodePlainly(std::string_view line, DeviceLine* out);
  void DecodeFully(std::string_view line, DeviceLine* out);
  // Decodes one element of the chain in plain base64; empty where it is not that.
  ByteView DecodeElement(std::string_view text, bool is_leaf);
  ByteView Take(std::size_t size);
  // A copy in the arena.
  ByteView Keep(ByteView octets);

  std::span<std::uint8_t> free_;  // Of the arena.
  std::array<Seen, 64> seen_{};
};

}  // namespace muster::audit

#endif  // MUSTER_ENGINE_AUDIT_NDJSON_RECORD_H_
