// Small operations on byte views that the standard library lacks.
#ifndef MUSTER_ENGINE_BASE_BYTE_VIEW_H_
#define MUSTER_ENGINE_BASE_BYTE_VIEW_H_

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include "muster/bytes.h"

namespace muster::base {

inline bool Equal(ByteView a, ByteView b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

inline std::string_view AsText(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline ByteView AsBytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline Bytes ToBytes(ByteView view) { return {view.begin(), view.end()}; }

}  // namespace muster::base

#endif  // MUSTER_ENGINE_BASE_BYTE_VIEW_H_
