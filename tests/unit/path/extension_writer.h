// Writes extensions for tests of path validation.
#ifndef MUSTER_TESTS_UNIT_PATH_EXTENSION_WRITER_H_
#define MUSTER_TESTS_UNIT_PATH_EXTENSION_WRITER_H_

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/der/der_reader.h"
#include "engine/pki/der_writer.h"
#include "muster/development_pki.h"

namespace muster::path {

using pki::DerWriter;

inline Bytes OidOf(std::string_view dotted) {
  auto oid = der::OidFromText(dotted);
  if (!oid) throw std::invalid_argument("not an OID: " + std::string(dotted));
  return *oid;
}

inline Bytes TextOf(std::string_view text) { return {text.begin(), text.end()}; }

// A whole GeneralName.
struct Name {
  std::uint8_t tag;
  Bytes content;
};
inline Name Dns(std::string_view text) { return {der::ContextPrimitive(2), TextOf(text)}; }
inline Name Email(std::string_view text) { return {der::ContextPrimitive(1), TextOf(text)}; }
inline Name Uri(std::string_view text) { return {der::ContextPrimitive(6), TextOf(text)}; }
inline Name Ip(Bytes octets) { return {der::ContextPrimitive(7), std::move(octets)}; }
inline Name RegisteredId(std::string_view oid) { return {der::ContextPrimitive(8), OidOf(oid)}; }
// `name` is a whole Name SEQUENCE.
inline Name Directory(Bytes name) { return {der::ContextConstructed(4), std::move(name)}; }

inline Bytes NamesOf(const std::vector<Name>& names) {
  DerWriter w;
  for (const Name& name : names) w.Add(name.tag, name.content);
  return w.Take();
}

inline RawExtension Sequence(std::string oid, bool critical, const Bytes& content) {
  return {std::move(oid), critical, DerWriter().Add(der::kSequence, content).Take()};
}

inline RawExtension SubjectAltName(const std::vector<Name>& names) {
  return Sequence("2.5.29.17", false, NamesOf(names));
}

inline RawExtension NameConstraints(const std::vector<Name>& permitted,
                                    const std::vector<Name>& excluded, bool critical = true) {
  DerWriter w;
  int number = 0;
  for (const auto* names : {&permitted, &excluded}) {
    DerWriter subtrees;
    for (const Name& name : *names) {
      subtrees.Nest(der::kSequence, [&](DerWriter& s) { s.Add(name.tag, name.content); });
    }
    if (!names->empty()) w.Add(der::ContextConstructed(number), subtrees.octets());
    ++number;
  }
  return Sequence("2.5.29.30", critical, w.octets());
}

inline constexpr const char* kAnyPolicy = "2.5.29.32.0";

inline RawExtension Policies(const std::vector<std::string>& oids) {
  DerWriter w;
  for (const std::string& oid : oids) {
    w.Nest(der::kSequence, [&](DerWriter& p) { p.AddOid(OidOf(oid)); });
  }
  return Sequence("2.5.29.32", false, w.octets());
}

inline RawExtension PolicyMappings(
    const std::vector<std::pair<std::string, std::string>>& mappings) {
  DerWriter w;
  for (const auto& [from, to] : mappings) {
    w.Nest(der::kSequence,
           [&, &f = from, &t = to](DerWriter& m) { m.AddOid(OidOf(f)).AddOid(OidOf(t)); });
  }
  return Sequence("2.5.29.33", true, w.octets());
}

inline RawExtension PolicyConstraints(std::optional<unsigned> require_explicit,
                                      std::optional<unsigned> inhibit_mapping = {}) {
  DerWriter w;
  if (require_explicit) w.AddUnsigned(der::ContextPrimitive(0), *require_explicit);
  if (inhibit_mapping) w.AddUnsigned(der::ContextPrimitive(1), *inhibit_mapping);
  return Sequence("2.5.29.36", true, w.octets());
}

inline RawExtension InhibitAnyPolicy(unsigned skip) {
  return {"2.5.29.54", true, DerWriter().AddUnsigned(der::kInteger, skip).Take()};
}

// DistributionPointName with a fullName.
inline Bytes PointName(const std::vector<Name>& full_name) {
  return DerWriter()
      .Nest(der::ContextConstructed(0),
            [&](DerWriter& w) { w.Add(der::ContextConstructed(0), NamesOf(full_name)); })
      .Take();
}

// Reasons: bit k of `flags` is ReasonFlags bit k.
inline Bytes Reasons(int number, std::uint16_t flags) {
  DerWriter bits;
  bits.AddNamedBits(flags);
  der::DerReader reader(bits.octets());
  ByteView content;
  if (!reader.Read(der::kBitString, &content)) throw std::logic_error("no BIT STRING");
  return DerWriter().Add(der::ContextPrimitive(number), content).Take();
}

struct Point {
  std::vector<Name> full_name = {};
  std::optional<std::uint16_t> reasons = {};
  std::vector<Name> crl_issuer = {};
};

inline RawExtension CrlDistributionPoints(const std::vector<Point>& points) {
  DerWriter w;
  for (const Point& point : points) {
    w.Nest(der::kSequence, [&](DerWriter& p) {
      if (!point.full_name.empty()) p.AddRaw(PointName(point.full_name));
      if (point.reasons) p.AddRaw(Reasons(1, *point.reasons));
      if (!point.crl_issuer.empty()) {
        p.Add(der::ContextConstructed(2), NamesOf(point.crl_issuer));
      }
    });
  }
  return Sequence("2.5.29.31", false, w.octets());
}

struct Idp {
  std::vector<Name> full_name = {};
  bool only_user = false, only_ca = false, indirect = false, only_attribute = false;
  std::optional<std::uint16_t> only_some_reasons = {};
};

inline RawExtension IssuingDistributionPoint(const Idp& idp) {
  const Bytes yes = {0xff};
  DerWriter w;
  if (!idp.full_name.empty()) w.AddRaw(PointName(idp.full_name));
  if (idp.only_user) w.Add(der::ContextPrimitive(1), yes);
  if (idp.only_ca) w.Add(der::ContextPrimitive(2), yes);
  if (idp.only_some_reasons) w.AddRaw(Reasons(3, *idp.only_some_reasons));
  if (idp.indirect) w.Add(der::ContextPrimitive(4), yes);
  if (idp.only_attribute) w.Add(der::ContextPrimitive(5), yes);
  return Sequence("2.5.29.28", true, w.octets());
}

inline RawExtension DeltaCrlIndicator(std::uint64_t base) {
  return {"2.5.29.27", true, DerWriter().AddUnsigned(der::kInteger, base).Take()};
}

inline RawExtension CertificateIssuer(const Bytes& name) {
  return Sequence("2.5.29.29", true, NamesOf({Directory(name)}));
}

}  // namespace muster::path

#endif  // MUSTER_TESTS_UNIT_PATH_EXTENSION_WRITER_H_
