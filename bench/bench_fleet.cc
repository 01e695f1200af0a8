#include "bench/bench_fleet.h"

#include <chrono>
#include <map>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "bench/bench_run.h"
#include "muster/fingerprint.h"

namespace muster::bench {
namespace {

constexpr const char* kSeed = "bench";
constexpr const char* kClientAuth = "1.3.6.1.5.5.7.3.2";

FleetTemplate TemplateOf(const FleetSpec& spec) {
  FleetTemplate what;
  what.seed = kSeed;
  what.devices = spec.devices;
  what.roots = spec.roots;
  what.intermediates = spec.intermediates;
  what.key = spec.key;
  what.at = BenchTime();
  what.fault_rate = spec.fault_rate;
  return what;
}

CertificateTemplate Valid(const std::string& name) {
  CertificateTemplate what;
  what.common_name = name;
  what.not_before = BenchTime() - std::chrono::days{30};
  what.not_after = BenchTime() + std::chrono::days{365};
  return what;
}

BenchCertificate Make(const CertificateTemplate& what, KeyKind kind,
                      const BenchCertificate* issuer) {
  DevelopmentKey key = Must(DevelopmentKey::Derive(kind, kSeed, what.common_name));
  Bytes der = issuer == nullptr ? Must(IssueSelfSigned(what, key))
                                : Must(IssueCertificate(what, key.spki(), issuer->AsIssuer()));
  return {std::move(der), std::move(key)};
}

}  // namespace

UnixTime BenchTime() {
  using namespace std::chrono_literals;
  return std::chrono::sys_days{2026y / std::chrono::June / 15} + 12h;
}

BenchFleet::BenchFleet(const FleetSpec& spec)
    : fleet_(Must(DevelopmentFleet::Create(TemplateOf(spec)))) {
  devices_.reserve(spec.devices);
  chains_.reserve(spec.devices);
  for (std::uint64_t i = 0; i < spec.devices; ++i) {
    devices_.push_back(Must(fleet_.Device(i)));
    chains_.push_back(ChainOf(devices_.back()));
  }
  snapshot_ = Must(RegistrySnapshot::Compile(Contents(spec)));
}

RegistryContents BenchFleet::Contents(const FleetSpec& spec) const {
  RegistryContents contents;
  contents.service = "bench";
  contents.generation = 1;
  for (const FleetCa& ca : cas()) {
    const bool verified = ca.verified || spec.all_verified;
    contents.cas.push_back(Registered(ca.name, BenchCertificate{ca.der, ca.key},
                                      verified ? CaStatus::kVerified : CaStatus::kUnverified));
    if (!ca.group) continue;
    EnrollmentGroup& group = contents.groups.emplace_back();
    group.id = ca.name;
    group.enabled = ca.group_enabled || spec.all_verified;
    group.signing.primary_ca = ca.name;
  }
  for (const FleetDevice& device : devices_) {
    if (!device.denied) continue;
    contents.denied.emplace_back().fingerprint = Fingerprint::Of(device.chain.front());
  }
  return contents;
}

std::string BenchFleet::Ndjson() const {
  std::string text;
  for (std::uint64_t i = 0; i < devices_.size(); ++i) text += Must(fleet_.DeviceNdjson(i));
  return text;
}

const BenchFleet& FleetOf(const FleetSpec& spec) {
  static std::mutex mutex;
  static std::map<FleetSpec, std::unique_ptr<const BenchFleet>> fleets;
  const std::lock_guard lock(mutex);
  std::unique_ptr<const BenchFleet>& fleet = fleets[spec];
  if (fleet == nullptr) fleet = std::make_unique<const BenchFleet>(spec);
  return *fleet;
}

PresentedChain ChainOf(const FleetDevice& device) {
  PresentedChain chain(device.chain.front());
  for (std::size_t i = 1; i < device.chain.size(); ++i) chain.AddUntrusted(device.chain[i]);
  return chain;
}

Issuer BenchCertificate::AsIssuer() const {
  const auto parsed = Certificate::Parse(der);
  if (!parsed) throw std::runtime_error(std::string(parsed.error().what));
  return IssuerOf(*parsed, key);
}

BenchCertificate MakeCa(const std::string& name, KeyKind kind, const BenchCertificate* issuer) {
  CertificateTemplate what = Valid(name);
  what.is_ca = true;
  return Make(what, kind, issuer);
}

BenchCertificate MakeLeaf(const std::string& name, KeyKind kind, const BenchCertificate& issuer) {
  CertificateTemplate what = Valid(name);
  what.extended_key_usage = {kClientAuth};
  return Make(what, kind, &issuer);
}

CaCertificate Registered(std::string name, const BenchCertificate& ca, CaStatus status) {
  CaCertificate registered;
  registered.name = std::move(name);
  registered.der = ca.der;
  registered.status = status;
  registered.method =
      status == CaStatus::kVerified ? VerificationMethod::kSelfAttested : VerificationMethod::kNone;
  registered.registered_at = BenchTime();
  if (status == CaStatus::kVerified) registered.verified_at = BenchTime();
  return registered;
}

}  // namespace muster::bench
