// World: a small PKI for a test, and the registry that goes with it.
//
//   World w;
//   const Entity root = w.Root("Root");
//   const Entity factory = w.Intermediate("Factory", root, {.path_len = 0});
//   const Entity leaf = w.Leaf("device-1", factory);
//   const auto snapshot = RegistryBuilder().Verified(root).Unverified(factory)
//                             .Group("line-1", factory).Snapshot();
//   Authenticator(snapshot).Authenticate(Presented(leaf, {factory}), w.at());
//
// Everything is deterministic, valid at w.at(), and P-256 unless said otherwise. Any field of a
// certificate can be changed by a lambda:
//   w.Leaf("late", factory, [&](CertificateTemplate& t) { t.not_after = w.at() - 1s; });
// What cannot be issued at all ends the test with an exception that says why.
#ifndef MUSTER_TESTS_SUPPORT_TEST_WORLD_H_
#define MUSTER_TESTS_SUPPORT_TEST_WORLD_H_

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "muster/certificate.h"
#include "muster/development_pki.h"
#include "muster/registry.h"

namespace muster::test {

// The value, or an exception with the error's message.
template <typename T>
T Must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return *std::move(result);
}

// A certificate with its key. A handle: cheap to copy; its octets live as long as any copy does,
// and as long as the World that made it.
class Entity {
 public:
  Entity(std::string label, Bytes der, Issuer issuer);

  const std::string& label() const { return rep_->label; }  // The name it was made with.
  ByteView der() const { return rep_->der; }
  const Bytes& bytes() const { return rep_->der; }
  const Fingerprint& fingerprint() const { return rep_->fingerprint; }
  const DevelopmentKey& key() const { return rep_->issuer.key; }
  const Issuer& issuer() const { return rep_->issuer; }       // This entity as an issuer.
  const Bytes& subject() const { return rep_->issuer.subject_der; }
  Bytes spki() const { return key().spki(); }
  // Parsed; throws where the octets are malformed.
  CertificateView view() const;
  Certificate certificate() const;

 private:
  struct Rep {
    std::string label;
    Bytes der;
    Issuer issuer;
    Fingerprint fingerprint;
  };
  std::shared_ptr<const Rep> rep_;
};

using Edit = std::function<void(CertificateTemplate&)>;
// Whatever an Edit can be made of. A template's parameter, so that no compiler takes {.key = ...}
// for one: Clang 14 tries.
template <typename T>
concept Editing = std::invocable<const T&, CertificateTemplate&>;

// What differs from the default.
struct Options {
  std::optional<int> path_len = std::nullopt;
  std::optional<KeyKind> key = std::nullopt;   // Default: the World's.
  std::string key_label = {};                  // Same label, same key. Default: the name.
  Edit edit = {};
};

class World {
 public:
  explicit World(std::string seed = "world", KeyKind key = KeyKind::kP256);

  UnixTime at() const { return at_; }  // 2026-06-15T12:00:00Z.

  // The subject is one CN, `name`.
  Entity Root(const std::string& name, const Options& options = {});
  Entity Root(const std::string& name, const Editing auto& edit) {
    return Root(name, Options{.edit = edit});
  }
  Entity Intermediate(const std::string& name, const Entity& issuer, const Options& options = {});
  Entity Intermediate(const std::string& name, const Entity& issuer, const Editing auto& edit) {
    return Intermediate(name, issuer, Options{.edit = edit});
  }
  // clientAuth, digitalSignature, no basicConstraints.
  Entity Leaf(const std::string& name, const Entity& issuer, const Options& options = {});
  Entity Leaf(const std::string& name, const Entity& issuer, const Editing auto& edit) {
    return Leaf(name, issuer, Options{.edit = edit});
  }
  // A self-signed certificate that is no CA.
  Entity SelfSignedLeaf(const std::string& name, const Options& options = {});
  // A CA certificate for the same subject and key, by another issuer.
  Entity CrossSigned(const Entity& subject, const Entity& issuer, const Edit& edit = {});
  // `original` with other octets: the same key and name.
  Entity WithDer(const Entity& original, Bytes der);

  Bytes Proof(const Entity& ca, std::string_view code);
  // A CRL in date, of `ca`, that revokes `revoked`.
  Bytes Crl(const Entity& ca, const std::vector<Entity>& revoked,
            const std::function<void(CrlTemplate&)>& edit = {});

 private:
  Entity Make(const std::string& name, const Entity* issuer, CertificateTemplate what,
              const Options& options);
  CertificateTemplate CaTemplate(const std::string& name, const Options& options) const;

  std::string seed_;
  KeyKind key_;
  UnixTime at_;
  std::vector<Entity> made_;  // Keeps the octets alive that chains borrow.
};

// The chain a device presents.
PresentedChain Presented(const Entity& leaf, const std::vector<Entity>& untrusted = {});

// The certificate with the lowest bit of its signature value flipped: still well-formed DER.
Bytes FlipSignatureBit(ByteView certificate);

// Builds the contents of a registry; each call adds one thing.
class RegistryBuilder {
 public:
  explicit RegistryBuilder(std::string service = "service");

  // `name` empty = the entity's label in lower case, spaces as dashes.
  RegistryBuilder& Verified(const Entity& ca, std::string name = {});
  RegistryBuilder& SelfAttested(const Entity& ca, std::string name = {});
  RegistryBuilder& Unverified(const Entity& ca, std::string name = {});

  struct Enabled {
    bool enabled = true;
  };
  RegistryBuilder& Group(std::string id, const Entity& primary, Enabled state = {true});
  RegistryBuilder& Group(std::string id, const Entity& primary, const Entity& secondary,
                         Enabled state = {true});
  // By names of registered CAs.
  RegistryBuilder& GroupByName(std::string id, std::string primary_ca,
                               std::string secondary_ca = {}, Enabled state = {true});
  RegistryBuilder& Individual(std::string registration_id, const Entity& leaf,
                              Enabled state = {true});
  RegistryBuilder& IndividualByName(std::string registration_id, std::string primary_ca,
                                    Enabled state = {true});
  RegistryBuilder& Crl(std::string ca_name, Bytes der);
  RegistryBuilder& Deny(const Entity& leaf);               // By fingerprint.
  RegistryBuilder& DenyByIssuerAndSerial(const Entity& leaf);

  RegistryContents Build() const { return contents_; }
  // Compiled; throws where the contents are refused. Needs the registry library.
  std::shared_ptr<const RegistrySnapshot> Snapshot() const {
    return Must(RegistrySnapshot::Compile(contents_));
  }

 private:
  RegistryBuilder& Add(const Entity& ca, std::string name, VerificationMethod method);

  RegistryContents contents_;
};

}  // namespace muster::test

#endif  // MUSTER_TESTS_SUPPORT_TEST_WORLD_H_
