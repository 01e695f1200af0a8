// The tables, and how files of older versions become files of this one.
#ifndef MUSTER_ENGINE_REGISTRY_STORE_SQLITE_SCHEMA_H_
#define MUSTER_ENGINE_REGISTRY_STORE_SQLITE_SCHEMA_H_

#include <cstdint>

#include "engine/registry/store/sqlite/connection.h"

namespace muster::registry::sqlite {

// The version that this muster reads and writes (SQLite's user_version).
inline constexpr std::uint32_t kSchemaVersion = 1;

// Brings the file to kSchemaVersion, one transaction for each version in between. Any number of
// processes may do so at once. kStoreCorrupt where the file is of a newer version.
void Migrate(Connection& connection);

// For files that may not be changed: kStoreCorrupt where it is newer, kStoreIo where it is older.
void RequireCurrentVersion(Connection& connection);

}  // namespace muster::registry::sqlite

#endif  // MUSTER_ENGINE_REGISTRY_STORE_SQLITE_SCHEMA_H_
