#include <array>

#include "muster/enrollment.h"

namespace muster {
namespace {

bool IsAsciiAlphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool IsAllowed(char c) {
  return IsAsciiAlphanumeric(c) || c == '-' || c == '.' || c == '_' || c == ':';
}

char ToLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

// The rule is DPS's: 1 to 128 of A-Z a-z 0-9 - . _ :, the last alphanumeric or a dash.
std::optional<RegistrationId> RegistrationId::Parse(std::string_view text) {
  if (text.empty() || text.size() > BoundedString::kSizeMax) return std::nullopt;
  if (text.back() != '-' && !IsAsciiAlphanumeric(text.back())) return std::nullopt;
  std::array<char, BoundedString::kSizeMax> lower{};
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!IsAllowed(text[i])) return std::nullopt;
    lower[i] = ToLower(text[i]);
  }
  RegistrationId id;
  id.text_ = *BoundedString::From({lower.data(), text.size()});
  return id;
}

}  // namespace muster
