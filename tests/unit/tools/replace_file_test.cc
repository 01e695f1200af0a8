#include "tools/muster/replace_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/support/scratch_folder.h"

namespace muster::cli {
namespace {

namespace fs = std::filesystem;

class ReplaceFileTest : public testing::Test {
 protected:
  std::string Path(const char* name) const { return folder_.At(name); }

  test::ScratchFolder folder_;
};

TEST_F(ReplaceFileTest, ReplacesTheWholeOfAFile) {
  ASSERT_TRUE(ReplaceFile(Path("a"), "a long text"));
  ASSERT_TRUE(ReplaceFile(Path("a"), "short"));
  EXPECT_EQ(test::ReadFile(Path("a")), "short");
  EXPECT_FALSE(fs::exists(Path("a.unfinished")));
}

TEST_F(ReplaceFileTest, FollowsALink) {
  ASSERT_TRUE(ReplaceFile(Path("a"), "before"));
  fs::create_symlink("a", Path("link"));
  ASSERT_TRUE(ReplaceFile(Path("link"), "after"));
  EXPECT_TRUE(fs::is_symlink(Path("link")));
  EXPECT_EQ(test::ReadFile(Path("a")), "after");
}

TEST_F(ReplaceFileTest, WritesToAPipeAndLeavesItOne) {
  ASSERT_EQ(mkfifo(Path("pipe").c_str(), 0600), 0);
  const int reader = open(Path("pipe").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  EXPECT_TRUE(ReplaceFile(Path("pipe"), "text"));
  EXPECT_TRUE(fs::is_fifo(Path("pipe")));
  char read_back[8] = {};
  EXPECT_EQ(read(reader, read_back, sizeof read_back), 4);
  EXPECT_STREQ(read_back, "text");
  close(reader);
}

TEST_F(ReplaceFileTest, SaysWhatCannotBeWritten) {
  fs::create_directory(Path("folder"));
  fs::create_symlink("loop", Path("loop"));
  for (const char* name : {"folder", "loop", "none/a"}) {
    const auto written = ReplaceFile(Path(name), "text");
    ASSERT_FALSE(written) << name;
    EXPECT_NE(written.error().message.find(Path(name)), std::string::npos);
  }
  EXPECT_TRUE(fs::is_directory(Path("folder")));
}

}  // namespace
}  // namespace muster::cli
