// OpenSSL's X509_verify_cert.

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <stdexcept>
#include <string>

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
void FreeStack(STACK_OF(X509) * certificates) { sk_X509_pop_free(certificates, X509_free); }

using CertificatePtr = std::unique_ptr<X509, Freer<X509_free>>;
using StackPtr = std::unique_ptr<STACK_OF(X509), Freer<FreeStack>>;
using StorePtr = std::unique_ptr<X509_STORE, Freer<X509_STORE_free>>;
using ContextPtr = std::unique_ptr<X509_STORE_CTX, Freer<X509_STORE_CTX_free>>;

CertificatePtr Decode(ByteView der) {
  const unsigned char* at = der.data();
  CertificatePtr certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  return at == der.data() + der.size() ? std::move(certificate) : nullptr;
}

void Require(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("OpenSSL: ") + what + " failed");
}

class OpenSslPeer final : public Peer {
 public:
  enum class Mode { kFull, kAnchor };
  explicit OpenSslPeer(Mode mode) : mode_(mode) {}

  std::string_view name() const override { return "openssl"; }
  std::string_view mode() const override { return mode_ == Mode::kFull ? "full" : "anchor"; }

  void Prepare(std::span<const FleetCa> cas, UnixTime at) override {
    store_.reset(X509_STORE_new());
    context_.reset(X509_STORE_CTX_new());
    Require(store_ != nullptr && context_ != nullptr, "X509_STORE_new");
    for (const FleetCa& ca : cas) {
      if (mode_ == Mode::kFull && !ca.parent.empty()) continue;
      const CertificatePtr certificate = Decode(ca.der);
      Require(certificate != nullptr, "d2i_X509 of a CA");
      Require(X509_STORE_add_cert(store_.get(), certificate.get()) == 1, "X509_STORE_add_cert");
    }
    X509_VERIFY_PARAM* param = X509_STORE_get0_param(store_.get());
    X509_VERIFY_PARAM_set_time(param, at.time_since_epoch().count());
    // RSA from 2048 bits and no SHA-1, as muster demands.
    X509_VERIFY_PARAM_set_auth_level(param, 2);
    Require(X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_CLIENT) == 1, "set_purpose");
    if (mode_ == Mode::kAnchor) X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
  }

  bool Check(ByteView leaf, std::span<const ByteView> intermediates) override {
    const bool good = Verify(leaf, intermediates);
    if (!good) ERR_clear_error();
    return good;
  }

 private:
  bool Verify(ByteView leaf, std::span<const ByteView> intermediates) {
    const CertificatePtr certificate = Decode(leaf);
    if (certificate == nullptr) return false;
    StackPtr untrusted;
    if (mode_ == Mode::kFull) {
      untrusted.reset(sk_X509_new_null());
      for (const ByteView der : intermediates) {
        CertificatePtr intermediate = Decode(der);
        if (intermediate == nullptr) return false;
        if (sk_X509_push(untrusted.get(), intermediate.get()) <= 0) return false;
        static_cast<void>(intermediate.release());  // The stack owns it now.
      }
    }
    if (X509_STORE_CTX_init(context_.get(), store_.get(), certificate.get(), untrusted.get()) !=
        1) {
      return false;
    }
    const bool good = X509_verify_cert(context_.get()) == 1;
    X509_STORE_CTX_cleanup(context_.get());
    return good;
  }

  Mode mode_;
  StorePtr store_;
  ContextPtr context_;
};

}  // namespace

std::vector<std::unique_ptr<Peer>> OpenSslPeers() {
  std::vector<std::unique_ptr<Peer>> peers;
  peers.push_back(std::make_unique<OpenSslPeer>(OpenSslPeer::Mode::kFull));
  peers.push_back(std::make_unique<OpenSslPeer>(OpenSslPeer::Mode::kAnchor));
  return peers;
}

}  // namespace muster::bench
