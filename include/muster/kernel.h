// Kernel: which code checks signatures in bulk. Every kernel gives the same answers; they differ in
// speed and in the processors that can run them.
//
// The best one is chosen when it is first needed. The environment variable MUSTER_KERNEL forces one
// by name; it is read once. A kernel is offered only after it has passed a self-test with known
// answers on this very processor.
// Thread-safe: all functions.
#ifndef MUSTER_KERNEL_H_
#define MUSTER_KERNEL_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "muster/result.h"

namespace muster {

// From the slowest to the fastest.
enum class Kernel : std::uint8_t {
  kReference,   // Botan, one signature at a time, no tables.
  kPortable,    // Tables of issuer keys, 64-bit words; any processor.
  kBmi2,        // The same with x86-64's BMI2 and ADX instructions.
  kAvx512Ifma,  // Eight signatures at a time with AVX-512 IFMA.
};

// "reference", "portable", "bmi2", "avx512ifma".
std::string_view NameOf(Kernel kernel);
// The kernel of that name; nothing where there is none.
std::optional<Kernel> KernelNamed(std::string_view name);
// All that exist, whether or not they run here, slowest first.
std::span<const Kernel> AllKernels();

// Those that this build has, this processor can run and whose self-test passed, slowest first.
// kReference is always among them.
std::vector<Kernel> SupportedKernels();

// The kernel in use: the last of SupportedKernels(), or the one MUSTER_KERNEL names.
// kInvalidArgument where that name is unknown or not supported here; signatures are then checked by
// kReference.
[[nodiscard]] Result<Kernel> ActiveKernel();

// What a kernel does for one task on this processor, for people.
struct KernelTask {
  std::string_view task;    // "ECDSA on P-256 and P-384".
  std::string_view engine;  // "tables of issuer keys, 8 signatures at a time (AVX-512 IFMA)".
};
// Empty where the kernel is not supported here.
std::vector<KernelTask> TasksOf(Kernel kernel);

}  // namespace muster

#endif  // MUSTER_KERNEL_H_
