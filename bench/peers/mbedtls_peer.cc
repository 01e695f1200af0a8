// mbedTLS's mbedtls_x509_crt_verify.

#include <mbedtls/ecp.h>
#include <mbedtls/oid.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>

#include <chrono>
#include <tuple>

#include "bench/peers/peer.h"

namespace muster::bench {
namespace {

// Certificates linked to a list, as mbedTLS wants them.
class CertificateList {
 public:
  CertificateList() { mbedtls_x509_crt_init(&first_); }
  ~CertificateList() { mbedtls_x509_crt_free(&first_); }
  CertificateList(const CertificateList&) = delete;
  CertificateList& operator=(const CertificateList&) = delete;

  // `der` has to outlive the list: mbedTLS would copy it otherwise.
  bool Add(ByteView der) {
    return mbedtls_x509_crt_parse_der_nocopy(&first_, der.data(), der.size()) == 0;
  }
  mbedtls_x509_crt* get() { return &first_; }

 private:
  mbedtls_x509_crt first_;
};

auto Fields(const mbedtls_x509_time& time) {
  return std::tie(time.year, time.mon, time.day, time.hour, time.min, time.sec);
}

mbedtls_x509_time Broken(UnixTime at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(at - day);
  return {static_cast<int>(date.year()),
          static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day())),
          static_cast<int>(time.hours().count()),
          static_cast<int>(time.minutes().count()),
          static_cast<int>(time.seconds().count())};
}

// mbedTLS compares with the clock of the system. This callback, which it calls for every
// certificate of a path, replaces what it found by what holds at the fleet's time.
int JudgeValidity(void* at, mbedtls_x509_crt* certificate, int, std::uint32_t* flags) {
  const auto& now = *static_cast<const mbedtls_x509_time*>(at);
  *flags &= ~std::uint32_t{MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE};
  if (Fields(certificate->valid_to) < Fields(now)) *flags |= MBEDTLS_X509_BADCERT_EXPIRED;
  if (Fields(now) < Fields(certificate->valid_from)) *flags |= MBEDTLS_X509_BADCERT_FUTURE;
  return 0;
}

class MbedTlsPeer final : public Peer {
 public:
  PeerFacts About() const override {
    return {{"name", "mbedtls"}, {"version", MBEDTLS_VERSION_STRING}, {"modes", "full anchor"}};
  }

  void Prepare(const FleetFile& fleet, std::string_view mode) override {
    at_ = Broken(fleet.at);
    // What it accepts by default, and P-384 in full.
    profile_ = mbedtls_x509_crt_profile_default;
    for (const ByteView der : fleet.roots) {
      Require(roots_.Add(der), "a root of this fleet cannot be parsed");
    }
    if (mode == "full") return;
    for (const ByteView der : fleet.intermediates) {
      auto anchor = std::make_unique<CertificateList>();
      Require(anchor->Add(der), "an intermediate of this fleet cannot be parsed");
      anchors_.Add(der, std::move(anchor));
    }
  }

 private:
  bool Accepts(const PresentedChain& chain) override {
    CertificateList certificates;
    if (!certificates.Add(chain.leaf())) return false;
    const std::unique_ptr<CertificateList>* const anchor = anchors_.Find(chain);
    if (anchor == nullptr) {
      for (const ByteView der : chain.untrusted()) {
        if (!certificates.Add(der)) return false;
      }
    }
    mbedtls_x509_crt* const trusted = anchor == nullptr ? roots_.get() : (*anchor)->get();
    std::uint32_t faults = 0;
    return mbedtls_x509_crt_verify_with_profile(certificates.get(), trusted, nullptr, &profile_,
                                                nullptr, &faults, JudgeValidity, &at_) == 0 &&
           mbedtls_x509_crt_check_extended_key_usage(certificates.get(), MBEDTLS_OID_CLIENT_AUTH,
                                                     MBEDTLS_OID_SIZE(MBEDTLS_OID_CLIENT_AUTH)) ==
               0;
  }

  mbedtls_x509_time at_{};
  mbedtls_x509_crt_profile profile_{};
  CertificateList roots_;
  ByPresented<std::unique_ptr<CertificateList>> anchors_;
};

}  // namespace

std::unique_ptr<Peer> MakePeer() { return std::make_unique<MbedTlsPeer>(); }

}  // namespace muster::bench
