// The same devices through muster and through other libraries. Their answers are compared first, on
// a fleet with planted faults; nothing is timed unless all agree. Counters: x_openssl_full and
// x_openssl_anchor, the devices per second relative to OpenSSL's, each taken in turn with it.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

#include "bench/bench_fleet.h"
#include "bench/bench_run.h"
#include "bench/peers/peer.h"

namespace muster::bench {
namespace {

// The faults that are the same question to all: the others are about enrollments, about what muster
// alone demands, or are accepted where the leaf's issuer is trusted beforehand.
constexpr std::array kCommonQuestions = {PlantedFault::kNone,          PlantedFault::kExpired,
                                         PlantedFault::kNotYetValid,   PlantedFault::kBadSignature,
                                         PlantedFault::kUnknownIssuer, PlantedFault::kWrongPurpose};

bool IsCommonQuestion(PlantedFault fault) {
  return std::find(kCommonQuestions.begin(), kCommonQuestions.end(), fault) !=
         kCommonQuestions.end();
}

std::vector<PeerChain> ChainsOf(const BenchFleet& fleet) {
  std::vector<PeerChain> chains;
  for (const FleetDevice& device : fleet.devices()) {
    PeerChain chain{device.chain.front(), {}};
    chain.intermediates.assign(device.chain.begin() + 1, device.chain.end());
    chains.push_back(std::move(chain));
  }
  return chains;
}

std::vector<std::unique_ptr<Peer>> AllPeers() {
  std::vector<std::unique_ptr<Peer>> all;
  for (auto make : {MusterPeers, OpenSslPeers, BotanPeers}) {
    for (std::unique_ptr<Peer>& peer : make()) all.push_back(std::move(peer));
  }
  return all;
}

std::string Title(const Peer& peer) {
  return std::string(peer.name()) + "/" + std::string(peer.mode());
}

// Throws where any peer gives an answer that the planted faults do not explain.
void CompareAnswers(KeyKind key) {
  const BenchFleet& fleet = FleetOf({.key = key,
                                     .devices = IsSmokeRun() ? 120u : 600u,
                                     .roots = 2,
                                     .intermediates = 4,
                                     .fault_rate = 0.5,
                                     .all_verified = true});
  const std::vector<PeerChain> chains = ChainsOf(fleet);
  std::set<PlantedFault> asked;
  for (const FleetDevice& device : fleet.devices()) {
    if (IsCommonQuestion(device.fault)) asked.insert(device.fault);
  }
  if (asked.size() != kCommonQuestions.size()) {
    throw std::runtime_error("the fleet is too small to hold every fault that is compared");
  }
  for (const std::unique_ptr<Peer>& peer : AllPeers()) {
    peer->Prepare(fleet.cas(), BenchTime());
    std::vector<std::uint8_t> answers(chains.size());
    peer->CheckAll(chains, answers);
    for (std::size_t i = 0; i < chains.size(); ++i) {
      const PlantedFault fault = fleet.devices()[i].fault;
      const bool expected = fault == PlantedFault::kNone;
      if (!IsCommonQuestion(fault) || (answers[i] == 1) == expected) continue;
      throw std::runtime_error(fmt::format(
          "{} {} {}, whose planted fault is {}; all must agree before anything is timed",
          Title(*peer), expected ? "rejects" : "accepts", fleet.devices()[i].device_id,
          NameOf(fault)));
    }
  }
}

void CompareAnswersOnce(KeyKind key) {
  static std::map<KeyKind, bool> compared;
  if (std::exchange(compared[key], true)) return;
  CompareAnswers(key);
}

// Checks the chains of a fleet block by block, round and round, and counts what is not accepted.
class Runner {
 public:
  Runner(Peer* peer, std::span<const PeerChain> chains, std::size_t block)
      : peer_(peer), chains_(chains), block_(block), answers_(block) {}

  void operator()() {
    peer_->CheckAll(chains_.subspan(next_, block_), answers_);
    for (const std::uint8_t answer : answers_) rejected_ += answer == 1 ? 0u : 1u;
    next_ = next_ + 2 * block_ <= chains_.size() ? next_ + block_ : 0;
  }
  std::uint64_t rejected() const { return rejected_; }

 private:
  Peer* peer_;
  std::span<const PeerChain> chains_;
  std::size_t block_, next_ = 0;
  std::vector<std::uint8_t> answers_;
  std::uint64_t rejected_ = 0;
};

using MakePeers = std::vector<std::unique_ptr<Peer>> (*)();

void CheckFleet(benchmark::State& state, KeyKind key, MakePeers make, std::size_t which) {
  CompareAnswersOnce(key);
  const std::size_t block = IsSmokeRun() ? 8 : 32;
  const BenchFleet& fleet =
      FleetOf({.key = key, .devices = IsSmokeRun() ? 16u : 512u, .all_verified = true});
  const std::vector<PeerChain> chains = ChainsOf(fleet);
  const std::unique_ptr<Peer> peer = std::move(make()[which]);
  std::vector<std::unique_ptr<Peer>> openssl = OpenSslPeers();
  peer->Prepare(fleet.cas(), BenchTime());
  for (const auto& reference : openssl) reference->Prepare(fleet.cas(), BenchTime());

  Runner subject(peer.get(), chains, block);
  Runner full(openssl[0].get(), chains, block), anchor(openssl[1].get(), chains, block);
  subject();
  full();
  anchor();
  const std::vector<double> ratios =
      TimeBeside(state, std::ref(subject), {std::ref(full), std::ref(anchor)});
  state.counters["x_openssl_full"] = 1 / ratios[0];
  state.counters["x_openssl_anchor"] = 1 / ratios[1];
  if (subject.rejected() + full.rejected() + anchor.rejected() != 0) {
    return Fail(state, "a good device was rejected");
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(block));
}

void RegisterAll() {
  constexpr MakePeers kAll[] = {MusterPeers, OpenSslPeers, BotanPeers};
  for (const KeyKind key : {KeyKind::kP256, KeyKind::kP384, KeyKind::kRsa2048, KeyKind::kEd25519}) {
    for (const MakePeers make : kAll) {
      const std::vector<std::unique_ptr<Peer>> peers = make();
      for (std::size_t i = 0; i < peers.size(); ++i) {
        const std::string name = std::string(NameOf(key)) + "/" + Title(*peers[i]);
        benchmark::RegisterBenchmark(name.c_str(), CheckFleet, key, make, i)->UseManualTime();
      }
    }
  }
}

[[maybe_unused]] const bool registered = (RegisterAll(), true);

}  // namespace
}  // namespace muster::bench
