// Inputs of the command: files, and "-" for standard input. Certificates in any encoding.
#ifndef MUSTER_TOOLS_MUSTER_READING_H_
#define MUSTER_TOOLS_MUSTER_READING_H_

#include <string>
#include <vector>

#include "muster/bytes.h"
#include "muster/certificate.h"
#include "muster/result.h"
#include "tools/muster/cli_context.h"

namespace muster::cli {

// The octets of `path`, up to kReadSizeMax. kUnreadableInput names the path and the cause.
Result<Bytes> ReadInput(CliContext& context, const std::string& path);
// How messages call an input.
std::string SourceName(const std::string& path);

// The one certificate, or all certificates, of a file.
Result<Bytes> ReadCertificateFile(CliContext& context, const std::string& path);
Result<std::vector<Bytes>> ReadCertificateFiles(CliContext& context,
                                                const std::vector<std::string>& paths);
// The CRLs of files; a file without one is an error.
Result<std::vector<Bytes>> ReadCrlFiles(CliContext& context, const std::vector<std::string>& paths);

// A chain as a device would present it: leaf first.
struct ChainInput {
  std::vector<Bytes> certificates;
  // Borrows from this.
  PresentedChain Presented() const;
};
// The certificates of `leaf_path`, leaf first, then those of `untrusted`. The certificates of a
// PKCS#7 file have no order: there the one that is not a CA counts as the leaf.
Result<ChainInput> ReadChain(CliContext& context, const std::string& leaf_path,
                             const std::vector<std::string>& untrusted);

// Parses a certificate for display: kUnreadableInput where it is malformed.
Result<Certificate> ParseForUse(ByteView der, const std::string& source);

}  // namespace muster::cli

#endif  // MUSTER_TOOLS_MUSTER_READING_H_
