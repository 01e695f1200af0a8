#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <memory>
#include <utility>

#include "tests/peers/peer_validation.h"

namespace muster::test {
namespace {

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
void FreeStack(STACK_OF(X509) * certificates) { sk_X509_pop_free(certificates, X509_free); }
void FreeCrls(STACK_OF(X509_CRL) * crls) { sk_X509_CRL_pop_free(crls, X509_CRL_free); }
template <typename T, auto Free>
using Owned = std::unique_ptr<T, Freer<Free>>;

using CertificatePtr = Owned<X509, X509_free>;
using CrlPtr = Owned<X509_CRL, X509_CRL_free>;
using CrlStackPtr = Owned<STACK_OF(X509_CRL), FreeCrls>;
using StackPtr = Owned<STACK_OF(X509), FreeStack>;
using ObjectPtr = Owned<ASN1_OBJECT, ASN1_OBJECT_free>;

PeerAnswer Error(std::string reason) { return {PeerAnswer::Kind::kError, std::move(reason)}; }

// Nothing unless all the octets are taken. d2i is the type's decoder.
template <typename Ptr, typename Decoder>
Ptr Decode(Decoder d2i, ByteView der) {
  const unsigned char* at = der.data();
  Ptr object(d2i(nullptr, &at, static_cast<long>(der.size())));
  return at == der.data() + der.size() ? std::move(object) : nullptr;
}

// A missing CRL decides only where CRLs are required: muster's default, which OpenSSL has not.
int LetMissingCrlsPass(int good, X509_STORE_CTX* context) {
  if (good == 1) return 1;
  if (X509_STORE_CTX_get_error(context) != X509_V_ERR_UNABLE_TO_GET_CRL) return 0;
  X509_STORE_CTX_set_error(context, X509_V_OK);
  return 1;
}

// Purposes are looked for by name; anything that OpenSSL has no purpose for cannot be asked.
int PurposeOf(const std::string& key_purpose) {
  if (key_purpose == "serverAuth" || key_purpose == "1.3.6.1.5.5.7.3.1") {
    return X509_PURPOSE_SSL_SERVER;
  }
  if (key_purpose == "clientAuth" || key_purpose == "1.3.6.1.5.5.7.3.2") {
    return X509_PURPOSE_SSL_CLIENT;
  }
  return 0;
}

// Empty, or what is wrong with the question.
//
// X509_V_FLAG_X509_STRICT stays off: beyond RFC 5280 section 6 it demands what section 4 asks of
// CAs, such as key identifiers, so that it refuses paths that are valid; NIST's suite has some.
std::string SetParameters(const PeerQuestion& question, X509_VERIFY_PARAM* param) {
  unsigned long flags =
      X509_V_FLAG_POLICY_CHECK | X509_V_FLAG_EXTENDED_CRL_SUPPORT | X509_V_FLAG_USE_DELTAS;
  if (question.partial_chain) flags |= X509_V_FLAG_PARTIAL_CHAIN;
  if (question.require_crl || !question.crls.empty()) {
    flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
  }
  if (question.explicit_policy) flags |= X509_V_FLAG_EXPLICIT_POLICY;
  if (question.inhibit_policy_mapping) flags |= X509_V_FLAG_INHIBIT_MAP;
  if (question.inhibit_any_policy) flags |= X509_V_FLAG_INHIBIT_ANY;
  X509_VERIFY_PARAM_set_flags(param, flags);
  X509_VERIFY_PARAM_set_time(param, question.at.time_since_epoch().count());
  X509_VERIFY_PARAM_set_depth(param, question.intermediates_max);
  // Level 0 asks for no strength at all; level 1 is the lowest that refuses SHA-1.
  X509_VERIFY_PARAM_set_auth_level(param, question.allow_sha1 ? 0 : 1);
  if (!question.key_purpose.empty()) {
    const int purpose = PurposeOf(question.key_purpose);
    if (purpose == 0) return "no such purpose";
    if (X509_VERIFY_PARAM_set_purpose(param, purpose) != 1) return "set_purpose failed";
  }
  // Without any, a path that needs an explicit policy has none.
  std::vector<std::string> policies = question.initial_policies;
  if (policies.empty()) policies = {"2.5.29.32.0"};  // any-policy
  for (const std::string& policy : policies) {
    ObjectPtr oid(OBJ_txt2obj(policy.c_str(), /*no_name=*/1));
    if (oid == nullptr || X509_VERIFY_PARAM_add0_policy(param, oid.get()) != 1) {
      return "an initial policy is no OID";
    }
    static_cast<void>(oid.release());  // The parameters own it now.
  }
  return "";
}

PeerAnswer Verify(const PeerQuestion& question) {
  const CertificatePtr target = Decode<CertificatePtr>(d2i_X509, question.target);
  if (target == nullptr) return Error("the target cannot be read");
  const StackPtr untrusted(sk_X509_new_null());
  for (const Bytes& der : question.untrusted) {
    CertificatePtr certificate = Decode<CertificatePtr>(d2i_X509, der);
    if (certificate == nullptr) {
      if (question.skip_unreadable) continue;
      return Error("a certificate cannot be read");
    }
    if (sk_X509_push(untrusted.get(), certificate.get()) <= 0) return Error("out of memory");
    static_cast<void>(certificate.release());  // The stack owns it now.
  }
  const Owned<X509_STORE, X509_STORE_free> store(X509_STORE_new());
  for (const Bytes& der : question.anchors) {
    const CertificatePtr anchor = Decode<CertificatePtr>(d2i_X509, der);
    if (anchor == nullptr) {
      if (question.skip_unreadable) continue;
      return Error("an anchor cannot be read");
    }
    if (X509_STORE_add_cert(store.get(), anchor.get()) != 1) return Error("add_cert failed");
  }
  // A store finds CRLs by the certificate's issuer, which misses indirect ones; a stack is
  // searched.
  const CrlStackPtr crls(sk_X509_CRL_new_null());
  for (const Bytes& der : question.crls) {
    CrlPtr crl = Decode<CrlPtr>(d2i_X509_CRL, der);
    if (crl == nullptr) continue;  // One that cannot be read is not there.
    if (sk_X509_CRL_push(crls.get(), crl.get()) <= 0) return Error("out of memory");
    static_cast<void>(crl.release());  // The stack owns it now.
  }
  const Owned<X509_STORE_CTX, X509_STORE_CTX_free> context(X509_STORE_CTX_new());
  if (X509_STORE_CTX_init(context.get(), store.get(), target.get(), untrusted.get()) != 1) {
    return Error("X509_STORE_CTX_init failed");
  }
  X509_STORE_CTX_set0_crls(context.get(), crls.get());
  const std::string problem = SetParameters(question, X509_STORE_CTX_get0_param(context.get()));
  if (!problem.empty()) return Error(problem);
  if (!question.require_crl) X509_STORE_CTX_set_verify_cb(context.get(), LetMissingCrlsPass);

  const int result = X509_verify_cert(context.get());
  if (result == 1) return {PeerAnswer::Kind::kValid, ""};
  const char* const text = X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
  return {result == 0 ? PeerAnswer::Kind::kInvalid : PeerAnswer::Kind::kError, text};
}

// The hash of an AlgorithmIdentifier; `fallback` where there is none.
const EVP_MD* HashOf(const X509_ALGOR* algorithm, const EVP_MD* fallback) {
  if (algorithm == nullptr) return fallback;
  const ASN1_OBJECT* oid = nullptr;
  X509_ALGOR_get0(&oid, nullptr, nullptr, algorithm);
  return EVP_get_digestbyobj(oid);
}

// RSASSA-PSS-params (RFC 4055 3.1): every field has a default, of SHA-1's.
bool SetPss(const X509_ALGOR* algorithm, EVP_PKEY_CTX* context, const EVP_MD* hash) {
  int type = 0;
  const void* value = nullptr;
  X509_ALGOR_get0(nullptr, &type, &value, algorithm);
  if (type != V_ASN1_SEQUENCE) return false;
  const auto* const octets = static_cast<const ASN1_STRING*>(value);
  const auto params = Decode<Owned<RSA_PSS_PARAMS, RSA_PSS_PARAMS_free>>(
      d2i_RSA_PSS_PARAMS,
      {ASN1_STRING_get0_data(octets), static_cast<std::size_t>(ASN1_STRING_length(octets))});
  if (params == nullptr) return false;
  const EVP_MD* mask_hash = EVP_sha1();
  if (params->maskGenAlgorithm != nullptr) {
    const ASN1_OBJECT* mask = nullptr;
    X509_ALGOR_get0(&mask, &type, &value, params->maskGenAlgorithm);
    if (OBJ_obj2nid(mask) != NID_mgf1 || type != V_ASN1_SEQUENCE) return false;
    const auto* const inner = static_cast<const ASN1_STRING*>(value);
    const auto mask_params = Decode<Owned<X509_ALGOR, X509_ALGOR_free>>(
        d2i_X509_ALGOR,
        {ASN1_STRING_get0_data(inner), static_cast<std::size_t>(ASN1_STRING_length(inner))});
    mask_hash = mask_params == nullptr ? nullptr : HashOf(mask_params.get(), nullptr);
  }
  const long salt = params->saltLength == nullptr ? 20 : ASN1_INTEGER_get(params->saltLength);
  if (params->trailerField != nullptr && ASN1_INTEGER_get(params->trailerField) != 1) return false;
  return mask_hash != nullptr && salt >= 0 && hash != nullptr &&
         EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) > 0 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, static_cast<int>(salt)) > 0 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(context, mask_hash) > 0;
}

// RSASSA-PSS-params names the hash itself.
const EVP_MD* PssHashOf(const X509_ALGOR* algorithm) {
  int type = 0;
  const void* value = nullptr;
  X509_ALGOR_get0(nullptr, &type, &value, algorithm);
  if (type != V_ASN1_SEQUENCE) return nullptr;
  const auto* const octets = static_cast<const ASN1_STRING*>(value);
  const auto params = Decode<Owned<RSA_PSS_PARAMS, RSA_PSS_PARAMS_free>>(
      d2i_RSA_PSS_PARAMS,
      {ASN1_STRING_get0_data(octets), static_cast<std::size_t>(ASN1_STRING_length(octets))});
  return params == nullptr ? nullptr : HashOf(params->hashAlgorithm, EVP_sha1());
}

// What ASN1_item_verify does for a certificate, for a message that is any octets.
PeerAnswer Verify(const PeerSignature& question) {
  const auto key = Decode<Owned<EVP_PKEY, EVP_PKEY_free>>(d2i_PUBKEY, question.spki);
  if (key == nullptr) return Error("the key cannot be read");
  const auto algorithm =
      Decode<Owned<X509_ALGOR, X509_ALGOR_free>>(d2i_X509_ALGOR, question.algorithm);
  if (algorithm == nullptr) return Error("the algorithm cannot be read");
  const ASN1_OBJECT* oid = nullptr;
  X509_ALGOR_get0(&oid, nullptr, nullptr, algorithm.get());
  int hash_nid = NID_undef;
  int key_nid = NID_undef;
  if (OBJ_find_sigid_algs(OBJ_obj2nid(oid), &hash_nid, &key_nid) != 1) {
    return Error("unknown signature algorithm");
  }
  const bool is_pss = OBJ_obj2nid(oid) == NID_rsassaPss;
  // An id-RSASSA-PSS key makes PSS signatures only; an rsaEncryption key makes both.
  const int base = EVP_PKEY_get_base_id(key.get());
  if (base != key_nid && !(is_pss && (base == EVP_PKEY_RSA || base == EVP_PKEY_RSA_PSS))) {
    return {PeerAnswer::Kind::kInvalid, "the key is of another algorithm"};
  }
  const EVP_MD* const hash = is_pss ? PssHashOf(algorithm.get()) : EVP_get_digestbynid(hash_nid);
  const bool needs_hash = is_pss || hash_nid != NID_undef;
  if (needs_hash && hash == nullptr) return Error("unknown hash");
  const Owned<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* key_context = nullptr;  // Of `context`.
  if (EVP_DigestVerifyInit(context.get(), &key_context, hash, nullptr, key.get()) != 1 ||
      (is_pss && !SetPss(algorithm.get(), key_context, hash))) {
    return Error("the algorithm cannot be used with the key");
  }
  const int result =
      EVP_DigestVerify(context.get(), question.signature.data(), question.signature.size(),
                       question.message.data(), question.message.size());
  if (result == 1) return {PeerAnswer::Kind::kValid, ""};
  return {PeerAnswer::Kind::kInvalid, "bad signature"};
}

PeerAnswer Match(const PeerNames& question) {
  using NamePtr = Owned<X509_NAME, X509_NAME_free>;
  const auto a = Decode<NamePtr>(d2i_X509_NAME, question.a);
  const auto b = Decode<NamePtr>(d2i_X509_NAME, question.b);
  if (a == nullptr || b == nullptr) return Error("a name cannot be read");
  const int order = X509_NAME_cmp(a.get(), b.get());
  if (order == -2) return Error("the names cannot be compared");
  if (order == 0) return {PeerAnswer::Kind::kValid, ""};
  return {PeerAnswer::Kind::kInvalid, "the names differ"};
}

}  // namespace

PeerAnswer AskOpenssl(const PeerQuestion& question) {
  const PeerAnswer answer = Verify(question);
  ERR_clear_error();
  return answer;
}

PeerAnswer AskOpenssl(const PeerSignature& question) {
  const PeerAnswer answer = Verify(question);
  ERR_clear_error();
  return answer;
}

PeerAnswer AskOpenssl(const PeerNames& question) {
  const PeerAnswer answer = Match(question);
  ERR_clear_error();
  return answer;
}

PeerAnswer OpensslReads(ByteView certificate) {
  const CertificatePtr read = Decode<CertificatePtr>(d2i_X509, certificate);
  // Extensions are looked into on first use, and a malformed one is remembered in a flag.
  const bool good = read != nullptr && X509_check_purpose(read.get(), -1, 0) == 1 &&
                    X509_get0_pubkey(read.get()) != nullptr;
  ERR_clear_error();
  if (good) return {PeerAnswer::Kind::kValid, ""};
  return {PeerAnswer::Kind::kInvalid, read == nullptr ? "cannot be read" : "bad extension or key"};
}

std::string OpensslVersion() { return OpenSSL_version(OPENSSL_VERSION); }

}  // namespace muster::test
