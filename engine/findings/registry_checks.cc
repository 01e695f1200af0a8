#include "engine/findings/registry_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace muster::findings {
namespace {

using enum FindingId;

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// The quotas of one Azure Device Provisioning Service, as its documentation states them ("Quotas
// and limits"). For checks only: nothing here is limited by them.
struct Quota {
  std::string_view what;
  std::uint64_t max;
  std::uint64_t used;
};

class RegistryChecker {
 public:
  RegistryChecker(const registry::CompiledSnapshot& snapshot, const CheckContext& context,
                  const UsedEntries& used, FindingTally* tally)
      : snapshot_(snapshot), context_(context), used_(used), tally_(tally) {}

  void Run(const std::vector<RegistryContents>& other_services) {
    for (const registry::HeldCa& held : snapshot_.cas()) CheckHeld(held);
    const RegistryContents& contents = snapshot_.contents();
    for (const CaCertificate& ca : contents.cas) {
      if (ca.method == VerificationMethod::kSelfAttested) {
        Found(kCaSelfAttested, fmt::format("CA '{}'", ca.name));
      }
    }
    CheckGroups();
    CheckQuotas();
    CheckOtherServices(other_services);
  }

 private:
  void Found(FindingId id, const std::string& detail) {
    tally_->Count(id);
    tally_->Keep(id, kNoRecord, detail);
  }

  std::string NameOfHeld(const registry::HeldCa& held) const {
    return NameOfHeldCa(snapshot_, held);
  }

  void CheckHeld(const registry::HeldCa& held) {
    const std::string name = NameOfHeld(held);
    Observations seen;
    CheckCa(context_, held.node->view(), held.verified, &seen);
    for (const Observation& observation : seen) {
      Found(observation.id, observation.detail.empty()
                                ? name
                                : fmt::format("{}: {}", name, observation.detail));
    }
    if (held.verified && used_.devices() != 0 && !used_.HasCa(held.node->fingerprint)) {
      Found(kCaUnused, name);
    }
  }

  void CheckGroups() {
    for (const LintFinding& lint : LintRegistry(snapshot_, context_.at)) {
      if (lint.rule == InfoOf(kGroupUnreached).id) Found(kGroupUnreached, lint.subject);
      if (lint.rule == InfoOf(kGroupCertificateUnreached).id) {
        Found(kGroupCertificateUnreached, lint.subject);
      }
    }
    if (used_.devices() == 0) return;
    for (const EnrollmentGroup& group : snapshot_.contents().groups) {
      if (!used_.HasGroup(group.id)) Found(kGroupUnused, fmt::format("group '{}'", group.id));
    }
  }

  void CheckQuotas() {
    const RegistryContents& contents = snapshot_.contents();
    const Quota quotas[] = {{"CA certificates", 25, contents.cas.size()},
                            {"enrollment groups", 100, contents.groups.size()},
                            {"individual enrollments", 1'000'000, contents.individuals.size()},
                            {"devices", 1'000'000, used_.devices()}};
    for (const Quota& quota : quotas) {
      if (quota.used > quota.max) {
        Found(kDpsQuotaExceeded,
              fmt::format("{} {}, {} allowed", quota.used, quota.what, quota.max));
      }
    }
  }

  void CheckOtherServices(const std::vector<RegistryContents>& other_services) {
    if (!tally_->Wants(kCaInSeveralServices)) return;
    std::map<Fingerprint, std::set<std::string>> services;
    for (const RegistryContents& other : other_services) {
      if (other.service == snapshot_.contents().service) continue;
      for (const CaCertificate& ca : other.cas) {
        services[Fingerprint::Of(ca.der)].insert(other.service);
      }
    }
    for (const registry::HeldCa& held : snapshot_.cas()) {
      const auto found = services.find(held.node->fingerprint);
      if (!held.registered() || found == services.end()) continue;
      std::string names;
      for (const std::string& service : found->second) {
        names += fmt::format("{}'{}'", names.empty() ? "" : ", ", service);
      }
      Found(kCaInSeveralServices, fmt::format("{}: also in {}", NameOfHeld(held), names));
    }
  }

  const registry::CompiledSnapshot& snapshot_;
  const CheckContext& context_;
  const UsedEntries& used_;
  FindingTally* tally_;
};

}  // namespace

std::string NameOfHeldCa(const registry::CompiledSnapshot& snapshot,
                         const registry::HeldCa& held) {
  if (held.registered()) {
    return fmt::format("CA '{}'", snapshot.contents().cas[held.names.front()].name);
  }
  const registry::Entry* entry = snapshot.EntryOf(held.node->fingerprint);
  if (entry == nullptr) return DisplayName(held.node->view().subject());
  return fmt::format("signing certificate of {} '{}'", muster::NameOf(entry->kind),
                     snapshot.RefOf(*entry).id.view());
}

void UsedEntries::Count(const Verdict& verdict) {
  ++devices_;
  if (verdict.enrollment.kind == EnrollmentKind::kGroup) {
    std::string id = LowerCase(verdict.enrollment.id.view());
    if (!groups_.contains(id)) groups_.insert(std::move(id));
  }
  for (const Fingerprint& ca : verdict.ca_path.view()) {
    if (!cas_.contains(ca) && snapshot_.FindCa(ca) != nullptr) cas_.insert(ca);
  }
  if (verdict.anchor != Fingerprint{}) {
    if (!cas_.contains(verdict.anchor) && snapshot_.FindCa(verdict.anchor) != nullptr) {
      cas_.insert(verdict.anchor);
    }
  }
}

bool UsedEntries::HasGroup(std::string_view id) const { return groups_.contains(LowerCase(id)); }

void CheckRegistry(const registry::CompiledSnapshot& snapshot, const CheckContext& context,
                   const UsedEntries& used, const std::vector<RegistryContents>& other_services,
                   FindingTally* tally) {
  RegistryChecker(snapshot, context, used, tally).Run(other_services);
}

}  // namespace muster::findings
