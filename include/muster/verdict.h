// Verdict: the decision about one presented chain. A default-constructed verdict rejects.
#ifndef MUSTER_VERDICT_H_
#define MUSTER_VERDICT_H_

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "muster/certificate.h"
#include "muster/enrollment.h"
#include "muster/reject_reason.h"

namespace muster {

enum class Decision : std::uint8_t { kReject = 0, kAccept = 1 };

// The CA certificates of a path, from the leaf's issuer up to the anchor, by fingerprint. Inline.
class CaPath {
 public:
  static constexpr std::size_t kSizeMax = kUntrustedMax + 1;
  void Append(const Fingerprint& f) {
    if (size_ < kSizeMax) cas_[size_++] = f;
  }
  std::span<const Fingerprint> view() const { return {cas_.data(), size_}; }
  friend bool operator==(const CaPath& a, const CaPath& b) {
    return a.size_ == b.size_ && a.cas_ == b.cas_;
  }

 private:
  std::array<Fingerprint, kSizeMax> cas_{};
  std::uint8_t size_ = 0;
};

// The decision and what it rests on. A trivially copyable value that refers to nothing.
struct Verdict {
  Decision decision = Decision::kReject;
  RejectReason reason = RejectReason::kNotEvaluated;  // kNone if and only if accepted.
  // The certificate at fault: 0 = leaf, i = the i-th CA of `ca_path` counted from 1. Where there is
  // no path (malformed input) it counts the certificates as presented. -1 = none in particular.
  std::int16_t chain_index = -1;
  std::uint64_t generation = 0;     // Of the registry snapshot that decided.
  RegistrationId registration_id;   // Empty where the leaf gives none.
  EnrollmentRef enrollment;         // The entry that decided; kNone where none was met.
  // The path that decided: accepted, or the one that got furthest. The last is the anchor where
  // the path is valid. Certificates past CaPath::kSizeMax are left out.
  CaPath ca_path;
  // The verified CA at which validation stopped; all zeros where none was reached.
  Fingerprint anchor;

  bool accepted() const { return decision == Decision::kAccept; }
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

// One thing that is wrong, for the operator.
struct Fault {
  RejectReason reason = RejectReason::kNotEvaluated;
  int chain_index = -1;  // Into ExplainedPath::certificates; -1 = the path as a whole.
  std::string detail;    // "notAfter 2026-01-31T00:00:00Z", "not sent: CN=Factory 2".
};

// One certificate of an explained path.
struct ExplainedCertificate {
  Bytes der;
  Fingerprint fingerprint;
  std::string subject;         // As DisplayName.
  bool presented = false;      // The device sent it.
  bool registered = false;     // The service holds it as a CA.
  bool verified = false;       // ... and it is verified.
  std::string ca_name;         // Its name in the registry, if registered.
  EnrollmentRef enrollment;    // The entry that names this certificate.
  bool enrollment_enabled = true;
};

// One candidate path, best first, with everything that is wrong with it.
struct ExplainedPath {
  std::vector<ExplainedCertificate> certificates;  // 0 = leaf.
  std::vector<Fault> faults;                       // Empty = this path accepts.
  std::vector<Fault> notes;                        // Worth knowing, not a fault: a stale CRL.
  bool reaches_verified = false;
};

// The full account of a decision: for operators, never for devices.
struct Explanation {
  Verdict verdict;                   // Exactly what Authenticate returns.
  std::vector<ExplainedPath> paths;  // Empty where the input is malformed; see `faults` then.
  std::vector<Fault> faults;         // Faults that belong to no path.
  std::vector<std::string> remedies; // What would fix it, most useful first.
};

}  // namespace muster

#endif  // MUSTER_VERDICT_H_
