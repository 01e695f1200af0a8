// Export and import of registries as JSON.
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "engine/base/encoding.h"
#include "muster/certificate_reader.h"
#include "muster/development_pki.h"
#include "tests/unit/registry/registry_fixture.h"

namespace muster::registry {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::ElementsAre;
using testing::StartsWith;

class JsonRegistryTest : public RegistryTest {
 protected:
  // A service with one of everything.
  void Fill(std::string_view service) {
    Must(registry_.AddCa(service, "root", root_.der()));
    const std::string code = Must(registry_.GenerateCode(service, "root")).text;
    now_ += 1h;
    Must(registry_.VerifyCa(service, "root", w_.Proof(root_, code)));
    Must(registry_.AddCa(service, "attested", w_.Root("Attested").der(), true));
    Must(registry_.AddCa(service, "Pending", w_.Root("Pending").der()));
    pending_code_ = Must(registry_.GenerateCode(service, "Pending")).text;
    Must(registry_.PutGroup(service, GroupByName("By-Name", "root", "Pending")));
    Must(registry_.PutGroup(service, GroupOf("uploaded", line_, w_.Root("Second"))));
    Must(registry_.SetGroupEnabled(service, "uploaded", false));
    Must(registry_.PutIndividual(service, IndividualOf("device-1", leaf_)));
    Must(registry_.PutIndividual(service, IndividualByName("device-2", "root")));
    Must(registry_.AddCrl(service, "root", w_.Crl(root_, {line_})));
    DenyEntry denied;
    denied.fingerprint = leaf_.fingerprint();
    denied.comment = "gestohlen \xe2\x82\xac";
    Must(registry_.AddDenied(service, denied));
    const CertificateView view = leaf_.view();
    denied = {};
    denied.issuer.assign(view.issuer().begin(), view.issuer().end());
    denied.serial.assign(view.serial().begin(), view.serial().end());
    Must(registry_.AddDenied(service, denied));
  }

  // Without what an import gives anew.
  static json Comparable(const std::string& text) {
    json document = json::parse(text);
    for (json& service : document["services"]) {
      service.erase("generation");
      for (const char* kind : {"cas", "groups", "individuals", "crls", "denied"}) {
        for (json& row : service[kind]) row.erase("etag");
      }
    }
    return document;
  }

  json Document(std::string_view service = "s") {
    return json::parse(Must(registry_.ExportJson(service)));
  }
  // The error of importing `document` as service "t"; nothing may have changed.
  Error ImportError(json document, bool replace = false) {
    if (!document["services"].empty()) document["services"][0]["service"] = "t";
    return ImportError(document.dump(), replace);
  }
  Error ImportError(const std::string& text, bool replace = false) {
    const std::string before = Everything();
    Error error = ErrorOf(registry_.ImportJson(text, replace));
    EXPECT_EQ(Everything(), before);
    return error;
  }

  Entity root_ = w_.Root("Root");
  Entity line_ = w_.Intermediate("Line", root_);
  Entity leaf_ = w_.Leaf("device-1", line_);
  std::string pending_code_;
};
MUSTER_OVER_EVERY_STORE(JsonRegistryTest);

TEST_P(JsonRegistryTest, ExportTellsEverythingButCodes) {
  Fill("s");
  const std::string text = Must(registry_.ExportJson("s"));
  EXPECT_EQ(text.find(pending_code_), std::string::npos);
  const json document = json::parse(text);
  EXPECT_EQ(document["schema"], "muster-registry/1");
  ASSERT_EQ(document["services"].size(), 1u);
  const json& service = document["services"][0];
  EXPECT_EQ(service["service"], "s");
  EXPECT_EQ(service["generation"], Generation());
  ASSERT_EQ(service["cas"].size(), 3u);
  const json& root = service["cas"][2];
  EXPECT_EQ(root["name"], "root");
  EXPECT_EQ(root["subject"], "CN=Root");
  EXPECT_EQ(root["sha256"], root_.fingerprint().hex());
  EXPECT_EQ(root["status"], "verified");
  EXPECT_EQ(root["method"], "proof-of-possession");
  EXPECT_EQ(root["registered_at"], "2026-06-15T12:00:00Z");
  EXPECT_EQ(root["verified_at"], "2026-06-15T13:00:00Z");
  EXPECT_EQ(root["certificate"], base::EncodeBase64(root_.der()));
  EXPECT_EQ(service["cas"][1]["status"], "unverified");
  EXPECT_EQ(service["cas"][1]["method"], "none");
  EXPECT_FALSE(service["cas"][1].contains("verified_at"));
  EXPECT_EQ(service["groups"][0]["secondary_ca"], "Pending");
  EXPECT_FALSE(service["groups"][0].contains("primary"));
  EXPECT_EQ(service["groups"][1]["enabled"], false);
  EXPECT_EQ(service["individuals"].size(), 2u);
  EXPECT_EQ(service["crls"].size(), 1u);
  EXPECT_EQ(service["denied"].size(), 2u);
}

TEST_P(JsonRegistryTest, ExportsOneServiceOrAll) {
  Must(registry_.CreateService("t"));
  EXPECT_EQ(json::parse(Must(registry_.ExportJson()))["services"].size(), 2u);
  EXPECT_EQ(Document("t")["services"].size(), 1u);
  EXPECT_EQ(ErrorOf(registry_.ExportJson("u")).code, ErrorCode::kNotFound);
}

TEST_P(JsonRegistryTest, RoundTripsIntoAnotherRegistry) {
  Fill("s");
  Must(registry_.CreateService("t"));
  Fill("t");
  const std::string text = Must(registry_.ExportJson());
  Registry other = Must(Registry::Open(MakeMemoryStore(), Environment()));
  EXPECT_THAT(Must(other.ImportJson(text)), ElementsAre("s", "t"));
  EXPECT_EQ(Comparable(Must(other.ExportJson())), Comparable(text));
  EXPECT_TRUE(other.Snapshot("s").has_value());
  // The code did not come along.
  EXPECT_FALSE(Must(other.GetCa("s", "Pending")).code.has_value());
  // A second trip gives the very same text again.
  Registry third = Must(Registry::Open(MakeMemoryStore(), Environment()));
  Must(third.ImportJson(Must(other.ExportJson())));
  EXPECT_EQ(Comparable(Must(third.ExportJson())), Comparable(text));
}

TEST_P(JsonRegistryTest, WhatForcedDeletionLeavesRoundTrips) {
  Fill("s");
  Must(registry_.DeleteCa("s", "root", true));
  const std::string text = Must(registry_.ExportJson());
  Registry other = Must(Registry::Open(MakeMemoryStore(), Environment()));
  Must(other.ImportJson(text));
  EXPECT_EQ(Comparable(Must(other.ExportJson())), Comparable(text));
}

TEST_P(JsonRegistryTest, ImportIsLoggedWithEveryCaThatItMadeVerified) {
  Fill("s");
  json document = Document();
  document["services"][0]["service"] = "t";
  Must(registry_.ImportJson(document.dump()));
  std::vector<std::string> actions;
  for (const AuditLogEntry& entry : Must(registry_.AuditLog("t"))) {
    if (entry.action == "service-imported" || entry.action == "ca-verified-by-import") {
      actions.push_back(entry.action + " " + entry.subject);
    }
  }
  EXPECT_THAT(actions, ElementsAre("service-imported t", "ca-verified-by-import attested",
                                   "ca-verified-by-import root"));
  EXPECT_EQ(Must(registry_.GetCa("t", "root")).method, VerificationMethod::kProofOfPossession);
}

TEST_P(JsonRegistryTest, AnExistingServiceIsReplacedOnlyWhereAsked) {
  Fill("s");
  const std::string text = Must(registry_.ExportJson("s"));
  const std::string etag = Must(registry_.GetCa("s", "root")).etag;
  const std::uint64_t generation = Generation();
  const Error error = ImportError(text);
  EXPECT_EQ(error.code, ErrorCode::kAlreadyExists);
  EXPECT_THAT(error.message, StartsWith("/services/0/service: "));
  Must(registry_.AddCa("s", "more", w_.Root("More").der()));
  Must(registry_.ImportJson(text, true));
  EXPECT_EQ(ErrorOf(registry_.GetCa("s", "more")).code, ErrorCode::kNotFound);
  EXPECT_EQ(Comparable(Must(registry_.ExportJson("s"))), Comparable(text));
  EXPECT_EQ(Generation(), generation + 2);
  EXPECT_NE(Must(registry_.GetCa("s", "root")).etag, etag);
}

TEST_P(JsonRegistryTest, ReadsPemToo) {
  Fill("s");
  json document = Document();
  json& service = document["services"][0];
  service["service"] = "t";
  service["cas"][2]["certificate"] = EncodePem(root_.der(), "CERTIFICATE");
  service["groups"][1]["primary"] = EncodePem(line_.der(), "CERTIFICATE");
  service["crls"][0]["crl"] = EncodePem(w_.Crl(root_, {line_}), "X509 CRL");
  Must(registry_.ImportJson(document.dump()));
  EXPECT_EQ(Must(registry_.GetCa("t", "root")).der, root_.bytes());
  EXPECT_EQ(Must(registry_.GetGroup("t", "uploaded")).signing.primary, line_.bytes());
}

TEST_P(JsonRegistryTest, ReadsTheSmallestDocuments) {
  EXPECT_TRUE(Must(registry_.ImportJson(R"({"schema": "muster-registry/1"})")).empty());
  EXPECT_THAT(Must(registry_.ImportJson(
                  R"({"schema": "muster-registry/1", "services": [{"service": "t"}]})")),
              ElementsAre("t"));
}

TEST_P(JsonRegistryTest, RefusesOtherDocuments) {
  EXPECT_EQ(ImportError(std::string("not json")).code, ErrorCode::kUnreadableInput);
  EXPECT_EQ(ImportError(std::string("[]")).code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(ImportError(std::string("{}")).message, StartsWith("/schema: "));
  EXPECT_THAT(ImportError(std::string(R"({"schema": "muster-registry/2"})")).message,
              StartsWith("/schema: "));
  EXPECT_THAT(ImportError(std::string(R"({"schema": "muster-registry/1", "more": 1})")).message,
              StartsWith("/more: "));
  EXPECT_THAT(
      ImportError(std::string(R"({"schema": "muster-registry/1", "services": [{}]})")).message,
      StartsWith("/services/0/service: "));
  EXPECT_THAT(
      ImportError(
          std::string(R"({"schema": "muster-registry/1", "services": [{"service": "a/"}]})"))
          .message,
      StartsWith("/services/0/service: "));
  EXPECT_THAT(ImportError(std::string(R"({"schema": "muster-registry/1", "services":
                                          [{"service": "a"}, {"service": "A"}]})"))
                  .message,
              StartsWith("/services/1/service: "));
}

// Each edit breaks one thing in an otherwise good document; the message says where.
TEST_P(JsonRegistryTest, RefusesEveryFaultWithItsPlace) {
  Fill("s");
  struct Fault {
    std::string pointer;  // What is set ...
    json value;           // ... to this (discarded = removed).
    std::string place;    // Where the message begins; empty = at the pointer.
  };
  const json gone(json::value_t::discarded);
  const std::string s = "/services/0";
  const std::string root64 = base::EncodeBase64(root_.der());
  const std::string leaf64 = base::EncodeBase64(leaf_.der());
  const std::vector<Fault> faults = {
      {s + "/more", 1, ""},
      {s + "/cas", 1, ""},
      {s + "/cas/0", 1, ""},
      {s + "/cas/0/more", 1, ""},
      {s + "/cas/0/name", gone, ""},
      {s + "/cas/0/name", "a b", s + "/cas/0"},
      {s + "/cas/0/name", "ROOT", s + "/cas/2"},  // Twice.
      {s + "/cas/0/status", "maybe", ""},
      {s + "/cas/0/status", gone, ""},
      {s + "/cas/0/status", "unverified", s + "/cas/0/method"},
      {s + "/cas/0/method", "none", ""},
      {s + "/cas/0/method", "guess", ""},
      {s + "/cas/0/verified_at", gone, ""},
      {s + "/cas/0/verified_at", "yesterday", ""},
      {s + "/cas/1/verified_at", "2026-01-01", ""},
      {s + "/cas/0/registered_at", gone, ""},
      {s + "/cas/0/registered_at", 5, ""},
      {s + "/cas/0/certificate", gone, ""},
      {s + "/cas/0/certificate", "", ""},
      {s + "/cas/0/certificate", "***", ""},
      {s + "/cas/0/certificate", root64, s + "/cas/0/sha256"},
      {s + "/cas/0/sha256", "00", ""},
      {s + "/cas/0/certificate", "-----BEGIN CERTIFICATE-----\nx", ""},
      {s + "/cas/0/certificate",
       EncodePem(root_.der(), "CERTIFICATE") + EncodePem(root_.der(), "CERTIFICATE"), ""},
      {s + "/cas/0/certificate", EncodePem(w_.Crl(root_, {}), "X509 CRL"), ""},
      {s + "/groups/0/id", "a b", s + "/groups/0"},
      {s + "/groups/0/id", "UPLOADED", s + "/groups/1"},
      {s + "/groups/0/more", 1, ""},
      {s + "/groups/0/enabled", "yes", ""},
      {s + "/groups/0/primary_ca", "nobody", s + "/groups/0"},
      {s + "/groups/0/primary", root64, s + "/groups/0"},
      {s + "/groups/1/primary", root64, s + "/groups/1"},  // Belongs to groups/0 by name.
      {s + "/groups/1/primary", leaf64, s + "/groups/1"},
      {s + "/groups/1/primary", 7, ""},
      {s + "/individuals/0/registration_id", "a b", s + "/individuals/0"},
      {s + "/individuals/0/registration_id", "DEVICE-2", s + "/individuals/1"},
      {s + "/individuals/0/more", 1, ""},
      {s + "/individuals/0/primary", gone, s + "/individuals/0"},
      {s + "/individuals/1/primary_ca", "nobody", s + "/individuals/1"},
      {s + "/crls/0/ca", "Pending", s + "/crls/0"},
      {s + "/crls/0/ca", "nobody", s + "/crls/0"},
      {s + "/crls/0/crl", gone, ""},
      {s + "/crls/0/crl", root64, s + "/crls/0"},
      {s + "/crls/0/crl", EncodePem(root_.der(), "CERTIFICATE"), ""},
      {s + "/crls/0/more", 1, ""},
      {s + "/crls/1",
       {{"ca", "root"}, {"crl", base::EncodeBase64(w_.Crl(root_, {line_}))}},
       s + "/crls/1"},
      {s + "/denied/0/more", 1, ""},
      {s + "/denied/0", json::object(), ""},
      {s + "/denied/0", {{"fingerprint", "12"}}, s + "/denied/0/fingerprint"},
      {s + "/denied/0", {{"issuer", "!"}, {"serial", "01"}}, s + "/denied/0/issuer"},
      {s + "/denied/0", {{"issuer", "MAA="}, {"serial", "0"}}, s + "/denied/0/serial"},
      {s + "/denied/0", {{"issuer", "MAA="}, {"serial", "01"}}, s + "/denied/0"},
      {s + "/denied/0/comment", "a\nb", s + "/denied/0"},
      {s + "/denied/2", {{"fingerprint", leaf_.fingerprint().hex()}}, s + "/denied/2"},
  };
  const json good = Document();
  for (const Fault& fault : faults) {
    SCOPED_TRACE(fault.pointer + " = " +
                 (fault.value.is_discarded() ? "gone" : fault.value.dump()));
    json document = good;
    const json::json_pointer pointer(fault.pointer);
    if (fault.value.is_discarded()) {
      document[pointer.parent_pointer()].erase(pointer.back());
    } else {
      document[pointer] = fault.value;
    }
    const Error error = ImportError(document);
    EXPECT_THAT(error.message,
                StartsWith((fault.place.empty() ? fault.pointer : fault.place) + ": "));
  }
  // And the document as it was is good.
  json document = good;
  document["services"][0]["service"] = "t";
  EXPECT_TRUE(registry_.ImportJson(document.dump()).has_value());
}

TEST_P(JsonRegistryTest, AFaultInTheSecondServiceUndoesTheFirst) {
  Fill("s");
  json document = Document();
  document["services"].push_back(document["services"][0]);
  document["services"][0]["service"] = "t";
  document["services"][1]["service"] = "u";
  document["services"][1]["groups"][0]["primary_ca"] = "nobody";
  const Error error = ImportError(document.dump());
  EXPECT_EQ(error.code, ErrorCode::kNotFound);
  EXPECT_THAT(error.message, StartsWith("/services/1/groups/0: "));
  EXPECT_THAT(Must(registry_.ListServices()), ElementsAre("s"));
}

}  // namespace
}  // namespace muster::registry
