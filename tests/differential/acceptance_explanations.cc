// What muster accepts and a peer refuses. Each of these was studied: muster accepting what others
// refuse is a defect unless a clause says otherwise. Peers are asked about the very path that
// muster found, so what they say here is about that path.
#include <algorithm>
#include <initializer_list>

#include "engine/base/byte_view.h"
#include "engine/x509/crl.h"
#include "engine/x509/extensions.h"
#include "tests/differential/explanations.h"

namespace muster::test {
namespace {

using Rows = std::vector<Explanation>;

bool EndsThisSecond(const Disagreement& d, const CertificatePlan*) {
  const auto& path = d.muster.outcome.path;
  return std::any_of(path.begin(), path.end(), [&](const Certificate& certificate) {
    return certificate->not_after() == d.made.at;
  });
}

const CertificatePlan* AnchorOf(const Disagreement& d) { return d.path.back(); }

// The anchor is not a certificate that its own key signed under its own name.
bool AnchorIsNotSelfSigned(const Disagreement& d, const CertificatePlan*) {
  const CertificatePlan* anchor = AnchorOf(d);
  return anchor->issuer != anchor->subject || anchor->issuer_key != anchor->key ||
         !d.muster.outcome.path.back()->IsSelfIssued();
}

bool AnchorIsMalsigned(const Disagreement& d, const CertificatePlan*) {
  const CertificatePlan* anchor = AnchorOf(d);
  return anchor->issuer_key != anchor->key ||
         std::any_of(anchor->flaws.begin(), anchor->flaws.end(), [](const Flaw* flaw) {
           return flaw->theme() == "signature" || flaw->theme() == "algorithm" ||
                  flaw->theme() == "form" || flaw->name == "key: another CA key";
         });
}

// Key identifiers on the path do not fit each other.
bool KeyIdsDiffer(const Disagreement& d, const CertificatePlan*) {
  const auto& path = d.muster.outcome.path;
  for (std::size_t i = 0; i < path.size(); ++i) {
    // A root may be held to its own identifiers.
    const Certificate& issuer = path[std::min(i + 1, path.size() - 1)];
    if (path[i]->authority_key_id().empty() != issuer->subject_key_id().empty() ||
        !base::Equal(path[i]->authority_key_id(), issuer->subject_key_id())) {
      return true;
    }
  }
  return false;
}

bool TargetHasNoDnsName(const Disagreement& d, const CertificatePlan*) {
  const ExtensionView& extension =
      d.muster.outcome.path.front()->extension(ExtensionId::kSubjectAltName);
  if (!extension.present) return true;
  const auto names = x509::ParseGeneralNames(extension.value);
  return names && std::none_of(names->begin(), names->end(), [](const x509::GeneralName& name) {
           return name.kind == x509::GeneralNameKind::kDnsName;
         });
}

// A CA has both constraints on names and an extendedKeyUsage.
bool ConstrainedCaHasPurposes(const Disagreement& d, const CertificatePlan*) {
  return std::any_of(d.path.begin(), d.path.end(), [](const CertificatePlan* plan) {
    const auto has = [plan](std::string_view theme) {
      return std::any_of(plan->flaws.begin(), plan->flaws.end(),
                         [theme](const Flaw* flaw) { return flaw->theme() == theme; });
    };
    return has("constraint") && has("purpose");
  });
}

bool TargetIsAnchor(const Disagreement& d, const CertificatePlan*) {
  return base::Equal(d.muster.outcome.path.front().der(), d.muster.outcome.path.back().der());
}

bool AnchorMapsPolicies(const Disagreement& d, const CertificatePlan*) {
  return AnchorOf(d)->HasFlaw("policy: maps 1 to 2") ||
         AnchorOf(d)->HasFlaw("policy: maps 1 to 2, not critical");
}

bool CasShareAName(const Disagreement& d, const CertificatePlan*) {
  const auto has_planned_key = [](const CertificatePlan* plan) {
    return !plan->HasFlaw("key: another CA key");
  };
  return std::any_of(d.path.begin(), d.path.end(), [&](const CertificatePlan* one) {
    return std::any_of(d.path.begin(), d.path.end(), [&](const CertificatePlan* other) {
      return one->subject == other->subject &&
             (one->key != other->key || has_planned_key(one) != has_planned_key(other));
    });
  });
}

bool ExcludesAcme(const Disagreement& d, const CertificatePlan*) {
  return std::any_of(d.path.begin(), d.path.end(), [](const CertificatePlan* plan) {
    return plan != nullptr && plan->HasFlaw("constraint: excludes Acme");
  });
}

bool NamesShareAKeylessIssuer(const Disagreement& d, const CertificatePlan* at) {
  return CasShareAName(d, at) && KeyIdsDiffer(d, at);
}

// --- CRLs -----------------------------------------------------------------------------------

const CertificatePlan& IssuerOf(const Disagreement& d, const CrlPlan& crl) {
  return d.question.certificates[crl.issuer];
}

bool AnchorIsRevoked(const Disagreement& d, const CertificatePlan*) {
  return std::any_of(d.question.crls.begin(), d.question.crls.end(), [&](const CrlPlan& crl) {
    return std::any_of(crl.revoked.begin(), crl.revoked.end(), [&](std::size_t i) {
      return d.question.certificates[i].serial == AnchorOf(d)->serial &&
             d.question.certificates[i].issuer == AnchorOf(d)->issuer;
    });
  });
}

// Nothing good speaks of the anchor itself: its issuer has no CRL, or one with a flaw.
bool AnchorHasNoGoodCrl(const Disagreement& d, const CertificatePlan*) {
  return std::none_of(d.question.crls.begin(), d.question.crls.end(), [&](const CrlPlan& crl) {
    return IssuerOf(d, crl).subject == AnchorOf(d)->issuer &&
           IssuerOf(d, crl).key == AnchorOf(d)->issuer_key && crl.flaw == CrlFlaw::kNone;
  });
}

bool CrlsAreNotRequired(const Disagreement& d, const CertificatePlan*) {
  return !d.made.require_crl &&
         std::any_of(d.question.crls.begin(), d.question.crls.end(), [&](const CrlPlan& crl) {
           // At another time, any of them may be of the future or of the past.
           return crl.flaw != CrlFlaw::kNone || d.question.edge;
         });
}

// There are CRLs, and two CAs of one name.
bool CrlIssuersShareAName(const Disagreement& d, const CertificatePlan*) {
  const auto& all = d.question.certificates;
  return !d.question.crls.empty() &&
         std::any_of(all.begin(), all.end(), [&](const CertificatePlan& one) {
           return std::any_of(all.begin(), all.end(), [&](const CertificatePlan& other) {
             return one.subject == other.subject && one.key != other.key;
           });
         });
}

// All CRLs that list a certificate of the path have one of these flaws.
bool OnlyThoseRevoke(const Disagreement& d, std::initializer_list<CrlFlaw> flaws) {
  return std::all_of(d.question.crls.begin(), d.question.crls.end(), [&](const CrlPlan& crl) {
    if (std::find(flaws.begin(), flaws.end(), crl.flaw) != flaws.end()) return true;
    return std::none_of(crl.revoked.begin(), crl.revoked.end(), [&](std::size_t i) {
      const CertificatePlan* plan = &d.question.certificates[i];
      return std::find(d.path.begin(), d.path.end(), plan) != d.path.end();
    });
  });
}

// At an edge of a certificate's validity, CRLs without a flaw may be of the future too.
bool EveryCrlIsOfTheFuture(const Disagreement& d) {
  return std::all_of(d.made.crls.begin(), d.made.crls.end(), [&](const Bytes& der) {
    const auto crl = x509::CrlView::Parse(der);
    return crl && crl->this_update() > d.made.at;
  });
}

bool OnlyBadCrlsRevoke(const Disagreement& d, const CertificatePlan*) {
  return EveryCrlIsOfTheFuture(d) ||
         OnlyThoseRevoke(
             d, {CrlFlaw::kNotYet, CrlFlaw::kOtherKey, CrlFlaw::kBadSignature, CrlFlaw::kSha1,
                 CrlFlaw::kUnknownCritical, CrlFlaw::kUnknownCriticalEntry});
}

bool OnlyPartialCrlsRevoke(const Disagreement& d, const CertificatePlan*) {
  return OnlyThoseRevoke(d, {CrlFlaw::kOnlyUsers, CrlFlaw::kOnlyCas});
}

bool CrlHasNoNextUpdate(const Disagreement& d, const CertificatePlan*) {
  return std::any_of(d.question.crls.begin(), d.question.crls.end(),
                     [](const CrlPlan& crl) { return crl.flaw == CrlFlaw::kNoNextUpdate; });
}

bool FoundAlone(const Disagreement& d, const CertificatePlan*) { return d.directly.valid(); }

void AddBuilding(Rows* rows) {
  rows->push_back({.name = "does not find the path, and accepts it when shown",
                   .clause = "RFC 4158 2.4.2: building needs backtracking",
                   .peer_says = {""},
                   .holds = FoundAlone});
  rows->push_back(
      {.name = "takes key identifiers for proof",
       .clause = "RFC 5280 4.2.1.1: they help building; 6.1.3 (a) does not ask for them",
       .peer_says = {"unable to get local issuer certificate", "unable to get issuer certificate",
                     "Certificate issuer not found", "Loop in certificate chain"},
       .flaws = {"identifier:", "version:", "form:", "key: another CA key",
                 "signature: by another key of the name"},
       .holds = KeyIdsDiffer});
  rows->push_back(
      {.name = "takes the issuer identifier for proof where its serial differs",
       .clause = "RFC 5280 4.2.1.1; 6.1.3 (a) does not ask for it",
       .whom = Whom::kOpenssl,
       .peer_says = {"unable to get local issuer certificate", "unable to get issuer certificate"},
       .flaws = {"identifier: wrong issuer and serial", "identifier: issuer and a wrong serial"}});
  rows->push_back({.name = "takes a self-issued certificate for a self-signed one",
                   .clause = "RFC 5280 3.2, 6.1: self-issued, as in key rollover; not self-signed",
                   .whom = Whom::kOpenssl,
                   .peer_says = {"self-signed certificate in certificate chain"},
                   .holds = NamesShareAKeylessIssuer});
  rows->push_back({.name = "takes a self-issued target for a self-signed one",
                   .clause = "RFC 5280 3.2: issuer and subject are one entity; another key signed",
                   .peer_says = {"self-signed certificate", "Cannot establish trust"},
                   .flaws = {"name: subject is its issuer"}});
  rows->push_back({.name = "does not take a target for its own anchor",
                   .clause = "RFC 5280 6.1: a path below an anchor that is a self-signed v1 "
                             "certificate",
                   .whom = Whom::kBotan,
                   .peer_says = {"Cannot establish trust"},
                   .holds = TargetIsAnchor});
  rows->push_back({.name = "does not map policies by the anchor",
                   .clause = "Domain rule: an anchor's policies and mappings count as if its own "
                             "key had issued it (engine/path/path_validator.h)",
                   .whom = Whom::kOpenssl,
                   .peer_says = {"no explicit policy"},
                   .holds = AnchorMapsPolicies});
  rows->push_back({.name = "tries one issuer of a name, and no other",
                   .clause = "RFC 4158 2.4.2; RFC 4210 4.4: a CA has two keys during rollover",
                   .whom = Whom::kOpenssl,
                   .peer_says = {"certificate signature failure"},
                   .holds = NamesShareAKeylessIssuer});
  rows->push_back({.name = "tries one issuer of a name: the first, or the one a key identifier names",
                   .clause = "RFC 4158 2.4.2; RFC 5280 4.2.1.1; RFC 4210 4.4",
                   .whom = Whom::kBotan,
                   .peer_says = {"Signature error", "Certificate signature has invalid parameters"},
                   .flaws = {"identifier:", "signature: by another key of the name"},
                   .holds = NamesShareAKeylessIssuer});
  rows->push_back({.name = "wants paths to end in self-signed certificates",
                   .clause = "RFC 5280 6.1.1 (d): an anchor is a name and a key",
                   .whom = Whom::kBotan,
                   .peer_says = {"Certificate issuer not found", "Loop in certificate chain"},
                   .holds = AnchorIsNotSelfSigned});
  rows->push_back({.name = "holds an anchor to its own signature",
                   .clause = "RFC 5280 6.1.1 (d), 6.2: nothing rests on an anchor's signature",
                   .whom = Whom::kBotan,
                   .peer_says = {"Signature error", "Certificate signature has invalid parameters",
                                 "Certificate signed with unknown/unavailable algorithm",
                                 "Certificate issuer not found", "Unknown string type"},
                   .holds = AnchorIsMalsigned});
}

void AddForm(Rows* rows) {
  rows->push_back({.name = "lets a certificate expire a second early",
                   .clause = "RFC 5280 4.1.2.5: through notAfter, inclusive",
                   .whom = Whom::kOpenssl,
                   .peer_says = {"certificate has expired"},
                   .holds = EndsThisSecond});
  rows->push_back(
      {.name = "does not read dates of all years",
       .clause = "RFC 5280 4.1.2.5: GeneralizedTime has four digits, and 99991231235959Z",
       .whom = Whom::kBotan,
       .peer_says = {"does not seem to be valid"},
       .flaws = {"date: 9999", "date: before 1950"}});
  rows->push_back(
      {.name = "decodes subjects more than matching them needs",
       .clause = "RFC 5280 7.1: what is not compared need not be characters; the octets "
                 "match",
       .peer_says = {"cannot be read", "Unknown string type", "Invalid length for UCS-2 string",
                     "Invalid length for UCS-4 string", "Invalid Unicode character"},
       .flaws = {"name: subject is not UTF-8", "form:"}});
}

void AddExtensions(Rows* rows) {
  rows->push_back({.name = "does not know key identifiers that are marked critical",
                   .clause =
                       "RFC 5280 4.2.1.1, 4.2.1.2: CAs must not mark them; 6.1.4 (o): what is "
                       "recognized is processed",
                   .whom = Whom::kOpenssl,
                   .peer_says = {"unhandled critical extension"},
                   .flaws = {"identifier: critical authority", "identifier: critical subject"}});
  rows->push_back({.name = "has no policies, and refuses where they are critical",
                   .clause = "RFC 5280 4.2.1.5, 4.2.1.11, 4.2.1.14, 6.1",
                   .whom = Whom::kBotan,
                   .peer_says = {"Unknown critical extension encountered"},
                   .flaws = {"policy:"}});
  rows->push_back({.name = "does not read a large path length",
                   .clause = "RFC 5280 4.2.1.9: INTEGER (0..MAX)",
                   .whom = Whom::kBotan,
                   .peer_says = {"Unknown critical extension encountered"},
                   .flaws = {"basic: pathLen of 9 octets"}});
  rows->push_back({.name = "holds a target's keyUsage against a purpose",
                   .clause = "RFC 5280 6.1 does not; 4.2.1.12 leaves it to the application, which "
                             "for devices is the leaf profile",
                   .peer_says = {"unsuitable certificate purpose",
                                 "Certificate does not allow the requested usage"},
                   .flaws = {"usage: keyEncipherment alone", "usage: keyCertSign on a leaf",
                             "usage: keyAgreement alone"}});
  rows->push_back({.name = "does not take any purpose for the one that is asked",
                   .clause = "RFC 5280 4.2.1.12: anyExtendedKeyUsage does not restrict",
                   .peer_says = {"unsuitable certificate purpose",
                                 "Certificate does not allow the requested usage",
                                 "CA certificate not allowed to issue certs"},
                   .flaws = {"purpose: any"}});
  rows->push_back(
      {.name = "lets a CA issue only where its extendedKeyUsage has a purpose of TLS",
       .clause = "RFC 5280 6.1.4 (k), (n): basicConstraints and keyUsage say who issues",
       .whom = Whom::kBotan,
       .peer_says = {"CA certificate not allowed to issue certs"},
       .flaws = {"purpose: a private one"}});
  rows->push_back(
      {.name = "takes a CA with other purposes than those of TLS for none that may constrain names",
       .clause = "RFC 5280 4.2.1.10, 6.1.4 (k), (n): basicConstraints and keyUsage say what a CA is",
       .whom = Whom::kBotan,
       .peer_says = {"Certificate does not pass name constraint"},
       .flaws = {"purpose: any", "purpose: a private one"},
       .holds = ConstrainedCaHasPurposes});
  rows->push_back(
      {.name = "applies dNSName constraints to the common name",
       .clause = "RFC 5280 4.2.1.10: to subjectAltName only",
       .peer_says = {"permitted subtree violation", "excluded subtree violation",
                     "Certificate does not pass name constraint"},
       .flaws = {"constraint: permits example.com", "constraint: permits .example.com",
                 "constraint: permits EXAMPLE.com.", "constraint: not critical",
                 "constraint: of two forms", "constraint: excludes every dNSName",
                 "constraint: excludes example.com", "constraint: excludes a.example.com"},
       .holds = TargetHasNoDnsName});
  rows->push_back(
      {.name = "does not see that an absolute constraint is the same name",
       .clause = "RFC 5280 4.2.1.10; RFC 1034 3.1: a trailing dot ends a whole name",
       .peer_says = {"permitted subtree violation", "Certificate does not pass name constraint"},
       .flaws = {"constraint: permits EXAMPLE.com."}});
  rows->push_back({.name = "does not see that an absolute name is the same name",
                   .clause = "RFC 5280 4.2.1.10; RFC 1034 3.1: a trailing dot ends a whole name",
                   .whom = Whom::kOpenssl,
                   .peer_says = {"permitted subtree violation"},
                   .flaws = {"altname: example.com."}});
  rows->push_back(
      {.name = "holds self-issued CAs to constraints",
       .clause = "RFC 5280 6.1.3 (b), (c): but for the final certificate, they are exempt",
       .whom = Whom::kBotan,
       .peer_says = {"Certificate does not pass name constraint"},
       .flaws = {"constraint:"},
       .holds = CasShareAName});
}

void AddNames(Rows* rows) {
  rows->push_back({.name = "finds no name below the empty directoryName",
                   .clause = "RFC 5280 4.2.1.10: a subtree; that of the empty name is everything",
                   .whom = Whom::kBotan,
                   .peer_says = {"Certificate does not pass name constraint"},
                   .flaws = {"constraint: permits the empty directoryName"}});
  rows->push_back({.name = "compares constrained names octet for octet",
                   .clause = "RFC 5280 7.1: without regard to case and string type",
                   .whom = Whom::kBotan,
                   .peer_says = {"Certificate does not pass name constraint"},
                   .flaws = {"constraint: permits ACME in another string type"}});
  rows->push_back({.name = "takes an RDN with several attributes apart, and excludes one of them",
                   .clause = "RFC 5280 7.1: RDNs match where all their attributes do",
                   .whom = Whom::kBotan,
                   .peer_says = {"Certificate does not pass name constraint"},
                   .flaws = {"name: subject with several attributes in one RDN"},
                   .holds = ExcludesAcme});
  rows->push_back({.name = "refuses name constraints in a target",
                   .clause = "RFC 5280 6.1.4 (g): read of CAs; a target constrains nothing",
                   .whom = Whom::kBotan,
                   .peer_says = {"Certificate does not pass name constraint"},
                   .flaws = {"constraint: on a leaf"}});
  rows->push_back({.name = "compares mailboxes as if they were dNSNames",
                   .clause = "RFC 5280 4.2.1.10: a mailbox, a host, or a domain; 7.5 on case",
                   .whom = Whom::kBotan,
                   .peer_says = {"Certificate does not pass name constraint"},
                   .flaws = {"altname: a@example.com", "altname: A@EXAMPLE.COM",
                             "altname: a@b.example.com", "altname: mail in the subject"}});
  rows->push_back({.name = "has no URI constraints, and refuses where there are any",
                   .clause = "RFC 5280 4.2.1.10: the host of a URI",
                   .whom = Whom::kBotan,
                   .peer_says = {"Certificate does not pass name constraint"},
                   .flaws = {"constraint: permits URIs of example.com",
                             "constraint: permits URIs below example.com",
                             "constraint: excludes URIs of example.com"}});
  rows->push_back(
      {.name = "holds an empty subject to constraints",
       .clause = "RFC 5280 4.2.1.10: to a subject that is not empty",
       .whom = Whom::kBotan,
       .peer_says = {"Certificate does not pass name constraint"},
       .flaws = {"name: empty subject", "name: empty subject and critical subjectAltName"}});
}

void AddCrls(Rows* rows) {
  rows->push_back(
      {.name = "asks for the status of the anchor itself, which is revoked",
       .clause = "RFC 5280 6.1, 6.3: of certificates of the path, which an anchor is not",
       .peer_says = {"certificate revoked", "Certificate is revoked"},
       .holds = AnchorIsRevoked});
  rows->push_back(
      {.name = "asks for the status of the anchor itself, which is unknown",
       .clause = "RFC 5280 6.1, 6.3: of certificates of the path, which an anchor is not",
       .peer_says = {"CRL", "No revocation data"},
       .holds = AnchorHasNoGoodCrl});
  rows->push_back(
      {.name = "asks for the status of an anchor whose issuer is not on the path",
       .clause = "RFC 5280 6.1, 6.3: of certificates of the path, which an anchor is not",
       .whom = Whom::kOpenssl,
       .peer_says = {"unable to get certificate CRL", "CRL path validation error"},
       .holds = AnchorIsNotSelfSigned});
  rows->push_back({.name = "refuses for a CRL that is not good, though none is required",
                   .clause = "Domain rule: a certificate without a good CRL counts as not revoked "
                             "unless CRLs are required",
                   .peer_says = {"CRL"},
                   .holds = CrlsAreNotRequired});
  rows->push_back({.name = "believes CRLs that are not good",
                   .clause =
                       "RFC 5280 6.3.3 (f), (g), 5.2 (unknown critical extensions); SHA-1 and "
                       "CRLs of the future by domain rule",
                   .peer_says = {"revoked"},
                   .holds = OnlyBadCrlsRevoke});
  rows->push_back({.name = "does not look at issuingDistributionPoint",
                   .clause = "RFC 5280 5.2.5, 6.3.3 (b) (2)",
                   .whom = Whom::kBotan,
                   .peer_says = {"Certificate is revoked"},
                   .holds = OnlyPartialCrlsRevoke});
  rows->push_back({.name = "does not count CRLs without nextUpdate",
                   .clause = "RFC 5280 5.1.2.5: what clients make of them is not specified",
                   .whom = Whom::kBotan,
                   .peer_says = {"No revocation data"},
                   .holds = CrlHasNoNextUpdate});
  rows->push_back({.name = "takes the CRL of another CA of the name",
                   .clause = "RFC 5280 6.3.3 (f), (g): the CRL that the issuer's key signed counts",
                   .peer_says = {"CRL", "No revocation data", "revoked"},
                   .holds = CrlIssuersShareAName});
}

}  // namespace

const std::vector<Explanation>& AcceptanceExplanations() {
  static const Rows rows = [] {
    Rows all;
    AddBuilding(&all);
    AddForm(&all);
    AddExtensions(&all);
    AddNames(&all);
    AddCrls(&all);
    return all;
  }();
  return rows;
}

}  // namespace muster::test
