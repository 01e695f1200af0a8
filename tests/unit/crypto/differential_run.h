// How long a differential test runs and where its random numbers begin. A short run by default;
//   MUSTER_DIFFERENTIAL_RUN=1000000 MUSTER_DIFFERENTIAL_SEED=7 muster_crypto_test
//     --gtest_filter='*Differential*'
// makes a long one. The seed is part of every failure.
#ifndef MUSTER_TESTS_UNIT_CRYPTO_DIFFERENTIAL_RUN_H_
#define MUSTER_TESTS_UNIT_CRYPTO_DIFFERENTIAL_RUN_H_

#include <cstdint>
#include <cstdlib>

namespace muster::crypto {

inline std::uint64_t NumberFromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): tests only read it.
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

// Signatures of each kind of key.
inline std::uint64_t DifferentialRun(std::uint64_t otherwise) {
  return NumberFromEnvironment("MUSTER_DIFFERENTIAL_RUN", otherwise);
}
inline std::uint64_t DifferentialSeed() {
  return NumberFromEnvironment("MUSTER_DIFFERENTIAL_SEED", 1);
}

}  // namespace muster::crypto

#endif  // MUSTER_TESTS_UNIT_CRYPTO_DIFFERENTIAL_RUN_H_
