// BatchGcd: which of many RSA moduli share a prime with another.
//
// With P the product of all moduli, gcd(N, P/N mod N) is more than 1 exactly where N has a
// factor in
// common with another. Products are made in a tree, pairs first, and P/N mod N comes down the same
// tree: next to each product P the sum D of P/N over its moduli is made (for a product of two
// nodes,
// D = D1 P2 + D2 P1), and D mod P1 is then congruent to P/N for every N in P1, modulo that N. This
// needs no squares of products, which halves the numbers that are divided.
//
// A tree keeps every level, so moduli are taken in chunks of which the tree fits into memory. For
// the moduli of chunk j the others count as well: D of the chunk is multiplied by the product
// of the
// other chunks' products, reduced modulo the product of chunk j, before it comes down. That costs a
// division and a multiplication of chunk size for each pair of chunks; products of chunks wait in
// a temporary file.
//
// The same modulus twice is its own common factor: the caller leaves duplicates out.
#ifndef MUSTER_ENGINE_FINDINGS_BATCH_GCD_H_
#define MUSTER_ENGINE_FINDINGS_BATCH_GCD_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "muster/bytes.h"

namespace muster::findings {

// Moduli in an order that is the same each time, read from the beginning several times.
class ModulusSource {
 public:
  virtual ~ModulusSource() = default;
  virtual void Rewind() = 0;
  // A positive number, big-endian; false at the end.
  virtual bool Next(Bytes* modulus) = 0;
};

struct BatchGcdOptions {
  std::size_t memory_octets_max = std::size_t{128} * 1024 * 1024;
  std::string spill_folder = {};
  int threads = 1;
};

// Calls `shared` with the number of each modulus, counted from 0, that has a factor in common with
// another, in order, and with the greatest common divisor (big-endian). Throws std::system_error
// where a temporary file fails.
void BatchGcd(ModulusSource& source, const BatchGcdOptions& options,
              const std::function<void(std::uint64_t index, ByteView divisor)>& shared);

// Whether two positive numbers have a factor in common.
bool ShareFactor(ByteView a, ByteView b);

}  // namespace muster::findings

#endif  // MUSTER_ENGINE_FINDINGS_BATCH_GCD_H_
