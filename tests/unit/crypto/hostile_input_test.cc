// Damaged keys, algorithm identifiers and signatures: refused or accepted, never a crash, and the
// same answer from every door.

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "engine/base/encoding.h"
#include "engine/crypto/public_key.h"
#include "engine/pki/development_signer.h"
#include "tests/support/test_world.h"

namespace muster::crypto {
namespace {

using test::Must;

class Damager {
 public:
  // One to three of: an octet changed, removed, inserted, a run repeated, the end cut off.
  Bytes Damage(Bytes octets) {
    for (int round = Below(3); round >= 0; --round) {
      if (octets.empty()) return octets;
      const auto at = static_cast<std::ptrdiff_t>(Below(static_cast<int>(octets.size())));
      switch (Below(5)) {
        case 0: octets[static_cast<std::size_t>(at)] = Octet(); break;
        case 1: octets.erase(octets.begin() + at); break;
        case 2: octets.insert(octets.begin() + at, Octet()); break;
        case 3: {
          const Bytes tail(octets.begin() + at, octets.end());
          octets.insert(octets.end(), tail.begin(), tail.end());
          break;
        }
        default: octets.resize(static_cast<std::size_t>(at));
      }
    }
    return octets;
  }

 private:
  int Below(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }
  std::uint8_t Octet() { return static_cast<std::uint8_t>(random_()); }

  std::mt19937_64 random_{20260615};  // NOLINT: the same damage each time.
};

struct Material {
  DevelopmentKey key;
  Bytes algorithm, message, signature;
};

std::vector<Material> AllKinds() {
  std::vector<Material> all;
  const Bytes message = {'m', 'e', 's', 's', 'a', 'g', 'e'};
  for (const KeyKind kind : {KeyKind::kP256, KeyKind::kP384, KeyKind::kP521, KeyKind::kRsa2048,
                             KeyKind::kEd25519}) {
    const DevelopmentKey key = Must(DevelopmentKey::Derive(kind, "hostile", "key"));
    for (const bool pss : {false, true}) {
      if (pss && kind != KeyKind::kRsa2048) continue;
      all.push_back({key, Must(DevelopmentSigner::AlgorithmIdentifier(key, {"", pss})), message,
                     Must(DevelopmentSigner::Sign(key, {"", pss}, message))});
    }
  }
  return all;
}

TEST(HostileInput, DamagedKeys) {
  Damager damager;
  for (const Material& material : AllKinds()) {
    const Bytes good = material.key.spki();
    for (int i = 0; i < 2000; ++i) {
      const Bytes spki = damager.Damage(good);
      const auto checked = CheckPublicKey(spki, {});
      const auto loaded = PublicKey::Load(spki, {});
      ASSERT_EQ(checked.has_value(), loaded.has_value()) << base::HexLower(spki);
      if (!checked) {
        ASSERT_EQ(checked.error().reason, loaded.error().reason) << base::HexLower(spki);
        ASSERT_NE(checked.error().reason, RejectReason::kInternalError) << base::HexLower(spki);
        KeyTypeName(spki);
        continue;
      }
      EXPECT_EQ(KeyTypeName(spki), loaded->DisplayName());
      if (spki == good) continue;  // The damage undid itself.
      // Another well-formed key: it must not verify this signature.
      EXPECT_EQ(VerifySignature(*loaded, material.algorithm, material.message,
                                material.signature, {}),
                RejectReason::kBadSignature)
          << base::HexLower(spki);
    }
  }
}

TEST(HostileInput, DamagedAlgorithms) {
  Damager damager;
  for (const Material& material : AllKinds()) {
    const auto key = PublicKey::Load(material.key.spki(), {});
    ASSERT_TRUE(key);
    for (int i = 0; i < 2000; ++i) {
      const Bytes algorithm = damager.Damage(material.algorithm);
      const RejectReason check = CheckSignatureAlgorithm(algorithm, {});
      const RejectReason verified =
          VerifySignature(*key, algorithm, material.message, material.signature, {});
      ASSERT_TRUE(check == RejectReason::kNone ||
                  check == RejectReason::kUnsupportedSignatureAlgorithm ||
                  check == RejectReason::kWeakSignatureAlgorithm);
      if (check != RejectReason::kNone) {
        ASSERT_EQ(verified, check) << base::HexLower(algorithm);
      } else if (algorithm != material.algorithm) {
        // Another algorithm that is accepted; only NULL parameters left out mean the same.
        const bool same = algorithm.size() == material.algorithm.size() - 2;
        ASSERT_TRUE(verified == RejectReason::kBadSignature || same) << base::HexLower(algorithm);
      }
    }
  }
}

TEST(HostileInput, DamagedSignatures) {
  Damager damager;
  for (const Material& material : AllKinds()) {
    const auto key = PublicKey::Load(material.key.spki(), {});
    ASSERT_TRUE(key);
    for (int i = 0; i < 500; ++i) {
      const Bytes signature = damager.Damage(material.signature);
      if (signature == material.signature) continue;
      ASSERT_EQ(VerifySignature(*key, material.algorithm, material.message, signature, {}),
                RejectReason::kBadSignature)
          << base::HexLower(signature);
    }
  }
}

}  // namespace
}  // namespace muster::crypto
