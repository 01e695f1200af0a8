// What the SQLite file is, what it is not, and what happens to files of others.
#include "engine/registry/store/sqlite/sqlite_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "engine/registry/store/sqlite/connection.h"
#include "engine/registry/store/sqlite/file_header.h"
#include "engine/registry/store/sqlite/schema.h"
#include "tests/unit/registry/registry_fixture.h"

namespace muster::registry {
namespace {

using sqlite::Connection;
using testing::ElementsAre;

class SqliteStoreTest : public testing::Test {
 protected:
  static std::string Read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static void Write(const std::string& path, std::string_view text) {
    std::ofstream(path, std::ios::binary) << text;
  }
  std::vector<std::string> Files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.At(""))) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  // Opens, and expects a refusal that leaves the folder as it was.
  Error OpenError(const std::string& path, RegistryOptions options = {}) {
    const std::vector<std::string> files = Files();
    std::vector<std::string> before;
    for (const std::string& name : files) before.push_back(Read(folder_.At(name)));
    Error error = ErrorOf(Registry::Open(path, options));
    EXPECT_EQ(Files(), files);
    for (std::size_t i = 0; i < files.size(); ++i) {
      EXPECT_EQ(Read(folder_.At(files[i])), before[i]) << files[i];
    }
    EXPECT_THAT(error.message, HasSubstr(path));
    return error;
  }
  // A closed registry with one CA.
  void Make() {
    Registry registry = Must(Registry::Open(path_));
    ASSERT_TRUE(registry.CreateService("s").has_value());
    ASSERT_TRUE(registry.AddCa("s", "root", root_.der(), true).has_value());
  }
  // Runs SQL on the file behind the store's back.
  void Tamper(const std::string& sql) {
    Connection connection(path_, {});
    connection.Execute(sql);
  }

  ScratchFolder folder_;
  std::string path_ = folder_.At("registry");
  World w_;
  Entity root_ = w_.Root("Root");
};

TEST_F(SqliteStoreTest, KeepsWhatWasWritten) {
  Make();
  EXPECT_THAT(Files(), ElementsAre("registry"));  // The log was folded in when it was closed.
  Registry registry = Must(Registry::Open(path_));
  const CaCertificate ca = Must(registry.GetCa("s", "root"));
  EXPECT_EQ(ca.der, root_.bytes());
  EXPECT_EQ(ca.status, CaStatus::kVerified);
  EXPECT_TRUE(Must(registry.FindDamage()).empty());
}

TEST_F(SqliteStoreTest, TheFileIsMarkedAndLogsAhead) {
  Make();
  Connection connection(path_, {});
  EXPECT_EQ(connection.ReadInt("PRAGMA application_id"), 0x4d737472);
  EXPECT_EQ(connection.ReadInt("PRAGMA user_version"), 1);
  sqlite::Query mode(connection, "PRAGMA journal_mode");
  ASSERT_TRUE(mode.Next());
  EXPECT_EQ(mode.Text(0), "wal");
}

TEST_F(SqliteStoreTest, AFileIsMadeOnlyWhereAskedFor) {
  RegistryOptions options;
  options.create = false;
  EXPECT_EQ(OpenError(path_, options).code, ErrorCode::kStoreIo);
  options.create = true;
  options.read_only = true;
  EXPECT_EQ(OpenError(path_, options).code, ErrorCode::kStoreIo);
  EXPECT_TRUE(Registry::Open(path_).has_value());
}

TEST_F(SqliteStoreTest, AnEmptyFileBecomesARegistry) {
  Write(path_, "");
  RegistryOptions options;
  options.create = false;
  EXPECT_EQ(OpenError(path_, options).code, ErrorCode::kStoreIo);
  EXPECT_TRUE(Must(Registry::Open(path_)).CreateService("s").has_value());
}

TEST_F(SqliteStoreTest, NamesThatSqliteKnowsAreFilesLikeAnyOther) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.At(""));
  for (const std::string name : {":memory:", "file:x?mode=memory"}) {
    EXPECT_TRUE(Must(Registry::Open(name)).CreateService("s").has_value());
    EXPECT_TRUE(std::filesystem::exists(name)) << name;
    EXPECT_EQ(Must(Must(Registry::Open(name)).ListServices()).size(), 1u);
  }
  std::filesystem::current_path(before);
  EXPECT_EQ(ErrorOf(Registry::Open("")).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(ErrorOf(Registry::Open(std::string("a\0b", 3))).code, ErrorCode::kInvalidArgument);
}

// --- Files of others ---------------------------------------------------------------------------

TEST_F(SqliteStoreTest, TextIsRefused) {
  Write(path_, "-----BEGIN CERTIFICATE-----\n");
  EXPECT_EQ(OpenError(path_).code, ErrorCode::kStoreCorrupt);
  Write(path_, std::string(100'000, 'x'));
  EXPECT_EQ(OpenError(path_).code, ErrorCode::kStoreCorrupt);
  Write(path_, std::string("SQLite format 3\0", 16));  // A header that is cut short.
  EXPECT_EQ(OpenError(path_).code, ErrorCode::kStoreCorrupt);
}

TEST_F(SqliteStoreTest, AnotherApplicationsDatabaseIsRefused) {
  Tamper("CREATE TABLE t (x)");
  const Error error = OpenError(path_);
  EXPECT_EQ(error.code, ErrorCode::kStoreCorrupt);
  EXPECT_THAT(error.message, HasSubstr("of another application"));
  Tamper("PRAGMA application_id = 7");
  EXPECT_EQ(OpenError(path_).code, ErrorCode::kStoreCorrupt);
  RegistryOptions read_only;
  read_only.read_only = true;
  EXPECT_EQ(OpenError(path_, read_only).code, ErrorCode::kStoreCorrupt);
}

TEST_F(SqliteStoreTest, ANewerVersionIsRefused) {
  Make();
  Tamper("PRAGMA user_version = 2");
  const Error error = OpenError(path_);
  EXPECT_EQ(error.code, ErrorCode::kStoreCorrupt);
  EXPECT_THAT(error.message, HasSubstr("schema version 2"));
}

TEST_F(SqliteStoreTest, ANewerVersionThatOnlyTheLogTellsOfIsRefused) {
  Make();
  {
    Connection connection(path_, {});
    connection.SetCheckpointOnClose(false);
    connection.Execute("PRAGMA user_version = 2");
  }
  EXPECT_TRUE(std::filesystem::exists(path_ + "-wal"));
  const std::string file = Read(path_), log = Read(path_ + "-wal");
  EXPECT_EQ(ErrorOf(Registry::Open(path_)).code, ErrorCode::kStoreCorrupt);
  EXPECT_EQ(Read(path_), file);
  EXPECT_EQ(Read(path_ + "-wal"), log);
}

TEST_F(SqliteStoreTest, AFileThatWasCutShortIsRefusedAtAnyLength) {
  Make();
  const std::string whole = Read(path_);
  for (std::size_t size = 1; size < whole.size(); size += 512) {
    Write(path_, whole.substr(0, size));
    EXPECT_EQ(OpenError(path_).code, ErrorCode::kStoreCorrupt) << size;
  }
  Write(path_, whole.substr(0, whole.size() - 1));
  EXPECT_EQ(OpenError(path_).code, ErrorCode::kStoreCorrupt);
  Write(path_, whole);
  EXPECT_TRUE(Registry::Open(path_).has_value());
}

TEST_F(SqliteStoreTest, FoldersAndPipesAreRefused) {
  EXPECT_EQ(OpenError(folder_.At("")).code, ErrorCode::kStoreIo);
  EXPECT_EQ(OpenError(folder_.At("nowhere/registry")).code, ErrorCode::kStoreIo);
  Write(folder_.At("plain"), "x");
  EXPECT_EQ(OpenError(folder_.At("plain/registry")).code, ErrorCode::kStoreIo);
  // Last, because OpenError reads every file of the folder, and a pipe would block it.
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(ErrorOf(Registry::Open(path_)).code, ErrorCode::kStoreIo);
}

// --- Damage ------------------------------------------------------------------------------------

TEST_F(SqliteStoreTest, MissingTablesAreDamage) {
  Make();
  Tamper("DROP TABLE denied");
  Registry registry = Must(Registry::Open(path_));
  EXPECT_EQ(ErrorOf(registry.ListDenied("s")).code, ErrorCode::kStoreCorrupt);
  EXPECT_EQ(ErrorOf(registry.Contents("s")).code, ErrorCode::kStoreCorrupt);
  EXPECT_TRUE(registry.ListCas("s").has_value());
}

TEST_F(SqliteStoreTest, ACertificateThatIsNotItsFingerprintsIsDamage) {
  Make();
  Tamper("UPDATE cas SET der = zeroblob(100)");
  Registry registry = Must(Registry::Open(path_));
  EXPECT_EQ(ErrorOf(registry.GetCa("s", "root")).code, ErrorCode::kStoreCorrupt);
  EXPECT_EQ(ErrorOf(registry.Snapshot("s")).code, ErrorCode::kStoreCorrupt);
}

// The schema would not let such rows in; a file may come from anywhere. What cannot be read must
// not become a verified CA.
TEST_F(SqliteStoreTest, RowsThatBreakAConstraintAreDamage) {
  Make();
  const std::string whole = Read(path_);
  for (const std::string change :
       {"status = 2", "status = -1", "method = 3", "method = -1", "status = 1, method = 0",
        "status = 0", "fingerprint = x'00'", "changed = -1", "der = x''"}) {
    Write(path_, whole);
    Tamper("PRAGMA ignore_check_constraints = ON; UPDATE cas SET " + change);
    Registry registry = Must(Registry::Open(path_));
    EXPECT_EQ(ErrorOf(registry.GetCa("s", "root")).code, ErrorCode::kStoreCorrupt) << change;
    EXPECT_EQ(ErrorOf(registry.Snapshot("s")).code, ErrorCode::kStoreCorrupt) << change;
  }
  Write(path_, whole);
  Tamper("UPDATE services SET generation = -1");
  EXPECT_EQ(ErrorOf(Must(Registry::Open(path_)).Contents("s")).code, ErrorCode::kStoreCorrupt);
}

TEST_F(SqliteStoreTest, AnEnrollmentOfNoKnownKindIsDamage) {
  Make();
  const std::string whole = Read(path_);
  for (const std::string kind : {"0", "3"}) {
    Write(path_, whole);
    Tamper(
        "PRAGMA ignore_check_constraints = ON; INSERT INTO enrollments (service, kind, id, "
        "enabled, primary_ca, changed) VALUES ('s', " +
        kind + ", 'd', 1, 'root', 1)");
    Registry registry = Must(Registry::Open(path_));
    // Whoever refers to a CA is asked for before it is deleted.
    EXPECT_EQ(ErrorOf(registry.DeleteCa("s", "root")).code, ErrorCode::kStoreCorrupt) << kind;
    EXPECT_EQ(Must(registry.ListCas("s")).size(), 1u);
  }
}

TEST_F(SqliteStoreTest, ColumnsOfOtherTypesAreDamage) {
  Make();
  Tamper(
      "DROP TABLE denied; CREATE TABLE denied (service, key, fingerprint, issuer, serial, comment, "
      "changed); INSERT INTO denied VALUES ('s', zeroblob(32), zeroblob(32), NULL, NULL, '', 'x')");
  Registry registry = Must(Registry::Open(path_));
  const Error error = ErrorOf(registry.ListDenied("s"));
  EXPECT_EQ(error.code, ErrorCode::kStoreCorrupt);
  EXPECT_THAT(error.message, HasSubstr("a number in it is not what it should be"));
}

// The fields of SQLite's header that say how to read the rest.
TEST_F(SqliteStoreTest, AHeaderThatNoSqliteFileHasIsDamage) {
  Make();
  const std::string whole = Read(path_);
  struct Field {
    std::size_t offset;
    std::string octets;
    const char* told;
  };
  const Field fields[] = {
      {16, std::string("\x03\x00", 2), "damaged at its beginning"},  // A page size of 768,
      {16, std::string("\x01\x00", 2), "damaged at its beginning"},  // of 256,
      {16, std::string("\x00\x00", 2), "damaged at its beginning"},  // of none,
      {16, std::string("\x00\x01", 2), "was cut short"},             // of 65,536.
      {18, "\x03\x03", "damaged at its beginning"},                  // Versions.
      {18, "\x01\x02", "damaged at its beginning"},
      {21, "\x41", "damaged at its beginning"},                        // Payload fractions.
      {44, std::string("\0\0\0\x05", 4), "damaged at its beginning"},  // Schema format.
      {56, std::string("\0\0\0\x04", 4), "damaged at its beginning"},  // Text encoding.
  };
  for (const Field& field : fields) {
    std::string bytes = whole;
    bytes.replace(field.offset, field.octets.size(), field.octets);
    Write(path_, bytes);
    const Error error = OpenError(path_);
    EXPECT_EQ(error.code, ErrorCode::kStoreCorrupt) << field.offset;
    EXPECT_THAT(error.message, HasSubstr(field.told)) << field.offset;
  }
  // Where another change counter stands beside the page count, that count is of an older SQLite's
  // making: the size of the file tells.
  std::string bytes = whole;
  bytes.replace(92, 4, "\x7f\x7f\x7f\x7f");
  Write(path_, bytes);
  EXPECT_EQ(Must(Must(Registry::Open(path_)).ListCas("s")).size(), 1u);
}

TEST_F(SqliteStoreTest, ContentsThatBreakARuleAreDamage) {
  Make();
  // Well-formed rows, but no such certificate was ever let in.
  Tamper("INSERT INTO denied VALUES ('s', zeroblob(32), NULL, x'3000', x'01', '', 1)");
  Registry registry = Must(Registry::Open(path_));
  const Error error = ErrorOf(registry.Snapshot("s"));
  EXPECT_EQ(error.code, ErrorCode::kStoreCorrupt);
}

TEST_F(SqliteStoreTest, TheSchemaHoldsWhatTheRulesRelyOn) {
  Make();
  for (
      const std::string sql :
      {"UPDATE cas SET status = 2", "UPDATE cas SET method = 0", "UPDATE cas SET status = 0",
       "UPDATE cas SET verified_at = NULL", "UPDATE cas SET fingerprint = x'00'",
       "UPDATE cas SET registered_at = 'now'", "UPDATE services SET generation = NULL",
       "INSERT INTO cas SELECT service, upper(name), der, fingerprint, status, method, "
       "registered_at, verified_at, changed FROM cas",
       "INSERT INTO enrollments (service, kind, id, enabled, changed) VALUES ('s', 1, 'd', 1, 1)",
       "INSERT INTO enrollments (service, kind, id, enabled, primary_ca, changed) "
       "VALUES ('s', 3, 'd', 1, 'root', 1)",
       "PRAGMA foreign_keys = ON; INSERT INTO enrollments (service, kind, id, enabled, primary_ca, "
       "changed) VALUES ('s', 1, 'd', 1, 'nobody', 1)",
       "PRAGMA foreign_keys = ON; INSERT INTO codes VALUES ('s', 'x', 1, zeroblob(32), 0, 0, 0, 1)",
       "INSERT INTO denied VALUES ('s', zeroblob(32), NULL, NULL, NULL, '', 1)"}) {
    EXPECT_THROW(Tamper(sql), RegistryFailure) << sql;
  }
}

TEST_F(SqliteStoreTest, OneCodeOfACaIsOutstanding) {
  Make();
  Tamper("INSERT INTO codes VALUES ('s', 'root', 1, zeroblob(32), 0, 0, 0, 1)");
  EXPECT_THROW(Tamper("INSERT INTO codes VALUES ('s', 'root', 2, zeroblob(32), 0, 0, 0, 1)"),
               RegistryFailure);
  Tamper("INSERT INTO codes VALUES ('s', 'root', 2, zeroblob(32), 0, 0, 0, 0)");
}

TEST_F(SqliteStoreTest, TheAuditLogIsAppendOnly) {
  Make();
  const auto log = [&] { return Must(Must(Registry::Open(path_)).AuditLog()).size(); };
  const std::size_t size = log();
  ASSERT_GE(size, 3u);
  for (const std::string sql :
       {"DELETE FROM audit_log", "DELETE FROM audit_log WHERE sequence = 1",
        "UPDATE audit_log SET detail = ''",
        "UPDATE audit_log SET sequence = 100 WHERE sequence = 1",
        "INSERT OR REPLACE INTO audit_log VALUES (1, 0, 's', 'a', 'b', 'c')",
        "REPLACE INTO audit_log VALUES (2, 0, 's', 'a', 'b', 'c')",
        "INSERT INTO audit_log VALUES (0, 0, 's', 'a', 'b', 'c')",
        "INSERT INTO audit_log VALUES (-1, 0, 's', 'a', 'b', 'c')",
        "INSERT INTO audit_log VALUES (1000, 0, 's', 'a', 'b', 'c')"}) {
    EXPECT_THROW(Tamper(sql), RegistryFailure) << sql;
  }
  EXPECT_EQ(log(), size);
}

TEST_F(SqliteStoreTest, FindDamageTellsOfDanglingReferences) {
  Make();
  Tamper(
      "INSERT INTO enrollments (service, kind, id, enabled, primary_ca, changed) "
      "VALUES ('s', 2, 'g', 1, 'nobody', 1)");
  const auto damage = Must(Must(Registry::Open(path_)).FindDamage());
  ASSERT_EQ(damage.size(), 1u);
  EXPECT_EQ(damage[0], "a row of table enrollments refers to a missing row of table cas");
}

TEST_F(SqliteStoreTest, FindDamageTellsOfDamagedPages) {
  Make();
  std::string bytes = Read(path_);
  bool told = false;
  for (std::size_t page = 1; page < bytes.size() / 4096; ++page) {
    std::string damaged = bytes;
    for (std::size_t i = 0; i < 64; ++i) damaged[page * 4096 + i] = static_cast<char>(0xa5);
    Write(path_, damaged);
    auto registry = Registry::Open(path_);
    if (!registry) {
      EXPECT_EQ(registry.error().code, ErrorCode::kStoreCorrupt);
      told = true;
      continue;
    }
    const auto damage = registry->FindDamage();
    if (!damage) {
      EXPECT_EQ(damage.error().code, ErrorCode::kStoreCorrupt);
    } else {
      EXPECT_FALSE(damage->empty()) << "page " << page;
    }
    told = true;
  }
  EXPECT_TRUE(told);
}

// --- Sharing -----------------------------------------------------------------------------------

TEST_F(SqliteStoreTest, AReadOnlyRegistryReadsAndDoesNotWrite) {
  Make();
  RegistryOptions options;
  options.read_only = true;
  Registry registry = Must(Registry::Open(path_, options));
  EXPECT_EQ(Must(registry.ListCas("s")).size(), 1u);
  const Error error = ErrorOf(registry.CreateService("t"));
  EXPECT_EQ(error.code, ErrorCode::kStoreIo);
  EXPECT_THAT(error.message, HasSubstr("read-only"));
  EXPECT_EQ(Must(registry.ListServices()).size(), 1u);
}

TEST_F(SqliteStoreTest, SqliteItselfHoldsToReadOnly) {
  Make();
  SqliteStoreOptions options;
  options.read_only = true;
  Connection connection(path_, options);
  try {
    connection.Execute("DELETE FROM denied");
    FAIL() << "it was written to";
  } catch (const RegistryFailure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::kStoreIo);
    EXPECT_THAT(failure.error().message, HasSubstr("opened read-only"));
  }
}

// The tables and the first version are written together: without the one the other is damage.
TEST_F(SqliteStoreTest, AVersionBelowTheFirstIsDamage) {
  Make();
  Tamper("PRAGMA user_version = 0");
  const auto dump = [&] {
    Connection connection(path_, {});
    return std::pair(connection.ReadInt("PRAGMA user_version"),
                     connection.ReadInt("SELECT count(*) FROM sqlite_schema"));
  };
  const auto before = dump();
  for (const bool read_only : {false, true}) {
    RegistryOptions options;
    options.read_only = read_only;
    const Error error = ErrorOf(Registry::Open(path_, options));
    EXPECT_EQ(error.code, ErrorCode::kStoreCorrupt);
    EXPECT_THAT(error.message, HasSubstr("damaged at its beginning"));
  }
  EXPECT_EQ(dump(), before);
}

TEST_F(SqliteStoreTest, AnotherWriterMakesItBusy) {
  Make();
  RegistryOptions options;
  options.busy_timeout_ms = 50;
  Registry registry = Must(Registry::Open(path_, options));
  Connection other(path_, {});
  other.Execute("BEGIN IMMEDIATE");
  const Error error = ErrorOf(registry.CreateService("t"));
  EXPECT_EQ(error.code, ErrorCode::kStoreBusy);
  EXPECT_THAT(error.message, HasSubstr("try again"));
  EXPECT_TRUE(registry.ListServices().has_value());  // Readers do not wait.
  other.Execute("ROLLBACK");
  EXPECT_TRUE(registry.CreateService("t").has_value());
}

TEST_F(SqliteStoreTest, AReaderSeesOneStateThroughout) {
  Make();
  auto reader = OpenSqliteStore(path_, {});
  Registry writer = Must(Registry::Open(path_));
  {
    const auto transaction = reader->BeginRead();
    EXPECT_EQ(transaction->Cas("s").size(), 1u);
    ASSERT_TRUE(writer.AddCa("s", "other", w_.Root("Other").der()).has_value());
    EXPECT_EQ(transaction->Cas("s").size(), 1u);
  }
  EXPECT_EQ(reader->BeginRead()->Cas("s").size(), 2u);
}

TEST_F(SqliteStoreTest, AFullFileIsAnIoErrorAndChangesNothing) {
  Make();
  SqliteStoreOptions options;
  options.page_count_max = static_cast<int>(std::filesystem::file_size(path_) / 4096);
  Registry registry = Must(Registry::Open(OpenSqliteStore(path_, options), {}));
  const std::string before = Must(registry.ExportJson());
  const std::size_t log = Must(registry.AuditLog()).size();
  int added = 0;
  Result<CaCertificate> result = tl::unexpected(Error{});
  for (; added < 1000; ++added) {
    result = registry.AddCa("s", "ca-" + std::to_string(added), root_.der());
    if (!result) break;
  }
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kStoreIo);
  EXPECT_THAT(result.error().message, HasSubstr("full"));
  EXPECT_EQ(Must(registry.ListCas("s")).size(), static_cast<std::size_t>(added) + 1);
  EXPECT_EQ(Must(registry.AuditLog()).size(), log + static_cast<std::size_t>(added));
  EXPECT_TRUE(Must(registry.FindDamage()).empty());
}

TEST_F(SqliteStoreTest, AnExceptionInTheMiddleRollsBack) {
  Make();
  SqliteStoreOptions options;
  bool fail = false;
  options.before_statement = [&](std::string_view sql) {
    if (fail && sql == "COMMIT") throw std::runtime_error("struck");
  };
  Registry registry = Must(Registry::Open(OpenSqliteStore(path_, options), {}));
  fail = true;
  const Error error = ErrorOf(registry.CreateService("t"));
  EXPECT_EQ(error.code, ErrorCode::kInternal);
  EXPECT_THAT(error.message, HasSubstr("struck"));
  fail = false;
  EXPECT_EQ(Must(registry.ListServices()).size(), 1u);
  EXPECT_TRUE(registry.CreateService("t").has_value());
}

// Generations are numbers that SQLite can hold.
TEST_F(SqliteStoreTest, NumbersBeyondItsRangeAreRefused) {
  Make();
  auto store = OpenSqliteStore(path_, {});
  EXPECT_THROW(store->BeginWrite()->PutService({"s", std::uint64_t{1} << 63}), RegistryFailure);
}

}  // namespace
}  // namespace muster::registry
