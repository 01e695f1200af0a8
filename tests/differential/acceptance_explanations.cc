// What muster accepts and a peer refuses.
#include "tests/differential/explanations.h"

namespace muster::test {

const std::vector<Explanation>& AcceptanceExplanations() {
  static const std::vector<Explanation> rows = {};
  return rows;
}

}  // namespace muster::test
