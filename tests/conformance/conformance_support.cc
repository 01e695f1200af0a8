#include "tests/conformance/conformance_support.h"

#include <gtest/gtest.h>

#include <iostream>
#include <stdexcept>
#include <utility>

#include "engine/der/der_reader.h"
#include "muster/certificate_reader.h"
#include "muster/reject_reason.h"

namespace muster::conformance {
namespace {

// "expired at 1 (notAfter ...)" for each fault: why a case came out as it did.
std::string DescribeFaults(const ValidationOutcome& outcome) {
  std::string text;
  for (const Fault& fault : outcome.faults) {
    text += "\n    " + std::string(NameOf(fault.reason)) + " at " +
            std::to_string(fault.chain_index) + " (" + fault.detail + ")";
  }
  return text;
}

}  // namespace

UnixTime ReadTime(const nlohmann::json& value) {
  const Result<UnixTime> time = ParseRfc3339(value.get<std::string>());
  if (!time) throw std::runtime_error(time.error().message);
  return *time;
}

Bytes ReadHex(const nlohmann::json& value) { return test::FromHex(value.get<std::string>()); }

std::vector<Bytes> ReadCertificateFile(const std::filesystem::path& path) {
  auto all = ReadAllCertificates(test::ReadFileBytes(path), path.string());
  if (!all) throw std::runtime_error(all.error().message);
  return *std::move(all);
}

std::optional<Certificate> CertificateLoader::Read(const std::filesystem::path& path) {
  const Bytes octets = test::ReadFileBytes(path);
  const bool is_der = !octets.empty() && octets.front() == der::kSequence;
  return Parse(is_der ? octets : ReadCertificateFile(path).front(), path.filename().string());
}

std::optional<Certificate> CertificateLoader::Parse(ByteView der, const std::string& source) {
  auto certificate = Certificate::Parse(der);
  if (certificate) return *certificate;
  if (!refusal_) refusal_.emplace();
  refusal_->reason = certificate.error().reason;
  refusal_->faults.push_back(
      {certificate.error().reason, -1, source + ": " + std::string(certificate.error().what)});
  return std::nullopt;
}

std::vector<Certificate> CertificateLoader::ReadAll(const std::filesystem::path& folder,
                                                    const nlohmann::json& names) {
  std::vector<Certificate> certificates;
  for (const auto& name : names) {
    if (auto one = Read(folder / name.get<std::string>())) certificates.push_back(*one);
  }
  return certificates;
}

std::vector<Certificate> CertificateLoader::ParseAll(const std::vector<Bytes>& ders,
                                                     const std::string& source) {
  std::vector<Certificate> certificates;
  for (const Bytes& der : ders) {
    if (auto one = Parse(der, source)) certificates.push_back(*one);
  }
  return certificates;
}

Ledger::Ledger(std::string suite) : suite_(std::move(suite)) {
  const std::filesystem::path path =
      std::filesystem::path(MUSTER_SOURCE_DIR) / "tests/conformance/ledgers" / (suite_ + ".json");
  if (!std::filesystem::exists(path)) return;
  for (const nlohmann::json& entry : test::ReadJsonFile(path)) {
    const std::string reason = entry.at("reason");
    if (reason.empty()) throw std::runtime_error(path.string() + ": an entry without a reason");
    // One reason may stand for several cases.
    const nlohmann::json& cases = entry.at("case");
    for (const std::string& one : cases.is_array() ? cases.get<std::vector<std::string>>()
                                                   : std::vector{cases.get<std::string>()}) {
      entries_[one] = {entry.at("ours"), reason};
    }
  }
}

void Ledger::Compare(const std::string& test_case, const std::string& ours, bool agrees,
                     const std::string& expected) {
  const auto entry = entries_.find(test_case);
  if (entry != entries_.end()) entry->second.met = true;
  if (agrees) {
    ++agreeing_;
    if (entry == entries_.end()) return;
    ++failing_;
    ADD_FAILURE() << suite_ << " " << test_case << " agrees (" << ours
                  << "), yet the ledger has an entry for it: remove the entry";
  } else if (entry == entries_.end()) {
    ++failing_;
    ADD_FAILURE() << suite_ << " " << test_case << ": expected " << expected << ", ours " << ours;
  } else if (entry->second.ours != ours) {
    ++failing_;
    ADD_FAILURE() << suite_ << " " << test_case << ": the ledger says " << entry->second.ours
                  << ", ours is " << ours;
  } else {
    ++diverging_;
  }
}

void Ledger::Compare(const std::string& test_case, const ValidationOutcome& outcome,
                     bool expected_valid) {
  SCOPED_TRACE(DescribeFaults(outcome));
  Compare(test_case, outcome.valid ? "valid" : std::string(NameOf(outcome.reason)),
          outcome.valid == expected_valid, expected_valid ? "valid" : "invalid");
}

void Ledger::Finish() {
  for (const auto& [test_case, entry] : entries_) {
    EXPECT_TRUE(entry.met) << suite_ << " " << test_case
                           << " is in the ledger but not in the suite";
  }
  std::cout << suite_ << ": " << agreeing_ + diverging_ + failing_ << " cases, " << agreeing_
            << " agree, " << diverging_ << " differ as the ledger says, " << failing_ << " fail\n";
  EXPECT_GT(agreeing_, 0u) << suite_;
}

}  // namespace muster::conformance
