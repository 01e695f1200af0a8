#include "engine/pki/der_writer.h"

#include <gtest/gtest.h>

#include <chrono>

#include "engine/base/byte_view.h"
#include "engine/base/encoding.h"
#include "engine/der/der_reader.h"

namespace muster::pki {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year;

std::string Hex(const DerWriter& writer) { return base::HexLower(writer.octets()); }

TEST(DerWriter, LengthsAreMinimal) {
  for (const auto& [size, header] :
       {std::pair<std::size_t, const char*>{0, "0400"}, {127, "047f"}, {128, "048180"},
        {255, "0481ff"}, {256, "04820100"}, {65535, "0482ffff"}, {65536, "0483010000"}}) {
    DerWriter writer;
    writer.Add(der::kOctetString, Bytes(size, 0xaa));
    EXPECT_EQ(Hex(writer).substr(0, std::string_view(header).size()), header);
    der::DerReader reader(writer.octets());
    ByteView content;
    ASSERT_TRUE(reader.Read(der::kOctetString, &content)) << reader.error();
    EXPECT_EQ(content.size(), size);
  }
}

TEST(DerWriter, Unsigned) {
  for (const auto& [value, hex] :
       {std::pair<std::uint64_t, const char*>{0, "020100"}, {1, "020101"}, {127, "02017f"},
        {128, "02020080"}, {256, "02020100"}, {UINT64_MAX, "020900ffffffffffffffff"}}) {
    DerWriter writer;
    writer.AddUnsigned(der::kInteger, value);
    EXPECT_EQ(Hex(writer), hex);
  }
}

TEST(DerWriter, NamedBitsDropTrailingZeros) {  // X.690 11.2.2.
  for (const auto& [flags, hex] :
       {std::pair<int, const char*>{0, "030100"}, {1, "03020780"}, {0x60, "03020106"},
        {0x80, "03020001"}, {0x100, "0303070080"}, {0x1ff, "030307ff80"}}) {
    DerWriter writer;
    writer.AddNamedBits(static_cast<std::uint16_t>(flags));
    EXPECT_EQ(Hex(writer), hex);
  }
}

TEST(DerWriter, TimesSwitchFormAtTheBounds) {  // RFC 5280 4.1.2.5.
  struct Row {
    UnixTime time;
    std::uint8_t tag;
    const char* text;
  };
  const UnixTime y1950 = sys_days{year{1950} / 1 / 1};
  const UnixTime y2050 = sys_days{year{2050} / 1 / 1};
  for (const Row& row :
       {Row{y1950, der::kUtcTime, "500101000000Z"},
        Row{y1950 - std::chrono::seconds{1}, der::kGeneralizedTime, "19491231235959Z"},
        Row{y2050 - std::chrono::seconds{1}, der::kUtcTime, "491231235959Z"},
        Row{y2050, der::kGeneralizedTime, "20500101000000Z"},
        Row{UnixTime{}, der::kUtcTime, "700101000000Z"},
        Row{sys_days{year{2000} / 2 / 29}, der::kUtcTime, "000229000000Z"}}) {
    DerWriter writer;
    writer.AddTime(row.time);
    EXPECT_EQ(writer.octets()[0], row.tag);
    EXPECT_EQ(base::AsText(ByteView(writer.octets()).subspan(2)), row.text);
    UnixTime back{};
    ASSERT_TRUE(der::ParseTime(row.tag, ByteView(writer.octets()).subspan(2), &back));
    EXPECT_EQ(back, row.time);
  }
}

TEST(DerWriter, Nests) {
  DerWriter writer;
  writer.Nest(der::kSequence, [](DerWriter& w) {
    w.AddBoolean(true).AddBitString(Bytes{0xab}).Nest(der::kSet, [](DerWriter& s) {
      s.AddOid(*der::OidFromText("2.5.4.3"));
    });
  });
  EXPECT_EQ(Hex(writer), "300e" "0101ff" "030200ab" "3105" "0603550403");
}

}  // namespace
}  // namespace muster::pki
