#include "bench/peers/raw_botan.h"

#include <botan/asn1_obj.h>
#include <botan/ber_dec.h>
#include <botan/pubkey.h>
#include <botan/x509_key.h>

namespace muster::bench {
namespace {

Botan::AlgorithmIdentifier DecodeAlgorithm(ByteView der) {
  Botan::AlgorithmIdentifier algorithm;
  Botan::BER_Decoder(der.data(), der.size()).decode(algorithm).verify_end();
  return algorithm;
}

}  // namespace

struct RawBotanVerifier::Rep {
  Rep(ByteView spki, ByteView algorithm)
      : key(Botan::X509::load_key(spki)), verifier(*key, DecodeAlgorithm(algorithm)) {}

  std::unique_ptr<Botan::Public_Key> key;
  Botan::PK_Verifier verifier;
};

RawBotanVerifier::RawBotanVerifier(ByteView spki, ByteView algorithm)
    : rep_(std::make_unique<Rep>(spki, algorithm)) {}
RawBotanVerifier::~RawBotanVerifier() = default;

bool RawBotanVerifier::Verify(ByteView message, ByteView signature) {
  return rep_->verifier.verify_message(message, signature);
}

}  // namespace muster::bench
