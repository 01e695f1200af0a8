#include "engine/base/encoding.h"
#include "engine/x509/crl.h"
#include "muster/certificate.h"

namespace muster {

ParseResult<CrlSummary> SummarizeCrl(ByteView der) {
  const auto crl = x509::CrlView::Parse(der);
  if (!crl) return tl::unexpected(crl.error());
  CrlSummary summary;
  summary.issuer = DisplayName(crl->issuer());
  summary.this_update = crl->this_update();
  summary.next_update = crl->next_update();
  summary.number = base::HexUpper(crl->crl_number());
  summary.is_delta = crl->is_delta();
  crl->ForEachRevoked([&](const x509::RevokedCertificate&) {
    ++summary.revoked;
    return true;
  });
  return summary;
}

}  // namespace muster
