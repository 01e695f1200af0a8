#include "tests/support/hostile_chains.h"

#include <algorithm>
#include <utility>

#include "engine/pki/der_writer.h"
#include "tests/unit/path/extension_writer.h"

namespace muster::test {
namespace {

using path::Name;

// Octets of extensions that a certificate has room for, beside the rest of it.
constexpr int kRoom = 63'000;

std::string Numbered(std::string_view text, int i) { return std::string(text) + std::to_string(i); }

// Without key identifiers, so that names alone choose.
Edit NoKeyIds(Edit then = {}) {
  return [then](CertificateTemplate& t) {
    t.subject_key_id = t.authority_key_id = false;
    if (then) then(t);
  };
}

Edit With(std::vector<RawExtension> extensions) {
  return [extensions = std::move(extensions)](CertificateTemplate& t) {
    t.extensions.insert(t.extensions.end(), extensions.begin(), extensions.end());
  };
}

// Every subject under every other subject's key.
std::vector<Entity> MeshOf(World* world, const std::vector<Entity>& roots) {
  std::vector<Entity> mesh;
  for (std::size_t distance = 1; distance < roots.size(); ++distance) {
    for (std::size_t i = 0; i < roots.size(); ++i) {
      mesh.push_back(world->CrossSigned(roots[i], roots[(i + distance) % roots.size()]));
    }
  }
  return mesh;
}

Bytes NameOf(const std::string& common_name) {
  return Must(EncodeName({{"2.5.4.3", common_name, NameAttribute::StringKind::kUtf8}}));
}

// The i-th name of a form, of `size` characters where the form allows it. Names that a certificate
// has are long and never the same as a constraint's, but alike as long as can be where that costs
// the most.
Name NameOfForm(NameForm form, const std::string& tail, std::size_t size) {
  switch (form) {
    case NameForm::kDns: {
      std::string text = tail + ".example";
      while (text.size() < size) text.insert(0, "a.");
      return path::Dns(text);
    }
    case NameForm::kDnsAlike:
      // The difference stands at the end that is compared last.
      return path::Dns(tail + std::string(std::max<std::size_t>(size, tail.size()) - tail.size(),
                                          'a'));
    case NameForm::kEmail:
      return path::Email(std::string(std::max<std::size_t>(size, 20) - 20, 'a') + "@" + tail +
                         ".example");
    case NameForm::kUri:
      return path::Uri("x://" + tail + ".example/" + std::string(size, 'a'));
    case NameForm::kDirectory:
      return path::Directory(NameOf(std::string(size, 'a') + tail));
    case NameForm::kMixed:
      return path::Dns(tail);
  }
  return path::Dns(tail);
}

// The presented certificates of a CA: the same subject and key, `count` times.
std::vector<Entity> Twins(World* world, const std::string& name, const Entity& issuer, int count,
                          const std::vector<RawExtension>& extensions) {
  std::vector<Entity> twins;
  for (int i = 0; i < count; ++i) {
    twins.push_back(world->Intermediate(name, issuer, [&](CertificateTemplate& t) {
      With(extensions)(t);
      t.not_after -= std::chrono::seconds(i);
    }));
  }
  return twins;
}

}  // namespace

HostileChain NormalChain() {
  auto world = std::make_shared<World>("hostile");
  const Entity root = world->Root("Root"), factory = world->Intermediate("Factory", root);
  const Entity leaf = world->Leaf("device", factory);
  return {world, leaf, {factory}, RegistryBuilder().Verified(root).Group("g", factory).Snapshot()};
}

HostileChain Namesakes(int count, KeyKind key) {
  auto world = std::make_shared<World>("hostile", key);
  RegistryBuilder registry;
  const Entity root = world->Root("Root");
  registry.Verified(root).Group("g", root);
  for (int i = 0; i < count; ++i) {
    registry.Unverified(
        world->Root("Namesake", {.key_label = Numbered("key ", i), .edit = NoKeyIds()}),
        Numbered("namesake-", i));
  }
  const Entity issuer =
      world->Root("Namesake", {.key_label = "the issuer's", .edit = NoKeyIds()});
  const Entity middle = world->Intermediate("Middle", issuer, NoKeyIds());
  return {world, world->Leaf("device", middle), {middle}, registry.Snapshot(),
          RejectReason::kBudgetExhausted};
}

HostileChain RegisteredMesh(int size) {
  auto world = std::make_shared<World>("hostile");
  std::vector<Entity> roots;
  for (int i = 0; i < size; ++i) roots.push_back(world->Root(Numbered("Mesh ", i)));
  RegistryBuilder registry;
  int number = 0;
  for (const Entity& ca : MeshOf(world.get(), roots)) {
    registry.Unverified(ca, Numbered("mesh-", number++));
  }
  const Entity leaf = world->Leaf("device", roots.front());
  return {world, leaf, {}, registry.Snapshot(), RejectReason::kBudgetExhausted};
}

HostileChain PresentedMesh() {
  auto world = std::make_shared<World>("hostile");
  std::vector<Entity> roots;
  for (int i = 0; i < 4; ++i) roots.push_back(world->Root(Numbered("Mesh ", i)));
  std::vector<Entity> mesh = MeshOf(world.get(), roots);
  mesh.erase(mesh.begin() + kUntrustedMax, mesh.end());
  const Entity root = world->Root("Root");
  const Entity leaf = world->Leaf("device", roots.front());
  return {world, leaf, mesh, RegistryBuilder().Verified(root).Group("g", root).Snapshot(),
          RejectReason::kIssuerNotFound};
}

HostileChain LongPath(int levels) {
  auto world = std::make_shared<World>("hostile");
  const Entity root = world->Root("Root");
  RegistryBuilder registry;
  registry.Verified(root).Group("g", root);
  Entity last = root;
  for (int i = 0; i < levels; ++i) {
    last = world->Intermediate(Numbered("Level ", i), last);
    registry.Unverified(last, Numbered("level-", i));
  }
  HostileChain chain{world, world->Leaf("device", last), {}, registry.Snapshot(),
                     RejectReason::kBudgetExhausted};
  chain.options.links = LinkSource::kRegistry;
  return chain;
}

HostileChain ManyPaths(std::vector<RawExtension> extensions,
                       std::vector<RawExtension> leaf_extensions, RejectReason expected) {
  auto world = std::make_shared<World>("hostile");
  const Entity root = world->Root("Root");
  std::vector<Entity> presented;
  Entity issuer = root;
  // 2 * 2 * 3 * 3 paths: of ten certificates no product is greater.
  int level = 0;
  for (const int count : {2, 2, 3, 3}) {
    const auto twins =
        Twins(world.get(), Numbered("Level ", level++), issuer, count, extensions);
    presented.insert(presented.end(), twins.begin(), twins.end());
    issuer = twins.front();
  }
  const Entity leaf = world->Leaf("device", issuer, With(std::move(leaf_extensions)));
  return {world, leaf, presented, RegistryBuilder().Verified(root).Group("g", root).Snapshot(),
          expected};
}

RawExtension ManyConstraints(NameForm form) {
  // Alike names cost the most where they are long, others where they are many.
  const std::size_t size = form == NameForm::kDnsAlike ? 120 : 4;
  std::vector<Name> bases;
  if (form == NameForm::kMixed) {
    bases.assign(kRoom / 12, path::Ip({10, 0, 0, 0, 255, 255, 255, 255}));
    bases.push_back(path::Dns("example"));
    return path::NameConstraints({}, bases);
  }
  for (int i = 0, octets = 0; octets < kRoom; ++i) {
    const std::string tail = Numbered("c", i);
    bases.push_back(form == NameForm::kEmail || form == NameForm::kUri
                        ? Name{NameOfForm(form, tail, 0).tag, path::TextOf(tail + ".b")}
                        : NameOfForm(form, tail, size));
    octets += static_cast<int>(bases.back().content.size()) + 5;
  }
  bases.pop_back();
  return path::NameConstraints({}, bases);
}

RawExtension ManyNames(NameForm form, int names) {
  if (form == NameForm::kMixed) names = kRoom / 9;
  const std::size_t size =
      form == NameForm::kDnsAlike ? 121 : static_cast<std::size_t>(std::max(kRoom / names - 32, 0));
  std::vector<Name> list;
  for (int i = 0; i < names; ++i) list.push_back(NameOfForm(form, Numbered("n", i), size));
  return path::SubjectAltName(list);
}

HostileChain Constraints(NameForm form, int names) {
  auto world = std::make_shared<World>("hostile");
  const Entity root = world->Root("Root");
  const Entity ca = world->Intermediate("Constrained", root, With({ManyConstraints(form)}));
  const Entity leaf = world->Leaf("device", ca, With({ManyNames(form, names)}));
  return {world, leaf, {ca}, RegistryBuilder().Verified(root).Group("g", ca).Snapshot()};
}

std::vector<RawExtension> PoliciesAndMappings(int count) {
  std::vector<std::string> policies;
  std::vector<std::pair<std::string, std::string>> mappings;
  for (int i = 0; i < count; ++i) {
    policies.push_back(Numbered("1.2.", i));
    mappings.emplace_back(Numbered("1.2.", i), Numbered("1.2.", (i * 7 + 1) % count));
  }
  return {path::Policies(policies), path::PolicyMappings(mappings)};
}

HostileChain ManyPolicies() {
  auto world = std::make_shared<World>("hostile");
  const Entity root = world->Root("Root");
  const Entity ca = world->Intermediate("Policies", root, With(PoliciesAndMappings(2'800)));
  const Entity below = world->Intermediate("Below", ca, With(PoliciesAndMappings(2'800)));
  return {world,
          world->Leaf("device", below),
          {ca, below},
          RegistryBuilder().Verified(root).Group("g", ca).Snapshot(),
          RejectReason::kBudgetExhausted};
}

HostileChain LargeCertificates() {
  auto world = std::make_shared<World>("hostile");
  const Edit large = With({{"1.3.6.1.4.1.99999.1", false, Bytes(kRoom, 0x5a)}});
  const Entity root = world->Root("Root");
  const Entity factory = world->Intermediate("Factory", root, large);
  std::vector<Entity> presented = {factory};
  while (presented.size() < kUntrustedMax) {
    presented.push_back(
        world->Root(Numbered("Other ", static_cast<int>(presented.size())), large));
  }
  const Entity leaf = world->Leaf("device", factory, large);
  return {world, leaf, presented,
          RegistryBuilder().Verified(root).Group("g", factory).Snapshot()};
}

HostileChain LongNames() {
  auto world = std::make_shared<World>("hostile");
  const Entity root = world->Root("Root");
  pki::DerWriter rdns;
  const Bytes type = path::OidOf("2.5.4.11");
  const auto attribute = [&](pki::DerWriter& set, const std::string& value) {
    set.Nest(der::kSequence, [&](pki::DerWriter& pair) {
      pair.AddOid(type).Add(der::kUtf8String, path::TextOf(value));
    });
  };
  rdns.Nest(der::kSet, [&](pki::DerWriter& set) {
    for (int i = 999; i > 500; --i) attribute(set, Numbered("a", i));
  });
  // The name stands in three places.
  while (rdns.octets().size() < kRoom / 3) {
    rdns.Nest(der::kSet, [&](pki::DerWriter& set) { attribute(set, " A  B "); });
  }
  const Bytes name = pki::DerWriter().Add(der::kSequence, rdns.octets()).Take();
  const Entity ca = world->Intermediate(
      "Long", root, [&](CertificateTemplate& t) { t.subject_der = name; });
  const Entity below = world->Intermediate("Below", ca);
  return {world,
          world->Leaf("device", below),
          {ca, below},
          RegistryBuilder().Verified(root).Group("g", ca).Snapshot()};
}

HostileChain ManyCrls(int count) {
  HostileChain chain = NormalChain();
  const Entity& factory = chain.presented.front();
  RegistryBuilder registry;
  registry.Verified(chain.world->Root("Root")).Unverified(factory).Group("g", factory);
  for (int i = 0; i < count; ++i) {
    registry.Crl("factory", chain.world->Crl(factory, {}, [&](CrlTemplate& t) {
      t.extensions.push_back(path::IssuingDistributionPoint(
          {.full_name = {path::Uri(Numbered("http://crl.example/", i))}}));
    }));
  }
  chain.snapshot = registry.Snapshot();
  return chain;
}

HostileChain ManyPoints(int points, int crls) {
  HostileChain chain = ManyCrls(crls);
  std::vector<path::Point> list;
  for (int i = 0; i < points; ++i) list.push_back({.full_name = {path::Uri(Numbered("u:", i))}});
  chain.leaf = chain.world->Leaf("device", chain.presented.front(),
                                 With({path::CrlDistributionPoints(list)}));
  return chain;
}

HostileChain LargeCrl(int entries) {
  HostileChain chain = NormalChain();
  const Entity& factory = chain.presented.front();
  const Bytes crl = chain.world->Crl(factory, {}, [&](CrlTemplate& t) {
    for (int i = 0; i < entries; ++i) {
      t.revoked.push_back({{0x40, static_cast<std::uint8_t>(i >> 16),
                            static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)},
                           chain.world->at() - std::chrono::days{2},
                           {},
                           {}});
    }
  });
  chain.snapshot = RegistryBuilder()
                       .Verified(chain.world->Root("Root"))
                       .Unverified(factory)
                       .Group("g", factory)
                       .Crl("factory", crl)
                       .Snapshot();
  return chain;
}

HostileChain AlikeCrlEntries(int entries) {
  HostileChain chain = NormalChain();
  const Entity& factory = chain.presented.front();
  const ByteView serial = chain.leaf.view().serial();
  const Bytes crl = chain.world->Crl(factory, {}, [&](CrlTemplate& t) {
    t.extensions.push_back(path::IssuingDistributionPoint({.indirect = true}));
    for (int i = 0; i < entries; ++i) {
      t.revoked.push_back({Bytes(serial.begin(), serial.end()),
                           chain.world->at() - std::chrono::days{2},
                           {},
                           {path::CertificateIssuer(NameOf(Numbered("Other ", i)))}});
    }
  });
  chain.snapshot = RegistryBuilder()
                       .Verified(chain.world->Root("Root"))
                       .Unverified(factory)
                       .Group("g", factory)
                       .Crl("factory", crl)
                       .Snapshot();
  return chain;
}

}  // namespace muster::test
