#include "engine/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace muster::base {

void CheckFailed(const char* condition, const char* file, int line) {
  // The one place below the tools that prints: the process is about to die and nothing else can say
  // why.
  static_cast<void>(std::fprintf(stderr, "%s:%d: check failed: %s\n", file, line, condition));
  std::abort();
}

}  // namespace muster::base
