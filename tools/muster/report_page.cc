#include "tools/muster/report_page.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "muster/fingerprint.h"
#include "tools/muster/report_assets.h"

namespace muster::cli {
namespace {

// RFC 4648 4, of 32 octets: the form of hashes in a Content-Security-Policy.
std::string Base64(const Fingerprint& digest) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < digest.bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = i; j < i + 3; ++j) {
      group = group << 8 | (j < digest.bytes.size() ? digest.bytes[j] : 0U);
    }
    for (int shift = 18; shift >= 0; shift -= 6) text += kDigits[group >> shift & 63U];
  }
  text.back() = '=';  // 32 octets leave two in the last group.
  return text;
}

std::string HashSource(std::string_view text) {
  const ByteView octets(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  return fmt::format("'sha256-{}'", Base64(Fingerprint::Of(octets)));
}

std::string Policy() {
  return fmt::format(
      "default-src 'none'; script-src {} {}; style-src {}; img-src data:; base-uri 'none'; "
      "form-action 'none'",
      HashSource(kChartJs), HashSource(kPageJs), HashSource(kPageCss));
}

}  // namespace

std::string JsonForHtml(const Json& data) {
  // Pure ASCII: U+2028 and U+2029 are escaped with the rest.
  const std::string json = data.dump(-1, ' ', true, Json::error_handler_t::replace);
  std::string safe;
  safe.reserve(json.size());
  for (char c : json) {
    if (c == '<' || c == '>' || c == '&') {
      safe += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      safe += c;
    }
  }
  return safe;
}

std::string ReportPage(const Json& data) {
  const std::string policy = Policy(), json = JsonForHtml(data);
  const std::array<std::pair<std::string_view, std::string_view>, 5> parts = {
      {{"policy", policy},
       {"css", kPageCss},
       {"chart", kChartJs},
       {"data", json},
       {"js", kPageJs}}};
  std::string page;
  std::string_view rest = kPageHtml;
  while (true) {
    const std::size_t open = rest.find("{{"), close = rest.find("}}", open);
    page += rest.substr(0, open);
    if (close == std::string_view::npos) return page;
    const std::string_view name = rest.substr(open + 2, close - open - 2);
    for (const auto& [part, text] : parts) {
      if (part == name) page += text;
    }
    rest.remove_prefix(close + 2);
  }
}

}  // namespace muster::cli
