#include "muster/time.h"

#include <utility>

namespace muster {
namespace {

// Reads fixed-width decimal fields and literal characters from a text.
class FieldReader {
 public:
  explicit FieldReader(std::string_view text) : rest_(text) {}

  bool AtEnd() const { return rest_.empty(); }
  char Peek() const { return rest_.empty() ? '\0' : rest_.front(); }

  bool Number(std::size_t width, int low, int high, int* value) {
    if (rest_.size() < width) return false;
    int n = 0;
    for (const char c : rest_.substr(0, width)) {
      if (c < '0' || c > '9') return false;
      n = n * 10 + (c - '0');
    }
    rest_.remove_prefix(width);
    *value = n;
    return low <= n && n <= high;
  }
  bool Literal(char wanted) { return OneOf(wanted, wanted); }
  bool OneOf(char a, char b) {
    if (Peek() != a && Peek() != b) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool SkipDigits() {
    std::size_t n = 0;
    while (n < rest_.size() && rest_[n] >= '0' && rest_[n] <= '9') ++n;
    rest_.remove_prefix(n);
    return n != 0;
  }

 private:
  std::string_view rest_;
};

bool ReadDate(FieldReader* in, UnixTime* day) {
  int y = 0, m = 0, d = 0;
  if (!in->Number(4, 0, 9999, &y) || !in->Literal('-') || !in->Number(2, 1, 12, &m) ||
      !in->Literal('-') || !in->Number(2, 1, 31, &d)) {
    return false;
  }
  const std::chrono::year_month_day date{std::chrono::year{y},
                                         std::chrono::month{static_cast<unsigned>(m)},
                                         std::chrono::day{static_cast<unsigned>(d)}};
  *day = std::chrono::sys_days{date};
  return date.ok();
}

bool ReadOffset(FieldReader* in, std::chrono::minutes* offset) {
  if (in->OneOf('Z', 'z')) return true;
  const bool west = in->Peek() == '-';
  int h = 0, m = 0;
  if (!in->OneOf('+', '-') || !in->Number(2, 0, 23, &h) || !in->Literal(':') ||
      !in->Number(2, 0, 59, &m)) {
    return false;
  }
  *offset = std::chrono::hours{h} + std::chrono::minutes{m};
  if (west) *offset = -*offset;
  return true;
}

bool ReadTime(FieldReader* in, UnixTime* time) {
  if (!ReadDate(in, time)) return false;
  if (in->AtEnd()) return true;
  // RFC 3339 5.6: 'T' and 'Z' may be lower case; a space is its note's concession to readers.
  if (in->Peek() == ' ' ? !in->Literal(' ') : !in->OneOf('T', 't')) return false;
  int h = 0, m = 0, s = 0;
  // Second 60 exists in RFC 3339 only on days with a leap second, which Unix time does not have.
  if (!in->Number(2, 0, 23, &h) || !in->Literal(':') || !in->Number(2, 0, 59, &m) ||
      !in->Literal(':') || !in->Number(2, 0, 59, &s)) {
    return false;
  }
  if (in->Peek() == '.' && (!in->Literal('.') || !in->SkipDigits())) return false;
  std::chrono::minutes offset{0};
  if (!ReadOffset(in, &offset)) return false;
  *time += std::chrono::hours{h} + std::chrono::minutes{m} + std::chrono::seconds{s} - offset;
  return in->AtEnd();
}

void AppendNumber(int value, std::size_t width, std::string* out) {
  const std::string digits = std::to_string(value);
  if (digits.size() < width) out->append(width - digits.size(), '0');
  out->append(digits);
}

}  // namespace

Result<UnixTime> ParseRfc3339(std::string_view text) {
  UnixTime time{};
  FieldReader in(text);
  if (!ReadTime(&in, &time)) {
    std::string message = "'";
    message.append(text.substr(0, 64));
    message.append("' is not a time; write 2026-03-01 or 2026-03-01T12:00:00Z");
    return MakeError(ErrorCode::kInvalidArgument, std::move(message));
  }
  return time;
}

std::string FormatRfc3339(UnixTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  std::string out;
  const int year = static_cast<int>(date.year());
  // Years outside RFC 3339's four digits never come from a certificate; they are shown as ISO 8601
  // expands them, sign first.
  if (year < 0) out.push_back('-');
  if (year > 9999) out.push_back('+');
  AppendNumber(year < 0 ? -year : year, 4, &out);
  out.push_back('-');
  AppendNumber(static_cast<int>(static_cast<unsigned>(date.month())), 2, &out);
  out.push_back('-');
  AppendNumber(static_cast<int>(static_cast<unsigned>(date.day())), 2, &out);
  out.push_back('T');
  AppendNumber(static_cast<int>(clock.hours().count()), 2, &out);
  out.push_back(':');
  AppendNumber(static_cast<int>(clock.minutes().count()), 2, &out);
  out.push_back(':');
  AppendNumber(static_cast<int>(clock.seconds().count()), 2, &out);
  out.push_back('Z');
  return out;
}

}  // namespace muster
