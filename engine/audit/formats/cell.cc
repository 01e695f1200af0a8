#include "engine/audit/formats/cell.h"

#include "engine/base/byte_view.h"
#include "engine/base/encoding.h"
#include "muster/certificate_reader.h"

namespace muster::audit {
namespace {

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// Line ends that an exporter wrote as a backslash and a letter.
std::string WithLineEnds(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = text[i] == '\\' && i + 1 < text.size() ? text[i + 1] : '\0';
    if (next == 'n' || next == 'r') {
      out += next == 'n' ? '\n' : '\r';
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

Result<std::vector<Bytes>> ReadCell(std::string_view text) {
  // A SEQUENCE in DER (X.690 8.9.1), whose last octet may well look like white space.
  constexpr char kSequence = 0x30;
  if (!text.starts_with(kSequence)) text = Trim(text);
  if (text.empty()) return MakeError(ErrorCode::kUnreadableInput, "holds no certificate");
  const auto fail = [](std::string why) {
    return MakeError(ErrorCode::kUnreadableInput, std::move(why));
  };
  if (text.find("-----BEGIN") != std::string_view::npos) {
    const bool one_line = text.find('\n') == std::string_view::npos;
    const std::string lines = one_line ? WithLineEnds(text) : std::string(text);
    auto certificates = ReadAllCertificates(base::AsBytes(lines), "certificate");
    if (!certificates) return fail(certificates.error().message);
    return certificates;
  }
  // All of hex is in the alphabet of base64 too; a SEQUENCE tells them apart.
  const std::optional<Bytes> hex =
      text.starts_with("30") ? base::ParseHex(text) : std::optional<Bytes>{};
  auto certificates =
      ReadAllCertificates(hex ? ByteView(*hex) : base::AsBytes(text), "certificate");
  if (!certificates) return fail(certificates.error().message);
  return certificates;
}

std::optional<Bytes> DecodeBase64Url(std::string_view text) {
  std::string plain(text);
  for (char& c : plain) {
    if (c == '+' || c == '/' || c == '=' || c <= ' ') return std::nullopt;
    if (c == '-') c = '+';
    if (c == '_') c = '/';
  }
  plain.append((4 - plain.size() % 4) % 4, '=');
  Bytes out;
  if (!base::DecodeBase64(plain, &out).good) return std::nullopt;
  return out;
}

}  // namespace muster::audit
