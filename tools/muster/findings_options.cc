#include "tools/muster/findings_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

#include "tools/muster/registry_change.h"

namespace muster::cli {
namespace {

// Where Debian's package openssl-blacklist puts its lists, on systems that have it.
constexpr const char* kWeakKeyFolder = "/usr/share/openssl-blacklist";

std::vector<std::string> InstalledWeakKeyLists() {
  std::vector<std::string> lists;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(kWeakKeyFolder, error)) {
    if (entry.path().filename().string().starts_with("blacklist.RSA-")) {
      lists.push_back(entry.path().string());
    }
  }
  std::sort(lists.begin(), lists.end());
  return lists;
}

// FleetFindings checks ids too, but suggests none.
Result<void> CheckIds(const FindingsArgs& args) {
  for (const std::vector<std::string>* ids : {&args.only, &args.skip}) {
    for (const std::string& id : *ids) {
      if (FindFinding(id) == nullptr) return NoSuchFinding(id);
    }
  }
  return {};
}

}  // namespace

tl::unexpected<Error> NoSuchFinding(const std::string& id) {
  std::vector<std::string> ids;
  for (const FindingInfo& info : AllFindings()) ids.emplace_back(info.id);
  const std::string near = NearestWord(id, ids);
  return MakeError(ErrorCode::kInvalidArgument,
                   fmt::format("there is no finding '{}'{}; 'muster findings' lists them", id,
                               near.empty() ? "" : fmt::format(", did you mean '{}'?", near)));
}

void AddFindingsOptions(CLI::App& verb, FindingsArgs& args) {
  verb.add_flag("--findings", args.findings,
                "Also say what else is wrong; implied by --report and the options below");
  AddRepeatable(verb, "--only", args.only, "Look for this finding only ('muster findings')", "ID");
  AddRepeatable(verb, "--skip", args.skip, "Do not look for this finding", "ID");
  AddChoice(verb, "--fail-on", args.fail_on, {"info", "warning", "error"},
            "Exit with 1 where something of this severity or worse is found");
  verb.add_option("--expires-soon", args.expires_days,
                  "Days ahead in which expiring certificates are a warning [30]")
      ->type_name("DAYS")
      ->check(CLI::Range(0, 36'500));
  verb.add_option("--expires-later", args.expires_later_days,
                  "Days ahead in which expiring certificates are mentioned [90]")
      ->type_name("DAYS")
      ->check(CLI::Range(0, 36'500));
  AddRepeatable(verb, "--weak-keys", args.weak_keys,
                "A list of Debian's weak RSA keys, as in its package openssl-blacklist");
  verb.add_option("--findings-memory", args.memory_mib,
                  "Memory for comparing devices, in MiB; what does not fit is spilled [256]")
      ->type_name("N")
      ->check(CLI::Range(1, 1 << 20));
  verb.add_option("--spill-folder", args.spill_folder, "Where temporary files go [the system's]")
      ->type_name("FILE");
}

bool WantsFindings(const FindingsArgs& args) {
  return args.findings || !args.only.empty() || !args.skip.empty() || !args.fail_on.empty() ||
         !args.weak_keys.empty();
}

Result<std::unique_ptr<FleetFindings>> StartFindings(
    CliContext& context, const FindingsArgs& args, bool for_report,
    std::shared_ptr<const RegistrySnapshot> snapshot, UnixTime at, int threads) {
  if (!for_report && !WantsFindings(args)) return nullptr;
  if (auto known = CheckIds(args); !known) return tl::unexpected(std::move(known).error());
  FindingsOptions options;
  options.at = at;
  options.only = args.only;
  options.skip = args.skip;
  options.expires_soon_days = args.expires_days;
  options.expires_later_days = args.expires_later_days;
  options.memory_octets_max = args.memory_mib << 20;
  options.spill_folder = args.spill_folder;
  options.threads =
      threads > 0 ? threads : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  options.weak_key_lists = args.weak_keys.empty() ? InstalledWeakKeyLists() : args.weak_keys;
  if (auto checked = FleetFindings::Check(options); !checked) {
    return tl::unexpected(std::move(checked).error());
  }
  auto registry = context.OpenRegistry(Access::kRead);
  if (!registry) return tl::unexpected(std::move(registry).error());
  auto services = registry->ListServices();
  if (!services) return tl::unexpected(std::move(services).error());
  for (const std::string& service : *services) {
    if (service == snapshot->service()) continue;
    auto contents = registry->Contents(service);
    if (!contents) return tl::unexpected(std::move(contents).error());
    options.other_services.push_back(*std::move(contents));
  }
  if (options.weak_key_lists.empty()) {
    context.Say("no list of Debian's weak RSA keys is installed: they are not looked for");
  }
  return std::make_unique<FleetFindings>(std::move(snapshot), std::move(options));
}

bool Fails(const FindingsArgs& args, const FindingsReport& report) {
  const auto severity = ParseSeverity(args.fail_on);
  return severity && std::ranges::any_of(report.findings, [&](const FindingCount& found) {
           return found.info->severity >= *severity;
         });
}

}  // namespace muster::cli
