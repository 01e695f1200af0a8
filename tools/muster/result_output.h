// Where the results of a whole inventory go: standard output, or the file of --output.
#ifndef MUSTER_TOOLS_MUSTER_RESULT_OUTPUT_H_
#define MUSTER_TOOLS_MUSTER_RESULT_OUTPUT_H_

#include <exception>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "muster/result.h"
#include "tools/muster/cli_context.h"

namespace muster::cli {

// Thrown out of a sink whose results cannot be written: nobody waits for the rest in vain.
class ResultsLost : public std::exception {};

using WriteBody = std::function<Result<int>(std::ostream& out, Style style)>;

// Runs `write` and sees that its results arrive. kInvalidArgument where `output` lies in one of
// `inputs`: it would be read, or written over.
Result<int> WriteResults(CliContext& context, const std::string& output,
                         const std::vector<std::string>& inputs, const WriteBody& write);

}  // namespace muster::cli

#endif  // MUSTER_TOOLS_MUSTER_RESULT_OUTPUT_H_
