// Any octets through the reader of every inventory format, archives included.
//
// The first octet names the format, or leaves it to be recognised. "@bN", "@pN", "@dN", "@hN" and
// "@uN" stand for certificate N of the FuzzWorld as base64, PEM, DER, hex and the SHA-1 thumbprint.
//
// Properties: every record is reported once, in order, and counted; places lie in the input; what
// is a bad record says why and names no verdict but a rejection; batches of any size say the same;
// whatever the file is, only the world's own leaves enrol.
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "engine/audit/formats/format_table.h"
#include "engine/base/byte_view.h"
#include "engine/base/check.h"
#include "engine/base/encoding.h"
#include "muster/certificate_reader.h"
#include "muster/fleet_audit.h"
#include "tests/fuzz/fuzz_world.h"

namespace {

using namespace muster;
using test::FuzzWorld;

constexpr std::size_t kRecordSizeMax = 20'000;

std::string Expand(std::string_view input) {
  const auto& leaves = FuzzWorld::Get().leaves();
  std::string out;
  int expansions = 0;
  for (std::size_t i = 0; i < input.size(); ++i) {
    const bool named = input[i] == '@' && i + 2 < input.size() && input[i + 2] >= '0' &&
                       input[i + 2] <= '9' && expansions < 64;
    if (!named) {
      out.push_back(input[i]);
      continue;
    }
    const ByteView der =
        leaves[static_cast<std::size_t>(input[i + 2] - '0') % leaves.size()].der();
    switch (input[i + 1]) {
      case 'b': out += base::EncodeBase64(der); break;
      case 'p': out += EncodePem(der, "CERTIFICATE"); break;
      case 'd': out += base::AsText(der); break;
      case 'h': out += base::HexLower(der); break;
      case 'u': out += Sha1Thumbprint(der); break;
      default: out += input.substr(i, 3); break;
    }
    ++expansions;
    i += 2;
  }
  return out;
}

std::vector<AuditRecord> Audit(const Authenticator& authenticator, const std::string& text,
                               const InventoryOptions& inventory, std::size_t batch_records) {
  FleetAuditOptions options;
  options.at = FuzzWorld::Get().at();
  options.threads = 1;
  options.batch_records = batch_records;
  options.record_size_max = kRecordSizeMax;
  options.inventory = inventory;
  std::istringstream input(text);
  std::vector<AuditRecord> records;
  const auto report = FleetAudit(authenticator, options)
                          .Run({"-"}, input, [&](const AuditRecord& record) {
                            records.push_back(record);
                          });
  MUSTER_CHECK(report.has_value() && !report->interrupted);
  MUSTER_CHECK(report->input_octets <= text.size());  // A limit may leave the rest unread.
  MUSTER_CHECK(report->devices + report->unreadable == records.size());
  MUSTER_CHECK(report->devices == report->accepted + report->rejected);
  return records;
}

void CheckRecord(const AuditRecord& record, std::size_t i, std::string_view text) {
  MUSTER_CHECK(record.index == i && record.source.name == "-");
  MUSTER_CHECK(record.read_error.empty() || !record.verdict.accepted());
  // Compressed inputs are larger inside; base64 of a file is decoded before its places count.
  const bool outside = record.source.member.empty() && record.source.line != 0;
  MUSTER_CHECK(!outside || audit::FormatOf(text, audit::InventoryContext(0)).name == "archive" ||
               record.source.offset <= text.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Authenticator authenticator(FuzzWorld::Get().Snapshot(), FuzzWorld::SmallCache());
  if (size == 0) return 0;
  InventoryOptions inventory;
  const auto formats = audit::Formats();
  const std::size_t format = data[0] % (formats.size() + 1);
  if (format > 0) inventory.format = formats[format - 1].name;
  inventory.layout = static_cast<InventoryLayout>(data[0] / 64 % 3);
  inventory.archive = {.member_octets_max = 200'000, .octets_max = 400'000, .members_max = 20};
  const std::string text = Expand(base::AsText({data + 1, size - 1}));
  const auto together = Audit(authenticator, text, inventory, 4'096);
  const auto one_by_one = Audit(authenticator, text, inventory, 1);
  MUSTER_CHECK(together.size() == one_by_one.size());
  for (std::size_t i = 0; i < together.size(); ++i) {
    const AuditRecord &x = together[i], &y = one_by_one[i];
    CheckRecord(x, i, text);
    MUSTER_CHECK(x.device_id == y.device_id && x.read_error == y.read_error);
    MUSTER_CHECK(x.source.member == y.source.member && x.source.line == y.source.line &&
                 x.source.offset == y.source.offset);
    MUSTER_CHECK(x.verdict == y.verdict && x.leaf == y.leaf);
  }
  return 0;
}
