// audit on inventories of every kind, run as a user runs it: the same devices, the same verdicts.
#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <sstream>

#include "engine/base/encoding.h"
#include "tests/scenario/cli_fixture.h"
#include "tests/support/conformance_data.h"

namespace muster::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// Leaf fingerprint -> reason, and how many records were bad.
struct Findings {
  std::map<std::string, std::string> reasons;
  std::uint64_t unreadable = 0;
};

class InventoryVerb : public CommandTest {
 protected:
  void SetUp() override { UsualRegistry(); }

  static Findings FindingsOf(const CommandResult& result) {
    Findings findings;
    const json report = result.json();
    for (const json& record : report.at("records")) {
      if (record.at("type") == "device") {
        findings.reasons[record.at("leaf")] = record.at("reason");
      }
    }
    findings.unreadable = report.at("summary").at("unreadable");
    return findings;
  }
  CommandResult Audit(const std::string& path, Arguments more = {}) const {
    more.insert(more.begin(), {"audit", "--format", "json", "--at", at_, path});
    return Run(more);
  }
  static std::string Base64(const Entity& entity) { return base::EncodeBase64(entity.der()); }

  const Entity second_ = w_.Leaf("device-2", factory_);
  const Entity late_ = w_.Leaf("device-3", factory_, [this](CertificateTemplate& t) {
    t.not_after = w_.at() - std::chrono::seconds{1};
  });
  const std::vector<Entity> devices_ = {device_, second_, late_};
};

TEST_F(InventoryVerb, EveryInventoryTellsTheSame) {
  const std::string list = Pem("all.pem", {device_, second_, late_, factory_});
  std::string csv = "device_id;cert;chain\n", aws, azure, ndjson, der;
  json array = json::array();
  for (const Entity& device : devices_) {
    const std::string pem = EncodePem(device.der(), "CERTIFICATE");
    csv += device.label() + ";\"" + pem + "\";" + Base64(factory_) + "\n";
    aws += json{{"certificateDescription",
                 {{"certificateId", device.fingerprint().hex()},
                  {"certificatePem", pem + EncodePem(factory_.der(), "CERTIFICATE")}}}}
               .dump() +
           "\n";
    azure += json{{"id", device.label()},
                  {"authentication",
                   {{"type", "selfSigned"},
                    {"x509Thumbprint", {{"primaryThumbprint", Sha1Thumbprint(device.der())}}}}}}
                 .dump() +
             "\n";
    const json line{{"deviceId", device.label()}, {"chain", {Base64(device), Base64(factory_)}}};
    ndjson += line.dump() + "\n";
    array.push_back(line);
    der.append(device.bytes().begin(), device.bytes().end());
  }
  der.append(factory_.bytes().begin(), factory_.bytes().end());
  const Findings expected = FindingsOf(Audit(scratch_.Write("fleet.ndjson", ndjson)));
  EXPECT_EQ(expected.reasons.size(), 3u);
  EXPECT_EQ(expected.reasons.at(late_.fingerprint().hex()), "expired");
  for (const std::string& path :
       {list, scratch_.Write("fleet.csv", csv), scratch_.Write("aws", aws),
        scratch_.Write("azure", azure), scratch_.Write("fleet.json", array.dump(2)),
        scratch_.Write("fleet.der", der)}) {
    const CommandResult result = Audit(path, {"--certificates", list});
    const Findings found = FindingsOf(result);
    EXPECT_EQ(found.reasons, expected.reasons) << path;
    EXPECT_EQ(found.unreadable, 0u) << path << result.out;
  }
}

TEST_F(InventoryVerb, ArchivesNameTheirMembers) {
  if (RunProgram({"sh", "-c", "command -v tar gzip"}).status != 0) GTEST_SKIP() << "no tar here";
  scratch_.Write("in/b.ndjson", "broken\n");
  Pem("in/a.pem", {late_, factory_});
  const std::string archive = scratch_.At("fleet.tar.gz");
  const Arguments pack = {"tar", "czf", archive, "-C", scratch_.At("in"), "a.pem", "b.ndjson"};
  ASSERT_EQ(RunProgram(pack).status, 0);
  const CommandResult table = Run({"audit", "--at", at_, archive});
  EXPECT_EQ(table.status, 1);
  EXPECT_NE(table.out.find(archive + "!a.pem:1"), std::string::npos) << table.out;
  EXPECT_NE(table.out.find(archive + "!b.ndjson"), std::string::npos) << table.out;
  const json records = Audit(archive).json().at("records");
  EXPECT_EQ(records.at(0).at("source").at("member"), "a.pem");
  const CommandResult limited = Audit(archive, {"--archive-members", "1"});
  EXPECT_NE(limited.out.find("more than 1 members"), std::string::npos) << limited.out;
}

TEST_F(InventoryVerb, SecretsAreNotShown) {
  const std::string secret = "c2VjcmV0LXN5bW1ldHJpYy1rZXk";
  const std::string azure =
      json{{"id", "a"},
           {"authentication", {{"type", "sas"}, {"symmetricKey", {{"primaryKey", secret}}}}}}
          .dump() +
      "\n{\"id\":\"b\",\"authentication\":{\"symmetricKey\":\"" + secret + "\n";
  for (const std::string& text : {azure, "id,cert\nx," + secret + "\n", "{\"" + secret}) {
    for (const char* format : {"table", "json", "ndjson"}) {
      const CommandResult result =
          Run({"audit", "--format", format, "--at", at_, scratch_.Write("inventory", text)});
      EXPECT_EQ(result.status, 1);
      EXPECT_EQ(result.out.find(secret), std::string::npos) << result.out;
      EXPECT_EQ(result.err.find(secret), std::string::npos) << result.err;
    }
  }
}

TEST_F(InventoryVerb, OptionsAreChecked) {
  const CommandResult list = Run({"audit", "--input-format", "list"});
  EXPECT_EQ(list.status, 0) << list.err;
  for (const char* name : {"ndjson", "csv", "azure-iothub", "archive"}) {
    EXPECT_NE(list.out.find(name), std::string::npos) << list.out;
  }
  Fails(2, "--input-format", {"audit", "--input-format", "xls", chain_pem_});
  Fails(2, "id=COL,cert=COL", {"audit", "--map", "id=a", chain_pem_});
  Fails(2, "--layout", {"audit", "--layout", "heap", chain_pem_});
  Fails(3, "gone", {"audit", "--certificates", scratch_.At("gone"), chain_pem_});
  Fails(3, "gone", {"audit", "--manifest-signer", scratch_.At("gone"), chain_pem_});
  Fails(2, "manifest signer", {"audit", "--manifest-signer", scratch_.Write("x", "x"), chain_pem_});
  const CommandResult chain = Audit(Pem("two.pem", {device_, second_}), {"--layout", "chain"});
  EXPECT_EQ(chain.json().at("records").size(), 1u);
}

// Samples of each kind lie beside the conformance data, where there is some: all hold the same
// devices.
class SampleInventories : public CommandTest {};

TEST_F(SampleInventories, HoldTheSameDevices) {
  const std::optional<fs::path> beside = ConformanceFolder("");
  const fs::path folder = beside ? *beside / ".." / "samples" / "inventory" : fs::path();
  if (!beside || !fs::is_directory(folder)) {
    GTEST_SKIP() << NoConformanceData("../samples/inventory");
  }
  const std::string bundle = (folder / "bundle.pem").string();
  const auto certificates =
      Must(ReadAllCertificates(ReadFileBytes(folder / "bundle.pem"), "bundle.pem"));
  Ok({"service", "add", "demo"});
  std::map<std::string, std::string> expected;
  for (std::size_t i = 0; i < certificates.size(); ++i) {
    const auto view = CertificateView::Parse(certificates[i]).value();
    if (!view.is_ca()) {
      expected[Fingerprint::Of(certificates[i]).hex()] = "none";
      continue;
    }
    const std::string name = "ca-" + std::to_string(i);
    const std::string pem =
        scratch_.Write(name + ".pem", EncodePem(certificates[i], "CERTIFICATE"));
    Ok({"ca", "add", name, pem, "--verified", "--why", "test"});
    Ok({"group", "add", name, "--ca", name});
  }
  ASSERT_EQ(expected.size(), 2u);
  std::size_t inventories = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const CommandResult result =
        Run({"audit", "--at", "2026-12-01", "--format", "json", "--certificates", bundle,
             "--manifest-signer", (folder / "microchip-log-signer.pub.pem").string(),
             entry.path().string()});
    const json document = result.json();
    std::map<std::string, std::string> reasons;
    for (const json& record : document.at("records")) {
      if (record.at("type") == "device") reasons[record.at("leaf")] = record.at("reason");
    }
    const json& summary = document.at("summary");
    if (name == "aws-list.json" || name == "microchip-log-signer.pub.pem") {
      EXPECT_EQ(summary.at("unreadable"), 1) << name;
    } else if (name == "device.der") {
      EXPECT_EQ(reasons, (std::map<std::string, std::string>{*expected.rbegin()}));
    } else {
      EXPECT_EQ(reasons, expected) << name << result.out;
      EXPECT_EQ(summary.at("unreadable"), 0) << name;
      ++inventories;
    }
    EXPECT_FALSE(summary.contains("notes")) << name;
  }
  EXPECT_GE(inventories, 10u);
}

}  // namespace
}  // namespace muster::test
