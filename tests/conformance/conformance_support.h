// What the conformance suites of path validation share: reading certificates, and the ledgers of
// reasoned disagreements.
//
// A suite compares muster's outcome with the one its authors expect. Where muster differs on
// purpose, ledgers/<suite>.json says so: {"case", "ours", "reason"}. A disagreement that is not in
// the ledger fails, and so does an entry that no longer disagrees.
#ifndef MUSTER_TESTS_CONFORMANCE_CONFORMANCE_SUPPORT_H_
#define MUSTER_TESTS_CONFORMANCE_CONFORMANCE_SUPPORT_H_

#include <cstddef>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "muster/bytes.h"
#include "muster/certificate.h"
#include "muster/path_validation.h"
#include "muster/time.h"
#include "tests/support/conformance_data.h"

namespace muster::conformance {

// Both throw where the value is not what it should be.
UnixTime ReadTime(const nlohmann::json& value);
Bytes ReadHex(const nlohmann::json& value);

// Every certificate of a PEM file or of concatenated DER, in order. Throws where there is none.
std::vector<Bytes> ReadCertificateFile(const std::filesystem::path& path);

// Certificates of one case. One that does not parse decides the case: it cannot be part of a valid
// path.
class CertificateLoader {
 public:
  // The certificate in a file, or nothing, and then `refusal` tells.
  std::optional<Certificate> Read(const std::filesystem::path& path);
  std::optional<Certificate> Parse(ByteView der, const std::string& source);
  // The same for several; those that do not parse are left out.
  std::vector<Certificate> ReadAll(const std::filesystem::path& folder,
                                   const nlohmann::json& names);
  std::vector<Certificate> ParseAll(const std::vector<Bytes>& ders, const std::string& source);
  // The outcome of a case whose certificates did not all parse.
  const std::optional<ValidationOutcome>& refusal() const { return refusal_; }

 private:
  std::optional<ValidationOutcome> refusal_;
};

class Ledger {
 public:
  // Reads ledgers/<suite>.json; where there is no such file the ledger is empty.
  explicit Ledger(std::string suite);

  // Compares one case. `ours` names muster's outcome, `expected` the suite's.
  void Compare(const std::string& test_case, const std::string& ours, bool agrees,
               const std::string& expected);
  void Compare(const std::string& test_case, const ValidationOutcome& outcome, bool expected_valid);
  // Fails for entries whose case did not occur, and prints one line of counts.
  void Finish();

 private:
  struct Entry {
    std::string ours, reason;
    bool met = false;
  };
  std::string suite_;
  std::map<std::string, Entry> entries_;
  std::size_t agreeing_ = 0, diverging_ = 0, failing_ = 0;
};

}  // namespace muster::conformance

#endif  // MUSTER_TESTS_CONFORMANCE_CONFORMANCE_SUPPORT_H_
