#include "tools/muster/replace_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "tools/muster/reading.h"

namespace muster::cli {
namespace {

Result<void> CannotWrite(const std::string& path, int error) {
  return MakeError(ErrorCode::kInternal,
                   fmt::format("{} could not be written: {}; check the folder and the disk",
                               SourceName(path), std::generic_category().message(error)));
}

bool WriteAll(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(descriptor, text.data(), text.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// Writes `text` to what `flags` open at `path`; gives errno, or 0. Devices and pipes know no fsync.
int WriteTo(const std::string& path, int flags, bool sync, std::string_view text) {
  const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC | flags, 0666);
  if (file < 0) return errno;
  int error = WriteAll(file, text) && (!sync || fsync(file) == 0) ? 0 : errno;
  if (close(file) != 0 && error == 0) error = errno;
  return error;
}

}  // namespace

Result<void> ReplaceFile(const std::string& path, std::string_view text) {
  namespace fs = std::filesystem;
  std::error_code failed;
  const std::string target = fs::weakly_canonical(path, failed).string();
  if (failed) return CannotWrite(path, failed.value());
  const fs::file_status there = fs::status(target, failed);
  if (fs::exists(there) && !fs::is_regular_file(there)) {
    if (const int error = WriteTo(target, 0, false, text)) return CannotWrite(path, error);
    return {};
  }
  const std::string unfinished = target + ".unfinished";
  int error = WriteTo(unfinished, O_CREAT | O_TRUNC, true, text);
  if (error == 0 && std::rename(unfinished.c_str(), target.c_str()) != 0) error = errno;
  if (error == 0) return {};
  unlink(unfinished.c_str());
  return CannotWrite(path, error);
}

}  // namespace muster::cli
