// What can be seen on a registry once it is known which of its entries the fleet uses.
#ifndef MUSTER_ENGINE_FINDINGS_REGISTRY_CHECKS_H_
#define MUSTER_ENGINE_FINDINGS_REGISTRY_CHECKS_H_

#include <cstdint>
#include <string>
#include <unordered_set>

#include "engine/findings/certificate_checks.h"
#include "engine/findings/finding_tally.h"
#include "engine/registry/snapshot.h"
#include "muster/fleet_audit.h"

namespace muster::findings {

// Which entries of the registry decided about devices. Memory: as the registry.
class UsedEntries {
 public:
  void Count(const Verdict& verdict);
  std::uint64_t devices() const { return devices_; }
  bool HasGroup(std::string_view id) const;
  bool HasCa(const Fingerprint& ca) const { return cas_.contains(ca); }
  // Fingerprints of CAs that a registry does not hold are not kept.
  explicit UsedEntries(const registry::CompiledSnapshot& snapshot) : snapshot_(snapshot) {}

 private:
  const registry::CompiledSnapshot& snapshot_;
  std::uint64_t devices_ = 0;
  std::unordered_set<std::string> groups_;  // In lower case.
  std::unordered_set<Fingerprint> cas_;
};

// What to call a CA: "CA 'factory'", or whose signing certificate it is.
std::string NameOfHeldCa(const registry::CompiledSnapshot& snapshot, const registry::HeldCa& held);

void CheckRegistry(const registry::CompiledSnapshot& snapshot, const CheckContext& context,
                   const UsedEntries& used, const std::vector<RegistryContents>& other_services,
                   FindingTally* tally);

}  // namespace muster::findings

#endif  // MUSTER_ENGINE_FINDINGS_REGISTRY_CHECKS_H_
