#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "engine/base/byte_view.h"
#include "engine/crypto/public_key.h"
#include "engine/pki/development_signer.h"
#include "muster/development_pki.h"
#include "tests/support/test_world.h"

namespace muster {
namespace {

using test::Must;

const std::vector<KeyKind> kKinds = {KeyKind::kP256,    KeyKind::kP384,    KeyKind::kP521,
                                     KeyKind::kRsa2048, KeyKind::kEd25519, KeyKind::kRsa1024};

TEST(KeyKind, NamesReadBack) {
  for (const KeyKind kind :
       {KeyKind::kP256, KeyKind::kP384, KeyKind::kP521, KeyKind::kRsa2048, KeyKind::kRsa3072,
        KeyKind::kRsa4096, KeyKind::kEd25519, KeyKind::kRsa1024}) {
    EXPECT_EQ(ParseKeyKind(NameOf(kind)), kind);
  }
  EXPECT_FALSE(ParseKeyKind("P256"));
  EXPECT_FALSE(ParseKeyKind(""));
  EXPECT_FALSE(ParseKeyKind("rsa"));
}

TEST(DevelopmentKey, DependsOnSeedLabelAndKind) {
  for (const KeyKind kind : kKinds) {
    const Bytes spki = Must(DevelopmentKey::Derive(kind, "seed", "label")).spki();
    EXPECT_EQ(Must(DevelopmentKey::Derive(kind, "seed", "label")).spki(), spki);
    EXPECT_NE(Must(DevelopmentKey::Derive(kind, "seed2", "label")).spki(), spki);
    EXPECT_NE(Must(DevelopmentKey::Derive(kind, "seed", "label2")).spki(), spki);
    // Seed and label do not run together.
    EXPECT_NE(Must(DevelopmentKey::Derive(kind, "seedl", "abel")).spki(), spki);
  }
}

TEST(DevelopmentKey, UnknownKindIsRefused) {
  const auto key = DevelopmentKey::Derive(static_cast<KeyKind>(99), "seed", "label");
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().code, ErrorCode::kInvalidArgument);
}

TEST(DevelopmentKey, PemReadsBackAndSignsTheSame) {
  const Bytes message = {1, 2, 3};
  for (const KeyKind kind : kKinds) {
    const DevelopmentKey key = Must(DevelopmentKey::Derive(kind, "seed", "label"));
    const std::string pem = key.ToPem();
    EXPECT_EQ(pem.rfind("-----BEGIN PRIVATE KEY-----", 0), 0u);
    const DevelopmentKey loaded = Must(DevelopmentKey::Load(base::AsBytes(pem)));
    EXPECT_EQ(loaded.spki(), key.spki());
    EXPECT_EQ(loaded.ToPem(), pem);
    EXPECT_EQ(Must(DevelopmentSigner::Sign(loaded, {}, message)),
              Must(DevelopmentSigner::Sign(key, {}, message)));
  }
}

TEST(DevelopmentKey, LoadRefusesWhatIsNoPlainPkcs8) {
  const std::string pem = Must(DevelopmentKey::Derive(KeyKind::kP256, "s", "l")).ToPem();
  for (const std::string& text :
       {std::string(), std::string("garbage"), pem.substr(0, pem.size() / 2),
        std::string("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n"
                    "-----END ENCRYPTED PRIVATE KEY-----\n"),
        std::string("-----BEGIN EC PRIVATE KEY-----\nMAA=\n-----END EC PRIVATE KEY-----\n")}) {
    const auto key = DevelopmentKey::Load(base::AsBytes(text));
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().code, ErrorCode::kUnreadableInput);
    EXPECT_NE(key.error().message.find("openssl pkcs8"), std::string::npos);
  }
}

TEST(DevelopmentSigner, RefusesWhatAKeyCannotDo) {
  const DevelopmentKey ec = Must(DevelopmentKey::Derive(KeyKind::kP256, "s", "l"));
  const DevelopmentKey ed = Must(DevelopmentKey::Derive(KeyKind::kEd25519, "s", "l"));
  const DevelopmentKey rsa = Must(DevelopmentKey::Derive(KeyKind::kRsa2048, "s", "l"));
  using S = DevelopmentSigner;
  EXPECT_FALSE(S::AlgorithmIdentifier(ec, {"SHA-256", true}));
  EXPECT_FALSE(S::AlgorithmIdentifier(ec, {"MD5", false}));
  EXPECT_FALSE(S::AlgorithmIdentifier(ec, {"SHA-7", false}));
  EXPECT_FALSE(S::AlgorithmIdentifier(ed, {"SHA-512", false}));
  EXPECT_FALSE(S::AlgorithmIdentifier(ed, {"", true}));
  EXPECT_FALSE(S::AlgorithmIdentifier(rsa, {"sha256", false}));
  EXPECT_FALSE(S::Sign(rsa, {"SHA-7", false}, {}));
  // PSS with SHA-512 and a salt of 64 octets does not fit 1024 bits.
  const DevelopmentKey small = Must(DevelopmentKey::Derive(KeyKind::kRsa1024, "s", "l"));
  EXPECT_FALSE(S::Sign(small, {"SHA-512", true}, {}));
}

TEST(DevelopmentSigner, SignaturesAreDeterministic) {
  const Bytes message = {1, 2, 3};
  for (const KeyKind kind : kKinds) {
    const DevelopmentKey key = Must(DevelopmentKey::Derive(kind, "seed", "label"));
    const Bytes first = Must(DevelopmentSigner::Sign(key, {}, message));
    EXPECT_EQ(Must(DevelopmentSigner::Sign(key, {}, message)), first);
    std::vector<Bytes> others(3);
    std::vector<std::thread> threads;
    for (Bytes& other : others) {
      threads.emplace_back([&] { other = Must(DevelopmentSigner::Sign(key, {}, message)); });
    }
    for (std::thread& thread : threads) thread.join();
    for (const Bytes& other : others) EXPECT_EQ(other, first);
  }
  const DevelopmentKey rsa = Must(DevelopmentKey::Derive(KeyKind::kRsa2048, "seed", "label"));
  EXPECT_EQ(Must(DevelopmentSigner::Sign(rsa, {"", true}, message)),
            Must(DevelopmentSigner::Sign(rsa, {"", true}, message)));
}

}  // namespace
}  // namespace muster
