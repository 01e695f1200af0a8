// MemoryStore: a RegistryStore that keeps its rows in memory, for tests and for registries that
// need not outlive the process.
#ifndef MUSTER_ENGINE_REGISTRY_STORE_MEMORY_MEMORY_STORE_H_
#define MUSTER_ENGINE_REGISTRY_STORE_MEMORY_MEMORY_STORE_H_

#include <memory>

#include "engine/registry/store/registry_store.h"

namespace muster::registry {

std::unique_ptr<RegistryStore> MakeMemoryStore();

}  // namespace muster::registry

#endif  // MUSTER_ENGINE_REGISTRY_STORE_MEMORY_MEMORY_STORE_H_
