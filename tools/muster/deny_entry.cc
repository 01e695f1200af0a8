#include "tools/muster/deny_entry.h"

#include <fmt/format.h>

#include "tools/muster/reading.h"

namespace muster::cli {
namespace {

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

}  // namespace

Result<DenyEntry> ReadDenyEntry(CliContext& context, OpenedService& opened, const DenyArgs& args) {
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

void AddDenySelectors(CLI::App& verb, DenyArgs& args) {
  verb.add_option("file", args.file, "The device's certificate")->type_name("FILE");
  verb.add_option("--fingerprint", args.fingerprint, "Its SHA-256 fingerprint")->type_name("HEX");
  verb.add_option("--ca", args.ca, "The registered CA that issued it")->type_name("NAME");
  verb.add_option("--serial", args.serial, "Its serial number under that CA")->type_name("HEX");
}

}  // namespace muster::cli
