// One registry file, many writers and readers: threads of one object, several objects, several
// processes. Nothing is lost, nothing is seen half done.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "engine/registry/store/memory/memory_store.h"
#include "muster/registry.h"
#include "tests/support/test_world.h"

namespace muster {
namespace {

using test::Entity;
using test::Must;
using test::World;

constexpr int kWriters = 4;
constexpr int kWritesEach = 25;

class RegistryConcurrencyTest : public testing::Test {
 protected:
  RegistryConcurrencyTest() {
    std::string name = (std::filesystem::temp_directory_path() / "muster-race-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = name;
    path_ = (folder_ / "registry").string();
  }
  ~RegistryConcurrencyTest() override { std::filesystem::remove_all(folder_); }

  Registry Open() const {
    RegistryOptions options;
    options.busy_timeout_ms = 60'000;
    return Must(Registry::Open(path_, options));
  }

  static void InThreads(int count, const std::function<void(int)>& work) {
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i) threads.emplace_back(work, i);
    for (std::thread& thread : threads) thread.join();
  }

  // Exit codes of processes that run `work`; 0 where it gives true.
  static void InProcesses(int count, const std::function<bool(int)>& work) {
    std::vector<pid_t> children;
    for (int i = 0; i < count; ++i) {
      const pid_t child = fork();
      if (child == 0) {
        try {
          _exit(work(i) ? 0 : 1);
        } catch (const std::exception&) {
          _exit(2);
        }
      }
      children.push_back(child);
    }
    for (const pid_t child : children) {
      int status = 0;
      waitpid(child, &status, 0);
      EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    }
  }

  bool AddDenials(Registry& registry, int writer) const {
    for (int i = 0; i < kWritesEach; ++i) {
      DenyEntry entry;
      entry.fingerprint.emplace();
      entry.fingerprint->bytes[0] = static_cast<std::uint8_t>(writer);
      entry.fingerprint->bytes[1] = static_cast<std::uint8_t>(i);
      if (!registry.AddDenied("s", entry)) return false;
    }
    return true;
  }

  // All writes are there, each with a generation, an ETag and an audit record of its own.
  static void ExpectAllWrites(Registry& registry) {
    constexpr std::size_t kWrites = kWriters * kWritesEach;
    const RegistryContents contents = Must(registry.Contents("s"));
    EXPECT_EQ(contents.denied.size(), kWrites);
    EXPECT_EQ(contents.generation, kWrites + 1);
    std::set<std::string> etags;
    for (const DenyEntry& entry : contents.denied) etags.insert(entry.etag);
    EXPECT_EQ(etags.size(), kWrites);
    std::uint64_t expected = 0;
    for (const AuditLogEntry& entry : Must(registry.AuditLog())) {
      EXPECT_EQ(entry.sequence, ++expected);
    }
    EXPECT_EQ(expected, kWrites + 1);
    EXPECT_TRUE(Must(registry.FindDamage()).empty());
  }

  std::filesystem::path folder_;
  std::string path_;
  World w_;
};

TEST_F(RegistryConcurrencyTest, ThreadsShareOneRegistry) {
  Registry registry = Open();
  ASSERT_TRUE(registry.CreateService("s").has_value());
  std::atomic<int> failures = 0;
  InThreads(kWriters, [&](int i) { failures += AddDenials(registry, i) ? 0 : 1; });
  EXPECT_EQ(failures, 0);
  ExpectAllWrites(registry);
}

TEST_F(RegistryConcurrencyTest, ThreadsShareOneRegistryInMemory) {
  Registry registry = Must(Registry::Open(registry::MakeMemoryStore(), {}));
  ASSERT_TRUE(registry.CreateService("s").has_value());
  std::atomic<int> failures = 0;
  InThreads(kWriters, [&](int i) { failures += AddDenials(registry, i) ? 0 : 1; });
  EXPECT_EQ(failures, 0);
  ExpectAllWrites(registry);
}

TEST_F(RegistryConcurrencyTest, ThreadsWithRegistriesOfTheirOwn) {
  ASSERT_TRUE(Open().CreateService("s").has_value());
  std::atomic<int> failures = 0;
  InThreads(kWriters, [&](int i) {
    Registry registry = Open();
    failures += AddDenials(registry, i) ? 0 : 1;
  });
  EXPECT_EQ(failures, 0);
  Registry registry = Open();
  ExpectAllWrites(registry);
}

TEST_F(RegistryConcurrencyTest, Processes) {
  ASSERT_TRUE(Open().CreateService("s").has_value());
  InProcesses(kWriters, [&](int i) {
    Registry registry = Open();
    return AddDenials(registry, i);
  });
  Registry registry = Open();
  ExpectAllWrites(registry);
}

TEST_F(RegistryConcurrencyTest, ProcessesMakeTheSameNewFile) {
  for (int round = 0; round < 5; ++round) {
    path_ = (folder_ / ("registry-" + std::to_string(round))).string();
    InProcesses(kWriters,
                [&](int i) { return Open().CreateService("s-" + std::to_string(i)).has_value(); });
    EXPECT_EQ(Must(Open().ListServices()).size(), static_cast<std::size_t>(kWriters));
  }
}

// Each writer reads, then writes under the ETag it has read: what succeeds was not overtaken.
TEST_F(RegistryConcurrencyTest, ETagsLoseNoUpdate) {
  {
    Registry registry = Open();
    ASSERT_TRUE(registry.CreateService("s").has_value());
    ASSERT_TRUE(registry.AddCa("s", "root", w_.Root("Root").der()).has_value());
    EnrollmentGroup group;
    group.id = "g";
    group.signing.primary_ca = "root";
    ASSERT_TRUE(registry.PutGroup("s", group).has_value());
  }
  const std::uint64_t before = Must(Open().Contents("s")).generation;
  std::atomic<int> stale = 0, wrong = 0;
  InThreads(kWriters, [&](int) {
    Registry registry = Open();
    for (int done = 0; done < kWritesEach;) {
      const EnrollmentGroup group = Must(registry.GetGroup("s", "g"));
      const auto result = registry.SetGroupEnabled("s", "g", !group.enabled, group.etag);
      if (result) {
        ++done;
        wrong += result->enabled == group.enabled ? 1 : 0;
      } else if (result.error().code == ErrorCode::kStaleETag) {
        ++stale;
      } else {
        ++wrong;
        return;
      }
    }
  });
  EXPECT_EQ(wrong, 0);
  // Every success toggled; had one overwritten another unseen, the last state or count would
  // differ.
  const RegistryContents contents = Must(Open().Contents("s"));
  EXPECT_EQ(contents.generation, before + kWriters * kWritesEach);
  EXPECT_EQ(contents.groups[0].enabled, (kWriters * kWritesEach) % 2 == 0);
}

TEST_F(RegistryConcurrencyTest, OneProofVerifiesOnce) {
  const Entity root = w_.Root("Root");
  for (int round = 0; round < 5; ++round) {
    const std::string service = "s-" + std::to_string(round);
    RegistryOptions options;
    options.environment.now = [this] { return w_.at(); };
    Registry registry = Must(Registry::Open(path_, options));
    ASSERT_TRUE(registry.CreateService(service).has_value());
    ASSERT_TRUE(registry.AddCa(service, "root", root.der()).has_value());
    const std::string code = Must(registry.GenerateCode(service, "root")).text;
    const Bytes proof = w_.Proof(root, code);
    std::atomic<int> accepted = 0, no_code = 0;
    InThreads(kWriters, [&](int) {
      Registry mine = Must(Registry::Open(path_, options));
      const auto result = mine.VerifyCa(service, "root", proof);
      if (result) {
        ++accepted;
      } else if (result.error().reason == RejectReason::kProofNoCode) {
        ++no_code;
      }
    });
    EXPECT_EQ(accepted, 1);
    EXPECT_EQ(no_code, kWriters - 1);
  }
}

// A writer replaces the whole service again and again, by one of two documents; readers see one of
// the two, whole.
TEST_F(RegistryConcurrencyTest, ReadersSeeOneStateOrTheOther) {
  std::vector<std::string> documents;
  for (const int count : {1, 12}) {
    Registry source = Must(Registry::Open(registry::MakeMemoryStore(), {}));
    ASSERT_TRUE(source.CreateService("s").has_value());
    for (int i = 0; i < count; ++i) {
      const std::string name = "ca-" + std::to_string(i);
      ASSERT_TRUE(source.AddCa("s", name, w_.Root(name).der(), true).has_value());
      EnrollmentGroup group;
      group.id = "g-" + std::to_string(i);
      group.signing.primary_ca = name;
      ASSERT_TRUE(source.PutGroup("s", group).has_value());
    }
    documents.push_back(Must(source.ExportJson()));
  }
  ASSERT_TRUE(Open().ImportJson(documents[0]).has_value());
  std::atomic<bool> done = false;
  std::atomic<int> torn = 0, seen = 0;
  std::thread reader([&] {
    Registry registry = Open();
    std::uint64_t generation = 0;
    while (!done) {
      const auto snapshot = registry.Snapshot("s");
      const bool whole =
          snapshot.has_value() &&
          ((*snapshot)->contents().cas.size() == 1 || (*snapshot)->contents().cas.size() == 12) &&
          (*snapshot)->contents().cas.size() == (*snapshot)->contents().groups.size();
      if (!whole || (*snapshot)->generation() < generation) {
        ++torn;
        return;
      }
      generation = (*snapshot)->generation();
      ++seen;
    }
  });
  Registry registry = Open();
  for (int i = 1; i <= 30; ++i) {
    EXPECT_TRUE(registry.ImportJson(documents[static_cast<std::size_t>(i % 2)], true).has_value());
  }
  done = true;
  reader.join();
  EXPECT_EQ(torn, 0);
  EXPECT_GT(seen, 0);
}

}  // namespace
}  // namespace muster
