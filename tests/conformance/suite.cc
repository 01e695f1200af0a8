#include "tests/conformance/suite.h"

#include <utility>

#include "engine/crypto/public_key.h"
#include "engine/path/extension_checks.h"
#include "engine/path/name_constraints.h"
#include "engine/path/revocation.h"
#include "engine/x509/extensions.h"
#include "engine/x509/name.h"
#include "muster/path_validation.h"
#include "tests/unit/x509/sketch.h"

namespace muster::conformance {

const std::vector<Suite>& Suites() {
  static const std::vector<Suite> suites = {
      {"pkits", "NIST PKITS", "pkits", 249, ReadPkits},
      {"bssl_verify_certificate_chain", "BoringSSL certificate chains", "bssl-pki", 188,
       ReadBsslChains},
      {"bssl_path_builder", "BoringSSL path builder", "bssl-pki", 28, ReadBsslPathBuilder},
      {"bssl_crl", "BoringSSL CRLs", "bssl-pki", 66, ReadBsslCrls},
      {"bssl_name_constraints", "BoringSSL name constraints", "bssl-pki", 268,
       ReadBsslNameConstraints},
      {"bssl_verify_name_match", "BoringSSL names", "bssl-pki", 2857, ReadBsslNames},
      {"bssl_parse_certificate", "BoringSSL certificates, parsed", "bssl-pki", 54,
       ReadBsslCertificates},
      {"bssl_parse_parts", "BoringSSL parts of certificates, parsed", "bssl-pki", 38,
       ReadBsslParts},
      {"bssl_verify_signed_data", "BoringSSL signed data", "bssl-pki", 32, ReadBsslSignedData},
      {"wycheproof_ecdsa", "Wycheproof ECDSA", "wycheproof", 3098, ReadWycheproofEcdsa},
      {"wycheproof_eddsa", "Wycheproof EdDSA", "wycheproof", 238, ReadWycheproofEddsa},
      {"wycheproof_rsa", "Wycheproof RSA PKCS#1 v1.5", "wycheproof", 2588, ReadWycheproofRsa},
      {"wycheproof_pss", "Wycheproof RSA-PSS", "wycheproof", 2040, ReadWycheproofPss},
      {"matter_chains", "Matter device attestation chains", "matter", 198, ReadMatterChains},
      {"matter_dut", "Matter device vectors", "matter", 159, ReadMatterVectors},
      {"matter_revoked", "Matter revocation", "matter", 6, ReadMatterRevoked},
      {"spdm", "SPDM device chains", "device", 104, ReadSpdm},
      {"tpm_intermediates", "TPM makers' intermediates", "device", 143, ReadTpm},
      {"roots", "Roots of Azure IoT, AWS IoT and Mozilla, parsed", "device", 155, ReadRoots},
  };
  return suites;
}

bool Agrees(const std::string& outcome, const std::string& expected) {
  if (expected == "either") {
    return outcome == "valid" || outcome == "invalid" ||
           outcome == NameOf(RejectReason::kBadSignature);
  }
  if (expected == "invalid") return outcome != "valid";
  return outcome == expected;
}

namespace {

std::string NameOfReason(RejectReason reason) { return std::string(NameOf(reason)); }

// Parses certificates until one does not parse: then `refusal` says why.
class Loader {
 public:
  bool Parse(ByteView der, const std::string& what, std::vector<Certificate>* out) {
    const auto certificate = Certificate::Parse(der);
    if (certificate) {
      out->push_back(*certificate);
    } else if (!refusal_) {
      refusal_ = {NameOfReason(certificate.error().reason),
                  what + ": " + std::string(certificate.error().what),
                  {},
                  {}};
    }
    return certificate.has_value();
  }
  std::vector<Certificate> ParseAll(const std::vector<Bytes>& ders, const char* what) {
    std::vector<Certificate> certificates;
    for (const Bytes& der : ders) Parse(der, what, &certificates);
    return certificates;
  }
  const std::optional<Answer>& refusal() const { return refusal_; }

 private:
  std::optional<Answer> refusal_;
};

// "expired at 1 (notAfter ...)" for each fault: why a case came out as it did.
std::string Describe(const std::vector<Fault>& faults) {
  std::string text;
  for (const Fault& fault : faults) {
    text += (text.empty() ? "" : "; ") + NameOfReason(fault.reason) + " at " +
            std::to_string(fault.chain_index) + " (" + fault.detail + ")";
  }
  return text;
}

Answer Ask(const PathQuestion& question) {
  Loader loader, lenient;
  Loader& others = question.skip_unreadable ? lenient : loader;
  std::vector<Certificate> target;
  loader.Parse(question.target, "target", &target);
  const std::vector<Certificate> untrusted = others.ParseAll(question.untrusted, "untrusted");
  const std::vector<Certificate> anchors = others.ParseAll(question.anchors, "anchor");
  if (loader.refusal()) return *loader.refusal();
  const ValidationInput input{target.front(), untrusted, anchors, question.crls};
  const ValidationOutcome outcome = ValidatePath(input, question.options, question.at);
  Answer answer;
  answer.detail = Describe(outcome.faults);
  answer.outcome = outcome.valid ? "valid" : NameOfReason(outcome.reason);
  if (!outcome.valid) return answer;
  for (const Certificate& one : outcome.path) {
    answer.path.emplace_back(one.der().begin(), one.der().end());
  }
  answer.policies = outcome.policies;
  return answer;
}

Answer Ask(const SignatureQuestion& question) {
  const auto key = crypto::PublicKey::Load(question.spki, question.policy);
  const RejectReason reason =
      key ? crypto::VerifySignature(*key, question.algorithm, question.message, question.signature,
                                    question.policy)
          : key.error().reason;
  return {reason == RejectReason::kNone ? "valid" : NameOfReason(reason), "", {}, {}};
}

Answer Ask(const ParseQuestion& question) {
  std::string what;
  if (question.kind == ParseQuestion::Kind::kAuthorityKeyId) {
    if (!x509::ParseAuthorityKeyId(question.octets)) what = "authorityKeyIdentifier";
  } else {
    const auto view = CertificateView::Parse(question.octets);
    // Extensions are looked into when the path is validated.
    if (view) what = path::FindMalformedExtension(*view);
    if (view && what.empty() && !path::NameConstraintSet().Add(*view)) what = "nameConstraints";
    if (!view) what = view.error().what;
  }
  return {what.empty() ? "accept" : "reject", what, {}, {}};
}

// No path would be valid with the suite's issuers, so the question goes to the checker.
Answer Ask(const CrlQuestion& question) {
  Loader loader;
  std::vector<Certificate> leaf;
  loader.Parse(question.certificate, "certificate", &leaf);
  const std::vector<Certificate> chain = loader.ParseAll(question.issuers, "issuer");
  if (loader.refusal()) return *loader.refusal();
  std::vector<graph::CaNodePtr> cas;
  for (const Certificate& ca : chain) {
    cas.push_back(*graph::CaNode::Create(ca, question.policy));
  }
  ValidationOptions options;
  options.algorithms = question.policy;
  std::vector<Fault> faults;
  const path::CrlSet crls({question.crl}, nullptr, &faults);
  path::LinkVerifier links(options.algorithms, options.budget.signatures_max);
  path::RevocationChecker checker(crls, options, question.at, &links, {});
  path::StableWindow stable;
  const path::RevocationStatus status =
      checker.Select(cas, &stable).StatusOf(leaf.front().view()).status;
  const char* const outcome = status == path::RevocationStatus::kGood      ? "good"
                              : status == path::RevocationStatus::kRevoked ? "revoked"
                                                                           : "unknown";
  return {outcome, Describe(faults), {}, {}};
}

Answer Ask(const NameConstraintQuestion& question) {
  x509::CertificateSketch ca;
  ca.extensions = {x509::ExtensionOf("2.5.29.30", question.constraints, question.critical)};
  const Bytes ca_der = ca.Der();
  const auto ca_view = CertificateView::Parse(ca_der);
  path::NameConstraintSet names;
  if (!ca_view || !names.Add(*ca_view)) return {"reject", "", {}, {}};
  if (question.parse_only) return {"parsed", "", {}, {}};
  x509::CertificateSketch sketch;
  sketch.subject = question.subject;
  if (question.subject_alt_name) {
    sketch.extensions = {x509::ExtensionOf("2.5.29.17", *question.subject_alt_name, true)};
  }
  const Bytes der = sketch.Der();
  const auto view = CertificateView::Parse(der);
  if (!view) return {NameOfReason(view.error().reason), std::string(view.error().what), {}, {}};
  int comparisons_left = 1'000;
  const auto fault = names.Check(*view, &comparisons_left);
  return {fault ? "not_permitted" : "permitted", fault ? fault->detail : "", {}, {}};
}

Answer Ask(const NamePairQuestion& question) {
  const bool match = x509::NamesMatch(question.a, question.b);
  if (match != x509::NamesMatch(question.b, question.a)) return {"one-sided", "", {}, {}};
  return {match ? "match" : "differ", "", {}, {}};
}

Answer Ask(const NameQuestion& question) {
  return {x509::IsWellFormedName(question.name) ? "accept" : "reject", "", {}, {}};
}

}  // namespace

Answer AskMuster(const Question& question) {
  return std::visit([](const auto& one) { return Ask(one); }, question);
}

}  // namespace muster::conformance
