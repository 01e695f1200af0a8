// wolfSSL's wc_ParseCert, which parses a certificate and verifies it under the CAs of a manager.

#include <wolfssl/options.h>
// The options come first: all other headers depend on them.
#include <wolfssl/ssl.h>
#include <wolfssl/version.h>
#include <wolfssl/wolfcrypt/asn.h>

#include <ctime>

#include "bench/peers/peer.h"

namespace muster::bench {
namespace {

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using ManagerPtr = std::unique_ptr<WOLFSSL_CERT_MANAGER, Freer<wolfSSL_CertManagerFree>>;

// wolfSSL takes the time from a function.
std::time_t decided_at = 0;
std::time_t Time(std::time_t* out) {
  if (out != nullptr) *out = decided_at;
  return decided_at;
}

class Certificate {
 public:
  explicit Certificate(ByteView der) {
    wc_InitDecodedCert(&decoded_, der.data(), static_cast<word32>(der.size()), nullptr);
  }
  ~Certificate() { wc_FreeDecodedCert(&decoded_); }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  // Parsed, in date, and signed by a CA of `manager`.
  bool IsGood(const ManagerPtr& manager) {
    return wc_ParseCert(&decoded_, CERT_TYPE, VERIFY, manager.get()) == 0;
  }
  bool MayIssue() const {
    return decoded_.isCA != 0 && (decoded_.extKeyUsage & KEYUSE_KEY_CERT_SIGN) != 0;
  }
  bool IsForClients() const {
    return (decoded_.extExtKeyUsage & (EXTKEYUSE_CLIENT_AUTH | EXTKEYUSE_ANY)) != 0;
  }

 private:
  DecodedCert decoded_;
};

ManagerPtr NewManager() {
  ManagerPtr manager(wolfSSL_CertManagerNew());
  Require(manager != nullptr, "wolfSSL_CertManagerNew failed");
  return manager;
}

bool AddTrusted(ByteView der, const ManagerPtr& manager) {
  return wolfSSL_CertManagerLoadCABuffer(manager.get(), der.data(), static_cast<long>(der.size()),
                                         WOLFSSL_FILETYPE_ASN1) == WOLFSSL_SUCCESS;
}

class WolfSslPeer final : public Peer {
 public:
  PeerFacts About() const override {
    return {{"name", "wolfssl"}, {"version", LIBWOLFSSL_VERSION_STRING}, {"modes", "full anchor"}};
  }

  void Prepare(const FleetFile& fleet, std::string_view mode) override {
    Require(wolfSSL_Init() == WOLFSSL_SUCCESS, "wolfSSL_Init failed");
    decided_at = static_cast<std::time_t>(fleet.at.time_since_epoch().count());
    Require(wc_SetTimeCb(Time) == 0, "wc_SetTimeCb failed");
    roots_ = NewManager();
    for (const ByteView der : fleet.roots) {
      Require(AddTrusted(der, roots_), "a root of this fleet cannot be used");
    }
    if (mode == "full") return;
    for (const ByteView der : fleet.intermediates) {
      ManagerPtr manager = NewManager();
      Require(AddTrusted(der, manager), "an intermediate of this fleet cannot be used");
      anchors_.Add(der, std::move(manager));
    }
  }

 private:
  bool Accepts(const PresentedChain& chain) override {
    const ManagerPtr* const anchor = anchors_.Find(chain);
    if (anchor != nullptr) return AcceptsLeaf(chain.leaf(), *anchor);
    // A manager holds trusted CAs only, so each presented CA is verified under those of the one
    // above it and then trusted by a manager of its own.
    const ManagerPtr* above = &roots_;
    ManagerPtr manager;
    const std::span<const ByteView> presented = chain.untrusted();
    for (auto der = presented.rbegin(); der != presented.rend(); ++der) {
      Certificate certificate(*der);
      if (!certificate.IsGood(*above) || !certificate.MayIssue()) return false;
      ManagerPtr next = NewManager();
      if (!AddTrusted(*der, next)) return false;
      manager = std::move(next);
      above = &manager;
    }
    return AcceptsLeaf(chain.leaf(), *above);
  }

  static bool AcceptsLeaf(ByteView der, const ManagerPtr& manager) {
    Certificate leaf(der);
    return leaf.IsGood(manager) && leaf.IsForClients();
  }

  ManagerPtr roots_;
  ByPresented<ManagerPtr> anchors_;
};

}  // namespace

std::unique_ptr<Peer> MakePeer() { return std::make_unique<WolfSslPeer>(); }

}  // namespace muster::bench
