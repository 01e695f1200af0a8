#include "tests/property/roll_up_model.h"

#include <algorithm>

namespace muster::test {
namespace {

using enum RejectReason;
using Path = std::vector<int>;  // Certificates of CAs, the leaf's issuer first.

class Decision {
 public:
  Decision(const ModelWorld& world, const ModelRegistry& registry, const ModelOptions& options,
           int leaf, const std::set<int>& presented, int at)
      : world_(world),
        registry_(registry),
        options_(options),
        leaf_(leaf),
        at_(at),
        presented_(presented) {
    const auto found = registry_.individuals.find(leaf_);
    if (found != registry_.individuals.end()) individual_ = &found->second;
  }

  ModelVerdict Run() {
    if (individual_ != nullptr && individual_->kind != ModelIndividual::Kind::kNamesCa) {
      return Pinned();
    }
    if (individual_ != nullptr && !individual_->enabled) Offer(kIndividualDisabled);
    if (registry_.denied.contains(leaf_)) Offer(kDenied);
    Path path;
    WalkUp(Leaf().issuer, &path);
    ModelVerdict verdict;
    // Accepted where some path accepts, no valid one meets a disable, and nothing is wrong with the
    // leaf whatever the path.
    verdict.accepted = accepts_ && !disable_met_ && leaf_refusals_ == 0;
    verdict.reason = verdict.accepted ? kNone : best_;
    // The engine keeps the four best of the paths that failed, and does not check the leaf's
    // signature on them: where names are shared, one may be of a CA that never issued the leaf.
    verdict.reason_is_certain =
        failed_paths_ <= 4 && !namesake_missed_ && !world_.namesakes.contains(Leaf().issuer);
    return verdict;
  }

 private:
  const ModelCertificate& Leaf() const { return world_.leaves[static_cast<std::size_t>(leaf_)]; }
  const ModelCertificate& Ca(int i) const { return world_.cas[static_cast<std::size_t>(i)]; }

  void Offer(RejectReason reason) {
    if (path_being_judged_ == 0) ++leaf_refusals_;
    if (InfoOf(reason).rank > InfoOf(best_).rank) best_ = reason;
  }

  ModelVerdict Pinned() {
    RejectReason reason = kNone;
    if (!individual_->enabled) {
      reason = kIndividualDisabled;
    } else if (registry_.denied.contains(leaf_)) {
      reason = kDenied;
    } else if (individual_->kind == ModelIndividual::Kind::kPinsOther) {
      reason = kIndividualMismatch;
    } else if (Leaf().good_until < at_) {
      reason = kExpired;
    }
    return {reason == kNone, reason, true};
  }

  // Every path without a CA twice, over what was presented and what the service holds.
  void WalkUp(int issuer, Path* path) {
    bool went_on = false;
    for (int next = 0; next < static_cast<int>(world_.cas.size()); ++next) {
      if (Ca(next).subject != issuer) continue;
      if (!presented_.contains(next) && !registry_.Holds(next)) continue;
      const bool twice = std::any_of(path->begin(), path->end(),
                                     [&](int c) { return Ca(c).subject == Ca(next).subject; });
      if (twice) continue;
      went_on = true;
      path->push_back(next);
      if (registry_.IsVerified(next)) JudgeAnchored(*path);
      WalkUp(Ca(next).issuer, path);
      path->pop_back();
    }
    const bool at_anchor = !path->empty() && registry_.IsVerified(path->back());
    if (!went_on && !at_anchor) JudgeDeadEnd(*path);
  }

  // The group whose certificate this is; a disabled one also by the CA's name and key.
  const ModelGroup* GroupOf(int certificate) const {
    for (const auto& [id, group] : registry_.groups) {
      if (group.enabled) continue;
      for (const int own : group.certificates) {
        if (Ca(own).subject == Ca(certificate).subject) return &group;
      }
    }
    for (const auto& [id, group] : registry_.groups) {
      const auto& own = group.certificates;
      if (std::find(own.begin(), own.end(), certificate) != own.end()) return &group;
    }
    return nullptr;
  }

  // Where the entry that decides stands on a path: g.
  std::optional<std::size_t> EntryOn(const Path& path) const {
    for (std::size_t i = 0; i < path.size(); ++i) {
      const bool is_entry = individual_ != nullptr ? path[i] == individual_->ca_certificate
                                                   : GroupOf(path[i]) != nullptr;
      if (is_entry) return i;
    }
    return std::nullopt;
  }

  // The roll-up rule over the CAs of a path.
  RejectReason RollUp(const Path& path) const {
    const std::optional<std::size_t> g = EntryOn(path);
    if (individual_ != nullptr) {
      if (!individual_->enabled) return kIndividualDisabled;
    } else {
      if (!g) return kNoEnrollment;
      if (!GroupOf(path[*g])->enabled) return kGroupDisabled;
    }
    for (const int c : path) {
      const ModelGroup* group = GroupOf(c);
      if (options_.any_disabled_blocks && group != nullptr && !group->enabled) {
        return kDisabledEntryOnPath;
      }
    }
    if (!g) return kIndividualMismatch;
    for (std::size_t v = *g; v < path.size(); ++v) {
      if (registry_.IsVerified(path[v])) return kNone;
    }
    return kNotRolledUpToVerified;
  }

  // RFC 5280 section 6, as far as these certificates go; kNone where the CA certificates are valid.
  RejectReason ValidateCas(const Path& path) const {
    int more = static_cast<int>(path.size());  // CA certificates that may follow.
    for (std::size_t i = path.size(); i-- > 0;) {
      const ModelCertificate& ca = Ca(path[i]);
      if (ca.good_until < at_) return kExpired;
      const bool counts = i + 1 != path.size() && !ca.self_issued;
      if (counts && more-- == 0) return kPathLenExceeded;
      more = std::min(more, ca.path_len.value_or(more));
    }
    for (std::size_t i = path.size() - 1; i-- > 0;) {
      const RejectReason status = StatusOf(path[i], Ca(path[i + 1]).subject);
      if (status != kNone) return status;
    }
    return kNone;
  }

  RejectReason StatusOf(int serial, int issuer) const {
    const auto crl = registry_.crls.find(issuer);
    if (crl == registry_.crls.end()) return options_.require_crl ? kRevocationUnknown : kNone;
    return crl->second.contains(serial) ? kRevoked : kNone;
  }

  RejectReason ValidateLeaf() const {
    if (Leaf().good_until < at_) return kExpired;
    return StatusOf(-1 - leaf_, Leaf().issuer);
  }

  bool LinksArePresented(const Path& path) const {
    return options_.links == LinkSource::kRegistry ||
           std::all_of(path.begin(), path.end() - 1, [&](int c) { return presented_.contains(c); });
  }

  void JudgeAnchored(const Path& path) {
    ++path_being_judged_;
    RejectReason reason = ValidateCas(path);
    if (reason != kNone) {
      ++failed_paths_;
      return Offer(reason);
    }
    if (reason = ValidateLeaf(); reason != kNone) return Offer(reason);
    reason = RollUp(path);
    if (reason == kGroupDisabled || reason == kIndividualDisabled ||
        reason == kDisabledEntryOnPath) {
      disable_met_ = true;
    }
    if (reason == kNone && !LinksArePresented(path)) reason = kLinkNotPresented;
    if (reason == kNone) {
      accepts_ = true;
    } else {
      Offer(reason);
    }
  }

  // A path that ends where no issuer is to be had. It says why only where nothing got further.
  void JudgeDeadEnd(const Path& path) {
    ++path_being_judged_;
    ++failed_paths_;
    // A namesake of the CA that is missing is found, and refused for its signature.
    const int missing = path.empty() ? Leaf().issuer : Ca(path.back()).issuer;
    namesake_missed_ = namesake_missed_ || world_.namesakes.contains(missing);
    const bool in_root = !path.empty() && Ca(path.back()).self_issued;
    RejectReason reason = in_root ? kNoVerifiedCa : kIssuerNotFound;
    const bool enabled = individual_ == nullptr || individual_->enabled;
    if (enabled && EntryOn(path)) reason = RollUp(path);
    if (reason != kNone) Offer(reason);
  }

  const ModelWorld& world_;
  const ModelRegistry& registry_;
  const ModelOptions& options_;
  const int leaf_, at_;
  const std::set<int>& presented_;
  const ModelIndividual* individual_ = nullptr;
  RejectReason best_ = kNotEvaluated;
  bool accepts_ = false, disable_met_ = false, namesake_missed_ = false;
  int leaf_refusals_ = 0, failed_paths_ = 0, path_being_judged_ = 0;
};

}  // namespace

bool ModelRegistry::IsVerified(int certificate) const {
  const auto found = registered.find(certificate);
  return found != registered.end() && found->second;
}

bool ModelRegistry::Holds(int certificate) const {
  if (registered.contains(certificate)) return true;
  return std::any_of(groups.begin(), groups.end(), [&](const auto& entry) {
    const std::vector<int>& own = entry.second.certificates;
    return std::find(own.begin(), own.end(), certificate) != own.end();
  });
}

ModelVerdict Decide(const ModelWorld& world, const ModelRegistry& registry,
                    const ModelOptions& options, int leaf, const std::set<int>& presented, int at) {
  return Decision(world, registry, options, leaf, presented, at).Run();
}

}  // namespace muster::test
