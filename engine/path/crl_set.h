// CrlSet: the CRLs a validation may use, parsed, indexed by issuer name, with hashed serials.
//
// Implements: RFC 5280 6.3 (complete and delta CRLs, distribution points, reasons, indirect CRLs).
#ifndef MUSTER_ENGINE_PATH_CRL_SET_H_
#define MUSTER_ENGINE_PATH_CRL_SET_H_

#include <memory>
#include <string>
#include <vector>

#include "engine/graph/issuer_graph.h"
#include "muster/bytes.h"
#include "muster/verdict.h"

namespace muster::path {

// Immutable once built; thread-safe.
class CrlSet {
 public:
  CrlSet();  // Holds nothing.
  // CRLs that do not parse are left out and reported in `faults` (may be null). `issuers` finds the
  // certificates of CRL issuers that are not on the path (it must outlive the set; may be null).
  CrlSet(const std::vector<Bytes>& crls, const graph::IssuerSource* issuers,
         std::vector<Fault>* faults);
  ~CrlSet();
  CrlSet(CrlSet&&) noexcept;
  CrlSet& operator=(CrlSet&&) noexcept;

  bool empty() const;

 private:
  friend class RevocationChecker;
  struct Rep;
  std::unique_ptr<const Rep> rep_;
};

}  // namespace muster::path

#endif  // MUSTER_ENGINE_PATH_CRL_SET_H_
