#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "engine/base/byte_view.h"
#include "engine/base/encoding.h"
#include "engine/crypto/public_key.h"
#include "engine/der/der_reader.h"
#include "engine/pki/der_writer.h"
#include "engine/pki/development_signer.h"
#include "tests/support/test_world.h"

namespace muster::crypto {
namespace {

using pki::DerWriter;
using test::Must;
using Method = DevelopmentSigner::Method;

struct Signed {
  DevelopmentKey key;
  PublicKey public_key;
  Bytes message;
  Bytes algorithm;
  Bytes signature;
};

PublicKey Load(const DevelopmentKey& key) {
  auto loaded = PublicKey::Load(key.spki(), {});
  if (!loaded) throw std::runtime_error(std::string(loaded.error().what));
  return *loaded;
}

Signed Make(KeyKind kind, Method method = {}) {
  const DevelopmentKey key = Must(DevelopmentKey::Derive(kind, "seed", "signer"));
  Bytes message = base::ToBytes(base::AsBytes("the octets that were signed"));
  return Signed{key, Load(key), message, Must(DevelopmentSigner::AlgorithmIdentifier(key, method)),
                Must(DevelopmentSigner::Sign(key, method, message))};
}

RejectReason Verify(const Signed& s, const AlgorithmPolicy& policy = {}) {
  return VerifySignature(s.public_key, s.algorithm, s.message, s.signature, policy);
}

struct Case {
  KeyKind kind;
  const char* hash;
  bool pss;
};
const std::vector<Case> kCases = {
    {KeyKind::kP256, "", false},         {KeyKind::kP256, "SHA-384", false},
    {KeyKind::kP256, "SHA-512", false},  {KeyKind::kP384, "", false},
    {KeyKind::kP384, "SHA-256", false},  {KeyKind::kP521, "", false},
    {KeyKind::kP521, "SHA-256", false},  {KeyKind::kRsa2048, "", false},
    {KeyKind::kRsa2048, "SHA-384", false}, {KeyKind::kRsa2048, "SHA-512", false},
    {KeyKind::kRsa2048, "", true},       {KeyKind::kRsa2048, "SHA-384", true},
    {KeyKind::kRsa2048, "SHA-512", true}, {KeyKind::kEd25519, "", false},
};

TEST(VerifySignature, AcceptsEveryAlgorithm) {
  for (const Case& c : kCases) {
    const Signed s = Make(c.kind, {c.hash, c.pss});
    EXPECT_EQ(Verify(s), RejectReason::kNone) << NameOf(c.kind) << " " << c.hash << c.pss;
  }
}

TEST(VerifySignature, RefusesOtherMessageSignatureAndKey) {
  for (const Case& c : kCases) {
    const Signed good = Make(c.kind, {c.hash, c.pss});
    Signed s = good;
    s.message.push_back(0);
    EXPECT_EQ(Verify(s), RejectReason::kBadSignature);
    s = good;
    s.message[0] ^= 1;
    EXPECT_EQ(Verify(s), RejectReason::kBadSignature);
    for (std::size_t i = 0; i < good.signature.size(); i += 7) {
      s = good;
      s.signature[i] ^= 1;
      EXPECT_EQ(Verify(s), RejectReason::kBadSignature) << i;
    }
    s = good;
    s.public_key = Load(Must(DevelopmentKey::Derive(c.kind, "seed", "another")));
    EXPECT_EQ(Verify(s), RejectReason::kBadSignature);
  }
}

TEST(VerifySignature, RefusesShorterAndLongerSignatures) {
  for (const Case& c : kCases) {
    const Signed good = Make(c.kind, {c.hash, c.pss});
    Signed s = good;
    s.signature.push_back(0);
    EXPECT_EQ(Verify(s), RejectReason::kBadSignature);
    s = good;
    s.signature.insert(s.signature.begin(), 0);
    EXPECT_EQ(Verify(s), RejectReason::kBadSignature);
    s = good;
    s.signature.pop_back();
    EXPECT_EQ(Verify(s), RejectReason::kBadSignature);
    s.signature.clear();
    EXPECT_EQ(Verify(s), RejectReason::kBadSignature);
  }
}

// RFC 8017 8.2.2 step 1: a signature whose leading zero octets were dropped is not one.
TEST(VerifySignature, RsaSignatureIsAsLongAsTheModulus) {
  const DevelopmentKey key = Must(DevelopmentKey::Derive(KeyKind::kRsa2048, "seed", "signer"));
  const PublicKey public_key = Load(key);
  const Bytes algorithm = Must(DevelopmentSigner::AlgorithmIdentifier(key, {}));
  for (std::uint32_t i = 0; i < 4096; ++i) {
    Bytes message = {static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8)};
    Bytes signature = Must(DevelopmentSigner::Sign(key, {}, message));
    if (signature[0] != 0) continue;
    EXPECT_EQ(VerifySignature(public_key, algorithm, message, signature, {}),
              RejectReason::kNone);
    signature.erase(signature.begin());
    EXPECT_EQ(VerifySignature(public_key, algorithm, message, signature, {}),
              RejectReason::kBadSignature);
    return;
  }
  FAIL() << "no signature began with a zero octet";
}

// Ecdsa-Sig-Value is DER: two minimal positive integers below the order, and nothing else.
TEST(VerifySignature, EcdsaSignatureFormIsStrict) {
  const Signed good = Make(KeyKind::kP256);
  der::DerReader outer(good.signature);
  der::DerReader inside;
  ByteView r, s;
  ASSERT_TRUE(outer.Enter(der::kSequence, &inside) && inside.Read(der::kInteger, &r) &&
              inside.Read(der::kInteger, &s));
  const auto with = [&](const Bytes& new_r, const Bytes& new_s, const Bytes& extra = {}) {
    DerWriter writer;
    writer.Nest(der::kSequence, [&](DerWriter& w) {
      w.Add(der::kInteger, new_r).Add(der::kInteger, new_s).AddRaw(extra);
    });
    Signed changed = good;
    changed.signature = writer.Take();
    return Verify(changed);
  };
  const Bytes r_octets = base::ToBytes(r);
  const Bytes s_octets = base::ToBytes(s);
  EXPECT_EQ(with(r_octets, s_octets), RejectReason::kNone);
  EXPECT_EQ(with(r_octets, s_octets, {0x05, 0x00}), RejectReason::kBadSignature);
  const auto padded = [](Bytes octets) {
    octets.insert(octets.begin(), 0);
    return octets;
  };
  if ((r_octets[0] & 0x80) == 0 && r_octets[0] != 0) {
    EXPECT_EQ(with(padded(r_octets), s_octets), RejectReason::kBadSignature);
  }
  EXPECT_EQ(with(padded(padded(r_octets)), s_octets), RejectReason::kBadSignature);
  EXPECT_EQ(with(r_octets, padded(padded(s_octets))), RejectReason::kBadSignature);
  EXPECT_EQ(with({0x00}, s_octets), RejectReason::kBadSignature);
  EXPECT_EQ(with(r_octets, {0x00}), RejectReason::kBadSignature);
  EXPECT_EQ(with({0x00}, {0x00}), RejectReason::kBadSignature);
  EXPECT_EQ(with({}, s_octets), RejectReason::kBadSignature);
  EXPECT_EQ(with({0xff}, s_octets), RejectReason::kBadSignature);  // -1
  const Bytes order = *base::ParseHex(
      "00ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  EXPECT_EQ(with(order, s_octets), RejectReason::kBadSignature);
  EXPECT_EQ(with(r_octets, order), RejectReason::kBadSignature);
  EXPECT_EQ(with(Bytes(33, 0x7f), s_octets), RejectReason::kBadSignature);
  EXPECT_EQ(with(Bytes(200, 0x7f), s_octets), RejectReason::kBadSignature);
  // The other valid s, n - s, verifies too: ECDSA signatures are malleable by nature.
}

TEST(VerifySignature, AlgorithmOfAnotherKindThanTheKey) {
  const Signed ec = Make(KeyKind::kP256);
  const Signed rsa = Make(KeyKind::kRsa2048);
  const Signed pss = Make(KeyKind::kRsa2048, {"", true});
  const Signed ed = Make(KeyKind::kEd25519);
  for (const Signed* s : {&ec, &rsa, &pss, &ed}) {
    for (const Signed* other : {&ec, &rsa, &pss, &ed}) {
      if (s == other) continue;
      Signed mixed = *s;
      mixed.algorithm = other->algorithm;
      EXPECT_EQ(Verify(mixed), RejectReason::kBadSignature);
    }
  }
}

TEST(VerifySignature, HashMustBeTheOneNamed) {
  for (const KeyKind kind : {KeyKind::kP256, KeyKind::kRsa2048}) {
    Signed s = Make(kind, {"SHA-384", false});
    s.algorithm = Make(kind, {"SHA-256", false}).algorithm;
    EXPECT_EQ(Verify(s), RejectReason::kBadSignature);
  }
}

TEST(VerifySignature, PssSaltMustHaveTheNamedLength) {
  Signed s = Make(KeyKind::kRsa2048, {"", true});
  ASSERT_EQ(s.algorithm.back(), 32);  // saltLength is the last INTEGER.
  s.algorithm.back() = 31;
  EXPECT_EQ(Verify(s), RejectReason::kBadSignature);
}

TEST(VerifySignature, PssThatDoesNotFitTheModulus) {
  Signed s = Make(KeyKind::kRsa2048, {"SHA-512", true});
  // saltLength 990 is in bounds, and more than 2048 bits hold.
  s.algorithm = *base::ParseHex(
      "304206092a864886f70d01010a3035a00f300d06096086480165030402030500a11c301a06092a864886f70d0101"
      "08300d06096086480165030402030500a204020203de");
  ASSERT_EQ(CheckSignatureAlgorithm(s.algorithm, {}), RejectReason::kNone);
  EXPECT_EQ(Verify(s), RejectReason::kBadSignature);
}

TEST(VerifySignature, Sha1NeedsThePolicy) {
  AlgorithmPolicy old;
  old.allow_sha1 = true;
  for (const Signed& s : {Make(KeyKind::kP256, {"SHA-1", false}),
                          Make(KeyKind::kRsa2048, {"SHA-1", false}),
                          Make(KeyKind::kRsa2048, {"SHA-1", true})}) {
    EXPECT_EQ(Verify(s), RejectReason::kWeakSignatureAlgorithm);
    EXPECT_EQ(Verify(s, old), RejectReason::kNone);
  }
}

TEST(VerifySignature, Md5IsWeakWhateverThePolicy) {
  AlgorithmPolicy old;
  old.allow_sha1 = true;
  EXPECT_EQ(Verify(Make(KeyKind::kRsa2048, {"MD5", false}), old),
            RejectReason::kWeakSignatureAlgorithm);
}

TEST(VerifySignature, Sha224IsUnsupported) {
  EXPECT_EQ(Verify(Make(KeyKind::kP256, {"SHA-224", false})),
            RejectReason::kUnsupportedSignatureAlgorithm);
}

TEST(VerifySignature, OneKeyServesManyThreads) {
  for (const KeyKind kind : {KeyKind::kP256, KeyKind::kRsa2048, KeyKind::kEd25519}) {
    const Signed good = Make(kind);
    Signed bad = good;
    bad.message[0] ^= 1;
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 50; ++i) {
          if (Verify(good) != RejectReason::kNone) ++wrong;
          if (Verify(bad) != RejectReason::kBadSignature) ++wrong;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0) << NameOf(kind);
  }
}

}  // namespace
}  // namespace muster::crypto
