// The cross-check of an audit: devices are decided again by another authenticator, and a disagreement
// ends it. Here the other one is made to disagree, by another registry.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/audit/audit_batch.h"
#include "engine/base/encoding.h"
#include "tests/support/test_world.h"

namespace muster::audit {
namespace {

using test::Entity;
using test::RegistryBuilder;

class CrossCheckTest : public testing::Test {
 protected:
  void Add(const Entity& leaf) {
    const std::string line = R"({"deviceId":"d","chain":[")" + base::EncodeBase64(leaf.der()) +
                             R"(",")" + base::EncodeBase64(factory_.der()) + R"("]})";
    RawRecord record;
    batch_.raw.names = {"fleet.ndjson"};
    record.source = {0, batch_.raw.records.size() + 1, batch_.raw.text.size()};
    record.text_offset = batch_.raw.text.size();
    record.text_size = line.size();
    batch_.raw.text.Append(line);
    batch_.raw.records.push_back(std::move(record));
  }
  void Decide(const Authenticator& reference, double share) {
    batch_.Decide({authenticator_, &reference, share}, w_.at(), true);
  }

  test::World w_;
  Entity root_ = w_.Root("Root"), factory_ = w_.Intermediate("Factory", root_);
  Entity good_ = w_.Leaf("good", factory_), denied_ = w_.Leaf("denied", factory_);
  Authenticator authenticator_{
      RegistryBuilder().Verified(root_).Group("line", factory_).Snapshot()};
  Authenticator disagrees_{
      RegistryBuilder().Verified(root_).Group("line", factory_).Deny(denied_).Snapshot()};
  AuditBatch batch_;
};

TEST_F(CrossCheckTest, ADisagreementEndsItAndSaysWhere) {
  for (int i = 0; i < 6; ++i) Add(good_);
  Add(denied_);
  try {
    Decide(disagrees_, 1);
    FAIL() << "they disagree about line 7";
  } catch (const JudgesDisagree& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("fleet.ndjson line 7"));
    EXPECT_THAT(e.what(), testing::HasSubstr("none against denied"));
    EXPECT_THAT(e.what(), testing::HasSubstr("--kernel reference"));
  }
}

TEST_F(CrossCheckTest, AgreementAndOtherDevicesPass) {
  for (int i = 0; i < 6; ++i) Add(good_);
  Add(denied_);
  Decide(authenticator_, 1);
  EXPECT_EQ(batch_.record_count(), 7U);
  batch_.raw.records.pop_back();
  Decide(disagrees_, 1);
  EXPECT_EQ(batch_.record_count(), 6U);
  AuditRecord record;
  for (std::size_t i = 0; i < 6; ++i) {
    batch_.Fill(i, &record);
    EXPECT_TRUE(record.verdict.accepted());
    EXPECT_EQ(record.leaf, good_.fingerprint());
  }
}

TEST_F(CrossCheckTest, TheShareIsChosenAtRandom) {
  Add(denied_);
  int found = 0;
  constexpr int kTries = 400;
  for (int i = 0; i < kTries; ++i) {
    try {
      Decide(disagrees_, 0.5);
    } catch (const JudgesDisagree&) {
      ++found;
    }
  }
  // Ten standard deviations.
  EXPECT_GT(found, kTries / 2 - 100);
  EXPECT_LT(found, kTries / 2 + 100);
}

}  // namespace
}  // namespace muster::audit
