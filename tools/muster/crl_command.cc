// crl add|list|rm: the revocation lists held for registered CAs.
#include <fmt/format.h>

#include "tools/muster/commands.h"
#include "tools/muster/describe.h"
#include "tools/muster/reading.h"

namespace muster::cli {
namespace {

struct CrlArgs {
  std::string ca, file;
};

Json CrlJson(const RegisteredCrl& crl, const std::string& service) {
  Json json{{"schema", "muster-crl/1"},
            {"service", service},
            {"ca", crl.ca_name},
            {"sha256", Fingerprint::Of(crl.der).hex()}};
  if (auto summary = SummarizeCrl(crl.der)) {
    json["issuer"] = summary->issuer;
    json["this_update"] = FormatRfc3339(summary->this_update);
    json["next_update"] = TimeOrNull(summary->next_update);
    json["number"] = summary->number.empty() ? Json(nullptr) : Json(summary->number);
    json["delta"] = summary->is_delta;
    json["revoked"] = summary->revoked;
  }
  json["octets"] = crl.der.size();
  json["etag"] = crl.etag;
  return json;
}

// Text of a member that may be null or absent.
std::string TextOf(const Json& json, const char* name) {
  const auto member = json.find(name);
  return member == json.end() || !member->is_string() ? "-" : member->get<std::string>();
}

Result<int> Add(CliContext& context, const CrlArgs& args) {
  auto crls = ReadCrlFiles(context, {args.file});
  if (!crls) return tl::unexpected(std::move(crls).error());
  auto opened = context.OpenService(Access::kWrite);
  if (!opened) return tl::unexpected(std::move(opened).error());
  std::vector<Json> items;
  for (const Bytes& der : *crls) {
    auto crl = opened->registry.AddCrl(opened->service, args.ca, der);
    if (!crl) return tl::unexpected(std::move(crl).error());
    items.push_back(CrlJson(*crl, opened->service));
  }
  context.Say(fmt::format("CA '{}' has {} new CRL{}", Printable(args.ca), items.size(),
                          items.size() == 1 ? "" : "s"));
  context.EmitList("crl", "crls", std::move(items), [](std::ostream&) {});
  return kExitAccepted;
}

Result<int> List(CliContext& context) {
  auto opened = context.OpenService(Access::kRead);
  if (!opened) return tl::unexpected(std::move(opened).error());
  auto crls = opened->registry.ListCrls(opened->service);
  if (!crls) return tl::unexpected(std::move(crls).error());
  std::vector<Json> items;
  Table table({"CA", "ISSUER", "NUMBER", "THIS UPDATE", "NEXT UPDATE", "REVOKED"});
  for (const RegisteredCrl& crl : *crls) {
    items.push_back(CrlJson(crl, opened->service));
    const Json& item = items.back();
    table.AddRow({{crl.ca_name},
                  {TextOf(item, "issuer")},
                  {TextOf(item, "number")},
                  {TextOf(item, "this_update")},
                  {TextOf(item, "next_update")},
                  {Grouped(item.value("revoked", std::uint64_t{0}))}});
  }
  context.EmitList("crl", "crls", std::move(items), [&](std::ostream& out) {
    table.Print(out, context.out_style(), {2, 5});
  });
  return kExitAccepted;
}

Result<int> Remove(CliContext& context, const CrlArgs& args) {
  auto opened = context.OpenService(Access::kWrite);
  if (!opened) return tl::unexpected(std::move(opened).error());
  auto removed = opened->registry.DeleteCrls(opened->service, args.ca);
  if (!removed) return tl::unexpected(std::move(removed).error());
  context.Say(fmt::format("removed the CRLs of CA '{}'", Printable(args.ca)));
  context.Emit({{"schema", "muster-removed/1"}, {"service", opened->service}, {"crls_of", args.ca}},
               [](std::ostream&) {});
  return kExitAccepted;
}

}  // namespace

void AddCrlCommand(CLI::App& app, CliContext& context) {
  CLI::App* noun = AddNoun(app, "crl", "Certificate revocation lists");
  auto args = std::make_shared<CrlArgs>();
  CLI::App* add = AddVerb(*noun, context, "add", "Hold a CRL for a CA; replaces an older one",
                          [&context, args] { return Add(context, *args); });
  add->add_option("ca", args->ca, "The CA's name in the registry")->required()->type_name("NAME");
  add->add_option("file", args->file, "The CRL")->required()->type_name("FILE");
  AddVerb(*noun, context, "list", "List the CRLs", [&context] { return List(context); });
  CLI::App* rm = AddVerb(*noun, context, "rm", "Remove every CRL of a CA",
                         [&context, args] { return Remove(context, *args); });
  rm->add_option("ca", args->ca, "The CA's name in the registry")->required()->type_name("NAME");
}

}  // namespace muster::cli
