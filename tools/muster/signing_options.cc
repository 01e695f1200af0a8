#include "tools/muster/signing_options.h"

#include <fmt/format.h>

#include "tools/muster/describe.h"
#include "tools/muster/reading.h"

namespace muster::cli {

void AddSigningOptions(CLI::App& verb, SigningArgs& args, const std::string& what) {
  verb.add_option("--certificate", args.certificate, fmt::format("The {}", what))
      ->type_name("FILE");
  verb.add_option("--secondary", args.secondary, fmt::format("A second {}, for rollover", what))
      ->type_name("FILE");
  verb.add_option("--ca", args.ca, "A registered CA instead, by name")->type_name("NAME");
  verb.add_option("--secondary-ca", args.secondary_ca, "A second registered CA, for rollover")
      ->type_name("NAME");
}

Result<SigningCertificates> ReadSigning(CliContext& context, const SigningArgs& args) {
  bool by_file = !args.certificate.empty() || !args.secondary.empty();
  bool by_name = !args.ca.empty() || !args.secondary_ca.empty();
  if (by_file == by_name || (by_file ? args.certificate : args.ca).empty()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "give either --certificate FILE (and --secondary) or --ca NAME (and "
                     "--secondary-ca)");
  }
  SigningCertificates signing;
  signing.primary_ca = args.ca;
  signing.secondary_ca = args.secondary_ca;
  if (!args.certificate.empty()) {
    auto der = ReadCertificateFile(context, args.certificate);
    if (!der) return tl::unexpected(std::move(der).error());
    signing.primary = *std::move(der);
  }
  if (!args.secondary.empty()) {
    auto der = ReadCertificateFile(context, args.secondary);
    if (!der) return tl::unexpected(std::move(der).error());
    signing.secondary = *std::move(der);
  }
  return signing;
}

std::string SigningText(const SigningCertificates& signing) {
  std::string text;
  auto append = [&text](const std::string& part) {
    if (!text.empty()) text += ", ";
    text += part;
  };
  for (const Bytes* der : {&signing.primary, &signing.secondary}) {
    if (!der->empty()) append(ShortName(*der));
  }
  for (const std::string* name : {&signing.primary_ca, &signing.secondary_ca}) {
    if (!name->empty()) append("CA '" + *name + "'");
  }
  return text;
}

}  // namespace muster::cli
