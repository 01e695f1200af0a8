// TemporaryFile: octets that do not fit into memory. It has no name, so nothing is left behind
// however the process ends.
#ifndef MUSTER_ENGINE_FINDINGS_TEMPORARY_FILE_H_
#define MUSTER_ENGINE_FINDINGS_TEMPORARY_FILE_H_

#include <cstdint>
#include <span>
#include <string>

#include "muster/bytes.h"

namespace muster::findings {

class TemporaryFile {
 public:
  // `folder` empty: the system's. Throws std::system_error, as do the others.
  explicit TemporaryFile(const std::string& folder);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void Append(ByteView octets);
  // All of `out`, which must lie inside the file.
  void Read(std::uint64_t offset, std::span<std::uint8_t> out) const;
  std::uint64_t size() const { return size_; }

 private:
  int descriptor_;
  std::uint64_t size_ = 0;
};

}  // namespace muster::findings

#endif  // MUSTER_ENGINE_FINDINGS_TEMPORARY_FILE_H_
