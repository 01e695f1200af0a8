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

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), Lower);
  return lower;
}

// `name` ends in a dot and `base`, and something stands before it.
bool IsBelow(std::string_view name, std::string_view base) {
  return name.size() > base.size() + 1 && name[name.size() - base.size() - 1] == '.' &&
         name.ends_with(base);
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

TextName::TextName(TextForm form, std::string_view name) : form_(form) {
  switch (form) {
    case TextForm::kDns:
      name = WithoutTrailingDot(name);
      readable_ = IsDnsPattern(name);
      host_ = LowerCase(name);
      return;
    case TextForm::kEmailAttribute:
      whole_ = LowerCase(name);
      [[fallthrough]];
    case TextForm::kEmail:
      if (const std::optional<Mailbox> mailbox = ParseMailbox(name)) {
        readable_ = true;
        local_ = mailbox->local;
        host_ = LowerCase(mailbox->host);
      }
      return;
    case TextForm::kUri:
      if (const std::optional<std::string_view> host = HostOfUri(name)) {
        readable_ = true;
        host_ = LowerCase(*host);
      }
      return;
  }
}

TextConstraint::TextConstraint(TextForm form, std::string_view constraint) {
  switch (form) {
    case TextForm::kDns:
      ReadDns(constraint);
      return;
    case TextForm::kEmail:
    case TextForm::kEmailAttribute:
      whole_ = LowerCase(constraint);
      ReadEmail(constraint);
      return;
    case TextForm::kUri:
      reach_ = ReadHost(constraint);
      return;
  }
}

// A host, or ".domain": the rule that rfc822Name and URI share (a host stands for itself only).
TextConstraint::Reach TextConstraint::ReadHost(std::string_view text) {
  const bool only_below = text.starts_with('.');
  if (only_below) text.remove_prefix(1);
  if (!IsHostName(text)) return Reach::kUnreadable;
  host_ = LowerCase(text);
  return only_below ? Reach::kBelow : Reach::kHost;
}

void TextConstraint::ReadDns(std::string_view text) {
  if (text.empty()) {
    reach_ = Reach::kEverything;
    return;
  }
  const bool only_below = text.starts_with('.');
  text = WithoutTrailingDot(only_below ? text.substr(1) : text);
  if (!IsDnsPattern(text)) return;
  host_ = LowerCase(text);
  reach_ = only_below ? Reach::kBelow : Reach::kBoth;
}

void TextConstraint::ReadEmail(std::string_view text) {
  if (text.find('@') == std::string_view::npos) {
    reach_ = ReadHost(text);
  } else if (const std::optional<Mailbox> mailbox = ParseMailbox(text)) {
    reach_ = Reach::kMailbox;
    local_ = mailbox->local;
    host_ = LowerCase(mailbox->host);
  }
}

bool TextConstraint::CoversHost(std::string_view host) const {
  if (reach_ != Reach::kBelow && host == host_) return true;
  return reach_ != Reach::kHost && IsBelow(host, host_);
}

// "*.example.com" stands for "a.example.com" among others: excluded where that is.
bool TextConstraint::ExcludesWildcard(std::string_view host) const {
  if (reach_ != Reach::kBoth || !host.starts_with("*.")) return false;
  const std::size_t first_label = host_.find('.');
  return first_label != std::string::npos &&
         std::string_view(host_).substr(first_label + 1) == host.substr(2);
}

bool TextConstraint::Covers(const TextName& name, Subtree subtree) const {
  const bool closed = subtree == Subtree::kExcluded;
  if (reach_ == Reach::kEverything) return true;
  if (reach_ == Reach::kUnreadable) return closed;
  if (!name.readable_) {
    // No name at all is below nothing.
    return closed && !(name.form_ == TextForm::kDns && name.host_.empty());
  }
  if (name.form_ == TextForm::kDns) {
    return CoversHost(name.host_) || (closed && ExcludesWildcard(name.host_));
  }
  if (name.form_ == TextForm::kEmailAttribute && closed && name.whole_ == whole_) return true;
  if (reach_ == Reach::kMailbox) return name.local_ == local_ && name.host_ == host_;
  return CoversHost(name.host_);
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
