// Project Wycheproof's signature vectors, as a certificate would carry them.

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "engine/der/der_reader.h"
#include "engine/pki/der_writer.h"
#include "tests/conformance/suite.h"
#include "tests/conformance/suite_files.h"

namespace muster::conformance {
namespace {

using nlohmann::json;
using pki::DerWriter;

void AddOid(DerWriter& writer, const char* dotted) { writer.AddOid(*der::OidFromText(dotted)); }

struct HashOids {
  const char *name, *hash, *ecdsa, *rsa;
};
constexpr HashOids kHashes[] = {
    {"SHA-1", "1.3.14.3.2.26", "1.2.840.10045.4.1", "1.2.840.113549.1.1.5"},
    {"SHA-224", "2.16.840.1.101.3.4.2.4", "1.2.840.10045.4.3.1", "1.2.840.113549.1.1.14"},
    {"SHA-256", "2.16.840.1.101.3.4.2.1", "1.2.840.10045.4.3.2", "1.2.840.113549.1.1.11"},
    {"SHA-384", "2.16.840.1.101.3.4.2.2", "1.2.840.10045.4.3.3", "1.2.840.113549.1.1.12"},
    {"SHA-512", "2.16.840.1.101.3.4.2.3", "1.2.840.10045.4.3.4", "1.2.840.113549.1.1.13"},
};

const HashOids& HashOf(const std::string& sha) {
  for (const HashOids& hash : kHashes) {
    if (sha == hash.name) return hash;
  }
  throw std::runtime_error("unknown hash " + sha);
}

void AddHash(DerWriter& writer, const std::string& sha) {
  writer.Nest(der::kSequence, [&](DerWriter& w) {
    AddOid(w, HashOf(sha).hash);
    w.Add(der::kNull, {});
  });
}

// RSASSA-PSS-params (RFC 4055 3.1); values that are defaults are left out, as DER wants.
void AddPssParameters(DerWriter& writer, const json& group) {
  const std::string sha = group.at("sha");
  const std::string mask_sha = group.at("mgfSha");
  const auto salt = group.at("sLen").get<std::uint64_t>();
  writer.Nest(der::kSequence, [&](DerWriter& params) {
    if (sha != "SHA-1") {
      params.Nest(der::ContextConstructed(0), [&](DerWriter& w) { AddHash(w, sha); });
    }
    if (mask_sha != "SHA-1") {
      params.Nest(der::ContextConstructed(1), [&](DerWriter& w) {
        w.Nest(der::kSequence, [&](DerWriter& mgf) {
          AddOid(mgf, "1.2.840.113549.1.1.8");
          AddHash(mgf, mask_sha);
        });
      });
    }
    if (salt != 20) {
      params.Nest(der::ContextConstructed(2),
                  [&](DerWriter& w) { w.AddUnsigned(der::kInteger, salt); });
    }
  });
}

// The AlgorithmIdentifier a certificate would carry for a group's signatures.
Bytes AlgorithmOf(const std::string& algorithm, const json& group) {
  DerWriter writer;
  writer.Nest(der::kSequence, [&](DerWriter& w) {
    if (algorithm == "ECDSA") {
      AddOid(w, HashOf(group.at("sha")).ecdsa);
    } else if (algorithm == "EDDSA") {
      const bool is_448 = group.at("publicKey").at("curve") == "edwards448";
      AddOid(w, is_448 ? "1.3.101.113" : "1.3.101.112");
    } else if (algorithm == "RSASSA-PSS") {
      AddOid(w, "1.2.840.113549.1.1.10");
      AddPssParameters(w, group);
    } else if (algorithm == "RSASSA-PKCS1-v1_5") {
      AddOid(w, HashOf(group.at("sha")).rsa);
      w.Add(der::kNull, {});
    } else {
      throw std::runtime_error("unknown algorithm " + algorithm);
    }
  });
  return writer.Take();
}

// Every file of one algorithm, by the suite's list of files.
std::vector<Case> ReadAlgorithm(const std::filesystem::path& folder, const char* algorithm) {
  std::vector<Case> cases;
  const json manifest = test::ReadJsonFile(folder / "wycheproof.json");
  for (const json& file : manifest.at("files")) {
    if (file.at("algorithm") != algorithm) continue;
    std::vector<Case> more = ReadWycheproofFile(folder, file.at("file"));
    if (more.size() != file.at("tests").get<std::size_t>()) {
      throw std::runtime_error(file.at("file").get<std::string>() + ": vectors are missing");
    }
    cases.insert(cases.end(), std::make_move_iterator(more.begin()),
                 std::make_move_iterator(more.end()));
  }
  return cases;
}

}  // namespace

std::vector<Case> ReadWycheproofFile(const std::filesystem::path& folder, const std::string& file) {
  std::vector<Case> cases;
  const json document = test::ReadJsonFile(folder / file);
  const std::string prefix = file.substr(0, file.size() - std::string("_test.json").size());
  for (const json& group : document.at("testGroups")) {
    const Bytes spki = ReadHex(group.at("publicKeyDer"));
    const Bytes algorithm = AlgorithmOf(document.at("algorithm"), group);
    for (const json& test : group.at("tests")) {
      Case one;
      one.id = prefix + "/" + test.at("tcId").dump();
      one.note = test.at("comment");
      const std::string result = test.at("result");
      // "acceptable" is a signature that a verifier may take or refuse.
      one.expected = result == "acceptable" ? "either" : result;
      one.question = SignatureQuestion{spki, algorithm, ReadHex(test.at("msg")),
                                       ReadHex(test.at("sig")), AlgorithmPolicy{}};
      cases.push_back(std::move(one));
    }
  }
  return cases;
}

std::vector<Case> ReadWycheproofEcdsa(const std::filesystem::path& folder) {
  return ReadAlgorithm(folder, "ECDSA");
}
std::vector<Case> ReadWycheproofEddsa(const std::filesystem::path& folder) {
  return ReadAlgorithm(folder, "EDDSA");
}
std::vector<Case> ReadWycheproofRsa(const std::filesystem::path& folder) {
  return ReadAlgorithm(folder, "RSASSA-PKCS1-v1_5");
}
std::vector<Case> ReadWycheproofPss(const std::filesystem::path& folder) {
  return ReadAlgorithm(folder, "RSASSA-PSS");
}

}  // namespace muster::conformance
