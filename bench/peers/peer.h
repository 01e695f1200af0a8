// Peer: a library that validates certificate chains, doing the task that muster does.
//
// All are asked the same question: is there a path from this leaf to a CA of the service that is
// valid at a given time, for a client? Peers know no enrollments, so where they are compared with
// muster every CA is verified and every group enabled, and the roll-up rule always holds.
#ifndef MUSTER_BENCH_PEERS_PEER_H_
#define MUSTER_BENCH_PEERS_PEER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "muster/bytes.h"
#include "muster/development_pki.h"
#include "muster/time.h"

namespace muster::bench {

// What a device presents, as its octets.
struct PeerChain {
  ByteView leaf;
  std::vector<ByteView> intermediates;
};

class Peer {
 public:
  virtual ~Peer() = default;

  virtual std::string_view name() const = 0;  // "openssl".
  // How much is done beforehand.
  // full: nothing; what a device presents is parsed and checked up to a root, for every device.
  // preparsed: CA certificates are parsed, but their signatures are checked for every device.
  // anchor: the leaf's issuer is trusted, which leaves one parse and one signature a device.
  // batch: as anchor, with many chains in one call.
  virtual std::string_view mode() const = 0;
  // Called once, before anything is checked. Throws where it cannot be done.
  virtual void Prepare(std::span<const FleetCa> cas, UnixTime at) = 0;
  virtual bool Check(ByteView leaf, std::span<const ByteView> intermediates) = 0;
  // answers[i] = 1 where chains[i] is good, else 0. Peers with a call for many override it.
  virtual void CheckAll(std::span<const PeerChain> chains, std::span<std::uint8_t> answers) {
    for (std::size_t i = 0; i < chains.size(); ++i) {
      answers[i] = Check(chains[i].leaf, chains[i].intermediates) ? 1 : 0;
    }
  }
};

// New peers, not yet prepared.
std::vector<std::unique_ptr<Peer>> MusterPeers();
std::vector<std::unique_ptr<Peer>> OpenSslPeers();
std::vector<std::unique_ptr<Peer>> BotanPeers();

}  // namespace muster::bench

#endif  // MUSTER_BENCH_PEERS_PEER_H_
