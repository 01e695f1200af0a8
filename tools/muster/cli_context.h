// CliContext: what every verb of the command shares: streams, global options, registry, clock.
//
// How a verb plugs in. A noun's file has one function, declared in commands.h:
//
//   void AddPkiCommand(CLI::App& app, CliContext& context) {
//     CLI::App* noun = AddNoun(app, "pki", "Make development certificates");
//     auto args = std::make_shared<FleetArgs>();
//     CLI::App* verb = AddVerb(*noun, context, "fleet", "Write a fleet as NDJSON",
//                              [&context, args] { return RunFleet(context, *args); });
//     verb->add_option("--devices", args->devices, "How many devices")->type_name("N");
//   }
//
// The body returns the exit status, or an Error, which the frame prints and maps to a status. It
// writes data to context.out() and talk to Say(). Nothing but the context knows a clock.
// Options: see AddChoice, AddRepeatable and AddAt below; file arguments have type_name("FILE"), and
// that is what completion scripts go by.
#ifndef MUSTER_TOOLS_MUSTER_CLI_CONTEXT_H_
#define MUSTER_TOOLS_MUSTER_CLI_CONTEXT_H_

#include <CLI/CLI.hpp>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "muster/registry.h"
#include "muster/result.h"
#include "muster/time.h"
#include "tools/muster/output.h"

namespace muster::cli {

// Exit statuses: part of the contract.
enum ExitStatus : int {
  kExitAccepted = 0,    // Done; every chain was accepted.
  kExitRefused = 1,     // Done; some chain or proof was refused.
  kExitUsage = 2,       // The arguments can never work.
  kExitUnreadable = 3,  // An input file is missing or in no known format.
  kExitRegistry = 4,    // The registry or its store refused.
  kExitInternal = 5,    // A defect in muster, or the output could not be written.
  kExitInterrupted = 130,
};

// The status that an operating error leads to.
int ExitStatusOf(const Error& error);

// The process's streams, or a test's.
struct CliStreams {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
};

// What a verb does with the registry file.
enum class Access { kRead, kWrite, kCreate };

// An open registry and the service that the command is about.
struct OpenedService {
  Registry registry;
  std::string service;
};

class CliContext {
 public:
  explicit CliContext(CliStreams streams);
  CliContext(const CliContext&) = delete;
  CliContext& operator=(const CliContext&) = delete;

  // Adds --registry, --service, --format, --color and --quiet to the root; verbs fall through to
  // them.
  void AddGlobalOptions(CLI::App& app);
  // Learns --format ahead of parsing, so that usage errors are written in it too.
  void LookForFormat(const std::vector<std::string>& arguments);

  std::istream& in() { return streams_.in; }
  std::ostream& out() { return streams_.out; }
  std::ostream& err() { return streams_.err; }
  bool out_is_terminal() const { return streams_.out_is_terminal; }
  bool err_is_terminal() const { return streams_.err_is_terminal; }
  bool quiet() const { return quiet_; }
  Format format() const;
  // Set by a verb that writes records, and therefore knows csv, junit and sarif too.
  bool writes_records = false;
  // kInvalidArgument where the chosen verb does not know the chosen format.
  [[nodiscard]] Result<void> CheckFormat() const;
  // How to draw on standard output, and on standard error.
  Style out_style() const { return StyleFor(streams_.out_is_terminal); }
  Style err_style() const { return StyleFor(streams_.err_is_terminal); }

  // Talk: one line to standard error, unless --quiet.
  void Say(std::string_view line);
  // A warning: as talk, marked.
  void Warn(std::string_view line);
  // Prints an error as a sentence or, under --format json and ndjson, as JSON; gives its status.
  int Report(const Error& error);

  // Writes one object: JSON for programs, or what `print` prints for people.
  void Emit(const Json& object, const std::function<void(std::ostream&)>& print);
  // Writes a list. JSON: {"schema": "muster-<name>-list/1", ..., "<key>": [items]}; NDJSON: one
  // item a line. Each item carries its own schema, "muster-<name>/1".
  void EmitList(std::string_view name, std::string_view key, std::vector<Json> items,
                const std::function<void(std::ostream&)>& print);

  // The wall clock; the only one in muster besides the registry's default.
  UnixTime Now() const;
  // The argument of --at, or now where it is empty.
  Result<UnixTime> TimeOf(const std::string& at) const;

  Result<Registry> OpenRegistry(Access access);
  // The registry and the service of --service, or its only service.
  Result<OpenedService> OpenService(Access access);
  // The snapshot that decisions of this command run on.
  Result<std::shared_ptr<const RegistrySnapshot>> OpenSnapshot();

  // Standard input can be read once: false the second time.
  bool ClaimStandardInput();

  // The chosen verb's body, set by AddVerb.
  std::function<Result<int>()> body;

 private:
  Style StyleFor(bool terminal) const;

  CliStreams streams_;
  std::string registry_path_, service_, format_ = "table", color_ = "auto";
  bool quiet_ = false;
  bool standard_input_claimed_ = false;
};

// A noun: takes exactly one verb.
CLI::App* AddNoun(CLI::App& app, std::string name, std::string description);
// A verb, or a noun that is its own verb.
CLI::App* AddVerb(CLI::App& parent, CliContext& context, std::string name, std::string description,
                  std::function<Result<int>()> body);

// An option with a closed set of values, which help and completion show.
CLI::Option* AddChoice(CLI::App& app, const std::string& name, std::string& value,
                       const std::vector<std::string>& choices, const std::string& description);
// An option that may be given several times, with one value each time.
CLI::Option* AddRepeatable(CLI::App& app, const std::string& name, std::vector<std::string>& values,
                           const std::string& description, const std::string& type_name = "FILE");
// --at TIME.
CLI::Option* AddAt(CLI::App& app, std::string& at);
// --etag ETAG, for scripts.
CLI::Option* AddEtag(CLI::App& app, std::string& etag);

}  // namespace muster::cli

#endif  // MUSTER_TOOLS_MUSTER_CLI_CONTEXT_H_
