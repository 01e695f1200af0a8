// Other implementations of path validation, asked the questions that muster is asked: OpenSSL's
// X509_verify_cert and Botan's x509_path_validate, each in the mode that follows RFC 5280 best.
//
// Neither fetches anything, reads the system's trust store, or looks at the wall clock.
// Thread-safe: free functions without state.
#ifndef MUSTER_TESTS_PEERS_PEER_VALIDATION_H_
#define MUSTER_TESTS_PEERS_PEER_VALIDATION_H_

#include <string>
#include <string_view>
#include <vector>

#include "muster/bytes.h"
#include "muster/time.h"

namespace muster::test {

// A question about a path. All certificates and CRLs are DER.
struct PeerQuestion {
  Bytes target;
  std::vector<Bytes> untrusted;  // Intermediates and CRL issuers, in any order.
  std::vector<Bytes> anchors;
  std::vector<Bytes> crls;
  UnixTime at{};
  std::string key_purpose;  // Empty for any, "serverAuth", "clientAuth", or a dotted OID.
  std::vector<std::string> initial_policies;  // Dotted OIDs; empty stands for any-policy.
  bool explicit_policy = false;
  bool inhibit_policy_mapping = false;
  bool inhibit_any_policy = false;
  // Refuses where the revocation status of a certificate cannot be told. Without it CRLs count
  // where they are, as in muster.
  bool require_crl = false;
  bool partial_chain = true;          // Anchors need not be self-signed.
  bool check_anchor_validity = true;  // OpenSSL has no such choice: it always does.
  bool allow_sha1 = true;       // Nothing else is a matter of strength: the suites judge that.
  int intermediates_max = 100;  // Certificates that a path may have between leaf and anchor.
  // Leaves out certificates that cannot be read instead of giving up, but for the target. CRLs that
  // cannot be read are always left out.
  bool skip_unreadable = false;
};

// A question about one signature, as it stands in a certificate.
struct PeerSignature {
  Bytes spki;       // SubjectPublicKeyInfo.
  Bytes algorithm;  // AlgorithmIdentifier.
  Bytes message;
  Bytes signature;  // The octets of the BIT STRING.
};

// Do two names match (RFC 5280 7.1)? Both are whole Name SEQUENCEs.
struct PeerNames {
  Bytes a, b;
};

struct PeerAnswer {
  // kError: an input that cannot be read, or a question that the implementation does not know.
  enum class Kind { kValid, kInvalid, kError };

  bool valid() const { return kind == Kind::kValid; }

  Kind kind = Kind::kError;
  std::string reason;  // In the implementation's words; empty where valid.
};

PeerAnswer AskOpenssl(const PeerQuestion& question);
PeerAnswer AskOpenssl(const PeerSignature& question);
PeerAnswer AskOpenssl(const PeerNames& question);
PeerAnswer AskBotan(const PeerQuestion& question);
PeerAnswer AskBotan(const PeerSignature& question);
PeerAnswer AskBotan(const PeerNames& question);

// Whether the implementation's parser takes these octets for a certificate.
PeerAnswer OpensslReads(ByteView certificate);
PeerAnswer BotanReads(ByteView certificate);

// "OpenSSL 3.0.2 15 Mar 2022", "Botan 3.7.1".
std::string OpensslVersion();
std::string BotanVersion();

}  // namespace muster::test

#endif  // MUSTER_TESTS_PEERS_PEER_VALIDATION_H_
