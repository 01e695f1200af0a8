// FleetAudit: authenticates a whole fleet and says who passes, in input order, in flat memory.
#ifndef MUSTER_FLEET_AUDIT_H_
#define MUSTER_FLEET_AUDIT_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "muster/authenticator.h"
#include "muster/forecast.h"
#include "muster/inventory.h"
#include "muster/result.h"

namespace muster {

struct AuditCheckpoint;

struct FleetAuditOptions {
  UnixTime at{};
  int threads = 0;                 // 0 = all cores.
  // Devices per unit of work; bounds memory with `threads`. Signatures are checked together from
  // many devices, and cost least from about two thousand on.
  std::size_t batch_records = 2'048;
  std::size_t record_size_max = std::size_t{4} * 1024 * 1024;  // Octets of one NDJSON line or file.
  // The share of devices, 0 to 1, that is decided a second time with Kernel::kReference. Where the
  // two disagree the audit ends with kInternal, naming the device.
  double cross_check = 0;
  InventoryOptions inventory = {};  // How the inputs are to be read.
  // How many of the files that are read AuditReport::inputs lists, with a SHA-256 digest of each.
  // 0: nothing is hashed, which costs about half a millisecond a MiB. Not with `resume`.
  std::size_t input_digests_max = 0;
  // Where not null, every device is decided a second time, by this one at `second_at`, in the same
  // pass: AuditRecord::second. Counts and the cross-check are of the first decision alone.
  const Authenticator* second = nullptr;
  UnixTime second_at{};
  // Says of every device until when it passes: AuditRecord::forecast.
  bool forecast = false;
  // Told where the audit stands: before the first record, after each batch, when the sink has seen
  // its records, and once more where the audit is interrupted. One call at a time, and none while
  // the sink is called. What it throws ends the audit.
  std::function<void(const AuditCheckpoint&)> checkpoint = {};
  // Where not null, the audit goes on from there: the sink sees the records that follow, and the
  // report counts all. Must outlive the run. Inputs and options must be those it was made with.
  const AuditCheckpoint* resume = nullptr;
};

// Where a record came from: enough to find it again.
struct RecordSource {
  std::string name;          // File name as given or found, "-" for standard input.
  std::string member;        // Of an archive; empty where there is none.
  std::uint64_t line = 0;    // 1-based; the row of a Parquet file; 0 for other binary input.
  std::uint64_t offset = 0;  // Octets from the start of that file or member; 0 for Parquet.
};

// One device, or one record that could not be read.
struct AuditRecord {
  std::uint64_t index = 0;       // 0-based, in input order.
  RecordSource source;
  std::string device_id;         // As the inventory has it; may be empty.
  std::string read_error;        // Not empty: a bad record, and `verdict` rejects.
  Verdict verdict;
  const PresentedChain* chain = nullptr;  // Null for a bad record. Only during the sink's call.
  Fingerprint leaf;              // All zeros where the leaf is unreadable.
  std::string key_type;          // "P-256", "RSA-2048", "Ed25519", ...; empty where unreadable.
  std::optional<UnixTime> not_after;  // Of the leaf.
  // Of FleetAuditOptions::second; null where none was asked for, and for bad records. Valid during
  // the sink's call.
  const Verdict* second = nullptr;
  // Where FleetAuditOptions::forecast is set, as `second`.
  const Forecast* forecast = nullptr;
};

// A file that was read: named, found in a folder, or standard input ("-").
struct AuditInput {
  std::string name;
  std::uint64_t octets = 0;  // What was hashed.
  Fingerprint digest;        // SHA-256 of them.
  bool whole = false;        // To the end of the file.
};

// Counts over all records. Maps are ordered, so that output is too.
struct AuditReport {
  std::uint64_t generation = 0;
  std::uint64_t devices = 0;       // Records that held a chain.
  std::uint64_t accepted = 0;
  std::uint64_t rejected = 0;
  std::uint64_t unreadable = 0;    // Bad records.
  std::uint64_t input_octets = 0;
  std::map<std::string, std::uint64_t> by_reason;       // Rejected, by reason name.
  std::map<std::string, std::uint64_t> by_enrollment;   // Accepted: "group line-4".
  std::map<std::string, std::uint64_t> by_anchor;       // Accepted: anchor fingerprint, hex.
  std::map<std::string, std::uint64_t> by_key_type;
  std::map<std::string, std::uint64_t> by_expiry_month; // "2027-03".
  // What the reader of the inventories has to say of the whole run, sorted.
  std::vector<std::string> notes;
  // Where FleetAuditOptions::input_digests_max asks for them: the first files, in the order in
  // which they were read; how many there were; and SHA-256 over the digests of all, one after the
  // other.
  std::vector<AuditInput> inputs;
  std::uint64_t input_files = 0;
  Fingerprint inputs_digest;
  bool interrupted = false;
};

// A point between two records of an audit, and what it takes to go on from there.
struct AuditCheckpoint {
  std::uint64_t files = 0;    // Files that are done, in the order of the walk.
  std::uint64_t records = 0;  // Of the file after those: records that are done, ...
  std::uint64_t line = 1;     // ... and in NDJSON of the own format the line and
  std::uint64_t offset = 0;   // the octet where the next one begins.
  std::uint64_t octets = 0;   // Of the files that are done.
  // Over names, sizes and times of change of all these files: they shall be the same afterwards.
  Fingerprint inputs;
  AuditReport report;         // Of the records before; `input_octets` and `generation` are not set.
};

class FleetAudit {
 public:
  // Receives every record, in input order, from one thread at a time. May be empty: an audit that
  // only counts costs less.
  using Sink = std::function<void(const AuditRecord&)>;

  // `authenticator` must outlive the audit.
  FleetAudit(const Authenticator& authenticator, FleetAuditOptions options);

  // Audits files, directories (walked in name order; names that begin with a dot and links to
  // directories are left out) and "-" (read from `standard_input`), one after the other. A PEM, DER
  // or PKCS#7 file of several certificates is one device's chain where it is leaf-first and each
  // certificate issued the one before; otherwise each certificate that is not a CA is a device, and
  // the CA certificates of the file are available to all of them. NDJSON:
  // {"deviceId": text, "chain": [base64 DER, ...]} a line, leaf first. Other formats: see
  // muster/inventory.h.
  // A bad record is reported to the sink and never stops the run. kUnreadableInput where an input
  // does not exist or cannot be opened: checked for all before the first record. kInvalidArgument
  // where FleetAuditOptions::inventory makes no sense.
  // With FleetAuditOptions::checkpoint or resume, kInvalidArgument where standard input is among the
  // inputs, and kUnreadableInput where files are not what they were at the checkpoint.
  // `stop`, if given, is polled: once true, the report of what was done so far is returned.
  [[nodiscard]] Result<AuditReport> Run(const std::vector<std::string>& inputs,
                                        std::istream& standard_input, const Sink& sink,
                                        const std::atomic<bool>* stop = nullptr);

 private:
  const Authenticator& authenticator_;
  FleetAuditOptions options_;
};

}  // namespace muster

#endif  // MUSTER_FLEET_AUDIT_H_
