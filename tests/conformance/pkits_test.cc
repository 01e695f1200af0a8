// NIST's Public Key Interoperability Test Suite: RFC 5280 path validation with policies, name
// constraints and CRLs.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "muster/path_validation.h"
#include "tests/conformance/conformance_support.h"

namespace muster::conformance {
namespace {

ValidationOptions OptionsOf(const nlohmann::json& test) {
  ValidationOptions options;
  options.key_purpose.clear();  // The suite has no extended key usages.
  // 4.4.16 to 4.4.18 use negative and long serial numbers on purpose.
  options.algorithms.allow_irregular_serial = true;
  // The suite demands that a path whose revocation status cannot be determined is refused (4.4.1).
  options.require_crl = true;
  const nlohmann::json& inputs = test.at("inputs");
  options.initial_policies = inputs.at("initial_policy_set").get<std::vector<std::string>>();
  options.explicit_policy = inputs.at("explicit_policy");
  options.inhibit_policy_mapping = inputs.at("policy_mapping_inhibit");
  options.inhibit_any_policy = inputs.at("inhibit_any_policy");
  return options;
}

ValidationOutcome Validate(const nlohmann::json& test, const std::filesystem::path& folder) {
  CertificateLoader loader;
  std::vector<Certificate> chain = loader.ReadAll(folder, test.at("chain"));
  const std::vector<Certificate> crl_issuers = loader.ReadAll(folder, test.at("crl_issuer_certs"));
  if (loader.refusal()) return *loader.refusal();

  ValidationInput input{chain.back(), crl_issuers, {chain.front()}, {}};
  input.untrusted.insert(input.untrusted.end(), chain.begin() + 1, chain.end() - 1);
  for (const auto& crl : test.at("crls")) {
    input.crls.push_back(test::ReadFileBytes(folder / crl.get<std::string>()));
  }
  return ValidatePath(input, OptionsOf(test), ReadTime(test.at("time")));
}

TEST(PkitsTest, EveryCaseComesOutAsNistSays) {
  const auto folder = test::ConformanceFolder("pkits");
  if (!folder) GTEST_SKIP() << test::NoConformanceData("pkits");
  const nlohmann::json manifest = test::ReadJsonFile(*folder / "pkits.json");
  Ledger ledger("pkits");
  Ledger policies("pkits_policies");
  for (const nlohmann::json& test : manifest.at("tests")) {
    const std::string id = test.at("id");
    SCOPED_TRACE(test.at("name").get<std::string>());
    const ValidationOutcome outcome = Validate(test, *folder);
    const bool expected = test.at("expected") == "valid";
    ledger.Compare(id, outcome, expected);
    if (!outcome.valid || !expected) continue;
    // 6.1.6: the user-constrained policy set.
    auto set = test.at("expected_user_constrained_policy_set").get<std::vector<std::string>>();
    std::sort(set.begin(), set.end());
    policies.Compare(id, nlohmann::json(outcome.policies).dump(), outcome.policies == set,
                     nlohmann::json(set).dump());
    EXPECT_EQ(outcome.path.size(), test.at("chain").size()) << id;
  }
  ledger.Finish();
  policies.Finish();
}

}  // namespace
}  // namespace muster::conformance
