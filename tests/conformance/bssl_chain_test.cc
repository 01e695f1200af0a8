// BoringSSL's pki suites of whole chains: verify_certificate_chain, path_builder and crl.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "engine/path/revocation.h"
#include "muster/path_validation.h"
#include "tests/conformance/conformance_support.h"

namespace muster::conformance {
namespace {

class BsslTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto folder = test::ConformanceFolder("bssl-pki");
    if (!folder) GTEST_SKIP() << test::NoConformanceData("bssl-pki");
    folder_ = *folder;
    // The suite's keys are of 1024 and 2048 bits, its digests may be SHA-1, and its author takes
    // any serial number.
    options_.algorithms.allow_sha1 = true;
    options_.algorithms.rsa_bits_min = 1024;
    options_.algorithms.allow_irregular_serial = true;
  }

  std::filesystem::path folder_;
  ValidationOptions options_;
};

// What BoringSSL calls a purpose. The strict variants add rules about leaves that RFC 5280 has not.
std::string PurposeOf(const std::string& name) {
  static const std::map<std::string, std::string> kPurposes = {
      {"ANY_EKU", ""},
      {"SERVER_AUTH", "1.3.6.1.5.5.7.3.1"},
      {"SERVER_AUTH_STRICT", "1.3.6.1.5.5.7.3.1"},
      {"SERVER_AUTH_STRICT_LEAF", "1.3.6.1.5.5.7.3.1"},
      {"CLIENT_AUTH", "1.3.6.1.5.5.7.3.2"},
      {"CLIENT_AUTH_STRICT", "1.3.6.1.5.5.7.3.2"},
      {"CLIENT_AUTH_STRICT_LEAF", "1.3.6.1.5.5.7.3.2"},
      {"MLS_CLIENT_AUTH", "2.23.146.2.1.3"},
      {"C2PA_TIMESTAMPING", "1.3.6.1.5.5.7.3.8"},
      {"C2PA_MANIFEST", "1.3.6.1.4.1.62558.2.1"},
  };
  return kPurposes.at(name);
}

TEST_F(BsslTest, VerifyCertificateChain) {
  Ledger ledger("bssl_verify_certificate_chain");
  const auto manifest = test::ReadJsonFile(folder_ / "verify_certificate_chain.json");
  for (const nlohmann::json& test : manifest.at("tests")) {
    if (!test.at("run_by_upstream")) continue;  // Stale upstream.
    const std::string trust = test.at("last_cert_trust");
    // Leaves that are trusted as they are, and distrust: not what an anchor is about.
    if (!trust.starts_with("TRUSTED_ANCHOR") || trust.ends_with("LEAF")) continue;
    const auto path = folder_ / test.at("chain_file").get<std::string>();
    CertificateLoader loader;
    const std::vector<Certificate> chain =
        loader.ParseAll(ReadCertificateFile(path), path.filename().string());
    ValidationOptions options = options_;
    options.key_purpose = PurposeOf(test.at("key_purpose"));
    options.algorithms.allow_sha1 = test.at("digest_policy") == "ALLOW_SHA_1";
    options.check_anchor_validity = trust.find("EXPIRATION") != std::string::npos;
    ValidationOutcome outcome;
    if (loader.refusal()) {
      outcome = *loader.refusal();
    } else {
      ValidationInput input{chain.front(), {}, {chain.back()}, {}};
      input.untrusted.assign(chain.begin() + 1, chain.end());
      outcome = ValidatePath(input, options, ReadTime(test.at("time")));
    }
    SCOPED_TRACE(test.at("expected_errors").get<std::string>());
    SCOPED_TRACE(trust + " " + test.at("key_purpose").get<std::string>());
    ledger.Compare(test.at("id"), outcome, test.at("expected") == "valid");
  }
  ledger.Finish();
}

TEST_F(BsslTest, PathBuilder) {
  Ledger ledger("bssl_path_builder");
  Ledger paths("bssl_path_builder_paths");
  const auto manifest = test::ReadJsonFile(folder_ / "path_builder.json");
  for (const nlohmann::json& test : manifest.at("tests")) {
    CertificateLoader loader;
    const auto target = loader.Read(folder_ / test.at("target").get<std::string>());
    const auto untrusted = loader.ReadAll(folder_, test.at("intermediates"));
    const auto anchors = loader.ReadAll(folder_, test.at("trust_anchors"));
    ASSERT_FALSE(loader.refusal()) << test.at("id");
    ValidationOptions options = options_;
    options.key_purpose.clear();
    options.budget.path_len_max = test.value("max_depth", options.budget.path_len_max);
    options.budget.path_steps_max = test.value("max_iterations", options.budget.path_steps_max);
    const ValidationOutcome outcome =
        ValidatePath({*target, untrusted, anchors, {}}, options, ReadTime(test.at("time")));
    ledger.Compare(test.at("id"), outcome, test.at("expected") == "valid");
    const nlohmann::json& expected_path = test.at("expected_path");
    if (!outcome.valid || expected_path.is_null()) continue;
    const auto path = loader.ReadAll(folder_, expected_path);
    const auto same = [](const Certificate& a, const Certificate& b) {
      return Fingerprint::Of(a.der()) == Fingerprint::Of(b.der());
    };
    const bool as_expected =
        std::equal(outcome.path.begin(), outcome.path.end(), path.begin(), path.end(), same);
    paths.Compare(test.at("id"), as_expected ? "same path" : "another path", as_expected,
                  expected_path.dump());
  }
  paths.Finish();
  ledger.Finish();
}

// Each case asks for the status of one certificate under one CRL. The issuers are stubs that no
// path could be valid with, so the question goes to the checker.
TEST_F(BsslTest, Crl) {
  Ledger ledger("bssl_crl");
  const auto manifest = test::ReadJsonFile(folder_ / "crl.json");
  for (const nlohmann::json& test : manifest.at("tests")) {
    CertificateLoader loader;
    const auto leaf = loader.Parse(ReadHex(test.at("cert_hex")), "cert");
    std::vector<Certificate> chain;
    for (const char* issuer : {"issuer_hex", "issuer2_hex"}) {
      if (test.at(issuer).is_null()) continue;
      if (auto one = loader.Parse(ReadHex(test.at(issuer)), issuer)) chain.push_back(*one);
    }
    ASSERT_FALSE(loader.refusal()) << test.at("id");
    std::vector<graph::CaNodePtr> cas;
    for (const Certificate& ca : chain) {
      cas.push_back(*graph::CaNode::Create(ca, options_.algorithms));
    }
    std::vector<Fault> faults;
    const path::CrlSet crls({ReadHex(test.at("crl_hex"))}, nullptr, &faults);
    path::LinkVerifier links(options_.algorithms, options_.budget.signatures_max);
    path::RevocationChecker checker(crls, options_, ReadTime(test.at("time")), &links, {});
    path::StableWindow stable;
    const path::RevocationStatus status =
        checker.Select(cas, &stable).StatusOf(leaf->view()).status;
    const std::string ours = status == path::RevocationStatus::kGood      ? "good"
                             : status == path::RevocationStatus::kRevoked ? "revoked"
                                                                          : "unknown";
    const std::string expected = test.at("expected");
    SCOPED_TRACE(faults.empty() ? "" : faults.front().detail);
    ledger.Compare(test.at("id"), ours, ours == expected, expected);
  }
  ledger.Finish();
}

}  // namespace
}  // namespace muster::conformance
