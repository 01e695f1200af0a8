// AuditBatch: one unit of an audit's work, from raw octets to decided records.
#ifndef MUSTER_ENGINE_AUDIT_AUDIT_BATCH_H_
#define MUSTER_ENGINE_AUDIT_AUDIT_BATCH_H_

#include <cstddef>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/audit/ndjson_record.h"
#include "engine/audit/record_reader.h"
#include "engine/audit/tally.h"
#include "engine/crypto/hash_batch.h"
#include "muster/certificate_reader.h"
#include "muster/fleet_audit.h"

namespace muster::audit {

// What decides, and what a share of the devices is decided by a second time.
struct AuditJudges {
  const Authenticator& authenticator;
  const Authenticator* reference = nullptr;  // Null where `share` is 0.
  double share = 0;                          // 0 to 1.
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

  // Decodes the raw records, decides about every device, counts. Records come out in the order of
  // the input; their indices are set by whoever knows how many came before. Throws JudgesDisagree.
  void Decide(const AuditJudges& judges, UnixTime at);

  std::vector<AuditRecord>& records() { return records_; }
  std::size_t record_count() const { return record_count_; }
  const Tally& tally() const { return tally_; }

 private:
  // The chain of a record, as runs of octets that do not move any more once all are decoded.
  struct Device {
    std::size_t record = 0;
    DeviceLine line;  // Of NDJSON: spans of the arena.
    PresentedChain chain;
    bool in_arena = false;
  };

  // Its verdict is to be set by whoever decides, or by SetError.
  AuditRecord& AddRecord(const RecordSource& source);
  void AddError(const RecordSource& source, std::string why);
  static void SetError(AuditRecord* record, std::string why);
  Device& AddDevice(std::size_t record);
  void DecodeLine(const RawRecord& raw_record, LineDecoder* decoder);
  void DecodeFile(const RawRecord& raw_record);
  void AddFileDevices(const RawRecord& raw_record, const ReadOutcome& outcome);
  void DecideAll(const AuditJudges& judges, UnixTime at);
  void CrossCheck(const AuditJudges& judges, UnixTime at);
  void DescribeLeaf(ByteView leaf, AuditRecord* record);

  Bytes arena_;
  std::vector<AuditRecord> records_;  // The first record_count_ are in use.
  std::size_t record_count_ = 0;
  std::vector<Device> devices_;  // The first device_count_ are in use.
  std::size_t device_count_ = 0;
  std::vector<ReadOutcome> files_;  // Own the certificates of whole files.
  std::vector<PresentedChain> chains_;
  std::vector<Verdict> verdicts_;
  std::vector<crypto::HashJob> leaf_hashes_;
  crypto::HashScratch hash_scratch_;
  Tally tally_;
  std::mt19937_64 random_{std::random_device{}()};  // Which devices are decided again.
};

}  // namespace muster::audit

#endif  // MUSTER_ENGINE_AUDIT_AUDIT_BATCH_H_
