// Suites of single questions: BoringSSL's CRLs, name constraints, parsing, signatures and names,
// and well-known roots.

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/encoding.h"
#include "engine/der/der_reader.h"
#include "engine/pki/der_writer.h"
#include "muster/fingerprint.h"
#include "tests/conformance/suite.h"
#include "tests/conformance/suite_files.h"

namespace muster::conformance {
namespace {

using nlohmann::json;
using pki::DerWriter;

Case CaseOf(const json& test) {
  Case one;
  one.id = test.at("id");
  one.expected = test.at("expected");
  return one;
}

}  // namespace

// Each case asks for the status of one certificate under one CRL. The issuers are stubs that no
// path could be valid with.
std::vector<Case> ReadBsslCrls(const std::filesystem::path& folder) {
  std::vector<Case> cases;
  const json manifest = test::ReadJsonFile(folder / "crl.json");
  for (const json& test : manifest.at("tests")) {
    CrlQuestion question;
    question.crl = ReadHex(test.at("crl_hex"));
    question.certificate = ReadHex(test.at("cert_hex"));
    for (const char* issuer : {"issuer_hex", "issuer2_hex"}) {
      if (!test.at(issuer).is_null()) question.issuers.push_back(ReadHex(test.at(issuer)));
    }
    question.at = ReadTime(test.at("time"));
    question.policy = {.allow_sha1 = true, .allow_irregular_serial = true, .rsa_bits_min = 1024};
    Case one = CaseOf(test);
    one.question = std::move(question);
    cases.push_back(std::move(one));
  }
  return cases;
}

namespace {

// The subject and alternative names of a case. Where it asks about one name, that is the only one.
void SetNames(const json& test, NameConstraintQuestion* question) {
  question->subject = DerWriter().Add(der::kSequence, {}).Take();
  const std::string check = test.at("check");
  const auto alternative = [&](std::uint8_t tag, ByteView name) {
    DerWriter names;
    names.Nest(der::kSequence, [&](DerWriter& w) { w.Add(tag, name); });
    question->subject_alt_name = names.Take();
  };
  if (check == "dns") {
    const std::string name = test.at("name");
    alternative(der::ContextPrimitive(2), Bytes(name.begin(), name.end()));
  } else if (check == "ip") {
    alternative(der::ContextPrimitive(7), ReadHex(test.at("name_hex")));
  } else if (check == "directory_name") {
    alternative(der::ContextConstructed(4), ReadHex(test.at("name_hex")));
  } else if (check == "cert") {
    const auto has = [&](const char* key) { return !test.value(key, json()).is_null(); };
    if (has("subject_hex")) question->subject = ReadHex(test.at("subject_hex"));
    if (has("san_hex")) question->subject_alt_name = ReadHex(test.at("san_hex"));
  } else if (check == "parse") {
    question->parse_only = true;
  } else {
    throw std::runtime_error("unknown check " + check);
  }
}

}  // namespace

std::vector<Case> ReadBsslNameConstraints(const std::filesystem::path& folder) {
  std::vector<Case> cases;
  const json manifest = test::ReadJsonFile(folder / "name_constraints.json");
  for (const json& test : manifest.at("tests")) {
    NameConstraintQuestion question;
    question.constraints = ReadHex(test.at("constraints_hex"));
    question.critical = test.at("critical") != false;  // Or "both".
    SetNames(test, &question);
    Case one = CaseOf(test);
    one.question = std::move(question);
    cases.push_back(std::move(one));
  }
  return cases;
}

namespace {

// A certificate around `tbs`, with the algorithm that it names where it names one.
Bytes AroundTbs(const Bytes& tbs) {
  der::DerReader outer(tbs);
  ByteView fields, skipped, algorithm;
  if (outer.Read(der::kSequence, &fields)) {
    der::DerReader inner(fields);
    if (inner.PeekTag() == der::ContextConstructed(0)) {
      static_cast<void>(inner.Read(der::ContextConstructed(0), &skipped));
    }
    if (inner.Read(der::kInteger, &skipped)) {
      static_cast<void>(inner.Read(der::kSequence, &algorithm));
    }
  }
  DerWriter writer;
  writer.Nest(der::kSequence, [&](DerWriter& w) {
    w.AddRaw(tbs);
    w.Add(der::kSequence, algorithm);
    w.AddBitString(Bytes{0xAA, 0xBB});
  });
  return writer.Take();
}

std::vector<Case> ReadParseCases(const std::filesystem::path& folder,
                                 const std::set<std::string>& kinds) {
  std::vector<Case> cases;
  const json manifest = test::ReadJsonFile(folder / "parse_certificate.json");
  for (const json& test : manifest.at("tests")) {
    const std::string kind = test.at("kind");
    if (!kinds.contains(kind)) continue;
    ParseQuestion question;
    question.octets = ReadHex(test.at("data_hex"));
    if (kind == "authority_key_identifier") question.kind = ParseQuestion::Kind::kAuthorityKeyId;
    if (kind == "tbs_certificate") question.octets = AroundTbs(question.octets);
    Case one = CaseOf(test);
    one.note = test.at("errors");
    one.question = std::move(question);
    cases.push_back(std::move(one));
  }
  return cases;
}

}  // namespace

std::vector<Case> ReadBsslCertificates(const std::filesystem::path& folder) {
  return ReadParseCases(folder, {"certificate", "certificate+allow_invalid_serial_numbers"});
}

// Parts of certificates, for a parser that splits a certificate before it looks into the parts.
std::vector<Case> ReadBsslParts(const std::filesystem::path& folder) {
  return ReadParseCases(folder,
                        {"certificate_outer", "tbs_certificate", "authority_key_identifier"});
}

// Roots that services and browsers trust are certificates.
std::vector<Case> ReadRoots(const std::filesystem::path& folder) {
  std::vector<Case> cases;
  for (const std::string name : {"azure-iot-roots", "aws-iot-roots", "mozilla-roots"}) {
    for (Bytes& der : ReadCertificateFile(folder / (name + ".pem"))) {
      Case one;
      one.id = name + "/" + Fingerprint::Of(der).hex().substr(0, 16);
      one.expected = "accept";
      one.question = ParseQuestion{ParseQuestion::Kind::kCertificate, std::move(der)};
      cases.push_back(std::move(one));
    }
  }
  return cases;
}

std::vector<Case> ReadBsslSignedData(const std::filesystem::path& folder) {
  std::vector<Case> cases;
  const json manifest = test::ReadJsonFile(folder / "verify_signed_data.json");
  for (const json& test : manifest.at("tests")) {
    SignatureQuestion question;
    question.spki = ReadHex(test.at("spki_hex"));
    question.algorithm = ReadHex(test.at("algorithm_hex"));
    question.message = ReadHex(test.at("data_hex"));
    // One that is no BIT STRING leaves the signature empty, which nothing verifies.
    const Bytes bit_string = ReadHex(test.at("signature_bitstring_hex"));
    der::DerReader reader(bit_string);
    ByteView content, signature;
    if (reader.Read(der::kBitString, &content) && reader.AtEnd() &&
        der::ParseBitString(content, &signature, nullptr)) {
      question.signature.assign(signature.begin(), signature.end());
    }
    question.policy.allow_sha1 = true;
    question.policy.rsa_bits_min = 1024;  // The size of the suite's keys.
    Case one = CaseOf(test);
    one.question = std::move(question);
    cases.push_back(std::move(one));
  }
  return cases;
}

// --- Names ---------------------------------------------------------------------------------------

namespace {

struct NameFile {
  std::string stem;
  Bytes name;
};

// The files have a PEM block of their own kind after a description.
Bytes ReadNameFile(const std::filesystem::path& path) {
  constexpr std::string_view kBegin = "-----BEGIN NAME-----", kEnd = "-----END NAME-----";
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::size_t begin = text.find(kBegin), end = text.find(kEnd);
  Bytes name;
  if (begin == std::string::npos || end == std::string::npos ||
      !base::DecodeBase64(
           std::string_view(text).substr(begin + kBegin.size(), end - begin - kBegin.size()), &name)
           .good) {
    throw std::runtime_error(path.string() + ": no name");
  }
  return name;
}

// Names that match have the same class. The suite has no manifest; its file names say
// <set>-<string type>-<change>[-<addition>]:
//
// - Sets (ascii, unicode, unicode_bmp, ...) are different texts. A set in several string types, or
//   with its case swapped or with white space added, is the same text: the types are converted and
//   compared without regard to case and to repeated white space (RFC 5280 7.1).
// - T61STRING: BoringSSL compares its octets, so it matches itself only.
// - An addition (extra_attr, extra_rdn, dupe_attr) makes another name.
// - rdn_sorting_1 and _2, and rdn_dupetype_sorting_1 and _2, are the same set of attributes, in
//   two orders.
// - normalized and unnormalized are the same text, before and after normalization.
std::string ClassOf(const std::string& stem) {
  const std::size_t first = stem.find('-');
  const std::string set = stem.substr(0, first);
  if (set == "custom" || set == "valid") return stem;
  const std::size_t second = stem.find('-', first + 1);
  const std::string type = stem.substr(first + 1, second - first - 1);
  const std::string rest = stem.substr(second + 1);
  if (rest.find("sorting_") != std::string::npos)
    return set + "/" + rest.substr(0, rest.size() - 2);
  if (type == "T61STRING") return stem;
  const std::size_t addition = rest.find('-');
  return set + (addition == std::string::npos ? "" : "/" + rest.substr(addition + 1));
}

}  // namespace

// Every file by itself, and every pair of those that are names.
std::vector<Case> ReadBsslNames(const std::filesystem::path& folder) {
  std::vector<NameFile> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(folder / "verify_name_match_unittest/names")) {
    files.push_back({entry.path().stem(), ReadNameFile(entry.path())});
  }
  std::sort(files.begin(), files.end(),
            [](const NameFile& a, const NameFile& b) { return a.stem < b.stem; });
  std::vector<Case> cases;
  const auto add = [&](std::string id, const char* expected, Question question) {
    Case one;
    one.id = std::move(id);
    one.expected = expected;
    one.question = std::move(question);
    cases.push_back(std::move(one));
  };
  const auto is_name = [](const NameFile& file) { return !file.stem.starts_with("invalid-"); };
  for (auto a = files.begin(); a != files.end(); ++a) {
    add("name/" + a->stem, is_name(*a) ? "accept" : "reject", NameQuestion{a->name});
    for (auto b = a; b != files.end() && is_name(*a); ++b) {
      if (!is_name(*b)) continue;
      add("name/" + a->stem + "/" + b->stem,
          ClassOf(a->stem) == ClassOf(b->stem) ? "match" : "differ",
          NamePairQuestion{a->name, b->name});
    }
  }
  return cases;
}

}  // namespace muster::conformance
