// Project Wycheproof's signature vectors through the front door, VerifySignature.
//
// Every file of the suite is in the ledger below, with what is expected of it; a file that is not,
// a vector too many or too few, and any verdict that differs from the ledger fail.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/crypto/public_key.h"
#include "engine/der/der_reader.h"
#include "engine/pki/der_writer.h"
#include "tests/support/conformance_data.h"

namespace muster {
namespace {

using nlohmann::json;
using pki::DerWriter;

enum class Treatment {
  kVerify,        // Valid vectors verify, invalid ones are bad signatures.
  kPssKey,        // The keys are id-RSASSA-PSS ones, which muster refuses; the vectors are run
                  // with the same modulus and exponent as an rsaEncryption key.
  kUnsupported,   // The keys are of a kind that muster refuses; nothing can be run.
};

struct LedgerRow {
  const char* file;
  int tests;
  Treatment treatment;
  int refused_algorithms = 0;  // Valid vectors of hashes that muster does not take.
};

// rsa_pss_misc: 25 pairs of hash and mask hash, six vectors each. SHA-1 and SHA-224, and masks by
// another hash than the message's (RFC 4055 3.1 recommends the same), are refused: all but 3 pairs.
constexpr int kMiscRefused = 6 * (25 - 3);

const std::vector<LedgerRow> kLedger = {
    {"ecdsa_secp256r1_sha256_test.json", 484, Treatment::kVerify},
    {"ecdsa_secp256r1_sha512_test.json", 554, Treatment::kVerify},
    {"ecdsa_secp384r1_sha256_test.json", 472, Treatment::kVerify},
    {"ecdsa_secp384r1_sha384_test.json", 504, Treatment::kVerify},
    {"ecdsa_secp384r1_sha512_test.json", 542, Treatment::kVerify},
    {"ecdsa_secp521r1_sha512_test.json", 542, Treatment::kVerify},
    {"ed25519_test.json", 151, Treatment::kVerify},
    {"ed448_test.json", 87, Treatment::kUnsupported},  // Ed448: not among the accepted kinds.
    {"rsa_pss_2048_sha256_mgf1_0_params_test.json", 103, Treatment::kPssKey},
    {"rsa_pss_2048_sha256_mgf1_0_test.json", 103, Treatment::kVerify},
    {"rsa_pss_2048_sha256_mgf1_32_params_test.json", 108, Treatment::kPssKey},
    {"rsa_pss_2048_sha256_mgf1_32_test.json", 108, Treatment::kVerify},
    {"rsa_pss_2048_sha384_mgf1_48_test.json", 141, Treatment::kVerify},
    {"rsa_pss_3072_sha256_mgf1_32_params_test.json", 108, Treatment::kPssKey},
    {"rsa_pss_3072_sha256_mgf1_32_test.json", 108, Treatment::kVerify},
    {"rsa_pss_4096_sha256_mgf1_32_test.json", 108, Treatment::kVerify},
    {"rsa_pss_4096_sha384_mgf1_48_test.json", 141, Treatment::kVerify},
    {"rsa_pss_4096_sha512_mgf1_32_params_test.json", 177, Treatment::kPssKey},
    {"rsa_pss_4096_sha512_mgf1_32_test.json", 177, Treatment::kVerify},
    {"rsa_pss_4096_sha512_mgf1_64_params_test.json", 179, Treatment::kPssKey},
    {"rsa_pss_4096_sha512_mgf1_64_test.json", 179, Treatment::kVerify},
    {"rsa_pss_misc_params_test.json", 150, Treatment::kPssKey, kMiscRefused},
    {"rsa_pss_misc_test.json", 150, Treatment::kVerify, kMiscRefused},
    {"rsa_signature_2048_sha256_test.json", 259, Treatment::kVerify},
    {"rsa_signature_2048_sha384_test.json", 258, Treatment::kVerify},
    {"rsa_signature_2048_sha512_test.json", 259, Treatment::kVerify},
    {"rsa_signature_3072_sha256_test.json", 259, Treatment::kVerify},
    {"rsa_signature_3072_sha384_test.json", 259, Treatment::kVerify},
    {"rsa_signature_3072_sha512_test.json", 260, Treatment::kVerify},
    {"rsa_signature_4096_sha256_test.json", 258, Treatment::kVerify},
    {"rsa_signature_4096_sha384_test.json", 259, Treatment::kVerify},
    {"rsa_signature_4096_sha512_test.json", 259, Treatment::kVerify},
    {"rsa_signature_8192_sha256_test.json", 258, Treatment::kVerify},
};
constexpr int kTestsTotal = 7964;

void AddOid(DerWriter& writer, const char* dotted) { writer.AddOid(*der::OidFromText(dotted)); }

const char* HashOid(const std::string& sha) {
  if (sha == "SHA-1") return "1.3.14.3.2.26";
  if (sha == "SHA-224") return "2.16.840.1.101.3.4.2.4";
  if (sha == "SHA-256") return "2.16.840.1.101.3.4.2.1";
  if (sha == "SHA-384") return "2.16.840.1.101.3.4.2.2";
  if (sha == "SHA-512") return "2.16.840.1.101.3.4.2.3";
  throw std::runtime_error("unknown hash " + sha);
}

const char* EcdsaOid(const std::string& sha) {
  if (sha == "SHA-256") return "1.2.840.10045.4.3.2";
  if (sha == "SHA-384") return "1.2.840.10045.4.3.3";
  if (sha == "SHA-512") return "1.2.840.10045.4.3.4";
  throw std::runtime_error("unknown hash " + sha);
}

const char* RsaOid(const std::string& sha) {
  if (sha == "SHA-256") return "1.2.840.113549.1.1.11";
  if (sha == "SHA-384") return "1.2.840.113549.1.1.12";
  if (sha == "SHA-512") return "1.2.840.113549.1.1.13";
  throw std::runtime_error("unknown hash " + sha);
}

void AddHash(DerWriter& writer, const std::string& sha) {
  writer.Nest(der::kSequence, [&](DerWriter& w) {
    AddOid(w, HashOid(sha));
    w.Add(der::kNull, {});
  });
}

// RSASSA-PSS-params (RFC 4055 3.1); values that are defaults are left out, as DER wants.
void AddPssParameters(DerWriter& writer, const json& group) {
  const std::string sha = group.at("sha");
  const std::string mask_sha = group.at("mgfSha");
  const auto salt = group.at("sLen").get<std::uint64_t>();
  writer.Nest(der::kSequence, [&](DerWriter& params) {
    if (sha != "SHA-1") {
      params.Nest(der::ContextConstructed(0), [&](DerWriter& w) { AddHash(w, sha); });
    }
    if (mask_sha != "SHA-1") {
      params.Nest(der::ContextConstructed(1), [&](DerWriter& w) {
        w.Nest(der::kSequence, [&](DerWriter& mgf) {
          AddOid(mgf, "1.2.840.113549.1.1.8");
          AddHash(mgf, mask_sha);
        });
      });
    }
    if (salt != 20) {
      params.Nest(der::ContextConstructed(2),
                  [&](DerWriter& w) { w.AddUnsigned(der::kInteger, salt); });
    }
  });
}

// The AlgorithmIdentifier a certificate would carry for a group's signatures.
Bytes AlgorithmOf(const std::string& algorithm, const json& group) {
  DerWriter writer;
  writer.Nest(der::kSequence, [&](DerWriter& w) {
    if (algorithm == "ECDSA") {
      AddOid(w, EcdsaOid(group.at("sha")));
    } else if (algorithm == "EDDSA") {
      AddOid(w, "1.3.101.112");
    } else if (algorithm == "RSASSA-PSS") {
      AddOid(w, "1.2.840.113549.1.1.10");
      AddPssParameters(w, group);
    } else {
      AddOid(w, RsaOid(group.at("sha")));
      w.Add(der::kNull, {});
    }
  });
  return writer.Take();
}

Bytes AsRsaEncryption(const Bytes& rsa_public_key) {
  DerWriter writer;
  writer.Nest(der::kSequence, [&](DerWriter& w) {
    w.Nest(der::kSequence, [](DerWriter& a) {
      AddOid(a, "1.2.840.113549.1.1.1");
      a.Add(der::kNull, {});
    });
    w.AddBitString(rsa_public_key);
  });
  return writer.Take();
}

struct Counts {
  int run = 0;
  int refused_algorithms = 0;
  int unsupported = 0;
};

void RunTest(const crypto::PublicKey& key, const Bytes& algorithm, const json& test,
             const std::string& where, Counts* counts) {
  const Bytes message = test::FromHex(test.at("msg").get<std::string>());
  const Bytes signature = test::FromHex(test.at("sig").get<std::string>());
  const std::string result = test.at("result");
  const RejectReason reason =
      crypto::VerifySignature(key, algorithm, message, signature, AlgorithmPolicy{});
  ++counts->run;
  if (reason == RejectReason::kUnsupportedSignatureAlgorithm ||
      reason == RejectReason::kWeakSignatureAlgorithm) {
    ++counts->refused_algorithms;
  } else if (result == "valid") {
    EXPECT_EQ(reason, RejectReason::kNone) << where << test.at("comment");
  } else if (result == "invalid") {
    EXPECT_EQ(reason, RejectReason::kBadSignature) << where << test.at("comment");
  } else {
    EXPECT_EQ(result, "acceptable") << where;
    EXPECT_TRUE(reason == RejectReason::kNone || reason == RejectReason::kBadSignature) << where;
  }
}

Counts RunFile(const json& document, const LedgerRow& row) {
  Counts counts;
  const std::string algorithm_name = document.at("algorithm");
  for (const json& group : document.at("testGroups")) {
    Bytes spki = test::FromHex(group.at("publicKeyDer").get<std::string>());
    if (row.treatment != Treatment::kVerify) {
      const auto refused = crypto::PublicKey::Load(spki, AlgorithmPolicy{});
      EXPECT_FALSE(refused) << row.file;
      if (!refused) {
        EXPECT_EQ(refused.error().reason, RejectReason::kUnsupportedKeyAlgorithm);
      }
    }
    if (row.treatment == Treatment::kUnsupported) {
      counts.unsupported += static_cast<int>(group.at("tests").size());
      continue;
    }
    if (row.treatment == Treatment::kPssKey) {
      spki = AsRsaEncryption(test::FromHex(group.at("publicKeyAsn").get<std::string>()));
    }
    const auto key = crypto::PublicKey::Load(spki, AlgorithmPolicy{});
    if (!key) {
      ADD_FAILURE() << row.file << ": " << key.error().what;
      continue;
    }
    const Bytes algorithm = AlgorithmOf(algorithm_name, group);
    for (const json& test : group.at("tests")) {
      const std::string where = std::string(row.file) + " tcId " + test.at("tcId").dump() + ": ";
      RunTest(*key, algorithm, test, where, &counts);
    }
  }
  return counts;
}

class Wycheproof : public testing::TestWithParam<LedgerRow> {};

TEST_P(Wycheproof, AgreesWithEveryVector) {
  const auto folder = test::ConformanceFolder("wycheproof");
  if (!folder) GTEST_SKIP() << test::NoConformanceData("wycheproof");
  const LedgerRow& row = GetParam();
  const Counts counts = RunFile(test::ReadJsonFile(*folder / row.file), row);
  EXPECT_EQ(counts.run + counts.unsupported, row.tests);
  EXPECT_EQ(counts.refused_algorithms, row.refused_algorithms);
}

std::string NameOfRow(const testing::TestParamInfo<LedgerRow>& row) {
  const std::string file = row.param.file;
  return file.substr(0, file.size() - std::string("_test.json").size());
}

INSTANTIATE_TEST_SUITE_P(Files, Wycheproof, testing::ValuesIn(kLedger), NameOfRow);

TEST(WycheproofLedger, HoldsEveryFileAndEveryVector) {
  int total = 0;
  for (const LedgerRow& row : kLedger) total += row.tests;
  EXPECT_EQ(total, kTestsTotal);
  const auto folder = test::ConformanceFolder("wycheproof");
  if (!folder) GTEST_SKIP() << test::NoConformanceData("wycheproof");
  for (const auto& entry : std::filesystem::directory_iterator(*folder)) {
    const std::string name = entry.path().filename();
    if (!name.ends_with("_test.json")) continue;
    EXPECT_TRUE(std::any_of(kLedger.begin(), kLedger.end(),
                            [&](const LedgerRow& row) { return name == row.file; }))
        << name << " is not in the ledger";
  }
}

}  // namespace
}  // namespace muster
