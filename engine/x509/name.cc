#include "engine/x509/name.h"

#include <algorithm>
#include <utility>

#include "engine/base/byte_view.h"
#include "engine/der/der_reader.h"
#include "engine/x509/attribute_reader.h"
#include "engine/x509/directory_string.h"

namespace muster::x509 {
namespace {

constexpr std::uint8_t kCommonNameOid[] = {0x55, 0x04, 0x03};
// emailAddress, PKCS#9: 1.2.840.113549.1.9.1.
constexpr std::uint8_t kEmailAddressOid[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01};

// RFC 4518 2.2 maps these to SPACE.
bool IsWhiteSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Case folded (ASCII), leading and trailing white space removed, inner runs made one space: RFC
// 5280 7.1 by way of RFC 4518 2.2 and 2.6.1, for ASCII.
std::string FoldText(std::string_view text) {
  std::string folded;
  folded.reserve(text.size());
  bool pending_space = false;
  for (const char c : text) {
    if (IsWhiteSpace(c)) {
      pending_space = !folded.empty();
      continue;
    }
    if (pending_space) folded.push_back(' ');
    pending_space = false;
    folded.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return folded;
}

// Every variable part is preceded by its length, so that two different lists of parts never give
// the same octets. Certificates are below 64 KiB; four octets are room enough for any slice.
void AppendPart(std::string_view part, std::string* out) {
  const std::size_t n = part.size();
  for (const int shift : {24, 16, 8, 0}) out->push_back(static_cast<char>(n >> shift & 0xff));
  out->append(part);
}

// type, then 'T' and folded text, or 'R', tag and raw octets: a raw value never equals a text.
std::string CanonicalAttribute(const Attribute& attribute) {
  std::string out;
  AppendPart(base::AsText(attribute.type), &out);
  if (const auto text = DirectoryStringText(attribute.tag, attribute.value)) {
    out.push_back('T');
    AppendPart(FoldText(*text), &out);
  } else {
    out.push_back('R');
    out.push_back(static_cast<char>(attribute.tag));
    AppendPart(base::AsText(attribute.value), &out);
  }
  return out;
}

// RDNs with several attributes are sets (RFC 5280 7.1): put in one order. Empties `rdn`.
void AppendRdn(std::vector<std::string>* rdn, std::string* out) {
  std::sort(rdn->begin(), rdn->end());
  std::string joined;
  for (const std::string& attribute : *rdn) AppendPart(attribute, &joined);
  AppendPart(joined, out);
  rdn->clear();
}

}  // namespace

bool IsWellFormedName(ByteView name) {
  AttributeReader attributes(name);
  Attribute attribute;
  while (attributes.Next(&attribute)) {
  }
  return !attributes.failed();
}

bool IsEmptyName(ByteView name) {
  return name.size() == 2 && name[0] == der::kSequence && name[1] == 0;
}

std::optional<std::string> CanonicalName(ByteView name) {
  std::string canonical;
  canonical.reserve(name.size() + 32);
  std::vector<std::string> rdn;
  AttributeReader attributes(name);
  Attribute attribute;
  while (attributes.Next(&attribute)) {
    if (attribute.starts_rdn && !rdn.empty()) AppendRdn(&rdn, &canonical);
    rdn.push_back(CanonicalAttribute(attribute));
  }
  if (attributes.failed()) return std::nullopt;
  if (!rdn.empty()) AppendRdn(&rdn, &canonical);
  return canonical;
}

bool NamesMatch(ByteView a, ByteView b) {
  if (base::Equal(a, b)) return IsWellFormedName(a);
  const std::optional<std::string> canonical_a = CanonicalName(a);
  return canonical_a && canonical_a == CanonicalName(b);
}

bool NameWithinSubtree(ByteView name, ByteView subtree) {
  const std::optional<std::string> canonical_name = CanonicalName(name);
  const std::optional<std::string> canonical_subtree = CanonicalName(subtree);
  // An RDN starts with its length, so a prefix of octets is a prefix of whole RDNs.
  return canonical_name && canonical_subtree &&
         std::string_view(*canonical_name).substr(0, canonical_subtree->size()) ==
             *canonical_subtree;
}

std::vector<CommonName> CommonNames(ByteView name) {
  std::vector<CommonName> found;
  AttributeReader attributes(name);
  Attribute attribute;
  while (attributes.Next(&attribute)) {
    if (base::Equal(attribute.type, kCommonNameOid)) {
      found.push_back({attribute.tag, attribute.value});
    }
  }
  if (attributes.failed()) found.clear();
  return found;
}

std::vector<ByteView> EmailAddresses(ByteView name) {
  std::vector<ByteView> found;
  AttributeReader attributes(name);
  Attribute attribute;
  while (attributes.Next(&attribute)) {
    if (base::Equal(attribute.type, kEmailAddressOid)) found.push_back(attribute.value);
  }
  if (attributes.failed()) found.clear();
  return found;
}

std::optional<RegistrationId> RegistrationIdOf(ByteView subject, std::string_view* why) {
  const auto fail = [why](std::string_view reason) -> std::optional<RegistrationId> {
    if (why != nullptr) *why = reason;
    return std::nullopt;
  };
  // Every device of a batch passes here: no allocation.
  CommonName cn;
  int count = 0;
  AttributeReader attributes(subject);
  Attribute attribute;
  while (attributes.Next(&attribute)) {
    if (!base::Equal(attribute.type, kCommonNameOid)) continue;
    cn = {attribute.tag, attribute.value};
    ++count;
  }
  if (attributes.failed()) return fail("subject is not a well-formed name");
  if (count == 0) return fail("subject has no CN");
  if (count > 1) return fail("subject has more than one CN");
  // Other string types encode characters in more than one octet, or in ways that stacks disagree
  // on.
  if (cn.tag != der::kPrintableString && cn.tag != der::kUtf8String && cn.tag != der::kIa5String) {
    return fail("CN is neither a PrintableString nor a UTF8String");
  }
  if (cn.value.empty()) return fail("CN is empty");
  if (cn.value.size() > BoundedString::kSizeMax) return fail("CN is longer than 128 characters");
  std::optional<RegistrationId> id = RegistrationId::Parse(base::AsText(cn.value));
  if (!id) {
    return fail("CN has a character outside A-Z a-z 0-9 - . _ : or ends in one of . _ :");
  }
  return id;
}

}  // namespace muster::x509
