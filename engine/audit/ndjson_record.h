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
#include <string>
#include <string_view>

#include "muster/bytes.h"
#include "muster/certificate.h"

namespace muster::audit {

// The most certificates of one device: the leaf and what it may present beside it.
inline constexpr std::size_t kChainMax = kUntrustedMax + 1;

// A run of octets in the arena of a batch, which may still grow and move.
struct ArenaSpan {
  std::size_t offset = 0;
  std::size_t size = 0;
};

struct DeviceLine {
  std::string device_id;
  std::string error;  // Not empty: why the line is no device. The id is kept where it was read.
  std::array<ArenaSpan, kChainMax> chain{};  // Leaf first.
  std::size_t chain_size = 0;
};

// Decodes lines into one arena. Certificates that recur (intermediates) are decoded once: a line
// may therefore point at octets of an earlier one. Lines must outlive the reader's use of them.
class LineDecoder {
 public:
  explicit LineDecoder(Bytes* arena) : arena_(arena) {}

  void Decode(std::string_view line, DeviceLine* out);

 private:
  friend class LineHandler;

  // A certificate's base64 as it was seen last, by a few of its characters.
  struct Seen {
    std::string_view text;
    ArenaSpan span;
  };

  bool DecodePlainly(std::string_view line, DeviceLine* out);
  void DecodeFully(std::string_view line, DeviceLine* out);
  // Decodes one element of the chain in plain base64; false where it is not that.
  bool AppendElement(std::string_view text, bool is_leaf, DeviceLine* out);

  Bytes* arena_;
  std::array<Seen, 64> seen_{};
};

}  // namespace muster::audit

#endif  // MUSTER_ENGINE_AUDIT_NDJSON_RECORD_H_
