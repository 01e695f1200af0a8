// PolicyGraph: certificate policies along a path, RFC 5280 6.1.3 (d) to (f), 6.1.4 (a), (b) and (h)
// to (j), 6.1.5 (a), (b) and (g), and 6.1.6.
//
// valid_policy_tree is kept as a graph with one node per policy and depth, so that its size is
// linear in that of the certificates (RFC 9618); the outcome is that of the tree. Qualifiers are
// not kept.
#ifndef MUSTER_ENGINE_PATH_POLICY_GRAPH_H_
#define MUSTER_ENGINE_PATH_POLICY_GRAPH_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/x509/extensions.h"
#include "muster/bytes.h"
#include "muster/certificate.h"
#include "muster/options.h"
#include "muster/reject_reason.h"

namespace muster::path {

struct PolicyFault {
  RejectReason reason = RejectReason::kNoValidPolicy;
  std::string_view detail;
};

// The inputs of 6.1.1 (c), (e), (f), (g), with OIDs as content octets.
struct PolicyInputs {
  explicit PolicyInputs(const ValidationOptions& options);

  std::vector<Bytes> initial_policies;  // user-initial-policy-set, unless...
  bool any_policy = true;               // ... it is any-policy.
  bool explicit_policy = false;
  bool inhibit_policy_mapping = false;
  bool inhibit_any_policy = false;
  int nodes_max = 0;
};

// Where a certificate stands on the path, as far as policies ask.
enum class PolicyRole { kAnchor, kIntermediate, kLeaf };

// The state variables of 6.1.2 (a), (d), (e) and (f). Borrows the DER of the certificates. A value.
class PolicyGraph {
 public:
  // 6.1.2 for a path of `path_len` certificates, the anchor not counted.
  PolicyGraph(std::shared_ptr<const PolicyInputs> inputs, int path_len);

  // 6.1.3 (d), (e), (f). Of an anchor, policies count where it names any [RFC 5937 in spirit].
  std::optional<PolicyFault> AddCertificate(const CertificateView& certificate, PolicyRole role,
                                            bool self_issued);
  // 6.1.4 (a), (b), (h), (i), (j).
  std::optional<PolicyFault> PrepareForNext(const CertificateView& certificate, PolicyRole role,
                                            bool self_issued);
  // 6.1.5 (a), (b), (g). `policies` (may be null) gets the user-constrained policy set, sorted.
  std::optional<PolicyFault> WrapUp(const CertificateView& leaf,
                                    std::vector<std::string>* policies);

  // No leaf without policyConstraints can fail for its policies: an explicit policy is required
  // neither now nor after the leaf.
  bool IsIndifferentToLeaf() const { return explicit_policy_ > 1; }

 private:
  struct Node {
    std::vector<std::string_view> expected;  // expected_policy_set.
    std::vector<std::string_view> parents;   // By policy: one node per policy and depth.
  };
  using Level = std::map<std::string_view, Node>;  // By valid_policy.

  bool is_null() const { return levels_.empty(); }
  void AddLevel(const std::vector<x509::PolicyInformation>& policies, bool any_policy_counts);
  std::optional<PolicyFault> MapPolicies(const CertificateView& certificate);
  void MapPolicy(std::string_view issuer_domain, std::vector<std::string_view> subject_domains);
  void Prune();
  bool IsTooLarge() const;
  std::vector<std::string_view> UserConstrainedPolicies() const;

  std::shared_ptr<const PolicyInputs> inputs_;
  std::vector<Level> levels_;  // valid_policy_tree; empty = NULL.
  std::uint32_t explicit_policy_, inhibit_any_policy_, policy_mapping_;
};

}  // namespace muster::path

#endif  // MUSTER_ENGINE_PATH_POLICY_GRAPH_H_
