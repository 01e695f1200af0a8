#include "tools/muster/audit_progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <ostream>
#include <system_error>

namespace muster::cli {
namespace {

// Before this an estimate jumps about: first records meet CA paths that are not compiled yet.
constexpr double kEstimateAfterS = 2;

}  // namespace

bool RecordsShown(const CliContext& context, const std::string& output, bool summary_only) {
  return context.out_is_terminal() && output.empty() && !summary_only;
}

AuditProgress::AuditProgress(CliContext& context, const std::vector<std::string>& inputs,
                             bool records_shown)
    : context_(context), shown_(context.err_is_terminal() && !context.quiet() && !records_shown) {
  for (const std::string& input : inputs) {
    std::error_code error;
    const auto size = std::filesystem::file_size(input, error);
    total_ = error || !total_ ? std::nullopt : std::optional(*total_ + size);
    sizes_.emplace_back(input, error ? 0 : size);
  }
}

AuditProgress::~AuditProgress() {
  if (drawn_) context_.err() << "\r\x1b[K" << std::flush;
}

void AuditProgress::Draw(const RecordSource& source) {
  const auto now = Clock::now();
  if (drawn_ && now - last_ < std::chrono::milliseconds(200)) return;
  last_ = now;
  drawn_ = true;
  std::optional<std::pair<std::uint64_t, std::uint64_t>> done;
  if (const auto position = Position(source)) done.emplace(*position, *total_);
  context_.err() << "\r\x1b[K" << ProgressText(records_, refused_, done, now - start_,
                                                  first_position_.value_or(0))
                 << std::flush;
}

std::optional<std::uint64_t> AuditProgress::Position(const RecordSource& source) const {
  if (!total_ || *total_ == 0) return std::nullopt;
  std::uint64_t before = 0;
  for (const auto& [name, size] : sizes_) {
    if (name == source.name) break;
    before += size;
  }
  return std::min(before + source.offset, *total_);
}

std::string DurationText(std::chrono::seconds duration) {
  const auto seconds = std::max<std::int64_t>(duration.count(), 0);
  if (seconds < 60) return fmt::format("{} s", seconds);
  const auto minutes = (seconds + 30) / 60;
  if (minutes < 60) return fmt::format("{} min", minutes);
  return fmt::format("{} h {} min", minutes / 60, minutes % 60);
}

std::string ProgressText(std::uint64_t records, std::uint64_t refused,
                         std::optional<std::pair<std::uint64_t, std::uint64_t>> done_of_total,
                         std::chrono::duration<double> elapsed, std::uint64_t before) {
  std::string share, left;
  if (done_of_total && done_of_total->second > 0) {
    const auto [done, total] = *done_of_total;
    share = fmt::format("{:3.0f} %  ",
                        100 * static_cast<double>(done) / static_cast<double>(total));
    if (done > before && elapsed.count() >= kEstimateAfterS) {
      const double seconds = std::ceil(elapsed.count() * static_cast<double>(total - done) /
                                       static_cast<double>(done - before));
      left = fmt::format(", {} left",
                         DurationText(std::chrono::seconds(static_cast<std::int64_t>(seconds))));
    }
  }
  const double rate = static_cast<double>(records) / std::max(elapsed.count(), 1e-3);
  return fmt::format("{}{} records, {} did not pass, {} a second{}", share, Grouped(records),
                     Grouped(refused), Grouped(static_cast<std::uint64_t>(rate)), left);
}

}  // namespace muster::cli
