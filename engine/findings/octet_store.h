// OctetStore: octets that are appended and read back by offset; in memory while they fit.
#ifndef MUSTER_ENGINE_FINDINGS_OCTET_STORE_H_
#define MUSTER_ENGINE_FINDINGS_OCTET_STORE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "engine/findings/temporary_file.h"
#include "muster/bytes.h"

namespace muster::findings {

class OctetStore {
 public:
  OctetStore(std::size_t memory_octets_max, std::string folder)
      : memory_octets_max_(memory_octets_max), folder_(std::move(folder)) {}

  // Gives the offset. Throws std::system_error where the file fails.
  std::uint64_t Append(ByteView octets);
  void Read(std::uint64_t offset, std::span<std::uint8_t> out) const;
  std::uint64_t size() const { return flushed() + tail_.size(); }

 private:
  std::uint64_t flushed() const { return file_ ? file_->size() : 0; }

  const std::size_t memory_octets_max_;
  const std::string folder_;
  Bytes tail_;  // What is not in the file.
  std::unique_ptr<TemporaryFile> file_;
};

}  // namespace muster::findings

#endif  // MUSTER_ENGINE_FINDINGS_OCTET_STORE_H_
