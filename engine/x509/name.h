// Distinguished names: comparison by RFC 5280 7.1, subtrees, CNs.
//
// Comparison: attribute values of PrintableString, UTF8String, IA5String (and the BMP, T61 and
// Universal forms converted to UTF-8) are compared without regard to case (ASCII), leading,
// trailing and repeated white space; others by their octets. RDNs with several attributes compare
// as sets.
#ifndef MUSTER_ENGINE_X509_NAME_H_
#define MUSTER_ENGINE_X509_NAME_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "muster/bytes.h"
#include "muster/enrollment.h"
#include "muster/reject_reason.h"

namespace muster::x509 {

// `name` is one Name SEQUENCE of well-formed RDNs (it may have none).
bool IsWellFormedName(ByteView name);

// A Name SEQUENCE with no RDN.
bool IsEmptyName(ByteView name);

// The canonical octets of a whole Name SEQUENCE: two names match (RFC 5280 7.1) if and only if
// their canonical octets are equal. Nothing where `name` is malformed.
std::optional<std::string> CanonicalName(ByteView name);

// Equal octets, or equal canonical octets. Malformed names match nothing.
bool NamesMatch(ByteView a, ByteView b);

// The RDNs of a name in canonical form, for subtree tests: `name` lies within `subtree` where the
// latter's RDNs are its first ones (RFC 5280 4.2.1.10, directoryName). Either is a whole Name.
bool NameWithinSubtree(ByteView name, ByteView subtree);

// One CN as it stands: its string tag and octets.
struct CommonName {
  std::uint8_t tag = 0;
  ByteView value;
};
// All CNs of a name, in order (multi-valued RDNs included). Empty where malformed.
std::vector<CommonName> CommonNames(ByteView name);

// emailAddress attributes (PKCS#9) of a name: rfc822 constraints apply to them where a certificate
// has no subjectAltName (RFC 5280 4.2.1.10).
std::vector<ByteView> EmailAddresses(ByteView name);

// The registration ID a leaf's subject gives: exactly one CN, PrintableString or UTF8String
// (IA5String too: tools emit it), well formed. Nothing otherwise; `why` (may be null) gets a static
// phrase.
std::optional<RegistrationId> RegistrationIdOf(ByteView subject, std::string_view* why);

}  // namespace muster::x509

#endif  // MUSTER_ENGINE_X509_NAME_H_
