// BoringSSL's pki suites of single questions: name_constraints, parse_certificate,
// verify_signed_data.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/crypto/public_key.h"
#include "engine/path/extension_checks.h"
#include "engine/path/name_constraints.h"
#include "engine/pki/der_writer.h"
#include "engine/x509/extensions.h"
#include "tests/conformance/conformance_support.h"
#include "tests/unit/x509/sketch.h"

namespace muster::conformance {
namespace {

using pki::DerWriter;
using x509::CertificateSketch;
using x509::ExtensionOf;

constexpr const char* kNameConstraintsOid = "2.5.29.30";
constexpr const char* kSubjectAltNameOid = "2.5.29.17";

class BsslQuestionTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto folder = test::ConformanceFolder("bssl-pki");
    if (!folder) GTEST_SKIP() << test::NoConformanceData("bssl-pki");
    folder_ = *folder;
  }

  std::filesystem::path folder_;
};

Bytes EmptyName() { return DerWriter().Add(der::kSequence, {}).Take(); }

// A certificate whose subject and alternative names are those of a case. Where the case asks about
// one name only, it is the one name.
CertificateSketch SubjectOf(const nlohmann::json& test) {
  CertificateSketch sketch;
  sketch.subject = EmptyName();
  const std::string check = test.at("check");
  const auto alternative = [&](std::uint8_t tag, ByteView name) {
    DerWriter names;
    names.Nest(der::kSequence, [&](DerWriter& w) { w.Add(tag, name); });
    sketch.extensions.push_back(ExtensionOf(kSubjectAltNameOid, names.octets(), true));
  };
  if (check == "dns") {
    const std::string name = test.at("name");
    alternative(der::ContextPrimitive(2), Bytes(name.begin(), name.end()));
  } else if (check == "ip") {
    alternative(der::ContextPrimitive(7), ReadHex(test.at("name_hex")));
  } else if (check == "directory_name") {
    alternative(der::ContextConstructed(4), ReadHex(test.at("name_hex")));
  } else {
    const auto has = [&](const char* key) { return !test.value(key, nlohmann::json()).is_null(); };
    if (has("subject_hex")) sketch.subject = ReadHex(test.at("subject_hex"));
    if (has("san_hex")) {
      sketch.extensions.push_back(
          ExtensionOf(kSubjectAltNameOid, ReadHex(test.at("san_hex")), true));
    }
  }
  return sketch;
}

TEST_F(BsslQuestionTest, NameConstraints) {
  Ledger ledger("bssl_name_constraints");
  const auto manifest = test::ReadJsonFile(folder_ / "name_constraints.json");
  for (const nlohmann::json& test : manifest.at("tests")) {
    CertificateSketch ca;
    ca.extensions = {ExtensionOf(kNameConstraintsOid, ReadHex(test.at("constraints_hex")),
                                 test.at("critical") != false)};
    const Bytes ca_der = ca.Der();
    const auto ca_view = CertificateView::Parse(ca_der);
    path::NameConstraintSet names;
    std::string ours;
    std::string detail;
    if (!ca_view || !names.Add(*ca_view)) {
      ours = "reject";
    } else if (test.at("check") == "parse") {
      ours = "parsed";
    } else {
      const Bytes der = SubjectOf(test).Der();
      const auto view = CertificateView::Parse(der);
      ASSERT_TRUE(view) << test.at("id") << view.error().what;
      int comparisons_left = 1'000;
      const auto fault = names.Check(*view, &comparisons_left);
      ours = fault ? "not_permitted" : "permitted";
      if (fault) detail = fault->detail;
    }
    SCOPED_TRACE(detail);
    const std::string expected = test.at("expected");
    ledger.Compare(test.at("id"), ours, ours == expected, expected);
  }
  ledger.Finish();
}

TEST_F(BsslQuestionTest, ParseCertificate) {
  Ledger ledger("bssl_parse_certificate");
  const auto manifest = test::ReadJsonFile(folder_ / "parse_certificate.json");
  for (const nlohmann::json& test : manifest.at("tests")) {
    const std::string kind = test.at("kind");
    // Stubs that a parser splits without looking into the parts: muster's looks at once.
    if (kind == "certificate_outer" || kind == "tbs_certificate") continue;
    const Bytes data = ReadHex(test.at("data_hex"));
    std::string ours = "accept";
    std::string what;
    if (kind == "authority_key_identifier") {
      if (!x509::ParseAuthorityKeyId(data)) ours = "reject";
    } else {
      const auto view = CertificateView::Parse(data);
      // Extensions are looked into when the path is validated.
      if (view) what = path::FindMalformedExtension(*view);
      if (view && what.empty() && !path::NameConstraintSet().Add(*view)) what = "nameConstraints";
      if (!view) what = view.error().what;
      if (!what.empty()) ours = "reject";
    }
    SCOPED_TRACE(what + " | " + test.at("errors").get<std::string>());
    const std::string expected = test.at("expected");
    ledger.Compare(test.at("id"), ours, ours == expected, expected);
  }
  ledger.Finish();
}

TEST_F(BsslQuestionTest, VerifySignedData) {
  AlgorithmPolicy policy;
  policy.allow_sha1 = true;
  policy.rsa_bits_min = 1024;  // The size of the suite's keys.
  Ledger ledger("bssl_verify_signed_data");
  const auto manifest = test::ReadJsonFile(folder_ / "verify_signed_data.json");
  for (const nlohmann::json& test : manifest.at("tests")) {
    const Bytes spki = ReadHex(test.at("spki_hex"));
    const Bytes bit_string = ReadHex(test.at("signature_bitstring_hex"));
    der::DerReader reader(bit_string);
    ByteView content, signature;
    const auto key = crypto::PublicKey::Load(spki, policy);
    RejectReason reason = RejectReason::kBadSignature;
    if (!key) {
      reason = key.error().reason;
    } else if (reader.Read(der::kBitString, &content) && reader.AtEnd() &&
               der::ParseBitString(content, &signature, nullptr)) {
      reason = crypto::VerifySignature(*key, ReadHex(test.at("algorithm_hex")),
                                       ReadHex(test.at("data_hex")), signature, policy);
    }
    const bool valid = reason == RejectReason::kNone;
    const std::string expected = test.at("expected");
    ledger.Compare(test.at("id"), valid ? "valid" : std::string(NameOf(reason)),
                   valid == (expected == "valid"), expected);
  }
  ledger.Finish();
}

}  // namespace
}  // namespace muster::conformance
