#include <botan/asn1_obj.h>
#include <botan/ber_dec.h>
#include <botan/certstor.h>
#include <botan/pkix_types.h>
#include <botan/pubkey.h>
#include <botan/version.h>
#include <botan/x509_crl.h>
#include <botan/x509_key.h>
#include <botan/x509cert.h>
#include <botan/x509path.h>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <set>

#include "tests/peers/peer_validation.h"

namespace muster::test {
namespace {

Botan::X509_Certificate Parse(ByteView der) {
  Botan::DataSource_Memory source(der.data(), der.size());
  Botan::X509_Certificate certificate(source);
  if (!source.end_of_data()) throw Botan::Decoding_Error("octets after the certificate");
  return certificate;
}

std::optional<Botan::X509_Certificate> ParseOrSkip(ByteView der, const PeerQuestion& question) {
  try {
    return Parse(der);
  } catch (const std::exception&) {
    if (!question.skip_unreadable) throw;
    return std::nullopt;
  }
}

// Nothing where Botan knows no such purpose.
std::optional<Botan::Usage_Type> UsageOf(const std::string& key_purpose) {
  if (key_purpose.empty()) return Botan::Usage_Type::UNSPECIFIED;
  if (key_purpose == "serverAuth" || key_purpose == "1.3.6.1.5.5.7.3.1") {
    return Botan::Usage_Type::TLS_SERVER_AUTH;
  }
  if (key_purpose == "clientAuth" || key_purpose == "1.3.6.1.5.5.7.3.2") {
    return Botan::Usage_Type::TLS_CLIENT_AUTH;
  }
  return std::nullopt;
}

// No strength is asked for; an empty set of hashes means any.
Botan::Path_Validation_Restrictions RestrictionsOf(const PeerQuestion& question) {
  std::set<std::string> hashes;
  if (!question.allow_sha1) {
    hashes = {"SHA-224", "SHA-256", "SHA-384", "SHA-512", "SHAKE-256(912)"};
  }
  // "All intermediates" is about OCSP by its name, yet without it a missing CRL of a CA passes.
  return {/*require_rev=*/question.require_crl,
          /*minimum_key_strength=*/0,
          /*ocsp_all_intermediates=*/question.require_crl,
          hashes,
          std::chrono::seconds::zero(),
          std::make_unique<Botan::Certificate_Store_In_Memory>(),
          /*ignore_trusted_root_time_range=*/!question.check_anchor_validity};
}

// Botan does not process policies, its paths end in self-signed certificates only, and it has no
// limit on their length: those parts of a question go unheard, as they would for its user.
PeerAnswer Validate(const PeerQuestion& question) {
  const std::optional<Botan::Usage_Type> usage = UsageOf(question.key_purpose);
  if (!usage) return {PeerAnswer::Kind::kError, "no such purpose"};
  std::vector<Botan::X509_Certificate> chain = {Parse(question.target)};
  for (const Bytes& der : question.untrusted) {
    if (const auto one = ParseOrSkip(der, question)) chain.push_back(*one);
  }
  Botan::Certificate_Store_In_Memory store;
  for (const Bytes& der : question.anchors) {
    if (const auto one = ParseOrSkip(der, question)) store.add_certificate(*one);
  }
  for (const Bytes& der : question.crls) {
    try {
      store.add_crl(Botan::X509_CRL(der));
    } catch (const std::exception&) {
      // One that cannot be read is not there.
    }
  }
  const Botan::Path_Validation_Result result =
      Botan::x509_path_validate(chain, RestrictionsOf(question), store, "", *usage, question.at);
  if (result.successful_validation()) return {PeerAnswer::Kind::kValid, ""};
  return {PeerAnswer::Kind::kInvalid, result.result_string()};
}

PeerAnswer VerifyOne(const PeerSignature& question) {
  const std::unique_ptr<Botan::Public_Key> key = Botan::X509::load_key(question.spki);
  Botan::AlgorithmIdentifier algorithm;
  Botan::BER_Decoder decoder(question.algorithm);
  decoder.decode(algorithm).verify_end();
  Botan::PK_Verifier verifier(*key, algorithm);
  if (verifier.verify_message(question.message, question.signature)) {
    return {PeerAnswer::Kind::kValid, ""};
  }
  return {PeerAnswer::Kind::kInvalid, "bad signature"};
}

Botan::X509_DN DecodeName(const Bytes& der) {
  Botan::X509_DN name;
  Botan::BER_Decoder decoder(der);
  name.decode_from(decoder);
  decoder.verify_end();
  return name;
}

}  // namespace

PeerAnswer AskBotan(const PeerQuestion& question) {
  try {
    return Validate(question);
  } catch (const std::exception& error) {
    return {PeerAnswer::Kind::kError, error.what()};
  }
}

PeerAnswer AskBotan(const PeerSignature& question) {
  try {
    return VerifyOne(question);
  } catch (const std::exception& error) {
    return {PeerAnswer::Kind::kError, error.what()};
  }
}

PeerAnswer AskBotan(const PeerNames& question) {
  try {
    if (DecodeName(question.a) == DecodeName(question.b)) return {PeerAnswer::Kind::kValid, ""};
    return {PeerAnswer::Kind::kInvalid, "the names differ"};
  } catch (const std::exception& error) {
    return {PeerAnswer::Kind::kError, error.what()};
  }
}

PeerAnswer BotanReads(ByteView certificate) {
  try {
    // The key is decoded on first use.
    static_cast<void>(Parse(certificate).subject_public_key());
    return {PeerAnswer::Kind::kValid, ""};
  } catch (const std::exception& error) {
    return {PeerAnswer::Kind::kInvalid, error.what()};
  }
}

std::string BotanVersion() { return "Botan " + Botan::short_version_string(); }

}  // namespace muster::test
