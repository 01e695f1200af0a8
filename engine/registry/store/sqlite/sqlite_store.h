// SqliteStore: a RegistryStore in one SQLite file, shared by any number of threads and processes.
//
// Write-ahead logging with synchronous=FULL: a committed change survives a crash of the process and
// a loss of power; readers never wait for writers.
#ifndef MUSTER_ENGINE_REGISTRY_STORE_SQLITE_SQLITE_STORE_H_
#define MUSTER_ENGINE_REGISTRY_STORE_SQLITE_SQLITE_STORE_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "engine/registry/store/registry_store.h"

namespace muster::registry {

struct SqliteStoreOptions {
  bool create = true;
  bool read_only = false;
  int busy_timeout_ms = 10'000;
  // Seams for tests of what happens when things go wrong.
  std::string vfs;         // Name of a registered SQLite VFS; empty = the system's.
  int page_count_max = 0;  // The file may not grow beyond; 0 = no bound.
  std::function<void(std::string_view sql)> before_statement;  // Called before each one runs.
};

// Throws RegistryFailure.
std::unique_ptr<RegistryStore> OpenSqliteStore(const std::string& path,
                                               const SqliteStoreOptions& options);

}  // namespace muster::registry

#endif  // MUSTER_ENGINE_REGISTRY_STORE_SQLITE_SQLITE_STORE_H_
