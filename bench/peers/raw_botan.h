// RawBotanVerifier: one signature check by Botan alone, with everything prepared beforehand: the
// least that any decision about a certificate can cost as long as Botan checks the signatures.
#ifndef MUSTER_BENCH_PEERS_RAW_BOTAN_H_
#define MUSTER_BENCH_PEERS_RAW_BOTAN_H_

#include <memory>

#include "muster/bytes.h"

namespace muster::bench {

class RawBotanVerifier {
 public:
  // `spki` is a SubjectPublicKeyInfo, `algorithm` the AlgorithmIdentifier of the signatures to
  // come. Throws where Botan refuses either.
  RawBotanVerifier(ByteView spki, ByteView algorithm);
  ~RawBotanVerifier();

  // Hashes `message` and checks `signature`.
  bool Verify(ByteView message, ByteView signature);

 private:
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

}  // namespace muster::bench

#endif  // MUSTER_BENCH_PEERS_RAW_BOTAN_H_
