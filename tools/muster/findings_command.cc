// findings: the table of findings, with their stable ids.
#include "muster/finding.h"
#include "tools/muster/commands.h"
#include "tools/muster/findings_options.h"

namespace muster::cli {
namespace {

Result<int> Findings(CliContext& context, const std::string& id) {
  std::vector<Json> items;
  Table table({"FINDING", "SEVERITY", "WHAT IT IS", "WHY IT MATTERS", "WHAT TO DO"});
  for (const FindingInfo& info : AllFindings()) {
    if (!id.empty() && id != info.id) continue;
    items.push_back({{"id", info.id},
                     {"severity", NameOf(info.severity)},
                     {"title", info.title},
                     {"explanation", info.explanation},
                     {"remedy", info.remedy}});
    table.AddRow({{std::string(info.id)},
                  {std::string(NameOf(info.severity))},
                  {std::string(info.title)},
                  {std::string(info.explanation)},
                  {std::string(info.remedy)}});
  }
  if (items.empty()) {
    return NoSuchFinding(id);
  }
  context.EmitList("finding", "findings", std::move(items),
                   [&](std::ostream& out) { table.Print(out, context.out_style()); });
  return kExitAccepted;
}

}  // namespace

void AddFindingsCommand(CLI::App& app, CliContext& context) {
  auto id = std::make_shared<std::string>();
  CLI::App* verb =
      AddVerb(app, context, "findings", "List everything that an audit can find beside verdicts",
              [&context, id] { return Findings(context, *id); });
  verb->add_option("finding", *id, "Only this one")->type_name("ID");
}

}  // namespace muster::cli
