// Real device material: SPDM device chains, TPM endorsement roots and intermediates, and the roots
// of two clouds and of a browser.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "muster/path_validation.h"
#include "tests/conformance/conformance_support.h"

namespace muster::conformance {
namespace {

class DeviceTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto folder = test::ConformanceFolder("device");
    if (!folder) GTEST_SKIP() << test::NoConformanceData("device");
    folder_ = *folder;
    options_.key_purpose.clear();  // SPDM and TPM certificates have purposes of their own.
  }

  std::filesystem::path folder_;
  ValidationOptions options_;
};

// Expected is what OpenSSL 3.0 says: it has no ML-DSA and no SM2 either, but it has Ed448.
TEST_F(DeviceTest, SpdmChains) {
  // The longest chain has 49 certificates: 48 signatures.
  options_.budget.signatures_max = 64;
  Ledger ledger("spdm");
  const nlohmann::json manifest = test::ReadJsonFile(folder_ / "libspdm.json");
  for (const nlohmann::json& test : manifest.at("tests")) {
    const auto path = folder_ / test.at("chain_file").get<std::string>();
    const std::vector<Bytes> ders = ReadCertificateFile(path);
    EXPECT_EQ(ders.size(), test.at("num_certs").get<std::size_t>());
    CertificateLoader loader;
    const std::vector<Certificate> chain = loader.ParseAll(ders, path.string());
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

// Every intermediate of TPM makers rolls up to one of their roots.
TEST_F(DeviceTest, TpmIntermediates) {
  options_.algorithms.allow_sha1 = true;  // Makers' CAs of the years before 2016.
  options_.algorithms.allow_irregular_serial = true;
  options_.budget.path_steps_max = 4'096;
  const auto read = [&](const char* name, CertificateLoader* loader) {
    return loader->ParseAll(ReadCertificateFile(folder_ / "tpm" / name), name);
  };
  CertificateLoader root_loader, loader;
  const auto roots = read("MIRROR.tpm-ca-certificates.pem", &root_loader);
  const auto intermediates = read("MIRROR.tpm-intermediate-ca-certificates.pem", &loader);
  EXPECT_GE(roots.size(), 20u);
  Ledger ledger("tpm_intermediates");
  for (const Certificate& target : intermediates) {
    const ValidationInput input{target, intermediates, roots, {}};
    const auto at = ParseRfc3339("2026-06-01");
    ASSERT_TRUE(at);
    const std::string name =
        DisplayName(target->subject()) + " " + Fingerprint::Of(target.der()).hex().substr(0, 8);
    ledger.Compare(name, ValidatePath(input, options_, *at), true);
  }
  ledger.Finish();
}

// Roots that services and browsers trust parse, and each verifies itself.
TEST_F(DeviceTest, WellKnownRoots) {
  options_.algorithms.allow_sha1 = true;  // Self-signatures of old roots.
  options_.algorithms.allow_irregular_serial = true;
  Ledger ledger("roots");
  for (const char* file : {"azure-iot-roots.pem", "aws-iot-roots.pem", "mozilla-roots.pem"}) {
    for (const Bytes& der : ReadCertificateFile(folder_ / file)) {
      CertificateLoader loader;
      const auto root = loader.Parse(der, file);
      ValidationOutcome outcome;
      if (loader.refusal()) {
        outcome = *loader.refusal();
      } else {
        outcome = ValidatePath({*root, {}, {*root}, {}}, options_, (*root)->not_before());
      }
      ledger.Compare(std::string(file) + " " + Fingerprint::Of(der).hex().substr(0, 8) + " " +
                         (root ? DisplayName((*root)->subject()) : ""),
                     outcome, true);
    }
  }
  ledger.Finish();
}

}  // namespace
}  // namespace muster::conformance
