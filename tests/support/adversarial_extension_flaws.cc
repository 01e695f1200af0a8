// Flaws of basicConstraints, keyUsage, extendedKeyUsage, key identifiers, and of extensions that
// nobody or everybody knows (RFC 5280 4.2).
#include <string>

#include "engine/der/der_reader.h"
#include "engine/pki/der_writer.h"
#include "tests/support/adversarial_certificate.h"
#include "tests/support/test_world.h"
#include "tests/unit/path/extension_writer.h"

namespace muster::test {
namespace {

using path::OidOf;
using pki::DerWriter;

using D = CertificateDraft;

constexpr const char* kBasic = "2.5.29.19";
constexpr const char* kUsage = "2.5.29.15";
constexpr const char* kPurpose = "2.5.29.37";
constexpr const char* kSubjectKey = "2.5.29.14";
constexpr const char* kAuthorityKey = "2.5.29.35";
constexpr const char* kUnknown = "1.3.6.1.4.1.55555.1.1";

const Bytes kTrue = {der::kBoolean, 1, 0xff}, kFalse = {der::kBoolean, 1, 0};

Bytes Concat(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Bytes SequenceOf(const Bytes& content) { return DerWriter().Add(der::kSequence, content).Take(); }

RawExtension Basic(const Bytes& content) { return {kBasic, true, SequenceOf(content)}; }

Bytes PathLen(const Bytes& integer) { return DerWriter().Add(der::kInteger, integer).Take(); }

void AddBasic(std::vector<Flaw>* f) {
  f->push_back({"basic: absent", FlawPlace::kCa, [](D* d) { d->Drop(kBasic); }});
  f->push_back({"basic: empty", FlawPlace::kAny, [](D* d) { d->Set(Basic({})); }});
  f->push_back(
      {"basic: cA FALSE written out", FlawPlace::kAny, [](D* d) { d->Set(Basic(kFalse)); }});
  f->push_back({"basic: cA TRUE on a leaf", FlawPlace::kLeaf, [](D* d) { d->Set(Basic(kTrue)); }});
  f->push_back({"basic: cA TRUE as 01", FlawPlace::kCa, [](D* d) {
                  d->Set(Basic({der::kBoolean, 1, 1}));
                }});
  f->push_back({"basic: pathLen 0", FlawPlace::kCa,
                [](D* d) { d->Set(Basic(Concat(kTrue, PathLen({0})))); }});
  f->push_back({"basic: pathLen 1", FlawPlace::kCa,
                [](D* d) { d->Set(Basic(Concat(kTrue, PathLen({1})))); }});
  f->push_back({"basic: pathLen of 9 octets", FlawPlace::kCa, [](D* d) {
                  d->Set(Basic(Concat(kTrue, PathLen({1, 0, 0, 0, 0, 0, 0, 0, 0}))));
                }});
  f->push_back({"basic: negative pathLen", FlawPlace::kCa,
                [](D* d) { d->Set(Basic(Concat(kTrue, PathLen({0xff})))); }});
  f->push_back(
      {"basic: pathLen without cA", FlawPlace::kAny, [](D* d) { d->Set(Basic(PathLen({0}))); }});
  f->push_back({"basic: not critical", FlawPlace::kCa, [](D* d) {
                  if (DraftExtension* basic = d->Find(kBasic)) basic->critical.clear();
                }});
  f->push_back({"basic: twice", FlawPlace::kAny, [](D* d) {
                  d->Set(Basic(d->is_ca ? kTrue : Bytes{}));
                  d->Add(Basic(d->is_ca ? kTrue : Bytes{}));
                }});
}

RawExtension Usage(std::uint16_t bits) {
  DerWriter w;
  w.AddNamedBits(bits);
  return {kUsage, true, w.Take()};
}

RawExtension Purposes(const std::vector<std::string>& oids, bool critical = false) {
  DerWriter w;
  for (const std::string& oid : oids) w.AddOid(OidOf(oid));
  return {kPurpose, critical, SequenceOf(w.octets())};
}

constexpr const char* kServerAuth = "1.3.6.1.5.5.7.3.1";
constexpr const char* kClientAuth = "1.3.6.1.5.5.7.3.2";
constexpr const char* kAnyPurpose = "2.5.29.37.0";

void AddUsage(std::vector<Flaw>* f) {
  f->push_back({"usage: absent", FlawPlace::kAny, [](D* d) { d->Drop(kUsage); }});
  f->push_back({"usage: cRLSign alone", FlawPlace::kCa, [](D* d) { d->Set(Usage(kCrlSign)); }});
  f->push_back(
      {"usage: keyCertSign alone", FlawPlace::kCa, [](D* d) { d->Set(Usage(kKeyCertSign)); }});
  f->push_back({"usage: digitalSignature alone", FlawPlace::kCa,
                [](D* d) { d->Set(Usage(kDigitalSignature)); }});
  f->push_back({"usage: keyCertSign on a leaf", FlawPlace::kLeaf,
                [](D* d) { d->Set(Usage(kDigitalSignature | kKeyCertSign)); }});
  f->push_back({"usage: keyEncipherment alone", FlawPlace::kLeaf,
                [](D* d) { d->Set(Usage(kKeyEncipherment)); }});
  f->push_back(
      {"usage: keyAgreement alone", FlawPlace::kLeaf, [](D* d) { d->Set(Usage(kKeyAgreement)); }});
  f->push_back({"usage: no bits", FlawPlace::kAny, [](D* d) {
                  d->Set({kUsage, true, {der::kBitString, 1, 0}});
                }});
  f->push_back({"usage: zero bits written out", FlawPlace::kAny, [](D* d) {
                  const std::uint8_t bits = d->is_ca ? 0x06 : 0x80;
                  d->Set({kUsage, true, {der::kBitString, 2, 0, bits}});
                }});
  f->push_back({"usage: unknown bits", FlawPlace::kAny, [](D* d) {
                  const std::uint8_t bits = d->is_ca ? 0x06 : 0x80;
                  d->Set({kUsage, true, {der::kBitString, 3, 0, bits, 0x40}});
                }});
  f->push_back({"usage: of the wrong type", FlawPlace::kAny, [](D* d) {
                  d->Set({kUsage, true, {der::kOctetString, 2, 1, 6}});
                }});
  f->push_back({"usage: not critical", FlawPlace::kAny, [](D* d) {
                  if (DraftExtension* usage = d->Find(kUsage)) usage->critical.clear();
                }});
  f->push_back({"usage: twice", FlawPlace::kAny, [](D* d) {
                  d->Add(Usage(d->is_ca ? kKeyCertSign | kCrlSign : kDigitalSignature));
                }});
}

void AddPurposes(std::vector<Flaw>* f) {
  f->push_back({"purpose: serverAuth alone", FlawPlace::kAny,
                [](D* d) { d->Set(Purposes({kServerAuth})); }});
  f->push_back({"purpose: clientAuth alone", FlawPlace::kAny,
                [](D* d) { d->Set(Purposes({kClientAuth})); }});
  f->push_back({"purpose: both", FlawPlace::kAny, [](D* d) {
                  d->Set(Purposes({kServerAuth, kClientAuth}));
                }});
  f->push_back({"purpose: any", FlawPlace::kAny, [](D* d) { d->Set(Purposes({kAnyPurpose})); }});
  f->push_back(
      {"purpose: a private one", FlawPlace::kAny, [](D* d) { d->Set(Purposes({kUnknown})); }});
  f->push_back(
      {"purpose: critical", FlawPlace::kAny, [](D* d) { d->Set(Purposes({kClientAuth}, true)); }});
  f->push_back({"purpose: none", FlawPlace::kAny, [](D* d) { d->Set(Purposes({})); }});
  f->push_back({"purpose: absent", FlawPlace::kLeaf, [](D* d) { d->Drop(kPurpose); }});
  f->push_back({"purpose: of the wrong type", FlawPlace::kAny, [](D* d) {
                  d->Set({kPurpose, false, {der::kNull, 0}});
                }});
}

RawExtension AuthorityKey(const Bytes& content) {
  return {kAuthorityKey, false, SequenceOf(content)};
}

Bytes KeyIdField(const Bytes& id) { return DerWriter().Add(der::ContextPrimitive(0), id).Take(); }

Bytes IssuerField(int name) {
  return DerWriter()
      .Nest(der::ContextConstructed(1),
            [&](DerWriter& w) { w.Add(der::ContextConstructed(4), AdversarialName(name)); })
      .Take();
}

Bytes SerialField(const Bytes& serial) {
  return DerWriter().Add(der::ContextPrimitive(2), serial).Take();
}

void AddIdentifiers(std::vector<Flaw>* f) {
  f->push_back({"identifier: of another key", FlawPlace::kAny,
                [](D* d) { d->Set(AuthorityKey(KeyIdField(Bytes(20, 0xee)))); }});
  f->push_back({"identifier: no authority", FlawPlace::kAny, [](D* d) { d->Drop(kAuthorityKey); }});
  f->push_back({"identifier: wrong issuer and serial", FlawPlace::kAny,
                [](D* d) { d->Set(AuthorityKey(Concat(IssuerField(77), SerialField({0x66})))); }});
  f->push_back({"identifier: issuer and a wrong serial", FlawPlace::kAny, [](D* d) {
                  d->Set(AuthorityKey(Concat(IssuerField(d->issuer_name), SerialField({0x66}))));
                }});
  f->push_back({"identifier: issuer without serial", FlawPlace::kAny,
                [](D* d) { d->Set(AuthorityKey(IssuerField(d->issuer_name))); }});
  f->push_back({"identifier: serial without issuer", FlawPlace::kAny,
                [](D* d) { d->Set(AuthorityKey(SerialField({1}))); }});
  f->push_back({"identifier: authority without fields", FlawPlace::kAny,
                [](D* d) { d->Set(AuthorityKey({})); }});
  f->push_back({"identifier: critical authority", FlawPlace::kAny, [](D* d) {
                  if (DraftExtension* e = d->Find(kAuthorityKey)) e->critical = kTrue;
                }});
  f->push_back({"identifier: authority twice", FlawPlace::kAny, [](D* d) {
                  d->Add(AuthorityKey(KeyIdField(Bytes(20, 0xee))));
                  d->Add(AuthorityKey(KeyIdField(Bytes(20, 0xdd))));
                }});
  f->push_back({"identifier: no subject", FlawPlace::kAny, [](D* d) { d->Drop(kSubjectKey); }});
  f->push_back(
      {"identifier: subject of another key", FlawPlace::kAny, [](D* d) {
         d->Set({kSubjectKey, false, DerWriter().Add(der::kOctetString, Bytes(20, 0xcc)).Take()});
       }});
  f->push_back({"identifier: empty subject", FlawPlace::kAny, [](D* d) {
                  d->Set({kSubjectKey, false, {der::kOctetString, 0}});
                }});
  f->push_back({"identifier: critical subject", FlawPlace::kAny, [](D* d) {
                  if (DraftExtension* e = d->Find(kSubjectKey)) e->critical = kTrue;
                }});
  f->push_back({"identifier: subject of the wrong type", FlawPlace::kAny, [](D* d) {
                  d->Set({kSubjectKey, false, {der::kInteger, 1, 5}});
                }});
}

const Bytes kText = {der::kUtf8String, 2, 'h', 'i'};

void AddUnknown(std::vector<Flaw>* f) {
  f->push_back({"unknown: critical", FlawPlace::kAny, [](D* d) {
                  d->Add({kUnknown, true, kText});
                }});
  f->push_back({"unknown: not critical", FlawPlace::kAny, [](D* d) {
                  d->Add({kUnknown, false, kText});
                }});
  f->push_back({"unknown: not DER inside", FlawPlace::kAny, [](D* d) {
                  d->Add({kUnknown, false, {0xff, 0xff, 1}});
                }});
  f->push_back({"unknown: empty", FlawPlace::kAny, [](D* d) { d->Add({kUnknown, false, {}}); }});
  f->push_back({"unknown: twice", FlawPlace::kAny, [](D* d) {
                  d->Add({kUnknown, false, kText});
                  d->Add({kUnknown, false, kText});
                }});
  f->push_back({"unknown: critical FALSE written out", FlawPlace::kAny, [](D* d) {
                  d->extensions.push_back({kUnknown, kFalse, kText});
                }});
  f->push_back({"unknown: critical as 01", FlawPlace::kAny, [](D* d) {
                  d->extensions.push_back({kUnknown, {der::kBoolean, 1, 1}, kText});
                }});
  f->push_back({"unknown: empty list of extensions", FlawPlace::kAny, [](D* d) {
                  d->whole_extensions =
                      DerWriter().Add(der::ContextConstructed(3), SequenceOf({})).Take();
                }});
  f->push_back({"unknown: critical Netscape type", FlawPlace::kAny, [](D* d) {
                  d->Add({"2.16.840.1.113730.1.1", true, {der::kBitString, 2, 0, 0x87}});
                }});
  f->push_back({"unknown: critical precertificate poison", FlawPlace::kAny, [](D* d) {
                  d->Add({"1.3.6.1.4.1.11129.2.4.3", true, {der::kNull, 0}});
                }});
  f->push_back(
      {"unknown: authority information access", FlawPlace::kAny, [](D* d) {
         d->Add(
             {"1.3.6.1.5.5.7.1.1", false,
              SequenceOf(SequenceOf(Concat(
                  DerWriter().AddOid(OidOf("1.3.6.1.5.5.7.48.2")).Take(),
                  DerWriter().Add(der::ContextPrimitive(6), path::TextOf("http://a/b")).Take())))});
       }});
  f->push_back({"unknown: order reversed", FlawPlace::kAny, [](D* d) {
                  d->extensions = {d->extensions.rbegin(), d->extensions.rend()};
                }});
  f->push_back({"unknown: critical no-check for OCSP", FlawPlace::kAny, [](D* d) {
                  d->Add({"1.3.6.1.5.5.7.48.1.5", true, {der::kNull, 0}});
                }});
}

}  // namespace

void AddExtensionFlaws(std::vector<Flaw>* flaws) {
  AddBasic(flaws);
  AddUsage(flaws);
  AddPurposes(flaws);
  AddIdentifiers(flaws);
  AddUnknown(flaws);
}

}  // namespace muster::test
