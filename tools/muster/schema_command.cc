// schema: the published JSON Schemas of what muster writes.
#include <ostream>

#include "tools/muster/commands.h"
#include "tools/muster/report_assets.h"

namespace muster::cli {

void AddSchemaCommand(CLI::App& app, CliContext& context) {
  auto name = std::make_shared<std::string>();
  CLI::App* verb = AddVerb(app, context, "schema", "Print the JSON Schema of a kind of output",
                           [&context, name]() -> Result<int> {  // Keeps the argument alive.
                             context.out() << kAuditSchema;
                             return kExitAccepted;
                           });
  verb->add_option("kind", *name, "Which: audit, for its json and for each line of its ndjson")
      ->required()
      ->type_name("audit")
      ->check(CLI::IsMember({"audit"}));
}

}  // namespace muster::cli
