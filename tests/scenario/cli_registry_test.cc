// The verbs that change the registry, run as a user runs them.
#include <regex>

#include "tests/scenario/cli_fixture.h"

namespace muster::test {
namespace {

using nlohmann::json;

class RegistryVerbs : public CommandTest {
 protected:
  // A proof that stays valid as long as these tests are run.
  std::string Proof(const std::string& code, const Entity& signer) const {
    const UnixTime begin = Must(ParseRfc3339("2020-01-01")), end = Must(ParseRfc3339("2120-01-01"));
    return scratch_.Write(
        "proof.pem",
        EncodePem(Must(IssueProof(code, signer.certificate(), signer.key(), begin, end)),
                  "CERTIFICATE"));
  }
  std::string Code(const std::string& ca) const {
    std::string code = Ok({"ca", "code", ca}).out;
    EXPECT_TRUE(std::regex_match(code, std::regex("[0-9A-F]{48}\n"))) << code;
    code.pop_back();
    return code;
  }
};

TEST_F(RegistryVerbs, ServicesAreAddedListedAndRemoved) {
  const CommandResult added = Ok({"service", "add", "demo"});
  EXPECT_EQ(added.out, "");
  EXPECT_NE(added.err.find("added service 'demo'"), std::string::npos);
  EXPECT_EQ(Json({"service", "add", "other"}),
            json::parse(R"({"schema":"muster-service/1","service":"other"})"));
  Fails(4, "demo", {"service", "add", "demo"});
  const json list = Json({"service", "list"});
  EXPECT_EQ(list.at("schema"), "muster-service-list/1");
  ASSERT_EQ(list.at("services").size(), 2u);
  EXPECT_EQ(list.at("services")[0].at("service"), "demo");
  EXPECT_EQ(list.at("services")[0].at("cas"), 0);
  EXPECT_EQ(Ok({"service", "list"}).out.find("SERVICE"), 0u);

  Ok({"ca", "add", "root", root_pem_, "--service", "other"});
  Fails(4, "other", {"service", "rm", "other"});
  Ok({"service", "rm", "other", "--force"});
  Fails(4, "other", {"service", "rm", "other"});
  EXPECT_EQ(Json({"service", "list"}).at("services").size(), 1u);
}

TEST_F(RegistryVerbs, TheOnlyServiceIsTheDefault) {
  Ok({"registry", "init"});
  Fails(4, "no provisioning service", {"ca", "list"});
  Ok({"service", "add", "one"});
  Ok({"ca", "list"});
  Ok({"service", "add", "two"});
  Fails(2, "several services ('one', 'two')", {"ca", "list"});
  Ok({"ca", "list", "--service", "two"});
  Ok({"--service", "two", "ca", "list"});
  environment_.push_back("MUSTER_SERVICE=two");
  Ok({"ca", "list"});
  Fails(4, "three", {"ca", "list", "--service", "three"});
}

TEST_F(RegistryVerbs, CasAreRegisteredShownAndRemoved) {
  Ok({"service", "add", "demo"});
  const json added = Json({"ca", "add", "root", root_pem_});
  EXPECT_EQ(added.at("schema"), "muster-ca/1");
  EXPECT_EQ(added.at("service"), "demo");
  EXPECT_EQ(added.at("name"), "root");
  EXPECT_EQ(added.at("status"), "unverified");
  EXPECT_EQ(added.at("method"), "none");
  EXPECT_EQ(added.at("verified_at"), nullptr);
  EXPECT_EQ(added.at("certificate").at("sha256"), root_.fingerprint().hex());
  EXPECT_EQ(added.at("certificate").at("sha1"), Sha1Thumbprint(root_.der()));
  EXPECT_EQ(added.at("certificate").at("subject"), "CN=Root");
  EXPECT_EQ(added.at("certificate").at("key"), "P-256");

  const json list = Json({"ca", "list"});
  EXPECT_EQ(list.at("schema"), "muster-ca-list/1");
  EXPECT_EQ(list.at("cas").size(), 1u);
  EXPECT_NE(Ok({"ca", "list"}).out.find("unverified"), std::string::npos);
  const json shown = Json({"ca", "show", "root"});
  EXPECT_EQ(shown.at("pem"), EncodePem(root_.der(), "CERTIFICATE"));
  const std::string table = Ok({"ca", "show", "root"}).out;
  EXPECT_NE(table.find(root_.fingerprint().hex()), std::string::npos);
  EXPECT_NE(table.find("BEGIN CERTIFICATE"), std::string::npos);

  Fails(4, "nobody", {"ca", "show", "nobody"});
  EXPECT_EQ(Json({"ca", "rm", "root"}).at("ca"), "root");
  Fails(4, "root", {"ca", "rm", "root"});
  EXPECT_TRUE(Json({"ca", "list"}).at("cas").empty());
}

TEST_F(RegistryVerbs, ALeafIsNoCa) {
  Ok({"service", "add", "demo"});
  const std::string leaf = Pem("leaf.pem", {device_});
  Fails(2, "is not a CA certificate", {"ca", "add", "leaf", leaf});
  Fails(3, "2 certificates", {"ca", "add", "chain", chain_pem_});
}

TEST_F(RegistryVerbs, OtherBytesReplaceOnRequestOnly) {
  Ok({"service", "add", "demo"});
  Ok({"ca", "add", "root", root_pem_, "--verified", "--why", "offline"});
  Ok({"ca", "add", "root", root_pem_});  // The same bytes change nothing.
  EXPECT_EQ(Json({"ca", "show", "root"}).at("status"), "verified");
  Fails(4, "--replace", {"ca", "add", "root", factory_pem_});
  EXPECT_EQ(Json({"ca", "show", "root"}).at("status"), "verified");
  const json replaced = Json({"ca", "add", "root", factory_pem_, "--replace"});
  EXPECT_EQ(replaced.at("status"), "unverified");
  EXPECT_EQ(replaced.at("certificate").at("sha256"), factory_.fingerprint().hex());
}

TEST_F(RegistryVerbs, SelfAttestationNeedsAReason) {
  Ok({"service", "add", "demo"});
  Fails(2, "--why", {"ca", "add", "root", root_pem_, "--verified"});
  const json verified =
      Json({"ca", "add", "root", root_pem_, "--verified", "--why", "offline root"});
  EXPECT_EQ(verified.at("status"), "verified");
  EXPECT_EQ(verified.at("method"), "self-attested");
  EXPECT_TRUE(verified.at("verified_at").is_string());
  Ok({"ca", "add", "factory", factory_pem_});
  Fails(2, "--why", {"ca", "attest", "factory"});
  EXPECT_EQ(Json({"ca", "attest", "factory", "--why", "ceremony"}).at("method"), "self-attested");
  const std::string log = Ok({"registry", "log"}).out;
  EXPECT_NE(log.find("offline root"), std::string::npos);
  EXPECT_NE(log.find("ceremony"), std::string::npos);
}

TEST_F(RegistryVerbs, ACodeIsAloneOnStandardOutput) {
  Ok({"service", "add", "demo"});
  Ok({"ca", "add", "root", root_pem_});
  const CommandResult talk = Ok({"ca", "code", "root"});
  EXPECT_EQ(talk.out.size(), 49u);
  EXPECT_NE(talk.err.find("muster ca verify root --proof FILE"), std::string::npos);
  EXPECT_EQ(Ok({"ca", "code", "root", "--quiet"}).err, "");
  const json code = Json({"ca", "code", "root"});
  EXPECT_EQ(code.at("schema"), "muster-code/1");
  EXPECT_EQ(code.at("code").get<std::string>().size(), 48u);
  EXPECT_EQ(code.at("generation"), 3);
  const json pending = Json({"ca", "show", "root"}).at("code");
  EXPECT_EQ(pending.at("generation"), 3);
  EXPECT_EQ(pending.at("bad_proofs"), 0);
  EXPECT_EQ(pending.at("expires"), code.at("expires"));
  Fails(4, "nobody", {"ca", "code", "nobody"});
}

TEST_F(RegistryVerbs, ProofOfPossession) {
  Ok({"service", "add", "demo"});
  Ok({"ca", "add", "root", root_pem_});
  Ok({"ca", "add", "factory", factory_pem_});
  const std::string first = Code("factory"), second = Code("factory");
  EXPECT_NE(first, second);
  Fails(1, "verification code", {"ca", "verify", "factory", "--proof", Proof(first, factory_)});
  // Signed with the root's key, which is registered: the message says so.
  Fails(1, "root", {"ca", "verify", "factory", "--proof", Proof(second, root_)});
  CommandResult refused =
      Run({"ca", "verify", "factory", "--proof", Proof(second, root_), "--format", "json"});
  EXPECT_EQ(refused.status, 1);
  const json error = json::parse(refused.err);
  EXPECT_EQ(error.at("schema"), "muster-error/1");
  EXPECT_EQ(error.at("error").at("code"), "refused");
  EXPECT_EQ(error.at("error").at("reason"), "proof-issuer-mismatch");
  EXPECT_EQ(error.at("error").at("reason_number"), 606);
  const json verified = Json({"ca", "verify", "factory", "--proof", Proof(second, factory_)});
  EXPECT_EQ(verified.at("status"), "verified");
  EXPECT_EQ(verified.at("method"), "proof-of-possession");
  Fails(3, "no-such-file", {"ca", "verify", "root", "--proof", "no-such-file"});
  Fails(2, "--proof", {"ca", "verify", "root"});
}

TEST_F(RegistryVerbs, StaleETagsChangeNothing) {
  Ok({"service", "add", "demo"});
  const std::string etag = Json({"ca", "add", "root", root_pem_}).at("etag");
  Ok({"ca", "code", "root"});  // Bumps the ETag.
  Fails(4, "", {"ca", "rm", "root", "--etag", etag});
  Fails(4, "", {"ca", "attest", "root", "--why", "x", "--etag", etag});
  Fails(4, "", {"ca", "code", "root", "--etag", etag});
  Fails(4, "", {"ca", "add", "root", factory_pem_, "--etag", etag});
  const std::string current = Json({"ca", "show", "root"}).at("etag");
  Ok({"ca", "rm", "root", "--etag", current});
}

TEST_F(RegistryVerbs, Groups) {
  Ok({"service", "add", "demo"});
  Ok({"ca", "add", "root", root_pem_});
  Fails(2, "--certificate", {"group", "add", "line-1"});
  Fails(2, "--certificate",
        {"group", "add", "line-1", "--certificate", factory_pem_, "--ca", "root"});
  Fails(2, "--certificate", {"group", "add", "line-1", "--secondary", factory_pem_});
  Fails(4, "nobody", {"group", "add", "line-1", "--ca", "nobody"});
  const json added = Json({"group", "add", "line-1", "--certificate", factory_pem_});
  EXPECT_EQ(added.at("schema"), "muster-group/1");
  EXPECT_EQ(added.at("enabled"), true);
  EXPECT_EQ(added.at("certificates")[0].at("sha256"), factory_.fingerprint().hex());
  Fails(4, "exists", {"group", "add", "line-1", "--ca", "root"});
  Fails(4, "", {"group", "add", "line-2", "--certificate", factory_pem_});
  EXPECT_EQ(Json({"group", "add", "line-1", "--ca", "root", "--replace"}).at("cas")[0], "root");
  EXPECT_EQ(Json({"group", "disable", "line-1"}).at("enabled"), false);
  EXPECT_EQ(Json({"group", "show", "line-1"}).at("enabled"), false);
  EXPECT_NE(Ok({"group", "show", "line-1"}).out.find("disabled"), std::string::npos);
  EXPECT_EQ(Json({"group", "enable", "line-1"}).at("enabled"), true);
  EXPECT_EQ(Json({"group", "list"}).at("groups").size(), 1u);
  EXPECT_NE(Ok({"group", "list"}).out.find("CA 'root'"), std::string::npos);
  Fails(4, "", {"ca", "rm", "root"});  // The group refers to it.
  Fails(4, "", {"group", "disable", "line-1", "--etag", "stale"});
  Ok({"group", "rm", "line-1"});
  Fails(4, "line-1", {"group", "rm", "line-1"});
  Fails(4, "line-1", {"group", "show", "line-1"});
  Fails(4, "line-1", {"group", "enable", "line-1"});
  EXPECT_EQ(Json({"group", "add", "off", "--ca", "root", "--disabled"}).at("enabled"), false);
}

TEST_F(RegistryVerbs, Enrollments) {
  Ok({"service", "add", "demo"});
  const std::string leaf = Pem("leaf.pem", {device_});
  const json added = Json({"enrollment", "add", "device-1", "--certificate", leaf});
  EXPECT_EQ(added.at("schema"), "muster-enrollment/1");
  EXPECT_EQ(added.at("registration_id"), "device-1");
  Fails(4, "exists", {"enrollment", "add", "device-1", "--certificate", leaf});
  Ok({"enrollment", "add", "device-1", "--certificate", leaf, "--replace", "--disabled"});
  EXPECT_EQ(Json({"enrollment", "show", "device-1"}).at("enabled"), false);
  EXPECT_NE(Ok({"enrollment", "show", "device-1"}).out.find("disabled"), std::string::npos);
  EXPECT_EQ(Json({"enrollment", "enable", "device-1"}).at("enabled"), true);
  EXPECT_EQ(Json({"enrollment", "disable", "device-1"}).at("enabled"), false);
  EXPECT_EQ(Json({"enrollment", "list"}).at("enrollments").size(), 1u);
  EXPECT_NE(Ok({"enrollment", "list"}).out.find("device-1"), std::string::npos);
  Fails(2, "", {"enrollment", "add", "bad id", "--certificate", leaf});
  Ok({"enrollment", "rm", "device-1"});
  Fails(4, "device-1", {"enrollment", "rm", "device-1"});
}

TEST_F(RegistryVerbs, Crls) {
  UsualRegistry();
  Ok({"ca", "add", "factory", factory_pem_});
  const Bytes der = w_.Crl(factory_, {device_});
  const std::string crl = scratch_.Write("factory.crl", EncodePem(der, "X509 CRL"));
  EXPECT_EQ(Run({"authenticate", "--at", at_, chain_pem_}).status, 0);
  const json added = Json({"crl", "add", "factory", crl});
  EXPECT_EQ(added.at("crls")[0].at("sha256"), Fingerprint::Of(der).hex());
  const json held = Json({"crl", "list"}).at("crls")[0];
  EXPECT_EQ(held.at("ca"), "factory");
  EXPECT_EQ(held.at("issuer"), "CN=Factory");
  EXPECT_EQ(held.at("this_update"), "2026-06-14T12:00:00Z");
  EXPECT_EQ(held.at("next_update"), "2026-07-15T12:00:00Z");
  EXPECT_EQ(held.at("number"), "01");
  EXPECT_EQ(held.at("delta"), false);
  EXPECT_EQ(held.at("revoked"), 1);
  EXPECT_NE(Ok({"crl", "list"}).out.find("2026-07-15"), std::string::npos);
  EXPECT_EQ(Run({"authenticate", "--at", at_, chain_pem_}).status, 1);
  Ok({"crl", "rm", "factory"});
  EXPECT_EQ(Run({"authenticate", "--at", at_, chain_pem_}).status, 0);
  Fails(3, "no CRL", {"crl", "add", "factory", factory_pem_});
  Fails(4, "nobody", {"crl", "add", "nobody", crl});
}

TEST_F(RegistryVerbs, Denials) {
  UsualRegistry();
  Ok({"ca", "add", "factory", factory_pem_});
  const std::string leaf = Pem("leaf.pem", {device_});
  std::string serial;
  for (std::uint8_t octet : device_.view().serial())
    serial += "0123456789abcdef"[octet >> 4], serial += "0123456789abcdef"[octet & 15];
  const std::vector<Arguments> ways = {{leaf},
                                       {"--fingerprint", device_.fingerprint().hex()},
                                       {"--ca", "factory", "--serial", serial}};
  for (const Arguments& way : ways) {
    Arguments add = {"deny", "add"}, rm = {"deny", "rm"};
    add.insert(add.end(), way.begin(), way.end());
    rm.insert(rm.end(), way.begin(), way.end());
    add.insert(add.end(), {"--comment", "stolen"});
    EXPECT_EQ(Json(add).at("comment"), "stolen");
    EXPECT_EQ(Json({"deny", "list"}).at("denied").size(), 1u);
    EXPECT_NE(Ok({"deny", "list"}).out.find("stolen"), std::string::npos);
    EXPECT_NE(Run({"authenticate", "--at", at_, chain_pem_}).out.find("denied"), std::string::npos);
    Ok(rm);
    EXPECT_EQ(Run({"authenticate", "--at", at_, chain_pem_}).status, 0);
  }
  Fails(2, "one of", {"deny", "add"});
  Fails(2, "one of", {"deny", "add", leaf, "--fingerprint", device_.fingerprint().hex()});
  Fails(2, "one of", {"deny", "add", "--ca", "factory"});
  Fails(2, "64 hex digits", {"deny", "add", "--fingerprint", "12"});
  Fails(2, "hex digits", {"deny", "add", "--ca", "factory", "--serial", "xyz"});
  Fails(4, "nobody", {"deny", "add", "--ca", "nobody", "--serial", "01"});
}

TEST_F(RegistryVerbs, ExportAndImport) {
  UsualRegistry();
  const std::string document = Ok({"registry", "export"}).out;
  EXPECT_EQ(json::parse(document).at("schema"), "muster-registry/1");
  environment_.front() = "MUSTER_REGISTRY=" + scratch_.At("copy.db");
  EXPECT_EQ(Json({"registry", "import", "-"}, document).at("services")[0], "demo");
  EXPECT_EQ(Run({"authenticate", "--at", at_, chain_pem_}).status, 0);
  Fails(4, "--replace", {"registry", "import", "-"}, document);
  Ok({"registry", "import", "-", "--replace"}, document);
  Fails(3, "standard input", {"registry", "import", "-"}, "not json");
  Fails(3, "no-such-file", {"registry", "import", "no-such-file"});
  EXPECT_EQ(json::parse(Ok({"registry", "export", "--all"}).out).at("services").size(), 1u);
}

TEST_F(RegistryVerbs, LintLogAndGraph) {
  UsualRegistry();
  Ok({"ca", "rm", "root"});
  const CommandResult lint = Run({"registry", "lint", "--at", at_, "--format", "json"});
  EXPECT_EQ(lint.status, 1);
  EXPECT_EQ(lint.json().at("findings")[0].at("rule"), "group-reaches-no-verified-ca");
  EXPECT_NE(Run({"registry", "lint", "--at", at_}).out.find("group 'line-1'"), std::string::npos);
  const json log = Json({"registry", "log"});
  EXPECT_EQ(log.at("entries")[0].at("action"), "service-created");
  EXPECT_EQ(log.at("entries").back().at("action"), "ca-deleted");
  EXPECT_EQ(Json({"registry", "log", "--all"}).at("entries").size(), log.at("entries").size());
  EXPECT_EQ(Ok({"graph"}).out.find("digraph"), 0u);
  EXPECT_NE(Json({"graph"}).at("dot").get<std::string>().find("Factory"), std::string::npos);
}

TEST_F(RegistryVerbs, AFileThatIsNoRegistryIsLeftAlone) {
  const std::string path = scratch_.Write("notes.txt", "These are notes, and no registry at all.");
  environment_.front() = "MUSTER_REGISTRY=" + path;
  Fails(4, "notes.txt", {"service", "add", "demo"});
  Fails(4, "notes.txt", {"ca", "list"});
  EXPECT_EQ(ReadFile(path), "These are notes, and no registry at all.");
  environment_.front() = "MUSTER_REGISTRY=" + scratch_.At("nothing.db");
  Fails(4, "nothing.db", {"ca", "list"});
  EXPECT_FALSE(std::filesystem::exists(scratch_.At("nothing.db")));
  environment_.erase(environment_.begin());
  Fails(2, "MUSTER_REGISTRY", {"ca", "list"});
}

}  // namespace
}  // namespace muster::test
