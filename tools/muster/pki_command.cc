// pki root|intermediate|leaf|proof|crl|fleet: certificates for development and tests.
#include <fmt/format.h>

#include <chrono>

#include "muster/certificate_reader.h"
#include "tools/muster/commands.h"
#include "tools/muster/describe.h"
#include "tools/muster/pki_files.h"
#include "tools/muster/reading.h"

namespace muster::cli {
namespace {

constexpr const char* kClientAuth = "1.3.6.1.5.5.7.3.2";

struct IssueArgs {
  std::string name, key = "p256", seed = "muster", out = "-", key_out, not_before;
  std::string ca, ca_key;
  int days = 365;
  int path_len = -1;  // None.
  bool force = false;
  // crl
  std::vector<std::string> revoked;
  std::uint64_t number = 1;
};

// Writes a PEM document to --out: a file, or standard output.
Result<void> WritePem(CliContext& context, const IssueArgs& args, const std::string& pem) {
  if (args.out != "-") return WriteFile(args.out, pem, Privacy::kPublic, args.force);
  context.out() << pem;
  return {};
}

Result<CertificateTemplate> TemplateOf(CliContext& context, const IssueArgs& args) {
  auto not_before = context.TimeOf(args.not_before);
  if (!not_before) return tl::unexpected(std::move(not_before).error());
  CertificateTemplate what;
  what.common_name = args.name;
  what.not_before = *not_before;
  what.not_after = *not_before + std::chrono::days{args.days};
  return what;
}

// The CA of --ca and --ca-key, which must belong together.
struct CaInput {
  Certificate certificate;
  DevelopmentKey key;
};
Result<CaInput> ReadCa(CliContext& context, const IssueArgs& args) {
  auto der = ReadCertificateFile(context, args.ca);
  if (!der) return tl::unexpected(std::move(der).error());
  auto certificate = ParseForUse(*der, args.ca);
  if (!certificate) return tl::unexpected(std::move(certificate).error());
  auto key = ReadKeyFile(context, args.ca_key);
  if (!key) return tl::unexpected(std::move(key).error());
  const ByteView spki = certificate->view().spki();
  if (key->spki() != Bytes(spki.begin(), spki.end())) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("{} is not the key of the certificate in {}",
                                 SourceName(args.ca_key), SourceName(args.ca)));
  }
  return CaInput{*std::move(certificate), *std::move(key)};
}

// Derives the key, has `issue` make the certificate and writes both, the key first: a certificate
// without its key is of no use. `chain` follows the certificate.
Result<int> IssueWithKey(CliContext& context, const IssueArgs& args,
                         const std::function<Result<Bytes>(const DevelopmentKey&)>& issue,
                         ByteView chain = {}) {
  WarnDevelopmentOnly(context);
  auto key = DevelopmentKey::Derive(*ParseKeyKind(args.key), args.seed, args.name);
  if (!key) return tl::unexpected(std::move(key).error());
  auto der = issue(*key);
  if (!der) return tl::unexpected(std::move(der).error());
  auto wrote_key = WriteFile(args.key_out, key->ToPem(), Privacy::kSecret, args.force);
  if (!wrote_key) return tl::unexpected(std::move(wrote_key).error());
  std::string pem = EncodePem(*der, "CERTIFICATE");
  if (!chain.empty()) pem += EncodePem(chain, "CERTIFICATE");
  auto wrote = WritePem(context, args, pem);
  if (!wrote) return tl::unexpected(std::move(wrote).error());
  context.Say(fmt::format("issued {}; its private key is in '{}'", ShortName(*der), args.key_out));
  return kExitAccepted;
}

Result<int> IssueRoot(CliContext& context, const IssueArgs& args) {
  auto what = TemplateOf(context, args);
  if (!what) return tl::unexpected(std::move(what).error());
  what->is_ca = true;
  if (args.path_len >= 0) what->path_len = args.path_len;
  return IssueWithKey(context, args, [&](const DevelopmentKey& key) {
    return IssueSelfSigned(*what, key);
  });
}

Result<int> IssueIntermediate(CliContext& context, const IssueArgs& args) {
  auto what = TemplateOf(context, args);
  if (!what) return tl::unexpected(std::move(what).error());
  what->is_ca = true;
  if (args.path_len >= 0) what->path_len = args.path_len;
  auto ca = ReadCa(context, args);
  if (!ca) return tl::unexpected(std::move(ca).error());
  return IssueWithKey(context, args, [&](const DevelopmentKey& key) {
    return IssueCertificate(*what, key.spki(), IssuerOf(ca->certificate, ca->key));
  });
}

Result<int> IssueLeaf(CliContext& context, const IssueArgs& args) {
  if (!RegistrationId::Parse(args.name)) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("'{}' is no registration ID: use 1 to 128 of A-Z a-z 0-9 - . _ : "
                                 "and end in a letter, digit or dash",
                                 args.name));
  }
  auto what = TemplateOf(context, args);
  if (!what) return tl::unexpected(std::move(what).error());
  what->extended_key_usage = {kClientAuth};
  auto ca = ReadCa(context, args);
  if (!ca) return tl::unexpected(std::move(ca).error());
  // A root need not be sent.
  const bool send_ca = !ca->certificate->IsSelfIssued();
  return IssueWithKey(
      context, args,
      [&](const DevelopmentKey& key) {
        return IssueCertificate(*what, key.spki(), IssuerOf(ca->certificate, ca->key));
      },
      send_ca ? ca->certificate.der() : ByteView{});
}

Result<int> MakeProof(CliContext& context, const IssueArgs& args) {
  context.Warn("for development and tests only: a real CA's key does not belong in a plain file");
  auto ca = ReadCa(context, args);
  if (!ca) return tl::unexpected(std::move(ca).error());
  auto not_before = context.TimeOf(args.not_before);
  if (!not_before) return tl::unexpected(std::move(not_before).error());
  auto der = IssueProof(args.name, ca->certificate, ca->key, *not_before,
                        *not_before + std::chrono::days{args.days});
  if (!der) return tl::unexpected(std::move(der).error());
  auto wrote = WritePem(context, args, EncodePem(*der, "CERTIFICATE"));
  if (!wrote) return tl::unexpected(std::move(wrote).error());
  return kExitAccepted;
}

Result<int> MakeCrl(CliContext& context, const IssueArgs& args) {
  context.Warn("for development and tests only: a real CA's key does not belong in a plain file");
  auto ca = ReadCa(context, args);
  if (!ca) return tl::unexpected(std::move(ca).error());
  auto this_update = context.TimeOf(args.not_before);
  if (!this_update) return tl::unexpected(std::move(this_update).error());
  CrlTemplate what;
  what.this_update = *this_update;
  what.next_update = *this_update + std::chrono::days{args.days};
  what.number = args.number;
  for (const std::string& path : args.revoked) {
    auto der = ReadCertificateFile(context, path);
    if (!der) return tl::unexpected(std::move(der).error());
    auto certificate = ParseForUse(*der, path);
    if (!certificate) return tl::unexpected(std::move(certificate).error());
    const ByteView serial = certificate->view().serial();
    what.revoked.push_back({Bytes(serial.begin(), serial.end()), *this_update, std::nullopt, {}});
  }
  auto der = IssueCrl(what, IssuerOf(ca->certificate, ca->key));
  if (!der) return tl::unexpected(std::move(der).error());
  auto wrote = WritePem(context, args, EncodePem(*der, "X509 CRL"));
  if (!wrote) return tl::unexpected(std::move(wrote).error());
  return kExitAccepted;
}

void AddOutputOptions(CLI::App& verb, IssueArgs& args) {
  verb.add_option("--out", args.out, "Where to write it, as PEM; '-' is standard output")
      ->type_name("FILE");
  verb.add_option("--not-before", args.not_before, "First moment of validity; default: now")
      ->type_name("TIME");
  verb.add_option("--days", args.days, "Days of validity")
      ->check(CLI::Range(1, 36'500))
      ->type_name("N")
      ->capture_default_str();
  verb.add_flag("--force", args.force, "Overwrite files");
}

void AddKeyOptions(CLI::App& verb, IssueArgs& args) {
  AddKeyKind(verb, "--key", args.key, "Kind of key");
  verb.add_option("--seed", args.seed, "The key is derived from this and the name")
      ->type_name("TEXT")
      ->capture_default_str();
  verb.add_option("--key-out", args.key_out, "Where to write the private key (mode 0600)")
      ->required()
      ->type_name("FILE");
}

void AddCaOptions(CLI::App& verb, IssueArgs& args) {
  verb.add_option("--ca", args.ca, "The issuing CA certificate")->required()->type_name("FILE");
  verb.add_option("--ca-key", args.ca_key, "Its private key, unencrypted PKCS#8")
      ->required()
      ->type_name("FILE");
}

using IssueBody = Result<int> (*)(CliContext&, const IssueArgs&);

CLI::App* AddIssueVerb(CLI::App& noun, CliContext& context, const char* name,
                       const char* description, IssueBody body,
                       const std::shared_ptr<IssueArgs>& args) {
  CLI::App* verb = AddVerb(noun, context, name, description,
                           [&context, args, body] { return body(context, *args); });
  AddOutputOptions(*verb, *args);
  return verb;
}

void AddPathLen(CLI::App& verb, IssueArgs& args) {
  verb.add_option("--path-len", args.path_len, "pathLenConstraint; default: none")
      ->check(CLI::Range(0, 100))
      ->type_name("N");
}

}  // namespace

void AddPkiCommand(CLI::App& app, CliContext& context) {
  CLI::App* noun = AddNoun(app, "pki", "Make certificates for development and tests");

  auto root = std::make_shared<IssueArgs>();
  root->days = 3650;
  CLI::App* verb =
      AddIssueVerb(*noun, context, "root", "Make a self-signed root CA", IssueRoot, root);
  verb->add_option("name", root->name, "Its common name")->required()->type_name("NAME");
  AddKeyOptions(*verb, *root);
  AddPathLen(*verb, *root);

  auto intermediate = std::make_shared<IssueArgs>();
  intermediate->days = 1825;
  verb = AddIssueVerb(*noun, context, "intermediate", "Make an intermediate CA", IssueIntermediate,
                      intermediate);
  verb->add_option("name", intermediate->name, "Its common name")->required()->type_name("NAME");
  AddKeyOptions(*verb, *intermediate);
  AddCaOptions(*verb, *intermediate);
  AddPathLen(*verb, *intermediate);

  auto leaf = std::make_shared<IssueArgs>();
  verb = AddIssueVerb(*noun, context, "leaf",
                      "Make a device's chain: its certificate, and the CA's unless that is a root",
                      IssueLeaf, leaf);
  verb->add_option("id", leaf->name, "Its registration ID")->required()->type_name("ID");
  AddKeyOptions(*verb, *leaf);
  AddCaOptions(*verb, *leaf);

  auto proof = std::make_shared<IssueArgs>();
  proof->days = 30;
  verb = AddIssueVerb(*noun, context, "proof", "Prove possession of a CA's key for a code",
                      MakeProof, proof);
  verb->add_option("code", proof->name, "The code of 'muster ca code'")
      ->required()
      ->type_name("CODE");
  AddCaOptions(*verb, *proof);

  auto crl = std::make_shared<IssueArgs>();
  crl->days = 30;
  verb = AddIssueVerb(*noun, context, "crl", "Make a certificate revocation list", MakeCrl, crl);
  AddCaOptions(*verb, *crl);
  AddRepeatable(*verb, "--revoke", crl->revoked, "A certificate to revoke");
  verb->add_option("--number", crl->number, "crlNumber; a newer CRL has a higher one")
      ->type_name("N")
      ->capture_default_str();

  AddFleetVerb(*noun, context);
}

}  // namespace muster::cli
