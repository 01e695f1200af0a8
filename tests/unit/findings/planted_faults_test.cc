// Every finding of the table, planted in a clean fleet: it is found where it was planted, and
// nothing else is.
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>

#include "engine/base/byte_view.h"
#include "engine/base/encoding.h"
#include "tests/unit/findings/fleet_fixture.h"

namespace muster::findings {
namespace {

using namespace std::chrono_literals;

struct Fault {
  std::string id;
  std::function<void()> plant;
  // Devices in input order, then what the registry's things are called.
  std::vector<std::string> where;
  Counts besides = {};  // What it cannot be planted without.
};

// What an example is about: a device, or the start of what is said of a CA or a group.
std::string PlaceOf(const FindingExample& example) {
  if (example.record_index != kNoRecord) return example.device_id;
  return example.detail.substr(0, example.detail.find(": "));
}

class PlantedFaults : public FleetFindingsTest {
 protected:
  // A device of one wrong thing.
  std::function<void()> Device(const std::string& id, const test::Edit& edit) {
    return [=, this] { devices_.push_back(Leaf(id, edit)); };
  }
  std::function<void()> Key(const std::string& id, const std::function<Bytes()>& spki) {
    return [=, this] { devices_.push_back({Issue(id, spki()), id}); };
  }
  // A CA that the registry holds, and another that a device sends.
  std::function<void()> Intermediate(const test::Edit& edit) {
    return [=, this] {
      registry_.Unverified(w_.Intermediate("Held", root_, edit));
      const Entity sent = w_.Intermediate("Sent", factory_, edit);
      devices_.push_back({w_.Leaf("below", sent).bytes(), "below", {sent.bytes()}});
      // It is the same CA that another device sends: it counts once.
      devices_.push_back({w_.Leaf("below-2", sent).bytes(), "below-2", {sent.bytes()}});
    };
  }
  test::Edit Ends(std::chrono::seconds in) const {
    return [=, this](CertificateTemplate& t) { t.not_after = w_.at() + in; };
  }
  void Verified(const std::string& name, const test::Edit& edit = {}) {
    registry_.Verified(w_.Root(name, test::Options{.edit = edit}));
  }
  // The same key in the certificates of several devices.
  void Same(const std::vector<std::string>& ids, const Bytes& spki) {
    for (const std::string& id : ids) devices_.push_back({Issue(id, spki), id});
  }

  std::vector<Fault> Dates() {
    const std::vector<std::string> held = {"below", "CA 'held'"};
    return {
        {"leaf-expired", Device("dead", Ends(-1s)), {"dead"}},
        {"leaf-expires-soon", Device("soon", Ends(days(30))), {"soon"}},
        {"leaf-expires-later", Device("later", Ends(days(31))), {"later"}},
        {"leaf-validity-long", Device("long", Ends(days(20 * 365))), {"long"}},
        {"leaf-not-yet-valid",
         Device("early", [this](auto& t) { t.not_before = w_.at() + 1s; }),
         {"early"}},
        {"intermediate-expired", Intermediate(Ends(-1s)), held},
        {"intermediate-expires-soon", Intermediate(Ends(days(30))), held},
        {"intermediate-expires-later", Intermediate(Ends(days(31))), held},
        {"anchor-expired", [this] { Verified("A", Ends(-1s)); }, {"CA 'a'"}, {{"ca-unused", 1}}},
        {"anchor-expires-soon",
         [this] { Verified("A", Ends(days(30))); },
         {"CA 'a'"},
         {{"ca-unused", 1}}},
        {"anchor-expires-later",
         [this] { Verified("A", Ends(days(31))); },
         {"CA 'a'"},
         {{"ca-unused", 1}}},
    };
  }

  std::vector<Fault> CaCertificates() {
    const std::vector<std::string> held = {"below", "CA 'held'"};
    return {
        {"ca-authority-key-id-missing",
         Intermediate([](auto& t) { t.authority_key_id = false; }),
         held},
        {"ca-subject-key-id-missing",
         Intermediate([](auto& t) { t.subject_key_id = false; }),
         held},
        {"ca-key-usage-missing", Intermediate([](auto& t) { t.key_usage = 0; }), held},
        {"ca-basic-constraints-not-critical",
         Intermediate([](auto& t) {
           t.omit_basic_constraints = true;
           t.extensions.push_back({"2.5.29.19", false, {0x30, 0x03, 0x01, 0x01, 0xff}});
         }),
         held},
        {"ca-self-attested",
         [this] { registry_.SelfAttested(w_.Root("A")); },
         {"CA 'a'"},
         {{"ca-unused", 1}}},
        {"ca-unused", [this] { Verified("A"); }, {"CA 'a'"}},
        {"ca-in-several-services",
         [this] { options_.other_services = {RegistryBuilder("b").Unverified(root_).Build()}; },
         {"CA 'root'"}},
    };
  }

  std::vector<Fault> Registries() {
    const auto group = [this](const std::string& name, const Entity& ca) {
      registry_.Unverified(ca).Group(name, ca);
    };
    return {
        {"group-unused",
         [=, this] { group("idle", w_.Intermediate("Idle", root_)); },
         {"group 'idle'"}},
        {"group-reaches-no-verified-ca",
         [=, this] { group("lost", w_.Root("Stranger")); },
         {"group 'lost'"},
         {{"group-unused", 1}}},
        {"group-certificate-reaches-no-verified-ca",
         [this] {
           const Entity half = w_.Root("Half");
           registry_ = RegistryBuilder();
           registry_.Verified(root_).Unverified(factory_).Unverified(half);
           registry_.Group("line", factory_, half);
         },
         {"group 'line'"}},
        {"dps-quota-exceeded",
         [this] {
           for (int i = 2; i < 26; ++i) {
             registry_.Unverified(w_.Root("Extra " + std::to_string(i)));
           }
         },
         {"26 CA certificates, 25 allowed"}},
    };
  }

  std::vector<Fault> Keys() {
    return {
        {"key-not-accepted", Key("off-curve",
                                 [this] {
                                   Bytes spki = w_.Leaf("off-curve", factory_).spki();
                                   spki.back() ^= 1;
                                   return spki;
                                 }),
         {"off-curve"}},
        {"key-too-small",
         Key("small", [] { return test::RsaSpki(test::PrimePool(12, 512, 2).Product(0, 1)); }),
         {"small"}},
        {"rsa-exponent-one",
         Key("one", [this] { return test::RsaSpki(pool_.Product(0, 1), 1); }),
         {"one"}},
        {"rsa-exponent-small",
         Key("three", [this] { return test::RsaSpki(pool_.Product(0, 1), 3); }),
         {"three"}},
        {"rsa-roca",
         Key("roca", [] { return test::RsaSpki(test::RocaModulus(17, 3, 2'048)); }),
         {"roca"}},
        // 2^2048 - 1 is divisible by 3.
        {"rsa-small-factor",
         Key("factor", [] { return test::RsaSpki(Bytes(256, 0xff)); }),
         {"factor"}},
        {"rsa-debian-weak", [this] { PlantDebianWeak(); }, {"debian"}},
        {"rsa-shared-prime",
         [this] {
           Same({"prime-a"}, test::RsaSpki(pool_.Product(0, 1)));
           Same({"other"}, test::RsaSpki(pool_.Product(3, 4)));
           Same({"prime-b"}, test::RsaSpki(pool_.Product(2, 1)));
         },
         {"prime-a", "prime-b"}},
        {"key-on-several-devices",
         [this] { Same({"key-a", "key-b"}, w_.Leaf("key", factory_).spki()); },
         {"key-a", "key-b"}},
        {"signature-hash-weak", Device("sha1", [](auto& t) { t.hash = "SHA-1"; }), {"sha1"}},
        {"ecdsa-nonce-reused",
         [this] {
           for (const char* id : {"nonce-a", "nonce-b"}) {
             devices_.push_back({SignedWithNonceOne(w_.Leaf(id, factory_), factory_), id});
           }
         },
         {"nonce-a", "nonce-b"}},
    };
  }
  void PlantDebianWeak() {
    const Bytes weak = pool_.Product(0, 1);
    const std::string line = "Modulus=" + base::HexUpper(weak) + "\n";
    std::ofstream(weak_keys_) << Sha1Thumbprint(base::AsBytes(line)).substr(20) << '\n';
    options_.weak_key_lists = {weak_keys_};
    Same({"debian"}, test::RsaSpki(weak));
    Same({"sound"}, test::RsaSpki(pool_.Product(2, 3)));
  }

  std::vector<Fault> Extensions() {
    const auto usage = [this](const std::string& id, std::uint16_t bits) {
      return Device(id, [=](auto& t) { t.key_usage = bits; });
    };
    const auto purpose = [this](const std::string& id, const std::vector<std::string>& oids) {
      return Device(id, [=](auto& t) { t.extended_key_usage = oids; });
    };
    return {
        {"leaf-is-ca", Device("ca", [](auto& t) { t.is_ca = true; }), {"ca"},
         // Of a CA it is normal.
         {{"leaf-key-usage-no-digital-signature", 1}}},
        {"leaf-key-usage-missing", usage("none", 0), {"none"}},
        {"leaf-key-usage-no-digital-signature", usage("agree", kKeyAgreement), {"agree"}},
        {"leaf-key-usage-cert-sign", usage("sign", kDigitalSignature | kKeyCertSign), {"sign"}},
        {"leaf-key-usage-mismatch",
         usage("encipher", kDigitalSignature | kKeyEncipherment),
         {"encipher"}},
        {"leaf-purpose-missing", purpose("any", {}), {"any"}},
        {"leaf-purpose-not-client-auth", purpose("server", {"1.3.6.1.5.5.7.3.1"}), {"server"}},
        {"leaf-subject-key-id-missing",
         Device("no-ski", [](auto& t) { t.subject_key_id = false; }),
         {"no-ski"}},
        {"leaf-authority-key-id-missing",
         Device("no-aki", [](auto& t) { t.authority_key_id = false; }),
         {"no-aki"}},
        {"leaf-version-1", Device("v1", [](auto& t) { t.version = 1; }), {"v1"}},
    };
  }

  std::vector<Fault> NamesAndNumbers() {
    const auto serial = [this](const std::string& id, const Bytes& octets) {
      return Device(id, [=](auto& t) { t.serial = octets; });
    };
    return {
        {"serial-irregular", serial("long", Bytes(21, 0x11)), {"long"}},
        {"serial-zero", serial("zero", {0}), {"zero"}},
        {"serial-short", serial("short", {9}), {"short"}},
        {"serial-repeated",
         [=] {
           serial("serial-a", Bytes(16, 0x33))();
           serial("serial-b", Bytes(16, 0x33))();
         },
         {"serial-a", "serial-b"}},
        {"leaf-subject-empty",
         Device("empty", [](auto& t) { t.subject_der = Bytes{0x30, 0x00}; }),
         {"empty"}},
        {"registration-id-malformed", Device("bad id", {}), {"bad id"}},
        {"registration-id-upper-case", Device("Upper", {}), {"Upper"}},
        {"device-id-differs",
         [this] { devices_.push_back({w_.Leaf("in-cn", factory_).bytes(), "in-inventory"}); },
         {"in-inventory"}},
        {"device-listed-twice",
         [this] {
           for (const std::uint8_t n : {std::uint8_t{1}, std::uint8_t{2}}) {
             devices_.push_back({Issue("twice", w_.Leaf("twice", factory_).spki(),
                                       [=](auto& t) { t.serial = Bytes(16, n); }),
                                 "twice"});
           }
         },
         {"twice", "twice"}},
        {"id-case-twins",
         [this] {
           devices_.push_back(Clean("twin"));
           devices_.push_back(Clean("TWIN"));
         },
         {"twin", "TWIN"},
         {{"registration-id-upper-case", 1}}},
        {"certificate-on-several-devices",
         [this] {
           for (const char* id : {"first", "second"}) {
             devices_.push_back({w_.Leaf("shared", factory_).bytes(), id});
           }
         },
         {"first", "second"},
         {{"device-id-differs", 2}}},
        {"certificate-malformed",
         [this] {
           Bytes broken = w_.Leaf("broken", factory_).bytes();
           broken.pop_back();
           devices_.push_back({broken, "broken"});
         },
         {"broken"}},
    };
  }

  std::vector<Fault> All() {
    std::vector<Fault> all;
    for (const auto& some : {Dates(), CaCertificates(), Registries(), Keys(), Extensions(),
                             NamesAndNumbers()}) {
      all.insert(all.end(), some.begin(), some.end());
    }
    return all;
  }
  void SetUp() override { clean_ = devices_; }
  void StartAgain() {
    devices_ = clean_;
    registry_ = Registry();
    options_ = Options();
    options_.examples_max = 100;
  }
  void TearDown() override { std::filesystem::remove(weak_keys_); }

  std::vector<Listed> clean_;
  RegistryBuilder registry_ = Registry();
  FindingsOptions options_ = Options();
  test::PrimePool pool_{31, 1'024, 5};
  const std::string weak_keys_ = testing::TempDir() + "planted-faults.RSA-2048";
};

TEST_F(PlantedFaults, EachIsFoundWhereItIsAndNothingElseIs) {
  for (const Fault& fault : All()) {
    SCOPED_TRACE(fault.id);
    StartAgain();
    ASSERT_EQ(CountsOf(Collect(registry_.Snapshot(), devices_, options_)), Counts());
    fault.plant();
    const FindingsReport report = Collect(registry_.Snapshot(), devices_, options_);
    Counts expected = fault.besides;
    expected[fault.id] = fault.where.size();
    EXPECT_EQ(CountsOf(report), expected);
    const FindingCount* found = FindIn(report, fault.id);
    ASSERT_NE(found, nullptr);
    std::vector<std::string> where;
    for (const FindingExample& example : found->examples) where.push_back(PlaceOf(example));
    EXPECT_EQ(where, fault.where);
  }
}

// Whoever is to act on one device wants to know the other.
TEST_F(PlantedFaults, WhatIsSharedIsSaidWithWhom) {
  const std::set<std::string> shared = {
      "key-on-several-devices", "certificate-on-several-devices", "serial-repeated",
      "rsa-shared-prime",       "ecdsa-nonce-reused",             "id-case-twins",
      "device-listed-twice"};
  for (const Fault& fault : All()) {
    SCOPED_TRACE(fault.id);
    StartAgain();
    // One example asks for both of a pair all the same.
    options_.examples_max = 1;
    fault.plant();
    const FindingsReport report = Collect(registry_.Snapshot(), devices_, options_);
    const FindingCount* found = FindIn(report, fault.id);
    ASSERT_NE(found, nullptr);
    ASSERT_EQ(found->examples.size(), 1U);
    const auto& partner = found->examples[0].partner;
    ASSERT_EQ(partner.has_value(), shared.contains(fault.id));
    if (!partner) continue;
    EXPECT_EQ(partner->device_id, fault.where.at(1));
    EXPECT_EQ(partner->source.line, partner->record_index + 1);
    EXPECT_GT(partner->record_index, found->examples[0].record_index);
    EXPECT_EQ(partner->ca, "");
  }
}

TEST_F(PlantedFaults, APartnerMayBeACa) {
  const Entity ca = w_.Intermediate("Rsa", root_, test::Options{.key = KeyKind::kRsa2048});
  const auto spki = ca.spki();
  // The same key: a modulus is in the fleet once, so no prime is shared.
  devices_.push_back({Issue("copy", spki), "copy"});
  registry_.Unverified(ca);
  EXPECT_EQ(CountsOf(Collect(registry_.Snapshot(), devices_, options_)), Counts());
  // A CA certificate whose modulus has a prime of a device's.
  const Bytes other = Must(IssueCertificate(
      [&] {
        CertificateTemplate what = Template("Prime");
        what.is_ca = true;
        what.extended_key_usage.clear();
        what.key_usage.reset();
        return what;
      }(),
      test::RsaSpki(pool_.Product(0, 1)), root_.issuer()));
  registry_.Unverified(w_.WithDer(ca, other), "prime");
  Same({"device"}, test::RsaSpki(pool_.Product(0, 2)));
  const FindingsReport report = Collect(registry_.Snapshot(), devices_, options_);
  EXPECT_EQ(CountsOf(report), (Counts{{"rsa-shared-prime", 2}}));
  const auto& examples = FindIn(report, "rsa-shared-prime")->examples;
  ASSERT_EQ(examples.size(), 2U);
  EXPECT_EQ(examples[0].device_id, "device");
  ASSERT_TRUE(examples[0].partner);
  EXPECT_EQ(examples[0].partner->ca, "CA 'prime'");
  EXPECT_EQ(examples[0].partner->record_index, kNoRecord);
  EXPECT_EQ(examples[1].detail, "CA 'prime': RSA-2048");
  ASSERT_TRUE(examples[1].partner);
  EXPECT_EQ(examples[1].partner->device_id, "device");
}

// The partner of a renewal is another device, however many renewals come first.
TEST_F(PlantedFaults, APartnerIsNoOtherCertificateOfTheSameDevice) {
  const Bytes spki = w_.Leaf("key", factory_).spki();
  const auto add = [&](const std::string& id, std::uint8_t serial) {
    devices_.push_back(
        {Issue(id, spki, [=](auto& t) { t.serial = Bytes(16, serial); }), id});
  };
  for (std::uint8_t serial = 1; serial < 5; ++serial) add("renewed", serial);
  add("copy", 9);
  options_.examples_max = 3;
  const FindingsReport report = Collect(registry_.Snapshot(), devices_, options_);
  for (const FindingExample& example : FindIn(report, "key-on-several-devices")->examples) {
    EXPECT_EQ(example.device_id, "renewed");
    ASSERT_TRUE(example.partner);
    EXPECT_EQ(example.partner->device_id, "copy");
  }
}

// A finding that nobody plants may never be found.
TEST_F(PlantedFaults, EveryFindingOfTheTableIsPlanted) {
  std::set<std::string> planted, table;
  for (const Fault& fault : All()) EXPECT_TRUE(planted.insert(fault.id).second) << fault.id;
  for (const FindingInfo& info : AllFindings()) table.insert(std::string(info.id));
  EXPECT_EQ(planted, table);
}

}  // namespace
}  // namespace muster::findings
