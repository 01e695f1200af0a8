#include "engine/registry/store/sqlite/sqlite_store.h"

#include <fmt/format.h>

#include <mutex>
#include <utility>

#include "engine/registry/store/sqlite/connection.h"
#include "engine/registry/store/sqlite/file_header.h"
#include "engine/registry/store/sqlite/schema.h"
#include "engine/registry/store/sqlite/sqlite_transaction.h"

namespace muster::registry {
namespace sqlite {
namespace {

class SqliteStore final : public RegistryStore {
 public:
  SqliteStore(std::unique_ptr<Connection> connection, bool read_only)
      : connection_(std::move(connection)), read_only_(read_only) {}

  std::unique_ptr<StoreTransaction> BeginRead() override { return Begin("BEGIN"); }

  std::unique_ptr<StoreTransaction> BeginWrite() override {
    if (read_only_) {
      Fail(ErrorCode::kStoreIo,
           fmt::format("registry '{}' was opened read-only; open it for writing to change it",
                       connection_->path()));
    }
    return Begin("BEGIN IMMEDIATE");
  }

  std::vector<std::string> FindDamage() override {
    const std::unique_lock lock(mutex_);
    std::vector<std::string> damage;
    Query integrity(*connection_, "PRAGMA integrity_check");
    while (integrity.Next()) {
      std::string line = integrity.Text(0);
      if (line != "ok") damage.push_back(std::move(line));
    }
    Query references(*connection_, "PRAGMA foreign_key_check");
    while (references.Next()) {
      damage.push_back(fmt::format("a row of table {} refers to a missing row of table {}",
                                   references.Text(0), references.Text(2)));
    }
    return damage;
  }

 private:
  std::unique_ptr<StoreTransaction> Begin(const char* begin) {
    std::unique_lock lock(mutex_);
    connection_->Execute(begin);
    return MakeSqliteTransaction(connection_.get(), std::move(lock));
  }

  std::mutex mutex_;  // Held by the transaction: SQLite has one per connection.
  std::unique_ptr<Connection> connection_;
  bool read_only_;
};

}  // namespace
}  // namespace sqlite

std::unique_ptr<RegistryStore> OpenSqliteStore(const std::string& path,
                                               const SqliteStoreOptions& options) {
  using sqlite::FileState;
  if (path.empty() || path.find('\0') != std::string::npos) {
    Fail(ErrorCode::kInvalidArgument,
         "the path of a registry is empty or holds a NUL; give a "
         "file name");
  }
  const FileState state = sqlite::InspectFile(path, sqlite::kSchemaVersion);
  if (state != FileState::kRegistry && (options.read_only || !options.create)) {
    Fail(ErrorCode::kStoreIo,
         fmt::format("there is no registry at '{}'; check the path, or create one", path));
  }
  auto connection = std::make_unique<sqlite::Connection>(path, options);
  connection->SetCheckpointOnClose(false);  // Touch nothing before the version is known.
  try {
    if (options.read_only) {
      sqlite::RequireCurrentVersion(*connection);
    } else {
      // A new file gets its tables before it gets a write-ahead log, so that its header tells whose
      // it is from the first commit on.
      sqlite::Migrate(*connection);
      connection->SwitchToWal();
      connection->Execute("PRAGMA synchronous = FULL");
    }
  } catch (const RegistryFailure&) {
    // A log that SQLite made to look at the file and that holds nothing goes with the connection.
    if (!sqlite::HasContent(path + "-wal")) connection->SetCheckpointOnClose(true);
    throw;
  }
  connection->SetCheckpointOnClose(true);
  connection->Execute("PRAGMA foreign_keys = ON");
  connection->Execute("PRAGMA cell_size_check = ON");
  if (options.page_count_max > 0) {
    connection->Execute(fmt::format("PRAGMA max_page_count = {}", options.page_count_max));
  }
  return std::make_unique<sqlite::SqliteStore>(std::move(connection), options.read_only);
}

}  // namespace muster::registry
