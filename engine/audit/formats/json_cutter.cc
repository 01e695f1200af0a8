#include "engine/audit/formats/json_cutter.h"

#include <fmt/format.h>

#include <string_view>

namespace muster::audit {
namespace {

// Follows brackets and strings through a value, one character at a time.
class Nesting {
 public:
  void Take(char c) {
    if (in_string_) {
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_string_ = false;
      }
    } else if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      ++depth_;
    } else if (c == '}' || c == ']') {
      --depth_;
    }
  }
  bool IsClosed() const { return depth_ == 0 && !in_string_; }

 private:
  std::uint64_t depth_ = 0;
  bool in_string_ = false, escaped_ = false;
};

// The first object ends on the line on which it began.
bool IsOneALine(std::string_view prefix) {
  Nesting nesting;
  for (char c : prefix) {
    if (c == '\n') return false;
    nesting.Take(c);
    if (nesting.IsClosed()) return true;
  }
  return false;
}

}  // namespace

JsonCutter::JsonCutter(InputText input, std::size_t size_max)
    : input_(std::move(input)), size_max_(size_max) {
  input_.SkipByteOrderMark();
  input_.SkipSpace();
  if (input_.PeekOne() == '[') {
    mode_ = Mode::kArray;
    input_.Take();
  } else if (IsOneALine(input_.Peek(InputText::kPrefixSize))) {
    mode_ = Mode::kLines;
  }
}

bool JsonCutter::Next(JsonText* out) {
  *out = {};
  if (ended_) return false;
  if (mode_ == Mode::kLines) return NextLine(out);
  input_.SkipSpace();
  out->line = input_.line();
  out->offset = input_.offset();
  if (mode_ == Mode::kArray) return NextElement(out);
  if (input_.PeekOne() == InputText::kEnd) return false;
  if (input_.PeekOne() != '{') {
    Stop("not JSON: an object should begin here; the rest of the input was not read", out);
    return true;
  }
  TakeValue(out);
  return true;
}

bool JsonCutter::NextLine(JsonText* out) {
  std::uint64_t size = 0;
  do {
    out->line = input_.line();
    out->offset = input_.offset();
    if (!input_.TakeLine(size_max_, &out->text, &size)) return false;
  } while (size <= size_max_ && out->text.find_first_not_of(" \t\r") == std::string::npos);
  if (size > size_max_) {
    out->text.clear();
    out->error = fmt::format("the line has {} octets, more than the limit of {}", size, size_max_);
  }
  return true;
}

bool JsonCutter::NextElement(JsonText* out) {
  if (input_.PeekOne() == ']') {
    input_.Take();
    input_.SkipSpace();
    ended_ = true;
    if (input_.PeekOne() == InputText::kEnd) return false;
    Stop("something follows the JSON array; it was not read", out);
    return true;
  }
  if (!first_) {
    if (input_.PeekOne() != ',') {
      Stop("not JSON: a comma or the end of the array is missing; the rest was not read", out);
      return true;
    }
    input_.Take();
    input_.SkipSpace();
    out->line = input_.line();
    out->offset = input_.offset();
  }
  first_ = false;
  TakeValue(out);
  return true;
}

void JsonCutter::TakeValue(JsonText* out) {
  Nesting nesting;
  std::uint64_t size = 0;
  const bool is_nested = input_.PeekOne() == '{' || input_.PeekOne() == '[';
  for (;;) {
    const int c = input_.PeekOne();
    const bool is_delimiter = c == ',' || c == ']' || c == '}' || c == '\n';
    if (c == InputText::kEnd || (!is_nested && is_delimiter && nesting.IsClosed())) break;
    nesting.Take(static_cast<char>(input_.Take()));
    if (++size <= size_max_) out->text.push_back(static_cast<char>(c));
    if (is_nested && nesting.IsClosed()) break;
  }
  if (!nesting.IsClosed()) {
    Stop("not JSON: the input ends within a value", out);
  } else if (size == 0) {
    Stop("not JSON: a value is missing; the rest was not read", out);
  } else if (size > size_max_) {
    out->text.clear();
    out->error = fmt::format("the value has {} octets, more than the limit of {}", size, size_max_);
  }
}

void JsonCutter::Stop(std::string why, JsonText* out) {
  out->text.clear();
  out->error = std::move(why);
  ended_ = true;
}

}  // namespace muster::audit
