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
  return {{"schema", "muster-crl/1"},
          {"service", service},
          {"ca", crl.ca_name},
          {"sha256", Fingerprint::Of(crl.der).hex()},
          {"octets", crl.der.size()},
          {"etag", crl.etag}};
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
  Table table({"CA", "OCTETS", "SHA-256"});
  for (const RegisteredCrl& crl : *crls) {
    items.push_back(CrlJson(crl, opened->service));
    table.AddRow({{crl.ca_name}, {Grouped(crl.der.size())}, {Fingerprint::Of(crl.der).hex()}});
  }
  context.EmitList("crl", "crls", std::move(items),
                   [&](std::ostream& out) { table.Print(out, context.out_style(), {1}); });
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
