// A registry for a test: its time and randomness are the test's, and it lies in memory or in a
// file.
#ifndef MUSTER_TESTS_UNIT_REGISTRY_REGISTRY_FIXTURE_H_
#define MUSTER_TESTS_UNIT_REGISTRY_REGISTRY_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/registry/store/memory/memory_store.h"
#include "engine/registry/store/sqlite/sqlite_store.h"
#include "muster/registry.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/test_world.h"

namespace muster::registry {

using test::Entity;
using test::Must;
using test::ScratchFolder;
using test::World;
using testing::HasSubstr;

enum class StoreKind { kMemory, kSqlite };

inline std::string NameOfStore(const testing::TestParamInfo<StoreKind>& info) {
  return info.param == StoreKind::kMemory ? "Memory" : "Sqlite";
}

// Tests of the rules run over every store.
class RegistryTest : public testing::TestWithParam<StoreKind> {
 protected:
  RegistryTest() : registry_(Open()) { Must(registry_.CreateService("s")); }

  RegistryEnvironment Environment() {
    return {[this] { return now_; },
            [this](std::span<std::uint8_t> out) {
              for (std::uint8_t& octet : out) {
                octet = static_cast<std::uint8_t>(++random_ * 0x9e3779b97f4a7c15u >> 56);
              }
            }};
  }

  Registry Open() {
    if (GetParam() == StoreKind::kMemory) {
      return Must(Registry::Open(MakeMemoryStore(), Environment()));
    }
    RegistryOptions options;
    options.environment = Environment();
    return Must(Registry::Open(folder_.At("registry"), options));
  }

  static void Must(Result<void> result) {
    if (!result) throw std::runtime_error(result.error().message);
  }
  template <typename T>
  static T Must(Result<T> result) {
    return test::Must(std::move(result));
  }

  // Everything there is, ETags, generations and the audit log included.
  std::string Everything() {
    std::string text = Must(registry_.ExportJson());
    for (const std::string& service : Must(registry_.ListServices())) {
      for (const CaCertificate& ca : Must(registry_.ListCas(service))) {
        if (!ca.code) continue;
        text += ca.name + " " + std::to_string(ca.code->generation) + " " +
                std::to_string(ca.code->bad_proofs) + "\n";
      }
    }
    for (const AuditLogEntry& entry : Must(registry_.AuditLog())) text += Line(entry) + "\n";
    return text;
  }

  static std::string Line(const AuditLogEntry& entry) {
    return std::to_string(entry.sequence) + " " + entry.service + " " + entry.action + " " +
           entry.subject + " " + entry.detail;
  }

  // "action subject" of the last `count` audit records.
  std::vector<std::string> LastActions(std::size_t count) {
    std::vector<std::string> actions;
    for (const AuditLogEntry& entry : Must(registry_.AuditLog())) {
      actions.push_back(entry.action + " " + entry.subject);
    }
    if (actions.size() > count) {
      actions.erase(actions.begin(), actions.end() - static_cast<std::ptrdiff_t>(count));
    }
    return actions;
  }

  std::uint64_t Generation(std::string_view service = "s") {
    return Must(registry_.Contents(service)).generation;
  }

  ScratchFolder folder_;
  World w_;
  UnixTime now_ = w_.at();
  std::uint64_t random_ = 0;
  Registry registry_;
};

inline EnrollmentGroup GroupByName(std::string id, std::string primary_ca,
                                   std::string secondary_ca = {}) {
  return {std::move(id), true, {{}, {}, std::move(primary_ca), std::move(secondary_ca)}, {}};
}
inline EnrollmentGroup GroupOf(std::string id, const Entity& primary) {
  return {std::move(id), true, {primary.bytes(), {}, {}, {}}, {}};
}
inline EnrollmentGroup GroupOf(std::string id, const Entity& primary, const Entity& secondary) {
  return {std::move(id), true, {primary.bytes(), secondary.bytes(), {}, {}}, {}};
}
inline IndividualEnrollment IndividualByName(std::string id, std::string primary_ca,
                                             std::string secondary_ca = {}) {
  return {std::move(id), true, {{}, {}, std::move(primary_ca), std::move(secondary_ca)}, {}};
}
inline IndividualEnrollment IndividualOf(std::string id, const Entity& leaf) {
  return {std::move(id), true, {leaf.bytes(), {}, {}, {}}, {}};
}

// The error of a result that must have failed.
template <typename T>
Error ErrorOf(const Result<T>& result) {
  if (result.has_value()) {
    ADD_FAILURE() << "succeeded";
    return {};
  }
  return result.error();
}

#define MUSTER_OVER_EVERY_STORE(suite)                                                             \
  INSTANTIATE_TEST_SUITE_P(Stores, suite, testing::Values(StoreKind::kMemory, StoreKind::kSqlite), \
                           NameOfStore)

}  // namespace muster::registry

#endif  // MUSTER_TESTS_UNIT_REGISTRY_REGISTRY_FIXTURE_H_
