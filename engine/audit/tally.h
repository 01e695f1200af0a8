// Tally: the counts of one batch, cheap to make and merged into the report in order.
#ifndef MUSTER_ENGINE_AUDIT_TALLY_H_
#define MUSTER_ENGINE_AUDIT_TALLY_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "muster/fleet_audit.h"

namespace muster::audit {

class Tally {
 public:
  void Clear();
  // Both must stay alive and unchanged until MergeInto.
  void Count(const Verdict& verdict, const LeafDescription& leaf);
  void CountUnreadable() { ++unreadable_; }
  void MergeInto(AuditReport* report) const;

 private:
  std::uint64_t devices_ = 0, accepted_ = 0, rejected_ = 0, unreadable_ = 0;
  std::map<RejectReason, std::uint64_t> reasons_;
  std::unordered_map<std::string_view, std::uint64_t> groups_, individuals_;
  std::unordered_map<Fingerprint, std::uint64_t> anchors_;
  std::unordered_map<std::string_view, std::uint64_t> key_types_;
  std::map<int, std::uint64_t> expiry_months_;  // Months since year 0.
};

}  // namespace muster::audit

#endif  // MUSTER_ENGINE_AUDIT_TALLY_H_
