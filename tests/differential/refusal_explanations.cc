// What muster refuses and a peer accepts. "Domain rule": stated in include/muster/certificate.h,
// include/muster/options.h or ARCHITECTURE.md, and stricter than RFC 5280 on purpose.
#include <algorithm>

#include "tests/differential/explanations.h"

namespace muster::test {
namespace {

using enum RejectReason;
using Rows = std::vector<Explanation>;

// A CA whose key is RSA of 1024 bits, or what such a key signed.
bool IsSmallCaKey(const Disagreement&, const CertificatePlan* at) {
  return at != nullptr && (at->key == kKeySmallRsa || at->issuer_key == kKeySmallRsa);
}

bool CasShareAName(const Disagreement& d) {
  const auto& all = d.question.certificates;
  return std::any_of(all.begin(), all.end(), [&](const CertificatePlan& one) {
    return std::any_of(all.begin(), all.end(), [&](const CertificatePlan& other) {
      return one.subject == other.subject && one.key != other.key;
    });
  });
}

bool IsSmallCaKeyAmongOthers(const Disagreement& d, const CertificatePlan* at) {
  return IsSmallCaKey(d, at) && CasShareAName(d);
}

bool IssuerIsMalformed(const Disagreement& d, const CertificatePlan* at) {
  if (at == nullptr) return false;
  const auto& all = d.question.certificates;
  return std::any_of(all.begin(), all.end(), [at](const CertificatePlan& plan) {
    return plan.subject == at->issuer &&
           std::any_of(plan.flaws.begin(), plan.flaws.end(),
                       [](const Flaw* flaw) { return flaw->theme() == "form"; });
  });
}

bool IsTarget(const Disagreement& d, const CertificatePlan* at) {
  return at == &d.question.certificates.front();
}

bool TargetIsAnchor(const Disagreement& d, const CertificatePlan*) {
  return std::find(d.made.anchors.begin(), d.made.anchors.end(), d.made.target) !=
         d.made.anchors.end();
}

bool AsksForPolicies(const Disagreement& d, const CertificatePlan*) {
  return d.question.explicit_policy ||
         std::any_of(d.path.begin(), d.path.end(), [](const CertificatePlan* plan) {
           return plan != nullptr && (plan->HasFlaw("policy: explicit at once") ||
                                      plan->HasFlaw("policy: explicit at once, not critical") ||
                                      plan->HasFlaw("policy: explicit after one"));
         });
}

bool AnchorHasPolicies(const Disagreement& d, const CertificatePlan*) {
  const CertificatePlan* anchor = d.path.empty() ? nullptr : d.path.back();
  return anchor != nullptr &&
         std::any_of(anchor->flaws.begin(), anchor->flaws.end(),
                     [](const Flaw* flaw) { return flaw->theme() == "policy"; });
}

bool IsAnchor(const Disagreement& d, const CertificatePlan* at) {
  return at != nullptr &&
         std::any_of(d.question.anchors.begin(), d.question.anchors.end(),
                     [&](std::size_t i) { return at == &d.question.certificates[i]; });
}

bool IsCa(const Disagreement&, const CertificatePlan* at) { return at != nullptr && at->is_ca; }

// On the peer's path, which is all that is left of the question.
bool SomeNameIsSwapped(const Disagreement& d, const CertificatePlan*) {
  const auto is_swapped = [&](std::size_t i) {
    const CertificatePlan& plan = d.question.certificates[i];
    return plan.HasFlaw("form: swapped, signed") ||
           (plan.HasFlaw("name: issuer attributes in other order") &&
            plan.HasFlaw("name: subject is its issuer"));
  };
  const auto& untrusted = d.question.untrusted;
  const auto& anchors = d.question.anchors;
  return is_swapped(0) || std::any_of(untrusted.begin(), untrusted.end(), is_swapped) ||
         std::any_of(anchors.begin(), anchors.end(), is_swapped);
}

bool ASharedNameIsSwapped(const Disagreement& d, const CertificatePlan* at) {
  return CasShareAName(d) && SomeNameIsSwapped(d, at);
}

bool HasCrl(const Disagreement& d, CrlFlaw flaw) {
  return std::any_of(d.question.crls.begin(), d.question.crls.end(),
                     [&](const CrlPlan& crl) { return crl.flaw == flaw; });
}

bool CrlHasScope(const Disagreement& d, const CertificatePlan*) {
  return HasCrl(d, CrlFlaw::kOnlyUsers) || HasCrl(d, CrlFlaw::kOnlyCas) ||
         HasCrl(d, CrlFlaw::kOnlySomeReasons);
}

bool CrlHasSha1(const Disagreement& d, const CertificatePlan*) { return HasCrl(d, CrlFlaw::kSha1); }

bool CrlHasNoNextUpdate(const Disagreement& d, const CertificatePlan*) {
  return HasCrl(d, CrlFlaw::kNoNextUpdate);
}

bool CrlIsNotUnderstood(const Disagreement& d, const CertificatePlan*) {
  return HasCrl(d, CrlFlaw::kUnknownCritical) || HasCrl(d, CrlFlaw::kUnknownCriticalEntry);
}

bool CrlTakesBack(const Disagreement& d, const CertificatePlan*) {
  return HasCrl(d, CrlFlaw::kRemoveFromCrl);
}

// There are CRLs, and two CAs of one name.
bool CrlIssuersShareAName(const Disagreement& d, const CertificatePlan*) {
  return !d.question.crls.empty() && CasShareAName(d);
}

void AddForm(Rows* rows) {
  rows->push_back({.name = "reads serial numbers that are none",
                   .clause = "RFC 5280 4.1.2.2: positive, at most 20 octets; X.690 8.3.1, 8.3.2",
                   .reasons = {kMalformedSerial},
                   .flaws = {"serial:"}});
  rows->push_back({.name = "reads fields that the version does not have, or unknown versions",
                   .clause = "RFC 5280 4.1.2.1, 4.1.2.9; v2 by domain rule",
                   .reasons = {kUnsupportedVersion},
                   .flaws = {"version:"}});
  rows->push_back({.name = "reads one extension twice",
                   .clause = "RFC 5280 4.2: MUST NOT include more than one instance",
                   .reasons = {kDuplicateExtension},
                   .flaws = {"unknown:", "basic: twice", "usage: twice", "policy: twice",
                             "identifier: authority twice"}});
  rows->push_back({.name = "reads extensions that are not DER",
                   .clause = "RFC 5280 4.1, 4.1.2.9; X.690 11.1, 11.5",
                   .reasons = {kMalformedExtension},
                   .flaws = {"unknown: critical FALSE written out", "unknown: critical as 01",
                             "unknown: empty list of extensions", "basic: cA TRUE as 01"}});
  rows->push_back({.name = "reads dates that are none, or in forms that certificates have not",
                   .clause = "RFC 5280 4.1.2.5.1, 4.1.2.5.2: seconds, Z, no fraction",
                   .reasons = {kMalformedCertificate},
                   .flaws = {"date: without seconds", "date: with an offset", "date: without Z",
                             "date: with a fraction", "date: 30 February", "date: second 60",
                             "date: hour 24"}});
  rows->push_back({.name = "reads an empty issuer",
                   .clause = "RFC 5280 4.1.2.4: MUST contain a non-empty distinguished name",
                   .reasons = {kMalformedName},
                   .flaws = {"name: empty issuer"}});
  rows->push_back(
      {.name = "reads what is not DER, or not a certificate",
       .clause = "RFC 5280 4.1; X.690 8, 10, 11",
       .reasons = {kMalformedCertificate, kMalformedExtension, kMalformedName, kMalformedSerial,
                   kTrailingData, kUnsupportedVersion, kDuplicateExtension},
       .flaws = {"form:"}});
  rows->push_back({.name = "reads algorithms that differ inside and outside",
                   .clause = "RFC 5280 4.1.1.2: MUST contain the same algorithm identifier",
                   .reasons = {kAlgorithmMismatch},
                   .flaws = {"algorithm: outer differs from inner",
                             "algorithm: outer differs in parameters", "form:"}});
}

void AddExtensions(Rows* rows) {
  rows->push_back(
      {.name = "reads key identifiers of the wrong shape",
       .clause = "RFC 5280 4.2.1.1: issuer and serial MUST both be there; 4.2.1.2",
       .reasons = {kMalformedExtension},
       .flaws = {"identifier: issuer without serial", "identifier: serial without issuer",
                 "identifier: subject of the wrong type"}});
  rows->push_back({.name = "reads a path length that is negative or not of a CA",
                   .clause = "RFC 5280 4.2.1.9: INTEGER (0..MAX), and only where cA is asserted",
                   .reasons = {kMalformedExtension},
                   .flaws = {"basic: negative pathLen", "basic: pathLen without cA"}});
  rows->push_back({.name = "reads a keyUsage or extendedKeyUsage without content",
                   .clause = "RFC 5280 4.2.1.3: at least one bit; 4.2.1.12: SIZE (1..MAX)",
                   .reasons = {kMalformedExtension},
                   .flaws = {"usage: no bits", "usage: of the wrong type", "purpose: none",
                             "purpose: of the wrong type"}});
  rows->push_back({.name = "reads names that their form has not",
                   .clause = "RFC 5280 4.2.1.6: SIZE (1..MAX); IA5String; 4 or 16 octets",
                   .reasons = {kMalformedExtension},
                   .flaws = {"altname: none inside", "altname: dNSName beyond ASCII",
                             "altname: an address of 5 octets"}});
  rows->push_back(
      {.name = "reads name constraints that constrain nothing, or cannot",
       .clause = "RFC 5280 4.2.1.10: minimum zero, address with mask, not empty",
       .reasons = {kMalformedExtension},
       .flaws = {"constraint: empty", "constraint: with a minimum", "constraint: a mask with holes",
                 "constraint: an address without mask"}});
  rows->push_back(
      {.name = "reads policies that are empty, twice there, or negative",
       .clause = "RFC 5280 4.2.1.4, 4.2.1.5, 4.2.1.11, 4.2.1.14",
       .reasons = {kMalformedExtension},
       .flaws = {"policy: none inside", "policy: 1 twice", "policy: empty mappings",
                 "policy: empty policyConstraints", "policy: negative inhibitAnyPolicy"}});
  rows->push_back({.name = "knows extensions that muster does not, or overlooks critical ones",
                   .clause = "RFC 5280 4.2: MUST reject a critical extension not recognized",
                   .reasons = {kUnhandledCriticalExtension},
                   .flaws = {"unknown: critical", "unknown: critical Netscape type",
                             "unknown: critical no-check for OCSP",
                             "unknown: critical precertificate poison"}});
}

void AddKeys(Rows* rows) {
  rows->push_back({.name = "takes signature algorithms outside muster's list",
                   .clause = "RFC 5758 3.2, RFC 8410 3: parameters absent; SHA-224 by domain rule",
                   .reasons = {kUnsupportedSignatureAlgorithm},
                   .flaws = {"algorithm: SHA-224", "algorithm: NULL parameters",
                             "algorithm: garbage as parameters", "algorithm: unknown"}});
  rows->push_back({.name = "takes RSA of 1024 bits for a CA",
                   .clause = "Domain rule: RSA of at least 2048 bits",
                   .reasons = {kWeakKey},
                   .holds = IsSmallCaKey});
  rows->push_back({.name = "takes RSA of 1024 bits for one of the CAs of a name",
                   .clause = "Domain rule: RSA of at least 2048 bits",
                   .reasons = {kBadSignature},
                   .holds = IsSmallCaKeyAmongOthers});
  rows->push_back({.name = "does not look at the target's own key",
                   .clause = "RFC 5280 4.1.2.7, RFC 5480 2.1, RFC 8017 3.1; sizes by domain rule",
                   .reasons = {kWeakKey, kMalformedKey, kUnsupportedKeyAlgorithm},
                   .flaws = {"key:"},
                   .holds = IsTarget});
  rows->push_back({.name = "takes keys without their parameters, or malformed",
                   .clause = "RFC 3279 2.3.1: NULL; RFC 5480 2.1.1, 2.2",
                   .reasons = {kWeakKey, kMalformedKey, kUnsupportedKeyAlgorithm},
                   .flaws = {"form:"}});
  // The fault stands where the signature does; the key, in the certificate of its issuer.
  rows->push_back({.name = "takes issuers' keys without their parameters, or malformed",
                   .clause = "RFC 3279 2.3.1: NULL; RFC 5480 2.1.1, 2.2",
                   .reasons = {kWeakKey, kMalformedKey, kUnsupportedKeyAlgorithm},
                   .holds = IssuerIsMalformed});
}

void AddNames(Rows* rows) {
  rows->push_back({.name = "compares dNSNames that are none",
                   .clause = "RFC 5280 4.2.1.6 (preferred name syntax, no \" \"), 4.2.1.10; what "
                             "cannot be compared fails closed",
                   .reasons = {kNameConstraintViolated},
                   .flaws = {"altname: .example.com", "altname: empty dNSName",
                             "altname: a space for dNSName", "altname: dNSName with NUL"}});
  rows->push_back({.name = "does not see that a wildcard stands for an excluded name",
                   .clause = "RFC 5280 4.2.1.10: any name matching an excluded subtree is invalid",
                   .reasons = {kNameConstraintViolated},
                   .flaws = {"altname: *.example.com", "altname: *.com"}});
  rows->push_back({.name = "does not see that an absolute name is the same name",
                   .clause = "RFC 5280 4.2.1.10; RFC 1034 3.1: a trailing dot ends a whole name",
                   .reasons = {kNameConstraintViolated},
                   .flaws = {"altname: example.com."}});
  rows->push_back(
      {.name = "compares URIs whose host is an address",
       .clause = "RFC 5280 4.2.1.10: MUST reject where the host is an IP address",
       .reasons = {kNameConstraintViolated},
       .flaws = {"altname: https://10.1.2.3/", "altname: urn:device:1", "altname: https:///path"}});
  rows->push_back(
      {.name = "has no constraints for this form of name",
       .clause = "RFC 5280 4.2.1.10: MUST process, or reject",
       .whom = Whom::kBotan,
       .reasons = {kNameConstraintViolated, kUnsupportedNameConstraint},
       .flaws = {"altname: https://example.com/x", "altname: https://u@a.example.com:8/",
                 "altname: registeredID", "altname: otherName"}});
  rows->push_back({.name = "takes an RDN with several attributes apart",
                   .clause = "RFC 5280 7.1: RDNs match where all their attributes do",
                   .whom = Whom::kBotan,
                   .reasons = {kNameConstraintViolated},
                   .flaws = {"name: subject with several attributes in one RDN"}});
  rows->push_back({.name = "compares mailboxes that are none",
                   .clause = "RFC 5280 4.2.1.6: rfc822Name is a Mailbox of RFC 2821 4.1.2",
                   .reasons = {kNameConstraintViolated},
                   .flaws = {"altname: mail with two at signs", "altname: mail without at sign"}});
  rows->push_back({.name = "compares mailboxes with quoted local parts",
                   .clause = "RFC 5280 4.2.1.6 allows them; muster reads none, which fails closed "
                             "where mailboxes are constrained (engine/path/name_forms.cc)",
                   .reasons = {kNameConstraintViolated},
                   .flaws = {"altname: quoted mailbox"}});
  rows->push_back({.name = "does not hold mail addresses of the subject to constraints",
                   .clause = "RFC 5280 4.2.1.10: MUST be applied to emailAddress of the subject",
                   .whom = Whom::kBotan,
                   .reasons = {kNameConstraintViolated},
                   .flaws = {"altname: mail in the subject"}});
  rows->push_back(
      {.name = "has no IPv6 constraints",
       .clause = "RFC 5280 4.2.1.10: where iPAddress is constrained, an IPv4 address is "
                 "within no IPv6 range",
       .whom = Whom::kBotan,
       .reasons = {kNameConstraintViolated},
       .flaws = {"altname: 10.1.2.3", "altname: 11.1.2.3", "altname: an IPv6 address"}});
}

void AddCrls(Rows* rows) {
  rows->push_back({.name = "does not look at issuingDistributionPoint",
                   .clause = "RFC 5280 5.2.5, 6.3.3 (b) (2)",
                   .whom = Whom::kBotan,
                   .reasons = {kRevocationUnknown},
                   .holds = CrlHasScope});
  rows->push_back({.name = "keeps one CRL for each name of an issuer",
                   .clause = "RFC 5280 6.3.3 (f), (g): the CRL that the issuer's key signed counts",
                   .whom = Whom::kBotan,
                   .reasons = {kRevoked, kRevocationUnknown},
                   .holds = CrlIssuersShareAName});
  rows->push_back({.name = "takes the CRL of any CA of the name below the same anchor",
                   .clause = "RFC 5280 6.3.3 (f); in another key's hand by domain rule: CAs that "
                             "share a name are not one CA (engine/path/revocation.h)",
                   .whom = Whom::kOpenssl,
                   .reasons = {kRevoked, kRevocationUnknown},
                   .holds = CrlIssuersShareAName});
  rows->push_back({.name = "takes back a revocation in a complete CRL",
                   .clause = "RFC 5280 5.3.1: removeFromCRL may only appear in delta CRLs",
                   .reasons = {kRevoked},
                   .holds = CrlTakesBack});
  rows->push_back({.name = "does not count CRLs without nextUpdate",
                   .clause = "RFC 5280 5.1.2.5 leaves it open; a revocation in one counts",
                   .whom = Whom::kBotan,
                   .reasons = {kRevoked},
                   .holds = CrlHasNoNextUpdate});
  rows->push_back({.name = "counts CRLs with critical extensions that it does not understand",
                   .clause = "RFC 5280 5.2, 5.3: MUST NOT use that CRL",
                   .reasons = {kRevocationUnknown},
                   .holds = CrlIsNotUnderstood});
  rows->push_back({.name = "counts CRLs that are signed with SHA-1",
                   .clause = "Domain rule: SHA-1 signatures are no signatures",
                   .reasons = {kRevocationUnknown},
                   .holds = CrlHasSha1});
}

void AddPaths(Rows* rows) {
  rows->push_back({.name = "does not hold a path to the extendedKeyUsage of its CAs",
                   .clause = "Domain rule: an EKU of a CA, anchors included, bounds what is below "
                             "(engine/path/path_validator.h; RFC 5280 4.2.1.12 leaves it open)",
                   .whom = Whom::kBotan,
                   .reasons = {kExtendedKeyUsageNotAllowed},
                   .flaws = {"purpose:"},
                   .holds = IsCa});
  rows->push_back({.name = "takes an anchor without basicConstraints for a CA",
                   .clause = "Domain rule: anchors are certificates, to which RFC 5280 6.1.4 (k) "
                             "applies (ARCHITECTURE.md)",
                   .whom = Whom::kOpenssl,
                   .reasons = {kNotACa},
                   .flaws = {"basic: absent", "form:", "version:"},
                   .holds = IsAnchor});
  rows->push_back({.name = "does not hold a path to the policies of its anchor",
                   .clause = "Domain rule: an anchor's policies count as if its own key had issued "
                             "it (engine/path/path_validator.h, RFC 5937 in spirit)",
                   .whom = Whom::kOpenssl,
                   .reasons = {kNoValidPolicy},
                   .holds = AnchorHasPolicies});
  rows->push_back({.name = "trusts a target that is an anchor itself",
                   .clause = "RFC 5280 6.1: a path has a certificate below its anchor; an anchor "
                             "has to be a CA to issue one",
                   .whom = Whom::kOpenssl,
                   .reasons = {kNotACa, kIssuerNotFound, kMissingKeyCertSign, kBadSignature},
                   .holds = TargetIsAnchor});
  rows->push_back({.name = "has no policies",
                   .clause = "RFC 5280 6.1.5 (g)",
                   .whom = Whom::kBotan,
                   .reasons = {kNoValidPolicy},
                   .holds = AsksForPolicies});
  rows->push_back({.name = "maps from or to any-policy",
                   .clause = "RFC 5280 4.2.1.5, 6.1.4 (a)",
                   .reasons = {kInvalidPolicyMapping},
                   .flaws = {"policy: maps any to 1", "policy: maps 1 to any"}});
  rows->push_back({.name = "takes names of other string types for the same",
                   .clause = "RFC 5280 4.1.2.4, 7.1: DirectoryString, compared by its characters",
                   .whom = Whom::kBotan,
                   .reasons = {kIssuerNotFound},
                   .flaws = {"form:"}});
  rows->push_back({.name = "takes names whose RDNs stand in another order for the same",
                   .clause = "RFC 5280 7.1: relative names match in order",
                   .whom = Whom::kBotan,
                   .reasons = {kIssuerNotFound},
                   .flaws = {"name: issuer attributes in other order"}});
  rows->push_back({.name = "takes names whose RDNs were swapped for the same",
                   .clause = "RFC 5280 7.1: relative names match in order",
                   .whom = Whom::kBotan,
                   .reasons = {kIssuerNotFound},
                   .holds = SomeNameIsSwapped});
  // The other CA, whose name is in order, is then found and has not signed.
  rows->push_back({.name = "takes names whose RDNs were swapped for one that CAs share",
                   .clause = "RFC 5280 7.1: relative names match in order",
                   .whom = Whom::kBotan,
                   .reasons = {kBadSignature},
                   .holds = ASharedNameIsSwapped});
}

}  // namespace

const std::vector<Explanation>& RefusalExplanations() {
  static const Rows rows = [] {
    Rows all;
    AddForm(&all);
    AddExtensions(&all);
    AddKeys(&all);
    AddNames(&all);
    AddCrls(&all);
    AddPaths(&all);
    return all;
  }();
  return rows;
}

}  // namespace muster::test
