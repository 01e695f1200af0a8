// InputText: a source of octets with a look ahead, and with the place of what was taken.
#ifndef MUSTER_ENGINE_AUDIT_FORMATS_INPUT_TEXT_H_
#define MUSTER_ENGINE_AUDIT_FORMATS_INPUT_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/audit/formats/inventory_reader.h"

namespace muster::audit {

class InputText {
 public:
  static constexpr int kEnd = -1;
  // What formats are recognised by.
  static constexpr std::size_t kPrefixSize = std::size_t{256} * 1024;

  explicit InputText(std::unique_ptr<OctetSource> source) : source_(std::move(source)) {}

  // Up to `size` octets that come next, fewer only at the end. Valid until the next call.
  std::string_view Peek(std::size_t size);
  // The next octet, 0 to 255, or kEnd.
  int PeekOne() {
    if (position_ == buffer_.size() && !Fill()) return kEnd;
    return static_cast<unsigned char>(buffer_[position_]);
  }
  int Take() {
    const int next = PeekOne();
    if (next == kEnd) return kEnd;
    ++position_;
    ++offset_;
    if (next == '\n') ++line_;
    return next;
  }
  void Skip(std::size_t size);
  void SkipByteOrderMark();
  // JSON's white space (RFC 8259 2).
  void SkipSpace();
  // Reads a line without its end. False at the end of the input. What is longer than `size_max` is
  // let go, and `size` says how long it was.
  bool TakeLine(std::size_t size_max, std::string* line, std::uint64_t* size);

  std::uint64_t line() const { return line_; }  // Of the next octet, from 1.
  std::uint64_t offset() const { return offset_; }

 private:
  bool Fill();

  std::unique_ptr<OctetSource> source_;
  std::string buffer_;
  std::size_t position_ = 0;
  std::uint64_t line_ = 1, offset_ = 0;
  bool at_end_ = false;
};

}  // namespace muster::audit

#endif  // MUSTER_ENGINE_AUDIT_FORMATS_INPUT_TEXT_H_
