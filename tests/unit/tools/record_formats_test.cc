#include "tools/muster/record_formats.h"

#include <gtest/gtest.h>

#include "tools/muster/report_page.h"

namespace muster::cli {
namespace {

TEST(CsvCell, QuotesAsRfc4180Says) {
  EXPECT_EQ(CsvCell("pump 17"), "pump 17");
  EXPECT_EQ(CsvCell("a,b"), "\"a,b\"");
  EXPECT_EQ(CsvCell("say \"x\""), "\"say \"\"x\"\"\"");
  EXPECT_EQ(CsvCell("two\r\nlines"), "two\\x0d\\x0alines");
}

TEST(CsvCell, IsNoFormula) {
  EXPECT_EQ(CsvCell("=1+2"), "'=1+2");
  EXPECT_EQ(CsvCell("+1"), "'+1");
  EXPECT_EQ(CsvCell("-1"), "'-1");
  EXPECT_EQ(CsvCell("@SUM(A1)"), "'@SUM(A1)");
  EXPECT_EQ(CsvCell("=HYPERLINK(\"x\",\"y\")"), "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"");
  EXPECT_EQ(CsvCell("\t=1"), "\\x09=1");
}

TEST(XmlText, HoldsOnlyWhatXmlMayHold) {
  EXPECT_EQ(XmlText("<a b=\"c\">&"), "&lt;a b=&quot;c&quot;&gt;&amp;");
  EXPECT_EQ(XmlText("a\x01\xff"), "a\\x01\\xff");
  EXPECT_EQ(XmlText("\xef\xbf\xbe\xef\xbf\xbf"), "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(UriOf, EncodesWhatAUriMayNotHold) {
  EXPECT_EQ(UriOf("/fleet/a b#c%.ndjson"), "/fleet/a%20b%23c%25.ndjson");
  EXPECT_EQ(UriOf("c:x?y"), "c%3Ax%3Fy");
  EXPECT_EQ(UriOf("-"), "-");
}

TEST(JsonForHtml, EndsNoElementAndBeginsNone) {
  const std::string hostile = "</script><!--&\u2028\u2029\xff";
  const std::string json = JsonForHtml(Json{{"text", hostile}});
  EXPECT_EQ(json.find_first_of("<>&"), std::string::npos) << json;
  for (char c : json) EXPECT_LT(static_cast<unsigned char>(c), 0x80) << json;
  EXPECT_EQ(Json::parse(json)["text"], "</script><!--&\u2028\u2029\ufffd");
}

}  // namespace
}  // namespace muster::cli
