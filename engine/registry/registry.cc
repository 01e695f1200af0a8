// The methods of Registry: each is one transaction around the rules of its area.
#include "muster/registry.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "engine/crypto/public_key.h"
#include "engine/registry/ca_certificates.h"
#include "engine/registry/contents.h"
#include "engine/registry/crls_and_denials.h"
#include "engine/registry/enrollments.h"
#include "engine/registry/json_export.h"
#include "engine/registry/json_import.h"
#include "engine/registry/registry_impl.h"
#include "engine/registry/snapshot.h"
#include "engine/registry/store/memory/memory_store.h"
#include "engine/registry/store/sqlite/sqlite_store.h"

namespace muster {

using registry::Change;
using registry::EnrollmentRow;
using registry::StoreTransaction;

namespace {

// The one place below the command line that reads a clock, and only where none was given.
UnixTime SystemNow() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

RegistryEnvironment Complete(RegistryEnvironment environment) {
  if (!environment.now) environment.now = SystemNow;
  if (!environment.random) environment.random = crypto::SystemRandom;
  return environment;
}

template <typename To, typename Row, typename Convert>
std::vector<To> ConvertAll(std::vector<Row> rows, const Convert& convert) {
  std::vector<To> values;
  values.reserve(rows.size());
  for (Row& row : rows) values.push_back(convert(std::move(row)));
  return values;
}

bool IsEmpty(StoreTransaction& tx, std::string_view service) {
  return tx.Cas(service).empty() && tx.Denied(service).empty() &&
         tx.Enrollments(service, EnrollmentKind::kGroup).empty() &&
         tx.Enrollments(service, EnrollmentKind::kIndividual).empty();
}

}  // namespace

Registry::Registry(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Registry::Registry(Registry&&) noexcept = default;
Registry& Registry::operator=(Registry&&) noexcept = default;
Registry::~Registry() = default;

Result<Registry> Registry::Open(const std::string& path, RegistryOptions options) {
  return registry::AtEdge([&] {
    registry::SqliteStoreOptions store_options;
    store_options.create = options.create;
    store_options.read_only = options.read_only;
    store_options.busy_timeout_ms = options.busy_timeout_ms;
    return Open(registry::OpenSqliteStore(path, store_options), std::move(options.environment));
  });
}

Result<Registry> Registry::Open(std::unique_ptr<RegistryStore> store,
                                RegistryEnvironment environment) {
  if (store == nullptr) {
    return MakeError(ErrorCode::kInvalidArgument, "a registry needs a store; none was given");
  }
  return Registry(std::make_unique<Impl>(std::move(store), Complete(std::move(environment))));
}

Result<std::vector<std::string>> Registry::FindDamage() {
  return registry::AtEdge([&] { return impl_->store().FindDamage(); });
}

// --- Provisioning services ---------------------------------------------------------------------

Result<void> Registry::CreateService(std::string_view service) {
  return registry::AtEdge([&] {
    const auto transaction = impl_->store().BeginWrite();
    Change change(transaction.get(), &impl_->environment(),
                  registry::NewService(*transaction, service));
    change.Record("service-created", service, "");
    Impl::Finish(change);
  });
}

Result<std::vector<std::string>> Registry::ListServices() {
  return impl_->Read([](StoreTransaction& tx) {
    return ConvertAll<std::string>(tx.Services(), [](auto row) { return std::move(row.name); });
  });
}

Result<void> Registry::DeleteService(std::string_view service, bool force) {
  return registry::AtEdge([&] {
    const auto transaction = impl_->store().BeginWrite();
    Change change(transaction.get(), &impl_->environment(),
                  registry::RequireService(*transaction, service));
    if (!force && !IsEmpty(*transaction, service)) {
      registry::Fail(
          ErrorCode::kInUse,
          fmt::format("service '{}' holds CAs, enrollments or denied devices; delete them "
                      "first, or use force",
                      service));
    }
    transaction->DeleteService(service);
    change.Note("service-deleted", service, force ? "with everything in it" : "");
    transaction->Commit();
  });
}

// --- CA certificates ---------------------------------------------------------------------------

Result<CaCertificate> Registry::AddCa(std::string_view service, std::string_view name, ByteView der,
                                      bool self_attested, std::string_view if_match) {
  return impl_->Write(service, [&](Change& change) {
    return registry::AddCa(change, name, der, self_attested, if_match);
  });
}

Result<CaCertificate> Registry::GetCa(std::string_view service, std::string_view name) {
  return impl_->Read(service, [&](StoreTransaction& tx) {
    return registry::ToCaCertificate(tx, service, registry::RequireCa(tx, service, name));
  });
}

Result<std::vector<CaCertificate>> Registry::ListCas(std::string_view service) {
  return impl_->Read(service, [&](StoreTransaction& tx) {
    return ConvertAll<CaCertificate>(tx.Cas(service), [&](registry::CaRow row) {
      return registry::ToCaCertificate(tx, service, std::move(row));
    });
  });
}

Result<VerificationCode> Registry::GenerateCode(std::string_view service, std::string_view name,
                                                std::string_view if_match) {
  return impl_->Write(
      service, [&](Change& change) { return registry::GenerateCode(change, name, if_match); });
}

Result<CaCertificate> Registry::VerifyCa(std::string_view service, std::string_view name,
                                         ByteView proof, std::string_view if_match) {
  return impl_->Write(
      service, [&](Change& change) { return registry::VerifyCa(change, name, proof, if_match); });
}

Result<CaCertificate> Registry::SelfAttestCa(std::string_view service, std::string_view name,
                                             std::string_view why, std::string_view if_match) {
  return impl_->Write(
      service, [&](Change& change) { return registry::SelfAttestCa(change, name, why, if_match); });
}

Result<void> Registry::DeleteCa(std::string_view service, std::string_view name, bool force,
                                std::string_view if_match) {
  return impl_->Write(service,
                      [&](Change& change) { registry::DeleteCa(change, name, force, if_match); });
}

// --- Enrollments -------------------------------------------------------------------------------

Result<EnrollmentGroup> Registry::PutGroup(std::string_view service, const EnrollmentGroup& group,
                                           std::string_view if_match) {
  return impl_->Write(service, [&](Change& change) {
    EnrollmentRow row{EnrollmentKind::kGroup, group.id, group.enabled, group.signing, 0};
    return registry::ToGroup(registry::PutEnrollment(change, std::move(row), if_match, false));
  });
}

Result<EnrollmentGroup> Registry::GetGroup(std::string_view service, std::string_view id) {
  return impl_->Read(service, [&](StoreTransaction& tx) {
    return registry::ToGroup(registry::RequireEnrollment(tx, service, EnrollmentKind::kGroup, id));
  });
}

Result<std::vector<EnrollmentGroup>> Registry::ListGroups(std::string_view service) {
  return impl_->Read(service, [&](StoreTransaction& tx) {
    return ConvertAll<EnrollmentGroup>(tx.Enrollments(service, EnrollmentKind::kGroup),
                                       registry::ToGroup);
  });
}

Result<EnrollmentGroup> Registry::SetGroupEnabled(std::string_view service, std::string_view id,
                                                  bool enabled, std::string_view if_match) {
  return impl_->Write(service, [&](Change& change) {
    return registry::ToGroup(
        registry::SetEnabled(change, EnrollmentKind::kGroup, id, enabled, if_match));
  });
}

Result<void> Registry::DeleteGroup(std::string_view service, std::string_view id,
                                   std::string_view if_match) {
  return impl_->Write(service, [&](Change& change) {
    registry::DeleteEnrollment(change, EnrollmentKind::kGroup, id, if_match);
  });
}

Result<IndividualEnrollment> Registry::PutIndividual(std::string_view service,
                                                     const IndividualEnrollment& individual,
                                                     std::string_view if_match) {
  return impl_->Write(service, [&](Change& change) {
    EnrollmentRow row{EnrollmentKind::kIndividual, individual.registration_id, individual.enabled,
                      individual.attestation, 0};
    return registry::ToIndividual(registry::PutEnrollment(change, std::move(row), if_match, false));
  });
}

Result<IndividualEnrollment> Registry::GetIndividual(std::string_view service,
                                                     std::string_view registration_id) {
  return impl_->Read(service, [&](StoreTransaction& tx) {
    return registry::ToIndividual(
        registry::RequireEnrollment(tx, service, EnrollmentKind::kIndividual, registration_id));
  });
}

Result<std::vector<IndividualEnrollment>> Registry::ListIndividuals(std::string_view service) {
  return impl_->Read(service, [&](StoreTransaction& tx) {
    return ConvertAll<IndividualEnrollment>(tx.Enrollments(service, EnrollmentKind::kIndividual),
                                            registry::ToIndividual);
  });
}

Result<IndividualEnrollment> Registry::SetIndividualEnabled(std::string_view service,
                                                            std::string_view registration_id,
                                                            bool enabled,
                                                            std::string_view if_match) {
  return impl_->Write(service, [&](Change& change) {
    return registry::ToIndividual(registry::SetEnabled(change, EnrollmentKind::kIndividual,
                                                       registration_id, enabled, if_match));
  });
}

Result<void> Registry::DeleteIndividual(std::string_view service, std::string_view registration_id,
                                        std::string_view if_match) {
  return impl_->Write(service, [&](Change& change) {
    registry::DeleteEnrollment(change, EnrollmentKind::kIndividual, registration_id, if_match);
  });
}

// --- Revocation --------------------------------------------------------------------------------

Result<RegisteredCrl> Registry::AddCrl(std::string_view service, std::string_view ca_name,
                                       ByteView der) {
  return impl_->Write(service,
                      [&](Change& change) { return registry::AddCrl(change, ca_name, der); });
}

Result<std::vector<RegisteredCrl>> Registry::ListCrls(std::string_view service) {
  return impl_->Read(service, [&](StoreTransaction& tx) {
    return ConvertAll<RegisteredCrl>(tx.Crls(service), registry::ToCrl);
  });
}

Result<void> Registry::DeleteCrls(std::string_view service, std::string_view ca_name) {
  return impl_->Write(service, [&](Change& change) { registry::DeleteCrls(change, ca_name); });
}

Result<DenyEntry> Registry::AddDenied(std::string_view service, const DenyEntry& entry) {
  return impl_->Write(service, [&](Change& change) { return registry::AddDenied(change, entry); });
}

Result<std::vector<DenyEntry>> Registry::ListDenied(std::string_view service) {
  return impl_->Read(service, [&](StoreTransaction& tx) {
    return ConvertAll<DenyEntry>(tx.Denied(service), registry::ToDenyEntry);
  });
}

Result<void> Registry::DeleteDenied(std::string_view service, const DenyEntry& entry) {
  return impl_->Write(service, [&](Change& change) { registry::DeleteDenied(change, entry); });
}

// --- Reading it as a whole ---------------------------------------------------------------------

Result<RegistryContents> Registry::Contents(std::string_view service) {
  return impl_->Read([&](StoreTransaction& tx) { return registry::ReadContents(tx, service); });
}

Result<std::shared_ptr<const RegistrySnapshot>> Registry::Snapshot(std::string_view service) {
  Result<RegistryContents> contents = Contents(service);
  if (!contents) return tl::unexpected(std::move(contents.error()));
  auto snapshot = RegistrySnapshot::Compile(*std::move(contents));
  // Every change was checked, so contents that break a rule were not written by muster.
  if (!snapshot && snapshot.error().code == ErrorCode::kInvalidArgument) {
    snapshot.error().code = ErrorCode::kStoreCorrupt;
  }
  return snapshot;
}

Result<Registry> Registry::CopyToMemory(std::string_view service) {
  return impl_->Read([&](StoreTransaction& tx) {
    std::unique_ptr<RegistryStore> store = registry::MakeMemoryStore();
    {
      const auto copy = store->BeginWrite();
      registry::CopyService(tx, service, copy.get());
      copy->Commit();
    }
    return Registry(std::make_unique<Impl>(std::move(store), impl_->environment()));
  });
}

Result<std::vector<AuditLogEntry>> Registry::AuditLog(std::string_view service) {
  return impl_->Read([&](StoreTransaction& tx) { return tx.AuditLog(service); });
}

Result<std::string> Registry::ExportJson(std::string_view service) {
  return impl_->Read([&](StoreTransaction& tx) {
    std::vector<RegistryContents> services;
    for (const registry::ServiceRow& row : tx.Services()) {
      if (service.empty() || row.name == service) {
        services.push_back(registry::ReadContents(tx, row.name));
      }
    }
    if (!service.empty() && services.empty()) registry::RequireService(tx, service);
    return registry::ToJson(services);
  });
}

Result<std::vector<std::string>> Registry::ImportJson(std::string_view json, bool replace) {
  return registry::AtEdge([&] {
    // Read before the store is locked: documents can be large.
    const std::vector<registry::ImportedService> services = registry::ParseRegistryJson(json);
    const auto transaction = impl_->store().BeginWrite();
    std::vector<std::string> names =
        registry::Import(*transaction, impl_->environment(), services, replace);
    transaction->Commit();
    return names;
  });
}

}  // namespace muster
