#include <botan/hash.h>
#include <fmt/format.h>

#include <exception>

#include "engine/base/byte_view.h"
#include "engine/der/der_reader.h"
#include "engine/pki/der_writer.h"
#include "engine/pki/development_signer.h"

namespace muster {
namespace {

using pki::DerWriter;

constexpr std::string_view kCommonNameOid = "2.5.4.3";
constexpr std::string_view kSubjectKeyIdOid = "2.5.29.14";
constexpr std::string_view kKeyUsageOid = "2.5.29.15";
constexpr std::string_view kSubjectAltNameOid = "2.5.29.17";
constexpr std::string_view kBasicConstraintsOid = "2.5.29.19";
constexpr std::string_view kCrlNumberOid = "2.5.29.20";
constexpr std::string_view kReasonCodeOid = "2.5.29.21";
constexpr std::string_view kAuthorityKeyIdOid = "2.5.29.35";
constexpr std::string_view kExtendedKeyUsageOid = "2.5.29.37";

std::uint8_t TagOf(NameAttribute::StringKind kind) {
  switch (kind) {
    case NameAttribute::StringKind::kUtf8:
      return der::kUtf8String;
    case NameAttribute::StringKind::kPrintable:
      return der::kPrintableString;
    case NameAttribute::StringKind::kIa5:
      return der::kIa5String;
    case NameAttribute::StringKind::kT61:
      return der::kT61String;
    case NameAttribute::StringKind::kBmp:
      return der::kBmpString;
  }
  return der::kUtf8String;
}

Result<Bytes> OidOctets(std::string_view dotted) {
  std::optional<Bytes> octets = der::OidFromText(dotted);
  if (!octets) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("'{}' is not an object identifier in dotted form", dotted));
  }
  return *std::move(octets);
}

// One Extension (RFC 5280 4.1); critical FALSE is the default and is left out.
Result<void> AddExtension(DerWriter& writer, const RawExtension& extension) {
  const Result<Bytes> oid = OidOctets(extension.oid);
  if (!oid) return tl::unexpected(oid.error());
  writer.Nest(der::kSequence, [&](DerWriter& w) {
    w.AddOid(*oid);
    if (extension.critical) w.AddBoolean(true);
    w.Add(der::kOctetString, extension.value);
  });
  return {};
}

Result<void> AddExtensions(DerWriter& writer, const std::vector<RawExtension>& extensions) {
  for (const RawExtension& extension : extensions) {
    if (Result<void> added = AddExtension(writer, extension); !added) return added;
  }
  return {};
}

RawExtension Extension(std::string_view oid, bool critical, DerWriter content) {
  return RawExtension{std::string(oid), critical, content.Take()};
}

RawExtension BasicConstraints(const CertificateTemplate& what) {
  DerWriter content;
  content.Nest(der::kSequence, [&](DerWriter& w) {
    if (what.is_ca) w.AddBoolean(true);
    if (!what.path_len) return;
    if (*what.path_len >= 0) {
      w.AddUnsigned(der::kInteger, static_cast<std::uint64_t>(*what.path_len));
    } else {
      const auto octet = static_cast<std::uint8_t>(*what.path_len);  // Wrong on purpose.
      w.Add(der::kInteger, ByteView(&octet, 1));
    }
  });
  return Extension(kBasicConstraintsOid, true, content);
}

RawExtension AuthorityKeyIdentifier(ByteView key_id) {
  DerWriter content;
  content.Nest(der::kSequence,
               [&](DerWriter& w) { w.Add(der::ContextPrimitive(0), key_id); });
  return Extension(kAuthorityKeyIdOid, false, content);
}

Bytes KeyIdOf(const Issuer& issuer) {
  return issuer.key_id.empty() ? DeriveKeyId(DevelopmentSigner::Spki(issuer.key)) : issuer.key_id;
}

Result<RawExtension> ExtendedKeyUsage(const CertificateTemplate& what) {
  DerWriter oids;
  for (const std::string& purpose : what.extended_key_usage) {
    const Result<Bytes> oid = OidOctets(purpose);
    if (!oid) return tl::unexpected(oid.error());
    oids.AddOid(*oid);
  }
  DerWriter content;
  content.Add(der::kSequence, oids.octets());
  return Extension(kExtendedKeyUsageOid, what.extended_key_usage_critical, content);
}

RawExtension SubjectAltName(const std::vector<std::string>& dns_names) {
  DerWriter content;
  content.Nest(der::kSequence, [&](DerWriter& w) {
    for (const std::string& name : dns_names) {
      w.Add(der::ContextPrimitive(2), base::AsBytes(name));
    }
  });
  return Extension(kSubjectAltNameOid, false, content);
}

// The extensions of `what`, in a fixed order.
Result<std::vector<RawExtension>> ExtensionsOf(const CertificateTemplate& what, ByteView spki,
                                               const Issuer& issuer) {
  std::vector<RawExtension> list;
  if (!what.omit_basic_constraints && (what.is_ca || what.path_len)) {
    list.push_back(BasicConstraints(what));
  }
  const std::uint16_t key_usage = what.key_usage.value_or(
      what.is_ca ? std::uint16_t{kKeyCertSign | kCrlSign} : std::uint16_t{kDigitalSignature});
  if (key_usage != 0) {
    DerWriter content;
    content.AddNamedBits(key_usage);
    list.push_back(Extension(kKeyUsageOid, true, content));
  }
  if (!what.extended_key_usage.empty()) {
    Result<RawExtension> purposes = ExtendedKeyUsage(what);
    if (!purposes) return tl::unexpected(purposes.error());
    list.push_back(*std::move(purposes));
  }
  if (what.subject_key_id) {
    DerWriter content;
    content.Add(der::kOctetString, DeriveKeyId(spki));
    list.push_back(Extension(kSubjectKeyIdOid, false, content));
  }
  if (what.authority_key_id) list.push_back(AuthorityKeyIdentifier(KeyIdOf(issuer)));
  if (!what.dns_names.empty()) list.push_back(SubjectAltName(what.dns_names));
  list.insert(list.end(), what.extensions.begin(), what.extensions.end());
  return list;
}

Result<Bytes> SubjectOf(const CertificateTemplate& what) {
  if (what.subject_der) return *what.subject_der;
  if (!what.subject.empty()) return EncodeName(what.subject);
  if (what.common_name.empty()) return EncodeName({});
  return EncodeName({NameAttribute{std::string(kCommonNameOid), what.common_name}});
}

// 16 octets that depend on what is certified: positive, and never the same by accident.
Bytes DeriveSerial(ByteView issuer, ByteView subject, ByteView spki, UnixTime not_before) {
  Bytes digest = pki::DeriveOctets({"serial", base::AsText(issuer), base::AsText(subject),
                                    base::AsText(spki),
                                    std::to_string(not_before.time_since_epoch().count())});
  digest.resize(16);
  digest[0] = static_cast<std::uint8_t>((digest[0] & 0x7f) | 0x40);
  return digest;
}

// SIGNED{tbs} (RFC 5280 4.1): what certificates and CRLs have in common.
Result<Bytes> SignTbs(const Bytes& tbs, ByteView algorithm, const DevelopmentKey& key,
                      const DevelopmentSigner::Method& method) {
  Result<Bytes> signature = DevelopmentSigner::Sign(key, method, tbs);
  if (!signature) return signature;
  DerWriter writer;
  writer.Nest(der::kSequence, [&](DerWriter& w) {
    w.AddRaw(tbs).AddRaw(algorithm).AddBitString(*signature);
  });
  return writer.Take();
}

Result<Bytes> Issue(const CertificateTemplate& what, ByteView spki, const Issuer& issuer) {
  const DevelopmentSigner::Method method{what.hash, what.pss};
  Result<Bytes> algorithm = DevelopmentSigner::AlgorithmIdentifier(issuer.key, method);
  if (!algorithm) return algorithm;
  Result<Bytes> subject = SubjectOf(what);
  if (!subject) return subject;
  const Bytes& issuer_name = what.issuer_der ? *what.issuer_der : issuer.subject_der;
  const Bytes serial = what.serial.empty()
                           ? DeriveSerial(issuer_name, *subject, spki, what.not_before)
                           : what.serial;
  DerWriter extensions;
  if (what.version != 1) {
    const Result<std::vector<RawExtension>> list = ExtensionsOf(what, spki, issuer);
    if (!list) return tl::unexpected(list.error());
    if (Result<void> added = AddExtensions(extensions, *list); !added) {
      return tl::unexpected(added.error());
    }
  }
  DerWriter tbs;
  tbs.Nest(der::kSequence, [&](DerWriter& w) {
    if (what.version != 1) {
      w.Nest(der::ContextConstructed(0), [&](DerWriter& v) {
        v.AddUnsigned(der::kInteger, static_cast<std::uint64_t>(what.version - 1));
      });
    }
    w.Add(der::kInteger, serial).AddRaw(*algorithm).AddRaw(issuer_name);
    w.Nest(der::kSequence,
           [&](DerWriter& v) { v.AddTime(what.not_before).AddTime(what.not_after); });
    w.AddRaw(*subject).AddRaw(spki);
    if (extensions.octets().empty()) return;
    w.Nest(der::ContextConstructed(3),
           [&](DerWriter& e) { e.Add(der::kSequence, extensions.octets()); });
  });
  return SignTbs(tbs.octets(), *algorithm, issuer.key, method);
}

Result<void> AddRevoked(DerWriter& writer, const RevokedEntry& entry) {
  DerWriter extensions;
  if (entry.reason) {
    DerWriter content;
    content.AddUnsigned(der::kEnumerated, static_cast<std::uint64_t>(*entry.reason));
    Result<void> added = AddExtension(extensions, Extension(kReasonCodeOid, false, content));
    if (!added) return added;
  }
  if (Result<void> added = AddExtensions(extensions, entry.extensions); !added) return added;
  writer.Nest(der::kSequence, [&](DerWriter& w) {
    w.Add(der::kInteger, entry.serial).AddTime(entry.revoked_at);
    if (!extensions.octets().empty()) w.Add(der::kSequence, extensions.octets());
  });
  return {};
}

// Exceptions (out of memory, a date beyond year 9999) stop here.
template <typename Function>
Result<Bytes> Guarded(std::string_view what, Function function) {
  try {
    return function();
  } catch (const std::exception& e) {
    return MakeError(ErrorCode::kInternal, fmt::format("could not issue the {}: {}", what,
                                                       e.what()));
  }
}

}  // namespace

Issuer IssuerOf(const Certificate& ca, DevelopmentKey key) {
  return Issuer{base::ToBytes(ca->subject()), std::move(key),
                base::ToBytes(ca->subject_key_id())};
}

Bytes DeriveKeyId(ByteView spki) {
  der::DerReader reader(spki);
  der::DerReader inside;
  ByteView algorithm, bit_string, key;
  const bool read = reader.Enter(der::kSequence, &inside) &&
                    inside.Read(der::kSequence, &algorithm) &&
                    inside.Read(der::kBitString, &bit_string) &&
                    der::ParseBitString(bit_string, &key, nullptr);
  const auto sha256 = Botan::HashFunction::create_or_throw("SHA-256");
  sha256->update(read ? key : spki);
  Bytes digest(sha256->output_length());
  sha256->final(digest.data());
  digest.resize(20);
  return digest;
}

Result<Bytes> EncodeName(const std::vector<NameAttribute>& attributes) {
  DerWriter rdns;
  for (const NameAttribute& attribute : attributes) {
    Result<Bytes> oid = OidOctets(attribute.oid);
    if (!oid) return oid;
    rdns.Nest(der::kSet, [&](DerWriter& set) {
      set.Nest(der::kSequence, [&](DerWriter& w) {
        w.AddOid(*oid).Add(TagOf(attribute.kind), base::AsBytes(attribute.value));
      });
    });
  }
  DerWriter name;
  name.Add(der::kSequence, rdns.octets());
  return name.Take();
}

Result<Bytes> IssueCertificate(const CertificateTemplate& what, ByteView spki,
                               const Issuer& issuer) {
  return Guarded("certificate", [&] { return Issue(what, spki, issuer); });
}

Result<Bytes> IssueSelfSigned(const CertificateTemplate& what, const DevelopmentKey& key) {
  return Guarded("certificate", [&]() -> Result<Bytes> {
    Result<Bytes> subject = SubjectOf(what);
    if (!subject) return subject;
    return Issue(what, DevelopmentSigner::Spki(key), Issuer{*std::move(subject), key, {}});
  });
}

Result<Bytes> IssueProof(std::string_view code, const Certificate& ca,
                         const DevelopmentKey& ca_key, UnixTime not_before, UnixTime not_after) {
  // The proof's own key is never used; its private half need not be a secret.
  const Result<DevelopmentKey> own = DevelopmentKey::Derive(KeyKind::kP256, "proof", code);
  if (!own) return tl::unexpected(own.error());
  CertificateTemplate what;
  what.common_name = code;
  what.not_before = not_before;
  what.not_after = not_after;
  return IssueCertificate(what, own->spki(), IssuerOf(ca, ca_key));
}

Result<Bytes> IssueCrl(const CrlTemplate& what, const Issuer& issuer) {
  return Guarded("CRL", [&]() -> Result<Bytes> {
    const DevelopmentSigner::Method method{what.hash, false};
    Result<Bytes> algorithm = DevelopmentSigner::AlgorithmIdentifier(issuer.key, method);
    if (!algorithm) return algorithm;
    DerWriter revoked;
    for (const RevokedEntry& entry : what.revoked) {
      if (Result<void> added = AddRevoked(revoked, entry); !added) {
        return tl::unexpected(added.error());
      }
    }
    DerWriter number;
    number.AddUnsigned(der::kInteger, what.number);
    std::vector<RawExtension> list = {AuthorityKeyIdentifier(KeyIdOf(issuer)),
                                      Extension(kCrlNumberOid, false, number)};
    list.insert(list.end(), what.extensions.begin(), what.extensions.end());
    DerWriter extensions;
    if (Result<void> added = AddExtensions(extensions, list); !added) {
      return tl::unexpected(added.error());
    }
    DerWriter tbs;
    tbs.Nest(der::kSequence, [&](DerWriter& w) {
      w.AddUnsigned(der::kInteger, 1);  // v2 (RFC 5280 5.1.2.1).
      w.AddRaw(*algorithm).AddRaw(issuer.subject_der).AddTime(what.this_update);
      if (what.next_update) w.AddTime(*what.next_update);
      // 5.1.2.6: the list is absent where nothing is revoked.
      if (!revoked.octets().empty()) w.Add(der::kSequence, revoked.octets());
      w.Nest(der::ContextConstructed(0),
             [&](DerWriter& e) { e.Add(der::kSequence, extensions.octets()); });
    });
    return SignTbs(tbs.octets(), *algorithm, issuer.key, method);
  });
}

}  // namespace muster
