#include <algorithm>
#include <utility>

#include "engine/path/path_validator.h"

namespace muster::path {

void StableWindow::Observe(UnixTime boundary, UnixTime t) {
  if (t <= boundary) {
    until = std::min(until, boundary);
  } else {
    from = std::max(from, boundary + std::chrono::seconds(1));
  }
}

void StableWindow::Intersect(const StableWindow& other) {
  from = std::max(from, other.from);
  until = std::min(until, other.until);
}

bool FaultSink::Add(RejectReason reason, int chain_index, std::string detail) {
  if (first_reason_ == RejectReason::kNone) {
    first_reason_ = reason;
    first_index_ = chain_index;
  } else if (!collect_all_) {
    return true;
  }
  faults_.push_back({reason, chain_index, std::move(detail)});
  return !collect_all_;
}

void FaultSink::AddNote(RejectReason reason, int chain_index, std::string detail) {
  if (collect_all_) notes_.push_back({reason, chain_index, std::move(detail)});
}

}  // namespace muster::path
