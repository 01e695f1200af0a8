// Whether one name lies within one constraint, for each form that RFC 5280 4.2.1.10 has a rule for.
//
// Where text cannot be read as the form demands, the answers err on the closed side: such a name is
// permitted by nothing and excluded by everything, and such a constraint permits nothing and
// excludes everything of its form [ours; RFC 5280 leaves it open].
#ifndef MUSTER_ENGINE_PATH_NAME_FORMS_H_
#define MUSTER_ENGINE_PATH_NAME_FORMS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "muster/bytes.h"

namespace muster::path {

// What is asked: does a permitted subtree cover all that the name stands for, or an excluded one
// any of it? They differ for wildcards and for what cannot be read.
enum class Subtree { kPermitted, kExcluded };

// The forms that are text.
//
// kDns: "host.example.com" covers that and everything below it; ".example.com" only what is below
// it; an empty constraint covers every name. A trailing dot is ignored, ASCII case too. The first
// label of a name may be "*", which stands for any one label.
//
// kEmail (rfc822Name): a mailbox, a host (all mailboxes on it), or ".domain" (all on the hosts
// below it). The local part is compared octet for octet. Quoted local parts and address literals
// are not read. kEmailAttribute: the same for an emailAddress of a subject, whose case means
// nothing (RFC 5280 4.1.2.6): it is excluded in any case, and permitted in the very case of the
// constraint.
//
// kUri (uniformResourceIdentifier): the host part is compared with a host (exactly) or ".domain"
// (the hosts below it). A URI without a host name, or with an IP address for one, cannot be read.
enum class TextForm { kDns, kEmail, kEmailAttribute, kUri };

// A name, read once, however many constraints it meets: names and constraints are many, and long,
// where someone means harm.
class TextName {
 public:
  TextName(TextForm form, std::string_view name);
  // Octets that a comparison looks at, at most.
  std::size_t size() const { return host_.size() + local_.size() + whole_.size(); }

 private:
  friend class TextConstraint;
  TextForm form_;
  bool readable_ = false;
  std::string host_;        // Lower case. Of a dNSName all of it, but for a trailing dot.
  std::string_view local_;  // Of a mailbox.
  std::string whole_;       // Of an attribute, lower case.
};

// A constraint, read once.
class TextConstraint {
 public:
  // kEmail for attributes too.
  TextConstraint(TextForm form, std::string_view constraint);
  std::size_t size() const { return host_.size() + local_.size(); }

  // Both borrow what they were made from.
  bool Covers(const TextName& name, Subtree subtree) const;

 private:
  enum class Reach : std::uint8_t { kUnreadable, kEverything, kMailbox, kHost, kBelow, kBoth };
  Reach ReadHost(std::string_view text);
  void ReadDns(std::string_view text);
  void ReadEmail(std::string_view text);
  bool CoversHost(std::string_view host) const;
  bool ExcludesWildcard(std::string_view host) const;

  Reach reach_ = Reach::kUnreadable;
  std::string host_;        // Lower case, without the dot before it.
  std::string_view local_;  // Of a mailbox.
  std::string whole_;       // As it stands, in lower case: what attributes are excluded by.
};

// iPAddress: `constraint` is an address and a mask of the name's length. Addresses of the other
// version are not within.
bool IpAddressWithin(ByteView name, ByteView constraint);

// Address and mask, 8 or 32 octets, the mask's ones before its zeros (CIDR, RFC 4632 3.1).
bool IsIpConstraint(ByteView constraint);

}  // namespace muster::path

#endif  // MUSTER_ENGINE_PATH_NAME_FORMS_H_
