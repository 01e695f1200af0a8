#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/base/byte_view.h"
#include "engine/base/encoding.h"
#include "engine/crypto/public_key.h"
#include "engine/crypto/subject_public_key.h"
#include "engine/der/der_reader.h"
#include "engine/pki/der_writer.h"
#include "muster/development_pki.h"
#include "tests/support/test_world.h"

namespace muster::crypto {
namespace {

using pki::DerWriter;
using test::Must;

constexpr const char* kRsa = "1.2.840.113549.1.1.1";
constexpr const char* kEc = "1.2.840.10045.2.1";
constexpr const char* kP256 = "1.2.840.10045.3.1.7";

const Bytes kNull = {0x05, 0x00};

Bytes Spki(const char* oid, const Bytes& parameters, const Bytes& bit_string_content) {
  DerWriter writer;
  writer.Nest(der::kSequence, [&](DerWriter& w) {
    w.Nest(der::kSequence,
           [&](DerWriter& a) { a.AddOid(*der::OidFromText(oid)).AddRaw(parameters); });
    w.Add(der::kBitString, bit_string_content);
  });
  return writer.Take();
}

Bytes WithUnused(const Bytes& octets, std::uint8_t unused = 0) {
  Bytes content = {unused};
  content.insert(content.end(), octets.begin(), octets.end());
  return content;
}

// A modulus of `bits` bits: only its ends are set. No key of anybody's, but well formed.
Bytes Modulus(int bits) {
  Bytes octets(static_cast<std::size_t>((bits + 7) / 8));
  octets[0] = static_cast<std::uint8_t>(1u << ((bits - 1) % 8));
  octets.back() |= 1;
  if ((octets[0] & 0x80) != 0) octets.insert(octets.begin(), 0);
  return octets;
}

const Bytes kF4 = {0x01, 0x00, 0x01};

Bytes RsaKey(const Bytes& modulus, const Bytes& exponent) {
  DerWriter writer;
  writer.Nest(der::kSequence, [&](DerWriter& w) {
    w.Add(der::kInteger, modulus).Add(der::kInteger, exponent);
  });
  return writer.Take();
}

Bytes RsaSpki(const Bytes& modulus, const Bytes& exponent = kF4) {
  return Spki(kRsa, kNull, WithUnused(RsaKey(modulus, exponent)));
}

Bytes OidElement(const char* dotted) {
  DerWriter writer;
  writer.AddOid(*der::OidFromText(dotted));
  return writer.Take();
}

Bytes Point(KeyKind kind) {
  const Bytes spki = Must(DevelopmentKey::Derive(kind, "seed", "point")).spki();
  const auto parsed = ParseSubjectPublicKey(spki, {});
  return base::ToBytes(parsed->octets);
}

Bytes EcSpki(const char* curve, const Bytes& point) {
  return Spki(kEc, OidElement(curve), WithUnused(point));
}

// Both front doors must say the same.
RejectReason Check(const Bytes& spki, const AlgorithmPolicy& policy = {}) {
  const auto checked = CheckPublicKey(spki, policy);
  const auto loaded = PublicKey::Load(spki, policy);
  EXPECT_EQ(checked.has_value(), loaded.has_value()) << base::HexLower(spki);
  if (checked) return RejectReason::kNone;
  EXPECT_FALSE(checked.error().what.empty());
  if (!loaded) {
    EXPECT_EQ(checked.error().reason, loaded.error().reason) << base::HexLower(spki);
  }
  return checked.error().reason;
}

TEST(PublicKey, LoadsEveryAcceptedKind) {
  struct Row {
    KeyKind kind;
    KeyAlgorithm algorithm;
    int bits;
    const char* name;
  };
  for (const Row& row : {Row{KeyKind::kP256, KeyAlgorithm::kP256, 256, "P-256"},
                         Row{KeyKind::kP384, KeyAlgorithm::kP384, 384, "P-384"},
                         Row{KeyKind::kP521, KeyAlgorithm::kP521, 521, "P-521"},
                         Row{KeyKind::kRsa2048, KeyAlgorithm::kRsa, 2048, "RSA-2048"},
                         Row{KeyKind::kEd25519, KeyAlgorithm::kEd25519, 255, "Ed25519"}}) {
    const Bytes spki = Must(DevelopmentKey::Derive(row.kind, "seed", "key")).spki();
    const auto key = PublicKey::Load(spki, {});
    ASSERT_TRUE(key) << row.name << ": " << key.error().what;
    EXPECT_EQ(key->algorithm(), row.algorithm);
    EXPECT_EQ(key->bits(), row.bits);
    EXPECT_EQ(key->DisplayName(), row.name);
    EXPECT_EQ(KeyTypeName(spki), row.name);
    EXPECT_TRUE(CheckPublicKey(spki, {}));
  }
}

TEST(PublicKey, RsaSizeFloorAndCeiling) {
  EXPECT_EQ(Check(RsaSpki(Modulus(2048))), RejectReason::kNone);
  EXPECT_EQ(Check(RsaSpki(Modulus(2047))), RejectReason::kWeakKey);
  EXPECT_EQ(Check(RsaSpki(Modulus(1024))), RejectReason::kWeakKey);
  AlgorithmPolicy proof;
  proof.rsa_bits_min = 2040;
  EXPECT_EQ(Check(RsaSpki(Modulus(2046)), proof), RejectReason::kNone);
  EXPECT_EQ(Check(RsaSpki(Modulus(2039)), proof), RejectReason::kWeakKey);
  EXPECT_EQ(Check(RsaSpki(Modulus(8192))), RejectReason::kNone);
  EXPECT_EQ(Check(RsaSpki(Modulus(8193))), RejectReason::kUnsupportedKeyAlgorithm);
}

TEST(PublicKey, RsaExponent) {
  const Bytes modulus = Modulus(2048);
  EXPECT_EQ(Check(RsaSpki(modulus, {0x03})), RejectReason::kNone);
  EXPECT_EQ(Check(RsaSpki(modulus, {0x01, 0xff, 0xff, 0xff, 0xff})), RejectReason::kNone);
  EXPECT_EQ(Check(RsaSpki(modulus, {0x02, 0x00, 0x00, 0x00, 0x01})),
            RejectReason::kUnsupportedKeyAlgorithm);
  EXPECT_EQ(Check(RsaSpki(modulus, {0x01})), RejectReason::kWeakKey);
  EXPECT_EQ(Check(RsaSpki(modulus, {0x02})), RejectReason::kMalformedKey);
  EXPECT_EQ(Check(RsaSpki(modulus, {0x00})), RejectReason::kMalformedKey);
  EXPECT_EQ(Check(RsaSpki(modulus, {0x83})), RejectReason::kMalformedKey);        // Negative.
  EXPECT_EQ(Check(RsaSpki(modulus, {0x00, 0x03})), RejectReason::kMalformedKey);  // Not minimal.
  EXPECT_EQ(Check(RsaSpki(modulus, {})), RejectReason::kMalformedKey);
}

TEST(PublicKey, RsaModulusMustBeOddAndPositive) {
  Bytes even = Modulus(2048);
  even.back() = 0;
  EXPECT_EQ(Check(RsaSpki(even)), RejectReason::kMalformedKey);
  Bytes negative = Modulus(2048);
  negative.erase(negative.begin());  // The sign octet.
  EXPECT_EQ(Check(RsaSpki(negative)), RejectReason::kMalformedKey);
  EXPECT_EQ(Check(RsaSpki({0x00})), RejectReason::kMalformedKey);
}

TEST(PublicKey, RsaParametersMustBeNull) {  // RFC 3279 2.3.1.
  const Bytes key = WithUnused(RsaKey(Modulus(2048), kF4));
  EXPECT_EQ(Check(Spki(kRsa, {}, key)), RejectReason::kMalformedKey);
  EXPECT_EQ(Check(Spki(kRsa, {0x30, 0x00}, key)), RejectReason::kMalformedKey);
  EXPECT_EQ(Check(Spki(kRsa, {0x05, 0x00, 0x05, 0x00}, key)), RejectReason::kMalformedKey);
  EXPECT_EQ(Check(Spki(kRsa, {0x05, 0x01, 0x00}, key)), RejectReason::kMalformedKey);
}

TEST(PublicKey, RsaKeyIsOneSequenceOfTwoIntegers) {
  Bytes trailing = RsaKey(Modulus(2048), kF4);
  trailing.push_back(0x00);
  EXPECT_EQ(Check(Spki(kRsa, kNull, WithUnused(trailing))), RejectReason::kMalformedKey);
  DerWriter three;
  three.Nest(der::kSequence, [](DerWriter& w) {
    w.Add(der::kInteger, Modulus(2048)).Add(der::kInteger, kF4).Add(der::kInteger, kF4);
  });
  EXPECT_EQ(Check(Spki(kRsa, kNull, WithUnused(three.octets()))), RejectReason::kMalformedKey);
  EXPECT_EQ(Check(Spki(kRsa, kNull, WithUnused({}))), RejectReason::kMalformedKey);
}

TEST(PublicKey, BitStringHasNoUnusedBits) {
  EXPECT_EQ(Check(Spki(kRsa, kNull, WithUnused(RsaKey(Modulus(2048), kF4), 1))),
            RejectReason::kMalformedKey);
  EXPECT_EQ(Check(Spki(kEc, OidElement(kP256), WithUnused(Point(KeyKind::kP256), 1))),
            RejectReason::kMalformedKey);
}

TEST(PublicKey, PssKeysAreNotSupported) {
  EXPECT_EQ(Check(Spki("1.2.840.113549.1.1.10", {}, WithUnused(RsaKey(Modulus(2048), kF4)))),
            RejectReason::kUnsupportedKeyAlgorithm);
}

TEST(PublicKey, CurveMustBeNamed) {
  const Bytes point = WithUnused(Point(KeyKind::kP256));
  EXPECT_EQ(Check(Spki(kEc, OidElement(kP256), point)), RejectReason::kNone);
  EXPECT_EQ(Check(Spki(kEc, {}, point)), RejectReason::kMalformedKey);
  EXPECT_EQ(Check(Spki(kEc, kNull, point)), RejectReason::kMalformedKey);  // implicitCurve.
  DerWriter explicit_parameters;
  explicit_parameters.Nest(der::kSequence,
                           [](DerWriter& w) { w.AddUnsigned(der::kInteger, 1); });
  EXPECT_EQ(Check(Spki(kEc, explicit_parameters.octets(), point)), RejectReason::kMalformedKey);
  Bytes two = OidElement(kP256);
  two.insert(two.end(), {0x05, 0x00});
  EXPECT_EQ(Check(Spki(kEc, two, point)), RejectReason::kMalformedKey);
  EXPECT_EQ(Check(EcSpki("1.3.132.0.10" /* secp256k1 */, Point(KeyKind::kP256))),
            RejectReason::kUnsupportedKeyAlgorithm);
  // id-ecDH (RFC 5480 2.1.2) keys cannot sign.
  EXPECT_EQ(Check(Spki("1.3.132.1.12", OidElement(kP256), point)),
            RejectReason::kUnsupportedKeyAlgorithm);
}

TEST(PublicKey, PointMustBeUncompressedAndOnTheCurve) {
  struct Row {
    KeyKind kind;
    const char* curve;
    std::size_t field_size;
  };
  for (const Row& row : {Row{KeyKind::kP256, kP256, 32}, Row{KeyKind::kP384, "1.3.132.0.34", 48},
                         Row{KeyKind::kP521, "1.3.132.0.35", 66}}) {
    const Bytes good = Point(row.kind);
    EXPECT_EQ(Check(EcSpki(row.curve, good)), RejectReason::kNone);

    Bytes compressed(good.begin(), good.begin() + 1 + static_cast<std::ptrdiff_t>(row.field_size));
    compressed[0] = static_cast<std::uint8_t>(2 + (good.back() & 1));
    EXPECT_EQ(Check(EcSpki(row.curve, compressed)), RejectReason::kMalformedKey);

    Bytes hybrid = good;
    hybrid[0] = static_cast<std::uint8_t>(6 + (good.back() & 1));
    EXPECT_EQ(Check(EcSpki(row.curve, hybrid)), RejectReason::kMalformedKey);

    EXPECT_EQ(Check(EcSpki(row.curve, {0x00})), RejectReason::kMalformedKey);  // Infinity.
    EXPECT_EQ(Check(EcSpki(row.curve, {})), RejectReason::kMalformedKey);

    Bytes zero(good.size());
    zero[0] = 0x04;
    EXPECT_EQ(Check(EcSpki(row.curve, zero)), RejectReason::kMalformedKey);

    Bytes beyond(good.size(), 0xff);  // Coordinates that are not below the field's prime.
    beyond[0] = 0x04;
    EXPECT_EQ(Check(EcSpki(row.curve, beyond)), RejectReason::kMalformedKey);

    for (const std::size_t at : {good.size() - 1, row.field_size}) {
      Bytes off = good;
      off[at] ^= 1;
      EXPECT_EQ(Check(EcSpki(row.curve, off)), RejectReason::kMalformedKey);
    }
    Bytes longer = good;
    longer.push_back(0);
    EXPECT_EQ(Check(EcSpki(row.curve, longer)), RejectReason::kMalformedKey);
  }
  EXPECT_EQ(Check(EcSpki(kP256, Point(KeyKind::kP384))), RejectReason::kMalformedKey);
}

// The short cut for the usual P-256 encoding must see what the general reader sees.
TEST(PublicKey, EveryDamagedPrefixOfP256IsRefused) {
  const Bytes good = EcSpki(kP256, Point(KeyKind::kP256));
  ASSERT_EQ(good.size(), 91u);
  for (std::size_t i = 0; i < 27; ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes damaged = good;
      damaged[i] = static_cast<std::uint8_t>(damaged[i] ^ (1 << bit));
      EXPECT_NE(Check(damaged), RejectReason::kNone) << i << "." << bit;
    }
  }
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(Check(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))),
              RejectReason::kMalformedKey);
  }
  Bytes trailing = good;
  trailing.push_back(0);
  EXPECT_EQ(Check(trailing), RejectReason::kMalformedKey);
}

TEST(PublicKey, Ed25519Form) {
  const Bytes octets(32, 0x05);
  const char* kEd25519 = "1.3.101.112";
  EXPECT_EQ(Check(Spki(kEd25519, {}, WithUnused(octets))), RejectReason::kNone);
  EXPECT_EQ(Check(Spki(kEd25519, kNull, WithUnused(octets))), RejectReason::kMalformedKey);
  EXPECT_EQ(Check(Spki(kEd25519, {}, WithUnused(Bytes(31, 5)))), RejectReason::kMalformedKey);
  EXPECT_EQ(Check(Spki(kEd25519, {}, WithUnused(Bytes(33, 5)))), RejectReason::kMalformedKey);
}

TEST(PublicKey, OtherAlgorithmsAreUnsupported) {
  for (const char* oid : {"1.3.101.113" /* Ed448 */, "1.3.101.110" /* X25519 */,
                          "1.2.840.10040.4.1" /* DSA */, "2.16.840.1.101.3.4.3.17" /* ML-DSA */}) {
    EXPECT_EQ(Check(Spki(oid, {}, WithUnused(Bytes(32, 1)))),
              RejectReason::kUnsupportedKeyAlgorithm);
  }
}

TEST(PublicKey, MalformedInfo) {
  EXPECT_EQ(Check({}), RejectReason::kMalformedKey);
  EXPECT_EQ(Check({0x30, 0x00}), RejectReason::kMalformedKey);
  EXPECT_EQ(Check({0x30, 0x80, 0x00, 0x00}), RejectReason::kMalformedKey);
  DerWriter extra;
  extra.Nest(der::kSequence, [](DerWriter& w) {
    w.Nest(der::kSequence, [](DerWriter& a) { a.AddOid(*der::OidFromText("1.3.101.112")); });
    w.AddBitString(Bytes(32, 5)).Add(der::kNull, {});
  });
  EXPECT_EQ(Check(extra.octets()), RejectReason::kMalformedKey);
}

TEST(KeyTypeName, NamesWhatIsNotAcceptedToo) {
  EXPECT_EQ(KeyTypeName(RsaSpki(Modulus(1024))), "RSA-1024");
  EXPECT_EQ(KeyTypeName(EcSpki("1.3.132.0.10", Point(KeyKind::kP256))), "1.3.132.0.10");
  EXPECT_EQ(KeyTypeName(Spki("1.3.101.113", {}, WithUnused(Bytes(57, 1)))), "1.3.101.113");
  EXPECT_EQ(KeyTypeName({}), "");
  EXPECT_EQ(KeyTypeName(Spki(kRsa, kNull, WithUnused({}))), "");
  EXPECT_EQ(KeyTypeName(Spki(kEc, kNull, WithUnused({}))), "");
}

}  // namespace
}  // namespace muster::crypto
