#include "engine/findings/shared_primes.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace muster::findings {
namespace {

using Shared = ModulusStore::Shared;

// Moduli among which a partner is looked for. A common divisor of two takes about 20 us; where more
// moduli than these share primes, nearly all share the same few.
constexpr std::size_t kPoolMax = 16'384;

Place PlaceOf(const Shared& one) { return {one.owner.record, one.owner.ca}; }

bool ComesFirst(const Shared& a, const Shared& b) { return PlaceOf(a) < PlaceOf(b); }

Place FindPartner(const ModulusStore& moduli, const Shared& one, const std::vector<Shared>& pool) {
  const Bytes modulus = moduli.Read(one.place);
  for (const Shared& other : pool) {
    if (other.place == one.place) continue;
    if (ShareFactor(modulus, moduli.Read(other.place))) return PlaceOf(other);
  }
  return {};
}

}  // namespace

void TallySharedPrimes(ModulusStore& moduli, const BatchGcdOptions& options,
                       std::size_t examples_max, const GroupWalk::CallCa& call_ca,
                       FindingTally* tally) {
  std::vector<Shared> first, pool;
  moduli.FindSharedPrimes(options, [&](const Shared& one) {
    tally->Count(FindingId::kRsaSharedPrime, one.owner.owners);
    if (pool.size() < kPoolMax) pool.push_back(one);
    first.insert(std::ranges::upper_bound(first, one, ComesFirst), one);
    if (first.size() > examples_max) first.pop_back();
  });
  // The first of the inventory before others.
  std::ranges::sort(pool, ComesFirst);
  for (const Shared& one : first) {
    std::string detail = fmt::format("RSA-{}", one.bits);
    if (one.owner.ca != 0) detail = fmt::format("{}: {}", call_ca(one.owner.ca), detail);
    tally->Keep(FindingId::kRsaSharedPrime, one.owner.record, detail,
                FindPartner(moduli, one, pool));
  }
}

}  // namespace muster::findings
