// How long a random test runs and where its random numbers begin: short runs by default, long ones
// from the environment (the preset `long`, and CONTRIBUTING.md).
#ifndef MUSTER_TESTS_SUPPORT_SETTING_H_
#define MUSTER_TESTS_SUPPORT_SETTING_H_

#include <cstdint>
#include <cstdlib>

namespace muster::test {

inline std::uint64_t Setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): tests only read it.
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace muster::test

#endif  // MUSTER_TESTS_SUPPORT_SETTING_H_
