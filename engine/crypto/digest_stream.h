// DigestStream: SHA-256 over octets that come bit by bit.
#ifndef MUSTER_ENGINE_CRYPTO_DIGEST_STREAM_H_
#define MUSTER_ENGINE_CRYPTO_DIGEST_STREAM_H_

#include <memory>

#include "muster/bytes.h"
#include "muster/fingerprint.h"

namespace muster::crypto {

class DigestStream {
 public:
  DigestStream();
  ~DigestStream();
  DigestStream(const DigestStream&) = delete;
  DigestStream& operator=(const DigestStream&) = delete;

  void Update(ByteView octets);
  // The digest of all since the last one, or since the start.
  Fingerprint Finish();

 private:
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

}  // namespace muster::crypto

#endif  // MUSTER_ENGINE_CRYPTO_DIGEST_STREAM_H_
