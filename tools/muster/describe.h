// How certificates, verdicts and faults are described, the same for every verb.
#ifndef MUSTER_TOOLS_MUSTER_DESCRIBE_H_
#define MUSTER_TOOLS_MUSTER_DESCRIBE_H_

#include <optional>
#include <string>

#include "muster/certificate.h"
#include "muster/enrollment.h"
#include "muster/registry.h"
#include "muster/verdict.h"
#include "tools/muster/output.h"

namespace muster::cli {

// {"sha256","sha1","subject","issuer","serial","not_before","not_after","key"}. Of a certificate
// that does not parse only the digests and "malformed", the reason's name.
Json DescribeCertificate(ByteView der);
// {"name", "status", "method", ..., "code" (outstanding, or null), "certificate", "etag"}.
Json DescribeCa(const CaCertificate& ca);
// {"kind","id"}, or null where there is none.
Json DescribeEnrollment(const EnrollmentRef& enrollment);
// {"reason","reason_number","chain_index","detail"}.
Json DescribeFault(const Fault& fault);
// What an enrollment attests by: {"certificates": [...]} or {"cas": [...]}, primary first.
Json DescribeSigning(const SigningCertificates& signing);

// "CN=Root (3f2a91...)": a certificate in a table.
std::string ShortName(ByteView der);
// The date alone: "2027-03-01".
std::string DateOf(UnixTime time);
// The digits of a digest that tell certificates apart in a table.
std::string ShortHex(const Fingerprint& fingerprint);
// The name of the registered CA with this fingerprint; empty where there is none.
std::string CaNameOf(const RegistryContents& contents, const Fingerprint& fingerprint);
// "group 'line-4'", or "none".
std::string EnrollmentText(const EnrollmentRef& enrollment);
// "sha256 of a CA" or null where it is all zeros.
Json FingerprintOrNull(const Fingerprint& fingerprint);
// An option of a time as JSON.
Json TimeOrNull(const std::optional<UnixTime>& time);

}  // namespace muster::cli

#endif  // MUSTER_TOOLS_MUSTER_DESCRIBE_H_
