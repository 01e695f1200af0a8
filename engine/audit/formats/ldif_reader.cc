// LDIF (RFC 2849): entries of a directory, and the certificates in them.
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <utility>

#include "engine/audit/formats/readers.h"
#include "engine/base/byte_view.h"
#include "engine/base/encoding.h"

namespace muster::audit {
namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

class LdifReader : public InventoryReader {
 public:
  LdifReader(InputText input, std::size_t size_max)
      : input_(std::move(input)), size_max_(size_max) {
    input_.SkipByteOrderMark();
  }

  bool Next(InventoryRecord* out) override {
    while (found_.empty() && !ended_) ReadEntry();
    if (!found_.empty()) {
      *out = std::move(found_.front());
      found_.pop_front();
      ++given_;
      return true;
    }
    if (given_ != 0) return false;
    ++given_;
    out->error = "no entry has a userCertificate";
    return true;
  }

 private:
  struct Attribute {
    std::string text;  // Of all its lines together.
    std::uint64_t line = 0, offset = 0, size = 0;
  };

  // Unfolds one attribute (note 2 of the RFC's grammar); false at the end of the entry.
  bool TakeAttribute(Attribute* out) {
    *out = {};
    out->line = input_.line();
    out->offset = input_.offset();
    if (!input_.TakeLine(size_max_, &out->text, &out->size)) {
      ended_ = true;
      return false;
    }
    if (out->size == 0) return false;
    std::string more;
    std::uint64_t size = 0;
    while (input_.PeekOne() == ' ') {
      input_.Take();
      if (!input_.TakeLine(size_max_, &more, &size)) break;
      out->size += size;
      if (out->size <= size_max_) out->text += more;
    }
    return true;
  }

  void ReadEntry() {
    std::string dn, cn;
    Attribute attribute;
    while (TakeAttribute(&attribute)) {
      if (attribute.text.starts_with('#')) continue;
      InventoryRecord record;
      record.line = attribute.line;
      record.offset = attribute.offset;
      const std::size_t colon = attribute.text.find(':');
      if (colon == std::string::npos) {
        record.error = "a line of the LDIF has no colon";
        found_.push_back(std::move(record));
        continue;
      }
      const std::string name = Lower(std::string_view(attribute.text).substr(0, colon));
      const std::string type = name.substr(0, name.find(';'));
      if (type != "dn" && type != "cn" && type != "usercertificate") continue;
      std::string value;
      record.error = TakeValue(attribute, colon + 1, &value);
      if (type == "usercertificate") {
        if (record.error.empty()) {
          record.kind = InventoryRecord::Kind::kDevice;
          record.chain.emplace_back(value.begin(), value.end());
        }
        found_.push_back(std::move(record));
      } else if (record.error.empty() && value.find('\0') == std::string::npos) {
        (type == "dn" ? dn : cn) = value;
      }
    }
    for (InventoryRecord& record : found_) record.device_id = cn.empty() ? dn : cn;
  }

  // Empty, or why there is no value.
  std::string TakeValue(const Attribute& attribute, std::size_t at, std::string* out) const {
    if (attribute.size > size_max_) {
      return fmt::format("the attribute has {} octets, more than the limit of {}", attribute.size,
                         size_max_);
    }
    std::string_view value = std::string_view(attribute.text).substr(at);
    const char form = value.empty() ? ' ' : value.front();
    if (form == '<') return "the value lies elsewhere (a URL); nothing is fetched";
    if (form == ':') value.remove_prefix(1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    if (form != ':') {
      *out = value;
      return {};
    }
    Bytes octets;
    if (!base::DecodeBase64(value, &octets).good || octets.empty()) return "is not base64";
    *out = base::AsText(octets);
    return {};
  }

  InputText input_;
  const std::size_t size_max_;
  std::deque<InventoryRecord> found_;
  std::uint64_t given_ = 0;
  bool ended_ = false;
};

}  // namespace

bool IsLdif(const Beginning& beginning) {
  std::string_view text = beginning.text;
  // Comments may stand first.
  while (text.starts_with('#')) text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  const std::string start = Lower(text.substr(0, 8));
  return start.starts_with("dn:") || start == "version:";
}

std::unique_ptr<InventoryReader> OpenLdif(InputText input, InventoryContext* context,
                                          const InputPlace&) {
  return std::make_unique<LdifReader>(std::move(input), context->record_size_max());
}

}  // namespace muster::audit
