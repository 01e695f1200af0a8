#include "engine/findings/record_log.h"

#include <algorithm>
#include <cstring>

#include "engine/base/byte_view.h"

namespace muster::findings {
namespace {

// Records between two marks: reading one reads half as many on average.
constexpr std::uint64_t kStride = 64;
constexpr std::size_t kDeviceIdMax = 512;
constexpr std::size_t kNameMax = 8'192;  // Longer than a path may be.

struct Header {
  std::uint64_t line = 0, offset = 0;
  std::uint16_t name_size = 0;  // 0: name and member are those of the record before.
  std::uint16_t member_size = 0;
  std::uint16_t id_size = 0;
};

void AppendOctets(ByteView octets, Bytes* out) {
  out->insert(out->end(), octets.begin(), octets.end());
}

}  // namespace

void RecordLog::Append(const AuditRecord& record) {
  const bool mark = count_++ % kStride == 0;
  if (mark) marks_.push_back(store_.size());
  const std::string_view name = std::string_view(record.source.name).substr(0, kNameMax);
  const std::string_view member = std::string_view(record.source.member).substr(0, kNameMax);
  const std::string_view id = std::string_view(record.device_id).substr(0, kDeviceIdMax);
  const bool named = mark || name != last_name_ || member != last_member_;
  Header header{record.source.line, record.source.offset,
                static_cast<std::uint16_t>(named ? name.size() : 0),
                static_cast<std::uint16_t>(named ? member.size() : 0),
                static_cast<std::uint16_t>(id.size())};
  line_.resize(sizeof header);
  std::memcpy(line_.data(), &header, sizeof header);
  if (named) {
    AppendOctets(base::AsBytes(name), &line_);
    AppendOctets(base::AsBytes(member), &line_);
    last_name_ = name;
    last_member_ = member;
  }
  AppendOctets(base::AsBytes(id), &line_);
  store_.Append(line_);
}

RecordLog::Entry RecordLog::Read(std::uint64_t index) const {
  Entry entry;
  if (index >= count_) return entry;
  std::uint64_t at = marks_[static_cast<std::size_t>(index / kStride)];
  const auto read_text = [&](std::size_t size) {
    Bytes octets(size);
    store_.Read(at, octets);
    at += size;
    return std::string(base::AsText(octets));
  };
  for (std::uint64_t i = index / kStride * kStride; i <= index; ++i) {
    Header header;
    std::uint8_t octets[sizeof header];
    store_.Read(at, octets);
    at += sizeof header;
    std::memcpy(&header, octets, sizeof header);
    if (header.name_size != 0) {
      entry.source.name = read_text(header.name_size);
      entry.source.member = read_text(header.member_size);
    }
    entry.device_id = read_text(header.id_size);
    entry.source.line = header.line;
    entry.source.offset = header.offset;
  }
  return entry;
}

}  // namespace muster::findings
