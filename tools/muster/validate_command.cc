// validate: RFC 5280 path validation from given anchors, without a registry.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "muster/path_validation.h"
#include "tools/muster/commands.h"
#include "tools/muster/describe.h"
#include "tools/muster/reading.h"

namespace muster::cli {
namespace {

struct Args {
  std::string leaf, at, purpose = "clientAuth";
  std::vector<std::string> anchors, untrusted, crls;
  ValidationOptions options;
};

constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kPurposes = {{
    {"any", ""},
    {"clientAuth", "1.3.6.1.5.5.7.3.2"},
    {"serverAuth", "1.3.6.1.5.5.7.3.1"},
}};

bool LooksLikeOid(std::string_view text) {
  return !text.empty() && text.find('.') != std::string_view::npos &&
         text.find_first_not_of("0123456789.") == std::string_view::npos && text.front() != '.' &&
         text.back() != '.' && text.find("..") == std::string_view::npos;
}

Result<std::string> PurposeOf(const std::string& text) {
  for (const auto& [name, oid] : kPurposes) {
    if (name == text) return std::string(oid);
  }
  if (LooksLikeOid(text)) return text;
  return MakeError(
      ErrorCode::kInvalidArgument,
      fmt::format("--eku '{}' is not clientAuth, serverAuth, any or a dotted OID", text));
}

Result<std::vector<Certificate>> ReadParsed(CliContext& context,
                                            const std::vector<std::string>& paths) {
  std::vector<Certificate> parsed;
  for (const std::string& path : paths) {
    auto ders = ReadCertificateFiles(context, {path});
    if (!ders) return tl::unexpected(std::move(ders).error());
    for (const Bytes& der : *ders) {
      auto certificate = ParseForUse(der, SourceName(path));
      if (!certificate) return tl::unexpected(std::move(certificate).error());
      parsed.push_back(*std::move(certificate));
    }
  }
  return parsed;
}

// A leaf that is malformed is a bad chain, not an unreadable file.
struct LeafInput {
  std::optional<ParseFailure> failure;
  std::vector<Certificate> certificates;  // Leaf first.
};

Result<LeafInput> ReadLeaf(CliContext& context, const std::string& path) {
  auto chain = ReadChain(context, path, {});
  if (!chain) return tl::unexpected(std::move(chain).error());
  LeafInput input;
  for (const Bytes& der : chain->certificates) {
    auto certificate = Certificate::Parse(der);
    if (!certificate && input.certificates.empty()) {
      input.failure = certificate.error();
      return input;
    }
    // An untrusted certificate that does not parse can be on no path.
    if (certificate) input.certificates.push_back(*std::move(certificate));
  }
  return input;
}

Json OutcomeJson(const ValidationOutcome& outcome, UnixTime at) {
  Json json{{"schema", "muster-validation/1"},    {"valid", outcome.valid},
            {"reason", NameOf(outcome.reason)},   {"reason_number", InfoOf(outcome.reason).number},
            {"chain_index", outcome.chain_index}, {"at", FormatRfc3339(at)}};
  json["path"] = Json::array();
  for (const Certificate& certificate : outcome.path) {
    json["path"].push_back(DescribeCertificate(certificate.der()));
  }
  json["policies"] = outcome.policies;
  json["faults"] = Json::array();
  for (const Fault& fault : outcome.faults) json["faults"].push_back(DescribeFault(fault));
  return json;
}

void PrintOutcome(std::ostream& out, const Style& style, const ValidationOutcome& outcome) {
  if (outcome.valid) {
    out << style.Painted("valid", Paint::kGood) << '\n';
  } else {
    const ReasonInfo& info = InfoOf(outcome.reason);
    out << style.Painted("not valid", Paint::kBad)
        << fmt::format("  {} ({})", info.name, info.number);
    if (outcome.chain_index >= 0) out << fmt::format(", certificate {}", outcome.chain_index);
    out << fmt::format("\n  {}\n  {}\n", info.sentence, info.remedy);
  }
  for (std::size_t depth = 0; depth < outcome.path.size(); ++depth) {
    out << fmt::format("  {} {}\n", depth, Printable(ShortName(outcome.path[depth].der())));
  }
  for (const Fault& fault : outcome.faults) {
    std::string where =
        fault.chain_index < 0 ? "" : fmt::format("certificate {}: ", fault.chain_index);
    out << fmt::format("  {} {}{}{}\n", style.Painted(style.cross(), Paint::kBad), where,
                       NameOf(fault.reason),
                       fault.detail.empty() ? "" : ": " + Printable(fault.detail));
  }
  if (!outcome.policies.empty()) {
    out << fmt::format("  policies: {}\n", fmt::join(outcome.policies, ", "));
  }
}

Result<int> Validate(CliContext& context, const Args& args) {
  auto at = context.TimeOf(args.at);
  if (!at) return tl::unexpected(std::move(at).error());
  auto purpose = PurposeOf(args.purpose);
  if (!purpose) return tl::unexpected(std::move(purpose).error());
  for (const std::string& policy : args.options.initial_policies) {
    if (LooksLikeOid(policy)) continue;
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("--policy '{}' is not a dotted OID", policy));
  }
  auto leaf = ReadLeaf(context, args.leaf);
  if (!leaf) return tl::unexpected(std::move(leaf).error());
  auto untrusted = ReadParsed(context, args.untrusted);
  if (!untrusted) return tl::unexpected(std::move(untrusted).error());
  auto anchors = ReadParsed(context, args.anchors);
  if (!anchors) return tl::unexpected(std::move(anchors).error());
  auto crls = ReadCrlFiles(context, args.crls);
  if (!crls) return tl::unexpected(std::move(crls).error());

  ValidationOutcome outcome;
  if (leaf->failure) {
    outcome.reason = leaf->failure->reason;
    outcome.chain_index = 0;
    outcome.faults.push_back(
        {leaf->failure->reason, 0,
         fmt::format("{} (at octet {})", leaf->failure->what, leaf->failure->offset)});
  } else {
    auto& chain = leaf->certificates;
    untrusted->insert(untrusted->begin(), chain.begin() + 1, chain.end());
    ValidationOptions options = args.options;
    options.key_purpose = *purpose;
    outcome =
        ValidatePath({chain.front(), *std::move(untrusted), *std::move(anchors), *std::move(crls)},
                     options, *at);
  }
  context.Emit(OutcomeJson(outcome, *at),
               [&](std::ostream& out) { PrintOutcome(out, context.out_style(), outcome); });
  return outcome.valid ? kExitAccepted : kExitRefused;
}

}  // namespace

void AddValidateCommand(CLI::App& app, CliContext& context) {
  auto args = std::make_shared<Args>();
  CLI::App* verb =
      AddVerb(app, context, "validate", "Validate a path from given anchors (RFC 5280 section 6)",
              [&context, args] { return Validate(context, *args); });
  verb->add_option("leaf", args->leaf, "The leaf, or the chain with the leaf first")
      ->required()
      ->type_name("FILE");
  AddRepeatable(*verb, "--anchor", args->anchors, "Trust anchors")->required();
  AddRepeatable(*verb, "--untrusted", args->untrusted, "Intermediates, in any order");
  AddRepeatable(*verb, "--crl", args->crls, "Revocation lists");
  AddAt(*verb, args->at);
  verb->add_option("--eku", args->purpose,
                   "Purpose: clientAuth, serverAuth, any or an OID [clientAuth]")
      ->type_name("PURPOSE");
  AddRepeatable(*verb, "--policy", args->options.initial_policies, "Acceptable policies", "OID");
  verb->add_flag("--explicit-policy", args->options.explicit_policy, "Require a valid policy");
  verb->add_flag("--inhibit-policy-mapping", args->options.inhibit_policy_mapping,
                 "Ignore policy mappings");
  verb->add_flag("--inhibit-any-policy", args->options.inhibit_any_policy,
                 "anyPolicy matches nothing");
  verb->add_flag("--require-crl", args->options.require_crl,
                 "Every certificate below the anchor needs a good CRL in date");
}

}  // namespace muster::cli
