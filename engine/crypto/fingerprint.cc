#include "muster/fingerprint.h"

#include <botan/hash.h>

#include "engine/base/encoding.h"
#include "engine/crypto/hash_batch.h"

namespace muster {

Fingerprint Fingerprint::Of(ByteView der) {
  // Kept: finding a hash function by name costs as much as hashing a certificate.
  thread_local crypto::HashScratch scratch;
  Fingerprint f;
  crypto::HashJob job{der, f.bytes.data()};
  crypto::HashBatchWith(crypto::HashKind::kSha256, {&job, 1}, crypto::HashEngine::kShaNi, scratch);
  return f;
}

std::optional<Fingerprint> Fingerprint::Parse(std::string_view hex) {
  std::string digits;
  digits.reserve(hex.size());
  for (std::size_t i = 0; i < hex.size(); ++i) {
    const bool separator = hex[i] == ':' || hex[i] == ' ';
    if (!separator) {
      digits.push_back(hex[i]);
      continue;
    }
    // Separators stand between two octets only, one at a time.
    const bool inside = i != 0 && i + 1 != hex.size() && digits.size() % 2 == 0;
    if (!inside || hex[i - 1] == ':' || hex[i - 1] == ' ') return std::nullopt;
  }
  Fingerprint f;
  if (digits.size() != 2 * f.bytes.size()) return std::nullopt;
  const std::optional<Bytes> octets = base::ParseHex(digits);
  if (!octets) return std::nullopt;
  std::memcpy(f.bytes.data(), octets->data(), f.bytes.size());
  return f;
}

std::string Fingerprint::hex() const { return base::HexLower(bytes); }

std::string Sha1Thumbprint(ByteView der) {
  const auto sha1 = Botan::HashFunction::create_or_throw("SHA-1");
  sha1->update(der);
  std::array<std::uint8_t, 20> digest;
  sha1->final(digest.data());
  return base::HexUpper(digest);
}

}  // namespace muster
