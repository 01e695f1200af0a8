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
#include "tests/conformance/suite.h"
#include "tests/support/conformance_data.h"

namespace muster::conformance {
namespace {

using crypto::PreparedKey;
using crypto::PreparedRsaKey;
using crypto::PublicKey;
using crypto::RsaJob;
using crypto::SignatureJob;

// The files of an algorithm, by the suite's list of files.
std::vector<std::string> FilesOf(const std::filesystem::path& folder, const char* algorithm) {
  std::vector<std::string> files;
  const auto manifest = test::ReadJsonFile(folder / "wycheproof.json");
  for (const auto& file : manifest.at("files")) {
    if (file.at("algorithm") == algorithm) files.push_back(file.at("file"));
  }
  return files;
}

struct Vector {
  std::string where;
  bool valid = false;
  Bytes digest;
  Bytes signature;
  std::size_t key = 0;
};

// A file with its keys.
struct Vectors {
  crypto::HashKind hash = crypto::HashKind::kSha256;
  std::vector<Bytes> spkis;
  std::deque<Vector> vectors;
};

// "..._sha256_test.json".
crypto::HashKind HashOf(const std::string& file) {
  return file.find("sha256") != std::string::npos   ? crypto::HashKind::kSha256
         : file.find("sha384") != std::string::npos ? crypto::HashKind::kSha384
                                                    : crypto::HashKind::kSha512;
}

// The messages' digests by every engine, which must all be Botan's.
void HashAll(const std::deque<Bytes>& messages, Vectors* all) {
  for (const auto engine :
       {crypto::HashEngine::kBotan, crypto::HashEngine::kShaNi, crypto::HashEngine::kAvx512}) {
    if (!crypto::IsUsable(engine, all->hash)) continue;
    std::deque<Bytes> digests;
    std::vector<crypto::HashJob> jobs;
    for (const Bytes& message : messages) {
      digests.emplace_back(crypto::DigestSize(all->hash));
      jobs.push_back({message, digests.back().data()});
    }
    crypto::HashScratch scratch;
    crypto::HashBatchWith(all->hash, jobs, engine, scratch);
    for (std::size_t i = 0; i < digests.size(); ++i) {
      Vector& vector = all->vectors[i];
      if (engine == crypto::HashEngine::kBotan) vector.digest = digests[i];
      EXPECT_EQ(digests[i], vector.digest) << vector.where;
    }
  }
}

// The front door must say the same of every vector.
Vectors Load(const std::filesystem::path& folder, const std::string& file) {
  Vectors all;
  all.hash = HashOf(file);
  std::deque<Bytes> messages;
  for (const Case& one : ReadWycheproofFile(folder, file)) {
    const auto& question = std::get<SignatureQuestion>(one.question);
    if (all.spkis.empty() || all.spkis.back() != question.spki) {
      all.spkis.push_back(question.spki);
    }
    // "either" is a DigestInfo without NULL, which is refused.
    const bool valid = one.expected == "valid";
    EXPECT_EQ(AskMuster(question).outcome == "valid", valid) << one.id << " " << one.note;
    messages.push_back(question.message);
    all.vectors.push_back(
        {one.id + " " + one.note, valid, {}, question.signature, all.spkis.size() - 1});
  }
  HashAll(messages, &all);
  return all;
}

template <class Job>
void Judge(const Vectors& all, std::size_t first, const std::vector<Job>& jobs,
           std::size_t* undecided) {
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const Vector& vector = all.vectors[first + i];
    if (jobs[i].needs_reference) {
      EXPECT_FALSE(jobs[i].good) << vector.where;
      ++*undecided;
    } else {
      EXPECT_EQ(jobs[i].good, vector.valid) << vector.where;
    }
  }
}

void RunEcdsa(const Vectors& all, Kernel kernel, int window) {
  SCOPED_TRACE(std::string(NameOf(kernel)) + " window " + std::to_string(window));
  std::deque<PreparedKey> keys;
  for (const Bytes& spki : all.spkis) {
    auto key = PreparedKey::Build(spki, window, kernel);
    ASSERT_TRUE(key.has_value()) << key.error().what;
    keys.push_back(*std::move(key));
  }
  std::vector<SignatureJob> jobs;
  for (const Vector& vector : all.vectors) {
    jobs.push_back({&keys[vector.key], vector.digest, vector.signature});
  }
  crypto::VerifyScratch scratch;
  std::size_t undecided = 0;
  crypto::VerifyBatch(jobs, &scratch);
  Judge(all, 0, jobs, &undecided);
  for (std::size_t i = 0; i < all.vectors.size(); ++i) {
    std::vector<SignatureJob> one = {jobs[i]};
    crypto::VerifyBatch(one, &scratch);
    Judge(all, i, one, &undecided);
  }
  // Only vectors made to meet equal points may be passed on.
  EXPECT_LE(undecided, all.vectors.size() / 40);
}

void RunRsa(const Vectors& all, Kernel kernel) {
  SCOPED_TRACE(NameOf(kernel));
  std::deque<PreparedRsaKey> keys;
  for (const Bytes& spki : all.spkis) {
    auto key = PreparedRsaKey::Prepare(spki, AlgorithmPolicy{});
    ASSERT_TRUE(key.has_value()) << key.error().what;
    keys.push_back(*std::move(key));
  }
  std::vector<RsaJob> jobs;
  for (const Vector& vector : all.vectors) {
    jobs.push_back({&keys[vector.key], vector.digest, all.hash, vector.signature, false, false});
  }
  crypto::RsaScratch scratch;
  std::size_t undecided = 0;
  crypto::VerifyRsaBatch(jobs, kernel, scratch);
  Judge(all, 0, jobs, &undecided);
  for (std::size_t i = 0; i < all.vectors.size(); ++i) {
    std::vector<RsaJob> one = {jobs[i]};
    crypto::VerifyRsaBatch(one, kernel, scratch);
    Judge(all, i, one, &undecided);
  }
  // Either a kernel takes this size of modulus or it never does.
  EXPECT_EQ(undecided, keys.front().has_kernel() ? 0 : 2 * all.vectors.size());
}

TEST(WycheproofKernels, EveryKernelAgreesWithEveryEcdsaVector) {
  const auto folder = test::ConformanceFolder("wycheproof");
  if (!folder) GTEST_SKIP() << test::NoConformanceData("wycheproof");
  const std::vector<std::string> files = FilesOf(*folder, "ECDSA");
  EXPECT_EQ(files.size(), 6u);
  for (const std::string& file : files) {
    if (file.find("secp521r1") != std::string::npos) continue;  // No kernel takes P-521.
    SCOPED_TRACE(file);
    const Vectors all = Load(*folder, file);
    for (const Kernel kernel : SupportedKernels()) {
      if (kernel == Kernel::kReference) continue;
      RunEcdsa(all, kernel, 4);
      RunEcdsa(all, kernel, 7);
    }
  }
}

TEST(WycheproofKernels, EveryKernelAgreesWithEveryRsaVector) {
  const auto folder = test::ConformanceFolder("wycheproof");
  if (!folder) GTEST_SKIP() << test::NoConformanceData("wycheproof");
  const std::vector<std::string> files = FilesOf(*folder, "RSASSA-PKCS1-v1_5");
  EXPECT_EQ(files.size(), 10u);
  for (const std::string& file : files) {
    SCOPED_TRACE(file);
    const Vectors all = Load(*folder, file);
    for (const Kernel kernel : SupportedKernels()) {
      if (kernel != Kernel::kReference) RunRsa(all, kernel);
    }
  }
}

}  // namespace
}  // namespace muster::conformance
