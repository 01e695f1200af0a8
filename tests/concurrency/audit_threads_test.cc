// An audit gives the same records and counts whatever the number of threads and the size of
// batches, and keeps its snapshot while another is swapped in.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <sstream>
#include <thread>

#include "muster/fleet_audit.h"
#include "tests/support/test_world.h"

namespace muster {
namespace {

// A record as text: everything in it.
std::string Text(const AuditRecord& record) {
  std::ostringstream out;
  out << record.index << '|' << record.source.name << ':' << record.source.line << '@'
      << record.source.offset << '|' << record.device_id << '|' << record.read_error << '|'
      << NameOf(record.verdict.reason) << '|' << record.verdict.chain_index << '|'
      << record.verdict.generation << '|' << record.verdict.registration_id.view() << '|'
      << record.verdict.enrollment.id.view() << '|' << record.verdict.anchor.hex() << '|'
      << record.leaf.hex() << '|' << record.key_type << '|'
      << (record.not_after ? FormatRfc3339(*record.not_after) : "");
  return out.str();
}

class AuditThreads : public testing::Test {
 protected:
  static constexpr std::uint64_t kDevices = 600;

  AuditThreads() {
    FleetTemplate what;
    what.seed = "threads";
    what.devices = kDevices;
    what.intermediates = 3;
    what.at = w_.at();
    what.fault_rate = 0.2;
    const DevelopmentFleet fleet = test::Must(DevelopmentFleet::Create(what));
    for (std::uint64_t i = 0; i < kDevices; ++i) {
      lines_ += test::Must(fleet.DeviceNdjson(i));
      ++planted_[fleet.FaultOf(i)];
    }
    contents_.service = "fleet";
    contents_.generation = 1;
    for (const FleetCa& ca : fleet.cas()) {
      CaCertificate& entry = contents_.cas.emplace_back();
      entry.name = ca.name;
      entry.der = ca.der;
      entry.registered_at = w_.at();
      entry.etag = "1";
      if (ca.verified) {
        entry.status = CaStatus::kVerified;
        entry.method = VerificationMethod::kSelfAttested;
        entry.verified_at = w_.at();
      }
      if (!ca.group) continue;
      contents_.groups.push_back({ca.name, ca.group_enabled, {{}, {}, ca.name, {}}, "1"});
    }
    for (std::uint64_t i = 0; i < kDevices; ++i) {
      if (fleet.FaultOf(i) != PlantedFault::kDenied) continue;
      DenyEntry entry;
      entry.fingerprint = Fingerprint::Of(test::Must(fleet.Device(i)).chain.front());
      entry.etag = "1";
      contents_.denied.push_back(std::move(entry));
    }
  }

  std::shared_ptr<const RegistrySnapshot> Snapshot(std::uint64_t generation) const {
    RegistryContents contents = contents_;
    contents.generation = generation;
    return test::Must(RegistrySnapshot::Compile(std::move(contents)));
  }

  std::string Audit(int threads, std::size_t batch_records, AuditReport* report) const {
    const Authenticator authenticator(Snapshot(1));
    FleetAuditOptions options;
    options.at = w_.at();
    options.threads = threads;
    options.batch_records = batch_records;
    std::istringstream input(lines_);
    std::string all;
    *report = test::Must(
        FleetAudit(authenticator, options).Run({"-"}, input, [&](const AuditRecord& record) {
          all += Text(record) + "\n";
        }));
    return all;
  }

  test::World w_;
  std::string lines_;
  RegistryContents contents_;
  std::map<PlantedFault, std::uint64_t> planted_;
};

TEST_F(AuditThreads, SameRecordsAndCountsForAnyNumberOfThreads) {
  AuditReport one;
  const std::string expected = Audit(1, 512, &one);
  EXPECT_EQ(one.devices + one.unreadable, kDevices);
  EXPECT_EQ(one.unreadable, planted_.at(PlantedFault::kUnreadableRecord));
  EXPECT_EQ(one.accepted, planted_.at(PlantedFault::kNone));
  for (int threads : {1, 2, 8}) {
    for (std::size_t batch_records : {std::size_t{1}, std::size_t{7}, std::size_t{512}}) {
      AuditReport report;
      EXPECT_TRUE(Audit(threads, batch_records, &report) == expected)
          << threads << " threads, batches of " << batch_records;
      EXPECT_EQ(report.by_reason, one.by_reason);
      EXPECT_EQ(report.by_enrollment, one.by_enrollment);
      EXPECT_EQ(report.by_anchor, one.by_anchor);
      EXPECT_EQ(report.by_key_type, one.by_key_type);
      EXPECT_EQ(report.by_expiry_month, one.by_expiry_month);
      EXPECT_EQ(report.input_octets, lines_.size());
    }
  }
}

TEST_F(AuditThreads, OneGenerationDecidesThroughout) {
  Authenticator authenticator(Snapshot(1));
  FleetAuditOptions options;
  options.at = w_.at();
  options.threads = 4;
  options.batch_records = 5;
  std::istringstream input(lines_);
  std::uint64_t swapped = 1;
  const AuditReport report = test::Must(
      FleetAudit(authenticator, options).Run({"-"}, input, [&](const AuditRecord& record) {
        if (record.index % 50 == 0) authenticator.Swap(Snapshot(++swapped));
        EXPECT_EQ(record.verdict.generation, record.read_error.empty() ? 1u : 0u) << record.index;
      }));
  EXPECT_EQ(report.generation, 1u);
  EXPECT_GT(authenticator.snapshot()->generation(), 1u);
}

TEST_F(AuditThreads, AuditsMayRunSideBySide) {
  const Authenticator authenticator(Snapshot(1));
  AuditReport expected;
  Audit(1, 512, &expected);
  std::vector<std::thread> threads;
  std::atomic<int> agreed{0};
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      FleetAuditOptions options;
      options.at = w_.at();
      options.threads = 2;
      options.batch_records = 16;
      std::istringstream input(lines_);
      const auto report =
          FleetAudit(authenticator, options).Run({"-"}, input, [](const AuditRecord&) {});
      if (report && report->by_reason == expected.by_reason) ++agreed;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(agreed, 3);
}

}  // namespace
}  // namespace muster
