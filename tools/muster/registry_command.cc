// registry init|export|import|lint|log, and graph: the registry as a whole.
#include <fmt/format.h>

#include "tools/muster/commands.h"
#include "tools/muster/reading.h"

namespace muster::cli {
namespace {

struct RegistryArgs {
  std::string file = "-", at;
  bool replace = false, all = false;
};

Result<int> Init(CliContext& context) {
  auto registry = context.OpenRegistry(Access::kCreate);
  if (!registry) return tl::unexpected(std::move(registry).error());
  auto services = registry->ListServices();
  if (!services) return tl::unexpected(std::move(services).error());
  context.Say(fmt::format("the registry is ready and holds {} service{}", services->size(),
                          services->size() == 1 ? "" : "s"));
  context.Emit({{"schema", "muster-registry-info/1"}, {"services", *services}},
               [](std::ostream&) {});
  return kExitAccepted;
}

Result<int> Export(CliContext& context, const RegistryArgs& args) {
  Result<std::string> document = MakeError(ErrorCode::kInternal, "nothing was exported");
  if (args.all) {
    auto registry = context.OpenRegistry(Access::kRead);
    if (!registry) return tl::unexpected(std::move(registry).error());
    document = registry->ExportJson();
  } else {
    auto opened = context.OpenService(Access::kRead);
    if (!opened) return tl::unexpected(std::move(opened).error());
    document = opened->registry.ExportJson(opened->service);
  }
  if (!document) return tl::unexpected(std::move(document).error());
  context.out() << *document;
  if (!document->ends_with('\n')) context.out() << '\n';
  return kExitAccepted;
}

Result<int> Import(CliContext& context, const RegistryArgs& args) {
  auto input = ReadInput(context, args.file);
  if (!input) return tl::unexpected(std::move(input).error());
  auto registry = context.OpenRegistry(Access::kCreate);
  if (!registry) return tl::unexpected(std::move(registry).error());
  auto services = registry->ImportJson(
      {reinterpret_cast<const char*>(input->data()), input->size()}, args.replace);
  if (!services) {
    const Error& error = services.error();
    const bool replace = error.code == ErrorCode::kAlreadyExists && !args.replace;
    return MakeError(error.code, fmt::format("{}: {}{}", SourceName(args.file), error.message,
                                             replace ? " (--replace)" : ""));
  }
  for (const std::string& service : *services) {
    context.Say(fmt::format("imported service '{}'", Printable(service)));
  }
  context.Emit({{"schema", "muster-import/1"}, {"services", *services}}, [](std::ostream&) {});
  return kExitAccepted;
}

Paint PaintOf(LintSeverity severity) {
  switch (severity) {
    case LintSeverity::kInfo:
      return Paint::kDim;
    case LintSeverity::kWarning:
      return Paint::kWarning;
    case LintSeverity::kError:
      break;
  }
  return Paint::kBad;
}

Result<int> Lint(CliContext& context, const RegistryArgs& args) {
  auto at = context.TimeOf(args.at);
  if (!at) return tl::unexpected(std::move(at).error());
  auto snapshot = context.OpenSnapshot();
  if (!snapshot) return tl::unexpected(std::move(snapshot).error());
  std::vector<Json> items;
  Table table({"SEVERITY", "RULE", "SUBJECT", "FINDING"});
  bool error = false;
  for (const LintFinding& finding : LintRegistry(**snapshot, *at)) {
    error = error || finding.severity == LintSeverity::kError;
    items.push_back({{"rule", finding.rule},
                     {"severity", NameOf(finding.severity)},
                     {"subject", finding.subject},
                     {"message", finding.message}});
    table.AddRow({{std::string(NameOf(finding.severity)), PaintOf(finding.severity)},
                  {std::string(finding.rule)},
                  {finding.subject},
                  {finding.message}});
  }
  if (items.empty()) context.Say("nothing to report");
  context.EmitList("lint-finding", "findings", std::move(items), [&](std::ostream& out) {
    if (!table.empty()) table.Print(out, context.out_style());
  });
  return error ? kExitRefused : kExitAccepted;
}

Result<int> Log(CliContext& context, const RegistryArgs& args) {
  Result<std::vector<AuditLogEntry>> log = MakeError(ErrorCode::kInternal, "nothing was read");
  if (args.all) {
    auto registry = context.OpenRegistry(Access::kRead);
    if (!registry) return tl::unexpected(std::move(registry).error());
    log = registry->AuditLog();
  } else {
    auto opened = context.OpenService(Access::kRead);
    if (!opened) return tl::unexpected(std::move(opened).error());
    log = opened->registry.AuditLog(opened->service);
  }
  if (!log) return tl::unexpected(std::move(log).error());
  std::vector<Json> items;
  Table table({"NO.", "TIME", "SERVICE", "ACTION", "SUBJECT", "DETAIL"});
  for (const AuditLogEntry& entry : *log) {
    items.push_back({{"sequence", entry.sequence},
                     {"at", FormatRfc3339(entry.at)},
                     {"service", entry.service},
                     {"action", entry.action},
                     {"subject", entry.subject},
                     {"detail", entry.detail}});
    table.AddRow({{std::to_string(entry.sequence)},
                  {FormatRfc3339(entry.at)},
                  {entry.service},
                  {entry.action},
                  {entry.subject},
                  {entry.detail}});
  }
  context.EmitList("log-entry", "entries", std::move(items),
                   [&](std::ostream& out) { table.Print(out, context.out_style(), {0}); });
  return kExitAccepted;
}

Result<int> Graph(CliContext& context) {
  auto snapshot = context.OpenSnapshot();
  if (!snapshot) return tl::unexpected(std::move(snapshot).error());
  std::string dot = RegistryGraphviz(**snapshot);
  context.Emit({{"schema", "muster-graph/1"}, {"dot", dot}},
               [&](std::ostream& out) { out << dot; });
  return kExitAccepted;
}

}  // namespace

void AddRegistryCommand(CLI::App& app, CliContext& context) {
  CLI::App* noun = AddNoun(app, "registry", "The registry as a whole");
  auto args = std::make_shared<RegistryArgs>();
  AddVerb(*noun, context, "init", "Make an empty registry, or check that one opens",
          [&context] { return Init(context); });
  CLI::App* exported = AddVerb(*noun, context, "export", "Write a service as a JSON document",
                               [&context, args] { return Export(context, *args); });
  exported->add_flag("--all", args->all, "Every service");
  CLI::App* imported = AddVerb(*noun, context, "import", "Add the services of such a document",
                               [&context, args] { return Import(context, *args); });
  imported->add_option("file", args->file, "The document")->required()->type_name("FILE");
  imported->add_flag("--replace", args->replace, "Replace services that exist");
  CLI::App* lint = AddVerb(*noun, context, "lint", "Look for trouble: dead groups, expiring CAs",
                           [&context, args] { return Lint(context, *args); });
  AddAt(*lint, args->at);
  CLI::App* log = AddVerb(*noun, context, "log", "Show who changed what and when",
                          [&context, args] { return Log(context, *args); });
  log->add_flag("--all", args->all, "Every service");
}

void AddGraphCommand(CLI::App& app, CliContext& context) {
  AddVerb(app, context, "graph", "Draw CAs and groups in Graphviz's DOT language",
          [&context] { return Graph(context); });
}

}  // namespace muster::cli
