#include "engine/registry/enrollments.h"

#include <fmt/format.h>

#include <utility>

#include "engine/registry/ca_certificates.h"
#include "engine/registry/rules.h"

namespace muster::registry {
namespace {

std::string Describe(const EnrollmentRow& row) { return registry::Describe(row.kind, row.id); }

std::string Action(EnrollmentKind kind, std::string_view what) {
  return fmt::format("{}-{}", NameOf(kind), what);
}

bool SameCertificates(const SigningCertificates& a, const SigningCertificates& b) {
  return a.primary == b.primary && a.secondary == b.secondary && a.primary_ca == b.primary_ca &&
         a.secondary_ca == b.secondary_ca;
}

// A group's certificates sign; an individual's client certificates are leaves, which may well be
// self-signed.
void CheckUploaded(const EnrollmentRow& row, std::string_view which, const Bytes& der) {
  if (der.empty()) return;
  const std::string what = fmt::format("the {} certificate of {}", which, Describe(row));
  const Certificate certificate = ParseCertificate(what, der);
  if (row.kind == EnrollmentKind::kGroup) {
    CheckCaCertificate(what, certificate);
  } else if (certificate->is_ca()) {
    // Domain rules 4: a leaf that is a CA is rejected, so it could never enrol.
    Fail(ErrorCode::kInvalidArgument,
         fmt::format("{} is a CA certificate; upload the device's own certificate, or refer to the "
                     "CA by name",
                     what));
  }
}

std::vector<Fingerprint> OwnedCertificates(Change& change, const EnrollmentRow& row) {
  std::vector<Fingerprint> owned;
  for (const Bytes* der : {&row.certificates.primary, &row.certificates.secondary}) {
    if (!der->empty()) owned.push_back(Fingerprint::Of(*der));
  }
  for (const std::string* name : {&row.certificates.primary_ca, &row.certificates.secondary_ca}) {
    if (name->empty()) continue;
    CheckId(fmt::format("a CA reference of {}", Describe(row)), *name);
    const CaRow ca = RequireCa(change.tx(), change.service(), *name);
    if (row.kind == EnrollmentKind::kGroup) owned.push_back(ca.fingerprint);
  }
  return owned;
}

void RecordPut(Change& change, const EnrollmentRow& row,
               const std::optional<EnrollmentRow>& existing) {
  std::string detail = row.enabled ? "enabled" : "disabled";
  for (const Bytes* der : {&row.certificates.primary, &row.certificates.secondary}) {
    if (!der->empty()) detail += fmt::format(", SHA-256 {}", Fingerprint::Of(*der).hex());
  }
  for (const std::string* name : {&row.certificates.primary_ca, &row.certificates.secondary_ca}) {
    if (!name->empty()) detail += fmt::format(", CA '{}'", *name);
  }
  change.Record(Action(row.kind, existing ? "replaced" : "created"), row.id, std::move(detail));
  // Disabling always leaves a record of its own (domain rules 2).
  if (row.enabled != (existing ? existing->enabled : true)) {
    change.Record(Action(row.kind, row.enabled ? "enabled" : "disabled"), row.id,
                  existing ? "when it was replaced" : "when it was created");
  }
}

}  // namespace

EnrollmentRow RequireEnrollment(StoreTransaction& tx, std::string_view service, EnrollmentKind kind,
                                std::string_view id) {
  std::optional<EnrollmentRow> row = tx.FindEnrollment(service, kind, id);
  if (!row) {
    Fail(ErrorCode::kNotFound, fmt::format("service '{}' has no {}; create it, or check its id",
                                           service, registry::Describe(kind, id)));
  }
  return *std::move(row);
}

void CheckNotOwnedByOthers(Change& change, const Fingerprint& fingerprint,
                           const EnrollmentRow& owner) {
  StoreTransaction& tx = change.tx();
  std::vector<EnrollmentRow> owners =
      tx.FindEnrollmentsByCertificate(change.service(), fingerprint);
  for (const CaRow& ca : tx.FindCasByFingerprint(change.service(), fingerprint)) {
    for (EnrollmentRow& row : tx.FindEnrollmentsByCa(change.service(), ca.name)) {
      if (row.kind == EnrollmentKind::kGroup) owners.push_back(std::move(row));
    }
  }
  for (const EnrollmentRow& other : owners) {
    if (other.kind == owner.kind && FoldId(other.id) == FoldId(owner.id)) continue;
    Fail(ErrorCode::kAlreadyExists,
         fmt::format("certificate {} belongs to {} already; a certificate belongs to at most one "
                     "enrollment of a service, so it cannot be given to {}",
                     fingerprint.hex(), Describe(other), Describe(owner)));
  }
}

EnrollmentRow PutEnrollment(Change& change, EnrollmentRow row, std::string_view if_match,
                            bool may_be_empty) {
  StoreTransaction& tx = change.tx();
  const bool individual = row.kind == EnrollmentKind::kIndividual;
  CheckId(individual ? "a registration ID" : "the id of an enrollment group", row.id);
  if (individual) row.id = FoldId(row.id);  // Case twins are one identity.
  const std::optional<EnrollmentRow> existing =
      tx.FindEnrollment(change.service(), row.kind, row.id);
  CheckIfMatch(Describe(row), if_match, existing ? std::optional(existing->changed) : std::nullopt);
  CheckOneKind(Describe(row), row.certificates, may_be_empty && !row.enabled);
  CheckUploaded(row, "primary", row.certificates.primary);
  CheckUploaded(row, "secondary", row.certificates.secondary);
  for (const Fingerprint& fingerprint : OwnedCertificates(change, row)) {
    CheckNotOwnedByOthers(change, fingerprint, row);
  }
  if (existing && existing->id == row.id && existing->enabled == row.enabled &&
      SameCertificates(existing->certificates, row.certificates)) {
    return *existing;
  }
  row.changed = change.generation();
  tx.PutEnrollment(change.service(), row);
  RecordPut(change, row, existing);
  return row;
}

EnrollmentRow SetEnabled(Change& change, EnrollmentKind kind, std::string_view id, bool enabled,
                         std::string_view if_match) {
  EnrollmentRow row = RequireEnrollment(change.tx(), change.service(), kind, id);
  CheckIfMatch(Describe(row), if_match, row.changed);
  if (row.enabled == enabled) return row;
  row.enabled = enabled;
  CheckOneKind(Describe(row), row.certificates, !enabled);
  row.changed = change.generation();
  change.tx().PutEnrollment(change.service(), row);
  change.Record(Action(kind, enabled ? "enabled" : "disabled"), row.id, "");
  return row;
}

void DeleteEnrollment(Change& change, EnrollmentKind kind, std::string_view id,
                      std::string_view if_match) {
  const EnrollmentRow row = RequireEnrollment(change.tx(), change.service(), kind, id);
  CheckIfMatch(Describe(row), if_match, row.changed);
  change.tx().DeleteEnrollment(change.service(), kind, id);
  change.Record(Action(kind, "deleted"), row.id, row.enabled ? "was enabled" : "was disabled");
}

EnrollmentGroup ToGroup(EnrollmentRow row) {
  return {std::move(row.id), row.enabled, std::move(row.certificates), ETagOf(row.changed)};
}

IndividualEnrollment ToIndividual(EnrollmentRow row) {
  return {std::move(row.id), row.enabled, std::move(row.certificates), ETagOf(row.changed)};
}

}  // namespace muster::registry
