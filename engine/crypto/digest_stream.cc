#include "engine/crypto/digest_stream.h"

#include <botan/hash.h>

namespace muster::crypto {

struct DigestStream::Rep {
  std::unique_ptr<Botan::HashFunction> hash = Botan::HashFunction::create_or_throw("SHA-256");
};

DigestStream::DigestStream() : rep_(std::make_unique<Rep>()) {}
DigestStream::~DigestStream() = default;

void DigestStream::Update(ByteView octets) { rep_->hash->update(octets.data(), octets.size()); }

Fingerprint DigestStream::Finish() {
  Fingerprint digest;
  rep_->hash->final(digest.bytes.data());
  return digest;
}

}  // namespace muster::crypto
