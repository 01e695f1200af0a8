// Public test suites as cases: a question and the answer that the suite's authors expect. Read in
// one place, asked by the tests of this folder (muster alone) and by muster_conformance, which asks
// other implementations too.
//
// The suites are not part of this repository: CONTRIBUTING.md says where each comes from.
#ifndef MUSTER_TESTS_CONFORMANCE_SUITE_H_
#define MUSTER_TESTS_CONFORMANCE_SUITE_H_

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "muster/bytes.h"
#include "muster/options.h"
#include "muster/time.h"

namespace muster::conformance {

// Is there a valid path? Expected: "valid" or "invalid".
struct PathQuestion {
  Bytes target;
  std::vector<Bytes> untrusted, anchors, crls;
  UnixTime at{};
  ValidationOptions options;
  bool refuses_sha1 = false;  // The suite does, whatever the options say.
  // Leaves out what cannot be read instead of refusing, but for the target.
  bool skip_unreadable = false;
};

// Does the signature verify? Expected: "valid", "invalid", or "either".
struct SignatureQuestion {
  Bytes spki, algorithm, message;
  Bytes signature;  // The octets of the BIT STRING.
  AlgorithmPolicy policy;
};

// Are these octets a certificate, or an authorityKeyIdentifier? Expected: "accept" or "reject".
struct ParseQuestion {
  enum class Kind { kCertificate, kAuthorityKeyId };
  Kind kind = Kind::kCertificate;
  Bytes octets;
};

// The status of a certificate under one CRL. Expected: "good", "revoked" or "unknown".
struct CrlQuestion {
  Bytes crl, certificate;
  std::vector<Bytes> issuers;  // In chain order.
  UnixTime at{};
  AlgorithmPolicy policy;
};

// Are the names within the constraints? Expected: "permitted", "not_permitted", or "reject" for
// constraints that are malformed or not supported.
struct NameConstraintQuestion {
  Bytes constraints;  // The content of the extension.
  bool critical = true;
  bool parse_only = false;
  Bytes subject;  // A whole Name.
  std::optional<Bytes> subject_alt_name;
};

// Do two names match (RFC 5280 7.1)? Expected: "match" or "differ".
struct NamePairQuestion {
  Bytes a, b;
};

// Is this a Name? Expected: "accept" or "reject".
struct NameQuestion {
  Bytes name;
};

using Question = std::variant<PathQuestion, SignatureQuestion, ParseQuestion, CrlQuestion,
                              NameConstraintQuestion, NamePairQuestion, NameQuestion>;

struct Case {
  std::string id;
  std::string expected;
  std::string note;  // In the suite's words: what is wrong, or what the case is about.
  Question question;
  // Of valid paths, where the suite says: the path, and the user-constrained policy set, sorted.
  std::optional<std::vector<Bytes>> path;
  std::optional<std::size_t> path_len;
  std::optional<std::vector<std::string>> policies;
};

struct Suite {
  const char* name;  // Of its ledger, too.
  const char* title;
  const char* folder;  // Of its data.
  std::size_t cases;   // How many there are: none may get lost in reading.
  std::vector<Case> (*read)(const std::filesystem::path& folder);
};

const std::vector<Suite>& Suites();

struct Answer {
  // What is expected, in the same words; of refusals, the name of muster's reason.
  std::string outcome;
  std::string detail;
  std::vector<Bytes> path;            // Of valid paths.
  std::vector<std::string> policies;  // Of valid paths.
};

Answer AskMuster(const Question& question);

// Every refusal answers "invalid".
bool Agrees(const std::string& outcome, const std::string& expected);

// The readers, each in the source of its name. They throw where a file is not as it should be.
std::vector<Case> ReadPkits(const std::filesystem::path& folder);
std::vector<Case> ReadBsslChains(const std::filesystem::path& folder);
std::vector<Case> ReadBsslPathBuilder(const std::filesystem::path& folder);
std::vector<Case> ReadMatterChains(const std::filesystem::path& folder);
std::vector<Case> ReadMatterVectors(const std::filesystem::path& folder);
std::vector<Case> ReadMatterRevoked(const std::filesystem::path& folder);
std::vector<Case> ReadSpdm(const std::filesystem::path& folder);
std::vector<Case> ReadTpm(const std::filesystem::path& folder);

std::vector<Case> ReadBsslCrls(const std::filesystem::path& folder);
std::vector<Case> ReadBsslNameConstraints(const std::filesystem::path& folder);
std::vector<Case> ReadBsslCertificates(const std::filesystem::path& folder);
std::vector<Case> ReadBsslParts(const std::filesystem::path& folder);
std::vector<Case> ReadBsslSignedData(const std::filesystem::path& folder);
std::vector<Case> ReadBsslNames(const std::filesystem::path& folder);
std::vector<Case> ReadRoots(const std::filesystem::path& folder);

std::vector<Case> ReadWycheproofEcdsa(const std::filesystem::path& folder);
std::vector<Case> ReadWycheproofEddsa(const std::filesystem::path& folder);
std::vector<Case> ReadWycheproofRsa(const std::filesystem::path& folder);
std::vector<Case> ReadWycheproofPss(const std::filesystem::path& folder);
// One file of the suite, by its name.
std::vector<Case> ReadWycheproofFile(const std::filesystem::path& folder, const std::string& file);

}  // namespace muster::conformance

#endif  // MUSTER_TESTS_CONFORMANCE_SUITE_H_
