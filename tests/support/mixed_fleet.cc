#include "tests/support/mixed_fleet.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "engine/base/encoding.h"
#include "tests/support/adversarial_pki.h"
#include "tests/support/test_world.h"

namespace muster::test {
namespace {

using namespace std::chrono_literals;

OwnedChain Own(const Entity& leaf, const std::vector<Entity>& untrusted) {
  OwnedChain chain = {leaf.bytes()};
  for (const Entity& ca : untrusted) chain.push_back(ca.bytes());
  return chain;
}

// Fleets with planted faults, one for each kind of key.
void AddPlantedFleets(MixedFleet* fleet, RegistryContents* contents) {
  struct Kind {
    KeyKind key;
    std::uint64_t devices;
  };
  for (const Kind& kind : {Kind{KeyKind::kP256, 160}, Kind{KeyKind::kP384, 80},
                           Kind{KeyKind::kRsa2048, 60}, Kind{KeyKind::kRsa3072, 16},
                           Kind{KeyKind::kEd25519, 24}, Kind{KeyKind::kP521, 16}}) {
    const std::string prefix(NameOf(kind.key));
    FleetTemplate what;
    what.seed = prefix;
    what.devices = kind.devices;
    what.intermediates = 3;
    what.key = kind.key;
    what.at = fleet->at;
    what.fault_rate = 0.4;
    const auto planted = Must(DevelopmentFleet::Create(what));
    for (const FleetCa& ca : planted.cas()) {
      CaCertificate& registered = contents->cas.emplace_back();
      registered.name = prefix + "-" + ca.name;
      registered.der = ca.der;
      registered.status = ca.verified ? CaStatus::kVerified : CaStatus::kUnverified;
      if (ca.verified) registered.method = VerificationMethod::kProofOfPossession;
      if (!ca.group) continue;
      EnrollmentGroup& group = contents->groups.emplace_back();
      group.id = registered.name;
      group.enabled = ca.group_enabled;
      group.signing.primary_ca = registered.name;
    }
    for (std::uint64_t i = 0; i < kind.devices; ++i) {
      FleetDevice device = Must(planted.Device(i));
      if (device.denied) {
        contents->denied.emplace_back().fingerprint = Fingerprint::Of(device.chain.front());
      }
      fleet->chains.push_back(std::move(device.chain));
    }
  }
}

void Merge(const RegistryContents& from, RegistryContents* to) {
  const auto append = [](const auto& source, auto* target) {
    target->insert(target->end(), source.begin(), source.end());
  };
  append(from.cas, &to->cas);
  append(from.groups, &to->groups);
  append(from.individuals, &to->individuals);
  append(from.denied, &to->denied);
  append(from.crls, &to->crls);
}

// What planted fleets lack: several paths, several keys of one name, individuals, deny lists, CRLs,
// hashes and paddings that are not the key's natural ones.
void AddSpecialDevices(MixedFleet* fleet, RegistryContents* contents) {
  World w("mixed");
  const Entity root = w.Root("Root"), other = w.Root("Other"), stranger = w.Root("Stranger");
  const Entity line = w.Intermediate("Line", root), cross = w.CrossSigned(line, other);
  const Entity old_key = w.Intermediate("Rolled", root, {.key_label = "old"});
  const Entity new_key = w.Intermediate("Rolled", root, {.key_label = "new"});
  const Entity twin = w.CrossSigned(old_key, other);
  const Entity off = w.Intermediate("Off", root), off_cross = w.CrossSigned(off, other);
  const Entity strange = w.Intermediate("Strange", stranger);
  const Entity rsa = w.Intermediate("Rsa", root, {.key = KeyKind::kRsa2048});
  const Entity p384 = w.Intermediate("P384", root, {.key = KeyKind::kP384});
  const Entity crl_line = w.Intermediate("Revoking", root);

  RegistryBuilder registry;
  registry.Verified(root).Verified(other).Unverified(line, "line").Unverified(off, "off");
  registry.Group("line", line).Group("rolled", old_key, new_key).Group("off", off, {false});
  registry.Group("rsa", rsa).Group("p384", p384).Group("strange", strange);
  registry.Verified(crl_line, "revoking").Group("revoking", crl_line);

  const auto add = [&](const Entity& leaf, const std::vector<Entity>& untrusted) {
    fleet->chains.push_back(Own(leaf, untrusted));
  };
  for (int i = 0; i < 6; ++i) {
    const std::string n = std::to_string(i);
    add(w.Leaf("plain-" + n, line), {line});
    add(w.Leaf("crossed-" + n, line), {line, cross});
    add(w.Leaf("cross-only-" + n, line), {cross});
    add(w.Leaf("old-" + n, old_key), {new_key, old_key, twin});
    add(w.Leaf("new-" + n, new_key), {old_key, new_key});
    add(w.Leaf("nameless-" + n, new_key,
               [](CertificateTemplate& t) { t.authority_key_id = false; }),
        {old_key, new_key, twin});
    add(w.Leaf("off-" + n, off), {off, off_cross});
    add(w.Leaf("strange-" + n, strange), {strange});
    add(w.Leaf("sha384-" + n, line, [](CertificateTemplate& t) { t.hash = "SHA-384"; }), {line});
    add(w.Leaf("sha512-" + n, p384, [](CertificateTemplate& t) { t.hash = "SHA-512"; }), {p384});
    add(w.Leaf("sha256-" + n, p384, [](CertificateTemplate& t) { t.hash = "SHA-256"; }), {p384});
    add(w.Leaf("rsa512-" + n, rsa, [](CertificateTemplate& t) { t.hash = "SHA-512"; }), {rsa});
    add(w.Leaf("pss-" + n, rsa, [](CertificateTemplate& t) { t.pss = true; }), {rsa});
    add(w.Leaf("sha1-" + n, line, [](CertificateTemplate& t) { t.hash = "SHA-1"; }), {line});
    add(w.Leaf("late-" + n, line, [&](CertificateTemplate& t) { t.not_after = w.at() + 1h; }),
        {line});
    add(w.Leaf("p384-leaf-" + n, line, {.key = KeyKind::kP384}), {line});
  }
  const Entity pinned = w.Leaf("pinned", line), pretender = w.Leaf("pinned", off);
  const Entity named = w.Leaf("named", line), misnamed = w.Leaf("misnamed", line);
  const Entity blocked = w.Leaf("blocked", line), denied = w.Leaf("denied", line);
  const Entity serial = w.Leaf("serial", line), good = w.Leaf("good", crl_line);
  const Entity revoked = w.Leaf("revoked", crl_line);
  registry.Individual("pinned", pinned).IndividualByName("named", "line");
  registry.IndividualByName("misnamed", "off").IndividualByName("blocked", "line", {false});
  registry.Deny(denied).DenyByIssuerAndSerial(serial);
  registry.Crl("revoking", w.Crl(crl_line, {revoked}));
  for (const Entity& leaf : {pinned, named, misnamed, blocked, denied, serial}) add(leaf, {line});
  add(pretender, {off});
  add(good, {crl_line});
  add(revoked, {crl_line});
  Merge(registry.Build(), contents);
}

std::size_t Below(std::size_t bound, std::mt19937_64* random) {
  return std::uniform_int_distribution<std::size_t>(0, bound - 1)(*random);
}

const OwnedChain& AnyChain(const MixedFleet& fleet, std::mt19937_64* random) {
  return fleet.chains[Below(fleet.chains.size(), random)];
}

void SpoilOctets(Bytes* der, std::mt19937_64* random) {
  if (der->empty()) return;
  std::uint8_t& octet = (*der)[Below(der->size(), random)];
  switch (Below(6, random)) {
    case 0:
    case 1:
      octet = static_cast<std::uint8_t>(octet ^ 1u << Below(8, random));
      break;
    case 2:
      octet = static_cast<std::uint8_t>(Below(256, random));
      break;
    case 3:
      der->resize(Below(der->size(), random));
      break;
    case 4:
      der->push_back(static_cast<std::uint8_t>(Below(256, random)));
      break;
    default: {
      // Where the signature is: most of the octets that still parse.
      std::uint8_t& late = (*der)[der->size() - 1 - Below(std::min<std::size_t>(der->size(), 72),
                                                          random)];
      late = static_cast<std::uint8_t>(late ^ 1u << Below(8, random));
    }
  }
}

// The last 64 octets of another leaf: another device's signature, or most of it.
void TakeSignature(const OwnedChain& other, Bytes* leaf) {
  constexpr std::ptrdiff_t kSize = 64;
  if (other.empty() || std::ssize(other.front()) < kSize || std::ssize(*leaf) < kSize) return;
  std::copy(other.front().end() - kSize, other.front().end(), leaf->end() - kSize);
}

void SpoilCas(const OwnedChain& other, OwnedChain* chain, std::mt19937_64* random) {
  const std::size_t any = Below(chain->size(), random);
  switch (Below(5, random)) {
    case 0:
      SpoilOctets(&(*chain)[any], random);
      break;
    case 1:
      chain->erase(chain->begin() + static_cast<std::ptrdiff_t>(any));
      break;
    case 2:
      chain->push_back(Bytes((*chain)[any]));
      break;
    case 3:
      std::shuffle(chain->begin() + 1, chain->end(), *random);
      break;
    default:
      chain->insert(chain->end(), other.begin(), other.end());
      break;
  }
}

}  // namespace

PresentedChain Borrow(const OwnedChain& chain) {
  PresentedChain presented(chain.empty() ? ByteView() : ByteView(chain.front()));
  for (std::size_t i = 1; i < chain.size(); ++i) presented.AddUntrusted(chain[i]);
  return presented;
}

MixedFleet MakeMixedFleet() {
  MixedFleet fleet;
  fleet.at = World().at();
  RegistryContents contents;
  contents.service = "mixed";
  contents.generation = 7;
  AddPlantedFleets(&fleet, &contents);
  AddSpecialDevices(&fleet, &contents);
  fleet.chains.push_back({});
  fleet.chains.push_back({Bytes{}});
  fleet.snapshot = Must(RegistrySnapshot::Compile(std::move(contents)));
  return fleet;
}

MixedFleet MakeAdversarialFleet(std::uint64_t first_seed, std::uint64_t pkis,
                                std::uint64_t questions_of_a_pki) {
  MixedFleet fleet;
  fleet.at = AdversarialTime();
  RegistryBuilder registry;
  std::set<Fingerprint> held;  // One certificate, one enrollment.
  int names = 0;
  for (std::uint64_t seed = first_seed; seed < first_seed + pkis; ++seed) {
    const AdversarialPki pki(seed);
    AdversarialIssuer issuer;
    const auto entity = [&](std::size_t i) {
      const Bytes& der = issuer.Certificate(pki.plain().certificates[i]);
      return Entity("ca", der, Issuer{{}, AdversarialKey(0), {}});
    };
    for (const std::size_t i : pki.plain().anchors) {
      if (pki.plain().certificates[i].is_ca && held.insert(entity(i).fingerprint()).second) {
        const std::string name = "anchor-" + std::to_string(++names);
        registry.Verified(entity(i), name);
        if (names % 8 != 0) registry.GroupByName(name, name);
      }
    }
    for (const std::size_t i : pki.plain().untrusted) {
      if (!held.insert(entity(i).fingerprint()).second || ++names % 3 != 0) continue;
      registry.Group("group-" + std::to_string(names), entity(i),
                     RegistryBuilder::Enabled{names % 7 != 0});
    }
    for (std::uint64_t n = 0; n < questions_of_a_pki; ++n) {
      PeerQuestion made = issuer.Make(pki.Question(n));
      OwnedChain& chain = fleet.chains.emplace_back();
      chain.push_back(std::move(made.target));
      for (Bytes& der : made.untrusted) chain.push_back(std::move(der));
    }
  }
  fleet.snapshot = registry.Snapshot();
  return fleet;
}

OwnedChain Spoil(const MixedFleet& fleet, std::mt19937_64* random) {
  OwnedChain chain = AnyChain(fleet, random);
  if (chain.empty()) return chain;
  const OwnedChain& other = AnyChain(fleet, random);
  // Seldom the CA certificates: each other set of them is compiled anew, which takes far longer than
  // a leaf, and ends before any signature of one is asked for.
  if (Below(32, random) == 0) {
    SpoilCas(other, &chain, random);
    return chain;
  }
  switch (Below(8, random)) {
    case 0:
      break;
    case 1:
      TakeSignature(other, &chain.front());
      break;
    case 2:
      if (!other.empty()) chain.front() = other.front();
      break;
    default:
      SpoilOctets(&chain.front(), random);
      break;
  }
  return chain;
}

std::string ToText(const OwnedChain& chain) {
  std::string text;
  for (const Bytes& der : chain) text += base::HexLower(der) + "\n";
  return text;
}

}  // namespace muster::test
