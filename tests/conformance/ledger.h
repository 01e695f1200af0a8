// Ledgers of reasoned disagreements. Where muster differs from what a suite expects, and on
// purpose, ledgers/<suite>.json says so:
//
//   {"case": "<id>" or ["<id>", ...], "ours": "<outcome>", "reason": "<clause or policy>"}
//   {"case": "<prefix>*", "count": 12, "ours": "<outcome>", "reason": "..."}
//
// A disagreement that is not in the ledger fails, and so does an entry that no longer disagrees, or
// not in that way, or whose case is gone. The second form stands for exactly `count` disagreements
// of that outcome: one more or one fewer fails.
#ifndef MUSTER_TESTS_CONFORMANCE_LEDGER_H_
#define MUSTER_TESTS_CONFORMANCE_LEDGER_H_

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace muster::conformance {

class Ledger {
 public:
  enum class Finding { kAgrees, kLedgered, kFails };

  // Reads <folder>/<suite>.json; where there is no such file the ledger is empty. Throws where the
  // file is not as described above.
  explicit Ledger(std::string suite, const std::filesystem::path& folder = DefaultFolder());

  // One case: what muster says, and whether that is what the suite expects.
  Finding Judge(const std::string& test_case, const std::string& ours, bool agrees);
  // After the last case: one sentence for each failure and for each entry that was not met.
  std::vector<std::string> Problems() const;

  std::size_t agreeing() const { return agreeing_; }
  std::size_t ledgered() const { return ledgered_; }
  std::size_t failing() const { return failures_.size(); }

  static std::filesystem::path DefaultFolder();

 private:
  struct Entry {
    std::string ours;
    bool met = false;
  };
  struct Pattern {
    std::string prefix, ours;
    std::size_t count = 0;
    std::size_t met = 0;
  };
  Finding Fail(const std::string& test_case, const std::string& what);

  std::string suite_;
  std::map<std::string, Entry> entries_;
  std::vector<Pattern> patterns_;
  std::vector<std::string> failures_;
  std::size_t agreeing_ = 0, ledgered_ = 0;
};

}  // namespace muster::conformance

#endif  // MUSTER_TESTS_CONFORMANCE_LEDGER_H_
