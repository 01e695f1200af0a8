// Files that the pki verbs write, and keys that they read.
#ifndef MUSTER_TOOLS_MUSTER_PKI_FILES_H_
#define MUSTER_TOOLS_MUSTER_PKI_FILES_H_

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "muster/development_pki.h"
#include "muster/result.h"
#include "tools/muster/cli_context.h"

namespace muster::cli {

// Who may read a file: the world (as the umask allows), or the owner alone (mode 0600).
enum class Privacy { kPublic, kSecret };

// A file that is being written; everything is checked, and a failure names the file.
class OutputFile {
 public:
  OutputFile() = default;
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&& other) noexcept;
  ~OutputFile();  // Closes; what was not closed with Close may be incomplete.

  // kInvalidArgument where `path` exists, unless `overwrite`; kInternal where it cannot be made.
  static Result<OutputFile> Create(const std::string& path, Privacy privacy, bool overwrite);
  Result<void> Write(std::string_view text);
  Result<void> Close();

 private:
  int descriptor_ = -1;
  std::string path_;
};

Result<void> WriteFile(const std::string& path, std::string_view text, Privacy privacy,
                       bool overwrite);
// Makes the folder and those above it.
Result<void> MakeFolder(const std::string& path);

Result<DevelopmentKey> ReadKeyFile(CliContext& context, const std::string& path);

// What every pki verb says: the keys are no secrets.
void WarnDevelopmentOnly(CliContext& context);

// --key KIND, refused where it is no kind of key that muster accepts.
CLI::Option* AddKeyKind(CLI::App& verb, const std::string& name, std::string& value,
                        const std::string& description);

// pki fleet, in a file of its own.
void AddFleetVerb(CLI::App& noun, CliContext& context);

}  // namespace muster::cli

#endif  // MUSTER_TOOLS_MUSTER_PKI_FILES_H_
