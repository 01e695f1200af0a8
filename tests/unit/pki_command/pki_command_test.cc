#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "engine/x509/crl.h"
#include "muster/authenticator.h"
#include "muster/certificate_reader.h"
#include "muster/fleet_audit.h"
#include "muster/proof_of_possession.h"
#include "muster/registry.h"
#include "tests/support/conformance_data.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/test_world.h"
#include "tools/muster/commands.h"

namespace muster::cli {
namespace {

namespace fs = std::filesystem;
using test::Must;
using test::ReadFileBytes;

struct Outcome {
  int status;
  std::string out, err;
};

class PkiCommand : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return folder_.At(name); }

  static Outcome Run(const std::vector<std::string>& arguments) {
    std::istringstream in;
    std::ostringstream out, err;
    const int status = RunCommandLine(arguments, {in, out, err});
    return {status, out.str(), err.str()};
  }
  static Outcome Expect(int status, const std::vector<std::string>& arguments) {
    Outcome outcome = Run(arguments);
    EXPECT_EQ(outcome.status, status) << outcome.err;
    return outcome;
  }

  Certificate Read(const std::string& name) const {
    const auto all = Must(ReadAllCertificates(ReadFileBytes(Path(name)), name));
    return *Certificate::Parse(all.front());
  }
  std::string Text(const std::string& name) const {
    const Bytes octets = ReadFileBytes(Path(name));
    return {octets.begin(), octets.end()};
  }
  mode_t Mode(const std::string& name) const {
    struct stat status {};
    EXPECT_EQ(stat(Path(name).c_str(), &status), 0) << name;
    return status.st_mode & 0777;
  }

  void MakeRoot() {
    Expect(0, {"pki", "root", "Root", "--out", Path("root.pem"), "--key-out", Path("root.key"),
               "--not-before", "2026-01-01"});
  }
  void MakeIntermediate() {
    Expect(0, {"pki", "intermediate", "Factory", "--ca", Path("root.pem"), "--ca-key",
               Path("root.key"), "--path-len", "0", "--out", Path("ica.pem"), "--key-out",
               Path("ica.key"), "--not-before", "2026-01-01"});
  }

  test::ScratchFolder folder_;
};

TEST_F(PkiCommand, IssuesAChainThatEnrols) {
  MakeRoot();
  MakeIntermediate();
  const Outcome leaf =
      Expect(0, {"pki", "leaf", "device-1", "--ca", Path("ica.pem"), "--ca-key", Path("ica.key"),
                 "--out", Path("device.pem"), "--key-out", Path("device.key"), "--not-before",
                 "2026-06-01", "--days", "30"});
  EXPECT_NE(leaf.err.find("for development and tests only"), std::string::npos);
  EXPECT_EQ(leaf.out, "");
  EXPECT_EQ(Read("ica.pem")->path_len(), 0);
  EXPECT_EQ(Read("root.pem")->path_len(), -1);
  for (const char* key : {"root.key", "ica.key", "device.key"}) {
    EXPECT_EQ(Mode(key), 0600u) << key;
    EXPECT_TRUE(DevelopmentKey::Load(ReadFileBytes(Path(key)))) << key;
  }

  const auto chain = Must(ReadAllCertificates(ReadFileBytes(Path("device.pem")), "device"));
  ASSERT_EQ(chain.size(), 2u);
  RegistryContents contents;
  contents.service = "s";
  CaCertificate ca;
  ca.name = "root";
  const Certificate root = Read("root.pem");
  ca.der.assign(root.der().begin(), root.der().end());
  ca.status = CaStatus::kVerified;
  ca.method = VerificationMethod::kProofOfPossession;
  contents.cas = {ca};
  contents.groups = {EnrollmentGroup{"line", true, {chain[1], {}, {}, {}}, ""}};
  const Authenticator authenticator(Must(RegistrySnapshot::Compile(contents)));
  PresentedChain presented{ByteView(chain[0])};
  presented.AddUntrusted(chain[1]);
  const Verdict verdict =
      authenticator.Authenticate(presented, Must(ParseRfc3339("2026-06-15")));
  EXPECT_TRUE(verdict.accepted()) << NameOf(verdict.reason);
  EXPECT_EQ(verdict.registration_id.view(), "device-1");
}

TEST_F(PkiCommand, SameSeedSameOctets) {
  MakeRoot();
  const std::string first = Text("root.pem") + Text("root.key");
  Expect(0, {"pki", "root", "Root", "--out", Path("root.pem"), "--key-out", Path("root.key"),
             "--not-before", "2026-01-01", "--force"});
  EXPECT_EQ(Text("root.pem") + Text("root.key"), first);
  Expect(0, {"pki", "root", "Root", "--out", Path("root.pem"), "--key-out", Path("root.key"),
             "--not-before", "2026-01-01", "--force", "--seed", "other"});
  EXPECT_NE(Text("root.key"), first.substr(Text("root.pem").size()));
}

TEST_F(PkiCommand, WritesToStandardOutputByDefault) {
  const Outcome outcome = Expect(0, {"pki", "root", "Root", "--key-out", Path("root.key")});
  EXPECT_EQ(outcome.out.rfind("-----BEGIN CERTIFICATE-----", 0), 0u);
  EXPECT_EQ(outcome.out.find("PRIVATE"), std::string::npos);
}

TEST_F(PkiCommand, ForceKeepsAKeyPrivate) {
  std::ofstream(Path("root.key")) << "old";
  chmod(Path("root.key").c_str(), 0644);
  Expect(2, {"pki", "root", "Root", "--key-out", Path("root.key")});
  EXPECT_EQ(Text("root.key"), "old");
  Expect(0, {"pki", "root", "Root", "--key-out", Path("root.key"), "--force"});
  EXPECT_EQ(Mode("root.key"), 0600u);
}

TEST_F(PkiCommand, LeafOfARootSendsNoCa) {
  MakeRoot();
  const Outcome outcome =
      Expect(0, {"pki", "leaf", "device-1", "--ca", Path("root.pem"), "--ca-key", Path("root.key"),
                 "--key-out", Path("device.key"), "--key", "ed25519"});
  const Bytes text(outcome.out.begin(), outcome.out.end());
  EXPECT_EQ(Must(ReadAllCertificates(text, "out")).size(), 1u);
}

TEST_F(PkiCommand, ProofIsGood) {
  MakeRoot();
  const std::string code(48, 'B');
  const Outcome outcome = Expect(0, {"pki", "proof", code, "--ca", Path("root.pem"), "--ca-key",
                                     Path("root.key"), "--not-before", "2026-06-01"});
  EXPECT_NE(outcome.err.find("for development and tests only"), std::string::npos);
  const Bytes text(outcome.out.begin(), outcome.out.end());
  const Bytes proof = Must(ReadOneCertificate(text, "out"));
  const Certificate root = Read("root.pem");
  EXPECT_TRUE(
      CheckProof(root.view(), code, proof, Must(ParseRfc3339("2026-06-02"))).good());
  EXPECT_FALSE(
      CheckProof(root.view(), code, proof, Must(ParseRfc3339("2026-07-02"))).good());
}

TEST_F(PkiCommand, CrlRevokes) {
  MakeRoot();
  MakeIntermediate();
  const Outcome outcome =
      Expect(0, {"pki", "crl", "--ca", Path("root.pem"), "--ca-key", Path("root.key"), "--revoke",
                 Path("ica.pem"), "--number", "9", "--not-before", "2026-06-01", "--days", "7"});
  const Bytes text(outcome.out.begin(), outcome.out.end());
  const ReadOutcome read = Must(ReadEncoded(text));
  ASSERT_EQ(read.objects.size(), 1u);
  EXPECT_EQ(read.objects[0].kind, EncodedKind::kCrl);
  const auto crl = x509::CrlView::Parse(read.objects[0].der);
  ASSERT_TRUE(crl);
  EXPECT_EQ(crl->next_update(), Must(ParseRfc3339("2026-06-08")));
  EXPECT_TRUE(crl->Find(Read("root.pem")->subject(), Read("ica.pem")->serial()));
  EXPECT_FALSE(crl->Find(Read("root.pem")->subject(), Read("root.pem")->serial()));
}

TEST_F(PkiCommand, RefusesWhatCannotWork) {
  MakeRoot();
  MakeIntermediate();
  // The key of another CA.
  EXPECT_NE(Expect(2, {"pki", "leaf", "device-1", "--ca", Path("root.pem"), "--ca-key",
                       Path("ica.key"), "--key-out", Path("x.key")})
                .err.find("is not the key of"),
            std::string::npos);
  // No registration ID.
  Expect(2, {"pki", "leaf", "device 1", "--ca", Path("root.pem"), "--ca-key", Path("root.key"),
             "--key-out", Path("x.key")});
  // Not a key, not there, not a time, not a kind, nowhere to write.
  Expect(3, {"pki", "leaf", "device-1", "--ca", Path("root.pem"), "--ca-key", Path("root.pem"),
             "--key-out", Path("x.key")});
  Expect(3, {"pki", "leaf", "device-1", "--ca", Path("none.pem"), "--ca-key", Path("root.key"),
             "--key-out", Path("x.key")});
  Expect(3, {"pki", "leaf", "device-1", "--ca", Path("root.key"), "--ca-key", Path("root.key"),
             "--key-out", Path("x.key")});
  Expect(2, {"pki", "root", "Root", "--key-out", Path("x.key"), "--not-before", "soon"});
  Expect(2, {"pki", "root", "Root", "--key-out", Path("x.key"), "--key", "rsa1024"});
  Expect(2, {"pki", "root", "Root"});
  Expect(2, {"pki", "root", "Root", "--key-out", Path("x.key"), "--days", "0"});
  EXPECT_FALSE(fs::exists(Path("x.key")));
  Expect(5, {"pki", "root", "Root", "--key-out", Path("none/x.key")});
}

std::vector<std::string> FleetArguments(const std::string& folder) {
  return {"pki", "fleet", "--out", folder, "--devices", "1000", "--fault-rate", "0.1",
          "--at", "2026-06-15T12:00:00Z", "--seed", "cli-test"};
}

TEST_F(PkiCommand, FleetIsTheSameForAnyNumberOfThreads) {
  std::vector<std::string> first = FleetArguments(Path("one"));
  first.insert(first.end(), {"--threads", "1"});
  Expect(0, first);
  std::vector<std::string> second = FleetArguments(Path("four"));
  second.insert(second.end(), {"--threads", "4"});
  Expect(0, second);
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(Path("one"))) {
    if (!entry.is_regular_file()) continue;
    ++files;
    const std::string relative = fs::relative(entry.path(), Path("one")).string();
    EXPECT_EQ(Text("one/" + relative), Text("four/" + relative)) << relative;
    if (relative.rfind("keys/", 0) == 0) {
      EXPECT_EQ(Mode("one/" + relative), 0600u);
    }
  }
  EXPECT_EQ(files, 2u * 13u + 3u);  // A certificate and a key for each CA; and three documents.
  // To standard output, and nothing else there.
  std::vector<std::string> third = FleetArguments(Path("out"));
  third.insert(third.end(), {"--ndjson", "-", "--format", "json"});
  EXPECT_EQ(Expect(0, third).out, Text("one/fleet.ndjson"));
}

// The manifest foretells exactly what an audit against the registry beside it finds.
TEST_F(PkiCommand, FleetAuditsAsTheManifestSays) {
  const Outcome made = Expect(0, FleetArguments(Path("fleet")));
  EXPECT_NE(made.err.find("for development and tests only"), std::string::npos);
  const nlohmann::json manifest = test::ReadJsonFile(Path("fleet/manifest.json"));
  EXPECT_EQ(manifest.at("schema"), "muster-fleet-manifest/1");
  std::uint64_t planted = 0;
  for (const auto& fault : manifest.at("faults")) {
    EXPECT_GT(fault.at("devices").get<int>(), 0) << fault;
    planted += fault.at("devices").get<std::uint64_t>();
  }
  EXPECT_EQ(planted, 100u);

  Registry registry = Must(Registry::Open(Path("registry.db")));
  EXPECT_EQ(Must(registry.ImportJson(Text("fleet/registry.json"))),
            std::vector<std::string>{"fleet"});
  const auto snapshot = Must(registry.Snapshot("fleet"));
  for (const LinkSource links : {LinkSource::kPresented, LinkSource::kRegistry}) {
    AuthenticationOptions options;
    options.links = links;
    const Authenticator authenticator(snapshot, options);
    FleetAuditOptions audit_options;
    audit_options.at = Must(ParseRfc3339("2026-06-15T12:00:00Z"));
    FleetAudit audit(authenticator, audit_options);
    std::istringstream none;
    const AuditReport report =
        Must(audit.Run({Path("fleet/fleet.ndjson")}, none, [](const AuditRecord&) {}));
    const nlohmann::json& expected = manifest.at("expected").at(std::string(NameOf(links)));
    EXPECT_EQ(report.accepted, expected.at("accepted"));
    EXPECT_EQ(report.rejected, expected.at("rejected"));
    EXPECT_EQ(report.unreadable, expected.at("unreadable"));
    EXPECT_EQ(nlohmann::json(report.by_reason), expected.at("by_reason"));
  }
}

TEST_F(PkiCommand, FleetRefusals) {
  Expect(0, FleetArguments(Path("fleet")));
  Expect(2, FleetArguments(Path("fleet")));  // It exists.
  std::vector<std::string> forced = FleetArguments(Path("fleet"));
  forced.push_back("--force");
  Expect(0, forced);
  Expect(2, {"pki", "fleet"});
  Expect(2, {"pki", "fleet", "--out", Path("a"), "--roots", "0"});
  Expect(2, {"pki", "fleet", "--out", Path("a"), "--fault-rate", "2"});
  Expect(2, {"pki", "fleet", "--out", Path("a"), "--threads", "0"});
  EXPECT_FALSE(fs::exists(Path("a")));
  std::ofstream(Path("file")) << "x";
  Expect(5, {"pki", "fleet", "--out", Path("file/below")});
}

}  // namespace
}  // namespace muster::cli
