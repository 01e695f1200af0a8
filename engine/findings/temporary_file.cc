#include "engine/findings/temporary_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace muster::findings {
namespace {

[[noreturn]] void Fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

TemporaryFile::TemporaryFile(const std::string& folder) {
  std::string name = (folder.empty() ? std::string(P_tmpdir) : folder) + "/muster-XXXXXX";
  descriptor_ = mkostemp(name.data(), O_CLOEXEC);
  if (descriptor_ < 0) Fail("a temporary file could not be made");
  unlink(name.c_str());
}

TemporaryFile::~TemporaryFile() { close(descriptor_); }

void TemporaryFile::Append(ByteView octets) {
  while (!octets.empty()) {
    const ssize_t n =
        pwrite(descriptor_, octets.data(), octets.size(), static_cast<off_t>(size_));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) Fail("a temporary file could not be written");
    size_ += static_cast<std::uint64_t>(n);
    octets = octets.subspan(static_cast<std::size_t>(n));
  }
}

void TemporaryFile::Read(std::uint64_t offset, std::span<std::uint8_t> out) const {
  while (!out.empty()) {
    const ssize_t n = pread(descriptor_, out.data(), out.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) errno = EIO;
    if (n <= 0) Fail("a temporary file could not be read");
    offset += static_cast<std::uint64_t>(n);
    out = out.subspan(static_cast<std::size_t>(n));
  }
}

}  // namespace muster::findings
