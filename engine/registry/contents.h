// Everything of one service as plain values.
#ifndef MUSTER_ENGINE_REGISTRY_CONTENTS_H_
#define MUSTER_ENGINE_REGISTRY_CONTENTS_H_

#include <string_view>

#include "engine/registry/store/registry_store.h"
#include "muster/registry.h"

namespace muster::registry {

// kNotFound where there is no such service.
RegistryContents ReadContents(StoreTransaction& tx, std::string_view service);

// Puts every row of a service into another store, which does not have it yet.
void CopyService(StoreTransaction& from, std::string_view service, StoreTransaction* to);

}  // namespace muster::registry

#endif  // MUSTER_ENGINE_REGISTRY_CONTENTS_H_
