#include "engine/registry/store/sqlite/sqlite_transaction.h"

#include <utility>

namespace muster::registry::sqlite {
namespace {

#define MUSTER_CA_COLUMNS \
  "name, der, fingerprint, status, method, registered_at, verified_at, changed"
#define MUSTER_ENROLLMENT_COLUMNS                                        \
  "kind, id, enabled, primary_der, primary_fingerprint, secondary_der, " \
  "secondary_fingerprint, primary_ca, secondary_ca, changed"

constexpr auto kRollback = "ROLLBACK";

ServiceRow ReadService(const Query& query) { return {query.Text(0), query.Unsigned(1)}; }

// A fingerprint that does not fit its certificate means that one of the two was damaged on disk.
void CheckFingerprint(const Query& query, const Bytes& der, const Fingerprint& fingerprint) {
  if (Fingerprint::Of(der) != fingerprint) query.FailDamaged("a certificate");
}

CaRow ReadCa(const Query& query) {
  CaRow row;
  row.name = query.Text(0);
  row.der = query.Blob(1);
  row.fingerprint = query.Digest(2);
  CheckFingerprint(query, row.der, row.fingerprint);
  const std::int64_t status = query.Int(3), method = query.Int(4);
  // A status that cannot be read must not become a verified one.
  if (status < 0 || status > 1 || method < 0 || method > 2 || (status == 1) != (method != 0)) {
    query.FailDamaged("a CA's status");
  }
  row.status = static_cast<CaStatus>(status);
  row.method = static_cast<VerificationMethod>(method);
  row.registered_at = query.Time(5);
  if (!query.IsNull(6)) row.verified_at = query.Time(6);
  row.changed = query.Unsigned(7);
  return row;
}

CodeRow ReadCode(const Query& query) {
  CodeRow row;
  row.generation = query.Unsigned(0);
  row.digest = query.Digest(1);
  row.created = query.Time(2);
  row.expires = query.Time(3);
  row.bad_proofs = static_cast<int>(query.Unsigned(4));
  row.outstanding = query.Int(5) == 1;
  return row;
}

EnrollmentRow ReadEnrollment(const Query& query) {
  EnrollmentRow row;
  const std::int64_t kind = query.Int(0);
  if (kind != 1 && kind != 2) query.FailDamaged("an enrollment's kind");
  row.kind = static_cast<EnrollmentKind>(kind);
  row.id = query.Text(1);
  row.enabled = query.Int(2) == 1;
  row.certificates.primary = query.Blob(3);
  if (!query.IsNull(3)) CheckFingerprint(query, row.certificates.primary, query.Digest(4));
  row.certificates.secondary = query.Blob(5);
  if (!query.IsNull(5)) CheckFingerprint(query, row.certificates.secondary, query.Digest(6));
  row.certificates.primary_ca = query.Text(7);
  row.certificates.secondary_ca = query.Text(8);
  row.changed = query.Unsigned(9);
  return row;
}

CrlRow ReadCrl(const Query& query) {
  return {query.Text(0), query.Digest(1), query.Blob(2), query.Unsigned(3)};
}

DenyRow ReadDenied(const Query& query) {
  DenyRow row;
  row.key = query.Digest(0);
  if (!query.IsNull(1)) row.fingerprint = query.Digest(1);
  row.issuer = query.Blob(2);
  row.serial = query.Blob(3);
  row.comment = query.Text(4);
  row.changed = query.Unsigned(5);
  return row;
}

AuditLogEntry ReadAudit(const Query& query) {
  return {query.Unsigned(0), query.Time(1), query.Text(2),
          query.Text(3),     query.Text(4), query.Text(5)};
}

std::optional<Fingerprint> FingerprintOf(const Bytes& der) {
  if (der.empty()) return std::nullopt;
  return Fingerprint::Of(der);
}

std::optional<std::string> NullIfEmpty(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return text;
}

class SqliteTransaction final : public StoreTransaction {
 public:
  SqliteTransaction(Connection* connection, std::unique_lock<std::mutex> lock)
      : lock_(std::move(lock)), db_(*connection) {}

  ~SqliteTransaction() override {
    // SQLite has rolled back by itself after some failures.
    if (!db_.InTransaction()) return;
    try {
      db_.Execute(kRollback);
    } catch (const RegistryFailure&) {
      // Nothing was committed, and the next BEGIN will report what is wrong with the file.
    }
  }

  void Commit() override { db_.Execute("COMMIT"); }

  std::vector<ServiceRow> Services() override {
    return Select(ReadService, "SELECT name, generation FROM services ORDER BY name");
  }
  std::optional<ServiceRow> FindService(std::string_view name) override {
    return SelectOne(ReadService, "SELECT name, generation FROM services WHERE name = ?1", name);
  }
  void PutService(const ServiceRow& row) override {
    Run("INSERT INTO services (name, generation) VALUES (?1, ?2) "
        "ON CONFLICT DO UPDATE SET generation = ?2",
        row.name, row.generation);
  }
  void DeleteService(std::string_view name) override {
    // Enrollments first: they refer to CAs.
    Run("DELETE FROM enrollments WHERE service = ?1", name);
    Run("DELETE FROM services WHERE name = ?1", name);
  }

  std::vector<CaRow> Cas(std::string_view service) override {
    return Select(ReadCa, "SELECT " MUSTER_CA_COLUMNS " FROM cas WHERE service = ?1 ORDER BY name",
                  service);
  }
  std::optional<CaRow> FindCa(std::string_view service, std::string_view name) override {
    return SelectOne(ReadCa,
                     "SELECT " MUSTER_CA_COLUMNS " FROM cas WHERE service = ?1 AND name = ?2",
                     service, name);
  }
  std::vector<CaRow> FindCasByFingerprint(std::string_view service,
                                          const Fingerprint& fingerprint) override {
    return Select(ReadCa,
                  "SELECT " MUSTER_CA_COLUMNS
                  " FROM cas WHERE service = ?1 AND fingerprint = ?2 ORDER BY name",
                  service, fingerprint);
  }
  void PutCa(std::string_view service, const CaRow& row) override {
    Run("INSERT INTO cas (service, " MUSTER_CA_COLUMNS
        ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) "
        "ON CONFLICT DO UPDATE SET der = ?3, fingerprint = ?4, status = ?5, method = ?6, "
        "registered_at = ?7, verified_at = ?8, changed = ?9",
        service, row.name, row.der, row.fingerprint, static_cast<int>(row.status),
        static_cast<int>(row.method), row.registered_at, row.verified_at, row.changed);
  }
  void DeleteCa(std::string_view service, std::string_view name) override {
    Run("DELETE FROM cas WHERE service = ?1 AND name = ?2", service, name);
  }

  std::vector<CodeRow> Codes(std::string_view service, std::string_view ca_name) override {
    return Select(ReadCode,
                  "SELECT generation, digest, created, expires, bad_proofs, outstanding FROM codes "
                  "WHERE service = ?1 AND ca = ?2 ORDER BY generation",
                  service, ca_name);
  }
  void PutCode(std::string_view service, std::string_view ca_name, const CodeRow& row) override {
    Run("INSERT INTO codes (service, ca, generation, digest, created, expires, bad_proofs, "
        "outstanding) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
        "ON CONFLICT (service, ca, generation) DO UPDATE SET digest = ?4, created = ?5, "
        "expires = ?6, bad_proofs = ?7, outstanding = ?8",
        service, ca_name, row.generation, row.digest, row.created, row.expires, row.bad_proofs,
        row.outstanding);
  }
  void DeleteCode(std::string_view service, std::string_view ca_name,
                  std::uint64_t generation) override {
    Run("DELETE FROM codes WHERE service = ?1 AND ca = ?2 AND generation = ?3", service, ca_name,
        generation);
  }

  std::vector<EnrollmentRow> Enrollments(std::string_view service, EnrollmentKind kind) override {
    return Select(ReadEnrollment,
                  "SELECT " MUSTER_ENROLLMENT_COLUMNS
                  " FROM enrollments WHERE service = ?1 AND kind = ?2 ORDER BY id",
                  service, static_cast<int>(kind));
  }
  std::optional<EnrollmentRow> FindEnrollment(std::string_view service, EnrollmentKind kind,
                                              std::string_view id) override {
    return SelectOne(ReadEnrollment,
                     "SELECT " MUSTER_ENROLLMENT_COLUMNS
                     " FROM enrollments WHERE service = ?1 AND kind = ?2 AND id = ?3",
                     service, static_cast<int>(kind), id);
  }
  std::vector<EnrollmentRow> FindEnrollmentsByCertificate(std::string_view service,
                                                          const Fingerprint& fingerprint) override {
    return Select(ReadEnrollment,
                  "SELECT " MUSTER_ENROLLMENT_COLUMNS
                  " FROM enrollments WHERE service = ?1 AND "
                  "(primary_fingerprint = ?2 OR secondary_fingerprint = ?2) ORDER BY kind, id",
                  service, fingerprint);
  }
  std::vector<EnrollmentRow> FindEnrollmentsByCa(std::string_view service,
                                                 std::string_view ca_name) override {
    return Select(ReadEnrollment,
                  "SELECT " MUSTER_ENROLLMENT_COLUMNS
                  " FROM enrollments WHERE service = ?1 AND "
                  "(primary_ca = ?2 OR secondary_ca = ?2) ORDER BY kind, id",
                  service, ca_name);
  }
  void PutEnrollment(std::string_view service, const EnrollmentRow& row) override {
    const SigningCertificates& certificates = row.certificates;
    Run("INSERT INTO enrollments (service, " MUSTER_ENROLLMENT_COLUMNS
        ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) "
        "ON CONFLICT DO UPDATE SET id = ?3, enabled = ?4, primary_der = ?5, "
        "primary_fingerprint = ?6, secondary_der = ?7, secondary_fingerprint = ?8, "
        "primary_ca = ?9, secondary_ca = ?10, changed = ?11",
        service, static_cast<int>(row.kind), row.id, row.enabled, certificates.primary,
        FingerprintOf(certificates.primary), certificates.secondary,
        FingerprintOf(certificates.secondary), NullIfEmpty(certificates.primary_ca),
        NullIfEmpty(certificates.secondary_ca), row.changed);
  }
  void DeleteEnrollment(std::string_view service, EnrollmentKind kind,
                        std::string_view id) override {
    Run("DELETE FROM enrollments WHERE service = ?1 AND kind = ?2 AND id = ?3", service,
        static_cast<int>(kind), id);
  }

  std::vector<CrlRow> Crls(std::string_view service) override {
    return Select(ReadCrl,
                  "SELECT ca, scope, der, changed FROM crls WHERE service = ?1 ORDER BY ca, scope",
                  service);
  }
  std::optional<CrlRow> FindCrl(std::string_view service, std::string_view ca_name,
                                const Fingerprint& scope) override {
    return SelectOne(ReadCrl,
                     "SELECT ca, scope, der, changed FROM crls "
                     "WHERE service = ?1 AND ca = ?2 AND scope = ?3",
                     service, ca_name, scope);
  }
  void PutCrl(std::string_view service, const CrlRow& row) override {
    Run("INSERT INTO crls (service, ca, scope, der, changed) VALUES (?1, ?2, ?3, ?4, ?5) "
        "ON CONFLICT DO UPDATE SET der = ?4, changed = ?5",
        service, row.ca_name, row.scope, row.der, row.changed);
  }
  void DeleteCrl(std::string_view service, std::string_view ca_name,
                 const Fingerprint& scope) override {
    Run("DELETE FROM crls WHERE service = ?1 AND ca = ?2 AND scope = ?3", service, ca_name, scope);
  }

  std::vector<DenyRow> Denied(std::string_view service) override {
    return Select(ReadDenied,
                  "SELECT key, fingerprint, issuer, serial, comment, changed FROM denied "
                  "WHERE service = ?1 ORDER BY key",
                  service);
  }
  std::optional<DenyRow> FindDenied(std::string_view service, const Fingerprint& key) override {
    return SelectOne(ReadDenied,
                     "SELECT key, fingerprint, issuer, serial, comment, changed FROM denied "
                     "WHERE service = ?1 AND key = ?2",
                     service, key);
  }
  void PutDenied(std::string_view service, const DenyRow& row) override {
    Run("INSERT INTO denied (service, key, fingerprint, issuer, serial, comment, changed) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "
        "ON CONFLICT DO UPDATE SET fingerprint = ?3, issuer = ?4, serial = ?5, comment = ?6, "
        "changed = ?7",
        service, row.key, row.fingerprint, row.issuer, row.serial, row.comment, row.changed);
  }
  void DeleteDenied(std::string_view service, const Fingerprint& key) override {
    Run("DELETE FROM denied WHERE service = ?1 AND key = ?2", service, key);
  }

  std::vector<AuditLogEntry> AuditLog(std::string_view service) override {
    if (service.empty()) {
      return Select(ReadAudit,
                    "SELECT sequence, at, service, action, subject, detail FROM audit_log "
                    "ORDER BY sequence");
    }
    return Select(ReadAudit,
                  "SELECT sequence, at, service, action, subject, detail FROM audit_log "
                  "WHERE service = ?1 ORDER BY sequence",
                  service);
  }
  std::uint64_t LastAuditSequence() override {
    Query query(db_, "SELECT coalesce(max(sequence), 0) FROM audit_log");
    query.Next();
    return query.Unsigned(0);
  }
  void AppendAudit(const AuditLogEntry& entry) override {
    Run("INSERT INTO audit_log (sequence, at, service, action, subject, detail) "
        "SELECT coalesce(max(sequence), 0) + 1, ?1, ?2, ?3, ?4, ?5 FROM audit_log",
        entry.at, entry.service, entry.action, entry.subject, entry.detail);
  }

 private:
  template <typename Row, typename... Values>
  std::vector<Row> Select(Row (*read)(const Query&), std::string_view sql,
                          const Values&... values) {
    std::vector<Row> rows;
    Query query(db_, sql, values...);
    while (query.Next()) rows.push_back(read(query));
    return rows;
  }
  template <typename Row, typename... Values>
  std::optional<Row> SelectOne(Row (*read)(const Query&), std::string_view sql,
                               const Values&... values) {
    Query query(db_, sql, values...);
    if (!query.Next()) return std::nullopt;
    return read(query);
  }
  template <typename... Values>
  void Run(std::string_view sql, const Values&... values) {
    Query(db_, sql, values...).Run();
  }

  std::unique_lock<std::mutex> lock_;
  Connection& db_;
};

#undef MUSTER_CA_COLUMNS
#undef MUSTER_ENROLLMENT_COLUMNS

}  // namespace

std::unique_ptr<StoreTransaction> MakeSqliteTransaction(Connection* connection,
                                                        std::unique_lock<std::mutex> lock) {
  return std::make_unique<SqliteTransaction>(connection, std::move(lock));
}

}  // namespace muster::registry::sqlite
