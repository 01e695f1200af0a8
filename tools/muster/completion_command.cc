// completion bash|zsh|fish: completion scripts, written from the tree of verbs and options itself.
//
// All three walk the words typed so far to find the command they belong to ("ca verify"), then
// offer its verbs, its options and the global ones, or the values of the option before the cursor.
#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <string_view>

#include "tools/muster/commands.h"

namespace muster::cli {
namespace {

struct OptionEntry {
  std::vector<std::string> names;  // "--quiet", "-q".
  std::string description;
  bool takes_value = false;
  bool is_file = false;
  std::vector<std::string> choices;
};

// One noun or verb and what may follow it.
struct CommandEntry {
  std::string path;  // "ca verify"; empty for the root.
  std::string description;
  // What may stand next, a verb or the value of an argument, and its description.
  std::vector<std::pair<std::string, std::string>> subcommands;
  std::vector<OptionEntry> options;
  bool takes_file = false;
};

std::vector<std::string> SplitChoices(const std::string& type_name) {
  std::vector<std::string> choices;
  if (type_name.find('|') == std::string::npos) return choices;
  std::size_t start = 0;
  while (start <= type_name.size()) {
    std::size_t end = std::min(type_name.find('|', start), type_name.size());
    choices.push_back(type_name.substr(start, end - start));
    start = end + 1;
  }
  return choices;
}

OptionEntry ToEntry(const CLI::Option& option) {
  OptionEntry entry;
  for (const std::string& name : option.get_lnames()) entry.names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) entry.names.push_back("-" + name);
  entry.description = option.get_description();
  entry.takes_value = option.get_expected_max() > 0;
  entry.is_file = option.get_type_name() == "FILE";
  entry.choices = SplitChoices(option.get_type_name());
  return entry;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the command's own nouns and verbs.
void Collect(const CLI::App& app, const std::string& path, std::vector<CommandEntry>* out) {
  CommandEntry entry;
  entry.path = path;
  entry.description = app.get_description();
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) {
      entry.takes_file = entry.takes_file || option->get_type_name() == "FILE";
      for (std::string& choice : SplitChoices(option->get_type_name())) {
        entry.subcommands.emplace_back(std::move(choice), option->get_description());
      }
    } else {
      entry.options.push_back(ToEntry(*option));
    }
  }
  std::vector<const CLI::App*> children = app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* child : children) {
    entry.subcommands.emplace_back(child->get_name(), child->get_description());
  }
  out->push_back(std::move(entry));
  for (const CLI::App* child : children) {
    Collect(*child, path.empty() ? child->get_name() : path + " " + child->get_name(), out);
  }
}

// Single quotes hold everything but a single quote.
std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// The names of all options that satisfy `wanted`, as a case pattern or a word list.
template <typename Wanted>
std::string OptionNames(const CommandEntry& entry, std::string_view separator, Wanted wanted) {
  std::string names;
  for (const OptionEntry& option : entry.options) {
    if (!wanted(option)) continue;
    for (const std::string& name : option.names) {
      if (!names.empty()) names += separator;
      names += name;
    }
  }
  return names;
}

// The tables as shell functions that bash and zsh read alike.
void PrintTables(std::ostream& out, const std::vector<CommandEntry>& commands) {
  auto all = [](const OptionEntry&) { return true; };
  out << "_muster_words() {\n  case \"$1\" in\n";
  for (const CommandEntry& entry : commands) {
    std::string words;
    for (const auto& [name, description] : entry.subcommands) words += " " + name;
    if (!words.empty()) out << fmt::format("    {}) echo{} ;;\n", Quoted(entry.path), words);
  }
  out << "  esac\n}\n_muster_options() {\n  case \"$1\" in\n";
  for (const CommandEntry& entry : commands) {
    std::string names = OptionNames(entry, " ", all);
    if (!names.empty()) out << fmt::format("    {}) echo {} ;;\n", Quoted(entry.path), names);
  }
  out << "  esac\n}\n"
      << "# What follows an option: nothing (a flag), 'file', 'text', or the values themselves.\n"
      << "_muster_values() {\n  case \"$1 $2\" in\n";
  for (const CommandEntry& entry : commands) {
    for (const OptionEntry& option : entry.options) {
      if (!option.takes_value) continue;
      std::string values = option.is_file ? "file" : "text";
      if (!option.choices.empty()) values = fmt::format("{}", fmt::join(option.choices, " "));
      for (const std::string& name : option.names) {
        out << fmt::format("    {}) echo {} ;;\n", Quoted(entry.path + " " + name), values);
      }
    }
  }
  out << "  esac\n}\n_muster_takes_file() {\n  case \"$1\" in\n";
  for (const CommandEntry& entry : commands) {
    if (entry.takes_file) out << fmt::format("    {}) return 0 ;;\n", Quoted(entry.path));
  }
  out << "  esac\n  return 1\n}\n"
      << R"sh(# The values of an option of this command, or of the global one.
_muster_value_kind() {
  local kind
  kind=$(_muster_values "$1" "$2")
  if [ -z "$kind" ]; then kind=$(_muster_values '' "$2"); fi
  echo "$kind"
}
# The command that the words before the cursor name.
_muster_path() {
  local found='' word skip=''
  for word in "$@"; do
    if [ -n "$skip" ]; then skip=''; continue; fi
    case "$word" in
      -*=*) ;;
      -*) if [ -n "$(_muster_value_kind "$found" "$word")" ]; then skip=yes; fi ;;
      *) case " $(_muster_words "$found") " in
           *" $word "*) found="${found:+$found }$word" ;;
         esac ;;
    esac
  done
  echo "$found"
}
)sh";
}

constexpr std::string_view kBashDriver = R"sh(_muster() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} found kind
  found=$(_muster_path "${COMP_WORDS[@]:1:COMP_CWORD-1}")
  COMPREPLY=()
  kind=''
  case "$previous" in -*) kind=$(_muster_value_kind "$found" "$previous") ;; esac
  case "$kind" in
    '') ;;
    file) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$current")); return ;;
    text) return ;;
    *) COMPREPLY=($(compgen -W "$kind" -- "$current")); return ;;
  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$(_muster_options "$found") $(_muster_options '')" -- "$current"))
        return ;;
  esac
  COMPREPLY=($(compgen -W "$(_muster_words "$found")" -- "$current"))
  if _muster_takes_file "$found"; then
    compopt -o filenames 2>/dev/null
    COMPREPLY+=($(compgen -f -- "$current"))
  fi
}
complete -F _muster muster
)sh";

constexpr std::string_view kZshDriver = R"sh(_muster() {
  local current="${words[CURRENT]}" previous="${words[CURRENT-1]}" found kind
  found=$(_muster_path "${(@)words[2,CURRENT-1]}")
  kind=''
  case "$previous" in -*) kind=$(_muster_value_kind "$found" "$previous") ;; esac
  case "$kind" in
    '') ;;
    file) _files; return ;;
    text) return ;;
    *) compadd -- ${=kind}; return ;;
  esac
  case "$current" in
    -*) compadd -- ${=$(_muster_options "$found")} ${=$(_muster_options '')}; return ;;
  esac
  compadd -- ${=$(_muster_words "$found")}
  if _muster_takes_file "$found"; then _files; fi
}
if [ "$funcstack[1]" = _muster ]; then _muster "$@"; else compdef _muster muster; fi
)sh";

constexpr std::string_view kFishDriver = R"sh(
# The command that the words before the cursor name.
function __muster_path
    set -l found
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
            continue
        end
        switch $word
            case '-*=*'
            case '-*'
                if contains -- $word $__muster_value_options
                    set skip 1
                end
            case '*'
                set -l next (string join ' ' $found $word)
                if contains -- $next $__muster_commands
                    set -a found $word
                end
        end
    end
    string join ' ' $found
end
function __muster_at
    test (__muster_path) = "$argv[1]"
end
)sh";

void PrintBash(std::ostream& out, const std::vector<CommandEntry>& commands) {
  out << "# bash completion for muster: source <(muster completion bash)\n";
  PrintTables(out, commands);
  out << kBashDriver;
}

void PrintZsh(std::ostream& out, const std::vector<CommandEntry>& commands) {
  out << "#compdef muster\n# zsh completion for muster: muster completion zsh > \"${fpath[1]}/"
         "_muster\"\n";
  PrintTables(out, commands);
  out << kZshDriver;
}

void PrintFish(std::ostream& out, const std::vector<CommandEntry>& commands) {
  auto with_value = [](const OptionEntry& option) { return option.takes_value; };
  out << "# fish completion for muster: muster completion fish | source\nset -g __muster_commands";
  for (const CommandEntry& entry : commands) {
    if (!entry.path.empty()) out << ' ' << Quoted(entry.path);
  }
  out << "\nset -g __muster_value_options";
  for (const CommandEntry& entry : commands) {
    std::string names = OptionNames(entry, " ", with_value);
    if (!names.empty()) out << ' ' << names;
  }
  out << '\n' << kFishDriver << "complete -c muster -f\n";
  for (const CommandEntry& entry : commands) {
    std::string here =
        entry.path.empty() ? std::string() : " -n " + Quoted("__muster_at " + Quoted(entry.path));
    for (const auto& [name, description] : entry.subcommands) {
      out << fmt::format("complete -c muster -n {} -a {} -d {}\n",
                         Quoted("__muster_at " + Quoted(entry.path)), name, Quoted(description));
    }
    if (entry.takes_file) out << fmt::format("complete -c muster{} -F\n", here);
    for (const OptionEntry& option : entry.options) {
      std::string line = "complete -c muster" + here;
      for (const std::string& name : option.names) {
        line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      if (!option.choices.empty()) {
        line += fmt::format(" -x -a {}", Quoted(fmt::format("{}", fmt::join(option.choices, " "))));
      } else if (option.takes_value) {
        line += option.is_file ? " -r -F" : " -x";
      }
      out << line << " -d " << Quoted(option.description) << '\n';
    }
  }
}

Result<int> Complete(CLI::App& app, CliContext& context, const std::string& shell) {
  std::vector<CommandEntry> commands;
  Collect(app, "", &commands);
  if (shell == "bash") PrintBash(context.out(), commands);
  if (shell == "zsh") PrintZsh(context.out(), commands);
  if (shell == "fish") PrintFish(context.out(), commands);
  return kExitAccepted;
}

}  // namespace

void AddCompletionCommand(CLI::App& app, CliContext& context) {
  auto shell = std::make_shared<std::string>();
  CLI::App* verb = AddVerb(app, context, "completion", "Write a completion script for a shell",
                           [&app, &context, shell] { return Complete(app, context, *shell); });
  AddChoice(*verb, "shell", *shell, {"bash", "zsh", "fish"}, "The shell")->required();
}

}  // namespace muster::cli
