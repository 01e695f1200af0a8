// Chains and registries that make a decision as expensive as its kind can be: path bombs, meshes,
// names times constraints, policies times mappings, thousands of certificates, of CRLs, of entries.
// tests/bounds holds each to its budget; bench/bounds_bench.cc says what each costs.
#ifndef MUSTER_TESTS_SUPPORT_HOSTILE_CHAINS_H_
#define MUSTER_TESTS_SUPPORT_HOSTILE_CHAINS_H_

#include <memory>
#include <string>
#include <vector>

#include "muster/options.h"
#include "tests/support/test_world.h"

namespace muster::test {

// What is presented, to which service, and what must come of it.
struct HostileChain {
  std::shared_ptr<World> world;  // Keeps the octets alive.
  Entity leaf;
  std::vector<Entity> presented;
  std::shared_ptr<const RegistrySnapshot> snapshot;
  RejectReason expected = RejectReason::kNone;  // kNone: it is accepted.
  AuthenticationOptions options = {};

  PresentedChain Chain() const { return Presented(leaf, presented); }
};

// Three levels, as devices have them: what the others are compared with.
HostileChain NormalChain();

// `count` registered CAs share the name of the leaf's issuer, and no key identifier chooses.
HostileChain Namesakes(int count, KeyKind key = KeyKind::kP256);
// `size` registered CAs, each of which certified every other one.
HostileChain RegisteredMesh(int size);
// The same, of as many certificates as a device may present.
HostileChain PresentedMesh();
// `levels` CAs above one another, all of them registered.
HostileChain LongPath(int levels);

// As many valid paths as a device can present: four CAs above one another under a verified root,
// each in two or three certificates. Every one of these carries `extensions`.
HostileChain ManyPaths(std::vector<RawExtension> extensions = {},
                       std::vector<RawExtension> leaf_extensions = {},
                       RejectReason expected = RejectReason::kNone);

// kMixed: addresses excluded, and as many names of hosts as there is room for.
enum class NameForm { kDns, kDnsAlike, kEmail, kUri, kDirectory, kMixed };
inline constexpr NameForm kNameForms[] = {NameForm::kDns,  NameForm::kDnsAlike,
                                          NameForm::kEmail, NameForm::kUri,
                                          NameForm::kDirectory, NameForm::kMixed};
// A CA that excludes as many names of one form as a certificate has room for, and a leaf with
// `names` names, as long as there is room.
HostileChain Constraints(NameForm form, int names);
// The extensions of such a CA and of such a leaf.
RawExtension ManyConstraints(NameForm form);
RawExtension ManyNames(NameForm form, int names);

// A CA with as many policies and mappings as a certificate has room for.
HostileChain ManyPolicies();
std::vector<RawExtension> PoliciesAndMappings(int count);

// A leaf and ten presented certificates, each of nearly 64 KiB: one extension that nobody knows.
HostileChain LargeCertificates();
// A CA whose name has thousands of RDNs, one of them with hundreds of attributes.
HostileChain LongNames();

// The leaf's issuer has `count` CRLs, of one distribution point each.
HostileChain ManyCrls(int count);
// The same, and the leaf has `points` distribution points.
HostileChain ManyPoints(int points, int crls);
// The leaf's issuer has a CRL of `entries` entries.
HostileChain LargeCrl(int entries);
// The same, of entries that all have the leaf's serial number, for other issuers.
HostileChain AlikeCrlEntries(int entries);

}  // namespace muster::test

#endif  // MUSTER_TESTS_SUPPORT_HOSTILE_CHAINS_H_
