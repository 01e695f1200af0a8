// Flaws of the fields of TBSCertificate (RFC 5280 4.1): version, serial, names, dates.
#include <chrono>
#include <string>

#include "engine/der/der_reader.h"
#include "engine/pki/der_writer.h"
#include "tests/support/adversarial_certificate.h"
#include "tests/support/test_world.h"
#include "tests/unit/path/extension_writer.h"

namespace muster::test {
namespace {

using path::TextOf;
using pki::DerWriter;
using StringKind = NameAttribute::StringKind;

using D = CertificateDraft;

Bytes Version(std::uint64_t number) {
  return DerWriter()
      .Nest(der::ContextConstructed(0), [&](DerWriter& w) { w.AddUnsigned(der::kInteger, number); })
      .Take();
}

Bytes Integer(const Bytes& content) { return DerWriter().Add(der::kInteger, content).Take(); }

Bytes Repeated(std::size_t size, std::uint8_t first) {
  Bytes octets(size, 0x5a);
  if (!octets.empty()) octets[0] = first;
  return octets;
}

Bytes Time(std::uint8_t tag, std::string_view text) {
  return DerWriter().Add(tag, TextOf(text)).Take();
}
Bytes Utc(std::string_view text) { return Time(der::kUtcTime, text); }
Bytes Generalized(std::string_view text) { return Time(der::kGeneralizedTime, text); }

void AddVersionFlaws(std::vector<Flaw>* f) {
  f->push_back({"version: 1 with extensions", FlawPlace::kAny, [](D* d) { d->version.clear(); }});
  f->push_back({"version: 1", FlawPlace::kAny, [](D* d) {
                  d->version.clear();
                  d->extensions.clear();
                }});
  f->push_back({"version: 1 written out", FlawPlace::kAny, [](D* d) {
                  d->version = Version(0);
                  d->extensions.clear();
                }});
  f->push_back({"version: 2", FlawPlace::kAny, [](D* d) {
                  d->version = Version(1);
                  d->extensions.clear();
                }});
  f->push_back(
      {"version: 2 with extensions", FlawPlace::kAny, [](D* d) { d->version = Version(1); }});
  f->push_back({"version: 4", FlawPlace::kAny, [](D* d) { d->version = Version(3); }});
  f->push_back({"version: unique identifiers", FlawPlace::kAny, [](D* d) {
                  d->unique_ids = DerWriter()
                                      .Add(der::ContextPrimitive(1), Bytes{0, 0xa5})
                                      .Add(der::ContextPrimitive(2), Bytes{0, 0x5a})
                                      .Take();
                }});
  f->push_back(
      {"version: 3 without extensions", FlawPlace::kAny, [](D* d) { d->extensions.clear(); }});
}

void AddSerialFlaws(std::vector<Flaw>* f) {
  f->push_back({"serial: zero", FlawPlace::kAny, [](D* d) { d->serial = Integer({0}); }});
  f->push_back({"serial: negative", FlawPlace::kAny, [](D* d) { d->serial = Integer({0x85, 1}); }});
  f->push_back({"serial: 20 octets", FlawPlace::kAny,
                [](D* d) { d->serial = Integer(Repeated(20, 0x7f)); }});
  f->push_back({"serial: 21 octets", FlawPlace::kAny,
                [](D* d) { d->serial = Integer(Repeated(21, 0x7f)); }});
  f->push_back({"serial: 20 octets and a sign octet", FlawPlace::kAny, [](D* d) {
                  Bytes content = Repeated(20, 0xff);
                  content.insert(content.begin(), 0);
                  d->serial = Integer(content);
                }});
  f->push_back({"serial: not minimal", FlawPlace::kAny, [](D* d) {
                  d->serial = Integer({0, 0, 7});
                }});
  f->push_back({"serial: empty", FlawPlace::kAny, [](D* d) { d->serial = Integer({}); }});
}

// Names that RFC 5280 7.1 says match, and some that it does not.
Bytes Written(StringKind kind, std::string_view common_name, std::string_view org) {
  return Must(EncodeName(
      {{"2.5.4.10", std::string(org), kind}, {"2.5.4.3", std::string(common_name), kind}}));
}

std::string CommonName(int number) {
  return number < kDeviceNames ? "CA " + std::to_string(number)
                               : "device-" + std::to_string(number - kDeviceNames);
}

void AddNameFlaws(std::vector<Flaw>* f) {
  f->push_back({"name: issuer in other case", FlawPlace::kAny, [](D* d) {
                  std::string name = CommonName(d->issuer_name);
                  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
                  d->issuer = Written(StringKind::kUtf8, name, "ACME");
                }});
  f->push_back({"name: issuer as PrintableString", FlawPlace::kAny, [](D* d) {
                  d->issuer = Written(StringKind::kPrintable, CommonName(d->issuer_name), "Acme");
                }});
  f->push_back({"name: issuer with more spaces", FlawPlace::kAny, [](D* d) {
                  std::string name = CommonName(d->issuer_name);
                  if (const auto space = name.find(' '); space != std::string::npos) {
                    name.insert(space, "  ");
                  }
                  d->issuer = Written(StringKind::kUtf8, " " + name + " ", " Acme");
                }});
  f->push_back({"name: issuer as T61String", FlawPlace::kAny, [](D* d) {
                  d->issuer = Written(StringKind::kT61, CommonName(d->issuer_name), "Acme");
                }});
  f->push_back({"name: issuer attributes in other order", FlawPlace::kAny, [](D* d) {
                  d->issuer = Must(
                      EncodeName({{"2.5.4.3", CommonName(d->issuer_name)}, {"2.5.4.10", "Acme"}}));
                }});
  f->push_back({"name: issuer of another CA", FlawPlace::kAny,
                [](D* d) { d->issuer = AdversarialName(d->issuer_name + 1); }});
}

void AddSubjectFlaws(std::vector<Flaw>* f) {
  f->push_back(
      {"name: empty issuer", FlawPlace::kAny, [](D* d) { d->issuer = Must(EncodeName({})); }});
  f->push_back(
      {"name: empty subject", FlawPlace::kAny, [](D* d) { d->subject = Must(EncodeName({})); }});
  f->push_back({"name: empty subject and critical subjectAltName", FlawPlace::kLeaf, [](D* d) {
                  d->subject = Must(EncodeName({}));
                  RawExtension names = path::SubjectAltName({path::Dns("device.example.com")});
                  names.critical = true;
                  d->Set(names);
                }});
  f->push_back({"name: subject in other case", FlawPlace::kCa, [](D* d) {
                  std::string name = CommonName(d->subject_name);
                  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
                  d->subject = Written(StringKind::kPrintable, name, "aCME");
                }});
  f->push_back(
      {"name: subject is its issuer", FlawPlace::kAny, [](D* d) { d->subject = d->issuer; }});
  f->push_back({"name: subject as BMPString", FlawPlace::kLeaf, [](D* d) {
                  d->subject = Must(
                      EncodeName({{"2.5.4.3", std::string("\0d\0e\0v", 6), StringKind::kBmp}}));
                }});
  f->push_back({"name: subject is not UTF-8", FlawPlace::kLeaf, [](D* d) {
                  d->subject = Must(EncodeName({{"2.5.4.3", "dev\xff\xfe", StringKind::kUtf8}}));
                }});
  f->push_back(
      {"name: subject with octets that PrintableString has not", FlawPlace::kLeaf, [](D* d) {
         d->subject = Must(EncodeName({{"2.5.4.3", "dev@*", StringKind::kPrintable}}));
       }});
  f->push_back({"name: subject with several attributes in one RDN", FlawPlace::kLeaf, [](D* d) {
                  const auto attribute = [](DerWriter& set, std::string_view oid,
                                            std::string_view value) {
                    set.Nest(der::kSequence, [&](DerWriter& w) {
                      w.AddOid(path::OidOf(oid)).Add(der::kUtf8String, TextOf(value));
                    });
                  };
                  d->subject = DerWriter()
                                   .Nest(der::kSequence,
                                         [&](DerWriter& w) {
                                           w.Nest(der::kSet, [&](DerWriter& set) {
                                             attribute(set, "2.5.4.3", "device-1");
                                             attribute(set, "2.5.4.10", "Acme");
                                           });
                                         })
                                   .Take();
                }});
}

// Everything a validity can be; the question's time stays where it is.
void AddDateFlaws(std::vector<Flaw>* f) {
  f->push_back(
      {"date: expired", FlawPlace::kAny, [](D* d) { d->not_after = Utc("260101000000Z"); }});
  f->push_back(
      {"date: not yet valid", FlawPlace::kAny, [](D* d) { d->not_before = Utc("270101000000Z"); }});
  f->push_back({"date: expires this second", FlawPlace::kAny,
                [](D* d) { d->not_after = Utc("260615120000Z"); }});
  f->push_back({"date: expired a second ago", FlawPlace::kAny,
                [](D* d) { d->not_after = Utc("260615115959Z"); }});
  f->push_back({"date: valid from this second", FlawPlace::kAny,
                [](D* d) { d->not_before = Utc("260615120000Z"); }});
  f->push_back({"date: valid from the next second", FlawPlace::kAny,
                [](D* d) { d->not_before = Utc("260615120001Z"); }});
  f->push_back(
      {"date: reversed", FlawPlace::kAny, [](D* d) { std::swap(d->not_before, d->not_after); }});
  f->push_back({"date: UTCTime of 2049", FlawPlace::kAny,
                [](D* d) { d->not_after = Utc("491231235959Z"); }});
  f->push_back({"date: UTCTime of 1950", FlawPlace::kAny,
                [](D* d) { d->not_before = Utc("500101000000Z"); }});
  f->push_back({"date: UTCTime that would be 2050", FlawPlace::kAny,
                [](D* d) { d->not_after = Utc("500101000000Z"); }});
  f->push_back({"date: GeneralizedTime of 2050", FlawPlace::kAny,
                [](D* d) { d->not_after = Generalized("20500101000000Z"); }});
  f->push_back({"date: GeneralizedTime of 2049", FlawPlace::kAny,
                [](D* d) { d->not_after = Generalized("20491231235959Z"); }});
  f->push_back(
      {"date: 9999", FlawPlace::kAny, [](D* d) { d->not_after = Generalized("99991231235959Z"); }});
  f->push_back({"date: before 1950", FlawPlace::kAny,
                [](D* d) { d->not_before = Generalized("19010203040506Z"); }});
  f->push_back(
      {"date: without seconds", FlawPlace::kAny, [](D* d) { d->not_after = Utc("3001010000Z"); }});
  f->push_back({"date: with an offset", FlawPlace::kAny,
                [](D* d) { d->not_after = Utc("300101000000+0100"); }});
  f->push_back({"date: with a fraction", FlawPlace::kAny,
                [](D* d) { d->not_after = Generalized("20300101000000.5Z"); }});
  f->push_back({"date: without Z", FlawPlace::kAny,
                [](D* d) { d->not_after = Generalized("20300101000000"); }});
  f->push_back(
      {"date: 30 February", FlawPlace::kAny, [](D* d) { d->not_after = Utc("300230000000Z"); }});
  f->push_back({"date: 29 February of 2028", FlawPlace::kAny,
                [](D* d) { d->not_after = Utc("280229000000Z"); }});
  f->push_back(
      {"date: second 60", FlawPlace::kAny, [](D* d) { d->not_after = Utc("300101000060Z"); }});
  f->push_back(
      {"date: hour 24", FlawPlace::kAny, [](D* d) { d->not_after = Utc("300101240000Z"); }});
}

}  // namespace

void AddFieldFlaws(std::vector<Flaw>* flaws) {
  AddVersionFlaws(flaws);
  AddSerialFlaws(flaws);
  AddNameFlaws(flaws);
  AddSubjectFlaws(flaws);
  AddDateFlaws(flaws);
}

}  // namespace muster::test
