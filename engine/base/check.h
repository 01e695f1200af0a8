// MUSTER_CHECK: invariants that no input octets can break. A failure is a programmer's error.
#ifndef MUSTER_ENGINE_BASE_CHECK_H_
#define MUSTER_ENGINE_BASE_CHECK_H_

namespace muster::base {

// Reports where and aborts.
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);

}  // namespace muster::base

#define MUSTER_CHECK(condition) \
  ((condition) ? void() : ::muster::base::CheckFailed(#condition, __FILE__, __LINE__))

// As MUSTER_CHECK in the checked build; nothing in release.
#ifdef MUSTER_CHECKED
#define MUSTER_DCHECK(condition) MUSTER_CHECK(condition)
#else
#define MUSTER_DCHECK(condition) static_cast<void>(0)
#endif

#endif  // MUSTER_ENGINE_BASE_CHECK_H_
