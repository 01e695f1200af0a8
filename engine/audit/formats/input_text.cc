#include "engine/audit/formats/input_text.h"

namespace muster::audit {
namespace {

constexpr std::size_t kBlockSize = std::size_t{64} * 1024;

}  // namespace

bool InputText::Fill() {
  if (at_end_) return false;
  buffer_.erase(0, position_);
  position_ = 0;
  const std::size_t before = buffer_.size();
  buffer_.resize(before + kBlockSize);
  const std::size_t count = source_->Read(buffer_.data() + before, kBlockSize);
  buffer_.resize(before + count);
  at_end_ = count == 0;
  return count > 0;
}

std::string_view InputText::Peek(std::size_t size) {
  while (buffer_.size() - position_ < size && Fill()) {
  }
  return std::string_view(buffer_).substr(position_, size);
}

void InputText::Skip(std::size_t size) {
  for (; size > 0 && Take() != kEnd; --size) {
  }
}

void InputText::SkipByteOrderMark() {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (Peek(kByteOrderMark.size()) == kByteOrderMark) Skip(kByteOrderMark.size());
}

void InputText::SkipSpace() {
  for (int c = PeekOne(); c == ' ' || c == '\t' || c == '\r' || c == '\n'; c = PeekOne()) Take();
}

bool InputText::TakeLine(std::size_t size_max, std::string* line, std::uint64_t* size) {
  line->clear();
  *size = 0;
  if (PeekOne() == kEnd) return false;
  for (int c = Take(); c != kEnd && c != '\n'; c = Take()) {
    ++*size;
    if (*size <= size_max) line->push_back(static_cast<char>(c));
  }
  if (!line->empty() && line->size() == *size && line->back() == '\r') {
    line->pop_back();
    --*size;
  }
  return true;
}

}  // namespace muster::audit
