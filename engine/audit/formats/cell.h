// Certificates in a piece of text or octets: a cell of a table, a member of a JSON object.
#ifndef MUSTER_ENGINE_AUDIT_FORMATS_CELL_H_
#define MUSTER_ENGINE_AUDIT_FORMATS_CELL_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "muster/bytes.h"
#include "muster/result.h"

namespace muster::audit {

// PEM (also with "\n" written out), DER, base64 or hex of DER, base64 of PEM; several certificates
// count in their order. kUnreadableInput where there is none or a part is faulty; the message holds
// nothing of the text.
[[nodiscard]] Result<std::vector<Bytes>> ReadCell(std::string_view text);

// Base64 in the alphabet of URLs, without padding (RFC 7515 2). Nothing on anything else.
std::optional<Bytes> DecodeBase64Url(std::string_view text);

}  // namespace muster::audit

#endif  // MUSTER_ENGINE_AUDIT_FORMATS_CELL_H_
