// Files that are replaced as a whole.
#ifndef MUSTER_TOOLS_MUSTER_REPLACE_FILE_H_
#define MUSTER_TOOLS_MUSTER_REPLACE_FILE_H_

#include <string>
#include <string_view>

#include "muster/result.h"

namespace muster::cli {

// Puts `text` in place of the file at `path`, or of the one that a link at `path` leads to, as a
// whole, or leaves what was there. A device or a pipe is never replaced: `text` is written to it.
[[nodiscard]] Result<void> ReplaceFile(const std::string& path, std::string_view text);

}  // namespace muster::cli

#endif  // MUSTER_TOOLS_MUSTER_REPLACE_FILE_H_
