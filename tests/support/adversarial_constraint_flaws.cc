// Name constraints with names to go with them, and policies (RFC 5280 4.2.1.4 to 4.2.1.6, 4.2.1.10,
// 4.2.1.11, 4.2.1.14).
#include <string>

#include "engine/der/der_reader.h"
#include "engine/pki/der_writer.h"
#include "tests/support/adversarial_certificate.h"
#include "tests/support/test_world.h"
#include "tests/unit/path/extension_writer.h"

namespace muster::test {
namespace {

using path::Directory;
using path::Dns;
using path::Email;
using path::Ip;
using path::NameConstraints;
using path::RegisteredId;
using path::Uri;
using pki::DerWriter;

using D = CertificateDraft;

Bytes Organization(const std::string& name) { return Must(EncodeName({{"2.5.4.10", name}})); }

path::Name OtherName() {
  return {der::ContextConstructed(0),
          DerWriter()
              .AddOid(path::OidOf("1.3.6.1.4.1.55555.3"))
              .Nest(der::ContextConstructed(0),
                    [](DerWriter& w) { w.Add(der::kUtf8String, path::TextOf("x")); })
              .Take()};
}

void AddConstraints(std::vector<Flaw>* f) {
  const auto add = [&](std::string_view name, void (*apply)(D*)) {
    f->push_back({name, FlawPlace::kCa, apply});
  };
  add("constraint: permits Acme",
      [](D* d) { d->Set(NameConstraints({Directory(Organization("Acme"))}, {})); });
  add("constraint: permits ACME in another string type", [](D* d) {
    d->Set(NameConstraints({Directory(Must(EncodeName(
                               {{"2.5.4.10", "aCME", NameAttribute::StringKind::kPrintable}})))},
                           {}));
  });
  add("constraint: permits Other",
      [](D* d) { d->Set(NameConstraints({Directory(Organization("Other"))}, {})); });
  add("constraint: excludes Acme",
      [](D* d) { d->Set(NameConstraints({}, {Directory(Organization("Acme"))})); });
  add("constraint: excludes Other",
      [](D* d) { d->Set(NameConstraints({}, {Directory(Organization("Other"))})); });
  add("constraint: permits the empty directoryName",
      [](D* d) { d->Set(NameConstraints({Directory(Must(EncodeName({})))}, {})); });
  add("constraint: permits example.com",
      [](D* d) { d->Set(NameConstraints({Dns("example.com")}, {})); });
  add("constraint: permits .example.com",
      [](D* d) { d->Set(NameConstraints({Dns(".example.com")}, {})); });
  add("constraint: permits EXAMPLE.com.",
      [](D* d) { d->Set(NameConstraints({Dns("EXAMPLE.com.")}, {})); });
  add("constraint: permits every dNSName", [](D* d) { d->Set(NameConstraints({Dns("")}, {})); });
  add("constraint: excludes example.com",
      [](D* d) { d->Set(NameConstraints({}, {Dns("example.com")})); });
  add("constraint: excludes every dNSName", [](D* d) { d->Set(NameConstraints({}, {Dns("")})); });
  add("constraint: excludes a.example.com",
      [](D* d) { d->Set(NameConstraints({}, {Dns("a.example.com")})); });
}

void AddOtherConstraints(std::vector<Flaw>* f) {
  const auto add = [&](std::string_view name, void (*apply)(D*)) {
    f->push_back({name, FlawPlace::kCa, apply});
  };
  add("constraint: permits mail at example.com",
      [](D* d) { d->Set(NameConstraints({Email("example.com")}, {})); });
  add("constraint: permits mail below example.com",
      [](D* d) { d->Set(NameConstraints({Email(".example.com")}, {})); });
  add("constraint: permits one mailbox",
      [](D* d) { d->Set(NameConstraints({Email("a@example.com")}, {})); });
  add("constraint: excludes mail at example.com",
      [](D* d) { d->Set(NameConstraints({}, {Email("example.com")})); });
  add("constraint: permits URIs of example.com",
      [](D* d) { d->Set(NameConstraints({Uri("example.com")}, {})); });
  add("constraint: permits URIs below example.com",
      [](D* d) { d->Set(NameConstraints({Uri(".example.com")}, {})); });
  add("constraint: excludes URIs of example.com",
      [](D* d) { d->Set(NameConstraints({}, {Uri("example.com")})); });
  add("constraint: permits 10.0.0.0/8", [](D* d) {
    d->Set(NameConstraints({Ip({10, 0, 0, 0, 255, 0, 0, 0})}, {}));
  });
  add("constraint: excludes 10.0.0.0/8", [](D* d) {
    d->Set(NameConstraints({}, {Ip({10, 0, 0, 0, 255, 0, 0, 0})}));
  });
  add("constraint: a mask with holes", [](D* d) {
    d->Set(NameConstraints({Ip({10, 0, 0, 0, 255, 0, 255, 0})}, {}));
  });
  add("constraint: an address without mask", [](D* d) {
    d->Set(NameConstraints({Ip({10, 0, 0, 0})}, {}));
  });
  add("constraint: permits IPv6", [](D* d) { d->Set(NameConstraints({Ip(Bytes(32, 0))}, {})); });
  add("constraint: excludes a registeredID",
      [](D* d) { d->Set(NameConstraints({}, {RegisteredId("1.2.3")})); });
  add("constraint: permits an otherName", [](D* d) { d->Set(NameConstraints({OtherName()}, {})); });
  add("constraint: of two forms", [](D* d) {
    d->Set(NameConstraints({Dns("example.com"), Email("example.com")}, {Dns("bad.example.com")}));
  });
  add("constraint: not critical",
      [](D* d) { d->Set(NameConstraints({Dns("example.com")}, {}, false)); });
  add("constraint: empty", [](D* d) { d->Set(NameConstraints({}, {})); });
  add("constraint: with a minimum", [](D* d) {
    DerWriter subtrees;
    subtrees.Nest(der::kSequence, [](DerWriter& w) {
      w.Add(der::ContextPrimitive(2), path::TextOf("example.com"))
          .Add(der::ContextPrimitive(0), Bytes{1});
    });
    DerWriter w;
    w.Add(der::ContextConstructed(0), subtrees.octets());
    d->Set(path::Sequence("2.5.29.30", true, w.octets()));
  });
  f->push_back({"constraint: on a leaf", FlawPlace::kLeaf,
                [](D* d) { d->Set(NameConstraints({Dns("example.com")}, {})); }});
}

void AddNames(std::vector<Flaw>* f) {
  const auto add = [&](std::string_view name, void (*apply)(D*)) {
    f->push_back({name, FlawPlace::kLeaf, apply});
  };
#define MUSTER_NAMES(text, ...) \
  add("altname: " text, [](D* d) { d->Set(path::SubjectAltName({__VA_ARGS__})); })
  MUSTER_NAMES("example.com", Dns("example.com"));
  MUSTER_NAMES("a.EXAMPLE.com", Dns("a.EXAMPLE.com"));
  MUSTER_NAMES("badexample.com", Dns("badexample.com"));
  MUSTER_NAMES("*.example.com", Dns("*.example.com"));
  MUSTER_NAMES("*.com", Dns("*.com"));
  MUSTER_NAMES("example.com.", Dns("example.com."));
  MUSTER_NAMES(".example.com", Dns(".example.com"));
  MUSTER_NAMES("empty dNSName", Dns(""));
  MUSTER_NAMES("a space for dNSName", Dns(" "));
  MUSTER_NAMES("dNSName with NUL", Dns(std::string_view("example.com\0.evil", 17)));
  MUSTER_NAMES("dNSName beyond ASCII", Dns("ex\xc3\xa4mple.com"));
  MUSTER_NAMES("two dNSNames", Dns("a.example.com"), Dns("other.test"));
  MUSTER_NAMES("a@example.com", Email("a@example.com"));
  MUSTER_NAMES("A@EXAMPLE.COM", Email("A@EXAMPLE.COM"));
  MUSTER_NAMES("a@b.example.com", Email("a@b.example.com"));
  MUSTER_NAMES("mail without at sign", Email("example.com"));
  MUSTER_NAMES("mail with two at signs", Email("a@b@example.com"));
  MUSTER_NAMES("quoted mailbox", Email("\"a b\"@example.com"));
  MUSTER_NAMES("https://example.com/x", Uri("https://example.com/x"));
  MUSTER_NAMES("https://u@a.example.com:8/", Uri("https://u@a.example.com:8/"));
  MUSTER_NAMES("https://10.1.2.3/", Uri("https://10.1.2.3/"));
  MUSTER_NAMES("urn:device:1", Uri("urn:device:1"));
  MUSTER_NAMES("https:///path", Uri("https:///path"));
  MUSTER_NAMES("10.1.2.3", Ip({10, 1, 2, 3}));
  MUSTER_NAMES("11.1.2.3", Ip({11, 1, 2, 3}));
  MUSTER_NAMES("an IPv6 address", Ip(Bytes(16, 0x20)));
  MUSTER_NAMES("an address of 5 octets", Ip(Bytes(5, 10)));
  MUSTER_NAMES("directoryName of Acme", Directory(Must(EncodeName({{"2.5.4.10", "Acme"}}))));
  MUSTER_NAMES("directoryName of Other", Directory(Must(EncodeName({{"2.5.4.10", "Other"}}))));
  MUSTER_NAMES("registeredID", RegisteredId("1.2.3.4"));
  MUSTER_NAMES("otherName", OtherName());
#undef MUSTER_NAMES
  add("altname: none inside", [](D* d) { d->Set(path::SubjectAltName({})); });
  add("altname: critical", [](D* d) {
    RawExtension names = path::SubjectAltName({Dns("example.com")});
    names.critical = true;
    d->Set(names);
  });
  add("altname: mail in the subject", [](D* d) {
    d->subject = Must(
        EncodeName({{"2.5.4.10", "Acme"},
                    {"2.5.4.3", "device-1"},
                    {"1.2.840.113549.1.9.1", "a@example.com", NameAttribute::StringKind::kIa5}}));
  });
  add("altname: host name as CN", [](D* d) {
    d->subject = Must(EncodeName({{"2.5.4.10", "Acme"}, {"2.5.4.3", "www.other.test"}}));
  });
  add("altname: subject of Other", [](D* d) {
    d->subject = Must(EncodeName({{"2.5.4.10", "Other"}, {"2.5.4.3", "device-1"}}));
  });
}

constexpr const char* kP1 = "1.3.6.1.4.1.55555.10.1";
constexpr const char* kP2 = "1.3.6.1.4.1.55555.10.2";

RawExtension Critical(RawExtension extension, bool critical) {
  extension.critical = critical;
  return extension;
}

void AddPolicies(std::vector<Flaw>* f) {
  const auto add = [&](std::string_view name, FlawPlace place, void (*apply)(D*)) {
    f->push_back({name, place, apply});
  };
  add("policy: 1", FlawPlace::kAny, [](D* d) { d->Set(path::Policies({kP1})); });
  add("policy: 2", FlawPlace::kAny, [](D* d) { d->Set(path::Policies({kP2})); });
  add("policy: 1 and 2", FlawPlace::kAny, [](D* d) { d->Set(path::Policies({kP1, kP2})); });
  add("policy: any", FlawPlace::kAny, [](D* d) { d->Set(path::Policies({path::kAnyPolicy})); });
  add("policy: 1 and any", FlawPlace::kAny, [](D* d) {
    d->Set(path::Policies({kP1, path::kAnyPolicy}));
  });
  add("policy: 1 twice", FlawPlace::kAny, [](D* d) { d->Set(path::Policies({kP1, kP1})); });
  add("policy: none inside", FlawPlace::kAny, [](D* d) { d->Set(path::Policies({})); });
  add("policy: 1, critical", FlawPlace::kAny,
      [](D* d) { d->Set(Critical(path::Policies({kP1}), true)); });
  add("policy: maps 1 to 2", FlawPlace::kCa, [](D* d) {
    d->Set(path::Policies({kP1}));
    d->Set(path::PolicyMappings({{kP1, kP2}}));
  });
  add("policy: maps 1 to 2, not critical", FlawPlace::kCa, [](D* d) {
    d->Set(path::Policies({kP1}));
    d->Set(Critical(path::PolicyMappings({{kP1, kP2}}), false));
  });
  add("policy: maps any to 1", FlawPlace::kCa, [](D* d) {
    d->Set(Critical(path::PolicyMappings({{path::kAnyPolicy, kP1}}), false));
  });
  add("policy: maps 1 to any", FlawPlace::kCa, [](D* d) {
    d->Set(path::Policies({kP1}));
    d->Set(Critical(path::PolicyMappings({{kP1, path::kAnyPolicy}}), false));
  });
  add("policy: empty mappings", FlawPlace::kCa, [](D* d) { d->Set(path::PolicyMappings({})); });
  add("policy: explicit at once", FlawPlace::kAny,
      [](D* d) { d->Set(path::PolicyConstraints(0)); });
  add("policy: explicit after one", FlawPlace::kCa,
      [](D* d) { d->Set(path::PolicyConstraints(1)); });
  add("policy: explicit at once, not critical", FlawPlace::kCa,
      [](D* d) { d->Set(Critical(path::PolicyConstraints(0), false)); });
  add("policy: no mapping from here", FlawPlace::kCa,
      [](D* d) { d->Set(path::PolicyConstraints({}, 0)); });
  add("policy: empty policyConstraints", FlawPlace::kCa,
      [](D* d) { d->Set(path::PolicyConstraints({}, {})); });
  add("policy: no any from here", FlawPlace::kCa, [](D* d) { d->Set(path::InhibitAnyPolicy(0)); });
  add("policy: no any from here, not critical", FlawPlace::kCa,
      [](D* d) { d->Set(Critical(path::InhibitAnyPolicy(0), false)); });
  add("policy: no any after one", FlawPlace::kCa, [](D* d) { d->Set(path::InhibitAnyPolicy(1)); });
  add("policy: negative inhibitAnyPolicy", FlawPlace::kCa, [](D* d) {
    d->Set({"2.5.29.54", true, {der::kInteger, 1, 0xff}});
  });
  add("policy: twice", FlawPlace::kAny, [](D* d) {
    d->Add(path::Policies({kP1}));
    d->Add(path::Policies({kP2}));
  });
}

}  // namespace

void AddConstraintFlaws(std::vector<Flaw>* flaws) {
  AddConstraints(flaws);
  AddOtherConstraints(flaws);
  AddNames(flaws);
  AddPolicies(flaws);
}

}  // namespace muster::test
