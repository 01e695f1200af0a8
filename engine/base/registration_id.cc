#include <array>

#include "muster/enrollment.h"

namespace muster {
namespace {

constexpr bool IsAsciiAlphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// The allowed characters as they are kept; 0 for all others. A table, because every device's
// identity passes through it.
constexpr std::array<char, 256> kKept = [] {
  std::array<char, 256> kept{};
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const char c = static_cast<char>(i);
    if (!IsAsciiAlphanumeric(c) && c != '-' && c != '.' && c != '_' && c != ':') continue;
    kept[i] = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return kept;
}();

}  // namespace

// The rule is DPS's: 1 to 128 of A-Z a-z 0-9 - . _ :, the last alphanumeric or a dash.
std::optional<RegistrationId> RegistrationId::Parse(std::string_view text) {
  if (text.empty() || text.size() > BoundedString::kSizeMax) return std::nullopt;
  if (text.back() != '-' && !IsAsciiAlphanumeric(text.back())) return std::nullopt;
  std::array<char, BoundedString::kSizeMax> lower;
  bool allowed = true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    lower[i] = kKept[static_cast<unsigned char>(text[i])];
    allowed = allowed && lower[i] != 0;
  }
  if (!allowed) return std::nullopt;
  RegistrationId id;
  id.text_ = *BoundedString::From({lower.data(), text.size()});
  return id;
}

}  // namespace muster
