#include "tools/muster/reading.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <istream>
#include <system_error>

#include "muster/certificate_reader.h"

namespace muster::cli {
namespace {

Result<Bytes> ReadStream(std::istream& stream, const std::string& source) {
  Bytes bytes;
  std::array<char, 64 * 1024> block{};
  while (stream.read(block.data(), block.size()) || stream.gcount() > 0) {
    auto count = static_cast<std::size_t>(stream.gcount());
    if (bytes.size() + count > kReadSizeMax) {
      return MakeError(ErrorCode::kUnreadableInput,
                       fmt::format("{} is larger than {} octets; split it", source, kReadSizeMax));
    }
    bytes.insert(bytes.end(), block.data(), block.data() + count);
  }
  if (stream.bad()) {
    return MakeError(ErrorCode::kUnreadableInput, fmt::format("{} cannot be read", source));
  }
  return bytes;
}

// One sentence for the faults of a file: the first, and how many more.
Error FaultError(const std::vector<ReadFault>& faults, const std::string& source) {
  std::string more;
  if (faults.size() > 1) more = fmt::format(" (and {} more)", faults.size() - 1);
  return {ErrorCode::kUnreadableInput, fmt::format("{}: {}{}", source, faults[0].what, more),
          RejectReason::kNone};
}

// PKCS#7 certificates are a SET (RFC 2315 9.1): a bag on its own, in base64, or in a PEM block,
// whose certificates share the block's place.
bool IsUnordered(const ReadOutcome& outcome) {
  if (outcome.format == "pkcs7" || outcome.format == "base64-der") return true;
  for (std::size_t i = 1; i < outcome.objects.size(); ++i) {
    if (outcome.objects[i].offset == outcome.objects[0].offset) return true;
  }
  return false;
}

// Puts the only certificate that is not a CA first.
void PutLeafFirst(std::vector<Bytes>* certificates) {
  auto is_leaf = [](const Bytes& der) {
    auto view = CertificateView::Parse(der);
    return view && !view->is_ca();
  };
  if (std::count_if(certificates->begin(), certificates->end(), is_leaf) != 1) return;
  auto leaf = std::find_if(certificates->begin(), certificates->end(), is_leaf);
  std::rotate(certificates->begin(), leaf, leaf + 1);
}

}  // namespace

std::string SourceName(const std::string& path) {
  return path == "-" ? "standard input" : "'" + path + "'";
}

Result<Bytes> ReadInput(CliContext& context, const std::string& path) {
  if (path == "-") {
    if (!context.ClaimStandardInput()) {
      return MakeError(ErrorCode::kInvalidArgument,
                       "'-' is given twice, and standard input can be read once only");
    }
    return ReadStream(context.in(), SourceName(path));
  }
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  // A folder opens, but does not read.
  if (file) file.peek();
  if (!file.is_open() || (file.bad() && errno != 0)) {
    std::string cause = errno == 0 ? "unknown error" : std::generic_category().message(errno);
    return MakeError(ErrorCode::kUnreadableInput,
                     fmt::format("cannot read {}: {}", SourceName(path), cause));
  }
  file.clear();
  return ReadStream(file, SourceName(path));
}

Result<Bytes> ReadCertificateFile(CliContext& context, const std::string& path) {
  auto input = ReadInput(context, path);
  if (!input) return input;
  return ReadOneCertificate(*input, path == "-" ? SourceName(path) : path);
}

Result<std::vector<Bytes>> ReadCertificateFiles(CliContext& context,
                                                const std::vector<std::string>& paths) {
  std::vector<Bytes> all;
  for (const std::string& path : paths) {
    auto input = ReadInput(context, path);
    if (!input) return tl::unexpected(std::move(input).error());
    auto certificates = ReadAllCertificates(*input, path == "-" ? SourceName(path) : path);
    if (!certificates) return tl::unexpected(std::move(certificates).error());
    for (Bytes& der : *certificates) all.push_back(std::move(der));
  }
  return all;
}

Result<std::vector<Bytes>> ReadCrlFiles(CliContext& context,
                                        const std::vector<std::string>& paths) {
  std::vector<Bytes> all;
  for (const std::string& path : paths) {
    auto input = ReadInput(context, path);
    if (!input) return tl::unexpected(std::move(input).error());
    auto outcome = ReadEncoded(*input);
    if (!outcome) {
      return MakeError(outcome.error().code,
                       fmt::format("{}: {}", SourceName(path), outcome.error().message));
    }
    if (!outcome->faults.empty()) {
      return tl::unexpected(FaultError(outcome->faults, SourceName(path)));
    }
    std::size_t before = all.size();
    for (EncodedObject& object : outcome->objects) {
      if (object.kind == EncodedKind::kCrl) all.push_back(std::move(object.der));
    }
    if (all.size() == before) {
      return MakeError(
          ErrorCode::kUnreadableInput,
          fmt::format("{} holds no CRL; give a CRL as PEM, DER or PKCS#7", SourceName(path)));
    }
  }
  return all;
}

PresentedChain ChainInput::Presented() const {
  PresentedChain chain(certificates.empty() ? ByteView{} : ByteView{certificates.front()});
  for (std::size_t i = 1; i < certificates.size(); ++i) chain.AddUntrusted(certificates[i]);
  return chain;
}

Result<ChainInput> ReadChain(CliContext& context, const std::string& leaf_path,
                             const std::vector<std::string>& untrusted) {
  auto input = ReadInput(context, leaf_path);
  if (!input) return tl::unexpected(std::move(input).error());
  std::string source = leaf_path == "-" ? SourceName(leaf_path) : leaf_path;
  auto certificates = ReadAllCertificates(*input, source);
  if (!certificates) return tl::unexpected(std::move(certificates).error());
  auto outcome = ReadEncoded(*input);
  if (outcome && IsUnordered(*outcome)) PutLeafFirst(&*certificates);
  auto more = ReadCertificateFiles(context, untrusted);
  if (!more) return tl::unexpected(std::move(more).error());
  ChainInput chain{*std::move(certificates)};
  for (Bytes& der : *more) chain.certificates.push_back(std::move(der));
  return chain;
}

Result<Certificate> ParseForUse(ByteView der, const std::string& source) {
  auto certificate = Certificate::Parse(der);
  if (certificate) return *std::move(certificate);
  const ParseFailure& failure = certificate.error();
  return MakeError(ErrorCode::kUnreadableInput,
                   fmt::format("{}: not a well-formed certificate: {} (at octet {}; {})", source,
                               failure.what, failure.offset, NameOf(failure.reason)));
}

}  // namespace muster::cli
