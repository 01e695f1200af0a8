// A registry file with damage anywhere: it is refused, or what is read of it is refused, or it reads
// as what it was; nothing crashes, and nobody who only reads changes an octet of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "muster/registry.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/test_world.h"

namespace muster {
namespace {

namespace fs = std::filesystem;
using test::Entity;
using test::Must;

class DamagedFileTest : public testing::TestWithParam<bool> {
 protected:
  DamagedFileTest() {
    Registry registry = Must(Registry::Open(path_));
    EXPECT_TRUE(registry.CreateService("s").has_value());
    for (int i = 0; i < 12; ++i) {  // Some pages of each table.
      const std::string number = std::to_string(i);
      const Entity ca = w_.Root("CA " + number);
      Must(registry.AddCa("s", "ca-" + number, ca.der(), i % 2 == 0));
      Must(registry.PutGroup("s", {"g-" + number, true, {{}, {}, "ca-" + number, {}}, {}}));
      Must(registry.AddCrl("s", "ca-" + number, w_.Crl(ca, {})));
    }
    document_ = Must(registry.ExportJson());
  }

  std::string Read() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // What lies beside the registry. SQLite leaves its log, empty, and the log's index where it may
  // only read: the last who may write clears them away.
  std::vector<std::string> Strangers() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      const std::string name = entry.path().filename().string();
      if (name == "registry") continue;
      if (GetParam() && name == "registry-shm") continue;
      if (GetParam() && name == "registry-wal" && fs::file_size(entry) == 0) continue;
      names.push_back(name);
    }
    return names;
  }

  // Reads all there is; true where it says anything.
  bool TryToRead() {
    auto registry =
        Registry::Open(path_, {.create = false, .read_only = GetParam(), .environment = {}});
    if (!registry) {
      ExpectRefusal(registry.error());
      return false;
    }
    const auto snapshot = registry->Snapshot("s");
    if (!snapshot) ExpectRefusal(snapshot.error());
    const auto log = registry->AuditLog();
    if (!log) ExpectRefusal(log.error());
    const auto document = registry->ExportJson();
    if (!document) ExpectRefusal(document.error());
    static_cast<void>(registry->FindDamage());
    return snapshot && document && *document == document_;
  }

  static void ExpectRefusal(const Error& error) {
    EXPECT_TRUE(error.code == ErrorCode::kStoreCorrupt || error.code == ErrorCode::kStoreIo ||
                error.code == ErrorCode::kNotFound)
        << error.message;
    EXPECT_NE(error.message, "");
  }

  test::World w_;
  test::ScratchFolder folder_;
  std::string path_ = folder_.At("registry"), document_;
};

TEST_P(DamagedFileTest, IsRefusedOrReadAndNeverChanged) {
  const std::string whole = Read();
  ASSERT_GT(whole.size(), 40'000u);
  std::size_t refused = 0, as_it_was = 0;
  for (std::size_t at = 0; at < whole.size() && !HasFailure(); at += at < 120 ? 3 : 509) {
    for (const char change : {'\x01', '\xff'}) {
      SCOPED_TRACE("octet " + std::to_string(at));
      std::string damaged = whole;
      for (std::size_t i = at; i < std::min(at + 4, whole.size()); ++i) {
        damaged[i] = static_cast<char>(damaged[i] ^ change);
      }
      std::ofstream(path_, std::ios::binary | std::ios::trunc) << damaged;
      ++(TryToRead() ? as_it_was : refused);
      EXPECT_TRUE(Read() == damaged);
      EXPECT_EQ(Strangers(), std::vector<std::string>{});
    }
  }
  EXPECT_GT(refused, 20u);
  EXPECT_GT(as_it_was, 20u);  // What lies in unused parts of pages harms nobody.
}

INSTANTIATE_TEST_SUITE_P(Opened, DamagedFileTest, testing::Bool(), [](const auto& mode) {
  return mode.param ? "ReadOnly" : "ForWriting";
});

}  // namespace
}  // namespace muster
