#include "engine/crypto/public_key.h"

#include <botan/bigint.h>
#include <botan/ec_apoint.h>
#include <botan/ec_group.h>
#include <botan/ec_scalar.h>
#include <botan/ed25519.h>
#include <botan/exceptn.h>
#include <botan/hash.h>
#include <botan/pubkey.h>
#include <botan/rsa.h>

#include <algorithm>
#include <array>
#include <exception>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <variant>

#include "engine/crypto/point_batch.h"
#include "engine/crypto/signature_algorithm.h"
#include "engine/crypto/subject_public_key.h"
#include "engine/der/der_reader.h"

namespace muster::crypto {
namespace {

// A key on a curve, and the table that Botan's checks use: built when the first one is asked for,
// because most keys are only ever checked by kernels, and a table takes more than all the rest of a
// CA certificate.
class EcKey {
 public:
  EcKey(Botan::EC_Group group, ByteView sec1)
      : group_(std::move(group)), sec1_(sec1.begin(), sec1.end()) {}

  const Botan::EC_Group& group() const { return group_; }
  // Multiplies the base point and the key's. Thread-safe; throws where Botan does.
  const Botan::EC_Group::Mul2Table& table() const {
    std::call_once(once_, [this] {
      table_.emplace(Botan::EC_AffinePoint::deserialize(group_, sec1_).value());
    });
    return *table_;
  }

 private:
  Botan::EC_Group group_;
  Bytes sec1_;
  mutable std::once_flag once_;
  mutable std::optional<Botan::EC_Group::Mul2Table> table_;
};

using AnyKey =
    std::variant<std::unique_ptr<const EcKey>, std::unique_ptr<const Botan::RSA_PublicKey>,
                 std::unique_ptr<const Botan::Ed25519_PublicKey>>;

template <typename Key>
const Key* GetIf(const AnyKey& key) {
  const auto* held = std::get_if<std::unique_ptr<const Key>>(&key);
  return held == nullptr ? nullptr : held->get();
}

// The groups are constants; they are looked up once because Botan's look-up takes a lock.
const Botan::EC_Group& GroupOf(KeyAlgorithm algorithm) {
  static const Botan::EC_Group kP256Group = Botan::EC_Group::from_name("secp256r1");
  static const Botan::EC_Group kP384Group = Botan::EC_Group::from_name("secp384r1");
  static const Botan::EC_Group kP521Group = Botan::EC_Group::from_name("secp521r1");
  switch (algorithm) {
    case KeyAlgorithm::kP384:
      return kP384Group;
    case KeyAlgorithm::kP521:
      return kP521Group;
    default:
      return kP256Group;
  }
}

bool IsEc(KeyAlgorithm algorithm) {
  return algorithm == KeyAlgorithm::kP256 || algorithm == KeyAlgorithm::kP384 ||
         algorithm == KeyAlgorithm::kP521;
}

bool IsOnItsCurve(const SubjectPublicKey& key) {
  if (key.algorithm != KeyAlgorithm::kP521) {
    return IsOnCurve({key.algorithm, key.octets.subspan(1)});
  }
  return Botan::EC_AffinePoint::deserialize(GroupOf(key.algorithm), key.octets).has_value();
}

tl::unexpected<KeyFailure> OffCurve() {
  // Domain rule: points off the curve are rejected (also RFC 5480 2.2, SEC 1 3.2.2.1).
  return tl::unexpected<KeyFailure>(
      KeyFailure{RejectReason::kMalformedKey, "the point is not on the curve"});
}

tl::unexpected<KeyFailure> InternalFailure() {
  return tl::unexpected<KeyFailure>(
      KeyFailure{RejectReason::kInternalError, "the key could not be examined"});
}

// Ecdsa-Sig-Value (RFC 3279 2.2.3): two positive integers in DER. Writes them as r || s, each as
// wide as the group's order; false where they do not fit.
bool ReadEcdsaSignature(ByteView signature, std::size_t order_size, std::span<std::uint8_t> out) {
  der::DerReader reader(signature);
  der::DerReader inside;
  if (!reader.Enter(der::kSequence, &inside) || !reader.AtEnd()) return false;
  std::fill(out.begin(), out.end(), std::uint8_t{0});
  for (int i = 0; i < 2; ++i) {
    ByteView content;
    if (!inside.Read(der::kInteger, &content) || !der::IsMinimalInteger(content)) return false;
    if ((content[0] & 0x80) != 0) return false;
    if (content[0] == 0) content = content.subspan(1);
    if (content.size() > order_size) return false;
    const std::span<std::uint8_t> half = out.subspan(static_cast<std::size_t>(i) * order_size);
    std::copy(content.begin(), content.end(),
              half.begin() + static_cast<std::ptrdiff_t>(order_size - content.size()));
  }
  return inside.AtEnd();
}

// FIPS 186-5 6.4.2. Botan's PK_Verifier does the same steps, but is stateful and builds its table
// anew for each thread; this one shares the key's.
bool VerifyEcdsa(const EcKey& key, HashKind hash, ByteView message, ByteView signature) {
  constexpr std::size_t kOrderSizeMax = 66;
  std::array<std::uint8_t, 2 * kOrderSizeMax> buffer;
  const std::size_t order_size = key.group().get_order_bytes();
  const std::span<std::uint8_t> pair = std::span(buffer).first(2 * order_size);
  if (!ReadEcdsaSignature(signature, order_size, pair)) return false;

  const auto rs = Botan::EC_Scalar::deserialize_pair(key.group(), pair);
  if (!rs) return false;  // r or s is not below the order.
  const auto& [r, s] = *rs;
  if (r.is_zero() || s.is_zero()) return false;

  const auto hasher = Botan::HashFunction::create_or_throw(NameOf(hash));
  std::array<std::uint8_t, 64> digest;
  hasher->update(message);
  hasher->final(digest.data());
  const auto e = Botan::EC_Scalar::from_bytes_with_trunc(
      key.group(), std::span(digest).first(hasher->output_length()));
  const auto w = s.invert_vartime();
  return key.table().mul2_vartime_x_mod_order_eq(r, e * w, r * w);
}

bool VerifyRsa(const Botan::RSA_PublicKey& key, const SignatureScheme& scheme, ByteView message,
               ByteView signature) {
  // RFC 8017 8.1.2 and 8.2.2 step 1: exactly as long as the modulus.
  if (signature.size() != key.get_n().bytes()) return false;
  std::string padding;
  if (scheme.kind == SignatureKind::kRsaPss) {
    padding.append("PSS(").append(NameOf(scheme.hash)).append(",MGF1,");
    padding.append(std::to_string(scheme.salt_len)).append(")");
  } else {
    padding.append("PKCS1v15(").append(NameOf(scheme.hash)).append(")");
  }
  Botan::PK_Verifier verifier(key, padding);
  return verifier.verify_message(message, signature);
}

bool VerifyEd25519(const Botan::Ed25519_PublicKey& key, ByteView message, ByteView signature) {
  if (signature.size() != 64) return false;  // RFC 8032 5.1.7.
  Botan::PK_Verifier verifier(key, "Pure");
  return verifier.verify_message(message, signature);
}

bool Verify(const AnyKey& key, const SignatureScheme& scheme, ByteView message,
            ByteView signature) {
  switch (scheme.kind) {
    case SignatureKind::kEcdsa:
      if (const auto* ec = GetIf<EcKey>(key)) {
        return VerifyEcdsa(*ec, scheme.hash, message, signature);
      }
      return false;  // The algorithm is of another kind than the key.
    case SignatureKind::kRsaPkcs1:
    case SignatureKind::kRsaPss:
      if (const auto* rsa = GetIf<Botan::RSA_PublicKey>(key)) {
        return VerifyRsa(*rsa, scheme, message, signature);
      }
      return false;
    case SignatureKind::kEd25519:
      if (const auto* ed25519 = GetIf<Botan::Ed25519_PublicKey>(key)) {
        return VerifyEd25519(*ed25519, message, signature);
      }
      return false;
  }
  return false;
}

AnyKey MakeKey(const SubjectPublicKey& parsed) {
  if (IsEc(parsed.algorithm)) {
    return std::make_unique<const EcKey>(GroupOf(parsed.algorithm), parsed.octets);
  }
  if (parsed.algorithm == KeyAlgorithm::kEd25519) {
    return std::make_unique<const Botan::Ed25519_PublicKey>(parsed.octets);
  }
  return std::make_unique<const Botan::RSA_PublicKey>(Botan::BigInt(parsed.modulus),
                                                      Botan::BigInt(parsed.exponent));
}

}  // namespace

struct PublicKey::Rep {
  KeyAlgorithm algorithm;
  int bits;
  AnyKey key;
};

tl::expected<PublicKey, KeyFailure> PublicKey::Load(ByteView spki, const AlgorithmPolicy& policy) {
  try {
    const auto parsed = ParseSubjectPublicKey(spki, policy);
    if (!parsed) return tl::unexpected<KeyFailure>(parsed.error());
    if (IsEc(parsed->algorithm) && !IsOnItsCurve(*parsed)) return OffCurve();
    return PublicKey(
        std::make_shared<const Rep>(Rep{parsed->algorithm, parsed->bits, MakeKey(*parsed)}));
  } catch (const Botan::Exception&) {
    return tl::unexpected<KeyFailure>(
        KeyFailure{RejectReason::kMalformedKey, "the key was refused by the RSA or Ed25519 code"});
  } catch (const std::exception&) {
    return InternalFailure();
  }
}

KeyAlgorithm PublicKey::algorithm() const { return rep_->algorithm; }

int PublicKey::bits() const { return rep_->bits; }

std::string PublicKey::DisplayName() const {
  if (rep_->algorithm == KeyAlgorithm::kEd25519) return "Ed25519";
  return (IsEc(rep_->algorithm) ? "P-" : "RSA-") + std::to_string(rep_->bits);
}

tl::expected<void, KeyFailure> CheckPublicKey(ByteView spki, const AlgorithmPolicy& policy,
                                              std::optional<CurvePoint>* deferred) {
  try {
    const auto parsed = ParseSubjectPublicKey(spki, policy);
    if (!parsed) return tl::unexpected<KeyFailure>(parsed.error());
    if (!IsEc(parsed->algorithm)) return {};
    if (deferred != nullptr && parsed->algorithm != KeyAlgorithm::kP521) {
      *deferred = {parsed->algorithm, parsed->octets.subspan(1)};
    } else if (!IsOnItsCurve(*parsed)) {
      return OffCurve();
    }
    return {};
  } catch (const std::exception&) {
    return InternalFailure();
  }
}

RejectReason KnownAnswer(RejectReason reason) {
  if (reason == RejectReason::kInternalError) {
    throw std::runtime_error("a key or a signature could not be examined");
  }
  return reason;
}

RejectReason CheckSignatureAlgorithm(ByteView algorithm, const AlgorithmPolicy& policy) {
  SignatureScheme scheme;
  return ParseSignatureAlgorithm(algorithm, policy, &scheme);
}

RejectReason VerifySignature(const PublicKey& key, ByteView algorithm, ByteView message,
                             ByteView signature, const AlgorithmPolicy& policy) {
  SignatureScheme scheme;
  const RejectReason reason = ParseSignatureAlgorithm(algorithm, policy, &scheme);
  if (reason != RejectReason::kNone) return reason;
  try {
    return Verify(key.rep_->key, scheme, message, signature) ? RejectReason::kNone
                                                             : RejectReason::kBadSignature;
  } catch (const Botan::Exception&) {
    return RejectReason::kBadSignature;  // A padding that does not fit the modulus, for one.
  } catch (const std::exception&) {
    return RejectReason::kInternalError;
  }
}

}  // namespace muster::crypto
