#include "engine/path/leaf_validation.h"

#include <fmt/format.h>

#include <array>

#include "engine/base/byte_view.h"
#include "engine/crypto/public_key.h"
#include "engine/der/der_reader.h"
#include "engine/path/extension_checks.h"
#include "engine/x509/name.h"
#include "engine/x509/serial.h"

namespace muster::path {
namespace {

// One leaf. Each check is true where checking is to end. Details are made only for faults: a good
// leaf costs no allocation.
class LeafCheck {
 public:
  LeafCheck(const ValidationContext& context, const CertificateView& leaf, UnixTime at,
            FaultSink* sink, std::optional<crypto::CurvePoint>* deferred = nullptr)
      : context_(context), leaf_(leaf), at_(at), sink_(sink), deferred_(deferred) {}

  bool RunUnder(const PathState& state, const graph::CaNode& issuer,
                std::vector<std::string>* policies) {
    static_cast<void>(CheckForm() || CheckValidity() || CheckIssuerName(issuer) || CheckProfile() ||
                      CheckNames(state) || CheckPolicies(state, policies) ||
                      CheckStatus(state.crls) || CheckKey());
    return !faulty_;
  }

  bool RunAlone() {
    static_cast<void>(CheckForm() || CheckValidity() || CheckProfile() || CheckAlgorithm() ||
                      CheckKey());
    return !faulty_;
  }

 private:
  bool Report(RejectReason reason, std::string detail) {
    faulty_ = true;
    return sink_->Add(reason, 0, std::move(detail));
  }

  bool CheckForm() {
    // RFC 5280 4.1.2.2.
    if (!context_.options.algorithms.allow_irregular_serial &&
        !x509::IsRegularSerial(leaf_.serial()) &&
        Report(RejectReason::kMalformedSerial, "serial " + x509::SerialText(leaf_.serial()))) {
      return true;
    }
    const std::string_view malformed = FindMalformedExtension(leaf_);
    if (!malformed.empty() &&
        Report(RejectReason::kMalformedExtension, fmt::format("{} is malformed", malformed))) {
      return true;
    }
    // RFC 5280 4.2.1.4.
    if (HasUnknownCriticalQualifier(leaf_) &&
        Report(RejectReason::kUnhandledCriticalExtension, "a critical policy qualifier")) {
      return true;
    }
    // RFC 5280 6.1.5 (f).
    return !leaf_.unknown_critical_extension().empty() &&
           Report(RejectReason::kUnhandledCriticalExtension,
                  DescribeExtension(leaf_.unknown_critical_extension()));
  }

  // RFC 5280 6.1.3 (a) (2).
  bool CheckValidity() {
    if (at_ < leaf_.not_before() &&
        Report(RejectReason::kNotYetValid, "notBefore " + FormatRfc3339(leaf_.not_before()))) {
      return true;
    }
    return leaf_.not_after() < at_ &&
           Report(RejectReason::kExpired, "notAfter " + FormatRfc3339(leaf_.not_after()));
  }

  // RFC 5280 6.1.3 (a) (4).
  bool CheckIssuerName(const graph::CaNode& issuer) {
    if (base::Equal(leaf_.issuer(), issuer.view().subject())) return false;
    const auto name = x509::CanonicalName(leaf_.issuer());
    return name != issuer.subject &&
           Report(RejectReason::kIssuerNotFound,
                  fmt::format("issued by {}, not by {}", DisplayName(leaf_.issuer()),
                              DisplayName(issuer.view().subject())));
  }

  // The leaf profile (domain rules) and the purpose (RFC 5280 4.2.1.3, 4.2.1.12).
  bool CheckProfile() {
    const LeafRules& rules = context_.rules;
    const bool strict = rules.profile == LeafProfile::kRfc5280;
    if (strict && rules.require_v3 && leaf_.version() != 3 &&
        Report(RejectReason::kLeafVersion, fmt::format("version {}", leaf_.version()))) {
      return true;
    }
    if (rules.refuse_ca && leaf_.is_ca() &&
        Report(RejectReason::kLeafIsCa, "basicConstraints has cA TRUE")) {
      return true;
    }
    if (rules.require_digital_signature && leaf_.has_key_usage() &&
        (leaf_.key_usage() & kDigitalSignature) == 0 &&
        Report(RejectReason::kLeafKeyUsage, "keyUsage lacks digitalSignature")) {
      return true;
    }
    const ExtensionView& usage = leaf_.extension(ExtensionId::kExtendedKeyUsage);
    return strict && usage.present &&
           FindPurpose(usage.value, context_.purpose) == Purpose::kNotAllowed &&
           Report(RejectReason::kLeafExtendedKeyUsage,
                  "extendedKeyUsage lacks " + context_.options.key_purpose);
  }

  // RFC 5280 6.1.3 (b), (c): of the last certificate even where it is self-issued.
  bool CheckNames(const PathState& state) {
    if (state.names.empty()) return false;
    int comparisons_left = state.name_comparisons_left;
    auto fault = state.names.Check(leaf_, &comparisons_left);
    return fault && Report(fault->reason, std::move(fault->detail));
  }

  // RFC 5280 6.1.3 (d) to (f), 6.1.5 (a), (b), (g).
  bool CheckPolicies(const PathState& state, std::vector<std::string>* policies) {
    if (policies == nullptr && state.policies.IsIndifferentToLeaf() &&
        !leaf_.extension(ExtensionId::kPolicyConstraints).present) {
      return false;
    }
    PolicyGraph graph = state.policies;
    auto fault = graph.AddCertificate(leaf_, PolicyRole::kLeaf, leaf_.IsSelfIssued());
    if (!fault) fault = graph.WrapUp(leaf_, policies);
    return fault && Report(fault->reason, std::string(fault->detail));
  }

  // RFC 5280 6.1.3 (a) (3).
  bool CheckStatus(const IssuerCrls& crls) {
    if (crls.empty() && !context_.options.require_crl) return false;
    const Revocation revocation = crls.StatusOf(leaf_);
    if (revocation.status == RevocationStatus::kRevoked) {
      return Report(RejectReason::kRevoked, DescribeRevocation(revocation));
    }
    if (revocation.status != RevocationStatus::kUnknown) return false;
    if (context_.options.require_crl) {
      return Report(RejectReason::kRevocationUnknown, DescribeUnknownStatus(crls));
    }
    if (sink_->collect_all()) {
      if (std::string stale = crls.Staleness(); !stale.empty()) {
        sink_->AddNote(RejectReason::kRevocationUnknown, 0, std::move(stale));
      }
    }
    return false;
  }

  // The floor of algorithms; under a path it is asked when the signature is verified.
  bool CheckAlgorithm() {
    const RejectReason reason =
        crypto::CheckSignatureAlgorithm(leaf_.signature_algorithm(), context_.options.algorithms);
    return reason != RejectReason::kNone && Report(reason, "signatureAlgorithm");
  }

  bool CheckKey() {
    const auto good =
        crypto::CheckPublicKey(leaf_.spki(), context_.options.algorithms, deferred_);
    return !good && Report(good.error().reason, std::string(good.error().what));
  }

  const ValidationContext& context_;
  const CertificateView& leaf_;
  const UnixTime at_;
  FaultSink* sink_;
  std::optional<crypto::CurvePoint>* deferred_;
  bool faulty_ = false;
};

}  // namespace

bool CheckLeafCertificate(const ValidationContext& context, const PathState& state,
                          const graph::CaNode& issuer, const CertificateView& leaf, UnixTime at,
                          FaultSink* sink, std::vector<std::string>* policies,
                          std::optional<crypto::CurvePoint>* deferred) {
  return LeafCheck(context, leaf, at, sink, deferred).RunUnder(state, issuer, policies);
}

bool CheckLeafAlone(const ValidationContext& context, const CertificateView& leaf, UnixTime at,
                    FaultSink* sink) {
  return LeafCheck(context, leaf, at, sink).RunAlone();
}

bool CheckLeafSignature(const ValidationContext& context, const graph::CaNode& issuer,
                        const CertificateView& leaf, FaultSink* sink) {
  if (!issuer.key) {
    sink->Add(issuer.key.error().reason, 1, std::string(issuer.key.error().what));
    return false;
  }
  const RejectReason answer =
      crypto::VerifySignature(*issuer.key, leaf.signature_algorithm(), leaf.tbs(), leaf.signature(),
                              context.options.algorithms);
  return ReportLeafSignature(issuer, answer, sink);
}

bool ReportLeafSignature(const graph::CaNode& issuer, RejectReason answer, FaultSink* sink) {
  if (answer == RejectReason::kNone) return true;
  sink->Add(answer, 0, "issuer " + DisplayName(issuer.view().subject()));
  return false;
}

std::string DescribeRevocation(const Revocation& revocation) {
  // CRLReason, RFC 5280 5.3.1; 7 is not used.
  constexpr std::array<std::string_view, 11> kNames = {
      "unspecified",   "keyCompromise",        "cACompromise",    "affiliationChanged",
      "superseded",    "cessationOfOperation", "certificateHold", "7",
      "removeFromCRL", "privilegeWithdrawn",   "aACompromise"};
  const auto reason = static_cast<std::size_t>(revocation.reason);
  return fmt::format("reason {}, CRL of {}", reason < kNames.size() ? kNames[reason] : "unknown",
                     DisplayName(revocation.crl->view.issuer()));
}

std::string DescribeUnknownStatus(const IssuerCrls& crls) {
  if (crls.empty()) return "no CRL of the issuer";
  const std::string stale = crls.Staleness();
  return stale.empty() ? "no CRL covers it" : "no CRL in date covers it; stale: " + stale;
}

std::string DescribeExtension(ByteView oid) { return "critical extension " + der::OidToText(oid); }

}  // namespace muster::path
