// The registry when its process dies, its machine loses power, or its disk fails: at every point of
// a workload, afterwards the file opens, is sound, and holds each change entirely or not at all;
// every change that was acknowledged is there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "engine/registry/store/memory/memory_store.h"
#include "engine/registry/store/sqlite/sqlite_store.h"
#include "muster/registry.h"
#include "tests/fault/fault_vfs.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/test_world.h"

namespace muster::registry {
namespace {

using test::Entity;
using test::FaultVfs;
using test::Strike;
using test::World;
using testing::AnyOf;
using testing::AnyOfArray;

template <typename T>
T Must(Result<T> result) {
  return test::Must(std::move(result));
}
void Must(Result<void> result) {
  if (!result) throw std::runtime_error(result.error().message);
}

// In memory where there is such a file system: syncing is simulated anyway.
std::filesystem::path TemporaryRoot() {
  const std::filesystem::path memory = "/dev/shm";
  return access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
}

class RegistryCrashTest : public testing::Test {
 protected:
  using Step = std::function<bool(Registry&)>;

  ~RegistryCrashTest() override { FaultVfs::Calm(); }

  void Clear() {
    std::filesystem::remove_all(folder_.path());
    std::filesystem::create_directory(folder_.path());
  }

  // A workload that touches every table. Certificates are made once, before anything is struck.
  std::vector<Step> Steps() {
    DenyEntry denied;
    denied.fingerprint = line_.fingerprint();
    const Bytes crl = w_.Crl(root_, {line_});
    const std::string code(48, 'A');  // From Random below: octets 0xaa.
    const Bytes proof = w_.Proof(root_, code);
    const EnrollmentGroup group{"g", true, {{}, {}, "line", {}}, {}};
    const EnrollmentGroup changed{"g", true, {{}, {}, "line", "root"}, {}};
    const IndividualEnrollment individual{"d", true, {{}, {}, "line", {}}, {}};
    const std::string document = DocumentOf("line"), other_document = DocumentOf("root");
    return {
        [](Registry& r) { return r.CreateService("s").has_value(); },
        [this](Registry& r) { return r.AddCa("s", "root", root_.der()).has_value(); },
        [this](Registry& r) { return r.AddCa("s", "line", line_.der()).has_value(); },
        [](Registry& r) { return r.GenerateCode("s", "root").has_value(); },
        [this](Registry& r) {  // A refusal is a change too.
          return r.VerifyCa("s", "root", root_.der()).error().code == ErrorCode::kRefused;
        },
        [proof](Registry& r) { return r.VerifyCa("s", "root", proof).has_value(); },
        [group](Registry& r) { return r.PutGroup("s", group).has_value(); },
        [changed](Registry& r) { return r.PutGroup("s", changed).has_value(); },
        [](Registry& r) { return r.SetGroupEnabled("s", "g", false).has_value(); },
        [individual](Registry& r) { return r.PutIndividual("s", individual).has_value(); },
        [crl](Registry& r) { return r.AddCrl("s", "root", crl).has_value(); },
        [denied](Registry& r) { return r.AddDenied("s", denied).has_value(); },
        [document](Registry& r) { return r.ImportJson(document).has_value(); },
        [other_document](Registry& r) { return r.ImportJson(other_document, true).has_value(); },
        [](Registry& r) { return r.DeleteGroup("t", "g").has_value(); },
        [](Registry& r) { return r.DeleteCa("s", "line", true).has_value(); },
        [](Registry& r) { return r.DeleteService("s", true).has_value(); },
    };
  }

  // A registry document: service "t" with two CAs, a group of one of them, and more.
  std::string DocumentOf(const std::string& ca_of_group) {
    Registry registry = Must(Registry::Open(MakeMemoryStore(), Environment()));
    DenyEntry denied;
    denied.fingerprint = root_.fingerprint();
    Must(registry.CreateService("t"));
    Must(registry.AddCa("t", "root", root_.der(), true));
    Must(registry.AddCa("t", "line", line_.der()));
    Must(registry.PutGroup("t", {"g", true, {{}, {}, ca_of_group, {}}, {}}));
    Must(registry.PutIndividual("t", {"d", false, {{}, {}, "root", {}}, {}}));
    Must(registry.AddCrl("t", "root", w_.Crl(root_, {})));
    Must(registry.AddDenied("t", denied));
    return Must(registry.ExportJson("t"));
  }

  RegistryEnvironment Environment() {
    return {[this] { return w_.at(); },
            [](std::span<std::uint8_t> out) { std::fill(out.begin(), out.end(), 0xaa); }};
  }

  // Everything, the audit log included.
  static std::string StateOf(Registry& registry) {
    std::string state = Must(registry.ExportJson());
    for (const std::string& service : Must(registry.ListServices())) {
      for (const CaCertificate& ca : Must(registry.ListCas(service))) {
        if (ca.code) state += ca.name + " " + std::to_string(ca.code->bad_proofs);
      }
    }
    std::uint64_t expected = 0;
    for (const AuditLogEntry& entry : Must(registry.AuditLog())) {
      EXPECT_EQ(entry.sequence, ++expected);
      state += entry.action + " " + entry.subject + " " + entry.detail + "\n";
    }
    return state;
  }

  // states[i] is what the registry holds after i steps.
  std::vector<std::string> States(const std::vector<Step>& steps) {
    Clear();
    Registry registry = Must(Registry::Open(OpenSqliteStore(path_, {}), Environment()));
    std::vector<std::string> states = {StateOf(registry)};
    for (const Step& step : steps) {
      EXPECT_TRUE(step(registry));
      states.push_back(StateOf(registry));
    }
    return states;
  }

  struct Ended {
    bool struck = false;
    std::size_t acknowledged = 0;  // Steps.
  };

  // Runs the steps in a process of its own; `options` may bring it to an end.
  Ended RunInChild(const std::vector<Step>& steps, const std::function<SqliteStoreOptions()>& arm) {
    std::array<int, 2> pipe{};
    if (::pipe(pipe.data()) != 0) throw std::runtime_error("no pipe");
    const pid_t child = fork();
    if (child == 0) {
      ::close(pipe[0]);
      try {
        const SqliteStoreOptions options = arm();
        Registry registry = Must(Registry::Open(OpenSqliteStore(path_, options), Environment()));
        for (const Step& step : steps) {
          if (!step(registry) || ::write(pipe[1], ".", 1) != 1) _exit(2);
        }
        FaultVfs::LosePower();
        registry = Must(Registry::Open(OpenSqliteStore(path_, {}), {}));  // Closes the first.
      } catch (const std::exception&) {
        _exit(3);
      }
      _exit(0);
    }
    ::close(pipe[1]);
    Ended ended;
    for (char c = 0; ::read(pipe[0], &c, 1) == 1;) ++ended.acknowledged;
    ::close(pipe[0]);
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status));
    ended.struck = WEXITSTATUS(status) == test::kStruckStatus;
    if (!ended.struck) {
      EXPECT_EQ(WEXITSTATUS(status), 0);
    }
    return ended;
  }

  // `at_least`: how many of the acknowledged steps must be there.
  void ExpectSound(const std::vector<std::string>& states, std::size_t acknowledged,
                   std::size_t at_least) {
    auto opened = Registry::Open(path_);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    EXPECT_TRUE(Must(opened->FindDamage()).empty());
    const auto first = states.begin() + static_cast<std::ptrdiff_t>(at_least);
    const auto last =
        states.begin() + static_cast<std::ptrdiff_t>(std::min(acknowledged + 2, states.size()));
    EXPECT_THAT(StateOf(*opened), AnyOfArray(first, last));
    for (const std::string& service : Must(opened->ListServices())) {
      EXPECT_TRUE(opened->Snapshot(service).has_value());
    }
    EXPECT_TRUE(opened->CreateService("afterwards").has_value());
  }

  // Strikes at every operation of the workload in turn.
  void StrikeEverywhere(Strike strike) {
    const std::vector<Step> steps = Steps();
    const std::vector<std::string> states = States(steps);
    std::uint64_t at = 0;
    for (bool struck = true; struck && !HasFailure();) {
      Clear();
      ++at;
      const Ended ended = RunInChild(steps, [&] {
        SqliteStoreOptions options;
        options.vfs = FaultVfs::name();
        FaultVfs::Arm({strike, at, at});
        return options;
      });
      struck = ended.struck;
      SCOPED_TRACE("struck at operation " + std::to_string(at));
      // The memory that processes share is gone with the power.
      if (strike != Strike::kExit) std::filesystem::remove(path_ + "-shm");
      // A disk that lies about syncs loses what was acknowledged, and must lose the latest only.
      ExpectSound(states, ended.acknowledged,
                  strike == Strike::kLostSync ? 0 : ended.acknowledged);
    }
    EXPECT_GT(at, 50u);  // The workload was long enough to mean something.
  }

  test::ScratchFolder folder_{TemporaryRoot()};
  std::string path_ = folder_.At("registry");
  World w_;
  Entity root_ = w_.Root("Root");
  Entity line_ = w_.Intermediate("Line", root_);
};

TEST_F(RegistryCrashTest, EndsAtEveryFileOperation) { StrikeEverywhere(Strike::kExit); }
TEST_F(RegistryCrashTest, LosesPowerAtEveryFileOperation) { StrikeEverywhere(Strike::kPowerLoss); }
TEST_F(RegistryCrashTest, LosesSomeWritesAtEveryFileOperation) {
  StrikeEverywhere(Strike::kPartialLoss);
}
TEST_F(RegistryCrashTest, TearsAWriteAtEveryFileOperation) { StrikeEverywhere(Strike::kTornWrite); }
// Nobody can keep what a disk only says it has; what is there must be a state that once was.
TEST_F(RegistryCrashTest, TheDiskLiesAboutSyncsFromEveryFileOperationOn) {
  StrikeEverywhere(Strike::kLostSync);
}

TEST_F(RegistryCrashTest, EndsAtEveryStatement) {
  const std::vector<Step> steps = Steps();
  const std::vector<std::string> states = States(steps);
  int at = 0;
  for (bool struck = true; struck && !HasFailure();) {
    Clear();
    ++at;
    const Ended ended = RunInChild(steps, [at] {
      SqliteStoreOptions options;
      options.before_statement = [at, count = 0](std::string_view) mutable {
        if (++count == at) _exit(test::kStruckStatus);
      };
      return options;
    });
    struck = ended.struck;
    SCOPED_TRACE("ended at statement " + std::to_string(at));
    ExpectSound(states, ended.acknowledged, ended.acknowledged);
  }
  EXPECT_GT(at, 100);
}

TEST_F(RegistryCrashTest, IsKilledAtAnyMoment) {
  std::uint64_t random = 20260615;
  Clear();
  ASSERT_TRUE(Must(Registry::Open(path_)).CreateService("s").has_value());
  std::size_t services = 1;
  for (int round = 0; round < 25; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    const pid_t child = fork();
    if (child == 0) {
      ::close(pipe[0]);
      Registry registry = Must(Registry::Open(path_));
      for (int i = 0;; ++i) {
        const std::string name = "s-" + std::to_string(round) + "-" + std::to_string(i);
        if (!registry.CreateService(name) || ::write(pipe[1], ".", 1) != 1) _exit(2);
      }
    }
    ::close(pipe[1]);
    char c = 0;
    ASSERT_EQ(::read(pipe[0], &c, 1), 1);  // It is under way.
    random = random * 6364136223846793005u + 1442695040888963407u;
    std::this_thread::sleep_for(std::chrono::microseconds(random >> 50));  // Up to 16 ms.
    kill(child, SIGKILL);
    std::size_t acknowledged = 1;
    while (::read(pipe[0], &c, 1) == 1) ++acknowledged;
    ::close(pipe[0]);
    waitpid(child, nullptr, 0);

    Registry registry = Must(Registry::Open(path_));
    EXPECT_TRUE(Must(registry.FindDamage()).empty());
    const std::size_t found = Must(registry.ListServices()).size();
    EXPECT_THAT(found, AnyOf(services + acknowledged, services + acknowledged + 1));
    EXPECT_EQ(Must(registry.AuditLog()).size(), found);
    services = found;
  }
}

// --- The disk fails, and the process goes on ---------------------------------------------------

class RegistryIoFaultTest : public RegistryCrashTest {
 protected:
  // Fails every file operation of each step in turn, from the n-th of that step on.
  void FailEverywhere(Strike strike) {
    const std::vector<Step> steps = Steps();
    const std::vector<std::string> states = States(steps);
    Clear();
    SqliteStoreOptions options;
    options.vfs = FaultVfs::name();
    Registry registry = Must(Registry::Open(OpenSqliteStore(path_, options), Environment()));
    int failures = 0;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      for (std::uint64_t at = 1;; ++at) {
        SCOPED_TRACE("step " + std::to_string(i) + ", operation " + std::to_string(at));
        FaultVfs::Arm({strike, at, 0});
        const bool good = steps[i](registry);
        FaultVfs::Calm();
        EXPECT_EQ(StateOf(registry), states[good ? i + 1 : i]);
        if (HasFailure()) return;
        if (good) break;
        ++failures;
      }
    }
    EXPECT_GT(failures, 12);
    EXPECT_TRUE(Must(registry.FindDamage()).empty());
  }
};

TEST_F(RegistryIoFaultTest, ADiskThatFailsLeavesEachChangeUndone) {
  FailEverywhere(Strike::kIoError);
}
TEST_F(RegistryIoFaultTest, AFullDiskLeavesEachChangeUndone) { FailEverywhere(Strike::kDiskFull); }

TEST_F(RegistryIoFaultTest, ADiskThatCannotBeReadLeavesEachChangeUndone) {
  const std::vector<Step> steps = Steps();
  const std::vector<std::string> states = States(steps);
  Clear();
  SqliteStoreOptions options;
  options.vfs = FaultVfs::name();
  int failures = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    bool good = false;
    for (std::uint64_t at = 1; !good; ++at) {
      SCOPED_TRACE("step " + std::to_string(i) + ", read " + std::to_string(at));
      // A new one each time: what was read is kept in memory.
      Registry registry = Must(Registry::Open(OpenSqliteStore(path_, options), Environment()));
      FaultVfs::Arm({Strike::kReadError, at, 0});
      good = steps[i](registry);
      FaultVfs::Calm();
      EXPECT_EQ(StateOf(registry), states[good ? i + 1 : i]);
      failures += good ? 0 : 1;
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(failures, 50);
  EXPECT_TRUE(Must(Must(Registry::Open(path_)).FindDamage()).empty());
}

TEST_F(RegistryIoFaultTest, NothingIsMadeUpWhereReadingFails) {
  for (const Step& step : Steps()) {
    Registry registry = Must(Registry::Open(OpenSqliteStore(path_, {}), Environment()));
    ASSERT_TRUE(step(registry));
    if (!Must(registry.ListDenied("s")).empty()) break;  // Every table holds something.
  }
  SqliteStoreOptions options;
  options.vfs = FaultVfs::name();
  const auto read_all = [&](std::uint64_t at) {
    Registry registry = Must(Registry::Open(OpenSqliteStore(path_, options), Environment()));
    FaultVfs::Arm({Strike::kReadError, at, 0});
    const auto contents = registry.Contents("s");
    const auto snapshot = registry.Snapshot("s");
    const auto document = registry.ExportJson();
    const auto log = registry.AuditLog();
    FaultVfs::Calm();
    if (!contents) {
      EXPECT_EQ(contents.error().code, ErrorCode::kStoreIo);
    }
    // Once reads fail they go on failing: who comes later may know it all already, or fails.
    const bool all = contents && snapshot && document && log;
    return std::pair(all, document.has_value() ? *document : std::string());
  };
  const std::string whole = read_all(1'000'000).second;
  ASSERT_FALSE(whole.empty());
  std::uint64_t at = 1;
  for (bool good = false; !good && !HasFailure(); ++at) {
    SCOPED_TRACE("read " + std::to_string(at));
    const auto [all, document] = read_all(at);
    good = all;
    EXPECT_THAT(document, AnyOf("", whole));
  }
  EXPECT_GT(at, 5u);
}

TEST_F(RegistryIoFaultTest, TheErrorNamesTheFileAndWhatToDo) {
  SqliteStoreOptions options;
  options.vfs = FaultVfs::name();
  Registry registry = Must(Registry::Open(OpenSqliteStore(path_, options), {}));
  FaultVfs::Arm({Strike::kDiskFull, 1, 0});
  const auto full = registry.CreateService("s");
  FaultVfs::Arm({Strike::kIoError, 1, 0});
  const auto failed = registry.CreateService("s");
  FaultVfs::Calm();
  ASSERT_FALSE(full.has_value());
  EXPECT_EQ(full.error().code, ErrorCode::kStoreIo);
  EXPECT_THAT(full.error().message, testing::HasSubstr(path_));
  EXPECT_THAT(full.error().message, testing::HasSubstr("make room"));
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().code, ErrorCode::kStoreIo);
  EXPECT_TRUE(registry.CreateService("s").has_value());
}

TEST_F(RegistryIoFaultTest, OpeningFailsCleanlyAtEveryOperation) {
  std::uint64_t at = 0;
  for (bool failed = true; failed && !HasFailure();) {
    SCOPED_TRACE("operation " + std::to_string(++at));
    Clear();
    FaultVfs::Arm({Strike::kIoError, at, 0});
    SqliteStoreOptions options;
    options.vfs = FaultVfs::name();
    failed = false;
    try {
      OpenSqliteStore(path_, options);
    } catch (const RegistryFailure& failure) {
      failed = true;
      EXPECT_EQ(failure.error().code, ErrorCode::kStoreIo) << failure.what();
    }
    FaultVfs::Calm();
    auto registry = Registry::Open(path_);
    ASSERT_TRUE(registry.has_value()) << registry.error().message;
    EXPECT_TRUE(registry->CreateService("s").has_value());
  }
  EXPECT_GT(at, 10u);
}

// --- Limits and permissions of the system ------------------------------------------------------

class RegistryPermissionTest : public RegistryCrashTest {
 protected:
  // What `work` gives in a process of its own, which may not write: 0 where all is as expected.
  static int InChild(const std::function<int()>& work) {
    const pid_t child = fork();
    if (child == 0) {
      try {
        _exit(work());
      } catch (const std::exception&) {
        _exit(99);
      }
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  // Permissions do not bind the superuser.
  static bool GiveUpPrivileges() { return geteuid() != 0 || setuid(65534) == 0; }
};

TEST_F(RegistryPermissionTest, AFileSizeLimitIsAnIoError) {
  const int outcome = InChild([&] {
    Registry registry = Must(Registry::Open(path_));
    if (!registry.CreateService("s")) return 1;
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1 << 18, 1 << 18};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return 2;
    for (int i = 0; i < 1000; ++i) {
      const auto result = registry.AddCa("s", "ca-" + std::to_string(i), root_.der());
      if (result) continue;
      if (result.error().code != ErrorCode::kStoreIo) return 3;
      const std::size_t held = Must(registry.ListCas("s")).size();
      return held == static_cast<std::size_t>(i) ? 0 : 4;
    }
    return 5;
  });
  EXPECT_EQ(outcome, 0);
  EXPECT_TRUE(Must(Must(Registry::Open(path_)).FindDamage()).empty());
}

TEST_F(RegistryPermissionTest, AFileThatMayNotBeWrittenIsAnIoError) {
  ASSERT_TRUE(Must(Registry::Open(path_)).CreateService("s").has_value());
  ASSERT_EQ(chmod(path_.c_str(), 0444), 0);
  ASSERT_EQ(chmod(folder_.path().c_str(), 0555), 0);
  EXPECT_EQ(InChild([&] {
              if (!GiveUpPrivileges()) return 1;
              auto registry = Registry::Open(path_);
              if (registry) return registry->CreateService("t") ? 2 : 3;
              return registry.error().code == ErrorCode::kStoreIo ? 0 : 4;
            }),
            0);
  ASSERT_EQ(chmod(folder_.path().c_str(), 0755), 0);
}

TEST_F(RegistryPermissionTest, AFileThatMayNotBeReadIsAnIoError) {
  ASSERT_TRUE(Must(Registry::Open(path_)).CreateService("s").has_value());
  ASSERT_EQ(chmod(path_.c_str(), 0), 0);
  ASSERT_EQ(chmod(folder_.path().c_str(), 0755), 0);
  EXPECT_EQ(InChild([&] {
              if (!GiveUpPrivileges()) return 1;
              const auto registry = Registry::Open(path_);
              return !registry && registry.error().code == ErrorCode::kStoreIo ? 0 : 2;
            }),
            0);
}

TEST_F(RegistryPermissionTest, AFolderThatMayNotBeWrittenIsAnIoError) {
  ASSERT_EQ(chmod(folder_.path().c_str(), 0555), 0);
  EXPECT_EQ(InChild([&] {
              if (!GiveUpPrivileges()) return 1;
              const auto registry = Registry::Open(path_);
              return !registry && registry.error().code == ErrorCode::kStoreIo ? 0 : 2;
            }),
            0);
  ASSERT_EQ(chmod(folder_.path().c_str(), 0755), 0);
}

}  // namespace
}  // namespace muster::registry
