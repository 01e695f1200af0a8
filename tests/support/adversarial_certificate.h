// Certificates with planted flaws: each field and each extension of one can be anything.
//
// A certificate is planned (who, by whom, which flaws), drafted field by field, changed by its
// flaws and signed. Almost all flaws stand under a good signature, so that no other fault hides
// them.
#ifndef MUSTER_TESTS_SUPPORT_ADVERSARIAL_CERTIFICATE_H_
#define MUSTER_TESTS_SUPPORT_ADVERSARIAL_CERTIFICATE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "muster/bytes.h"
#include "muster/development_pki.h"
#include "muster/time.h"

namespace muster::test {

// Certificates are valid around this time: 2026-06-15T12:00:00Z.
UnixTime AdversarialTime();

// Keys by number. Those of kPlainKeys are P-256.
inline constexpr int kPlainKeys = 12;
enum SpecialKey : int {
  kKeyP384 = kPlainKeys,
  kKeyP521,
  kKeyEd25519,
  kKeyRsa,
  kKeyOtherRsa,
  kKeySmallRsa,
  kKeyEnd
};
const DevelopmentKey& AdversarialKey(int number);
// Names by number: O=Acme, CN=CA n; from kDeviceNames on O=Acme, CN=device-n.
inline constexpr int kDeviceNames = 1'000;
Bytes AdversarialName(int number);

// An extension whose critical flag is written out, whatever it is.
struct DraftExtension {
  std::string oid;
  Bytes critical;  // A whole element; empty where the default is left out.
  Bytes value;     // Content of extnValue.
};

// Changes octets; `salt` chooses where. The same salt, the same change.
using OctetEdit = void (*)(Bytes* octets, std::uint64_t salt);

// The fields of a certificate as whole elements, in their order.
struct CertificateDraft {
  Bytes version, serial, signature, issuer, not_before, not_after, subject, spki, unique_ids;
  std::vector<DraftExtension> extensions;
  std::optional<Bytes> whole_extensions;  // Instead of [3] with the list.
  std::optional<Bytes> outer_algorithm;   // Where it is to differ from `signature`.
  int signing_key = 0;
  std::string hash;  // As CertificateTemplate.
  bool pss = false;
  std::vector<OctetEdit> tbs_edits;          // Before signing.
  std::vector<OctetEdit> signature_edits;    // Of the signature value.
  std::vector<OctetEdit> certificate_edits;  // Of the whole, after signing.

  // What flaws refer to.
  bool is_ca = false;
  int issuer_name = 0, subject_name = 0, key = 0;
  std::uint64_t salt = 0;

  DraftExtension* Find(std::string_view oid);
  void Drop(std::string_view oid);
  // In place of one with the same OID, where there is one.
  void Set(RawExtension extension);
  void Add(RawExtension extension);
};

// Where a flaw may stand.
enum class FlawPlace : std::uint8_t { kLeaf, kCa, kAny };

// One row of the table of flaws. Its name is "theme: what".
struct Flaw {
  std::string_view name;
  FlawPlace place;
  void (*apply)(CertificateDraft* draft);

  std::string_view theme() const { return name.substr(0, name.find(':')); }
};
// The table, by theme.
const std::vector<Flaw>& Flaws();
// Null where there is none of that name.
const Flaw* FindFlaw(std::string_view name);

struct CertificatePlan {
  int subject = 0, key = 0;  // Numbers of name and key.
  int issuer = 0, issuer_key = 0;
  bool is_ca = false;
  std::optional<int> path_len = {};
  std::uint64_t serial = 1;             // Tells certificates of one name and key apart.
  std::optional<int> claimed_key = {};  // Whose key identifier it says its own key has.
  std::vector<const Flaw*> flaws = {};
  std::uint64_t salt = 0;  // For flaws that have a place.

  bool HasFlaw(std::string_view name) const;
};

// The draft without flaws.
CertificateDraft Draft(const CertificatePlan& plan);
// Signed.
Bytes Finish(const CertificateDraft& draft);
// Draft, flaws, Finish.
Bytes Issue(const CertificatePlan& plan);

// The rows of the table, one function a theme or two.
void AddFieldFlaws(std::vector<Flaw>* flaws);       // version, serial, name, date, identifier.
void AddAlgorithmFlaws(std::vector<Flaw>* flaws);   // algorithm, key, signature, form.
void AddExtensionFlaws(std::vector<Flaw>* flaws);   // basic, usage, purpose, unknown.
void AddConstraintFlaws(std::vector<Flaw>* flaws);  // constraint, altname, policy.

}  // namespace muster::test

#endif  // MUSTER_TESTS_SUPPORT_ADVERSARIAL_CERTIFICATE_H_
