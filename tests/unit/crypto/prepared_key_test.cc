#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "engine/crypto/prepared_key.h"
#include "muster/development_pki.h"
#include "tests/support/test_world.h"
#include "tests/unit/crypto/kernel_test_curve.h"

namespace muster::crypto {
namespace {

using test::Must;

Bytes SpkiOf(KeyKind kind) { return Must(DevelopmentKey::Derive(kind, "seed", "issuer")).spki(); }

TEST(PreparedKey, WindowsGrowWithTheLeavesInHand) {
  const auto window = [](std::uint64_t leaves) {
    return PreparedKey::WindowFor(KeyAlgorithm::kP256, leaves, Kernel::kAvx512Ifma);
  };
  EXPECT_EQ(window(0), 0);
  EXPECT_EQ(window(1), 4);
  EXPECT_EQ(window(26), 4);
  EXPECT_EQ(window(27), 5);
  EXPECT_EQ(window(344), 7);
  EXPECT_EQ(window(345), 8);
  EXPECT_EQ(window(1'999), 8);
  EXPECT_EQ(window(2'000), 10);
  EXPECT_EQ(window(11'999), 10);
  EXPECT_EQ(window(12'000), 12);
  EXPECT_EQ(window(199'999), 12);
  EXPECT_EQ(window(10'000'000), 12);  // Wider tables leave every cache.
  EXPECT_EQ(window(~std::uint64_t{0}), 12);
  const auto p384 = [](std::uint64_t leaves, Kernel kernel) {
    return PreparedKey::WindowFor(KeyAlgorithm::kP384, leaves, kernel);
  };
  EXPECT_EQ(p384(2'000, Kernel::kBmi2), 10);
  EXPECT_EQ(p384(1, Kernel::kBmi2), 0);
  EXPECT_EQ(p384(2, Kernel::kBmi2), 4);
  EXPECT_EQ(p384(7, Kernel::kPortable), 0);
  EXPECT_EQ(p384(8, Kernel::kPortable), 4);
  EXPECT_EQ(p384(1'000'000, Kernel::kReference), 0);
  EXPECT_EQ(PreparedKey::WindowFor(KeyAlgorithm::kP256, 100),
            PreparedKey::WindowFor(KeyAlgorithm::kP256, 100, KernelInUse()));
  for (const KeyAlgorithm other :
       {KeyAlgorithm::kRsa, KeyAlgorithm::kP521, KeyAlgorithm::kEd25519}) {
    EXPECT_EQ(PreparedKey::WindowFor(other, 1'000'000, Kernel::kAvx512Ifma), 0);
  }
}

TEST(PreparedKey, OctetsAreKnownBeforeBuilding) {
  EXPECT_EQ(PreparedKey::OctetsFor(KeyAlgorithm::kP256, 0), 0U);
  EXPECT_EQ(PreparedKey::OctetsFor(KeyAlgorithm::kP256, 4), 64U * 8 * 64);
  EXPECT_EQ(PreparedKey::OctetsFor(KeyAlgorithm::kP256, 8), 256U * 1024);
  EXPECT_EQ(PreparedKey::OctetsFor(KeyAlgorithm::kP256, 10), 26U * 512 * 64);
  EXPECT_EQ(PreparedKey::OctetsFor(KeyAlgorithm::kP384, 8), 48U * 128 * 96);
  EXPECT_EQ(PreparedKey::OctetsFor(KeyAlgorithm::kP384, 10), 39U * 512 * 96);
  EXPECT_EQ(PreparedKey::OctetsFor(KeyAlgorithm::kRsa, 8), 0U);
  for (const Kernel kernel : FastKernels()) {
    const PreparedKey key = Prepare(SpkiOf(KeyKind::kP256), 6, kernel);
    EXPECT_EQ(key.octets(), PreparedKey::OctetsFor(KeyAlgorithm::kP256, 6));
    EXPECT_EQ(key.window(), 6);
    EXPECT_EQ(key.kernel(), kernel);
    EXPECT_EQ(key.algorithm(), KeyAlgorithm::kP256);
    EXPECT_NE(key.TableFor<4>(), nullptr);
    EXPECT_EQ(key.TableFor<6>(), nullptr);
  }
}

TEST(PreparedKey, TheReferenceHasNoTable) {
  const PreparedKey key = Prepare(SpkiOf(KeyKind::kP384), 8, Kernel::kReference);
  EXPECT_EQ(key.octets(), 0U);
  EXPECT_EQ(key.TableFor<6>(), nullptr);
  EXPECT_EQ(key.kernel(), Kernel::kReference);
}

TEST(PreparedKey, TheKernelInUseIsTheDefault) {
  const auto key = PreparedKey::Build(SpkiOf(KeyKind::kP256), 4);
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->kernel(), KernelInUse());
}

template <int kWords>
bool HaveSameTables(const PreparedKey& a, const PreparedKey& b) {
  const auto* first = a.TableFor<kWords>();
  const auto* second = b.TableFor<kWords>();
  return first != nullptr && second != nullptr && first->window == second->window &&
         first->windows == second->windows &&
         std::memcmp(first->lines, second->lines, a.octets()) == 0;
}

// Every number of keys up to more than two groups of eight, both curves in turn.
TEST(PreparedKey, ManyAtOnceAreTheSameAsOneByOne) {
  const TestCurve p256(KeyAlgorithm::kP256), p384(KeyAlgorithm::kP384);
  std::vector<Bytes> spkis;
  for (std::uint64_t i = 1; i <= 40; ++i) {
    const TestCurve& curve = i % 2 == 0 ? p384 : p256;
    spkis.push_back(curve.Spki(curve.Multiply(curve.Generator(), BigInt(i) * 0x1234567)));
  }
  for (const Kernel kernel : FastKernels()) {
    for (const int window : {2, 4, 5, 8}) {
      std::vector<PreparedKey> one_by_one;
      for (const Bytes& spki : spkis) one_by_one.push_back(Prepare(spki, window, kernel));
      for (const std::size_t count : {1U, 2U, 3U, 4U, 5U, 7U, 9U, 13U, 16U, 17U, 18U, 34U, 40U}) {
        if (window > 5 && count != 40) continue;
        const std::vector<ByteView> views(spkis.begin(),
                                          spkis.begin() + static_cast<std::ptrdiff_t>(count));
        const auto keys = PreparedKey::BuildMany(views, window, kernel);
        ASSERT_EQ(keys.size(), count);
        for (std::size_t i = 0; i < count; ++i) {
          ASSERT_TRUE(keys[i].has_value());
          EXPECT_EQ(keys[i]->kernel(), kernel);
          EXPECT_EQ(keys[i]->window(), window);
          EXPECT_EQ(keys[i]->algorithm(), one_by_one[i].algorithm());
          EXPECT_TRUE(HaveSameTables<4>(*keys[i], one_by_one[i]) ||
                      HaveSameTables<6>(*keys[i], one_by_one[i]))
              << NameOf(kernel) << " window " << window << " key " << i << " of " << count;
        }
      }
    }
  }
}

TEST(PreparedKey, ManyAtOnceAreJudgedOneByOne) {
  const Bytes p256 = SpkiOf(KeyKind::kP256), p384 = SpkiOf(KeyKind::kP384);
  const Bytes rsa = SpkiOf(KeyKind::kRsa2048);
  Bytes off_curve = p256;
  off_curve.back() ^= 0x01;
  const std::vector<ByteView> views = {p256, rsa, off_curve, p384, {}, p256, p384};
  for (const Kernel kernel : SupportedKernels()) {
    const auto keys = PreparedKey::BuildMany(views, 4, kernel);
    ASSERT_EQ(keys.size(), views.size());
    for (std::size_t i = 0; i < views.size(); ++i) {
      const auto alone = PreparedKey::Build(views[i], 4, kernel);
      ASSERT_EQ(keys[i].has_value(), alone.has_value()) << i;
      if (alone) {
        EXPECT_EQ(keys[i]->algorithm(), alone->algorithm()) << i;
        EXPECT_EQ(keys[i]->octets(), alone->octets()) << i;
      } else {
        EXPECT_EQ(keys[i].error().reason, alone.error().reason) << i;
      }
    }
    EXPECT_TRUE(PreparedKey::BuildMany({}, 4, kernel).empty());
  }
}

TEST(PreparedKey, OtherKeysAreRefused) {
  for (const KeyKind kind : {KeyKind::kRsa2048, KeyKind::kP521, KeyKind::kEd25519}) {
    const auto key = PreparedKey::Build(SpkiOf(kind), 8, Kernel::kPortable);
    ASSERT_FALSE(key.has_value()) << NameOf(kind);
    EXPECT_EQ(key.error().reason, RejectReason::kUnsupportedKeyAlgorithm);
  }
}

TEST(PreparedKey, BadKeysAreRefusedAsTheFrontDoorDoes) {
  const Bytes good = SpkiOf(KeyKind::kP256);
  // Any octet of the key changed: the same verdict as PublicKey::Load, whatever it is.
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes bad = good;
    bad[i] ^= 0x01;
    const auto loaded = PublicKey::Load(bad, {});
    const auto prepared = PreparedKey::Build(bad, 4, Kernel::kPortable);
    EXPECT_EQ(prepared.has_value(), loaded.has_value()) << i;
    if (!loaded && !prepared) {
      EXPECT_EQ(prepared.error().reason, loaded.error().reason) << i;
    }
  }
  Bytes off_curve = good;
  off_curve.back() ^= 0x01;
  const auto prepared = PreparedKey::Build(off_curve, 4, Kernel::kPortable);
  ASSERT_FALSE(prepared.has_value());
  EXPECT_EQ(prepared.error().reason, RejectReason::kMalformedKey);
  EXPECT_FALSE(PreparedKey::Build({}, 4, Kernel::kPortable).has_value());
}

}  // namespace
}  // namespace muster::crypto
