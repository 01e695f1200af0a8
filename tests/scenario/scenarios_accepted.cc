// Chains that must be accepted: whatever is made stricter later, these still enrol.
#include "tests/scenario/scenario_set.h"

namespace muster::test {
namespace {

Expected Through(std::string group, const Entity& anchor, std::vector<Entity> path,
                 std::string registration_id = "device-1") {
  Expected expected;
  expected.group = std::move(group);
  expected.anchor = anchor;
  expected.path = std::move(path);
  expected.registration_id = std::move(registration_id);
  return expected;
}

void AddGroups(ScenarioSet& s) {
  s.Add("accept-rolls-up-to-verified-root",
        "The group's CA is not verified, but its issuer, the root, is.", {s.device, s.factory},
        s.Usual(), Through("line-1", s.root, {s.device, s.factory, s.root}));
  s.Add("accept-group-on-verified-root", "The group names the verified root itself.",
        {s.device, s.factory}, s.Registry().Verified(s.root).Group("all", s.root),
        Through("all", s.root, {s.device, s.factory, s.root}));
  s.Add("accept-verified-intermediate",
        "Validation stops at a verified intermediate; nobody registered its root.", {s.device},
        s.Registry().Verified(s.factory).Group("line-1", s.factory),
        Through("line-1", s.factory, {s.device, s.factory}));
  s.Add("accept-root-presented-too", "Sending the anchor as well does no harm.",
        {s.device, s.factory, s.root}, s.Usual(),
        Through("line-1", s.root, {s.device, s.factory, s.root}));
  s.Add("accept-shuffled-chain", "After the leaf, certificates may come in any order.",
        {s.device, s.root, s.factory}, s.Usual(),
        Through("line-1", s.root, {s.device, s.factory, s.root}));
  const Entity other = s.w.Intermediate("Old Factory", s.root);
  s.Add("accept-secondary-certificate", "The group's secondary certificate counts as its primary.",
        {s.device, s.factory}, s.Registry().Verified(s.root).Group("line-1", other, s.factory),
        Through("line-1", s.root, {s.device, s.factory, s.root}));
  s.Add("accept-group-by-ca-name", "A group may refer to a registered CA by name.",
        {s.device, s.factory},
        s.Registry().Verified(s.root).Unverified(s.factory).GroupByName("line-1", "factory"),
        Through("line-1", s.root, {s.device, s.factory, s.root}));
  s.Add("accept-self-attested-root", "A CA that its owner vouched for is verified.",
        {s.device, s.factory}, s.Registry().SelfAttested(s.root).Group("line-1", s.factory),
        Through("line-1", s.root, {s.device, s.factory, s.root}));
  s.Add("accept-nearest-group-decides",
        "The group nearest to the leaf decides: one above it may be disabled.",
        {s.device, s.factory},
        s.Registry().Verified(s.root).Group("line-1", s.factory).Group("all", s.root, {false}),
        Through("line-1", s.root, {s.device, s.factory, s.root}));
}

void AddIndividuals(ScenarioSet& s) {
  Expected pinned;
  pinned.individual = "device-1";
  pinned.registration_id = "device-1";
  const Entity lone = s.w.SelfSignedLeaf("device-1");
  s.Add("accept-individual-self-signed", "An exact leaf is pinned: no chain is needed.", {lone},
        s.Registry().Individual("device-1", lone), pinned);
  Expected by_ca = pinned;
  by_ca.anchor = s.root;
  by_ca.path = std::vector<Entity>{s.device, s.factory, s.root};
  s.Add("accept-individual-by-ca", "An individual enrollment by CA rolls up like a group.",
        {s.device, s.factory},
        s.Registry().Verified(s.root).Unverified(s.factory).IndividualByName("device-1", "factory"),
        by_ca);
  s.Add("accept-individual-outranks-disabled-group",
        "An individual enrollment is met before any group.", {s.device, s.factory},
        s.Registry()
            .Verified(s.root)
            .Unverified(s.factory)
            .Group("line-1", s.factory, {false})
            .Individual("device-1", s.device),
        pinned);
}

void AddKinds(ScenarioSet& s) {
  const struct {
    const char* name;
    KeyKind kind;
  } kinds[] = {{"p384", KeyKind::kP384},
               {"p521", KeyKind::kP521},
               {"rsa2048", KeyKind::kRsa2048},
               {"ed25519", KeyKind::kEd25519}};
  for (const auto& [name, kind] : kinds) {
    const Entity root = s.w.Root("Root", {.key = kind, .key_label = std::string("root-") + name});
    const Entity leaf = s.w.Leaf("device-1", root, {.key = kind});
    s.Add(std::string("accept-") + name, "A root and a device with this kind of key.", {leaf},
          s.Registry().Verified(root).Group("all", root), Through("all", root, {leaf, root}));
  }
  const Entity rsa = s.w.Intermediate("Mixed", s.root, {.key = KeyKind::kRsa2048});
  const Entity mixed = s.w.Leaf("device-1", rsa, {.key = KeyKind::kEd25519});
  s.Add("accept-mixed-algorithms", "Every certificate of a path may have another kind of key.",
        {mixed, rsa}, s.Registry().Verified(s.root).Group("mixed", rsa),
        Through("mixed", s.root, {mixed, rsa, s.root}));
}

void AddPaths(ScenarioSet& s) {
  const Entity new_root = s.w.Root("New Root");
  const Entity bridge = s.w.CrossSigned(s.root, new_root);
  s.Add("accept-cross-signed", "The old root, cross-signed, rolls up to the new verified one.",
        {s.device, s.factory, bridge}, s.Registry().Verified(new_root).Group("line-1", s.factory),
        Through("line-1", new_root, {s.device, s.factory, bridge, new_root}));
  Scenario& filled =
      s.Add("accept-link-from-registry", "In an audit, registered CAs fill missing links.",
            {s.device}, s.Usual(), Through("line-1", s.root, {s.device, s.factory, s.root}));
  filled.options.links = LinkSource::kRegistry;
  const Entity v1 = s.w.Leaf("device-1", s.factory, [](CertificateTemplate& t) { t.version = 1; });
  Scenario& dps =
      s.Add("accept-dps-compat-v1", "What DPS lets through: a version 1 leaf.", {v1, s.factory},
            s.Usual(), Through("line-1", s.root, {v1, s.factory, s.root}));
  dps.options.leaf_profile = LeafProfile::kDpsCompat;
  const Entity upper = s.w.Leaf("Device-1", s.factory);
  s.Add("accept-upper-case-registration-id", "Registration IDs have no case.", {upper, s.factory},
        s.Usual(), Through("line-1", s.root, {upper, s.factory, s.root}));
  Scenario& revocation =
      s.Add("accept-good-crls", "Current CRLs that do not name the device let it pass.",
            {s.device, s.factory},
            s.Usual().Crl("root", s.w.Crl(s.root, {})).Crl("factory", s.w.Crl(s.factory, {})),
            Through("line-1", s.root, {s.device, s.factory, s.root}));
  revocation.options.require_crl = true;
}

}  // namespace

std::vector<Scenario> AcceptedScenarios() {
  ScenarioSet s("accepted");
  AddGroups(s);
  AddIndividuals(s);
  AddKinds(s);
  AddPaths(s);
  return s.Take();
}

}  // namespace muster::test
