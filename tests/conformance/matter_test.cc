// Matter device attestation: production and development chains (PAA, PAI, DAC), the attestation
// test vectors, and revocation lists.
//
// Expected is what OpenSSL 3.0 says of the path; what Matter's own rules demand beyond it (vendor
// and product IDs, the certification declaration) is not a question of path validation.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "muster/path_validation.h"
#include "tests/conformance/conformance_support.h"

namespace muster::conformance {
namespace {

class MatterTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto folder = test::ConformanceFolder("matter");
    if (!folder) GTEST_SKIP() << test::NoConformanceData("matter");
    folder_ = *folder;
    manifest_ = test::ReadJsonFile(folder_ / "matter.json");
    options_.key_purpose.clear();  // Attestation certificates carry no extended key usage.
  }

  std::filesystem::path folder_;
  nlohmann::json manifest_;
  ValidationOptions options_;
};

TEST_F(MatterTest, Chains) {
  Ledger ledger("matter_chains");
  for (const nlohmann::json& test : manifest_.at("chains")) {
    CertificateLoader loader;
    const std::vector<Certificate> chain = loader.ReadAll(folder_, test.at("chain"));
    ValidationOutcome outcome;
    if (loader.refusal()) {
      outcome = *loader.refusal();
    } else {
      ValidationInput input{
          chain.back(), {chain.begin() + 1, chain.end() - 1}, {chain.front()}, {}};
      outcome = ValidatePath(input, options_, ReadTime(test.at("time")));
    }
    ledger.Compare(test.at("id"), outcome, test.at("openssl_3_0") == "valid");
  }
  ledger.Finish();
}

TEST_F(MatterTest, DevicesUnderTest) {
  Ledger ledger("matter_dut");
  for (const nlohmann::json& test : manifest_.at("dut")) {
    CertificateLoader loader;
    const auto leaf = loader.Read(folder_ / test.at("leaf").get<std::string>());
    const auto untrusted = loader.ReadAll(folder_, test.at("intermediates"));
    const auto anchors = loader.ReadAll(folder_, test.at("trust_anchors"));
    ValidationOutcome outcome;
    if (loader.refusal()) {
      outcome = *loader.refusal();
    } else {
      const ValidationInput input{*leaf, untrusted, anchors, {}};
      outcome = ValidatePath(input, options_, ReadTime(test.at("time")));
    }
    SCOPED_TRACE(test.at("description").get<std::string>());
    ledger.Compare(test.at("id"), outcome, test.at("openssl_3_0") == "valid");
  }
  ledger.Finish();
}

TEST_F(MatterTest, Revoked) {
  options_.require_crl = true;
  Ledger ledger("matter_revoked");
  for (const nlohmann::json& test : manifest_.at("revoked")) {
    CertificateLoader loader;
    const std::vector<Certificate> chain = loader.ReadAll(folder_, test.at("chain"));
    ASSERT_FALSE(loader.refusal()) << test.at("id");
    ValidationInput input{chain.back(), {chain.begin() + 1, chain.end() - 1}, {chain.front()}, {}};
    for (const auto& crl : test.at("crls")) {
      input.crls.push_back(test::ReadFileBytes(folder_ / crl.get<std::string>()));
    }
    const ValidationOutcome outcome = ValidatePath(input, options_, ReadTime(test.at("time")));
    ledger.Compare(test.at("id"), outcome, test.at("expected") == "valid");
    EXPECT_TRUE(outcome.valid || outcome.reason == RejectReason::kRevoked) << test.at("id");
  }
  ledger.Finish();
}

}  // namespace
}  // namespace muster::conformance
