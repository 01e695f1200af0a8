#include "engine/crypto/signature_algorithm.h"

#include <array>
#include <string_view>

#include "engine/base/byte_view.h"
#include "engine/der/der_reader.h"

namespace muster::crypto {
namespace {

using std::string_view_literals::operator""sv;

enum class Parameters : std::uint8_t { kAbsent, kNullOrAbsent, kPss };

struct KnownAlgorithm {
  std::string_view oid;  // Content octets.
  SignatureKind kind;
  HashKind hash;
  Parameters parameters;
};

// RFC 4055 5 (RSA), RFC 3279 2.2.1 and 2.2.3 (SHA-1), RFC 5758 3.2 (ECDSA), RFC 8410 3 (Ed25519).
// RFC 4055 5 wants NULL parameters written and absent ones accepted; those of ECDSA and Ed25519
// must be absent. The most frequent come first.
constexpr std::array kKnown = {
    KnownAlgorithm{"\x2a\x86\x48\xce\x3d\x04\x03\x02"sv, SignatureKind::kEcdsa, HashKind::kSha256,
                   Parameters::kAbsent},
    KnownAlgorithm{"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"sv, SignatureKind::kRsaPkcs1,
                   HashKind::kSha256, Parameters::kNullOrAbsent},
    KnownAlgorithm{"\x2a\x86\x48\xce\x3d\x04\x03\x03"sv, SignatureKind::kEcdsa, HashKind::kSha384,
                   Parameters::kAbsent},
    KnownAlgorithm{"\x2a\x86\x48\xce\x3d\x04\x03\x04"sv, SignatureKind::kEcdsa, HashKind::kSha512,
                   Parameters::kAbsent},
    KnownAlgorithm{"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c"sv, SignatureKind::kRsaPkcs1,
                   HashKind::kSha384, Parameters::kNullOrAbsent},
    KnownAlgorithm{"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d"sv, SignatureKind::kRsaPkcs1,
                   HashKind::kSha512, Parameters::kNullOrAbsent},
    KnownAlgorithm{"\x2b\x65\x70"sv, SignatureKind::kEd25519, HashKind::kSha512,
                   Parameters::kAbsent},
    KnownAlgorithm{"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"sv, SignatureKind::kRsaPss,
                   HashKind::kSha1, Parameters::kPss},
    KnownAlgorithm{"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05"sv, SignatureKind::kRsaPkcs1,
                   HashKind::kSha1, Parameters::kNullOrAbsent},
    KnownAlgorithm{"\x2b\x0e\x03\x02\x1d"sv, SignatureKind::kRsaPkcs1, HashKind::kSha1,
                   Parameters::kNullOrAbsent},
    KnownAlgorithm{"\x2a\x86\x48\xce\x3d\x04\x01"sv, SignatureKind::kEcdsa, HashKind::kSha1,
                   Parameters::kAbsent},
};

// md2, md4 and md5WithRSAEncryption (RFC 3279 2.2.1): no policy allows them.
constexpr std::array kBroken = {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x02"sv,
                                "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x03"sv,
                                "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04"sv};

constexpr std::string_view kMgf1Oid = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08"sv;

// Nothing, or one NULL.
bool IsNullOrAbsent(der::DerReader parameters) {
  ByteView null;
  return parameters.AtEnd() ||
         (parameters.Read(der::kNull, &null) && null.empty() && parameters.AtEnd());
}

// The hash functions of RFC 4055 2.1, whose parameters may be NULL or absent. `input` holds one
// AlgorithmIdentifier and nothing else.
bool ParseHash(der::DerReader input, HashKind* hash) {
  der::DerReader inside;
  ByteView oid;
  if (!input.Enter(der::kSequence, &inside) || !input.AtEnd()) return false;
  if (!inside.Read(der::kOid, &oid) || !IsNullOrAbsent(inside)) return false;
  const std::string_view text = base::AsText(oid);
  if (text == "\x60\x86\x48\x01\x65\x03\x04\x02\x01"sv) {
    *hash = HashKind::kSha256;
  } else if (text == "\x60\x86\x48\x01\x65\x03\x04\x02\x02"sv) {
    *hash = HashKind::kSha384;
  } else if (text == "\x60\x86\x48\x01\x65\x03\x04\x02\x03"sv) {
    *hash = HashKind::kSha512;
  } else if (text == "\x2b\x0e\x03\x02\x1a"sv) {
    *hash = HashKind::kSha1;
  } else {
    return false;
  }
  return true;
}

bool ParseMaskGenerator(der::DerReader input, HashKind* hash) {
  der::DerReader inside;
  ByteView oid;
  return input.Enter(der::kSequence, &inside) && input.AtEnd() && inside.Read(der::kOid, &oid) &&
         base::AsText(oid) == kMgf1Oid && ParseHash(inside, hash);
}

// RSASSA-PSS-params (RFC 4055 3.1). Absent fields have their defaults, SHA-1 and 20; the only
// trailerField is the default, which DER leaves out. Masks by another hash are not accepted.
bool ParsePssParameters(der::DerReader input, SignatureScheme* scheme) {
  der::DerReader params, field;
  if (!input.Enter(der::kSequence, &params) || !input.AtEnd()) return false;
  HashKind hash = HashKind::kSha1;
  HashKind mask_hash = HashKind::kSha1;
  std::uint32_t salt_len = 20;
  if (params.PeekTag() == der::ContextConstructed(0)) {
    if (!params.Enter(der::ContextConstructed(0), &field) || !ParseHash(field, &hash)) return false;
  }
  if (params.PeekTag() == der::ContextConstructed(1)) {
    if (!params.Enter(der::ContextConstructed(1), &field)) return false;
    if (!ParseMaskGenerator(field, &mask_hash)) return false;
  }
  if (params.PeekTag() == der::ContextConstructed(2)) {
    ByteView salt;
    if (!params.Enter(der::ContextConstructed(2), &field)) return false;
    if (!field.Read(der::kInteger, &salt) || !field.AtEnd()) return false;
    if (!der::ParseUnsigned(salt, kPssSaltLenMax + 1, &salt_len)) return false;
    if (salt_len > kPssSaltLenMax) return false;
  }
  if (!params.AtEnd() || hash != mask_hash) return false;
  scheme->hash = hash;
  scheme->salt_len = salt_len;
  return true;
}

bool ParseParameters(const KnownAlgorithm& known, der::DerReader parameters,
                     SignatureScheme* scheme) {
  switch (known.parameters) {
    case Parameters::kAbsent:
      return parameters.AtEnd();
    case Parameters::kNullOrAbsent:
      return IsNullOrAbsent(parameters);
    case Parameters::kPss:
      return ParsePssParameters(parameters, scheme);
  }
  return false;
}

}  // namespace

const char* NameOf(HashKind hash) {
  switch (hash) {
    case HashKind::kSha1:
      return "SHA-1";
    case HashKind::kSha256:
      return "SHA-256";
    case HashKind::kSha384:
      return "SHA-384";
    case HashKind::kSha512:
      return "SHA-512";
  }
  return "";
}

RejectReason ParseSignatureAlgorithm(ByteView algorithm, const AlgorithmPolicy& policy,
                                     SignatureScheme* out) {
  der::DerReader reader(algorithm);
  der::DerReader inside;
  ByteView oid_content;
  if (!reader.Enter(der::kSequence, &inside) || !reader.AtEnd() ||
      !inside.Read(der::kOid, &oid_content)) {
    return RejectReason::kUnsupportedSignatureAlgorithm;  // RFC 5280 4.1.1.2: not this shape.
  }
  const std::string_view oid = base::AsText(oid_content);
  for (const KnownAlgorithm& known : kKnown) {
    if (oid != known.oid) continue;
    SignatureScheme scheme{known.kind, known.hash, 0};
    if (!ParseParameters(known, inside, &scheme)) {
      return RejectReason::kUnsupportedSignatureAlgorithm;
    }
    // Domain rule: SHA-1 signatures are rejected; old material may be read under another policy.
    if (scheme.hash == HashKind::kSha1 && !policy.allow_sha1) {
      return RejectReason::kWeakSignatureAlgorithm;
    }
    *out = scheme;
    return RejectReason::kNone;
  }
  for (const std::string_view broken : kBroken) {
    if (oid == broken) return RejectReason::kWeakSignatureAlgorithm;  // Domain rule: no MD5.
  }
  return RejectReason::kUnsupportedSignatureAlgorithm;
}

}  // namespace muster::crypto
