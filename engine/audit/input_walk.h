// InputWalk: the files of an audit, in order: arguments as given, folders in name order.
#ifndef MUSTER_ENGINE_AUDIT_INPUT_WALK_H_
#define MUSTER_ENGINE_AUDIT_INPUT_WALK_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "muster/result.h"

namespace muster::audit {

struct InputFile {
  std::string name;        // The path, or "-" for standard input.
  bool in_folder = false;  // Found in a folder, not named by the caller.
  std::string error;       // Not empty: it cannot be read, and why.
};

// A folder is walked depth first in the order of its names' octets, one folder's names in memory at
// a time and level. Left out: names that begin with a dot, links to folders (they may form
// cycles), and what is neither file nor folder. Links to files are followed.
class InputWalk {
 public:
  explicit InputWalk(std::vector<std::string> inputs);

  // kUnreadableInput where one of the inputs does not exist or may not be read.
  [[nodiscard]] static Result<void> Check(const std::vector<std::string>& inputs);

  // The next file; nothing at the end.
  std::optional<InputFile> Next();

 private:
  void Expand(const std::string& folder, bool named_by_caller);

  std::vector<InputFile> pending_;  // Last one first.
};

}  // namespace muster::audit

#endif  // MUSTER_ENGINE_AUDIT_INPUT_WALK_H_
