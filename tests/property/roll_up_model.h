// A model of the decision: ARCHITECTURE.md and engine/enrollment/ROLL_UP.md once more, over plain
// numbers, with no certificate, no cache and no order of search. Slow and simple on purpose.
//
// A CA is a number (a name with a key). A certificate says that one CA issued for another.
#ifndef MUSTER_TESTS_PROPERTY_ROLL_UP_MODEL_H_
#define MUSTER_TESTS_PROPERTY_ROLL_UP_MODEL_H_

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "muster/options.h"
#include "muster/reject_reason.h"

namespace muster::test {

struct ModelCertificate {
  int subject = 0, issuer = 0;  // CAs. Of a leaf, only `issuer` counts.
  bool self_issued = false;     // The two have one name, whatever their keys.
  std::optional<int> path_len = {};
  int good_until = 1'000'000;  // A time.
};

struct ModelGroup {
  std::vector<int> certificates;
  bool enabled = true;
};

struct ModelIndividual {
  enum class Kind { kPinsLeaf, kPinsOther, kNamesCa };
  Kind kind = Kind::kPinsLeaf;
  int ca_certificate = -1;  // Of kNamesCa.
  bool enabled = true;
};

// What a registry says. Certificates are indices into ModelWorld::cas.
struct ModelRegistry {
  std::map<int, bool> registered;              // To verified or not.
  std::map<int, ModelGroup> groups;            // By id.
  std::map<int, ModelIndividual> individuals;  // By leaf.
  std::set<int> denied;                        // Leaves.
  std::map<int, std::set<int>> crls;           // Of a CA: what it revoked. Leaves are -1 - leaf.

  bool IsVerified(int certificate) const;
  bool Holds(int certificate) const;  // As a registered CA or as a group's.
};

struct ModelWorld {
  std::vector<ModelCertificate> cas, leaves;
  std::set<int> namesakes;  // CAs whose name another CA has too.
};

struct ModelOptions {
  LinkSource links = LinkSource::kPresented;
  bool any_disabled_blocks = false;
  bool require_crl = false;
};

struct ModelVerdict {
  bool accepted = false;
  RejectReason reason = RejectReason::kNotEvaluated;
  // Nothing that the engine leaves open (which of several failures it keeps) bears on the reason.
  bool reason_is_certain = true;
};

ModelVerdict Decide(const ModelWorld& world, const ModelRegistry& registry,
                    const ModelOptions& options, int leaf, const std::set<int>& presented, int at);

}  // namespace muster::test

#endif  // MUSTER_TESTS_PROPERTY_ROLL_UP_MODEL_H_
