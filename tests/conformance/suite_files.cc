#include "tests/conformance/suite_files.h"

#include <stdexcept>
#include <string>
#include <utility>

#include "engine/der/der_reader.h"
#include "muster/certificate_reader.h"

namespace muster::conformance {

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

Bytes ReadCertificate(const std::filesystem::path& path) {
  Bytes octets = test::ReadFileBytes(path);
  const bool is_der = !octets.empty() && octets.front() == der::kSequence;
  return is_der ? octets : ReadCertificateFile(path).front();
}

std::vector<Bytes> ReadCertificates(const std::filesystem::path& folder,
                                    const nlohmann::json& names) {
  std::vector<Bytes> certificates;
  for (const auto& name : names) {
    certificates.push_back(ReadCertificate(folder / name.get<std::string>()));
  }
  return certificates;
}

}  // namespace muster::conformance
