#include "engine/x509/pem.h"

#include <algorithm>

#include "engine/base/encoding.h"
#include "muster/certificate_reader.h"

namespace muster::x509 {
namespace {

constexpr std::string_view kDashes = "-----";
constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kEnd = "-----END ";
// Labels in use have up to about 30 characters.
constexpr std::size_t kLabelSizeMax = 64;

// The label that starts at `offset`, up to dashes on the same line; false where there is none.
bool ReadLabel(std::string_view text, std::size_t offset, std::string_view* label) {
  const std::string_view window = text.substr(offset, kLabelSizeMax + kDashes.size());
  const std::size_t size = window.find(kDashes);
  if (size == window.npos) return false;
  *label = window.substr(0, size);
  return label->find_first_of("\r\n") == label->npos;
}

std::string Printable(std::string_view label) {
  std::string text(label);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  return text;
}

}  // namespace

std::size_t LineCounter::LineAt(std::size_t offset) {
  for (; offset_ < offset; ++offset_) {
    const char c = text_[offset_];
    const bool crlf = c == '\r' && offset_ + 1 < text_.size() && text_[offset_ + 1] == '\n';
    if (c == '\n' || (c == '\r' && !crlf)) ++line_;
  }
  return line_;
}

bool PemScanner::HasBlock(std::string_view text) { return text.find(kBegin) != text.npos; }

bool PemScanner::Next(PemBlock* out) {
  *out = PemBlock{};
  if (!ReadBegin(out)) return false;
  if (out->fault.empty()) ReadEnd(out);
  return true;
}

// Leaves `position_` behind the BEGIN boundary.
bool PemScanner::ReadBegin(PemBlock* out) {
  const std::size_t begin = text_.find(kBegin, position_);
  if (begin == text_.npos) return false;
  out->offset = begin;
  out->line = lines_.LineAt(begin);
  std::string_view label;
  position_ = begin + kBegin.size();
  if (!ReadLabel(text_, position_, &label)) {
    out->fault = "the BEGIN line does not end in five dashes";
    return true;
  }
  out->label = Printable(label);
  position_ += label.size() + kDashes.size();
  out->body_offset = position_;
  return true;
}

// Leaves `position_` behind the END boundary, or at what stands in its place.
void PemScanner::ReadEnd(PemBlock* out) {
  const std::size_t end = text_.find(kDashes, position_);
  if (end == text_.npos) {
    position_ = text_.size();
    out->fault = "the END line is missing";
    return;
  }
  out->body = text_.substr(position_, end - position_);
  position_ = end;
  if (text_.compare(end, kEnd.size(), kEnd) != 0) {
    const bool begins = text_.compare(end, kBegin.size(), kBegin) == 0;
    // What follows may be a good block: it is looked at next.
    if (!begins) position_ += kDashes.size();
    out->fault = begins ? "the END line is missing" : "dashes stand where the END line should";
    return;
  }
  std::string_view label;
  position_ += kEnd.size();
  if (!ReadLabel(text_, position_, &label)) {
    out->fault = "the END line does not end in five dashes";
    return;
  }
  position_ += label.size() + kDashes.size();
  if (Printable(label) != out->label) out->fault = "the END line says " + Printable(label);
}

}  // namespace muster::x509

namespace muster {

std::string EncodePem(ByteView der, std::string_view label) {
  constexpr std::size_t kColumns = 64;  // RFC 7468 2.
  const std::string base64 = base::EncodeBase64(der);
  std::string out = "-----BEGIN " + std::string(label) + "-----\n";
  for (std::size_t i = 0; i < base64.size(); i += kColumns) {
    out.append(base64, i, kColumns);
    out.push_back('\n');
  }
  out.append("-----END ").append(label).append("-----\n");
  return out;
}

}  // namespace muster
