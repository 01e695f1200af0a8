// enrollment add|list|show|enable|disable|rm: individual enrollments.
#include <fmt/format.h>

#include "tools/muster/commands.h"
#include "tools/muster/describe.h"
#include "tools/muster/signing_options.h"

namespace muster::cli {
namespace {

struct EnrollmentArgs {
  std::string id, etag;
  SigningArgs attestation;
  bool disabled = false, replace = false;
};

Json EnrollmentJson(const IndividualEnrollment& individual, const std::string& service) {
  Json json{{"schema", "muster-enrollment/1"},
            {"service", service},
            {"registration_id", individual.registration_id},
            {"enabled", individual.enabled}};
  json.update(DescribeSigning(individual.attestation));
  json["etag"] = individual.etag;
  return json;
}

// An existing enrollment is replaced on request only, and only the one that was seen.
Result<std::string> CheckReplacement(OpenedService& opened, const EnrollmentArgs& args) {
  auto known = opened.registry.GetIndividual(opened.service, args.id);
  if (!known) {
    if (known.error().code == ErrorCode::kNotFound) return args.etag;
    return tl::unexpected(std::move(known).error());
  }
  if (!args.replace && args.etag.empty()) {
    return MakeError(
        ErrorCode::kAlreadyExists,
        fmt::format("enrollment '{}' exists; --replace puts this one in its place", args.id));
  }
  return args.etag.empty() ? known->etag : args.etag;
}

Result<int> Add(CliContext& context, const EnrollmentArgs& args) {
  auto attestation = ReadSigning(context, args.attestation);
  if (!attestation) return tl::unexpected(std::move(attestation).error());
  auto opened = context.OpenService(Access::kWrite);
  if (!opened) return tl::unexpected(std::move(opened).error());
  auto etag = CheckReplacement(*opened, args);
  if (!etag) return tl::unexpected(std::move(etag).error());
  IndividualEnrollment individual{args.id, !args.disabled, *std::move(attestation), {}};
  auto put = opened->registry.PutIndividual(opened->service, individual, *etag);
  if (!put) return tl::unexpected(std::move(put).error());
  context.Say(fmt::format("device '{}' enrols by {}{}", Printable(put->registration_id),
                          Printable(SigningText(put->attestation)),
                          put->enabled ? "" : " (disabled)"));
  context.Emit(EnrollmentJson(*put, opened->service), [](std::ostream&) {});
  return kExitAccepted;
}

Result<int> List(CliContext& context) {
  auto opened = context.OpenService(Access::kRead);
  if (!opened) return tl::unexpected(std::move(opened).error());
  auto individuals = opened->registry.ListIndividuals(opened->service);
  if (!individuals) return tl::unexpected(std::move(individuals).error());
  std::vector<Json> items;
  Table table({"REGISTRATION ID", "STATE", "BY"});
  for (const IndividualEnrollment& individual : *individuals) {
    items.push_back(EnrollmentJson(individual, opened->service));
    table.AddRow({{individual.registration_id},
                  {individual.enabled ? "enabled" : "disabled",
                   individual.enabled ? Paint::kGood : Paint::kWarning},
                  {SigningText(individual.attestation)}});
  }
  context.EmitList("enrollment", "enrollments", std::move(items),
                   [&](std::ostream& out) { table.Print(out, context.out_style()); });
  return kExitAccepted;
}

Result<int> Show(CliContext& context, const EnrollmentArgs& args) {
  auto opened = context.OpenService(Access::kRead);
  if (!opened) return tl::unexpected(std::move(opened).error());
  auto individual = opened->registry.GetIndividual(opened->service, args.id);
  if (!individual) return tl::unexpected(std::move(individual).error());
  context.Emit(EnrollmentJson(*individual, opened->service), [&](std::ostream& out) {
    out << fmt::format(
        "device  {}\nstate   {}\nby      {}\netag    {}\n", Printable(individual->registration_id),
        individual->enabled ? "enabled" : "disabled",
        Printable(SigningText(individual->attestation)), Printable(individual->etag));
  });
  return kExitAccepted;
}

Result<int> SetEnabled(CliContext& context, const EnrollmentArgs& args, bool enabled) {
  auto opened = context.OpenService(Access::kWrite);
  if (!opened) return tl::unexpected(std::move(opened).error());
  auto individual =
      opened->registry.SetIndividualEnabled(opened->service, args.id, enabled, args.etag);
  if (!individual) return tl::unexpected(std::move(individual).error());
  context.Say(fmt::format("enrollment '{}' is {}", Printable(individual->registration_id),
                          individual->enabled ? "enabled" : "disabled"));
  context.Emit(EnrollmentJson(*individual, opened->service), [](std::ostream&) {});
  return kExitAccepted;
}

Result<int> Enable(CliContext& context, const EnrollmentArgs& args) {
  return SetEnabled(context, args, true);
}

Result<int> Disable(CliContext& context, const EnrollmentArgs& args) {
  return SetEnabled(context, args, false);
}

Result<int> Remove(CliContext& context, const EnrollmentArgs& args) {
  auto opened = context.OpenService(Access::kWrite);
  if (!opened) return tl::unexpected(std::move(opened).error());
  auto removed = opened->registry.DeleteIndividual(opened->service, args.id, args.etag);
  if (!removed) return tl::unexpected(std::move(removed).error());
  context.Say(fmt::format("removed enrollment '{}'", Printable(args.id)));
  context.Emit(
      {{"schema", "muster-removed/1"}, {"service", opened->service}, {"enrollment", args.id}},
      [](std::ostream&) {});
  return kExitAccepted;
}

using EnrollmentBody = Result<int> (*)(CliContext&, const EnrollmentArgs&);

CLI::App* AddEnrollmentVerb(CLI::App& noun, CliContext& context, const std::string& name,
                            const std::string& description, EnrollmentBody body,
                            const std::shared_ptr<EnrollmentArgs>& args) {
  CLI::App* verb = AddVerb(noun, context, name, description,
                           [&context, args, body] { return body(context, *args); });
  verb->add_option("id", args->id, "The device's registration ID (its leaf's CN)")
      ->required()
      ->type_name("ID");
  return verb;
}

}  // namespace

void AddEnrollmentCommand(CLI::App& app, CliContext& context) {
  CLI::App* noun = AddNoun(app, "enrollment", "Individual enrollments");
  auto args = std::make_shared<EnrollmentArgs>();
  CLI::App* add = AddEnrollmentVerb(*noun, context, "add", "Add one device", Add, args);
  AddSigningOptions(*add, args->attestation, "device's own certificate");
  add->add_flag("--disabled", args->disabled, "Add it disabled: blocks the registration ID");
  add->add_flag("--replace", args->replace, "Replace an enrollment of this registration ID");
  AddEtag(*add, args->etag);
  AddVerb(*noun, context, "list", "List the individual enrollments",
          [&context] { return List(context); });
  AddEnrollmentVerb(*noun, context, "show", "Show one enrollment", Show, args);
  AddEtag(*AddEnrollmentVerb(*noun, context, "enable", "Enable an enrollment", Enable, args),
          args->etag);
  AddEtag(*AddEnrollmentVerb(*noun, context, "disable",
                             "Disable an enrollment: the device is refused", Disable, args),
          args->etag);
  AddEtag(*AddEnrollmentVerb(*noun, context, "rm", "Remove an enrollment", Remove, args),
          args->etag);
}

}  // namespace muster::cli
