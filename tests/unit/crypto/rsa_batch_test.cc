#include "engine/crypto/rsa_batch.h"

#include <botan/bigint.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/byte_view.h"
#include "engine/crypto/hash_batch.h"
#include "engine/der/der_reader.h"
#include "engine/pki/der_writer.h"
#include "engine/pki/development_signer.h"
#include "tests/support/conformance_data.h"
#include "tests/support/rsa_powers.h"
#include "tests/support/test_world.h"

namespace muster::crypto {
namespace {

using pki::DerWriter;
using test::Must;
using Method = DevelopmentSigner::Method;

constexpr HashKind kHashes[] = {HashKind::kSha256, HashKind::kSha384, HashKind::kSha512};

std::string_view HashNameOf(HashKind hash) {
  if (hash == HashKind::kSha256) return "SHA-256";
  return hash == HashKind::kSha384 ? "SHA-384" : "SHA-512";
}

Bytes DigestOf(HashKind hash, ByteView message) {
  Bytes digest(DigestSize(hash));
  std::vector<HashJob> jobs = {{message, digest.data()}};
  HashScratch scratch;
  HashBatch(hash, jobs, Kernel::kReference, scratch);
  return digest;
}

// sha256WithRSAEncryption and its brothers (RFC 4055 5).
Bytes AlgorithmOf(HashKind hash) {
  const char* oid = hash == HashKind::kSha256   ? "1.2.840.113549.1.1.11"
                    : hash == HashKind::kSha384 ? "1.2.840.113549.1.1.12"
                                                : "1.2.840.113549.1.1.13";
  DerWriter writer;
  writer.Nest(der::kSequence, [&](DerWriter& w) {
    w.AddOid(*der::OidFromText(oid)).Add(der::kNull, {});
  });
  return writer.octets();
}

Bytes IntegerContent(ByteView magnitude) {
  Bytes out(1, 0);
  out.insert(out.end(), magnitude.begin(), magnitude.end());
  return (magnitude[0] & 0x80) != 0 ? out : base::ToBytes(magnitude);
}

Bytes RsaSpki(ByteView modulus, ByteView exponent) {
  DerWriter key;
  key.Nest(der::kSequence, [&](DerWriter& w) {
    w.Add(der::kInteger, IntegerContent(modulus)).Add(der::kInteger, IntegerContent(exponent));
  });
  DerWriter spki;
  spki.Nest(der::kSequence, [&](DerWriter& w) {
    w.Nest(der::kSequence, [](DerWriter& a) {
      a.AddOid(*der::OidFromText("1.2.840.113549.1.1.1")).Add(der::kNull, {});
    });
    w.AddBitString(key.octets());
  });
  return spki.octets();
}

// A key in both forms: the kernel's and the reference's.
struct Keys {
  explicit Keys(ByteView spki, const AlgorithmPolicy& policy = {})
      : reference(PublicKey::Load(spki, policy).value()),
        prepared(PreparedRsaKey::Prepare(spki, policy).value()) {}
  PublicKey reference;
  PreparedRsaKey prepared;
};

struct Case {
  const Keys* keys = nullptr;
  HashKind hash = HashKind::kSha256;
  Bytes message;
  Bytes signature;
};

bool ByReference(const Case& item) {
  return VerifySignature(item.keys->reference, AlgorithmOf(item.hash), item.message,
                         item.signature, {}) == RejectReason::kNone;
}

// The kernel's verdicts, with those it hands back taken from the reference; and how many it judged.
std::vector<bool> Judge(const std::vector<Case>& cases, Kernel kernel, int* judged = nullptr) {
  std::vector<Bytes> digests;
  for (const Case& item : cases) digests.push_back(DigestOf(item.hash, item.message));
  std::vector<RsaJob> jobs;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    // What stands in the verdict beforehand must not matter.
    jobs.push_back({&cases[i].keys->prepared, digests[i], cases[i].hash, cases[i].signature, true,
                    i % 2 == 0});
  }
  RsaScratch scratch;
  VerifyRsaBatch(jobs, kernel, scratch);
  std::vector<bool> good;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    EXPECT_FALSE(jobs[i].good && jobs[i].needs_reference);
    if (judged != nullptr && !jobs[i].needs_reference) ++*judged;
    good.push_back(jobs[i].needs_reference ? ByReference(cases[i]) : jobs[i].good);
  }
  return good;
}

// A signer's key, made once for all tests.
struct Signer {
  explicit Signer(KeyKind kind)
      : key(Must(DevelopmentKey::Derive(kind, "rsa batch", NameOf(kind)))), keys(key.spki()) {}
  Case Sign(HashKind hash, Bytes message) const {
    Bytes signature = Must(DevelopmentSigner::Sign(key, {HashNameOf(hash)}, message));
    return {&keys, hash, std::move(message), std::move(signature)};
  }
  DevelopmentKey key;
  Keys keys;
};

const Signer& SignerOf(KeyKind kind) {
  static const Signer small(KeyKind::kRsa2048);
  static const Signer middle(KeyKind::kRsa3072);
  static const Signer large(KeyKind::kRsa4096);
  if (kind == KeyKind::kRsa2048) return small;
  return kind == KeyKind::kRsa3072 ? middle : large;
}

Bytes Message(std::mt19937* random) {
  Bytes out(300 + (*random)() % 200);
  for (auto& octet : out) octet = static_cast<std::uint8_t>((*random)());
  return out;
}

// The same case with something changed, in one of many ways; most are bad afterwards, but not all.
Case Mutate(Case item, std::mt19937* random) {
  Bytes& signature = item.signature;
  const Botan::BigInt modulus(item.keys->prepared.modulus());
  const auto set = [&](const Botan::BigInt& number) {
    signature = number.serialize<Bytes>(item.keys->prepared.modulus().size());
  };
  switch ((*random)() % 12) {
    case 0:
    case 1:
    case 2:
      signature[(*random)() % signature.size()] ^= static_cast<std::uint8_t>(1 << (*random)() % 8);
      break;
    case 3:
      item.message[(*random)() % item.message.size()] ^= 0x10;
      break;
    case 4:
      item.hash = kHashes[(*random)() % 3];
      break;
    case 5:
      for (auto& octet : signature) octet = static_cast<std::uint8_t>((*random)());
      break;
    case 6:
      signature.insert(signature.begin(), 0);
      break;
    case 7:
      signature.resize(signature.size() - 1);
      break;
    case 8: {
      // s + n is the same number mod n; RFC 8017 5.2.2 refuses it. It may not fit.
      const Botan::BigInt sum = Botan::BigInt(signature) + modulus;
      if (sum.bytes() <= signature.size()) set(sum);
      break;
    }
    case 9:
      set(modulus - Botan::BigInt(signature));
      break;
    case 10:
      set((*random)() % 2 == 0 ? modulus : Botan::BigInt((*random)() % 3));
      break;
    default:
      break;
  }
  return item;
}

std::vector<Kernel> KernelsHere() {
  std::vector<Kernel> out;
  for (const Kernel kernel :
       {Kernel::kReference, Kernel::kPortable, Kernel::kBmi2, Kernel::kAvx512Ifma}) {
    if (IsRsaKernelUsable(kernel)) out.push_back(kernel);
  }
  return out;
}

class RsaBatchTest : public testing::TestWithParam<Kernel> {
 protected:
  void SetUp() override {
    if (!IsRsaKernelUsable(GetParam())) GTEST_SKIP() << "this processor cannot run the kernel";
  }
  void Check(const std::vector<Case>& cases) {
    const std::vector<bool> verdicts = Judge(cases, GetParam());
    for (std::size_t i = 0; i < cases.size(); ++i) {
      EXPECT_EQ(verdicts[i], ByReference(cases[i]))
          << "case " << i << " of " << cases.size() << ", RSA-" << cases[i].keys->prepared.bits();
    }
  }
  std::mt19937 random_{42};
};

std::string TestName(const testing::TestParamInfo<Kernel>& info) {
  switch (info.param) {
    case Kernel::kReference:
      return "Reference";
    case Kernel::kPortable:
      return "Portable";
    case Kernel::kBmi2:
      return "Bmi2";
    case Kernel::kAvx512Ifma:
      return "Avx512Ifma";
  }
  return "";
}

INSTANTIATE_TEST_SUITE_P(Kernels, RsaBatchTest,
                         testing::Values(Kernel::kReference, Kernel::kPortable, Kernel::kBmi2,
                                         Kernel::kAvx512Ifma),
                         TestName);

TEST_P(RsaBatchTest, EveryNumberOfJobs) {
  for (std::size_t count = 0; count <= 17; ++count) {
    std::vector<Case> cases;
    for (std::size_t i = 0; i < count; ++i) {
      cases.push_back(SignerOf(KeyKind::kRsa2048).Sign(HashKind::kSha256, Message(&random_)));
    }
    EXPECT_EQ(Judge(cases, GetParam()), std::vector<bool>(count, true));
    // One bad signature, in every place.
    for (std::size_t bad = 0; bad < count; ++bad) {
      std::vector<Case> changed = cases;
      changed[bad].signature[random_() % 256] ^= 0x01;
      std::vector<bool> expected(count, true);
      expected[bad] = false;
      EXPECT_EQ(Judge(changed, GetParam()), expected) << bad << " of " << count;
    }
  }
}

TEST_P(RsaBatchTest, EveryHashAndSize) {
  std::vector<Case> cases;
  for (const KeyKind kind : {KeyKind::kRsa2048, KeyKind::kRsa3072, KeyKind::kRsa4096}) {
    for (const HashKind hash : kHashes) {
      for (int i = 0; i < 3; ++i) cases.push_back(SignerOf(kind).Sign(hash, Message(&random_)));
    }
  }
  int judged = 0;
  EXPECT_EQ(Judge(cases, GetParam(), &judged), std::vector<bool>(cases.size(), true));
  EXPECT_EQ(judged, GetParam() == Kernel::kReference ? 0 : static_cast<int>(cases.size()));
}

TEST_P(RsaBatchTest, MixedSizesAndKeysInOneBatch) {
  std::vector<Case> cases;
  for (int i = 0; i < 60; ++i) {
    const KeyKind kind = std::array{KeyKind::kRsa2048, KeyKind::kRsa3072,
                                    KeyKind::kRsa4096}[random_() % 3];
    Case item = SignerOf(kind).Sign(kHashes[random_() % 3], Message(&random_));
    if (i % 3 == 0) item = Mutate(std::move(item), &random_);
    cases.push_back(std::move(item));
  }
  Check(cases);
}

TEST_P(RsaBatchTest, DifferentModuliOfOneSizeShareTheLanes) {
  std::vector<Signer> signers;
  for (const char* label : {"a", "b", "c"}) {
    signers.push_back(SignerOf(KeyKind::kRsa2048));
    signers.back().key = Must(DevelopmentKey::Derive(KeyKind::kRsa2048, "rsa batch", label));
    signers.back().keys = Keys(signers.back().key.spki());
  }
  std::vector<Case> cases;
  for (std::size_t i = 0; i < 23; ++i) {
    cases.push_back(signers[i % 3].Sign(HashKind::kSha256, Message(&random_)));
    // Good under another key than the one it is checked with.
    if (i % 7 == 6) cases.back().keys = &signers[(i + 1) % 3].keys;
  }
  Check(cases);
  EXPECT_FALSE(Judge(cases, GetParam())[6]);
  EXPECT_TRUE(Judge(cases, GetParam())[7]);
}

TEST_P(RsaBatchTest, FiveThousandMutationsAgreeWithTheReference) {
  std::vector<Case> originals;
  for (int i = 0; i < 24; ++i) {
    originals.push_back(SignerOf(i % 8 == 7 ? KeyKind::kRsa3072 : KeyKind::kRsa2048)
                            .Sign(kHashes[i % 3], Message(&random_)));
  }
  std::vector<Case> cases;
  for (int i = 0; i < 5000; ++i) {
    cases.push_back(Mutate(originals[random_() % originals.size()], &random_));
  }
  Check(cases);
}

// With e = 3 anyone can sign a message that begins right and ends in garbage (Bleichenbacher): the
// cube root of such a number, rounded up. Whoever compares only what precedes the garbage takes
// it.
TEST_P(RsaBatchTest, CubeWithGarbageAfterTheDigestIsRefused) {
  const Bytes three = {3};
  Bytes modulus(384, 0xff);
  const Keys keys(RsaSpki(modulus, three));
  const Bytes message = Message(&random_);
  const Bytes digest = DigestOf(HashKind::kSha256, message);
  // 00 01 FF*8 00 DigestInfo, then zeros; the cube root, rounded up, cubes to the same head.
  Bytes head = {0x00, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00,
                0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
                0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
  head.insert(head.end(), digest.begin(), digest.end());
  const std::size_t head_size = head.size();
  head.resize(modulus.size());
  const Botan::BigInt target(head);
  Botan::BigInt root;
  for (std::size_t bit = 8 * modulus.size() / 3 + 1; bit-- > 0;) {
    root.set_bit(bit);
    if (root * root * root > target) root.clear_bit(bit);
  }
  root += 1;
  const Botan::BigInt cube_number = root * root * root;
  const Bytes cube = cube_number.serialize<Bytes>(modulus.size());
  ASSERT_TRUE(std::equal(head.begin(), head.begin() + static_cast<std::ptrdiff_t>(head_size),
                         cube.begin()));
  const Case forged{&keys, HashKind::kSha256, message, root.serialize<Bytes>(modulus.size())};
  EXPECT_EQ(Judge({forged, forged, forged}, GetParam()), std::vector<bool>(3, false));
}

TEST_P(RsaBatchTest, NumbersAtTheBordersAreRefused) {
  const Signer& signer = SignerOf(KeyKind::kRsa2048);
  const Botan::BigInt modulus(signer.keys.prepared.modulus());
  const std::size_t size = signer.keys.prepared.modulus().size();
  const Case good = signer.Sign(HashKind::kSha256, Message(&random_));
  std::vector<Case> cases;
  for (const Botan::BigInt& number :
       {Botan::BigInt(0), Botan::BigInt(1), Botan::BigInt(2), modulus - 1, modulus, modulus + 1,
        Botan::BigInt::power_of_2(2048) - 1}) {
    cases.push_back(good);
    cases.back().signature = number.serialize<Bytes>(size);
  }
  cases.push_back(good);
  cases.back().signature.clear();
  EXPECT_EQ(Judge(cases, GetParam()), std::vector<bool>(cases.size(), false));
  Check(cases);
}

// Whole powers, because a wrong one would be as bad a signature as a right one. Moduli at both ends
// of every size around a border of limbs or octets, and sparse and dense numbers.
TEST_P(RsaBatchTest, PowersAreThoseOfBotan) {
  if (GetParam() == Kernel::kReference) GTEST_SKIP() << "the reference is Botan";
  for (const std::size_t bits : {1024u, 1025u, 1038u, 1039u, 2047u, 2048u, 2049u, 2078u, 2079u,
                                 2158u, 2159u, 3072u, 3118u, 3119u, 4095u, 4096u, 4097u, 4157u,
                                 4158u}) {
    const Botan::BigInt top = Botan::BigInt::power_of_2(bits - 1);
    Botan::BigInt dense(Bytes(bits / 8, static_cast<std::uint8_t>(random_())));
    dense.mask_bits(bits - 1);
    for (Botan::BigInt modulus : {Botan::BigInt(top + 1), Botan::BigInt(top + (top - 1)),
                                  Botan::BigInt(top + dense)}) {
      modulus.set_bit(0);
      const std::size_t size = modulus.bytes();
      const auto octets = modulus.serialize<Bytes>(size);
      test::EightNumbers bases;
      for (std::size_t i = 0; i < bases.size(); ++i) {
        Bytes base(size);
        for (auto& octet : base) octet = static_cast<std::uint8_t>(random_());
        if (i == 1) base.assign(size, 0xff);
        Botan::BigInt number = Botan::BigInt(base) % modulus;
        if (i == 2) number = modulus - 1;
        if (i == 3) number = Botan::BigInt::power_of_2(bits - 2);
        if (i == 4) number = Botan::BigInt(0);
        bases[i] = number.serialize<Bytes>(size);
      }
      const std::uint64_t exponent = random_() % 2 == 0 ? 65537 : 2 * (random_() % 1000) + 3;
      const test::EightNumbers powers =
          test::PowersByKernel(GetParam(), octets, exponent, bases);
      for (std::size_t i = 0; i < bases.size(); ++i) {
        EXPECT_EQ(powers[i], test::PowerByBotan(octets, exponent, bases[i]))
            << bits << " bits, exponent " << exponent << ", lane " << i;
      }
    }
  }
}

// Odd sizes, whose moduli fill their limbs and octets differently, by way of the batch.
TEST_P(RsaBatchTest, OddSizesOfModuliAgreeWithTheReference) {
  const Bytes exponent = {0x01, 0x00, 0x01};
  std::vector<std::unique_ptr<Keys>> keys;
  std::vector<Case> cases;
  for (const int bits : {2048, 2049, 2055, 2056, 2078, 2079, 3117, 3118, 3119, 4095, 4158, 4159,
                         8192}) {
    Botan::BigInt modulus = Botan::BigInt::power_of_2(static_cast<std::size_t>(bits)) - 1;
    modulus.clear_bit(static_cast<std::size_t>(bits) / 2);
    const auto octets = modulus.serialize<Bytes>(modulus.bytes());
    keys.push_back(std::make_unique<Keys>(RsaSpki(octets, exponent)));
    EXPECT_EQ(keys.back()->prepared.has_kernel(), bits <= kRsaBatchBitsMax) << bits;
    for (int i = 0; i < 3; ++i) {
      Bytes signature(octets.size());
      for (auto& octet : signature) octet = static_cast<std::uint8_t>(random_());
      signature[0] = 0;
      cases.push_back({keys.back().get(), HashKind::kSha256, Message(&random_), signature});
    }
  }
  Check(cases);
}

TEST_P(RsaBatchTest, WhatAKernelCannotJudgeIsHandedBack) {
  const Signer& signer = SignerOf(KeyKind::kRsa2048);
  const Case good = signer.Sign(HashKind::kSha256, Message(&random_));
  const Bytes digest = DigestOf(HashKind::kSha256, good.message);
  const Bytes sha1(20);
  Bytes large(1024, 0xff);
  const Keys large_keys(RsaSpki(large, Bytes{3}));
  std::vector<RsaJob> jobs(4, RsaJob{&signer.keys.prepared, digest, HashKind::kSha256,
                                     good.signature, true, false});
  jobs[0].hash = HashKind::kSha1;
  jobs[0].digest = sha1;
  jobs[1].digest = ByteView(digest).first(31);
  jobs[2].key = &large_keys.prepared;
  RsaScratch scratch;
  VerifyRsaBatch(jobs, GetParam(), scratch);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(jobs[i].needs_reference) << i;
    EXPECT_FALSE(jobs[i].good) << i;
  }
  EXPECT_EQ(jobs[3].needs_reference, GetParam() == Kernel::kReference);
  EXPECT_EQ(jobs[3].good, GetParam() != Kernel::kReference);
}

TEST_P(RsaBatchTest, ScratchServesAnyBatch) {
  RsaScratch first;
  RsaScratch scratch = std::move(first);
  std::vector<Case> cases;
  for (int i = 0; i < 20; ++i) {
    cases.push_back(SignerOf(i % 3 == 0 ? KeyKind::kRsa4096 : KeyKind::kRsa2048)
                        .Sign(HashKind::kSha256, Message(&random_)));
  }
  for (const std::size_t count : {20u, 1u, 9u, 20u, 2u}) {
    std::vector<Bytes> digests;
    for (const Case& item : cases) digests.push_back(DigestOf(item.hash, item.message));
    std::vector<RsaJob> jobs;
    for (std::size_t i = 0; i < count; ++i) {
      jobs.push_back({&cases[i].keys->prepared, digests[i], cases[i].hash, cases[i].signature,
                      false, false});
    }
    VerifyRsaBatch(jobs, GetParam(), scratch);
    for (const RsaJob& job : jobs) EXPECT_TRUE(job.good || job.needs_reference);
  }
}

struct WycheproofFile {
  const char* name;
  HashKind hash;
  int tests;
};

TEST_P(RsaBatchTest, Wycheproof) {
  const auto folder = test::ConformanceFolder("wycheproof");
  if (!folder) GTEST_SKIP() << test::NoConformanceData("wycheproof");
  for (const WycheproofFile& file :
       {WycheproofFile{"rsa_signature_2048_sha256_test.json", HashKind::kSha256, 259},
        WycheproofFile{"rsa_signature_2048_sha384_test.json", HashKind::kSha384, 258},
        WycheproofFile{"rsa_signature_2048_sha512_test.json", HashKind::kSha512, 259},
        WycheproofFile{"rsa_signature_3072_sha256_test.json", HashKind::kSha256, 259},
        WycheproofFile{"rsa_signature_3072_sha384_test.json", HashKind::kSha384, 259},
        WycheproofFile{"rsa_signature_3072_sha512_test.json", HashKind::kSha512, 260},
        WycheproofFile{"rsa_signature_4096_sha256_test.json", HashKind::kSha256, 258},
        WycheproofFile{"rsa_signature_4096_sha384_test.json", HashKind::kSha384, 259},
        WycheproofFile{"rsa_signature_4096_sha512_test.json", HashKind::kSha512, 259},
        WycheproofFile{"rsa_signature_8192_sha256_test.json", HashKind::kSha256, 258}}) {
    const nlohmann::json suite = test::ReadJsonFile(*folder / file.name);
    std::vector<std::unique_ptr<Keys>> keys;
    std::vector<Case> cases;
    std::vector<bool> expected;
    for (const auto& group : suite["testGroups"]) {
      keys.push_back(
          std::make_unique<Keys>(test::FromHex(group["publicKeyDer"].get<std::string>())));
      for (const auto& vector : group["tests"]) {
        cases.push_back({keys.back().get(), file.hash,
                         test::FromHex(vector["msg"].get<std::string>()),
                         test::FromHex(vector["sig"].get<std::string>())});
        // "acceptable" is the DigestInfo without NULL, which is refused here.
        expected.push_back(vector["result"] == "valid");
      }
    }
    EXPECT_EQ(cases.size(), static_cast<std::size_t>(file.tests)) << file.name;
    EXPECT_EQ(Judge(cases, GetParam()), expected) << file.name;
    Check(cases);
  }
}

TEST(RsaBatch, KernelsOfThisProcessor) {
  // The portable one runs anywhere; that it passes its self-test is a test of the self-test too.
  EXPECT_TRUE(IsRsaKernelUsable(Kernel::kReference));
  EXPECT_TRUE(IsRsaKernelUsable(Kernel::kPortable));
  EXPECT_GE(KernelsHere().size(), 3u);
#if defined(__x86_64__)
  EXPECT_EQ(IsRsaKernelUsable(Kernel::kAvx512Ifma),
            __builtin_cpu_supports("avx512ifma") && __builtin_cpu_supports("avx512vl") &&
                __builtin_cpu_supports("bmi2"));
#endif
}

TEST(PreparedRsaKey, RefusesWhatTheReferenceRefuses) {
  const Bytes e = {0x01, 0x00, 0x01};
  Bytes even(256, 0xff);
  even.back() = 0xfe;
  const std::vector<Bytes> spkis = {
      Bytes{},
      Bytes{0x30, 0x00},
      RsaSpki(even, e),
      RsaSpki(Bytes(256, 0xff), Bytes{0x01}),
      RsaSpki(Bytes(256, 0xff), Bytes{0x04}),
      RsaSpki(Bytes(256, 0xff), Bytes{0x02, 0x00, 0x00, 0x00, 0x01}),
      RsaSpki(Bytes(128, 0xff), e),
      RsaSpki(Bytes(1025, 0xff), e)};
  for (const Bytes& spki : spkis) {
    const auto prepared = PreparedRsaKey::Prepare(spki, {});
    const auto loaded = PublicKey::Load(spki, {});
    ASSERT_FALSE(prepared.has_value());
    ASSERT_FALSE(loaded.has_value());
    EXPECT_EQ(prepared.error().reason, loaded.error().reason);
    EXPECT_EQ(prepared.error().what, loaded.error().what);
  }
  const auto p256 = Must(DevelopmentKey::Derive(KeyKind::kP256, "rsa batch", "p256"));
  const auto other = PreparedRsaKey::Prepare(p256.spki(), {});
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error().reason, RejectReason::kUnsupportedKeyAlgorithm);
}

TEST(PreparedRsaKey, KnowsItsNumbers) {
  const Bytes exponent = {0x01, 0xff, 0xff, 0xff, 0xff};  // 33 bits.
  const auto key = PreparedRsaKey::Prepare(RsaSpki(Bytes(256, 0xff), exponent), {});
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->bits(), 2048);
  EXPECT_EQ(key->exponent(), 0x1ffffffffu);
  EXPECT_TRUE(base::Equal(key->modulus(), Bytes(256, 0xff)));
  EXPECT_TRUE(key->has_kernel());
  AlgorithmPolicy lenient;
  lenient.rsa_bits_min = 512;
  Bytes modulus(127, 0xff);
  const auto small = PreparedRsaKey::Prepare(RsaSpki(modulus, exponent), lenient);
  ASSERT_TRUE(small.has_value());
  EXPECT_FALSE(small->has_kernel());
}

}  // namespace
}  // namespace muster::crypto
