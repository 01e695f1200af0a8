// Scenarios: a presented chain, a registry, a time, and the verdict that must come out.
//
// They are made by code (scenarios_*.cc), written as folders of fixtures/ by muster_make_fixtures,
// and read back by the tests, which run them through the library and through the command alike.
#ifndef MUSTER_TESTS_SCENARIO_SCENARIO_H_
#define MUSTER_TESTS_SCENARIO_SCENARIO_H_

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "muster/options.h"
#include "muster/registry.h"
#include "muster/verdict.h"
#include "tests/support/test_world.h"

namespace muster::test {

using Json = nlohmann::ordered_json;

// How the chain is handed over.
enum class ChainForm {
  kPem,      // chain.pem: `muster authenticate` reads it.
  kNdjson,   // chain.ndjson: for octets that no file reader lets through; `muster audit` reads it.
  kNothing,  // An empty chain.pem: the library decides, the command calls it unreadable.
};

// What must come out. Only what is set is compared.
struct Expected {
  RejectReason reason = RejectReason::kNone;  // kNone = accepted.
  int chain_index = -1;
  std::string group, individual;  // The entry that decides; both empty = none.
  std::optional<Entity> anchor;
  std::string registration_id;
  std::optional<std::vector<Entity>> path;  // Leaf first.
};

struct Scenario {
  std::string name;   // Of the folder.
  std::string about;  // One sentence: why this must come out.
  std::vector<Bytes> chain;
  ChainForm form = ChainForm::kPem;
  RegistryContents registry;
  UnixTime at{};
  AuthenticationOptions options;
  Expected expected;
};

// A proof of possession that is refused, or accepted: the CA is registered at `at`, a code is made
// where `with_code`, `bad_proofs_before` bad ones are tried, `wait` passes, and the proof is given.
struct ProofScenario {
  std::string name, about;
  Bytes ca;
  Bytes proof;
  UnixTime at{};
  bool with_code = true;
  int bad_proofs_before = 0;
  std::chrono::seconds wait{0};
  RejectReason reason = RejectReason::kNone;
};

// The code that a registry with TestRandom makes first.
std::string FirstCode();
// Counts up: deterministic, never the same twice.
std::function<void(std::span<std::uint8_t>)> TestRandom();

std::vector<Scenario> AcceptedScenarios();
std::vector<Scenario> FormScenarios();        // 1xx and 2xx.
std::vector<Scenario> PathScenarios();        // 3xx.
std::vector<Scenario> EnrollmentScenarios();  // 4xx and 5xx.
std::vector<ProofScenario> ProofScenarios();  // 6xx.

// Every file of fixtures/, by path relative to it.
std::map<std::string, std::string> MakeFixtures();

}  // namespace muster::test

#endif  // MUSTER_TESTS_SCENARIO_SCENARIO_H_
