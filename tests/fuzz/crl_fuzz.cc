// Parses any octets as a CRL and, where that works, visits and finds every entry.
#include <cstddef>
#include <cstdint>

#include "engine/base/byte_view.h"
#include "engine/base/check.h"
#include "engine/x509/crl.h"
#include "engine/x509/name.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  const auto crl = x509::CrlView::Parse(ByteView(data, size));
  if (!crl) {
    MUSTER_CHECK(crl.error().offset <= size && !crl.error().what.empty());
    return 0;
  }
  MUSTER_CHECK(x509::IsWellFormedName(crl->issuer()));
  MUSTER_CHECK(crl->is_delta() == !crl->base_crl_number().empty());
  int left = 100;  // Find is linear: a bound keeps the target from being quadratic.
  crl->ForEachRevoked([&](const x509::RevokedCertificate& entry) {
    const ByteView issuer =
        entry.certificate_issuer.empty() ? crl->issuer() : entry.certificate_issuer;
    const auto found = crl->Find(issuer, entry.serial);
    MUSTER_CHECK(found && base::Equal(found->serial, entry.serial));
    return --left > 0;
  });
  return 0;
}
