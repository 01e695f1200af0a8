// The README must stay true: its library example is the program that the installation test builds and
// runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>

namespace {

std::string ReadFile(const std::string& name) {
  std::ifstream file(std::string(MUSTER_SOURCE_DIR) + "/" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(ReadmeTest, TheLibraryExampleIsTheProgramThatIsBuilt) {
  const std::string example = "```cpp\n" + ReadFile("tests/install/consumer.cc") + "```\n";
  EXPECT_THAT(ReadFile("README.md"), testing::HasSubstr(example));
}

TEST(ReadmeTest, LinksPointToFiles) {
  for (const char* name : {"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"}) {
    const std::string text = ReadFile(name);
    const std::regex link(R"(\]\(([^)#:]+)\))");
    for (auto it = std::sregex_iterator(text.begin(), text.end(), link);
         it != std::sregex_iterator(); ++it) {
      const std::string target = (*it)[1];
      EXPECT_TRUE(std::filesystem::exists(std::string(MUSTER_SOURCE_DIR) + "/" + target))
          << name << " links to " << target;
    }
  }
}

}  // namespace
