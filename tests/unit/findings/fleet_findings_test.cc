// Fleets with planted faults: each is found, as often as it was planted, and nothing else is.
#include "muster/fleet_findings.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/hostile_chains.h"
#include "tests/unit/findings/fleet_fixture.h"

namespace muster::findings {
namespace {

using namespace std::chrono_literals;

TEST_F(FleetFindingsTest, ACleanFleetOfEveryKindOfKeyHasNone) {
  for (const KeyKind kind : {KeyKind::kP256, KeyKind::kP384, KeyKind::kP521, KeyKind::kRsa2048,
                             KeyKind::kRsa3072, KeyKind::kEd25519}) {
    World world("clean", kind);
    const Entity root = world.Root("Root");
    const Entity factory = world.Intermediate("Factory", root);
    std::vector<Listed> devices;
    for (int i = 0; i < 4; ++i) {
      const std::string name = "device-" + std::to_string(i);
      devices.push_back({world.Leaf(name, factory).bytes(), name, {factory.bytes()}});
    }
    const auto snapshot =
        RegistryBuilder().Verified(root).Unverified(factory).Group("line", factory).Snapshot();
    FindingsOptions options;
    options.at = world.at();
    EXPECT_EQ(CountsOf(Collect(snapshot, devices, options)), Counts()) << NameOf(kind);
  }
}

TEST_F(FleetFindingsTest, Dates) {
  const auto ends = [&](const std::string& name, std::chrono::seconds in) {
    devices_.push_back(Leaf(name, [=, this](auto& t) { t.not_after = w_.at() + in; }));
  };
  ends("dead", -1s);
  ends("dead-now", -days(300));
  ends("today", 0s);
  ends("soon", days(30));
  ends("later", days(30) + 1s);
  ends("later-still", days(90));
  ends("fine", days(90) + 1s);
  ends("long", days(20 * 365));
  devices_.push_back(Leaf("early", [this](auto& t) { t.not_before = w_.at() + 1s; }));
  const FindingsReport report = Run();
  EXPECT_EQ(CountsOf(report), (Counts{{"leaf-expired", 2},
                                      {"leaf-expires-soon", 2},
                                      {"leaf-expires-later", 2},
                                      {"leaf-validity-long", 1},
                                      {"leaf-not-yet-valid", 1}}));
  // The most severe first, then by id; examples in input order, with their sources.
  EXPECT_EQ(report.findings.front().info->id, "leaf-expired");
  EXPECT_EQ(report.findings.back().info->id, "leaf-validity-long");
  const FindingCount& expired = report.findings.front();
  ASSERT_EQ(expired.examples.size(), 2U);
  EXPECT_EQ(expired.examples[0].record_index, kClean + 0U);
  EXPECT_EQ(expired.examples[0].device_id, "dead");
  EXPECT_EQ(expired.examples[0].source.name, "fleet.ndjson");
  EXPECT_EQ(expired.examples[0].source.line, kClean + 1U);
  EXPECT_EQ(expired.examples[0].detail, "notAfter 2026-06-15T11:59:59Z");
}

TEST_F(FleetFindingsTest, WindowsAreSetByOptions) {
  devices_ = {Leaf("week", [this](auto& t) { t.not_after = w_.at() + days(7); })};
  FindingsOptions options = Options();
  options.expires_soon_days = 6;
  options.expires_later_days = 7;
  options.validity_days_max = 7;
  const auto report = Collect(Registry().Snapshot(), devices_, options);
  EXPECT_EQ(CountsOf(report), (Counts{{"leaf-expires-later", 1}, {"leaf-validity-long", 1}}));
}

TEST_F(FleetFindingsTest, Keys) {
  const auto add = [&](const std::string& name, const Bytes& spki) {
    devices_.push_back({Issue(name, spki), name});
  };
  test::PrimePool pool(11, 1024, 4);
  const Bytes modulus = pool.Product(0, 1);
  add("exponent-1", test::RsaSpki(modulus, 1));
  add("exponent-3", test::RsaSpki(pool.Product(2, 3), 3));
  test::PrimePool small(12, 512, 2);
  add("small", test::RsaSpki(small.Product(0, 1)));
  Bytes triple(256, 0xff);  // 2^2048 - 1 is divisible by 3.
  add("factor", test::RsaSpki(triple));
  // A point off the curve.
  Bytes broken = w_.Leaf("broken", factory_).spki();
  broken.back() ^= 1;
  add("off-curve", broken);
  devices_.push_back(Leaf("sha1", [](auto& t) { t.hash = "SHA-1"; }));
  EXPECT_EQ(CountsOf(Run()), (Counts{{"rsa-exponent-one", 1},
                                     {"rsa-exponent-small", 1},
                                     {"key-too-small", 1},
                                     {"rsa-small-factor", 1},
                                     {"key-not-accepted", 1},
                                     {"signature-hash-weak", 1}}));
}

TEST_F(FleetFindingsTest, Extensions) {
  devices_.push_back(Leaf("ca", [](auto& t) { t.is_ca = true; }));
  devices_.push_back(Leaf("usage-none", [](auto& t) { t.key_usage = 0; }));
  devices_.push_back(Leaf("usage-wrong", [](auto& t) { t.key_usage = kKeyAgreement; }));
  devices_.push_back(
      Leaf("usage-sign", [](auto& t) { t.key_usage = kDigitalSignature | kKeyCertSign; }));
  devices_.push_back(
      Leaf("usage-encipher", [](auto& t) { t.key_usage = kDigitalSignature | kKeyEncipherment; }));
  devices_.push_back(Leaf("purpose-none", [](auto& t) { t.extended_key_usage.clear(); }));
  devices_.push_back(
      Leaf("purpose-server", [](auto& t) { t.extended_key_usage = {"1.3.6.1.5.5.7.3.1"}; }));
  devices_.push_back(
      Leaf("purpose-any", [](auto& t) { t.extended_key_usage = {"2.5.29.37.0"}; }));
  devices_.push_back(Leaf("no-ski", [](auto& t) { t.subject_key_id = false; }));
  devices_.push_back(Leaf("no-aki", [](auto& t) { t.authority_key_id = false; }));
  devices_.push_back(Leaf("v1", [](auto& t) { t.version = 1; }));
  const Counts counts = CountsOf(Run());
  EXPECT_EQ(counts, (Counts{{"leaf-is-ca", 1},
                            {"leaf-key-usage-no-digital-signature", 2},
                            {"leaf-key-usage-missing", 1},
                            {"leaf-key-usage-cert-sign", 1},
                            {"leaf-key-usage-mismatch", 1},
                            {"leaf-purpose-missing", 1},
                            {"leaf-purpose-not-client-auth", 1},
                            {"leaf-subject-key-id-missing", 1},
                            {"leaf-authority-key-id-missing", 1},
                            {"leaf-version-1", 1}}));
}

TEST_F(FleetFindingsTest, SerialNumbersAndNames) {
  devices_.push_back(Leaf("negative", [](auto& t) { t.serial = {0x80, 1, 2, 3, 4, 5, 6, 7, 8}; }));
  devices_.push_back(Leaf("long", [](auto& t) { t.serial = Bytes(21, 0x11); }));
  devices_.push_back(Leaf("zero", [](auto& t) { t.serial = {0}; }));
  devices_.push_back(Leaf("short", [](auto& t) { t.serial = {0, 0xff, 2, 3, 4, 5, 6, 7}; }));
  devices_.push_back(Leaf("eight", [](auto& t) { t.serial = {0x7f, 0xff, 2, 3, 4, 5, 6, 7}; }));
  devices_.push_back(Leaf("empty", [](auto& t) { t.subject_der = Bytes{0x30, 0x00}; }));
  devices_.push_back(Leaf("Upper", [](auto&) {}));
  devices_.push_back(Leaf("bad id", [](auto&) {}));
  devices_.push_back(Leaf("name-in-certificate", [](auto&) {}));
  devices_.back().device_id = "name-in-inventory";
  Bytes broken = w_.Leaf("broken", factory_).bytes();
  broken.resize(broken.size() - 1);
  devices_.push_back({broken, "broken"});
  devices_.push_back(Clean("sends-broken"));
  devices_.back().untrusted = {broken};
  EXPECT_EQ(CountsOf(Run()), (Counts{{"serial-irregular", 2},
                                     {"serial-zero", 1},
                                     {"serial-short", 1},
                                     {"leaf-subject-empty", 1},
                                     {"registration-id-upper-case", 1},
                                     {"registration-id-malformed", 1},
                                     {"device-id-differs", 1},
                                     {"certificate-malformed", 2}}));
}

// Two devices or more at fault each time; beside each fault what looks like one and is none.
class PlantedPairs : public FleetFindingsTest {
 protected:
  PlantedPairs() {
    // A device listed twice, with a renewed certificate of the same key: no shared key.
    const auto renewed = [&](int n) {
      return Issue("twice", w_.Leaf("twice", factory_).spki(), [&](auto& t) {
        t.not_after += days(n);
        t.serial = Bytes(16, static_cast<std::uint8_t>(0x20 + n));
      });
    };
    devices_.push_back({renewed(1), "twice"});
    devices_.push_back({renewed(2), "twice"});
    // Case twins.
    devices_.push_back(Clean("twin"));
    devices_.push_back(Clean("TWIN"));
    // One certificate on three devices: its key is not shared besides.
    const Bytes shared = Issue("shared", w_.Leaf("shared", factory_).spki());
    for (const char* id : {"first", "second", "third"}) devices_.push_back({shared, id});
    // One key in the certificates of two devices, and one RSA key of three.
    const Bytes spki = w_.Leaf("key", factory_).spki();
    devices_.push_back({Issue("key-a", spki), "key-a"});
    devices_.push_back({Issue("key-b", spki), "key-b"});
    for (const char* id : {"rsa-a", "rsa-b", "rsa-c"}) {
      devices_.push_back({Issue(id, test::RsaSpki(pool_.Product(6, 7))), id});
    }
    // One serial number of one issuer in two certificates, and the same of another issuer.
    const auto number = [](auto& t) { t.serial = Bytes(16, 0x33); };
    devices_.push_back(Leaf("serial-a", number));
    devices_.push_back(Leaf("serial-b", number));
    devices_.push_back({w_.Leaf("serial-c", root_, number).bytes(), "serial-c"});
    // Shared primes: 0 is in two moduli, 3 in two others; the modulus of 6 and 7 occurs three times
    // and shares none.
    const auto rsa = [&](const std::string& id, std::size_t i, std::size_t j) {
      devices_.push_back({Issue(id, test::RsaSpki(pool_.Product(i, j))), id});
    };
    rsa("prime-a", 0, 1);
    rsa("prime-b", 0, 2);
    rsa("prime-c", 3, 4);
    rsa("prime-d", 5, 3);
    // One nonce for two certificates; a third is forged by one who copied r.
    devices_.push_back({SignedWithNonceOne(w_.Leaf("nonce-a", factory_), factory_), "nonce-a"});
    devices_.push_back({SignedWithNonceOne(w_.Leaf("nonce-b", factory_), factory_), "nonce-b"});
    devices_.push_back({SignedWithNonceOne(w_.Leaf("forged", factory_), root_), "forged"});
    // The same nonce under another key shows nothing by itself.
    devices_.push_back({SignedWithNonceOne(w_.Leaf("nonce-c", root_), root_), "nonce-c"});
  }
  // What was planted, but for the forged certificate, whose only fault is its signature.
  Counts Planted() const {
    return {{"device-listed-twice", 2},   {"id-case-twins", 2},
            {"registration-id-upper-case", 1}, {"certificate-on-several-devices", 3},
            {"device-id-differs", 3},     {"key-on-several-devices", 5},
            {"serial-repeated", 2},       {"rsa-shared-prime", 4},
            {"ecdsa-nonce-reused", 2}};
  }

  test::PrimePool pool_{21, 1024, 8};
};

TEST_F(PlantedPairs, AreFoundExactly) {
  const FindingsReport report = Run();
  EXPECT_EQ(CountsOf(report), Planted());
  const FindingCount* nonces = FindIn(report, "ecdsa-nonce-reused");
  ASSERT_NE(nonces, nullptr);
  ASSERT_EQ(nonces->examples.size(), 2U);
  EXPECT_EQ(nonces->examples[0].device_id, "nonce-a");
  EXPECT_EQ(nonces->examples[1].device_id, "nonce-b");
  const FindingCount* primes = FindIn(report, "rsa-shared-prime");
  ASSERT_NE(primes, nullptr);
  ASSERT_EQ(primes->examples.size(), 4U);
  EXPECT_EQ(primes->examples[0].device_id, "prime-a");
  EXPECT_EQ(primes->examples[3].device_id, "prime-d");
}

TEST_F(PlantedPairs, AreFoundInATinyMemoryAsWell) {
  const FindingsReport in_memory = Run();
  FindingsOptions options = Options();
  options.memory_octets_max = 64;
  const FindingsReport spilled = Collect(Registry().Snapshot(), devices_, options);
  EXPECT_EQ(CountsOf(spilled), CountsOf(in_memory));
  ASSERT_EQ(spilled.findings.size(), in_memory.findings.size());
  for (std::size_t i = 0; i < spilled.findings.size(); ++i) {
    const auto& a = spilled.findings[i].examples;
    const auto& b = in_memory.findings[i].examples;
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t j = 0; j < a.size(); ++j) {
      EXPECT_EQ(a[j].record_index, b[j].record_index);
      EXPECT_EQ(a[j].device_id, b[j].device_id);
      EXPECT_EQ(a[j].source.line, b[j].source.line);
      EXPECT_EQ(a[j].detail, b[j].detail);
      ASSERT_EQ(a[j].partner.has_value(), b[j].partner.has_value());
      if (a[j].partner) {
        EXPECT_EQ(a[j].partner->record_index, b[j].partner->record_index);
      }
    }
  }
}

TEST_F(PlantedPairs, OnlyAndSkipChooseAmongThem) {
  FindingsOptions options = Options();
  options.only = {"serial-repeated", "rsa-shared-prime", "id-case-twins"};
  options.skip = {"id-case-twins"};
  const auto report = Collect(Registry().Snapshot(), devices_, options);
  EXPECT_EQ(CountsOf(report), (Counts{{"serial-repeated", 2}, {"rsa-shared-prime", 4}}));
}

// An expired certificate was signed all the same: nonces of refused devices are looked at, as many
// as the bound allows.
TEST_F(FleetFindingsTest, NoncesOfRefusedDevicesCountOnceTheirSignatureIsChecked) {
  const auto late = [this](auto& t) { t.not_after = w_.at() - 1s; };
  devices_.push_back({SignedWithNonceOne(w_.Leaf("a", factory_, late), factory_), "a"});
  devices_.push_back({SignedWithNonceOne(w_.Leaf("b", factory_, late), factory_), "b"});
  EXPECT_EQ(CountsOf(Run()), (Counts{{"leaf-expired", 2}, {"ecdsa-nonce-reused", 2}}));
  FindingsOptions options = Options();
  options.signature_checks_max = 1;
  EXPECT_EQ(CountsOf(Collect(Registry().Snapshot(), devices_, options)),
            (Counts{{"leaf-expired", 2}}));
}

TEST_F(FleetFindingsTest, CaCertificates) {
  const Entity soon = w_.Root("Soon", [this](auto& t) { t.not_after = w_.at() + days(3); });
  const Entity later = w_.Root("Later", [this](auto& t) { t.not_after = w_.at() + days(60); });
  const Entity dead = w_.Root("Dead", [this](auto& t) { t.not_after = w_.at() - 1s; });
  const Entity bare = w_.Intermediate("Bare", root_, [](auto& t) {
    t.key_usage = 0;
    t.subject_key_id = false;
    t.authority_key_id = false;
  });
  const Entity sent =
      w_.Intermediate("Sent", factory_, [this](auto& t) { t.not_after = w_.at() + days(5); });
  devices_.push_back({w_.Leaf("below", sent).bytes(), "below", {sent.bytes()}});
  devices_.push_back({w_.Leaf("below-2", sent).bytes(), "below-2", {sent.bytes()}});
  const auto snapshot = Registry()
                            .SelfAttested(soon)
                            .Verified(later)
                            .Verified(dead)
                            .Unverified(bare)
                            .Snapshot();
  const FindingsReport report = Collect(snapshot, devices_, Options());
  EXPECT_EQ(CountsOf(report), (Counts{{"anchor-expires-soon", 1},
                                      {"anchor-expires-later", 1},
                                      {"anchor-expired", 1},
                                      {"ca-self-attested", 1},
                                      {"ca-unused", 3},
                                      {"ca-key-usage-missing", 1},
                                      {"ca-subject-key-id-missing", 1},
                                      {"ca-authority-key-id-missing", 1},
                                      {"intermediate-expires-soon", 1}}));
  const FindingCount* anchor = FindIn(report, "anchor-expired");
  ASSERT_EQ(anchor->examples.size(), 1U);
  EXPECT_EQ(anchor->examples[0].record_index, kNoRecord);
  EXPECT_EQ(anchor->examples[0].detail, "CA 'dead': notAfter 2026-06-15T11:59:59Z");
  EXPECT_EQ(FindIn(report, "intermediate-expires-soon")->examples[0].device_id, "below");
}

TEST_F(FleetFindingsTest, TheRegistry) {
  const Entity stranger = w_.Root("Stranger");
  const Entity half = w_.Root("Half");
  RegistryBuilder builder = Registry();
  builder.Unverified(stranger).Unverified(half);
  builder.Group("lost", stranger).Group("idle", root_, half);
  for (int i = 0; i < 25; ++i) builder.Unverified(w_.Root("Extra " + std::to_string(i)));
  FindingsOptions options = Options();
  options.other_services.push_back(RegistryBuilder("twin").Unverified(root_).Build());
  options.other_services.push_back(RegistryBuilder("service").Unverified(factory_).Build());
  const FindingsReport report = Collect(builder.Snapshot(), devices_, options);
  EXPECT_EQ(CountsOf(report), (Counts{{"group-reaches-no-verified-ca", 1},
                                      {"group-certificate-reaches-no-verified-ca", 1},
                                      {"group-unused", 2},
                                      {"dps-quota-exceeded", 1},
                                      {"ca-in-several-services", 1}}));
  EXPECT_EQ(FindIn(report, "ca-in-several-services")->examples[0].detail,
            "CA 'root': also in 'twin'");
  EXPECT_EQ(FindIn(report, "dps-quota-exceeded")->examples[0].detail,
            "29 CA certificates, 25 allowed");
  // Without a device nothing is known of what is used.
  EXPECT_FALSE(FindIn(Collect(builder.Snapshot(), {}, Options()), "group-unused"));
}

TEST_F(FleetFindingsTest, KeepsTheFirstExamplesOnly) {
  devices_.clear();
  for (int i = 0; i < 20; ++i) {
    devices_.push_back(Leaf("d" + std::to_string(i), [](auto& t) { t.serial = {9}; }));
  }
  for (const std::size_t max : {0U, 1U, 3U}) {
    FindingsOptions options = Options();
    options.examples_max = max;
    const FindingsReport report = Collect(Registry().Snapshot(), devices_, options);
    EXPECT_EQ(CountsOf(report), (Counts{{"serial-short", 20}, {"serial-repeated", 20}}));
    for (const FindingCount& found : report.findings) {
      ASSERT_EQ(found.examples.size(), max);
      for (std::size_t i = 0; i < max; ++i) EXPECT_EQ(found.examples[i].record_index, i);
    }
  }
}

TEST_F(FleetFindingsTest, RefusesIdsThatAreNone) {
  FindingsOptions options = Options();
  options.skip = {"no-such-finding"};
  EXPECT_EQ(FleetFindings::Check(options).error().code, ErrorCode::kInvalidArgument);
  FleetFindings findings(Registry().Snapshot(), options);
  EXPECT_EQ(findings.Finish().error().code, ErrorCode::kInvalidArgument);
}

TEST_F(FleetFindingsTest, RefusesASpillFolderThatIsNone) {
  FindingsOptions options = Options();
  options.spill_folder = "/nonexistent/folder";
  EXPECT_EQ(FleetFindings::Check(options).error().code, ErrorCode::kInvalidArgument);
  options.spill_folder = testing::TempDir();
  EXPECT_TRUE(FleetFindings::Check(options));
}

TEST_F(FleetFindingsTest, AListOfWeakKeysThatIsNotThereIsAnError) {
  FindingsOptions options = Options();
  options.weak_key_lists = {"/nonexistent/list"};
  const auto checked = FleetFindings::Check(options);
  ASSERT_FALSE(checked);
  EXPECT_NE(checked.error().message.find("/nonexistent/list"), std::string::npos);
  FleetFindings findings(Registry().Snapshot(), options);
  const auto report = findings.Finish();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().message, checked.error().message);
}

TEST_F(FleetFindingsTest, AFullDiskIsToldAtTheEnd) {
  FindingsOptions options = Options();
  options.memory_octets_max = 1;
  options.spill_folder = testing::TempDir() + "spill-that-goes-away";
  std::filesystem::create_directory(options.spill_folder);
  const auto snapshot = Registry().Snapshot();
  FleetFindings findings(snapshot, options);
  std::filesystem::remove(options.spill_folder);
  PresentedChain chain(devices_.front().leaf);
  AuditRecord record;
  record.chain = &chain;
  for (; record.index < 50; ++record.index) findings.Add(record);
  const auto report = findings.Finish();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kInternal);
}

// Whatever a device sends: an answer, and no crash.
TEST_F(FleetFindingsTest, HostileChains) {
  const test::HostileChain chains[] = {
      test::Namesakes(50), test::PresentedMesh(),     test::LongPath(20),
      test::ManyPaths(),   test::LargeCertificates(), test::LongNames(),
      test::ManyPolicies(), test::Constraints(test::NameForm::kMixed, 1'000)};
  for (const test::HostileChain& hostile : chains) {
    std::vector<Listed> devices(3);
    for (Listed& device : devices) {
      device.leaf = hostile.leaf.bytes();
      for (const Entity& ca : hostile.presented) device.untrusted.push_back(ca.bytes());
    }
    // Cut short and flipped in every part as well.
    for (std::size_t cut = 1; cut < hostile.leaf.bytes().size(); cut += 1 + cut / 8) {
      Listed broken = devices.front();
      broken.leaf[cut] ^= 0x55;
      devices.push_back(broken);
      broken.leaf.resize(cut);
      devices.push_back(broken);
    }
    FindingsOptions options;
    options.at = hostile.world->at();
    const FindingsReport report = Collect(hostile.snapshot, devices, options);
    EXPECT_NE(FindIn(report, "certificate-malformed"), nullptr);
  }
}

}  // namespace
}  // namespace muster::findings
