#include "engine/audit/formats/format_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <vector>

#include "engine/audit/formats/readers.h"
#include "muster/inventory.h"

namespace muster::audit {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kSpace = " \t\r\n";

// Collects the names of the first object's members, two levels deep, and stops behind it.
class KeyCollector : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit KeyCollector(std::set<std::string>* keys) : keys_(*keys) {}

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override {
    ++objects_;
    return true;
  }
  bool end_object() override { return --objects_ > 0; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool key(string_t& name) override {
    if (objects_ == 1) outer_ = name;
    if (objects_ <= 2 && keys_.size() < kKeysMax) {
      keys_.insert(objects_ == 1 ? name : outer_ + "." + name);
    }
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override {
    return false;
  }

 private:
  static constexpr std::size_t kKeysMax = 1'000;
  std::set<std::string>& keys_;
  std::string outer_;
  int objects_ = 0;
};

// The first lines may be broken: a few more are asked.
constexpr int kLinesAsked = 8;

Beginning Look(std::string_view prefix) {
  if (prefix.starts_with(kByteOrderMark)) prefix.remove_prefix(kByteOrderMark.size());
  Beginning beginning;
  beginning.text = prefix;
  std::string_view json = prefix;
  for (int line = 0; line < kLinesAsked && beginning.keys.empty(); ++line) {
    json.remove_prefix(std::min(json.find_first_not_of(kSpace), json.size()));
    if (json.empty() || (json.front() != '{' && json.front() != '[')) break;
    if (line == 0) beginning.is_array = json.front() == '[';
    KeyCollector collector(&beginning.keys);
    // What was cut off at the end is an error of syntax; what stands before it was collected.
    nlohmann::json::sax_parse(json.begin(), json.end(), &collector,
                              nlohmann::json::input_format_t::json, /*strict=*/false);
    json.remove_prefix(std::min(json.find('\n'), json.size()));
  }
  return beginning;
}

char FirstCharacter(const Beginning& beginning) {
  const std::size_t first = beginning.text.find_first_not_of(kSpace);
  return first == std::string_view::npos ? '\0' : beginning.text[first];
}

bool IsAwsIot(const Beginning& b) {
  return b.Has("certificateDescription") || b.Has("certificatePem") ||
         b.Has("certificates.certificateArn");
}
bool IsAzureIotHub(const Beginning& b) {
  return b.Has("authentication") && (b.Has("id") || b.Has("deviceId")) && !b.Has("chain");
}
bool IsMicrochip(const Beginning& b) { return b.Has("payload") && b.Has("protected"); }
bool IsCtEntries(const Beginning& b) { return b.Has("entries.leaf_input"); }
bool IsSpiffe(const Beginning& b) { return b.Has("keys.x5c") && !b.Has("chain"); }
bool IsVault(const Beginning& b) { return b.Has("data.certificate") && !b.Has("chain"); }
bool IsOwnArray(const Beginning& b) { return b.is_array; }
bool IsOwn(const Beginning& b) { return FirstCharacter(b) == '{'; }
bool Always(const Beginning&) { return true; }

constexpr std::string_view kArchiveName = "archive";
constexpr std::string_view kOwnName = "ndjson";
constexpr std::string_view kCertificatesName = "certificates";

// In the order in which they are tried.
constexpr std::array<Format, 14> kFormats = {{
    {kArchiveName, "tar, tar.gz, tar.xz, tar.zst, zip, or one file compressed, of any of these",
     IsArchive, OpenArchive},
    {"parquet", kParquetDescription, IsParquet, OpenParquet},
    {"aws-iot", "AWS IoT describe-certificate: one, an array, or NDJSON", IsAwsIot, OpenAwsIot},
    {"azure-iothub", "Azure IoT Hub exports and lists; thumbprints looked up in certificates",
     IsAzureIotHub, OpenAzureIotHub},
    {"microchip", "Microchip Trust manifests: x5c chains in signed entries", IsMicrochip,
     OpenMicrochip},
    {"ct", "Certificate Transparency get-entries (RFC 6962)", IsCtEntries, OpenCtEntries},
    {"spiffe", "SPIFFE bundle or JWK set with x5c", IsSpiffe, OpenSpiffe},
    {"vault", "Vault pki/cert and pki/issue answers", IsVault, OpenVault},
    {"json", "array of {\"deviceId\",\"chain\"}", IsOwnArray, OpenOwnArray},
    {kOwnName, "{\"deviceId\",\"chain\"}, one a line: the fastest", IsOwn, OpenOwnLines},
    {"openssl-index", "index.txt of an OpenSSL CA: the certificates lie in newcerts beside it",
     IsOpensslIndex, OpenOpensslIndex},
    {"ldif", "LDIF with userCertificate (RFC 2849)", IsLdif, OpenLdif},
    {"csv", "CSV or TSV, with or without a header; cells of PEM, base64 or hex", IsCsv, OpenCsv},
    {kCertificatesName, "PEM, DER, PKCS#7, base64 of these; several in a file", Always,
     OpenCertificates},
}};

const Format& Recognise(const Beginning& beginning) {
  return *std::find_if(kFormats.begin(), kFormats.end(),
                       [&](const Format& format) { return format.recognise(beginning); });
}

}  // namespace

std::span<const Format> Formats() { return kFormats; }

const Format* FindFormat(std::string_view name) {
  const auto found = std::find_if(kFormats.begin(), kFormats.end(),
                                  [&](const Format& format) { return format.name == name; });
  return found == kFormats.end() ? nullptr : &*found;
}

const Format& FormatOf(std::string_view prefix, const InventoryContext& context) {
  const Beginning beginning = Look(prefix);
  const Format* asked = FindFormat(context.options().format);
  return asked != nullptr && !IsArchive(beginning) ? *asked : Recognise(beginning);
}

const Format& FormatOfMember(std::string_view prefix, const InventoryContext& context) {
  const Format* asked = FindFormat(context.options().format);
  const bool for_archive = asked == nullptr || asked->recognise == IsArchive;
  return for_archive ? Recognise(Look(prefix)) : *asked;
}

bool IsOwnLines(const Format& format) { return format.name == kOwnName; }
bool IsCertificates(const Format& format) { return format.name == kCertificatesName; }

}  // namespace muster::audit

namespace muster {

std::vector<InventoryFormat> InventoryFormats() {
  std::vector<InventoryFormat> formats;
  for (const audit::Format& format : audit::Formats()) {
    formats.push_back({format.name, format.description});
  }
  return formats;
}

Result<ColumnMap> ParseColumnMap(std::string_view text) {
  ColumnMap map;
  const auto fail = [](std::string why) {
    return MakeError(ErrorCode::kInvalidArgument,
                     std::move(why) + "; write id=COL,cert=COL[,chain=COL]");
  };
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    const std::size_t equals = part.find('=');
    const std::string_view name = part.substr(0, equals);
    if (equals == std::string_view::npos || equals + 1 == part.size()) {
      return fail(fmt::format("'{}' names no column", part));
    }
    std::string* const column = name == "id"      ? &map.id
                                : name == "cert"  ? &map.certificate
                                : name == "chain" ? &map.chain
                                                  : nullptr;
    if (column == nullptr) return fail(fmt::format("there is no '{}' to map", name));
    if (!column->empty()) return fail(fmt::format("'{}' is mapped twice", name));
    *column = part.substr(equals + 1);
  }
  if (map.certificate.empty()) return fail("the column of the certificate is missing");
  return map;
}

}  // namespace muster
