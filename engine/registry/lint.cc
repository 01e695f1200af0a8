// LintRegistry: what can be said of a registry without any device.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/path/link_verifier.h"
#include "engine/registry/rules.h"
#include "engine/registry/snapshot.h"
#include "engine/x509/crl.h"
#include "engine/x509/name.h"

namespace muster {
namespace registry {
namespace {

// Certificates that end within this time are reported: a CA is not renewed in a week.
constexpr std::chrono::days kExpiresSoon{30};
// Signature checks of one run (about 0.1 ms each): a CA has one or two candidate issuers, meshes of
// namesakes have the square of their number.
constexpr std::size_t kSignaturesMin = 1'000;
constexpr std::size_t kSignaturesPerCa = 4;

int SignaturesMax(const CompiledSnapshot& snapshot) {
  return static_cast<int>(kSignaturesMin + kSignaturesPerCa * snapshot.cas().size());
}

class Linter {
 public:
  Linter(const CompiledSnapshot& snapshot, UnixTime at)
      : snapshot_(snapshot), at_(at), links_(AlgorithmPolicy{}, SignaturesMax(snapshot)) {}

  std::vector<LintFinding> Run() {
    for (const HeldCa& held : snapshot_.cas()) LintCa(held);
    const RegistryContents& contents = snapshot_.contents();
    for (std::size_t i = 0; i < contents.groups.size(); ++i) {
      LintGroup(
          {EnrollmentKind::kGroup, static_cast<std::uint32_t>(i), contents.groups[i].enabled});
    }
    for (std::size_t i = 0; i < contents.individuals.size(); ++i) {
      LintIndividual({EnrollmentKind::kIndividual, static_cast<std::uint32_t>(i),
                      contents.individuals[i].enabled});
    }
    for (const RegisteredCrl& crl : contents.crls) LintCrl(crl);
    if (out_of_budget_) {
      Add("lint-incomplete", LintSeverity::kWarning, fmt::format("service '{}'", contents.service),
          "too many CAs share their names: not every path was searched, so a group may be reported "
          "that does reach a verified CA; give CAs names or key identifiers of their own");
    }
    std::stable_sort(findings_.begin(), findings_.end(),
                     [](const auto& a, const auto& b) { return a.severity > b.severity; });
    return std::move(findings_);
  }

 private:
  void Add(std::string_view rule, LintSeverity severity, std::string subject, std::string message) {
    findings_.push_back({rule, severity, std::move(subject), std::move(message)});
  }

  std::string NameOfHeld(const HeldCa& held) const {
    if (held.registered()) {
      return fmt::format("CA '{}'", snapshot_.contents().cas[held.names.front()].name);
    }
    const Entry* entry = snapshot_.EntryOf(held.node->fingerprint);
    return fmt::format("signing certificate of {}", Describe(*entry));
  }

  std::string Describe(const Entry& entry) const {
    return registry::Describe(entry.kind, snapshot_.RefOf(entry).id.view());
  }

  void LintValidity(const std::string& subject, const CertificateView& view) {
    if (at_ > view.not_after()) {
      Add("certificate-expired", LintSeverity::kError, subject,
          fmt::format("it expired at {}; renew it, and whatever was issued under it",
                      FormatRfc3339(view.not_after())));
    } else if (view.not_after() - at_ <= kExpiresSoon) {
      Add("certificate-expires-soon", LintSeverity::kWarning, subject,
          fmt::format("it expires at {}; renew it now", FormatRfc3339(view.not_after())));
    }
    if (at_ < view.not_before()) {
      Add("certificate-not-yet-valid", LintSeverity::kWarning, subject,
          fmt::format("it is not valid before {}", FormatRfc3339(view.not_before())));
    }
  }

  void LintCa(const HeldCa& held) {
    const std::string subject = NameOfHeld(held);
    LintValidity(subject, held.node->view());
    if (!held.node->key) {
      Add("key-not-accepted", LintSeverity::kError, subject,
          fmt::format("{}: nothing that it issued will be accepted", held.node->key.error().what));
    }
    for (const std::uint32_t index : held.names) {
      const CaCertificate& ca = snapshot_.contents().cas[index];
      if (ca.method == VerificationMethod::kSelfAttested) {
        Add("ca-self-attested", LintSeverity::kInfo, fmt::format("CA '{}'", ca.name),
            "it is verified on its owner's word; prove possession of its key where that is "
            "possible");
      }
    }
    if (held.names.size() > 1) LintTwoNames(held);
  }

  void LintTwoNames(const HeldCa& held) {
    std::string names;
    bool all_verified = true;
    for (const std::uint32_t index : held.names) {
      const CaCertificate& ca = snapshot_.contents().cas[index];
      all_verified &= ca.status == CaStatus::kVerified;
      names += fmt::format("{}'{}'", names.empty() ? "" : ", ", ca.name);
    }
    const bool mixed = held.verified && !all_verified;
    Add("same-certificate-two-names", LintSeverity::kWarning, NameOfHeld(held),
        fmt::format("the same certificate is registered as {}{}; keep one of them", names,
                    mixed ? "; one is verified, so it counts as verified under every name" : ""));
  }

  // Whether the certificate is verified, or was issued, over however many links with good
  // signatures, by one that is.
  bool ReachesVerified(const Fingerprint& start) {
    std::set<Fingerprint> seen{start};
    std::vector<Fingerprint> waiting{start};
    while (!waiting.empty()) {
      const HeldCa* held = snapshot_.FindCa(waiting.back());
      waiting.pop_back();
      if (held == nullptr) continue;
      if (held->verified) return true;
      std::vector<graph::CaNodePtr> issuers;
      snapshot_.issuers().FindIssuers(held->node->issuer, held->node->view().authority_key_id(),
                                      &issuers);
      for (const graph::CaNodePtr& issuer : issuers) {
        if (seen.contains(issuer->fingerprint)) continue;
        const RejectReason reason = links_.Verify(*held->node, *issuer);
        out_of_budget_ |= reason == RejectReason::kBudgetExhausted;
        if (reason != RejectReason::kNone) continue;
        seen.insert(issuer->fingerprint);
        waiting.push_back(issuer->fingerprint);
      }
    }
    return false;
  }

  // For groups, and for individual enrollments with CA references.
  void LintReach(const Entry& entry, std::string_view none_rule, std::string_view some_rule) {
    const std::vector<Fingerprint> certificates = snapshot_.CertificatesOf(entry);
    std::vector<const HeldCa*> lost;
    for (const Fingerprint& fingerprint : certificates) {
      if (!ReachesVerified(fingerprint)) lost.push_back(snapshot_.FindCa(fingerprint));
    }
    if (lost.empty() || !entry.enabled) return;
    if (lost.size() == certificates.size()) {
      Add(none_rule, LintSeverity::kError, Describe(entry),
          "no certificate of it is verified or rolls up to a verified CA, so no device enrols "
          "through it; verify it, or a CA above it");
      return;
    }
    for (const HeldCa* held : lost) {
      Add(some_rule, LintSeverity::kWarning, Describe(entry),
          fmt::format("{} ({}) is not verified and does not roll up to a verified CA, so no device "
                      "enrols through it",
                      NameOfHeld(*held), DisplayName(held->node->view().subject())));
    }
  }

  void LintEntry(const Entry& entry) {
    if (!entry.enabled) {
      Add("enrollment-disabled", LintSeverity::kInfo, Describe(entry),
          "it is disabled: its devices are rejected");
    }
    if (snapshot_.CertificatesOf(entry).empty()) {
      Add("enrollment-without-certificate", LintSeverity::kWarning, Describe(entry),
          "it has no certificate: give it one, or delete it");
    }
  }

  void LintGroup(const Entry& entry) {
    LintEntry(entry);
    LintReach(entry, "group-reaches-no-verified-ca", "group-certificate-reaches-no-verified-ca");
  }

  void LintIndividual(const Entry& entry) {
    LintEntry(entry);
    const SigningCertificates& attestation = snapshot_.SigningOf(entry);
    if (!attestation.primary_ca.empty() || !attestation.secondary_ca.empty()) {
      LintReach(entry, "individual-reaches-no-verified-ca", "individual-ca-reaches-no-verified-ca");
    }
    for (const Bytes* der : {&attestation.primary, &attestation.secondary}) {
      const auto view = CertificateView::Parse(*der);
      if (!view) continue;  // Empty: the others were parsed when the snapshot was compiled.
      LintValidity(fmt::format("client certificate of {}", Describe(entry)), *view);
      LintClientName(entry, *view);
    }
  }

  void LintClientName(const Entry& entry, const CertificateView& view) {
    std::string_view why;
    const auto id = x509::RegistrationIdOf(view.subject(), &why);
    const auto wanted =
        RegistrationId::Parse(snapshot_.contents().individuals[entry.index].registration_id);
    if (id && id == wanted) return;
    Add("individual-certificate-of-another-id", LintSeverity::kError, Describe(entry),
        fmt::format(
            "the subject of its client certificate ({}) does not give this registration ID, "
            "so the device never enrols; upload the certificate of this device",
            DisplayName(view.subject())));
  }

  void LintCrl(const RegisteredCrl& crl) {
    const auto view = x509::CrlView::Parse(crl.der);
    if (!view) return;  // It was parsed when the snapshot was compiled.
    const std::string subject = fmt::format("CRL of CA '{}'", crl.ca_name);
    if (!view->next_update()) {
      Add("crl-without-next-update", LintSeverity::kWarning, subject,
          "it does not say until when it holds (RFC 5280 5.1.2.5); issue it with nextUpdate");
    } else if (at_ > *view->next_update()) {
      Add("crl-stale", LintSeverity::kWarning, subject,
          fmt::format("its nextUpdate was {}; add the CA's current CRL",
                      FormatRfc3339(*view->next_update())));
    }
  }

  const CompiledSnapshot& snapshot_;
  UnixTime at_;
  path::LinkVerifier links_;
  bool out_of_budget_ = false;
  std::vector<LintFinding> findings_;
};

}  // namespace
}  // namespace registry

std::vector<LintFinding> LintRegistry(const RegistrySnapshot& snapshot, UnixTime at) {
  return registry::Linter(registry::CompiledSnapshot::Of(snapshot), at).Run();
}

}  // namespace muster
