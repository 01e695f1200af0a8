// Imports any octets as a registry document: refused without a trace, or taken entirely and then as
// good as any registry: it compiles, and its export imports to the same again.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/check.h"
#include "engine/registry/store/memory/memory_store.h"
#include "muster/registry.h"

namespace {

using namespace muster;

Registry Open() {
  RegistryEnvironment environment;
  environment.now = [] { return UnixTime(std::chrono::seconds(1'781'524'800)); };
  auto registry = Registry::Open(registry::MakeMemoryStore(), std::move(environment));
  MUSTER_CHECK(registry.has_value());
  return *std::move(registry);
}

std::string Export(Registry& registry) {
  auto text = registry.ExportJson();
  MUSTER_CHECK(text.has_value());
  return *std::move(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Registry registry = Open();
  const auto services = registry.ImportJson(text);
  if (!services) {
    MUSTER_CHECK(!services.error().message.empty());
    MUSTER_CHECK(services.error().code != ErrorCode::kInternal);
    MUSTER_CHECK(registry.ListServices()->empty());
    MUSTER_CHECK(registry.AuditLog()->empty());
    return 0;
  }
  for (const std::string& service : *services) {
    const auto snapshot = registry.Snapshot(service);
    MUSTER_CHECK(snapshot.has_value());
    LintRegistry(**snapshot, (*snapshot)->contents().cas.empty()
                                 ? UnixTime{}
                                 : (*snapshot)->contents().cas.front().registered_at);
  }
  const std::string exported = Export(registry);
  Registry again = Open();
  MUSTER_CHECK(again.ImportJson(exported).has_value());
  MUSTER_CHECK(Export(again) == exported);
  MUSTER_CHECK(again.ImportJson(exported, true).has_value());
  return 0;
}
