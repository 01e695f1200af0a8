#include "tools/muster/result_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "tools/muster/reading.h"

namespace muster::cli {
namespace {

// Cuts the file back to `keep`, or makes an empty one.
Result<std::ofstream> OpenOutput(const std::string& output, std::optional<std::uint64_t> keep) {
  std::error_code error;
  if (keep) {
    const std::uint64_t size = std::filesystem::file_size(output, error);
    if (error || size < *keep) {
      return MakeError(ErrorCode::kInvalidArgument,
                       fmt::format("{} does not hold the results to go on from any more; begin "
                                   "the audit anew",
                                   SourceName(output)));
    }
    std::filesystem::resize_file(output, *keep, error);
  }
  std::ofstream file(output, std::ios::binary | (keep ? std::ios::in | std::ios::ate
                                                      : std::ios::trunc));
  if (!file || error) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("cannot write {}; check the folder and its permissions",
                                 SourceName(output)));
  }
  return file;
}

tl::unexpected<Error> Unwritten(const std::string& what) {
  return MakeError(ErrorCode::kInternal,
                   fmt::format("{} could not be written; check the disk or the pipe", what));
}

}  // namespace

Result<void> CheckApart(std::string_view option, const std::string& path,
                        const std::vector<std::string>& inputs) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path written = fs::weakly_canonical(path, error);
  for (const std::string& input : inputs) {
    const fs::path read = fs::weakly_canonical(input, error);
    const auto [in_read, in_written] =
        std::mismatch(read.begin(), read.end(), written.begin(), written.end());
    if (error || in_read != read.end()) continue;
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("{} {} lies in the input {}; write it elsewhere", option,
                                 SourceName(path), SourceName(input)));
  }
  return {};
}

Result<int> WriteResults(CliContext& context, const std::string& output,
                         const std::vector<std::string>& inputs, const WriteBody& write,
                         std::optional<std::uint64_t> keep) {
  if (IsStandardOutput(output)) {
    auto status = write(context.out(), context.out_style());
    if (!context.out()) return Unwritten("standard output");
    return status;
  }
  if (auto apart = CheckApart("--output", output, inputs); !apart) {
    return tl::unexpected<Error>(std::move(apart).error());
  }
  auto file = OpenOutput(output, keep);
  if (!file) return tl::unexpected<Error>(std::move(file).error());
  auto status = write(*file, {.color = false, .unicode = true});
  file->close();
  if (!*file) return Unwritten(SourceName(output));
  return status;
}

}  // namespace muster::cli
