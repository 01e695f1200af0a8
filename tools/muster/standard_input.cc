#include "tools/muster/standard_input.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

namespace muster::cli {
namespace {

// How long an interrupt may go unnoticed where another thread took the signal.
constexpr int kPollIntervalMs = 100;

// The only thing that the signal handler touches.
std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);

}  // namespace

const std::atomic<bool>& InterruptFlag() { return interrupted; }

InterruptGuard::InterruptGuard() {
  interrupted = false;
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = true; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // No SA_RESTART: waiting for input must end.
  sigaction(SIGINT, &action, &before_);
}

InterruptGuard::~InterruptGuard() { sigaction(SIGINT, &before_, nullptr); }

DescriptorBuffer::int_type DescriptorBuffer::underflow() {
  while (!interrupted) {
    pollfd wait{descriptor_, POLLIN, 0};
    const int ready = poll(&wait, 1, kPollIntervalMs);
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    const ssize_t count = read(descriptor_, block_.data(), block_.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    // The stream that reads from this buffer turns it into badbit.
    if (count < 0) throw std::runtime_error("standard input cannot be read");
    if (count == 0) break;
    setg(block_.data(), block_.data(), block_.data() + count);
    return traits_type::to_int_type(block_[0]);
  }
  return traits_type::eof();
}

}  // namespace muster::cli
