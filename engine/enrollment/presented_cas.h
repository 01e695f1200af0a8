// PresentedCas: the untrusted certificates of a chain as nodes, ready to build paths over.
#ifndef MUSTER_ENGINE_ENROLLMENT_PRESENTED_CAS_H_
#define MUSTER_ENGINE_ENROLLMENT_PRESENTED_CAS_H_

#include <span>
#include <vector>

#include "engine/graph/issuer_graph.h"
#include "engine/registry/snapshot.h"
#include "muster/certificate.h"

namespace muster::enrollment {

// A presented certificate that does not parse.
struct PresentedFailure {
  ParseFailure failure;
  int chain_index = -1;  // As presented; the leaf counts as 0.
};

class PresentedCas {
 public:
  // Parses the certificates. One that the service holds too shares its node. A malformed one fails
  // the whole chain: what else the device sent cannot be told apart from an attack [ours].
  static tl::expected<PresentedCas, PresentedFailure> Parse(
      std::span<const ByteView> untrusted, const registry::CompiledSnapshot& snapshot);

  const graph::IssuerSource& issuers() const { return *issuers_; }
  bool Contains(const Fingerprint& fingerprint) const;

 private:
  std::unique_ptr<const graph::IssuerGraph> issuers_;
};

}  // namespace muster::enrollment

#endif  // MUSTER_ENGINE_ENROLLMENT_PRESENTED_CAS_H_
