// JsonCutter: cuts an input into JSON values without holding more than one of them.
//
// An array is cut into its elements; values one a line are cut at line ends, so that a broken one
// does no harm to the next; other values, which may stretch over lines, at their closing bracket.
// What lies inside of a value is left to the parser.
#ifndef MUSTER_ENGINE_AUDIT_FORMATS_JSON_CUTTER_H_
#define MUSTER_ENGINE_AUDIT_FORMATS_JSON_CUTTER_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/audit/formats/input_text.h"

namespace muster::audit {

struct JsonText {
  std::string text;
  std::uint64_t line = 0, offset = 0;
  std::string error;  // Not empty: there is no text, and why.
};

class JsonCutter {
 public:
  JsonCutter(InputText input, std::size_t size_max);

  bool Next(JsonText* out);

 private:
  enum class Mode { kLines, kArray, kValues };

  bool NextLine(JsonText* out);
  bool NextElement(JsonText* out);
  // Takes one value: an object, an array, or what stands before the next delimiter.
  void TakeValue(JsonText* out);
  // Nothing that follows can be trusted.
  void Stop(std::string why, JsonText* out);

  InputText input_;
  const std::size_t size_max_;
  Mode mode_ = Mode::kValues;
  bool first_ = true, ended_ = false;
};

}  // namespace muster::audit

#endif  // MUSTER_ENGINE_AUDIT_FORMATS_JSON_CUTTER_H_
