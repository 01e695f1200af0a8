#include "tests/support/conformance_data.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "engine/base/encoding.h"

namespace muster::test {

std::optional<std::filesystem::path> ConformanceFolder(std::string_view suite) {
  const char* environment = std::getenv("MUSTER_CONFORMANCE_DIR");
  const std::filesystem::path folder =
      environment != nullptr && *environment != '\0' ? environment : MUSTER_CONFORMANCE_DIR;
  std::error_code ignored;
  if (folder.empty() || !std::filesystem::is_directory(folder / suite, ignored)) {
    return std::nullopt;
  }
  return folder / suite;
}

std::string NoConformanceData(std::string_view suite) {
  return "no folder '" + std::string(suite) +
         "': set MUSTER_CONFORMANCE_DIR (environment or CMake) to the conformance data; "
         "CONTRIBUTING says where each suite comes from";
}

Bytes ReadFileBytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot open " + path.string());
  Bytes octets{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (file.bad()) throw std::runtime_error("cannot read " + path.string());
  return octets;
}

nlohmann::json ReadJsonFile(const std::filesystem::path& path) {
  const Bytes octets = ReadFileBytes(path);
  return nlohmann::json::parse(octets.begin(), octets.end());
}

Bytes FromHex(std::string_view hex) {
  const std::optional<Bytes> octets = base::ParseHex(hex);
  if (!octets) throw std::runtime_error("not hex: " + std::string(hex.substr(0, 40)));
  return *octets;
}

}  // namespace muster::test
