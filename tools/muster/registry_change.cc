#include "tools/muster/registry_change.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "tools/muster/deny_entry.h"
#include "tools/muster/reading.h"
#include "tools/muster/signing_options.h"

namespace muster::cli {
namespace {

using Words = std::vector<std::string>;

// In the order of the help.
const std::vector<std::pair<std::string, Words>>& Grammar() {
  static const std::vector<std::pair<std::string, Words>> grammar = {
      {"ca", {"add", "rm", "verify", "unverify"}},
      {"group", {"add", "rm", "enable", "disable", "swap"}},
      {"enrollment", {"add", "rm", "enable", "disable", "swap"}},
      {"deny", {"add", "rm"}},
      {"crl", {"add", "rm"}},
  };
  return grammar;
}

std::string Joined(const Words& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

char ToLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Levenshtein's distance, without regard to ASCII case.
std::size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (ToLower(a[i]) == ToLower(b[j]) ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

tl::unexpected<Error> Wrong(std::string message) {
  return MakeError(ErrorCode::kInvalidArgument, std::move(message));
}

tl::unexpected<Error> NotOneOf(std::string_view what, const std::string& given,
                               const Words& choices) {
  const std::string near = NearestWord(given, choices);
  return Wrong(fmt::format("'{}' is no {}{}; there are {}", given, what,
                           near.empty() ? "" : fmt::format(", did you mean '{}'?", near),
                           Joined(choices)));
}

// Parses what follows noun and verb; `usage` says what belongs there.
Result<void> ParseRest(CLI::App& app, const Words& rest, std::string_view usage) {
  Words reversed(rest.rbegin(), rest.rend());  // CLI11 takes them last first.
  try {
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    return Wrong(fmt::format("{}; write {}", error.what(), usage));
  }
  return {};
}

template <typename T>
Result<void> Done(Result<T> result) {
  if (!result) return tl::unexpected<Error>(std::move(result).error());
  return {};
}

// The parser of one verb, without the --help that a command has.
struct VerbParser : CLI::App {
  VerbParser() { set_help_flag(); }
};

// One name and nothing else.
Result<std::string> OneName(const Words& rest, std::string_view usage) {
  VerbParser app;
  std::string name;
  app.add_option("name", name)->required();
  if (auto parsed = ParseRest(app, rest, usage); !parsed) {
    return tl::unexpected<Error>(std::move(parsed).error());
  }
  return name;
}

struct EntryArgs {
  std::string id;
  SigningArgs signing;
  bool disabled = false, replace = false;
};

Result<EntryArgs> ParseEntry(const Words& rest, std::string_view noun) {
  VerbParser app;
  EntryArgs args;
  app.add_option("id", args.id)->required();
  AddSigningOptions(app, args.signing, "certificate");
  app.add_flag("--disabled", args.disabled);
  app.add_flag("--replace", args.replace);
  auto parsed = ParseRest(
      app, rest,
      fmt::format("{} add ID (--ca NAME [--secondary-ca NAME] | --certificate FILE [--secondary "
                  "FILE]) [--disabled] [--replace]",
                  noun));
  if (!parsed) return tl::unexpected<Error>(std::move(parsed).error());
  return args;
}

// An existing row is replaced on request only, as by the verbs of the command.
template <typename Row>
Result<void> CheckFree(const Result<Row>& known, std::string_view noun, const EntryArgs& args) {
  if (!known && known.error().code != ErrorCode::kNotFound) {
    return tl::unexpected<Error>(known.error());
  }
  if (!known || args.replace) return {};
  return MakeError(
      ErrorCode::kAlreadyExists,
      fmt::format("{} '{}' exists; --replace puts this one in its place", noun, args.id));
}

Result<void> Swap(SigningCertificates* signing, std::string_view noun, const std::string& id) {
  if (signing->secondary.empty() && signing->secondary_ca.empty()) {
    return Wrong(fmt::format("{} '{}' has no secondary certificate to swap with", noun, id));
  }
  std::swap(signing->primary, signing->secondary);
  std::swap(signing->primary_ca, signing->secondary_ca);
  return {};
}

}  // namespace

std::string NearestWord(std::string_view word, const std::vector<std::string>& candidates) {
  std::string nearest;
  // Two letters that changed places are two steps; a word that shares no letter is not near.
  std::size_t least = std::min(std::max<std::size_t>(2, word.size() / 3) + 1, word.size());
  for (const std::string& candidate : candidates) {
    const std::size_t distance = Distance(word, candidate);
    if (distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

Result<std::vector<std::string>> SplitWords(std::string_view text) {
  Words words;
  bool in_word = false;
  char quote = 0;
  std::size_t quoted_at = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        words.back() += c;
      }
      continue;
    }
    const bool is_space = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (is_space) {
      in_word = false;
      continue;
    }
    if (!std::exchange(in_word, true)) words.emplace_back();
    if (c == '\'' || c == '"') {
      quote = c;
      quoted_at = i;
    } else {
      words.back() += c;
    }
  }
  if (quote != 0) {
    return Wrong(fmt::format("the {} at character {} has no partner", quote, quoted_at + 1));
  }
  return words;
}

Result<void> ChangeApplier::Apply(const std::string& text, const std::string& where) {
  auto words = SplitWords(text);
  Result<void> applied = words ? ApplyWords(*words) : tl::unexpected<Error>(words.error());
  if (applied) return {};
  Error error = std::move(applied).error();
  if (error.code == ErrorCode::kNotFound) error.message += Suggest(*words);
  error.message = fmt::format("{}: '{}': {}", where, text, error.message);
  return tl::unexpected<Error>(std::move(error));
}

Result<void> ChangeApplier::ApplyWords(const Words& words) {
  Words nouns;
  for (const auto& [noun, verbs] : Grammar()) nouns.push_back(noun);
  if (words.empty()) {
    return Wrong(fmt::format("no change; it begins with one of {}", Joined(nouns)));
  }
  const auto found = std::find_if(Grammar().begin(), Grammar().end(),
                                  [&](const auto& entry) { return entry.first == words[0]; });
  if (found == Grammar().end()) return NotOneOf("noun of a change", words[0], nouns);
  if (words.size() == 1) {
    return Wrong(fmt::format("'{}' wants a verb: {}", words[0], Joined(found->second)));
  }
  const std::string verb = words[1] == "delete" ? "rm" : words[1];
  if (std::find(found->second.begin(), found->second.end(), verb) == found->second.end()) {
    return NotOneOf(fmt::format("change of '{}'", words[0]), words[1], found->second);
  }
  const Words rest(words.begin() + 2, words.end());
  using Body = Result<void> (ChangeApplier::*)(const std::string&, const Words&);
  static const std::map<std::string, Body> bodies = {
      {"ca", &ChangeApplier::ApplyCa},
      {"group", &ChangeApplier::ApplyGroup},
      {"enrollment", &ChangeApplier::ApplyEnrollment},
      {"deny", &ChangeApplier::ApplyDeny},
      {"crl", &ChangeApplier::ApplyCrl},
  };
  return (this->*bodies.at(words[0]))(verb, rest);
}

Result<void> ChangeApplier::ApplyCa(const std::string& verb, const Words& rest) {
  VerbParser app;
  std::string name, file;
  bool force = false;
  app.add_option("name", name)->required();
  std::string usage = fmt::format("ca {} NAME", verb);
  if (verb == "add") {
    app.add_option("file", file)->required();
    usage += " FILE";
  } else if (verb == "rm") {
    app.add_flag("--force", force);
    usage += " [--force]";
  }
  if (auto parsed = ParseRest(app, rest, usage); !parsed) return parsed;
  if (verb == "verify") return VerifyCa(name);
  if (verb == "unverify") return UnverifyCa(name);
  if (verb == "rm") return opened_.registry.DeleteCa(opened_.service, name, force);
  auto der = ReadCertificateFile(context_, file);
  if (!der) return tl::unexpected<Error>(std::move(der).error());
  return Done(opened_.registry.AddCa(opened_.service, name, *der));
}

// A proof cannot be had before the fact: it is assumed.
Result<void> ChangeApplier::VerifyCa(const std::string& name) {
  auto attested = opened_.registry.SelfAttestCa(opened_.service, name, "assumed");
  if (!attested) return tl::unexpected<Error>(std::move(attested).error());
  assumptions_.push_back(
      fmt::format("possession of the key of CA '{}' is proven", attested->name));
  return {};
}

// No verb of the registry takes a verification back. It is lost where a CA is removed and
// registered again; what referred to it is put back.
Result<void> ChangeApplier::UnverifyCa(const std::string& name) {
  auto ca = opened_.registry.GetCa(opened_.service, name);
  if (!ca) return tl::unexpected<Error>(std::move(ca).error());
  if (ca->status != CaStatus::kVerified) {
    return Wrong(fmt::format("CA '{}' is not verified; there is nothing to do", name));
  }
  auto before = opened_.registry.Contents(opened_.service);
  if (!before) return tl::unexpected<Error>(std::move(before).error());
  if (auto gone = opened_.registry.DeleteCa(opened_.service, name, /*force=*/true); !gone) {
    return gone;
  }
  if (auto back = Done(opened_.registry.AddCa(opened_.service, name, ca->der)); !back) return back;
  return RestoreRefs(*before);
}

// What is still there is put as it is, which changes nothing.
Result<void> ChangeApplier::RestoreRefs(const RegistryContents& before) {
  Registry& registry = opened_.registry;
  const std::string& service = opened_.service;
  // Rows that refer to no CA by name were not touched; a disabled one may have no certificate.
  const auto refers = [](const SigningCertificates& signing) {
    return !signing.primary_ca.empty() || !signing.secondary_ca.empty();
  };
  for (const EnrollmentGroup& group : before.groups) {
    if (!refers(group.signing)) continue;
    if (auto put = Done(registry.PutGroup(service, group)); !put) return put;
  }
  for (const IndividualEnrollment& individual : before.individuals) {
    if (!refers(individual.attestation)) continue;
    if (auto put = Done(registry.PutIndividual(service, individual)); !put) return put;
  }
  for (const RegisteredCrl& crl : before.crls) {
    if (auto put = Done(registry.AddCrl(service, crl.ca_name, crl.der)); !put) return put;
  }
  return {};
}

Result<void> ChangeApplier::ApplyGroup(const std::string& verb, const Words& rest) {
  Registry& registry = opened_.registry;
  if (verb == "add") {
    auto args = ParseEntry(rest, "group");
    if (!args) return tl::unexpected<Error>(std::move(args).error());
    auto signing = ReadSigning(context_, args->signing);
    if (!signing) return tl::unexpected<Error>(std::move(signing).error());
    auto known = registry.GetGroup(opened_.service, args->id);
    if (auto free = CheckFree(known, "group", *args); !free) return free;
    return Done(registry.PutGroup(opened_.service,
                                  {args->id, !args->disabled, *std::move(signing), {}}));
  }
  auto id = OneName(rest, fmt::format("group {} ID", verb));
  if (!id) return tl::unexpected<Error>(std::move(id).error());
  if (verb == "rm") return registry.DeleteGroup(opened_.service, *id);
  if (verb != "swap") {
    return Done(registry.SetGroupEnabled(opened_.service, *id, verb == "enable"));
  }
  auto group = registry.GetGroup(opened_.service, *id);
  if (!group) return tl::unexpected<Error>(std::move(group).error());
  if (auto swapped = Swap(&group->signing, "group", *id); !swapped) return swapped;
  return Done(registry.PutGroup(opened_.service, *group));
}

Result<void> ChangeApplier::ApplyEnrollment(const std::string& verb, const Words& rest) {
  Registry& registry = opened_.registry;
  if (verb == "add") {
    auto args = ParseEntry(rest, "enrollment");
    if (!args) return tl::unexpected<Error>(std::move(args).error());
    auto signing = ReadSigning(context_, args->signing);
    if (!signing) return tl::unexpected<Error>(std::move(signing).error());
    auto known = registry.GetIndividual(opened_.service, args->id);
    if (auto free = CheckFree(known, "enrollment", *args); !free) return free;
    return Done(registry.PutIndividual(opened_.service,
                                       {args->id, !args->disabled, *std::move(signing), {}}));
  }
  auto id = OneName(rest, fmt::format("enrollment {} ID", verb));
  if (!id) return tl::unexpected<Error>(std::move(id).error());
  if (verb == "rm") return registry.DeleteIndividual(opened_.service, *id);
  if (verb != "swap") {
    return Done(registry.SetIndividualEnabled(opened_.service, *id, verb == "enable"));
  }
  auto individual = registry.GetIndividual(opened_.service, *id);
  if (!individual) return tl::unexpected<Error>(std::move(individual).error());
  if (auto swapped = Swap(&individual->attestation, "enrollment", *id); !swapped) return swapped;
  return Done(registry.PutIndividual(opened_.service, *individual));
}

Result<void> ChangeApplier::ApplyDeny(const std::string& verb, const Words& rest) {
  VerbParser app;
  DenyArgs args;
  AddDenySelectors(app, args);
  auto parsed = ParseRest(
      app, rest,
      fmt::format("deny {} FILE, or --fingerprint HEX, or --ca NAME --serial HEX", verb));
  if (!parsed) return parsed;
  auto entry = ReadDenyEntry(context_, opened_, args);
  if (!entry) return tl::unexpected<Error>(std::move(entry).error());
  if (verb == "rm") return opened_.registry.DeleteDenied(opened_.service, *entry);
  return Done(opened_.registry.AddDenied(opened_.service, *entry));
}

Result<void> ChangeApplier::ApplyCrl(const std::string& verb, const Words& rest) {
  if (verb == "rm") {
    auto name = OneName(rest, "crl rm NAME");
    if (!name) return tl::unexpected<Error>(std::move(name).error());
    return opened_.registry.DeleteCrls(opened_.service, *name);
  }
  VerbParser app;
  std::string name, file;
  app.add_option("name", name)->required();
  app.add_option("file", file)->required();
  if (auto parsed = ParseRest(app, rest, "crl add NAME FILE"); !parsed) return parsed;
  auto crls = ReadCrlFiles(context_, {file});
  if (!crls) return tl::unexpected<Error>(std::move(crls).error());
  for (const Bytes& crl : *crls) {
    if (auto added = Done(opened_.registry.AddCrl(opened_.service, name, crl)); !added) {
      return added;
    }
  }
  return {};
}

Result<std::vector<std::string>> ChangeApplier::Names(std::string_view noun) {
  auto contents = opened_.registry.Contents(opened_.service);
  if (!contents) return tl::unexpected<Error>(std::move(contents).error());
  Words names;
  if (noun == "group") {
    for (const EnrollmentGroup& group : contents->groups) names.push_back(group.id);
  } else if (noun == "enrollment") {
    for (const IndividualEnrollment& one : contents->individuals) {
      names.push_back(one.registration_id);
    }
  }
  for (const CaCertificate& ca : contents->cas) names.push_back(ca.name);
  return names;
}

// Something that the change names is not there: of all its words, the one that is nearly a name.
std::string ChangeApplier::Suggest(const Words& words) {
  const auto names = Names(words.front());
  if (!names) return {};
  for (std::size_t i = 2; i < words.size(); ++i) {
    if (words[i].starts_with('-')) continue;
    const bool known = std::find(names->begin(), names->end(), words[i]) != names->end();
    if (known) continue;
    const std::string near = NearestWord(words[i], *names);
    if (!near.empty()) return fmt::format("; did you mean '{}'?", near);
  }
  return {};
}

}  // namespace muster::cli
