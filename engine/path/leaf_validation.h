// Validation of the last certificate of a path: RFC 5280 6.1.3 and 6.1.5, and the leaf profile.
#ifndef MUSTER_ENGINE_PATH_LEAF_VALIDATION_H_
#define MUSTER_ENGINE_PATH_LEAF_VALIDATION_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/path/path_state.h"

namespace muster::path {

// Everything but the signature. True where there was no fault. `deferred` as in
// crypto::CheckPublicKey.
bool CheckLeafCertificate(const ValidationContext& context, const PathState& state,
                          const graph::CaNode& issuer, const CertificateView& leaf, UnixTime at,
                          FaultSink* sink, std::vector<std::string>* policies,
                          std::optional<crypto::CurvePoint>* deferred = nullptr);

// What needs no issuer: form, window, profile, signature algorithm and key.
bool CheckLeafAlone(const ValidationContext& context, const CertificateView& leaf, UnixTime at,
                    FaultSink* sink);

// 6.1.3 (a) (1).
bool CheckLeafSignature(const ValidationContext& context, const graph::CaNode& issuer,
                        const CertificateView& leaf, FaultSink* sink);
// Puts what came of checking the signature into the sink; true where it is good.
bool ReportLeafSignature(const graph::CaNode& issuer, RejectReason answer, FaultSink* sink);

// "reason keyCompromise, CRL of CN=Root": what is told of a revoked certificate.
std::string DescribeRevocation(const Revocation& revocation);
// "no CRL in date covers it", with the CRLs that are not in date.
std::string DescribeUnknownStatus(const IssuerCrls& crls);
// "critical extension 1.2.3.4".
std::string DescribeExtension(ByteView oid);

}  // namespace muster::path

#endif  // MUSTER_ENGINE_PATH_LEAF_VALIDATION_H_
