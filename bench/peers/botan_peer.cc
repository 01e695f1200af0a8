// Botan's x509_path_validate. It builds every path up to a self-signed root, so trusting the leaf's
// issuer beforehand saves parsing only: there is no anchor mode.

#include <botan/certstor.h>
#include <botan/x509cert.h>
#include <botan/x509path.h>

#include <chrono>
#include <optional>

#include "bench/peers/peer.h"

namespace muster::bench {
namespace {

class BotanPeer final : public Peer {
 public:
  enum class Mode { kFull, kPreparsed };
  explicit BotanPeer(Mode mode) : mode_(mode) {}

  std::string_view name() const override { return "botan"; }
  std::string_view mode() const override { return mode_ == Mode::kFull ? "full" : "preparsed"; }

  void Prepare(std::span<const FleetCa> cas, UnixTime at) override {
    at_ = at;
    for (const FleetCa& ca : cas) {
      if (mode_ == Mode::kFull && !ca.parent.empty()) continue;
      store_.add_certificate(Botan::X509_Certificate(ca.der));
    }
  }

  bool Check(ByteView leaf, std::span<const ByteView> intermediates) override {
    try {
      std::vector<Botan::X509_Certificate> chain;
      chain.emplace_back(leaf.data(), leaf.size());
      if (mode_ == Mode::kFull) {
        for (const ByteView der : intermediates) chain.emplace_back(der.data(), der.size());
      }
      return Botan::x509_path_validate(chain, restrictions_, store_, "",
                                       Botan::Usage_Type::TLS_CLIENT_AUTH, at_)
          .successful_validation();
    } catch (const std::exception&) {
      return false;
    }
  }

 private:
  Mode mode_;
  std::chrono::system_clock::time_point at_;
  Botan::Certificate_Store_In_Memory store_;
  // No revocation; RSA from 2048 bits and no SHA-1, as muster demands.
  const Botan::Path_Validation_Restrictions restrictions_{/*require_rev=*/false,
                                                          /*minimum_key_strength=*/110};
};

}  // namespace

std::vector<std::unique_ptr<Peer>> BotanPeers() {
  std::vector<std::unique_ptr<Peer>> peers;
  peers.push_back(std::make_unique<BotanPeer>(BotanPeer::Mode::kFull));
  peers.push_back(std::make_unique<BotanPeer>(BotanPeer::Mode::kPreparsed));
  return peers;
}

}  // namespace muster::bench
