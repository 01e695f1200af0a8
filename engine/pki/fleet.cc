#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cmath>
#include <exception>
#include <mutex>

#include "engine/base/encoding.h"
#include "engine/pki/der_writer.h"
#include "muster/development_pki.h"

namespace muster {
namespace {

using std::chrono::days;

constexpr int kCasMax = 10'000;
constexpr std::uint64_t kDevicesMax = 1'000'000'000'000;
constexpr std::size_t kRsaPoolSize = 16;
constexpr std::uint64_t kMillion = 1'000'000;
constexpr const char* kServerAuth = "1.3.6.1.5.5.7.3.1";
constexpr const char* kClientAuth = "1.3.6.1.5.5.7.3.2";

bool IsRsa(KeyKind kind) {
  return kind == KeyKind::kRsa1024 || kind == KeyKind::kRsa2048 || kind == KeyKind::kRsa3072 ||
         kind == KeyKind::kRsa4096;
}

// A CA as devices are issued from it.
struct Factory {
  Issuer issuer;
  Bytes der;
  bool is_root = false;  // Its devices send no CA certificate.
};

// Keys that are made when first wanted, by whichever thread wants them.
class KeyPool {
 public:
  KeyPool(KeyKind kind, std::string seed, std::string label)
      : kind_(kind), seed_(std::move(seed)), label_(std::move(label)) {}

  Result<DevelopmentKey> Get(std::size_t index) {
    Slot& slot = slots_[index % kRsaPoolSize];
    const std::lock_guard lock(slot.mutex);
    if (!slot.key) {
      Result<DevelopmentKey> made = DevelopmentKey::Derive(
          kind_, seed_, fmt::format("{}-{}", label_, index % kRsaPoolSize));
      if (!made) return made;
      slot.key = *std::move(made);
    }
    return *slot.key;
  }

 private:
  struct Slot {
    std::mutex mutex;
    std::optional<DevelopmentKey> key;
  };
  KeyKind kind_;
  std::string seed_, label_;
  std::array<Slot, kRsaPoolSize> slots_;
};

}  // namespace

struct DevelopmentFleet::Rep {
  explicit Rep(const FleetTemplate& from)
      : what(from),
        leaf_kind(from.leaf_key.value_or(from.key)),
        rsa_pool(leaf_kind, from.seed, "device-pool"),
        weak_pool(KeyKind::kRsa1024, from.seed, "weak-pool") {}

  FleetTemplate what;
  KeyKind leaf_kind;
  std::uint64_t faults_per_million = 0;
  std::vector<PlantedFault> kinds;  // Those that this fleet can have.
  std::vector<FleetCa> cas;
  std::vector<Factory> factories;   // Where good devices come from, round robin.
  std::optional<Factory> unverified, disabled, unknown;
  mutable KeyPool rsa_pool, weak_pool;

  Result<void> AddCas();
  Result<Factory> AddCa(std::string name, const FleetCa* parent, bool verified, bool group,
                        bool enabled);
  Result<Factory> MakeUnknown() const;
  PlantedFault FaultOf(std::uint64_t index) const;
  const Factory& FactoryOf(std::uint64_t index, PlantedFault fault) const;
  Result<DevelopmentKey> LeafKey(std::uint64_t index, PlantedFault fault) const;
  CertificateTemplate LeafTemplate(std::uint64_t index, PlantedFault fault) const;
  Result<FleetDevice> Device(std::uint64_t index) const;
};

namespace {

std::string DeviceId(std::uint64_t index) { return fmt::format("device-{:08}", index + 1); }

CertificateTemplate CaTemplate(const FleetTemplate& what, const std::string& name, bool root) {
  CertificateTemplate ca;
  ca.subject = {{"2.5.4.10", "Muster Development " + what.seed}, {"2.5.4.3", name}};
  ca.is_ca = true;
  if (!root) ca.path_len = 0;
  ca.not_before = what.at - days{root ? 1825 : 365};
  ca.not_after = what.at + days{root ? 7300 : 3650};
  return ca;
}

}  // namespace

Result<Factory> DevelopmentFleet::Rep::AddCa(std::string name, const FleetCa* parent,
                                             bool verified, bool group, bool enabled) {
  Result<DevelopmentKey> key = DevelopmentKey::Derive(what.key, what.seed, name);
  if (!key) return tl::unexpected(key.error());
  const CertificateTemplate ca = CaTemplate(what, name, parent == nullptr);
  Result<Bytes> subject = EncodeName(ca.subject);
  if (!subject) return tl::unexpected(subject.error());
  Result<Bytes> der;
  if (parent == nullptr) {
    der = IssueSelfSigned(ca, *key);
  } else {
    const Result<Bytes> parent_subject = EncodeName(CaTemplate(what, parent->name, true).subject);
    if (!parent_subject) return tl::unexpected(parent_subject.error());
    der = IssueCertificate(ca, key->spki(), Issuer{*parent_subject, parent->key, {}});
  }
  if (!der) return tl::unexpected(der.error());
  Factory factory{Issuer{*std::move(subject), *key, {}}, *der, parent == nullptr};
  cas.push_back(FleetCa{std::move(name), *std::move(der), *std::move(key),
                        parent == nullptr ? std::string() : parent->name, verified, group,
                        enabled});
  return factory;
}

// A CA of which neither the registry nor the device holds a certificate.
Result<Factory> DevelopmentFleet::Rep::MakeUnknown() const {
  Result<DevelopmentKey> key = DevelopmentKey::Derive(what.key, what.seed, "unknown");
  if (!key) return tl::unexpected(key.error());
  Result<Bytes> subject = EncodeName(CaTemplate(what, "unknown", true).subject);
  if (!subject) return tl::unexpected(subject.error());
  return Factory{Issuer{*std::move(subject), *std::move(key), {}}, {}, true};
}

Result<void> DevelopmentFleet::Rep::AddCas() {
  const bool faulty = faults_per_million > 0;
  const auto root_count = static_cast<std::size_t>(what.roots);
  // FleetCa pointers stay good only without reallocation.
  cas.reserve(root_count + static_cast<std::size_t>(what.intermediates) + 3);
  for (int i = 1; i <= what.roots; ++i) {
    // Without intermediates the roots themselves are the groups.
    Result<Factory> root =
        AddCa(fmt::format("root-{}", i), nullptr, true, what.intermediates == 0, true);
    if (!root) return tl::unexpected(root.error());
    if (what.intermediates == 0) factories.push_back(*std::move(root));
  }
  for (int i = 1; i <= what.intermediates; ++i) {
    const FleetCa& parent = cas[static_cast<std::size_t>(i - 1) % root_count];
    Result<Factory> factory = AddCa(fmt::format("factory-{}", i), &parent, false, true, true);
    if (!factory) return tl::unexpected(factory.error());
    factories.push_back(*std::move(factory));
  }
  if (!faulty) return {};
  Result<Factory> disabled_group = AddCa("factory-disabled", cas.data(), false, true, false);
  if (!disabled_group) return tl::unexpected(disabled_group.error());
  disabled = *std::move(disabled_group);
  Result<Factory> unverified_root = AddCa("root-unverified", nullptr, false, false, true);
  if (!unverified_root) return tl::unexpected(unverified_root.error());
  Result<Factory> unverified_group =
      AddCa("factory-unverified", &cas.back(), false, true, true);
  if (!unverified_group) return tl::unexpected(unverified_group.error());
  unverified = *std::move(unverified_group);
  Result<Factory> unknown_ca = MakeUnknown();
  if (!unknown_ca) return tl::unexpected(unknown_ca.error());
  unknown = *std::move(unknown_ca);
  return {};
}

// Faults lie as evenly as whole numbers allow, and take their kinds in turn.
PlantedFault DevelopmentFleet::Rep::FaultOf(std::uint64_t index) const {
  if (index >= what.devices) return PlantedFault::kNone;
  const auto faults_before = [&](std::uint64_t n) {
    return n / kMillion * faults_per_million + n % kMillion * faults_per_million / kMillion;
  };
  const std::uint64_t before = faults_before(index);
  if (faults_before(index + 1) == before) return PlantedFault::kNone;
  return kinds[before % kinds.size()];
}

const Factory& DevelopmentFleet::Rep::FactoryOf(std::uint64_t index, PlantedFault fault) const {
  switch (fault) {
    case PlantedFault::kUnverifiedIssuer:
      return *unverified;
    case PlantedFault::kDisabledGroup:
      return *disabled;
    case PlantedFault::kUnknownIssuer:
      return *unknown;
    default:
      return factories[index % factories.size()];
  }
}

Result<DevelopmentKey> DevelopmentFleet::Rep::LeafKey(std::uint64_t index,
                                                      PlantedFault fault) const {
  if (fault == PlantedFault::kWeakKey) return weak_pool.Get(0);
  if (IsRsa(leaf_kind)) return rsa_pool.Get(index);
  return DevelopmentKey::Derive(leaf_kind, what.seed, DeviceId(index));
}

CertificateTemplate DevelopmentFleet::Rep::LeafTemplate(std::uint64_t index,
                                                        PlantedFault fault) const {
  CertificateTemplate leaf;
  leaf.common_name = DeviceId(index);
  leaf.not_before = what.at - days{30};
  // Expiries spread over two years, so that a forecast has something to show.
  leaf.not_after = what.at + days{30 + static_cast<int>(index % 24) * 30};
  leaf.extended_key_usage = {kClientAuth};
  switch (fault) {
    case PlantedFault::kExpired:
      leaf.not_after = what.at - days{1};
      break;
    case PlantedFault::kNotYetValid:
      leaf.not_before = what.at + days{1};
      break;
    case PlantedFault::kBadRegistrationId:
      leaf.common_name += " !";
      break;
    case PlantedFault::kLeafIsCa:
      leaf.is_ca = true;
      leaf.key_usage = std::uint16_t{kDigitalSignature | kKeyCertSign};
      break;
    case PlantedFault::kWrongPurpose:
      leaf.extended_key_usage = {kServerAuth};
      break;
    case PlantedFault::kWeakHash:
      leaf.hash = "SHA-1";
      break;
    default:
      break;
  }
  return leaf;
}

Result<FleetDevice> DevelopmentFleet::Rep::Device(std::uint64_t index) const {
  if (index >= what.devices) {
    return MakeError(ErrorCode::kNotFound, fmt::format("device {} of a fleet of {} does not exist",
                                                       index, what.devices));
  }
  FleetDevice device;
  device.device_id = DeviceId(index);
  device.fault = FaultOf(index);
  device.denied = device.fault == PlantedFault::kDenied;
  const Result<DevelopmentKey> key = LeafKey(index, device.fault);
  if (!key) return tl::unexpected(key.error());
  const Factory& factory = FactoryOf(index, device.fault);
  Result<Bytes> leaf =
      IssueCertificate(LeafTemplate(index, device.fault), key->spki(), factory.issuer);
  if (!leaf) return tl::unexpected(leaf.error());
  // The signature comes last, so that the certificate stays well formed.
  if (device.fault == PlantedFault::kBadSignature) leaf->back() ^= 1;
  if (device.fault == PlantedFault::kMalformed) leaf->resize(leaf->size() - 7);
  device.chain.push_back(*std::move(leaf));
  if (!factory.is_root && device.fault != PlantedFault::kMissingIntermediate) {
    device.chain.push_back(factory.der);
  }
  return device;
}

Result<DevelopmentFleet> DevelopmentFleet::Create(const FleetTemplate& what) {
  if (what.roots < 1 || what.intermediates < 0 || what.roots > kCasMax ||
      what.intermediates > kCasMax) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("a fleet has 1 to {0} roots and 0 to {0} intermediates, not {1} "
                                 "and {2}",
                                 kCasMax, what.roots, what.intermediates));
  }
  if (what.devices > kDevicesMax) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("a fleet has at most {} devices", kDevicesMax));
  }
  if (!(what.fault_rate >= 0.0 && what.fault_rate <= 1.0)) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("the fault rate is a share from 0 to 1, not {}", what.fault_rate));
  }
  try {
    auto rep = std::make_shared<Rep>(what);
    rep->faults_per_million = static_cast<std::uint64_t>(
        std::llround(what.fault_rate * static_cast<double>(kMillion)));
    for (int i = 1; i < static_cast<int>(PlantedFault::kCount); ++i) {
      const auto fault = static_cast<PlantedFault>(i);
      if (fault == PlantedFault::kWeakHash && what.key == KeyKind::kEd25519) continue;
      if (fault == PlantedFault::kMissingIntermediate && what.intermediates == 0) continue;
      rep->kinds.push_back(fault);
    }
    if (Result<void> added = rep->AddCas(); !added) return tl::unexpected(added.error());
    return DevelopmentFleet(std::move(rep));
  } catch (const std::exception& e) {
    return MakeError(ErrorCode::kInternal, fmt::format("could not make the fleet: {}", e.what()));
  }
}

const std::vector<FleetCa>& DevelopmentFleet::cas() const { return rep_->cas; }

PlantedFault DevelopmentFleet::FaultOf(std::uint64_t index) const { return rep_->FaultOf(index); }

Result<FleetDevice> DevelopmentFleet::Device(std::uint64_t index) const {
  try {
    return rep_->Device(index);
  } catch (const std::exception& e) {
    return MakeError(ErrorCode::kInternal,
                     fmt::format("could not make device {}: {}", index, e.what()));
  }
}

Result<std::string> DevelopmentFleet::DeviceNdjson(std::uint64_t index) const {
  const Result<FleetDevice> device = Device(index);
  if (!device) return tl::unexpected(device.error());
  // Ids and base64 need no JSON escapes.
  std::string line = fmt::format("{{\"deviceId\":\"{}\",\"chain\":[", device->device_id);
  if (device->fault == PlantedFault::kUnreadableRecord) return line + "\n";  // Cut off.
  for (std::size_t i = 0; i < device->chain.size(); ++i) {
    line += i == 0 ? "\"" : ",\"";
    line += base::EncodeBase64(device->chain[i]);
    line += '"';
  }
  line += "]}\n";
  return line;
}

}  // namespace muster
