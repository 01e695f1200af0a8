// Project Wycheproof's ECDSA vectors for P-256 and P-384 through every kernel, beside the front door,
// VerifySignature: in one large batch a file, and one at a time.

#include <botan/hash.h>
#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

#include "engine/crypto/batch_verify.h"
#include "engine/crypto/kernel.h"
#include "engine/crypto/prepared_key.h"
#include "engine/crypto/public_key.h"
#include "engine/der/der_reader.h"
#include "engine/pki/der_writer.h"
#include "tests/support/conformance_data.h"

namespace muster {
namespace {

using crypto::PreparedKey;
using crypto::PublicKey;
using crypto::SignatureJob;
using nlohmann::json;

struct File {
  const char* name;
  std::size_t tests;
};
const File kFiles[] = {
    {"ecdsa_secp256r1_sha256_test.json", 484}, {"ecdsa_secp256r1_sha512_test.json", 554},
    {"ecdsa_secp384r1_sha256_test.json", 472}, {"ecdsa_secp384r1_sha384_test.json", 504},
    {"ecdsa_secp384r1_sha512_test.json", 542},
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
  std::vector<Bytes> spkis;
  std::deque<Vector> vectors;
};

Bytes EcdsaAlgorithm(const std::string& sha) {
  const char* oid = sha == "SHA-256"   ? "1.2.840.10045.4.3.2"
                    : sha == "SHA-384" ? "1.2.840.10045.4.3.3"
                                       : "1.2.840.10045.4.3.4";
  pki::DerWriter writer;
  writer.Nest(der::kSequence, [&](pki::DerWriter& w) { w.AddOid(*der::OidFromText(oid)); });
  return writer.Take();
}

Suite Load(const json& document) {
  Suite suite;
  for (const json& group : document.at("testGroups")) {
    const std::string sha = group.at("sha");
    suite.spkis.push_back(test::FromHex(group.at("publicKeyDer").get<std::string>()));
    const auto key = PublicKey::Load(suite.spkis.back(), AlgorithmPolicy{});
    for (const json& item : group.at("tests")) {
      Vector vector;
      vector.where = "tcId " + item.at("tcId").dump() + " " + item.at("comment").dump();
      vector.signature = test::FromHex(item.at("sig").get<std::string>());
      vector.key = suite.spkis.size() - 1;
      const Bytes message = test::FromHex(item.at("msg").get<std::string>());
      const auto digest = Botan::HashFunction::create_or_throw(sha)->process(message);
      vector.digest.assign(digest.begin(), digest.end());
      vector.valid = item.at("result") == "valid";
      EXPECT_TRUE(key.has_value()) << vector.where;
      if (key) {
        const RejectReason reason = crypto::VerifySignature(
            *key, EcdsaAlgorithm(sha), message, vector.signature, AlgorithmPolicy{});
        EXPECT_EQ(reason == RejectReason::kNone, vector.valid) << vector.where;
      }
      suite.vectors.push_back(std::move(vector));
    }
  }
  return suite;
}

void Judge(const Suite& suite, std::size_t first, const std::vector<SignatureJob>& jobs,
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

void RunKernel(const Suite& suite, Kernel kernel, int window) {
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
  EXPECT_LE(undecided, suite.vectors.size() / 50);
}

TEST(WycheproofKernels, EveryKernelAgreesWithEveryEcdsaVector) {
  const auto folder = test::ConformanceFolder("wycheproof");
  if (!folder) GTEST_SKIP() << test::NoConformanceData("wycheproof");
  for (const File& file : kFiles) {
    SCOPED_TRACE(file.name);
    const Suite suite = Load(test::ReadJsonFile(*folder / file.name));
    EXPECT_EQ(suite.vectors.size(), file.tests);
    for (const Kernel kernel : SupportedKernels()) {
      if (kernel == Kernel::kReference) continue;
      RunKernel(suite, kernel, 4);
      RunKernel(suite, kernel, 7);
    }
  }
}

}  // namespace
}  // namespace muster
