#include <botan/data_src.h>
#include <botan/ec_group.h>
#include <botan/ec_scalar.h>
#include <botan/ecdsa.h>
#include <botan/ed25519.h>
#include <botan/hash.h>
#include <botan/hmac_drbg.h>
#include <botan/mac.h>
#include <botan/pk_keys.h>
#include <botan/pkcs8.h>
#include <botan/pubkey.h>
#include <botan/rsa.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <mutex>
#include <optional>

#include "engine/base/byte_view.h"
#include "engine/der/der_reader.h"
#include "engine/pki/der_writer.h"
#include "engine/pki/development_signer.h"

namespace muster {
namespace {

using pki::DerWriter;

struct KindName {
  KeyKind kind;
  std::string_view name;
};
constexpr std::array kKindNames = {
    KindName{KeyKind::kP256, "p256"},       KindName{KeyKind::kP384, "p384"},
    KindName{KeyKind::kP521, "p521"},       KindName{KeyKind::kRsa2048, "rsa2048"},
    KindName{KeyKind::kRsa3072, "rsa3072"}, KindName{KeyKind::kRsa4096, "rsa4096"},
    KindName{KeyKind::kEd25519, "ed25519"}, KindName{KeyKind::kRsa1024, "rsa1024"},
};

enum class Family : std::uint8_t { kRsa, kEc, kEd25519 };

struct HashName {
  std::string_view name;       // Botan's.
  std::string_view rsa_oid;    // RFC 4055 5, RFC 3279 2.2.1.
  std::string_view ecdsa_oid;  // RFC 5758 3.2, RFC 3279 2.2.3; empty: none.
  std::string_view hash_oid;   // For PSS.
  std::uint32_t size;
};
constexpr std::array kHashNames = {
    HashName{"SHA-256", "1.2.840.113549.1.1.11", "1.2.840.10045.4.3.2", "2.16.840.1.101.3.4.2.1",
             32},
    HashName{"SHA-384", "1.2.840.113549.1.1.12", "1.2.840.10045.4.3.3", "2.16.840.1.101.3.4.2.2",
             48},
    HashName{"SHA-512", "1.2.840.113549.1.1.13", "1.2.840.10045.4.3.4", "2.16.840.1.101.3.4.2.3",
             64},
    HashName{"SHA-1", "1.2.840.113549.1.1.5", "1.2.840.10045.4.1", "1.3.14.3.2.26", 20},
    HashName{"SHA-224", "1.2.840.113549.1.1.14", "1.2.840.10045.4.3.1", "2.16.840.1.101.3.4.2.4",
             28},
    HashName{"MD5", "1.2.840.113549.1.1.4", "", "1.2.840.113549.2.5", 16},
};
constexpr std::string_view kPssOid = "1.2.840.113549.1.1.10";
constexpr std::string_view kMgf1Oid = "1.2.840.113549.1.1.8";
constexpr std::string_view kEd25519Oid = "1.3.101.112";

// A generator whose output depends on `seed` alone.
std::unique_ptr<Botan::RandomNumberGenerator> SeededGenerator(ByteView seed) {
  auto generator = std::make_unique<Botan::HMAC_DRBG>(
      Botan::MessageAuthenticationCode::create_or_throw("HMAC(SHA-256)"));
  generator->initialize_with(seed);
  return generator;
}

std::unique_ptr<Botan::Private_Key> DeriveEcKey(const char* group_name,
                                                Botan::RandomNumberGenerator& generator) {
  const Botan::EC_Group group = Botan::EC_Group::from_name(group_name);
  return std::make_unique<Botan::ECDSA_PrivateKey>(group,
                                                   Botan::EC_Scalar::random(group, generator));
}

std::unique_ptr<Botan::Private_Key> DeriveKey(KeyKind kind,
                                              Botan::RandomNumberGenerator& generator) {
  switch (kind) {
    case KeyKind::kP256:
      return DeriveEcKey("secp256r1", generator);
    case KeyKind::kP384:
      return DeriveEcKey("secp384r1", generator);
    case KeyKind::kP521:
      return DeriveEcKey("secp521r1", generator);
    case KeyKind::kRsa1024:
      return std::make_unique<Botan::RSA_PrivateKey>(generator, 1024);
    case KeyKind::kRsa2048:
      return std::make_unique<Botan::RSA_PrivateKey>(generator, 2048);
    case KeyKind::kRsa3072:
      return std::make_unique<Botan::RSA_PrivateKey>(generator, 3072);
    case KeyKind::kRsa4096:
      return std::make_unique<Botan::RSA_PrivateKey>(generator, 4096);
    case KeyKind::kEd25519:
      return std::make_unique<Botan::Ed25519_PrivateKey>(generator);
  }
  return nullptr;
}

std::optional<Family> FamilyOf(const Botan::Private_Key& key) {
  const std::string name = key.algo_name();
  if (name == "RSA") return Family::kRsa;
  if (name == "ECDSA") return Family::kEc;
  if (name == "Ed25519") return Family::kEd25519;
  return std::nullopt;
}

// The hash that goes with the key where the template names none.
std::string_view NaturalHash(const Botan::Private_Key& key, Family family) {
  if (family != Family::kEc || key.key_length() <= 256) return "SHA-256";
  return key.key_length() <= 384 ? "SHA-384" : "SHA-512";
}

const HashName* FindHash(std::string_view name) {
  const auto found = std::find_if(kHashNames.begin(), kHashNames.end(),
                                  [&](const HashName& hash) { return hash.name == name; });
  return found == kHashNames.end() ? nullptr : &*found;
}

void AddOidText(DerWriter& writer, std::string_view dotted) {
  writer.AddOid(*der::OidFromText(dotted));
}

void AddHashAlgorithm(DerWriter& writer, const HashName& hash) {
  writer.Nest(der::kSequence, [&](DerWriter& inside) {
    AddOidText(inside, hash.hash_oid);
    inside.Add(der::kNull, {});
  });
}

// RSASSA-PSS-params (RFC 4055 3.1) with a salt as long as the hash; defaults are left out.
void AddPssParameters(DerWriter& writer, const HashName& hash) {
  writer.Nest(der::kSequence, [&](DerWriter& params) {
    if (hash.name == "SHA-1") return;
    params.Nest(der::ContextConstructed(0), [&](DerWriter& w) { AddHashAlgorithm(w, hash); });
    params.Nest(der::ContextConstructed(1), [&](DerWriter& w) {
      w.Nest(der::kSequence, [&](DerWriter& mgf) {
        AddOidText(mgf, kMgf1Oid);
        AddHashAlgorithm(mgf, hash);
      });
    });
    params.Nest(der::ContextConstructed(2),
                [&](DerWriter& w) { w.AddUnsigned(der::kInteger, hash.size); });
  });
}

}  // namespace

struct DevelopmentKey::Rep {
  Rep(std::unique_ptr<const Botan::Private_Key> private_key, Family key_family)
      : key(std::move(private_key)), family(key_family), spki(key->subject_public_key()) {}

  const std::unique_ptr<const Botan::Private_Key> key;
  const Family family;
  const Bytes spki;

  // Signers at rest. Making one costs as much as a few signatures, and one serves one thread at a
  // time, so each is lent out and taken back. Which one signs makes no difference. A signer refers
  // to the generator that it was made with, for blinding.
  struct Lent {
    std::string padding;
    std::unique_ptr<Botan::RandomNumberGenerator> generator;
    std::unique_ptr<Botan::PK_Signer> signer;
  };
  mutable std::mutex mutex;
  mutable std::vector<Lent> signers;

  Lent Borrow(const std::string& padding) const {
    {
      const std::lock_guard lock(mutex);
      const auto found = std::find_if(signers.begin(), signers.end(), [&](const Lent& lent) {
        return lent.padding == padding;
      });
      if (found != signers.end()) {
        Lent lent = std::move(*found);
        signers.erase(found);
        return lent;
      }
    }
    auto generator = SeededGenerator(pki::DeriveOctets({"blinding", base::AsText(spki)}));
    const auto format = family == Family::kEc ? Botan::Signature_Format::DerSequence
                                              : Botan::Signature_Format::Standard;
    auto signer = std::make_unique<Botan::PK_Signer>(*key, *generator, padding, format);
    return Lent{padding, std::move(generator), std::move(signer)};
  }

  void Return(Lent lent) const {
    const std::lock_guard lock(mutex);
    signers.push_back(std::move(lent));
  }
};

std::optional<KeyKind> ParseKeyKind(std::string_view name) {
  for (const KindName& entry : kKindNames) {
    if (entry.name == name) return entry.kind;
  }
  return std::nullopt;
}

std::string_view NameOf(KeyKind kind) {
  for (const KindName& entry : kKindNames) {
    if (entry.kind == kind) return entry.name;
  }
  return "unknown";
}

namespace pki {

Bytes DeriveOctets(std::initializer_list<std::string_view> parts) {
  const auto sha256 = Botan::HashFunction::create_or_throw("SHA-256");
  for (const std::string_view part : parts) {
    sha256->update(base::AsBytes(part));
    sha256->update(std::uint8_t{0});
  }
  Bytes digest(sha256->output_length());
  sha256->final(digest.data());
  return digest;
}

}  // namespace pki

Result<DevelopmentKey> DevelopmentKey::Derive(KeyKind kind, std::string_view seed,
                                              std::string_view label) {
  try {
    const auto generator = SeededGenerator(pki::DeriveOctets({seed, label, NameOf(kind)}));
    std::unique_ptr<Botan::Private_Key> key = DeriveKey(kind, *generator);
    if (key == nullptr) {
      return MakeError(ErrorCode::kInvalidArgument, "unknown kind of key; use one of p256, p384, "
                                                    "p521, rsa2048, rsa3072, rsa4096, ed25519");
    }
    const Family family = *FamilyOf(*key);
    return DevelopmentKey(std::make_shared<const Rep>(std::move(key), family));
  } catch (const std::exception& e) {
    return MakeError(ErrorCode::kInternal,
                     fmt::format("could not derive the {} key '{}': {}", NameOf(kind), label,
                                 e.what()));
  }
}

Result<DevelopmentKey> DevelopmentKey::Load(ByteView pkcs8) {
  constexpr std::string_view kAdvice =
      "expected an unencrypted PKCS#8 private key (RSA, P-256, P-384, P-521 or Ed25519) in PEM or "
      "DER; convert with: openssl pkcs8 -topk8 -nocrypt -in KEY -out KEY.pem";
  try {
    Botan::DataSource_Memory source(pkcs8);
    std::unique_ptr<Botan::Private_Key> key = Botan::PKCS8::load_key(source);
    const std::optional<Family> family =
        key == nullptr ? std::nullopt : FamilyOf(*key);
    if (!family) return MakeError(ErrorCode::kUnreadableInput, std::string(kAdvice));
    return DevelopmentKey(std::make_shared<const Rep>(std::move(key), *family));
  } catch (const std::exception&) {
    // Botan's message may quote the input: a key is never echoed.
    return MakeError(ErrorCode::kUnreadableInput, std::string(kAdvice));
  }
}

std::string DevelopmentKey::ToPem() const { return Botan::PKCS8::PEM_encode(*rep_->key); }

Bytes DevelopmentKey::spki() const { return rep_->spki; }

const Bytes& DevelopmentSigner::Spki(const DevelopmentKey& key) { return key.rep_->spki; }

Result<Bytes> DevelopmentSigner::AlgorithmIdentifier(const DevelopmentKey& key,
                                                     const Method& method) {
  const Family family = key.rep_->family;
  if (family == Family::kEd25519) {
    if (!method.hash.empty() || method.pss) {
      return MakeError(ErrorCode::kInvalidArgument,
                       "an Ed25519 key signs in one way only; leave hash and PSS out");
    }
    DerWriter writer;
    writer.Nest(der::kSequence, [](DerWriter& w) { AddOidText(w, kEd25519Oid); });
    return writer.Take();
  }
  const std::string_view name =
      method.hash.empty() ? NaturalHash(*key.rep_->key, family) : method.hash;
  const HashName* hash = FindHash(name);
  if (hash == nullptr || (family == Family::kEc && (hash->ecdsa_oid.empty() || method.pss))) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("the issuer's key cannot sign with '{}'{}; use SHA-256, SHA-384 "
                                 "or SHA-512, and PSS with RSA keys only",
                                 name, method.pss ? " and PSS" : ""));
  }
  DerWriter writer;
  writer.Nest(der::kSequence, [&](DerWriter& w) {
    if (family == Family::kEc) {
      AddOidText(w, hash->ecdsa_oid);
    } else if (method.pss) {
      AddOidText(w, kPssOid);
      AddPssParameters(w, *hash);
    } else {
      AddOidText(w, hash->rsa_oid);
      w.Add(der::kNull, {});
    }
  });
  return writer.Take();
}

Result<Bytes> DevelopmentSigner::Sign(const DevelopmentKey& key, const Method& method,
                                      ByteView message) {
  const DevelopmentKey::Rep& rep = *key.rep_;
  const std::string_view hash =
      method.hash.empty() ? NaturalHash(*rep.key, rep.family) : method.hash;
  try {
    const auto generator =
        SeededGenerator(pki::DeriveOctets({"signature", base::AsText(message)}));
    std::string padding(hash);
    if (rep.family == Family::kEd25519) padding = "Pure";
    if (rep.family == Family::kRsa) {
      padding = fmt::format("{}({}{})", method.pss ? "PSS" : "PKCS1v15", hash,
                            method.pss ? ",MGF1" : "");
    }
    DevelopmentKey::Rep::Lent lent = rep.Borrow(padding);
    Bytes signature = lent.signer->sign_message(message, *generator);
    rep.Return(std::move(lent));  // A signer that threw is not lent again.
    return signature;
  } catch (const std::exception& e) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("the issuer's key cannot sign with '{}'{}: {}", hash,
                                 method.pss ? " and PSS" : "", e.what()));
  }
}

}  // namespace muster
