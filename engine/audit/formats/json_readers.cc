// JSON inventories: values cut from the input, each parsed and read by itself.
#include <fmt/format.h>

#include <set>
#include <utility>

#include "engine/audit/formats/json_cutter.h"
#include "engine/audit/formats/json_value.h"
#include "engine/audit/formats/readers.h"
#include "engine/audit/ndjson_record.h"
#include "engine/base/encoding.h"

namespace muster::audit {
namespace {

constexpr int kDepthMax = 100;

using ValueReader = void (*)(const JsonValue&, InventoryContext*, Records*);

class JsonReader : public InventoryReader {
 public:
  // Without `read_value`, values are of the own format, and are decoded later.
  JsonReader(InputText input, InventoryContext* context, ValueReader read_value)
      : cutter_(std::move(input), context->record_size_max()),
        context_(context),
        read_value_(read_value) {}

  bool Next(InventoryRecord* out) override {
    while (next_ == records_.size()) {
      records_.clear();
      next_ = 0;
      if (!cutter_.Next(&text_)) return false;
      ReadValue();
    }
    *out = std::move(records_[next_++]);
    return true;
  }

 private:
  void ReadValue() {
    JsonValue value;
    InventoryRecord record;
    if (!text_.error.empty()) {
      Refuse(std::move(text_.error), &record);
      records_.push_back(std::move(record));
    } else if (read_value_ == nullptr) {
      record.kind = InventoryRecord::Kind::kLine;
      record.text = std::move(text_.text);
      records_.push_back(std::move(record));
    } else if (!ParseJson(text_.text, &value, &record.error)) {
      records_.push_back(std::move(record));
    } else if (!value.is_object()) {
      Refuse("not a JSON object", &record);
      records_.push_back(std::move(record));
    } else {
      read_value_(value, context_, &records_);
    }
    for (InventoryRecord& found : records_) {
      found.line = text_.line;
      found.offset = text_.offset;
    }
  }

  JsonCutter cutter_;
  InventoryContext* context_;
  ValueReader read_value_;
  JsonText text_;
  Records records_;
  std::size_t next_ = 0;
};

std::unique_ptr<InventoryReader> Open(InputText input, InventoryContext* context,
                                      ValueReader read_value) {
  return std::make_unique<JsonReader>(std::move(input), context, read_value);
}

}  // namespace

bool ParseJson(std::string_view text, JsonValue* out, std::string* error) {
  std::vector<std::set<std::string>> names;
  bool twice = false, too_deep = false;
  const auto watch = [&](int depth, JsonValue::parse_event_t event, JsonValue& parsed) {
    if (depth > kDepthMax) too_deep = true;
    if (event == JsonValue::parse_event_t::object_start) names.emplace_back();
    if (event == JsonValue::parse_event_t::object_end) names.pop_back();
    if (event == JsonValue::parse_event_t::key) {
      twice |= !names.back().insert(parsed.get_ref<const std::string&>()).second;
    }
    return true;
  };
  *out = JsonValue::parse(text.begin(), text.end(), watch, /*allow_exceptions=*/false);
  if (out->is_discarded()) *error = "not JSON: a syntax error";
  if (twice) *error = "a member is given twice in one JSON object";
  if (too_deep) *error = "the JSON is nested too deeply";
  return error->empty();
}

const JsonValue* Member(const JsonValue& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

const std::string* TextMember(const JsonValue& object, const char* name) {
  const JsonValue* member = Member(object, name);
  return member == nullptr ? nullptr : member->get_ptr<const std::string*>();
}

bool ReadDeviceId(const JsonValue& object, const char* name, InventoryRecord* record) {
  const JsonValue* member = Member(object, name);
  if (member == nullptr || member->is_null()) return true;
  const std::string* text = member->get_ptr<const std::string*>();
  if (text == nullptr || text->find('\0') != std::string::npos) {
    Refuse(fmt::format("{} {}", name, text == nullptr ? "is not text" : "holds a NUL character"),
           record);
    return false;
  }
  record->device_id = *text;
  return true;
}

bool ReadX5c(const JsonValue& x5c, InventoryRecord* record) {
  if (!x5c.is_array() || x5c.empty()) {
    Refuse("x5c is no array of certificates", record);
    return false;
  }
  if (x5c.size() > kChainMax) {
    Refuse(fmt::format("x5c holds {} certificates, more than the limit of {}", x5c.size(),
                       kChainMax),
           record);
    return false;
  }
  for (const JsonValue& element : x5c) {
    const std::string* text = element.get_ptr<const std::string*>();
    Bytes der;
    if (text == nullptr || text->empty() || !base::DecodeBase64(*text, &der).good) {
      Refuse(fmt::format("x5c: certificate {} is not base64", record->chain.size()), record);
      return false;
    }
    record->chain.push_back(std::move(der));
  }
  record->kind = InventoryRecord::Kind::kDevice;
  return true;
}

void Refuse(std::string why, InventoryRecord* record) {
  record->kind = InventoryRecord::Kind::kError;
  record->chain.clear();
  record->error = std::move(why);
}

std::unique_ptr<InventoryReader> OpenOwnArray(InputText input, InventoryContext* context,
                                              const InputPlace&) {
  return Open(std::move(input), context, nullptr);
}
std::unique_ptr<InventoryReader> OpenAwsIot(InputText input, InventoryContext* context,
                                            const InputPlace&) {
  return Open(std::move(input), context, ReadAwsIot);
}
std::unique_ptr<InventoryReader> OpenAzureIotHub(InputText input, InventoryContext* context,
                                                 const InputPlace&) {
  return Open(std::move(input), context, ReadAzureIotHub);
}
std::unique_ptr<InventoryReader> OpenMicrochip(InputText input, InventoryContext* context,
                                               const InputPlace&) {
  return Open(std::move(input), context, ReadMicrochip);
}
std::unique_ptr<InventoryReader> OpenCtEntries(InputText input, InventoryContext* context,
                                               const InputPlace&) {
  return Open(std::move(input), context, ReadCtEntries);
}
std::unique_ptr<InventoryReader> OpenSpiffe(InputText input, InventoryContext* context,
                                            const InputPlace&) {
  return Open(std::move(input), context, ReadSpiffe);
}
std::unique_ptr<InventoryReader> OpenVault(InputText input, InventoryContext* context,
                                           const InputPlace&) {
  return Open(std::move(input), context, ReadVault);
}

}  // namespace muster::audit
