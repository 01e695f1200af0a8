// Base64 without white space, fast: what the lines of an inventory mostly are.
#ifndef MUSTER_ENGINE_AUDIT_BASE64_FAST_H_
#define MUSTER_ENGINE_AUDIT_BASE64_FAST_H_

#include <string_view>

#include "muster/bytes.h"

namespace muster::audit {

// Appends the octets of `text` to `out` where it is non-empty canonical base64 (RFC 4648 4, 3.5)
// without white space. Otherwise false, and `out` is as before: base::DecodeBase64 then says why.
// Accepts nothing that base::DecodeBase64 would not, and gives the same octets.
bool AppendPlainBase64(std::string_view text, Bytes* out);

}  // namespace muster::audit

#endif  // MUSTER_ENGINE_AUDIT_BASE64_FAST_H_
