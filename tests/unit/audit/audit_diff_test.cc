#include "muster/audit_diff.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/test_world.h"

namespace muster::audit {
namespace {

using nlohmann::json;
using test::Must;

struct Row {
  std::string id, leaf, reason;
};

json RecordOf(const Row& row, std::size_t index) {
  const auto text = [](const std::string& t) { return t.empty() ? json(nullptr) : json(t); };
  return {{"type", "device"},
          {"index", index},
          {"source", {{"name", "fleet.ndjson"}, {"line", index + 1}, {"offset", 0}}},
          {"device_id", text(row.id)},
          {"decision", row.reason == "none" ? "accept" : "reject"},
          {"reason", row.reason},
          {"leaf", text(row.leaf)}};
}

std::string Lines(const std::vector<Row>& rows, std::size_t unreadable = 0) {
  std::string text = R"({"schema":"muster-audit/1","type":"header"})"
                     "\n";
  for (std::size_t i = 0; i < rows.size(); ++i) text += RecordOf(rows[i], i).dump() + "\n";
  for (std::size_t i = 0; i < unreadable; ++i) {
    text += R"({"type":"unreadable","index":0,"device_id":null,"error":"x"})"
            "\n";
  }
  return text + json{{"type", "summary"}, {"devices", rows.size()}, {"interrupted", false}}.dump() +
         "\n";
}

std::string Document(const std::vector<Row>& rows) {
  json document;
  document["schema"] = "muster-audit-report/1";
  document["options"] = {{"links", "registry"}};
  document["records"] = json::array();
  for (std::size_t i = 0; i < rows.size(); ++i) document["records"].push_back(RecordOf(rows[i], i));
  document["summary"] = {{"devices", rows.size()},
                         {"interrupted", false},
                         {"by_anchor", {{"00", {{"name", "root"}, {"devices", 1}}}}}};
  // The schema comes first, as the command writes it.
  nlohmann::ordered_json ordered;
  for (const char* name : {"schema", "options", "records", "summary"}) {
    ordered[name] = document[name];
  }
  return ordered.dump();
}

Result<AuditDiffReport> Diff(const std::string& before, const std::string& after,
                             std::vector<AuditDifference>* differences = nullptr) {
  std::istringstream before_in(before), after_in(after);
  return DiffAudits({before_in, "before.ndjson"}, {after_in, "after.ndjson"},
                    [&](const AuditDifference& difference) {
                      if (differences != nullptr) differences->push_back(difference);
                    });
}

TEST(AuditDiff, TellsEveryKindOfDifference) {
  const std::vector<Row> before = {{"same", "aa", "none"},     {"falls", "bb", "none"},
                                   {"rises", "cc", "expired"}, {"turns", "dd", "expired"},
                                   {"goes", "ee", "none"},     {"twice", "ff", "none"},
                                   {"twice", "ff", "expired"}, {"renewed", "11", "expired"},
                                   {"", "22", "none"}};
  const std::vector<Row> after = {{"turns", "dd", "denied"},  {"same", "aa", "none"},
                                  {"comes", "99", "none"},    {"rises", "cc", "none"},
                                  {"twice", "ff", "none"},    {"falls", "bb", "expired"},
                                  {"renewed", "12", "none"},  {"", "22", "none"},
                                  {"odd", "", "malformed"}};
  for (const auto& [one, other] : {std::pair(Lines(before, 3), Document(after)),
                                   std::pair(Document(before), Lines(after))}) {
    std::vector<AuditDifference> differences;
    const AuditDiffReport report = Must(Diff(one, other, &differences));
    std::string text;
    for (const AuditDifference& d : differences) {
      text += std::string(NameOf(d.change)) + " " + d.device_id + " " + d.leaf + " " +
              std::to_string(d.before.records) + d.before.reason + " " +
              std::to_string(d.after.records) + d.after.reason + "\n";
    }
    EXPECT_EQ(text,
              "appeared comes 99 0 1none\n"
              "newly-refused falls bb 1none 1expired\n"
              "vanished goes ee 1none 0\n"
              "appeared odd  0 1malformed\n"
              "vanished renewed 11 1expired 0\n"
              "appeared renewed 12 0 1none\n"
              "newly-accepted rises cc 1expired 1none\n"
              "other-reason turns dd 1expired 1denied\n"
              "ambiguous twice ff 2none 1none\n");
    EXPECT_EQ(report.same, 2u);
    EXPECT_EQ(report.before.devices, before.size());
    EXPECT_EQ(report.after.devices, after.size());
    EXPECT_EQ(report.before.accepted, 5u);
    EXPECT_EQ(report.by_transition.size(), 3u);
    EXPECT_EQ(differences[1].before.source, "fleet.ndjson:2");
  }
  EXPECT_EQ(Must(Diff(Lines({}, 3), Lines({}))).before.unreadable, 3u);
}

// Random results against a map.
TEST(AuditDiff, AgreesWithAMap) {
  std::mt19937_64 random(7);
  const char* reasons[] = {"none", "expired", "denied"};
  for (int turn = 0; turn < 20; ++turn) {
    std::vector<Row> sides[2];
    std::map<std::pair<std::string, std::string>, std::vector<std::string>> keys[2];
    for (int side = 0; side < 2; ++side) {
      for (int n = 0; n < 300; ++n) {
        Row row{"d" + std::to_string(random() % 200), std::to_string(random() % 2),
                reasons[random() % 3]};
        keys[side][{row.id, row.leaf}].push_back(row.reason);
        sides[side].push_back(row);
      }
    }
    std::map<AuditChange, std::uint64_t> expected;
    std::uint64_t same = 0;
    std::set<std::pair<std::string, std::string>> all;
    for (const auto& side : keys) {
      for (const auto& [key, rows] : side) all.insert(key);
    }
    for (const auto& key : all) {
      const auto& before = keys[0][key];
      const auto& after = keys[1][key];
      if (before.size() > 1 || after.size() > 1) {
        ++expected[AuditChange::kAmbiguous];
      } else if (before.empty()) {
        ++expected[AuditChange::kAppeared];
      } else if (after.empty()) {
        ++expected[AuditChange::kVanished];
      } else if (before == after) {
        ++same;
      } else if (after[0] == "none") {
        ++expected[AuditChange::kNewlyAccepted];
      } else if (before[0] == "none") {
        ++expected[AuditChange::kNewlyRefused];
      } else {
        ++expected[AuditChange::kOtherReason];
      }
    }
    const AuditDiffReport report = Must(Diff(Lines(sides[0]), Document(sides[1])));
    EXPECT_EQ(report.by_change, expected);
    EXPECT_EQ(report.same, same);
  }
}

void Refused(const std::string& results, const std::string& text) {
  const auto report = Diff(Lines({}), results);
  ASSERT_FALSE(report) << results.substr(0, 200);
  EXPECT_EQ(report.error().code, ErrorCode::kUnreadableInput) << report.error().message;
  EXPECT_NE(report.error().message.find("after.ndjson"), std::string::npos);
  EXPECT_NE(report.error().message.find(text), std::string::npos) << report.error().message;
}

TEST(AuditDiff, SaysWhatIsWrongWithResults) {
  const std::vector<Row> rows = {{"a", "aa", "none"}, {"b", "bb", "expired"}};
  const std::string lines = Lines(rows), document = Document(rows);
  Refused("", "empty");
  Refused("hello", "no result of 'muster audit");
  Refused(R"({"deviceId":"x","chain":[]})", "no result of 'muster audit");
  Refused(R"({"schema":"muster-audit/2","type":"header"})", "'muster-audit/2'");
  Refused(R"({"schema":"muster-audit/1","type":"header"})", "no summary");
  Refused(lines + lines, "something follows its summary");
  Refused(R"({"schema":"muster-audit/1","type":"header"}
{"type":"summary","devices":7,"interrupted":false})",
          "without --summary-only");
  Refused(R"({"schema":"muster-audit/1","type":"header"}
{"type":"device"})",
          "line 2");
  Refused(R"({"schema":"muster-audit/1","type":"header"}
{"type":"other"})",
          "'other'");
  Refused(R"({"schema":"muster-audit-report/1","records":[],"summary":7})", "summary");
  Refused(R"({"schema":"muster-audit-report/1","records":[]} more)", "not whole");
}

TEST(AuditDiff, EmptyLinesAreNoRecordsAndSourcesSayWhere) {
  const std::string before = Lines({{"a", "aa", "none"}, {"b", "bb", "none"}});
  std::vector<AuditDifference> differences;
  const std::string spaced = "\n" + before.substr(0, before.find('\n') + 1) + " \t\r\n" +
                             before.substr(before.find('\n') + 1) + "\n";
  const auto report = Diff(spaced, before, &differences);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->same, 2u);
  EXPECT_TRUE(differences.empty());
  // Where there are no lines, the offset tells; where neither, the name alone.
  const auto source = [](int line, int offset) {
    json record = RecordOf({"a", "aa", "expired"}, 0);
    record["source"] = {{"name", "fleet"}, {"line", line}, {"offset", offset}};
    return R"({"schema":"muster-audit/1","type":"header"})"
           "\n" +
           record.dump() + "\n" +
           json{{"type", "summary"}, {"devices", 1}, {"interrupted", false}}.dump() + "\n";
  };
  const std::string accepted = Lines({{"a", "aa", "none"}});
  for (const auto& [after, shown] : {std::pair{source(7, 9), "fleet:7"}, {source(0, 9), "fleet@9"},
                                     {source(0, 0), "fleet"}}) {
    differences.clear();
    ASSERT_TRUE(Diff(accepted, after, &differences));
    ASSERT_EQ(differences.size(), 1u);
    EXPECT_EQ(differences[0].after.source, shown);
  }
}

// Wherever results are cut off, it is noticed.
TEST(AuditDiff, NoticesEveryTruncation) {
  const std::vector<Row> rows = {{"a", "aa", "none"}, {"b", "bb", "expired"}};
  for (const std::string& whole : {Lines(rows), Document(rows)}) {
    ASSERT_TRUE(Diff(whole, whole));
    // The last line's newline may be missing.
    for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
      const auto report = Diff(whole.substr(0, size), whole);
      ASSERT_FALSE(report) << size;
      EXPECT_EQ(report.error().code, ErrorCode::kUnreadableInput) << report.error().message;
    }
  }
}

TEST(AuditDiff, ARecordWithoutEndIsRefused) {
  const std::string endless(std::size_t{20} * 1024 * 1024, 'x');
  Refused(R"({"schema":"muster-audit/1","type":"header"})"
          "\n" + endless, "16 MiB");
  Refused(R"({"schema":"muster-audit-report/1","records":[{"type":")" + endless, "16 MiB");
}

}  // namespace
}  // namespace muster::audit
