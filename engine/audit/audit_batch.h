// AuditBatch: one unit of an audit's work, from raw octets to decided records.
#ifndef MUSTER_ENGINE_AUDIT_AUDIT_BATCH_H_
#define MUSTER_ENGINE_AUDIT_AUDIT_BATCH_H_

#include <cstddef>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "engine/audit/ndjson_record.h"
#include "engine/audit/octet_buffer.h"
#include "engine/audit/record_reader.h"
#include "engine/audit/tally.h"
#include "muster/certificate_reader.h"
#include "muster/fleet_audit.h"

namespace muster::audit {

// What decides, and what a share of the devices is decided by a second time.
struct AuditJudges {
  const Authenticator& authenticator;
  const Authenticator* reference = nullptr;  // Null where `share` is 0.
  double share = 0;                          // 0 to 1.
  const Authenticator* second = nullptr;     // As FleetAuditOptions::second.
  UnixTime second_at{};
  const Forecaster* forecaster = nullptr;    // Decides in place of `authenticator`.
};

// The two judges disagree about a device: a defect in muster, or a broken processor.
class JudgesDisagree : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Reused from batch to batch, so that memory stays where it is.
class AuditBatch {
 public:
  RawBatch raw;  // Filled by the reader.

  // Decodes the raw records, decides about every device, counts. Throws JudgesDisagree. Leaves have
  // fingerprints only where they are asked for.
  void Decide(const AuditJudges& judges, UnixTime at, bool leaf_fingerprints);

  // Records come out in the order of the input.
  std::size_t record_count() const { return records_.size(); }
  // Writes all but the index, which belongs to whoever knows how many came before.
  void Fill(std::size_t i, AuditRecord* out) const;
  const Tally& tally() const { return tally_; }

 private:
  static constexpr std::size_t kNoDevice = ~std::size_t{0};
  struct Record {
    RawSource source;
    std::string_view device_id;
    std::string error;  // Not empty: no device.
    std::size_t device = kNoDevice;
  };

  void AddError(const RawSource& source, std::string why);
  // `chain` is borrowed until the batch is decided.
  void AddDevice(const RawSource& source, const PresentedChain& chain,
                 std::string_view device_id = {});
  void DecodeLine(const RawRecord& raw_record, LineDecoder* decoder);
  void DecodeFile(const RawRecord& raw_record);
  void AddRawDevice(const RawRecord& raw_record);
  void AddFileDevices(const RawRecord& raw_record, const ReadOutcome& outcome);
  void DecideAll(const AuditJudges& judges, UnixTime at, bool leaf_fingerprints);
  void CrossCheck(const AuditJudges& judges, UnixTime at);
  RecordSource SourceOf(const Record& record) const;

  std::vector<Record> records_;
  DeviceLine line_;
  OctetBuffer arena_;               // Owns the certificates of lines.
  std::vector<ReadOutcome> files_;  // Own the certificates of whole files.
  // Of the devices, in the order of their records.
  std::vector<PresentedChain> chains_;
  std::vector<Verdict> verdicts_;
  std::vector<LeafDescription> leaves_;
  std::vector<Verdict> second_verdicts_;  // Empty where there is no second judge.
  std::vector<Forecast> forecasts_;       // Empty where there is no forecaster.
  Tally tally_;
  std::mt19937_64 random_{std::random_device{}()};  // Which devices are decided again.
};

}  // namespace muster::audit

#endif  // MUSTER_ENGINE_AUDIT_AUDIT_BATCH_H_
