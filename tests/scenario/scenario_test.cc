// Runs every scenario of fixtures/ through the library and through the command, and checks that the
// fixtures are what their generator makes and that they reach every reason.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "engine/base/encoding.h"
#include "engine/registry/store/memory/memory_store.h"
#include "muster/authenticator.h"
#include "muster/certificate_reader.h"
#include "tests/scenario/run_command.h"
#include "tests/scenario/scenario.h"

namespace muster::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

fs::path Fixtures() { return fs::path(MUSTER_SOURCE_DIR) / "fixtures"; }

bool IsProof(const std::string& name) { return name.starts_with("proof-"); }

std::vector<std::string> Folders(bool proofs) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(Fixtures(), ignored)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_directory() && IsProof(name) == proofs) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string TestName(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

ByteView AsBytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

json ReadJson(const fs::path& path) { return json::parse(ReadFile(path)); }

// The chain of a scenario, owned.
std::vector<Bytes> ReadChain(const fs::path& folder) {
  if (!fs::exists(folder / "chain.ndjson")) {
    const std::string pem = ReadFile(folder / "chain.pem");
    if (pem.empty()) return {};
    return Must(ReadAllCertificates(AsBytes(pem), "chain.pem"));
  }
  std::vector<Bytes> chain;
  const json line = ReadJson(folder / "chain.ndjson");
  for (const json& element : line.at("chain")) {
    Bytes der;
    if (!base::DecodeBase64(element.get<std::string>(), &der).good) {
      throw std::runtime_error("chain.ndjson holds no base64");
    }
    chain.push_back(std::move(der));
  }
  return chain;
}

AuthenticationOptions ReadOptions(const json& options) {
  AuthenticationOptions out;
  out.links = options.at("links") == "registry" ? LinkSource::kRegistry : LinkSource::kPresented;
  out.leaf_profile =
      options.at("profile") == "dps-compat" ? LeafProfile::kDpsCompat : LeafProfile::kRfc5280;
  out.any_disabled_blocks = options.at("any_disabled_blocks").get<bool>();
  out.require_crl = options.at("require_crl").get<bool>();
  return out;
}

// What the command says of a verdict, made of the library's.
json Describe(const Verdict& verdict, const std::vector<Bytes>& chain) {
  json out{{"decision", verdict.accepted() ? "accept" : "reject"},
           {"reason", NameOf(verdict.reason)},
           {"reason_number", InfoOf(verdict.reason).number},
           {"chain_index", verdict.chain_index},
           {"registration_id", std::string(verdict.registration_id.view())},
           {"anchor", verdict.anchor.hex()},
           {"path", json::array()}};
  out["enrollment"] = nullptr;
  if (verdict.enrollment.kind != EnrollmentKind::kNone) {
    out["enrollment"] = {{"kind", NameOf(verdict.enrollment.kind)},
                         {"id", std::string(verdict.enrollment.id.view())}};
  }
  if (!chain.empty()) out["path"].push_back(Fingerprint::Of(chain.front()).hex());
  for (const Fingerprint& ca : verdict.ca_path.view()) out["path"].push_back(ca.hex());
  return out;
}

// Every member of `expected` is in `got`, with that value.
void ExpectMembers(const json& expected, const json& got) {
  for (const auto& [name, value] : expected.items()) {
    ASSERT_TRUE(got.contains(name)) << name;
    EXPECT_EQ(got.at(name), value) << name;
  }
}

class ChainScenario : public testing::TestWithParam<std::string> {
 protected:
  fs::path folder_ = Fixtures() / GetParam();
  json scenario_ = ReadJson(folder_ / "scenario.json");
  json expected_ = scenario_.at("expected");
};

TEST_P(ChainScenario, LibraryDecidesAsExpected) {
  Registry registry = Must(Registry::Open(registry::MakeMemoryStore(), {}));
  const auto services = Must(registry.ImportJson(ReadFile(folder_ / "registry.json")));
  ASSERT_EQ(services.size(), 1u);
  const auto snapshot = Must(registry.Snapshot(services.front()));
  const Authenticator authenticator(snapshot, ReadOptions(scenario_.at("options")));
  const std::vector<Bytes> certificates = ReadChain(folder_);
  PresentedChain chain(certificates.empty() ? ByteView{} : ByteView{certificates.front()});
  for (std::size_t i = 1; i < certificates.size(); ++i) chain.AddUntrusted(certificates[i]);
  const UnixTime at = Must(ParseRfc3339(scenario_.at("at").get<std::string>()));

  const Verdict verdict = authenticator.Authenticate(chain, at);
  ExpectMembers(expected_, Describe(verdict, certificates));
  EXPECT_EQ(verdict.generation, snapshot->generation());
  // The second time the issuing path comes from the cache.
  EXPECT_EQ(authenticator.Authenticate(chain, at), verdict);
  EXPECT_EQ(authenticator.Explain(chain, at).verdict, verdict);
}

std::vector<std::string> DecisionArguments(const json& scenario) {
  const json& options = scenario.at("options");
  std::vector<std::string> arguments = {"--at",      scenario.at("at").get<std::string>(),
                                        "--links",   options.at("links").get<std::string>(),
                                        "--profile", options.at("profile").get<std::string>()};
  if (options.at("any_disabled_blocks").get<bool>()) arguments.push_back("--any-disabled-blocks");
  if (options.at("require_crl").get<bool>()) arguments.push_back("--require-crl");
  return arguments;
}

TEST_P(ChainScenario, CommandDecidesAsExpected) {
  ScratchFolder scratch;
  const std::vector<std::string> environment = {"MUSTER_REGISTRY=" + scratch.At("registry.db")};
  const CommandResult imported =
      RunMuster({"registry", "import", (folder_ / "registry.json").string()}, {"", environment});
  ASSERT_EQ(imported.status, 0) << imported.err;
  const bool ndjson = fs::exists(folder_ / "chain.ndjson");
  std::vector<std::string> arguments = {ndjson ? "audit" : "authenticate", "--format", "json"};
  for (std::string& argument : DecisionArguments(scenario_))
    arguments.push_back(std::move(argument));
  arguments.push_back((folder_ / (ndjson ? "chain.ndjson" : "chain.pem")).string());
  const CommandResult result = RunMuster(arguments, {"", environment});
  if (expected_.at("reason") == NameOf(RejectReason::kChainEmpty)) {
    // An empty file is no chain: the command says so before it asks the library.
    EXPECT_EQ(result.status, 3);
    EXPECT_NE(result.err.find("\"code\":\"unreadable-input\""), std::string::npos) << result.err;
    return;
  }
  EXPECT_EQ(result.status, expected_.at("decision") == "accept" ? 0 : 1) << result.err;
  const json document = result.json();
  ExpectMembers(expected_, ndjson ? document.at("records").at(0) : document);
  if (ndjson) return;
  arguments.front() = "explain";
  const CommandResult explained = RunMuster(arguments, {"", environment});
  EXPECT_EQ(explained.status, result.status) << explained.err;
  ExpectMembers(expected_, explained.json());
}

INSTANTIATE_TEST_SUITE_P(Fixtures, ChainScenario, testing::ValuesIn(Folders(false)), TestName);

class ProofOfPossession : public testing::TestWithParam<std::string> {};

TEST_P(ProofOfPossession, RegistryDecidesAsExpected) {
  const fs::path folder = Fixtures() / GetParam();
  const json scenario = ReadJson(folder / "scenario.json");
  const auto read = [&](const char* name) {
    return Must(ReadOneCertificate(AsBytes(ReadFile(folder / name)), name));
  };
  UnixTime now = Must(ParseRfc3339(scenario.at("at").get<std::string>()));
  Registry registry =
      Must(Registry::Open(registry::MakeMemoryStore(), {[&now] { return now; }, TestRandom()}));
  ASSERT_TRUE(registry.CreateService("demo"));
  Must(registry.AddCa("demo", "ca", read("ca.pem")));
  if (scenario.at("with_code").get<bool>()) {
    ASSERT_EQ(Must(registry.GenerateCode("demo", "ca")).text, FirstCode());
  }
  World bad_proofs("bad");
  const Entity stranger = bad_proofs.Root("Stranger");
  for (int i = 0; i < scenario.at("bad_proofs_before").get<int>(); ++i) {
    const auto refused = registry.VerifyCa("demo", "ca", stranger.der());
    ASSERT_FALSE(refused);
    ASSERT_EQ(refused.error().code, ErrorCode::kRefused);
  }
  now += std::chrono::seconds(scenario.at("wait_seconds").get<std::int64_t>());
  const auto verified = registry.VerifyCa("demo", "ca", read("proof.pem"));
  const std::string reason(NameOf(verified ? RejectReason::kNone : verified.error().reason));
  EXPECT_EQ(scenario.at("expected").at("reason"), reason)
      << (verified ? "" : verified.error().message);
  const CaCertificate ca = Must(registry.GetCa("demo", "ca"));
  EXPECT_EQ(ca.status == CaStatus::kVerified, reason == "none");
  if (!verified) {
    EXPECT_EQ(verified.error().code, ErrorCode::kRefused);
  }
}

INSTANTIATE_TEST_SUITE_P(Fixtures, ProofOfPossession, testing::ValuesIn(Folders(true)), TestName);

TEST(Fixtures, AreWhatTheGeneratorMakes) {
  const std::map<std::string, std::string> made = MakeFixtures();
  std::set<std::string> stored;
  for (const auto& entry : fs::recursive_directory_iterator(Fixtures())) {
    if (!entry.is_regular_file()) continue;
    const std::string name = fs::relative(entry.path(), Fixtures()).generic_string();
    if (name == "README.md") continue;
    stored.insert(name);
    ASSERT_TRUE(made.contains(name)) << name << " is made by nobody; remove it";
    EXPECT_TRUE(ReadFile(entry.path()) == made.at(name))
        << name << " differs; run muster_make_fixtures and look at the difference";
  }
  for (const auto& [name, contents] : made) {
    EXPECT_TRUE(stored.contains(name)) << name << " is missing; run muster_make_fixtures";
  }
}

TEST(Fixtures, AreMadeAlikeTwice) { EXPECT_EQ(MakeFixtures(), MakeFixtures()); }

TEST(Fixtures, ReachEveryReason) {
  std::set<std::string> reached;
  for (bool proofs : {false, true}) {
    for (const std::string& name : Folders(proofs)) {
      const json scenario = ReadJson(Fixtures() / name / "scenario.json");
      reached.insert(scenario.at("expected").at("reason").get<std::string>());
    }
  }
  // No input leads to these: a verdict that was never filled in, and a defect of the engine.
  const std::set<RejectReason> exempt = {RejectReason::kNotEvaluated, RejectReason::kInternalError};
  for (const ReasonInfo& info : AllReasons()) {
    if (exempt.contains(info.reason)) continue;
    EXPECT_TRUE(reached.contains(std::string(info.name))) << "no scenario for " << info.name;
  }
}

}  // namespace
}  // namespace muster::test
