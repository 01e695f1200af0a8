// What a DER value is, told by its outer framing, and what a PKCS#7 bag holds.
#ifndef MUSTER_ENGINE_X509_DER_SHAPE_H_
#define MUSTER_ENGINE_X509_DER_SHAPE_H_

#include <cstdint>
#include <functional>

#include "muster/bytes.h"

namespace muster::x509 {

enum class DerShape : std::uint8_t {
  kUnknown,
  kCertificate,         // RFC 5280 4.1.
  kCrl,                 // RFC 5280 5.1.
  kCertificateRequest,  // PKCS#10.
  kSignedData,          // PKCS#7 or CMS SignedData in a ContentInfo.
};

// `element` is one whole DER value.
DerShape ShapeOf(ByteView element);

// What a member of a SignedData is, told by where it lies (RFC 5652 5.1).
enum class MemberKind : std::uint8_t {
  kCertificate,
  kCrl,
  kOther /* attribute certificates ... */
};

// Calls `visit` for each member of the certificates and crls fields until it returns false. The
// signatures, if any, are not looked at: it is a bag. False where it is not DER; what came before
// has been visited then.
bool ReadSignedData(ByteView element, const std::function<bool(MemberKind, ByteView)>& visit);

}  // namespace muster::x509

#endif  // MUSTER_ENGINE_X509_DER_SHAPE_H_
