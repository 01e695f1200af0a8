// Suites whose questions are about whole paths.

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "muster/fingerprint.h"
#include "tests/conformance/suite.h"
#include "tests/conformance/suite_files.h"

namespace muster::conformance {
namespace {

using nlohmann::json;

// A question about a chain as most manifests hold it: anchor first, target last.
PathQuestion ChainQuestion(const std::vector<Bytes>& chain) {
  PathQuestion question;
  question.target = chain.back();
  question.anchors = {chain.front()};
  if (chain.size() > 2) question.untrusted.assign(chain.begin() + 1, chain.end() - 1);
  question.options.key_purpose.clear();
  return question;
}

Case CaseOf(const json& test, std::string expected) {
  Case one;
  one.id = test.at("id");
  one.expected = std::move(expected);
  return one;
}

}  // namespace

// --- NIST ----------------------------------------------------------------------------------------

std::vector<Case> ReadPkits(const std::filesystem::path& folder) {
  std::vector<Case> cases;
  const json manifest = test::ReadJsonFile(folder / "pkits.json");
  for (const json& test : manifest.at("tests")) {
    Case one = CaseOf(test, test.at("expected"));
    one.note = test.at("name");
    PathQuestion question = ChainQuestion(ReadCertificates(folder, test.at("chain")));
    for (Bytes& issuer : ReadCertificates(folder, test.at("crl_issuer_certs"))) {
      question.untrusted.push_back(std::move(issuer));
    }
    for (const json& crl : test.at("crls")) {
      question.crls.push_back(test::ReadFileBytes(folder / crl.get<std::string>()));
    }
    question.at = ReadTime(test.at("time"));
    // 4.1.4 and 4.1.5 use DSA, and SHA-1 with it. 4.4.16 to 4.4.18 use negative and long serial
    // numbers on purpose.
    question.options.algorithms.allow_sha1 = true;
    question.options.algorithms.allow_irregular_serial = true;
    // The suite demands that a path whose revocation status cannot be told is refused (4.4.1).
    question.options.require_crl = true;
    const json& inputs = test.at("inputs");
    question.options.initial_policies =
        inputs.at("initial_policy_set").get<std::vector<std::string>>();
    question.options.explicit_policy = inputs.at("explicit_policy");
    question.options.inhibit_policy_mapping = inputs.at("policy_mapping_inhibit");
    question.options.inhibit_any_policy = inputs.at("inhibit_any_policy");
    one.question = std::move(question);
    one.path_len = test.at("chain").size();
    one.policies = test.at("expected_user_constrained_policy_set").get<std::vector<std::string>>();
    std::sort(one.policies->begin(), one.policies->end());
    cases.push_back(std::move(one));
  }
  return cases;
}

// --- BoringSSL -----------------------------------------------------------------------------------

namespace {

// The suite's keys are of 1024 and 2048 bits, its digests may be SHA-1, and its author takes any
// serial number.
ValidationOptions BsslOptions() {
  ValidationOptions options;
  options.key_purpose.clear();
  options.algorithms = {.allow_sha1 = true, .allow_irregular_serial = true, .rsa_bits_min = 1024};
  return options;
}

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

}  // namespace

std::vector<Case> ReadBsslChains(const std::filesystem::path& folder) {
  std::vector<Case> cases;
  const json manifest = test::ReadJsonFile(folder / "verify_certificate_chain.json");
  for (const json& test : manifest.at("tests")) {
    // Nine chains that BoringSSL's own tests do not run: their expectations are stale.
    if (!test.at("run_by_upstream")) continue;
    const std::string trust = test.at("last_cert_trust");
    Case one = CaseOf(test, test.at("expected"));
    one.note = trust + " " + test.at("key_purpose").get<std::string>() + " " +
               test.at("expected_errors").get<std::string>();
    const std::vector<Bytes> chain =
        ReadCertificateFile(folder / test.at("chain_file").get<std::string>());
    PathQuestion question;
    question.target = chain.front();
    question.untrusted.assign(chain.begin() + 1, chain.end());
    // A certificate that is trusted as a leaf is an anchor of itself only; what is distrusted, or
    // of no known trust, is none.
    const bool trusts_anchor = trust.starts_with("TRUSTED_ANCHOR");
    const bool trusts_leaf = trust.find("LEAF") != std::string::npos;
    if (trusts_anchor || (trusts_leaf && chain.size() == 1)) question.anchors = {chain.back()};
    question.at = ReadTime(test.at("time"));
    question.options = BsslOptions();
    question.options.key_purpose = PurposeOf(test.at("key_purpose"));
    question.refuses_sha1 = test.at("digest_policy") != "ALLOW_SHA_1";
    question.options.algorithms.allow_sha1 = !question.refuses_sha1;
    question.options.check_anchor_validity = trust.find("EXPIRATION") != std::string::npos;
    one.question = std::move(question);
    cases.push_back(std::move(one));
  }
  return cases;
}

std::vector<Case> ReadBsslPathBuilder(const std::filesystem::path& folder) {
  std::vector<Case> cases;
  const json manifest = test::ReadJsonFile(folder / "path_builder.json");
  for (const json& test : manifest.at("tests")) {
    Case one = CaseOf(test, test.at("expected"));
    one.note = test.value("note", "");
    PathQuestion question;
    question.target = ReadCertificate(folder / test.at("target").get<std::string>());
    question.untrusted = ReadCertificates(folder, test.at("intermediates"));
    question.anchors = ReadCertificates(folder, test.at("trust_anchors"));
    question.at = ReadTime(test.at("time"));
    question.options = BsslOptions();
    ValidationBudget& budget = question.options.budget;
    budget.path_len_max = test.value("max_depth", budget.path_len_max);
    budget.path_steps_max = test.value("max_iterations", budget.path_steps_max);
    one.question = std::move(question);
    if (!test.at("expected_path").is_null()) {
      one.path = ReadCertificates(folder, test.at("expected_path"));
    }
    cases.push_back(std::move(one));
  }
  return cases;
}

// --- Matter --------------------------------------------------------------------------------------
//
// Expected is what RFC 5280 says of the path. The manifest's field is OpenSSL 3.0's verdict, which
// was checked against what each vector's name and description say is wrong with it. What Matter's
// own rules demand beyond it (vendor and product IDs, the certification declaration) is not a
// question of path validation.

std::vector<Case> ReadMatterChains(const std::filesystem::path& folder) {
  std::vector<Case> cases;
  const json manifest = test::ReadJsonFile(folder / "matter.json");
  for (const json& test : manifest.at("chains")) {
    Case one = CaseOf(test, test.at("openssl_3_0"));
    PathQuestion question = ChainQuestion(ReadCertificates(folder, test.at("chain")));
    question.at = ReadTime(test.at("time"));
    one.question = std::move(question);
    cases.push_back(std::move(one));
  }
  return cases;
}

std::vector<Case> ReadMatterVectors(const std::filesystem::path& folder) {
  std::vector<Case> cases;
  const json manifest = test::ReadJsonFile(folder / "matter.json");
  for (const json& test : manifest.at("dut")) {
    Case one = CaseOf(test, test.at("openssl_3_0"));
    one.note = test.at("description");
    PathQuestion question;
    question.options.key_purpose.clear();
    question.target = ReadCertificate(folder / test.at("leaf").get<std::string>());
    question.untrusted = ReadCertificates(folder, test.at("intermediates"));
    question.anchors = ReadCertificates(folder, test.at("trust_anchors"));
    question.at = ReadTime(test.at("time"));
    one.question = std::move(question);
    cases.push_back(std::move(one));
  }
  return cases;
}

std::vector<Case> ReadMatterRevoked(const std::filesystem::path& folder) {
  std::vector<Case> cases;
  const json manifest = test::ReadJsonFile(folder / "matter.json");
  for (const json& test : manifest.at("revoked")) {
    Case one = CaseOf(test, test.at("expected"));
    PathQuestion question = ChainQuestion(ReadCertificates(folder, test.at("chain")));
    for (const json& crl : test.at("crls")) {
      question.crls.push_back(test::ReadFileBytes(folder / crl.get<std::string>()));
    }
    question.at = ReadTime(test.at("time"));
    question.options.require_crl = true;
    one.question = std::move(question);
    cases.push_back(std::move(one));
  }
  return cases;
}

// --- Device material -----------------------------------------------------------------------------

// The chains are as their authors made them: good, but for those of the expired set. Many use
// algorithms that few implementations have (ML-DSA, SM2, Ed448).
std::vector<Case> ReadSpdm(const std::filesystem::path& folder) {
  std::vector<Case> cases;
  const json manifest = test::ReadJsonFile(folder / "libspdm.json");
  for (const json& test : manifest.at("tests")) {
    const bool expired = test.at("id").get<std::string>().find("_Expiration") != std::string::npos;
    Case one = CaseOf(test, expired ? "invalid" : "valid");
    const std::vector<Bytes> chain =
        ReadCertificateFile(folder / test.at("chain_file").get<std::string>());
    if (chain.size() != test.at("num_certs").get<std::size_t>()) {
      throw std::runtime_error(one.id + ": certificates are missing");
    }
    PathQuestion question = ChainQuestion(chain);
    question.at = ReadTime(test.at("time"));
    // The longest chain has 49 certificates: 48 signatures.
    question.options.budget.signatures_max = 64;
    one.question = std::move(question);
    cases.push_back(std::move(one));
  }
  return cases;
}

// Every intermediate of TPM makers rolls up to one of their roots, some of which are not DER.
std::vector<Case> ReadTpm(const std::filesystem::path& folder) {
  PathQuestion question;
  question.anchors = ReadCertificateFile(folder / "tpm/MIRROR.tpm-ca-certificates.pem");
  question.untrusted =
      ReadCertificateFile(folder / "tpm/MIRROR.tpm-intermediate-ca-certificates.pem");
  question.at = ReadTime("2026-06-01");
  question.skip_unreadable = true;
  question.options.key_purpose.clear();
  question.options.algorithms.allow_sha1 = true;  // Makers' CAs of the years before 2016.
  question.options.algorithms.allow_irregular_serial = true;
  question.options.budget.path_steps_max = 4'096;
  std::vector<Case> cases;
  for (const Bytes& target : question.untrusted) {
    Case one;
    one.id = "tpm/" + Fingerprint::Of(target).hex().substr(0, 16);
    one.expected = "valid";
    question.target = target;
    one.question = question;
    cases.push_back(std::move(one));
  }
  return cases;
}

}  // namespace muster::conformance
