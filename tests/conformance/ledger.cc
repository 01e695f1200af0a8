#include "tests/conformance/ledger.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "tests/support/conformance_data.h"

namespace muster::conformance {

std::filesystem::path Ledger::DefaultFolder() {
  return std::filesystem::path(MUSTER_SOURCE_DIR) / "tests/conformance/ledgers";
}

Ledger::Ledger(std::string suite, const std::filesystem::path& folder) : suite_(std::move(suite)) {
  const std::filesystem::path path = folder / (suite_ + ".json");
  if (!std::filesystem::exists(path)) return;
  for (const nlohmann::json& entry : test::ReadJsonFile(path)) {
    const std::string ours = entry.at("ours");
    if (entry.at("reason").get<std::string>().empty()) {
      throw std::runtime_error(path.string() + ": an entry without a reason");
    }
    // One reason may stand for several cases.
    const nlohmann::json& cases = entry.at("case");
    for (const std::string& one : cases.is_array() ? cases.get<std::vector<std::string>>()
                                                   : std::vector{cases.get<std::string>()}) {
      if (one.ends_with("*")) {
        patterns_.push_back({one.substr(0, one.size() - 1), ours, entry.at("count")});
      } else if (!entries_.emplace(one, Entry{ours}).second) {
        throw std::runtime_error(path.string() + ": two entries for " + one);
      }
    }
  }
}

Ledger::Finding Ledger::Fail(const std::string& test_case, const std::string& what) {
  failures_.push_back(suite_ + " " + test_case + ": " + what);
  return Finding::kFails;
}

Ledger::Finding Ledger::Judge(const std::string& test_case, const std::string& ours, bool agrees) {
  const auto entry = entries_.find(test_case);
  if (entry != entries_.end()) entry->second.met = true;
  if (agrees) {
    if (entry != entries_.end()) {
      return Fail(test_case, "agrees (" + ours + "), yet the ledger has an entry: remove it");
    }
    ++agreeing_;
    return Finding::kAgrees;
  }
  if (entry != entries_.end()) {
    if (entry->second.ours != ours) {
      return Fail(test_case, "the ledger says " + entry->second.ours + ", ours is " + ours);
    }
  } else {
    const auto pattern = std::find_if(patterns_.begin(), patterns_.end(), [&](const Pattern& one) {
      return one.ours == ours && test_case.starts_with(one.prefix);
    });
    if (pattern == patterns_.end()) return Fail(test_case, "ours is " + ours);
    ++pattern->met;
  }
  ++ledgered_;
  return Finding::kLedgered;
}

std::vector<std::string> Ledger::Problems() const {
  std::vector<std::string> problems = failures_;
  for (const auto& [test_case, entry] : entries_) {
    if (!entry.met)
      problems.push_back(suite_ + " " + test_case + ": in the ledger, not in the suite");
  }
  for (const Pattern& pattern : patterns_) {
    if (pattern.met == pattern.count) continue;
    problems.push_back(suite_ + " " + pattern.prefix + "*: " + std::to_string(pattern.met) +
                       " cases are " + pattern.ours + ", the ledger says " +
                       std::to_string(pattern.count));
  }
  return problems;
}

}  // namespace muster::conformance
