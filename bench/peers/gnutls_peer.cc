// GnuTLS's gnutls_x509_trust_list_verify_crt2.

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include <array>
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
void FreeList(gnutls_x509_trust_list_st* list) { gnutls_x509_trust_list_deinit(list, /*all=*/1); }

using CertificatePtr = std::unique_ptr<gnutls_x509_crt_int, Freer<gnutls_x509_crt_deinit>>;
using ListPtr = std::unique_ptr<gnutls_x509_trust_list_st, Freer<FreeList>>;

// GnuTLS takes the time from a function without arguments.
std::time_t decided_at = 0;
std::time_t Time(std::time_t* out) {
  if (out != nullptr) *out = decided_at;
  return decided_at;
}

CertificatePtr Parse(ByteView der) {
  gnutls_x509_crt_t parsed = nullptr;
  if (gnutls_x509_crt_init(&parsed) != GNUTLS_E_SUCCESS) return nullptr;
  CertificatePtr certificate(parsed);
  const gnutls_datum_t octets = {const_cast<unsigned char*>(der.data()),
                                 static_cast<unsigned>(der.size())};
  const bool good =
      gnutls_x509_crt_import(parsed, &octets, GNUTLS_X509_FMT_DER) == GNUTLS_E_SUCCESS;
  return good ? std::move(certificate) : nullptr;
}

ListPtr NewList() {
  gnutls_x509_trust_list_t list = nullptr;
  Require(gnutls_x509_trust_list_init(&list, /*size=*/0) == GNUTLS_E_SUCCESS,
          "gnutls_x509_trust_list_init failed");
  return ListPtr(list);
}

void AddTrusted(ByteView der, const ListPtr& list) {
  CertificatePtr certificate = Parse(der);
  gnutls_x509_crt_t ca = certificate.release();  // The list owns it now.
  Require(ca != nullptr && gnutls_x509_trust_list_add_cas(list.get(), &ca, 1, 0) == 1,
          "a CA of this fleet cannot be used");
}

class GnuTlsPeer final : public Peer {
 public:
  PeerFacts About() const override {
    return {
        {"name", "gnutls"}, {"version", gnutls_check_version(nullptr)}, {"modes", "full anchor"}};
  }

  void Prepare(const FleetFile& fleet, std::string_view mode) override {
    decided_at = static_cast<std::time_t>(fleet.at.time_since_epoch().count());
    gnutls_global_set_time_function(Time);
    roots_ = NewList();
    for (const ByteView der : fleet.roots) AddTrusted(der, roots_);
    if (mode == "full") return;
    for (const ByteView der : fleet.intermediates) {
      ListPtr list = NewList();
      AddTrusted(der, list);
      anchors_.Add(der, std::move(list));
    }
  }

 private:
  bool Accepts(const PresentedChain& chain) override {
    std::vector<CertificatePtr> certificates;
    certificates.push_back(Parse(chain.leaf()));
    const ListPtr* const anchor = anchors_.Find(chain);
    if (anchor == nullptr) {
      for (const ByteView der : chain.untrusted()) certificates.push_back(Parse(der));
    }
    std::array<gnutls_x509_crt_t, kUntrustedMax + 1> list{};
    for (std::size_t i = 0; i < certificates.size(); ++i) {
      list[i] = certificates[i].get();
      if (list[i] == nullptr) return false;
    }
    gnutls_typed_vdata_st purpose{};
    purpose.type = GNUTLS_DT_KEY_PURPOSE_OID;
    purpose.data = reinterpret_cast<unsigned char*>(const_cast<char*>(GNUTLS_KP_TLS_WWW_CLIENT));
    unsigned faults = 0;
    const int status = gnutls_x509_trust_list_verify_crt2(
        (anchor == nullptr ? roots_ : *anchor).get(), list.data(),
        static_cast<unsigned>(certificates.size()), &purpose, 1,
        /*flags=*/0, &faults, nullptr);
    return status == GNUTLS_E_SUCCESS && faults == 0;
  }

  ListPtr roots_;
  ByPresented<ListPtr> anchors_;
};

}  // namespace

std::unique_ptr<Peer> MakePeer() { return std::make_unique<GnuTlsPeer>(); }

}  // namespace muster::bench
