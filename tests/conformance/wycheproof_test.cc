// Project Wycheproof's vectors, beyond what its ledgers say: no file and no vector is left out, a
// refused vector is refused as a bad signature, and those under id-RSASSA-PSS keys, which muster
// refuses, are run under the same key as an rsaEncryption one.

#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "engine/crypto/public_key.h"
#include "engine/der/der_reader.h"
#include "engine/pki/der_writer.h"
#include "tests/conformance/suite.h"
#include "tests/support/conformance_data.h"

namespace muster::conformance {
namespace {

using pki::DerWriter;

constexpr std::size_t kFiles = 33;
constexpr std::size_t kVectors = 7964;

// Two hashes below the floor, and masks by another hash than the message's (RFC 4055 3.1
// recommends the same): 22 of the 25 pairs of rsa_pss_misc, six vectors each.
constexpr int kMiscRefused = 6 * (25 - 3);

std::vector<std::string> FilesOf(const std::filesystem::path& folder) {
  std::vector<std::string> files;
  const auto manifest = test::ReadJsonFile(folder / "wycheproof.json");
  for (const auto& file : manifest.at("files")) files.push_back(file.at("file"));
  return files;
}

// The key of an id-RSASSA-PSS SubjectPublicKeyInfo as an rsaEncryption one (RFC 4055 1.2).
Bytes AsRsaEncryption(const Bytes& spki) {
  der::DerReader outer(spki);
  ByteView info, algorithm, bits;
  EXPECT_TRUE(outer.Read(der::kSequence, &info));
  der::DerReader inner(info);
  EXPECT_TRUE(inner.Read(der::kSequence, &algorithm) && inner.Read(der::kBitString, &bits));
  DerWriter writer;
  writer.Nest(der::kSequence, [&](DerWriter& w) {
    w.Nest(der::kSequence, [](DerWriter& a) {
      a.AddOid(*der::OidFromText("1.2.840.113549.1.1.1"));
      a.Add(der::kNull, {});
    });
    w.Add(der::kBitString, bits);
  });
  return writer.Take();
}

TEST(Wycheproof, NoFileAndNoVectorIsLeftOut) {
  const auto folder = test::ConformanceFolder("wycheproof");
  if (!folder) GTEST_SKIP() << test::NoConformanceData("wycheproof");
  const std::vector<std::string> listed = FilesOf(*folder);
  EXPECT_EQ(listed.size(), kFiles);
  const std::set<std::string> files(listed.begin(), listed.end());
  for (const auto& entry : std::filesystem::directory_iterator(*folder)) {
    const std::string name = entry.path().filename();
    EXPECT_TRUE(!name.ends_with("_test.json") || files.contains(name)) << name;
  }
  std::size_t vectors = 0;
  for (const Suite& suite : Suites()) {
    if (suite.folder == std::string("wycheproof")) vectors += suite.read(*folder).size();
  }
  EXPECT_EQ(vectors, kVectors);
}

TEST(Wycheproof, RefusedVectorsAreBadSignatures) {
  const auto folder = test::ConformanceFolder("wycheproof");
  if (!folder) GTEST_SKIP() << test::NoConformanceData("wycheproof");
  for (const std::string& file : FilesOf(*folder)) {
    if (file == "ed448_test.json") continue;  // No key of it is taken.
    SCOPED_TRACE(file);
    int refused_algorithms = 0;
    for (const Case& one : ReadWycheproofFile(*folder, file)) {
      auto question = std::get<SignatureQuestion>(one.question);
      if (file.ends_with("_params_test.json")) {
        EXPECT_EQ(AskMuster(question).outcome, NameOf(RejectReason::kUnsupportedKeyAlgorithm));
        question.spki = AsRsaEncryption(question.spki);
      }
      const std::string outcome = AskMuster(question).outcome;
      if (outcome == NameOf(RejectReason::kUnsupportedSignatureAlgorithm) ||
          outcome == NameOf(RejectReason::kWeakSignatureAlgorithm)) {
        ++refused_algorithms;
      } else if (one.expected == "valid") {
        EXPECT_EQ(outcome, "valid") << one.id << " " << one.note;
      } else {
        EXPECT_TRUE(outcome == NameOf(RejectReason::kBadSignature) ||
                    (one.expected == "either" && outcome == "valid"))
            << one.id << " " << one.note << ": " << outcome;
      }
    }
    EXPECT_EQ(refused_algorithms, file.starts_with("rsa_pss_misc") ? kMiscRefused : 0);
  }
}

}  // namespace
}  // namespace muster::conformance
