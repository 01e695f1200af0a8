// muster_make_fixtures [FOLDER]: writes every scenario into fixtures/. The same octets every time.
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "tests/scenario/scenario.h"

int main(int argc, char** argv) try {
  const std::filesystem::path root = argc > 1
                                         ? std::filesystem::path(argv[1])
                                         : std::filesystem::path(MUSTER_SOURCE_DIR) / "fixtures";
  const auto files = muster::test::MakeFixtures();
  for (const auto& [name, contents] : files) {
    const std::filesystem::path path = root / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << contents;
    if (!file.flush()) {
      std::cerr << "cannot write " << path << '\n';
      return 1;
    }
  }
  std::cerr << files.size() << " files in " << root << '\n';
  return 0;
} catch (const std::exception& e) {
  std::cerr << "muster_make_fixtures: " << e.what() << '\n';
  return 1;
}
