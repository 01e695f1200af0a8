// Which CRLs speak about a certificate, and for which reasons: RFC 5280 6.3.3 (b), (d) and (e), and
// how CRLs of one scope relate to each other (5.2.3, 5.2.4).
#ifndef MUSTER_ENGINE_PATH_CRL_SCOPE_H_
#define MUSTER_ENGINE_PATH_CRL_SCOPE_H_

#include <cstdint>
#include <string>

#include "engine/path/crl_index.h"
#include "engine/x509/extensions.h"
#include "muster/certificate.h"

namespace muster::path {

// A certificate whose status is asked for.
struct CrlSubject {
  const CertificateView& certificate;
  const std::string& issuer;  // Canonical.
};

// The reasons that `crl` covers for a certificate by way of one of its distribution points; 0 where
// the CRL is out of scope.
std::uint16_t ReasonsByPoint(const IndexedCrl& crl, const CrlSubject& subject,
                             const x509::DistributionPoint& point);

// The same for a CRL of the certificate's own issuer that no distribution point names (6.3.3, last
// paragraph: the point is assumed to be the issuer's name).
std::uint16_t ReasonsByIssuer(const IndexedCrl& crl, const CrlSubject& subject);

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
