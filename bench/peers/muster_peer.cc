// muster itself, through its public headers.

#include <memory>
#include <string>
#include <utility>

#include "bench/bench_fleet.h"
#include "bench/bench_run.h"
#include "bench/peers/peer.h"
#include "muster/authenticator.h"

namespace muster::bench {
namespace {

PresentedChain Present(ByteView leaf, std::span<const ByteView> intermediates) {
  PresentedChain chain(leaf);
  for (const ByteView der : intermediates) chain.AddUntrusted(der);
  return chain;
}

class MusterPeer final : public Peer {
 public:
  // kFull forgets every CA path after each device.
  enum class Mode { kFull, kAnchor, kBatch };
  explicit MusterPeer(Mode mode) : mode_(mode) {}

  std::string_view name() const override { return "muster"; }
  std::string_view mode() const override {
    switch (mode_) {
      case Mode::kFull:
        return "full";
      case Mode::kAnchor:
        return "anchor";
      case Mode::kBatch:
        return "batch";
    }
    return "";
  }

  void Prepare(std::span<const FleetCa> cas, UnixTime at) override {
    at_ = at;
    RegistryContents contents;
    contents.service = "peers";
    for (const FleetCa& ca : cas) {
      // In full mode the service holds its roots only: the intermediate has to be checked.
      if (mode_ == Mode::kFull && !ca.parent.empty()) continue;
      contents.cas.push_back(
          Registered(ca.name, BenchCertificate{ca.der, ca.key}, CaStatus::kVerified));
      EnrollmentGroup group;
      group.id = ca.name;
      group.signing.primary_ca = ca.name;
      contents.groups.push_back(std::move(group));
    }
    authenticator_ =
        std::make_unique<Authenticator>(Must(RegistrySnapshot::Compile(std::move(contents))));
  }

  bool Check(ByteView leaf, std::span<const ByteView> intermediates) override {
    if (mode_ == Mode::kFull) authenticator_->Swap(authenticator_->snapshot());
    return authenticator_->Authenticate(Present(leaf, intermediates), at_).accepted();
  }

  void CheckAll(std::span<const PeerChain> chains, std::span<std::uint8_t> answers) override {
    if (mode_ != Mode::kBatch) return Peer::CheckAll(chains, answers);
    presented_.clear();
    for (const PeerChain& chain : chains) {
      presented_.push_back(Present(chain.leaf, chain.intermediates));
    }
    verdicts_.resize(presented_.size());
    authenticator_->AuthenticateBatch(presented_, at_, verdicts_);
    for (std::size_t i = 0; i < verdicts_.size(); ++i) answers[i] = verdicts_[i].accepted() ? 1 : 0;
  }

 private:
  Mode mode_;
  UnixTime at_{};
  std::unique_ptr<Authenticator> authenticator_;
  std::vector<PresentedChain> presented_;
  std::vector<Verdict> verdicts_;
};

}  // namespace

std::vector<std::unique_ptr<Peer>> MusterPeers() {
  std::vector<std::unique_ptr<Peer>> peers;
  peers.push_back(std::make_unique<MusterPeer>(MusterPeer::Mode::kFull));
  peers.push_back(std::make_unique<MusterPeer>(MusterPeer::Mode::kAnchor));
  peers.push_back(std::make_unique<MusterPeer>(MusterPeer::Mode::kBatch));
  return peers;
}

}  // namespace muster::bench
