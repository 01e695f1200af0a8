// deny add|list|rm: devices that are refused, by certificate or by issuer and serial number.
#include <fmt/format.h>

#include "tools/muster/commands.h"
#include "tools/muster/describe.h"
#include "tools/muster/reading.h"

namespace muster::cli {
namespace {

struct DenyArgs {
  std::string file, fingerprint, ca, serial, comment;
};

std::string HexUpper(ByteView octets) {
  std::string hex;
  for (std::uint8_t octet : octets) hex += fmt::format("{:02X}", octet);
  return hex;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The octets of a positive INTEGER (X.690 8.3.2: minimal, with a zero octet before a set top bit).
Result<Bytes> ParseSerial(const std::string& text) {
  std::string digits;
  for (char c : text) {
    if (c == ':' || c == ' ') continue;
    if (HexDigit(c) < 0) digits.clear();
    if (HexDigit(c) < 0) break;
    digits += c;
  }
  if (digits.empty()) {
    return MakeError(
        ErrorCode::kInvalidArgument,
        fmt::format("'{}' is not a serial number; give hex digits, as in 0A:1B:2C", text));
  }
  if (digits.size() % 2 == 1) digits.insert(0, 1, '0');
  Bytes serial;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    auto octet = static_cast<std::uint8_t>(HexDigit(digits[i]) * 16 + HexDigit(digits[i + 1]));
    if (serial.empty() && octet == 0 && i + 2 < digits.size()) continue;
    if (serial.empty() && octet >= 0x80) serial.push_back(0);
    serial.push_back(octet);
  }
  return serial;
}

// Exactly one way to name the device.
Result<DenyEntry> ReadEntry(CliContext& context, OpenedService& opened, const DenyArgs& args) {
  int ways = int{!args.file.empty()} + int{!args.fingerprint.empty()} +
             int{!args.ca.empty() || !args.serial.empty()};
  if (ways != 1 || args.ca.empty() != args.serial.empty()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "name the device by one of: its certificate FILE, --fingerprint HEX, or --ca "
                     "NAME with --serial HEX");
  }
  DenyEntry entry;
  entry.comment = args.comment;
  if (!args.file.empty()) {
    auto der = ReadCertificateFile(context, args.file);
    if (!der) return tl::unexpected(std::move(der).error());
    entry.fingerprint = Fingerprint::Of(*der);
  } else if (!args.fingerprint.empty()) {
    entry.fingerprint = Fingerprint::Parse(args.fingerprint);
    if (!entry.fingerprint) {
      return MakeError(
          ErrorCode::kInvalidArgument,
          fmt::format("'{}' is not a SHA-256 fingerprint; give 64 hex digits", args.fingerprint));
    }
  } else {
    auto serial = ParseSerial(args.serial);
    if (!serial) return tl::unexpected(std::move(serial).error());
    auto ca = opened.registry.GetCa(opened.service, args.ca);
    if (!ca) return tl::unexpected(std::move(ca).error());
    auto certificate = ParseForUse(ca->der, "CA '" + args.ca + "'");
    if (!certificate) return tl::unexpected(std::move(certificate).error());
    ByteView subject = certificate->view().subject();
    entry.issuer.assign(subject.begin(), subject.end());
    entry.serial = *std::move(serial);
  }
  return entry;
}

Json DenyJson(const DenyEntry& entry, const std::string& service) {
  Json json{{"schema", "muster-deny/1"}, {"service", service}};
  if (entry.fingerprint) {
    json["sha256"] = entry.fingerprint->hex();
  } else {
    json["issuer"] = DisplayName(entry.issuer);
    json["serial"] = HexUpper(entry.serial);
  }
  json["comment"] = entry.comment;
  json["etag"] = entry.etag;
  return json;
}

std::string EntryText(const DenyEntry& entry) {
  if (entry.fingerprint) return "SHA-256 " + entry.fingerprint->hex();
  return fmt::format("serial {} of {}", HexUpper(entry.serial), DisplayName(entry.issuer));
}

Result<int> Add(CliContext& context, const DenyArgs& args) {
  auto opened = context.OpenService(Access::kWrite);
  if (!opened) return tl::unexpected(std::move(opened).error());
  auto entry = ReadEntry(context, *opened, args);
  if (!entry) return tl::unexpected(std::move(entry).error());
  auto added = opened->registry.AddDenied(opened->service, *entry);
  if (!added) return tl::unexpected(std::move(added).error());
  context.Say("denied " + Printable(EntryText(*added)));
  context.Emit(DenyJson(*added, opened->service), [](std::ostream&) {});
  return kExitAccepted;
}

Result<int> List(CliContext& context) {
  auto opened = context.OpenService(Access::kRead);
  if (!opened) return tl::unexpected(std::move(opened).error());
  auto denied = opened->registry.ListDenied(opened->service);
  if (!denied) return tl::unexpected(std::move(denied).error());
  std::vector<Json> items;
  Table table({"DENIED", "COMMENT"});
  for (const DenyEntry& entry : *denied) {
    items.push_back(DenyJson(entry, opened->service));
    table.AddRow({{EntryText(entry)}, {entry.comment}});
  }
  context.EmitList("deny", "denied", std::move(items),
                   [&](std::ostream& out) { table.Print(out, context.out_style()); });
  return kExitAccepted;
}

Result<int> Remove(CliContext& context, const DenyArgs& args) {
  auto opened = context.OpenService(Access::kWrite);
  if (!opened) return tl::unexpected(std::move(opened).error());
  auto entry = ReadEntry(context, *opened, args);
  if (!entry) return tl::unexpected(std::move(entry).error());
  auto removed = opened->registry.DeleteDenied(opened->service, *entry);
  if (!removed) return tl::unexpected(std::move(removed).error());
  context.Say("no longer denied: " + Printable(EntryText(*entry)));
  Json json{{"schema", "muster-removed/1"}, {"service", opened->service}};
  json["denied"] = EntryText(*entry);
  context.Emit(json, [](std::ostream&) {});
  return kExitAccepted;
}

void AddSelectors(CLI::App& verb, DenyArgs& args) {
  verb.add_option("file", args.file, "The device's certificate")->type_name("FILE");
  verb.add_option("--fingerprint", args.fingerprint, "Its SHA-256 fingerprint")->type_name("HEX");
  verb.add_option("--ca", args.ca, "The registered CA that issued it")->type_name("NAME");
  verb.add_option("--serial", args.serial, "Its serial number under that CA")->type_name("HEX");
}

}  // namespace

void AddDenyCommand(CLI::App& app, CliContext& context) {
  CLI::App* noun = AddNoun(app, "deny", "Devices that are refused one by one");
  auto args = std::make_shared<DenyArgs>();
  CLI::App* add = AddVerb(*noun, context, "add", "Deny a device",
                          [&context, args] { return Add(context, *args); });
  AddSelectors(*add, *args);
  add->add_option("--comment", args->comment, "Why")->type_name("TEXT");
  AddVerb(*noun, context, "list", "List the denied devices", [&context] { return List(context); });
  CLI::App* rm = AddVerb(*noun, context, "rm", "Let a denied device in again",
                         [&context, args] { return Remove(context, *args); });
  AddSelectors(*rm, *args);
}

}  // namespace muster::cli
