// Random registries that change, random chains: an authenticator that has seen everything (warm),
// one that has seen nothing (fresh), and the model agree on every verdict. MUSTER_ROLL_UP_WORLDS
// says how many worlds are tried, MUSTER_ROLL_UP_SEED where they start.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "muster/authenticator.h"
#include "tests/property/roll_up_model.h"
#include "tests/support/setting.h"
#include "tests/support/test_world.h"

namespace muster::test {
namespace {

using namespace std::chrono_literals;

using Random = std::mt19937_64;
std::size_t Below(std::size_t bound, Random* random) { return (*random)() % bound; }
bool OneIn(std::size_t n, Random* random) { return Below(n, random) == 0; }

// The model's times: 0 is w.at(), each further one an hour later.
constexpr int kTimes = 3;
constexpr auto kHour = 3'600s;

// A model's world in real certificates.
class RealWorld {
 public:
  explicit RealWorld(std::uint64_t seed)
      : random_(seed), w_("roll-up-" + std::to_string(seed % 8)) {
    DrawCas();
    for (int i = 0; i < 8; ++i) AddLeaf(static_cast<int>(Below(ca_count_, &random_)));
  }

  const ModelWorld& model() const { return model_; }
  const std::vector<Entity>& cas() const { return cas_; }
  const std::vector<Entity>& leaves() const { return leaves_; }
  const Entity& spare_leaf() const { return *spare_leaf_; }
  UnixTime TimeOf(int at) const { return w_.at() + at * kHour; }
  // A certificate of the CA, for issuing CRLs.
  const Entity& AnyCertificateOf(int ca) const {
    for (std::size_t i = 0; i < cas_.size(); ++i) {
      if (model_.cas[i].subject == ca) return cas_[i];
    }
    throw std::logic_error("a CA without certificate");
  }
  World& w() { return w_; }
  Random* random() { return &random_; }

  RegistryContents Contents(const ModelRegistry& registry, std::uint64_t generation);

 private:
  static constexpr std::size_t kRoots = 2, kMiddle = 4;

  // CA 0 and 1 are roots; the others have one or two issuers; the last is a CA of an older one's
  // name with another key, certified by it (key rollover).
  void DrawCas() {
    std::vector<Entity> first;  // Of each CA.
    for (std::size_t i = 0; i < kRoots; ++i) {
      const int path_len = static_cast<int>(Below(6, &random_));
      first.push_back(Add(
          w_.Root("Root " + std::to_string(i), Drawn(path_len)),
          {.subject = static_cast<int>(i), .issuer = static_cast<int>(i), .self_issued = true}));
    }
    for (std::size_t i = kRoots; i < kRoots + kMiddle; ++i) {
      const std::size_t issuer = Below(i, &random_);
      const int path_len = static_cast<int>(Below(6, &random_));
      first.push_back(
          Add(w_.Intermediate("Ca " + std::to_string(i), first[issuer], Drawn(path_len)),
              {.subject = static_cast<int>(i), .issuer = static_cast<int>(issuer)}));
    }
    const std::size_t old_key = kRoots + Below(kMiddle, &random_);
    first.push_back(Add(
        w_.Intermediate("Ca " + std::to_string(old_key), first[old_key], {.key_label = "new key"}),
        {.subject = static_cast<int>(first.size()),
         .issuer = static_cast<int>(old_key),
         .self_issued = true}));
    model_.namesakes = {static_cast<int>(old_key), static_cast<int>(first.size()) - 1};
    ca_count_ = first.size();
    // Cross-signed, cycles included.
    for (int i = 0; i < 7; ++i) {
      const std::size_t subject = Below(ca_count_ - 1, &random_);
      const std::size_t issuer = Below(ca_count_ - 1, &random_);
      if (subject == issuer) continue;
      const int good_until = DrawGoodUntil();
      // The serial number tells it from the first certificate of the same issuer.
      const auto edit = [&, i](CertificateTemplate& t) {
        t.serial = {0x11, static_cast<std::uint8_t>(i)};
        if (good_until < kTimes) t.not_after = TimeOf(good_until);
      };
      Add(w_.CrossSigned(first[subject], first[issuer], edit),
          {.subject = static_cast<int>(subject), .issuer = static_cast<int>(issuer)}, good_until);
    }
  }

  int DrawGoodUntil() {
    return OneIn(4, &random_) ? static_cast<int>(Below(kTimes - 1, &random_)) : kTimes;
  }

  // path_len 0 to 2 is one; more is none.
  Options Drawn(int path_len) {
    drawn_path_len_ = path_len <= 2 ? std::optional(path_len) : std::nullopt;
    drawn_good_until_ = DrawGoodUntil();
    Options options{.path_len = drawn_path_len_};
    if (drawn_good_until_ < kTimes) {
      const UnixTime end = TimeOf(drawn_good_until_);
      options.edit = [end](CertificateTemplate& t) { t.not_after = end; };
    }
    return options;
  }

  Entity Add(const Entity& entity, ModelCertificate model) {
    model.path_len = std::exchange(drawn_path_len_, {});
    return Add(entity, model, std::exchange(drawn_good_until_, kTimes));
  }
  Entity Add(const Entity& entity, ModelCertificate model, int good_until) {
    model.good_until = good_until;
    model_.cas.push_back(model);
    cas_.push_back(entity);
    return entity;
  }

  void AddLeaf(int issuer) {
    const int good_until = DrawGoodUntil();
    const auto edit = [&](CertificateTemplate& t) {
      if (good_until < kTimes) t.not_after = TimeOf(good_until);
    };
    const std::string name = "device-" + std::to_string(leaves_.size());
    leaves_.push_back(w_.Leaf(name, AnyCertificateOf(issuer), edit));
    model_.leaves.push_back({.issuer = issuer, .good_until = good_until});
    if (!spare_leaf_) spare_leaf_ = std::make_unique<Entity>(w_.Leaf("spare", AnyCertificateOf(0)));
  }

  Random random_;
  World w_;
  ModelWorld model_;
  std::vector<Entity> cas_, leaves_;
  std::unique_ptr<Entity> spare_leaf_;
  std::size_t ca_count_ = 0;
  std::optional<int> drawn_path_len_;
  int drawn_good_until_ = kTimes;
};

std::string CaName(int certificate) { return "ca-" + std::to_string(certificate); }

RegistryContents RealWorld::Contents(const ModelRegistry& registry, std::uint64_t generation) {
  RegistryBuilder builder;
  for (const auto& [i, verified] : registry.registered) {
    const Entity& ca = cas_[static_cast<std::size_t>(i)];
    verified ? builder.Verified(ca, CaName(i)) : builder.Unverified(ca, CaName(i));
  }
  RegistryContents contents = builder.Build();
  contents.generation = generation;
  for (const auto& [id, group] : registry.groups) {
    const auto der = [&](std::size_t k) {
      return k < group.certificates.size()
                 ? cas_[static_cast<std::size_t>(group.certificates[k])].bytes()
                 : Bytes{};
    };
    contents.groups.push_back(
        {"group-" + std::to_string(id), group.enabled, {der(0), der(1), {}, {}}, "1"});
  }
  for (const auto& [leaf, individual] : registry.individuals) {
    SigningCertificates attestation;
    switch (individual.kind) {
      case ModelIndividual::Kind::kPinsLeaf:
        attestation.primary = leaves_[static_cast<std::size_t>(leaf)].bytes();
        break;
      case ModelIndividual::Kind::kPinsOther:
        // Nobody's certificate, one for each individual: a certificate belongs to one at most.
        attestation.primary =
            w_.SelfSignedLeaf("nobody-" + std::to_string(leaf), {.key_label = "nobody"}).bytes();
        break;
      case ModelIndividual::Kind::kNamesCa:
        attestation.primary_ca = CaName(individual.ca_certificate);
        break;
    }
    contents.individuals.push_back(
        {"device-" + std::to_string(leaf), individual.enabled, attestation, "1"});
  }
  for (const int leaf : registry.denied) {
    const Entity& entity = leaves_[static_cast<std::size_t>(leaf)];
    DenyEntry& entry = contents.denied.emplace_back();
    if (leaf % 2 == 0) {
      entry.fingerprint = entity.fingerprint();
    } else {
      entry.issuer = Bytes(entity.view().issuer().begin(), entity.view().issuer().end());
      entry.serial = Bytes(entity.view().serial().begin(), entity.view().serial().end());
    }
  }
  for (const auto& [ca, revoked] : registry.crls) {
    std::vector<Entity> entities;
    for (const int i : revoked) {
      entities.push_back(i >= 0 ? cas_[static_cast<std::size_t>(i)]
                                : leaves_[static_cast<std::size_t>(-1 - i)]);
    }
    // Held for any registered CA: what counts is who signed it.
    if (registry.registered.empty()) continue;
    contents.crls.push_back(
        {CaName(registry.registered.begin()->first), w_.Crl(AnyCertificateOf(ca), entities), "1"});
  }
  return contents;
}

// One change of a registry, of any kind. Keeps to the registry's rules: a certificate belongs to
// one enrollment, and an individual refers to a CA that is registered.
class Changer {
 public:
  explicit Changer(RealWorld* real) : world_(real->model()), random_(*real->random()) {}

  std::string Change(ModelRegistry* registry) {
    using Step = std::string (Changer::*)(ModelRegistry*);
    static constexpr Step kSteps[] = {
        &Changer::Register,  &Changer::Verify,        &Changer::Verify,   &Changer::Unverify,
        &Changer::Delete,    &Changer::PutGroup,      &Changer::PutGroup, &Changer::Toggle,
        &Changer::DropGroup, &Changer::Deny,          &Changer::PutCrl,   &Changer::PutIndividual,
        &Changer::DropCrl,   &Changer::DropIndividual};
    return (this->*kSteps[Below(std::size(kSteps), &random_)])(registry);
  }

 private:
  int AnyCertificate() { return static_cast<int>(Below(world_.cas.size(), &random_)); }
  int AnyLeaf() { return static_cast<int>(Below(world_.leaves.size(), &random_)); }

  std::string Register(ModelRegistry* r) {
    const int c = AnyCertificate();
    r->registered.try_emplace(c, false);
    return "registers " + std::to_string(c);
  }
  std::string Verify(ModelRegistry* r) {
    const int c = AnyCertificate();
    r->registered[c] = true;
    return "verifies " + std::to_string(c);
  }
  std::string Unverify(ModelRegistry* r) {
    const int c = AnyCertificate();
    if (r->registered.contains(c)) r->registered[c] = false;
    return "unverifies " + std::to_string(c);
  }
  std::string Delete(ModelRegistry* r) {
    const int c = AnyCertificate();
    const bool is_named = std::any_of(r->individuals.begin(), r->individuals.end(), [&](auto& i) {
      return i.second.kind == ModelIndividual::Kind::kNamesCa && i.second.ca_certificate == c;
    });
    if (!is_named) r->registered.erase(c);
    if (r->registered.empty()) r->crls.clear();
    return "deletes " + std::to_string(c);
  }
  std::string PutGroup(ModelRegistry* r) {
    const int id = static_cast<int>(Below(4, &random_));
    r->groups.erase(id);
    ModelGroup group;
    group.enabled = !OneIn(3, &random_);
    for (std::size_t k = 1 + Below(2, &random_); k-- > 0;) {
      const int c = AnyCertificate();
      const auto has = [&](const ModelGroup& other) {
        return std::find(other.certificates.begin(), other.certificates.end(), c) !=
               other.certificates.end();
      };
      const bool taken = has(group) || std::any_of(r->groups.begin(), r->groups.end(),
                                                   [&](auto& g) { return has(g.second); });
      if (!taken) group.certificates.push_back(c);
    }
    if (!group.certificates.empty()) r->groups[id] = group;
    return "puts group " + std::to_string(id);
  }
  std::string Toggle(ModelRegistry* r) {
    const auto found = r->groups.find(static_cast<int>(Below(4, &random_)));
    if (found != r->groups.end()) found->second.enabled = !found->second.enabled;
    return "toggles a group";
  }
  std::string DropGroup(ModelRegistry* r) {
    r->groups.erase(static_cast<int>(Below(4, &random_)));
    return "drops a group";
  }
  std::string Deny(ModelRegistry* r) {
    const int leaf = AnyLeaf();
    if (!r->denied.erase(leaf) && OneIn(2, &random_)) r->denied.insert(leaf);
    return "denies or allows " + std::to_string(leaf);
  }
  std::string PutCrl(ModelRegistry* r) {
    if (r->registered.empty()) return "nothing";
    const int ca = world_.cas[static_cast<std::size_t>(AnyCertificate())].subject;
    std::set<int>& revoked = r->crls[ca];
    revoked.clear();
    for (int c = 0; c < static_cast<int>(world_.cas.size()); ++c) {
      const ModelCertificate& plan = world_.cas[static_cast<std::size_t>(c)];
      if (plan.issuer == ca && plan.subject != ca && OneIn(4, &random_)) revoked.insert(c);
    }
    for (int leaf = 0; leaf < static_cast<int>(world_.leaves.size()); ++leaf) {
      const bool own = world_.leaves[static_cast<std::size_t>(leaf)].issuer == ca;
      if (own && OneIn(4, &random_)) revoked.insert(-1 - leaf);
    }
    return "puts a CRL of CA " + std::to_string(ca);
  }
  std::string DropCrl(ModelRegistry* r) {
    if (!r->crls.empty()) r->crls.erase(r->crls.begin());
    return "drops a CRL";
  }
  std::string PutIndividual(ModelRegistry* r) {
    const int leaf = AnyLeaf();
    ModelIndividual individual{.kind = static_cast<ModelIndividual::Kind>(Below(3, &random_)),
                               .enabled = !OneIn(4, &random_)};
    if (individual.kind == ModelIndividual::Kind::kNamesCa) {
      if (r->registered.empty()) return "nothing";
      auto it = r->registered.begin();
      std::advance(it, Below(r->registered.size(), &random_));
      individual.ca_certificate = it->first;
    }
    r->individuals[leaf] = individual;
    return "puts individual " + std::to_string(leaf);
  }
  std::string DropIndividual(ModelRegistry* r) {
    r->individuals.erase(AnyLeaf());
    return "drops an individual";
  }

  const ModelWorld& world_;
  Random& random_;
};

struct Tally {
  std::uint64_t decisions = 0, accepted = 0, reasons_compared = 0;
  std::set<RejectReason> reasons;
};

// One world under one set of options, and one authenticator that sees all of it.
class Comparison {
 public:
  Comparison(std::uint64_t seed, Tally* tally)
      : seed_(seed), real_(seed), changer_(&real_), tally_(*tally) {
    options_.links = OneIn(2, real_.random()) ? LinkSource::kPresented : LinkSource::kRegistry;
    options_.any_disabled_blocks = OneIn(3, real_.random());
    options_.require_crl = OneIn(4, real_.random());
    engine_options_.links = options_.links;
    engine_options_.any_disabled_blocks = options_.any_disabled_blocks;
    engine_options_.require_crl = options_.require_crl;
    // As good as no budget: the model has none.
    engine_options_.budget = {.signatures_max = 10'000, .path_steps_max = 100'000};
    for (int i = 0; i < 20; ++i) changer_.Change(&registry_);
    for (int i = 0; i < 12; ++i) DrawChain();
    warm_ = std::make_unique<Authenticator>(Snapshot(), engine_options_);
  }

  void Run(int changes) {
    for (int change = 0; change < changes && !testing::Test::HasFatalFailure(); ++change) {
      const std::string what = changer_.Change(&registry_);
      const auto snapshot = Snapshot();
      warm_->Swap(snapshot);
      const Authenticator fresh(snapshot, engine_options_);
      for (int at = 0; at < kTimes; ++at) {
        CompareAll(fresh, at,
                   "seed " + std::to_string(seed_) + ", change " + std::to_string(change) + " (" +
                       what + "), time " + std::to_string(at));
        // Once more: what was decided may be found again, at this time or another.
        CompareAll(fresh, at, "again, seed " + std::to_string(seed_));
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  }

 private:
  struct Chain {
    int leaf;
    std::vector<int> sent;
  };

  void DrawChain() {
    Chain chain{static_cast<int>(Below(real_.leaves().size(), real_.random())), {}};
    for (int c = 0; c < static_cast<int>(real_.cas().size()); ++c) {
      if (!OneIn(3, real_.random())) chain.sent.push_back(c);
    }
    for (std::size_t i = chain.sent.size(); i > 1; --i) {
      std::swap(chain.sent[i - 1], chain.sent[Below(i, real_.random())]);
    }
    if (chain.sent.size() > kUntrustedMax) chain.sent.resize(kUntrustedMax);
    chains_.push_back(chain);
  }

  std::shared_ptr<const RegistrySnapshot> Snapshot() {
    return Must(RegistrySnapshot::Compile(real_.Contents(registry_, ++generation_)));
  }

  PresentedChain Present(const Chain& chain) const {
    PresentedChain presented(real_.leaves()[static_cast<std::size_t>(chain.leaf)].der());
    for (const int c : chain.sent) {
      presented.AddUntrusted(real_.cas()[static_cast<std::size_t>(c)].der());
    }
    return presented;
  }

  void CompareAll(const Authenticator& fresh, int at, const std::string& when) {
    std::vector<PresentedChain> presented;
    for (const Chain& chain : chains_) presented.push_back(Present(chain));
    std::vector<Verdict> batch(chains_.size());
    warm_->AuthenticateBatch(presented, real_.TimeOf(at), batch);
    for (std::size_t i = 0; i < chains_.size(); ++i) {
      const Chain& chain = chains_[i];
      const Verdict alone = fresh.Authenticate(presented[i], real_.TimeOf(at));
      ASSERT_EQ(batch[i], alone) << when << ", chain " << i << ": " << NameOf(batch[i].reason)
                                 << " warm, " << NameOf(alone.reason) << " fresh";
      const ModelVerdict expected = Decide(real_.model(), registry_, options_, chain.leaf,
                                           {chain.sent.begin(), chain.sent.end()}, at);
      ASSERT_EQ(alone.accepted(), expected.accepted)
          << when << ", chain " << i << ": the engine says " << NameOf(alone.reason)
          << ", the model " << NameOf(expected.reason) << "\n"
          << Written(chain);
      ++tally_.decisions;
      tally_.accepted += expected.accepted;
      if (!expected.reason_is_certain) continue;
      ASSERT_EQ(NameOf(alone.reason), NameOf(expected.reason)) << when << ", chain " << i << "\n"
                                                               << Written(chain);
      ++tally_.reasons_compared;
      tally_.reasons.insert(expected.reason);
    }
  }

  std::string Written(const Chain& chain) const {
    std::string text = std::string(NameOf(options_.links)) +
                       (options_.any_disabled_blocks ? ", any disabled blocks" : "") +
                       (options_.require_crl ? ", CRLs required" : "") + "\n";
    const auto add = [&](const std::string& name, const ModelCertificate& c) {
      text += name + ": " + std::to_string(c.subject) + " by " + std::to_string(c.issuer) +
              ", until " + std::to_string(c.good_until) +
              (c.path_len ? ", pathLen " + std::to_string(*c.path_len) : "");
    };
    add("leaf", real_.model().leaves[static_cast<std::size_t>(chain.leaf)]);
    for (int c = 0; c < static_cast<int>(real_.cas().size()); ++c) {
      add("\n" + std::to_string(c), real_.model().cas[static_cast<std::size_t>(c)]);
      if (std::find(chain.sent.begin(), chain.sent.end(), c) != chain.sent.end()) text += ", sent";
      if (registry_.registered.contains(c)) {
        text += registry_.IsVerified(c) ? ", verified" : ", registered";
      }
      for (const auto& [id, group] : registry_.groups) {
        const auto& own = group.certificates;
        if (std::find(own.begin(), own.end(), c) == own.end()) continue;
        text += std::string(group.enabled ? ", group " : ", disabled group ") + std::to_string(id);
      }
    }
    for (const auto& [ca, revoked] : registry_.crls) {
      text += "\nCRL of CA " + std::to_string(ca) + ":";
      for (const int i : revoked) text += " " + std::to_string(i);
    }
    if (const auto found = registry_.individuals.find(chain.leaf);
        found != registry_.individuals.end()) {
      text += "\nindividual: " + std::to_string(static_cast<int>(found->second.kind)) + " " +
              std::to_string(found->second.ca_certificate) +
              (found->second.enabled ? "" : ", disabled");
    }
    return text + "\n";
  }

  const std::uint64_t seed_;
  RealWorld real_;
  Changer changer_;
  ModelRegistry registry_;
  ModelOptions options_;
  AuthenticationOptions engine_options_;
  std::vector<Chain> chains_;
  std::unique_ptr<Authenticator> warm_;
  std::uint64_t generation_ = 0;
  Tally& tally_;
};

TEST(RollUpProperty, WarmFreshAndModelAgreeWhileTheRegistryChanges) {
  const std::uint64_t worlds = Setting("MUSTER_ROLL_UP_WORLDS", 60);
  const std::uint64_t first = Setting("MUSTER_ROLL_UP_SEED", 1);
  Tally tally;
  for (std::uint64_t seed = first; seed < first + worlds && !HasFatalFailure(); ++seed) {
    Comparison(seed, &tally).Run(/*changes=*/12);
  }
  if (HasFatalFailure()) return;
  // Decisions that all fall alike would prove nothing.
  EXPECT_GT(tally.accepted, tally.decisions / 20);
  EXPECT_GT(tally.reasons_compared, tally.decisions / 2);
  using enum RejectReason;
  for (const RejectReason reason :
       {kNone, kDenied, kIndividualDisabled, kIndividualMismatch, kGroupDisabled,
        kDisabledEntryOnPath, kRevoked, kRevocationUnknown, kExpired, kNoEnrollment,
        kLinkNotPresented, kPathLenExceeded, kNotRolledUpToVerified, kNoVerifiedCa,
        kIssuerNotFound}) {
    EXPECT_TRUE(tally.reasons.contains(reason)) << NameOf(reason) << " was never the reason";
  }
  RecordProperty("decisions", std::to_string(tally.decisions));
}

}  // namespace
}  // namespace muster::test
