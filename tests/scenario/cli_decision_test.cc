// authenticate, explain and validate, run as a user runs them, and the whole way of a CA by hand.
#include "tests/scenario/cli_fixture.h"

namespace muster::test {
namespace {

using nlohmann::json;

class DecisionVerbs : public CommandTest {
 protected:
  void Says(const std::string& text, const std::string& part) const {
    EXPECT_NE(text.find(part), std::string::npos) << "no '" << part << "' in\n" << text;
  }
};

TEST_F(DecisionVerbs, TheWholeWayOfACa) {
  Ok({"service", "add", "demo"});
  Ok({"ca", "add", "root", root_pem_});
  Ok({"group", "add", "line-1", "--certificate", factory_pem_});
  const Arguments authenticate = {"authenticate", "--at", at_, chain_pem_};
  const Arguments explain = {"explain", "--at", at_, chain_pem_};
  Says(Run(authenticate).out, "not-rolled-up-to-verified");

  std::string code = Ok({"ca", "code", "root"}).out;
  code.pop_back();
  const Bytes proof =
      Must(IssueProof(code, root_.certificate(), root_.key(), Must(ParseRfc3339("2020-01-01")),
                      Must(ParseRfc3339("2120-01-01"))));
  Ok({"ca", "verify", "root", "--proof", "-"}, EncodePem(proof, "CERTIFICATE"));
  const json accepted = Json(authenticate);
  EXPECT_EQ(accepted.at("decision"), "accept");
  EXPECT_EQ(accepted.at("anchor"), root_.fingerprint().hex());
  EXPECT_EQ(accepted.at("anchor_name"), "root");
  Says(Run(explain).out, "path 1 of 1: accepts");

  Ok({"group", "disable", "line-1"});
  const CommandResult disabled = Run(authenticate);
  EXPECT_EQ(disabled.status, 1);
  Says(disabled.out, "group-disabled (504)");
  const CommandResult why_disabled = Run(explain);
  EXPECT_EQ(why_disabled.status, 1);
  Says(why_disabled.out, "stopped by CN=Factory");
  Says(why_disabled.out, "muster group enable line-1");

  Ok({"group", "enable", "line-1"});
  Ok({"ca", "rm", "root"});
  const CommandResult deleted = Run(authenticate);
  EXPECT_EQ(deleted.status, 1);
  Says(deleted.out, "not-rolled-up-to-verified (501)");
  const CommandResult why_deleted = Run(explain);
  Says(why_deleted.out, "CN=Root");
  Says(why_deleted.out, "stopped by CN=Factory");

  // The same intermediate in another service, where nobody proved anything.
  Ok({"service", "add", "attacker"});
  Ok({"ca", "add", "factory", factory_pem_, "--service", "attacker"});
  Ok({"group", "add", "mine", "--certificate", factory_pem_, "--service", "attacker"});
  const CommandResult hijacked =
      Run({"authenticate", "--at", at_, chain_pem_, "--service", "attacker"});
  EXPECT_EQ(hijacked.status, 1);
  Says(hijacked.out, "not-rolled-up-to-verified (501)");
}

TEST_F(DecisionVerbs, AuthenticateWritesTheVerdict) {
  UsualRegistry();
  const json verdict = Json({"authenticate", "--at", at_, chain_pem_});
  EXPECT_EQ(verdict.at("schema"), "muster-verdict/1");
  EXPECT_EQ(verdict.at("service"), "demo");
  EXPECT_EQ(verdict.at("at"), at_);
  EXPECT_EQ(verdict.at("reason"), "none");
  EXPECT_EQ(verdict.at("reason_number"), 0);
  EXPECT_EQ(verdict.at("chain_index"), -1);
  EXPECT_EQ(verdict.at("enrollment"), json::parse(R"({"kind":"group","id":"line-1"})"));
  EXPECT_EQ(verdict.at("registration_id"), "device-1");
  EXPECT_EQ(verdict.at("path"),
            json::array({device_.fingerprint().hex(), factory_.fingerprint().hex(),
                         root_.fingerprint().hex()}));
  EXPECT_EQ(verdict.at("generation"), Json({"service", "list"}).at("services")[0].at("generation"));
  // One line, the same document.
  const CommandResult line = Ok({"authenticate", "--at", at_, chain_pem_, "--format", "ndjson"});
  EXPECT_EQ(line.json(), verdict);
  EXPECT_EQ(std::count(line.out.begin(), line.out.end(), '\n'), 1);
  EXPECT_EQ(Ok({"authenticate", "--at", at_, chain_pem_}).out,
            "accepted  device 'device-1' through group 'line-1', anchor 'root'\n");
}

TEST_F(DecisionVerbs, APinnedLeafHasNoAnchor) {
  Ok({"service", "add", "demo"});
  const std::string leaf = Pem("leaf.pem", {w_.SelfSignedLeaf("pump")});
  Ok({"enrollment", "add", "pump", "--certificate", leaf});
  EXPECT_EQ(Ok({"authenticate", "--at", at_, leaf}).out,
            "accepted  device 'pump' through individual 'pump', by its own certificate\n");
  const json verdict = Json({"authenticate", "--at", at_, leaf});
  EXPECT_EQ(verdict.at("anchor"), nullptr);
  EXPECT_EQ(verdict.at("anchor_name"), nullptr);
  Says(Run({"explain", "--at", at_, leaf}).out, "accepted");
}

TEST_F(DecisionVerbs, ChainsComeInEveryEncoding) {
  UsualRegistry();
  const std::string leaf = Pem("leaf.pem", {device_});
  Ok({"authenticate", "--at", at_, leaf, "--untrusted", factory_pem_});
  Ok({"authenticate", "--at", at_, "--untrusted", root_pem_, "--untrusted", factory_pem_, leaf});
  Ok({"authenticate", "--at", at_, "-"}, ReadFile(chain_pem_));
  Ok({"authenticate", "--at", at_, leaf, "--untrusted", "-"}, ReadFile(factory_pem_));
  Bytes der = device_.bytes();
  der.insert(der.end(), factory_.bytes().begin(), factory_.bytes().end());
  Ok({"authenticate", "--at", at_,
      scratch_.Write("chain.der", {reinterpret_cast<char*>(der.data()), der.size()})});
  const CommandResult bag =
      RunProgram({"openssl", "crl2pkcs7", "-nocrl", "-certfile", root_pem_, "-certfile",
                  factory_pem_, "-certfile", leaf, "-out", scratch_.At("chain.p7b")});
  if (bag.status == 0) {
    // A bag has no order, and this one begins with the root.
    Ok({"authenticate", "--at", at_, scratch_.At("chain.p7b")});
  }
}

TEST_F(DecisionVerbs, BadInputsAreNotRefusals) {
  UsualRegistry();
  Fails(3, "no-such-file", {"authenticate", "--at", at_, "no-such-file"});
  Fails(3, "", {"authenticate", "--at", at_, scratch_.path().string()});
  Fails(3, "standard input", {"authenticate", "--at", at_, "-"}, "garbage");
  Fails(3, "empty", {"authenticate", "--at", at_, "-"}, "");
  Fails(3, "no-such-file",
        {"authenticate", "--at", at_, chain_pem_, "--untrusted", "no-such-file"});
  Fails(2, "twice", {"authenticate", "--at", at_, "-", "--untrusted", "-"}, ReadFile(chain_pem_));
  Fails(2, "is not a time", {"authenticate", "--at", "yesterday", chain_pem_});
  Fails(2, "presented|registry", {"authenticate", "--links", "anywhere", chain_pem_});
  Fails(2, "rfc5280|dps-compat", {"authenticate", "--profile", "lax", chain_pem_});
  Fails(2, "", {"authenticate"});
  // A certificate that is malformed inside is a bad chain.
  Bytes broken = device_.bytes();
  broken[8] ^= 0xff;
  const CommandResult refused =
      Run({"authenticate", "--at", at_, "-"}, EncodePem(broken, "CERTIFICATE"));
  EXPECT_EQ(refused.status, 1) << refused.err;
}

TEST_F(DecisionVerbs, AuthenticateHonoursItsOptions) {
  UsualRegistry();
  const std::string leaf = Pem("leaf.pem", {device_});
  Says(Run({"authenticate", "--at", at_, leaf}).out, "link-not-presented (503), certificate 1");
  Ok({"authenticate", "--at", at_, leaf, "--links", "registry"});
  Says(Run({"authenticate", "--at", at_, chain_pem_, "--require-crl"}).out, "revocation-unknown");
  Says(Run({"authenticate", "--at", "2046-01-01", chain_pem_}).out, "expired");
  const Entity v1 = w_.Leaf("device-1", factory_, [](CertificateTemplate& t) { t.version = 1; });
  const std::string v1_pem = Pem("v1.pem", {v1, factory_});
  Says(Run({"authenticate", "--at", at_, v1_pem}).out, "leaf-version");
  Ok({"authenticate", "--at", at_, v1_pem, "--profile", "dps-compat"});
  Ok({"group", "add", "all", "--ca", "root", "--disabled"});
  Ok({"authenticate", "--at", at_, chain_pem_});
  Says(Run({"authenticate", "--at", at_, chain_pem_, "--any-disabled-blocks"}).out,
       "disabled-entry-on-path");
}

TEST_F(DecisionVerbs, ExplainDrawsTheChain) {
  UsualRegistry();
  const std::string tree = Ok({"explain", "--at", at_, chain_pem_}).out;
  const std::size_t root = tree.find("2 CN=Root"), factory = tree.find("\u2514\u2500 1 CN=Factory"),
                    device = tree.find("\u2514\u2500 0 CN=device-1");
  ASSERT_NE(root, std::string::npos) << tree;
  EXPECT_LT(root, factory);
  EXPECT_LT(factory, device);
  ASSERT_NE(device, std::string::npos) << tree;
  Says(tree, "registered as 'root', verified");
  Says(tree, "presented, group 'line-1' (enabled)");
  Says(tree, "SHA-256 " + device_.fingerprint().hex());
  Says(tree, "SHA-1   " + Sha1Thumbprint(device_.der()));
  Says(tree, "\u2713 form, key and algorithm");
  Says(tree, "P-256, valid ");
  // Without UTF-8, in ASCII.
  environment_[1] = "LC_ALL=C";
  const std::string ascii = Ok({"explain", "--at", at_, chain_pem_}).out;
  Says(ascii, "`- 0 CN=device-1");
  Says(ascii, "ok form, key and algorithm");
  EXPECT_TRUE(std::all_of(ascii.begin(), ascii.end(), [](char c) { return c > 0; }));
}

TEST_F(DecisionVerbs, ExplainReportsEveryFaultAtOnce) {
  UsualRegistry();
  const Entity bad = w_.Leaf("device 1", factory_, [&](CertificateTemplate& t) {
    t.not_after = w_.at() - std::chrono::seconds{1};
    t.extended_key_usage = {"1.3.6.1.5.5.7.3.1"};
  });
  Ok({"group", "disable", "line-1"});
  const std::string pem = Pem("bad.pem", {bad, factory_});
  const CommandResult result = Run({"explain", "--at", at_, pem});
  EXPECT_EQ(result.status, 1);
  for (const char* reason :
       {"expired", "leaf-extended-key-usage", "malformed-registration-id", "group-disabled"}) {
    Says(result.out, reason);
  }
  Says(result.out, "\u2717 validity: expired (303)");
  const json document = Run({"explain", "--at", at_, pem, "--format", "json"}).json();
  EXPECT_EQ(document.at("schema"), "muster-explanation/1");
  EXPECT_GE(document.at("paths").at(0).at("faults").size(), 3u);
  EXPECT_EQ(document.at("paths")[0].at("accepts"), false);
  const json& leaf = document.at("paths")[0].at("certificates")[0];
  EXPECT_EQ(leaf.at("depth"), 0);
  EXPECT_EQ(leaf.at("presented"), true);
  EXPECT_EQ(leaf.at("sha256"), bad.fingerprint().hex());
  bool validity_failed = false;
  for (const json& check : leaf.at("checks")) {
    if (check.at("check") == "validity") validity_failed = !check.at("passed").get<bool>();
  }
  EXPECT_TRUE(validity_failed);
  EXPECT_FALSE(document.at("remedies").empty());
}

TEST_F(DecisionVerbs, HostileNamesDoNotReachTheTerminal) {
  UsualRegistry();
  const Entity evil = w_.Leaf("device-1\x1b[2Jboo", factory_);
  const std::string pem = Pem("evil.pem", {evil, factory_});
  for (const char* verb : {"authenticate", "explain"}) {
    const CommandResult result = Run({verb, "--at", at_, pem});
    EXPECT_EQ(result.status, 1);
    EXPECT_EQ((result.out + result.err).find('\x1b'), std::string::npos) << verb;
  }
}

TEST_F(DecisionVerbs, Validate) {
  const Arguments base = {"validate", "--at", at_, "--anchor", root_pem_};
  const auto with = [&](Arguments more) {
    more.insert(more.begin(), base.begin(), base.end());
    return more;
  };
  environment_.clear();  // No registry is needed.
  const json valid = Json(with({chain_pem_}));
  EXPECT_EQ(valid.at("schema"), "muster-validation/1");
  EXPECT_EQ(valid.at("valid"), true);
  EXPECT_EQ(valid.at("reason"), "none");
  EXPECT_EQ(valid.at("path").size(), 3u);
  EXPECT_EQ(valid.at("path")[0].at("sha256"), device_.fingerprint().hex());
  const std::string leaf = Pem("leaf.pem", {device_});
  Ok(with({"--untrusted", factory_pem_, leaf}));
  const CommandResult lost = Run(with({leaf}));
  EXPECT_EQ(lost.status, 1);
  Says(lost.out, "not valid  issuer-not-found (300)");
  Says(Run(with({chain_pem_, "--eku", "serverAuth"})).out, "not valid");
  Ok(with({chain_pem_, "--eku", "any"}));
  Ok(with({chain_pem_, "--eku", "1.3.6.1.5.5.7.3.2"}));
  Fails(2, "--eku", with({chain_pem_, "--eku", "sometimes"}));
  Fails(2, "--policy", with({chain_pem_, "--policy", "none"}));
  Says(Run(with({chain_pem_, "--explicit-policy"})).out, "no-valid-policy");
  Says(Run(with({chain_pem_, "--require-crl"})).out, "revocation-unknown");
  const std::string crls =
      scratch_.Write("all.crl", EncodePem(w_.Crl(root_, {}), "X509 CRL") +
                                    EncodePem(w_.Crl(factory_, {}), "X509 CRL"));
  Ok(with({chain_pem_, "--require-crl", "--crl", crls}));
  const std::string revoking =
      scratch_.Write("bad.crl", EncodePem(w_.Crl(factory_, {device_}), "X509 CRL"));
  Says(Run(with({chain_pem_, "--crl", revoking})).out, "revoked");
  Fails(2, "--anchor", {"validate", chain_pem_});
  Fails(3, "nothing.pem", {"validate", "--anchor", "nothing.pem", chain_pem_});
  Fails(3, "no CRL", with({chain_pem_, "--crl", root_pem_}));
  Bytes broken = device_.bytes();
  broken[8] ^= 0xff;
  const CommandResult malformed = Run(with({"-"}), EncodePem(broken, "CERTIFICATE"));
  EXPECT_EQ(malformed.status, 1) << malformed.err;
  Says(malformed.out, "not valid");
}

}  // namespace
}  // namespace muster::test
