#include "tests/support/test_world.h"

#include <chrono>
#include <utility>

namespace muster::test {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

constexpr UnixTime kAt = sys_days{std::chrono::year{2026} / 6 / 15} + std::chrono::hours{12};
constexpr const char* kClientAuth = "1.3.6.1.5.5.7.3.2";

// The subject as IssueCertificate takes it from the template.
Bytes SubjectOf(const CertificateTemplate& what) {
  if (what.subject_der) return *what.subject_der;
  if (!what.subject.empty()) return Must(EncodeName(what.subject));
  return Must(EncodeName({NameAttribute{"2.5.4.3", what.common_name}}));
}

std::string RegistryName(const std::string& label) {
  std::string name;
  for (const char c : label) {
    const bool upper = c >= 'A' && c <= 'Z';
    name.push_back(c == ' ' ? '-' : upper ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return name;
}

}  // namespace

Entity::Entity(std::string label, Bytes der, Issuer issuer)
    : rep_(std::make_shared<const Rep>(
          Rep{std::move(label), der, std::move(issuer), Fingerprint::Of(der)})) {}

CertificateView Entity::view() const {
  const auto parsed = CertificateView::Parse(rep_->der);
  if (!parsed) {
    throw std::runtime_error("certificate '" + rep_->label +
                             "' does not parse: " + std::string(parsed.error().what));
  }
  return *parsed;
}

Certificate Entity::certificate() const {
  const auto parsed = Certificate::Parse(rep_->der);
  if (!parsed) {
    throw std::runtime_error("certificate '" + rep_->label +
                             "' does not parse: " + std::string(parsed.error().what));
  }
  return *parsed;
}

World::World(std::string seed, KeyKind key) : seed_(std::move(seed)), key_(key), at_(kAt) {}

CertificateTemplate World::CaTemplate(const std::string& name, const Options& options) const {
  CertificateTemplate what;
  what.common_name = name;
  what.is_ca = true;
  what.path_len = options.path_len;
  what.not_before = at_ - days{3650};
  what.not_after = at_ + days{3650};
  return what;
}

Entity World::Make(const std::string& name, const Entity* issuer, CertificateTemplate what,
                   const Options& options) {
  const std::string& key_label = options.key_label.empty() ? name : options.key_label;
  DevelopmentKey key =
      Must(DevelopmentKey::Derive(options.key.value_or(key_), seed_, key_label));
  if (options.edit) options.edit(what);
  Bytes der = Must(issuer == nullptr ? IssueSelfSigned(what, key)
                                     : IssueCertificate(what, key.spki(), issuer->issuer()));
  made_.emplace_back(name, std::move(der), Issuer{SubjectOf(what), std::move(key), {}});
  return made_.back();
}

Entity World::Root(const std::string& name, const Options& options) {
  return Make(name, nullptr, CaTemplate(name, options), options);
}

Entity World::Intermediate(const std::string& name, const Entity& issuer, const Options& options) {
  CertificateTemplate what = CaTemplate(name, options);
  what.not_before = at_ - days{365};
  what.not_after = at_ + days{1825};
  return Make(name, &issuer, std::move(what), options);
}

Entity World::Leaf(const std::string& name, const Entity& issuer, const Options& options) {
  CertificateTemplate what;
  what.common_name = name;
  what.path_len = options.path_len;
  what.not_before = at_ - days{30};
  what.not_after = at_ + days{365};
  what.extended_key_usage = {kClientAuth};
  return Make(name, &issuer, std::move(what), options);
}

Entity World::SelfSignedLeaf(const std::string& name, const Options& options) {
  CertificateTemplate what;
  what.common_name = name;
  what.not_before = at_ - days{30};
  what.not_after = at_ + days{365};
  what.extended_key_usage = {kClientAuth};
  return Make(name, nullptr, std::move(what), options);
}

Entity World::CrossSigned(const Entity& subject, const Entity& issuer, const Edit& edit) {
  CertificateTemplate what = CaTemplate(subject.label(), {});
  what.subject_der = subject.subject();
  if (edit) edit(what);
  Bytes der = Must(IssueCertificate(what, subject.spki(), issuer.issuer()));
  made_.emplace_back(subject.label() + " by " + issuer.label(), std::move(der),
                     Issuer{subject.subject(), subject.key(), {}});
  return made_.back();
}

Entity World::WithDer(const Entity& original, Bytes der) {
  made_.emplace_back(original.label(), std::move(der), original.issuer());
  return made_.back();
}

Bytes World::Proof(const Entity& ca, std::string_view code) {
  return Must(
      IssueProof(code, ca.certificate(), ca.key(), at_ - days{1}, at_ + days{30}));
}

Bytes World::Crl(const Entity& ca, const std::vector<Entity>& revoked,
                 const std::function<void(CrlTemplate&)>& edit) {
  CrlTemplate what;
  what.this_update = at_ - days{1};
  what.next_update = at_ + days{30};
  for (const Entity& entity : revoked) {
    const CertificateView view = entity.view();
    what.revoked.push_back(RevokedEntry{Bytes(view.serial().begin(), view.serial().end()),
                                        at_ - days{2}, std::nullopt, {}});
  }
  if (edit) edit(what);
  return Must(IssueCrl(what, ca.issuer()));
}

PresentedChain Presented(const Entity& leaf, const std::vector<Entity>& untrusted) {
  PresentedChain chain(leaf.der());
  for (const Entity& entity : untrusted) chain.AddUntrusted(entity.der());
  return chain;
}

Bytes FlipSignatureBit(ByteView certificate) {
  Bytes flipped(certificate.begin(), certificate.end());
  flipped.back() ^= 1;  // The signature is last (RFC 5280 4.1).
  return flipped;
}

RegistryBuilder::RegistryBuilder(std::string service) {
  contents_.service = std::move(service);
  contents_.generation = 1;
}

RegistryBuilder& RegistryBuilder::Add(const Entity& ca, std::string name,
                                      VerificationMethod method) {
  CaCertificate entry;
  entry.name = name.empty() ? RegistryName(ca.label()) : std::move(name);
  entry.der = ca.bytes();
  entry.method = method;
  entry.registered_at = kAt - days{10};
  if (method != VerificationMethod::kNone) {
    entry.status = CaStatus::kVerified;
    entry.verified_at = kAt - days{9};
  }
  entry.etag = "1";
  contents_.cas.push_back(std::move(entry));
  return *this;
}

RegistryBuilder& RegistryBuilder::Verified(const Entity& ca, std::string name) {
  return Add(ca, std::move(name), VerificationMethod::kProofOfPossession);
}

RegistryBuilder& RegistryBuilder::SelfAttested(const Entity& ca, std::string name) {
  return Add(ca, std::move(name), VerificationMethod::kSelfAttested);
}

RegistryBuilder& RegistryBuilder::Unverified(const Entity& ca, std::string name) {
  return Add(ca, std::move(name), VerificationMethod::kNone);
}

RegistryBuilder& RegistryBuilder::Group(std::string id, const Entity& primary, Enabled state) {
  contents_.groups.push_back(
      EnrollmentGroup{std::move(id), state.enabled, {primary.bytes(), {}, {}, {}}, "1"});
  return *this;
}

RegistryBuilder& RegistryBuilder::Group(std::string id, const Entity& primary,
                                        const Entity& secondary, Enabled state) {
  contents_.groups.push_back(EnrollmentGroup{
      std::move(id), state.enabled, {primary.bytes(), secondary.bytes(), {}, {}}, "1"});
  return *this;
}

RegistryBuilder& RegistryBuilder::GroupByName(std::string id, std::string primary_ca,
                                              std::string secondary_ca, Enabled state) {
  contents_.groups.push_back(
      EnrollmentGroup{std::move(id), state.enabled,
                      {{}, {}, std::move(primary_ca), std::move(secondary_ca)}, "1"});
  return *this;
}

RegistryBuilder& RegistryBuilder::Individual(std::string registration_id, const Entity& leaf,
                                             Enabled state) {
  contents_.individuals.push_back(IndividualEnrollment{
      std::move(registration_id), state.enabled, {leaf.bytes(), {}, {}, {}}, "1"});
  return *this;
}

RegistryBuilder& RegistryBuilder::IndividualByName(std::string registration_id,
                                                   std::string primary_ca, Enabled state) {
  contents_.individuals.push_back(IndividualEnrollment{
      std::move(registration_id), state.enabled, {{}, {}, std::move(primary_ca), {}}, "1"});
  return *this;
}

RegistryBuilder& RegistryBuilder::Crl(std::string ca_name, Bytes der) {
  contents_.crls.push_back(RegisteredCrl{std::move(ca_name), std::move(der), "1"});
  return *this;
}

RegistryBuilder& RegistryBuilder::Deny(const Entity& leaf) {
  DenyEntry entry;
  entry.fingerprint = leaf.fingerprint();
  entry.etag = "1";
  contents_.denied.push_back(std::move(entry));
  return *this;
}

RegistryBuilder& RegistryBuilder::DenyByIssuerAndSerial(const Entity& leaf) {
  const CertificateView view = leaf.view();
  DenyEntry entry;
  entry.issuer.assign(view.issuer().begin(), view.issuer().end());
  entry.serial.assign(view.serial().begin(), view.serial().end());
  entry.etag = "1";
  contents_.denied.push_back(std::move(entry));
  return *this;
}

}  // namespace muster::test
