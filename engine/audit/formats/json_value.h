// JSON values of inventories: parsed strictly, and read without exceptions.
#ifndef MUSTER_ENGINE_AUDIT_FORMATS_JSON_VALUE_H_
#define MUSTER_ENGINE_AUDIT_FORMATS_JSON_VALUE_H_

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "engine/audit/formats/inventory_context.h"
#include "engine/audit/formats/inventory_reader.h"

namespace muster::audit {

using JsonValue = nlohmann::json;

// Parses one value. Refused beside what is no JSON: a member given twice in one object (RFC 8259 4
// leaves its meaning open) and more than a hundred levels. `error` holds nothing of the text.
bool ParseJson(std::string_view text, JsonValue* out, std::string* error);

// A member of an object; null where `object` is none or has no such member.
const JsonValue* Member(const JsonValue& object, const char* name);
// The same where it is text.
const std::string* TextMember(const JsonValue& object, const char* name);
// A device's name from a member: empty where there is none. False where it is not text, or holds a
// NUL octet, and then `record` says so.
bool ReadDeviceId(const JsonValue& object, const char* name, InventoryRecord* record);
// A chain of base64 DER (RFC 7517 4.7), leaf first. False where it is none: see `record`.
bool ReadX5c(const JsonValue& x5c, InventoryRecord* record);
// Turns the record into a bad one.
void Refuse(std::string why, InventoryRecord* record);

// What one value of each format holds. Line and offset are left to the caller.
using Records = std::vector<InventoryRecord>;
void ReadAwsIot(const JsonValue& value, InventoryContext* context, Records* out);
void ReadAzureIotHub(const JsonValue& value, InventoryContext* context, Records* out);
void ReadMicrochip(const JsonValue& value, InventoryContext* context, Records* out);
void ReadCtEntries(const JsonValue& value, InventoryContext* context, Records* out);
void ReadSpiffe(const JsonValue& value, InventoryContext* context, Records* out);
void ReadVault(const JsonValue& value, InventoryContext* context, Records* out);

}  // namespace muster::audit

#endif  // MUSTER_ENGINE_AUDIT_FORMATS_JSON_VALUE_H_
