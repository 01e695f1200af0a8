// Random registries, random changes: what-if says exactly what really making the changes and
// auditing again comes to. MUSTER_WHAT_IF_WORLDS says how many registries are tried.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "muster/certificate_reader.h"
#include "muster/registry.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/setting.h"
#include "tests/support/test_world.h"
#include "tools/muster/commands.h"
#include "tools/muster/registry_change.h"

namespace muster::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::Entity;
using test::Must;
using Words = std::vector<std::string>;

constexpr const char* kAt = "2026-06-15T12:00:00Z";

struct Outcome {
  int status;
  std::string out, err;
};

Outcome RunLine(const Words& arguments) {
  std::istringstream in;
  std::ostringstream out, err;
  const int status = RunCommandLine(arguments, {in, out, err});
  return {status, out.str(), err.str()};
}

std::string Base64(ByteView der) {
  std::string pem = EncodePem(der, "X");
  pem = pem.substr(pem.find('\n') + 1);
  pem = pem.substr(0, pem.find("-----"));
  std::erase(pem, '\n');
  return pem;
}

// One PKI, and registries of it that are drawn anew.
class WhatIfProperty : public testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 2; ++i) cas_.push_back(w_.Root("R" + std::to_string(i)));
    for (std::size_t i = 2; i < 6; ++i) {
      cas_.push_back(w_.Intermediate("I" + std::to_string(i), cas_[i / 2 - 1]));
    }
    cas_.push_back(w_.CrossSigned(cas_[2], cas_[1]));
    for (std::size_t i = 0; i < 10; ++i) {
      leaves_.push_back(w_.Leaf("device-" + std::to_string(i), cas_[i % 6]));
    }
    WriteInventory();
  }

  std::string Path(const std::string& name) const { return folder_.At(name); }
  std::size_t Below(std::size_t bound) { return random_() % bound; }
  bool OneIn(std::size_t n) { return Below(n) == 0; }
  std::string AnyCa() { return "ca-" + std::to_string(Below(cas_.size())); }
  std::string AnyGroup() { return "group-" + std::to_string(Below(4)); }
  std::size_t AnyLeaf() { return Below(leaves_.size()); }

  void WriteInventory() {
    std::ofstream file(Path("fleet.ndjson"));
    for (int i = 0; i < 30; ++i) {
      const Entity& leaf = leaves_[AnyLeaf()];
      json line{{"deviceId", leaf.label()}, {"chain", {Base64(leaf.der())}}};
      for (const Entity& ca : cas_) {
        if (!OneIn(3)) line["chain"].push_back(Base64(ca.der()));
      }
      file << line.dump() << '\n';
    }
    file << "not a record\n";
  }

  // Rows that a rule refuses are left out.
  void DrawRegistry(const std::string& path) {
    fs::remove(path);
    Registry registry = Must(Registry::Open(path));
    ASSERT_TRUE(registry.CreateService("s"));
    for (std::size_t i = 0; i < cas_.size(); ++i) {
      if (OneIn(4)) continue;
      const bool verified = OneIn(2);
      static_cast<void>(registry.AddCa("s", "ca-" + std::to_string(i), cas_[i].der(), verified));
    }
    for (int i = 0; i < 4; ++i) {
      EnrollmentGroup group{"group-" + std::to_string(i), !OneIn(4), DrawSigning(), {}};
      static_cast<void>(registry.PutGroup("s", group));
    }
    for (int i = 0; i < 3; ++i) {
      const Entity& leaf = leaves_[AnyLeaf()];
      IndividualEnrollment individual{leaf.label(), !OneIn(3), DrawSigning(), {}};
      if (OneIn(2)) individual.attestation = {leaf.bytes(), {}, {}, {}};
      static_cast<void>(registry.PutIndividual("s", individual));
    }
    DenyEntry entry;
    entry.fingerprint = leaves_[AnyLeaf()].fingerprint();
    static_cast<void>(registry.AddDenied("s", entry));
    if (OneIn(2)) {
      const std::size_t i = Below(6);
      static_cast<void>(registry.AddCrl("s", "ca-" + std::to_string(i),
                                        w_.Crl(cas_[i], {leaves_[i], leaves_[6 + i % 4]})));
    }
  }

  SigningCertificates DrawSigning() {
    SigningCertificates signing;
    if (OneIn(2)) {
      signing.primary = cas_[Below(cas_.size())].bytes();
      if (OneIn(2)) signing.secondary = cas_[Below(cas_.size())].bytes();
    } else {
      signing.primary_ca = AnyCa();
      if (OneIn(2)) signing.secondary_ca = AnyCa();
    }
    return signing;
  }

  std::string DrawChange() {
    const std::string on = OneIn(2) ? " enable " : " disable ";
    const Entity& leaf = leaves_[AnyLeaf()];
    switch (Below(12)) {
      case 0:
        return "ca rm " + AnyCa() + (OneIn(2) ? " --force" : "");
      case 1:
        return "ca delete '" + AnyCa() + "' --force";
      case 2:
        return "ca verify " + AnyCa();
      case 3:
      case 4:
        return "ca unverify " + AnyCa();
      case 5:
      case 6:
        return "group" + on + AnyGroup();
      case 7:
        return "group " + std::string(OneIn(2) ? "rm " : "swap ") + AnyGroup();
      case 8:
        return "group add new --ca " + AnyCa();
      case 9:
        return "enrollment" + on + leaf.label();
      case 10:
        return "enrollment rm " + leaf.label();
      default:
        return (OneIn(3) ? "deny rm --fingerprint " : "deny add --fingerprint ") +
               leaf.fingerprint().hex();
    }
  }

  // The change as an operator makes it; what no verb does, through the registry's document.
  int ReallyApply(const std::string& path, const std::string& change) {
    Words words = Must(SplitWords(change));
    if (words[1] == "delete") words[1] = "rm";
    if (words[1] == "verify") {
      words = {"ca", "attest", words[2], "--why", "test"};
    } else if (words[1] == "unverify") {
      return ReallyUnverify(path, words[2]);
    } else if (words[1] == "swap") {
      return ReallySwap(path, words[2]);
    }
    words.insert(words.end(), {"--registry", path, "--quiet"});
    return RunLine(words).status;
  }
  static int ReallyUnverify(const std::string& path, const std::string& name) {
    Registry registry = Must(Registry::Open(path));
    json document = json::parse(Must(registry.ExportJson("s")));
    for (json& ca : document["services"][0]["cas"]) {
      if (ca["name"] != name) continue;
      if (ca["status"] != "verified") return kExitUsage;
      ca["status"] = "unverified";
      ca["method"] = "none";
      ca.erase("verified_at");
      return registry.ImportJson(document.dump(), /*replace=*/true) ? kExitAccepted : kExitInternal;
    }
    return kExitRegistry;
  }
  static int ReallySwap(const std::string& path, const std::string& id) {
    Registry registry = Must(Registry::Open(path));
    auto group = registry.GetGroup("s", id);
    if (!group) return kExitRegistry;
    SigningCertificates& signing = group->signing;
    if (signing.secondary.empty() && signing.secondary_ca.empty()) return kExitUsage;
    signing = {signing.secondary, signing.primary, signing.secondary_ca, signing.primary_ca};
    return registry.PutGroup("s", *group) ? kExitAccepted : kExitInternal;
  }

  json Audit(const std::string& path, const std::string& links) const {
    return json::parse(RunLine({"audit", Path("fleet.ndjson"), "--registry", path, "--at", kAt,
                            "--links", links, "--format", "json", "--quiet"})
                           .out)
        .at("records");
  }

  static json StateOf(const json& record) {
    json state;
    for (const char* name :
         {"decision", "reason", "reason_number", "chain_index", "enrollment", "anchor"}) {
      state[name] = record.at(name);
    }
    return state;
  }
  // What the documentation calls a change.
  static bool Differs(const json& before, const json& after) {
    if (before.at("reason") != after.at("reason")) return true;
    if (before.at("decision") == "reject") return false;
    return before.at("enrollment") != after.at("enrollment") ||
           before.at("anchor") != after.at("anchor");
  }

  test::World w_{"what-if"};
  test::ScratchFolder folder_;
  std::mt19937_64 random_{20260615};
  std::vector<Entity> cas_, leaves_;
};

TEST_F(WhatIfProperty, SaysWhatMakingTheChangeComesTo) {
  const std::uint64_t worlds = test::Setting("MUSTER_WHAT_IF_WORLDS", 120);
  const std::string path = Path("registry.db"), changed = Path("changed.db");
  std::map<std::string, int> seen;
  int refused_changes = 0;
  for (std::uint64_t world = 0; world < worlds; ++world) {
    DrawRegistry(path);
    const std::string document = Must(Must(Registry::Open(path)).ExportJson("s"));
    fs::copy_file(path, changed, fs::copy_options::overwrite_existing);
    const std::string links = OneIn(2) ? "presented" : "registry";
    Words what_if = {"what-if", Path("fleet.ndjson"), "--registry", path,   "--at",   kAt,
                     "--links", links,                "--format",   "json", "--quiet"};
    std::string trace = "world " + std::to_string(world) + ", " + links;
    int status = kExitAccepted;
    for (std::size_t n = 1 + Below(3); n > 0 && status == kExitAccepted; --n) {
      const std::string change = DrawChange();
      what_if.insert(what_if.end(), {"--change", change});
      trace += "\n" + change;
      status = ReallyApply(changed, change);
    }
    const Outcome outcome = RunLine(what_if);
    if (status != kExitAccepted) {
      // A change that would be refused is refused, in the same way.
      EXPECT_EQ(outcome.status, status) << trace << "\n" << outcome.err;
      EXPECT_EQ(outcome.out, "") << trace;
      ++refused_changes;
      continue;
    }
    ASSERT_TRUE(outcome.status == 0 || outcome.status == 1) << trace << "\n" << outcome.err;
    const json before = Audit(path, links), after = Audit(changed, links);
    ASSERT_EQ(before.size(), after.size());
    std::vector<json> expected;
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (before[i].at("type") != "device" || !Differs(before[i], after[i])) continue;
      expected.push_back(
          {{"index", i}, {"before", StateOf(before[i])}, {"after", StateOf(after[i])}});
    }
    const json answer = json::parse(outcome.out);
    std::vector<json> given;
    for (const json& device : answer.at("devices")) {
      given.push_back({{"index", device.at("index")},
                       {"before", device.at("before")},
                       {"after", device.at("after")}});
      ++seen[device.at("change").get<std::string>()];
    }
    EXPECT_EQ(given, expected) << trace;
    EXPECT_EQ(outcome.status, expected.empty() ? 0 : 1) << trace;
    EXPECT_EQ(answer.at("summary").at("changed"), expected.size()) << trace;
    EXPECT_EQ(Must(Must(Registry::Open(path)).ExportJson("s")), document) << trace;
  }
  // The worlds are worth something: every kind of change was met.
  EXPECT_EQ(seen.size(), 4u) << json(seen).dump();
  EXPECT_GT(refused_changes, worlds / 20);
  EXPECT_LT(refused_changes, worlds * 9 / 10);
}

// The copy, with nothing changed, decides as the registry does.
TEST_F(WhatIfProperty, ACopyDecidesAlike) {
  for (int world = 0; world < 20; ++world) {
    DrawRegistry(Path("registry.db"));
    Registry registry = Must(Registry::Open(Path("registry.db")));
    Registry copy = Must(registry.CopyToMemory("s"));
    EXPECT_EQ(Must(copy.ExportJson("s")), Must(registry.ExportJson("s")));
    // Later changes of either are not the other's.
    ASSERT_TRUE(copy.AddCa("s", "another", cas_[0].der()));
    EXPECT_FALSE(registry.GetCa("s", "another"));
  }
}

}  // namespace
}  // namespace muster::cli
