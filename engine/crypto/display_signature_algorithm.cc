#include <array>
#include <string_view>
#include <utility>

#include "engine/base/byte_view.h"
#include "engine/crypto/signature_algorithm.h"
#include "engine/der/der_reader.h"
#include "muster/signature_algorithm.h"

namespace muster {
namespace {

using std::string_view_literals::operator""sv;

// RFC 3279 2.2.1. No policy allows these.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kBroken = {
    {{"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x02"sv, "RSA MD2"},
     {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x03"sv, "RSA MD4"},
     {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04"sv, "RSA MD5"}}};

std::string_view NameOfKind(crypto::SignatureKind kind) {
  switch (kind) {
    case crypto::SignatureKind::kRsaPkcs1:
      return "RSA";
    case crypto::SignatureKind::kRsaPss:
      return "RSA-PSS";
    case crypto::SignatureKind::kEcdsa:
      return "ECDSA";
    case crypto::SignatureKind::kEd25519:
      return "Ed25519";
  }
  return {};
}

}  // namespace

std::string DisplaySignatureAlgorithm(ByteView algorithm) {
  crypto::SignatureScheme scheme;
  const AlgorithmPolicy any{.allow_sha1 = true};
  if (crypto::ParseSignatureAlgorithm(algorithm, any, &scheme) == RejectReason::kNone) {
    std::string name(NameOfKind(scheme.kind));
    if (scheme.kind == crypto::SignatureKind::kEd25519) return name;
    return name + " " + crypto::NameOf(scheme.hash);
  }
  der::DerReader input(algorithm), inside;
  ByteView oid;
  if (!input.Enter(der::kSequence, &inside) || !inside.Read(der::kOid, &oid)) return {};
  for (const auto& [octets, name] : kBroken) {
    if (base::AsText(oid) == octets) return std::string(name);
  }
  return der::IsOid(oid) ? der::OidToText(oid) : std::string();
}

}  // namespace muster
