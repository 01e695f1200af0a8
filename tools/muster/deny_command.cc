// deny add|list|rm: devices that are refused, by certificate or by issuer and serial number.
#include <fmt/format.h>

#include "tools/muster/commands.h"
#include "tools/muster/deny_entry.h"
#include "tools/muster/describe.h"

namespace muster::cli {
namespace {

std::string HexUpper(ByteView octets) {
  std::string hex;
  for (std::uint8_t octet : octets) hex += fmt::format("{:02X}", octet);
  return hex;
}

Json DenyJson(const DenyEntry& entry, const std::string& service) {
  Json json{{"schema", "muster-deny/1"}, {"service", service}};
  if (entry.fingerprint) {
    json["sha256"] = entry.fingerprint->hex();
  } else {
    json["issuer"] = DisplayName(entry.issuer);
    json["serial"] = HexUpper(entry.serial);
  }
  json["comment"] = entry.comment;
  json["etag"] = entry.etag;
  return json;
}

std::string EntryText(const DenyEntry& entry) {
  if (entry.fingerprint) return "SHA-256 " + entry.fingerprint->hex();
  return fmt::format("serial {} of {}", HexUpper(entry.serial), DisplayName(entry.issuer));
}

Result<int> Add(CliContext& context, const DenyArgs& args) {
  auto opened = context.OpenService(Access::kWrite);
  if (!opened) return tl::unexpected(std::move(opened).error());
  auto entry = ReadDenyEntry(context, *opened, args);
  if (!entry) return tl::unexpected(std::move(entry).error());
  auto added = opened->registry.AddDenied(opened->service, *entry);
  if (!added) return tl::unexpected(std::move(added).error());
  context.Say("denied " + Printable(EntryText(*added)));
  context.Emit(DenyJson(*added, opened->service), [](std::ostream&) {});
  return kExitAccepted;
}

Result<int> List(CliContext& context) {
  auto opened = context.OpenService(Access::kRead);
  if (!opened) return tl::unexpected(std::move(opened).error());
  auto denied = opened->registry.ListDenied(opened->service);
  if (!denied) return tl::unexpected(std::move(denied).error());
  std::vector<Json> items;
  Table table({"DENIED", "COMMENT"});
  for (const DenyEntry& entry : *denied) {
    items.push_back(DenyJson(entry, opened->service));
    table.AddRow({{EntryText(entry)}, {entry.comment}});
  }
  context.EmitList("deny", "denied", std::move(items),
                   [&](std::ostream& out) { table.Print(out, context.out_style()); });
  return kExitAccepted;
}

Result<int> Remove(CliContext& context, const DenyArgs& args) {
  auto opened = context.OpenService(Access::kWrite);
  if (!opened) return tl::unexpected(std::move(opened).error());
  auto entry = ReadDenyEntry(context, *opened, args);
  if (!entry) return tl::unexpected(std::move(entry).error());
  auto removed = opened->registry.DeleteDenied(opened->service, *entry);
  if (!removed) return tl::unexpected(std::move(removed).error());
  context.Say("no longer denied: " + Printable(EntryText(*entry)));
  Json json{{"schema", "muster-removed/1"}, {"service", opened->service}};
  json["denied"] = EntryText(*entry);
  context.Emit(json, [](std::ostream&) {});
  return kExitAccepted;
}

}  // namespace

void AddDenyCommand(CLI::App& app, CliContext& context) {
  CLI::App* noun = AddNoun(app, "deny", "Devices that are refused one by one");
  auto args = std::make_shared<DenyArgs>();
  CLI::App* add = AddVerb(*noun, context, "add", "Deny a device",
                          [&context, args] { return Add(context, *args); });
  AddDenySelectors(*add, *args);
  add->add_option("--comment", args->comment, "Why")->type_name("TEXT");
  AddVerb(*noun, context, "list", "List the denied devices", [&context] { return List(context); });
  CLI::App* rm = AddVerb(*noun, context, "rm", "Let a denied device in again",
                         [&context, args] { return Remove(context, *args); });
  AddDenySelectors(*rm, *args);
}

}  // namespace muster::cli
