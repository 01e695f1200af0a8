// RegistryStore: the seam between the registry's rules and where its rows lie.
//
// Rows, not rules: a store keeps what it is given, finds it again, and makes the changes of one
// transaction durable together or not at all. A transaction sees its own changes; another one's
// only once they are committed. Names and ids are keys without regard to ASCII case. On failure
// every operation throws RegistryFailure (kStoreBusy, kStoreIo, kStoreCorrupt).
#ifndef MUSTER_ENGINE_REGISTRY_STORE_REGISTRY_STORE_H_
#define MUSTER_ENGINE_REGISTRY_STORE_REGISTRY_STORE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/registry/store/failure.h"
#include "muster/registry.h"

namespace muster::registry {

// In every row, `changed` is the service's generation at the row's last change; the ETag is made
// from it.

struct ServiceRow {
  std::string name;
  std::uint64_t generation = 0;
};

struct CaRow {
  std::string name;
  Bytes der;
  Fingerprint fingerprint;
  CaStatus status = CaStatus::kUnverified;
  VerificationMethod method = VerificationMethod::kNone;
  UnixTime registered_at{};
  std::optional<UnixTime> verified_at;
  std::uint64_t changed = 0;
};

// A verification code. Only its digest is kept. Codes go with their CA.
struct CodeRow {
  std::uint64_t generation = 0;
  Fingerprint digest;
  UnixTime created{};
  UnixTime expires{};
  int bad_proofs = 0;
  bool outstanding = false;  // At most one of a CA; the others were superseded.
};

struct EnrollmentRow {
  EnrollmentKind kind = EnrollmentKind::kGroup;
  std::string id;
  bool enabled = true;
  SigningCertificates certificates;
  std::uint64_t changed = 0;
};

// CRLs go with their CA.
struct CrlRow {
  std::string ca_name;
  Fingerprint scope;  // Digest of issuer, scope and kind: one CRL of a CA for each.
  Bytes der;
  std::uint64_t changed = 0;
};

struct DenyRow {
  Fingerprint key;  // Digest of what is denied.
  std::optional<Fingerprint> fingerprint;
  Bytes issuer;
  Bytes serial;
  std::string comment;
  std::uint64_t changed = 0;
};

// One transaction. Destroyed without Commit, it changes nothing. Not thread-safe.
class StoreTransaction {
 public:
  virtual ~StoreTransaction() = default;
  StoreTransaction(const StoreTransaction&) = delete;
  StoreTransaction& operator=(const StoreTransaction&) = delete;

  // The last call. When it has returned, the changes are durable.
  virtual void Commit() = 0;

  // Put creates the row or replaces the one of the same key. Lists are in the order of keys.
  virtual std::vector<ServiceRow> Services() = 0;
  virtual std::optional<ServiceRow> FindService(std::string_view name) = 0;
  virtual void PutService(const ServiceRow& row) = 0;
  virtual void DeleteService(std::string_view name) = 0;  // With everything in it.

  virtual std::vector<CaRow> Cas(std::string_view service) = 0;
  virtual std::optional<CaRow> FindCa(std::string_view service, std::string_view name) = 0;
  virtual std::vector<CaRow> FindCasByFingerprint(std::string_view service,
                                                  const Fingerprint& fingerprint) = 0;
  virtual void PutCa(std::string_view service, const CaRow& row) = 0;
  virtual void DeleteCa(std::string_view service, std::string_view name) = 0;

  virtual std::vector<CodeRow> Codes(std::string_view service, std::string_view ca_name) = 0;
  virtual void PutCode(std::string_view service, std::string_view ca_name, const CodeRow& row) = 0;
  virtual void DeleteCode(std::string_view service, std::string_view ca_name,
                          std::uint64_t generation) = 0;

  virtual std::vector<EnrollmentRow> Enrollments(std::string_view service, EnrollmentKind kind) = 0;
  virtual std::optional<EnrollmentRow> FindEnrollment(std::string_view service, EnrollmentKind kind,
                                                      std::string_view id) = 0;
  // Those of either kind to which the certificate was uploaded.
  virtual std::vector<EnrollmentRow> FindEnrollmentsByCertificate(
      std::string_view service, const Fingerprint& fingerprint) = 0;
  // Those of either kind that refer to the CA by name.
  virtual std::vector<EnrollmentRow> FindEnrollmentsByCa(std::string_view service,
                                                         std::string_view ca_name) = 0;
  virtual void PutEnrollment(std::string_view service, const EnrollmentRow& row) = 0;
  virtual void DeleteEnrollment(std::string_view service, EnrollmentKind kind,
                                std::string_view id) = 0;

  virtual std::vector<CrlRow> Crls(std::string_view service) = 0;
  virtual std::optional<CrlRow> FindCrl(std::string_view service, std::string_view ca_name,
                                        const Fingerprint& scope) = 0;
  virtual void PutCrl(std::string_view service, const CrlRow& row) = 0;
  virtual void DeleteCrl(std::string_view service, std::string_view ca_name,
                         const Fingerprint& scope) = 0;

  virtual std::vector<DenyRow> Denied(std::string_view service) = 0;
  virtual std::optional<DenyRow> FindDenied(std::string_view service, const Fingerprint& key) = 0;
  virtual void PutDenied(std::string_view service, const DenyRow& row) = 0;
  virtual void DeleteDenied(std::string_view service, const Fingerprint& key) = 0;

  // The audit log can only grow. It outlives the services it tells of.
  virtual std::vector<AuditLogEntry> AuditLog(std::string_view service) = 0;  // Empty = all.
  virtual std::uint64_t LastAuditSequence() = 0;                              // 0 = none yet.
  virtual void AppendAudit(const AuditLogEntry& entry) = 0;  // `sequence` is the store's to give.

 protected:
  StoreTransaction() = default;
};

}  // namespace muster::registry

namespace muster {

// Thread-safe: transactions of several threads wait for each other.
class RegistryStore {
 public:
  virtual ~RegistryStore() = default;
  RegistryStore(const RegistryStore&) = delete;
  RegistryStore& operator=(const RegistryStore&) = delete;

  virtual std::unique_ptr<registry::StoreTransaction> BeginRead() = 0;
  // Waits for other writers, of this process and of others; kStoreBusy when it takes too long.
  virtual std::unique_ptr<registry::StoreTransaction> BeginWrite() = 0;

  // Reads everything and says what is damaged, line by line; empty = nothing.
  virtual std::vector<std::string> FindDamage() = 0;

 protected:
  RegistryStore() = default;
};

}  // namespace muster

#endif  // MUSTER_ENGINE_REGISTRY_STORE_REGISTRY_STORE_H_
