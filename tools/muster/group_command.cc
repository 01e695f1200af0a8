// group add|list|show|enable|disable|rm: enrollment groups.
#include <fmt/format.h>

#include "tools/muster/commands.h"
#include "tools/muster/describe.h"
#include "tools/muster/signing_options.h"

namespace muster::cli {
namespace {

struct GroupArgs {
  std::string id, etag;
  SigningArgs signing;
  bool disabled = false, replace = false;
};

Json GroupJson(const EnrollmentGroup& group, const std::string& service) {
  Json json{{"schema", "muster-group/1"},
            {"service", service},
            {"id", group.id},
            {"enabled", group.enabled}};
  json.update(DescribeSigning(group.signing));
  json["etag"] = group.etag;
  return json;
}

// An existing group is replaced on request only; the write then holds for the group that was seen.
Result<std::string> CheckReplacement(OpenedService& opened, const GroupArgs& args) {
  auto known = opened.registry.GetGroup(opened.service, args.id);
  if (!known) {
    if (known.error().code == ErrorCode::kNotFound) return args.etag;
    return tl::unexpected(std::move(known).error());
  }
  if (!args.replace && args.etag.empty()) {
    return MakeError(
        ErrorCode::kAlreadyExists,
        fmt::format("group '{}' exists; --replace puts this one in its place", args.id));
  }
  return args.etag.empty() ? known->etag : args.etag;
}

Result<int> Add(CliContext& context, const GroupArgs& args) {
  auto signing = ReadSigning(context, args.signing);
  if (!signing) return tl::unexpected(std::move(signing).error());
  auto opened = context.OpenService(Access::kWrite);
  if (!opened) return tl::unexpected(std::move(opened).error());
  auto etag = CheckReplacement(*opened, args);
  if (!etag) return tl::unexpected(std::move(etag).error());
  EnrollmentGroup group{args.id, !args.disabled, *std::move(signing), {}};
  auto put = opened->registry.PutGroup(opened->service, group, *etag);
  if (!put) return tl::unexpected(std::move(put).error());
  context.Say(fmt::format("group '{}' enrols devices issued through {}{}", Printable(put->id),
                          Printable(SigningText(put->signing)), put->enabled ? "" : " (disabled)"));
  context.Emit(GroupJson(*put, opened->service), [](std::ostream&) {});
  return kExitAccepted;
}

Result<int> List(CliContext& context) {
  auto opened = context.OpenService(Access::kRead);
  if (!opened) return tl::unexpected(std::move(opened).error());
  auto groups = opened->registry.ListGroups(opened->service);
  if (!groups) return tl::unexpected(std::move(groups).error());
  std::vector<Json> items;
  Table table({"GROUP", "STATE", "THROUGH"});
  for (const EnrollmentGroup& group : *groups) {
    items.push_back(GroupJson(group, opened->service));
    table.AddRow(
        {{group.id},
         {group.enabled ? "enabled" : "disabled", group.enabled ? Paint::kGood : Paint::kWarning},
         {SigningText(group.signing)}});
  }
  context.EmitList("group", "groups", std::move(items),
                   [&](std::ostream& out) { table.Print(out, context.out_style()); });
  return kExitAccepted;
}

Result<int> Show(CliContext& context, const GroupArgs& args) {
  auto opened = context.OpenService(Access::kRead);
  if (!opened) return tl::unexpected(std::move(opened).error());
  auto group = opened->registry.GetGroup(opened->service, args.id);
  if (!group) return tl::unexpected(std::move(group).error());
  context.Emit(GroupJson(*group, opened->service), [&](std::ostream& out) {
    out << fmt::format("group    {}\nstate    {}\nthrough  {}\netag     {}\n", Printable(group->id),
                       group->enabled ? "enabled" : "disabled",
                       Printable(SigningText(group->signing)), Printable(group->etag));
  });
  return kExitAccepted;
}

Result<int> SetEnabled(CliContext& context, const GroupArgs& args, bool enabled) {
  auto opened = context.OpenService(Access::kWrite);
  if (!opened) return tl::unexpected(std::move(opened).error());
  auto group = opened->registry.SetGroupEnabled(opened->service, args.id, enabled, args.etag);
  if (!group) return tl::unexpected(std::move(group).error());
  context.Say(fmt::format("group '{}' is {}", Printable(group->id),
                          group->enabled ? "enabled" : "disabled"));
  context.Emit(GroupJson(*group, opened->service), [](std::ostream&) {});
  return kExitAccepted;
}

Result<int> Enable(CliContext& context, const GroupArgs& args) {
  return SetEnabled(context, args, true);
}

Result<int> Disable(CliContext& context, const GroupArgs& args) {
  return SetEnabled(context, args, false);
}

Result<int> Remove(CliContext& context, const GroupArgs& args) {
  auto opened = context.OpenService(Access::kWrite);
  if (!opened) return tl::unexpected(std::move(opened).error());
  auto removed = opened->registry.DeleteGroup(opened->service, args.id, args.etag);
  if (!removed) return tl::unexpected(std::move(removed).error());
  context.Say(fmt::format("removed group '{}'", Printable(args.id)));
  context.Emit({{"schema", "muster-removed/1"}, {"service", opened->service}, {"group", args.id}},
               [](std::ostream&) {});
  return kExitAccepted;
}

using GroupBody = Result<int> (*)(CliContext&, const GroupArgs&);

CLI::App* AddGroupVerb(CLI::App& noun, CliContext& context, const std::string& name,
                       const std::string& description, GroupBody body,
                       const std::shared_ptr<GroupArgs>& args) {
  CLI::App* verb = AddVerb(noun, context, name, description,
                           [&context, args, body] { return body(context, *args); });
  verb->add_option("id", args->id, "The group's id")->required()->type_name("ID");
  return verb;
}

}  // namespace

void AddGroupCommand(CLI::App& app, CliContext& context) {
  CLI::App* noun = AddNoun(app, "group", "Enrollment groups");
  auto args = std::make_shared<GroupArgs>();
  CLI::App* add = AddGroupVerb(*noun, context, "add", "Add a group", Add, args);
  AddSigningOptions(*add, args->signing, "signing certificate");
  add->add_flag("--disabled", args->disabled, "Add it disabled: its devices are refused");
  add->add_flag("--replace", args->replace, "Replace a group of this id");
  AddEtag(*add, args->etag);
  AddVerb(*noun, context, "list", "List the groups", [&context] { return List(context); });
  AddGroupVerb(*noun, context, "show", "Show one group", Show, args);
  AddEtag(*AddGroupVerb(*noun, context, "enable", "Enable a group", Enable, args), args->etag);
  AddEtag(*AddGroupVerb(*noun, context, "disable", "Disable a group: its devices are refused",
                        Disable, args),
          args->etag);
  AddEtag(*AddGroupVerb(*noun, context, "rm", "Remove a group", Remove, args), args->etag);
}

}  // namespace muster::cli
