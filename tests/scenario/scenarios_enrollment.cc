// Chains refused for their leaf (4xx) and for what the registry says (5xx).
#include "tests/scenario/scenario_set.h"

namespace muster::test {
namespace {

using R = RejectReason;

void AddLeaves(ScenarioSet& s) {
  const Entity ca_leaf =
      s.w.Leaf("device-1", s.factory, [](CertificateTemplate& t) { t.is_ca = true; });
  s.Refuse("leaf-is-ca", "The device presents a CA certificate as its own.", R::kLeafIsCa, 0,
           {ca_leaf, s.factory})
      .expected.group = "line-1";
  const Entity v1 = s.w.Leaf("device-1", s.factory, [](CertificateTemplate& t) { t.version = 1; });
  s.Refuse("leaf-version-1", "The profile rfc5280 wants version 3.", R::kLeafVersion, 0,
           {v1, s.factory})
      .expected.group = "line-1";
  const Entity encipher = s.w.Leaf("device-1", s.factory,
                                   [](CertificateTemplate& t) { t.key_usage = kKeyEncipherment; });
  s.Refuse("leaf-key-usage", "The leaf's key is for encipherment only.", R::kLeafKeyUsage, 0,
           {encipher, s.factory})
      .expected.group = "line-1";
  const Entity server = s.w.Leaf("device-1", s.factory, [](CertificateTemplate& t) {
    t.extended_key_usage = {"1.3.6.1.5.5.7.3.1"};
  });
  s.Refuse("leaf-extended-key-usage", "The leaf is for servers only.", R::kLeafExtendedKeyUsage, 0,
           {server, s.factory})
      .expected.group = "line-1";
}

void RefuseSubject(ScenarioSet& s, std::string name, std::string about,
                   std::vector<NameAttribute> subject) {
  const Entity leaf = s.w.Leaf("device-1", s.factory,
                               [&](CertificateTemplate& t) { t.subject = std::move(subject); });
  s.Refuse(std::move(name), std::move(about), R::kMalformedRegistrationId, 0, {leaf, s.factory});
}

void AddRegistrationIds(ScenarioSet& s) {
  using Kind = NameAttribute::StringKind;
  constexpr const char* kCn = "2.5.4.3";
  RefuseSubject(s, "registration-id-two-cns", "Two CNs: which is the device?",
                {{kCn, "device-1"}, {kCn, "device-2"}});
  RefuseSubject(s, "registration-id-none", "No CN at all.", {{"2.5.4.10", "Acme"}});
  RefuseSubject(s, "registration-id-nul", "A NUL in the CN.",
                {{kCn, std::string("device-1\0x", 10)}});
  RefuseSubject(s, "registration-id-bmp", "The CN is a BMPString.",
                {{kCn, std::string("\0d\0e\0v", 6), Kind::kBmp}});
  RefuseSubject(s, "registration-id-trailing-dot", "The last character is a dot.",
                {{kCn, "device-1."}});
  RefuseSubject(s, "registration-id-too-long", "129 characters.", {{kCn, std::string(129, 'a')}});
  RefuseSubject(s, "registration-id-space", "A space in the CN.", {{kCn, "device 1"}});
}

void AddDenials(ScenarioSet& s) {
  Expected denied;
  denied.reason = R::kDenied;
  denied.chain_index = 0;
  s.Add("denied-by-fingerprint", "The device is on the deny list.", {s.device, s.factory},
        s.Usual().Deny(s.device), denied);
  s.Add("denied-by-serial", "The device is on the deny list by issuer and serial number.",
        {s.device, s.factory}, s.Usual().DenyByIssuerAndSerial(s.device), denied);
}

void AddRollUp(ScenarioSet& s) {
  Expected none;
  none.reason = R::kNoEnrollment;
  s.Add("no-enrollment", "A valid path to a verified CA, but no group.", {s.device, s.factory},
        s.Registry().Verified(s.root).Unverified(s.factory), none);
  Expected not_rolled_up;
  not_rolled_up.reason = R::kNotRolledUpToVerified;
  not_rolled_up.chain_index = 1;
  not_rolled_up.group = "line-1";
  s.Add("not-rolled-up-to-verified", "The group's CA and everything above it is unverified.",
        {s.device, s.factory},
        s.Registry().Unverified(s.root).Unverified(s.factory).Group("line-1", s.factory),
        not_rolled_up);
  s.Add("hijacked-intermediate",
        "A sniffed intermediate registered in another service, unverified: nothing rolls up.",
        {s.device, s.factory},
        RegistryBuilder("attacker").Unverified(s.factory).Group("line-1", s.factory),
        not_rolled_up);
  const Entity other_root = s.w.Root("Other Root");
  s.Add("appended-verified-root", "A verified certificate that signs nothing is ignored.",
        {s.device, s.factory, other_root},
        s.Registry().Verified(other_root).Unverified(s.factory).Group("line-1", s.factory),
        not_rolled_up);
  // The valid path ends at the verified CA, and no group covers any certificate of it.
  s.Add("verified-below-the-group", "A verified CA below the group does not help.",
        {s.device, s.factory, s.root},
        s.Registry().Unverified(s.root).Verified(s.factory).Group("all", s.root), none);
  Expected no_verified;
  no_verified.reason = R::kNoVerifiedCa;
  no_verified.chain_index = 2;
  s.Add("no-verified-ca", "No verified CA, and no enrollment.", {s.device, s.factory, s.root},
        s.Registry().Unverified(s.root), no_verified);
  Expected link;
  link.reason = R::kLinkNotPresented;
  link.chain_index = 1;
  link.group = "line-1";
  s.Add("link-not-presented", "The device did not send its intermediate.", {s.device}, s.Usual(),
        link);
}

void AddDisabled(ScenarioSet& s) {
  Expected disabled;
  disabled.reason = R::kGroupDisabled;
  disabled.chain_index = 1;
  disabled.group = "line-1";
  s.Add("group-disabled", "The group is disabled: no falling through to the one above.",
        {s.device, s.factory},
        s.Registry().Verified(s.root).Group("line-1", s.factory, {false}).Group("all", s.root),
        disabled);
  const Entity twin = s.w.CrossSigned(s.factory, s.w.Root("Other Root"));
  s.Add("group-disabled-twin", "A cross-signed twin of a disabled CA is disabled too.",
        {s.device, s.factory},
        s.Registry().Verified(s.root).Group("line-1", twin, {false}).Group("all", s.root),
        disabled);
  Expected any;
  any.reason = R::kDisabledEntryOnPath;
  any.chain_index = 2;
  Scenario& blocks = s.Add(
      "any-disabled-blocks", "By policy a disabled group further up refuses too.",
      {s.device, s.factory},
      s.Registry().Verified(s.root).Group("line-1", s.factory).Group("all", s.root, {false}), any);
  blocks.options.any_disabled_blocks = true;
  blocks.expected.group = "line-1";
  Expected individual;
  individual.reason = R::kIndividualDisabled;
  individual.chain_index = 0;
  individual.individual = "device-1";
  s.Add("individual-disabled", "A disabled individual enrollment blocks the registration ID.",
        {s.device, s.factory}, s.Usual().Individual("device-1", s.device, {false}), individual);
  const Entity other = s.w.SelfSignedLeaf("device-1");
  s.Add("individual-disabled-other-certificate",
        "A disabled individual enrollment blocks by registration ID alone.", {s.device, s.factory},
        s.Usual().Individual("device-1", other, {false}), individual);
  Expected mismatch = individual;
  mismatch.reason = R::kIndividualMismatch;
  s.Add("individual-mismatch", "The registration ID belongs to another certificate.",
        {s.device, s.factory}, s.Usual().Individual("device-1", other), mismatch);
}

}  // namespace

std::vector<Scenario> EnrollmentScenarios() {
  ScenarioSet s("enrollment");
  AddLeaves(s);
  AddRegistrationIds(s);
  AddDenials(s);
  AddRollUp(s);
  AddDisabled(s);
  return s.Take();
}

}  // namespace muster::test
