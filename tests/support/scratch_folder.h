// Files of one test.
#ifndef MUSTER_TESTS_SUPPORT_SCRATCH_FOLDER_H_
#define MUSTER_TESTS_SUPPORT_SCRATCH_FOLDER_H_

#include <filesystem>
#include <string>
#include <string_view>

namespace muster::test {

// A new folder, gone with this object.
class ScratchFolder {
 public:
  explicit ScratchFolder(
      const std::filesystem::path& parent = std::filesystem::temp_directory_path());
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string At(std::string_view name) const { return (path_ / name).string(); }
  // Writes a file, and the folders it lies in; gives its path.
  std::string Write(std::string_view name, std::string_view contents) const;

 private:
  std::filesystem::path path_;
};

std::string ReadFile(const std::filesystem::path& path);

}  // namespace muster::test

#endif  // MUSTER_TESTS_SUPPORT_SCRATCH_FOLDER_H_
