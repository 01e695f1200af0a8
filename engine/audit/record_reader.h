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
#include "muster/fleet_audit.h"

namespace muster::audit {

struct RawRecord {
  enum class Kind : std::uint8_t { kLine, kFile, kError };
  Kind kind = Kind::kLine;
  bool in_folder = false;  // See InputFile.
  RecordSource source;
  std::size_t text_offset = 0;  // Its octets in RawBatch::text.
  std::size_t text_size = 0;
  std::string error;  // Of kError.
};

// A unit of work. Reused: clearing keeps the memory.
struct RawBatch {
  std::string text;
  std::vector<RawRecord> records;

  void Clear();
  std::string_view TextOf(const RawRecord& record) const {
    return std::string_view(text).substr(record.text_offset, record.text_size);
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
  // Reads another block behind what is buffered; false at the end of the file.
  bool Fill();
  // What is buffered and not consumed.
  std::string_view Buffered() const;
  // Drops a byte order mark and white space; the first character that counts, or 0 at the end.
  char SkipToContent();
  void ReadLine(RawBatch* batch);
  void ReadWholeFile(RawBatch* batch);
  void AddError(RawBatch* batch, std::string why);
  RawRecord StartRecord(RawRecord::Kind kind) const;
  bool IsFull(const RawBatch& batch) const;

  InputWalk walk_;
  std::istream& standard_input_;
  const std::size_t batch_records_;
  const std::size_t record_size_max_;

  InputFile file_;
  std::ifstream opened_;
  std::istream* stream_ = nullptr;  // Null between files.
  bool ndjson_ = false;
  std::string buffer_;
  std::size_t position_ = 0;  // Of the first octet of `buffer_` that is not consumed.
  std::uint64_t line_ = 1;    // At `position_`, 1-based.
  std::uint64_t offset_ = 0;  // Of `position_` in the file.
  std::uint64_t octets_ = 0;
};

}  // namespace muster::audit

#endif  // MUSTER_ENGINE_AUDIT_RECORD_READER_H_
