// Options of validation and authentication, each with its default and its origin.
#ifndef MUSTER_OPTIONS_H_
#define MUSTER_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

enum class Kernel : std::uint8_t;  // muster/kernel.h

// The floor for algorithms and encodings. The defaults are muster's rules; loosening them is for
// validating old material (test suites, archives), never for authenticating devices.
struct AlgorithmPolicy {
  bool allow_sha1 = false;              // SHA-1 signatures count as good.
  bool allow_irregular_serial = false;  // Negative or over-long serial numbers are let pass.
  int rsa_bits_min = 2048;              // Size of an RSA modulus, in bits.

  friend bool operator==(const AlgorithmPolicy&, const AlgorithmPolicy&) = default;
};

// A bound on every search. Reaching one rejects with kBudgetExhausted; it never hangs.
struct ValidationBudget {
  // Signature checks for one chain (about 0.1 ms each): a path of kUntrustedMax links, with two
  // same-name candidates at every link, costs twice that.
  int signatures_max = 32;
  // Extensions of a partial path, including those that are undone. Public builders stop at a few
  // hundred; meshes of k cross-signed CAs need k! without a bound.
  int path_steps_max = 512;
  // Names compared with name constraints, as webpki counts them; long texts count more than once.
  int name_comparisons_max = 250'000;
  // Nodes of the valid policy graph at one depth times its depth (RFC 5280 6.1.2 (a) grows
  // exponentially without a bound).
  int policy_nodes_max = 4'096;
  // Certificates on a path, leaf and anchor included.
  int path_len_max = 64;

  friend bool operator==(const ValidationBudget&, const ValidationBudget&) = default;
};

// Inputs of RFC 5280 6.1.1, and what muster adds.
struct ValidationOptions {
  // Purpose the leaf and the CAs must allow, as a dotted OID; empty = any purpose.
  std::string key_purpose = "1.3.6.1.5.5.7.3.2";  // id-kp-clientAuth
  std::vector<std::string> initial_policies = {};  // Dotted OIDs; empty = any-policy (6.1.1 (c)).
  bool explicit_policy = false;                   // initial-explicit-policy (6.1.1 (f)).
  bool inhibit_policy_mapping = false;            // initial-policy-mapping-inhibit (6.1.1 (e)).
  bool inhibit_any_policy = false;                // initial-any-policy-inhibit (6.1.1 (g)).
  bool require_crl = false;      // Every certificate below the anchor needs a good CRL in date.
  bool check_anchor_validity = true;  // The anchor's own window counts ("expired anywhere").
  AlgorithmPolicy algorithms = {};
  ValidationBudget budget = {};

  friend bool operator==(const ValidationOptions&, const ValidationOptions&) = default;
};

// What a leaf must look like.
enum class LeafProfile : std::uint8_t {
  kRfc5280,    // v3, EKU (if any) allows the purpose, keyUsage (if any) allows digitalSignature.
  kDpsCompat,  // What DPS lets through: v1 leaves, no EKU check.
};

// Where links between the leaf and the anchor may come from.
enum class LinkSource : std::uint8_t {
  kPresented,  // Every link strictly between leaf and anchor was presented.
  kRegistry,   // Registered CAs may fill missing links.
};

struct AuthenticationOptions {
  LeafProfile leaf_profile = LeafProfile::kRfc5280;
  LinkSource links = LinkSource::kPresented;
  bool any_disabled_blocks = false;  // A disabled entry anywhere on the path rejects.
  bool require_crl = false;          // See ValidationOptions::require_crl.
  ValidationBudget budget = {};
  // Octets for what is kept between devices: half for compiled CA paths, half for tables of issuer
  // keys. Nothing is taken before it is needed. More issuers than fit are decided as rightly, only
  // slower; the default holds the paths of about 100,000.
  std::size_t cache_octets_max = std::size_t{1} << 30;
  // What checks leaf signatures; nothing = ActiveKernel(). One that is not supported here counts
  // as kReference. Verdicts do not depend on it.
  std::optional<Kernel> kernel = {};

  friend bool operator==(const AuthenticationOptions&, const AuthenticationOptions&) = default;
};

std::string_view NameOf(LeafProfile profile);  // "rfc5280", "dps-compat".
std::string_view NameOf(LinkSource links);     // "presented", "registry".

}  // namespace muster

#endif  // MUSTER_OPTIONS_H_
