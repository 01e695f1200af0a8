// DevelopmentSigner: what issuing needs of a DevelopmentKey.
//
// Thread-safe: all methods may run concurrently on one key.
#ifndef MUSTER_ENGINE_PKI_DEVELOPMENT_SIGNER_H_
#define MUSTER_ENGINE_PKI_DEVELOPMENT_SIGNER_H_

#include <string>
#include <string_view>

#include "muster/development_pki.h"

namespace muster {

// In muster and not in muster::pki because DevelopmentKey names it as its friend.
class DevelopmentSigner {
 public:
  // How to sign; the meaning of CertificateTemplate::hash and ::pss.
  struct Method {
    std::string_view hash;
    bool pss = false;
  };

  // The whole AlgorithmIdentifier SEQUENCE. kInvalidArgument where the key cannot sign that way.
  static Result<Bytes> AlgorithmIdentifier(const DevelopmentKey& key, const Method& method);

  // The signature over `message`: the same each time (RFC 6979; PSS salts come from the message).
  static Result<Bytes> Sign(const DevelopmentKey& key, const Method& method, ByteView message);

  // Of the key's public half.
  static const Bytes& Spki(const DevelopmentKey& key);
};

namespace pki {

// SHA-256 over the parts, each followed by a zero octet, so that parts do not run together.
Bytes DeriveOctets(std::initializer_list<std::string_view> parts);

}  // namespace pki
}  // namespace muster

#endif  // MUSTER_ENGINE_PKI_DEVELOPMENT_SIGNER_H_
