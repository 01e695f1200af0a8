// Where the results of a whole inventory go: standard output, or the file of --output.
#ifndef MUSTER_TOOLS_MUSTER_RESULT_OUTPUT_H_
#define MUSTER_TOOLS_MUSTER_RESULT_OUTPUT_H_

#include <cstdint>
#include <exception>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "muster/result.h"
#include "tools/muster/cli_context.h"

namespace muster::cli {

// Thrown out of a sink whose results cannot be written: nobody waits for the rest in vain.
class ResultsLost : public std::exception {};

using WriteBody = std::function<Result<int>(std::ostream& out, Style style)>;

inline bool IsStandardOutput(const std::string& output) { return output.empty() || output == "-"; }

// kInvalidArgument where `path`, which is written for `option`, lies in one of `inputs`: it would
// be read, or written over.
Result<void> CheckApart(std::string_view option, const std::string& path,
                        const std::vector<std::string>& inputs);

// Runs `write` and sees that its results arrive; checks as CheckApart does. `keep`: the octets of
// the file that stay, before what is written.
Result<int> WriteResults(CliContext& context, const std::string& output,
                         const std::vector<std::string>& inputs, const WriteBody& write,
                         std::optional<std::uint64_t> keep = std::nullopt);

}  // namespace muster::cli

#endif  // MUSTER_TOOLS_MUSTER_RESULT_OUTPUT_H_
