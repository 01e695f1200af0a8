// AuditProgress: one line on the terminal while an audit runs, redrawn a few times a second.
#ifndef MUSTER_TOOLS_MUSTER_AUDIT_PROGRESS_H_
#define MUSTER_TOOLS_MUSTER_AUDIT_PROGRESS_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "muster/fleet_audit.h"
#include "tools/muster/cli_context.h"

namespace muster::cli {

// Whether records go to the terminal.
bool RecordsShown(const CliContext& context, const std::string& output, bool summary_only);

class AuditProgress {
 public:
  using Clock = std::chrono::steady_clock;

  // `records_shown`: records go to the same terminal, and would be torn by the line.
  AuditProgress(CliContext& context, const std::vector<std::string>& inputs, bool records_shown);
  // Clears the line.
  ~AuditProgress();
  AuditProgress(const AuditProgress&) = delete;
  AuditProgress& operator=(const AuditProgress&) = delete;

  // Whether there is a line to keep up to date.
  bool shown() const { return shown_; }

  void Count(const AuditRecord& record) {
    if (!shown_) return;
    if (records_ == 0) first_position_ = Position(record.source);
    ++records_;
    refused_ += !record.verdict.accepted();
    if (records_ % 256 == 0) Draw(record.source);
  }

 private:
  void Draw(const RecordSource& source);
  // Octets before this record, over all inputs; nothing where an input's size is not known (a
  // pipe, a folder).
  std::optional<std::uint64_t> Position(const RecordSource& source) const;

  CliContext& context_;
  bool shown_;
  bool drawn_ = false;
  std::vector<std::pair<std::string, std::uint64_t>> sizes_;
  std::optional<std::uint64_t> total_ = 0;
  std::optional<std::uint64_t> first_position_;  // Not 0 where an audit goes on.
  std::uint64_t records_ = 0, refused_ = 0;
  Clock::time_point start_ = Clock::now(), last_{};
};

// "45 s", "12 min", "3 h 20 min".
std::string DurationText(std::chrono::seconds duration);

// "42 %  1,000 records, 3 did not pass, 250 a second, 2 min left": `done` of `total` octets, where
// both are known, were read when `elapsed` had passed since the first `before` of them.
std::string ProgressText(std::uint64_t records, std::uint64_t refused,
                         std::optional<std::pair<std::uint64_t, std::uint64_t>> done_of_total,
                         std::chrono::duration<double> elapsed, std::uint64_t before = 0);

}  // namespace muster::cli

#endif  // MUSTER_TOOLS_MUSTER_AUDIT_PROGRESS_H_
