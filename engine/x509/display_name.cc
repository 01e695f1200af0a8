#include <array>
#include <string>
#include <string_view>

#include "engine/base/byte_view.h"
#include "engine/base/encoding.h"
#include "engine/der/der_reader.h"
#include "engine/x509/attribute_reader.h"
#include "engine/x509/directory_string.h"
#include "muster/certificate.h"

namespace muster {
namespace {

struct ShortName {
  std::string_view oid;
  std::string_view text;
};

// RFC 4514 3, and what tools in the field show besides.
constexpr std::array kShortNames = {
    ShortName{"2.5.4.3", "CN"},
    ShortName{"2.5.4.4", "SN"},
    ShortName{"2.5.4.5", "serialNumber"},
    ShortName{"2.5.4.6", "C"},
    ShortName{"2.5.4.7", "L"},
    ShortName{"2.5.4.8", "ST"},
    ShortName{"2.5.4.9", "STREET"},
    ShortName{"2.5.4.10", "O"},
    ShortName{"2.5.4.11", "OU"},
    ShortName{"2.5.4.12", "title"},
    ShortName{"2.5.4.42", "GN"},
    ShortName{"2.5.4.46", "dnQualifier"},
    ShortName{"2.5.4.97", "organizationIdentifier"},
    ShortName{"0.9.2342.19200300.100.1.1", "UID"},
    ShortName{"0.9.2342.19200300.100.1.25", "DC"},
    ShortName{"1.2.840.113549.1.9.1", "emailAddress"},
};

// RFC 4514 2.4: what has no string form is '#' and the hex of its octets.
void AppendHexForm(ByteView octets, std::string* out) {
  out->push_back('#');
  out->append(base::HexLower(octets));
}

void AppendType(ByteView oid, std::string* out) {
  const std::string dotted = der::OidToText(oid);
  for (const ShortName& name : kShortNames) {
    if (name.oid == dotted) {
      out->append(name.text);
      return;
    }
  }
  // An OID with an arc beyond 64 bits has no dotted form here.
  if (dotted.empty()) {
    AppendHexForm(oid, out);
  } else {
    out->append(dotted);
  }
}

// Characters that could make a terminal or a reader see another text: C0 and C1 controls, DEL, line
// separators and the marks that turn the direction of writing.
bool IsDeceptive(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || (c >= 0x200e && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

void AppendHexEscaped(ByteView octets, std::string* out) {
  for (std::size_t i = 0; i < octets.size(); ++i) {
    out->push_back('\\');
    out->append(base::HexLower(octets.subspan(i, 1)));
  }
}

// RFC 4514 2.4, with octets that are not readable UTF-8 as \xx.
void AppendEscaped(ByteView text, std::string* out) {
  constexpr std::string_view kSpecial = "\"+,;<>\\";
  for (std::size_t i = 0; i < text.size();) {
    char32_t c = 0;
    const std::size_t used = x509::DecodeUtf8(text.subspan(i), &c);
    if (used == 0 || IsDeceptive(c)) {
      const std::size_t n = used == 0 ? 1 : used;
      AppendHexEscaped(text.subspan(i, n), out);
      i += n;
      continue;
    }
    const bool first = i == 0;
    const bool last = i + used == text.size();
    const bool special = used == 1 && (kSpecial.find(static_cast<char>(c)) != kSpecial.npos ||
                                       (first && (c == ' ' || c == '#')) || (last && c == ' '));
    if (special) out->push_back('\\');
    out->append(base::AsText(text.subspan(i, used)));
    i += used;
  }
}

void AppendValue(const x509::Attribute& attribute, std::string* out) {
  if (const auto text = x509::DirectoryStringText(attribute.tag, attribute.value)) {
    AppendEscaped(base::AsBytes(*text), out);
    return;
  }
  switch (attribute.tag) {
    case der::kUtf8String:
    case der::kPrintableString:
    case der::kIa5String:
    case der::kVisibleString:
    case der::kNumericString:
      AppendEscaped(attribute.value, out);
      return;
    default:
      AppendHexForm(attribute.value_whole, out);
  }
}

}  // namespace

std::string DisplayName(ByteView name) {
  std::string out;
  x509::AttributeReader attributes(name);
  x509::Attribute attribute;
  while (attributes.Next(&attribute)) {
    if (!out.empty()) out.append(attribute.starts_rdn ? ", " : "+");
    AppendType(attribute.type, &out);
    out.push_back('=');
    AppendValue(attribute, &out);
  }
  // What cannot be read as a name is shown as what it is.
  if (attributes.failed()) {
    out.clear();
    AppendHexForm(name, &out);
  }
  return out;
}

}  // namespace muster
