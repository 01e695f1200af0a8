// OpenSSL's X509_verify_cert; built a second time with BoringSSL's headers for BoringSSL's.

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "bench/peers/peer.h"

namespace muster::bench {
namespace {

#ifdef OPENSSL_IS_BORINGSSL
constexpr const char* kName = "boringssl";
const std::string kVersionText =
    "BoringSSL of Android, API " + std::to_string(BORINGSSL_API_VERSION);
void SetLevel(X509_VERIFY_PARAM*) {}  // It has none.
void SetTrusted(X509_STORE_CTX* context, STACK_OF(X509) * trusted) {
  X509_STORE_CTX_trusted_stack(context, trusted);
}
#else
constexpr const char* kName = "openssl";
const std::string kVersionText = OpenSSL_version(OPENSSL_VERSION);
// RSA from 2048 bits and no SHA-1, as muster demands.
void SetLevel(X509_VERIFY_PARAM* param) { X509_VERIFY_PARAM_set_auth_level(param, 2); }
void SetTrusted(X509_STORE_CTX* context, STACK_OF(X509) * trusted) {
  X509_STORE_CTX_set0_trusted_stack(context, trusted);
}
#endif

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

CertificatePtr Share(const CertificatePtr& certificate) {
  X509_up_ref(certificate.get());
  return CertificatePtr(certificate.get());
}

// False where there is no certificate.
bool Push(CertificatePtr certificate, const StackPtr& stack) {
  if (certificate == nullptr || sk_X509_push(stack.get(), certificate.get()) <= 0) return false;
  static_cast<void>(certificate.release());  // The stack owns it now.
  return true;
}

class OpenSslPeer final : public Peer {
 public:
  PeerFacts About() const override {
    return {{"name", kName}, {"version", kVersionText}, {"modes", "full preparsed anchor"}};
  }

  void Prepare(const FleetFile& fleet, std::string_view mode) override {
    mode_ = mode == "full" ? Mode::kFull : mode == "anchor" ? Mode::kAnchor : Mode::kPreparsed;
    store_.reset(X509_STORE_new());
    context_.reset(X509_STORE_CTX_new());
    Require(store_ != nullptr && context_ != nullptr, "X509_STORE_new failed");
    for (const ByteView der : fleet.roots) {
      const CertificatePtr root = Decode(der);
      Require(root != nullptr && X509_STORE_add_cert(store_.get(), root.get()) == 1,
              "a root of this fleet cannot be used");
    }
    X509_VERIFY_PARAM* param = X509_STORE_get0_param(store_.get());
    X509_VERIFY_PARAM_set_time(param, fleet.at.time_since_epoch().count());
    SetLevel(param);
    Require(X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_CLIENT) == 1,
            "X509_VERIFY_PARAM_set_purpose failed");
    if (mode_ == Mode::kFull) return;
    if (mode_ == Mode::kAnchor) X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
    for (const ByteView der : fleet.intermediates) {
      CertificatePtr certificate = Decode(der);
      Require(certificate != nullptr, "an intermediate of this fleet cannot be parsed");
      prepared_.Add(der, std::move(certificate));
    }
  }

 private:
  enum class Mode { kFull, kPreparsed, kAnchor };

  bool Accepts(const PresentedChain& chain) override {
    const bool good = Verify(chain);
    if (!good) ERR_clear_error();
    return good;
  }

  bool Verify(const PresentedChain& chain) {
    const CertificatePtr leaf = Decode(chain.leaf());
    if (leaf == nullptr) return false;
    const CertificatePtr* const anchor = mode_ == Mode::kAnchor ? prepared_.Find(chain) : nullptr;
    const StackPtr others(sk_X509_new_null());
    if (anchor != nullptr) {
      Push(Share(*anchor), others);
    } else {
      for (const ByteView der : chain.untrusted()) {
        const CertificatePtr* const known = prepared_.Find(der);
        if (!Push(known == nullptr ? Decode(der) : Share(*known), others)) return false;
      }
    }
    if (X509_STORE_CTX_init(context_.get(), store_.get(), leaf.get(),
                            anchor == nullptr ? others.get() : nullptr) != 1) {
      return false;
    }
    if (anchor != nullptr) SetTrusted(context_.get(), others.get());
    const bool good = X509_verify_cert(context_.get()) == 1;
    X509_STORE_CTX_cleanup(context_.get());
    return good;
  }

  Mode mode_ = Mode::kFull;
  StorePtr store_;
  ContextPtr context_;
  ByPresented<CertificatePtr> prepared_;
};

}  // namespace

std::unique_ptr<Peer> MakePeer() { return std::make_unique<OpenSslPeer>(); }

}  // namespace muster::bench
