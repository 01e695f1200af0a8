// Sketches: certificates and CRLs whose every field a test can replace. They carry no real key or
// signature: what is tested is their form.
#ifndef MUSTER_TESTS_UNIT_X509_SKETCH_H_
#define MUSTER_TESTS_UNIT_X509_SKETCH_H_

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "tests/unit/der/der_writer.h"

namespace muster::x509 {

using der::Hex;
using der::Join;
using der::Oid;
using der::Seq;
using der::Text;
using der::Tlv;

// AttributeTypeAndValue.
inline Bytes AttributeOf(std::string_view type, std::uint8_t tag, const Bytes& value) {
  return Seq({Oid(type), Tlv(tag, value)});
}
inline Bytes Rdn(std::initializer_list<Bytes> attributes) { return Tlv(der::kSet, attributes); }
inline Bytes Cn(std::string_view text, std::uint8_t tag = der::kUtf8String) {
  return Rdn({AttributeOf("2.5.4.3", tag, Text(text))});
}
inline Bytes Org(std::string_view text, std::uint8_t tag = der::kUtf8String) {
  return Rdn({AttributeOf("2.5.4.10", tag, Text(text))});
}
inline Bytes CnName(std::string_view text) { return Seq({Cn(text)}); }

// AlgorithmIdentifier of ecdsa-with-SHA256.
inline Bytes EcdsaSha256() { return Seq({Oid("1.2.840.10045.4.3.2")}); }
inline Bytes UtcTime(std::string_view text) { return Tlv(der::kUtcTime, Text(text)); }

inline Bytes ExtensionOf(std::string_view oid, const Bytes& value, bool critical = false) {
  return Seq({Oid(oid), critical ? Hex("0101ff") : Bytes{}, Tlv(der::kOctetString, value)});
}

struct CertificateSketch {
  Bytes version = Hex("a003020102");
  Bytes serial = Hex("02012a");
  Bytes inner_algorithm = EcdsaSha256();
  Bytes issuer = CnName("Factory");
  Bytes validity = Seq({UtcTime("250101000000Z"), UtcTime("350101000000Z")});
  Bytes subject = CnName("device-1");
  Bytes spki = Seq({Seq({Oid("1.2.840.10045.2.1"), Oid("1.2.840.10045.3.1.7")}), Hex("03020004")});
  Bytes unique_ids;
  std::vector<Bytes> extensions;  // None: the field is left out.
  Bytes after_extensions;
  Bytes outer_algorithm = EcdsaSha256();
  Bytes signature = Hex("030300aabb");
  Bytes after_signature;

  Bytes ExtensionsField() const {
    Bytes list;
    for (const Bytes& e : extensions) list.insert(list.end(), e.begin(), e.end());
    return extensions.empty() ? Bytes{} : Tlv(0xa3, Tlv(der::kSequence, list));
  }
  Bytes Tbs() const {
    return Seq({version, serial, inner_algorithm, issuer, validity, subject, spki, unique_ids,
                ExtensionsField(), after_extensions});
  }
  Bytes Der() const { return Seq({Tbs(), outer_algorithm, signature, after_signature}); }
};

struct CrlSketch {
  Bytes version = Hex("020101");
  Bytes inner_algorithm = EcdsaSha256();
  Bytes issuer = CnName("Factory");
  Bytes this_update = UtcTime("250101000000Z");
  Bytes next_update = UtcTime("250201000000Z");
  std::vector<Bytes> entries;  // None: the field is left out.
  Bytes raw_entries;           // In place of `entries`.
  std::vector<Bytes> extensions;
  Bytes raw_extensions;  // In place of `extensions`.
  Bytes outer_algorithm = EcdsaSha256();
  Bytes signature = Hex("030300aabb");

  static Bytes ListOf(const std::vector<Bytes>& parts) {
    Bytes list;
    for (const Bytes& part : parts) list.insert(list.end(), part.begin(), part.end());
    return parts.empty() ? Bytes{} : Tlv(der::kSequence, list);
  }
  Bytes Der() const {
    const Bytes list = ListOf(entries);
    const Bytes wrapped = extensions.empty() ? Bytes{} : Tlv(0xa0, ListOf(extensions));
    return Seq({Seq({version, inner_algorithm, issuer, this_update, next_update,
                     raw_entries.empty() ? list : raw_entries,
                     raw_extensions.empty() ? wrapped : raw_extensions}),
                outer_algorithm, signature});
  }
};

// An entry of revokedCertificates.
inline Bytes Entry(std::string_view serial_hex, const std::vector<Bytes>& extensions = {}) {
  return Seq({Tlv(der::kInteger, Hex(serial_hex)), UtcTime("250115000000Z"),
              CrlSketch::ListOf(extensions)});
}

}  // namespace muster::x509

#endif  // MUSTER_TESTS_UNIT_X509_SKETCH_H_
