// Where the third-party test data lies, if this machine has it.
#ifndef MUSTER_TESTS_SUPPORT_CONFORMANCE_DATA_H_
#define MUSTER_TESTS_SUPPORT_CONFORMANCE_DATA_H_

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "muster/bytes.h"

namespace muster::test {

// The folder `suite` ("wycheproof", "pkits", ...) below the environment variable
// MUSTER_CONFORMANCE_DIR or, where that is not set, the CMake variable of the same name. Nothing
// where there is no such folder: skip then, with NoConformanceData(suite) as the message.
std::optional<std::filesystem::path> ConformanceFolder(std::string_view suite);
std::string NoConformanceData(std::string_view suite);

// Both throw where the file cannot be read.
Bytes ReadFileBytes(const std::filesystem::path& path);
nlohmann::json ReadJsonFile(const std::filesystem::path& path);

// Throws where `hex` is not pairs of hex digits.
Bytes FromHex(std::string_view hex);

}  // namespace muster::test

#endif  // MUSTER_TESTS_SUPPORT_CONFORMANCE_DATA_H_
