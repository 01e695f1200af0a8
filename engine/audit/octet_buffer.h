// OctetBuffer: octets that grow at the end and are not zeroed first.
#ifndef MUSTER_ENGINE_AUDIT_OCTET_BUFFER_H_
#define MUSTER_ENGINE_AUDIT_OCTET_BUFFER_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "muster/bytes.h"

namespace muster::audit {

class OctetBuffer {
 public:
  std::size_t size() const { return size_; }
  std::uint8_t* data() { return octets_.get(); }
  ByteView View() const { return {octets_.get(), size_}; }

  // Octets beyond the old size are whatever they are. Those before it may move. Throws
  // std::bad_alloc.
  void Resize(std::size_t size) {
    if (size > capacity_) {
      const std::size_t capacity = std::max(size, capacity_ + capacity_ / 2);
      auto larger = std::make_unique_for_overwrite<std::uint8_t[]>(capacity);
      std::copy_n(octets_.get(), size_, larger.get());
      octets_ = std::move(larger);
      capacity_ = capacity;
    }
    size_ = size;
  }
  void Append(std::string_view text) {
    const std::size_t before = size_;
    Resize(before + text.size());
    std::copy(text.begin(), text.end(), octets_.get() + before);
  }

 private:
  std::unique_ptr<std::uint8_t[]> octets_;
  std::size_t size_ = 0, capacity_ = 0;
};

}  // namespace muster::audit

#endif  // MUSTER_ENGINE_AUDIT_OCTET_BUFFER_H_
