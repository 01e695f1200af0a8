// The row operations of one SQLite transaction.
#ifndef MUSTER_ENGINE_REGISTRY_STORE_SQLITE_SQLITE_TRANSACTION_H_
#define MUSTER_ENGINE_REGISTRY_STORE_SQLITE_SQLITE_TRANSACTION_H_

#include <memory>
#include <mutex>

#include "engine/registry/store/registry_store.h"
#include "engine/registry/store/sqlite/connection.h"

namespace muster::registry::sqlite {

// Takes over a transaction that was begun on `connection`, and the lock that guards it.
std::unique_ptr<StoreTransaction> MakeSqliteTransaction(Connection* connection,
                                                        std::unique_lock<std::mutex> lock);

}  // namespace muster::registry::sqlite

#endif  // MUSTER_ENGINE_REGISTRY_STORE_SQLITE_SQLITE_TRANSACTION_H_
