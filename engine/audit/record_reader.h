// RecordReader: cuts the inputs of an audit into batches of raw records, in order, in flat memory.
//
// A file whose first character is '{' is NDJSON and is cut into lines; any other is one record, a
// whole file. What is larger than the limit is skipped without being held.
#ifndef MUSTER_ENGINE_AUDIT_RECORD_READER_H_
#define MUSTER_ENGINE_AUDIT_RECORD_READER_H_

#include <cstdint>
#include <fstream>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
  enum class Kind : std::uint8_t { kLine, kFile, kError };
  Kind kind = Kind::kLine;
  bool in_folder = false;  // See InputFile.
  RawSource source;
  std::size_t text_offset = 0;  // Its octets in RawBatch::text.
  std::size_t text_size = 0;
  std::string error;  // Of kError.
};

// A unit of work. Reused: clearing keeps the memory.
struct RawBatch {
  OctetBuffer text;
  std::vector<std::string> names;
  std::vector<RawRecord> records;

  void Clear();
  std::string_view TextOf(const RawRecord& record) const {
    return base::AsText(text.View().subspan(record.text_offset, record.text_size));
  }
};

class RecordReader {
 public:
  // `standard_input` must outlive the reader.
  RecordReader(std::vector<std::string> inputs, std::istream& standard_input,
               const FleetAuditOptions& options);

  // Fills `batch`; false where nothing is left.
  bool Read(RawBatch* batch);
  // Octets read so far.
  std::uint64_t octets() const { return octets_; }

 private:
  bool OpenNext(RawBatch* batch);
  void CloseFile() { stream_ = nullptr; }
  // Reads another block behind the batch's text; false at the end of the file.
  bool Fill(RawBatch* batch);
  // What the batch's text holds beyond its records.
  std::string_view Ahead(const RawBatch& batch) const {
    return base::AsText(batch.text.View().subspan(position_));
  }
  // Drops a byte order mark and white space; the first character that counts, or 0 at the end.
  char SkipToContent(RawBatch* batch);
  void ReadLine(RawBatch* batch);
  void DropBlank(RawBatch* batch);
  void ReadWholeFile(RawBatch* batch);
  void AddError(RawBatch* batch, std::string why);
  RawRecord StartRecord(RawRecord::Kind kind, RawBatch* batch);
  bool IsFull(const RawBatch& batch) const;

  InputWalk walk_;
  std::istream& standard_input_;
  const std::size_t batch_records_;
  const std::size_t record_size_max_;

  InputFile file_;
  std::ifstream opened_;
  std::istream* stream_ = nullptr;  // Null between files.
  bool ndjson_ = false;
  OctetBuffer ahead_;         // Between batches: what was read beyond the last one.
  std::size_t position_ = 0;  // In the batch's text: where the next record begins.
  std::uint64_t line_ = 1;    // At `position_`, 1-based.
  std::uint64_t offset_ = 0;  // Of `position_` in the file.
  std::uint64_t octets_ = 0;
};

}  // namespace muster::audit

#endif  // MUSTER_ENGINE_AUDIT_RECORD_READER_H_
