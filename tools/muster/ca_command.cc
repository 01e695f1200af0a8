// ca add|list|show|code|verify|attest|rm: CA certificates and proof of possession.
#include <fmt/format.h>

#include "muster/certificate_reader.h"
#include "tools/muster/commands.h"
#include "tools/muster/describe.h"
#include "tools/muster/reading.h"

namespace muster::cli {
namespace {

struct CaArgs {
  std::string name, file, etag, why, proof;
  bool verified = false, replace = false, force = false;
};

Json CaJson(const CaCertificate& ca, const std::string& service) {
  Json json{{"schema", "muster-ca/1"}, {"service", service}};
  json.update(DescribeCa(ca));
  return json;
}

void EmitCa(CliContext& context, const CaCertificate& ca, const std::string& service) {
  context.Emit(CaJson(ca, service), [](std::ostream&) {});
}

// The ETag to write with: the caller's, or that of the row that was just looked at.
std::string EtagFor(const CaArgs& args, const CaCertificate& seen) {
  return args.etag.empty() ? seen.etag : args.etag;
}

// Registering other bytes under a name takes the CA's verified status away: only on request.
Result<std::string> CheckReplacement(OpenedService& opened, const CaArgs& args, ByteView der) {
  auto known = opened.registry.GetCa(opened.service, args.name);
  if (!known) {
    if (known.error().code == ErrorCode::kNotFound) return args.etag;
    return tl::unexpected(std::move(known).error());
  }
  Fingerprint have = Fingerprint::Of(known->der), given = Fingerprint::Of(der);
  if (have != given && !args.replace && args.etag.empty()) {
    return MakeError(
        ErrorCode::kAlreadyExists,
        fmt::format("CA '{}' is registered with another certificate ({}, not {}); --replace puts "
                    "this one in its place, unverified",
                    args.name, ShortHex(have), ShortHex(given)));
  }
  return EtagFor(args, *known);
}

Result<int> Add(CliContext& context, const CaArgs& args) {
  if (args.verified && args.why.empty()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "--verified needs --why TEXT: self-attestation is recorded with its reason");
  }
  auto der = ReadCertificateFile(context, args.file);
  if (!der) return tl::unexpected(std::move(der).error());
  auto opened = context.OpenService(Access::kWrite);
  if (!opened) return tl::unexpected(std::move(opened).error());
  auto etag = CheckReplacement(*opened, args, *der);
  if (!etag) return tl::unexpected(std::move(etag).error());
  auto ca = opened->registry.AddCa(opened->service, args.name, *der, false, *etag);
  if (!ca) return tl::unexpected(std::move(ca).error());
  if (args.verified && ca->status != CaStatus::kVerified) {
    ca = opened->registry.SelfAttestCa(opened->service, args.name, args.why, ca->etag);
    if (!ca) return tl::unexpected(std::move(ca).error());
  }
  std::string next = ca->status == CaStatus::kVerified
                         ? std::string()
                         : fmt::format("; next: muster ca code {}", Printable(ca->name));
  context.Say(
      fmt::format("registered CA '{}', {}{}", Printable(ca->name), NameOf(ca->status), next));
  EmitCa(context, *ca, opened->service);
  return kExitAccepted;
}

Result<int> List(CliContext& context) {
  auto opened = context.OpenService(Access::kRead);
  if (!opened) return tl::unexpected(std::move(opened).error());
  auto cas = opened->registry.ListCas(opened->service);
  if (!cas) return tl::unexpected(std::move(cas).error());
  std::vector<Json> items;
  Table table({"NAME", "STATUS", "METHOD", "EXPIRES", "KEY", "SHA-256", "SUBJECT"});
  for (const CaCertificate& ca : *cas) {
    items.push_back(DescribeCa(ca));
    Json certificate = DescribeCertificate(ca.der);
    bool verified = ca.status == CaStatus::kVerified;
    table.AddRow({{ca.name},
                  {std::string(NameOf(ca.status)), verified ? Paint::kGood : Paint::kWarning},
                  {std::string(NameOf(ca.method))},
                  {certificate.value("not_after", "").substr(0, 10)},
                  {certificate.value("key", "")},
                  {certificate.value("sha256", "").substr(0, 12)},
                  {certificate.value("subject", "")}});
  }
  context.EmitList("ca", "cas", std::move(items),
                   [&](std::ostream& out) { table.Print(out, context.out_style()); });
  return kExitAccepted;
}

void PrintCa(std::ostream& out, const CaCertificate& ca) {
  Json certificate = DescribeCertificate(ca.der);
  auto line = [&out](std::string_view label, const std::string& value) {
    out << fmt::format("{:<12} {}\n", label, Printable(value));
  };
  line("name", ca.name);
  line("status", std::string(NameOf(ca.status)));
  line("method", std::string(NameOf(ca.method)));
  line("registered", FormatRfc3339(ca.registered_at));
  if (ca.verified_at) line("verified", FormatRfc3339(*ca.verified_at));
  if (ca.code) {
    line("code", fmt::format("number {}, until {}, {} bad proofs", ca.code->generation,
                             FormatRfc3339(ca.code->expires), ca.code->bad_proofs));
  }
  for (const auto& [key, value] : certificate.items()) line(key, value.get<std::string>());
  line("etag", ca.etag);
  out << EncodePem(ca.der, "CERTIFICATE");
}

Result<int> Show(CliContext& context, const CaArgs& args) {
  auto opened = context.OpenService(Access::kRead);
  if (!opened) return tl::unexpected(std::move(opened).error());
  auto ca = opened->registry.GetCa(opened->service, args.name);
  if (!ca) return tl::unexpected(std::move(ca).error());
  Json json = CaJson(*ca, opened->service);
  json["pem"] = EncodePem(ca->der, "CERTIFICATE");
  context.Emit(json, [&](std::ostream& out) { PrintCa(out, *ca); });
  return kExitAccepted;
}

Result<int> Code(CliContext& context, const CaArgs& args) {
  auto opened = context.OpenService(Access::kWrite);
  if (!opened) return tl::unexpected(std::move(opened).error());
  auto code = opened->registry.GenerateCode(opened->service, args.name, args.etag);
  if (!code) return tl::unexpected(std::move(code).error());
  Json json{{"schema", "muster-code/1"},
            {"service", opened->service},
            {"ca", args.name},
            {"code", code->text},
            {"expires", FormatRfc3339(code->expires)},
            {"generation", code->generation}};
  context.Emit(json, [&](std::ostream& out) { out << code->text << '\n'; });
  context.Say(fmt::format(
      "Issue a certificate whose subject CN is this code, signed with the private key of '{0}'\n"
      "itself, then: muster ca verify {0} --proof FILE\n"
      "The code works once, until {1}; a new code replaces it.",
      Printable(args.name), FormatRfc3339(code->expires)));
  return kExitAccepted;
}

Result<int> Verify(CliContext& context, const CaArgs& args) {
  auto input = ReadInput(context, args.proof);
  if (!input) return tl::unexpected(std::move(input).error());
  auto proof = ReadOneCertificate(*input, SourceName(args.proof));
  if (!proof) return tl::unexpected(std::move(proof).error());
  auto opened = context.OpenService(Access::kWrite);
  if (!opened) return tl::unexpected(std::move(opened).error());
  auto ca = opened->registry.VerifyCa(opened->service, args.name, *proof, args.etag);
  if (!ca) return tl::unexpected(std::move(ca).error());
  context.Say(
      fmt::format("CA '{}' is verified: possession of its key was proven", Printable(ca->name)));
  EmitCa(context, *ca, opened->service);
  return kExitAccepted;
}

Result<int> Attest(CliContext& context, const CaArgs& args) {
  auto opened = context.OpenService(Access::kWrite);
  if (!opened) return tl::unexpected(std::move(opened).error());
  auto ca = opened->registry.SelfAttestCa(opened->service, args.name, args.why, args.etag);
  if (!ca) return tl::unexpected(std::move(ca).error());
  context.Say(
      fmt::format("CA '{}' is verified on your word; the audit log says so", Printable(ca->name)));
  EmitCa(context, *ca, opened->service);
  return kExitAccepted;
}

Result<int> Remove(CliContext& context, const CaArgs& args) {
  auto opened = context.OpenService(Access::kWrite);
  if (!opened) return tl::unexpected(std::move(opened).error());
  auto removed = opened->registry.DeleteCa(opened->service, args.name, args.force, args.etag);
  if (!removed) return tl::unexpected(std::move(removed).error());
  context.Say(fmt::format("removed CA '{}'; groups that rolled up to it stop enrolling now",
                          Printable(args.name)));
  context.Emit({{"schema", "muster-removed/1"}, {"service", opened->service}, {"ca", args.name}},
               [](std::ostream&) {});
  return kExitAccepted;
}

using CaBody = Result<int> (*)(CliContext&, const CaArgs&);

// A verb about one named CA.
CLI::App* AddCaVerb(CLI::App& noun, CliContext& context, const std::string& name,
                    const std::string& description, CaBody body,
                    const std::shared_ptr<CaArgs>& args) {
  CLI::App* verb = AddVerb(noun, context, name, description,
                           [&context, args, body] { return body(context, *args); });
  verb->add_option("name", args->name, "The CA's name in the registry")
      ->required()
      ->type_name("NAME");
  return verb;
}

}  // namespace

void AddCaCommand(CLI::App& app, CliContext& context) {
  CLI::App* noun = AddNoun(app, "ca", "CA certificates and proof of possession");
  auto args = std::make_shared<CaArgs>();
  CLI::App* add = AddCaVerb(*noun, context, "add", "Register a CA certificate", Add, args);
  add->add_option("file", args->file, "The certificate")->required()->type_name("FILE");
  add->add_flag("--verified", args->verified, "Verified on your word (self-attestation)");
  add->add_option("--why", args->why, "Why it may be trusted without a proof")->type_name("TEXT");
  add->add_flag("--replace", args->replace, "Replace another certificate of this name");
  AddEtag(*add, args->etag);

  AddVerb(*noun, context, "list", "List the CA certificates", [&context] { return List(context); });
  AddCaVerb(*noun, context, "show", "Show one CA certificate", Show, args);
  CLI::App* code = AddCaVerb(*noun, context, "code", "Make a verification code", Code, args);
  AddEtag(*code, args->etag);

  CLI::App* verify =
      AddCaVerb(*noun, context, "verify", "Prove possession of the CA's key", Verify, args);
  verify->add_option("--proof", args->proof, "The verification certificate")
      ->required()
      ->type_name("FILE");
  AddEtag(*verify, args->etag);

  CLI::App* attest = AddCaVerb(*noun, context, "attest",
                               "Mark a registered CA as verified on your word", Attest, args);
  attest->add_option("--why", args->why, "Why it may be trusted without a proof")
      ->required()
      ->type_name("TEXT");
  AddEtag(*attest, args->etag);

  CLI::App* rm = AddCaVerb(*noun, context, "rm", "Remove a CA certificate", Remove, args);
  rm->add_flag("--force", args->force, "Even where enrollments refer to it by name");
  AddEtag(*rm, args->etag);
}

}  // namespace muster::cli
