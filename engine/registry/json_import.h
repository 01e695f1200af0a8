// Reads registry documents (json_export.h), and puts them into a store through the same rules that
// every other change obeys.
#ifndef MUSTER_ENGINE_REGISTRY_JSON_IMPORT_H_
#define MUSTER_ENGINE_REGISTRY_JSON_IMPORT_H_

#include <string>
#include <string_view>
#include <vector>

#include "engine/registry/store/registry_store.h"
#include "muster/registry.h"

namespace muster::registry {

// One service of a document. Row i of a kind stood at `pointer` + "/cas/i" and so on. ETags and the
// generation of the document are not kept.
struct ImportedService {
  RegistryContents contents;
  std::string pointer;
};

// Checks form only. Throws RegistryFailure: kUnreadableInput where it is not JSON, kInvalidArgument
// where it is not a registry document; the message begins with a JSON pointer.
std::vector<ImportedService> ParseRegistryJson(std::string_view json);

// Adds the services to the store; gives their names. Verified CAs stay verified, and a record says
// that they came by import.
std::vector<std::string> Import(StoreTransaction& tx, const RegistryEnvironment& environment,
                                const std::vector<ImportedService>& services, bool replace);

}  // namespace muster::registry

#endif  // MUSTER_ENGINE_REGISTRY_JSON_IMPORT_H_
