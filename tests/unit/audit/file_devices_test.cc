#include "engine/audit/file_devices.h"

#include <gtest/gtest.h>

#include "muster/certificate.h"
#include "tests/support/test_world.h"

namespace muster::audit {
namespace {

using test::Entity;

class FileDevicesTest : public testing::Test {
 protected:
  std::vector<FileDevice> Find(const std::vector<Entity>& entities) {
    std::vector<ByteView> certificates;
    for (const Entity& entity : entities) certificates.push_back(entity.der());
    return FindDevices(certificates);
  }
  using Indices = std::vector<std::size_t>;

  test::World w_;
  const Entity root_ = w_.Root("Root");
  const Entity factory_ = w_.Intermediate("Factory", root_);
  const Entity leaf_ = w_.Leaf("device-1", factory_);
  const Entity other_ = w_.Leaf("device-2", factory_);
};

TEST_F(FileDevicesTest, NoneIsNone) { EXPECT_TRUE(Find({}).empty()); }

TEST_F(FileDevicesTest, LeafFirstIsOneDevice) {
  const auto devices = Find({leaf_, factory_, root_});
  ASSERT_EQ(devices.size(), 1u);
  EXPECT_EQ(devices[0].leaf, 0u);
  EXPECT_EQ(devices[0].untrusted, (Indices{1, 2}));
}

TEST_F(FileDevicesTest, ASingleCertificateIsADevice) {
  EXPECT_EQ(Find({leaf_}).size(), 1u);
  // A CA alone is shown too, and refused as a leaf, rather than passed over in silence.
  EXPECT_EQ(Find({root_}).size(), 1u);
}

TEST_F(FileDevicesTest, RootFirstFindsTheLeaf) {
  const auto devices = Find({root_, factory_, leaf_});
  ASSERT_EQ(devices.size(), 1u);
  EXPECT_EQ(devices[0].leaf, 2u);
  EXPECT_EQ(devices[0].untrusted, (Indices{1, 0}));
}

TEST_F(FileDevicesTest, AListSharesItsCas) {
  const Entity stranger = w_.Root("Stranger");
  const auto devices = Find({leaf_, other_, stranger, root_, factory_});
  ASSERT_EQ(devices.size(), 2u);
  EXPECT_EQ(devices[0].leaf, 0u);
  EXPECT_EQ(devices[0].untrusted, (Indices{4, 3}));
  EXPECT_EQ(devices[1].leaf, 1u);
  EXPECT_EQ(devices[1].untrusted, (Indices{4, 3}));
}

TEST_F(FileDevicesTest, SelfSignedDevicesOfOneNameAreAList) {
  const Entity a = w_.SelfSignedLeaf("device"), b = w_.SelfSignedLeaf("device", {.key_label = "b"});
  EXPECT_EQ(Find({a, b}).size(), 2u);
}

TEST_F(FileDevicesTest, CasOnlyAreNoDevice) {
  const Entity other_root = w_.Root("Other");
  EXPECT_TRUE(Find({root_, other_root}).empty());
}

TEST_F(FileDevicesTest, WhatDoesNotParseIsADevice) {
  Bytes broken = leaf_.bytes();
  broken[8] ^= 0xff;
  ASSERT_FALSE(CertificateView::Parse(broken));
  const auto devices = Find({w_.WithDer(leaf_, broken), factory_, other_});
  ASSERT_EQ(devices.size(), 2u);
  EXPECT_EQ(devices[0].leaf, 0u);
  EXPECT_TRUE(devices[0].untrusted.empty());
  EXPECT_EQ(devices[1].leaf, 2u);
}

TEST_F(FileDevicesTest, NoDevicePresentsMoreThanMayBe) {
  std::vector<Entity> entities = {other_, leaf_};
  for (int i = 0; i < 15; ++i) {
    entities.push_back(w_.Intermediate("Factory", root_, {.key_label = std::to_string(i)}));
  }
  const auto devices = Find(entities);
  ASSERT_EQ(devices.size(), 2u);
  EXPECT_EQ(devices[0].untrusted.size(), kUntrustedMax);
}

// CAs that name each other in a circle end the walk.
TEST_F(FileDevicesTest, CirclesEnd) {
  const Entity a = w_.Intermediate("Factory", w_.Root("B"));
  const Entity b = w_.CrossSigned(w_.Root("B"), factory_);
  const auto devices = Find({other_, leaf_, a, b});
  ASSERT_EQ(devices.size(), 2u);
  EXPECT_EQ(devices[0].untrusted, (Indices{2, 3}));
}

}  // namespace
}  // namespace muster::audit
