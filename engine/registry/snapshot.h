// CompiledSnapshot: one service's registry as decisions look at it. Everything is found by hash;
// every certificate is parsed, and every CA's key loaded, once.
//
// Thread-safe: immutable once RegistrySnapshot::Compile has returned it.
#ifndef MUSTER_ENGINE_REGISTRY_SNAPSHOT_H_
#define MUSTER_ENGINE_REGISTRY_SNAPSHOT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "engine/graph/issuer_graph.h"
#include "engine/path/crl_set.h"
#include "muster/registry.h"

namespace muster::registry {

// Lets maps keyed by std::string be searched with a std::string_view.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};
template <typename T>
using TextMap = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;
using TextSet = std::unordered_set<std::string, TextHash, std::equal_to<>>;

// An enrollment entry: its kind and where it stands in contents().groups or contents().individuals.
struct Entry {
  EnrollmentKind kind = EnrollmentKind::kNone;
  std::uint32_t index = 0;
  bool enabled = false;
};

// What the service says of a certificate that it holds as an issuer: a registered CA, a group's
// uploaded signing certificate, or both.
struct HeldCa {
  graph::CaNodePtr node;
  // Every name it is registered under, as indices into contents().cas, verified ones first. Empty
  // where it is held only as an uploaded signing certificate.
  std::vector<std::uint32_t> names;
  // Verified under at least one of its names: same DER under two names, one of them verified,
  // counts as verified [ours].
  bool verified = false;

  bool registered() const { return !names.empty(); }
};

class CompiledSnapshot final : public RegistrySnapshot {
 public:
  // Validates as RegistrySnapshot::Compile says.
  static Result<std::shared_ptr<const CompiledSnapshot>> Compile(RegistryContents contents);
  // The implementation behind any RegistrySnapshot: nobody else can construct one.
  static const CompiledSnapshot& Of(const RegistrySnapshot& snapshot) {
    return static_cast<const CompiledSnapshot&>(snapshot);
  }

  const RegistryContents& contents() const override { return contents_; }

  // All CAs that are held; issuers().nodes()[i] is cas()[i].node.
  const std::vector<HeldCa>& cas() const { return cas_; }
  const graph::IssuerGraph& issuers() const { return *issuers_; }
  const HeldCa* FindCa(const Fingerprint& fingerprint) const;

  // The entry a certificate belongs to: the group of a signing certificate (uploaded or referred
  // to), or the individual enrollment of a client certificate. By fingerprint, never by name.
  const Entry* EntryOf(const Fingerprint& fingerprint) const;
  // The individual enrollment of a registration ID in lower case, as RegistrationId::view().
  const Entry* IndividualOf(std::string_view registration_id) const;
  // A disabled group one of whose signing certificates has this subject (canonical) and this key:
  // a cross-signed twin of a disabled CA is disabled too.
  const Entry* DisabledBySubjectAndKey(std::string_view subject, ByteView spki) const;
  // The fingerprints of an entry's certificates: referenced CAs resolved, primary before secondary.
  std::vector<Fingerprint> CertificatesOf(const Entry& entry) const;
  const SigningCertificates& SigningOf(const Entry& entry) const;
  EnrollmentRef RefOf(const Entry& entry) const;

  bool DeniesFingerprints() const { return !denied_.empty(); }
  bool IsDenied(const Fingerprint& fingerprint) const { return denied_.contains(fingerprint); }
  // The denied serial numbers (INTEGER content) of an issuer (canonical); null where there is none.
  const TextSet* DeniedSerialsOf(std::string_view issuer) const;

  const path::CrlSet& crls() const { return crls_; }

 private:
  friend class SnapshotCompiler;
  CompiledSnapshot() = default;

  RegistryContents contents_;
  std::vector<HeldCa> cas_;
  std::unique_ptr<const graph::IssuerGraph> issuers_;
  std::unordered_map<Fingerprint, std::uint32_t> ca_by_fingerprint_;
  std::unordered_map<Fingerprint, Entry> entry_by_fingerprint_;
  TextMap<Entry> individual_by_id_;
  TextMap<Entry> disabled_by_subject_and_key_;
  TextMap<std::uint32_t> ca_by_name_;         // Into contents_.cas.
  std::vector<Fingerprint> ca_fingerprints_;  // Of contents_.cas[i].
  std::unordered_set<Fingerprint> denied_;
  TextMap<TextSet> denied_serials_;
  path::CrlSet crls_;
};

}  // namespace muster::registry

#endif  // MUSTER_ENGINE_REGISTRY_SNAPSHOT_H_
