// IndexedCrl: a parsed CRL whose revoked certificates are found by serial in one look-up.
#ifndef MUSTER_ENGINE_PATH_CRL_INDEX_H_
#define MUSTER_ENGINE_PATH_CRL_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/graph/issuer_graph.h"
#include "engine/path/crl_set.h"
#include "engine/x509/crl.h"

namespace muster::path {

// CRLReason removeFromCRL (RFC 5280 5.3.1).
inline constexpr int kRemoveFromCrl = 8;

// The entries of a CRL: an open hash table of chains over a flat list.
class RevokedIndex {
 public:
  struct Entry {
    ByteView serial;
    std::uint32_t issuer = 0;  // Into issuers_.
    std::uint32_t next = kNone;
    std::int32_t reason = 0;
  };

  // Borrows the CRL's DER. `crl_issuer` is canonical. False where a certificateIssuer is malformed.
  bool Build(const x509::CrlView& crl, const std::string& crl_issuer);

  // The entry for a certificate of that issuer (canonical); null where there is none. Of several,
  // one that revokes.
  const Entry* Find(std::string_view issuer, ByteView serial) const;

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;
  std::size_t BucketOf(ByteView serial) const;

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> buckets_;  // A power of two; heads of chains.
  std::vector<std::string> issuers_;    // Canonical; 0 is the CRL's own.
};

struct IndexedCrl {
  Bytes der;
  x509::CrlView view;
  std::string issuer;  // Canonical.
  std::vector<std::string> scope_names;  // ScopeNames of crl_scope.h.
  RevokedIndex revoked;

  bool is_indirect() const {
    const auto& idp = view.issuing_distribution_point();
    return idp && idp->indirect_crl;
  }

  // The certificates of `issuers` whose keys signed this CRL: looked for once, at first use, for
  // all paths and threads. Whether they may sign CRLs, and whether the algorithm is good enough,
  // is for the checker; SHA-1 counts here.
  struct Signers {
    std::vector<graph::CaNodePtr> nodes;
    bool complete = true;  // False: more certificates have the issuer's name than are tried.
  };
  const Signers& SignersAmong(const graph::IssuerSource& issuers) const;

 private:
  mutable std::once_flag signers_once_;
  mutable Signers signers_;
};

struct CrlSet::Rep {
  std::vector<std::unique_ptr<const IndexedCrl>> crls;
  // By canonical issuer name. CRLs that must not be used are left out.
  std::unordered_map<std::string, std::vector<const IndexedCrl*>> by_issuer;
  std::vector<const IndexedCrl*> indirect;  // Those that speak for other issuers too.
  const graph::IssuerSource* issuers = nullptr;
};

}  // namespace muster::path

#endif  // MUSTER_ENGINE_PATH_CRL_INDEX_H_
