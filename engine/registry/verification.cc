// Verification codes and proofs: the part of a CA's life between Unverified and Verified.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "engine/base/byte_view.h"
#include "engine/base/encoding.h"
#include "engine/crypto/public_key.h"
#include "engine/registry/ca_certificates.h"
#include "engine/registry/rules.h"
#include "engine/x509/name.h"

namespace muster::registry {
namespace {

constexpr std::size_t kCodeOctets = 24;
// Digests of superseded codes are kept to tell "that is an earlier code" from "that is no code".
constexpr std::size_t kSupersededKeptMax = 16;
// How many registered CAs are asked whether they signed a refused proof (about 0.1 ms each).
constexpr std::size_t kSignersTriedMax = 1'000;

// Binds a code to service, certificate and generation: the digest of the same text for any other is
// another one. The text itself is not kept.
Fingerprint DigestOf(std::string_view service, const Fingerprint& ca, std::uint64_t generation,
                     std::string_view code) {
  Bytes message = base::ToBytes(base::AsBytes(service));
  message.push_back(0);
  message.insert(message.end(), ca.bytes.begin(), ca.bytes.end());
  for (int shift = 56; shift >= 0; shift -= 8) {
    message.push_back(static_cast<std::uint8_t>(generation >> shift));
  }
  const ByteView text = base::AsBytes(code);
  message.insert(message.end(), text.begin(), text.end());
  return Fingerprint::Of(message);
}

bool Matches(const Change& change, const CaRow& ca, const CodeRow& code, std::string_view text) {
  const Fingerprint digest = DigestOf(change.service(), ca.fingerprint, code.generation, text);
  return crypto::ConstantTimeEqual(digest.bytes, code.digest.bytes);
}

const CodeRow* FindOutstanding(const std::vector<CodeRow>& codes) {
  const auto it = std::find_if(codes.begin(), codes.end(),
                               [](const CodeRow& code) { return code.outstanding; });
  return it == codes.end() ? nullptr : &*it;
}

bool Signed(const CertificateView& issuer, const CertificateView& proof) {
  AlgorithmPolicy policy;
  const auto key = crypto::PublicKey::Load(issuer.spki(), policy);
  return key && crypto::VerifySignature(*key, proof.signature_algorithm(), proof.tbs(),
                                        proof.signature(), policy) == RejectReason::kNone;
}

// Signing an intermediate's proof with its root's key is the commonest mistake, so a refusal says
// which registered CA's key it really was, if it was one. CAs of the right name are asked first.
std::string NameSigner(Change& change, const CaRow& ca, const CertificateView& proof) {
  std::vector<std::pair<std::string, Certificate>> candidates;
  for (const CaRow& row : change.tx().Cas(change.service())) {
    auto parsed = Certificate::Parse(row.der);
    if (parsed && row.name != ca.name) candidates.emplace_back(row.name, *std::move(parsed));
  }
  std::stable_partition(candidates.begin(), candidates.end(), [&](const auto& candidate) {
    return x509::NamesMatch(candidate.second->subject(), proof.issuer());
  });
  if (candidates.size() > kSignersTriedMax) {
    candidates.erase(candidates.begin() + kSignersTriedMax, candidates.end());
  }
  for (const auto& [name, certificate] : candidates) {
    if (Signed(certificate.view(), proof)) {
      return fmt::format("; it was signed by registered CA '{}' ({}), not by '{}'", name,
                         DisplayName(certificate->subject()), ca.name);
    }
  }
  return "; no registered CA signed it";
}

// What the presented CN is, where it is not the code but once was, or nearly is.
std::string ExplainMismatch(const Change& change, const CaRow& ca,
                            const std::vector<CodeRow>& codes, const CertificateView& proof) {
  const std::vector<x509::CommonName> names = x509::CommonNames(proof.subject());
  if (names.size() != 1) return {};
  const std::string_view text = base::AsText(names.front().value);
  const CodeRow& current = *FindOutstanding(codes);
  for (const CodeRow& code : codes) {
    if (!code.outstanding && Matches(change, ca, code, text)) {
      return fmt::format(
          "; it is an earlier code (number {}, of {}), which number {} of {} replaced",
          code.generation, FormatRfc3339(code.created), current.generation,
          FormatRfc3339(current.created));
    }
  }
  std::string normal(text);
  std::erase_if(normal, [](char c) { return c == ' ' || c == ':' || c == '-'; });
  for (char& c : normal) {
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
  }
  if (normal != text && Matches(change, ca, current, normal)) {
    return "; it differs from the code in case, spaces or punctuation only: copy the code exactly";
  }
  return {};
}

std::string Explain(Change& change, const CaRow& ca, const std::vector<CodeRow>& codes,
                    const ProofOutcome& outcome, ByteView proof) {
  const auto parsed = CertificateView::Parse(proof);
  if (!parsed) return outcome.detail;
  switch (outcome.reason) {
    case RejectReason::kProofIssuerMismatch:
    case RejectReason::kProofBadSignature:
      return outcome.detail + NameSigner(change, ca, *parsed);
    case RejectReason::kProofCodeMismatch:
      return outcome.detail + ExplainMismatch(change, ca, codes, *parsed);
    default:
      return outcome.detail;
  }
}

tl::unexpected<Error> Refusal(std::string_view ca_name, RejectReason reason,
                              std::string_view detail) {
  const ReasonInfo& info = InfoOf(reason);
  return MakeError(ErrorCode::kRefused,
                   fmt::format("CA '{}' was not verified: {}{} {}", ca_name, info.sentence,
                               detail.empty() ? "" : fmt::format(" ({})", detail), info.remedy),
                   reason);
}

// Refused before the proof is looked at: nothing changes, but it is logged.
std::optional<RejectReason> CheckCode(const CodeRow* code, UnixTime now) {
  if (code == nullptr) return RejectReason::kProofNoCode;
  if (code->bad_proofs >= kBadProofsMax) return RejectReason::kProofCodeExhausted;
  if (now >= code->expires) return RejectReason::kProofCodeExpired;
  return std::nullopt;
}

tl::unexpected<Error> CountBadProof(Change& change, CaRow ca, CodeRow code,
                                    const ProofOutcome& outcome, std::string detail) {
  ++code.bad_proofs;
  ca.changed = change.generation();
  change.tx().PutCode(change.service(), ca.name, code);
  change.tx().PutCa(change.service(), ca);
  detail += fmt::format("; bad proof {} of {}", code.bad_proofs, kBadProofsMax);
  change.Record("proof-refused", ca.name, fmt::format("{}: {}", NameOf(outcome.reason), detail));
  return Refusal(ca.name, outcome.reason, detail);
}

}  // namespace

void ClearCodes(Change& change, std::string_view ca_name) {
  for (const CodeRow& code : change.tx().Codes(change.service(), ca_name)) {
    change.tx().DeleteCode(change.service(), ca_name, code.generation);
  }
}

VerificationCode GenerateCode(Change& change, std::string_view name, std::string_view if_match) {
  StoreTransaction& tx = change.tx();
  CaRow ca = RequireCa(tx, change.service(), name);
  CheckIfMatch(fmt::format("CA '{}'", name), if_match, ca.changed);
  if (ca.status == CaStatus::kVerified) {
    Fail(
        ErrorCode::kInvalidArgument,
        fmt::format("CA '{}' is verified already ({}); it needs no code", name, NameOf(ca.method)));
  }
  std::array<std::uint8_t, kCodeOctets> random{};
  change.environment().random(random);

  std::vector<CodeRow> codes = tx.Codes(change.service(), name);  // In order of generation.
  CodeRow next;
  next.generation = codes.empty() ? 1 : codes.back().generation + 1;
  VerificationCode code;
  code.text = base::HexUpper(random);
  code.generation = next.generation;
  code.expires = change.now() + kVerificationCodeLifetime;
  next.digest = DigestOf(change.service(), ca.fingerprint, next.generation, code.text);
  next.created = change.now();
  next.expires = code.expires;
  next.outstanding = true;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (codes.size() - i > kSupersededKeptMax) {
      tx.DeleteCode(change.service(), name, codes[i].generation);
    } else if (codes[i].outstanding) {
      codes[i].outstanding = false;
      tx.PutCode(change.service(), name, codes[i]);
    }
  }
  tx.PutCode(change.service(), name, next);
  ca.changed = change.generation();
  tx.PutCa(change.service(), ca);
  change.Record("code-generated", name,
                fmt::format("number {}, expires {}", code.generation, FormatRfc3339(code.expires)));
  return code;
}

Result<CaCertificate> VerifyCa(Change& change, std::string_view name, ByteView proof,
                               std::string_view if_match) {
  StoreTransaction& tx = change.tx();
  CaRow ca = RequireCa(tx, change.service(), name);
  CheckIfMatch(fmt::format("CA '{}'", name), if_match, ca.changed);
  const std::vector<CodeRow> codes = tx.Codes(change.service(), name);
  const CodeRow* code = FindOutstanding(codes);
  if (const auto reason = CheckCode(code, change.now())) {
    change.Note("proof-refused", name, std::string(NameOf(*reason)));
    return Refusal(name, *reason, {});
  }
  const Certificate certificate = ParseCertificate(fmt::format("CA '{}'", name), ca.der);
  const CodeMatcher is_code = [&](std::string_view text) {
    return Matches(change, ca, *code, text);
  };
  const ProofOutcome outcome = CheckProof(certificate.view(), is_code, proof, change.now());
  if (outcome.reason == RejectReason::kInternalError) {
    Fail(ErrorCode::kInternal, fmt::format("checking a proof failed: {}", outcome.detail));
  }
  if (!outcome.good()) {
    std::string detail = Explain(change, ca, codes, outcome, proof);
    return CountBadProof(change, std::move(ca), *code, outcome, std::move(detail));
  }
  ca.status = CaStatus::kVerified;
  ca.method = VerificationMethod::kProofOfPossession;
  ca.verified_at = change.now();
  ca.changed = change.generation();
  tx.PutCa(change.service(), ca);
  change.Record("proof-accepted", name,
                fmt::format("code number {}, SHA-256 of the CA {}, of the proof {}",
                            code->generation, ca.fingerprint.hex(), Fingerprint::Of(proof).hex()));
  ClearCodes(change, name);
  return ToCaCertificate(tx, change.service(), std::move(ca));
}

}  // namespace muster::registry
