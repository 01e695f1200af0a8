#include "engine/crypto/kernels/choice.h"

#include <cstdlib>
#include <string>

#ifdef __x86_64__
#include <cpuid.h>
#endif

namespace muster::crypto::kernels {
namespace {

#ifdef __x86_64__

// General registers only, so the operating system has no say.
bool HasBmi2AndAdx() {
  constexpr unsigned kBmi1 = 1U << 3, kBmi2 = 1U << 8, kAdx = 1U << 19;
  constexpr unsigned kAll = kBmi1 | kBmi2 | kAdx;
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & kAll) == kAll;
}

// The builtin also asks whether the operating system saves the wide registers.
bool HasAvx512Ifma() {
  return HasBmi2AndAdx() && __builtin_cpu_supports("avx512f") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512ifma");
}

#endif

}  // namespace

const KernelTable* RunnableKernel(Kernel kernel) {
  switch (kernel) {
    case Kernel::kReference:
      return nullptr;
    case Kernel::kPortable:
      return &PortableKernel();
#ifdef __x86_64__
    case Kernel::kBmi2:
      return HasBmi2AndAdx() ? &Bmi2Kernel() : nullptr;
    case Kernel::kAvx512Ifma:
      return HasAvx512Ifma() ? &Avx512IfmaKernel() : nullptr;
#else
    case Kernel::kBmi2:
    case Kernel::kAvx512Ifma:
      return nullptr;
#endif
  }
  return nullptr;
}

bool HasShaInstructions() {
#ifdef __x86_64__
  // Not every compiler's builtin knows it. The registers are those of SSE, which every system
  // saves.
  constexpr unsigned kSha = 1U << 29;
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & kSha) != 0 &&
         __builtin_cpu_supports("sse4.1");
#else
  return false;
#endif
}

const char* ForcedKernelName() {
  static const std::string name = [] {
    const char* value = std::getenv("MUSTER_KERNEL");  // NOLINT(concurrency-mt-unsafe): once.
    return std::string(value == nullptr ? "" : value);
  }();
  return name.empty() ? nullptr : name.c_str();
}

}  // namespace muster::crypto::kernels
