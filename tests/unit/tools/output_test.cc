#include "tools/muster/output.h"

#include <gtest/gtest.h>

#include <sstream>

#include "tools/muster/audit_output.h"

namespace muster::cli {
namespace {

TEST(Printable, LetsTextPass) {
  for (const char* text : {"", "plain", "Z\u00fcrich \u2713 \U0001f512", "tab-free"}) {
    EXPECT_EQ(Printable(text), text);
  }
}

TEST(Printable, EscapesWhatMovesOrReordersTheTerminal) {
  EXPECT_EQ(Printable("a\x1b[2Jb"), "a\\x1b[2Jb");
  EXPECT_EQ(Printable("a\nb\tc\x7f"), "a\\x0ab\\x09c\\x7f");
  EXPECT_EQ(Printable(std::string("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(Printable("\u009b31m"), "\\xc2\\x9b31m");               // C1: another CSI.
  EXPECT_EQ(Printable("\u202egnp.exe"), "\\xe2\\x80\\xaegnp.exe");  // Right-to-left override.
  EXPECT_EQ(Printable("\u2066x\u2028y"), "\\xe2\\x81\\xa6x\\xe2\\x80\\xa8y");
}

TEST(Printable, EscapesOctetsThatAreNotUtf8) {
  EXPECT_EQ(Printable("\xff"), "\\xff");
  EXPECT_EQ(Printable("a\xc3"), "a\\xc3");
  EXPECT_EQ(Printable("\xc0\xaf"), "\\xc0\\xaf");
  EXPECT_EQ(Printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(Printable("\xe0\x80\x80"), "\\xe0\\x80\\x80");
  EXPECT_EQ(Printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
  EXPECT_EQ(Printable("\xf0\x80\x80\x80"), "\\xf0\\x80\\x80\\x80");
}

TEST(Grouped, GroupsThousands) {
  EXPECT_EQ(Grouped(0), "0");
  EXPECT_EQ(Grouped(999), "999");
  EXPECT_EQ(Grouped(1'000), "1,000");
  EXPECT_EQ(Grouped(1'234'567), "1,234,567");
}

TEST(Style, PaintsOnlyWithColour) {
  EXPECT_EQ((Style{.color = false}).Painted("x", Paint::kBad), "x");
  EXPECT_EQ((Style{.color = true}).Painted("x", Paint::kBad), "\x1b[31mx\x1b[0m");
  EXPECT_EQ((Style{.color = true}).Painted("x", Paint::kPlain), "x");
  EXPECT_EQ((Style{.unicode = false}).tick(), "ok");
  EXPECT_EQ((Style{.unicode = true}).tick(), "\u2713");
}

TEST(Table, AlignsColumnsByWhatIsSeen) {
  Table table({"NAME", "COUNT", "NOTE"});
  table.AddRow({{"Z\u00fcrich"}, {"7"}, {"first"}});
  table.AddRow({{"b"}, {"1,234"}, {"a\nb", Paint::kBad}});
  std::ostringstream plain;
  table.Print(plain, {}, {1});
  EXPECT_EQ(plain.str(),
            "NAME    COUNT  NOTE\n"
            "Z\u00fcrich      7  first\n"
            "b       1,234  a\\x0ab\n");
  std::ostringstream painted;
  table.Print(painted, {.color = true}, {1});
  EXPECT_NE(painted.str().find("\x1b[31ma\\x0ab\x1b[0m\n"), std::string::npos);
}

TEST(AppendJsonString, WritesWhatTheLibraryWrites) {
  for (const char* text :
       {"", "plain", "\"quoted\\\"", "line\nbreak", "Z\u00fcrich", "\xff", "\x7f"}) {
    std::string out;
    AppendJsonString(text, &out);
    EXPECT_EQ(out, Dump(Json(text), false)) << text;
  }
}

TEST(AuditRecord, IsJsonWhateverTheInventoryHolds) {
  AuditRecord record;
  record.index = 7;
  record.source = {"dir/\"odd\"\n.ndjson", {}, 3, 99};
  record.device_id = "pump\xff\"\\";
  record.verdict.reason = RejectReason::kExpired;
  record.verdict.chain_index = -1;
  std::string line;
  AppendAuditRecord(record, &line);
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json.at("type"), "device");
  EXPECT_EQ(json.at("index"), 7);
  EXPECT_EQ(json.at("source").at("name"), "dir/\"odd\"\n.ndjson");
  EXPECT_EQ(json.at("source").at("line"), 3);
  EXPECT_EQ(json.at("device_id"), "pump\ufffd\"\\");
  EXPECT_EQ(json.at("reason"), "expired");
  EXPECT_EQ(json.at("chain_index"), -1);
  EXPECT_EQ(json.at("enrollment"), nullptr);
  EXPECT_EQ(json.at("anchor"), nullptr);
  EXPECT_EQ(json.at("leaf"), nullptr);
  EXPECT_EQ(json.at("not_after"), nullptr);
  EXPECT_EQ(line.find('\n'), std::string::npos);

  record.read_error = "not JSON";
  line.clear();
  AppendAuditRecord(record, &line);
  const auto bad = nlohmann::json::parse(line);
  EXPECT_EQ(bad.at("type"), "unreadable");
  EXPECT_EQ(bad.at("error"), "not JSON");
  EXPECT_FALSE(bad.contains("decision"));
}

TEST(SourceText, NamesTheLineOrTheOctet) {
  EXPECT_EQ(SourceText({"a.ndjson", {}, 17, 4096}), "a.ndjson:17");
  EXPECT_EQ(SourceText({"a.der", {}, 0, 4096}), "a.der@4096");
  EXPECT_EQ(SourceText({"a.der", {}, 0, 0}), "a.der");
  EXPECT_EQ(SourceText({"a.zip", "b/c.pem", 2, 9}), "a.zip!b/c.pem:2");
}

}  // namespace
}  // namespace muster::cli
