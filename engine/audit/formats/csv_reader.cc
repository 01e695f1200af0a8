// Delimited text: which columns count, and what their cells hold.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engine/audit/formats/cell.h"
#include "engine/audit/formats/column_names.h"
#include "engine/audit/formats/csv_cutter.h"
#include "engine/audit/formats/readers.h"

namespace muster::audit {
namespace {

bool MayBeHeader(const CsvRow& row) {
  return std::all_of(row.cells.begin(), row.cells.end(), [](const std::string& cell) {
    return cell.size() <= kEncodedCertificateMin && cell.find("-----BEGIN") == std::string::npos;
  });
}

ColumnIndex FindCertificate(const CsvRow& row) {
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    if (row.cells[i].size() >= kEncodedCertificateMin && ReadCell(row.cells[i])) return i;
  }
  return std::nullopt;
}

// The delimiter that divides the first row most often.
char FindDelimiter(std::string_view text) {
  constexpr std::string_view kDelimiters = ",;\t|";
  std::array<std::size_t, kDelimiters.size()> counts{};
  bool quoted = false;
  for (char c : text) {
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '\n' || c == '\r') break;
    const std::size_t i = kDelimiters.find(c);
    if (i != std::string_view::npos) ++counts[i];
  }
  const auto most = std::max_element(counts.begin(), counts.end());
  return kDelimiters[static_cast<std::size_t>(most - counts.begin())];
}

class CsvReader : public InventoryReader {
 public:
  CsvReader(InputText input, char delimiter, const InventoryContext* context)
      : cutter_(std::move(input), delimiter, context->record_size_max()),
        map_(context->options().columns) {}

  bool Next(InventoryRecord* out) override {
    if (ended_) return false;
    if (!started_) {
      started_ = true;
      std::string why = FindColumns();
      if (!why.empty()) {
        ended_ = true;
        out->error = std::move(why);
        return true;
      }
    }
    CsvRow row;
    if (next_pending_ < pending_.size()) {
      row = std::move(pending_[next_pending_++]);
    } else if (!cutter_.Next(&row)) {
      return false;
    }
    out->line = row.line;
    out->offset = row.offset;
    out->error = ReadRow(row, out);
    out->kind = out->error.empty() ? InventoryRecord::Kind::kDevice : InventoryRecord::Kind::kError;
    return true;
  }

 private:
  // Fills the columns from the first rows, and keeps of them what is data. Empty, or why not.
  std::string FindColumns() {
    CsvRow first;
    if (!cutter_.Next(&first)) return "is empty";
    const bool has_header = first.error.empty() && MayBeHeader(first);
    if (has_header) {
      header_ = first.cells;
    } else {
      pending_.push_back(std::move(first));
    }
    if (!map_.certificate.empty()) return FindMappedColumns();
    id_ = has_header ? FindIdColumn(header_) : ColumnIndex(0);
    chain_ = FindChainColumn(header_);
    // By content; broken rows do not tell, so a few are asked.
    for (CsvRow row; !certificate_ && pending_.size() < kRowsAskedForColumns;) {
      if (!pending_.empty() && pending_.back().error.empty()) {
        certificate_ = FindCertificate(pending_.back());
      }
      if (certificate_ || !cutter_.Next(&row)) break;
      pending_.push_back(std::move(row));
    }
    if (!certificate_ && !pending_.empty()) certificate_ = FindCertificate(pending_.back());
    const ColumnIndex named = FindCertificateColumn(header_);
    if (!certificate_ || (certificate_ == chain_ && named)) certificate_ = named;
    if (!certificate_) {
      return "no column holds certificates that can be read; name it by --map id=COL,cert=COL";
    }
    if (id_ == certificate_) id_.reset();
    // The certificate's cell is the whole chain, which shall not be added twice.
    if (chain_ == certificate_) chain_.reset();
    return {};
  }

  std::string FindMappedColumns() {
    for (const auto& [name, column] : {std::pair{&map_.id, &id_},
                                       {&map_.certificate, &certificate_},
                                       {&map_.chain, &chain_}}) {
      if (name->empty()) continue;
      *column = FindMappedColumn(header_, *name);
      if (!*column) return fmt::format("the header has no column '{}'", *name);
    }
    if (chain_ == certificate_) chain_.reset();
    return {};
  }

  std::string ReadRow(const CsvRow& row, InventoryRecord* out) const {
    if (!row.error.empty()) return row.error;
    if (id_ && *id_ < row.cells.size()) out->device_id = row.cells[*id_];
    if (out->device_id.find('\0') != std::string::npos) {
      out->device_id.clear();
      return "the device's id holds a NUL character";
    }
    const std::size_t last = std::max(*certificate_, chain_.value_or(0));
    if (last >= row.cells.size()) {
      return fmt::format("the row has {} cells, and column {} is wanted", row.cells.size(),
                         last + 1);
    }
    auto chain = ReadCell(row.cells[*certificate_]);
    if (!chain) return fmt::format("column {}: {}", *certificate_ + 1, chain.error().message);
    out->chain = *std::move(chain);
    if (!chain_ || row.cells[*chain_].find_first_not_of(" \t\r\n") == std::string::npos) return {};
    auto above = ReadCell(row.cells[*chain_]);
    if (!above) return fmt::format("column {}: {}", *chain_ + 1, above.error().message);
    for (Bytes& der : *above) {
      // Some exports repeat the leaf at the head of its chain.
      if (der != out->chain.front()) out->chain.push_back(std::move(der));
    }
    return {};
  }

  CsvCutter cutter_;
  const ColumnMap map_;
  std::vector<std::string> header_;
  std::vector<CsvRow> pending_;  // Read already, to find the columns.
  std::size_t next_pending_ = 0;
  ColumnIndex id_, certificate_, chain_;
  bool started_ = false, ended_ = false;
};

// The text before and behind a position, as far as the line goes.
bool HasDelimiterBefore(std::string_view text, std::size_t position) {
  if (position == 0) return false;
  return std::string_view("\",;\t|").find(text[position - 1]) != std::string_view::npos;
}

}  // namespace

// PEM stands in cells: right behind a quote or a delimiter. Without PEM, the first rows tell.
bool IsCsv(const Beginning& beginning) {
  const std::string_view text = beginning.text;
  const std::size_t pem = text.find("-----BEGIN");
  if (pem != std::string_view::npos) return HasDelimiterBefore(text, pem);
  // A binary file may hold anything.
  if (text.find('\0') != std::string_view::npos) return false;
  const char delimiter = FindDelimiter(text);
  const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
  if (line.find(delimiter) == std::string_view::npos) return false;
  class Octets : public OctetSource {
   public:
    explicit Octets(std::string_view rest) : rest_(rest) {}
    std::size_t Read(char* out, std::size_t size) override {
      const std::string_view part = rest_.substr(0, size);
      std::copy(part.begin(), part.end(), out);
      rest_.remove_prefix(part.size());
      return part.size();
    }

   private:
    std::string_view rest_;
  };
  CsvCutter cutter(InputText(std::make_unique<Octets>(text)), delimiter, text.size());
  CsvRow row;
  for (std::size_t i = 0; i < kRowsAskedForColumns && cutter.Next(&row); ++i) {
    if (row.error.empty() && FindCertificate(row)) return true;
  }
  return false;
}

std::unique_ptr<InventoryReader> OpenCsv(InputText input, InventoryContext* context,
                                         const InputPlace&) {
  input.SkipByteOrderMark();
  const char delimiter = FindDelimiter(input.Peek(InputText::kPrefixSize));
  return std::make_unique<CsvReader>(std::move(input), delimiter, context);
}

}  // namespace muster::audit
