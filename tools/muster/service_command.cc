// service add|list|rm: provisioning services, the tenants of a registry.
#include <fmt/format.h>

#include "tools/muster/commands.h"

namespace muster::cli {
namespace {

Result<int> Add(CliContext& context, const std::string& id) {
  auto registry = context.OpenRegistry(Access::kCreate);
  if (!registry) return tl::unexpected(std::move(registry).error());
  auto created = registry->CreateService(id);
  if (!created) return tl::unexpected(std::move(created).error());
  context.Say(fmt::format("added service '{}'; next: muster ca add NAME FILE", Printable(id)));
  context.Emit({{"schema", "muster-service/1"}, {"service", id}}, [](std::ostream&) {});
  return kExitAccepted;
}

Result<int> List(CliContext& context) {
  auto registry = context.OpenRegistry(Access::kRead);
  if (!registry) return tl::unexpected(std::move(registry).error());
  auto services = registry->ListServices();
  if (!services) return tl::unexpected(std::move(services).error());
  std::vector<Json> items;
  Table table({"SERVICE", "CAS", "GROUPS", "ENROLLMENTS", "GENERATION"});
  for (const std::string& id : *services) {
    auto contents = registry->Contents(id);
    if (!contents) return tl::unexpected(std::move(contents).error());
    items.push_back({{"service", id},
                     {"cas", contents->cas.size()},
                     {"groups", contents->groups.size()},
                     {"enrollments", contents->individuals.size()},
                     {"generation", contents->generation}});
    table.AddRow({{id},
                  {Grouped(contents->cas.size())},
                  {Grouped(contents->groups.size())},
                  {Grouped(contents->individuals.size())},
                  {Grouped(contents->generation)}});
  }
  context.EmitList("service", "services", std::move(items), [&](std::ostream& out) {
    table.Print(out, context.out_style(), {1, 2, 3, 4});
  });
  return kExitAccepted;
}

Result<int> Remove(CliContext& context, const std::string& id, bool force) {
  auto registry = context.OpenRegistry(Access::kWrite);
  if (!registry) return tl::unexpected(std::move(registry).error());
  auto removed = registry->DeleteService(id, force);
  if (!removed) return tl::unexpected(std::move(removed).error());
  context.Say(fmt::format("removed service '{}'", Printable(id)));
  context.Emit({{"schema", "muster-removed/1"}, {"service", id}}, [](std::ostream&) {});
  return kExitAccepted;
}

}  // namespace

void AddServiceCommand(CLI::App& app, CliContext& context) {
  CLI::App* noun = AddNoun(app, "service", "Provisioning services (ID scopes): the tenants");
  {
    auto id = std::make_shared<std::string>();
    CLI::App* verb = AddVerb(*noun, context, "add", "Add a service; makes the registry if need be",
                             [&context, id] { return Add(context, *id); });
    verb->add_option("id", *id, "The ID scope")->required()->type_name("ID");
  }
  AddVerb(*noun, context, "list", "List the services", [&context] { return List(context); });
  {
    struct Args {
      std::string id;
      bool force = false;
    };
    auto args = std::make_shared<Args>();
    CLI::App* verb = AddVerb(*noun, context, "rm", "Remove a service",
                             [&context, args] { return Remove(context, args->id, args->force); });
    verb->add_option("id", args->id, "The ID scope")->required()->type_name("ID");
    verb->add_flag("--force", args->force, "Even where it holds CAs or enrollments");
  }
}

}  // namespace muster::cli
