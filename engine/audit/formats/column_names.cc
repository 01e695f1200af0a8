#include "engine/audit/formats/column_names.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace muster::audit {
namespace {

// The best ones first.
constexpr std::array<std::string_view, 9> kIdNames = {
    "deviceid", "nodeid", "registrationid", "thingname", "device", "id", "name", "serialnumber",
    "serial"};
constexpr std::array<std::string_view, 10> kCertificateNames = {
    "certificate", "cert",    "certificatepem", "certpem",           "certificateder",
    "certder",     "devicecert", "devicecertificate", "clientcertificate", "certs"};
constexpr std::array<std::string_view, 5> kChainNames = {"chain", "cachain", "certificatechain",
                                                         "intermediates", "issuers"};

std::string Plain(std::string_view name) {
  std::string plain;
  for (char c : name) {
    if (c >= 'A' && c <= 'Z') plain += static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) plain += c;
  }
  return plain;
}

template <std::size_t N>
ColumnIndex FindNamed(const std::vector<std::string>& names,
                      const std::array<std::string_view, N>& known) {
  for (std::string_view name : known) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (Plain(names[i]) == name) return i;
    }
  }
  return std::nullopt;
}

}  // namespace

ColumnIndex FindIdColumn(const std::vector<std::string>& names) {
  return FindNamed(names, kIdNames);
}
ColumnIndex FindCertificateColumn(const std::vector<std::string>& names) {
  return FindNamed(names, kCertificateNames);
}
ColumnIndex FindChainColumn(const std::vector<std::string>& names) {
  return FindNamed(names, kChainNames);
}

ColumnIndex FindMappedColumn(const std::vector<std::string>& names, const std::string& wanted) {
  const auto found = std::find(names.begin(), names.end(), wanted);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  std::size_t number = 0;
  const char* const end = wanted.data() + wanted.size();
  const auto parsed = std::from_chars(wanted.data(), end, number);
  if (parsed.ec == std::errc() && parsed.ptr == end && number > 0) return number - 1;
  return std::nullopt;
}

}  // namespace muster::audit
