#include "engine/registry/json_import.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "engine/base/byte_view.h"
#include "engine/base/encoding.h"
#include "engine/registry/ca_certificates.h"
#include "engine/registry/crls_and_denials.h"
#include "engine/registry/enrollments.h"
#include "engine/registry/json_document.h"
#include "engine/registry/json_export.h"
#include "engine/registry/rules.h"
#include "muster/certificate_reader.h"

namespace muster::registry {
namespace {

// --- Form --------------------------------------------------------------------------------------

Bytes ReadBase64(const JsonObject& object, std::string_view name, std::string_view text) {
  Bytes octets;
  const base::Base64Outcome outcome = base::DecodeBase64(text, &octets);
  if (!outcome.good || octets.empty()) {
    object.FailAt(name, fmt::format("this is not base64 (character {})", outcome.error_offset));
  }
  return octets;
}

// The one object of a kind in PEM, or base64 of DER.
Bytes ReadDer(const JsonObject& object, std::string_view name, EncodedKind kind) {
  const std::optional<std::string> text = object.OptionalText(name);
  if (!text) return {};
  if (text->find("-----BEGIN") == std::string::npos) return ReadBase64(object, name, *text);
  const Result<ReadOutcome> outcome = ReadEncoded(base::AsBytes(*text));
  if (!outcome) object.FailAt(name, outcome.error().message);
  if (!outcome->faults.empty()) object.FailAt(name, outcome->faults.front().what);
  if (outcome->objects.size() != 1 || outcome->objects.front().kind != kind) {
    object.FailAt(name, fmt::format("exactly one {} belongs here",
                                    kind == EncodedKind::kCrl ? "CRL" : "certificate"));
  }
  return outcome->objects.front().der;
}

std::optional<UnixTime> ReadTime(const JsonObject& object, std::string_view name) {
  const std::optional<std::string> text = object.OptionalText(name);
  if (!text) return std::nullopt;
  const Result<UnixTime> time = ParseRfc3339(*text);
  if (!time) object.FailAt(name, "a time such as 2026-03-01T12:00:00Z belongs here");
  return *time;
}

void ReadStatus(const JsonObject& object, CaCertificate* ca) {
  const std::string status = object.Text("status"), method = object.Text("method");
  bool known = false;
  for (const CaStatus s : {CaStatus::kUnverified, CaStatus::kVerified}) {
    if (status != NameOf(s)) continue;
    ca->status = s;
    known = true;
  }
  if (!known) object.FailAt("status", "either unverified or verified belongs here");
  known = false;
  for (const VerificationMethod m :
       {VerificationMethod::kNone, VerificationMethod::kProofOfPossession,
        VerificationMethod::kSelfAttested}) {
    if (method != NameOf(m)) continue;
    ca->method = m;
    known = true;
  }
  if (!known) {
    object.FailAt("method", "one of none, proof-of-possession and self-attested belongs here");
  }
  const bool verified = ca->status == CaStatus::kVerified;
  if (verified != (ca->method != VerificationMethod::kNone)) {
    object.FailAt("method", "a verified CA has a method, an unverified one has none");
  }
  ca->verified_at = ReadTime(object, "verified_at");
  if (verified != ca->verified_at.has_value()) {
    object.FailAt("verified_at", "a verified CA has this time, an unverified one has not");
  }
}

CaCertificate ReadCa(const JsonObject& object) {
  object.CheckNames({"name", "subject", "sha256", "status", "method", "registered_at",
                     "verified_at", "certificate", "etag"});
  CaCertificate ca;
  ca.name = object.Text("name");
  ca.der = ReadDer(object, "certificate", EncodedKind::kCertificate);
  if (ca.der.empty()) object.FailAt("certificate", "this string is missing");
  ReadStatus(object, &ca);
  const std::optional<UnixTime> registered_at = ReadTime(object, "registered_at");
  if (!registered_at) object.FailAt("registered_at", "this time is missing");
  ca.registered_at = *registered_at;
  // Given by whoever wrote the document; a check on the certificate beside it.
  if (const auto sha256 = object.OptionalText("sha256")) {
    if (Fingerprint::Parse(*sha256) != Fingerprint::Of(ca.der)) {
      object.FailAt("sha256", "this is not the SHA-256 of the certificate");
    }
  }
  return ca;
}

SigningCertificates ReadSigning(const JsonObject& object) {
  SigningCertificates signing;
  signing.primary = ReadDer(object, "primary", EncodedKind::kCertificate);
  signing.secondary = ReadDer(object, "secondary", EncodedKind::kCertificate);
  signing.primary_ca = object.OptionalText("primary_ca").value_or("");
  signing.secondary_ca = object.OptionalText("secondary_ca").value_or("");
  return signing;
}

EnrollmentGroup ReadGroup(const JsonObject& object) {
  object.CheckNames(
      {"id", "enabled", "primary", "secondary", "primary_ca", "secondary_ca", "etag"});
  return {object.Text("id"), object.Bool("enabled", true), ReadSigning(object), {}};
}

IndividualEnrollment ReadIndividual(const JsonObject& object) {
  object.CheckNames(
      {"registration_id", "enabled", "primary", "secondary", "primary_ca", "secondary_ca", "etag"});
  return {object.Text("registration_id"), object.Bool("enabled", true), ReadSigning(object), {}};
}

RegisteredCrl ReadCrl(const JsonObject& object) {
  object.CheckNames({"ca", "crl", "etag"});
  RegisteredCrl crl{object.Text("ca"), ReadDer(object, "crl", EncodedKind::kCrl), {}};
  if (crl.der.empty()) object.FailAt("crl", "this string is missing");
  return crl;
}

DenyEntry ReadDenied(const JsonObject& object) {
  object.CheckNames({"fingerprint", "issuer", "serial", "comment", "etag"});
  DenyEntry entry;
  if (const auto text = object.OptionalText("fingerprint")) {
    entry.fingerprint = Fingerprint::Parse(*text);
    if (!entry.fingerprint) object.FailAt("fingerprint", "64 hex digits belong here");
  }
  if (const auto text = object.OptionalText("issuer")) {
    entry.issuer = ReadBase64(object, "issuer", *text);
  }
  if (const auto text = object.OptionalText("serial")) {
    std::optional<Bytes> serial = base::ParseHex(*text);
    if (!serial) object.FailAt("serial", "pairs of hex digits belong here");
    entry.serial = *std::move(serial);
  }
  entry.comment = object.OptionalText("comment").value_or("");
  return entry;
}

ImportedService ReadService(const JsonObject& object) {
  object.CheckNames({"service", "generation", "cas", "groups", "individuals", "crls", "denied"});
  ImportedService service;
  service.pointer = object.pointer();
  RegistryContents& contents = service.contents;
  contents.service = object.Text("service");
  object.ForEachObject("cas", [&](const JsonObject& o) { contents.cas.push_back(ReadCa(o)); });
  object.ForEachObject("groups",
                       [&](const JsonObject& o) { contents.groups.push_back(ReadGroup(o)); });
  object.ForEachObject("individuals", [&](const JsonObject& o) {
    contents.individuals.push_back(ReadIndividual(o));
  });
  object.ForEachObject("crls", [&](const JsonObject& o) { contents.crls.push_back(ReadCrl(o)); });
  object.ForEachObject("denied",
                       [&](const JsonObject& o) { contents.denied.push_back(ReadDenied(o)); });
  return service;
}

// --- Rules -------------------------------------------------------------------------------------

// Runs a rule; where it refuses, the message says for which row.
template <typename Rule>
void At(const std::string& pointer, const Rule& rule) {
  try {
    rule();
  } catch (const RegistryFailure& failure) {
    Error error = failure.error();
    error.message = fmt::format("{}: {}", pointer, error.message);
    throw RegistryFailure(std::move(error));
  }
}

template <typename Row, typename Rule>
void AtEach(const ImportedService& service, std::string_view kind, const std::vector<Row>& rows,
            const Rule& rule) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    At(fmt::format("{}/{}/{}", service.pointer, kind, i), [&] { rule(rows[i]); });
  }
}

[[noreturn]] void FailTwice() {
  Fail(ErrorCode::kInvalidArgument, "the document holds this twice; leave one out");
}

void ImportCa(Change& change, const CaCertificate& ca) {
  StoreTransaction& tx = change.tx();
  CheckId("the name of a CA", ca.name);
  if (tx.FindCa(change.service(), ca.name)) FailTwice();
  AddCa(change, ca.name, ca.der, false, {});
  CaRow row = RequireCa(tx, change.service(), ca.name);
  row.status = ca.status;
  row.method = ca.method;
  row.registered_at = ca.registered_at;
  row.verified_at = ca.verified_at;
  tx.PutCa(change.service(), row);
  if (ca.status == CaStatus::kVerified) {
    change.Record("ca-verified-by-import", ca.name,
                  fmt::format("the document says {} at {}", NameOf(ca.method),
                              FormatRfc3339(*ca.verified_at)));
  }
}

void ImportEnrollment(Change& change, EnrollmentRow row) {
  if (change.tx().FindEnrollment(change.service(), row.kind, row.id)) FailTwice();
  PutEnrollment(change, std::move(row), {}, true);
}

void ImportCrl(Change& change, const RegisteredCrl& crl) {
  if (change.tx().FindCrl(change.service(), crl.ca_name, ScopeOfCrl(crl.der))) FailTwice();
  AddCrl(change, crl.ca_name, crl.der);
}

void ImportDenied(Change& change, const DenyEntry& entry) {
  if (change.tx().FindDenied(change.service(), KeyOfDenied(entry))) FailTwice();
  AddDenied(change, entry);
}

// The empty service to fill: a new one, or the existing one with nothing left in it.
ServiceRow MakeRoom(StoreTransaction& tx, const std::string& name, bool replace) {
  const std::optional<ServiceRow> existing = tx.FindService(name);
  if (!existing || existing->name != name) return NewService(tx, name);
  if (!replace) {
    Fail(
        ErrorCode::kAlreadyExists,
        fmt::format("service '{}' exists; import with replacement to discard what it holds", name));
  }
  tx.DeleteService(name);
  return *existing;
}

void ImportService(StoreTransaction& tx, const RegistryEnvironment& environment,
                   const ImportedService& service, bool replace) {
  const RegistryContents& contents = service.contents;
  ServiceRow row;
  At(service.pointer + "/service", [&] { row = MakeRoom(tx, contents.service, replace); });
  tx.PutService(row);
  Change change(&tx, &environment, row);
  change.Record(
      "service-imported", contents.service,
      fmt::format("{} CAs, {} groups, {} individual enrollments, {} CRLs, {} denied",
                  contents.cas.size(), contents.groups.size(), contents.individuals.size(),
                  contents.crls.size(), contents.denied.size()));
  AtEach(service, "cas", contents.cas, [&](const CaCertificate& ca) { ImportCa(change, ca); });
  AtEach(service, "groups", contents.groups, [&](const EnrollmentGroup& group) {
    ImportEnrollment(change, {EnrollmentKind::kGroup, group.id, group.enabled, group.signing, 0});
  });
  AtEach(service, "individuals", contents.individuals, [&](const IndividualEnrollment& one) {
    ImportEnrollment(change, {EnrollmentKind::kIndividual, one.registration_id, one.enabled,
                              one.attestation, 0});
  });
  AtEach(service, "crls", contents.crls, [&](const RegisteredCrl& crl) { ImportCrl(change, crl); });
  AtEach(service, "denied", contents.denied,
         [&](const DenyEntry& entry) { ImportDenied(change, entry); });
  change.Finish();
}

}  // namespace

std::vector<ImportedService> ParseRegistryJson(std::string_view json) {
  const nlohmann::json document = ParseStrictJson(json);
  const JsonObject root(document, "");
  if (root.Text("schema") != kRegistrySchema) {
    root.FailAt("schema",
                fmt::format("\"{}\" belongs here; other schemas are not read", kRegistrySchema));
  }
  root.CheckNames({"schema", "services"});
  std::vector<ImportedService> services;
  root.ForEachObject("services", [&](const JsonObject& o) { services.push_back(ReadService(o)); });
  return services;
}

std::vector<std::string> Import(StoreTransaction& tx, const RegistryEnvironment& environment,
                                const std::vector<ImportedService>& services, bool replace) {
  std::vector<std::string> names;
  std::set<std::string> folded_names;
  for (const ImportedService& service : services) {
    if (!folded_names.insert(FoldId(service.contents.service)).second) {
      At(service.pointer + "/service", [] { FailTwice(); });
    }
    ImportService(tx, environment, service, replace);
    names.push_back(service.contents.service);
  }
  return names;
}

}  // namespace muster::registry
