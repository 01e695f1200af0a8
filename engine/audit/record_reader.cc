#include "engine/audit/record_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace muster::audit {
namespace {

constexpr std::size_t kBlockSize = 256 * 1024;
// Octets of one batch, records beyond the first aside.
constexpr std::size_t kBatchSize = 4 * 1024 * 1024;

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool IsBlank(std::string_view line) { return std::all_of(line.begin(), line.end(), IsSpace); }

}  // namespace

void RawBatch::Clear() {
  text.clear();
  records.clear();
}

RecordReader::RecordReader(std::vector<std::string> inputs, std::istream& standard_input,
                           const FleetAuditOptions& options)
    : walk_(std::move(inputs)),
      standard_input_(standard_input),
      batch_records_(std::max<std::size_t>(options.batch_records, 1)),
      record_size_max_(options.record_size_max) {}

bool RecordReader::IsFull(const RawBatch& batch) const {
  return batch.records.size() >= batch_records_ || batch.text.size() >= kBatchSize;
}

bool RecordReader::Read(RawBatch* batch) {
  batch->Clear();
  while (!IsFull(*batch)) {
    if (stream_ == nullptr && !OpenNext(batch)) break;
    if (stream_ == nullptr) continue;  // It could not be opened, and that is a record.
    if (ndjson_) {
      ReadLine(batch);
    } else {
      ReadWholeFile(batch);
    }
  }
  return !batch->records.empty();
}

bool RecordReader::OpenNext(RawBatch* batch) {
  std::optional<InputFile> next = walk_.Next();
  if (!next) return false;
  file_ = *std::move(next);
  buffer_.clear();
  position_ = 0;
  line_ = 1;
  offset_ = 0;
  ndjson_ = false;
  if (!file_.error.empty()) {
    AddError(batch, file_.error);
    return true;
  }
  if (file_.name == "-") {
    stream_ = &standard_input_;
  } else {
    opened_ = std::ifstream();
    opened_.rdbuf()->pubsetbuf(nullptr, 0);  // Blocks are read straight into `buffer_`.
    errno = 0;
    opened_.open(file_.name, std::ios::binary);
    if (!opened_) {
      AddError(batch, "cannot be opened: " + std::generic_category().message(errno));
      return true;
    }
    stream_ = &opened_;
  }
  const char first = SkipToContent();
  if (first == 0) {
    AddError(batch, "is empty");
    CloseFile();
  } else if (first == '[') {
    AddError(batch, "is a JSON array; one object a line (NDJSON) is wanted");
    CloseFile();
  }
  ndjson_ = first == '{';
  return true;
}

bool RecordReader::Fill() {
  if (position_ > 0) {
    buffer_.erase(0, position_);
    position_ = 0;
  }
  const std::size_t before = buffer_.size();
  buffer_.resize(before + kBlockSize);
  stream_->read(buffer_.data() + before, kBlockSize);
  const auto count = static_cast<std::size_t>(stream_->gcount());
  buffer_.resize(before + count);
  octets_ += count;
  return count > 0;
}

std::string_view RecordReader::Buffered() const {
  return std::string_view(buffer_).substr(position_);
}

char RecordReader::SkipToContent() {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (Buffered().empty() && !Fill()) return 0;
  const std::string_view buffered = Buffered();
  std::size_t skip = buffered.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  while (skip < buffered.size() && IsSpace(buffered[skip])) ++skip;
  if (skip == buffered.size()) return buffered.size() == kBlockSize ? buffered.front() : '\0';
  const char first = buffered[skip];
  // A byte order mark is no JSON; white space before it counts as blank lines.
  if (first == '{' && buffered.starts_with(kByteOrderMark)) {
    position_ = kByteOrderMark.size();
    offset_ = position_;
  }
  return first;
}

RawRecord RecordReader::StartRecord(RawRecord::Kind kind) const {
  RawRecord record;
  record.kind = kind;
  record.in_folder = file_.in_folder;
  record.source = {file_.name, ndjson_ ? line_ : 0, offset_};
  return record;
}

void RecordReader::AddError(RawBatch* batch, std::string why) {
  RawRecord record = StartRecord(RawRecord::Kind::kError);
  record.error = std::move(why);
  batch->records.push_back(std::move(record));
}

void RecordReader::ReadLine(RawBatch* batch) {
  std::size_t searched = 0;
  std::uint64_t skipped = 0;  // Octets of an over-long line that were let go.
  for (;;) {
    const std::string_view buffered = Buffered();
    const std::size_t newline = buffered.find('\n', searched);
    const bool complete = newline != std::string_view::npos;
    std::size_t size = complete ? newline : buffered.size();
    if (!complete && skipped + size > record_size_max_) {
      skipped += size;
      position_ += size;
      size = 0;
    }
    searched = size;
    if (!complete && Fill()) continue;
    if (!complete && skipped + size == 0) {
      CloseFile();
      return;
    }
    const std::string_view line = Buffered().substr(0, size);
    if (skipped + size > record_size_max_) {
      AddError(batch, fmt::format("the line has {} octets, more than the limit of {}",
                                  skipped + size, record_size_max_));
    } else if (!IsBlank(line)) {
      RawRecord record = StartRecord(RawRecord::Kind::kLine);
      record.text_offset = batch->text.size();
      record.text_size = size;
      batch->text += line;
      batch->records.push_back(std::move(record));
    }
    const std::size_t consumed = size + (complete ? 1 : 0);
    position_ += consumed;
    offset_ += skipped + consumed;
    ++line_;
    return;
  }
}

void RecordReader::ReadWholeFile(RawBatch* batch) {
  RawRecord record = StartRecord(RawRecord::Kind::kFile);
  record.text_offset = batch->text.size();
  std::uint64_t size = 0;
  do {
    const std::string_view buffered = Buffered();
    size += buffered.size();
    if (size <= record_size_max_) batch->text += buffered;
    position_ = buffer_.size();
  } while (Fill());
  const bool failed = stream_->bad();
  CloseFile();
  if (failed || size > record_size_max_) {
    batch->text.resize(record.text_offset);
    AddError(batch, failed ? std::string("cannot be read to its end")
                           : fmt::format("the file has {} octets, more than the limit of {}", size,
                                         record_size_max_));
    return;
  }
  record.text_size = static_cast<std::size_t>(size);
  batch->records.push_back(std::move(record));
}

}  // namespace muster::audit
