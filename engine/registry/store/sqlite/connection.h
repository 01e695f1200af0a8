// Connection and Query: the little of SQLite's C interface that the store needs, with owned
// handles, and with every failure thrown as RegistryFailure. Not thread-safe.
#ifndef MUSTER_ENGINE_REGISTRY_STORE_SQLITE_CONNECTION_H_
#define MUSTER_ENGINE_REGISTRY_STORE_SQLITE_CONNECTION_H_

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/registry/store/sqlite/sqlite_store.h"
#include "muster/bytes.h"
#include "muster/fingerprint.h"
#include "muster/time.h"

namespace muster::registry::sqlite {

class Connection {
 public:
  Connection(const std::string& path, const SqliteStoreOptions& options);

  // Runs statements that give no rows, or whose rows do not matter.
  void Execute(const std::string& sql);
  // The first column of the first row of a PRAGMA or SELECT.
  std::int64_t ReadInt(const std::string& sql);
  // Write-ahead logging is a property of the file; changing it needs the file for oneself, so this
  // waits as long as the busy timeout says.
  void SwitchToWal();
  // Whether the last connection to close copies the write-ahead log into the file.
  void SetCheckpointOnClose(bool enabled);
  bool InTransaction() const;

  const std::string& path() const { return path_; }

  // Throws what the code means for the caller.
  [[noreturn]] void FailWith(int code) const;

 private:
  friend class Query;
  struct CloseConnection {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };

  sqlite3_stmt* Prepare(std::string_view sql);
  // Calls the hook of the options.
  void Announce(std::string_view sql) const;

  std::string path_;
  SqliteStoreOptions options_;
  std::unique_ptr<sqlite3, CloseConnection> db_;
  // Statements that were prepared once. Declared after db_: they go first.
  std::map<std::string, std::unique_ptr<sqlite3_stmt, Finalize>, std::less<>> statements_;
};

// One execution of a prepared statement. The statement is reset when the query ends.
class Query {
 public:
  // Values are bound to ?1, ?2, ... in order.
  template <typename... Values>
  Query(Connection& connection, std::string_view sql, const Values&... values)
      : connection_(connection), sql_(sql), statement_(connection.Prepare(sql)) {
    (Bind(values), ...);
  }
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  bool Next();  // False when there is no further row.
  void Run() {
    while (Next()) {
    }
  }

  std::int64_t Int(int column) const;
  std::uint64_t Unsigned(int column) const;
  UnixTime Time(int column) const { return UnixTime(std::chrono::seconds(Int(column))); }
  std::string Text(int column) const;
  Bytes Blob(int column) const;
  bool IsNull(int column) const;
  // The file is damaged where the column is not 32 octets long.
  Fingerprint Digest(int column) const;

  // Says that the row just read cannot have been written by muster.
  [[noreturn]] void FailDamaged(std::string_view what) const;

 private:
  void Bind(std::int64_t value);
  void Bind(std::uint64_t value);
  void Bind(int value) { Bind(static_cast<std::int64_t>(value)); }
  void Bind(bool value) { Bind(static_cast<std::int64_t>(value)); }
  void Bind(UnixTime value) { Bind(static_cast<std::int64_t>(value.time_since_epoch().count())); }
  void Bind(std::string_view value);
  void Bind(const std::string& value) { Bind(std::string_view(value)); }
  void Bind(const Bytes& value);
  void Bind(const Fingerprint& value);
  void BindNull();
  template <typename T>
  void Bind(const std::optional<T>& value) {
    if (value.has_value()) {
      Bind(*value);
    } else {
      BindNull();
    }
  }
  void CheckBound(int code);

  Connection& connection_;
  std::string_view sql_;
  sqlite3_stmt* statement_;
  int bound_ = 0;
  bool started_ = false;
};

}  // namespace muster::registry::sqlite

#endif  // MUSTER_ENGINE_REGISTRY_STORE_SQLITE_CONNECTION_H_
