// Explanations: why a peer may disagree with muster and muster be right.
//
// A table. Each row is narrow: it names the peer, what muster (or the peer) says, and the flaws one
// of which must have been planted in the very certificate at fault (or on the path), or a property
// that is checked; and it cites the clause. What no row explains is a finding.
#ifndef MUSTER_TESTS_DIFFERENTIAL_EXPLANATIONS_H_
#define MUSTER_TESTS_DIFFERENTIAL_EXPLANATIONS_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "tests/differential/comparison.h"

namespace muster::test {

// Which peer a row is about.
enum class Whom : std::uint8_t { kOpenssl, kBotan, kBoth };

struct Explanation {
  std::string_view name;  // What the peer does.
  std::string_view clause;
  Whom whom = Whom::kBoth;

  // Rows about what muster refuses: one of these reasons, at a certificate that has one of `flaws`.
  std::vector<RejectReason> reasons = {};
  // Rows about what muster accepts: what the peer says of muster's path contains one of these; one
  // of `flaws` stands on that path.
  std::vector<std::string_view> peer_says = {};

  // Names of flaws, or of themes with their colon. Empty: whatever there is, so `holds` is needed.
  std::vector<std::string_view> flaws = {};
  // Null: nothing else. `at` is the certificate at fault; null for rows about acceptance.
  bool (*holds)(const Disagreement& disagreement, const CertificatePlan* at) = nullptr;
};

// Rows about what muster refuses and a peer accepts, and the other way round.
const std::vector<Explanation>& RefusalExplanations();
const std::vector<Explanation>& AcceptanceExplanations();

// The first row that explains the disagreement; null where none does.
const Explanation* FindExplanation(const Disagreement& disagreement);

}  // namespace muster::test

#endif  // MUSTER_TESTS_DIFFERENTIAL_EXPLANATIONS_H_
