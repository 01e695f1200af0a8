// Any octets as an inventory, audited against a live registry: NDJSON by lines, everything else as
// a whole file of PEM, DER, PKCS#7 or base64.
//
// "@bN", "@pN" and "@dN" in the input stand for certificate N (a digit or a small letter) of the
// FuzzWorld as base64, as PEM and as DER, so that mutations of a short text reach devices that
// enrol.
//
// Properties: every record is reported once, in order, and counted; batches of any size say the
// same, and so does the reference kernel; a line's device is what a plain JSON parser finds in it,
// and its verdict is the authenticator's; a file's devices are its certificates, each at most once.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/audit/file_devices.h"
#include "engine/audit/formats/format_table.h"
#include "engine/audit/ndjson_record.h"
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

const std::vector<test::Entity>& Certificates() {
  static const std::vector<test::Entity> all = [] {
    std::vector<test::Entity> list = FuzzWorld::Get().leaves();
    const auto& untrusted = FuzzWorld::Get().untrusted();
    list.insert(list.end(), untrusted.begin(), untrusted.end());
    return list;
  }();
  return all;
}

// The certificate that a character names; null where it names none.
const test::Entity* Named(char c) {
  const std::size_t i = c >= '0' && c <= '9'   ? static_cast<std::size_t>(c - '0')
                        : c >= 'a' && c <= 'z' ? static_cast<std::size_t>(c - 'a') + 10
                                               : Certificates().size();
  return i < Certificates().size() ? &Certificates()[i] : nullptr;
}

std::string Expand(std::string_view input) {
  std::string out;
  int expansions = 0;
  for (std::size_t i = 0; i < input.size(); ++i) {
    const test::Entity* named = input[i] == '@' && i + 2 < input.size() && expansions < 64
                                    ? Named(input[i + 2])
                                    : nullptr;
    const char form = named != nullptr ? input[i + 1] : '\0';
    if (form == 'b') {
      out += base::EncodeBase64(named->der());
    } else if (form == 'p') {
      out += EncodePem(named->der(), "CERTIFICATE");
    } else if (form == 'd') {
      out += base::AsText(named->der());
    } else {
      out.push_back(input[i]);
      continue;
    }
    ++expansions;
    i += 2;
  }
  return out;
}

// --- Lines --------------------------------------------------------------------------------------

struct PlainDevice {
  std::string id;
  std::vector<Bytes> chain;
};

// What a line holds by a parser that knows nothing of inventories; nothing where it is no device.
std::optional<PlainDevice> ByPlainJson(std::string_view line) {
  using nlohmann::json;
  if (line.find('\0') != line.npos) return std::nullopt;
  std::multiset<std::string> members;
  const auto note = [&members](int depth, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::key && depth == 1) members.insert(parsed.get<std::string>());
    return true;
  };
  const json document = json::parse(line, note, /*allow_exceptions=*/false);
  if (!document.is_object() || members.count("chain") != 1 || members.count("deviceId") > 1) {
    return std::nullopt;
  }
  PlainDevice device;
  if (members.contains("deviceId")) {
    if (!document["deviceId"].is_string()) return std::nullopt;
    device.id = document["deviceId"].get<std::string>();
    if (device.id.find('\0') != std::string::npos) return std::nullopt;
  }
  const json& chain = document["chain"];
  if (!chain.is_array() || chain.empty() || chain.size() > audit::kChainMax) return std::nullopt;
  for (const json& element : chain) {
    Bytes der;
    if (!element.is_string() || !base::DecodeBase64(element.get<std::string>(), &der).good ||
        der.empty()) {
      return std::nullopt;
    }
    device.chain.push_back(std::move(der));
  }
  return device;
}

PresentedChain ChainOf(const std::vector<Bytes>& certificates) {
  PresentedChain chain(certificates.front());
  for (std::size_t i = 1; i < certificates.size(); ++i) chain.AddUntrusted(certificates[i]);
  return chain;
}

void CheckLine(audit::LineDecoder* decoder, std::string_view line) {
  audit::DeviceLine out;
  decoder->Decode(line, &out);
  const std::optional<PlainDevice> expected = ByPlainJson(line);
  MUSTER_CHECK(out.error.empty() == expected.has_value());
  if (!expected) {
    MUSTER_CHECK(out.chain.leaf().empty());
    return;
  }
  MUSTER_CHECK(out.device_id == expected->id);
  MUSTER_CHECK(!out.chain.too_long());
  MUSTER_CHECK(base::Equal(out.chain.leaf(), expected->chain.front()));
  MUSTER_CHECK(out.chain.untrusted().size() + 1 == expected->chain.size());
  for (std::size_t i = 1; i < expected->chain.size(); ++i) {
    MUSTER_CHECK(base::Equal(out.chain.untrusted()[i - 1], expected->chain[i]));
  }
}

void CheckLines(std::string_view text) {
  Bytes arena(audit::LineDecoder::ArenaFor(text.size()));
  audit::LineDecoder decoder(arena);
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    CheckLine(&decoder, text.substr(begin, end - begin));
    begin = end + 1;
  }
}

// --- Whole files --------------------------------------------------------------------------------

void CheckFile(ByteView file) {
  const auto outcome = ReadEncoded(file);
  if (!outcome) return;
  std::vector<ByteView> certificates;
  for (const EncodedObject& object : outcome->objects) {
    if (object.kind == EncodedKind::kCertificate) certificates.emplace_back(object.der);
  }
  std::set<std::size_t> leaves;
  for (const audit::FileDevice& device : audit::FindDevices(certificates)) {
    MUSTER_CHECK(device.leaf < certificates.size() && leaves.insert(device.leaf).second);
    MUSTER_CHECK(std::set(device.untrusted.begin(), device.untrusted.end()).size() ==
                 device.untrusted.size());
    for (const std::size_t i : device.untrusted) {
      MUSTER_CHECK(i < certificates.size() && i != device.leaf);
    }
  }
}

// --- The audit ----------------------------------------------------------------------------------

struct Outcome {
  AuditReport report;
  std::vector<AuditRecord> records;
};

Outcome Audit(const Authenticator& authenticator, const std::string& text,
              std::size_t batch_records, double cross_check) {
  FleetAuditOptions options;
  options.at = FuzzWorld::Get().at();
  options.threads = 1;
  options.batch_records = batch_records;
  options.record_size_max = kRecordSizeMax;
  options.cross_check = cross_check;
  std::istringstream input(text);
  Outcome outcome;
  auto report = FleetAudit(authenticator, options)
                    .Run({"-"}, input, [&outcome](const AuditRecord& record) {
                      outcome.records.push_back(record);
                    });
  MUSTER_CHECK(report.has_value());
  outcome.report = *std::move(report);
  return outcome;
}

void CheckCounts(const Outcome& outcome, std::size_t octets) {
  const AuditReport& report = outcome.report;
  MUSTER_CHECK(!report.interrupted && report.input_octets == octets);
  MUSTER_CHECK(report.devices == report.accepted + report.rejected);
  MUSTER_CHECK(report.devices + report.unreadable == outcome.records.size());
  std::uint64_t accepted = 0, unreadable = 0;
  for (std::size_t i = 0; i < outcome.records.size(); ++i) {
    const AuditRecord& record = outcome.records[i];
    MUSTER_CHECK(record.index == i && record.source.name == "-");
    MUSTER_CHECK(record.read_error.empty() || !record.verdict.accepted());
    accepted += record.verdict.accepted() ? 1 : 0;
    unreadable += record.read_error.empty() ? 0 : 1;
  }
  MUSTER_CHECK(accepted == report.accepted && unreadable == report.unreadable);
}

void CheckSame(const Outcome& a, const Outcome& b) {
  MUSTER_CHECK(a.records.size() == b.records.size());
  for (std::size_t i = 0; i < a.records.size(); ++i) {
    const AuditRecord &x = a.records[i], &y = b.records[i];
    MUSTER_CHECK(x.source.line == y.source.line && x.source.offset == y.source.offset);
    MUSTER_CHECK(x.device_id == y.device_id && x.read_error == y.read_error);
    MUSTER_CHECK(x.verdict == y.verdict && x.leaf == y.leaf && x.key_type == y.key_type &&
                 x.not_after == y.not_after);
  }
  MUSTER_CHECK(a.report.by_reason == b.report.by_reason &&
               a.report.by_enrollment == b.report.by_enrollment &&
               a.report.by_anchor == b.report.by_anchor &&
               a.report.by_key_type == b.report.by_key_type &&
               a.report.by_expiry_month == b.report.by_expiry_month);
}

// A record of NDJSON lies where it says, and is decided as alone.
void CheckLineRecords(const Authenticator& authenticator, const Outcome& outcome,
                      std::string_view text) {
  const FuzzWorld& world = FuzzWorld::Get();
  for (const AuditRecord& record : outcome.records) {
    if (!record.read_error.empty()) continue;
    MUSTER_CHECK(record.source.line != 0 && record.source.offset < text.size());
    const std::string_view rest = text.substr(record.source.offset);
    const auto device = ByPlainJson(rest.substr(0, rest.find('\n')));
    MUSTER_CHECK(device.has_value() && device->id == record.device_id);
    const PresentedChain chain = ChainOf(device->chain);
    MUSTER_CHECK(authenticator.Authenticate(chain, world.at()) == record.verdict);
    world.CheckVerdict(chain, record.verdict);
  }
}

bool IsNdjson(std::string_view text) {
  return audit::IsOwnLines(audit::FormatOf(text, audit::InventoryContext(kRecordSizeMax)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Authenticator authenticator(FuzzWorld::Get().Snapshot(), FuzzWorld::SmallCache());
  const std::string text = Expand(base::AsText({data, size}));
  CheckLines(text);
  CheckFile(base::AsBytes(text));
  const Outcome one_by_one = Audit(authenticator, text, 1, 0);
  const Outcome together = Audit(authenticator, text, 4'096, 1);
  CheckCounts(one_by_one, text.size());
  CheckCounts(together, text.size());
  CheckSame(one_by_one, together);
  if (IsNdjson(text)) CheckLineRecords(authenticator, together, text);
  return 0;
}
