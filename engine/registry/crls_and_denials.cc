#include "engine/registry/crls_and_denials.h"

#include <fmt/format.h>

#include <algorithm>
#include <compare>
#include <utility>

#include "engine/base/byte_view.h"
#include "engine/base/encoding.h"
#include "engine/crypto/public_key.h"
#include "engine/registry/ca_certificates.h"
#include "engine/registry/rules.h"
#include "engine/x509/crl.h"
#include "engine/x509/name.h"

namespace muster::registry {
namespace {

x509::CrlView ParseCrl(ByteView der) {
  const auto parsed = x509::CrlView::Parse(der);
  if (!parsed) {
    Fail(
        ErrorCode::kInvalidArgument,
        fmt::format("this is not a CRL that muster reads: {} at octet {}; give a CRL in DER or PEM",
                    parsed.error().what, parsed.error().offset));
  }
  return *parsed;
}

// One CRL of a CA is held for each of these: the issuer, the scope (the bytes of the issuing
// distribution point, RFC 5280 5.2.5), and whether it is complete or a delta.
Fingerprint ScopeOf(const x509::CrlView& crl) {
  const std::string issuer = x509::CanonicalName(crl.issuer()).value_or(std::string{});
  std::string text =
      fmt::format("{}/{}/{}", crl.is_delta() ? "delta" : "complete", issuer.size(), issuer);
  text.append(base::AsText(crl.issuing_distribution_point_der()));
  return Fingerprint::Of(base::AsBytes(text));
}

// Whether `ca` may have issued the CRL and its key signed it; else why not.
RejectReason CheckIssuedBy(const x509::CrlView& crl, ByteView ca_der) {
  const auto ca = CertificateView::Parse(ca_der);
  // RFC 5280 6.3.3 (b), (f): the CRL's issuer is the CA, and its keyUsage lets it sign CRLs.
  if (!ca || !x509::NamesMatch(ca->subject(), crl.issuer())) return RejectReason::kIssuerNotFound;
  if (ca->has_key_usage() && (ca->key_usage() & kCrlSign) == 0) {
    return RejectReason::kIssuerNotFound;
  }
  const AlgorithmPolicy policy;
  const auto key = crypto::PublicKey::Load(ca->spki(), policy);
  if (!key) return key.error().reason;
  return crypto::VerifySignature(*key, crl.signature_algorithm(), crl.tbs(), crl.signature(),
                                 policy);
}

// RFC 5280 6.3.3 (g): the signature verifies under the key of the CA the CRL is held for, or, where
// it is an indirect CRL (5.2.5), under that of any registered CA of the issuer's name.
RejectReason CheckCrlIssuer(Change& change, const x509::CrlView& crl, const CaRow& ca) {
  const RejectReason own = CheckIssuedBy(crl, ca.der);
  const auto& point = crl.issuing_distribution_point();
  if (own == RejectReason::kNone || !point.has_value() || !point->indirect_crl) return own;
  RejectReason best = own;
  for (const CaRow& other : change.tx().Cas(change.service())) {
    const RejectReason reason = CheckIssuedBy(crl, other.der);
    if (reason == RejectReason::kNone) return reason;
    if (reason != RejectReason::kIssuerNotFound) best = reason;
  }
  return best;
}

// Non-negative INTEGER contents in minimal form: the longer is the larger.
std::strong_ordering CompareNumbers(ByteView a, ByteView b) {
  if (a.size() != b.size()) return a.size() <=> b.size();
  return std::lexicographical_compare_three_way(a.begin(), a.end(), b.begin(), b.end());
}

// By crlNumber where both have one (RFC 5280 5.2.3), then by thisUpdate.
bool IsOlder(const x509::CrlView& crl, const x509::CrlView& held) {
  if (!crl.crl_number().empty() && !held.crl_number().empty()) {
    const auto order = CompareNumbers(crl.crl_number(), held.crl_number());
    if (order != 0) return order < 0;
  }
  return crl.this_update() < held.this_update();
}

std::string DescribeCrl(const x509::CrlView& crl) {
  return fmt::format("{} of '{}', number {}, thisUpdate {}", crl.is_delta() ? "delta CRL" : "CRL",
                     DisplayName(crl.issuer()),
                     crl.crl_number().empty() ? "none" : base::HexLower(crl.crl_number()),
                     FormatRfc3339(crl.this_update()));
}

std::string DescribeDenied(const DenyEntry& entry) {
  if (entry.fingerprint.has_value()) return entry.fingerprint->hex();
  return fmt::format("serial {} of '{}'", base::HexLower(entry.serial), DisplayName(entry.issuer));
}

}  // namespace

RegisteredCrl AddCrl(Change& change, std::string_view ca_name, ByteView der) {
  StoreTransaction& tx = change.tx();
  const CaRow ca = RequireCa(tx, change.service(), ca_name);
  const x509::CrlView crl = ParseCrl(der);
  // RFC 5280 5.2: such a CRL must not be used, so holding it would only look like protection.
  if (crl.has_unknown_critical_extension()) {
    Fail(ErrorCode::kInvalidArgument,
         fmt::format("{} has a critical extension that muster does not know; issue it without",
                     DescribeCrl(crl)));
  }
  if (const RejectReason reason = CheckCrlIssuer(change, crl, ca); reason != RejectReason::kNone) {
    Fail(ErrorCode::kRefused,
         fmt::format(
             "{} was not signed by CA '{}' or was not its to sign ({}); give a CRL that this "
             "CA issued, or register the CA that issued it",
             DescribeCrl(crl), ca_name, NameOf(reason)),
         reason);
  }
  CrlRow row{std::string(ca_name), ScopeOf(crl), base::ToBytes(der), change.generation()};
  std::optional<CrlRow> held = tx.FindCrl(change.service(), ca_name, row.scope);
  if (held && held->der == row.der) return ToCrl(*std::move(held));
  if (held && IsOlder(crl, ParseCrl(held->der))) {
    Fail(ErrorCode::kInvalidArgument,
         fmt::format("{} is older than the one that is held ({}); nothing was changed",
                     DescribeCrl(crl), DescribeCrl(ParseCrl(held->der))));
  }
  tx.PutCrl(change.service(), row);
  change.Record(held ? "crl-replaced" : "crl-added", ca_name, DescribeCrl(crl));
  return ToCrl(std::move(row));
}

void DeleteCrls(Change& change, std::string_view ca_name) {
  StoreTransaction& tx = change.tx();
  RequireCa(tx, change.service(), ca_name);
  for (const CrlRow& row : tx.Crls(change.service())) {
    if (row.ca_name != ca_name) continue;
    tx.DeleteCrl(change.service(), ca_name, row.scope);
    change.Record("crl-deleted", ca_name, DescribeCrl(ParseCrl(row.der)));
  }
}

void RecheckCrls(Change& change, std::string_view ca_name, OthersCrls others) {
  StoreTransaction& tx = change.tx();
  for (const CrlRow& row : tx.Crls(change.service())) {
    const x509::CrlView crl = ParseCrl(row.der);
    const CaRow ca = RequireCa(tx, change.service(), row.ca_name);
    if (CheckCrlIssuer(change, crl, ca) == RejectReason::kNone) continue;
    if (row.ca_name != ca_name && others == OthersCrls::kRefuse) {
      Fail(
          ErrorCode::kInUse,
          fmt::format("CA '{}' signed the {} that is held for CA '{}'; nothing was changed: delete "
                      "the CRLs of '{}' first",
                      ca_name, DescribeCrl(crl), row.ca_name, row.ca_name));
    }
    tx.DeleteCrl(change.service(), row.ca_name, row.scope);
    change.Record("crl-dropped", row.ca_name,
                  fmt::format("{}: its signer is no longer registered", DescribeCrl(crl)));
  }
}

DenyEntry AddDenied(Change& change, const DenyEntry& entry) {
  CheckDenyEntry(entry);
  DenyRow row{KeyOfDenied(entry), entry.fingerprint, entry.issuer,
              entry.serial,       entry.comment,     change.generation()};
  const std::optional<DenyRow> existing = change.tx().FindDenied(change.service(), row.key);
  if (existing && existing->comment == row.comment) return ToDenyEntry(*existing);
  change.tx().PutDenied(change.service(), row);
  change.Record(existing ? "denial-replaced" : "denial-added", DescribeDenied(entry),
                entry.comment);
  return ToDenyEntry(std::move(row));
}

void DeleteDenied(Change& change, const DenyEntry& entry) {
  CheckDenyEntry(entry);
  const Fingerprint key = KeyOfDenied(entry);
  if (!change.tx().FindDenied(change.service(), key)) {
    Fail(ErrorCode::kNotFound, fmt::format("service '{}' does not deny {}; list what it denies",
                                           change.service(), DescribeDenied(entry)));
  }
  change.tx().DeleteDenied(change.service(), key);
  change.Record("denial-deleted", DescribeDenied(entry), "");
}

Fingerprint ScopeOfCrl(ByteView crl) { return ScopeOf(ParseCrl(crl)); }

Fingerprint KeyOfDenied(const DenyEntry& entry) {
  CheckDenyEntry(entry);
  if (entry.fingerprint.has_value()) return *entry.fingerprint;
  const std::string issuer = *x509::CanonicalName(entry.issuer);
  std::string text = fmt::format("issuer/{}/{}", issuer.size(), issuer);
  text.append(base::AsText(entry.serial));
  return Fingerprint::Of(base::AsBytes(text));
}

RegisteredCrl ToCrl(CrlRow row) {
  return {std::move(row.ca_name), std::move(row.der), ETagOf(row.changed)};
}

DenyEntry ToDenyEntry(DenyRow row) {
  return {row.fingerprint, std::move(row.issuer), std::move(row.serial), std::move(row.comment),
          ETagOf(row.changed)};
}

}  // namespace muster::registry
