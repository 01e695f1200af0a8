#include <gtest/gtest.h>

#include <array>
#include <set>

#include "engine/base/byte_view.h"
#include "engine/crypto/public_key.h"

namespace muster::crypto {
namespace {

TEST(SystemRandom, FillsAndDiffers) {
  std::set<std::array<std::uint8_t, 24>> seen;
  for (int i = 0; i < 100; ++i) {
    std::array<std::uint8_t, 24> octets{};
    SystemRandom(octets);
    EXPECT_TRUE(seen.insert(octets).second);
  }
  std::array<std::uint8_t, 0> none;
  SystemRandom(none);
}

TEST(ConstantTimeEqual, ComparesContents) {
  EXPECT_TRUE(ConstantTimeEqual({}, {}));
  EXPECT_TRUE(ConstantTimeEqual(base::AsBytes("abc"), base::AsBytes("abc")));
  EXPECT_FALSE(ConstantTimeEqual(base::AsBytes("abc"), base::AsBytes("abd")));
  EXPECT_FALSE(ConstantTimeEqual(base::AsBytes("abc"), base::AsBytes("bbc")));
  EXPECT_FALSE(ConstantTimeEqual(base::AsBytes("abc"), base::AsBytes("ab")));
  EXPECT_FALSE(ConstantTimeEqual(base::AsBytes("abc"), {}));
}

}  // namespace
}  // namespace muster::crypto
