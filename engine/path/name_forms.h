// Whether one name lies within one constraint, for each form that RFC 5280 4.2.1.10 has a rule for.
//
// Where text cannot be read as the form demands, the answers err on the closed side: such a name is
// permitted by nothing and excluded by everything, and such a constraint permits nothing and
// excludes everything of its form [ours; RFC 5280 leaves it open].
#ifndef MUSTER_ENGINE_PATH_NAME_FORMS_H_
#define MUSTER_ENGINE_PATH_NAME_FORMS_H_

#include <string_view>

#include "muster/bytes.h"

namespace muster::path {

// What is asked: does a permitted subtree cover all that the name stands for, or an excluded one
// any of it? They differ for wildcards and for what cannot be read.
enum class Subtree { kPermitted, kExcluded };

// dNSName: "host.example.com" and everything below it; ".example.com" only what is below it; an
// empty constraint covers every name. A trailing dot is ignored, ASCII case too. The first label of
// a name may be "*", which stands for any one label.
bool DnsNameWithin(std::string_view name, std::string_view constraint, Subtree subtree);

// rfc822Name: a mailbox, a host (all mailboxes on it), or ".domain" (all on the hosts below it).
// The local part is compared octet for octet. Quoted local parts and address literals are not read.
bool Rfc822NameWithin(std::string_view name, std::string_view constraint, Subtree subtree);

// The same for an emailAddress of a subject, whose case means nothing (RFC 5280 4.1.2.6): it is
// excluded in any case, and permitted in the very case of the constraint.
bool EmailAddressWithin(std::string_view name, std::string_view constraint, Subtree subtree);

// uniformResourceIdentifier: the host part is compared with a host (exactly) or ".domain" (the
// hosts below it). A URI without a host name, or with an IP address for one, cannot be read.
bool UriWithin(std::string_view name, std::string_view constraint, Subtree subtree);

// iPAddress: `constraint` is an address and a mask of the name's length. Addresses of the other
// version are not within.
bool IpAddressWithin(ByteView name, ByteView constraint);

// Address and mask, 8 or 32 octets, the mask's ones before its zeros (CIDR, RFC 4632 3.1).
bool IsIpConstraint(ByteView constraint);

}  // namespace muster::path

#endif  // MUSTER_ENGINE_PATH_NAME_FORMS_H_
