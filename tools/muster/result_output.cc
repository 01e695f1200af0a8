#include "tools/muster/result_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "tools/muster/reading.h"

namespace muster::cli {
namespace {

Result<void> CheckOutput(const std::string& output, const std::vector<std::string>& inputs) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path written = fs::weakly_canonical(output, error);
  for (const std::string& input : inputs) {
    const fs::path read = fs::weakly_canonical(input, error);
    const auto [in_read, in_written] =
        std::mismatch(read.begin(), read.end(), written.begin(), written.end());
    if (error || in_read != read.end()) continue;
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("--output {} lies in the input {}; write it elsewhere",
                                 SourceName(output), SourceName(input)));
  }
  return {};
}

tl::unexpected<Error> Unwritten(const std::string& what) {
  return MakeError(ErrorCode::kInternal,
                   fmt::format("{} could not be written; check the disk or the pipe", what));
}

}  // namespace

Result<int> WriteResults(CliContext& context, const std::string& output,
                         const std::vector<std::string>& inputs, const WriteBody& write) {
  if (output.empty() || output == "-") {
    auto status = write(context.out(), context.out_style());
    if (!context.out()) return Unwritten("standard output");
    return status;
  }
  if (auto apart = CheckOutput(output, inputs); !apart) {
    return tl::unexpected<Error>(std::move(apart).error());
  }
  std::ofstream file(output, std::ios::binary | std::ios::trunc);
  if (!file) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("cannot write {}; check the folder and its permissions",
                                 SourceName(output)));
  }
  auto status = write(file, {.color = false, .unicode = true});
  file.close();
  if (!file) return Unwritten(SourceName(output));
  return status;
}

}  // namespace muster::cli
