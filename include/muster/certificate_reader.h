// Reads certificates and CRLs from whatever they lie in, recognised by content.
//
// Recognised: PEM (RFC 7468; CRLF, text around the blocks, TRUSTED and X509 labels, PKCS7 blocks),
// DER, concatenated DER, PKCS#7 SignedData (certificates and crls), base64 of DER, base64 of PEM.
// Private keys and other PEM labels are skipped, never read and never echoed.
// Thread-safe: free functions without state.
#ifndef MUSTER_CERTIFICATE_READER_H_
#define MUSTER_CERTIFICATE_READER_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "muster/bytes.h"
#include "muster/result.h"

namespace muster {

enum class EncodedKind : std::uint8_t { kCertificate, kCrl };

// One certificate or CRL that was found. `der` is not parsed beyond its outer framing.
struct EncodedObject {
  EncodedKind kind = EncodedKind::kCertificate;
  Bytes der;
  std::size_t line = 0;    // 1-based line of the PEM block's first line; 0 for binary input.
  std::size_t offset = 0;  // Of the object in the input; in what base64 input decodes to.
};

// A block that could not be read: reported, never dropped in silence.
struct ReadFault {
  std::size_t line = 0;
  std::size_t offset = 0;
  std::string what;  // "PEM block CERTIFICATE at line 12: '!' is not base64".
};

struct ReadOutcome {
  std::string_view format;  // "pem", "der", "pkcs7", "base64-der", "base64-pem".
  std::vector<EncodedObject> objects;
  std::vector<ReadFault> faults;
};

// The largest input that is read at once, in octets.
inline constexpr std::size_t kReadSizeMax = std::size_t{256} * 1024 * 1024;

// Reads every certificate and CRL in `input`. Faulty blocks land in `faults` beside the good ones.
// kUnreadableInput where the input as a whole is in no known format or larger than kReadSizeMax.
[[nodiscard]] Result<ReadOutcome> ReadEncoded(ByteView input);

// The one certificate in `input`. kUnreadableInput where there are none, several, or a fault; the
// message names `source` (a file name, as the caller wants it shown) and the position.
[[nodiscard]] Result<Bytes> ReadOneCertificate(ByteView input, std::string_view source);

// All certificates of `input`, in order. kUnreadableInput on any fault, or where there are none.
[[nodiscard]] Result<std::vector<Bytes>> ReadAllCertificates(ByteView input,
                                                             std::string_view source);

// "-----BEGIN label-----" with 64-column base64.
std::string EncodePem(ByteView der, std::string_view label);

}  // namespace muster

#endif  // MUSTER_CERTIFICATE_READER_H_
