// Flaws of algorithms, keys and signatures (RFC 5280 4.1.1.2, 4.1.2.3, 4.1.2.7), and of the
// encoding as such (X.690).
#include <algorithm>
#include <string>

#include "engine/der/der_reader.h"
#include "engine/pki/der_writer.h"
#include "engine/pki/development_signer.h"
#include "tests/support/adversarial_certificate.h"
#include "tests/support/der_tree.h"
#include "tests/support/test_world.h"
#include "tests/unit/path/extension_writer.h"

namespace muster::test {
namespace {

using path::OidOf;
using pki::DerWriter;

using D = CertificateDraft;

constexpr std::string_view kEcdsaSha256 = "1.2.840.10045.4.3.2";
constexpr std::string_view kEcdsaSha384 = "1.2.840.10045.4.3.3";
constexpr std::string_view kRsaSha256 = "1.2.840.113549.1.1.11";

bool SignsWithRsa(const D& d) {
  return d.signing_key == kKeyRsa || d.signing_key == kKeyOtherRsa || d.signing_key == kKeySmallRsa;
}
bool SignsWithEd25519(const D& d) { return d.signing_key == kKeyEd25519; }

Bytes Algorithm(std::string_view oid, const Bytes& parameters) {
  return DerWriter()
      .Nest(der::kSequence, [&](DerWriter& w) { w.AddOid(OidOf(oid)).AddRaw(parameters); })
      .Take();
}

const Bytes& Null() {
  static const Bytes null = {der::kNull, 0};
  return null;
}

void SignWith(D* d, const std::string& hash, bool pss = false) {
  if (SignsWithEd25519(*d)) return;
  if (!SignsWithRsa(*d) && (hash == "MD5" || pss)) return;
  d->hash = hash;
  d->pss = pss;
  d->signature = Must(
      DevelopmentSigner::AlgorithmIdentifier(AdversarialKey(d->signing_key), {d->hash, d->pss}));
}

// The algorithm identifier of the draft with other parameters; the octets that are signed have it.
void SetParameters(D* d, const Bytes& parameters) {
  der::DerReader reader(d->signature);
  der::DerReader inside;
  ByteView oid;
  if (!reader.Enter(der::kSequence, &inside) || !inside.Read(der::kOid, &oid)) return;
  d->signature = DerWriter()
                     .Nest(der::kSequence, [&](DerWriter& w) { w.AddOid(oid).AddRaw(parameters); })
                     .Take();
}

void AddAlgorithms(std::vector<Flaw>* f) {
  f->push_back({"algorithm: SHA-1", FlawPlace::kAny, [](D* d) { SignWith(d, "SHA-1"); }});
  f->push_back({"algorithm: MD5", FlawPlace::kAny, [](D* d) { SignWith(d, "MD5"); }});
  f->push_back({"algorithm: SHA-224", FlawPlace::kAny, [](D* d) { SignWith(d, "SHA-224"); }});
  f->push_back({"algorithm: SHA-384", FlawPlace::kAny, [](D* d) { SignWith(d, "SHA-384"); }});
  f->push_back({"algorithm: SHA-512", FlawPlace::kAny, [](D* d) { SignWith(d, "SHA-512"); }});
  f->push_back({"algorithm: PSS", FlawPlace::kAny, [](D* d) { SignWith(d, "SHA-256", true); }});
  f->push_back(
      {"algorithm: PSS with SHA-1", FlawPlace::kAny, [](D* d) { SignWith(d, "SHA-1", true); }});
  f->push_back({"algorithm: outer differs from inner", FlawPlace::kAny, [](D* d) {
                  d->outer_algorithm = d->signature;
                  d->signature = Algorithm(kEcdsaSha384, {});
                  if (*d->outer_algorithm == d->signature)
                    d->signature = Algorithm(kEcdsaSha256, {});
                }});
  f->push_back({"algorithm: outer differs in parameters", FlawPlace::kAny, [](D* d) {
                  d->outer_algorithm = d->signature;
                  SetParameters(d, SignsWithRsa(*d) ? Bytes{} : Null());
                }});
  f->push_back({"algorithm: of another hash than was used", FlawPlace::kAny, [](D* d) {
                  d->signature = Algorithm(kEcdsaSha384, {});
                  if (d->signing_key == kKeyP384) d->signature = Algorithm(kEcdsaSha256, {});
                }});
  f->push_back({"algorithm: of another kind of key", FlawPlace::kAny, [](D* d) {
                  d->signature = SignsWithRsa(*d) ? Algorithm(kEcdsaSha256, {})
                                                  : Algorithm(kRsaSha256, Null());
                }});
  f->push_back(
      {"algorithm: NULL parameters", FlawPlace::kAny, [](D* d) { SetParameters(d, Null()); }});
  f->push_back({"algorithm: no parameters", FlawPlace::kAny, [](D* d) { SetParameters(d, {}); }});
  f->push_back({"algorithm: garbage as parameters", FlawPlace::kAny, [](D* d) {
                  SetParameters(d, {der::kOctetString, 3, 1, 2, 3});
                }});
  f->push_back({"algorithm: unknown", FlawPlace::kAny,
                [](D* d) { d->signature = Algorithm("1.3.6.1.4.1.55555.7", {}); }});
}

Bytes EcKey(std::string_view curve, const Bytes& point) {
  return DerWriter()
      .Nest(der::kSequence,
            [&](DerWriter& w) {
              w.Nest(der::kSequence, [&](DerWriter& a) {
                a.AddOid(OidOf("1.2.840.10045.2.1")).AddOid(OidOf(curve));
              });
              w.AddBitString(point);
            })
      .Take();
}

// The point of a P-256 SubjectPublicKeyInfo: its last 65 octets.
Bytes PointOf(int key) {
  const Bytes spki = AdversarialKey(key).spki();
  return {spki.end() - 65, spki.end()};
}

Bytes RsaKey(const Bytes& modulus, const Bytes& exponent, const Bytes& parameters) {
  DerWriter key;
  key.Nest(der::kSequence,
           [&](DerWriter& w) { w.Add(der::kInteger, modulus).Add(der::kInteger, exponent); });
  return DerWriter()
      .Nest(der::kSequence,
            [&](DerWriter& w) {
              w.AddRaw(Algorithm("1.2.840.113549.1.1.1", parameters)).AddBitString(key.octets());
            })
      .Take();
}

Bytes Modulus(std::size_t octets, bool even) {
  Bytes modulus(octets + 1, 0xb7);
  modulus[0] = 0;
  modulus.back() = even ? 0xb6 : 0xb7;
  return modulus;
}

Bytes EdKey(std::string_view oid, std::size_t size) {
  return DerWriter()
      .Nest(der::kSequence,
            [&](DerWriter& w) { w.AddRaw(Algorithm(oid, {})).AddBitString(Bytes(size, 0x42)); })
      .Take();
}

constexpr std::string_view kP256 = "1.2.840.10045.3.1.7";

// Of leaves: nothing below is signed with such keys.
void AddKeys(std::vector<Flaw>* f) {
  f->push_back({"key: point off the curve", FlawPlace::kLeaf, [](D* d) {
                  Bytes point = PointOf(0);
                  point[40] ^= 1;
                  d->spki = EcKey(kP256, point);
                }});
  f->push_back({"key: compressed point", FlawPlace::kLeaf, [](D* d) {
                  Bytes point = PointOf(0);
                  const bool odd = (point.back() & 1) != 0;
                  point.resize(33);
                  point[0] = odd ? 3 : 2;
                  d->spki = EcKey(kP256, point);
                }});
  f->push_back({"key: hybrid point", FlawPlace::kLeaf, [](D* d) {
                  Bytes point = PointOf(0);
                  point[0] = (point.back() & 1) != 0 ? 7 : 6;
                  d->spki = EcKey(kP256, point);
                }});
  f->push_back(
      {"key: point at infinity", FlawPlace::kLeaf, [](D* d) { d->spki = EcKey(kP256, Bytes{0}); }});
  f->push_back({"key: P-192", FlawPlace::kLeaf, [](D* d) {
                  Bytes point(49, 0x11);
                  point[0] = 4;
                  d->spki = EcKey("1.2.840.10045.3.1.1", point);
                }});
  f->push_back({"key: curve unknown", FlawPlace::kLeaf,
                [](D* d) { d->spki = EcKey("1.3.6.1.4.1.55555.1", PointOf(0)); }});
  f->push_back({"key: RSA of 1024 bits", FlawPlace::kLeaf,
                [](D* d) { d->spki = AdversarialKey(kKeySmallRsa).spki(); }});
  f->push_back({"key: RSA of 2048 bits", FlawPlace::kLeaf,
                [](D* d) { d->spki = AdversarialKey(kKeyRsa).spki(); }});
  f->push_back({"key: RSA with exponent 1", FlawPlace::kLeaf,
                [](D* d) { d->spki = RsaKey(Modulus(256, false), {1}, Null()); }});
  f->push_back({"key: RSA with an even exponent", FlawPlace::kLeaf, [](D* d) {
                  d->spki = RsaKey(Modulus(256, false), {1, 0}, Null());
                }});
  f->push_back({"key: RSA with an even modulus", FlawPlace::kLeaf, [](D* d) {
                  d->spki = RsaKey(Modulus(256, true), {1, 0, 1}, Null());
                }});
  f->push_back({"key: RSA without parameters", FlawPlace::kLeaf, [](D* d) {
                  d->spki = RsaKey(Modulus(256, false), {1, 0, 1}, {});
                }});
  f->push_back({"key: RSA with a negative modulus", FlawPlace::kLeaf, [](D* d) {
                  Bytes modulus = Modulus(256, false);
                  modulus.erase(modulus.begin());
                  d->spki = RsaKey(modulus, {1, 0, 1}, Null());
                }});
  f->push_back({"key: Ed25519", FlawPlace::kLeaf,
                [](D* d) { d->spki = AdversarialKey(kKeyEd25519).spki(); }});
  f->push_back({"key: Ed25519 cut short", FlawPlace::kLeaf,
                [](D* d) { d->spki = EdKey("1.3.101.112", 31); }});
  f->push_back({"key: X25519", FlawPlace::kLeaf, [](D* d) { d->spki = EdKey("1.3.101.110", 32); }});
  f->push_back({"key: unknown algorithm", FlawPlace::kLeaf,
                [](D* d) { d->spki = EdKey("1.3.6.1.4.1.55555.9", 32); }});
  f->push_back({"key: another CA key", FlawPlace::kCa,
                [](D* d) { d->spki = AdversarialKey((d->key + 1) % kPlainKeys).spki(); }});
}

// r and s of an ECDSA signature; nothing where it is none.
bool Split(const Bytes& signature, Bytes* r, Bytes* s) {
  der::DerReader reader(signature);
  der::DerReader inside;
  ByteView first, second;
  if (!reader.Enter(der::kSequence, &inside) || !inside.Read(der::kInteger, &first) ||
      !inside.Read(der::kInteger, &second)) {
    return false;
  }
  r->assign(first.begin(), first.end());
  s->assign(second.begin(), second.end());
  return true;
}

void Join(const Bytes& r, const Bytes& s, Bytes* signature) {
  *signature = DerWriter()
                   .Nest(der::kSequence,
                         [&](DerWriter& w) { w.Add(der::kInteger, r).Add(der::kInteger, s); })
                   .Take();
}

template <typename Edit>
void EditPair(Bytes* signature, Edit edit) {
  Bytes r, s;
  if (!Split(*signature, &r, &s)) {
    signature->front() ^= 1;  // RSA and Ed25519: simply wrong.
    return;
  }
  edit(&r, &s);
  Join(r, s, signature);
}

void AddSignatures(std::vector<Flaw>* f) {
  f->push_back({"signature: a bit flipped", FlawPlace::kAny, [](D* d) {
                  d->signature_edits.push_back([](Bytes* s, std::uint64_t salt) {
                    (*s)[salt % s->size()] ^= static_cast<std::uint8_t>(1u << (salt >> 32) % 8);
                  });
                }});
  f->push_back({"signature: by another key of the name", FlawPlace::kAny, [](D* d) {
                  if (d->signing_key < kPlainKeys)
                    d->signing_key = (d->signing_key + 1) % kPlainKeys;
                  else
                    d->signature_edits.push_back([](Bytes* s, std::uint64_t) { s->back() ^= 1; });
                }});
  f->push_back({"signature: empty", FlawPlace::kAny, [](D* d) {
                  d->signature_edits.push_back([](Bytes* s, std::uint64_t) { s->clear(); });
                }});
  f->push_back({"signature: octets follow it", FlawPlace::kAny, [](D* d) {
                  d->signature_edits.push_back([](Bytes* s, std::uint64_t) { s->push_back(0); });
                }});
  f->push_back({"signature: r is zero", FlawPlace::kAny, [](D* d) {
                  d->signature_edits.push_back([](Bytes* s, std::uint64_t) {
                    EditPair(s, [](Bytes* r, Bytes*) { *r = {0}; });
                  });
                }});
  f->push_back({"signature: r is not minimal", FlawPlace::kAny, [](D* d) {
                  d->signature_edits.push_back([](Bytes* s, std::uint64_t) {
                    EditPair(s, [](Bytes* r, Bytes*) { r->insert(r->begin(), 2, 0); });
                  });
                }});
  f->push_back({"signature: s is negative", FlawPlace::kAny, [](D* d) {
                  d->signature_edits.push_back([](Bytes* s, std::uint64_t) {
                    EditPair(s, [](Bytes*, Bytes* second) { second->front() ^= 0x80; });
                  });
                }});
}

template <FormFlaw flaw>
void EditForm(Bytes* der, std::uint64_t salt) {
  const std::size_t count = ElementCount(*der);
  if (count == 0) return;
  if (auto changed = WithFormFlaw(*der, flaw, salt % count)) *der = *std::move(changed);
}

template <FormFlaw flaw>
void AddForm(std::string_view signed_name, std::string_view whole_name, std::vector<Flaw>* f) {
  f->push_back(
      {signed_name, FlawPlace::kAny, [](D* d) { d->tbs_edits.push_back(EditForm<flaw>); }});
  f->push_back(
      {whole_name, FlawPlace::kAny, [](D* d) { d->certificate_edits.push_back(EditForm<flaw>); }});
}

// Anywhere in what is signed, under a good signature; and anywhere in the whole.
void AddForms(std::vector<Flaw>* f) {
  AddForm<FormFlaw::kNonMinimalLength>("form: non-minimal length, signed",
                                       "form: non-minimal length", f);
  AddForm<FormFlaw::kIndefiniteLength>("form: indefinite length, signed", "form: indefinite length",
                                       f);
  AddForm<FormFlaw::kOtherTag>("form: other tag, signed", "form: other tag", f);
  AddForm<FormFlaw::kExtraElement>("form: extra element, signed", "form: extra element", f);
  AddForm<FormFlaw::kEmptied>("form: emptied, signed", "form: emptied", f);
  AddForm<FormFlaw::kDropped>("form: dropped, signed", "form: dropped", f);
  AddForm<FormFlaw::kDoubled>("form: doubled, signed", "form: doubled", f);
  AddForm<FormFlaw::kSwapped>("form: swapped, signed", "form: swapped", f);
  AddForm<FormFlaw::kLongerThanParent>("form: too long, signed", "form: too long", f);
  const auto add = [&](std::string_view name, void (*apply)(D*)) {
    f->push_back({name, FlawPlace::kAny, apply});
  };
  add("form: a bit flipped, signed", [](D* d) {
    d->tbs_edits.push_back([](Bytes* tbs, std::uint64_t salt) {
      (*tbs)[salt % tbs->size()] ^= static_cast<std::uint8_t>(1u << (salt >> 32) % 8);
    });
  });
  add("form: a bit flipped", [](D* d) {
    d->certificate_edits.push_back([](Bytes* der, std::uint64_t salt) {
      (*der)[salt % der->size()] ^= static_cast<std::uint8_t>(1u << (salt >> 32) % 8);
    });
  });
  add("form: cut off", [](D* d) {
    d->certificate_edits.push_back(
        [](Bytes* der, std::uint64_t salt) { der->resize(1 + salt % (der->size() - 1)); });
  });
  add("form: octets follow it", [](D* d) {
    d->certificate_edits.push_back([](Bytes* der, std::uint64_t salt) {
      der->insert(der->end(), 1 + salt % 3, static_cast<std::uint8_t>(salt >> 32));
    });
  });
}

}  // namespace

void AddAlgorithmFlaws(std::vector<Flaw>* flaws) {
  AddAlgorithms(flaws);
  AddKeys(flaws);
  AddSignatures(flaws);
  AddForms(flaws);
}

}  // namespace muster::test
