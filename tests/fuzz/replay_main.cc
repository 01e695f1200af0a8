// Runs a fuzz target over files instead of random bytes: every file named on the command line and
// every file below every folder named there, in sorted order, after the empty input. Built where
// libFuzzer is not, so that each build replays what fuzzing once found.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

// libFuzzer's own mutator, for targets with a custom one: nothing is mutated in a replay.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t size_max);

std::size_t LLVMFuzzerMutate(std::uint8_t* /*data*/, std::size_t size, std::size_t /*size_max*/) {
  return size;
}

namespace {

namespace fs = std::filesystem;

// Appends the files at or below `path`. Returns false when there is nothing readable there.
bool Collect(const fs::path& path, std::vector<fs::path>* files) {
  std::error_code error;
  if (fs::is_regular_file(path, error)) {
    files->push_back(path);
    return true;
  }
  fs::recursive_directory_iterator entry(path, error);
  if (error) return false;
  for (; entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (error) return false;
    if (entry->is_regular_file(error)) files->push_back(entry->path());
  }
  return true;
}

bool ReplayFile(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return false;
  const std::vector<char> text((std::istreambuf_iterator<char>(stream)),
                               std::istreambuf_iterator<char>());
  // A heap block of exactly this size lets AddressSanitizer see a read past the end.
  const std::vector<std::uint8_t> bytes(text.begin(), text.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<fs::path> files;
  for (int i = 1; i < argc; ++i) {
    if (!Collect(argv[i], &files)) {
      std::fprintf(stderr, "%s: cannot read %s\n", argv[0], argv[i]);
      return 2;
    }
  }
  std::sort(files.begin(), files.end());

  const std::uint8_t none = 0;
  LLVMFuzzerTestOneInput(&none, 0);
  for (const fs::path& file : files) {
    // The name comes first: when the target aborts it is the last line.
    std::printf("%s\n", file.c_str());
    std::fflush(stdout);
    if (!ReplayFile(file)) {
      std::fprintf(stderr, "%s: cannot read %s\n", argv[0], file.c_str());
      return 2;
    }
  }
  std::printf("replayed %zu inputs and the empty one\n", files.size());
  return 0;
}
