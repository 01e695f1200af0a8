#include "engine/registry/ca_certificates.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/base/byte_view.h"
#include "engine/registry/crls_and_denials.h"
#include "engine/registry/enrollments.h"
#include "engine/registry/rules.h"

namespace muster::registry {
namespace {

std::string CaText(std::string_view name) { return fmt::format("CA '{}'", name); }

std::string Identify(const Certificate& certificate, const Fingerprint& fingerprint) {
  return fmt::format("{}, SHA-256 {}", DisplayName(certificate->subject()), fingerprint.hex());
}

// Takes the CA's name out of an enrollment. One that is left without any certificate is disabled:
// it must not be mistaken for one that is in force.
void RemoveReference(Change& change, EnrollmentRow row, std::string_view ca_name) {
  SigningCertificates& certificates = row.certificates;
  if (certificates.primary_ca == ca_name) certificates.primary_ca.clear();
  if (certificates.secondary_ca == ca_name) certificates.secondary_ca.clear();
  const bool left_without = certificates.primary_ca.empty() && certificates.secondary_ca.empty();
  const bool disable = left_without && row.enabled;
  row.enabled = row.enabled && !left_without;
  row.changed = change.generation();
  change.tx().PutEnrollment(change.service(), row);
  change.Record(fmt::format("{}-replaced", NameOf(row.kind)), row.id,
                fmt::format("reference to deleted CA '{}' removed", ca_name));
  if (disable) {
    change.Record(fmt::format("{}-disabled", NameOf(row.kind)), row.id, "no certificate is left");
  }
}

std::string ListIds(const std::vector<EnrollmentRow>& rows) {
  constexpr std::size_t kShownMax = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(rows.size(), kShownMax); ++i) {
    if (i > 0) text += ", ";
    text += Describe(rows[i].kind, rows[i].id);
  }
  if (rows.size() > kShownMax) text += fmt::format(" and {} more", rows.size() - kShownMax);
  return text;
}

// A group that refers to the CA comes to hold the new certificate, which may belong to another
// enrollment already.
void CheckReferringGroups(Change& change, const CaRow& row) {
  for (const EnrollmentRow& referring :
       change.tx().FindEnrollmentsByCa(change.service(), row.name)) {
    if (referring.kind == EnrollmentKind::kGroup) {
      CheckNotOwnedByOthers(change, row.fingerprint, referring);
    }
  }
}

}  // namespace

CaRow RequireCa(StoreTransaction& tx, std::string_view service, std::string_view name) {
  std::optional<CaRow> row = tx.FindCa(service, name);
  if (!row || row->name != name) {
    Fail(ErrorCode::kNotFound,
         fmt::format("service '{}' has no CA '{}'{}; register it, or check its name", service, name,
                     row ? fmt::format(" (but '{}')", row->name) : ""));
  }
  return *std::move(row);
}

CaCertificate ToCaCertificate(StoreTransaction& tx, std::string_view service, CaRow row) {
  CaCertificate ca;
  for (const CodeRow& code : tx.Codes(service, row.name)) {
    if (!code.outstanding) continue;
    ca.code = PendingCode{code.generation, code.created, code.expires, code.bad_proofs};
  }
  ca.name = std::move(row.name);
  ca.der = std::move(row.der);
  ca.status = row.status;
  ca.method = row.method;
  ca.registered_at = row.registered_at;
  ca.verified_at = row.verified_at;
  ca.etag = ETagOf(row.changed);
  return ca;
}

CaCertificate AddCa(Change& change, std::string_view name, ByteView der, bool self_attested,
                    std::string_view if_match) {
  StoreTransaction& tx = change.tx();
  CheckId("the name of a CA", name);
  const std::optional<CaRow> existing = tx.FindCa(change.service(), name);
  if (existing && existing->name != name) {
    Fail(ErrorCode::kAlreadyExists,
         fmt::format("CA '{}' is registered already; names that differ in case only are one",
                     existing->name));
  }
  CheckIfMatch(CaText(name), if_match, existing ? std::optional(existing->changed) : std::nullopt);
  const Certificate certificate = ParseCertificate("the certificate", der);
  CheckCaCertificate("the certificate", certificate);
  if (existing && base::Equal(existing->der, der)) {
    return ToCaCertificate(tx, change.service(), *existing);
  }

  CaRow row;
  row.name = name;
  row.der = base::ToBytes(der);
  row.fingerprint = Fingerprint::Of(der);
  row.registered_at = change.now();
  row.changed = change.generation();
  // Self-attestation is for a first registration: whoever replaces a certificate must say for the
  // new one what was said for the old one (domain rules 2: other bytes make it Unverified).
  const bool attest = self_attested && !existing;
  if (attest) {
    row.status = CaStatus::kVerified;
    row.method = VerificationMethod::kSelfAttested;
    row.verified_at = change.now();
  }
  if (existing) CheckReferringGroups(change, row);
  tx.PutCa(change.service(), row);
  change.Record(existing ? "ca-replaced" : "ca-registered", name,
                Identify(certificate, row.fingerprint));
  if (attest) change.Record("ca-self-attested", name, "when it was registered");
  if (existing) {
    ClearCodes(change, name);
    RecheckCrls(change, name, OthersCrls::kRefuse);
  }
  return ToCaCertificate(tx, change.service(), std::move(row));
}

CaCertificate SelfAttestCa(Change& change, std::string_view name, std::string_view why,
                           std::string_view if_match) {
  CheckComment("the reason for self-attestation", why);
  if (why.empty()) {
    Fail(ErrorCode::kInvalidArgument,
         "self-attestation needs a reason, which is kept in the audit log");
  }
  CaRow row = RequireCa(change.tx(), change.service(), name);
  CheckIfMatch(CaText(name), if_match, row.changed);
  if (row.status == CaStatus::kVerified) {
    Fail(ErrorCode::kInvalidArgument,
         fmt::format("CA '{}' is verified already ({}); there is nothing to do", name,
                     NameOf(row.method)));
  }
  row.status = CaStatus::kVerified;
  row.method = VerificationMethod::kSelfAttested;
  row.verified_at = change.now();
  row.changed = change.generation();
  change.tx().PutCa(change.service(), row);
  ClearCodes(change, name);
  change.Record("ca-self-attested", name,
                fmt::format("SHA-256 {}: {}", row.fingerprint.hex(), why));
  return ToCaCertificate(change.tx(), change.service(), std::move(row));
}

void DeleteCa(Change& change, std::string_view name, bool force, std::string_view if_match) {
  StoreTransaction& tx = change.tx();
  const CaRow row = RequireCa(tx, change.service(), name);
  CheckIfMatch(CaText(name), if_match, row.changed);
  const std::vector<EnrollmentRow> referring = tx.FindEnrollmentsByCa(change.service(), name);
  if (!referring.empty() && !force) {
    Fail(ErrorCode::kInUse,
         fmt::format("CA '{}' was not deleted: {} refer to it; change them first, or use force",
                     name, ListIds(referring)));
  }
  for (const EnrollmentRow& enrollment : referring) RemoveReference(change, enrollment, name);
  tx.DeleteCa(change.service(), name);
  change.Record("ca-deleted", name,
                fmt::format("{}, SHA-256 {}", NameOf(row.status), row.fingerprint.hex()));
  RecheckCrls(change, name, force ? OthersCrls::kDrop : OthersCrls::kRefuse);
}

}  // namespace muster::registry
