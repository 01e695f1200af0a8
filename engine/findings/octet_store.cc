#include "engine/findings/octet_store.h"

#include <algorithm>

namespace muster::findings {

std::uint64_t OctetStore::Append(ByteView octets) {
  // A vector that grows holds its octets twice for a moment: half of the memory is for that.
  if (tail_.size() + octets.size() > memory_octets_max_ / 2 && !tail_.empty()) {
    if (!file_) file_ = std::make_unique<TemporaryFile>(folder_);
    file_->Append(tail_);
    tail_.clear();
  }
  const std::uint64_t offset = size();
  tail_.insert(tail_.end(), octets.begin(), octets.end());
  return offset;
}

void OctetStore::Read(std::uint64_t offset, std::span<std::uint8_t> out) const {
  if (offset < flushed()) {
    const auto part = static_cast<std::size_t>(
        std::min<std::uint64_t>(out.size(), flushed() - offset));
    file_->Read(offset, out.first(part));
    offset += part;
    out = out.subspan(part);
  }
  const auto at = static_cast<std::size_t>(offset - flushed());
  std::copy_n(tail_.begin() + static_cast<std::ptrdiff_t>(at), out.size(), out.begin());
}

}  // namespace muster::findings
