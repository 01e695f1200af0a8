// Standard input that an interrupt ends, and the guard that turns SIGINT into a flag.
#ifndef MUSTER_TOOLS_MUSTER_STANDARD_INPUT_H_
#define MUSTER_TOOLS_MUSTER_STANDARD_INPUT_H_

#include <signal.h>  // NOLINT(modernize-deprecated-headers): sigaction is POSIX, not C++.

#include <array>
#include <atomic>
#include <streambuf>

namespace muster::cli {

// Set by SIGINT while an InterruptGuard lives.
const std::atomic<bool>& InterruptFlag();

// While alive, SIGINT sets the flag; a second one ends the process as usual.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

 private:
  struct sigaction before_ {};
};

// Reads a descriptor. At an interrupt the input ends, also where nothing comes in: the standard
// library's buffers would wait on.
class DescriptorBuffer : public std::streambuf {
 public:
  explicit DescriptorBuffer(int descriptor) : descriptor_(descriptor) {}

 protected:
  int_type underflow() override;

 private:
  int descriptor_;
  std::array<char, 64 * 1024> block_{};
};

}  // namespace muster::cli

#endif  // MUSTER_TOOLS_MUSTER_STANDARD_INPUT_H_
