// CsvCutter: cuts delimited text into rows of cells.
//
// Implements: RFC 4180 2, with any delimiter, lines that end in LF, CR LF or CR, and a last line
// without an end. A quote inside of a cell that is not quoted is refused.
#ifndef MUSTER_ENGINE_AUDIT_FORMATS_CSV_CUTTER_H_
#define MUSTER_ENGINE_AUDIT_FORMATS_CSV_CUTTER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/audit/formats/input_text.h"

namespace muster::audit {

struct CsvRow {
  std::vector<std::string> cells;
  std::uint64_t line = 0, offset = 0;
  std::string error;  // Not empty: the cells are not to be used.
};

class CsvCutter {
 public:
  CsvCutter(InputText input, char delimiter, std::size_t size_max)
      : input_(std::move(input)), delimiter_(delimiter), size_max_(size_max) {}

  // The next row that is not blank; false at the end.
  bool Next(CsvRow* out);

 private:
  void TakeRow(CsvRow* out);
  // Each reads up to what ends the cell, and leaves that.
  void TakePlainCell(CsvRow* out);
  void TakeQuotedCell(CsvRow* out);
  void Add(int c, CsvRow* out);
  bool IsCellEnd(int c) const {
    return c == InputText::kEnd || c == delimiter_ || c == '\n' || c == '\r';
  }

  InputText input_;
  const char delimiter_;
  const std::size_t size_max_;
  std::uint64_t size_ = 0;  // Of the row so far.
};

}  // namespace muster::audit

#endif  // MUSTER_ENGINE_AUDIT_FORMATS_CSV_CUTTER_H_
