#include "engine/path/ca_validation.h"

#include <fmt/format.h>

#include <utility>

#include "engine/crypto/public_key.h"
#include "engine/path/extension_checks.h"
#include "engine/path/leaf_validation.h"
#include "engine/x509/serial.h"

namespace muster::path {
namespace {

// 6.1.2 (k): max_path_length starts at n, the number of certificates below the anchor.
int PathLen(std::span<const graph::CaNodePtr> cas) { return static_cast<int>(cas.size()); }

// CRL issuers are validated for no purpose and under no policy but those that certificates demand.
ValidationContext ContextForCrlIssuers(const ValidationContext& context) {
  ValidationOptions options = context.options;
  options.key_purpose.clear();
  options.initial_policies.clear();
  options.explicit_policy = false;
  options.inhibit_policy_mapping = false;
  options.inhibit_any_policy = false;
  options.require_crl = false;  // The checker asks for their status itself.
  LeafRules rules;
  rules.refuse_ca = false;
  rules.require_digital_signature = false;
  rules.require_v3 = false;
  return ValidationContext(options, *context.crls, rules);
}

}  // namespace

CaValidation::CaValidation(const ValidationContext& context, std::span<const graph::CaNodePtr> cas,
                           UnixTime at, LinkVerifier* links, FaultSink* sink, StableWindow* stable)
    : context_(context),
      cas_(cas),
      at_(at),
      links_(links),
      sink_(sink),
      stable_(stable),
      state_(context, PathLen(cas)),
      max_path_len_(PathLen(cas)) {}

bool CaValidation::Report(RejectReason reason, int i, std::string detail) {
  faulty_ = true;
  return sink_->Add(reason, i + 1, std::move(detail));
}

bool CaValidation::CheckCertificates() {
  for (int i = anchor(); i >= 0; --i) {
    if (CheckForm(i) || CheckValidity(i) || ProcessCertificate(i) || PrepareForNext(i)) {
      return false;
    }
  }
  static_cast<void>(VerifyLinks());
  return !faulty_;
}

bool CaValidation::CheckForm(int i) {
  const CertificateView& view = ca(i).view();
  // RFC 5280 4.1.2.2. Nothing rests on the serial number of an anchor.
  if (i != anchor() && !context_.options.algorithms.allow_irregular_serial &&
      !x509::IsRegularSerial(view.serial()) &&
      Report(RejectReason::kMalformedSerial, i, "serial " + x509::SerialText(view.serial()))) {
    return true;
  }
  const std::string_view malformed = FindMalformedExtension(view);
  if (!malformed.empty() &&
      Report(RejectReason::kMalformedExtension, i, fmt::format("{} is malformed", malformed))) {
    return true;
  }
  // RFC 5280 4.2.1.4.
  return HasUnknownCriticalQualifier(view) &&
         Report(RejectReason::kUnhandledCriticalExtension, i, "a critical policy qualifier");
}

// 6.1.3 (a) (2); of the anchor by option ("expired anywhere on the path").
bool CaValidation::CheckValidity(int i) {
  if (i == anchor() && !context_.options.check_anchor_validity) return false;
  const CertificateView& view = ca(i).view();
  stable_->Observe(view.not_before() - std::chrono::seconds(1), at_);
  if (at_ < view.not_before() &&
      Report(RejectReason::kNotYetValid, i, "notBefore " + FormatRfc3339(view.not_before()))) {
    return true;
  }
  stable_->Observe(view.not_after(), at_);
  return view.not_after() < at_ &&
         Report(RejectReason::kExpired, i, "notAfter " + FormatRfc3339(view.not_after()));
}

bool CaValidation::ProcessCertificate(int i) {
  const CertificateView& view = ca(i).view();
  if (i != anchor()) {
    // 6.1.3 (a) (1), the part that needs no key: the algorithm floor.
    const RejectReason algorithm =
        crypto::CheckSignatureAlgorithm(view.signature_algorithm(), context_.options.algorithms);
    if (algorithm != RejectReason::kNone && Report(algorithm, i, "signatureAlgorithm")) return true;
    // 6.1.3 (a) (4)
    if (ca(i).issuer != ca(i + 1).subject &&
        Report(RejectReason::kIssuerNotFound, i,
               fmt::format("issued by {}, not by {}", DisplayName(view.issuer()),
                           DisplayName(ca(i + 1).view().subject())))) {
      return true;
    }
    if (CheckNames(i)) return true;
  }
  return CheckPolicies(i, state_.policies.AddCertificate(view, RoleOf(i), ca(i).IsSelfIssued()));
}

bool CaValidation::CheckNames(int i) {
  // 6.1.3 (b), (c): "self-issued and it is not the final certificate" are exempt.
  if (state_.names.empty() || ca(i).IsSelfIssued()) return false;
  auto fault = state_.names.Check(ca(i).view(), &state_.name_comparisons_left);
  return fault && Report(fault->reason, i, std::move(fault->detail));
}

bool CaValidation::CheckPolicies(int i, std::optional<PolicyFault> fault) {
  return fault && Report(fault->reason, i, std::string(fault->detail));
}

bool CaValidation::PrepareForNext(int i) {
  const graph::CaNode& node = ca(i);
  // 6.1.4 (a), (b), (h) to (j)
  if (CheckPolicies(i,
                    state_.policies.PrepareForNext(node.view(), RoleOf(i), node.IsSelfIssued()))) {
    return true;
  }
  // 6.1.4 (d) to (f): the working key must be one that is accepted.
  if (!node.key && Report(node.key.error().reason, i, std::string(node.key.error().what))) {
    return true;
  }
  // 6.1.4 (g)
  if (!state_.names.Add(node.view(), links_->name_constraints()) &&
      Report(RejectReason::kMalformedExtension, i, "nameConstraints is malformed")) {
    return true;
  }
  if (CheckCaConstraints(i) || CheckPurpose(i)) return true;
  // 6.1.4 (o)
  const ByteView unknown = node.view().unknown_critical_extension();
  return !unknown.empty() &&
         Report(RejectReason::kUnhandledCriticalExtension, i, DescribeExtension(unknown));
}

bool CaValidation::CheckCaConstraints(int i) {
  const graph::CaNode& node = ca(i);
  const CertificateView& view = node.view();
  // 6.1.4 (k). A self-signed v1 certificate can be an anchor, which is trusted by other means.
  const bool is_v1_anchor = i == anchor() && view.version() == 1 && node.IsSelfIssued();
  if (!view.is_ca() && !is_v1_anchor &&
      Report(RejectReason::kNotACa, i,
             view.version() == 3 ? "basicConstraints does not say cA TRUE" : "version 1")) {
    return true;
  }
  // 6.1.4 (l): self-issued certificates do not count, and the anchor is not below itself.
  if (i != anchor() && !node.IsSelfIssued()) {
    if (max_path_len_ <= 0) {
      if (Report(RejectReason::kPathLenExceeded, i, "no further CA certificate is allowed")) {
        return true;
      }
    } else {
      --max_path_len_;
    }
  }
  // 6.1.4 (m)
  if (view.path_len() >= 0) max_path_len_ = std::min(max_path_len_, view.path_len());
  // 6.1.4 (n)
  return view.has_key_usage() && (view.key_usage() & kKeyCertSign) == 0 &&
         Report(RejectReason::kMissingKeyCertSign, i, "keyUsage lacks keyCertSign");
}

// An EKU in a CA certificate bounds the purposes of everything below it [as public validators do;
// RFC 5280 4.2.1.12 leaves it open].
bool CaValidation::CheckPurpose(int i) {
  const ExtensionView& usage = ca(i).view().extension(ExtensionId::kExtendedKeyUsage);
  return usage.present && FindPurpose(usage.value, context_.purpose) == Purpose::kNotAllowed &&
         Report(RejectReason::kExtendedKeyUsageNotAllowed, i,
                "extendedKeyUsage lacks " + context_.options.key_purpose);
}

// 6.1.3 (a) (1)
bool CaValidation::VerifyLinks() {
  for (int i = anchor() - 1; i >= 0; --i) {
    const RejectReason reason = links_->Verify(ca(i), ca(i + 1));
    if (reason == RejectReason::kNone) continue;
    // A key that is not accepted was reported where it stands.
    if (reason != RejectReason::kBudgetExhausted && !ca(i + 1).key) continue;
    if (Report(reason, i, "issuer " + DisplayName(ca(i + 1).view().subject()))) return true;
  }
  return false;
}

bool CaValidation::CheckRevocation() {
  RevocationChecker checker(
      *context_.crls, context_.options, at_, links_,
      [this](const std::vector<graph::CaNodePtr>& cas, const CertificateView& target,
             StableWindow* stable) { return CheckCrlIssuer(cas, target, stable); });
  for (int i = anchor(); i >= 0; --i) {
    IssuerCrls crls = checker.Select(cas_.subspan(static_cast<std::size_t>(i)), stable_);
    // Fail closed: a CRL that was not examined may list anything.
    if (checker.exhausted() &&
        Report(RejectReason::kBudgetExhausted, i - 1, "too many CRL issuers to examine")) {
      return false;
    }
    if (i == 0) {
      state_.crls = std::move(crls);
    } else if (CheckStatus(i - 1, crls)) {
      return false;
    }
  }
  return !faulty_;
}

// 6.1.3 (a) (3)
bool CaValidation::CheckStatus(int i, const IssuerCrls& crls) {
  const Revocation revocation = crls.StatusOf(ca(i).view());
  switch (revocation.status) {
    case RevocationStatus::kGood:
      return false;
    case RevocationStatus::kRevoked:
      return Report(RejectReason::kRevoked, i, DescribeRevocation(revocation));
    case RevocationStatus::kUnknown:
      break;
  }
  if (context_.options.require_crl) {
    return Report(RejectReason::kRevocationUnknown, i, DescribeUnknownStatus(crls));
  }
  if (std::string stale = crls.Staleness(); !stale.empty()) {
    sink_->AddNote(RejectReason::kRevocationUnknown, i + 1, std::move(stale));
  }
  return false;
}

RejectReason CaValidation::CheckCrlIssuer(const std::vector<graph::CaNodePtr>& cas,
                                          const CertificateView& target,
                                          StableWindow* stable) const {
  const ValidationContext context = ContextForCrlIssuers(context_);
  FaultSink sink(/*collect_all=*/false);
  CaValidation run(context, cas, at_, links_, &sink, stable);
  stable->Observe(target.not_before() - std::chrono::seconds(1), at_);
  stable->Observe(target.not_after(), at_);
  if (run.CheckCertificates() &&
      CheckLeafCertificate(context, *run.state(), *cas.front(), target, at_, &sink, nullptr)) {
    CheckLeafSignature(context, *cas.front(), target, &sink);
  }
  return sink.reason();
}

}  // namespace muster::path
