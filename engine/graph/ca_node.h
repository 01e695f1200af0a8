// CaNode: a CA certificate with everything that chain building and validation ask of it, decoded
// once. Nodes are immutable and shared by snapshots, presented overlays and compiled paths.
#ifndef MUSTER_ENGINE_GRAPH_CA_NODE_H_
#define MUSTER_ENGINE_GRAPH_CA_NODE_H_

#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "engine/crypto/public_key.h"
#include "muster/certificate.h"
#include "muster/fingerprint.h"

namespace muster::graph {

struct CaNode {
  Certificate certificate;
  Fingerprint fingerprint;
  std::string subject;  // x509::CanonicalName of the subject; equal = the names match.
  std::string issuer;   // x509::CanonicalName of the issuer.
  // The subject public key, or why it is not accepted. Loaded under the algorithm policy given.
  tl::expected<crypto::PublicKey, crypto::KeyFailure> key;

  // Fails with kMalformedName where a name has no canonical form.
  static ParseResult<std::shared_ptr<const CaNode>> Create(Certificate certificate,
                                                           const AlgorithmPolicy& policy);

  const CertificateView& view() const { return certificate.view(); }
  bool IsSelfIssued() const { return subject == issuer; }
  // Same subject and same key: certificates of one CA, however they differ (cross-signed twins).
  bool IsTwinOf(const CaNode& other) const;
};

using CaNodePtr = std::shared_ptr<const CaNode>;

}  // namespace muster::graph

#endif  // MUSTER_ENGINE_GRAPH_CA_NODE_H_
