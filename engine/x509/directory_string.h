// The string types of X.520 as UTF-8.
#ifndef MUSTER_ENGINE_X509_DIRECTORY_STRING_H_
#define MUSTER_ENGINE_X509_DIRECTORY_STRING_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "muster/bytes.h"

namespace muster::x509 {

// Reads one code point of UTF-8 (RFC 3629: shortest form, no surrogates) from the front of `bytes`;
// 0 octets used where there is none.
std::size_t DecodeUtf8(ByteView bytes, char32_t* code_point);

// The text of a value of string type `tag` (a der::Tag) as UTF-8. Nothing where the tag is not a
// string type or the octets are not of that type. T61String is read as Latin-1, as the field uses
// it. PrintableString, IA5String, NumericString and VisibleString are let pass with any ASCII: '*',
// '@' and '_' in PrintableString are common.
std::optional<std::string> DirectoryStringText(std::uint8_t tag, ByteView value);

}  // namespace muster::x509

#endif  // MUSTER_ENGINE_X509_DIRECTORY_STRING_H_
