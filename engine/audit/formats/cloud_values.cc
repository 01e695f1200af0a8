// What device clouds export: AWS IoT and Azure IoT Hub.
#include <fmt/format.h>

#include "engine/audit/formats/cell.h"
#include "engine/audit/formats/json_value.h"
#include "muster/fingerprint.h"

namespace muster::audit {
namespace {

void ReadAwsDescription(const JsonValue& description, Records* out) {
  InventoryRecord& record = out->emplace_back();
  if (!ReadDeviceId(description, "certificateId", &record)) return;
  const std::string* pem = TextMember(description, "certificatePem");
  if (pem == nullptr) return Refuse("certificatePem is missing or is not text", &record);
  auto certificates = ReadCell(*pem);
  if (!certificates) return Refuse("certificatePem: " + certificates.error().message, &record);
  const std::string hex = Fingerprint::Of(certificates->front()).hex();
  // certificateId is the SHA-256 of the DER: where they differ, one of them is another device's.
  if (!record.device_id.empty() && record.device_id != hex) {
    return Refuse("certificateId is not the SHA-256 fingerprint of certificatePem", &record);
  }
  record.kind = InventoryRecord::Kind::kDevice;
  record.chain = *std::move(certificates);
}

bool IsThumbprint(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdefABCDEF";
  return (text.size() == 40 || text.size() == 64) &&
         text.find_first_not_of(kHex) == std::string_view::npos;
}

// A self-signed or CA-signed device that the hub knows by a thumbprint.
void ReadThumbprint(const JsonValue& thumbprint, const std::string& device_id,
                    const InventoryContext& context, Records* out) {
  InventoryRecord& record = out->emplace_back();
  record.device_id = device_id;
  const std::string* hex = thumbprint.get_ptr<const std::string*>();
  if (hex == nullptr || !IsThumbprint(*hex)) {
    return Refuse("the thumbprint is not 40 or 64 hex digits", &record);
  }
  const std::vector<Bytes>* chain = context.FindByThumbprint(*hex);
  if (chain == nullptr) {
    return Refuse(context.options().certificates.empty()
                      ? "holds a thumbprint only; give the devices' certificates too "
                        "(--certificates)"
                      : "no certificate that was given has this thumbprint",
                  &record);
  }
  record.kind = InventoryRecord::Kind::kDevice;
  record.chain = *chain;
}

}  // namespace

void ReadAwsIot(const JsonValue& value, InventoryContext*, Records* out) {
  if (const JsonValue* list = Member(value, "certificates"); list != nullptr && list->is_array()) {
    Refuse(fmt::format("lists {} ids and holds no certificates; export each with aws iot "
                       "describe-certificate --certificate-id ID",
                       list->size()),
           &out->emplace_back());
    return;
  }
  const JsonValue* description = Member(value, "certificateDescription");
  ReadAwsDescription(description != nullptr ? *description : value, out);
}

// Symmetric keys lie in the same object. They are not looked at.
void ReadAzureIotHub(const JsonValue& value, InventoryContext* context, Records* out) {
  InventoryRecord record;
  const bool by_id = Member(value, "id") != nullptr;
  const auto refuse = [&](std::string why) {
    Refuse(std::move(why), &record);
    out->push_back(record);
  };
  if (!ReadDeviceId(value, by_id ? "id" : "deviceId", &record)) return out->push_back(record);
  const JsonValue* authentication = Member(value, "authentication");
  if (authentication == nullptr || !authentication->is_object()) {
    return refuse("authentication is missing or is no object");
  }
  const std::string* type = TextMember(*authentication, "type");
  if (type != nullptr && *type == "sas") {
    return refuse("authenticates with a symmetric key: there is no certificate to decide about");
  }
  if (type != nullptr && *type == "certificateAuthority") {
    return refuse("authenticates through a CA: the hub keeps neither certificate nor thumbprint; "
                  "audit the device's certificate itself");
  }
  std::size_t found = 0;
  const JsonValue* both = Member(*authentication, "x509Thumbprint");
  for (const char* name : {"primaryThumbprint", "secondaryThumbprint"}) {
    const JsonValue* thumbprint = both == nullptr ? nullptr : Member(*both, name);
    const std::string* text =
        thumbprint == nullptr ? nullptr : thumbprint->get_ptr<const std::string*>();
    const bool absent = thumbprint == nullptr || thumbprint->is_null();
    if (absent || (text != nullptr && text->empty())) continue;
    ReadThumbprint(*thumbprint, record.device_id, *context, out);
    ++found;
  }
  if (found == 0) refuse("has no thumbprint: there is no certificate to decide about");
}

}  // namespace muster::audit
