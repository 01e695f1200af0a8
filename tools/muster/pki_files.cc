#include "tools/muster/pki_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "tools/muster/reading.h"

namespace muster::cli {
namespace {

tl::unexpected<Error> WriteFailure(const std::string& path, int error) {
  return MakeError(ErrorCode::kInternal,
                   fmt::format("cannot write '{}': {}", path,
                               std::generic_category().message(error)));
}

}  // namespace

OutputFile::OutputFile(OutputFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}

OutputFile& OutputFile::operator=(OutputFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_, other.path_);
  return *this;
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

Result<OutputFile> OutputFile::Create(const std::string& path, Privacy privacy, bool overwrite) {
  const mode_t mode = privacy == Privacy::kSecret ? 0600 : 0666;
  const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (overwrite ? O_TRUNC : O_EXCL);
  OutputFile file;
  file.descriptor_ = open(path.c_str(), flags, mode);
  file.path_ = path;
  if (file.descriptor_ < 0) {
    if (errno == EEXIST) {
      return MakeError(ErrorCode::kInvalidArgument,
                       fmt::format("'{}' exists; name another file or give --force", path));
    }
    return WriteFailure(path, errno);
  }
  // A file that was there before keeps its mode unless it is changed.
  if (privacy == Privacy::kSecret && fchmod(file.descriptor_, 0600) != 0) {
    return WriteFailure(path, errno);
  }
  return file;
}

Result<void> OutputFile::Write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(descriptor_, text.data(), text.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return WriteFailure(path_, errno);
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> OutputFile::Close() {
  // The disk may say only now that it is full.
  if (close(std::exchange(descriptor_, -1)) != 0) return WriteFailure(path_, errno);
  return {};
}

Result<void> WriteFile(const std::string& path, std::string_view text, Privacy privacy,
                       bool overwrite) {
  auto file = OutputFile::Create(path, privacy, overwrite);
  if (!file) return tl::unexpected(std::move(file).error());
  if (auto written = file->Write(text); !written) return written;
  return file->Close();
}

Result<void> MakeFolder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) {
    return MakeError(ErrorCode::kInternal,
                     fmt::format("cannot make the folder '{}': {}", path, error.message()));
  }
  return {};
}

Result<DevelopmentKey> ReadKeyFile(CliContext& context, const std::string& path) {
  auto input = ReadInput(context, path);
  if (!input) return tl::unexpected(std::move(input).error());
  auto key = DevelopmentKey::Load(*input);
  if (!key) {
    return MakeError(key.error().code,
                     fmt::format("{}: {}", SourceName(path), key.error().message));
  }
  return key;
}

void WarnDevelopmentOnly(CliContext& context) {
  context.Warn("for development and tests only: keys come from the seed, and whoever knows it "
               "has them");
}

CLI::Option* AddKeyKind(CLI::App& verb, const std::string& name, std::string& value,
                        const std::string& description) {
  return AddChoice(verb, name, value,
                   {"p256", "p384", "p521", "rsa2048", "rsa3072", "rsa4096", "ed25519"},
                   description);
}

}  // namespace muster::cli
