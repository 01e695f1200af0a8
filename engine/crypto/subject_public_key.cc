#include "engine/crypto/subject_public_key.h"

#include <array>
#include <bit>
#include <string_view>

#include "engine/base/byte_view.h"
#include "engine/der/der_reader.h"

namespace muster::crypto {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kRsaOid = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"sv;
constexpr std::string_view kEcOid = "\x2a\x86\x48\xce\x3d\x02\x01"sv;
constexpr std::string_view kEd25519Oid = "\x2b\x65\x70"sv;

// What stands before X and Y in every accepted P-256 key; all of it is fixed by RFC 5480 2.
constexpr std::string_view kP256Prefix =
    "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
    "\x03\x42\x00\x04"sv;
constexpr std::size_t kP256PointSize = 65;

struct Curve {
  std::string_view oid;
  KeyAlgorithm algorithm;
  int bits;
};
constexpr std::array kCurves = {
    Curve{"\x2a\x86\x48\xce\x3d\x03\x01\x07"sv, KeyAlgorithm::kP256, 256},
    Curve{"\x2b\x81\x04\x00\x22"sv, KeyAlgorithm::kP384, 384},
    Curve{"\x2b\x81\x04\x00\x23"sv, KeyAlgorithm::kP521, 521},
};

// The parts of a SubjectPublicKeyInfo (RFC 5280 4.1.2.7).
struct Spki {
  ByteView oid;
  der::DerReader parameters;
  ByteView key;  // The BIT STRING's octets; no unused bits.
};

tl::unexpected<KeyFailure> Malformed(std::string_view what) {
  return tl::unexpected<KeyFailure>(KeyFailure{RejectReason::kMalformedKey, what});
}
tl::unexpected<KeyFailure> Unsupported(std::string_view what) {
  return tl::unexpected<KeyFailure>(KeyFailure{RejectReason::kUnsupportedKeyAlgorithm, what});
}
tl::unexpected<KeyFailure> Weak(std::string_view what) {
  return tl::unexpected<KeyFailure>(KeyFailure{RejectReason::kWeakKey, what});
}

bool ReadSpki(ByteView der, Spki* out) {
  der::DerReader reader(der);
  der::DerReader inside;
  ByteView bit_string;
  return reader.Enter(der::kSequence, &inside) && reader.AtEnd() &&
         inside.Enter(der::kSequence, &out->parameters) &&
         out->parameters.Read(der::kOid, &out->oid) && der::IsOid(out->oid) &&
         inside.Read(der::kBitString, &bit_string) && inside.AtEnd() &&
         der::ParseBitString(bit_string, &out->key, nullptr);
}

const Curve* FindCurve(ByteView oid) {
  for (const Curve& curve : kCurves) {
    if (base::AsText(oid) == curve.oid) return &curve;
  }
  return nullptr;
}

// A positive INTEGER in DER: gives its magnitude without the sign octet.
bool ReadPositive(der::DerReader* reader, ByteView* magnitude) {
  ByteView content;
  if (!reader->Read(der::kInteger, &content) || !der::IsMinimalInteger(content)) return false;
  if ((content[0] & 0x80) != 0) return false;  // Negative.
  if (content[0] == 0) content = content.subspan(1);
  *magnitude = content;
  return !content.empty();  // Empty: zero.
}

int BitLength(ByteView magnitude) {
  if (magnitude.empty()) return 0;
  return static_cast<int>(8 * (magnitude.size() - 1)) +
         static_cast<int>(std::bit_width(static_cast<unsigned>(magnitude[0])));
}

bool IsOdd(ByteView magnitude) { return (magnitude.back() & 1) != 0; }

// RSAPublicKey (RFC 3279 2.3.1).
bool ReadRsaKey(ByteView key, ByteView* modulus, ByteView* exponent) {
  der::DerReader reader(key);
  der::DerReader inside;
  return reader.Enter(der::kSequence, &inside) && reader.AtEnd() &&
         ReadPositive(&inside, modulus) && ReadPositive(&inside, exponent) && inside.AtEnd();
}

tl::expected<SubjectPublicKey, KeyFailure> ParseRsa(Spki spki, const AlgorithmPolicy& policy) {
  ByteView null;
  if (!spki.parameters.Read(der::kNull, &null) || !null.empty() || !spki.parameters.AtEnd()) {
    return Malformed("rsaEncryption parameters are not NULL (RFC 3279 2.3.1)");
  }
  SubjectPublicKey key;
  key.algorithm = KeyAlgorithm::kRsa;
  if (!ReadRsaKey(spki.key, &key.modulus, &key.exponent)) {
    return Malformed("not an RSAPublicKey of two positive integers (RFC 3279 2.3.1)");
  }
  key.bits = BitLength(key.modulus);
  // RFC 8017 3.1: n is a product of odd primes, e is coprime to an even number.
  if (!IsOdd(key.modulus)) return Malformed("the RSA modulus is even");
  if (!IsOdd(key.exponent)) return Malformed("the RSA exponent is even");
  // Domain rule: e = 1 is no encryption at all.
  if (BitLength(key.exponent) == 1) return Weak("the RSA exponent is 1");
  if (key.bits < policy.rsa_bits_min) return Weak("the RSA modulus is too small");
  if (key.bits > kRsaBitsMax) return Unsupported("the RSA modulus is larger than 8192 bits");
  if (BitLength(key.exponent) > kRsaExponentBitsMax) {
    return Unsupported("the RSA exponent is larger than 33 bits");
  }
  return key;
}

tl::expected<SubjectPublicKey, KeyFailure> ParseEc(Spki spki) {
  ByteView curve_oid;
  if (spki.parameters.PeekTag() == der::kSequence) {
    return Malformed("explicit curve parameters (RFC 5480 2.1.1 demands a named curve)");
  }
  if (!spki.parameters.Read(der::kOid, &curve_oid) || !spki.parameters.AtEnd()) {
    return Malformed("the curve is not named by one OID (RFC 5480 2.1.1)");
  }
  const Curve* curve = FindCurve(curve_oid);
  if (curve == nullptr) return Unsupported("the curve is not P-256, P-384 or P-521");
  const std::size_t field_size = (static_cast<std::size_t>(curve->bits) + 7) / 8;
  // RFC 5480 2.2; the point at infinity (one octet 00) is no key.
  if (spki.key.size() != 1 + 2 * field_size || spki.key[0] != 0x04) {
    return Malformed("not an uncompressed point of the curve's size (RFC 5480 2.2)");
  }
  return SubjectPublicKey{curve->algorithm, curve->bits, spki.key, {}, {}};
}

tl::expected<SubjectPublicKey, KeyFailure> ParseEd25519(Spki spki) {
  if (!spki.parameters.AtEnd()) return Malformed("Ed25519 has parameters (RFC 8410 3)");
  if (spki.key.size() != 32) return Malformed("an Ed25519 key is not 32 octets (RFC 8032 5.1.5)");
  return SubjectPublicKey{KeyAlgorithm::kEd25519, 255, spki.key, {}, {}};
}

}  // namespace

tl::expected<SubjectPublicKey, KeyFailure> ParseSubjectPublicKey(ByteView der,
                                                                 const AlgorithmPolicy& policy) {
  if (der.size() == kP256Prefix.size() + kP256PointSize - 1 &&
      base::AsText(der.first(kP256Prefix.size())) == kP256Prefix) {
    return SubjectPublicKey{KeyAlgorithm::kP256, 256, der.last(kP256PointSize), {}, {}};
  }
  Spki spki;
  if (!ReadSpki(der, &spki)) {
    return Malformed("not a SubjectPublicKeyInfo (RFC 5280 4.1.2.7)");
  }
  const std::string_view oid = base::AsText(spki.oid);
  if (oid == kRsaOid) return ParseRsa(spki, policy);
  if (oid == kEcOid) return ParseEc(spki);
  if (oid == kEd25519Oid) return ParseEd25519(spki);
  // id-RSASSA-PSS keys (RFC 4055 3.1) among them: no device tool in the field makes them.
  return Unsupported("the key is not RSA, on a NIST curve or Ed25519");
}

std::optional<RsaNumbers> ReadRsaNumbers(ByteView der) {
  Spki spki;
  RsaNumbers numbers;
  if (!ReadSpki(der, &spki) || base::AsText(spki.oid) != kRsaOid ||
      !ReadRsaKey(spki.key, &numbers.modulus, &numbers.exponent)) {
    return std::nullopt;
  }
  return numbers;
}

std::string KeyTypeName(ByteView der) {
  Spki spki;
  if (!ReadSpki(der, &spki)) return {};
  const std::string_view oid = base::AsText(spki.oid);
  if (oid == kRsaOid) {
    ByteView modulus, exponent;
    if (!ReadRsaKey(spki.key, &modulus, &exponent)) return {};
    return "RSA-" + std::to_string(BitLength(modulus));
  }
  if (oid == kEd25519Oid) return "Ed25519";
  if (oid != kEcOid) return der::OidToText(spki.oid);
  ByteView curve_oid;
  if (!spki.parameters.Read(der::kOid, &curve_oid) || !der::IsOid(curve_oid)) return {};
  const Curve* curve = FindCurve(curve_oid);
  if (curve == nullptr) return der::OidToText(curve_oid);
  return "P-" + std::to_string(curve->bits);
}

}  // namespace muster::crypto
