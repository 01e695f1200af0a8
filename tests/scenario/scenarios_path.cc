// Chains refused by path validation (3xx).
#include "tests/scenario/scenario_set.h"

namespace muster::test {
namespace {

using R = RejectReason;
using std::chrono::days;
using std::chrono::seconds;

// A chain through an intermediate that `edit` spoils, in a registry that holds it.
struct Spoilt {
  Entity ca, leaf;
  RegistryBuilder registry;
};
Spoilt SpoiltCa(ScenarioSet& s, const Options& options) {
  const Entity ca = s.w.Intermediate("Line 2", s.root, options);
  const Entity leaf = s.w.Leaf("device-1", ca);
  return {ca, leaf, s.Registry().Verified(s.root).Group("line-2", ca)};
}

void RefuseCa(ScenarioSet& s, std::string name, std::string about, R reason, int index,
              const Options& options) {
  const Spoilt spoilt = SpoiltCa(s, options);
  Expected expected;
  expected.reason = reason;
  expected.chain_index = index;
  expected.group = "line-2";
  s.Add(std::move(name), std::move(about), {spoilt.leaf, spoilt.ca}, spoilt.registry,
        std::move(expected));
}

void AddLinks(ScenarioSet& s) {
  const Entity stranger = s.w.Root("Somebody Else");
  const Entity lost = s.w.Leaf("device-1", stranger);
  s.Refuse("issuer-not-found", "Nobody has the certificate of the leaf's issuer.",
           R::kIssuerNotFound, 0, {lost});
  const Entity forged = s.w.WithDer(s.device, FlipSignatureBit(s.device.der()));
  s.Refuse("bad-signature", "One bit of the leaf's signature was changed.", R::kBadSignature, 0,
           {forged, s.factory})
      .expected.group = "line-1";
  const Entity twin = s.w.Intermediate("Factory", s.root, {.key_label = "another key"});
  const Entity foreign = s.w.Leaf("device-1", twin);
  s.Refuse("same-name-other-key", "A CA of the factory's name, but with another key.",
           R::kBadSignature, 0, {foreign, s.factory})
      .expected.group = "line-1";
}

void AddTimes(ScenarioSet& s) {
  const Entity old = s.w.Leaf("device-1", s.factory,
                              [&](CertificateTemplate& t) { t.not_after = s.w.at() - seconds{1}; });
  s.Refuse("leaf-expired", "The leaf expired a second ago.", R::kExpired, 0, {old, s.factory})
      .expected.group = "line-1";
  const Entity early = s.w.Leaf(
      "device-1", s.factory, [&](CertificateTemplate& t) { t.not_before = s.w.at() + seconds{1}; });
  s.Refuse("leaf-not-yet-valid", "The leaf becomes valid in a second.", R::kNotYetValid, 0,
           {early, s.factory})
      .expected.group = "line-1";
  RefuseCa(s, "intermediate-expired", "The intermediate expired a second ago.", R::kExpired, 1,
           {.edit = [&](CertificateTemplate& t) { t.not_after = s.w.at() - seconds{1}; }});
  const Entity old_root =
      s.w.Root("Old Root", [&](CertificateTemplate& t) { t.not_after = s.w.at() - seconds{1}; });
  const Entity leaf = s.w.Leaf("device-1", old_root);
  Expected expected;
  expected.reason = R::kExpired;
  expected.chain_index = 1;
  expected.group = "all";
  s.Add("anchor-expired", "The anchor's own validity counts.", {leaf},
        s.Registry().Verified(old_root).Group("all", old_root), expected);
  Scenario& later = s.Refuse("leaf-expires-in-march", "Accepted today, refused at a later time.",
                             R::kExpired, 0, {s.device, s.factory});
  later.expected.group = "line-1";
  later.at = s.w.at() + days{366};
}

void AddCaRights(ScenarioSet& s) {
  const Entity below = s.w.Leaf("device-2", s.device);
  Expected not_a_ca;
  not_a_ca.reason = R::kNotACa;
  not_a_ca.chain_index = 1;
  not_a_ca.group = "line-1";
  s.Add("leaf-used-as-ca", "A device issued another device's certificate.",
        {below, s.device, s.factory}, s.Usual(), not_a_ca);
  RefuseCa(s, "missing-key-cert-sign", "The intermediate's keyUsage is cRLSign only.",
           R::kMissingKeyCertSign, 1,
           {.edit = [](CertificateTemplate& t) { t.key_usage = kCrlSign; }});
  const Entity tight = s.w.Intermediate("Tight", s.root, {.path_len = 0});
  const Entity below_tight = s.w.Intermediate("Below", tight);
  const Entity leaf = s.w.Leaf("device-1", below_tight);
  Expected too_long;
  too_long.reason = R::kPathLenExceeded;
  too_long.chain_index = 1;
  too_long.group = "below";
  s.Add("path-len-exceeded", "A CA below one with pathLenConstraint 0.", {leaf, below_tight, tight},
        s.Registry().Verified(s.root).Group("below", below_tight), too_long);
  RefuseCa(s, "ca-extended-key-usage", "The intermediate is for servers only.",
           R::kExtendedKeyUsageNotAllowed, 1,
           {.edit = [](CertificateTemplate& t) { t.extended_key_usage = {"1.3.6.1.5.5.7.3.1"}; }});
  RefuseCa(s, "unhandled-critical-extension", "A critical extension that nobody understands.",
           R::kUnhandledCriticalExtension, 1, {.edit = [](CertificateTemplate& t) {
             t.extensions.push_back({"1.3.6.1.4.1.99999.2", true, {0x05, 0x00}});
           }});
}

// NameConstraints with one excluded or permitted subtree of the GeneralName `name`.
Bytes NameConstraints(std::uint8_t subtrees_tag, const Bytes& name) {
  Bytes subtree = {0x30, static_cast<std::uint8_t>(name.size())};
  subtree.insert(subtree.end(), name.begin(), name.end());
  Bytes out = {0x30, static_cast<std::uint8_t>(subtree.size() + 2), subtrees_tag,
               static_cast<std::uint8_t>(subtree.size())};
  out.insert(out.end(), subtree.begin(), subtree.end());
  return out;
}

constexpr std::uint8_t kPermitted = 0xa0, kExcluded = 0xa1;

void AddConstraints(ScenarioSet& s) {
  // directoryName of O=Elsewhere: the device's subject has no organisation.
  const Bytes name = Must(EncodeName({{"2.5.4.10", "Elsewhere"}}));
  Bytes directory_name = {0xa4, static_cast<std::uint8_t>(name.size())};
  directory_name.insert(directory_name.end(), name.begin(), name.end());
  RefuseCa(
      s, "name-constraint-violated", "The CA may name devices of O=Elsewhere only.",
      R::kNameConstraintViolated, 0, {.edit = [&](CertificateTemplate& t) {
        t.extensions.push_back({"2.5.29.30", true, NameConstraints(kPermitted, directory_name)});
      }});
  // registeredID (context tag 8) of 1.2.3, and a leaf that carries one.
  const Bytes registered_id = {0x88, 0x02, 0x2a, 0x03};
  const Entity ca = s.w.Intermediate("Line 2", s.root, [&](CertificateTemplate& t) {
    t.extensions.push_back({"2.5.29.30", true, NameConstraints(kExcluded, registered_id)});
  });
  const Entity leaf = s.w.Leaf("device-1", ca, [&](CertificateTemplate& t) {
    t.extensions.push_back({"2.5.29.17", false, {0x30, 0x04, 0x88, 0x02, 0x2a, 0x03}});
  });
  Expected expected;
  expected.reason = R::kUnsupportedNameConstraint;
  expected.chain_index = 0;
  expected.group = "line-2";
  s.Add("unsupported-name-constraint", "A critical constraint on names of a rare form.", {leaf, ca},
        s.Registry().Verified(s.root).Group("line-2", ca), expected);
}

void AddPolicies(ScenarioSet& s) {
  RefuseCa(s, "no-valid-policy", "The CA demands an explicit policy, and the leaf has none.",
           R::kNoValidPolicy, 0, {.edit = [](CertificateTemplate& t) {
             // policyConstraints { requireExplicitPolicy [0] 0 }
             t.extensions.push_back({"2.5.29.36", true, {0x30, 0x03, 0x80, 0x01, 0x00}});
           }});
  RefuseCa(s, "invalid-policy-mapping", "The CA maps anyPolicy to another policy.",
           R::kInvalidPolicyMapping, 1, {.edit = [](CertificateTemplate& t) {
             // policyMappings { { anyPolicy, 1.2.3 } }
             t.extensions.push_back({"2.5.29.33",
                                     true,
                                     {0x30, 0x0c, 0x30, 0x0a, 0x06, 0x04, 0x55, 0x1d, 0x20, 0x00,
                                      0x06, 0x02, 0x2a, 0x03}});
           }});
}

void AddRevocation(ScenarioSet& s) {
  Expected revoked;
  revoked.reason = R::kRevoked;
  revoked.chain_index = 0;
  revoked.group = "line-1";
  s.Add("leaf-revoked", "The factory's CRL names the leaf.", {s.device, s.factory},
        s.Usual().Crl("factory", s.w.Crl(s.factory, {s.device})), revoked);
  revoked.chain_index = 1;
  s.Add("intermediate-revoked", "The root's CRL names the factory.", {s.device, s.factory},
        s.Usual().Crl("root", s.w.Crl(s.root, {s.factory})), revoked);
  Expected unknown;
  unknown.reason = R::kRevocationUnknown;
  unknown.chain_index = 0;
  unknown.group = "line-1";
  Scenario& required =
      s.Add("revocation-unknown", "CRLs are required, and the factory has none.",
            {s.device, s.factory}, s.Usual().Crl("root", s.w.Crl(s.root, {})), unknown);
  required.options.require_crl = true;
}

void AddBudget(ScenarioSet& s) {
  // Forty roots of one name, each with another key, and a leaf that names that issuer.
  RegistryBuilder registry = s.Registry();
  for (int i = 0; i < 40; ++i) {
    const Entity root = s.w.Root("Same Name", {.key_label = "key " + std::to_string(i)});
    registry.Verified(root, "root-" + std::to_string(i));
  }
  const Entity issuer = s.w.Root("Same Name", {.key_label = "not one of them"});
  const Entity leaf =
      s.w.Leaf("device-1", issuer, [](CertificateTemplate& t) { t.authority_key_id = false; });
  Expected expected;
  expected.reason = R::kBudgetExhausted;
  s.Add("budget-exhausted", "Forty CAs of one name and no key identifier to choose by.", {leaf},
        registry, expected);
}

}  // namespace

std::vector<Scenario> PathScenarios() {
  ScenarioSet s("path");
  AddLinks(s);
  AddTimes(s);
  AddCaRights(s);
  AddConstraints(s);
  AddPolicies(s);
  AddRevocation(s);
  AddBudget(s);
  return s.Take();
}

}  // namespace muster::test
