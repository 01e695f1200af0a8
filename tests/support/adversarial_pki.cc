#include "tests/support/adversarial_pki.h"

#include <fmt/format.h>

#include <chrono>

#include "engine/base/encoding.h"
#include "engine/der/der_reader.h"
#include "engine/pki/der_writer.h"
#include "muster/certificate.h"
#include "tests/support/adversarial_draw.h"
#include "tests/support/test_world.h"
#include "tests/unit/path/extension_writer.h"

namespace muster::test {
namespace {

using std::chrono::days;
using std::chrono::seconds;

// Spreads small numbers over 64 bits (the finalizer of SplitMix64).
std::uint64_t Mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

std::string KeyOf(const CertificatePlan& plan) {
  std::string key = fmt::format("{} {} {} {} {} {} {} {} {}", plan.subject, plan.key, plan.issuer,
                                plan.issuer_key, plan.is_ca, plan.path_len.value_or(-1),
                                plan.serial, plan.claimed_key.value_or(-1), plan.salt);
  for (const Flaw* flaw : plan.flaws) key.append("/").append(flaw->name);
  return key;
}

const RawExtension kUnknownCritical{"1.3.6.1.4.1.55555.2", true, {der::kNull, 0}};

CrlTemplate CrlOf(const AdversarialQuestion& question, const CrlPlan& plan) {
  CrlTemplate crl;
  crl.this_update = AdversarialTime() - days{1};
  crl.next_update = AdversarialTime() + days{30};
  for (const std::size_t revoked : plan.revoked) {
    Bytes serial;
    for (std::uint64_t n = question.certificates[revoked].serial; n != 0; n >>= 8) {
      serial.insert(serial.begin(), static_cast<std::uint8_t>(n));
    }
    crl.revoked.push_back({serial, AdversarialTime() - days{2}, {}, {}});
  }
  switch (plan.flaw) {
    case CrlFlaw::kStale:
      crl.next_update = AdversarialTime() - seconds{1};
      break;
    case CrlFlaw::kNotYet:
      crl.this_update = AdversarialTime() + seconds{1};
      break;
    case CrlFlaw::kUnknownCritical:
      crl.extensions.push_back(kUnknownCritical);
      break;
    case CrlFlaw::kOnlyUsers:
      crl.extensions.push_back(path::IssuingDistributionPoint({.only_user = true}));
      break;
    case CrlFlaw::kOnlyCas:
      crl.extensions.push_back(path::IssuingDistributionPoint({.only_ca = true}));
      break;
    case CrlFlaw::kOnlySomeReasons:
      crl.extensions.push_back(path::IssuingDistributionPoint({.only_some_reasons = 0x06}));
      break;
    case CrlFlaw::kNoNextUpdate:
      crl.next_update.reset();
      break;
    case CrlFlaw::kSha1:
      crl.hash = "SHA-1";
      break;
    default:
      break;
  }
  for (RevokedEntry& entry : crl.revoked) {
    if (plan.flaw == CrlFlaw::kUnknownCriticalEntry) entry.extensions.push_back(kUnknownCritical);
    if (plan.flaw == CrlFlaw::kRemoveFromCrl) entry.reason = 8;
    if (plan.flaw == CrlFlaw::kOnHold) entry.reason = 6;
    if (plan.flaw == CrlFlaw::kRevokedLater) entry.revoked_at = AdversarialTime() + days{1};
  }
  return crl;
}

Bytes MakeCrl(const AdversarialQuestion& question, const CrlPlan& plan) {
  const CertificatePlan& ca = question.certificates[plan.issuer];
  CrlTemplate crl = CrlOf(question, plan);
  int key = ca.key;
  if (plan.flaw == CrlFlaw::kOtherKey) key = (key + 1) % kPlainKeys;
  if (key == kKeyEd25519) crl.hash.clear();  // It signs in one way only.
  Bytes der = Must(IssueCrl(crl, {AdversarialName(ca.subject), AdversarialKey(key), {}}));
  if (plan.flaw == CrlFlaw::kBadSignature) der.back() ^= 1;
  return der;
}

// Where the certificate does not parse, the time stays what it is.
UnixTime TimeOf(const TimeEdge& edge, ByteView der) {
  const auto view = CertificateView::Parse(der);
  if (!view) return AdversarialTime();
  return (edge.at_end ? view->not_after() : view->not_before()) + seconds{edge.offset_s};
}

std::string Pem(std::string_view label, ByteView der) {
  const std::string text = base::EncodeBase64(der);
  std::string pem = fmt::format("-----BEGIN {}-----\n", label);
  for (std::size_t i = 0; i < text.size(); i += 64) pem += text.substr(i, 64) + "\n";
  return pem + fmt::format("-----END {}-----\n", label);
}

}  // namespace

std::string_view NameOf(CrlFlaw flaw) {
  constexpr std::string_view kNames[] = {"none",
                                         "stale",
                                         "not yet",
                                         "other key",
                                         "bad signature",
                                         "unknown critical extension",
                                         "unknown critical extension of an entry",
                                         "only users",
                                         "only CAs",
                                         "only some reasons",
                                         "no nextUpdate",
                                         "SHA-1",
                                         "removeFromCRL",
                                         "on hold",
                                         "revoked later"};
  return flaw < CrlFlaw::kCount ? kNames[static_cast<std::size_t>(flaw)] : "?";
}

std::size_t AdversarialQuestion::FlawCount() const {
  std::size_t count = 0;
  for (const CertificatePlan& plan : certificates) count += plan.flaws.size();
  return count;
}

AdversarialPki::AdversarialPki(std::uint64_t seed) : seed_(seed) {
  Random random(Mix(seed));
  plain_.seed = seed;
  DrawShape(&random, &plain_);
}

AdversarialQuestion AdversarialPki::Question(std::uint64_t number) const {
  Random random(Mix(Mix(seed_) ^ (number + 1)));
  AdversarialQuestion question = plain_;
  question.number = number;
  PlantFlaws(&random, &question);
  return question;
}

const Bytes& AdversarialIssuer::Certificate(const CertificatePlan& plan) {
  const auto [it, is_new] = made_.try_emplace(KeyOf(plan));
  if (is_new) it->second = Issue(plan);
  return it->second;
}

PeerQuestion AdversarialIssuer::Make(const AdversarialQuestion& question) {
  PeerQuestion made;
  const auto& plans = question.certificates;
  made.target = Certificate(plans.front());
  for (const std::size_t i : question.untrusted) made.untrusted.push_back(Certificate(plans[i]));
  for (const std::size_t i : question.anchors) made.anchors.push_back(Certificate(plans[i]));
  for (const CrlPlan& crl : question.crls) {
    const CertificatePlan& ca = plans[crl.issuer];
    std::string key = fmt::format("CRL {} {} {}", ca.subject, ca.key, static_cast<int>(crl.flaw));
    for (const std::size_t revoked : crl.revoked) key += fmt::format(" {}", plans[revoked].serial);
    const auto [it, is_new] = made_.try_emplace(key);
    if (is_new) it->second = MakeCrl(question, crl);
    made.crls.push_back(it->second);
  }
  made.at = AdversarialTime();
  if (question.edge) {
    made.at = TimeOf(*question.edge, Certificate(plans[question.edge->certificate]));
  }
  made.key_purpose = question.key_purpose;
  made.initial_policies = question.initial_policies;
  made.explicit_policy = question.explicit_policy;
  made.inhibit_policy_mapping = question.inhibit_policy_mapping;
  made.inhibit_any_policy = question.inhibit_any_policy;
  made.require_crl = question.require_crl;
  made.allow_sha1 = false;
  return made;
}

std::string Describe(const AdversarialQuestion& question) {
  std::string text = fmt::format("seed {}, question {}: shape {}, theme {}\n", question.seed,
                                 question.number, question.shape, question.theme);
  const auto list = [&](std::string_view what, const std::vector<std::size_t>& indices) {
    text += fmt::format("  {}:", what);
    for (const std::size_t i : indices) text += fmt::format(" {}", i);
    text += "\n";
  };
  for (std::size_t i = 0; i < question.certificates.size(); ++i) {
    const CertificatePlan& plan = question.certificates[i];
    text += fmt::format("  {}: name {} key {} by name {} key {}", i, plan.subject, plan.key,
                        plan.issuer, plan.issuer_key);
    if (plan.path_len) text += fmt::format(", pathLen {}", *plan.path_len);
    if (plan.claimed_key) text += fmt::format(", key identifier of {}", *plan.claimed_key);
    for (const Flaw* flaw : plan.flaws) text += fmt::format(", [{}]", flaw->name);
    text += "\n";
  }
  list("untrusted", question.untrusted);
  list("anchors", question.anchors);
  for (const CrlPlan& crl : question.crls) {
    text += fmt::format("  CRL of {} ({}) revokes", crl.issuer, NameOf(crl.flaw));
    for (const std::size_t i : crl.revoked) text += fmt::format(" {}", i);
    text += "\n";
  }
  if (question.edge) {
    text += fmt::format("  time: {} of {}, {:+} s\n", question.edge->at_end ? "end" : "start",
                        question.edge->certificate, question.edge->offset_s);
  }
  return text;
}

std::string ToPem(const PeerQuestion& question) {
  std::string text = fmt::format(
      "time {}, purpose '{}', policies {}, explicit {}, no mapping {}, no any-policy {}, CRLs {}\n",
      FormatRfc3339(question.at), question.key_purpose, fmt::join(question.initial_policies, " "),
      question.explicit_policy, question.inhibit_policy_mapping, question.inhibit_any_policy,
      question.require_crl ? "required" : "not required");
  text += "target\n" + Pem("CERTIFICATE", question.target);
  for (const Bytes& der : question.untrusted) text += "untrusted\n" + Pem("CERTIFICATE", der);
  for (const Bytes& der : question.anchors) text += "anchor\n" + Pem("CERTIFICATE", der);
  for (const Bytes& der : question.crls) text += "CRL\n" + Pem("X509 CRL", der);
  return text;
}

}  // namespace muster::test
