#include "engine/registry/snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/base/byte_view.h"
#include "engine/registry/rules.h"
#include "engine/x509/crl.h"
#include "engine/x509/name.h"

namespace muster::registry {
namespace {

std::string SubjectAndKey(std::string_view subject, ByteView spki) {
  std::string key(subject);
  // The length keeps two different pairs from having the same key.
  key.append(fmt::format("/{}/", subject.size()));
  key.append(base::AsText(spki));
  return key;
}

std::uint32_t Index(std::size_t i) {
  if (i >= std::numeric_limits<std::uint32_t>::max()) {
    Fail(ErrorCode::kInvalidArgument, "a registry holds too many rows of one kind");
  }
  return static_cast<std::uint32_t>(i);
}

}  // namespace

// Fills a snapshot step by step; each step relies on those before it.
class SnapshotCompiler {
 public:
  explicit SnapshotCompiler(RegistryContents contents) : snapshot_(new CompiledSnapshot) {
    snapshot_->contents_ = std::move(contents);
  }

  std::shared_ptr<const CompiledSnapshot> Run() {
    AddCas();
    AddIndividuals();
    AddGroups();
    FinishCas();
    AddDenied();
    AddCrls();
    return std::move(snapshot_);
  }

 private:
  const RegistryContents& contents() const { return snapshot_->contents_; }

  // The CA with this certificate, made where it is not held yet.
  std::uint32_t HoldCa(std::string_view what, ByteView der) {
    const Fingerprint fingerprint = Fingerprint::Of(der);
    const auto [it, added] =
        snapshot_->ca_by_fingerprint_.try_emplace(fingerprint, Index(snapshot_->cas_.size()));
    if (!added) return it->second;
    auto node = graph::CaNode::Create(ParseCertificate(what, der), AlgorithmPolicy{});
    if (!node) {
      Fail(ErrorCode::kInvalidArgument, fmt::format("{}: {}", what, node.error().what));
    }
    snapshot_->cas_.push_back(HeldCa{*std::move(node), {}, false});
    return it->second;
  }

  void AddCas() {
    for (std::size_t i = 0; i < contents().cas.size(); ++i) {
      const CaCertificate& ca = contents().cas[i];
      const std::string what = fmt::format("CA '{}'", ca.name);
      CheckId(fmt::format("the name of {}", what), ca.name);
      HeldCa& held = snapshot_->cas_[HoldCa(what, ca.der)];
      held.names.push_back(Index(i));
      held.verified |= ca.status == CaStatus::kVerified;
      snapshot_->ca_fingerprints_.push_back(held.node->fingerprint);
      if (!snapshot_->ca_by_name_.try_emplace(FoldId(ca.name), Index(i)).second) {
        Fail(ErrorCode::kInvalidArgument, fmt::format("{} is listed twice", what));
      }
    }
    for (HeldCa& held : snapshot_->cas_) {
      std::stable_partition(held.names.begin(), held.names.end(), [&](std::uint32_t name) {
        return contents().cas[name].status == CaStatus::kVerified;
      });
    }
  }

  void CheckReference(std::string_view what, const std::string& ca_name) const {
    if (ca_name.empty() || snapshot_->ca_by_name_.contains(FoldId(ca_name))) return;
    Fail(ErrorCode::kInvalidArgument,
         fmt::format("{} refers to CA '{}', which is not registered", what, ca_name));
  }

  // Domain rules 3: one certificate belongs to at most one enrollment entry of a service.
  void Claim(std::string_view what, const Fingerprint& fingerprint, const Entry& entry) {
    const auto [it, added] = snapshot_->entry_by_fingerprint_.try_emplace(fingerprint, entry);
    if (added || (it->second.kind == entry.kind && it->second.index == entry.index)) return;
    const EnrollmentRef other = snapshot_->RefOf(it->second);
    Fail(ErrorCode::kInvalidArgument,
         fmt::format("certificate {} belongs to {} and to {}", fingerprint.hex(),
                     Describe(other.kind, other.id.view()), what));
  }

  void AddIndividuals() {
    for (std::size_t i = 0; i < contents().individuals.size(); ++i) {
      const IndividualEnrollment& individual = contents().individuals[i];
      const SigningCertificates& attestation = individual.attestation;
      const std::string what = Describe(EnrollmentKind::kIndividual, individual.registration_id);
      const Entry entry{EnrollmentKind::kIndividual, Index(i), individual.enabled};
      CheckId(fmt::format("the registration ID of {}", what), individual.registration_id);
      CheckOneKind(what, attestation, !individual.enabled);
      CheckReference(what, attestation.primary_ca);
      CheckReference(what, attestation.secondary_ca);
      for (const Bytes* der : {&attestation.primary, &attestation.secondary}) {
        if (der->empty()) continue;
        ParseCertificate(fmt::format("a certificate of {}", what), *der);
        Claim(what, Fingerprint::Of(*der), entry);
      }
      const auto added =
          snapshot_->individual_by_id_.try_emplace(FoldId(individual.registration_id), entry);
      if (!added.second) {
        Fail(ErrorCode::kInvalidArgument, fmt::format("{} is listed twice", what));
      }
    }
  }

  void AddGroups() {
    TextSet ids;
    for (std::size_t i = 0; i < contents().groups.size(); ++i) {
      const EnrollmentGroup& group = contents().groups[i];
      const std::string what = Describe(EnrollmentKind::kGroup, group.id);
      const Entry entry{EnrollmentKind::kGroup, Index(i), group.enabled};
      CheckId(fmt::format("the id of {}", what), group.id);
      CheckOneKind(what, group.signing, !group.enabled);
      CheckReference(what, group.signing.primary_ca);
      CheckReference(what, group.signing.secondary_ca);
      for (const Bytes* der : {&group.signing.primary, &group.signing.secondary}) {
        if (!der->empty()) HoldCa(fmt::format("a signing certificate of {}", what), *der);
      }
      if (!ids.insert(FoldId(group.id)).second) {
        Fail(ErrorCode::kInvalidArgument, fmt::format("{} is listed twice", what));
      }
      for (const Fingerprint& fingerprint : snapshot_->CertificatesOf(entry)) {
        Claim(what, fingerprint, entry);
        if (group.enabled) continue;
        const HeldCa& held = *snapshot_->FindCa(fingerprint);
        snapshot_->disabled_by_subject_and_key_.try_emplace(
            SubjectAndKey(held.node->subject, held.node->view().spki()), entry);
      }
    }
  }

  void FinishCas() {
    std::vector<graph::CaNodePtr> nodes;
    nodes.reserve(snapshot_->cas_.size());
    for (const HeldCa& held : snapshot_->cas_) nodes.push_back(held.node);
    snapshot_->issuers_ = std::make_unique<const graph::IssuerGraph>(std::move(nodes));
  }

  void AddDenied() {
    for (const DenyEntry& entry : contents().denied) {
      CheckDenyEntry(entry);
      if (entry.fingerprint.has_value()) {
        snapshot_->denied_.insert(*entry.fingerprint);
      } else {
        snapshot_->denied_serials_[*x509::CanonicalName(entry.issuer)].emplace(
            base::AsText(entry.serial));
      }
    }
  }

  void AddCrls() {
    std::vector<Bytes> crls;
    crls.reserve(contents().crls.size());
    for (const RegisteredCrl& crl : contents().crls) {
      const std::string what = fmt::format("a CRL of CA '{}'", crl.ca_name);
      CheckReference(what, crl.ca_name);
      if (const auto parsed = x509::CrlView::Parse(crl.der); !parsed) {
        Fail(ErrorCode::kInvalidArgument, fmt::format("{} is malformed: {} at octet {}", what,
                                                      parsed.error().what, parsed.error().offset));
      }
      crls.push_back(crl.der);
    }
    if (!crls.empty()) {
      snapshot_->crls_ = path::CrlSet(crls, snapshot_->issuers_.get(), nullptr);
    }
  }

  std::shared_ptr<CompiledSnapshot> snapshot_;
};

Result<std::shared_ptr<const CompiledSnapshot>> CompiledSnapshot::Compile(
    RegistryContents contents) {
  try {
    return SnapshotCompiler(std::move(contents)).Run();
  } catch (const RegistryFailure& failure) {
    return tl::unexpected(failure.error());
  } catch (const std::exception& e) {
    return MakeError(ErrorCode::kInternal,
                     fmt::format("compiling a registry snapshot failed: {}", e.what()));
  }
}

const HeldCa* CompiledSnapshot::FindCa(const Fingerprint& fingerprint) const {
  const auto it = ca_by_fingerprint_.find(fingerprint);
  return it == ca_by_fingerprint_.end() ? nullptr : &cas_[it->second];
}

const Entry* CompiledSnapshot::EntryOf(const Fingerprint& fingerprint) const {
  const auto it = entry_by_fingerprint_.find(fingerprint);
  return it == entry_by_fingerprint_.end() ? nullptr : &it->second;
}

const Entry* CompiledSnapshot::IndividualOf(std::string_view registration_id) const {
  const auto it = individual_by_id_.find(registration_id);
  return it == individual_by_id_.end() ? nullptr : &it->second;
}

const Entry* CompiledSnapshot::DisabledBySubjectAndKey(std::string_view subject,
                                                       ByteView spki) const {
  if (disabled_by_subject_and_key_.empty()) return nullptr;
  const auto it = disabled_by_subject_and_key_.find(SubjectAndKey(subject, spki));
  return it == disabled_by_subject_and_key_.end() ? nullptr : &it->second;
}

const SigningCertificates& CompiledSnapshot::SigningOf(const Entry& entry) const {
  return entry.kind == EnrollmentKind::kIndividual ? contents_.individuals[entry.index].attestation
                                                   : contents_.groups[entry.index].signing;
}

std::vector<Fingerprint> CompiledSnapshot::CertificatesOf(const Entry& entry) const {
  const SigningCertificates& signing = SigningOf(entry);
  std::vector<Fingerprint> fingerprints;
  for (const Bytes* der : {&signing.primary, &signing.secondary}) {
    if (!der->empty()) fingerprints.push_back(Fingerprint::Of(*der));
  }
  for (const std::string* name : {&signing.primary_ca, &signing.secondary_ca}) {
    if (!name->empty()) {
      fingerprints.push_back(ca_fingerprints_[ca_by_name_.find(FoldId(*name))->second]);
    }
  }
  return fingerprints;
}

EnrollmentRef CompiledSnapshot::RefOf(const Entry& entry) const {
  const std::string& id = entry.kind == EnrollmentKind::kIndividual
                              ? contents_.individuals[entry.index].registration_id
                              : contents_.groups[entry.index].id;
  return {entry.kind, BoundedString::From(id).value_or(BoundedString{})};
}

const TextSet* CompiledSnapshot::DeniedSerialsOf(std::string_view issuer) const {
  const auto it = denied_serials_.find(issuer);
  return it == denied_serials_.end() ? nullptr : &it->second;
}

}  // namespace muster::registry

namespace muster {

Result<std::shared_ptr<const RegistrySnapshot>> RegistrySnapshot::Compile(
    RegistryContents contents) {
  auto compiled = registry::CompiledSnapshot::Compile(std::move(contents));
  if (!compiled) return tl::unexpected(std::move(compiled.error()));
  return *std::move(compiled);
}

}  // namespace muster
