#include "tools/muster/inventory_options.h"

#include <ostream>

#include "tools/muster/output.h"
#include "tools/muster/reading.h"

namespace muster::cli {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

// A limit in MiB, kept in octets.
void AddMebibytes(CLI::App& verb, const std::string& name, std::uint64_t& octets,
                  const std::string& description) {
  verb.add_option_function<std::uint64_t>(
          name, [&octets](const std::uint64_t& mebibytes) { octets = mebibytes * kMiB; },
          description)
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 40));
}

}  // namespace

void AddInventoryOptions(CLI::App& verb, InventoryArgs& args) {
  std::vector<std::string> names = {"list"};
  for (const InventoryFormat& format : InventoryFormats()) names.emplace_back(format.name);
  AddChoice(verb, "--input-format", args.format, names,
            "What the inputs are, 'list' to see all [by content]");
  AddChoice(verb, "--layout", args.layout, {"auto", "chain", "list"},
            "A file of certificates is one device's chain, or a list of devices");
  verb.add_option("--map", args.map,
                  "Columns of CSV or Parquet, by name or number: id=COL,cert=COL[,chain=COL] "
                  "[by content]")
      ->type_name("MAP");
  AddRepeatable(verb, "--certificates", args.certificates,
                "Files and folders of certificates that thumbprints are looked up in");
  verb.add_option("--manifest-signer", args.manifest_signer,
                  "Certificate or public key that manifests must be signed by [not checked]")
      ->type_name("FILE");
  verb.add_option("--archive-members", args.archive.members_max,
                  "The most members of an archive that are read [1000000]")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 40));
  AddMebibytes(verb, "--archive-member-size", args.archive.member_octets_max,
               "The most of one member that is read, in MiB [1024]");
  AddMebibytes(verb, "--archive-size", args.archive.octets_max,
               "The most of one archive that is read, in MiB, decompressed [16384]");
  verb.add_option("--archive-ratio", args.archive.ratio_max,
                  "The most times its size that an archive may grow to [100]")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 40));
}

Json TermsOf(const InventoryArgs& args) {
  return {{"input-format", args.format},
          {"layout", args.layout},
          {"map", args.map},
          {"certificates", args.certificates},
          {"manifest-signer", args.manifest_signer},
          {"archive-members", args.archive.members_max},
          {"archive-member-size", args.archive.member_octets_max},
          {"archive-size", args.archive.octets_max},
          {"archive-ratio", args.archive.ratio_max}};
}

Result<InventoryOptions> ToInventoryOptions(CliContext& context, const InventoryArgs& args) {
  InventoryOptions options;
  options.format = args.format;
  options.layout = args.layout == "chain"  ? InventoryLayout::kChain
                   : args.layout == "list" ? InventoryLayout::kList
                                           : InventoryLayout::kAuto;
  if (!args.map.empty()) {
    auto columns = ParseColumnMap(args.map);
    if (!columns) return tl::unexpected<Error>(std::move(columns).error());
    options.columns = *std::move(columns);
  }
  options.certificates = args.certificates;
  if (!args.manifest_signer.empty()) {
    auto signer = ReadInput(context, args.manifest_signer);
    if (!signer) return tl::unexpected<Error>(std::move(signer).error());
    options.manifest_signer = *std::move(signer);
  }
  options.archive = args.archive;
  return options;
}

int ListInventoryFormats(CliContext& context) {
  std::vector<Json> items;
  Table table({"FORMAT", "WHAT IT IS"});
  for (const InventoryFormat& format : InventoryFormats()) {
    items.push_back({{"schema", "muster-inventory-format/1"},
                     {"name", format.name},
                     {"description", format.description}});
    table.AddRow({{std::string(format.name)}, {std::string(format.description)}});
  }
  context.EmitList("inventory-format", "formats", std::move(items),
                   [&](std::ostream& out) { table.Print(out, context.out_style()); });
  return kExitAccepted;
}

}  // namespace muster::cli
