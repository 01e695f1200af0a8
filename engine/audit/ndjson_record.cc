#include "engine/audit/ndjson_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <vector>

#include "engine/audit/base64_fast.h"
#include "engine/base/byte_view.h"
#include "engine/base/check.h"
#include "engine/base/encoding.h"

namespace muster::audit {
namespace {

// Reads the common form of a line: plain ASCII strings, no escapes. It understands a part of JSON
// only and gives up on everything else, so it never has to say what is wrong.
class PlainScanner {
 public:
  explicit PlainScanner(std::string_view text) : rest_(text) {}

  bool Skip(char wanted) {
    SkipSpace();
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool AtEnd() {
    SkipSpace();
    return rest_.empty();
  }
  // The characters between two quotes. What they are is for the caller to check.
  bool ReadQuoted(std::string_view* out) {
    if (!Skip('"')) return false;
    const void* end = std::memchr(rest_.data(), '"', rest_.size());
    if (end == nullptr) return false;
    const auto size = static_cast<std::size_t>(static_cast<const char*>(end) - rest_.data());
    *out = rest_.substr(0, size);
    rest_.remove_prefix(size + 1);
    return true;
  }

 private:
  void SkipSpace() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t' ||
                              rest_.front() == '\r' || rest_.front() == '\n')) {
      rest_.remove_prefix(1);
    }
  }
  std::string_view rest_;
};

void AddElement(ByteView der, bool is_leaf, DeviceLine* out) {
  if (is_leaf) {
    out->chain = PresentedChain(der);
  } else {
    out->chain.AddUntrusted(der);
  }
}

// ASCII that means itself inside a JSON string.
bool IsPlain(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= 0x20 && c < 0x7f && c != '\\'; });
}

}  // namespace

// Collects the two members that count; nlohmann's parser is iterative, so depth costs no stack.
class LineHandler : public nlohmann::json_sax<nlohmann::json> {
 public:
  LineHandler(LineDecoder* decoder, DeviceLine* out) : decoder_(decoder), out_(out) {}

  bool null() override { return Scalar("null"); }
  bool boolean(bool) override { return Scalar("a truth value"); }
  bool number_integer(number_integer_t) override { return Scalar("a number"); }
  bool number_unsigned(number_unsigned_t) override { return Scalar("a number"); }
  bool number_float(number_float_t, const string_t&) override { return Scalar("a number"); }
  bool binary(binary_t&) override { return Scalar("binary"); }
  bool string(string_t& text) override {
    if (depth_ == 1 && member_ == Member::kDeviceId) {
      if (text.find('\0') != std::string::npos) return Fail("deviceId holds a NUL character");
      out_->device_id = base::AsText(decoder_->Keep(base::AsBytes(text)));
      return true;
    }
    if (depth_ == 2 && member_ == Member::kChain) return Element(text);
    return Scalar("text");
  }
  bool start_object(std::size_t) override { return Open("an object", depth_ == 0); }
  bool end_object() override { return Close(); }
  bool start_array(std::size_t) override {
    return Open("an array", depth_ == 1 && member_ == Member::kChain);
  }
  bool end_array() override { return Close(); }
  bool key(string_t& name) override {
    if (depth_ != 1) return true;
    member_ = Member::kOther;
    if (name == "deviceId") return Take(Member::kDeviceId, &has_device_id_, name);
    if (name == "chain") return Take(Member::kChain, &has_chain_, name);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception&) override {
    return Fail(fmt::format("not JSON: a syntax error at octet {} of the line", position));
  }

  bool has_chain() const { return has_chain_; }

 private:
  enum class Member { kOther, kDeviceId, kChain };

  bool Fail(std::string why) {
    out_->error = std::move(why);
    return false;
  }
  bool Take(Member member, bool* seen, std::string_view name) {
    if (*seen) return Fail(fmt::format("{} is given twice", name));
    *seen = true;
    member_ = member;
    return true;
  }
  bool Scalar(std::string_view what) {
    if (depth_ == 0) return Fail(fmt::format("{} instead of an object", what));
    return Check(what);
  }
  // A value that is not of the kind its place wants.
  bool Check(std::string_view what) {
    if (depth_ == 1 && member_ == Member::kDeviceId) {
      return Fail(fmt::format("deviceId is {} instead of text", what));
    }
    if (depth_ == 1 && member_ == Member::kChain) {
      return Fail(fmt::format("chain is {} instead of an array of base64 DER", what));
    }
    if (depth_ == 2 && member_ == Member::kChain) {
      return Fail(fmt::format("chain[{}] is {} instead of base64 DER", chain_size_, what));
    }
    return true;
  }
  bool Open(std::string_view what, bool wanted) {
    if (depth_ == 0 && !wanted) return Fail(fmt::format("{} instead of an object", what));
    if (!wanted && !Check(what)) return false;
    ++depth_;
    return true;
  }
  bool Close() {
    --depth_;
    if (depth_ == 1) member_ = Member::kOther;
    return true;
  }
  bool Element(const std::string& text) {
    if (chain_size_ == kChainMax) {
      return Fail(fmt::format("chain holds more than {} certificates", kChainMax));
    }
    Bytes der;
    const base::Base64Outcome outcome = base::DecodeBase64(text, &der);
    if (!outcome.good) {
      return Fail(fmt::format("chain[{}] is not base64: wrong at character {}", chain_size_,
                              outcome.error_offset));
    }
    if (der.empty()) return Fail(fmt::format("chain[{}] is empty", chain_size_));
    AddElement(decoder_->Keep(der), chain_size_++ == 0, out_);
    return true;
  }

  LineDecoder* decoder_;
  DeviceLine* out_;
  std::size_t chain_size_ = 0;
  int depth_ = 0;
  Member member_ = Member::kOther;
  bool has_device_id_ = false, has_chain_ = false;
};

namespace {

// The offset of the first octet that is not UTF-8 (as nlohmann's parser sees it), or npos.
std::size_t FindInvalidUtf8(std::string_view text) {
  std::size_t i = 0;
  auto in = [&](std::size_t at, unsigned low, unsigned high) {
    if (at >= text.size()) return false;
    const auto octet = static_cast<unsigned char>(text[at]);
    return octet >= low && octet <= high;
  };
  while (i < text.size()) {
    const auto first = static_cast<unsigned char>(text[i]);
    if (first < 0x80) {
      i += 1;
    } else if (first >= 0xc2 && first <= 0xdf && in(i + 1, 0x80, 0xbf)) {
      i += 2;
    } else if (first >= 0xe0 && first <= 0xef &&
               in(i + 1, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf) &&
               in(i + 2, 0x80, 0xbf)) {
      i += 3;
    } else if (first >= 0xf0 && first <= 0xf4 &&
               in(i + 1, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf) &&
               in(i + 2, 0x80, 0xbf) && in(i + 3, 0x80, 0xbf)) {
      i += 4;
    } else {
      return i;
    }
  }
  return std::string_view::npos;
}

}  // namespace

void LineDecoder::Decode(std::string_view line, DeviceLine* out) {
  *out = DeviceLine{};
  if (DecodePlainly(line, out)) return;
  *out = DeviceLine{};
  DecodeFully(line, out);
}

ByteView LineDecoder::Take(std::size_t size) {
  MUSTER_CHECK(size <= free_.size());
  const ByteView taken = free_.first(size);
  free_ = free_.subspan(size);
  return taken;
}

ByteView LineDecoder::Keep(ByteView octets) {
  std::uint8_t* const to = free_.data();
  const ByteView kept = Take(octets.size());
  std::copy(octets.begin(), octets.end(), to);
  return kept;
}

ByteView LineDecoder::DecodeElement(std::string_view text, bool is_leaf) {
  if (text.size() < 16) return {};
  // Leaves do not recur. The end of a certificate is its signature: any of it tells them apart.
  const auto c = [&](std::size_t back) {
    return static_cast<unsigned char>(text[text.size() - back]);
  };
  Seen* slot = &seen_[(c(8) ^ (c(10) * 3u) ^ (c(13) * 7u)) % seen_.size()];
  if (!is_leaf && slot->text == text) return slot->der;
  MUSTER_CHECK(text.size() <= free_.size());
  const ByteView der = Take(DecodePlainBase64(text, free_.data()));
  if (!is_leaf && !der.empty()) *slot = {text, der};
  return der;
}

bool LineDecoder::DecodePlainly(std::string_view line, DeviceLine* out) {
  PlainScanner scanner(line);
  bool has_id = false, has_chain = false;
  if (!scanner.Skip('{')) return false;
  do {
    std::string_view name, value;
    if (!scanner.ReadQuoted(&name) || !scanner.Skip(':')) return false;
    if (name == "deviceId" && !has_id) {
      if (!scanner.ReadQuoted(&value) || !IsPlain(value)) return false;
      out->device_id = value;
      has_id = true;
    } else if (name == "chain" && !has_chain) {
      if (!scanner.Skip('[')) return false;
      std::size_t size = 0;
      do {
        if (!scanner.ReadQuoted(&value) || size == kChainMax) return false;
        const ByteView der = DecodeElement(value, size == 0);
        if (der.empty()) return false;
        AddElement(der, size++ == 0, out);
      } while (scanner.Skip(','));
      if (!scanner.Skip(']')) return false;
      has_chain = true;
    } else {
      return false;
    }
  } while (scanner.Skip(','));
  return scanner.Skip('}') && scanner.AtEnd() && has_chain;
}

void LineDecoder::DecodeFully(std::string_view line, DeviceLine* out) {
  // nlohmann's lexer takes a NUL octet for the end of its input.
  if (const std::size_t nul = line.find('\0'); nul != std::string_view::npos) {
    out->error = fmt::format("holds a NUL octet, at octet {} of the line", nul);
    return;
  }
  LineHandler handler(this, out);
  const bool good = nlohmann::json::sax_parse(line.begin(), line.end(), &handler);
  if (!good) {
    const std::size_t invalid = FindInvalidUtf8(line);
    if (invalid != std::string_view::npos) {
      out->error = fmt::format("not UTF-8, at octet {} of the line", invalid);
    }
  } else if (!handler.has_chain()) {
    out->error = "has no member \"chain\"";
  } else if (out->chain.leaf().empty()) {
    out->error = "chain is empty";
  }
  if (!out->error.empty()) out->chain = PresentedChain();
}

}  // namespace muster::audit
