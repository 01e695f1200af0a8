#include "engine/audit/record_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

namespace muster::audit {
namespace {

constexpr std::size_t kBlockSize = std::size_t{256} * 1024;
// Octets of one batch, its last record aside.
constexpr std::size_t kBatchSize = std::size_t{8} * 1024 * 1024;

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// What was read already, then the rest of a stream.
class StreamSource : public OctetSource {
 public:
  StreamSource(std::string ahead, std::istream* stream, std::uint64_t* octets,
               InputDigests* digests)
      : ahead_(std::move(ahead)), stream_(*stream), octets_(*octets), digests_(*digests) {}

  std::size_t Read(char* out, std::size_t size) override {
    if (position_ < ahead_.size()) {
      const std::size_t count = ahead_.copy(out, size, position_);
      position_ += count;
      return count;
    }
    stream_.read(out, static_cast<std::streamsize>(size));
    if (stream_.bad()) throw ReadFailure("cannot be read to its end");
    const auto count = static_cast<std::size_t>(stream_.gcount());
    octets_ += count;
    digests_.Add({out, count});
    return count;
  }

 private:
  const std::string ahead_;
  std::size_t position_ = 0;
  std::istream& stream_;
  std::uint64_t& octets_;
  InputDigests& digests_;
};

// Goes on with AuditCheckpoint::inputs.
Fingerprint WithFile(const Fingerprint& before, const std::string& name) {
  std::error_code error;
  const auto size = std::filesystem::file_size(name, error);
  const auto changed = std::filesystem::last_write_time(name, error).time_since_epoch();
  std::string text = fmt::format("{}\n{} {} {}", before.hex(), name.size(), error ? 0 : size,
                                 error ? 0 : changed.count());
  text += name;
  return Fingerprint::Of(base::AsBytes(text));
}

bool IsBlank(std::string_view line) { return std::all_of(line.begin(), line.end(), IsSpace); }

}  // namespace

void RawBatch::Clear() {
  text.Resize(0);
  names.clear();
  members.clear();
  records.clear();
  devices.clear();
  device_octets = 0;
}

RecordReader::RecordReader(std::vector<std::string> inputs, std::istream& standard_input,
                           const FleetAuditOptions& options,
                           std::unique_ptr<InventoryContext> context)
    : walk_(std::move(inputs)),
      standard_input_(standard_input),
      batch_records_(std::max<std::size_t>(options.batch_records, 1)),
      record_size_max_(options.record_size_max),
      context_(context != nullptr ? std::move(context)
                                  : std::make_unique<InventoryContext>(record_size_max_)),
      keeps_position_(options.checkpoint != nullptr || options.resume != nullptr),
      resume_(options.resume),
      digests_(options.resume == nullptr ? options.input_digests_max : 0) {}

bool RecordReader::IsFull(const RawBatch& batch) const {
  return batch.records.size() >= batch_records_ ||
         (position_ + batch.device_octets >= kBatchSize && !batch.records.empty());
}

bool RecordReader::Read(RawBatch* batch) {
  batch->Clear();
  batch->text.Append(base::AsText(ahead_.View()));
  position_ = 0;
  if (resume_ != nullptr) GoTo(*std::exchange(resume_, nullptr), batch);
  while (!IsFull(*batch)) {
    if (stream_ == nullptr && !OpenNext(batch)) break;
    if (stream_ == nullptr) continue;  // It could not be opened, and that is a record.
    if (ndjson_) {
      ReadLine(batch);
    } else if (foreign_ != nullptr) {
      ReadForeign(batch);
    } else {
      ReadWholeFile(batch);
    }
  }
  ahead_.Resize(0);
  ahead_.Append(Ahead(*batch));
  batch->text.Resize(position_);
  if (keeps_position_) batch->end = Position();
  return !batch->records.empty();
}

bool RecordReader::NextFile() {
  std::optional<InputFile> next = walk_.Next();
  if (!next) return false;
  file_ = *std::move(next);
  ++files_;
  if (keeps_position_) inputs_ = WithFile(inputs_, file_.name);
  return true;
}

AuditCheckpoint RecordReader::Position() const {
  AuditCheckpoint position;
  const bool in_file = stream_ != nullptr;
  position.files = in_file ? files_ - 1 : files_;
  position.octets = in_file ? octets_before_file_ : octets_;
  if (in_file && ndjson_) {
    position.line = line_;
    position.offset = offset_;
  } else if (in_file) {
    position.records = file_records_;
  }
  const bool begun = position.records > 0 || position.offset > 0;
  position.inputs = in_file && !begun ? inputs_before_file_ : inputs_;
  position.report.notes.assign(notes().begin(), notes().end());
  return position;
}

void RecordReader::GoTo(const AuditCheckpoint& from, RawBatch* batch) {
  for (const std::string& note : from.report.notes) context_->Note(note);
  while (files_ < from.files) {
    if (!NextFile()) throw InputsChanged("there are fewer files");
  }
  octets_ = from.octets;
  const bool in_file = from.records > 0 || from.offset > 0;
  if (in_file && (!OpenNext(batch) || stream_ == nullptr)) {
    throw InputsChanged(fmt::format("'{}' cannot be read any more", file_.name));
  }
  if (inputs_ != from.inputs) {
    throw InputsChanged(fmt::format("'{}' or a file before it is another, or was changed",
                                    file_.name));
  }
  if (in_file) PassRecords(from, batch);
}

void RecordReader::PassRecords(const AuditCheckpoint& from, RawBatch* batch) {
  const auto changed = [this] {
    return InputsChanged(fmt::format("'{}' has fewer records", file_.name));
  };
  if (ndjson_) {
    batch->text.Resize(0);
    position_ = 0;
    stream_->clear();
    if (!stream_->seekg(static_cast<std::streamoff>(from.offset))) throw changed();
    line_ = from.line;
    offset_ = from.offset;
    octets_ = from.octets + from.offset;
    return;
  }
  if (foreign_ == nullptr) throw changed();
  // The readers of other formats know more than an offset: the records are read once more.
  for (; file_records_ < from.records; ++file_records_) {
    InventoryRecord passed;
    try {
      if (!foreign_->Next(&passed)) throw changed();
    } catch (const ReadFailure&) {
      throw changed();
    }
  }
}

bool RecordReader::OpenNext(RawBatch* batch) {
  octets_before_file_ = octets_;
  inputs_before_file_ = inputs_;
  if (!NextFile()) return false;
  file_records_ = 0;
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
    opened_.rdbuf()->pubsetbuf(nullptr, 0);  // Blocks are read straight into the batch.
    errno = 0;
    opened_.open(file_.name, std::ios::binary);
    if (!opened_) {
      AddError(batch, "cannot be opened: " + std::generic_category().message(errno));
      return true;
    }
    stream_ = &opened_;
  }
  digests_.Begin(file_.name);
  if (!SkipToContent(batch)) {
    AddError(batch, "is empty");
    batch->text.Resize(position_);
    CloseFile();
    return true;
  }
  const Format& format = FormatOf(Ahead(*batch), *context_);
  ndjson_ = IsOwnLines(format);
  if (!ndjson_ && !IsCertificates(format)) OpenForeign(format, batch);
  return true;
}

void RecordReader::OpenForeign(const Format& format, RawBatch* batch) {
  // A byte order mark may have been passed; the reader counts from the start of the file.
  position_ -= static_cast<std::size_t>(offset_);
  offset_ = 0;
  std::string ahead(Ahead(*batch));
  batch->text.Resize(position_);
  InputText input(std::make_unique<StreamSource>(std::move(ahead), stream_, &octets_, &digests_));
  try {
    foreign_ = format.open(std::move(input), context_.get(), {.in_folder = file_.in_folder});
  } catch (const ReadFailure& e) {
    AddError(batch, e.what());
    CloseFile();
  }
}

void RecordReader::ReadForeign(RawBatch* batch) {
  InventoryRecord found;
  try {
    if (foreign_->Next(&found)) {
      ++file_records_;
      AddForeign(std::move(found), batch);
    } else {
      CloseFile();
    }
  } catch (const ReadFailure& e) {
    AddError(batch, e.what());
    CloseFile();
  }
}

void RecordReader::AddForeign(InventoryRecord found, RawBatch* batch) {
  using Kind = InventoryRecord::Kind;
  RawRecord record = StartRecord(RawRecord::Kind::kDevice, batch, found.member);
  record.in_folder = file_.in_folder || !found.member.empty();
  record.source.line = found.line;
  record.source.offset = found.offset;
  if (found.kind == Kind::kLine || found.kind == Kind::kFile) {
    record.kind = found.kind == Kind::kLine ? RawRecord::Kind::kLine : RawRecord::Kind::kFile;
    record.text_offset = position_;
    record.text_size = found.text.size();
    batch->text.Append(found.text);
    position_ = batch->text.size();
  } else {
    record.text_offset = batch->devices.size();
    for (const Bytes& der : found.chain) batch->device_octets += der.size();
    batch->devices.push_back(
        {std::move(found.device_id), std::move(found.chain), std::move(found.error)});
  }
  batch->records.push_back(std::move(record));
}

bool RecordReader::Fill(RawBatch* batch) {
  const std::size_t before = batch->text.size();
  batch->text.Resize(before + kBlockSize);
  stream_->read(reinterpret_cast<char*>(batch->text.data() + before), kBlockSize);
  const auto count = static_cast<std::size_t>(stream_->gcount());
  batch->text.Resize(before + count);
  octets_ += count;
  digests_.Add(base::AsText(batch->text.View().subspan(before)));
  return count > 0;
}

bool RecordReader::SkipToContent(RawBatch* batch) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (!Fill(batch)) return false;
  const std::string_view text = Ahead(*batch);
  std::size_t skip = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  while (skip < text.size() && IsSpace(text[skip])) ++skip;
  if (skip == text.size()) return text.size() == kBlockSize;
  // A byte order mark is no JSON; white space before it counts as blank lines.
  if (text[skip] == '{' && text.starts_with(kByteOrderMark)) {
    position_ += kByteOrderMark.size();
    offset_ = kByteOrderMark.size();
  }
  return true;
}

RawRecord RecordReader::StartRecord(RawRecord::Kind kind, RawBatch* batch,
                                    std::string_view member) {
  if (batch->names.empty() || batch->members.back() != member ||
      batch->names.back() != file_.name) {
    batch->names.push_back(file_.name);
    batch->members.emplace_back(member);
  }
  RawRecord record;
  record.kind = kind;
  record.in_folder = file_.in_folder;
  record.layout = context_->options().layout;
  record.source = {static_cast<std::uint32_t>(batch->names.size() - 1), ndjson_ ? line_ : 0,
                   offset_};
  return record;
}

void RecordReader::AddError(RawBatch* batch, std::string why) {
  RawRecord record = StartRecord(RawRecord::Kind::kError, batch);
  record.error = std::move(why);
  batch->records.push_back(std::move(record));
}

void RecordReader::ReadLine(RawBatch* batch) {
  std::size_t searched = 0;
  std::uint64_t skipped = 0;  // Octets of an over-long line that were let go.
  for (;;) {
    const std::size_t newline = Ahead(*batch).find('\n', searched);
    const bool complete = newline != std::string_view::npos;
    std::size_t size = complete ? newline : Ahead(*batch).size();
    if (!complete && skipped + size > record_size_max_) {
      skipped += size;
      batch->text.Resize(position_);
      size = 0;
    }
    searched = size;
    if (!complete && Fill(batch)) continue;
    if (!complete && skipped + size == 0) {
      CloseFile();
      return;
    }
    if (skipped + size > record_size_max_) {
      AddError(batch, fmt::format("the line has {} octets, more than the limit of {}",
                                  skipped + size, record_size_max_));
    } else if (!IsBlank(Ahead(*batch).substr(0, size))) {
      RawRecord record = StartRecord(RawRecord::Kind::kLine, batch);
      record.text_offset = position_;
      record.text_size = size;
      batch->records.push_back(std::move(record));
    }
    const std::size_t consumed = size + (complete ? 1 : 0);
    position_ += consumed;
    offset_ += skipped + consumed;
    ++line_;
    DropBlank(batch);
    return;
  }
}

// Blank lines before the first record shall not fill the memory.
void RecordReader::DropBlank(RawBatch* batch) {
  if (!batch->records.empty() || position_ < kBatchSize) return;
  const ByteView ahead = batch->text.View().subspan(position_);
  std::copy(ahead.begin(), ahead.end(), batch->text.data());
  batch->text.Resize(ahead.size());
  position_ = 0;
}

void RecordReader::ReadWholeFile(RawBatch* batch) {
  RawRecord record = StartRecord(RawRecord::Kind::kFile, batch);
  record.text_offset = position_;
  std::uint64_t size = 0;
  do {
    size += batch->text.size() - position_;
    if (size > record_size_max_) batch->text.Resize(record.text_offset);
    position_ = batch->text.size();
  } while (Fill(batch));
  const bool failed = stream_->bad();
  CloseFile();
  if (failed || size > record_size_max_) {
    batch->text.Resize(record.text_offset);
    position_ = record.text_offset;
    AddError(batch, failed ? std::string("cannot be read to its end")
                           : fmt::format("the file has {} octets, more than the limit of {}", size,
                                         record_size_max_));
    return;
  }
  record.text_size = static_cast<std::size_t>(size);
  batch->records.push_back(std::move(record));
}

}  // namespace muster::audit
