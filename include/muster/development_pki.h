// Development PKI: makes roots, intermediates, proofs, device chains and whole fleets.
//
// FOR DEVELOPMENT AND TESTS ONLY: keys come from a seed, so anyone who knows it holds them.
// Deterministic: the same seed, labels and options give the same octets on every machine.
// Thread-safe: DevelopmentKey and free functions may be used from several threads.
#ifndef MUSTER_DEVELOPMENT_PKI_H_
#define MUSTER_DEVELOPMENT_PKI_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "muster/bytes.h"
#include "muster/certificate.h"
#include "muster/options.h"
#include "muster/result.h"
#include "muster/time.h"

namespace muster {

enum class KeyKind : std::uint8_t {
  kP256, kP384, kP521, kRsa2048, kRsa3072, kRsa4096, kEd25519, kRsa1024 /* refused: for tests */
};
std::optional<KeyKind> ParseKeyKind(std::string_view name);  // "p256", "rsa2048", "ed25519", ...
std::string_view NameOf(KeyKind kind);

// A private key. Cheap to copy (shared).
class DevelopmentKey {
 public:
  // Derives the key from a seed and a label: the same two give the same key.
  [[nodiscard]] static Result<DevelopmentKey> Derive(KeyKind kind, std::string_view seed,
                                                     std::string_view label);
  // Reads an unencrypted PKCS#8 key, PEM or DER.
  [[nodiscard]] static Result<DevelopmentKey> Load(ByteView pkcs8);

  std::string ToPem() const;  // Unencrypted PKCS#8.
  Bytes spki() const;         // SubjectPublicKeyInfo, DER.

 private:
  friend class DevelopmentSigner;
  struct Rep;
  explicit DevelopmentKey(std::shared_ptr<const Rep> rep) : rep_(std::move(rep)) {}
  std::shared_ptr<const Rep> rep_;
};

// One attribute of a name.
struct NameAttribute {
  enum class StringKind : std::uint8_t { kUtf8, kPrintable, kIa5, kT61, kBmp };
  std::string oid;    // Dotted; "2.5.4.3" = CN.
  std::string value;  // Octets as they are encoded (BMP: big-endian UTF-16).
  StringKind kind = StringKind::kUtf8;
};

struct RawExtension {
  std::string oid;
  bool critical = false;
  Bytes value;  // Content of extnValue.
};

// What to issue. Every field has a good default for a device certificate; every field can be set to
// something wrong, because tests need certificates that nobody should issue.
struct CertificateTemplate {
  std::string common_name;             // Shorthand for a subject of one CN; used where
  std::vector<NameAttribute> subject;  // this is empty. One RDN an attribute.
  std::optional<Bytes> subject_der;    // Overrides both: a whole Name SEQUENCE.
  std::optional<Bytes> issuer_der;     // Overrides the issuer's subject.
  UnixTime not_before{};
  UnixTime not_after{};
  Bytes serial;                        // INTEGER content; empty = derived, 16 positive octets.
  int version = 3;                     // 1 drops all extensions.
  bool is_ca = false;                  // Adds critical basicConstraints, keyCertSign | cRLSign.
  std::optional<int> path_len;
  std::optional<std::uint16_t> key_usage;    // KeyUsageBit; 0 = leave the extension out.
  std::vector<std::string> extended_key_usage;  // Dotted OIDs; empty = leave out.
  bool extended_key_usage_critical = false;
  bool omit_basic_constraints = false;
  bool subject_key_id = true;
  bool authority_key_id = true;
  std::vector<std::string> dns_names;        // subjectAltName.
  std::vector<RawExtension> extensions;      // Added last, as they are.
  // Signature algorithm: empty = the issuer key's natural one (RSA and P-256: SHA-256, P-384:
  // SHA-384, P-521: SHA-512). "SHA-1" and others by Botan's hash name; for tests.
  std::string hash;
  bool pss = false;                          // RSA-PSS instead of PKCS#1 v1.5.
};

// An issuer: a name, a key and a key identifier.
struct Issuer {
  Bytes subject_der;  // A whole Name SEQUENCE.
  DevelopmentKey key;
  Bytes key_id;       // For authorityKeyIdentifier; empty = derived from the key (DeriveKeyId).
};
// The issuer that holds `ca` and its key. Nothing checks that they belong together.
Issuer IssuerOf(const Certificate& ca, DevelopmentKey key);

// The key identifier that issued certificates carry: RFC 7093 section 2 method 1, the leftmost 160
// bits of the SHA-256 of the subjectPublicKey octets.
Bytes DeriveKeyId(ByteView spki);

// A whole Name SEQUENCE, one RDN an attribute. kInvalidArgument for an OID that is not one.
[[nodiscard]] Result<Bytes> EncodeName(const std::vector<NameAttribute>& attributes);

// Issues a certificate for the public key `spki`, signed by `issuer`. DER.
[[nodiscard]] Result<Bytes> IssueCertificate(const CertificateTemplate& what, ByteView spki,
                                             const Issuer& issuer);
// Issues a self-signed certificate.
[[nodiscard]] Result<Bytes> IssueSelfSigned(const CertificateTemplate& what,
                                            const DevelopmentKey& key);

// Issues a proof of possession: CN = `code`, signed by the CA's key.
[[nodiscard]] Result<Bytes> IssueProof(std::string_view code, const Certificate& ca,
                                       const DevelopmentKey& ca_key, UnixTime not_before,
                                       UnixTime not_after);

struct RevokedEntry {
  Bytes serial;
  UnixTime revoked_at{};
  std::optional<int> reason;  // CRLReason, RFC 5280 5.3.1.
  std::vector<RawExtension> extensions;
};
struct CrlTemplate {
  UnixTime this_update{};
  std::optional<UnixTime> next_update;
  std::uint64_t number = 1;
  std::vector<RevokedEntry> revoked;
  std::vector<RawExtension> extensions;
  std::string hash;           // As CertificateTemplate::hash.
};
[[nodiscard]] Result<Bytes> IssueCrl(const CrlTemplate& what, const Issuer& issuer);

// --- Fleets ---------------------------------------------------------------------------------

// A fault planted in a fleet, and how often.
enum class PlantedFault : std::uint8_t {
  kNone, kExpired, kNotYetValid, kBadSignature, kUnknownIssuer, kUnverifiedIssuer, kDisabledGroup,
  kMissingIntermediate, kMalformed, kBadRegistrationId, kLeafIsCa, kWrongPurpose, kWeakKey,
  kWeakHash, kDenied, kUnreadableRecord, kCount
};
std::string_view NameOf(PlantedFault fault);
// The reason muster gives for it. kNone for kNone and kUnreadableRecord, and where the registry may
// fill links for kMissingIntermediate.
RejectReason ExpectedReason(PlantedFault fault, LinkSource links = LinkSource::kPresented);

struct FleetTemplate {
  std::string seed = "muster";
  std::uint64_t devices = 1'000;
  int roots = 2;
  int intermediates = 8;        // Spread over the roots, round robin. Each becomes a group.
  KeyKind key = KeyKind::kP256;       // Of the CAs.
  std::optional<KeyKind> leaf_key;    // Of the devices; empty = as `key`.
  UnixTime at{};                // Certificates are valid around this time.
  double fault_rate = 0.01;     // Share of devices with a planted fault, spread over all kinds that
                                // such a fleet can have (Ed25519 CAs sign with no weak hash).
};

struct FleetCa {
  std::string name;             // "root-1", "factory-3".
  Bytes der;
  DevelopmentKey key;
  std::string parent;           // Name; empty for a root.
  bool verified = false;        // Whether the demonstration registry should verify it.
  bool group = false;           // Whether it is an enrollment group's signing certificate.
  bool group_enabled = true;
};

struct FleetDevice {
  std::string device_id;
  std::vector<Bytes> chain;     // Leaf first, then what the device presents; no root.
  PlantedFault fault = PlantedFault::kNone;
  bool denied = false;          // Belongs on the deny list.
};

// A fleet, made device by device: devices need not fit in memory. RSA keys are slow to make, so RSA
// devices share a pool of 16; every other device has its own key.
class DevelopmentFleet {
 public:
  [[nodiscard]] static Result<DevelopmentFleet> Create(const FleetTemplate& what);
  const std::vector<FleetCa>& cas() const;
  // Device `index`, the same whenever and on whichever thread it is asked for.
  [[nodiscard]] Result<FleetDevice> Device(std::uint64_t index) const;
  // The fault of device `index`, without making it.
  PlantedFault FaultOf(std::uint64_t index) const;
  // The one line {"deviceId","chain"} of it, with newline.
  [[nodiscard]] Result<std::string> DeviceNdjson(std::uint64_t index) const;

 private:
  struct Rep;
  explicit DevelopmentFleet(std::shared_ptr<const Rep> rep) : rep_(std::move(rep)) {}
  std::shared_ptr<const Rep> rep_;
};

}  // namespace muster

#endif  // MUSTER_DEVELOPMENT_PKI_H_
