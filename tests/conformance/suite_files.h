// What the readers of suites share.
#ifndef MUSTER_TESTS_CONFORMANCE_SUITE_FILES_H_
#define MUSTER_TESTS_CONFORMANCE_SUITE_FILES_H_

#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

#include "muster/bytes.h"
#include "muster/time.h"
#include "tests/support/conformance_data.h"

namespace muster::conformance {

// All throw where the value is not what it should be.
UnixTime ReadTime(const nlohmann::json& value);
Bytes ReadHex(const nlohmann::json& value);

// Every certificate of a PEM file or of concatenated DER, in order, unparsed.
std::vector<Bytes> ReadCertificateFile(const std::filesystem::path& path);
// The octets of a DER file, or the first certificate of a PEM file, unparsed.
Bytes ReadCertificate(const std::filesystem::path& path);
// The same for several, by their names in `folder`.
std::vector<Bytes> ReadCertificates(const std::filesystem::path& folder,
                                    const nlohmann::json& names);

}  // namespace muster::conformance

#endif  // MUSTER_TESTS_CONFORMANCE_SUITE_FILES_H_
