// RecordReader: cuts the inputs of an audit into batches of raw records, in order, in flat memory.
//
// NDJSON of the own format is cut into lines, a file of certificates is one record; what other
// formats hold comes from their readers (formats/). What is larger than the limit is skipped
// without being held.
#ifndef MUSTER_ENGINE_AUDIT_RECORD_READER_H_
#define MUSTER_ENGINE_AUDIT_RECORD_READER_H_

#include <cstdint>
#include <fstream>
#include <iosfwd>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "engine/audit/formats/format_table.h"
#include "engine/audit/input_digests.h"
#include "engine/audit/input_walk.h"
#include "engine/audit/octet_buffer.h"
#include "engine/base/byte_view.h"
#include "muster/fleet_audit.h"

namespace muster::audit {

// As RecordSource, with the name as an index into RawBatch::names.
struct RawSource {
  std::uint32_t name = 0;
  std::uint64_t line = 0;
  std::uint64_t offset = 0;
};

struct RawRecord {
  enum class Kind : std::uint8_t { kLine, kFile, kDevice, kError };
  Kind kind = Kind::kLine;
  bool in_folder = false;  // See InputFile; members of archives count as if in a folder.
  InventoryLayout layout = InventoryLayout::kAuto;
  RawSource source;
  std::size_t text_offset = 0;  // Its octets in RawBatch::text. kDevice: index in devices.
  std::size_t text_size = 0;
  std::string error;  // Of kError.
};

// What the reader of another format found: a chain, leaf first, or why there is none.
struct RawDevice {
  std::string id;
  std::vector<Bytes> chain;
  std::string error;
};

// A unit of work. Reused: clearing keeps the memory.
struct RawBatch {
  OctetBuffer text;
  std::vector<std::string> names;
  std::vector<std::string> members;  // Of archives; one for each name, or none at all.
  std::vector<RawRecord> records;
  std::vector<RawDevice> devices;
  std::size_t device_octets = 0;
  // Where the reader stands after this batch, with its notes and no counts, if options ask for it.
  AuditCheckpoint end;

  void Clear();
  std::string_view MemberOf(const RawSource& source) const {
    return source.name < members.size() ? members[source.name] : std::string_view();
  }
  std::string_view TextOf(const RawRecord& record) const {
    return base::AsText(text.View().subspan(record.text_offset, record.text_size));
  }
};

// The files are not those of the checkpoint to go on from.
class InputsChanged : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class RecordReader {
 public:
  // `standard_input` must outlive the reader. Without `context`, inventories are read as they are
  // by default, whatever `options` says of them.
  RecordReader(std::vector<std::string> inputs, std::istream& standard_input,
               const FleetAuditOptions& options,
               std::unique_ptr<InventoryContext> context = nullptr);

  // Fills `batch`; false where nothing is left. Throws InputsChanged, at the first call.
  bool Read(RawBatch* batch);
  // Octets read so far.
  std::uint64_t octets() const { return octets_; }
  // Of the whole run so far; see InventoryContext.
  const std::set<std::string>& notes() const { return context_->notes(); }
  InputDigests& digests() { return digests_; }

 private:
  bool NextFile();
  bool OpenNext(RawBatch* batch);
  void GoTo(const AuditCheckpoint& from, RawBatch* batch);
  void PassRecords(const AuditCheckpoint& from, RawBatch* batch);
  AuditCheckpoint Position() const;
  void CloseFile() {
    foreign_.reset();
    digests_.End(*stream_);
    stream_ = nullptr;
  }
  // Reads another block behind the batch's text; false at the end of the file.
  bool Fill(RawBatch* batch);
  // What the batch's text holds beyond its records.
  std::string_view Ahead(const RawBatch& batch) const {
    return base::AsText(batch.text.View().subspan(position_));
  }
  // Drops a byte order mark before JSON. Whether anything but white space is there.
  bool SkipToContent(RawBatch* batch);
  void ReadLine(RawBatch* batch);
  void DropBlank(RawBatch* batch);
  void ReadWholeFile(RawBatch* batch);
  void OpenForeign(const Format& format, RawBatch* batch);
  void ReadForeign(RawBatch* batch);
  void AddForeign(InventoryRecord found, RawBatch* batch);
  void AddError(RawBatch* batch, std::string why);
  RawRecord StartRecord(RawRecord::Kind kind, RawBatch* batch, std::string_view member = {});
  bool IsFull(const RawBatch& batch) const;

  InputWalk walk_;
  std::istream& standard_input_;
  const std::size_t batch_records_;
  const std::size_t record_size_max_;
  std::unique_ptr<InventoryContext> context_;
  const bool keeps_position_;
  const AuditCheckpoint* resume_;  // Null once it is reached.
  InputDigests digests_;

  InputFile file_;
  std::ifstream opened_;
  std::istream* stream_ = nullptr;  // Null between files.
  bool ndjson_ = false;
  std::unique_ptr<InventoryReader> foreign_;  // Reads the stream, where the format has a reader.
  OctetBuffer ahead_;         // Between batches: what was read beyond the last one.
  std::size_t position_ = 0;  // In the batch's text: where the next record begins.
  std::uint64_t line_ = 1;    // At `position_`, 1-based.
  std::uint64_t offset_ = 0;  // Of `position_` in the file.
  std::uint64_t octets_ = 0;
  std::uint64_t files_ = 0;               // Begun so far.
  std::uint64_t file_records_ = 0;        // Of `foreign_`, read so far.
  std::uint64_t octets_before_file_ = 0;
  // As AuditCheckpoint::inputs.
  Fingerprint inputs_, inputs_before_file_;
};

}  // namespace muster::audit

#endif  // MUSTER_ENGINE_AUDIT_RECORD_READER_H_
