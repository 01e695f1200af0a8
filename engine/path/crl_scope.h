// Which CRLs speak about a certificate, and for which reasons: RFC 5280 6.3.3 (b), (d) and (e), and
// how CRLs of one scope relate to each other (5.2.3, 5.2.4).
#ifndef MUSTER_ENGINE_PATH_CRL_SCOPE_H_
#define MUSTER_ENGINE_PATH_CRL_SCOPE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "engine/path/crl_index.h"
#include "engine/x509/extensions.h"
#include "muster/certificate.h"

namespace muster::path {

// A distribution point of a certificate. Its names are read once: a certificate may have thousands
// of points, and its issuer thousands of CRLs.
class CrlPoint {
 public:
  CrlPoint(const x509::DistributionPoint& point, const CertificateView& certificate);
  // The point that 6.3.3, last paragraph, assumes for a CRL of the certificate's own issuer that no
  // point names.
  static CrlPoint OfIssuer(const CertificateView& certificate);

 private:
  friend class CrlSubject;
  bool has_crl_issuer_ = false;
  std::vector<std::string> names_;  // Where it has none, those of its cRLIssuer.
  std::vector<std::string> crl_issuers_;
  std::uint16_t reasons_ = 0;
};

// A certificate whose status is asked for.
class CrlSubject {
 public:
  // `issuer` is canonical. Both are borrowed.
  CrlSubject(const CertificateView& certificate, const std::string& issuer);

  // The reasons that `crl` covers for the certificate by way of any of its distribution points; 0
  // where the CRL is out of scope.
  std::uint16_t ReasonsOf(const IndexedCrl& crl) const;

 private:
  bool ComesFromRightIssuer(const IndexedCrl& crl, const CrlPoint& point) const;
  bool CoversKind(const IndexedCrl& crl) const;

  const CertificateView& certificate_;
  const std::string& issuer_;
  std::vector<CrlPoint> points_;
};

// The names of a CRL's issuing distribution point, in a form that can be compared, sorted.
std::vector<std::string> ScopeNames(const x509::CrlView& crl);

// Says nothing about the names, reasons or kinds of certificates it covers: all of its issuer's.
bool CoversAllOfItsIssuer(const IndexedCrl& crl);

// Same issuer, same issuing distribution point: CRLs of one series.
bool SameScope(const IndexedCrl& a, const IndexedCrl& b);

// `newer` says all that `older`, of the same scope, has to say: it is not older by any account,
// newer by one, and, of two deltas, starts no later.
bool Supersedes(const IndexedCrl& newer, const IndexedCrl& older);

// 5.2.4 and 6.3.3 (c): `delta` can be combined with a complete CRL.
bool Combines(const IndexedCrl& complete_crl, const IndexedCrl& delta);

}  // namespace muster::path

#endif  // MUSTER_ENGINE_PATH_CRL_SCOPE_H_
