#include "engine/path/name_forms.h"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace muster::path {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool IsAlphanumeric(char c) {
  return (c >= '0' && c <= '9') || (Lower(c) >= 'a' && Lower(c) <= 'z');
}

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

// `name` ends in `suffix`, which starts with a dot, and something stands before it.
bool IsBelow(std::string_view name, std::string_view suffix) {
  return name.size() > suffix.size() &&
         EqualIgnoringCase(name.substr(name.size() - suffix.size()), suffix);
}

std::string_view WithoutTrailingDot(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return name;
}

// Labels of 1 to 63 letters, digits, hyphens and underscores (the field has them; RFC 1034 3.5 has
// not).
bool IsHostName(std::string_view host) {
  if (host.empty() || host.size() > 253) return false;
  std::size_t label = 0;
  for (const char c : host) {
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
    } else {
      if (!IsAlphanumeric(c) && c != '-' && c != '_') return false;
      if (++label > 63) return false;
    }
  }
  return label != 0;
}

// The last label is a number: an IPv4 address in some notation, not a host name.
bool EndsInNumber(std::string_view host) {
  const std::string_view last = host.substr(host.rfind('.') + 1);
  return std::all_of(last.begin(), last.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// A host, or ".domain": within by the rule that rfc822Name and URI share (a host stands for itself
// only). Nothing where the constraint is neither.
std::optional<bool> HostWithin(std::string_view host, std::string_view constraint) {
  if (constraint.starts_with('.')) {
    if (!IsHostName(constraint.substr(1))) return std::nullopt;
    return IsBelow(host, constraint);
  }
  if (!IsHostName(constraint)) return std::nullopt;
  return EqualIgnoringCase(host, constraint);
}

// RFC 5322 3.2.3: a dot-atom.
bool IsDotAtom(std::string_view text) {
  constexpr std::string_view kPunctuation = "!#$%&'*+-/=?^_`{|}~";
  bool after_dot = true;
  for (const char c : text) {
    const bool is_dot = c == '.';
    if (is_dot && after_dot) return false;
    if (!is_dot && !IsAlphanumeric(c) && kPunctuation.find(c) == std::string_view::npos) {
      return false;
    }
    after_dot = is_dot;
  }
  return !after_dot;
}

struct Mailbox {
  std::string_view local, host;
};

std::optional<Mailbox> ParseMailbox(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos) return std::nullopt;
  const Mailbox mailbox{text.substr(0, at), text.substr(at + 1)};
  if (!IsDotAtom(mailbox.local) || !IsHostName(mailbox.host)) return std::nullopt;
  return mailbox;
}

// The host name of scheme://[user@]host[:port]... (RFC 3986 3).
std::optional<std::string_view> HostOfUri(std::string_view uri) {
  const std::size_t colon = uri.find(':');
  if (colon == 0 || colon == std::string_view::npos) return std::nullopt;
  if (!uri.substr(colon + 1).starts_with("//")) return std::nullopt;
  std::string_view authority = uri.substr(colon + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    authority.remove_prefix(at + 1);
  }
  std::string_view host = authority.substr(0, authority.find(':'));
  host = WithoutTrailingDot(host);
  // 4.2.1.10: "applications MUST reject the certificate" where the host is no fully qualified
  // domain name: absent, or an IP address. A literal in brackets is no host name either.
  if (!IsHostName(host) || EndsInNumber(host)) return std::nullopt;
  return host;
}

// Labels separated by single dots; octets beyond letters, digits, '-', '_' and '*' are not read.
bool IsDnsPattern(std::string_view name) {
  char before = '.';
  for (const char c : name) {
    if (c == '.' ? before == '.' : !IsAlphanumeric(c) && c != '-' && c != '_' && c != '*') {
      return false;
    }
    before = c;
  }
  return before != '.';
}

}  // namespace

bool DnsNameWithin(std::string_view name, std::string_view constraint, Subtree subtree) {
  if (constraint.empty()) return true;
  const bool closed = subtree == Subtree::kExcluded;
  name = WithoutTrailingDot(name);
  const bool only_below = constraint.starts_with('.');
  std::string_view base = WithoutTrailingDot(only_below ? constraint.substr(1) : constraint);
  if (!IsDnsPattern(base)) return closed;
  if (name.empty()) return false;
  if (!IsDnsPattern(name)) return closed;

  const auto is_below_base = [&](std::string_view n) {
    return n.size() > base.size() && n[n.size() - base.size() - 1] == '.' &&
           EqualIgnoringCase(n.substr(n.size() - base.size()), base);
  };
  if (!only_below && EqualIgnoringCase(name, base)) return true;
  if (is_below_base(name)) return true;
  if (subtree == Subtree::kPermitted || !name.starts_with("*.")) return false;
  // "*.example.com" stands for "a.example.com" among others: excluded where that is.
  const std::string_view parent = name.substr(2);
  const std::size_t first_label = base.find('.');
  return !only_below && first_label != std::string_view::npos &&
         EqualIgnoringCase(base.substr(first_label + 1), parent);
}

bool EmailAddressWithin(std::string_view name, std::string_view constraint, Subtree subtree) {
  if (Rfc822NameWithin(name, constraint, subtree)) return true;
  return subtree == Subtree::kExcluded && EqualIgnoringCase(name, constraint);
}

bool Rfc822NameWithin(std::string_view name, std::string_view constraint, Subtree subtree) {
  const bool closed = subtree == Subtree::kExcluded;
  const std::optional<Mailbox> mailbox = ParseMailbox(name);
  if (!mailbox) return closed;
  if (constraint.find('@') == std::string_view::npos) {
    return HostWithin(mailbox->host, constraint).value_or(closed);
  }
  const std::optional<Mailbox> only = ParseMailbox(constraint);
  if (!only) return closed;
  return mailbox->local == only->local && EqualIgnoringCase(mailbox->host, only->host);
}

bool UriWithin(std::string_view name, std::string_view constraint, Subtree subtree) {
  const bool closed = subtree == Subtree::kExcluded;
  const std::optional<std::string_view> host = HostOfUri(name);
  if (!host) return closed;
  return HostWithin(*host, constraint).value_or(closed);
}

bool IsIpConstraint(ByteView constraint) {
  if (constraint.size() != 8 && constraint.size() != 32) return false;
  bool zeros = false;
  for (const std::uint8_t octet : constraint.subspan(constraint.size() / 2)) {
    for (int bit = 7; bit >= 0; --bit) {
      const bool one = (octet >> bit & 1) != 0;
      if (one && zeros) return false;
      zeros = zeros || !one;
    }
  }
  return true;
}

bool IpAddressWithin(ByteView name, ByteView constraint) {
  if (constraint.size() != 2 * name.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const std::uint8_t mask = constraint[name.size() + i];
    if ((name[i] & mask) != (constraint[i] & mask)) return false;
  }
  return true;
}

}  // namespace muster::path
