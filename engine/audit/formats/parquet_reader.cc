// Apache Parquet through Apache Arrow: columns of certificates, row by row, within limits.
//
// Read are the physical columns by their levels (Parquet's "nested encoding"), a few values at a
// time. The Arrow schema that writers leave in the file is not looked at: it says nothing that is
// needed here, and is one thing less that could lie.
#include "engine/audit/formats/readers.h"

namespace muster::audit {

// The second one is the magic of a file whose footer is encrypted.
bool IsParquet(const Beginning& beginning) {
  return beginning.text.starts_with("PAR1") || beginning.text.starts_with("PARE");
}

}  // namespace muster::audit

#ifndef MUSTER_WITH_ARROW

namespace muster::audit {

std::unique_ptr<InventoryReader> OpenParquet(InputText, InventoryContext*, const InputPlace&) {
  return OpenRefusal(
      "is a Parquet file, which this build does not read, for want of Apache Arrow; export it to "
      "CSV");
}

}  // namespace muster::audit

#else

#include <arrow/buffer.h>
#include <arrow/io/file.h>
#include <arrow/memory_pool.h>
#include <arrow/result.h>
#include <arrow/status.h>
#include <fmt/format.h>
#include <parquet/column_page.h>
#include <parquet/column_reader.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>
#include <parquet/schema.h>
#include <parquet/types.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <utility>

#include "engine/audit/formats/cell.h"
#include "engine/audit/formats/column_names.h"
#include "engine/audit/formats/temporary_copy.h"

namespace muster::audit {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
// Three columns with a page and a dictionary each. Pages are of 1 MiB by default; some writers make
// one of a whole column of a row group, up to 100 MB.
constexpr std::int64_t kMemoryMax = std::int64_t{512} << 20;
// A row group of three columns takes about a kilobyte, several where it keeps statistics of PEM.
constexpr std::uint64_t kFooterMax = 16 * kMiB;
// Elements of the schema and row groups. Bounds what a list that claims to be long takes at once,
// and how deep groups lie in each other.
constexpr std::int32_t kListMax = 10'000;
constexpr int kColumnsMax = 1'000;  // As cells of a row in CSV.
constexpr std::int64_t kLevelsAtOnce = 128;
constexpr std::uint64_t kValueOctetsMin = 16;  // As which a shorter value or a null counts.

constexpr std::string_view kRestLeft = "; the rest of the file was not read";

// Arrow's own messages may quote the file, so they are never passed on.
[[noreturn]] void Fail(std::string why) { throw ReadFailure(std::move(why)); }

// ---- Limits -------------------------------------------------------------------------------------

// Parquet compresses, by encodings and by codecs, so the limits of archives hold for it. Counted
// are pages when they are decompressed and values when they are taken, nulls too: runs of millions
// take a few octets in the file, and each null is a record.
class Growth {
 public:
  Growth(std::uint64_t file_octets, std::uint64_t ratio_max)
      : file_octets_(std::max<std::uint64_t>(file_octets, 1)), ratio_max_(ratio_max) {}

  void Add(std::uint64_t octets) {
    given_ += octets;
    if (given_ > kMiB && given_ / file_octets_ > ratio_max_) {
      Fail(fmt::format("the file grows to more than {} times its size{}", ratio_max_, kRestLeft));
    }
  }

 private:
  const std::uint64_t file_octets_, ratio_max_;
  std::uint64_t given_ = 0;
};

// What Arrow takes for pages and values, up to a limit.
class LimitedPool : public arrow::ProxyMemoryPool {
 public:
  LimitedPool() : ProxyMemoryPool(arrow::default_memory_pool()) {}

  using ProxyMemoryPool::Allocate;
  using ProxyMemoryPool::Reallocate;
  arrow::Status Allocate(std::int64_t size, std::int64_t alignment, std::uint8_t** out) override {
    if (!Fits(size)) return arrow::Status::OutOfMemory("limit");
    return ProxyMemoryPool::Allocate(size, alignment, out);
  }
  arrow::Status Reallocate(std::int64_t old_size, std::int64_t new_size, std::int64_t alignment,
                           std::uint8_t** out) override {
    if (new_size > old_size && !Fits(new_size - old_size)) {
      return arrow::Status::OutOfMemory("limit");
    }
    return ProxyMemoryPool::Reallocate(old_size, new_size, alignment, out);
  }
  bool refused() const { return refused_; }

 private:
  bool Fits(std::int64_t size) {
    const bool fits = size <= kMemoryMax - bytes_allocated();
    if (!fits) refused_ = true;
    return fits;
  }

  bool refused_ = false;
};

class CountedPages : public parquet::PageReader {
 public:
  CountedPages(std::unique_ptr<PageReader> pages, Growth* growth)
      : pages_(std::move(pages)), growth_(*growth) {}

  std::shared_ptr<parquet::Page> NextPage() override {
    std::shared_ptr<parquet::Page> page = pages_->NextPage();
    if (page != nullptr) growth_.Add(static_cast<std::uint64_t>(std::max(page->size(), 0)));
    return page;
  }
  void set_max_page_header_size(std::uint32_t size) override {
    pages_->set_max_page_header_size(size);
  }

 private:
  const std::unique_ptr<PageReader> pages_;
  Growth& growth_;
};

// ---- The file -----------------------------------------------------------------------------------

// Parquet is read from its end, while inputs come as streams: standard input, members of archives
// are nothing else. So all of them take the same way, through a temporary file.
std::shared_ptr<arrow::io::ReadableFile> CopyToFile(InputText* input, std::uint64_t octets_max) {
  auto opened = arrow::io::ReadableFile::Open(CopyToTemporaryFile(input, octets_max));
  if (!opened.ok()) Fail("the temporary file cannot be read");
  return *std::move(opened);
}

// The footer's length and the magic, the last eight octets of a file.
void CheckEnd(arrow::io::ReadableFile* file, std::uint64_t octets) {
  constexpr std::uint64_t kEndSize = 8;
  std::array<unsigned char, kEndSize> end{};
  if (octets < kEndSize + 4) Fail("is no Parquet file: it is too short");
  const auto count = file->ReadAt(static_cast<std::int64_t>(octets - kEndSize),
                                  static_cast<std::int64_t>(kEndSize), end.data());
  if (!count.ok() || *count != static_cast<std::int64_t>(kEndSize)) {
    Fail("the temporary file cannot be read");
  }
  const std::string_view magic(reinterpret_cast<const char*>(end.data()) + 4, 4);
  if (magic == "PARE") Fail("is an encrypted Parquet file; decrypt it first");
  if (magic != "PAR1") Fail("is no Parquet file, or its end is missing");
  const std::uint64_t footer = end[0] | std::uint64_t{end[1]} << 8 | std::uint64_t{end[2]} << 16 |
                               std::uint64_t{end[3]} << 24;
  if (footer > kFooterMax) {
    Fail(fmt::format("its footer has {} octets, more than the limit of {}", footer, kFooterMax));
  }
}

// ---- Columns ------------------------------------------------------------------------------------

// What one row has in one column.
struct Cell {
  std::vector<std::string> values;  // Of a list several; none where it is null or empty.
  std::uint64_t octets = 0;         // Also of values that were let go.
};

// Goes through one column of a row group.
class ColumnCursor {
 public:
  ColumnCursor() = default;
  ColumnCursor(const ColumnCursor&) = delete;
  ColumnCursor& operator=(const ColumnCursor&) = delete;
  virtual ~ColumnCursor() = default;
  virtual void Start(std::shared_ptr<parquet::ColumnReader> reader) = 0;
  // False at the end of the row group. Values beyond the size limit are let go.
  virtual bool Next(Cell* out) = 0;
};

std::string TextOf(const parquet::ByteArray& value) {
  return std::string(reinterpret_cast<const char*>(value.ptr), value.len);
}
std::string TextOf(std::int32_t value) { return std::to_string(value); }
std::string TextOf(std::int64_t value) { return std::to_string(value); }
std::uint64_t SizeOf(const parquet::ByteArray& value) { return value.len; }
std::uint64_t SizeOf(std::int32_t value) { return sizeof value; }
std::uint64_t SizeOf(std::int64_t value) { return sizeof value; }

template <typename Type>
class TypedCursor : public ColumnCursor {
 public:
  TypedCursor(const parquet::ColumnDescriptor& column, std::uint64_t size_max, Growth* growth)
      : level_max_(column.max_definition_level()),
        is_list_(column.max_repetition_level() > 0),
        size_max_(size_max),
        growth_(*growth) {}

  void Start(std::shared_ptr<parquet::ColumnReader> reader) override {
    reader_ = std::dynamic_pointer_cast<parquet::TypedColumnReader<Type>>(std::move(reader));
    if (reader_ == nullptr) throw parquet::ParquetException("type");
    levels_ = level_ = value_count_ = value_ = 0;
  }

  bool Next(Cell* out) override {
    *out = {};
    if (!Fill()) return false;
    std::uint64_t entries = 0;
    bool is_null = false;
    do {
      is_null = !Take(out);
      ++entries;
    } while (is_list_ && Fill() && repetitions_[level_] != 0);
    // An empty list is one null, and so is a list of one; nothing is lost where they are the same.
    if (entries == 1 && is_null) *out = {};
    return true;
  }

 private:
  using Value = typename Type::c_type;

  // Reads on where nothing is left of the last values, which may point into a page that goes then.
  bool Fill() {
    if (level_ < levels_) return true;
    if (!reader_->HasNext()) return false;
    std::int64_t values = 0;
    const std::int64_t levels = reader_->ReadBatch(kLevelsAtOnce, definitions_.data(),
                                                   repetitions_.data(), values_.data(), &values);
    if (levels <= 0 || levels > kLevelsAtOnce || values < 0 || values > levels) {
      throw parquet::ParquetException("levels");
    }
    levels_ = static_cast<std::size_t>(levels);
    value_count_ = static_cast<std::size_t>(values);
    level_ = value_ = 0;
    return true;
  }

  // False where it is null.
  bool Take(Cell* out) {
    const bool present = level_max_ == 0 || definitions_[level_] == level_max_;
    ++level_;
    if (present && value_ >= value_count_) throw parquet::ParquetException("values");
    const std::uint64_t size = present ? SizeOf(values_[value_]) : 0;
    growth_.Add(std::max(size, kValueOctetsMin));
    // An entry of a list takes memory even where it is empty.
    out->octets += is_list_ ? std::max<std::uint64_t>(size, sizeof(std::string)) : size;
    if (out->octets <= size_max_) {
      out->values.push_back(present ? TextOf(values_[value_]) : std::string());
    }
    if (present) ++value_;
    return present;
  }

  const std::int16_t level_max_;
  const bool is_list_;
  const std::uint64_t size_max_;
  Growth& growth_;
  std::shared_ptr<parquet::TypedColumnReader<Type>> reader_;
  std::array<std::int16_t, kLevelsAtOnce> definitions_{}, repetitions_{};
  std::array<Value, kLevelsAtOnce> values_{};
  std::size_t levels_ = 0, level_ = 0, value_count_ = 0, value_ = 0;
};

std::unique_ptr<ColumnCursor> MakeCursor(const parquet::ColumnDescriptor& column,
                                         std::uint64_t size_max, Growth* growth) {
  switch (column.physical_type()) {
    case parquet::Type::INT32:
      return std::make_unique<TypedCursor<parquet::Int32Type>>(column, size_max, growth);
    case parquet::Type::INT64:
      return std::make_unique<TypedCursor<parquet::Int64Type>>(column, size_max, growth);
    default:
      return std::make_unique<TypedCursor<parquet::ByteArrayType>>(column, size_max, growth);
  }
}

// A column as the file's user sees it: a child of the schema's root, or a value inside of one.
struct Field {
  std::string name;
  int leaf = 0;        // Of its only physical column, if
  bool is_one = true;  // it has only one.
};

// Names of columns are no secrets, but they may be anything.
std::string Label(const std::vector<Field>& fields, std::size_t index) {
  const std::string& name = fields[index].name;
  const bool is_plain =
      !name.empty() && name.size() <= kEncodedCertificateMin &&
      std::all_of(name.begin(), name.end(),
                  [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != '\x7f'; });
  return is_plain ? fmt::format("column '{}'", name) : fmt::format("column {}", index + 1);
}

// The children of the root, which have the numbers, then what lies deeper, by paths with dots.
std::vector<Field> FieldsOf(const parquet::SchemaDescriptor& schema) {
  if (schema.num_columns() > kColumnsMax) {
    Fail(fmt::format("has {} columns, more than the limit of {}", schema.num_columns(),
                     kColumnsMax));
  }
  const parquet::schema::GroupNode& root = *schema.group_node();
  std::vector<Field> fields, deeper;
  for (int i = 0; i < root.field_count(); ++i) fields.push_back({root.field(i)->name(), -1, true});
  int child = 0;
  for (int leaf = 0; leaf < schema.num_columns(); ++leaf) {
    const parquet::schema::Node* const base = schema.GetColumnRoot(leaf);
    while (child < root.field_count() && root.field(child).get() != base) ++child;
    if (child == root.field_count()) throw parquet::ParquetException("schema");
    Field& field = fields[static_cast<std::size_t>(child)];
    field.is_one = field.leaf < 0;
    field.leaf = leaf;
    if (schema.Column(leaf)->path()->ToDotVector().size() > 1) {
      deeper.push_back({schema.Column(leaf)->path()->ToDotString(), leaf, true});
    }
  }
  std::move(deeper.begin(), deeper.end(), std::back_inserter(fields));
  return fields;
}

enum class Role { kId, kCertificates };

bool IsPlainText(const parquet::ColumnDescriptor& column) {
  const auto& type = column.logical_type();
  return type == nullptr || type->is_none() || type->is_string() || type->is_enum();
}
bool IsPlainNumber(const parquet::ColumnDescriptor& column) {
  const auto& type = column.logical_type();
  return type == nullptr || type->is_none() ||
         (type->is_int() && column.sort_order() == parquet::SortOrder::SIGNED);
}

// Empty where the field can play its role.
std::string WhyUnfit(const parquet::SchemaDescriptor& schema, const Field& field, Role role) {
  if (!field.is_one) return "holds several values a row; name one of them, as in 'outer.inner'";
  if (field.leaf < 0) return "holds nothing";
  const parquet::ColumnDescriptor& column = *schema.Column(field.leaf);
  if (column.max_repetition_level() > 1) return "is a list of lists";
  const parquet::Type::type type = column.physical_type();
  if (role == Role::kCertificates) {
    if (type == parquet::Type::BYTE_ARRAY) return {};
    return fmt::format("has the type {}; certificates are read from binary and text",
                       parquet::TypeToString(type));
  }
  if (column.max_repetition_level() > 0) return "is a list, which is no device's id";
  const bool is_number = type == parquet::Type::INT32 || type == parquet::Type::INT64;
  if (type == parquet::Type::BYTE_ARRAY && IsPlainText(column)) return {};
  if (is_number && IsPlainNumber(column)) return {};
  return fmt::format("has the type {}, which is read as no device's id; text and signed integers "
                     "are",
                     parquet::TypeToString(type));
}

// A column that is read.
struct Column {
  int leaf = 0;
  std::string label;
  std::unique_ptr<ColumnCursor> cursor;
  std::shared_ptr<parquet::RowGroupReader> rows = nullptr;  // Where the cursor stands,
  std::string place = {};                                   // and in words.
  Cell cell = {};
};

// ---- The reader ---------------------------------------------------------------------------------

class ParquetReader : public InventoryReader {
 public:
  ParquetReader(InputText input, const InventoryContext* context)
      : input_(std::move(input)),
        size_max_(context->record_size_max()),
        limits_(context->options().archive),
        map_(context->options().columns) {}

  bool Next(InventoryRecord* out) override {
    if (ended_) return false;
    // What the source throws is not of this file, and passes.
    if (file_ == nullptr) file_ = CopyToFile(&input_, limits_.octets_max);
    std::string why;
    try {
      if (reader_ == nullptr) Open();
      if (NextRow(out)) return true;
    } catch (const ReadFailure& e) {
      why = e.what();
    } catch (const std::exception&) {
      why = pool_.refused()
                ? fmt::format("{} takes more than {} MiB at once{}", place_,
                              static_cast<std::uint64_t>(kMemoryMax) / kMiB, kRestLeft)
                : fmt::format("{} is damaged, or not to be read by this build{}", place_,
                              kRestLeft);
    }
    ended_ = true;
    if (why.empty()) return false;
    *out = {};
    out->error = std::move(why);
    return true;
  }

 private:
  void Open() {
    const auto size = file_->GetSize();
    if (!size.ok()) Fail("the temporary file cannot be read");
    const auto octets = static_cast<std::uint64_t>(*size);
    CheckEnd(file_.get(), octets);
    growth_.emplace(octets, limits_.ratio_max);
    parquet::ReaderProperties properties(&pool_);
    // Otherwise the column of a whole row group is read at once.
    properties.enable_buffered_stream();
    properties.set_thrift_string_size_limit(static_cast<std::int32_t>(kFooterMax));
    properties.set_thrift_container_size_limit(kListMax);
    reader_ = parquet::ParquetFileReader::Open(file_, properties);
    metadata_ = reader_->metadata();
    const std::vector<Field> fields = FieldsOf(*metadata_->schema());
    if (map_.certificate.empty()) {
      FindColumns(fields);
    } else {
      MapColumns(fields);
    }
  }

  Column MakeColumn(const std::vector<Field>& fields, std::size_t index) {
    const int leaf = fields[index].leaf;
    return {.leaf = leaf,
            .label = Label(fields, index),
            .cursor = MakeCursor(*metadata_->schema()->Column(leaf), size_max_, &*growth_)};
  }

  void MapColumns(const std::vector<Field>& fields) {
    const auto find = [&](const std::string& wanted, Role role) -> std::optional<Column> {
      if (wanted.empty()) return std::nullopt;
      const ColumnIndex index = FindMappedColumn(NamesOf(fields), wanted);
      if (!index || *index >= fields.size()) {
        Fail(fmt::format("the file has no column '{}'", wanted));
      }
      const std::string why = WhyUnfit(*metadata_->schema(), fields[*index], role);
      if (!why.empty()) Fail(fmt::format("{} {}", Label(fields, *index), why));
      return MakeColumn(fields, *index);
    };
    id_ = find(map_.id, Role::kId);
    certificate_ = find(map_.certificate, Role::kCertificates);
    chain_ = find(map_.chain, Role::kCertificates);
    if (chain_ && chain_->leaf == certificate_->leaf) chain_.reset();
  }

  static std::vector<std::string> NamesOf(const std::vector<Field>& fields) {
    std::vector<std::string> names;
    for (const Field& field : fields) names.push_back(field.name);
    return names;
  }

  // By content, and by names as exports have them, like columns of CSV.
  void FindColumns(const std::vector<Field>& fields) {
    const parquet::SchemaDescriptor& schema = *metadata_->schema();
    const auto fit = [&](ColumnIndex index, Role role) {
      return index && WhyUnfit(schema, fields[*index], role).empty() ? index : std::nullopt;
    };
    const std::vector<std::string> names = NamesOf(fields);
    const ColumnIndex chain = fit(FindChainColumn(names), Role::kCertificates);
    const ColumnIndex named = fit(FindCertificateColumn(names), Role::kCertificates);
    ColumnIndex certificate;
    for (std::size_t i = 0; i < fields.size() && !certificate; ++i) {
      if (fit(i, Role::kCertificates) && HoldsCertificates(MakeColumn(fields, i))) certificate = i;
    }
    if (!certificate || (certificate == chain && named)) certificate = named;
    if (!certificate) {
      Fail("no column holds certificates that can be read; name it by --map id=COL,cert=COL");
    }
    certificate_ = MakeColumn(fields, *certificate);
    if (chain && chain != certificate) chain_ = MakeColumn(fields, *chain);
    const ColumnIndex id = fit(FindIdColumn(names), Role::kId);
    if (id && id != certificate) id_ = MakeColumn(fields, *id);
  }

  // Asks a few rows.
  bool HoldsCertificates(Column column) {
    std::size_t asked = 0;
    try {
      const int groups = std::min<int>(metadata_->num_row_groups(), kRowsAskedForColumns);
      for (int group = 0; group < groups; ++group) {
        StartColumn(group, &column);
        while (column.cursor->Next(&column.cell)) {
          for (const std::string& value : column.cell.values) {
            if (value.size() >= kEncodedCertificateMin && ReadCell(value)) return true;
          }
          if (++asked == kRowsAskedForColumns) return false;
        }
      }
    } catch (const parquet::ParquetException&) {
      // Damaged: nobody needs it, perhaps.
    } catch (const UnreadableColumn&) {
      // Encrypted, for example.
    }
    return false;
  }

  // A column that cannot be read, while others may be.
  class UnreadableColumn : public ReadFailure {
   public:
    using ReadFailure::ReadFailure;
  };

  void StartColumn(int group, Column* column) {
    column->place = fmt::format("{} of row group {}", column->label, group + 1);
    place_ = column->place;
    column->rows = reader_->RowGroup(group);
    try {
      const auto chunk = column->rows->metadata()->ColumnChunk(column->leaf);
      if (chunk->crypto_metadata() != nullptr) {
        throw UnreadableColumn(column->label + " is encrypted; decrypt the file first");
      }
      if (!parquet::IsCodecSupported(chunk->compression())) {
        throw UnreadableColumn(column->label +
                               " is compressed by a codec that the build's Apache Arrow lacks");
      }
    } catch (const parquet::ParquetException&) {
      // Of a column with a key of its own even the metadata is encrypted.
      if (!metadata_->is_encryption_algorithm_set()) throw;
      throw UnreadableColumn(column->label + " is encrypted; decrypt the file first");
    }
    column->cursor->Start(parquet::ColumnReader::Make(
        metadata_->schema()->Column(column->leaf),
        std::make_unique<CountedPages>(column->rows->GetColumnPageReader(column->leaf),
                                       &*growth_),
        &pool_));
  }

  template <typename Function>
  void ForEachColumn(Function function) {
    for (std::optional<Column>* column : {&id_, &certificate_, &chain_}) {
      if (*column) function(&**column);
    }
  }

  // Takes a cell of each column. False at the end of the row group, which comes at once for all.
  bool TakeCells() {
    std::size_t columns = 0, given = 0;
    ForEachColumn([&](Column* column) {
      place_ = column->place;
      ++columns;
      if (column->cursor->Next(&column->cell)) ++given;
    });
    if (given == columns && group_rows_ < group_rows_promised_) return true;
    if (given == 0 && group_rows_ == group_rows_promised_) return false;
    Fail(fmt::format("row group {} has other numbers of rows than it says{}", group_, kRestLeft));
  }

  bool NextRow(InventoryRecord* out) {
    for (;;) {
      if (group_ > 0 && TakeCells()) break;
      if (group_ == metadata_->num_row_groups()) return false;
      ForEachColumn([&](Column* column) { StartColumn(group_, column); });
      group_rows_promised_ = certificate_->rows->metadata()->num_rows();
      ++group_;
      group_rows_ = 0;
    }
    ++group_rows_;
    out->line = ++rows_;
    out->error = ReadRow(out);
    out->kind = out->error.empty() ? InventoryRecord::Kind::kDevice : InventoryRecord::Kind::kError;
    return true;
  }

  // Empty, or what is wrong with the row.
  std::string ReadRow(InventoryRecord* out) {
    std::uint64_t octets = 0;
    ForEachColumn([&](const Column* column) { octets += column->cell.octets; });
    if (octets > size_max_) {
      return fmt::format("the row has {} octets, more than the limit of {}", octets, size_max_);
    }
    if (id_ && !id_->cell.values.empty()) {
      if (id_->cell.values.front().find('\0') != std::string::npos) {
        return "the device's id holds a NUL character";
      }
      out->device_id = std::move(id_->cell.values.front());
    }
    if (certificate_->cell.values.empty()) return certificate_->label + ": holds no certificate";
    std::string why = ReadCertificates(*certificate_, &out->chain);
    if (!why.empty() || !chain_ || IsBlank(chain_->cell)) return why;
    std::vector<Bytes> above;
    why = ReadCertificates(*chain_, &above);
    if (!why.empty()) return why;
    for (Bytes& der : above) {
      // Some exports repeat the leaf at the head of its chain.
      if (der != out->chain.front()) out->chain.push_back(std::move(der));
    }
    return {};
  }

  static bool IsBlank(const Cell& cell) {
    return std::all_of(cell.values.begin(), cell.values.end(), [](const std::string& value) {
      return value.find_first_not_of(" \t\r\n") == std::string::npos;
    });
  }

  static std::string ReadCertificates(const Column& column, std::vector<Bytes>* out) {
    const std::vector<std::string>& values = column.cell.values;
    for (std::size_t i = 0; i < values.size(); ++i) {
      auto certificates = ReadCell(values[i]);
      if (!certificates) {
        out->clear();
        const std::string entry = values.size() > 1 ? fmt::format(", entry {}", i + 1) : "";
        return fmt::format("{}{}: {}", column.label, entry, certificates.error().message);
      }
      std::move(certificates->begin(), certificates->end(), std::back_inserter(*out));
    }
    return {};
  }

  InputText input_;
  const std::uint64_t size_max_;
  const ArchiveLimits limits_;
  const ColumnMap map_;
  LimitedPool pool_;  // Outlives what was taken from it.
  std::shared_ptr<arrow::io::ReadableFile> file_;
  std::optional<Growth> growth_;
  std::unique_ptr<parquet::ParquetFileReader> reader_;
  std::shared_ptr<parquet::FileMetaData> metadata_;
  std::optional<Column> id_, certificate_, chain_;
  std::string place_ = "its footer";  // What is being read, for messages.
  int group_ = 0;                     // Row groups begun.
  std::int64_t group_rows_ = 0, group_rows_promised_ = 0;  // Of the last one.
  std::uint64_t rows_ = 0;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<InventoryReader> OpenParquet(InputText input, InventoryContext* context,
                                             const InputPlace&) {
  return std::make_unique<ParquetReader>(std::move(input), context);
}

}  // namespace muster::audit

#endif  // MUSTER_WITH_ARROW
