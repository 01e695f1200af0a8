#include "tools/muster/cli_context.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <utility>

namespace muster::cli {
namespace {

// Reads the environment before any thread is started.
std::string_view Environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return value == nullptr ? std::string_view{} : std::string_view{value};
}

// The first of these that is set decides the character set (POSIX, Environment Variables 8.2).
bool LocaleIsUtf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    std::string_view value = Environment(name);
    if (value.empty()) continue;
    for (std::string_view charset : {"UTF-8", "utf-8", "UTF8", "utf8"}) {
      if (value.find(charset) != std::string_view::npos) return true;
    }
    return false;
  }
  return false;
}

// NO_COLOR counts where it is set and not empty (no-color.org).
bool ColorsWanted(std::string_view mode, bool terminal) {
  if (mode == "always") return true;
  if (mode == "never") return false;
  return terminal && Environment("NO_COLOR").empty() && Environment("TERM") != "dumb";
}

std::string JoinNames(const std::vector<std::string>& names) {
  std::string joined;
  for (const std::string& name : names) {
    if (!joined.empty()) joined += ", ";
    joined += "'" + Printable(name) + "'";
  }
  return joined;
}

Result<std::string> OnlyService(Registry& registry) {
  auto services = registry.ListServices();
  if (!services) return tl::unexpected(std::move(services).error());
  if (services->size() == 1) return services->front();
  if (services->empty()) {
    return MakeError(ErrorCode::kNotFound,
                     "the registry holds no provisioning service; add one with "
                     "'muster service add ID'");
  }
  return MakeError(ErrorCode::kInvalidArgument,
                   fmt::format("the registry holds several services ({}); name one with --service "
                               "ID or MUSTER_SERVICE",
                               JoinNames(*services)));
}

}  // namespace

int ExitStatusOf(const Error& error) {
  switch (error.code) {
    case ErrorCode::kInvalidArgument:
      return kExitUsage;
    case ErrorCode::kUnreadableInput:
      return kExitUnreadable;
    case ErrorCode::kRefused:
      return kExitRefused;
    case ErrorCode::kNotFound:
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kStaleETag:
    case ErrorCode::kInUse:
    case ErrorCode::kStoreBusy:
    case ErrorCode::kStoreCorrupt:
    case ErrorCode::kStoreIo:
      return kExitRegistry;
    case ErrorCode::kInternal:
      break;
  }
  return kExitInternal;
}

CliContext::CliContext(CliStreams streams) : streams_(streams) {}

void CliContext::AddGlobalOptions(CLI::App& app) {
  app.add_option("--registry", registry_path_, "The registry's SQLite file")
      ->type_name("FILE")
      ->envname("MUSTER_REGISTRY");
  app.add_option("--service", service_,
                 "The provisioning service (ID scope); may be left out "
                 "where the registry holds one only")
      ->type_name("ID")
      ->envname("MUSTER_SERVICE");
  AddChoice(app, "--format", format_, {"table", "json", "ndjson", "csv", "junit", "sarif"},
            "How to write results; the last three: of audits only")
      ->envname("MUSTER_FORMAT");
  AddChoice(app, "--color", color_, {"auto", "always", "never"},
            "Colours; auto: on a terminal, unless NO_COLOR is set");
  app.add_flag("--quiet,-q", quiet_, "No talk on standard error, errors excepted");
}

void CliContext::LookForFormat(const std::vector<std::string>& arguments) {
  constexpr std::string_view kOption = "--format";
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string_view argument = arguments[i];
    if (argument == kOption && i + 1 < arguments.size()) format_ = arguments[i + 1];
    if (argument.starts_with("--format=")) format_ = argument.substr(kOption.size() + 1);
  }
}

Format CliContext::format() const {
  if (format_ == "json") return Format::kJson;
  if (format_ == "ndjson") return Format::kNdjson;
  if (format_ == "csv") return Format::kCsv;
  if (format_ == "junit") return Format::kJunit;
  if (format_ == "sarif") return Format::kSarif;
  return Format::kTable;
}

Result<void> CliContext::CheckFormat() const {
  if (IsGeneral(format()) || writes_records) return {};
  return MakeError(ErrorCode::kInvalidArgument,
                   fmt::format("'--format {}' is for 'muster audit'; this command knows table, "
                               "json and ndjson",
                               format_));
}

Style CliContext::StyleFor(bool terminal) const {
  return {.color = ColorsWanted(color_, terminal), .unicode = LocaleIsUtf8()};
}

void CliContext::Say(std::string_view line) {
  if (!quiet_) err() << line << '\n';
}

void CliContext::Warn(std::string_view line) {
  if (!quiet_) err() << err_style().Painted("warning:", Paint::kWarning) << ' ' << line << '\n';
}

int CliContext::Report(const Error& error) {
  if (format() != Format::kJson && format() != Format::kNdjson) {
    err() << "muster: " << err_style().Painted("error:", Paint::kBad) << ' '
          << Printable(error.message) << '\n';
  } else {
    Json inner{{"code", ErrorCodeName(error.code)}, {"message", error.message}};
    if (error.reason != RejectReason::kNone) {
      inner["reason"] = NameOf(error.reason);
      inner["reason_number"] = InfoOf(error.reason).number;
    }
    err() << Dump(Json{{"schema", "muster-error/1"}, {"error", std::move(inner)}}, false) << '\n';
  }
  return ExitStatusOf(error);
}

void CliContext::Emit(const Json& object, const std::function<void(std::ostream&)>& print) {
  switch (format()) {
    case Format::kTable:
    case Format::kCsv:
    case Format::kJunit:
    case Format::kSarif:  // CheckFormat keeps the last three away.
      print(out());
      return;
    case Format::kJson:
      out() << Dump(object, true) << '\n';
      return;
    case Format::kNdjson:
      out() << Dump(object, false) << '\n';
      return;
  }
}

void CliContext::EmitList(std::string_view name, std::string_view key, std::vector<Json> items,
                          const std::function<void(std::ostream&)>& print) {
  for (Json& item : items) {
    Json with_schema{{"schema", fmt::format("muster-{}/1", name)}};
    with_schema.update(item);
    item = std::move(with_schema);
  }
  if (format() == Format::kNdjson) {
    for (const Json& item : items) out() << Dump(item, false) << '\n';
    return;
  }
  Json list{{"schema", fmt::format("muster-{}-list/1", name)}};
  list[std::string(key)] = std::move(items);
  Emit(list, print);
}

UnixTime CliContext::Now() const {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

Result<UnixTime> CliContext::TimeOf(const std::string& at) const {
  if (at.empty()) return Now();
  return ParseRfc3339(at);
}

Result<Registry> CliContext::OpenRegistry(Access access) {
  if (registry_path_.empty()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "no registry is named; give --registry FILE or set MUSTER_REGISTRY");
  }
  RegistryOptions options;
  options.create = access == Access::kCreate;
  options.read_only = access == Access::kRead;
  return Registry::Open(registry_path_, std::move(options));
}

Result<OpenedService> CliContext::OpenService(Access access) {
  auto registry = OpenRegistry(access);
  if (!registry) return tl::unexpected(std::move(registry).error());
  std::string service = service_;
  if (service.empty()) {
    auto only = OnlyService(*registry);
    if (!only) return tl::unexpected(std::move(only).error());
    service = *std::move(only);
  }
  return OpenedService{*std::move(registry), std::move(service)};
}

Result<std::shared_ptr<const RegistrySnapshot>> CliContext::OpenSnapshot() {
  auto opened = OpenService(Access::kRead);
  if (!opened) return tl::unexpected(std::move(opened).error());
  return opened->registry.Snapshot(opened->service);
}

bool CliContext::ClaimStandardInput() { return !std::exchange(standard_input_claimed_, true); }

CLI::App* AddNoun(CLI::App& app, std::string name, std::string description) {
  CLI::App* noun = app.add_subcommand(std::move(name), std::move(description));
  noun->require_subcommand(1);
  return noun;
}

CLI::App* AddVerb(CLI::App& parent, CliContext& context, std::string name, std::string description,
                  std::function<Result<int>()> body) {
  CLI::App* verb = parent.add_subcommand(std::move(name), std::move(description));
  verb->footer(
      "Options of every command: --registry FILE, --service ID, --format, --color, "
      "--quiet (see 'muster --help').");
  verb->callback([&context, body = std::move(body)] { context.body = body; });
  return verb;
}

CLI::Option* AddChoice(CLI::App& app, const std::string& name, std::string& value,
                       const std::vector<std::string>& choices, const std::string& description) {
  std::string type;
  for (const std::string& choice : choices) type += (type.empty() ? "" : "|") + choice;
  CLI::Validator is_choice(
      [choices, type](std::string& given) {
        for (const std::string& choice : choices) {
          if (given == choice) return std::string();
        }
        return fmt::format("'{}' is not one of {}", Printable(given), type);
      },
      "");
  std::string shown = value.empty() ? description : fmt::format("{} [{}]", description, value);
  return app.add_option(name, value, shown)->type_name(type)->check(is_choice);
}

CLI::Option* AddRepeatable(CLI::App& app, const std::string& name, std::vector<std::string>& values,
                           const std::string& description, const std::string& type_name) {
  return app.add_option(name, values, description + " (may be repeated)")
      ->type_name(type_name)
      ->allow_extra_args(false);
}

CLI::Option* AddAt(CLI::App& app, std::string& at) {
  return app.add_option("--at", at, "The time to decide for, RFC 3339 or a date [now]")
      ->type_name("TIME");
}

CLI::Option* AddEtag(CLI::App& app, std::string& etag) {
  return app.add_option("--etag", etag, "Change nothing unless this is the row's current ETag")
      ->type_name("ETAG");
}

}  // namespace muster::cli
