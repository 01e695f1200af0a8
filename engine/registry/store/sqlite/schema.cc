#include "engine/registry/store/sqlite/schema.h"

#include <fmt/format.h>

#include <array>
#include <string>

#include "engine/registry/store/failure.h"
#include "engine/registry/store/sqlite/file_header.h"

namespace muster::registry::sqlite {
namespace {

// Version 1. Times are seconds since 1970; digests are SHA-256; `changed` is the service's
// generation at the last change of the row. NOCASE is ASCII only, which names and ids are.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE services (
  name TEXT NOT NULL COLLATE NOCASE PRIMARY KEY,
  generation INTEGER NOT NULL
) STRICT;

CREATE TABLE cas (
  service TEXT NOT NULL COLLATE NOCASE REFERENCES services (name) ON DELETE CASCADE,
  name TEXT NOT NULL COLLATE NOCASE,
  der BLOB NOT NULL,
  fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
  status INTEGER NOT NULL CHECK (status IN (0, 1)),
  method INTEGER NOT NULL CHECK (method IN (0, 1, 2)),
  registered_at INTEGER NOT NULL,
  verified_at INTEGER,
  changed INTEGER NOT NULL,
  PRIMARY KEY (service, name),
  CHECK ((status = 1) = (method <> 0)),
  CHECK ((status = 1) = (verified_at IS NOT NULL))
) STRICT;
CREATE INDEX cas_by_fingerprint ON cas (service, fingerprint);

CREATE TABLE codes (
  service TEXT NOT NULL COLLATE NOCASE,
  ca TEXT NOT NULL COLLATE NOCASE,
  generation INTEGER NOT NULL,
  digest BLOB NOT NULL CHECK (length(digest) = 32),
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  bad_proofs INTEGER NOT NULL,
  outstanding INTEGER NOT NULL CHECK (outstanding IN (0, 1)),
  PRIMARY KEY (service, ca, generation),
  FOREIGN KEY (service, ca) REFERENCES cas (service, name) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX one_outstanding_code ON codes (service, ca) WHERE outstanding = 1;

CREATE TABLE enrollments (
  service TEXT NOT NULL COLLATE NOCASE REFERENCES services (name) ON DELETE CASCADE,
  kind INTEGER NOT NULL CHECK (kind IN (1, 2)),
  id TEXT NOT NULL COLLATE NOCASE,
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  primary_der BLOB,
  primary_fingerprint BLOB CHECK (length(primary_fingerprint) = 32),
  secondary_der BLOB,
  secondary_fingerprint BLOB CHECK (length(secondary_fingerprint) = 32),
  primary_ca TEXT COLLATE NOCASE,
  secondary_ca TEXT COLLATE NOCASE,
  changed INTEGER NOT NULL,
  PRIMARY KEY (service, kind, id),
  FOREIGN KEY (service, primary_ca) REFERENCES cas (service, name),
  FOREIGN KEY (service, secondary_ca) REFERENCES cas (service, name),
  CHECK ((primary_der IS NULL) = (primary_fingerprint IS NULL)),
  CHECK ((secondary_der IS NULL) = (secondary_fingerprint IS NULL)),
  CHECK (coalesce(primary_der, secondary_der) IS NULL
         OR coalesce(primary_ca, secondary_ca) IS NULL),
  CHECK (enabled = 0 OR coalesce(primary_der, secondary_der) IS NOT NULL
         OR coalesce(primary_ca, secondary_ca) IS NOT NULL)
) STRICT;
CREATE INDEX enrollments_by_primary ON enrollments (service, primary_fingerprint);
CREATE INDEX enrollments_by_secondary ON enrollments (service, secondary_fingerprint);
CREATE INDEX enrollments_by_primary_ca ON enrollments (service, primary_ca);
CREATE INDEX enrollments_by_secondary_ca ON enrollments (service, secondary_ca);

CREATE TABLE crls (
  service TEXT NOT NULL COLLATE NOCASE,
  ca TEXT NOT NULL COLLATE NOCASE,
  scope BLOB NOT NULL CHECK (length(scope) = 32),
  der BLOB NOT NULL,
  changed INTEGER NOT NULL,
  PRIMARY KEY (service, ca, scope),
  FOREIGN KEY (service, ca) REFERENCES cas (service, name) ON DELETE CASCADE
) STRICT;

CREATE TABLE denied (
  service TEXT NOT NULL COLLATE NOCASE REFERENCES services (name) ON DELETE CASCADE,
  key BLOB NOT NULL CHECK (length(key) = 32),
  fingerprint BLOB CHECK (length(fingerprint) = 32),
  issuer BLOB,
  serial BLOB,
  comment TEXT NOT NULL,
  changed INTEGER NOT NULL,
  PRIMARY KEY (service, key),
  CHECK ((fingerprint IS NULL) = (issuer IS NOT NULL)),
  CHECK ((issuer IS NULL) = (serial IS NULL))
) STRICT;

CREATE TABLE audit_log (
  sequence INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  service TEXT NOT NULL COLLATE NOCASE,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
CREATE INDEX audit_log_by_service ON audit_log (service);
CREATE TRIGGER audit_log_keeps_rows BEFORE DELETE ON audit_log
BEGIN
  SELECT RAISE (ABORT, 'the audit log is append-only');
END;
CREATE TRIGGER audit_log_keeps_values BEFORE UPDATE ON audit_log
BEGIN
  SELECT RAISE (ABORT, 'the audit log is append-only');
END;
-- INSERT OR REPLACE would delete without firing the first trigger; and gaps would hide something.
CREATE TRIGGER audit_log_keeps_order BEFORE INSERT ON audit_log
WHEN NEW.sequence IS NOT (SELECT coalesce(max(sequence), 0) + 1 FROM audit_log)
BEGIN
  SELECT RAISE (ABORT, 'the audit log is append-only');
END;
)sql";

// kMigrations[i] makes version i + 1 from version i.
constexpr std::array<const char*, kSchemaVersion> kMigrations{kVersion1};

std::uint32_t VersionOf(Connection& connection) {
  const std::int64_t version = connection.ReadInt("PRAGMA user_version");
  if (version < 0 || version > kSchemaVersion) {
    Fail(ErrorCode::kStoreCorrupt,
         fmt::format("registry '{}' has schema version {}, and this muster knows versions up to "
                     "{}; it was left untouched: use a newer muster",
                     connection.path(), version, kSchemaVersion));
  }
  return static_cast<std::uint32_t>(version);
}

}  // namespace

void Migrate(Connection& connection) {
  while (VersionOf(connection) < kSchemaVersion) {
    connection.Execute("BEGIN EXCLUSIVE");
    try {
      // Read again: another process may have been quicker.
      const std::uint32_t version = VersionOf(connection);
      if (version < kSchemaVersion) {
        connection.Execute(kMigrations[version]);
        connection.Execute(fmt::format("PRAGMA application_id = {}", kApplicationId));
        connection.Execute(fmt::format("PRAGMA user_version = {}", version + 1));
      }
      connection.Execute("COMMIT");
    } catch (const RegistryFailure&) {
      if (connection.InTransaction()) connection.Execute("ROLLBACK");
      throw;
    }
  }
}

void RequireCurrentVersion(Connection& connection) {
  const std::uint32_t version = VersionOf(connection);
  if (version == kSchemaVersion) return;
  Fail(ErrorCode::kStoreIo,
       fmt::format("registry '{}' has schema version {} and was opened read-only; open it once for "
                   "writing to bring it to version {}",
                   connection.path(), version, kSchemaVersion));
}

}  // namespace muster::registry::sqlite
