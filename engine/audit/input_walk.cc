#include "engine/audit/input_walk.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace muster::audit {
namespace {

namespace fs = std::filesystem;

constexpr const char* kStandardInput = "-";

// Not the effective kind of access that open() checks, but near enough for an early message.
std::string WhyUnreadable(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) return "no such file or folder";
  if (error) return error.message();
  const int mode = status.type() == fs::file_type::directory ? R_OK | X_OK : R_OK;
  if (access(path.c_str(), mode) != 0) return std::generic_category().message(errno);
  return {};
}

bool IsFolder(const std::string& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

}  // namespace

InputWalk::InputWalk(std::vector<std::string> inputs) {
  for (auto input = inputs.rbegin(); input != inputs.rend(); ++input) {
    pending_.push_back({std::move(*input), false, {}});
  }
}

Result<void> InputWalk::Check(const std::vector<std::string>& inputs) {
  bool standard_input = false;
  for (const std::string& input : inputs) {
    if (input == kStandardInput) {
      if (standard_input) {
        return MakeError(ErrorCode::kInvalidArgument,
                         "'-' is given twice, and standard input can be read once only");
      }
      standard_input = true;
      continue;
    }
    const std::string why = WhyUnreadable(input);
    if (!why.empty()) {
      return MakeError(ErrorCode::kUnreadableInput,
                       fmt::format("cannot read '{}': {}; nothing was audited", input, why));
    }
  }
  return {};
}

std::optional<InputFile> InputWalk::Next() {
  while (!pending_.empty()) {
    InputFile file = std::move(pending_.back());
    pending_.pop_back();
    const bool folder = file.error.empty() && file.name != kStandardInput && IsFolder(file.name);
    if (!folder) return file;
    Expand(file.name, !file.in_folder);
  }
  return std::nullopt;
}

void InputWalk::Expand(const std::string& folder, bool named_by_caller) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with('.')) continue;
    std::error_code ignored;
    const bool to_folder = entry->is_directory(ignored);
    if (to_folder && entry->is_symlink(ignored)) continue;
    // A dangling link is kept: opening it says what is wrong with it.
    if (!to_folder && entry->exists(ignored) && !entry->is_regular_file(ignored)) continue;
    names.push_back(name);
  }
  const std::size_t before = pending_.size();
  std::sort(names.begin(), names.end(), std::greater<>());
  for (const std::string& name : names) {
    pending_.push_back({(fs::path(folder) / name).string(), true, {}});
  }
  if (error) {
    pending_.push_back({folder, true, "the folder cannot be read: " + error.message()});
  } else if (pending_.size() == before && named_by_caller) {
    pending_.push_back({folder, true, "the folder holds no file"});
  }
}

}  // namespace muster::audit
