#include "engine/findings/rsa_weaknesses.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <optional>

#include "engine/base/byte_view.h"
#include "engine/base/encoding.h"
#include "muster/fingerprint.h"

namespace muster::findings {
namespace {

constexpr std::array<std::uint32_t, 38> kPrimes = {
    3,  5,  7,  11, 13, 17, 19, 23,  29,  31,  37,  41,  43,  47,  53,  59,  61,  67,  71,
    73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};

// Bit r of entry i: r is a power of 65537 modulo kPrimes[i].
constexpr std::size_t kResidueMax = 168;
using ResidueSet = std::array<bool, kResidueMax>;

constexpr std::array<ResidueSet, kPrimes.size()> MakePowers() {
  std::array<ResidueSet, kPrimes.size()> table{};
  for (std::size_t i = 0; i < kPrimes.size(); ++i) {
    const std::uint32_t generator = 65537 % kPrimes[i];
    std::uint32_t power = 1;
    do {
      table[i][power] = true;
      power = power * generator % kPrimes[i];
    } while (power != 1);
  }
  return table;
}
constexpr auto kPowers = MakePowers();

// Neighbours whose product fits into 32 bits are reduced by at once.
struct PrimeGroup {
  std::size_t first = 0, count = 0;
  std::uint32_t product = 1;
};

constexpr auto MakeGroups() {
  std::array<PrimeGroup, kPrimes.size()> groups{};
  std::size_t used = 0;
  for (std::size_t i = 0; i < kPrimes.size(); ++i) {
    const bool fits = std::uint64_t{groups[used].product} * kPrimes[i] <= 0xffffffff;
    if (!fits) groups[++used].first = i;
    groups[used].product *= kPrimes[i];
    ++groups[used].count;
  }
  return groups;
}
constexpr auto kGroups = MakeGroups();

std::uint32_t Remainder(ByteView modulus, std::uint32_t divisor) {
  std::uint64_t remainder = 0;
  std::size_t i = 0;
  for (; i < modulus.size() % 4; ++i) remainder = (remainder << 8 | modulus[i]) % divisor;
  for (; i < modulus.size(); i += 4) {
    const std::uint32_t word = std::uint32_t{modulus[i]} << 24 |
                               std::uint32_t{modulus[i + 1]} << 16 |
                               std::uint32_t{modulus[i + 2]} << 8 | modulus[i + 3];
    remainder = (remainder << 32 | word) % divisor;
  }
  return static_cast<std::uint32_t>(remainder);
}

// Upper-case hex without leading zeros of the list's line, as openssl prints a modulus.
std::string ModulusLine(ByteView modulus) {
  std::string hex = base::HexUpper(modulus);
  hex.erase(0, std::min(hex.find_first_not_of('0'), hex.size()));
  return "Modulus=" + hex + "\n";
}

}  // namespace

ModulusResidues ResiduesOf(ByteView modulus) {
  ModulusResidues result;
  result.roca = true;
  for (const PrimeGroup& group : kGroups) {
    if (group.count == 0) break;
    const std::uint32_t remainder = Remainder(modulus, group.product);
    for (std::size_t i = group.first; i < group.first + group.count; ++i) {
      const std::uint32_t residue = remainder % kPrimes[i];
      result.roca = result.roca && kPowers[i][residue];
      if (residue == 0 && result.small_factor == 0) {
        result.small_factor = static_cast<int>(kPrimes[i]);
      }
    }
  }
  return result;
}

Result<void> WeakKeyList::Load(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    return MakeError(ErrorCode::kUnreadableInput,
                     fmt::format("the list of weak keys {} cannot be read", file));
  }
  std::uint64_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty() || line.front() == '#') continue;
    const std::optional<Bytes> octets = base::ParseHex(line);
    Digest digest;
    if (!octets || octets->size() != digest.size()) {
      return MakeError(ErrorCode::kUnreadableInput,
                       fmt::format("{} line {}: not 20 hex digits, so no list in the form of "
                                   "openssl-blacklist",
                                   file, number));
    }
    std::copy(octets->begin(), octets->end(), digest.begin());
    digests_.push_back(digest);
  }
  std::sort(digests_.begin(), digests_.end());
  return {};
}

bool WeakKeyList::Contains(ByteView modulus) const {
  if (digests_.empty()) return false;
  const std::optional<Bytes> sha1 =
      base::ParseHex(Sha1Thumbprint(base::AsBytes(ModulusLine(modulus))));
  Digest digest;
  std::copy(sha1->end() - static_cast<std::ptrdiff_t>(digest.size()), sha1->end(), digest.begin());
  return std::binary_search(digests_.begin(), digests_.end(), digest);
}

}  // namespace muster::findings
