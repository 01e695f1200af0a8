#include "engine/audit/formats/csv_cutter.h"

#include <fmt/format.h>

namespace muster::audit {
namespace {

// A row of more cells than any table has is a bomb.
constexpr std::size_t kCellsMax = 1'000;

}  // namespace

bool CsvCutter::Next(CsvRow* out) {
  do {
    if (input_.PeekOne() == InputText::kEnd) return false;
    TakeRow(out);
  } while (out->error.empty() && out->cells.size() == 1 && out->cells.front().empty());
  return true;
}

void CsvCutter::TakeRow(CsvRow* out) {
  *out = {};
  out->line = input_.line();
  out->offset = input_.offset();
  size_ = 0;
  for (;;) {
    if (out->cells.size() < kCellsMax) {
      out->cells.emplace_back();
    } else {
      out->cells.back().clear();
      out->error = fmt::format("the row has more than {} cells", kCellsMax);
    }
    if (input_.PeekOne() == '"') {
      TakeQuotedCell(out);
    } else {
      TakePlainCell(out);
    }
    const int end = input_.Take();
    if (end == '\r' && input_.PeekOne() == '\n') input_.Take();
    if (end != delimiter_) break;
    ++size_;
  }
  if (size_ > size_max_) {
    out->error = fmt::format("the row has {} octets, more than the limit of {}", size_, size_max_);
  }
}

void CsvCutter::TakePlainCell(CsvRow* out) {
  while (!IsCellEnd(input_.PeekOne())) {
    const int c = input_.Take();
    if (c == '"') out->error = "a quote stands inside of a cell that is not quoted (RFC 4180)";
    Add(c, out);
  }
}

void CsvCutter::TakeQuotedCell(CsvRow* out) {
  input_.Take();
  for (;;) {
    const int c = input_.Take();
    if (c == InputText::kEnd) {
      out->error = "the input ends within a quoted cell";
      return;
    }
    if (c == '"') {
      if (input_.PeekOne() != '"') break;
      input_.Take();
    }
    Add(c, out);
  }
  if (IsCellEnd(input_.PeekOne())) return;
  out->error = "something follows the closing quote of a cell (RFC 4180)";
  while (!IsCellEnd(input_.PeekOne())) Add(input_.Take(), out);
}

void CsvCutter::Add(int c, CsvRow* out) {
  if (++size_ <= size_max_) out->cells.back().push_back(static_cast<char>(c));
}

}  // namespace muster::audit
