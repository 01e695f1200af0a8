// Fleets and single chains to measure with: made once, held in memory, the same on every machine.
#ifndef MUSTER_BENCH_BENCH_FLEET_H_
#define MUSTER_BENCH_BENCH_FLEET_H_

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "muster/certificate.h"
#include "muster/development_pki.h"
#include "muster/registry.h"

namespace muster::bench {

// When everything here is valid: 2026-06-15T12:00:00Z.
UnixTime BenchTime();

struct FleetSpec {
  KeyKind key = KeyKind::kP256;  // Of CAs and devices.
  std::uint64_t devices = 0;
  int roots = 2;
  int intermediates = 8;
  double fault_rate = 0;
  // Every CA verified, every group enabled: what a validator without the roll-up rule would accept.
  bool all_verified = false;

  friend auto operator<=>(const FleetSpec&, const FleetSpec&) = default;
};

class BenchFleet {
 public:
  explicit BenchFleet(const FleetSpec& spec);

  const std::vector<FleetCa>& cas() const { return fleet_.cas(); }
  const std::vector<FleetDevice>& devices() const { return devices_; }
  // chains()[i] borrows from devices()[i].
  const std::vector<PresentedChain>& chains() const { return chains_; }
  const std::shared_ptr<const RegistrySnapshot>& snapshot() const { return snapshot_; }
  std::string Ndjson() const;

 private:
  RegistryContents Contents(const FleetSpec& spec) const;

  DevelopmentFleet fleet_;
  std::vector<FleetDevice> devices_;
  std::vector<PresentedChain> chains_;
  std::shared_ptr<const RegistrySnapshot> snapshot_;
};

// The same fleet whenever it is asked for. It lives until the program ends.
const BenchFleet& FleetOf(const FleetSpec& spec);

// The chain that `device` presents; borrows from it.
PresentedChain ChainOf(const FleetDevice& device);

// A certificate with its key, for chains of other shapes than a fleet's.
struct BenchCertificate {
  Bytes der;
  DevelopmentKey key;

  Issuer AsIssuer() const;
};
// A CA. Without `issuer` it is self-signed. The same name gives the same subject and key.
BenchCertificate MakeCa(const std::string& name, KeyKind kind, const BenchCertificate* issuer);
BenchCertificate MakeLeaf(const std::string& name, KeyKind kind, const BenchCertificate& issuer);

// A registered CA called `name`.
CaCertificate Registered(std::string name, const BenchCertificate& ca, CaStatus status);

}  // namespace muster::bench

#endif  // MUSTER_BENCH_BENCH_FLEET_H_
