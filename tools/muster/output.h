// How results are written: formats, colours, tables.
#ifndef MUSTER_TOOLS_MUSTER_OUTPUT_H_
#define MUSTER_TOOLS_MUSTER_OUTPUT_H_

#include <cstdint>
#include <iosfwd>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace muster::cli {

// Field order is part of what people read: it is kept.
using Json = nlohmann::ordered_json;

enum class Format { kTable, kJson, kNdjson, kCsv, kJunit, kSarif };
// Whether every command has it; the others are for records: those of an audit.
constexpr bool IsGeneral(Format format) { return format <= Format::kNdjson; }

enum class Paint { kPlain, kGood, kBad, kWarning, kDim, kBold };

// How to draw: colours only where they are wanted, box characters only where they can be shown.
struct Style {
  bool color = false;
  bool unicode = false;

  std::string Painted(std::string_view text, Paint paint) const;
  std::string_view tick() const { return unicode ? "\u2713" : "ok"; }
  std::string_view cross() const { return unicode ? "\u2717" : "FAIL"; }
  std::string_view branch() const { return unicode ? "\u2514\u2500 " : "`- "; }
};

// Text as it may be shown on a terminal: control characters and octets that are not UTF-8 as \xx.
std::string Printable(std::string_view text);
// The columns that `text` takes on a terminal, counting one for each code point.
std::size_t DisplayWidth(std::string_view text);
// "1,234,567".
std::string Grouped(std::uint64_t number);
// "1 device", "2,000 devices".
std::string Counted(std::uint64_t number, std::string_view noun);
// Compact or indented JSON on one or more lines; octets that are not UTF-8 become U+FFFD.
std::string Dump(const Json& json, bool indented);
// Appends `text` as a JSON string with its quotes: what Dump would write.
void AppendJsonString(std::string_view text, std::string* out);

struct Cell {
  std::string text;
  Paint paint = Paint::kPlain;
};

// A table with left-aligned columns; the last column is not padded.
class Table {
 public:
  explicit Table(std::vector<std::string> headers) : headers_(std::move(headers)) {}
  // One cell for each header.
  void AddRow(std::vector<Cell> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }
  // Columns at `right_aligned` (indices) are for numbers.
  void Print(std::ostream& out, const Style& style,
             const std::vector<std::size_t>& right_aligned = {}) const;

 private:
  std::vector<std::string> headers_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace muster::cli

#endif  // MUSTER_TOOLS_MUSTER_OUTPUT_H_
