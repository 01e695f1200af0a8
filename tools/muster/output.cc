#include "tools/muster/output.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ostream>

namespace muster::cli {
namespace {

constexpr std::array<std::string_view, 6> kPaintCodes = {"", "32", "31", "33", "2", "1"};

// The length of the well-formed UTF-8 sequence at the start of `text` (Unicode 3.9, table 3-7), or
// 0.
std::size_t Utf8Length(std::string_view text) {
  auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  auto continues = [&](std::size_t i) { return i < text.size() && (octet(i) & 0xc0) == 0x80; };
  unsigned char first = octet(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return continues(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    if (!continues(1) || !continues(2)) return 0;
    if (first == 0xe0 && octet(1) < 0xa0) return 0;
    if (first == 0xed && octet(1) > 0x9f) return 0;
    return 3;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    if (first == 0xf0 && octet(1) < 0x90) return 0;
    if (first == 0xf4 && octet(1) > 0x8f) return 0;
    return 4;
  }
  return 0;
}

// C0, DEL, C1 and the bidirectional overrides: what can move or reorder what a terminal shows.
bool IsControl(std::string_view sequence) {
  auto first = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 1) return first < 0x20 || first == 0x7f;
  auto second = static_cast<unsigned char>(sequence[1]);
  if (first == 0xc2) return second < 0xa0;
  if (sequence.size() != 3 || first != 0xe2) return false;
  auto third = static_cast<unsigned char>(sequence[2]);
  return (second == 0x80 &&
          ((third >= 0x8e && third <= 0x8f) || (third >= 0xa8 && third <= 0xae))) ||
         (second == 0x81 && third >= 0xa6 && third <= 0xa9);
}

void AppendEscaped(std::string_view octets, std::string* out) {
  for (char c : octets) *out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
}

std::string Padded(const std::string& text, std::size_t width, bool right) {
  std::size_t have = DisplayWidth(text);
  std::string pad(width > have ? width - have : 0, ' ');
  return right ? pad + text : text + pad;
}

}  // namespace

std::string Style::Painted(std::string_view text, Paint paint) const {
  if (!color || paint == Paint::kPlain) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", kPaintCodes[static_cast<std::size_t>(paint)], text);
}

std::string Printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t length = Utf8Length(text);
    std::string_view sequence = text.substr(0, std::max<std::size_t>(length, 1));
    if (length == 0 || IsControl(sequence)) {
      AppendEscaped(sequence, &out);
    } else {
      out += sequence;
    }
    text.remove_prefix(sequence.size());
  }
  return out;
}

std::size_t DisplayWidth(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

std::string Grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

std::string Counted(std::uint64_t number, std::string_view noun) {
  return fmt::format("{} {}{}", Grouped(number), noun, number == 1 ? "" : "s");
}

std::string Dump(const Json& json, bool indented) {
  return json.dump(indented ? 2 : -1, ' ', false, Json::error_handler_t::replace);
}

void AppendJsonString(std::string_view text, std::string* out) {
  bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    auto octet = static_cast<unsigned char>(c);
    return octet >= 0x20 && octet < 0x7f && c != '"' && c != '\\';
  });
  if (plain) {
    *out += '"';
    *out += text;
    *out += '"';
  } else {
    *out += Dump(Json(text), false);
  }
}

void Table::Print(std::ostream& out, const Style& style,
                  const std::vector<std::size_t>& right_aligned) const {
  std::vector<std::size_t> widths;
  for (const std::string& header : headers_) widths.push_back(DisplayWidth(header));
  std::vector<std::vector<Cell>> rows = rows_;
  for (auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i].text = Printable(row[i].text);
      widths[i] = std::max(widths[i], DisplayWidth(row[i].text));
    }
  }
  auto is_right = [&](std::size_t i) {
    return std::find(right_aligned.begin(), right_aligned.end(), i) != right_aligned.end();
  };
  auto print = [&](const std::vector<Cell>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      bool last = i + 1 == cells.size();
      std::string text =
          last && !is_right(i) ? cells[i].text : Padded(cells[i].text, widths[i], is_right(i));
      out << style.Painted(text, cells[i].paint) << (last ? "\n" : "  ");
    }
  };
  std::vector<Cell> header;
  for (const std::string& text : headers_) header.push_back({text, Paint::kBold});
  print(header);
  for (const auto& row : rows) print(row);
}

}  // namespace muster::cli
