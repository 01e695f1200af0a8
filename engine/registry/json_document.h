// Strict reading of JSON documents (RFC 8259): bounded size and depth, no name twice in an object.
// Everything throws RegistryFailure; messages say where by JSON pointer (RFC 6901).
#ifndef MUSTER_ENGINE_REGISTRY_JSON_DOCUMENT_H_
#define MUSTER_ENGINE_REGISTRY_JSON_DOCUMENT_H_

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace muster::registry {

inline constexpr std::size_t kJsonSizeMax = std::size_t{256} * 1024 * 1024;  // Octets.
inline constexpr std::size_t kJsonDepthMax = 16;  // A registry document has five levels.

// kUnreadableInput where `text` is not JSON, too large or too deep; kInvalidArgument for a name
// that occurs twice.
nlohmann::json ParseStrictJson(std::string_view text);

// One object of a document, and where it stands. Borrows the document. What is not of the type
// asked for is kInvalidArgument.
class JsonObject {
 public:
  JsonObject(const nlohmann::json& value, std::string pointer);

  // Every name must be one of these: a misspelt one would be lost in silence.
  void CheckNames(std::initializer_list<std::string_view> known) const;

  std::string Text(std::string_view name) const;
  std::optional<std::string> OptionalText(std::string_view name) const;
  bool Bool(std::string_view name, bool absent) const;
  // Calls `visit` for each element, which must be an object. Absent = no elements.
  void ForEachObject(std::string_view name,
                     const std::function<void(const JsonObject&)>& visit) const;

  const std::string& pointer() const { return pointer_; }
  std::string PointerOf(std::string_view name) const;
  [[noreturn]] void FailAt(std::string_view name, std::string_view message) const;

 private:
  const nlohmann::json* Find(std::string_view name) const;

  const nlohmann::json& value_;
  std::string pointer_;
};

}  // namespace muster::registry

#endif  // MUSTER_ENGINE_REGISTRY_JSON_DOCUMENT_H_
