// Readers of what needs no decoding here: own lines, whole files, and formats that are only known.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/audit/formats/readers.h"

namespace muster::audit {
namespace {

bool IsBlank(std::string_view line) {
  return line.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

class OwnLinesReader : public InventoryReader {
 public:
  OwnLinesReader(InputText input, std::size_t size_max)
      : input_(std::move(input)), size_max_(size_max) {
    input_.SkipByteOrderMark();
  }

  bool Next(InventoryRecord* out) override {
    std::uint64_t size = 0;
    do {
      out->line = input_.line();
      out->offset = input_.offset();
      if (!input_.TakeLine(size_max_, &out->text, &size)) return false;
    } while (IsBlank(out->text) && size <= size_max_);
    out->kind = InventoryRecord::Kind::kLine;
    if (size > size_max_) {
      out->kind = InventoryRecord::Kind::kError;
      out->error =
          fmt::format("the line has {} octets, more than the limit of {}", size, size_max_);
    }
    return true;
  }

 private:
  InputText input_;
  std::size_t size_max_;
};

class CertificatesReader : public InventoryReader {
 public:
  CertificatesReader(InputText input, std::size_t size_max)
      : input_(std::move(input)), size_max_(size_max) {}

  bool Next(InventoryRecord* out) override {
    if (std::exchange(done_, true)) return false;
    if (input_.PeekOne() == InputText::kEnd) {
      out->error = "is empty";
      return true;
    }
    std::uint64_t size = 0;
    for (int c = input_.Take(); c != InputText::kEnd; c = input_.Take()) {
      if (++size <= size_max_) out->text.push_back(static_cast<char>(c));
    }
    out->kind = InventoryRecord::Kind::kFile;
    if (size > size_max_) {
      out->kind = InventoryRecord::Kind::kError;
      out->error =
          fmt::format("the file has {} octets, more than the limit of {}", size, size_max_);
    }
    return true;
  }

 private:
  InputText input_;
  std::size_t size_max_;
  bool done_ = false;
};

class Refusal : public InventoryReader {
 public:
  explicit Refusal(std::string why) : why_(std::move(why)) {}
  bool Next(InventoryRecord* out) override {
    out->error = std::exchange(why_, {});
    return !out->error.empty();
  }

 private:
  std::string why_;
};

}  // namespace

std::unique_ptr<InventoryReader> OpenRefusal(std::string why) {
  return std::make_unique<Refusal>(std::move(why));
}

std::unique_ptr<InventoryReader> OpenOwnLines(InputText input, InventoryContext* context,
                                              const InputPlace&) {
  return std::make_unique<OwnLinesReader>(std::move(input), context->record_size_max());
}

std::unique_ptr<InventoryReader> OpenCertificates(InputText input, InventoryContext* context,
                                                  const InputPlace&) {
  return std::make_unique<CertificatesReader>(std::move(input), context->record_size_max());
}

// Six fields between tabs, the first of them valid, revoked or expired.
bool IsOpensslIndex(const Beginning& beginning) {
  const std::string_view line = beginning.text.substr(0, beginning.text.find('\n'));
  return line.size() > 2 && (line[0] == 'V' || line[0] == 'R' || line[0] == 'E') &&
         line[1] == '\t' && std::count(line.begin(), line.end(), '\t') == 5;
}

std::unique_ptr<InventoryReader> OpenOpensslIndex(InputText, InventoryContext*,
                                                  const InputPlace& place) {
  // Its certificates are found in the folder by themselves.
  return OpenRefusal(place.in_folder
                         ? ""
                         : "is the index of an OpenSSL CA, which holds no certificates; give its "
                           "folder newcerts");
}

}  // namespace muster::audit
