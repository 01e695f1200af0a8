// The commands that would fix what an explanation found.
#ifndef MUSTER_TOOLS_MUSTER_FIX_COMMANDS_H_
#define MUSTER_TOOLS_MUSTER_FIX_COMMANDS_H_

#include <string>
#include <vector>

#include "muster/verdict.h"

namespace muster::cli {

// For the best path, most useful first, ready to paste; words in capitals are for the reader to
// fill in. Empty where no command helps: a certificate must be reissued, or the device must send
// more.
std::vector<std::string> FixCommands(const Explanation& explanation);

}  // namespace muster::cli

#endif  // MUSTER_TOOLS_MUSTER_FIX_COMMANDS_H_
