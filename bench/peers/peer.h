// Peer: one implementation that decides about chains, as a program of its own, so that libraries
// with the same symbols can be compared and none disturbs another.
//
// All are asked the same: is there a path from this leaf to a root of the fleet that is valid (RFC
// 5280) at the fleet's time, for a client? A program is one implementation in one mode and answers
// requests, a line each, on standard input; every answer is one line of fields between tabs that
// begins with "ok" or with "error" and a message:
//
//   about                ok, then facts as key=value: name, version, modes, ...
//   load FILE            ok; FILE is a fleet (fleet_file.h)
//   prepare MODE         ok; whatever MODE keeps between devices is made
//   check                ok, then a digit a question: 1 = accepted, 0 = rejected
//   round MILLISECONDS   ok, devices decided, seconds they took, devices that were rejected
//
// Modes say how much is done beforehand:
//   full       nothing: all that a device presents is parsed and checked up to a root
//   preparsed  CA certificates are parsed, but their signatures are checked for every device
//   anchor     the leaf's issuer is trusted: one parse and one signature a device
// muster has others (muster_peer.cc).
#ifndef MUSTER_BENCH_PEERS_PEER_H_
#define MUSTER_BENCH_PEERS_PEER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bench/peers/fleet_file.h"
#include "muster/bytes.h"
#include "muster/certificate.h"

namespace muster::bench {

using PeerFacts = std::vector<std::pair<std::string, std::string>>;

class Peer {
 public:
  virtual ~Peer() = default;

  virtual PeerFacts About() const = 0;
  // Called once, with a fleet that outlives the peer. Throws where it cannot be done.
  virtual void Prepare(const FleetFile& fleet, std::string_view mode) = 0;
  // Devices in a call of Check; between calls the clock is looked at.
  virtual std::size_t block() const { return 16; }
  // answers[i] = 1 where chains[i] is accepted, else 0.
  virtual void Check(std::span<const PresentedChain> chains, std::span<std::uint8_t> answers) {
    for (std::size_t i = 0; i < chains.size(); ++i) answers[i] = Accepts(chains[i]) ? 1 : 0;
  }

 protected:
  virtual bool Accepts(const PresentedChain& chain) = 0;
};

// Each program defines it.
std::unique_ptr<Peer> MakePeer();

// Throws a std::runtime_error unless `done`.
inline void Require(bool done, const std::string& what) {
  if (!done) throw std::runtime_error(what);
}

// What a peer keeps for each intermediate, found by the octets that a device presents: looking it
// up costs any peer less than a search of its own in a store of 1,000 CAs.
template <typename T>
class ByPresented {
 public:
  void Add(ByteView der, T value) { values_.insert_or_assign(Key(der), std::move(value)); }

  const T* Find(ByteView der) const {
    const auto at = values_.find(Key(der));
    return at == values_.end() ? nullptr : &at->second;
  }
  // That of the leaf's issuer, as presented; null where it is unknown or none was presented.
  const T* Find(const PresentedChain& chain) const {
    return chain.untrusted().empty() ? nullptr : Find(chain.untrusted().front());
  }

 private:
  // The keys borrow from the fleet.
  static std::string_view Key(ByteView der) {
    return {reinterpret_cast<const char*>(der.data()), der.size()};
  }

  std::unordered_map<std::string_view, T> values_;
};

}  // namespace muster::bench

#endif  // MUSTER_BENCH_PEERS_PEER_H_
