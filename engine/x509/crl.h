// CrlView: a borrowed view of a certificate revocation list (RFC 5280 section 5).
#ifndef MUSTER_ENGINE_X509_CRL_H_
#define MUSTER_ENGINE_X509_CRL_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "engine/x509/extensions.h"
#include "muster/certificate.h"

namespace muster::x509 {

// The largest CRL that is read, in octets: about a million entries.
inline constexpr std::size_t kCrlSizeMax = std::size_t{64} * 1024 * 1024;

// An entry of revokedCertificates (5.1.2.6, 5.3).
struct RevokedCertificate {
  ByteView serial;  // INTEGER content.
  UnixTime revoked_at{};
  int reason = 0;  // CRLReason; unspecified(0) where absent, removeFromCRL(8) in deltas.
  ByteView certificate_issuer;  // Whole Name; of an indirect CRL, carried forward as 5.3.3 says.
                                // Empty = the CRL's issuer.
};

// v2 (and v1 without extensions). Entries are checked for form when parsed, read on demand.
class CrlView {
 public:
  static ParseResult<CrlView> Parse(ByteView der);

  ByteView der() const { return der_; }
  ByteView tbs() const { return tbs_; }
  ByteView signature_algorithm() const { return signature_algorithm_; }
  ByteView signature() const { return signature_; }
  ByteView issuer() const { return issuer_; }  // Whole Name SEQUENCE.
  UnixTime this_update() const { return this_update_; }
  std::optional<UnixTime> next_update() const { return next_update_; }

  ByteView authority_key_id() const { return authority_key_id_; }  // keyIdentifier; may be empty.
  ByteView crl_number() const { return crl_number_; }              // INTEGER content; may be empty.
  bool is_delta() const { return !base_crl_number_.empty(); }
  ByteView base_crl_number() const { return base_crl_number_; }  // deltaCRLIndicator.
  const std::optional<IssuingDistributionPoint>& issuing_distribution_point() const {
    return issuing_distribution_point_;
  }
  // The DER of the issuingDistributionPoint value, empty where absent: to compare scopes.
  ByteView issuing_distribution_point_der() const { return idp_der_; }
  // A critical CRL or entry extension that is not understood, or a certificateIssuer without a
  // directoryName: the CRL must not be used (5.2, 5.3).
  bool has_unknown_critical_extension() const { return has_unknown_critical_extension_; }

  // Calls `visit` for each entry until it returns false.
  void ForEachRevoked(const std::function<bool(const RevokedCertificate&)>& visit) const;
  // The last entry for that issuer and serial; certificate_issuer is compared by RFC 5280 7.1.
  std::optional<RevokedCertificate> Find(ByteView certificate_issuer, ByteView serial) const;

 private:
  friend class CrlParser;
  ByteView der_, tbs_, signature_algorithm_, signature_, issuer_, revoked_;
  ByteView authority_key_id_, crl_number_, base_crl_number_, idp_der_;
  UnixTime this_update_{};
  std::optional<UnixTime> next_update_;
  std::optional<IssuingDistributionPoint> issuing_distribution_point_;
  bool has_unknown_critical_extension_ = false;
};

}  // namespace muster::x509

#endif  // MUSTER_ENGINE_X509_CRL_H_
