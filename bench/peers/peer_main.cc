// The main program of the implementations in C++: requests in, answers out (peer.h).

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>

#include "bench/peers/peer.h"

namespace muster::bench {
namespace {

constexpr bool kCanBeTimed =
#if defined(NDEBUG) && !defined(MUSTER_CHECKED)
    true;
#else
    false;
#endif

// Processor time of the whole process: others on the machine do not touch it, and work that a
// library gives to threads counts.
double Now() {
  std::timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

class PeerProgram {
 public:
  std::string Answer(const std::string& request) {
    const std::size_t space = request.find(' ');
    const std::string verb = request.substr(0, space);
    const std::string argument = space == std::string::npos ? "" : request.substr(space + 1);
    if (verb == "about") return About();
    if (verb == "load") {
      fleet_ = ReadFleetFile(argument);
      return "ok";
    }
    if (verb == "prepare") {
      peer_->Prepare(fleet_, argument);
      prepared_ = true;
      return "ok";
    }
    Require(prepared_ && !fleet_.devices.empty(), "'" + verb + "' before 'load' and 'prepare'");
    if (verb == "check") return Check();
    if (verb == "round") return Round(std::stod(argument) / 1000);
    throw std::runtime_error("unknown request '" + verb + "'");
  }

 private:
  std::string About() const {
    Require(kCanBeTimed, "built without NDEBUG, or with checks: figures would mean nothing");
    std::string answer = "ok";
    for (const auto& [key, value] : peer_->About()) answer += "\t" + key + "=" + value;
    return answer;
  }

  std::string Check() {
    answers_.assign(fleet_.questions.size(), 0);
    peer_->Check(fleet_.questions, answers_);
    std::string answer = "ok\t";
    for (const std::uint8_t one : answers_) answer += one == 1 ? '1' : '0';
    return answer;
  }

  // Goes on where the round before it stopped, so that slow peers see the whole fleet as well.
  std::string Round(double seconds) {
    const std::size_t block = std::min(peer_->block(), fleet_.devices.size());
    answers_.assign(block, 0);
    std::size_t devices = 0, rejected = 0;
    const double start = Now();
    double elapsed = 0;
    do {
      if (next_ + block > fleet_.devices.size()) next_ = 0;
      peer_->Check(std::span(fleet_.devices).subspan(next_, block), answers_);
      next_ += block;
      devices += block;
      rejected += static_cast<std::size_t>(std::count(answers_.begin(), answers_.end(), 0));
      elapsed = Now() - start;
    } while (elapsed < seconds);
    return "ok\t" + std::to_string(devices) + "\t" + std::to_string(elapsed) + "\t" +
           std::to_string(rejected);
  }

  FleetFile fleet_;
  std::unique_ptr<Peer> peer_ = MakePeer();  // Borrows from fleet_.
  bool prepared_ = false;
  std::size_t next_ = 0;
  std::vector<std::uint8_t> answers_;
};

}  // namespace
}  // namespace muster::bench

int main() {
  try {
    muster::bench::PeerProgram program;
    for (std::string request; std::getline(std::cin, request);) {
      std::string answer;
      try {
        answer = program.Answer(request);
      } catch (const std::exception& e) {
        answer = std::string("error\t") + e.what();
      }
      std::cout << answer << std::endl;
    }
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "cannot start: %s\n", e.what());
    return 1;
  }
}
