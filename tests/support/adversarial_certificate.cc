#include "tests/support/adversarial_certificate.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <mutex>

#include "engine/der/der_reader.h"
#include "engine/pki/der_writer.h"
#include "engine/pki/development_signer.h"
#include "tests/support/test_world.h"
#include "tests/unit/path/extension_writer.h"

namespace muster::test {
namespace {

using path::OidOf;
using pki::DerWriter;
using std::chrono::days;

Bytes TimeElement(UnixTime time) { return DerWriter().AddTime(time).Take(); }

Bytes Boolean(bool value) { return DerWriter().AddBoolean(value).Take(); }

Bytes ExtensionsOf(const CertificateDraft& draft) {
  if (draft.whole_extensions) return *draft.whole_extensions;
  if (draft.extensions.empty()) return {};
  DerWriter list;
  for (const DraftExtension& extension : draft.extensions) {
    list.Nest(der::kSequence, [&](DerWriter& w) {
      w.AddOid(OidOf(extension.oid)).AddRaw(extension.critical);
      w.Add(der::kOctetString, extension.value);
    });
  }
  return DerWriter()
      .Nest(der::ContextConstructed(3), [&](DerWriter& w) { w.Add(der::kSequence, list.octets()); })
      .Take();
}

DraftExtension ToDraft(RawExtension extension) {
  return {std::move(extension.oid), extension.critical ? Boolean(true) : Bytes{},
          std::move(extension.value)};
}

RawExtension BasicConstraints(std::optional<int> path_len) {
  DerWriter content;
  content.Nest(der::kSequence, [&](DerWriter& w) {
    w.AddBoolean(true);
    if (path_len) w.AddUnsigned(der::kInteger, static_cast<std::uint64_t>(*path_len));
  });
  return {"2.5.29.19", true, content.Take()};
}

void AddUsualExtensions(const CertificatePlan& plan, CertificateDraft* draft) {
  if (plan.is_ca) draft->Add(BasicConstraints(plan.path_len));
  DerWriter usage;
  usage.AddNamedBits(plan.is_ca ? kKeyCertSign | kCrlSign : kDigitalSignature);
  draft->Add({"2.5.29.15", true, usage.Take()});
  if (!plan.is_ca) {
    DerWriter purposes;
    purposes.Nest(der::kSequence, [](DerWriter& w) { w.AddOid(OidOf("1.3.6.1.5.5.7.3.2")); });
    draft->Add({"2.5.29.37", false, purposes.Take()});
  }
  DerWriter subject_key_id, authority_key_id;
  subject_key_id.Add(der::kOctetString,
                     DeriveKeyId(AdversarialKey(plan.claimed_key.value_or(plan.key)).spki()));
  draft->Add({"2.5.29.14", false, subject_key_id.Take()});
  authority_key_id.Nest(der::kSequence, [&](DerWriter& w) {
    w.Add(der::ContextPrimitive(0), DeriveKeyId(AdversarialKey(plan.issuer_key).spki()));
  });
  draft->Add({"2.5.29.35", false, authority_key_id.Take()});
}

KeyKind KindOf(int key) {
  switch (key) {
    case kKeyP384:
      return KeyKind::kP384;
    case kKeyP521:
      return KeyKind::kP521;
    case kKeyEd25519:
      return KeyKind::kEd25519;
    case kKeyRsa:
    case kKeyOtherRsa:
      return KeyKind::kRsa2048;
    case kKeySmallRsa:
      return KeyKind::kRsa1024;
    default:
      return KeyKind::kP256;
  }
}

}  // namespace

UnixTime AdversarialTime() { return World().at(); }

const DevelopmentKey& AdversarialKey(int number) {
  struct Slot {
    std::once_flag once;
    std::optional<DevelopmentKey> key;
  };
  static std::array<Slot, kKeyEnd> slots;
  Slot& slot = slots.at(static_cast<std::size_t>(number));
  std::call_once(slot.once, [&] {
    slot.key = Must(DevelopmentKey::Derive(KindOf(number), "adversary", std::to_string(number)));
  });
  return *slot.key;
}

Bytes AdversarialName(int number) {
  const std::string common_name = number < kDeviceNames
                                      ? "CA " + std::to_string(number)
                                      : "device-" + std::to_string(number - kDeviceNames);
  return Must(EncodeName({{"2.5.4.10", "Acme"}, {"2.5.4.3", common_name}}));
}

DraftExtension* CertificateDraft::Find(std::string_view oid) {
  const auto found = std::find_if(extensions.begin(), extensions.end(),
                                  [&](const DraftExtension& e) { return e.oid == oid; });
  return found == extensions.end() ? nullptr : &*found;
}

void CertificateDraft::Drop(std::string_view oid) {
  std::erase_if(extensions, [&](const DraftExtension& e) { return e.oid == oid; });
}

void CertificateDraft::Set(RawExtension extension) {
  if (DraftExtension* old = Find(extension.oid)) {
    *old = ToDraft(std::move(extension));
  } else {
    Add(std::move(extension));
  }
}

void CertificateDraft::Add(RawExtension extension) {
  extensions.push_back(ToDraft(std::move(extension)));
}

const std::vector<Flaw>& Flaws() {
  static const std::vector<Flaw> flaws = [] {
    std::vector<Flaw> all;
    AddFieldFlaws(&all);
    AddAlgorithmFlaws(&all);
    AddExtensionFlaws(&all);
    AddConstraintFlaws(&all);
    return all;
  }();
  return flaws;
}

const Flaw* FindFlaw(std::string_view name) {
  const auto found = std::find_if(Flaws().begin(), Flaws().end(),
                                  [&](const Flaw& flaw) { return flaw.name == name; });
  return found == Flaws().end() ? nullptr : &*found;
}

bool CertificatePlan::HasFlaw(std::string_view name) const {
  return std::any_of(flaws.begin(), flaws.end(),
                     [&](const Flaw* flaw) { return flaw->name == name; });
}

CertificateDraft Draft(const CertificatePlan& plan) {
  CertificateDraft draft;
  draft.is_ca = plan.is_ca;
  draft.subject_name = plan.subject;
  draft.issuer_name = plan.issuer;
  draft.key = plan.key;
  draft.salt = plan.salt;
  draft.signing_key = plan.issuer_key;
  draft.version =
      DerWriter()
          .Nest(der::ContextConstructed(0), [](DerWriter& w) { w.AddUnsigned(der::kInteger, 2); })
          .Take();
  draft.serial = DerWriter().AddUnsigned(der::kInteger, plan.serial).Take();
  draft.signature =
      Must(DevelopmentSigner::AlgorithmIdentifier(AdversarialKey(plan.issuer_key), {}));
  draft.issuer = AdversarialName(plan.issuer);
  draft.subject = AdversarialName(plan.subject);
  const UnixTime at = AdversarialTime();
  draft.not_before = TimeElement(at - days{plan.is_ca ? 1'000 : 30});
  draft.not_after = TimeElement(at + days{plan.is_ca ? 3'000 : 365});
  draft.spki = AdversarialKey(plan.key).spki();
  AddUsualExtensions(plan, &draft);
  return draft;
}

Bytes Finish(const CertificateDraft& draft) {
  DerWriter fields;
  fields.Nest(der::kSequence, [&](DerWriter& w) {
    w.AddRaw(draft.version).AddRaw(draft.serial).AddRaw(draft.signature).AddRaw(draft.issuer);
    w.Nest(der::kSequence,
           [&](DerWriter& v) { v.AddRaw(draft.not_before).AddRaw(draft.not_after); });
    w.AddRaw(draft.subject).AddRaw(draft.spki).AddRaw(draft.unique_ids);
    w.AddRaw(ExtensionsOf(draft));
  });
  Bytes tbs = fields.Take();
  for (const OctetEdit edit : draft.tbs_edits) edit(&tbs, draft.salt);
  Bytes signature = Must(
      DevelopmentSigner::Sign(AdversarialKey(draft.signing_key), {draft.hash, draft.pss}, tbs));
  for (const OctetEdit edit : draft.signature_edits) edit(&signature, draft.salt);
  DerWriter whole;
  whole.Nest(der::kSequence, [&](DerWriter& w) {
    w.AddRaw(tbs).AddRaw(draft.outer_algorithm.value_or(draft.signature)).AddBitString(signature);
  });
  Bytes der = whole.Take();
  for (const OctetEdit edit : draft.certificate_edits) edit(&der, draft.salt);
  return der;
}

Bytes Issue(const CertificatePlan& plan) {
  CertificateDraft draft = Draft(plan);
  for (const Flaw* flaw : plan.flaws) flaw->apply(&draft);
  return Finish(draft);
}

}  // namespace muster::test
