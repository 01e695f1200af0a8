// Fleets for tests of findings: a clean one to plant faults in, and what was found.
#ifndef MUSTER_TESTS_UNIT_FINDINGS_FLEET_FIXTURE_H_
#define MUSTER_TESTS_UNIT_FINDINGS_FLEET_FIXTURE_H_

#include <botan/bigint.h>
#include <botan/data_src.h>
#include <botan/der_enc.h>
#include <botan/ec_group.h>
#include <botan/ecdsa.h>
#include <botan/pkcs8.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "muster/authenticator.h"
#include "muster/fleet_findings.h"
#include "tests/support/prime_pool.h"
#include "tests/support/test_world.h"

namespace muster::findings {

using test::Entity;
using test::Must;
using test::RegistryBuilder;
using test::World;
using Counts = std::map<std::string, std::uint64_t>;

// A certificate, and what the inventory calls its device.
struct Listed {
  Bytes leaf;
  std::string device_id = {};
  std::vector<Bytes> untrusted = {};
};

// Decides about the devices as an audit does, and collects findings.
inline FindingsReport Collect(const std::shared_ptr<const RegistrySnapshot>& snapshot,
                       const std::vector<Listed>& devices, FindingsOptions options) {
  const Authenticator authenticator(snapshot, {.links = LinkSource::kRegistry});
  FleetFindings findings(snapshot, options);
  AuditRecord record;
  for (const Listed& device : devices) {
    PresentedChain chain(device.leaf);
    for (const Bytes& ca : device.untrusted) chain.AddUntrusted(ca);
    record.chain = &chain;
    record.source = {"fleet.ndjson", {}, record.index + 1, 10 * record.index};
    record.device_id = device.device_id;
    record.verdict = authenticator.Authenticate(chain, options.at);
    record.leaf = Fingerprint::Of(device.leaf);
    findings.Add(record);
    ++record.index;
  }
  return Must(findings.Finish());
}

inline Counts CountsOf(const FindingsReport& report) {
  Counts counts;
  for (const FindingCount& found : report.findings) {
    counts[std::string(found.info->id)] = found.count;
  }
  return counts;
}

inline const FindingCount* FindIn(const FindingsReport& report, std::string_view id) {
  for (const FindingCount& found : report.findings) {
    if (found.info->id == id) return &found;
  }
  return nullptr;
}

// The leaf signed again by `issuer`, which is on P-256, with the nonce 1: r is then the x
// coordinate of the curve's base point.
inline Bytes SignedWithNonceOne(const Entity& leaf, const Entity& issuer) {
  const CertificateView view = leaf.view();
  const std::string pem = issuer.key().ToPem();
  Botan::DataSource_Memory source(pem);
  const auto key = Botan::PKCS8::load_key(source);
  const auto& ecdsa = dynamic_cast<const Botan::ECDSA_PrivateKey&>(*key);
  const auto group = Botan::EC_Group::from_name("secp256r1");
  const Botan::BigInt& order = group.get_order();
  const Botan::BigInt h(Fingerprint::Of(view.tbs()).bytes);
  const Botan::BigInt r = group.get_g_x() % order;
  const Botan::BigInt s = (h + r * ecdsa.private_value()) % order;
  Bytes signature, certificate;
  Botan::DER_Encoder(signature).start_sequence().encode(r).encode(s).end_cons();
  Botan::DER_Encoder(certificate)
      .start_sequence()
      .raw_bytes(view.tbs().data(), view.tbs().size())
      .raw_bytes(view.signature_algorithm().data(), view.signature_algorithm().size())
      .encode(signature, Botan::ASN1_Type::BitString)
      .end_cons();
  return certificate;
}

class FleetFindingsTest : public testing::Test {
 protected:
  static constexpr int kClean = 12;

  FleetFindingsTest() {
    for (int i = 0; i < kClean; ++i) devices_.push_back(Clean("clean-" + std::to_string(i)));
  }

  Listed Clean(const std::string& name) { return {w_.Leaf(name, factory_).bytes(), name}; }
  // A leaf of one wrong thing.
  Listed Leaf(const std::string& name, const test::Edit& edit) {
    return {w_.Leaf(name, factory_, test::Options{.edit = edit}).bytes(), name};
  }
  Bytes Issue(const std::string& name, ByteView spki, const test::Edit& edit = {}) {
    CertificateTemplate what = Template(name);
    if (edit) edit(what);
    return Must(IssueCertificate(what, spki, factory_.issuer()));
  }
  CertificateTemplate Template(const std::string& name) const {
    CertificateTemplate what;
    what.common_name = name;
    what.not_before = w_.at() - days(1);
    what.not_after = w_.at() + days(365);
    what.extended_key_usage = {"1.3.6.1.5.5.7.3.2"};
    what.key_usage = kDigitalSignature;
    return what;
  }
  static std::chrono::seconds days(int n) { return std::chrono::days{n}; }

  RegistryBuilder Registry() {
    return std::move(RegistryBuilder().Verified(root_).Unverified(factory_).Group("line", factory_));
  }
  FindingsOptions Options() const {
    FindingsOptions options;
    options.at = w_.at();
    return options;
  }
  FindingsReport Run() { return Collect(Registry().Snapshot(), devices_, Options()); }

  World w_{"findings"};
  Entity root_ = w_.Root("Root");
  Entity factory_ = w_.Intermediate("Factory", root_);
  std::vector<Listed> devices_;
};

}  // namespace muster::findings

#endif  // MUSTER_TESTS_UNIT_FINDINGS_FLEET_FIXTURE_H_
