#include "muster/fleet_audit.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>
#include <thread>

#include "engine/base/encoding.h"
#include "muster/certificate_reader.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/test_world.h"

namespace muster {
namespace {

namespace fs = std::filesystem;
using test::Entity;

class FleetAuditTest : public testing::Test {
 protected:
  static std::string Line(const std::string& id, const std::vector<Entity>& chain) {
    std::string line = R"({"deviceId":")" + id + R"(","chain":[)";
    for (std::size_t i = 0; i < chain.size(); ++i) {
      line += (i == 0 ? "\"" : ",\"") + base::EncodeBase64(chain[i].der()) + '"';
    }
    return line + "]}\n";
  }
  std::string Write(const std::string& name, const std::string& contents) {
    return folder_.Write(name, contents);
  }
  static std::string Pem(const std::vector<Entity>& entities) {
    std::string pem;
    for (const Entity& entity : entities) pem += EncodePem(entity.der(), "CERTIFICATE");
    return pem;
  }
  void SetUp() override {
    options_.at = w_.at();
    options_.threads = 2;
  }

  AuditReport Audit(const std::vector<std::string>& inputs, const std::string& input = {}) {
    records_.clear();
    std::istringstream standard_input(input);
    FleetAudit audit(authenticator_, options_);
    return test::Must(audit.Run(inputs, standard_input,
                                [&](const AuditRecord& record) { records_.push_back(record); }));
  }

  test::World w_;
  const Entity root_ = w_.Root("Root");
  const Entity factory_ = w_.Intermediate("Factory", root_);
  const Entity leaf_ = w_.Leaf("device-1", factory_);
  Authenticator authenticator_{test::RegistryBuilder()
                                   .Verified(root_)
                                   .Unverified(factory_)
                                   .Group("line-1", factory_)
                                   .Snapshot()};
  FleetAuditOptions options_;
  test::ScratchFolder folder_;
  std::vector<AuditRecord> records_;
};

TEST_F(FleetAuditTest, DecidesAndDescribesEveryDevice) {
  const Entity late = w_.Leaf("device-2", factory_, [&](CertificateTemplate& t) {
    t.not_after = w_.at() - std::chrono::seconds{1};
  });
  const std::string text =
      Line("one", {leaf_, factory_}) + "not json\n" + Line("two", {late, factory_});
  const AuditReport report = Audit({"-"}, text);
  ASSERT_EQ(records_.size(), 3u);
  EXPECT_EQ(records_[0].index, 0u);
  EXPECT_EQ(records_[0].device_id, "one");
  EXPECT_TRUE(records_[0].verdict.accepted());
  EXPECT_EQ(records_[0].leaf, leaf_.fingerprint());
  EXPECT_EQ(records_[0].key_type, "P-256");
  EXPECT_EQ(records_[0].not_after, leaf_.view().not_after());
  EXPECT_EQ(records_[0].source.name, "-");
  EXPECT_EQ(records_[0].source.line, 1u);
  EXPECT_EQ(records_[1].index, 1u);
  EXPECT_EQ(records_[1].source.line, 2u);
  EXPECT_NE(records_[1].read_error, "");
  EXPECT_FALSE(records_[1].verdict.accepted());
  EXPECT_EQ(records_[1].leaf, Fingerprint{});
  EXPECT_EQ(records_[2].verdict.reason, RejectReason::kExpired);
  EXPECT_EQ(records_[2].read_error, "");

  EXPECT_EQ(report.generation, authenticator_.snapshot()->generation());
  EXPECT_EQ(report.devices, 2u);
  EXPECT_EQ(report.accepted, 1u);
  EXPECT_EQ(report.rejected, 1u);
  EXPECT_EQ(report.unreadable, 1u);
  EXPECT_EQ(report.input_octets, text.size());
  using Counts = std::map<std::string, std::uint64_t>;
  EXPECT_EQ(report.by_reason, (Counts{{"expired", 1}}));
  EXPECT_EQ(report.by_enrollment, (Counts{{"group line-1", 1}}));
  EXPECT_EQ(report.by_anchor, (Counts{{root_.fingerprint().hex(), 1}}));
  EXPECT_EQ(report.by_key_type, (Counts{{"P-256", 2}}));
  EXPECT_EQ(report.by_expiry_month, (Counts{{"2026-06", 1}, {"2027-06", 1}}));
  EXPECT_FALSE(report.interrupted);
}

TEST_F(FleetAuditTest, RecordsShowTheChainThatWasDecided) {
  const std::string text = Line("one", {leaf_, factory_}) + "not json\n";
  std::vector<Bytes> leaves;
  std::istringstream input(text);
  test::Must(FleetAudit(authenticator_, options_)
                 .Run({"-"}, input, [&leaves](const AuditRecord& record) {
                   Bytes& leaf = leaves.emplace_back();
                   if (record.chain == nullptr) return;
                   EXPECT_EQ(record.chain->untrusted().size(), 1u);
                   leaf.assign(record.chain->leaf().begin(), record.chain->leaf().end());
                 }));
  EXPECT_EQ(leaves, (std::vector<Bytes>{Bytes(leaf_.der().begin(), leaf_.der().end()), {}}));
}

TEST_F(FleetAuditTest, WithoutASinkEverythingIsCountedAllTheSame) {
  const std::string text = Line("one", {leaf_, factory_}) + "not json\n" + Line("two", {leaf_});
  const AuditReport with = Audit({"-"}, text);
  std::istringstream input(text);
  const AuditReport without =
      test::Must(FleetAudit(authenticator_, options_).Run({"-"}, input, nullptr));
  EXPECT_EQ(without.devices, 2u);
  EXPECT_EQ(without.accepted, with.accepted);
  EXPECT_EQ(without.rejected, with.rejected);
  EXPECT_EQ(without.unreadable, 1u);
  EXPECT_EQ(without.by_reason, with.by_reason);
  EXPECT_EQ(without.by_enrollment, with.by_enrollment);
  EXPECT_EQ(without.by_anchor, with.by_anchor);
  EXPECT_EQ(without.by_key_type, with.by_key_type);
  EXPECT_EQ(without.by_expiry_month, with.by_expiry_month);
}

TEST_F(FleetAuditTest, VerdictsAreThoseOfTheAuthenticator) {
  Audit({"-"}, Line("one", {leaf_}) + Line("two", {leaf_, factory_}));
  ASSERT_EQ(records_.size(), 2u);
  EXPECT_EQ(records_[0].verdict, authenticator_.Authenticate(test::Presented(leaf_), w_.at()));
  EXPECT_EQ(records_[1].verdict,
            authenticator_.Authenticate(test::Presented(leaf_, {factory_}), w_.at()));
}

TEST_F(FleetAuditTest, IndividualsAreCountedByName) {
  const Entity lone = w_.SelfSignedLeaf("pump");
  const Authenticator authenticator(test::RegistryBuilder().Individual("pump", lone).Snapshot());
  std::istringstream input(Line("pump", {lone}));
  const AuditReport report =
      test::Must(FleetAudit(authenticator, options_).Run({"-"}, input, [](const AuditRecord&) {}));
  EXPECT_EQ(report.accepted, 1u);
  EXPECT_EQ(report.by_enrollment.at("individual pump"), 1u);
  EXPECT_TRUE(report.by_anchor.empty());
}

TEST_F(FleetAuditTest, FoldersOfCertificates) {
  Write("a-chain.pem", Pem({leaf_, factory_}));
  Write("b.der", std::string(leaf_.bytes().begin(), leaf_.bytes().end()));
  const Entity other = w_.Leaf("device-2", factory_);
  Write("c-list.pem", "text before\r\n" + Pem({leaf_, other, factory_}));
  Write("d.key", root_.key().ToPem());
  Write("e-cas.pem", Pem({root_, w_.Root("Other")}));
  Write("f-garbage.txt", "nothing of ours");
  Write("g-broken.pem",
        Pem({leaf_}) + "-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----\n");
  const AuditReport report = Audit({folder_.path().string()});
  std::vector<std::string> outcomes;
  for (const AuditRecord& record : records_) {
    outcomes.push_back(
        fs::path(record.source.name).filename().string() + " " +
        (record.read_error.empty() ? std::string(NameOf(record.verdict.reason)) : "unreadable"));
  }
  EXPECT_EQ(outcomes, (std::vector<std::string>{
                          "a-chain.pem none", "b.der link-not-presented", "c-list.pem none",
                          "c-list.pem none", "e-cas.pem unreadable", "f-garbage.txt unreadable",
                          "g-broken.pem unreadable", "g-broken.pem link-not-presented"}));
  EXPECT_EQ(report.unreadable, 3u);
  EXPECT_EQ(report.devices, 5u);
  // Records keep the place of their certificate.
  EXPECT_EQ(records_[2].source.line, 2u);
  EXPECT_GT(records_[3].source.line, records_[2].source.line);
}

TEST_F(FleetAuditTest, AFileWithoutCertificatesIsAFindingWhereItWasNamed) {
  const std::string key = Write("node.key", root_.key().ToPem());
  Audit({key});
  ASSERT_EQ(records_.size(), 1u);
  EXPECT_EQ(records_[0].read_error, "holds no certificate");
}

TEST_F(FleetAuditTest, AMalformedLeafHasNoFingerprint) {
  Bytes broken = leaf_.bytes();
  broken[8] ^= 0xff;
  const AuditReport report = Audit({"-"}, Line("x", {w_.WithDer(leaf_, broken)}));
  ASSERT_EQ(records_.size(), 1u);
  EXPECT_EQ(records_[0].verdict.reason, RejectReason::kMalformedCertificate);
  EXPECT_EQ(records_[0].leaf, Fingerprint{});
  EXPECT_EQ(records_[0].key_type, "");
  EXPECT_FALSE(records_[0].not_after);
  EXPECT_TRUE(report.by_key_type.empty());
}

TEST_F(FleetAuditTest, MissingInputsStopItBeforeTheFirstRecord) {
  const std::string there = Write("there.ndjson", Line("one", {leaf_}));
  std::istringstream none;
  int records = 0;
  const auto report =
      FleetAudit(authenticator_, options_)
          .Run({there, folder_.At("gone")}, none, [&](const AuditRecord&) { ++records; });
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kUnreadableInput);
  EXPECT_EQ(records, 0);
}

TEST_F(FleetAuditTest, AStopGivesWhatWasDoneSoFar) {
  options_.batch_records = 4;
  std::string text;
  for (int i = 0; i < 4000; ++i) text += Line("device", {leaf_, factory_});
  std::istringstream input(text);
  std::atomic<bool> stop{false};
  std::uint64_t records = 0;
  const AuditReport report = test::Must(FleetAudit(authenticator_, options_)
                                            .Run(
                                                {"-"}, input,
                                                [&](const AuditRecord&) {
                                                  if (++records == 10) stop = true;
                                                },
                                                &stop));
  EXPECT_TRUE(report.interrupted);
  EXPECT_EQ(report.devices, records);
  EXPECT_GE(records, 10u);
  EXPECT_LT(records, 1000u);
  // One that is set from the start reads nothing.
  std::istringstream again(text);
  const AuditReport nothing = test::Must(FleetAudit(authenticator_, options_)
                                             .Run(
                                                 {"-"}, again, [](const AuditRecord&) {}, &stop));
  EXPECT_TRUE(nothing.interrupted);
  EXPECT_EQ(nothing.devices, 0u);
}

TEST_F(FleetAuditTest, ASinkThatThrowsIsAnError) {
  std::istringstream input(Line("one", {leaf_, factory_}));
  const auto report =
      FleetAudit(authenticator_, options_).Run({"-"}, input, [](const AuditRecord&) {
        throw std::runtime_error("the disk is full");
      });
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kInternal);
  EXPECT_NE(report.error().message.find("the disk is full"), std::string::npos);
}

TEST_F(FleetAuditTest, OverlongRecordsAreFindings) {
  options_.record_size_max = 5000;
  const AuditReport report =
      Audit({"-"}, Line("one", {leaf_, factory_}) + Line(std::string(100'000, 'x'), {leaf_}) +
                       Line("two", {leaf_, factory_}));
  ASSERT_EQ(records_.size(), 3u);
  EXPECT_EQ(report.accepted, 2u);
  EXPECT_EQ(report.unreadable, 1u);
  EXPECT_NE(records_[1].read_error.find("more than the limit of 5000"), std::string::npos);
}

}  // namespace
}  // namespace muster
