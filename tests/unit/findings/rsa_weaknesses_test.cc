#include "engine/findings/rsa_weaknesses.h"

#include <gmp.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "engine/base/byte_view.h"
#include "engine/base/encoding.h"
#include "muster/fingerprint.h"
#include "tests/support/prime_pool.h"

namespace muster::findings {
namespace {

using test::RocaModulus;

constexpr std::array kPrimes = {2,  3,  5,  7,  11, 13, 17, 19,  23,  29,  31,  37,  41,
                                43, 47, 53, 59, 61, 67, 71, 73,  79,  83,  89,  97,  101,
                                103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};

Bytes RandomOdd(std::mt19937_64& random, std::size_t size) {
  Bytes octets(size);
  for (std::uint8_t& octet : octets) octet = static_cast<std::uint8_t>(random());
  octets.front() |= 0x80;
  octets.back() |= 1;
  return octets;
}

TEST(RsaWeaknesses, FindsTheFingerprintOfRoca) {
  for (const unsigned bits : {512U, 1'024U, 2'048U, 3'072U}) {
    for (unsigned long exponent = 1; exponent < 40; ++exponent) {
      const ModulusResidues residues = ResiduesOf(RocaModulus(exponent, exponent, bits));
      EXPECT_TRUE(residues.roca) << bits << " " << exponent;
      EXPECT_EQ(residues.small_factor, 0);
    }
  }
}

TEST(RsaWeaknesses, ANumberNextToOneWithTheFingerprintHasNone) {
  for (unsigned long exponent = 1; exponent < 40; ++exponent) {
    Bytes modulus = RocaModulus(exponent, exponent, 2'048);
    modulus[100] = static_cast<std::uint8_t>(modulus[100] + 1);
    EXPECT_FALSE(ResiduesOf(modulus).roca);
  }
}

TEST(RsaWeaknesses, RandomNumbersHaveNoFingerprintAndSmallFactorsShow) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 20'000; ++i) {
    const Bytes number = RandomOdd(random, 128 + static_cast<std::size_t>(i % 5));
    mpz_t value;
    mpz_init(value);
    mpz_import(value, number.size(), 1, 1, 1, 0, number.data());
    int least = 0;
    for (auto prime = kPrimes.rbegin(); prime != kPrimes.rend(); ++prime) {
      if (mpz_divisible_ui_p(value, static_cast<unsigned long>(*prime)) != 0) least = *prime;
    }
    mpz_clear(value);
    const ModulusResidues residues = ResiduesOf(number);
    EXPECT_EQ(residues.small_factor, least);
    EXPECT_FALSE(residues.roca);
  }
}

class WeakKeyListTest : public testing::Test {
 protected:
  void SetUp() override {
    file_ = (std::filesystem::path(testing::TempDir()) / "blacklist.RSA-2048").string();
  }
  void TearDown() override { std::filesystem::remove(file_); }
  void Write(const std::string& text) { std::ofstream(file_, std::ios::binary) << text; }
  std::string file_;
};

TEST_F(WeakKeyListTest, ContainsTheModuliOfTheList) {
  std::mt19937_64 random(6);
  const Bytes weak = RandomOdd(random, 256);
  const Bytes other = RandomOdd(random, 256);
  const std::string line = "Modulus=" + base::HexUpper(weak) + "\n";
  const std::string digest = Sha1Thumbprint(base::AsBytes(line));
  Write("# a comment\n\n" + digest.substr(20) + "\r\n00112233445566778899\n");
  WeakKeyList list;
  EXPECT_FALSE(list.Contains(weak));
  ASSERT_TRUE(list.Load(file_));
  EXPECT_TRUE(list.Contains(weak));
  EXPECT_FALSE(list.Contains(other));
}

TEST_F(WeakKeyListTest, RefusesWhatIsNoList) {
  WeakKeyList list;
  EXPECT_EQ(list.Load(file_ + ".missing").error().code, ErrorCode::kUnreadableInput);
  for (const std::string text : {"0011\n", "not hex at all, really\n", "0011223344556677889900\n"}) {
    Write(text);
    EXPECT_EQ(list.Load(file_).error().code, ErrorCode::kUnreadableInput) << text;
  }
}

}  // namespace
}  // namespace muster::findings
