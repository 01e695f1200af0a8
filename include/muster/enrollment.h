// Enrollments: which devices may enrol, through which CA certificate.
//
// Terms are those of Azure Device Provisioning Service (DPS).
#ifndef MUSTER_ENROLLMENT_H_
#define MUSTER_ENROLLMENT_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "muster/bytes.h"

namespace muster {

// A string of at most 128 octets held inline, so that a verdict needs no allocation.
class BoundedString {
 public:
  static constexpr std::size_t kSizeMax = 128;

  BoundedString() = default;
  // Nothing where `text` is longer than kSizeMax.
  static std::optional<BoundedString> From(std::string_view text) {
    if (text.size() > kSizeMax) return std::nullopt;
    BoundedString s;
    std::copy(text.begin(), text.end(), s.chars_.begin());
    s.size_ = static_cast<std::uint8_t>(text.size());
    return s;
  }

  std::string_view view() const { return {chars_.data(), size_}; }
  bool empty() const { return size_ == 0; }
  friend bool operator==(const BoundedString& a, const BoundedString& b) {
    return a.view() == b.view();
  }

 private:
  std::array<char, kSizeMax> chars_{};
  std::uint8_t size_ = 0;
};

// The identity of a device: the CN of its leaf. Case-insensitive; kept in lower case, so that case
// twins are one identity. 1 to 128 of A-Z a-z 0-9 - . _ :, the last alphanumeric or a dash.
class RegistrationId {
 public:
  RegistrationId() = default;  // Empty: no device's.
  // Nothing where `text` is not well formed.
  static std::optional<RegistrationId> Parse(std::string_view text);

  std::string_view view() const { return text_.view(); }
  bool empty() const { return text_.empty(); }
  friend bool operator==(const RegistrationId&, const RegistrationId&) = default;

 private:
  BoundedString text_;
};

// How an enrollment names CA certificates: by uploaded certificate (its DER) or by reference to a
// registered CA's name. Exactly one of the two is used; secondary is optional (key rollover).
struct SigningCertificates {
  Bytes primary, secondary;                    // DER, or empty.
  std::string primary_ca, secondary_ca;        // Names of registered CAs, or empty.
};

// Every device whose path contains one of the group's CA certificates enrols through it.
struct EnrollmentGroup {
  std::string id;  // 1 to 128 of the registration ID's characters; case-insensitive.
  bool enabled = true;
  SigningCertificates signing;
  std::string etag;
};

// One device. Outranks groups; a disabled one blocks by registration ID alone.
struct IndividualEnrollment {
  std::string registration_id;  // As RegistrationId.
  bool enabled = true;
  // Client certificates (exact leaves, in primary and secondary) or CA references.
  SigningCertificates attestation;
  std::string etag;
};

enum class EnrollmentKind : std::uint8_t { kNone, kIndividual, kGroup };
std::string_view NameOf(EnrollmentKind kind);  // "none", "individual", "group".

// The entry that decided: its kind and its id.
struct EnrollmentRef {
  EnrollmentKind kind = EnrollmentKind::kNone;
  BoundedString id;
  friend bool operator==(const EnrollmentRef&, const EnrollmentRef&) = default;
};

}  // namespace muster

#endif  // MUSTER_ENROLLMENT_H_
