#include "tests/scenario/run_command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>

namespace muster::test {
namespace {

struct Pipe {
  int read = -1, write = -1;
  Pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
    read = ends[0];
    write = ends[1];
  }
  ~Pipe() {
    Close(&read);
    Close(&write);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  static void Close(int* end) {
    if (*end >= 0) close(*end);
    *end = -1;
  }
};

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Feeds and drains the three pipes until both outputs have ended.
void Exchange(Pipe& in, Pipe& out, Pipe& err, std::string_view input, CommandResult* result) {
  fcntl(in.write, F_SETFL, O_NONBLOCK);
  while (out.read >= 0 || err.read >= 0) {
    if (input.empty()) Pipe::Close(&in.write);
    std::array<pollfd, 3> wait = {
        {{in.write, POLLOUT, 0}, {out.read, POLLIN, 0}, {err.read, POLLIN, 0}}};
    if (poll(wait.data(), wait.size(), -1) < 0 && errno != EINTR) {
      throw std::runtime_error("poll failed");
    }
    if (wait[0].revents != 0) {
      const ssize_t count = write(in.write, input.data(), input.size());
      if (count > 0) input.remove_prefix(static_cast<std::size_t>(count));
      if (count < 0 && errno != EAGAIN) input = {};
    }
    const auto drain = [](const pollfd& ready, int* end, std::string* text) {
      if (ready.revents == 0) return;
      std::array<char, 65536> block;
      const ssize_t count = read(*end, block.data(), block.size());
      if (count > 0) {
        text->append(block.data(), static_cast<std::size_t>(count));
      } else {
        Pipe::Close(end);
      }
    };
    drain(wait[1], &out.read, &result->out);
    drain(wait[2], &err.read, &result->err);
  }
}

}  // namespace

CommandResult RunProgram(const std::vector<std::string>& command, const CommandOptions& options) {
  std::vector<std::string> arguments = command, environment = options.environment;
  const char* path = std::getenv("PATH");
  environment.push_back(std::string("PATH=") + (path == nullptr ? "/usr/bin:/bin" : path));
  // Sanitizers report through these.
  for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name))
      environment.push_back(std::string(name) + "=" + value);
  }
  const std::vector<char*> argv = Pointers(arguments), envp = Pointers(environment);
  signal(SIGPIPE, SIG_IGN);
  Pipe in, out, err;
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child == 0) {
    signal(SIGPIPE, SIG_DFL);
    dup2(in.read, STDIN_FILENO);
    dup2(out.write, STDOUT_FILENO);
    dup2(err.write, STDERR_FILENO);
    execvpe(argv[0], argv.data(), envp.data());
    _exit(127);
  }
  Pipe::Close(&in.read);
  Pipe::Close(&out.write);
  Pipe::Close(&err.write);
  CommandResult result;
  Exchange(in, out, err, options.input, &result);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

CommandResult RunMuster(const std::vector<std::string>& arguments, const CommandOptions& options) {
  std::vector<std::string> command = {MUSTER_BIN};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return RunProgram(command, options);
}

}  // namespace muster::test
