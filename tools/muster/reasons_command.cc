// reasons: the table of reasons, with their stable names and numbers.
#include <fmt/format.h>

#include "muster/reject_reason.h"
#include "tools/muster/commands.h"

namespace muster::cli {
namespace {

Result<int> Reasons(CliContext& context, const std::string& name) {
  std::vector<Json> items;
  Table table({"NO.", "REASON", "WHAT HAPPENED", "WHAT TO DO"});
  for (const ReasonInfo& info : AllReasons()) {
    if (!name.empty() && name != info.name && name != std::to_string(info.number)) continue;
    items.push_back({{"reason", info.name},
                     {"reason_number", info.number},
                     {"rank", info.rank},
                     {"sentence", info.sentence},
                     {"remedy", info.remedy}});
    table.AddRow({{std::to_string(info.number)},
                  {std::string(info.name)},
                  {std::string(info.sentence)},
                  {std::string(info.remedy)}});
  }
  if (items.empty()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("there is no reason '{}'; 'muster reasons' lists them all", name));
  }
  context.EmitList("reason", "reasons", std::move(items),
                   [&](std::ostream& out) { table.Print(out, context.out_style(), {0}); });
  return kExitAccepted;
}

}  // namespace

void AddReasonsCommand(CLI::App& app, CliContext& context) {
  auto name = std::make_shared<std::string>();
  CLI::App* verb = AddVerb(app, context, "reasons", "List every reason for refusing",
                           [&context, name] { return Reasons(context, *name); });
  verb->add_option("reason", *name, "Only this one, by name or number")->type_name("REASON");
}

}  // namespace muster::cli
