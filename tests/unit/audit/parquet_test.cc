// Parquet inventories: through Apache Arrow where muster was built with it, else refused.
#include <stdlib.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <tuple>
#include <utility>

#include "tests/unit/audit/format_fixture.h"

#ifdef MUSTER_WITH_ARROW
#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <arrow/util/config.h>
#include <parquet/arrow/writer.h>
#include <parquet/encryption/encryption.h>
#include <parquet/properties.h>
#endif

namespace muster::test {
namespace {

class ParquetTest : public FormatTest {};

std::string DescriptionOfParquet() {
  for (const InventoryFormat& format : InventoryFormats()) {
    if (format.name == "parquet") return std::string(format.description);
  }
  return "";
}

#ifndef MUSTER_WITH_ARROW

TEST_F(ParquetTest, IsRefusedWithWhatToDo) {
  for (const char* magic : {"PAR1", "PARE"}) {
    Refuses(magic + std::string("\x15\0\x15", 3), "for want of Apache Arrow; export it to CSV");
  }
  EXPECT_NE(DescriptionOfParquet().find("refused"), std::string::npos);
}

#else

using Strings = std::vector<std::string>;
using Array = std::shared_ptr<arrow::Array>;

void Check(const arrow::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

template <typename Builder>
Array Finish(Builder* builder) {
  Array array;
  Check(builder->Finish(&array));
  return array;
}

// "\1" stands for null.
const std::string kNull = "\1";

template <typename Builder = arrow::BinaryBuilder>
Array Binary(const Strings& values) {
  Builder builder;
  for (const std::string& value : values) {
    Check(value == kNull ? builder.AppendNull() : builder.Append(value));
  }
  return Finish(&builder);
}

// An empty list stands for null.
template <typename Lists = arrow::ListBuilder, typename Values = arrow::BinaryBuilder>
Array List(const std::vector<Strings>& rows) {
  const auto values = std::make_shared<Values>();
  Lists lists(arrow::default_memory_pool(), values);
  for (const Strings& row : rows) {
    Check(row.empty() ? lists.AppendNull() : lists.Append());
    for (const std::string& value : row) {
      Check(value == kNull ? values->AppendNull() : values->Append(value));
    }
  }
  return Finish(&lists);
}

using Columns = std::vector<std::pair<std::string, Array>>;

std::string Parquet(const Columns& columns, std::int64_t group_rows = 1'000'000,
                    const std::shared_ptr<parquet::WriterProperties>& properties =
                        parquet::default_writer_properties()) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const auto& [name, array] : columns) {
    fields.push_back(arrow::field(name, array->type()));
    arrays.push_back(array);
  }
  const auto table = arrow::Table::Make(arrow::schema(fields), arrays);
  const auto sink = arrow::io::BufferOutputStream::Create().ValueOrDie();
  Check(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), sink, group_rows,
                                   properties));
  return sink->Finish().ValueOrDie()->ToString();
}

std::string Hex(const Entity& entity) { return base::HexUpper(entity.der()); }

TEST_F(ParquetTest, SaysWhatItReads) {
  EXPECT_NE(DescriptionOfParquet().find("columns"), std::string::npos);
}

TEST_F(ParquetTest, CellsOfEveryEncodingAndType) {
  const Strings cells = {Pem({one_, factory_}), Der(one_), Base64(one_), Hex(one_),
                         Der(one_) + Der(factory_)};
  const Lines expected = {"a none", "b link-not-presented", "c link-not-presented",
                          "d link-not-presented", "e none"};
  const Array id = Binary<arrow::StringBuilder>({"a", "b", "c", "d", "e"});
  EXPECT_EQ(Of(Parquet({{"id", id}, {"x", Binary(cells)}})), expected);
  EXPECT_EQ(Of(Parquet({{"id", id}, {"x", Binary<arrow::LargeBinaryBuilder>(cells)}})), expected);
  EXPECT_EQ(records_[0].source.line, 1u);
  EXPECT_EQ(records_[4].source.line, 5u);
  EXPECT_EQ(records_[4].source.offset, 0u);
  Strings text = cells;
  text[1] = text[4] = Pem({one_});
  Lines texts = expected;
  texts[4] = "e link-not-presented";
  EXPECT_EQ(Of(Parquet({{"id", id}, {"x", Binary<arrow::StringBuilder>(text)}})), texts);
}

// The certificate's last octet may be one that text ends with.
TEST_F(ParquetTest, DerKeepsItsLastOctet) {
  std::optional<Entity> odd;
  for (int i = 0; !odd && i < 20'000; ++i) {
    Entity leaf = w_.Leaf("odd-" + std::to_string(i), factory_);
    const std::uint8_t last = leaf.der().back();
    if (last == ' ' || last == '\n' || last == '\r' || last == '\t') odd = leaf;
  }
  ASSERT_TRUE(odd);
  EXPECT_EQ(Of(Parquet({{"cert", Binary({Der(*odd) + Der(factory_)})}})), Lines{" none"});
  EXPECT_EQ(Of(Parquet({{"cert", Binary({Der(*odd)})}, {"chain", Binary({Der(factory_)})}})),
            Lines{" none"});
}

TEST_F(ParquetTest, ChainsInListsOrInOneText) {
  const Array id = Binary<arrow::StringBuilder>({"a", "b", "c", "d"});
  const Array cert = Binary({Der(one_), Der(one_), Der(two_), Der(two_)});
  const Lines expected = {"a none", "b none", "c link-not-presented", "d none"};
  const std::vector<Strings> lists = {{Der(factory_)},
                                      {Der(one_), Base64(factory_), Der(root_)},
                                      {},
                                      {Pem({factory_, root_})}};
  const Columns first = {{"deviceId", id}, {"certificate", cert}};
  const auto with = [&](const Array& chain) {
    Columns columns = first;
    columns.emplace_back("chain", chain);
    return Parquet(columns);
  };
  EXPECT_EQ(Of(with(List(lists))), expected);
  EXPECT_EQ(Of(with(List<arrow::LargeListBuilder, arrow::LargeBinaryBuilder>(lists))), expected);
  EXPECT_EQ(Of(with(Binary<arrow::StringBuilder>(
                {Pem({factory_}), Pem({one_, factory_, root_}), kNull, Pem({factory_})}))),
            expected);
  EXPECT_EQ(Of(with(Binary<arrow::StringBuilder>({Pem({factory_}), Pem({factory_}), " \n",
                                                  Pem({factory_})}))),
            expected);
  // Chains alone, leaf first.
  EXPECT_EQ(Of(Parquet({{"id", Binary({"a", "b"})},
                        {"chain", List({{Der(one_), Der(factory_)}, {Der(two_)}})}})),
            (Lines{"a none", "b link-not-presented"}));
  EXPECT_EQ(Of(Parquet({{"id", Binary({"a", "b"})},
                        {"chain", List({{Der(one_), kNull}, {Der(one_), Der(factory_)}})}})),
            (Lines{"a: column 'chain', entry 2: holds no certificate", "b none"}));
}

TEST_F(ParquetTest, ColumnsAreMappedByNameAndNumber) {
  const Array other = Binary<arrow::StringBuilder>({"x"});
  const std::string text = Parquet({{"a", other},
                                    {"b", Binary({Der(one_)})},
                                    {"c", List({{Der(factory_)}})},
                                    {"d", Binary<arrow::StringBuilder>({"pump-1"})}});
  for (const char* map : {"id=d,cert=b,chain=c", "chain=3,cert=2,id=4", "id=d,cert=2,chain=3"}) {
    options_.inventory.columns = Must(ParseColumnMap(map));
    EXPECT_EQ(Of(text), Lines{"pump-1 none"}) << map;
  }
  options_.inventory.columns = Must(ParseColumnMap("cert=b"));
  EXPECT_EQ(Of(text), Lines{" link-not-presented"});
  for (const auto& [map, why] : std::vector<std::pair<std::string, std::string>>{
           {"cert=e", "no column 'e'"},
           {"cert=9", "no column '9'"},
           {"cert=b,id=c", "column 'c' is a list"}}) {
    options_.inventory.columns = Must(ParseColumnMap(map));
    Refuses(text, why);
  }
}

TEST_F(ParquetTest, ColumnsInsideOfOthersAndUnfitTypes) {
  arrow::Int64Builder numbers;
  Check(numbers.Append(-17));
  const Array number = Finish(&numbers);
  arrow::DoubleBuilder doubles;
  Check(doubles.Append(1.5));
  const Array real = Finish(&doubles);
  const Array leaf = Binary({Der(one_)});
  const Array inner =
      arrow::StructArray::Make(arrow::ArrayVector{leaf, number}, Strings{"cert", "serial"})
          .ValueOrDie();
  const std::string text = Parquet({{"real", real}, {"device", inner}});
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"id=device.serial,cert=device.cert", "-17 link-not-presented"},
      {"cert=device", ": column 'device' holds several values a row"},
      {"cert=real", ": column 'real' has the type DOUBLE"},
      {"cert=device.serial", ": column 'device.serial' has the type INT64"},
      {"cert=device.cert,id=1", ": column 'real' has the type DOUBLE"}};
  for (const auto& [map, outcome] : expected) {
    options_.inventory.columns = Must(ParseColumnMap(map));
    const Lines outcomes = Of(text);
    ASSERT_EQ(outcomes.size(), 1u) << map;
    EXPECT_TRUE(outcomes[0].starts_with(outcome)) << outcomes[0];
  }
  options_.inventory.columns = {};
  EXPECT_EQ(Of(text), Lines{" link-not-presented"});
  Refuses(Parquet({{"real", real}}), "--map");
}

// The same fleet as CSV gives the same devices, however the file is cut and written.
TEST_F(ParquetTest, DevicesEqualThoseOfCsv) {
  Strings ids, cells, chains;
  std::string csv = "device_id,cert,chain\n";
  const auto row = [&](const std::string& id, const std::string& cell, const std::string& chain) {
    ids.push_back(id);
    cells.push_back(cell);
    chains.push_back(chain);
    csv += id + "," + cell + "," + chain + "\n";
  };
  constexpr int kRows = 700;
  for (int i = 0; i < kRows; ++i) {
    const std::string id = "pump-" + std::to_string(i);
    switch (i % 7) {
      case 3: row(id, "", Base64(factory_)); break;
      case 5: row(id, kSecret, Base64(factory_)); break;
      case 6: row(id, Base64(two_), ""); break;
      default: row(id, Base64(i % 2 == 0 ? one_ : two_), Base64(factory_));
    }
  }
  Audit(csv);
  ASSERT_EQ(records_.size(), static_cast<std::size_t>(kRows));
  using Device = std::tuple<std::string, Fingerprint, RejectReason, bool>;
  const auto devices = [&] {
    std::vector<Device> out;
    for (const AuditRecord& r : records_) {
      out.emplace_back(r.device_id, r.leaf, r.verdict.reason, r.read_error.empty());
    }
    return out;
  };
  const std::vector<Device> expected = devices();
  const Columns columns = {{"device_id", Binary<arrow::StringBuilder>(ids)},
                           {"cert", Binary<arrow::StringBuilder>(cells)},
                           {"chain", Binary<arrow::StringBuilder>(chains)}};
  using Builder = parquet::WriterProperties::Builder;
  const std::vector<std::shared_ptr<parquet::WriterProperties>> forms = {
      parquet::default_writer_properties(),
      Builder().disable_dictionary()->data_pagesize(4'000)->build(),
      Builder().data_page_version(parquet::ParquetDataPageVersion::V2)->data_pagesize(100)->build(),
      Builder().compression(parquet::Compression::ZSTD)->build(),
      Builder().disable_dictionary()->encoding(parquet::Encoding::DELTA_BYTE_ARRAY)->build()};
  for (const auto& form : forms) {
    // All rows in one group, larger than what is read at once; and many groups.
    for (std::int64_t group_rows : {kRows, 300, 7}) {
      Audit(Parquet(columns, group_rows, form));
      EXPECT_EQ(devices(), expected) << group_rows;
      for (std::size_t i = 0; i < records_.size(); ++i) {
        ASSERT_EQ(records_[i].source.line, i + 1);
      }
    }
  }
}

TEST_F(ParquetTest, BadRowsAreRecordsAndTheRestIsRead) {
  const std::string good = Pem({one_, factory_});
  const std::vector<std::pair<std::string, std::string>> cells = {
      {kNull, "column 'cert': holds no certificate"},
      {"", "column 'cert': holds no certificate"},
      {kSecret, "column 'cert': "},
      {std::string("\x30\x82\x01\x00\x00", 5), "column 'cert': "},
      {Der(two_).substr(0, 200), "column 'cert': "},
      {"-----BEGIN PRIVATE KEY-----\n" + std::string(kSecret) + "\n-----END PRIVATE KEY-----\n",
       "no certificate"}};
  for (const auto& [cell, why] : cells) {
    Audit(Parquet({{"id", Binary({"a", "b", "c"})}, {"cert", Binary({good, cell, good})}}));
    ASSERT_EQ(records_.size(), 3u);
    EXPECT_TRUE(records_[0].verdict.accepted());
    EXPECT_EQ(records_[1].device_id, "b");
    EXPECT_EQ(records_[1].source.line, 2u);
    EXPECT_NE(records_[1].read_error.find(why), std::string::npos) << records_[1].read_error;
    EXPECT_TRUE(records_[2].verdict.accepted());
  }
  Audit(Parquet({{"id", Binary({"a", std::string("b\0c", 3)})}, {"cert", Binary({good, good})}}));
  ASSERT_EQ(records_.size(), 2u);
  EXPECT_NE(records_[1].read_error.find("NUL"), std::string::npos);
}

TEST_F(ParquetTest, RowsBeyondTheLimitAreLetGo) {
  options_.record_size_max = 5'000;
  const std::string good = Der(one_) + Der(factory_);
  Audit(Parquet({{"id", Binary({"a", "b", "c"})},
                 {"cert", Binary({good, std::string(100'000, 'M'), good})}}));
  ASSERT_EQ(records_.size(), 3u);
  EXPECT_EQ(records_[1].read_error, "the row has 100001 octets, more than the limit of 5000");
  EXPECT_TRUE(records_[2].verdict.accepted());
  // As many entries that hold nothing.
  Audit(Parquet({{"cert", Binary({good, good})},
                 {"chain", List({Strings(10'000, ""), {Der(factory_)}})}}));
  ASSERT_EQ(records_.size(), 2u);
  EXPECT_NE(records_[0].read_error.find("limit of 5000"), std::string::npos);
  EXPECT_TRUE(records_[1].verdict.accepted());
}

TEST_F(ParquetTest, GrowthIsBounded) {
  const std::string good = Der(one_) + Der(factory_);
  constexpr std::size_t kRows = 20'000;
  // A dictionary writes the value once.
  const std::string same = Parquet({{"cert", Binary(Strings(kRows, good))}});
  Audit(same);
  ASSERT_LT(records_.size(), kRows);
  EXPECT_NE(records_.back().read_error.find("more than 100 times its size"), std::string::npos);
  EXPECT_EQ(records_.back().source.line, 0u);
  EXPECT_TRUE(records_.front().verdict.accepted());
  // Nulls take next to nothing.
  constexpr std::size_t kNulls = 200'000;
  options_.inventory.columns = Must(ParseColumnMap("cert=1"));
  arrow::BinaryBuilder nulls;
  Check(nulls.AppendNulls(kNulls));
  const std::string empty = Parquet({{"cert", Finish(&nulls)}}, kNulls);
  Audit(empty);
  EXPECT_LT(records_.size(), kNulls);
  EXPECT_NE(records_.back().read_error.find("times its size"), std::string::npos);
  // One limit of archives holds for the copy.
  options_.inventory.archive.octets_max = same.size() - 1;
  Refuses(same, "limit of an archive");
}

TEST_F(ParquetTest, NoFileIsTakenForMoreThanItHolds) {
  const std::string whole = Parquet({{"id", Binary(Strings(50, "a"))},
                                     {"cert", Binary(Strings(50, Der(one_) + Der(factory_)))}},
                                    10);
  ASSERT_EQ(Of(whole).size(), 50u);
  Refuses("PAR1", "too short");
  Refuses("PAR1" + std::string(16, '\0') + std::string("\x10\0\0\0PAR1", 8),
          "its footer is damaged");
  Refuses(whole.substr(0, whole.size() - 1), "its end is missing");
  Refuses(whole.substr(0, whole.size() / 2), "its end is missing");
  std::string huge = whole;
  huge.replace(huge.size() - 8, 4, "\xff\xff\xff\x7f");
  Refuses(huge, "its footer has 2147483647 octets");
  options_.inventory.format = "parquet";
  Refuses(Pem({one_}), "no Parquet file");
}

// Whatever is changed in a file: each record is one that it had, or a bad one.
TEST_F(ParquetTest, DamageIsARecord) {
  const std::string whole = Parquet({{"id", Binary({"a", "b", "c", "d"})},
                                     {"cert", Binary(Strings(4, Der(one_) + Der(factory_)))},
                                     {"chain", List(std::vector<Strings>(4, {Der(root_)}))}},
                                    2);
  std::size_t damaged = 0;
  std::uint64_t state = 1;
  for (std::size_t at = 4; at < whole.size(); at += 3) {
    std::string text = whole;
    state = state * 6364136223846793005U + 1442695040888963407U;
    text[at] = static_cast<char>(text[at] ^ static_cast<char>(1 + (state >> 40) % 255));
    Audit(text);
    ASSERT_FALSE(records_.empty()) << at;
    ASSERT_LE(records_.size(), 100'000u) << at;
    if (!records_.back().read_error.empty()) ++damaged;
  }
  EXPECT_GT(damaged, 10u);
  for (std::size_t size = 5; size < whole.size(); size += 7) {
    Audit(whole.substr(0, size));
    ASSERT_EQ(records_.size(), 1u) << size;
    ASSERT_FALSE(records_[0].read_error.empty()) << size;
  }
}

// Keys have this type since Arrow 21; not every Arrow can encrypt.
#if defined(PARQUET_REQUIRE_ENCRYPTION) && ARROW_VERSION_MAJOR >= 21

TEST_F(ParquetTest, EncryptedFilesAndColumns) {
  const Columns columns = {{"id", Binary({"a"})}, {"cert", Binary({Der(one_) + Der(factory_)})}};
  const arrow::util::SecureString key(std::string("0123456789abcdef"));
  using Encryption = parquet::FileEncryptionProperties::Builder;
  const auto write = [&](const std::shared_ptr<parquet::FileEncryptionProperties>& encryption) {
    return Parquet(columns, 10,
                   parquet::WriterProperties::Builder().encryption(encryption)->build());
  };
  Refuses(write(Encryption(key).build()), "encrypted");
  const auto column = [&](const std::string& name) {
    parquet::ColumnPathToEncryptionPropertiesMap paths;
    paths[name] = parquet::ColumnEncryptionProperties::Builder().key(key)->build();
    return write(
        Encryption(key).set_plaintext_footer()->encrypted_columns(std::move(paths))->build());
  };
  options_.inventory.columns = Must(ParseColumnMap("cert=cert"));
  Refuses(column("cert"), "column 'cert' is encrypted");
  // Nobody asks for the other one.
  EXPECT_EQ(Of(column("id")), Lines{" none"});
  options_.inventory.columns = Must(ParseColumnMap("id=id,cert=cert"));
  Refuses(column("id"), "column 'id' is encrypted");
}

#endif

TEST_F(ParquetTest, FilesWithoutRowsOrColumns) {
  EXPECT_TRUE(Of(Parquet({{"id", Binary({})}, {"cert", Binary({})}})).empty());
  Refuses(Parquet({{"id", Binary({})}}), "--map");
  Columns many;
  for (int i = 0; i < 1'001; ++i) many.emplace_back("c" + std::to_string(i), Binary({"x"}));
  Refuses(Parquet(many), "1001 columns, more than the limit of 1000");
}

// Nothing is left of the copies.
TEST_F(ParquetTest, CopiesLeaveNothingBehind) {
  ASSERT_EQ(::setenv("TMPDIR", folder_.path().c_str(), 1), 0);
  const std::string text = Parquet({{"cert", Binary({Der(one_) + Der(factory_)})}});
  EXPECT_EQ(Of(text), Lines{" none"});
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
  ASSERT_EQ(::setenv("TMPDIR", folder_.At("absent").c_str(), 1), 0);
  Refuses(text, "TMPDIR");
  ASSERT_EQ(::unsetenv("TMPDIR"), 0);
}

#endif  // MUSTER_WITH_ARROW

}  // namespace
}  // namespace muster::test
