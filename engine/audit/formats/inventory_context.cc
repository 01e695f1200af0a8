#include "engine/audit/formats/inventory_context.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

#include "engine/audit/file_devices.h"
#include "engine/audit/formats/format_table.h"
#include "engine/audit/input_walk.h"
#include "engine/base/byte_view.h"
#include "engine/base/encoding.h"
#include "engine/x509/pem.h"
#include "muster/certificate.h"
#include "muster/certificate_reader.h"
#include "muster/fingerprint.h"

namespace muster::audit {
namespace {

// ecdsa-with-SHA256 (RFC 5758 3.2), the algorithm behind ES256.
constexpr std::array<std::uint8_t, 12> kEcdsaWithSha256 = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                                           0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};

std::string Upper(std::string_view hex) {
  std::string upper(hex);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
  }
  return upper;
}

// An unsigned number as a DER INTEGER (X.690 8.3).
void AppendInteger(ByteView magnitude, Bytes* out) {
  while (magnitude.size() > 1 && magnitude.front() == 0) magnitude = magnitude.subspan(1);
  const bool pad = (magnitude.front() & 0x80) != 0;
  out->push_back(0x02);
  out->push_back(static_cast<std::uint8_t>(magnitude.size() + (pad ? 1 : 0)));
  if (pad) out->push_back(0);
  out->insert(out->end(), magnitude.begin(), magnitude.end());
}

// The SubjectPublicKeyInfo of a PEM block PUBLIC KEY; empty where the text holds none.
Bytes PublicKeyOfPem(std::string_view text) {
  x509::PemScanner scanner(text);
  x509::PemBlock block;
  while (scanner.Next(&block)) {
    Bytes der;
    if (block.fault.empty() && block.label == "PUBLIC KEY" &&
        base::DecodeBase64(block.body, &der).good) {
      return der;
    }
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<InventoryContext>> InventoryContext::Create(const InventoryOptions& options,
                                                                   std::size_t record_size_max) {
  if (!options.format.empty() && FindFormat(options.format) == nullptr) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("there is no inventory format '{}'", options.format));
  }
  auto context = std::make_unique<InventoryContext>(record_size_max);
  context->options_ = options;
  if (auto loaded = context->LoadCertificates(); !loaded) {
    return tl::unexpected<Error>(std::move(loaded).error());
  }
  if (auto loaded = context->LoadManifestSigner(); !loaded) {
    return tl::unexpected<Error>(std::move(loaded).error());
  }
  return context;
}

Result<void> InventoryContext::LoadCertificates() {
  if (auto readable = InputWalk::Check(options_.certificates); !readable) return readable;
  InputWalk walk(options_.certificates);
  while (const std::optional<InputFile> file = walk.Next()) {
    std::ifstream stream;
    if (file->error.empty() && file->name != "-") stream.open(file->name, std::ios::binary);
    const Bytes octets{std::istreambuf_iterator<char>(stream), {}};
    if (!stream.is_open() || stream.bad()) {
      return MakeError(ErrorCode::kUnreadableInput,
                       fmt::format("cannot read the certificates in '{}'", file->name));
    }
    const std::size_t before = chains_.size();
    Join(octets);
    // Beside certificates, folders hold other things.
    if (chains_.size() == before && !file->in_folder) {
      return MakeError(ErrorCode::kUnreadableInput,
                       fmt::format("'{}' holds no certificate to look up", file->name));
    }
  }
  return {};
}

void InventoryContext::Join(ByteView octets) {
  const Result<ReadOutcome> outcome = ReadEncoded(octets);
  if (!outcome) return;
  std::vector<ByteView> certificates;
  for (const EncodedObject& object : outcome->objects) {
    if (object.kind == EncodedKind::kCertificate) certificates.emplace_back(object.der);
  }
  for (const FileDevice& device : FindDevices(certificates, options_.layout)) {
    std::vector<Bytes>& chain = chains_.emplace_back();
    const ByteView leaf = certificates[device.leaf];
    chain.push_back(base::ToBytes(leaf));
    for (std::size_t ca : device.untrusted) chain.push_back(base::ToBytes(certificates[ca]));
    // The same leaf twice is the same device: the first chain stays.
    chain_by_thumbprint_.try_emplace(Upper(Fingerprint::Of(leaf).hex()), chains_.size() - 1);
    chain_by_thumbprint_.try_emplace(Sha1Thumbprint(leaf), chains_.size() - 1);
  }
}

const std::vector<Bytes>* InventoryContext::FindByThumbprint(std::string_view hex) const {
  const auto found = chain_by_thumbprint_.find(Upper(hex));
  return found == chain_by_thumbprint_.end() ? nullptr : &chains_[found->second];
}

Result<void> InventoryContext::LoadManifestSigner() {
  const ByteView octets = options_.manifest_signer;
  if (octets.empty()) return {};
  const auto fail = [](std::string_view why) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("the manifest signer {}; give the P-256 certificate or public key "
                                 "of the manifest's signer",
                                 why));
  };
  Bytes spki = PublicKeyOfPem(base::AsText(octets));
  if (spki.empty()) {
    if (const auto certificates = ReadAllCertificates(octets, "signer")) {
      const auto view = CertificateView::Parse(certificates->front());
      if (!view) return fail("is a malformed certificate");
      spki = base::ToBytes(view->spki());
    } else {
      spki = base::ToBytes(octets);
    }
  }
  const auto key = crypto::PublicKey::Load(spki, AlgorithmPolicy{});
  if (!key) return fail("is neither a certificate nor a public key that is accepted");
  // ES256 is ECDSA on P-256 (RFC 7518 3.4).
  if (key->algorithm() != crypto::KeyAlgorithm::kP256) return fail("has no P-256 key");
  manifest_signer_ = *key;
  return {};
}

std::optional<bool> InventoryContext::IsSignedByManifestSigner(std::string_view message,
                                                               ByteView signature) const {
  if (!manifest_signer_) return std::nullopt;
  constexpr std::size_t kHalf = 32;
  if (signature.size() != 2 * kHalf) return false;
  Bytes body;
  AppendInteger(signature.first(kHalf), &body);
  AppendInteger(signature.last(kHalf), &body);
  Bytes der = {0x30, static_cast<std::uint8_t>(body.size())};
  der.insert(der.end(), body.begin(), body.end());
  return crypto::VerifySignature(*manifest_signer_, kEcdsaWithSha256, base::AsBytes(message), der,
                                 AlgorithmPolicy{}) == RejectReason::kNone;
}

}  // namespace muster::audit
