// Project Wycheproof's vectors for ECDSA on P-256 and P-384 and for RSASSA-PKCS1-v1_5 through every
// kernel, beside the front door, VerifySignature: in one large batch a file, and one at a time. The
// digests are made by every way of hashing in bulk that this processor has.

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

#include "engine/crypto/batch_verify.h"
#include "engine/crypto/hash_batch.h"
#include "engine/crypto/kernel.h"
#include "engine/crypto/prepared_key.h"
#include "engine/crypto/public_key.h"
#include "engine/crypto/rsa_batch.h"
#include "engine/der/der_reader.h"
#include "engine/pki/der_writer.h"
#include "tests/support/conformance_data.h"

namespace muster {
namespace {

using crypto::PreparedKey;
using crypto::PreparedRsaKey;
using crypto::PublicKey;
using crypto::RsaJob;
using crypto::SignatureJob;
using nlohmann::json;

struct File {
  const char* name;
  std::size_t tests;
};
const File kEcdsaFiles[] = {
    {"ecdsa_secp256r1_sha256_test.json", 484}, {"ecdsa_secp256r1_sha512_test.json", 554},
    {"ecdsa_secp384r1_sha256_test.json", 472}, {"ecdsa_secp384r1_sha384_test.json", 504},
    {"ecdsa_secp384r1_sha512_test.json", 542},
};

const File kRsaFiles[] = {
    {"rsa_signature_2048_sha256_test.json", 259}, {"rsa_signature_2048_sha384_test.json", 258},
    {"rsa_signature_2048_sha512_test.json", 259}, {"rsa_signature_3072_sha256_test.json", 259},
    {"rsa_signature_3072_sha384_test.json", 259}, {"rsa_signature_3072_sha512_test.json", 260},
    {"rsa_signature_4096_sha256_test.json", 258}, {"rsa_signature_4096_sha384_test.json", 259},
    {"rsa_signature_4096_sha512_test.json", 259}, {"rsa_signature_8192_sha256_test.json", 258},
};

struct Vector {
  std::string where;
  bool valid = false;
  Bytes digest;
  Bytes signature;
  std::size_t key = 0;
};

// A file with its keys, and the front door's word on every vector.
struct Suite {
  crypto::HashKind hash = crypto::HashKind::kSha256;
  std::vector<Bytes> spkis;
  std::deque<Vector> vectors;
};

crypto::HashKind HashOf(const std::string& sha) {
  return sha == "SHA-256"   ? crypto::HashKind::kSha256
         : sha == "SHA-384" ? crypto::HashKind::kSha384
                            : crypto::HashKind::kSha512;
}

Bytes AlgorithmOf(bool is_rsa, crypto::HashKind hash) {
  const auto index = static_cast<std::size_t>(hash) -
                     static_cast<std::size_t>(crypto::HashKind::kSha256);
  const char* const ecdsa[] = {"1.2.840.10045.4.3.2", "1.2.840.10045.4.3.3",
                               "1.2.840.10045.4.3.4"};
  const char* const rsa[] = {"1.2.840.113549.1.1.11", "1.2.840.113549.1.1.12",
                             "1.2.840.113549.1.1.13"};
  pki::DerWriter writer;
  writer.Nest(der::kSequence, [&](pki::DerWriter& w) {
    w.AddOid(*der::OidFromText((is_rsa ? rsa : ecdsa)[index]));
    if (is_rsa) w.Add(der::kNull, {});
  });
  return writer.Take();
}

// The messages' digests by every engine, which must all be Botan's.
void HashAll(const std::deque<Bytes>& messages, Suite* suite) {
  for (const auto engine : {crypto::HashEngine::kBotan, crypto::HashEngine::kShaNi,
                            crypto::HashEngine::kAvx512}) {
    if (!crypto::IsUsable(engine, suite->hash)) continue;
    std::deque<Bytes> digests;
    std::vector<crypto::HashJob> jobs;
    for (const Bytes& message : messages) {
      digests.emplace_back(crypto::DigestSize(suite->hash));
      jobs.push_back({message, digests.back().data()});
    }
    crypto::HashScratch scratch;
    crypto::HashBatchWith(suite->hash, jobs, engine, scratch);
    for (std::size_t i = 0; i < digests.size(); ++i) {
      Vector& vector = suite->vectors[i];
      if (engine == crypto::HashEngine::kBotan) vector.digest = digests[i];
      EXPECT_EQ(digests[i], vector.digest) << vector.where;
    }
  }
}

Suite Load(const json& document, bool is_rsa) {
  Suite suite;
  std::deque<Bytes> messages;
  for (const json& group : document.at("testGroups")) {
    suite.hash = HashOf(group.at("sha"));
    suite.spkis.push_back(test::FromHex(group.at("publicKeyDer").get<std::string>()));
    const auto key = PublicKey::Load(suite.spkis.back(), AlgorithmPolicy{});
    EXPECT_TRUE(key.has_value());
    for (const json& item : group.at("tests")) {
      Vector vector;
      vector.where = "tcId " + item.at("tcId").dump() + " " + item.at("comment").dump();
      vector.signature = test::FromHex(item.at("sig").get<std::string>());
      vector.key = suite.spkis.size() - 1;
      messages.push_back(test::FromHex(item.at("msg").get<std::string>()));
      // RSA: "acceptable" is a DigestInfo without NULL, which is refused.
      vector.valid = item.at("result") == "valid";
      if (key) {
        const RejectReason reason =
            crypto::VerifySignature(*key, AlgorithmOf(is_rsa, suite.hash), messages.back(),
                                    vector.signature, AlgorithmPolicy{});
        EXPECT_EQ(reason == RejectReason::kNone, vector.valid) << vector.where;
      }
      suite.vectors.push_back(std::move(vector));
    }
  }
  HashAll(messages, &suite);
  return suite;
}

template <class Job>
void Judge(const Suite& suite, std::size_t first, const std::vector<Job>& jobs,
           std::size_t* undecided) {
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const Vector& vector = suite.vectors[first + i];
    if (jobs[i].needs_reference) {
      EXPECT_FALSE(jobs[i].good) << vector.where;
      ++*undecided;
    } else {
      EXPECT_EQ(jobs[i].good, vector.valid) << vector.where;
    }
  }
}

void RunEcdsa(const Suite& suite, Kernel kernel, int window) {
  SCOPED_TRACE(std::string(NameOf(kernel)) + " window " + std::to_string(window));
  std::deque<PreparedKey> keys;
  for (const Bytes& spki : suite.spkis) {
    auto key = PreparedKey::Build(spki, window, kernel);
    ASSERT_TRUE(key.has_value()) << key.error().what;
    keys.push_back(*std::move(key));
  }
  std::vector<SignatureJob> jobs;
  for (const Vector& vector : suite.vectors) {
    jobs.push_back({&keys[vector.key], vector.digest, vector.signature});
  }
  crypto::VerifyScratch scratch;
  std::size_t undecided = 0;
  crypto::VerifyBatch(jobs, &scratch);
  Judge(suite, 0, jobs, &undecided);
  for (std::size_t i = 0; i < suite.vectors.size(); ++i) {
    std::vector<SignatureJob> one = {jobs[i]};
    crypto::VerifyBatch(one, &scratch);
    Judge(suite, i, one, &undecided);
  }
  // Only vectors made to meet equal points may be passed on.
  EXPECT_LE(undecided, suite.vectors.size() / 40);
}

void RunRsa(const Suite& suite, Kernel kernel) {
  SCOPED_TRACE(NameOf(kernel));
  std::deque<PreparedRsaKey> keys;
  for (const Bytes& spki : suite.spkis) {
    auto key = PreparedRsaKey::Prepare(spki, AlgorithmPolicy{});
    ASSERT_TRUE(key.has_value()) << key.error().what;
    keys.push_back(*std::move(key));
  }
  std::vector<RsaJob> jobs;
  for (const Vector& vector : suite.vectors) {
    jobs.push_back(
        {&keys[vector.key], vector.digest, suite.hash, vector.signature, false, false});
  }
  crypto::RsaScratch scratch;
  std::size_t undecided = 0;
  crypto::VerifyRsaBatch(jobs, kernel, scratch);
  Judge(suite, 0, jobs, &undecided);
  for (std::size_t i = 0; i < suite.vectors.size(); ++i) {
    std::vector<RsaJob> one = {jobs[i]};
    crypto::VerifyRsaBatch(one, kernel, scratch);
    Judge(suite, i, one, &undecided);
  }
  // Either a kernel takes this size of modulus or it never does.
  EXPECT_EQ(undecided, keys.front().has_kernel() ? 0 : 2 * suite.vectors.size());
}

TEST(WycheproofKernels, EveryKernelAgreesWithEveryEcdsaVector) {
  const auto folder = test::ConformanceFolder("wycheproof");
  if (!folder) GTEST_SKIP() << test::NoConformanceData("wycheproof");
  for (const File& file : kEcdsaFiles) {
    SCOPED_TRACE(file.name);
    const Suite suite = Load(test::ReadJsonFile(*folder / file.name), false);
    EXPECT_EQ(suite.vectors.size(), file.tests);
    for (const Kernel kernel : SupportedKernels()) {
      if (kernel == Kernel::kReference) continue;
      RunEcdsa(suite, kernel, 4);
      RunEcdsa(suite, kernel, 7);
    }
  }
}

TEST(WycheproofKernels, EveryKernelAgreesWithEveryRsaVector) {
  const auto folder = test::ConformanceFolder("wycheproof");
  if (!folder) GTEST_SKIP() << test::NoConformanceData("wycheproof");
  for (const File& file : kRsaFiles) {
    SCOPED_TRACE(file.name);
    const Suite suite = Load(test::ReadJsonFile(*folder / file.name), true);
    EXPECT_EQ(suite.vectors.size(), file.tests);
    for (const Kernel kernel : SupportedKernels()) {
      if (kernel != Kernel::kReference) RunRsa(suite, kernel);
    }
  }
}

}  // namespace
}  // namespace muster
