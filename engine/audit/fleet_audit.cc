#include "muster/fleet_audit.h"

#include <fmt/format.h>
#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/parallel_pipeline.h>
#include <tbb/task_arena.h>

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

#include <algorithm>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "engine/audit/audit_batch.h"
#include "engine/audit/input_walk.h"
#include "engine/audit/record_reader.h"
#include "muster/kernel.h"

namespace muster {
namespace {

using audit::AuditBatch;

// More than any machine has cores to use; each thread has batches in memory.
constexpr int kThreadsMax = 1024;

// Batches that are not at work.
class BatchPool {
 public:
  AuditBatch* Take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) {
      all_.push_back(std::make_unique<AuditBatch>());
      return all_.back().get();
    }
    AuditBatch* batch = free_.back();
    free_.pop_back();
    return batch;
  }
  void Return(AuditBatch* batch) {
    const std::lock_guard lock(mutex_);
    free_.push_back(batch);
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<AuditBatch>> all_;
  std::vector<AuditBatch*> free_;
};

// What one stage does happens before what the next does to the same batch, and what a serial stage
// does before its next turn. oneTBB sees to that, in a library that is not instrumented: this tells
// ThreadSanitizer.
class Handover {
 public:
  template <typename Stage>
  auto Run(const Stage& stage) {
    Take();
    auto result = stage();
    Give();
    return result;
  }
#if defined(__SANITIZE_THREAD__)
  void Take() { __tsan_acquire(this); }
  void Give() { __tsan_release(this); }
#else
  void Take() {}
  void Give() {}
#endif
};

// One run: what the three stages of the pipeline share.
class AuditRun {
 public:
  AuditRun(const audit::AuditJudges& judges, const FleetAuditOptions& options,
           const std::vector<std::string>& inputs, std::istream& standard_input,
           std::unique_ptr<audit::InventoryContext> context, const FleetAudit::Sink& sink,
           const std::atomic<bool>* stop)
      : judges_(judges),
        options_(options),
        reader_(inputs, standard_input, options, std::move(context)),
        sink_(sink),
        stop_(stop) {
    if (options.resume != nullptr) stand_ = *options.resume;
    report_.generation = judges.authenticator.snapshot()->generation();
    report_.interrupted = false;
    next_index_ = report_.devices + report_.unreadable;
  }

  AuditReport Run(int threads) {
    const auto batches_in_flight = static_cast<std::size_t>(threads) * 2 + 2;
    if (options_.checkpoint) options_.checkpoint(stand_);
    handover_.Give();
    tbb::parallel_pipeline(
        batches_in_flight,
        tbb::make_filter<void, AuditBatch*>(
            tbb::filter_mode::serial_in_order,
            [this](tbb::flow_control& flow) {
              return handover_.Run([&] { return ReadBatch(flow); });
            }) &
            tbb::make_filter<AuditBatch*, AuditBatch*>(tbb::filter_mode::parallel,
                                                       [this](AuditBatch* batch) {
                                                         return handover_.Run(
                                                             [&] { return Decide(batch); });
                                                       }) &
            tbb::make_filter<AuditBatch*, void>(
                tbb::filter_mode::serial_in_order,
                [this](AuditBatch* batch) { handover_.Run([&] { return Report(batch); }); }));
    return handover_.Run([this] {
      report_.interrupted = interrupted_;
      if (interrupted_ && options_.checkpoint) options_.checkpoint(stand_);
      report_.input_octets = reader_.octets();
      reader_.digests().Describe(&report_);
      report_.notes.assign(reader_.notes().begin(), reader_.notes().end());
      return report_;
    });
  }

 private:
  bool Stopped() const { return stop_ != nullptr && stop_->load(std::memory_order_relaxed); }

  AuditBatch* ReadBatch(tbb::flow_control& flow) {
    AuditBatch* batch = pool_.Take();
    if (!Stopped() && reader_.Read(&batch->raw)) return batch;
    // Asked again: the read may have ended because it was interrupted.
    if (Stopped()) interrupted_ = true;
    flow.stop();
    return nullptr;
  }

  AuditBatch* Decide(AuditBatch* batch) {
    batch->Decide(judges_, options_.at, sink_ != nullptr);
    return batch;
  }

  bool Report(AuditBatch* batch) {
    for (std::size_t i = 0; sink_ && i < batch->record_count(); ++i) {
      batch->Fill(i, &record_);
      record_.index = next_index_++;
      sink_(record_);
    }
    batch->tally().MergeInto(&report_);
    if (options_.checkpoint) {
      MoveTo(std::move(batch->raw.end));
      options_.checkpoint(stand_);
    }
    pool_.Return(batch);
    return true;
  }

  // The counts stay where they are: they may be long.
  void MoveTo(AuditCheckpoint end) {
    report_.notes = std::move(end.report.notes);
    end.report = std::move(report_);
    stand_ = std::move(end);
  }

  const audit::AuditJudges& judges_;
  const FleetAuditOptions& options_;
  audit::RecordReader reader_;
  const FleetAudit::Sink& sink_;
  const std::atomic<bool>* stop_;
  Handover handover_;
  BatchPool pool_;
  AuditCheckpoint stand_;
  AuditReport& report_ = stand_.report;
  AuditRecord record_;  // The one that the sink sees.
  std::uint64_t next_index_ = 0;
  bool interrupted_ = false;
};

int ThreadsOf(const FleetAuditOptions& options) {
  if (options.threads <= 0) return std::max(tbb::info::default_concurrency(), 1);
  return std::min(options.threads, kThreadsMax);
}

}  // namespace

FleetAudit::FleetAudit(const Authenticator& authenticator, FleetAuditOptions options)
    : authenticator_(authenticator), options_(std::move(options)) {}

Result<AuditReport> FleetAudit::Run(const std::vector<std::string>& inputs,
                                    std::istream& standard_input, const Sink& sink,
                                    const std::atomic<bool>* stop) try {
  if (auto readable = audit::InputWalk::Check(inputs); !readable) {
    return tl::unexpected<Error>(std::move(readable).error());
  }
  const bool at_points = options_.checkpoint != nullptr || options_.resume != nullptr;
  if (at_points && std::find(inputs.begin(), inputs.end(), "-") != inputs.end()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "standard input cannot be read again from a checkpoint; name files");
  }
  auto context = audit::InventoryContext::Create(options_.inventory, options_.record_size_max);
  if (!context) return tl::unexpected<Error>(std::move(context).error());
  // An authenticator of its own: one generation decides all, whatever is swapped meanwhile.
  const Authenticator authenticator(authenticator_.snapshot(), authenticator_.options());
  audit::AuditJudges judges{authenticator};
  std::optional<Authenticator> reference;
  if (options_.cross_check > 0) {
    AuthenticationOptions by_reference = authenticator_.options();
    by_reference.kernel = Kernel::kReference;
    reference.emplace(authenticator_.snapshot(), by_reference);
    judges.reference = &*reference;
    judges.share = std::min(options_.cross_check, 1.0);
  }
  std::optional<Authenticator> second;
  if (options_.second != nullptr) {
    second.emplace(options_.second->snapshot(), options_.second->options());
    judges.second = &*second;
    judges.second_at = options_.second_at;
  }
  std::optional<Forecaster> forecaster;
  if (options_.forecast) {
    judges.forecaster = &forecaster.emplace(authenticator.snapshot(), authenticator.options());
  }
  const int threads = ThreadsOf(options_);
  AuditRun run(judges, options_, inputs, standard_input, *std::move(context), sink, stop);
  const tbb::global_control allow(tbb::global_control::max_allowed_parallelism,
                                  static_cast<std::size_t>(threads));
  tbb::task_arena arena(threads);
  AuditReport report;
  arena.execute([&] { report = run.Run(threads); });
  return report;
} catch (const audit::InputsChanged& e) {
  return MakeError(ErrorCode::kUnreadableInput,
                   fmt::format("the inputs are not those of the checkpoint: {}; begin anew",
                               e.what()));
} catch (const audit::JudgesDisagree& e) {
  return MakeError(ErrorCode::kInternal, e.what());
} catch (const std::exception& e) {
  return MakeError(ErrorCode::kInternal,
                   fmt::format("the audit failed and was abandoned: {}", e.what()));
} catch (...) {
  return MakeError(ErrorCode::kInternal, "the audit failed and was abandoned");
}

}  // namespace muster
