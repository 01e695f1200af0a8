#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "engine/base/byte_view.h"
#include "engine/base/encoding.h"
#include "engine/crypto/public_key.h"
#include "engine/x509/extensions.h"
#include "engine/x509/name.h"
#include "muster/development_pki.h"
#include "tests/support/test_world.h"

namespace muster {
namespace {

using test::Must;

constexpr std::size_t kFaultCount = static_cast<std::size_t>(PlantedFault::kCount);

FleetTemplate Template() {
  FleetTemplate what;
  what.seed = "fleet-test";
  what.devices = 300;
  what.roots = 2;
  what.intermediates = 4;
  what.at = test::World().at();
  what.fault_rate = 0.25;
  return what;
}

std::uint64_t FirstWith(const DevelopmentFleet& fleet, PlantedFault fault,
                        std::uint64_t devices) {
  for (std::uint64_t i = 0; i < devices; ++i) {
    if (fleet.FaultOf(i) == fault) return i;
  }
  ADD_FAILURE() << "no device with the fault " << NameOf(fault);
  return 0;
}

const FleetCa& CaOf(const DevelopmentFleet& fleet, const std::string& name) {
  for (const FleetCa& ca : fleet.cas()) {
    if (ca.name == name) return ca;
  }
  throw std::runtime_error("no CA " + name);
}

// The CA whose key verifies the leaf's signature.
std::string SignerOf(const DevelopmentFleet& fleet, ByteView leaf, AlgorithmPolicy policy = {}) {
  const auto view = CertificateView::Parse(leaf);
  if (!view) return "unreadable";
  for (const FleetCa& ca : fleet.cas()) {
    const auto key = crypto::PublicKey::Load(ca.key.spki(), policy);
    if (key && crypto::VerifySignature(*key, view->signature_algorithm(), view->tbs(),
                                       view->signature(), policy) == RejectReason::kNone) {
      return ca.name;
    }
  }
  return "none";
}

TEST(PlantedFaultNames, AreDistinctAndHaveReasons) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kFaultCount; ++i) {
    const auto fault = static_cast<PlantedFault>(i);
    EXPECT_TRUE(names.insert(NameOf(fault)).second);
    const bool silent =
        fault == PlantedFault::kNone || fault == PlantedFault::kUnreadableRecord;
    EXPECT_EQ(ExpectedReason(fault) == RejectReason::kNone, silent) << NameOf(fault);
  }
  EXPECT_EQ(NameOf(PlantedFault::kCount), "unknown");
  EXPECT_EQ(ExpectedReason(PlantedFault::kCount), RejectReason::kNone);
  EXPECT_EQ(ExpectedReason(PlantedFault::kMissingIntermediate, LinkSource::kRegistry),
            RejectReason::kNone);
  EXPECT_EQ(ExpectedReason(PlantedFault::kExpired, LinkSource::kRegistry), RejectReason::kExpired);
}

TEST(DevelopmentFleet, CasFormTheTree) {
  const DevelopmentFleet fleet = Must(DevelopmentFleet::Create(Template()));
  std::vector<std::string> names;
  for (const FleetCa& ca : fleet.cas()) {
    names.push_back(ca.name);
    const auto view = CertificateView::Parse(ca.der);
    ASSERT_TRUE(view) << ca.name;
    EXPECT_TRUE(view->is_ca());
    const FleetCa& parent = ca.parent.empty() ? ca : CaOf(fleet, ca.parent);
    EXPECT_EQ(SignerOf(fleet, ca.der), parent.name);
    EXPECT_EQ(view->path_len(), ca.parent.empty() ? -1 : 0);
    EXPECT_EQ(ca.verified, ca.name == "root-1" || ca.name == "root-2");
    EXPECT_EQ(ca.group, !ca.parent.empty());
    EXPECT_EQ(ca.group_enabled, ca.name != "factory-disabled");
  }
  EXPECT_EQ(names, (std::vector<std::string>{"root-1", "root-2", "factory-1", "factory-2",
                                             "factory-3", "factory-4", "factory-disabled",
                                             "root-unverified", "factory-unverified"}));
  EXPECT_EQ(CaOf(fleet, "factory-1").parent, "root-1");
  EXPECT_EQ(CaOf(fleet, "factory-2").parent, "root-2");
  EXPECT_EQ(CaOf(fleet, "factory-3").parent, "root-1");
  EXPECT_EQ(CaOf(fleet, "factory-unverified").parent, "root-unverified");
}

TEST(DevelopmentFleet, WithoutFaultsThereAreNoOddCas) {
  FleetTemplate what = Template();
  what.fault_rate = 0;
  const DevelopmentFleet fleet = Must(DevelopmentFleet::Create(what));
  EXPECT_EQ(fleet.cas().size(), 6u);
  for (std::uint64_t i = 0; i < what.devices; ++i) {
    EXPECT_EQ(fleet.FaultOf(i), PlantedFault::kNone);
  }
}

TEST(DevelopmentFleet, FaultsAreExactlyAsManyAsAskedAndOfEveryKind) {
  FleetTemplate what = Template();
  what.devices = 10'000;
  for (const double rate : {0.01, 0.1, 0.333, 1.0}) {
    what.fault_rate = rate;
    const DevelopmentFleet fleet = Must(DevelopmentFleet::Create(what));
    std::array<int, kFaultCount> counts{};
    for (std::uint64_t i = 0; i < what.devices; ++i) {
      ++counts[static_cast<std::size_t>(fleet.FaultOf(i))];
    }
    const int faults = static_cast<int>(what.devices) - counts[0];
    EXPECT_EQ(faults, static_cast<int>(10'000 * rate));
    const auto [least, most] = std::minmax_element(counts.begin() + 1, counts.end());
    EXPECT_GT(*least, 0) << rate;
    EXPECT_LE(*most - *least, 1) << rate;
  }
  EXPECT_EQ(Must(DevelopmentFleet::Create(what)).FaultOf(10'000), PlantedFault::kNone);
}

TEST(DevelopmentFleet, GoodDevicesAreGood) {
  const FleetTemplate what = Template();
  const DevelopmentFleet fleet = Must(DevelopmentFleet::Create(what));
  std::set<std::string> keys, ids;
  for (std::uint64_t i = 0; i < 40; ++i) {
    if (fleet.FaultOf(i) != PlantedFault::kNone) continue;
    const FleetDevice device = Must(fleet.Device(i));
    EXPECT_EQ(device.fault, PlantedFault::kNone);
    EXPECT_FALSE(device.denied);
    ASSERT_EQ(device.chain.size(), 2u);
    const FleetCa& factory = CaOf(fleet, "factory-" + std::to_string(i % 4 + 1));
    EXPECT_EQ(device.chain[1], factory.der);
    EXPECT_EQ(SignerOf(fleet, device.chain[0]), factory.name);
    const auto leaf = CertificateView::Parse(device.chain[0]);
    ASSERT_TRUE(leaf);
    EXPECT_LE(leaf->not_before(), what.at);
    EXPECT_GE(leaf->not_after(), what.at);
    const auto id = x509::RegistrationIdOf(leaf->subject(), nullptr);
    ASSERT_TRUE(id);
    EXPECT_EQ(id->view(), device.device_id);
    EXPECT_TRUE(crypto::CheckPublicKey(leaf->spki(), {}));
    EXPECT_TRUE(keys.insert(base::HexLower(leaf->spki())).second);
    EXPECT_TRUE(ids.insert(device.device_id).second);
  }
  EXPECT_GE(keys.size(), 25u);
}

// Each planted fault is what its name says and nothing else is wrong with the leaf's signature.
TEST(DevelopmentFleet, FaultsAreWhatTheirNamesSay) {
  const FleetTemplate what = Template();
  const DevelopmentFleet fleet = Must(DevelopmentFleet::Create(what));
  const auto device_with = [&](PlantedFault fault) {
    FleetDevice device = Must(fleet.Device(FirstWith(fleet, fault, what.devices)));
    EXPECT_EQ(device.fault, fault);
    return device;
  };
  const auto leaf_of = [&](const FleetDevice& device) {
    const auto leaf = CertificateView::Parse(device.chain[0]);
    if (!leaf) throw std::runtime_error("unreadable leaf");
    return *leaf;
  };
  const auto is_signed_by_what_it_sends = [&](const FleetDevice& device) {
    const std::string signer = SignerOf(fleet, device.chain[0]);
    return signer != "none" && signer != "unreadable" && CaOf(fleet, signer).der == device.chain[1];
  };

  FleetDevice device = device_with(PlantedFault::kExpired);
  EXPECT_LT(leaf_of(device).not_after(), what.at);
  EXPECT_TRUE(is_signed_by_what_it_sends(device));

  device = device_with(PlantedFault::kNotYetValid);
  EXPECT_GT(leaf_of(device).not_before(), what.at);
  EXPECT_TRUE(is_signed_by_what_it_sends(device));

  device = device_with(PlantedFault::kBadSignature);
  EXPECT_EQ(SignerOf(fleet, device.chain[0]), "none");
  EXPECT_EQ(leaf_of(device).version(), 3);

  device = device_with(PlantedFault::kUnknownIssuer);
  EXPECT_EQ(device.chain.size(), 1u);
  for (const FleetCa& ca : fleet.cas()) {
    EXPECT_FALSE(x509::NamesMatch(CertificateView::Parse(ca.der)->subject(),
                                  leaf_of(device).issuer()));
  }

  device = device_with(PlantedFault::kUnverifiedIssuer);
  EXPECT_EQ(SignerOf(fleet, device.chain[0]), "factory-unverified");
  EXPECT_TRUE(is_signed_by_what_it_sends(device));

  device = device_with(PlantedFault::kDisabledGroup);
  EXPECT_EQ(SignerOf(fleet, device.chain[0]), "factory-disabled");

  device = device_with(PlantedFault::kMissingIntermediate);
  EXPECT_EQ(device.chain.size(), 1u);
  EXPECT_EQ(SignerOf(fleet, device.chain[0]).rfind("factory-", 0), 0u);

  device = device_with(PlantedFault::kMalformed);
  const auto malformed = CertificateView::Parse(device.chain[0]);
  ASSERT_FALSE(malformed);
  EXPECT_EQ(malformed.error().reason, ExpectedReason(PlantedFault::kMalformed));

  device = device_with(PlantedFault::kBadRegistrationId);
  EXPECT_FALSE(x509::RegistrationIdOf(leaf_of(device).subject(), nullptr));
  EXPECT_TRUE(is_signed_by_what_it_sends(device));

  device = device_with(PlantedFault::kLeafIsCa);
  EXPECT_TRUE(leaf_of(device).is_ca());
  EXPECT_TRUE(is_signed_by_what_it_sends(device));

  device = device_with(PlantedFault::kWrongPurpose);
  const auto purposes = x509::ParseExtendedKeyUsage(
      leaf_of(device).extension(ExtensionId::kExtendedKeyUsage).value);
  ASSERT_TRUE(purposes);
  EXPECT_EQ(purposes->size(), 1u);
  EXPECT_TRUE(is_signed_by_what_it_sends(device));

  device = device_with(PlantedFault::kWeakKey);
  const auto weak = crypto::CheckPublicKey(leaf_of(device).spki(), {});
  ASSERT_FALSE(weak);
  EXPECT_EQ(weak.error().reason, ExpectedReason(PlantedFault::kWeakKey));
  EXPECT_TRUE(is_signed_by_what_it_sends(device));

  device = device_with(PlantedFault::kWeakHash);
  EXPECT_EQ(crypto::CheckSignatureAlgorithm(leaf_of(device).signature_algorithm(), {}),
            ExpectedReason(PlantedFault::kWeakHash));
  AlgorithmPolicy old;
  old.allow_sha1 = true;
  EXPECT_NE(SignerOf(fleet, device.chain[0], old), "none");

  device = device_with(PlantedFault::kDenied);
  EXPECT_TRUE(device.denied);
  EXPECT_TRUE(is_signed_by_what_it_sends(device));
}

TEST(DevelopmentFleet, NdjsonHoldsTheChain) {
  const FleetTemplate what = Template();
  const DevelopmentFleet fleet = Must(DevelopmentFleet::Create(what));
  for (std::uint64_t i = 0; i < 40; ++i) {
    const std::string line = Must(fleet.DeviceNdjson(i));
    ASSERT_EQ(line.find('\n'), line.size() - 1);
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (fleet.FaultOf(i) == PlantedFault::kUnreadableRecord) {
      EXPECT_TRUE(json.is_discarded());
      continue;
    }
    ASSERT_FALSE(json.is_discarded());
    const FleetDevice device = Must(fleet.Device(i));
    EXPECT_EQ(json.at("deviceId"), device.device_id);
    ASSERT_EQ(json.at("chain").size(), device.chain.size());
    for (std::size_t c = 0; c < device.chain.size(); ++c) {
      Bytes der;
      EXPECT_TRUE(base::DecodeBase64(json["chain"][c].get<std::string>(), &der).good);
      EXPECT_EQ(der, device.chain[c]);
    }
  }
}

TEST(DevelopmentFleet, SameOnEveryThreadAndInEveryOrder) {
  for (const KeyKind kind : {KeyKind::kP256, KeyKind::kRsa2048}) {
    FleetTemplate what = Template();
    what.devices = 64;
    what.leaf_key = kind;
    const DevelopmentFleet fleet = Must(DevelopmentFleet::Create(what));
    const DevelopmentFleet again = Must(DevelopmentFleet::Create(what));
    std::vector<std::string> forward(what.devices), backward(what.devices);
    std::thread other([&] {
      for (std::uint64_t i = what.devices; i-- > 0;) backward[i] = Must(fleet.DeviceNdjson(i));
    });
    for (std::uint64_t i = 0; i < what.devices; ++i) forward[i] = Must(fleet.DeviceNdjson(i));
    other.join();
    EXPECT_EQ(forward, backward);
    for (const std::uint64_t i : {0, 17, 63}) EXPECT_EQ(Must(again.DeviceNdjson(i)), forward[i]);
  }
}

TEST(DevelopmentFleet, SeedsMakeDifferentFleets) {
  FleetTemplate what = Template();
  const std::string first = Must(Must(DevelopmentFleet::Create(what)).DeviceNdjson(0));
  what.seed = "another";
  EXPECT_NE(Must(Must(DevelopmentFleet::Create(what)).DeviceNdjson(0)), first);
}

TEST(DevelopmentFleet, OtherShapes) {
  FleetTemplate what = Template();
  what.intermediates = 0;
  what.key = KeyKind::kEd25519;
  const DevelopmentFleet fleet = Must(DevelopmentFleet::Create(what));
  EXPECT_TRUE(CaOf(fleet, "root-1").group);
  std::set<PlantedFault> seen;
  for (std::uint64_t i = 0; i < what.devices; ++i) seen.insert(fleet.FaultOf(i));
  EXPECT_FALSE(seen.contains(PlantedFault::kMissingIntermediate));
  EXPECT_FALSE(seen.contains(PlantedFault::kWeakHash));
  EXPECT_EQ(seen.size(), kFaultCount - 2);
  const FleetDevice device = Must(fleet.Device(0));
  EXPECT_EQ(device.chain.size(), 1u);
  EXPECT_EQ(SignerOf(fleet, device.chain[0]), "root-1");
}

TEST(DevelopmentFleet, RsaDevicesShareAPool) {
  FleetTemplate what = Template();
  what.leaf_key = KeyKind::kRsa2048;
  what.fault_rate = 0;
  what.devices = 100;
  const DevelopmentFleet fleet = Must(DevelopmentFleet::Create(what));
  const auto spki = [&](std::uint64_t i) {
    const FleetDevice device = Must(fleet.Device(i));
    return base::ToBytes(CertificateView::Parse(device.chain[0])->spki());
  };
  EXPECT_EQ(spki(0), spki(16));
  EXPECT_NE(spki(0), spki(1));
}

TEST(DevelopmentFleet, RefusesImpossibleShapes) {
  const auto refused = [](const std::function<void(FleetTemplate&)>& edit) {
    FleetTemplate what = Template();
    edit(what);
    const auto fleet = DevelopmentFleet::Create(what);
    return !fleet && fleet.error().code == ErrorCode::kInvalidArgument;
  };
  EXPECT_TRUE(refused([](FleetTemplate& t) { t.roots = 0; }));
  EXPECT_TRUE(refused([](FleetTemplate& t) { t.roots = 10'001; }));
  EXPECT_TRUE(refused([](FleetTemplate& t) { t.intermediates = -1; }));
  EXPECT_TRUE(refused([](FleetTemplate& t) { t.intermediates = 10'001; }));
  EXPECT_TRUE(refused([](FleetTemplate& t) { t.fault_rate = -0.1; }));
  EXPECT_TRUE(refused([](FleetTemplate& t) { t.fault_rate = 1.1; }));
  EXPECT_TRUE(refused([](FleetTemplate& t) { t.fault_rate = 0.0 / 0.0; }));
  EXPECT_TRUE(refused([](FleetTemplate& t) { t.devices = 2'000'000'000'000; }));
  const DevelopmentFleet fleet = Must(DevelopmentFleet::Create(Template()));
  EXPECT_EQ(fleet.Device(300).error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(fleet.DeviceNdjson(300));
}

}  // namespace
}  // namespace muster
