#include "engine/graph/ca_node.h"

#include <utility>

#include "engine/base/byte_view.h"
#include "engine/x509/name.h"

namespace muster::graph {

ParseResult<CaNodePtr> CaNode::Create(Certificate certificate, const AlgorithmPolicy& policy) {
  const CertificateView& view = certificate.view();
  std::optional<std::string> subject = x509::CanonicalName(view.subject());
  std::optional<std::string> issuer = x509::CanonicalName(view.issuer());
  if (!subject || !issuer) {
    return tl::unexpected(ParseFailure{RejectReason::kMalformedName, 0, "a name is malformed"});
  }
  const Fingerprint fingerprint = Fingerprint::Of(view.der());
  auto key = crypto::PublicKey::Load(view.spki(), policy);
  if (!key) crypto::KnownAnswer(key.error().reason);
  return std::make_shared<const CaNode>(CaNode{std::move(certificate), fingerprint,
                                               std::move(*subject), std::move(*issuer),
                                               std::move(key)});
}

bool CaNode::IsTwinOf(const CaNode& other) const {
  return subject == other.subject && base::Equal(view().spki(), other.view().spki());
}

}  // namespace muster::graph
