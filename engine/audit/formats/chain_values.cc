// Chains in JSON: Microchip Trust manifests, Certificate Transparency, SPIFFE, Vault.
#include <fmt/format.h>

#include <optional>

#include "engine/audit/formats/cell.h"
#include "engine/audit/formats/json_value.h"
#include "engine/audit/ndjson_record.h"
#include "engine/base/byte_view.h"
#include "engine/base/encoding.h"

namespace muster::audit {
namespace {

// ---- Microchip Trust manifests: flattened JWS (RFC 7515 7.2.2) ---------------------------------

std::optional<JsonValue> DecodePart(const JsonValue& entry, const char* name) {
  const std::string* text = TextMember(entry, name);
  const std::optional<Bytes> octets = text == nullptr ? std::nullopt : DecodeBase64Url(*text);
  JsonValue value;
  std::string error;
  if (!octets || !ParseJson(base::AsText(*octets), &value, &error) || !value.is_object()) {
    return std::nullopt;
  }
  return value;
}

// Empty where the entry's signature is good or there is nobody to check it with.
std::string WhySignatureIsBad(const JsonValue& entry, const JsonValue& header,
                              InventoryContext* context) {
  const std::string* signature = TextMember(entry, "signature");
  const std::optional<Bytes> octets =
      signature == nullptr ? std::nullopt : DecodeBase64Url(*signature);
  if (!octets) return "the signature of the manifest entry is missing or is not base64url";
  const std::string* algorithm = TextMember(header, "alg");
  // Extensions that must be understood (RFC 7515 4.1.11) are not.
  if (algorithm == nullptr || *algorithm != "ES256" || Member(header, "crit") != nullptr) {
    return "the manifest entry is not signed by ES256, or by rules that are not known";
  }
  const std::string message =
      *TextMember(entry, "protected") + "." + *TextMember(entry, "payload");
  const std::optional<bool> good = context->IsSignedByManifestSigner(message, *octets);
  if (!good) {
    context->Note("the signatures of manifest entries were not checked; give the manifest's signer "
                  "(--manifest-signer) to check them");
    return {};
  }
  return *good ? std::string() : "the signature of the manifest entry is not the signer's";
}

void ReadManifestEntry(const JsonValue& entry, InventoryContext* context, Records* out) {
  InventoryRecord record;
  const auto refuse = [&](std::string why) {
    Refuse(std::move(why), &record);
    out->push_back(record);
  };
  const std::optional<JsonValue> payload = DecodePart(entry, "payload");
  const std::optional<JsonValue> header = DecodePart(entry, "protected");
  if (!payload || !header) {
    return refuse("payload or protected of the manifest entry is not base64url of a JSON object");
  }
  if (!ReadDeviceId(*payload, "uniqueId", &record)) return out->push_back(record);
  std::string why = WhySignatureIsBad(entry, *header, context);
  if (!why.empty()) return refuse(std::move(why));
  const JsonValue* set = Member(*payload, "publicKeySet");
  const JsonValue* keys = set == nullptr ? nullptr : Member(*set, "keys");
  std::size_t found = 0;
  if (keys != nullptr && keys->is_array()) {
    for (const JsonValue& key : *keys) {
      const JsonValue* x5c = Member(key, "x5c");
      if (x5c == nullptr) continue;
      InventoryRecord& device = out->emplace_back(record);
      ReadX5c(*x5c, &device);
      ++found;
    }
  }
  if (found == 0) refuse("the manifest entry holds no certificate (x5c)");
}

// ---- Certificate Transparency (RFC 6962 3.1, 3.4, 4.6) -----------------------------------------

// Takes octets from the front; refuses to go beyond the end.
class Framed {
 public:
  explicit Framed(ByteView octets) : rest_(octets) {}
  bool Skip(std::size_t size) {
    if (rest_.size() < size) return false;
    rest_ = rest_.subspan(size);
    return true;
  }
  std::optional<std::size_t> Number(std::size_t octets) {
    if (rest_.size() < octets) return std::nullopt;
    std::size_t number = 0;
    for (std::size_t i = 0; i < octets; ++i) number = number << 8 | rest_[i];
    rest_ = rest_.subspan(octets);
    return number;
  }
  // Octets behind their length in three octets.
  std::optional<ByteView> Vector() {
    const std::optional<std::size_t> size = Number(3);
    if (!size || rest_.size() < *size) return std::nullopt;
    const ByteView value = rest_.first(*size);
    rest_ = rest_.subspan(*size);
    return value;
  }
  bool AtEnd() const { return rest_.empty(); }

 private:
  ByteView rest_;
};

bool TakeChain(Framed* extra, std::vector<Bytes>* chain) {
  const std::optional<ByteView> all = extra->Vector();
  if (!all) return false;
  Framed list(*all);
  while (!list.AtEnd()) {
    const std::optional<ByteView> certificate = list.Vector();
    if (!certificate || certificate->empty()) return false;
    // One more than may be presented is enough to mark the chain as too long.
    if (chain->size() <= kChainMax) chain->push_back(base::ToBytes(*certificate));
  }
  return true;
}

bool ReadCtEntry(ByteView leaf_input, ByteView extra_data, std::vector<Bytes>* chain) {
  constexpr std::size_t kTimestampSize = 8;
  constexpr std::size_t kX509Entry = 0, kPrecertEntry = 1;
  Framed leaf(leaf_input), extra(extra_data);
  const std::optional<std::size_t> version = leaf.Number(1), leaf_type = leaf.Number(1);
  // v1, and a timestamped entry.
  if (version != 0U || leaf_type != 0U || !leaf.Skip(kTimestampSize)) return false;
  const std::optional<std::size_t> type = leaf.Number(2);
  if (type != kX509Entry && type != kPrecertEntry) return false;
  // A precertificate's leaf holds what was to be signed only; the certificate is in extra_data.
  const std::optional<ByteView> certificate = type == kX509Entry ? leaf.Vector() : extra.Vector();
  if (!certificate || certificate->empty()) return false;
  chain->push_back(base::ToBytes(*certificate));
  return TakeChain(&extra, chain);
}

}  // namespace

void ReadMicrochip(const JsonValue& value, InventoryContext* context, Records* out) {
  ReadManifestEntry(value, context, out);
}

void ReadCtEntries(const JsonValue& value, InventoryContext*, Records* out) {
  const JsonValue* entries = Member(value, "entries");
  if (entries == nullptr || !entries->is_array()) {
    return Refuse("entries is missing or is no array", &out->emplace_back());
  }
  for (const JsonValue& entry : *entries) {
    InventoryRecord& record = out->emplace_back();
    const std::string* leaf = TextMember(entry, "leaf_input");
    const std::string* extra = TextMember(entry, "extra_data");
    Bytes leaf_input, extra_data;
    const bool good = leaf != nullptr && extra != nullptr &&
                      base::DecodeBase64(*leaf, &leaf_input).good &&
                      base::DecodeBase64(*extra, &extra_data).good &&
                      ReadCtEntry(leaf_input, extra_data, &record.chain);
    if (good) {
      record.kind = InventoryRecord::Kind::kDevice;
    } else {
      Refuse(fmt::format("entry {} is no entry of a certificate log (RFC 6962)", out->size() - 1),
             &record);
    }
  }
}

// Its keys belong to CAs, as a rule: what is none is a device.
void ReadSpiffe(const JsonValue& value, InventoryContext*, Records* out) {
  const JsonValue* keys = Member(value, "keys");
  if (keys == nullptr || !keys->is_array()) {
    return Refuse("keys is missing or is no array", &out->emplace_back());
  }
  InventoryRecord file;
  file.kind = InventoryRecord::Kind::kFile;
  for (const JsonValue& key : *keys) {
    const JsonValue* x5c = Member(key, "x5c");
    if (x5c == nullptr) continue;
    InventoryRecord record;
    if (!ReadX5c(*x5c, &record)) {
      out->push_back(std::move(record));
      continue;
    }
    for (const Bytes& der : record.chain) file.text += base::AsText(der);
  }
  if (!file.text.empty()) {
    out->push_back(std::move(file));
  } else if (out->empty()) {
    Refuse("holds no certificate (x5c)", &out->emplace_back());
  }
}

// private_key, where Vault issued it, is not looked at.
void ReadVault(const JsonValue& value, InventoryContext*, Records* out) {
  InventoryRecord& record = out->emplace_back();
  const JsonValue* data = Member(value, "data");
  const std::string* certificate = data == nullptr ? nullptr : TextMember(*data, "certificate");
  if (certificate == nullptr) {
    return Refuse("data.certificate is missing or is not text", &record);
  }
  if (!ReadDeviceId(*data, "serial_number", &record)) return;
  std::vector<std::string> above;
  if (const JsonValue* list = Member(*data, "ca_chain"); list != nullptr && list->is_array()) {
    for (const JsonValue& element : *list) {
      if (const auto* text = element.get_ptr<const std::string*>()) above.push_back(*text);
    }
  } else if (const std::string* issuer = TextMember(*data, "issuing_ca")) {
    if (!issuer->empty()) above.push_back(*issuer);
  }
  above.insert(above.begin(), *certificate);
  for (const std::string& text : above) {
    auto certificates = ReadCell(text);
    if (!certificates) return Refuse(certificates.error().message, &record);
    for (Bytes& der : *certificates) record.chain.push_back(std::move(der));
  }
  record.kind = InventoryRecord::Kind::kDevice;
}

}  // namespace muster::audit
