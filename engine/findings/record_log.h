// RecordLog: where each record came from and what device it is about, for examples that are chosen
// after the last record.
#ifndef MUSTER_ENGINE_FINDINGS_RECORD_LOG_H_
#define MUSTER_ENGINE_FINDINGS_RECORD_LOG_H_

#include <cstdint>
#include <string>
#include <vector>

#include "engine/findings/octet_store.h"
#include "muster/fleet_audit.h"

namespace muster::findings {

class RecordLog {
 public:
  RecordLog(std::size_t memory_octets_max, std::string folder)
      : store_(memory_octets_max, std::move(folder)) {}

  // Records come in the order of their indices, from 0 on.
  void Append(const AuditRecord& record);
  struct Entry {
    RecordSource source;
    std::string device_id;  // Cut where it is absurdly long.
  };
  // Nothing known where there is no such record.
  Entry Read(std::uint64_t index) const;

 private:
  OctetStore store_;
  std::vector<std::uint64_t> marks_;  // Where every kStride-th record begins.
  std::uint64_t count_ = 0;
  std::string last_name_, last_member_;
  Bytes line_;  // Reused.
};

}  // namespace muster::findings

#endif  // MUSTER_ENGINE_FINDINGS_RECORD_LOG_H_
