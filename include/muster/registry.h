// Registry: the durable record of CA certificates, enrollments, CRLs and denials, per provisioning
// service; and RegistrySnapshot, the immutable compilation of one service that decisions run on.
//
// A provisioning service (its ID scope) is a tenant: registries of two services share nothing.
// Every change is one transaction with an audit record; it happens entirely or not at all. A change
// bumps the ETag of its row and the generation of its service. Where a method takes `if_match`, a
// value that is not the row's current ETag changes nothing and gives kStaleETag; empty = any.
// Errors: kNotFound for an unknown service or name, kStoreBusy/kStoreIo/kStoreCorrupt from the
// store.
#ifndef MUSTER_REGISTRY_H_
#define MUSTER_REGISTRY_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "muster/bytes.h"
#include "muster/enrollment.h"
#include "muster/proof_of_possession.h"
#include "muster/registry_contents.h"
#include "muster/result.h"
#include "muster/time.h"

namespace muster {

namespace registry {
class CompiledSnapshot;
}

// One service's registry, compiled: immutable and shared. Thread-safe.
class RegistrySnapshot {
 public:
  // kInvalidArgument where a certificate does not parse, a reference names no CA, an id is
  // malformed or duplicate, or one certificate belongs to two enrollments.
  [[nodiscard]] static Result<std::shared_ptr<const RegistrySnapshot>> Compile(
      RegistryContents contents);

  virtual ~RegistrySnapshot() = default;
  virtual const RegistryContents& contents() const = 0;
  std::uint64_t generation() const { return contents().generation; }
  const std::string& service() const { return contents().service; }

 private:
  friend class registry::CompiledSnapshot;  // The one implementation.
  RegistrySnapshot() = default;
};

// A row of the append-only audit log.
struct AuditLogEntry {
  std::uint64_t sequence = 0;
  UnixTime at{};
  std::string service;
  std::string action;   // "ca-registered", "code-generated", "proof-accepted", "proof-refused", ...
  std::string subject;  // The name or id that the action is about.
  std::string detail;
};

// Where time and randomness come from. Both must be safe to call from any thread.
struct RegistryEnvironment {
  std::function<UnixTime()> now;
  std::function<void(std::span<std::uint8_t>)> random;  // A CSPRNG; fills the span.
};

struct RegistryOptions {
  bool create = true;  // Make the file where it does not exist.
  bool read_only = false;
  int busy_timeout_ms = 10'000;     // How long to wait for another writer.
  RegistryEnvironment environment = {};  // Members left empty: the system's clock and CSPRNG.
};

class RegistryStore;

// The durable registry of any number of services. Methods may be called from several threads and
// several processes; writers are serialised by the store.
class Registry {
 public:
  // Opens the SQLite file at `path`. A file of another kind, a damaged one, or one of a newer
  // version is left untouched: kStoreCorrupt.
  [[nodiscard]] static Result<Registry> Open(const std::string& path, RegistryOptions options = {});
  // Uses another store (tests, other databases).
  [[nodiscard]] static Result<Registry> Open(std::unique_ptr<RegistryStore> store,
                                             RegistryEnvironment environment);
  Registry(Registry&&) noexcept;
  Registry& operator=(Registry&&) noexcept;
  ~Registry();

  // Reads the whole store and says what is damaged, one line each; empty = nothing is. Slow.
  [[nodiscard]] Result<std::vector<std::string>> FindDamage();

  // --- Provisioning services -------------------------------------------------------------------
  [[nodiscard]] Result<void> CreateService(std::string_view service);
  [[nodiscard]] Result<std::vector<std::string>> ListServices();
  // kInUse where the service holds anything, unless `force`.
  [[nodiscard]] Result<void> DeleteService(std::string_view service, bool force = false);

  // --- CA certificates -------------------------------------------------------------------------
  // Registers `der` under `name`. The same bytes change nothing; other bytes under a known name
  // replace it, always Unverified and without a code. `self_attested` makes a first registration
  // verified, recorded as such. kInvalidArgument where `der` is not a CA certificate with a good
  // key (v1 self-signed roots are let pass); kAlreadyExists for a name that differs in case only.
  [[nodiscard]] Result<CaCertificate> AddCa(std::string_view service, std::string_view name,
                                            ByteView der, bool self_attested = false,
                                            std::string_view if_match = {});
  [[nodiscard]] Result<CaCertificate> GetCa(std::string_view service, std::string_view name);
  [[nodiscard]] Result<std::vector<CaCertificate>> ListCas(std::string_view service);
  // A new code replaces the outstanding one. kInvalidArgument where the CA is verified already.
  [[nodiscard]] Result<VerificationCode> GenerateCode(std::string_view service,
                                                      std::string_view name,
                                                      std::string_view if_match = {});
  // Checks the proof; a good one makes the CA verified and consumes the code, a bad one is counted
  // and logged and gives kRefused with the reason and, where a registered CA signed it, its name.
  [[nodiscard]] Result<CaCertificate> VerifyCa(std::string_view service, std::string_view name,
                                               ByteView proof, std::string_view if_match = {});
  // Marks an Unverified CA as verified on its owner's word; logged with `why`, which may not be
  // empty.
  [[nodiscard]] Result<CaCertificate> SelfAttestCa(std::string_view service, std::string_view name,
                                                   std::string_view why,
                                                   std::string_view if_match = {});
  // kInUse where an enrollment refers to it by name, unless `force`: then those references are
  // removed with it, and an enrollment left without any is disabled. The same goes for indirect
  // CRLs of other CAs that it signed. Its own CRLs go with it.
  [[nodiscard]] Result<void> DeleteCa(std::string_view service, std::string_view name,
                                      bool force = false, std::string_view if_match = {});

  // --- Enrollments -----------------------------------------------------------------------------
  // Creates, or replaces one of the same id. kAlreadyExists where a certificate belongs to another
  // enrollment (individuals' CA references do not own the CA: any number may refer to one);
  // kNotFound for a reference to no CA; kInvalidArgument for a malformed id, no certificate, both
  // kinds of reference, or a certificate that is no CA (groups) or is one (individuals).
  [[nodiscard]] Result<EnrollmentGroup> PutGroup(std::string_view service,
                                                 const EnrollmentGroup& group,
                                                 std::string_view if_match = {});
  [[nodiscard]] Result<EnrollmentGroup> GetGroup(std::string_view service, std::string_view id);
  [[nodiscard]] Result<std::vector<EnrollmentGroup>> ListGroups(std::string_view service);
  [[nodiscard]] Result<EnrollmentGroup> SetGroupEnabled(std::string_view service,
                                                        std::string_view id, bool enabled,
                                                        std::string_view if_match = {});
  [[nodiscard]] Result<void> DeleteGroup(std::string_view service, std::string_view id,
                                         std::string_view if_match = {});
  [[nodiscard]] Result<IndividualEnrollment> PutIndividual(std::string_view service,
                                                           const IndividualEnrollment& individual,
                                                           std::string_view if_match = {});
  [[nodiscard]] Result<IndividualEnrollment> GetIndividual(std::string_view service,
                                                           std::string_view registration_id);
  [[nodiscard]] Result<std::vector<IndividualEnrollment>> ListIndividuals(std::string_view service);
  [[nodiscard]] Result<IndividualEnrollment> SetIndividualEnabled(std::string_view service,
                                                                  std::string_view registration_id,
                                                                  bool enabled,
                                                                  std::string_view if_match = {});
  [[nodiscard]] Result<void> DeleteIndividual(std::string_view service,
                                              std::string_view registration_id,
                                              std::string_view if_match = {});

  // --- Revocation ------------------------------------------------------------------------------
  // Holds `der` for the CA `ca_name`; replaces the CA's CRL of the same issuer, scope and kind
  // unless that one is newer (crlNumber, then thisUpdate: kInvalidArgument). kRefused with the
  // reason where the CA's key did not sign it (of an indirect CRL: no registered CA's key).
  [[nodiscard]] Result<RegisteredCrl> AddCrl(std::string_view service, std::string_view ca_name,
                                             ByteView der);
  [[nodiscard]] Result<std::vector<RegisteredCrl>> ListCrls(std::string_view service);
  // Removes every CRL of the CA.
  [[nodiscard]] Result<void> DeleteCrls(std::string_view service, std::string_view ca_name);
  [[nodiscard]] Result<DenyEntry> AddDenied(std::string_view service, const DenyEntry& entry);
  [[nodiscard]] Result<std::vector<DenyEntry>> ListDenied(std::string_view service);
  [[nodiscard]] Result<void> DeleteDenied(std::string_view service, const DenyEntry& entry);

  // --- Reading it as a whole -------------------------------------------------------------------
  // Everything of one service, read in one transaction.
  [[nodiscard]] Result<RegistryContents> Contents(std::string_view service);
  [[nodiscard]] Result<std::shared_ptr<const RegistrySnapshot>> Snapshot(std::string_view service);
  // The service as it is now in a registry of its own, in memory: rows, ETags and generation. What
  // is done to the copy is done by the same rules and never reaches this registry. Its audit log
  // starts empty.
  [[nodiscard]] Result<Registry> CopyToMemory(std::string_view service);
  // The audit log, oldest first; `service` empty = all.
  [[nodiscard]] Result<std::vector<AuditLogEntry>> AuditLog(std::string_view service = {});

  // One service, or all where `service` is empty, as a JSON document (schema in the README).
  // Verification codes are secrets and are not exported.
  [[nodiscard]] Result<std::string> ExportJson(std::string_view service = {});
  // Adds the services of such a document in one transaction. kAlreadyExists where one exists,
  // unless `replace`. Verified CAs keep status and method; that they came by import is logged.
  [[nodiscard]] Result<std::vector<std::string>> ImportJson(std::string_view json,
                                                            bool replace = false);

 private:
  class Impl;
  explicit Registry(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// --- What can be said of a registry without any device -----------------------------------------

enum class LintSeverity : std::uint8_t { kInfo, kWarning, kError };
std::string_view NameOf(LintSeverity severity);

struct LintFinding {
  std::string_view rule;  // Stable: "group-reaches-no-verified-ca", "same-certificate-two-names".
  LintSeverity severity = LintSeverity::kWarning;
  std::string subject;  // "group 'line-4'".
  std::string message;  // What is wrong and what to do.
};

// Groups that reach no verified CA, the same certificate under two names, CAs and signing
// certificates that have expired or soon will, self-attested CAs, stale CRLs, disabled entries.
std::vector<LintFinding> LintRegistry(const RegistrySnapshot& snapshot, UnixTime at);

// The issuer graph of the registered CAs and enrollment certificates in Graphviz's DOT language,
// coloured by status: verified, unverified but rolled up to verified, unverified.
std::string RegistryGraphviz(const RegistrySnapshot& snapshot);

}  // namespace muster

#endif  // MUSTER_REGISTRY_H_
