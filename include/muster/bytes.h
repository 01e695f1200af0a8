// Byte views: the currency between the caller's buffers and the engine.
#ifndef MUSTER_BYTES_H_
#define MUSTER_BYTES_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace muster {

// A borrowed run of octets. The owner must keep them alive and unchanged while the view is used.
using ByteView = std::span<const std::uint8_t>;

// An owned run of octets.
using Bytes = std::vector<std::uint8_t>;

}  // namespace muster

#endif  // MUSTER_BYTES_H_
