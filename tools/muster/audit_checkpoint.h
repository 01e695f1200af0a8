// The file of `audit --checkpoint`: where an audit stood, and what it was begun with.
#ifndef MUSTER_TOOLS_MUSTER_AUDIT_CHECKPOINT_H_
#define MUSTER_TOOLS_MUSTER_AUDIT_CHECKPOINT_H_

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string>

#include "muster/fleet_audit.h"
#include "tools/muster/output.h"

namespace muster::cli {

struct SavedAudit {
  Json terms;                       // What the audit was begun with: names and values.
  std::string at;                   // Of the terms: the time that is decided for.
  AuditCheckpoint checkpoint;
  std::uint64_t output_octets = 0;  // Of --output, where its records end.
};

// kUnreadableInput where there is no such file, or it is not a checkpoint.
[[nodiscard]] Result<SavedAudit> LoadCheckpoint(const std::string& path);

// kInvalidArgument names the first term that is not as it was.
[[nodiscard]] Result<void> CheckTerms(const std::string& path, const Json& saved, const Json& now);

// Keeps the file up to date while an audit runs. The results come first, onto the disk: what the
// file says of them is there, whatever ends the process.
class CheckpointKeeper {
 public:
  // `output` is the file behind `out`, empty where no records are kept.
  CheckpointKeeper(std::string path, Json terms, std::chrono::seconds every, std::ostream& out,
                   std::string output);

  // Saves where it is time, and where the audit was interrupted. Throws std::runtime_error where
  // the file cannot be written.
  void Offer(const AuditCheckpoint& checkpoint);
  // The audit is done: there is nothing to go on from.
  void Remove() const;

 private:
  void Save(const AuditCheckpoint& checkpoint);

  using Clock = std::chrono::steady_clock;

  const std::string path_;
  const Json terms_;
  const std::chrono::seconds every_;
  std::ostream& out_;
  const std::string output_;
  Clock::time_point saved_{};  // Long ago: the first offer is taken.
};

}  // namespace muster::cli

#endif  // MUSTER_TOOLS_MUSTER_AUDIT_CHECKPOINT_H_
