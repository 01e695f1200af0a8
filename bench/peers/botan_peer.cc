// Botan's x509_path_validate. It builds every path up to a self-signed root, so that trusting the
// leaf's issuer beforehand saves parsing only: there is no anchor mode.

#include <botan/certstor.h>
#include <botan/version.h>
#include <botan/x509cert.h>
#include <botan/x509path.h>

#include <chrono>

#include "bench/peers/peer.h"

namespace muster::bench {
namespace {

class BotanPeer final : public Peer {
 public:
  PeerFacts About() const override {
    return {
        {"name", "botan"}, {"version", Botan::short_version_string()}, {"modes", "full preparsed"}};
  }

  void Prepare(const FleetFile& fleet, std::string_view mode) override {
    full_ = mode == "full";
    at_ = fleet.at;
    for (const ByteView der : fleet.roots) roots_.add_certificate(Parse(der));
    if (full_) return;
    for (const ByteView der : fleet.intermediates) prepared_.Add(der, Parse(der));
  }

 private:
  static Botan::X509_Certificate Parse(ByteView der) { return {der.data(), der.size()}; }

  bool Accepts(const PresentedChain& chain) override {
    try {
      std::vector<Botan::X509_Certificate> path = {Parse(chain.leaf())};
      for (const ByteView der : chain.untrusted()) {
        const Botan::X509_Certificate* known = full_ ? nullptr : prepared_.Find(der);
        path.push_back(known == nullptr ? Parse(der) : *known);  // Copies share what was parsed.
      }
      return Botan::x509_path_validate(path, restrictions_, roots_, "",
                                       Botan::Usage_Type::TLS_CLIENT_AUTH, at_)
          .successful_validation();
    } catch (const std::exception&) {
      return false;
    }
  }

  bool full_ = true;
  std::chrono::system_clock::time_point at_;
  Botan::Certificate_Store_In_Memory roots_;
  ByPresented<Botan::X509_Certificate> prepared_;
  // No revocation; RSA from 2048 bits and no SHA-1, as muster demands.
  const Botan::Path_Validation_Restrictions restrictions_{/*require_rev=*/false,
                                                          /*minimum_key_strength=*/110};
};

}  // namespace

std::unique_ptr<Peer> MakePeer() { return std::make_unique<BotanPeer>(); }

}  // namespace muster::bench
