// SignedObjectParser: what certificates and CRLs have in common (RFC 5280 4.1.1 and 5.1.1), and the
// record of the first failure.
#ifndef MUSTER_ENGINE_X509_SIGNED_OBJECT_PARSER_H_
#define MUSTER_ENGINE_X509_SIGNED_OBJECT_PARSER_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/der/der_reader.h"
#include "engine/x509/extension_reader.h"
#include "muster/bytes.h"
#include "muster/certificate.h"

namespace muster::x509 {

class SignedObjectParser {
 public:
  const ParseFailure& failure() const { return failure_; }

 protected:
  // SEQUENCE { tbs SEQUENCE, signatureAlgorithm, signatureValue BIT STRING }.
  struct Framing {
    ByteView tbs;  // Whole.
    der::DerReader tbs_fields;
    ByteView algorithm;  // Whole.
    ByteView signature;
  };

  explicit SignedObjectParser(ByteView der) : der_(der) {}

  // The methods below return false after recording why.
  bool ReadFraming(std::size_t size_max, Framing* out);
  bool ReadAlgorithm(der::DerReader* in, ByteView* whole);
  // The inner algorithm must repeat the outer one octet for octet (4.1.1.2, 5.1.1.2).
  bool ReadInnerAlgorithm(der::DerReader* in, const Framing& framing);
  bool ReadName(der::DerReader* in, bool may_be_empty, ByteView* whole);
  bool ReadTime(der::DerReader* in, UnixTime* value);

  bool Fail(RejectReason reason, const std::uint8_t* where, std::string_view what) {
    failure_ = {reason, static_cast<std::size_t>(where - der_.data()), what};
    return false;
  }
  bool FailRead(const der::DerReader& reader) {
    return Fail(RejectReason::kMalformedCertificate, reader.position(), reader.error());
  }
  bool FailExtension(const ExtensionReader& reader) {
    return Fail(reader.reason(), reader.position(), reader.what());
  }

 private:
  ByteView der_;
  ParseFailure failure_;
};

}  // namespace muster::x509

#endif  // MUSTER_ENGINE_X509_SIGNED_OBJECT_PARSER_H_
