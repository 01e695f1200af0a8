#include "engine/registry/json_document.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/registry/store/failure.h"

namespace muster::registry {
namespace {

using Json = nlohmann::json;

// A name as it may be shown: names in documents are anybody's.
std::string Shown(std::string_view name) {
  constexpr std::size_t kShownMax = 64;
  const Json text = std::string(name.substr(0, kShownMax));
  std::string quoted = text.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (name.size() > kShownMax) quoted.insert(quoted.size() - 1, "...");
  return quoted.substr(1, quoted.size() - 2);
}

// RFC 6901 3.
std::string PointerToken(std::string_view name) {
  std::string token = "/";
  for (char c : Shown(name)) {
    if (c == '~') {
      token += "~0";
    } else if (c == '/') {
      token += "~1";
    } else {
      token += c;
    }
  }
  return token;
}

// Builds the document from the parser's events; the parser itself would keep the last of two equal
// names, and has no bound on depth.
class DocumentBuilder : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return Add(nullptr); }
  bool boolean(bool value) override { return Add(value); }
  bool number_integer(number_integer_t value) override { return Add(value); }
  bool number_unsigned(number_unsigned_t value) override { return Add(value); }
  bool number_float(number_float_t value, const string_t&) override { return Add(value); }
  bool string(string_t& value) override { return Add(std::move(value)); }
  bool binary(binary_t&) override { return false; }  // Not of JSON.

  bool start_object(std::size_t) override { return Open(Json::object()); }
  bool end_object() override { return Close(); }
  bool start_array(std::size_t) override { return Open(Json::array()); }
  bool end_array() override { return Close(); }

  bool key(string_t& name) override {
    Level& level = levels_.back();
    if (level.value->contains(name)) {
      Fail(ErrorCode::kInvalidArgument,
           fmt::format("{}: the name occurs twice; leave one out", Pointer() + PointerToken(name)));
    }
    level.name = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const Json::exception& e) override {
    // The number is out of range, or the text is not JSON at all.
    const bool range = dynamic_cast<const nlohmann::detail::out_of_range*>(&e) != nullptr;
    Fail(ErrorCode::kUnreadableInput,
         fmt::format("this is not well-formed JSON: {} at octet {}",
                     range ? "a number is out of range" : "unexpected input", position));
  }

  Json Take() { return std::move(root_); }

 private:
  struct Level {
    Json* value;
    std::string name;  // Of the member that comes next, in an object.
  };

  Json* Place(Json value) {
    if (levels_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Level& level = levels_.back();
    if (level.value->is_array()) {
      level.value->push_back(std::move(value));
      return &level.value->back();
    }
    return &((*level.value)[level.name] = std::move(value));
  }

  bool Add(Json value) {
    Place(std::move(value));
    return true;
  }

  bool Open(Json container) {
    if (levels_.size() == kJsonDepthMax) {
      Fail(ErrorCode::kUnreadableInput,
           fmt::format("{}: the document is nested deeper than {} levels", Pointer(),
                       kJsonDepthMax));
    }
    levels_.push_back({Place(std::move(container)), {}});
    return true;
  }

  bool Close() {
    levels_.pop_back();
    return true;
  }

  std::string Pointer() const {
    std::string pointer;
    for (std::size_t i = 0; i + 1 < levels_.size(); ++i) {
      const Level& level = levels_[i];
      pointer += level.value->is_array() ? fmt::format("/{}", level.value->size() - 1)
                                         : PointerToken(level.name);
    }
    return pointer;
  }

  Json root_;
  std::vector<Level> levels_;  // Containers that are open; elements of one stay where they are.
};

}  // namespace

Json ParseStrictJson(std::string_view text) {
  if (text.size() > kJsonSizeMax) {
    Fail(ErrorCode::kUnreadableInput,
         fmt::format("the document has {} octets, more than the {} that are read at once",
                     text.size(), kJsonSizeMax));
  }
  DocumentBuilder builder;
  if (!Json::sax_parse(text, &builder)) {
    Fail(ErrorCode::kUnreadableInput, "this is not well-formed JSON");
  }
  return builder.Take();
}

JsonObject::JsonObject(const Json& value, std::string pointer)
    : value_(value), pointer_(std::move(pointer)) {
  if (!value_.is_object()) {
    Fail(ErrorCode::kInvalidArgument,
         fmt::format("{}: an object belongs here, not {}", pointer_.empty() ? "/" : pointer_,
                     value_.type_name()));
  }
}

std::string JsonObject::PointerOf(std::string_view name) const {
  return pointer_ + PointerToken(name);
}

void JsonObject::FailAt(std::string_view name, std::string_view message) const {
  Fail(ErrorCode::kInvalidArgument, fmt::format("{}: {}", PointerOf(name), message));
}

void JsonObject::CheckNames(std::initializer_list<std::string_view> known) const {
  for (const auto& [name, value] : value_.items()) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      FailAt(name, "the schema does not know this name");
    }
  }
}

const Json* JsonObject::Find(std::string_view name) const {
  const auto it = value_.find(name);
  return it == value_.end() ? nullptr : &*it;
}

std::optional<std::string> JsonObject::OptionalText(std::string_view name) const {
  const Json* found = Find(name);
  if (found == nullptr) return std::nullopt;
  if (!found->is_string()) {
    FailAt(name, fmt::format("a string belongs here, not {}", found->type_name()));
  }
  return found->get<std::string>();
}

std::string JsonObject::Text(std::string_view name) const {
  std::optional<std::string> text = OptionalText(name);
  if (!text) FailAt(name, "this string is missing");
  return *std::move(text);
}

bool JsonObject::Bool(std::string_view name, bool absent) const {
  const Json* found = Find(name);
  if (found == nullptr) return absent;
  if (!found->is_boolean()) {
    FailAt(name, fmt::format("true or false belongs here, not {}", found->type_name()));
  }
  return found->get<bool>();
}

void JsonObject::ForEachObject(std::string_view name,
                               const std::function<void(const JsonObject&)>& visit) const {
  const Json* found = Find(name);
  if (found == nullptr) return;
  if (!found->is_array()) {
    FailAt(name, fmt::format("an array belongs here, not {}", found->type_name()));
  }
  std::size_t index = 0;
  for (const Json& element : *found) {
    visit(JsonObject(element, fmt::format("{}/{}", PointerOf(name), index++)));
  }
}

}  // namespace muster::registry
