#include "engine/registry/rules.h"

#include <fmt/format.h>

#include "engine/crypto/public_key.h"
#include "engine/der/der_reader.h"
#include "engine/x509/name.h"

namespace muster::registry {
namespace {

// The length of the UTF-8 sequence that `text` begins with, or 0 where it is not one (RFC 3629 4).
std::size_t Utf8SequenceLength(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = at(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xc0) != 0x80) return 0;
  }
  const bool overlong = (first == 0xe0 && at(1) < 0xa0) || (first == 0xf0 && at(1) < 0x90);
  const bool surrogate = first == 0xed && at(1) > 0x9f;
  const bool beyond = first == 0xf4 && at(1) > 0x8f;
  return overlong || surrogate || beyond ? 0 : length;
}

}  // namespace

void CheckId(std::string_view what, std::string_view id) {
  if (RegistrationId::Parse(id).has_value()) return;
  Fail(ErrorCode::kInvalidArgument,
       fmt::format("{} is malformed: use 1 to 128 of A-Z a-z 0-9 - . _ :, ending in a letter, a "
                   "digit or a dash",
                   what));
}

std::string FoldId(std::string_view id) {
  std::string folded(id);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return folded;
}

void CheckComment(std::string_view what, std::string_view text) {
  if (text.size() > kCommentSizeMax) {
    Fail(ErrorCode::kInvalidArgument,
         fmt::format("{} is longer than {} octets; shorten it", what, kCommentSizeMax));
  }
  while (!text.empty()) {
    const std::size_t length = Utf8SequenceLength(text);
    // C0, DEL and C1 (U+0080 to U+009F): they could steer the terminal that shows them.
    const auto first = static_cast<std::uint8_t>(text[0]);
    const bool control =
        first < 0x20 || first == 0x7f ||
        (first == 0xc2 && length == 2 && static_cast<std::uint8_t>(text[1]) < 0xa0);
    if (length == 0 || control) {
      Fail(ErrorCode::kInvalidArgument,
           fmt::format("{} must be one line of UTF-8 without control characters", what));
    }
    text.remove_prefix(length);
  }
}

Certificate ParseCertificate(std::string_view what, ByteView der) {
  ParseResult<Certificate> parsed = Certificate::Parse(der);
  if (!parsed) {
    const ParseFailure& failure = parsed.error();
    Fail(ErrorCode::kInvalidArgument,
         fmt::format("{} is not a certificate that muster reads: {} at octet {} ({}). {}", what,
                     failure.what, failure.offset, NameOf(failure.reason),
                     InfoOf(failure.reason).remedy));
  }
  return *std::move(parsed);
}

void CheckCaCertificate(std::string_view what, const Certificate& certificate) {
  const CertificateView& view = certificate.view();
  // RFC 5280 4.2.1.9 for version 3. Version 1 has no extensions: a root of that age is let pass, as
  // DPS does; anything else of version 1 cannot be told from a device [ours].
  const bool version_1_root = view.version() == 1 && view.IsSelfIssued();
  if (!view.is_ca() && !version_1_root) {
    Fail(ErrorCode::kInvalidArgument,
         fmt::format("{} ({}) is not a CA certificate: it has no basicConstraints with CA:TRUE; "
                     "give the certificate of the CA that issues to devices",
                     what, DisplayName(view.subject())));
  }
  // Domain rules 4: the floor for keys holds for every CA from its registration on.
  const auto key = crypto::PublicKey::Load(view.spki(), AlgorithmPolicy{});
  if (!key) {
    Fail(ErrorCode::kInvalidArgument,
         fmt::format("the public key of {} ({}) is not accepted: {} ({}). {}", what,
                     DisplayName(view.subject()), key.error().what, NameOf(key.error().reason),
                     InfoOf(key.error().reason).remedy));
  }
}

void CheckOneKind(std::string_view what, const SigningCertificates& certificates,
                  bool may_be_empty) {
  const bool uploaded = !certificates.primary.empty() || !certificates.secondary.empty();
  const bool referred = !certificates.primary_ca.empty() || !certificates.secondary_ca.empty();
  if (uploaded && referred) {
    Fail(ErrorCode::kInvalidArgument,
         fmt::format("{} has uploaded certificates and CA references; use one of the two", what));
  }
  if (!uploaded && !referred && !may_be_empty) {
    Fail(ErrorCode::kInvalidArgument,
         fmt::format("{} has no certificate; upload one, or refer to a registered CA", what));
  }
  const bool same = uploaded ? certificates.primary == certificates.secondary
                             : FoldId(certificates.primary_ca) == FoldId(certificates.secondary_ca);
  // A secondary that is the primary makes nobody's key rollover safer [ours].
  if (same && (uploaded || referred)) {
    Fail(ErrorCode::kInvalidArgument,
         fmt::format("the primary and the secondary certificate of {} are the same; leave the "
                     "secondary out",
                     what));
  }
}

void CheckDenyEntry(const DenyEntry& entry) {
  CheckComment("the comment of a denied device", entry.comment);
  const bool by_serial = !entry.issuer.empty() && !entry.serial.empty();
  const bool by_name = !entry.issuer.empty() || !entry.serial.empty();
  if (entry.fingerprint.has_value() ? by_name : !by_serial) {
    Fail(ErrorCode::kInvalidArgument,
         "a denied device is named either by its fingerprint or by issuer and serial number");
  }
  if (entry.fingerprint.has_value()) return;
  if (!x509::CanonicalName(entry.issuer).has_value() || x509::IsEmptyName(entry.issuer)) {
    Fail(ErrorCode::kInvalidArgument,
         "the issuer of a denied device is not a Name in DER; take it from a certificate");
  }
  // RFC 5280 4.1.2.2. Certificates with other serial numbers are rejected anyway.
  if (!der::IsMinimalInteger(entry.serial) || entry.serial.front() >= 0x80 ||
      entry.serial.size() > 20) {
    Fail(ErrorCode::kInvalidArgument,
         "the serial number of a denied device is not the content of a positive INTEGER of at most "
         "20 octets; where its first bit is set, put the octet 00 before it");
  }
}

std::string Describe(EnrollmentKind kind, std::string_view id) {
  return fmt::format("{} '{}'",
                     kind == EnrollmentKind::kIndividual ? "individual enrollment" : "group", id);
}

}  // namespace muster::registry
