#include "muster/audit_diff.h"

#include <fmt/format.h>

#include <compare>
#include <exception>
#include <optional>
#include <tuple>

#include "engine/audit/audit_results.h"
#include "engine/registry/store/failure.h"
#include "engine/registry/store/sqlite/connection.h"

namespace muster {
namespace {

using audit::ResultRecord;
using registry::sqlite::Connection;
using registry::sqlite::Query;

// A database without a name is a temporary file that is gone with its connection; SQLite writes to
// it what its cache does not hold, and sorts in pieces.
class RecordTable {
 public:
  RecordTable(Connection* connection, std::string_view name)
      : connection_(*connection),
        insert_(fmt::format("INSERT INTO {} VALUES (?1, ?2, ?3, ?4)", name)),
        select_(fmt::format("SELECT id, leaf, reason, source FROM {} ORDER BY id, leaf, rowid",
                            name)) {
    connection_.Execute(
        fmt::format("CREATE TABLE {} (id TEXT, leaf TEXT, reason TEXT, source TEXT)", name));
  }
  void Add(const ResultRecord& record) {
    Query(connection_, insert_, record.device_id, record.leaf, record.reason, record.source).Run();
  }
  const std::string& select() const { return select_; }

 private:
  Connection& connection_;
  const std::string insert_, select_;
};

// The records of one side in the order of their keys, those of one key together.
class KeyReader {
 public:
  KeyReader(Connection* connection, const RecordTable& table)
      : query_(*connection, table.select()) {
    Fetch();
    Next();
  }

  bool done() const { return device_.records == 0; }
  const std::string& id() const { return key_.device_id; }
  const std::string& leaf() const { return key_.leaf; }
  const AuditedDevice& device() const { return device_; }

  void Next() {
    device_ = {};
    if (!ahead_) return;
    key_ = row_;
    device_ = {.records = 0, .reason = row_.reason, .source = row_.source};
    while (ahead_ && row_.device_id == key_.device_id && row_.leaf == key_.leaf) {
      ++device_.records;
      Fetch();
    }
  }

 private:
  void Fetch() {
    ahead_ = query_.Next();
    if (ahead_) row_ = {query_.Text(0), query_.Text(1), query_.Text(2), query_.Text(3)};
  }

  Query query_;
  bool ahead_ = false;
  ResultRecord row_, key_;
  AuditedDevice device_;
};

std::strong_ordering Compare(const KeyReader& a, const KeyReader& b) {
  if (a.done() != b.done()) {
    return a.done() ? std::strong_ordering::greater : std::strong_ordering::less;
  }
  return std::tie(a.id(), a.leaf()) <=> std::tie(b.id(), b.leaf());
}

std::optional<AuditChange> ChangeOf(const AuditedDevice& before, const AuditedDevice& after) {
  if (before.records > 1 || after.records > 1) return AuditChange::kAmbiguous;
  if (before.records == 0) return AuditChange::kAppeared;
  if (after.records == 0) return AuditChange::kVanished;
  if (before.reason == after.reason) return std::nullopt;
  if (after.reason == "none") return AuditChange::kNewlyAccepted;
  return before.reason == "none" ? AuditChange::kNewlyRefused : AuditChange::kOtherReason;
}

void Join(KeyReader* before, KeyReader* after,
          const std::function<void(const AuditDifference&)>& sink, AuditDiffReport* report) {
  while (!before->done() || !after->done()) {
    const std::strong_ordering order = Compare(*before, *after);
    AuditDifference difference;
    const KeyReader& first = order <= 0 ? *before : *after;
    difference.device_id = first.id();
    difference.leaf = first.leaf();
    if (order <= 0) difference.before = before->device();
    if (order >= 0) difference.after = after->device();
    if (order <= 0) before->Next();
    if (order >= 0) after->Next();
    const auto change = ChangeOf(difference.before, difference.after);
    if (!change) {
      ++report->same;
      continue;
    }
    difference.change = *change;
    ++report->by_change[*change];
    if (difference.before.records == 1 && difference.after.records == 1) {
      ++report->by_transition[{difference.before.reason, difference.after.reason}];
    }
    sink(difference);
  }
}

Result<AuditDiffReport> Diff(const AuditResults& before, const AuditResults& after,
                             const std::function<void(const AuditDifference&)>& sink) {
  Connection connection("", {});
  connection.Execute("PRAGMA cache_size = -32768");  // In KiB.
  connection.Execute("BEGIN");
  RecordTable before_table(&connection, "before_records");
  RecordTable after_table(&connection, "after_records");
  AuditDiffReport report;
  auto side = audit::ReadAuditResults(before, [&](const auto& r) { before_table.Add(r); });
  if (!side) return tl::unexpected<Error>(std::move(side).error());
  report.before = *side;
  side = audit::ReadAuditResults(after, [&](const auto& r) { after_table.Add(r); });
  if (!side) return tl::unexpected<Error>(std::move(side).error());
  report.after = *side;
  KeyReader before_keys(&connection, before_table), after_keys(&connection, after_table);
  Join(&before_keys, &after_keys, sink, &report);
  return report;
}

}  // namespace

std::string_view NameOf(AuditChange change) {
  switch (change) {
    case AuditChange::kNewlyRefused:
      return "newly-refused";
    case AuditChange::kNewlyAccepted:
      return "newly-accepted";
    case AuditChange::kOtherReason:
      return "other-reason";
    case AuditChange::kAppeared:
      return "appeared";
    case AuditChange::kVanished:
      return "vanished";
    case AuditChange::kAmbiguous:
      return "ambiguous";
  }
  return "unknown";
}

Result<AuditDiffReport> DiffAudits(const AuditResults& before, const AuditResults& after,
                                   const std::function<void(const AuditDifference&)>& sink) try {
  return Diff(before, after, sink);
} catch (const registry::RegistryFailure& failure) {
  return MakeError(ErrorCode::kStoreIo,
                   fmt::format("the comparison's temporary file failed ({}); check the disk for "
                               "temporary files",
                               failure.error().message));
} catch (const std::exception& e) {
  return MakeError(ErrorCode::kInternal,
                   fmt::format("the comparison failed and was abandoned: {}", e.what()));
}

}  // namespace muster
