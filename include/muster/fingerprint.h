// Fingerprint: the identity of a certificate, SHA-256 over its DER.
#ifndef MUSTER_FINGERPRINT_H_
#define MUSTER_FINGERPRINT_H_

#include <array>
#include <compare>
#include <cstddef>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "muster/bytes.h"

namespace muster {

// A SHA-256 digest of a certificate's DER. Two certificates are the same if and only if their
// fingerprints are. The default value is all zeros and is no certificate's.
struct Fingerprint {
  std::array<std::uint8_t, 32> bytes{};

  // Hashes `der`.
  static Fingerprint Of(ByteView der);

  // Reads 64 hex digits of either case, with or without ':' or ' ' between octets.
  static std::optional<Fingerprint> Parse(std::string_view hex);

  // 64 lower-case hex digits.
  std::string hex() const;

  friend auto operator<=>(const Fingerprint&, const Fingerprint&) = default;
};

// The SHA-1 thumbprint of `der`, 40 upper-case hex digits. For display only: never an identity.
std::string Sha1Thumbprint(ByteView der);

}  // namespace muster

template <>
struct std::hash<muster::Fingerprint> {
  // The digest is uniform already: its first octets serve.
  std::size_t operator()(const muster::Fingerprint& f) const noexcept {
    std::size_t h;
    std::memcpy(&h, f.bytes.data(), sizeof h);
    return h;
  }
};

#endif  // MUSTER_FINGERPRINT_H_
