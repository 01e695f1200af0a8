#include "engine/audit/input_digests.h"

#include <istream>
#include <utility>

#include "engine/base/byte_view.h"

namespace muster::audit {
namespace {

constexpr std::size_t kBlockSize = std::size_t{64} * 1024;

}  // namespace

void InputDigests::Begin(const std::string& name) {
  if (!wanted()) return;
  open_ = {};
  open_.name = name;
}

void InputDigests::Add(std::string_view octets) {
  if (!wanted()) return;
  file_.Update(base::AsBytes(octets));
  open_.octets += octets.size();
}

void InputDigests::End(std::istream& stream) {
  if (!wanted()) return;
  if (open_.name != "-") {
    std::string block(kBlockSize, '\0');
    while (stream.good()) {
      stream.read(block.data(), static_cast<std::streamsize>(block.size()));
      Add(std::string_view(block).substr(0, static_cast<std::size_t>(stream.gcount())));
    }
  }
  open_.whole = stream.eof() && !stream.bad();
  open_.digest = file_.Finish();
  all_.Update(open_.digest.bytes);
  ++files_;
  if (listed_.size() < listed_max_) listed_.push_back(std::move(open_));
}

void InputDigests::Describe(AuditReport* report) {
  if (!wanted()) return;
  report->inputs = std::move(listed_);
  report->input_files = files_;
  report->inputs_digest = all_.Finish();
}

}  // namespace muster::audit
