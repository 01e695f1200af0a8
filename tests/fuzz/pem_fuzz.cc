// Reads any octets as a file of certificates. What is found must be found again in its own PEM.
#include <cstddef>
#include <cstdint>

#include "engine/base/byte_view.h"
#include "engine/base/check.h"
#include "muster/certificate_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  const ByteView input(data, size);
  const auto outcome = ReadEncoded(input);
  const auto all = ReadAllCertificates(input, "input");
  const auto one = ReadOneCertificate(input, "input");
  MUSTER_CHECK(all || !all.error().message.empty());
  MUSTER_CHECK(!one || (all && all->size() == 1 && all->front() == *one));
  if (!outcome) {
    MUSTER_CHECK(!all && outcome.error().code == ErrorCode::kUnreadableInput);
    return 0;
  }
  MUSTER_CHECK(!all || outcome->faults.empty());
  for (const ReadFault& fault : outcome->faults) MUSTER_CHECK(!fault.what.empty());
  for (const EncodedObject& object : outcome->objects) {
    const bool crl = object.kind == EncodedKind::kCrl;
    const auto again =
        ReadEncoded(base::AsBytes(EncodePem(object.der, crl ? "X509 CRL" : "CERTIFICATE")));
    MUSTER_CHECK(again && !again->objects.empty());
  }
  return 0;
}
