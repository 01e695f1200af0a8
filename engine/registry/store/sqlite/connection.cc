#include "engine/registry/store/sqlite/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <thread>

#include "engine/registry/store/failure.h"

namespace muster::registry::sqlite {
namespace {

// SQLite gives some names a meaning of their own (":memory:", "file:..."); ours are always files.
std::string AsFileName(const std::string& path) {
  const bool special = path.starts_with(':') || path.starts_with("file:");
  return special ? "./" + path : path;
}

struct Meaning {
  ErrorCode code;
  std::string_view what_to_do;
};

Meaning MeaningOf(int code) {
  switch (code & 0xff) {  // The primary code of an extended one.
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::kStoreBusy, "another writer holds it: try again"};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {ErrorCode::kStoreCorrupt, "it is damaged: restore it from a backup or an export"};
    case SQLITE_FULL:
      return {ErrorCode::kStoreIo, "the disk is full: nothing was written; make room"};
    case SQLITE_READONLY:
      return {ErrorCode::kStoreIo,
              "it cannot be written: check permissions, and that it was not "
              "opened read-only"};
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_NOLFS:
      return {ErrorCode::kStoreIo,
              "check the disk, and the permissions of the file and its folder"};
    default:
      return {ErrorCode::kInternal, "this is a defect in muster: report it"};
  }
}

}  // namespace

Connection::Connection(const std::string& path, const SqliteStoreOptions& options)
    : path_(path), options_(options) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  if (options.read_only) {
    flags |= SQLITE_OPEN_READONLY;
  } else {
    flags |= SQLITE_OPEN_READWRITE | (options.create ? SQLITE_OPEN_CREATE : 0);
  }
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(AsFileName(path).c_str(), &db, flags,
                                   options.vfs.empty() ? nullptr : options.vfs.c_str());
  db_.reset(db);  // Also where opening failed: the handle says why.
  if (code != SQLITE_OK) FailWith(code);
  sqlite3_busy_timeout(db, std::max(0, options.busy_timeout_ms));
  // The schema in the file is input like any other: nothing in it may run as code of ours.
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
}

void Connection::Announce(std::string_view sql) const {
  if (options_.before_statement) options_.before_statement(sql);
}

void Connection::Execute(const std::string& sql) {
  Announce(sql);
  const int code = sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) FailWith(code);
}

std::int64_t Connection::ReadInt(const std::string& sql) {
  Query query(*this, sql);
  if (!query.Next()) FailWith(SQLITE_CORRUPT);
  return query.Int(0);
}

void Connection::SwitchToWal() {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + std::chrono::milliseconds(options_.busy_timeout_ms);
  while (true) {
    Announce("PRAGMA journal_mode = WAL");
    const int code =
        sqlite3_exec(db_.get(), "PRAGMA journal_mode = WAL", nullptr, nullptr, nullptr);
    if (code == SQLITE_OK) return;
    // SQLite does not wait here by itself.
    if ((code & 0xff) != SQLITE_BUSY || Clock::now() >= deadline) FailWith(code);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void Connection::SetCheckpointOnClose(bool enabled) {
  sqlite3_db_config(db_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, enabled ? 0 : 1, nullptr);
}

bool Connection::InTransaction() const { return sqlite3_get_autocommit(db_.get()) == 0; }

void Connection::FailWith(int code) const {
  const Meaning meaning = MeaningOf(code);
  Fail(meaning.code,
       fmt::format("registry '{}': {}: {}", path_,
                   db_ ? sqlite3_errmsg(db_.get()) : sqlite3_errstr(code), meaning.what_to_do));
}

sqlite3_stmt* Connection::Prepare(std::string_view sql) {
  const auto found = statements_.find(sql);
  if (found != statements_.end()) return found->second.get();
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  // Our statements are right for our schema; where one is not, the tables are not ours.
  if (code == SQLITE_ERROR) {
    Fail(ErrorCode::kStoreCorrupt,
         fmt::format("registry '{}': its tables are not as muster made them ({}): restore it from "
                     "a backup or an export",
                     path_, sqlite3_errmsg(db_.get())));
  }
  if (code != SQLITE_OK) FailWith(code);
  statements_.emplace(std::string(sql), statement);
  return statement;
}

Query::~Query() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

bool Query::Next() {
  if (!started_) connection_.Announce(sql_);
  started_ = true;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) connection_.FailWith(code);
  return false;
}

std::int64_t Query::Int(int column) const {
  if (sqlite3_column_type(statement_, column) != SQLITE_INTEGER) FailDamaged("a number");
  return sqlite3_column_int64(statement_, column);
}

std::uint64_t Query::Unsigned(int column) const {
  const std::int64_t value = Int(column);
  if (value < 0) FailDamaged("a count");
  return static_cast<std::uint64_t>(value);
}

std::string Query::Text(int column) const {
  if (IsNull(column)) return {};
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (text == nullptr) connection_.FailWith(SQLITE_NOMEM);
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Bytes Query::Blob(int column) const {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  if (data == nullptr) return {};
  return {data, data + sqlite3_column_bytes(statement_, column)};
}

bool Query::IsNull(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

Fingerprint Query::Digest(int column) const {
  const Bytes octets = Blob(column);
  Fingerprint digest;
  if (octets.size() != digest.bytes.size()) FailDamaged("a digest");
  std::copy(octets.begin(), octets.end(), digest.bytes.begin());
  return digest;
}

void Query::FailDamaged(std::string_view what) const {
  Fail(ErrorCode::kStoreCorrupt,
       fmt::format("registry '{}' is damaged: {} in it is not what it should be; restore it from a "
                   "backup or an export",
                   connection_.path(), what));
}

void Query::CheckBound(int code) {
  if (code != SQLITE_OK) connection_.FailWith(code);
}

void Query::Bind(std::int64_t value) {
  CheckBound(sqlite3_bind_int64(statement_, ++bound_, value));
}

void Query::Bind(std::uint64_t value) {
  if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    connection_.FailWith(SQLITE_RANGE);
  }
  Bind(static_cast<std::int64_t>(value));
}

void Query::Bind(std::string_view value) {
  CheckBound(sqlite3_bind_text64(statement_, ++bound_, value.data() ? value.data() : "",
                                 value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Query::Bind(const Bytes& value) {
  if (value.empty()) {
    BindNull();
    return;
  }
  CheckBound(
      sqlite3_bind_blob64(statement_, ++bound_, value.data(), value.size(), SQLITE_TRANSIENT));
}

void Query::Bind(const Fingerprint& value) {
  CheckBound(sqlite3_bind_blob64(statement_, ++bound_, value.bytes.data(), value.bytes.size(),
                                 SQLITE_TRANSIENT));
}

void Query::BindNull() { CheckBound(sqlite3_bind_null(statement_, ++bound_)); }

}  // namespace muster::registry::sqlite
