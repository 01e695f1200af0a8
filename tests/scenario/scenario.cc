#include "tests/scenario/scenario.h"

#include <memory>

#include "engine/base/encoding.h"
#include "engine/registry/json_export.h"
#include "muster/certificate_reader.h"

namespace muster::test {
namespace {

Json PathJson(const std::vector<Entity>& path) {
  Json json = Json::array();
  for (const Entity& entity : path) json.push_back(entity.fingerprint().hex());
  return json;
}

Json ExpectedJson(const Expected& expected) {
  const bool accepted = expected.reason == RejectReason::kNone;
  Json json{{"decision", accepted ? "accept" : "reject"},
            {"reason", NameOf(expected.reason)},
            {"reason_number", InfoOf(expected.reason).number},
            {"chain_index", expected.chain_index}};
  if (!expected.group.empty()) {
    json["enrollment"] = {{"kind", "group"}, {"id", expected.group}};
  } else if (!expected.individual.empty()) {
    json["enrollment"] = {{"kind", "individual"}, {"id", expected.individual}};
  } else {
    json["enrollment"] = nullptr;
  }
  if (expected.anchor) json["anchor"] = expected.anchor->fingerprint().hex();
  if (!expected.registration_id.empty()) json["registration_id"] = expected.registration_id;
  if (expected.path) json["path"] = PathJson(*expected.path);
  return json;
}

Json OptionsJson(const AuthenticationOptions& options) {
  return {{"links", NameOf(options.links)},
          {"profile", NameOf(options.leaf_profile)},
          {"any_disabled_blocks", options.any_disabled_blocks},
          {"require_crl", options.require_crl}};
}

std::string ChainPem(const std::vector<Bytes>& chain) {
  std::string pem;
  for (const Bytes& der : chain) pem += EncodePem(der, "CERTIFICATE");
  return pem;
}

std::string ChainNdjson(const std::vector<Bytes>& chain) {
  Json json{{"deviceId", "device"}, {"chain", Json::array()}};
  for (const Bytes& der : chain) json["chain"].push_back(base::EncodeBase64(der));
  return json.dump() + "\n";
}

void AddFolder(const Scenario& scenario, std::map<std::string, std::string>* files) {
  const std::string folder = scenario.name + "/";
  const bool ndjson = scenario.form == ChainForm::kNdjson;
  (*files)[folder + (ndjson ? "chain.ndjson" : "chain.pem")] =
      ndjson ? ChainNdjson(scenario.chain) : ChainPem(scenario.chain);
  (*files)[folder + "registry.json"] = registry::ToJson({scenario.registry});
  const Json json{{"schema", "muster-scenario/1"},
                  {"about", scenario.about},
                  {"at", FormatRfc3339(scenario.at)},
                  {"options", OptionsJson(scenario.options)},
                  {"expected", ExpectedJson(scenario.expected)}};
  (*files)[folder + "scenario.json"] = json.dump(2) + "\n";
}

void AddFolder(const ProofScenario& scenario, std::map<std::string, std::string>* files) {
  const std::string folder = scenario.name + "/";
  (*files)[folder + "ca.pem"] = EncodePem(scenario.ca, "CERTIFICATE");
  (*files)[folder + "proof.pem"] = EncodePem(scenario.proof, "CERTIFICATE");
  const Json json{
      {"schema", "muster-proof-scenario/1"},
      {"about", scenario.about},
      {"at", FormatRfc3339(scenario.at)},
      {"with_code", scenario.with_code},
      {"bad_proofs_before", scenario.bad_proofs_before},
      {"wait_seconds", scenario.wait.count()},
      {"expected",
       {{"reason", NameOf(scenario.reason)}, {"reason_number", InfoOf(scenario.reason).number}}}};
  (*files)[folder + "scenario.json"] = json.dump(2) + "\n";
}

template <typename T>
void AddAll(const std::vector<T>& scenarios, std::map<std::string, std::string>* files) {
  for (const T& scenario : scenarios) {
    if (files->contains(scenario.name + "/scenario.json")) {
      throw std::runtime_error("two scenarios are called " + scenario.name);
    }
    AddFolder(scenario, files);
  }
}

}  // namespace

std::function<void(std::span<std::uint8_t>)> TestRandom() {
  auto next = std::make_shared<std::uint8_t>(std::uint8_t{0});
  return [next](std::span<std::uint8_t> out) {
    for (std::uint8_t& octet : out) octet = ++*next;
  };
}

std::string FirstCode() {
  std::array<std::uint8_t, 24> octets;
  TestRandom()(octets);
  return base::HexUpper(octets);
}

std::map<std::string, std::string> MakeFixtures() {
  std::map<std::string, std::string> files;
  AddAll(AcceptedScenarios(), &files);
  AddAll(FormScenarios(), &files);
  AddAll(PathScenarios(), &files);
  AddAll(EnrollmentScenarios(), &files);
  AddAll(ProofScenarios(), &files);
  return files;
}

}  // namespace muster::test
