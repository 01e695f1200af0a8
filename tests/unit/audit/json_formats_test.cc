// Inventories in JSON: AWS IoT, Azure IoT Hub, Microchip manifests, log entries, SPIFFE, Vault.
#include <cctype>

#include "engine/der/der_reader.h"
#include "engine/pki/development_signer.h"
#include "tests/unit/audit/format_fixture.h"

namespace muster::test {
namespace {

class JsonFormatTest : public FormatTest {
 protected:
  static Json Aws(const Entity& device, const std::string& pem) {
    return {{"certificateDescription",
             {{"certificateId", device.fingerprint().hex()},
              {"status", "ACTIVE"},
              {"certificatePem", pem},
              {"validity", {{"notBefore", 1.7e9}, {"notAfter", 1.9e9}}}}}};
  }
  static Json Azure(const std::string& id, const std::string& thumbprint) {
    return {{"id", id},
            {"eTag", "MA=="},
            {"authentication",
             {{"symmetricKey", {{"primaryKey", kSecret}, {"secondaryKey", nullptr}}},
              {"x509Thumbprint",
               {{"primaryThumbprint", thumbprint}, {"secondaryThumbprint", nullptr}}},
              {"type", "selfSigned"}}}};
  }

  static std::string Url(std::string_view octets) {
    std::string text = base::EncodeBase64(base::AsBytes(octets));
    while (text.ends_with('=')) text.pop_back();
    for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
    return text;
  }
  // r and s of an ECDSA signature, 32 octets each (RFC 7518 3.4).
  static std::string RawSignature(const Bytes& der) {
    std::string raw;
    der::DerReader in(der);
    der::Element sequence, number;
    EXPECT_TRUE(in.ReadElement(der::kSequence, &sequence));
    der::DerReader numbers(sequence.content);
    while (!numbers.AtEnd() && numbers.Read(&number)) {
      std::string octets(base::AsText(number.content));
      octets.erase(0, octets.size() > 32 ? octets.size() - 32 : 0);
      raw += std::string(32 - octets.size(), '\0') + octets;
    }
    return raw;
  }
  static Json ManifestEntry(const std::string& id, const std::vector<Entity>& chain,
                            const Entity& signer, const Json& header = {{"alg", "ES256"}}) {
    Json x5c = Json::array();
    for (const Entity& entity : chain) x5c.push_back(Base64(entity));
    const Json payload{{"version", 1},
                       {"uniqueId", id},
                       {"publicKeySet", {{"keys", {{{"kid", "0"}, {"x5c", x5c}}}}}}};
    const std::string protected_part = Url(header.dump()), payload_part = Url(payload.dump());
    const Bytes signature = Must(DevelopmentSigner::Sign(
        signer.key(), {"SHA-256"}, base::AsBytes(protected_part + "." + payload_part)));
    return {{"payload", payload_part},
            {"protected", protected_part},
            {"header", {{"uniqueId", id}}},
            {"signature", Url(RawSignature(signature))}};
  }

  // RFC 6962 3.4 and 4.6.
  static std::string U24(std::size_t n) {
    return {static_cast<char>(n >> 16), static_cast<char>(n >> 8), static_cast<char>(n)};
  }
  static std::string Vector(const std::string& octets) { return U24(octets.size()) + octets; }
  static std::string B64(const std::string& octets) {
    return base::EncodeBase64(base::AsBytes(octets));
  }
};

TEST_F(JsonFormatTest, AwsDescriptionsInEveryShape) {
  const Json one = Aws(one_, Pem({one_, factory_})), two = Aws(two_, Pem({two_}));
  const Lines expected = {one_.fingerprint().hex() + " none",
                          two_.fingerprint().hex() + " link-not-presented"};
  EXPECT_EQ(Of(one.dump() + "\n" + two.dump() + "\n"), expected);
  EXPECT_EQ(records_[1].source.line, 2u);
  EXPECT_EQ(records_[1].source.offset, one.dump().size() + 1);
  EXPECT_EQ(Of(Json{one, two}.dump()), expected);
  EXPECT_EQ(Of(Json{one, two}.dump(2)), expected);
  EXPECT_EQ(Of("\xef\xbb\xbf" + one.dump(2) + "\n" + two.dump(2)), expected);
  // The description alone, as a query on the answer leaves it.
  EXPECT_EQ(Of(one["certificateDescription"].dump()), Lines{expected[0]});
}

TEST_F(JsonFormatTest, AnAwsIdThatIsNotTheCertificatesIsABadRecord) {
  Refuses(Aws(two_, Pem({one_})).dump(), "certificateId is not the SHA-256 fingerprint");
  EXPECT_EQ(records_[0].device_id, two_.fingerprint().hex());
  Json wrong = Aws(one_, Pem({one_}));
  wrong["certificateDescription"]["certificatePem"] = 7;
  Refuses(wrong.dump(), "not text");
  wrong["certificateDescription"]["certificatePem"] = kSecret;
  Refuses(wrong.dump(), "certificatePem: ");
}

TEST_F(JsonFormatTest, AListOfAwsIdsSaysWhatToDo) {
  const Json list{{"certificates",
                   {{{"certificateArn", "arn:x"}, {"certificateId", "00"}},
                    {{"certificateArn", "arn:y"}, {"certificateId", "01"}}}},
                  {"nextMarker", nullptr}};
  Refuses(list.dump(1), "lists 2 ids and holds no certificates");
  EXPECT_NE(records_[0].read_error.find("describe-certificate"), std::string::npos);
}

TEST_F(JsonFormatTest, AzureThumbprintsAreLookedUp) {
  options_.inventory.certificates = {Write("c/fleet.pem", Pem({one_, two_, factory_}))};
  Write("c/device.key", one_.key().ToPem());
  std::string sha256 = two_.fingerprint().hex();
  for (char& c : sha256) c = static_cast<char>(std::toupper(c));
  std::string sha1 = Sha1Thumbprint(one_.der());
  const Lines expected = {"a none", "b none"};
  EXPECT_EQ(Of(Azure("a", sha1).dump() + "\n" + Azure("b", sha256).dump()), expected);
  for (char& c : sha1) c = static_cast<char>(std::tolower(c));
  EXPECT_EQ(Of(Azure("a", sha1).dump() + "\n" + Azure("b", two_.fingerprint().hex()).dump()),
            expected);
  // The array of a list command, by its other name of the id; a folder of certificates.
  options_.inventory.certificates = {folder_.At("c")};
  Json listed = Azure("", sha1);
  listed.erase("id");
  listed["deviceId"] = "a";
  EXPECT_EQ(Of(Json{listed}.dump(2)), Lines{"a none"});
  // Both thumbprints: each certificate may authenticate the device.
  listed["authentication"]["x509Thumbprint"]["secondaryThumbprint"] = sha256;
  EXPECT_EQ(Of(Json{listed}.dump()), (Lines{"a none", "a none"}));
  EXPECT_EQ(records_[1].leaf, two_.fingerprint());
}

TEST_F(JsonFormatTest, AzureDevicesWithoutCertificateAreRecordsThatSaySo) {
  Json device = Azure("a", "");
  Refuses(device.dump(), "has no thumbprint");
  device["authentication"]["type"] = "sas";
  Refuses(device.dump(), "symmetric key");
  EXPECT_EQ(records_[0].device_id, "a");
  device["authentication"]["type"] = "certificateAuthority";
  Refuses(device.dump(), "through a CA");
  Refuses(Azure("a", Sha1Thumbprint(one_.der())).dump(), "--certificates");
  Refuses(Azure("a", kSecret).dump(), "not 40 or 64 hex digits");
  options_.inventory.certificates = {Write("two.pem", Pem({two_}))};
  Refuses(Azure("a", Sha1Thumbprint(one_.der())).dump(), "no certificate that was given");
  device["authentication"] = kSecret;
  Refuses(device.dump(), "no object");
}

TEST_F(JsonFormatTest, CertificatesToLookUpMustBeThere) {
  std::istringstream none;
  for (const std::string& path : {Write("not.pem", "hello"), folder_.At("gone")}) {
    options_.inventory.certificates = {path};
    const auto report =
        FleetAudit(authenticator_, options_).Run({"-"}, none, [](const AuditRecord&) {});
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, ErrorCode::kUnreadableInput);
    EXPECT_NE(report.error().message.find(path), std::string::npos);
  }
}

TEST_F(JsonFormatTest, ManifestsAreCheckedWhereTheSignerIsGiven) {
  const Entity signer = w_.SelfSignedLeaf("log");
  const Json good = ManifestEntry("01", {one_, factory_}, signer);
  const std::string manifest = Json{good, ManifestEntry("02", {two_}, root_)}.dump(2);
  EXPECT_EQ(Of(manifest), (Lines{"01 none", "02 link-not-presented"}));
  ASSERT_EQ(report_.notes.size(), 1u);
  EXPECT_NE(report_.notes[0].find("not checked"), std::string::npos);
  const std::string pem = Pem({signer}), key = EncodePem(signer.spki(), "PUBLIC KEY");
  const Bytes spki = signer.spki();
  const Lines expected = {"01 none", "02: the signature of the manifest entry is not the signer's"};
  for (const Bytes& given : {Bytes(pem.begin(), pem.end()), Bytes(key.begin(), key.end()),
                             signer.bytes(), spki}) {
    options_.inventory.manifest_signer = given;
    EXPECT_EQ(Of(manifest), expected);
    EXPECT_TRUE(report_.notes.empty());
  }
  EXPECT_FALSE(records_[1].verdict.accepted());
  // Any change of what was signed, and any other algorithm.
  Json changed = good;
  changed["payload"] = ManifestEntry("03", {one_, factory_}, signer)["payload"];
  Refuses(Json{changed}.dump(), "not the signer's");
  changed = good;
  changed["signature"] = Url("short");
  Refuses(Json{changed}.dump(), "not the signer's");
  changed["signature"] = "***";
  Refuses(Json{changed}.dump(), "not base64url");
  changed.erase("signature");
  Refuses(Json{changed}.dump(), "missing");
  Refuses(Json{ManifestEntry("01", {one_}, signer, {{"alg", "none"}})}.dump(), "ES256");
  Refuses(Json{ManifestEntry("01", {one_}, signer, {{"alg", "ES256"}, {"crit", {"b64"}}})}.dump(),
          "ES256");
}

TEST_F(JsonFormatTest, ManifestEntriesThatHoldNoChain) {
  const Entity signer = w_.SelfSignedLeaf("log");
  Refuses(Json{ManifestEntry("01", {}, signer)}.dump(), "x5c is no array");
  Json entry = ManifestEntry("01", {one_}, signer);
  entry["payload"] = Url(R"({"uniqueId":"01","publicKeySet":{"keys":[{"kid":"0"}]}})");
  Refuses(Json{entry}.dump(), "holds no certificate");
  entry["payload"] = Url(R"({"uniqueId":1})");
  Refuses(Json{entry}.dump(), "uniqueId is not text");
  entry["payload"] = Url("[]");
  Refuses(Json{entry}.dump(), "not base64url of a JSON object");
  entry["payload"] =
      Url(R"({"uniqueId":"01","publicKeySet":{"keys":[{"x5c":["MII","bad",3]}]}})");
  Refuses(Json{entry}.dump(), "certificate 0 is not base64");
  Refuses(Json{ManifestEntry("01", std::vector<Entity>(12, one_), signer)}.dump(), "limit of 11");
}

TEST_F(JsonFormatTest, ASignerThatCannotSignManifestsIsAnArgumentError) {
  const Entity other = w_.SelfSignedLeaf("other", {.key = KeyKind::kP384});
  std::istringstream none;
  const std::string malformed = EncodePem(Bytes{0x30, 0x02, 0x05, 0x00}, "CERTIFICATE");
  for (const Bytes& signer :
       {other.bytes(), Bytes{'x'}, Bytes(malformed.begin(), malformed.end())}) {
    options_.inventory.manifest_signer = signer;
    const auto report =
        FleetAudit(authenticator_, options_).Run({"-"}, none, [](const AuditRecord&) {});
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, ErrorCode::kInvalidArgument);
  }
}

TEST_F(JsonFormatTest, LogEntries) {
  const std::string head(10, '\0');  // Version, leaf type, timestamp.
  const std::string x509 = head + std::string(2, '\0') + Vector(Der(one_)) + std::string(2, '\0');
  const std::string chain = Vector(Vector(Der(factory_)) + Vector(Der(root_)));
  const std::string precert = head + std::string("\0\1", 2) + std::string(32, 'k') +
                              Vector("tbs") + std::string(2, '\0');
  const Json good{{"leaf_input", B64(x509)}, {"extra_data", B64(chain)}};
  const Json pre{{"leaf_input", B64(precert)}, {"extra_data", B64(Vector(Der(two_)) + chain)}};
  EXPECT_EQ(Of(Json{{"entries", {good, pre}}}.dump()), (Lines{" none", " none"}));
  EXPECT_EQ(records_[1].leaf, two_.fingerprint());
  // Truncated anywhere, it is no entry.
  for (std::size_t size = 0; size + 2 < x509.size(); size += 37) {
    const Json cut{{"leaf_input", B64(x509.substr(0, size))}, {"extra_data", B64(chain)}};
    Refuses(Json{{"entries", {cut}}}.dump(), "RFC 6962");
  }
  for (const std::string& extra : {std::string(), chain.substr(1), Vector(U24(9) + "x")}) {
    const Json cut{{"leaf_input", B64(x509)}, {"extra_data", B64(extra)}};
    Refuses(Json{{"entries", {cut}}}.dump(), "RFC 6962");
  }
}

// Each field of RFC 6962 3.1 and 4.6 as it must not be.
TEST_F(JsonFormatTest, LogEntriesOfOtherForms) {
  const auto leaf = [&](const std::string& version_and_type, const std::string& entry) {
    return version_and_type + std::string(8, 't') + entry;
  };
  const std::string v1("\0\0", 2), x509("\0\0", 2), precert("\0\1", 2);
  const std::string certificate = Vector(Der(one_)), above = Vector(Vector(Der(factory_)));
  const std::string tbs = precert + std::string(32, 'k') + Vector("tbs");
  const auto entry = [](const std::string& leaf_input, const std::string& extra_data) {
    return Json{{"entries", {{{"leaf_input", B64(leaf_input)}, {"extra_data", B64(extra_data)}}}}}
        .dump();
  };
  ASSERT_EQ(Of(entry(leaf(v1, x509 + certificate), above)), Lines{" none"});
  ASSERT_EQ(Of(entry(leaf(v1, tbs), certificate + above)), Lines{" none"});
  const std::pair<std::string, std::string> bad[] = {
      {leaf(std::string("\1\0", 2), x509 + certificate), above},  // Version 2.
      {leaf(std::string("\0\1", 2), x509 + certificate), above},  // No timestamped entry.
      {leaf(v1, std::string("\0\2", 2) + certificate), above},    // A type of entry to come.
      {leaf(v1, std::string("\0", 1)), above},
      {v1 + "time", above},
      {leaf(v1, x509 + Vector("")), above},
      {leaf(v1, x509 + U24(9'999) + "x"), above},
      {leaf(v1, tbs), Vector("") + above},
      {leaf(v1, tbs), ""},
      {leaf(v1, x509 + certificate), Vector(Vector(""))},
      {leaf(v1, x509 + certificate), Vector("\1")},
  };
  for (const auto& [leaf_input, extra_data] : bad) {
    Refuses(entry(leaf_input, extra_data), "entry 0 is no entry of a certificate log");
  }
  options_.inventory.format = "ct";
  Refuses(R"({"entries":7})", "entries is missing or is no array");
  Refuses("{}", "entries is missing or is no array");
  Refuses(R"({"entries":[{"leaf_input":"AAAA"}]})", "RFC 6962");
  Refuses(R"({"entries":[{"extra_data":"AAAA"}]})", "RFC 6962");
  Refuses(R"({"entries":[{"leaf_input":"?","extra_data":"AAAA"}]})", "RFC 6962");
  Refuses(R"({"entries":[{"leaf_input":"AAAA","extra_data":"?"}]})", "RFC 6962");
}

TEST_F(JsonFormatTest, BundlesAndAnswersOfOtherForms) {
  options_.inventory.format = "spiffe";
  Refuses("{}", "keys is missing or is no array");
  Refuses(R"({"keys":{}})", "keys is missing or is no array");
  Refuses(R"({"keys":[]})", "holds no certificate (x5c)");
  Refuses(R"({"keys":[{"kid":"0"}]})", "holds no certificate (x5c)");
  options_.inventory.format = "vault";
  Refuses("{}", "data.certificate is missing or is not text");
  Refuses(R"({"data":7})", "data.certificate is missing or is not text");
  Json answer{{"data", {{"certificate", Pem({one_})}, {"serial_number", 7}}}};
  Refuses(answer.dump(), "serial_number is not text");
  answer["data"]["serial_number"] = "17:09";
  EXPECT_EQ(Of(answer.dump()), Lines{"17:09 link-not-presented"});
  answer["data"]["issuing_ca"] = "";
  EXPECT_EQ(Of(answer.dump()), Lines{"17:09 link-not-presented"});
  answer["data"]["ca_chain"] = {7, Pem({factory_})};
  EXPECT_EQ(Of(answer.dump()), Lines{"17:09 none"});
  answer["data"]["ca_chain"] = {kSecret};
  Audit(answer.dump());
  ASSERT_EQ(records_.size(), 1u);
  EXPECT_NE(records_[0].read_error, "");
}

TEST_F(JsonFormatTest, WhatFollowsAnObjectMustBeOne) {
  const std::string one = Aws(one_, Pem({one_, factory_})).dump(2);
  const std::string fine = one_.fingerprint().hex() + " none";
  Audit(one + "\n7");
  ASSERT_EQ(records_.size(), 2u);
  EXPECT_EQ(Outcomes()[0], fine);
  EXPECT_NE(records_[1].read_error.find("an object should begin here"), std::string::npos);
  // One line without an end is no line of objects.
  options_.inventory.format = "aws-iot";
  Refuses(R"({"certificateDescription":{)", "the input ends within a value");
}

TEST_F(JsonFormatTest, SpiffeBundlesHoldCasAsARule) {
  const auto key = [](const Entity& entity) {
    return Json{{"use", "x509-svid"}, {"kty", "EC"}, {"x5c", {Base64(entity)}}};
  };
  Refuses(Json{{"keys", {key(root_), key(w_.Root("Other"))}}}.dump(2), "CA certificates only");
  EXPECT_EQ(Of(Json{{"keys", {key(one_), key(factory_)}}}.dump()), Lines{" none"});
  Refuses(Json{{"keys", {{{"x5c", kSecret}}}}}.dump(), "no array");
}

TEST_F(JsonFormatTest, VaultAnswers) {
  Json answer{{"request_id", "x"},
              {"data",
               {{"certificate", Pem({one_})},
                {"ca_chain", {Pem({factory_}), Pem({root_})}},
                {"private_key", kSecret},
                {"serial_number", "17:09"}}}};
  EXPECT_EQ(Of(answer.dump(2)), Lines{"17:09 none"});
  answer["data"]["ca_chain"] = nullptr;
  answer["data"]["issuing_ca"] = Pem({factory_});
  EXPECT_EQ(Of(answer.dump()), Lines{"17:09 none"});
  answer["data"]["certificate"] = nullptr;
  Refuses(answer.dump(), "data.certificate");
}

// What is wrong with one value is no matter of the next.
TEST_F(JsonFormatTest, HostileValues) {
  const std::string good = Aws(one_, Pem({one_, factory_})).dump() + "\n";
  const std::string fine = one_.fingerprint().hex() + " none";
  const std::string deep(5'000, '[');
  for (const std::string& bad :
       {std::string("{\"certificateDescription\":"), std::string("{") + kSecret, std::string("7"),
        std::string("\"text\""), std::string("[]"), deep, "{\"a\":" + deep,
        std::string("{\"certificateDescription\":{\"certificateId\":\"a\\u0000b\"}}"),
        std::string("{\"certificateDescription\":{},\"certificateDescription\":{}}"),
        std::string("{\"certificateDescription\":{\"certificatePem\":\"\xff\"}}"),
        std::string("{}\0", 3), std::string("{\"certificateDescription\":[]}")}) {
    Audit(good + bad + "\n" + good);
    ASSERT_EQ(records_.size(), 3u) << bad.substr(0, 100);
    EXPECT_EQ(Outcomes()[0], fine);
    EXPECT_NE(records_[1].read_error, "") << bad.substr(0, 100);
    EXPECT_EQ(Outcomes()[2], fine);
    EXPECT_EQ(records_[2].source.line, 3u);
  }
}

TEST_F(JsonFormatTest, BrokenArraysEndWithARecord) {
  const std::string good = Aws(one_, Pem({one_, factory_})).dump();
  const std::string fine = one_.fingerprint().hex() + " none";
  for (const char* end : {",", "", "}", " x]", "] x", ",]", ",{\"a\":1"}) {
    Audit("[" + good + end);
    ASSERT_EQ(records_.size(), 2u) << end;
    EXPECT_EQ(Outcomes()[0], fine);
    EXPECT_NE(records_[1].read_error, "") << end;
  }
  // A repeated member is not taken for either of its values.
  Refuses("[{\"certificatePem\":1,\"certificatePem\":2}]", "given twice");
  Refuses("[{\"certificatePem\":1,\"x\":" + std::string(200, '[') + std::string(200, ']') + "}]",
          "too deeply");
}

TEST_F(JsonFormatTest, ValuesBeyondTheLimitAreLetGo) {
  options_.record_size_max = 4'000;
  const std::string good = Aws(one_, Pem({one_, factory_})).dump();
  const std::string big =
      Json{{"certificateDescription", {{"x", std::string(1'000'000, 'x')}}}}.dump();
  for (const std::string& text : {"[" + good + "," + big + "," + good + "]",
                                  good + "\n" + big + "\n" + good}) {
    Audit(text);
    ASSERT_EQ(records_.size(), 3u);
    EXPECT_NE(records_[1].read_error.find("more than the limit of 4000"), std::string::npos);
    EXPECT_TRUE(records_[0].verdict.accepted());
    EXPECT_TRUE(records_[2].verdict.accepted());
  }
}

TEST_F(JsonFormatTest, AnArrayOfTheOwnFormat) {
  const std::string one = OwnLine("a", {one_, factory_}), two = OwnLine("b", {two_});
  EXPECT_EQ(Of("[" + one + "," + two + "]"), (Lines{"a none", "b link-not-presented"}));
  // A chain makes it the own format, whatever else the line holds.
  const Json line{{"deviceId", "a"}, {"authentication", 1}, {"chain", {Base64(one_)}}};
  EXPECT_EQ(Of(line.dump()), Lines{"a link-not-presented"});
}

TEST_F(JsonFormatTest, AFormatCanBeAskedFor) {
  options_.inventory.format = "aws-iot";
  Refuses(OwnLine("a", {one_, factory_}), "certificatePem is missing");
  options_.inventory.format = "ndjson";
  Refuses(Aws(one_, Pem({one_})).dump(), "chain");
  options_.inventory.format = "no-such";
  std::istringstream none;
  const auto report =
      FleetAudit(authenticator_, options_).Run({"-"}, none, [](const AuditRecord&) {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace muster::test
