#include "muster/fleet_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "engine/base/byte_view.h"
#include "engine/crypto/subject_public_key.h"
#include "engine/findings/certificate_checks.h"
#include "engine/findings/cross_device.h"
#include "engine/findings/modulus_store.h"
#include "engine/findings/record_log.h"
#include "engine/findings/registry_checks.h"
#include "engine/findings/shared_primes.h"
#include "engine/findings/signature_nonce.h"

namespace muster {
namespace {

using namespace findings;  // NOLINT: the folder's own.
using enum FindingId;

// Presented CA certificates that are known not to be new: a fleet has few, and where it has many
// they are looked at again.
constexpr std::size_t kKnownCasMax = 1'024;
constexpr std::size_t kKnownCaSizeMax = 4'096;

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

Fingerprint DigestOf(std::string_view text) { return Fingerprint::Of(base::AsBytes(text)); }

// How a device is told from others.
struct Device {
  std::uint64_t record = 0;
  std::string_view id;         // The inventory's, or else the CN; may be empty.
  std::uint64_t identity = 0;  // Of the id in lower case.
};

}  // namespace

class FleetFindings::Impl {
 public:
  Impl(std::shared_ptr<const RegistrySnapshot> snapshot, FindingsOptions options)
      : keep_alive_(std::move(snapshot)),
        snapshot_(registry::CompiledSnapshot::Of(*keep_alive_)),
        options_(std::move(options)),
        tally_(options_),
        facts_(options_.memory_octets_max / 2, options_.spill_folder),
        log_(options_.memory_octets_max / 8, options_.spill_folder),
        moduli_(options_.memory_octets_max / 8, options_.spill_folder),
        nonces_(snapshot_, options_.signature_checks_max),
        used_(snapshot_) {
    context_.at = options_.at;
    context_.soon = std::chrono::days{options_.expires_soon_days};
    context_.later = std::chrono::days{options_.expires_later_days};
    context_.validity_max = std::chrono::days{options_.validity_days_max};
    if (auto checked = FleetFindings::Check(options_); !checked) {
      error_ = std::move(checked).error();
      return;
    }
    for (const std::string& file : options_.weak_key_lists) {
      if (auto loaded = context_.weak_keys.Load(file); !loaded) error_ = std::move(loaded).error();
    }
  }

  void Add(const AuditRecord& record) {
    if (error_) return;
    log_.Append(record);
    if (record.chain == nullptr) return;
    used_.Count(record.verdict);
    seen_.clear();
    const auto leaf = CertificateView::Parse(record.chain->leaf());
    Device device{.record = record.index, .id = record.device_id};
    if (leaf) {
      if (device.id.empty()) device.id = OnlyCommonName(leaf->subject());
      CheckLeaf(context_, *leaf, record.device_id, &seen_);
    } else {
      seen_.push_back({kCertificateMalformed, std::string(leaf.error().what)});
    }
    AddIdFact(&device);
    if (leaf) AddLeafFacts(*leaf, device, record);
    AddPresentedCas(*record.chain, record.index);
    tally_.Add(seen_, record.index);
  }

  void Fail(std::string what) {
    if (!error_) error_ = Error{ErrorCode::kInternal, std::move(what)};
  }

  Result<FindingsReport> Finish() {
    if (error_) return tl::unexpected(*error_);
    CheckRegistry(snapshot_, context_, used_, options_.other_services, &tally_);
    AddCaFacts();
    ModulusStore different(options_.memory_octets_max / 4, options_.spill_folder);
    const auto call_ca = [this](std::uint64_t ca) { return CallCa(ca); };
    GroupWalk walk(
        &tally_, options_.examples_max,
        [&](const Fact& fact, std::uint64_t count) {
          different.Append({fact.record, fact.b, count}, moduli_.Read(fact.a));
        },
        call_ca);
    facts_.Merge([&](const Fact& fact) { walk.Visit(fact); });
    walk.End();
    TallySharedPrimes(different,
                      {options_.memory_octets_max / 2, options_.spill_folder, options_.threads},
                      options_.examples_max, call_ca, &tally_);
    return Report();
  }

 private:
  void AddFact(FactKind kind, const Fingerprint& digest, std::uint64_t a, std::uint64_t b,
               std::uint64_t record) {
    facts_.Add(MakeFact(kind, digest, a, b, record));
  }

  void AddIdFact(Device* device) {
    if (device->id.empty()) return;
    const std::string lower = LowerCase(device->id);
    const Fingerprint digest = DigestOf(lower);
    device->identity = ShortDigest(digest);
    if (!tally_.Wants(kIdCaseTwins) && !tally_.Wants(kDeviceListedTwice)) return;
    const std::uint64_t exact =
        lower == device->id ? device->identity : ShortDigest(DigestOf(device->id));
    AddFact(FactKind::kDeviceId, digest, exact, 0, device->record);
  }

  void AddLeafFacts(const CertificateView& leaf, const Device& device, const AuditRecord& record) {
    const std::uint64_t certificate = ShortDigest(
        record.leaf == Fingerprint{} ? Fingerprint::Of(leaf.der()) : record.leaf);
    // A device without a name is told from others by its certificate.
    const std::uint64_t identity = device.id.empty() ? certificate : device.identity;
    if (tally_.Wants(kSerialRepeated) || tally_.Wants(kCertificateOnSeveralDevices)) {
      scratch_.assign(leaf.issuer().begin(), leaf.issuer().end());
      scratch_.insert(scratch_.end(), leaf.serial().begin(), leaf.serial().end());
      AddFact(FactKind::kSerial, Fingerprint::Of(scratch_), certificate, identity, device.record);
    }
    const auto rsa = crypto::ReadRsaNumbers(leaf.spki());
    if (tally_.Wants(kKeyOnSeveralDevices)) {
      // Of an RSA key the modulus: the exponent makes it no other key.
      AddFact(FactKind::kKey, Fingerprint::Of(rsa ? rsa->modulus : leaf.spki()), certificate,
              identity, device.record);
    }
    if (rsa) AddModulus(rsa->modulus, device.record, 0);
    if (tally_.Wants(kEcdsaNonceReused)) {
      if (const auto nonce = nonces_.OfLeaf(leaf, record.verdict, *record.chain)) {
        AddFact(FactKind::kNonce, *nonce, ShortDigest(Fingerprint::Of(leaf.tbs())), 0,
                device.record);
      }
    }
  }

  void AddModulus(ByteView modulus, std::uint64_t record, std::uint64_t ca) {
    if (!tally_.Wants(kRsaSharedPrime)) return;
    // Larger ones are refused, and a few of them would cost as much as a fleet.
    if (modulus.size() > crypto::kRsaBitsMax / 8) return;
    const std::uint64_t place = moduli_.Append({record, ca, 1}, modulus);
    AddFact(FactKind::kModulus, Fingerprint::Of(modulus), place, ca, record);
  }

  // CA certificates that the registry does not hold; those it holds are looked at once, at the end.
  void AddPresentedCas(const PresentedChain& chain, std::uint64_t record) {
    for (const ByteView der : chain.untrusted()) {
      if (known_cas_.contains(base::AsText(der))) continue;
      const auto view = CertificateView::Parse(der);
      if (!view) {
        seen_.push_back({kCertificateMalformed,
                         fmt::format("a CA certificate that it sent: {}", view.error().what)});
        continue;
      }
      const Fingerprint fingerprint = Fingerprint::Of(der);
      if (view->is_ca() && snapshot_.FindCa(fingerprint) == nullptr) {
        AddPresentedCa(*view, fingerprint, record);
      }
      if (der.size() > kKnownCaSizeMax) continue;
      if (known_cas_.size() >= kKnownCasMax) known_cas_.clear();
      known_cas_.emplace(base::AsText(der));
    }
  }

  void AddPresentedCa(const CertificateView& view, const Fingerprint& fingerprint,
                      std::uint64_t record) {
    Observations seen;
    CheckCa(context_, view, false, &seen);
    std::uint64_t bits = 0;
    for (const Observation& observation : seen) {
      bits |= std::uint64_t{1} << static_cast<unsigned>(observation.id);
    }
    if (bits != 0) AddFact(FactKind::kPresentedCa, fingerprint, bits, 0, record);
  }

  void AddCaFacts() {
    for (std::size_t i = 0; i < snapshot_.cas().size(); ++i) {
      const graph::CaNode& ca = *snapshot_.cas()[i].node;
      if (const auto rsa = crypto::ReadRsaNumbers(ca.view().spki())) {
        AddModulus(rsa->modulus, kNoRecord, i + 1);
      }
      if (!tally_.Wants(kEcdsaNonceReused)) continue;
      if (const auto nonce = nonces_.OfCa(ca)) {
        AddFact(FactKind::kNonce, *nonce, ShortDigest(Fingerprint::Of(ca.view().tbs())), i + 1,
                kNoRecord);
      }
    }
  }

  std::string CallCa(std::uint64_t ca) const {
    return NameOfHeldCa(snapshot_, snapshot_.cas()[static_cast<std::size_t>(ca - 1)]);
  }

  std::optional<FindingPlace> PartnerOf(const Sighting& sighting) const {
    const Place& partner = sighting.partner;
    if (!partner.known()) return std::nullopt;
    if (partner.record == kNoRecord) return FindingPlace{kNoRecord, {}, {}, CallCa(partner.ca)};
    RecordLog::Entry entry = log_.Read(partner.record);
    return FindingPlace{partner.record, std::move(entry.source), std::move(entry.device_id), {}};
  }

  FindingsReport Report() const {
    FindingsReport report;
    for (std::size_t i = 0; i < kFindingCount; ++i) {
      const auto id = static_cast<FindingId>(i);
      if (tally_.count(id) == 0) continue;
      FindingCount found{&InfoOf(id), tally_.count(id), {}};
      for (const Sighting& sighting : tally_.sightings(id)) {
        RecordLog::Entry entry = log_.Read(sighting.record);
        found.examples.push_back({sighting.record, std::move(entry.source),
                                  std::move(entry.device_id), sighting.detail,
                                  PartnerOf(sighting)});
      }
      report.findings.push_back(std::move(found));
    }
    std::ranges::stable_sort(report.findings, std::ranges::greater{},
                             [](const FindingCount& found) { return found.info->severity; });
    return report;
  }

  const std::shared_ptr<const RegistrySnapshot> keep_alive_;
  const registry::CompiledSnapshot& snapshot_;
  const FindingsOptions options_;
  CheckContext context_;
  FindingTally tally_;
  FactSorter facts_;
  RecordLog log_;
  ModulusStore moduli_;
  SignatureNonces nonces_;
  UsedEntries used_;
  registry::TextSet known_cas_;
  Observations seen_;  // Reused.
  Bytes scratch_;      // Reused.
  std::optional<Error> error_;
};

FleetFindings::FleetFindings(std::shared_ptr<const RegistrySnapshot> snapshot,
                             FindingsOptions options)
    : impl_(std::make_unique<Impl>(std::move(snapshot), std::move(options))) {}

FleetFindings::~FleetFindings() = default;

Result<void> FleetFindings::Check(const FindingsOptions& options) {
  for (const std::vector<std::string>* ids : {&options.only, &options.skip}) {
    for (const std::string& id : *ids) {
      if (FindFinding(id) == nullptr) {
        return MakeError(ErrorCode::kInvalidArgument,
                         fmt::format("there is no finding '{}'; 'muster findings' lists them", id));
      }
    }
  }
  std::error_code error;
  if (!options.spill_folder.empty() &&
      !std::filesystem::is_directory(options.spill_folder, error)) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("there is no folder {} for temporary files",
                                 options.spill_folder));
  }
  WeakKeyList list;
  for (const std::string& file : options.weak_key_lists) {
    if (auto loaded = list.Load(file); !loaded) return loaded;
  }
  return {};
}

void FleetFindings::Add(const AuditRecord& record) noexcept try {
  impl_->Add(record);
} catch (const std::exception& e) {
  impl_->Fail(fmt::format("findings could not be collected: {}", e.what()));
} catch (...) {
  impl_->Fail("findings could not be collected");
}

Result<FindingsReport> FleetFindings::Finish() try {
  return impl_->Finish();
} catch (const std::exception& e) {
  return MakeError(ErrorCode::kInternal,
                   fmt::format("findings could not be compared: {}", e.what()));
} catch (...) {
  return MakeError(ErrorCode::kInternal, "findings could not be compared");
}

}  // namespace muster
