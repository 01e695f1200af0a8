// How enrollment groups and individual enrollments name their certificates on the command line.
#ifndef MUSTER_TOOLS_MUSTER_SIGNING_OPTIONS_H_
#define MUSTER_TOOLS_MUSTER_SIGNING_OPTIONS_H_

#include <CLI/CLI.hpp>
#include <string>

#include "muster/enrollment.h"
#include "muster/result.h"
#include "tools/muster/cli_context.h"

namespace muster::cli {

// --certificate, --secondary, --ca, --secondary-ca.
struct SigningArgs {
  std::string certificate, secondary, ca, secondary_ca;
};

// `what` is what the certificate is: "signing certificate", "client certificate".
void AddSigningOptions(CLI::App& verb, SigningArgs& args, const std::string& what);

// Reads the files. kInvalidArgument unless exactly one kind, with a primary, is given.
Result<SigningCertificates> ReadSigning(CliContext& context, const SigningArgs& args);

// "CN=Factory 2 (0f3a...)" or "CA 'root-1'", joined: for tables.
std::string SigningText(const SigningCertificates& signing);

}  // namespace muster::cli

#endif  // MUSTER_TOOLS_MUSTER_SIGNING_OPTIONS_H_
