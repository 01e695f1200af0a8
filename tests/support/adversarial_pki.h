// AdversarialPki: small PKIs that go wrong in every way known to us, and questions about them.
//
//   const AdversarialPki pki(seed);
//   const AdversarialQuestion question = pki.Question(n);
//   AdversarialIssuer issuer;
//   AskOpenssl(issuer.Make(question));
//
// The same seed and number give the same question, on any machine and in any order. A question is
// kept as a plan, so that it can be made smaller.
#ifndef MUSTER_TESTS_SUPPORT_ADVERSARIAL_PKI_H_
#define MUSTER_TESTS_SUPPORT_ADVERSARIAL_PKI_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tests/peers/peer_validation.h"
#include "tests/support/adversarial_certificate.h"

namespace muster::test {

// What a CRL is but complete, in date and well signed.
enum class CrlFlaw : std::uint8_t {
  kNone,
  kStale,
  kNotYet,
  kOtherKey,
  kBadSignature,
  kUnknownCritical,
  kUnknownCriticalEntry,
  kOnlyUsers,
  kOnlyCas,
  kOnlySomeReasons,
  kNoNextUpdate,
  kSha1,
  kRemoveFromCrl,
  kOnHold,
  kRevokedLater,
  kCount
};
std::string_view NameOf(CrlFlaw flaw);

struct CrlPlan {
  std::size_t issuer = 0;                 // The certificate whose name and key it carries.
  std::vector<std::size_t> revoked = {};  // Certificates whose serial numbers it lists.
  CrlFlaw flaw = CrlFlaw::kNone;
};

// A second next to the end or the start of a certificate's validity.
struct TimeEdge {
  std::size_t certificate = 0;
  bool at_end = true;
  int offset_s = 0;
};

struct AdversarialQuestion {
  std::uint64_t seed = 0, number = 0;
  std::string_view shape, theme;
  std::vector<CertificatePlan> certificates;  // 0 is the target.
  std::vector<std::size_t> untrusted, anchors;
  std::vector<CrlPlan> crls;
  std::optional<TimeEdge> edge;
  std::string key_purpose;
  std::vector<std::string> initial_policies;
  bool explicit_policy = false, inhibit_policy_mapping = false, inhibit_any_policy = false;
  bool require_crl = false;

  std::size_t FlawCount() const;
};

class AdversarialPki {
 public:
  explicit AdversarialPki(std::uint64_t seed);

  AdversarialQuestion Question(std::uint64_t number) const;
  // As generated, without a flaw: whom a registry would hold.
  const AdversarialQuestion& plain() const { return plain_; }

 private:
  std::uint64_t seed_;
  AdversarialQuestion plain_;
};

// Makes what a question plans. Signatures that occur again are kept. Not thread-safe.
class AdversarialIssuer {
 public:
  PeerQuestion Make(const AdversarialQuestion& question);
  const Bytes& Certificate(const CertificatePlan& plan);
  // Forgets everything.
  void Clear() { made_.clear(); }

 private:
  std::unordered_map<std::string, Bytes> made_;
};

// In words: the shape, the flaws and where they are, the options.
std::string Describe(const AdversarialQuestion& question);
// All of it: options and time in a line, then every certificate and CRL in PEM.
std::string ToPem(const PeerQuestion& question);

}  // namespace muster::test

#endif  // MUSTER_TESTS_SUPPORT_ADVERSARIAL_PKI_H_
