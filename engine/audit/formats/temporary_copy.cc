#include "engine/audit/formats/temporary_copy.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace muster::audit {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }
  int Release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

void WriteAll(int descriptor, std::string_view octets) {
  while (!octets.empty()) {
    const ssize_t count = ::write(descriptor, octets.data(), octets.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      throw ReadFailure(
          fmt::format("cannot be kept in a temporary file ({}); TMPDIR says where they lie",
                      std::generic_category().message(errno)));
    }
    octets.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace

int CopyToTemporaryFile(InputText* input, std::uint64_t octets_max) {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::temp_directory_path(error);
  std::string name = (folder / "muster-XXXXXX").string();
  Descriptor file(error ? -1 : ::mkostemp(name.data(), O_CLOEXEC));
  if (file.number() < 0) {
    throw ReadFailure(
        fmt::format("needs a temporary file, and there can be none ({}); TMPDIR says where",
                    error ? error.message() : std::generic_category().message(errno)));
  }
  ::unlink(name.c_str());
  constexpr std::size_t kBlockSize = std::size_t{256} * 1024;
  for (std::string_view block = input->Peek(kBlockSize); !block.empty();
       block = input->Peek(kBlockSize)) {
    if (input->offset() + block.size() > octets_max) {
      throw ReadFailure(fmt::format(
          "has more than {} octets, the limit of an archive (--archive-size)", octets_max));
    }
    WriteAll(file.number(), block);
    input->Skip(block.size());
  }
  return file.Release();
}

}  // namespace muster::audit
