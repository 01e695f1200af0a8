#include "engine/path/policy_graph.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "engine/base/byte_view.h"
#include "engine/der/der_reader.h"

namespace muster::path {
namespace {

// anyPolicy, 2.5.29.32.0.
constexpr std::uint8_t kAnyPolicyOid[] = {0x55, 0x1d, 0x20, 0x00};
std::string_view AnyPolicy() { return base::AsText(kAnyPolicyOid); }

constexpr PolicyFault kTooLarge{RejectReason::kBudgetExhausted,
                                "the valid policy graph is too large"};

PolicyFault Malformed(std::string_view what) { return {RejectReason::kMalformedExtension, what}; }

void SortUnique(std::vector<std::string_view>* policies) {
  std::sort(policies->begin(), policies->end());
  policies->erase(std::unique(policies->begin(), policies->end()), policies->end());
}

}  // namespace

PolicyInputs::PolicyInputs(const ValidationOptions& options)
    : any_policy(options.initial_policies.empty()),
      explicit_policy(options.explicit_policy),
      inhibit_policy_mapping(options.inhibit_policy_mapping),
      inhibit_any_policy(options.inhibit_any_policy),
      nodes_max(options.budget.policy_nodes_max) {
  for (const std::string& dotted : options.initial_policies) {
    std::optional<Bytes> oid = der::OidFromText(dotted);
    if (!oid) continue;
    any_policy = any_policy || base::Equal(*oid, kAnyPolicyOid);
    initial_policies.push_back(*std::move(oid));
  }
}

PolicyGraph::PolicyGraph(std::shared_ptr<const PolicyInputs> inputs, int path_len)
    : inputs_(std::move(inputs)) {
  const auto never = static_cast<std::uint32_t>(path_len) + 1;
  levels_.push_back({{AnyPolicy(), Node{{AnyPolicy()}, {}}}});    // 6.1.2 (a)
  explicit_policy_ = inputs_->explicit_policy ? 0 : never;        // 6.1.2 (d)
  inhibit_any_policy_ = inputs_->inhibit_any_policy ? 0 : never;  // 6.1.2 (e)
  policy_mapping_ = inputs_->inhibit_policy_mapping ? 0 : never;  // 6.1.2 (f)
}

std::optional<PolicyFault> PolicyGraph::AddCertificate(const CertificateView& certificate,
                                                       PolicyRole role, bool self_issued) {
  const ExtensionView& extension = certificate.extension(ExtensionId::kCertificatePolicies);
  if (extension.present) {
    const auto policies = x509::ParseCertificatePolicies(extension.value);
    if (!policies) return Malformed("certificatePolicies is malformed");
    // 6.1.3 (d) (2): anyPolicy counts where it is not inhibited, and in self-issued intermediates.
    const bool any_policy_counts = inhibit_any_policy_ > 0 || role == PolicyRole::kAnchor ||
                                   (role == PolicyRole::kIntermediate && self_issued);
    if (!is_null()) {
      AddLevel(*policies, any_policy_counts);
      Prune();
      if (IsTooLarge()) return kTooLarge;
    }
  } else if (role == PolicyRole::kAnchor) {
    levels_.push_back({{AnyPolicy(), Node{{AnyPolicy()}, {AnyPolicy()}}}});
  } else {
    levels_.clear();  // 6.1.3 (e)
  }
  // 6.1.3 (f)
  if (explicit_policy_ == 0 && is_null()) {
    return PolicyFault{RejectReason::kNoValidPolicy, "no certificate policy is left"};
  }
  return std::nullopt;
}

void PolicyGraph::AddLevel(const std::vector<x509::PolicyInformation>& policies,
                           bool any_policy_counts) {
  const Level& above = levels_.back();
  // Who expects which policy.
  std::map<std::string_view, std::vector<std::string_view>> expecting;
  for (const auto& [policy, node] : above) {
    for (const std::string_view expected : node.expected) expecting[expected].push_back(policy);
  }
  const bool any_above = above.contains(AnyPolicy());

  Level level;
  bool has_any_policy = false;
  for (const x509::PolicyInformation& information : policies) {
    const std::string_view policy = base::AsText(information.policy);
    if (policy == AnyPolicy()) {
      has_any_policy = true;
    } else if (const auto parents = expecting.find(policy); parents != expecting.end()) {
      level[policy] = Node{{policy}, parents->second};  // 6.1.3 (d) (1) (i)
    } else if (any_above) {
      level[policy] = Node{{policy}, {AnyPolicy()}};  // 6.1.3 (d) (1) (ii)
    }
  }
  if (has_any_policy && any_policy_counts) {  // 6.1.3 (d) (2)
    for (const auto& [expected, parents] : expecting) {
      level.try_emplace(expected, Node{{expected}, parents});
    }
  }
  levels_.push_back(std::move(level));
}

// 6.1.3 (d) (3): nodes without children go, from the bottom up.
void PolicyGraph::Prune() {
  for (std::size_t i = levels_.size(); i-- > 1;) {
    std::set<std::string_view> with_children;
    for (const auto& [policy, node] : levels_[i]) {
      with_children.insert(node.parents.begin(), node.parents.end());
    }
    std::erase_if(levels_[i - 1],
                  [&](const auto& entry) { return !with_children.contains(entry.first); });
  }
  if (!levels_.empty() && levels_.back().empty()) levels_.clear();
}

bool PolicyGraph::IsTooLarge() const {
  if (levels_.empty()) return false;
  return levels_.back().size() * (levels_.size() - 1) >
         static_cast<std::size_t>(std::max(inputs_->nodes_max, 0));
}

std::optional<PolicyFault> PolicyGraph::PrepareForNext(const CertificateView& certificate,
                                                       PolicyRole role, bool self_issued) {
  if (auto fault = MapPolicies(certificate)) return fault;
  if (role != PolicyRole::kAnchor && !self_issued) {  // 6.1.4 (h)
    for (std::uint32_t* counter : {&explicit_policy_, &policy_mapping_, &inhibit_any_policy_}) {
      if (*counter != 0) --*counter;
    }
  }
  const ExtensionView& constraints = certificate.extension(ExtensionId::kPolicyConstraints);
  if (constraints.present) {  // 6.1.4 (i)
    const auto parsed = x509::ParsePolicyConstraints(constraints.value);
    if (!parsed) return Malformed("policyConstraints is malformed");
    explicit_policy_ =
        std::min(explicit_policy_, parsed->require_explicit_policy.value_or(explicit_policy_));
    policy_mapping_ =
        std::min(policy_mapping_, parsed->inhibit_policy_mapping.value_or(policy_mapping_));
  }
  const ExtensionView& inhibit = certificate.extension(ExtensionId::kInhibitAnyPolicy);
  if (inhibit.present) {  // 6.1.4 (j)
    const auto skip = x509::ParseInhibitAnyPolicy(inhibit.value);
    if (!skip) return Malformed("inhibitAnyPolicy is malformed");
    inhibit_any_policy_ = std::min(inhibit_any_policy_, *skip);
  }
  return std::nullopt;
}

std::optional<PolicyFault> PolicyGraph::MapPolicies(const CertificateView& certificate) {
  const ExtensionView& extension = certificate.extension(ExtensionId::kPolicyMappings);
  if (!extension.present) return std::nullopt;
  const auto mappings = x509::ParsePolicyMappings(extension.value);
  if (!mappings) return Malformed("policyMappings is malformed");
  std::map<std::string_view, std::vector<std::string_view>> subject_domains;
  for (const x509::PolicyMapping& mapping : *mappings) {
    const std::string_view from = base::AsText(mapping.issuer_domain);
    const std::string_view to = base::AsText(mapping.subject_domain);
    if (from == AnyPolicy() || to == AnyPolicy()) {  // 6.1.4 (a)
      return PolicyFault{RejectReason::kInvalidPolicyMapping, "a policy is mapped to or from any"};
    }
    subject_domains[from].push_back(to);
  }
  if (is_null()) return std::nullopt;
  for (auto& [from, to] : subject_domains) MapPolicy(from, std::move(to));
  Prune();
  if (IsTooLarge()) return kTooLarge;
  return std::nullopt;
}

// 6.1.4 (b) for one issuerDomainPolicy.
void PolicyGraph::MapPolicy(std::string_view issuer_domain,
                            std::vector<std::string_view> subject_domains) {
  Level& level = levels_.back();
  const auto node = level.find(issuer_domain);
  if (policy_mapping_ == 0) {  // (2)
    if (node != level.end()) level.erase(node);
    return;
  }
  SortUnique(&subject_domains);
  if (node != level.end()) {  // (1), a node of this policy
    node->second.expected = std::move(subject_domains);
  } else if (level.contains(AnyPolicy())) {  // (1), a child of anyPolicy above
    level[issuer_domain] = Node{std::move(subject_domains), {AnyPolicy()}};
  }
}

std::optional<PolicyFault> PolicyGraph::WrapUp(const CertificateView& leaf,
                                               std::vector<std::string>* policies) {
  if (explicit_policy_ != 0) --explicit_policy_;  // 6.1.5 (a)
  const ExtensionView& constraints = leaf.extension(ExtensionId::kPolicyConstraints);
  if (constraints.present) {  // 6.1.5 (b)
    const auto parsed = x509::ParsePolicyConstraints(constraints.value);
    if (!parsed) return Malformed("policyConstraints is malformed");
    if (parsed->require_explicit_policy == 0u) explicit_policy_ = 0;
  }
  const std::vector<std::string_view> constrained = UserConstrainedPolicies();  // 6.1.5 (g)
  if (explicit_policy_ == 0 && constrained.empty()) {
    return PolicyFault{RejectReason::kNoValidPolicy, "no acceptable certificate policy is left"};
  }
  if (policies != nullptr) {
    policies->clear();
    for (const std::string_view policy : constrained) {
      policies->push_back(der::OidToText(base::AsBytes(policy)));
    }
    std::sort(policies->begin(), policies->end());
  }
  return std::nullopt;
}

std::vector<std::string_view> PolicyGraph::UserConstrainedPolicies() const {
  std::vector<std::string_view> found;
  if (is_null()) return found;  // 6.1.5 (g) (i)
  // anyPolicy at the end: every policy is valid, and with it whatever the user accepts.
  if (levels_.back().contains(AnyPolicy())) {
    if (inputs_->any_policy) return {AnyPolicy()};
    for (const Bytes& policy : inputs_->initial_policies) found.push_back(base::AsText(policy));
  }
  // 6.1.5 (g) (iii) (1): valid_policy_node_set, the policies in the terms of the anchor.
  for (std::size_t i = 1; i < levels_.size(); ++i) {
    for (const auto& [policy, node] : levels_[i]) {
      const bool from_any =
          std::find(node.parents.begin(), node.parents.end(), AnyPolicy()) != node.parents.end();
      if (policy != AnyPolicy() && from_any) found.push_back(policy);
    }
  }
  SortUnique(&found);
  if (inputs_->any_policy) return found;                  // 6.1.5 (g) (ii)
  std::erase_if(found, [this](std::string_view policy) {  // 6.1.5 (g) (iii) (2)
    return std::none_of(inputs_->initial_policies.begin(), inputs_->initial_policies.end(),
                        [&](const Bytes& p) { return base::AsText(p) == policy; });
  });
  return found;
}

}  // namespace muster::path
