// Changes of a registry as texts, in the command's own nouns and verbs: for what-if.
//
//   ca add NAME FILE | rm NAME [--force] | verify NAME | unverify NAME
//   group add ID (--ca NAME [--secondary-ca NAME] | --certificate FILE [--secondary FILE])
//             [--disabled] [--replace]
//   group rm|enable|disable|swap ID
//   enrollment, as group; ID is the registration ID
//   deny add|rm (FILE | --fingerprint HEX | --ca NAME --serial HEX)
//   crl add NAME FILE | rm NAME
//
// "delete" is another word for "rm". A word with spaces stands in '...' or "...".
#ifndef MUSTER_TOOLS_MUSTER_REGISTRY_CHANGE_H_
#define MUSTER_TOOLS_MUSTER_REGISTRY_CHANGE_H_

#include <string>
#include <string_view>
#include <vector>

#include "muster/registry.h"
#include "muster/result.h"
#include "tools/muster/cli_context.h"

namespace muster::cli {

// Applies changes to one service, each through the registry's own methods.
class ChangeApplier {
 public:
  // Both must outlive this.
  ChangeApplier(CliContext& context, OpenedService& opened) : context_(context), opened_(opened) {}

  // `where` begins the message of an error: "--change 2", "changes.txt:7". kInvalidArgument where
  // the text is no change; otherwise what the registry says of it.
  Result<void> Apply(const std::string& text, const std::string& where);

  // What the changes so far take for granted, as sentences.
  const std::vector<std::string>& assumptions() const { return assumptions_; }

 private:
  using Words = std::vector<std::string>;
  Result<void> ApplyWords(const Words& words);
  Result<void> ApplyCa(const std::string& verb, const Words& rest);
  Result<void> ApplyGroup(const std::string& verb, const Words& rest);
  Result<void> ApplyEnrollment(const std::string& verb, const Words& rest);
  Result<void> ApplyDeny(const std::string& verb, const Words& rest);
  Result<void> ApplyCrl(const std::string& verb, const Words& rest);
  Result<void> VerifyCa(const std::string& name);
  Result<void> UnverifyCa(const std::string& name);
  Result<void> RestoreRefs(const RegistryContents& before);
  Result<Words> Names(std::string_view noun);
  std::string Suggest(const Words& words);

  CliContext& context_;
  OpenedService& opened_;
  std::vector<std::string> assumptions_;
};

// The words of a change. kInvalidArgument where a quotation does not end.
Result<std::vector<std::string>> SplitWords(std::string_view text);

// The one of `candidates` that `word` was probably meant to be; empty where none is near.
std::string NearestWord(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace muster::cli

#endif  // MUSTER_TOOLS_MUSTER_REGISTRY_CHANGE_H_
