// A fleet's audit from an NDJSON file, with planted faults: with a record of each device, or the
// counts alone. x_in_memory: processor time on one thread / that of a new authenticator, as every
// audit has one, for the same chains from memory in one batch. x_one_thread: devices per second by
// the wall's clock, relative to one thread.

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/bench_fleet.h"
#include "bench/bench_run.h"
#include "muster/authenticator.h"
#include "muster/fleet_audit.h"

namespace muster::bench {
namespace {

const BenchFleet& Fleet() {
  return FleetOf({.devices = IsSmokeRun() ? 400u : 40'000u, .fault_rate = 0.05});
}

// The fleet's inventory as a file that goes when the program ends.
class InventoryFile {
 public:
  explicit InventoryFile(const BenchFleet& fleet)
      : path_(std::filesystem::temp_directory_path() /
              ("muster-bench-" + std::to_string(::getpid()) + ".ndjson")) {
    std::ofstream file(path_, std::ios::binary);
    file << fleet.Ndjson();
    file.close();
    if (!file) throw std::runtime_error("cannot write " + path_.string() + "; is the disk full?");
  }
  ~InventoryFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  InventoryFile(const InventoryFile&) = delete;
  InventoryFile& operator=(const InventoryFile&) = delete;

  std::string path() const { return path_.string(); }
  std::uint64_t size() const { return std::filesystem::file_size(path_); }

 private:
  std::filesystem::path path_;
};

AuditReport RunAudit(const Authenticator& authenticator, const std::string& path, int threads,
                     const FleetAudit::Sink& sink) {
  FleetAuditOptions options;
  options.at = BenchTime();
  options.threads = threads;
  FleetAudit audit(authenticator, options);
  std::istringstream no_input;
  return Must(audit.Run({path}, no_input, sink));
}

// Empty where every record of an audit says what was planted, in order.
std::string FaultOfAnswers(const BenchFleet& fleet, const Authenticator& authenticator,
                           const std::string& path, int threads) {
  std::string fault;
  std::size_t next = 0;
  RunAudit(authenticator, path, threads, [&](const AuditRecord& record) {
    if (!fault.empty() || next >= fleet.devices().size()) return;
    const FleetDevice& device = fleet.devices()[next++];
    const bool unreadable = device.fault == PlantedFault::kUnreadableRecord;
    const bool as_planted = unreadable ? !record.read_error.empty()
                                       : record.read_error.empty() &&
                                             record.device_id == device.device_id &&
                                             record.verdict.reason == ExpectedReason(device.fault);
    if (!as_planted) {
      fault = device.device_id + " (" + std::string(NameOf(device.fault)) + ") was judged " +
              std::string(NameOf(record.verdict.reason));
    }
  });
  if (fault.empty() && next != fleet.devices().size()) fault = "records are missing";
  return fault;
}

void Audit(benchmark::State& state, bool with_records) {
  const BenchFleet& fleet = Fleet();
  static const InventoryFile file(fleet);
  const auto threads = static_cast<int>(state.range(0));
  const Authenticator authenticator(fleet.snapshot());
  if (const std::string fault = FaultOfAnswers(fleet, authenticator, file.path(), threads);
      !fault.empty()) {
    return Fail(state, fault);
  }
  FleetAudit::Sink sink;
  std::uint64_t records = 0;
  if (with_records) sink = [&](const AuditRecord&) { ++records; };
  std::uint64_t seen = 0;
  const auto audit_on = [&](int count_of_threads) {
    seen += RunAudit(authenticator, file.path(), count_of_threads, sink).accepted;
  };
  std::vector<Verdict> verdicts(fleet.chains().size());
  const auto in_memory = [&] {
    const Authenticator another(fleet.snapshot());
    another.AuthenticateBatch(fleet.chains(), BenchTime(), verdicts);
    benchmark::ClobberMemory();
  };
  const auto subject = [&] { audit_on(threads); };
  if (threads == 1) {
    state.counters["x_in_memory"] =
        TimeBeside(state, subject, {in_memory}, TimeOf::kAllThreads).front();
  } else {
    const auto on_one_thread = [&] { audit_on(1); };
    state.counters["x_one_thread"] =
        1 / TimeBeside(state, subject, {on_one_thread}, TimeOf::kWall).front();
  }
  if (seen == 0) return Fail(state, "nobody was accepted");
  if (with_records != (records > 0)) return Fail(state, "records do not come as asked for");
  const auto devices = static_cast<std::int64_t>(fleet.devices().size());
  state.SetItemsProcessed(state.iterations() * devices);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(file.size()));
}
void AuditRecords(benchmark::State& state) { Audit(state, true); }
BENCHMARK(AuditRecords)->ArgName("threads")->Arg(1)->Arg(2)->UseManualTime()->Unit(
    benchmark::kMillisecond);

void AuditCounts(benchmark::State& state) { Audit(state, false); }
BENCHMARK(AuditCounts)->ArgName("threads")->Arg(1)->Arg(2)->UseManualTime()->Unit(
    benchmark::kMillisecond);

}  // namespace
}  // namespace muster::bench
