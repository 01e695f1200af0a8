#include "engine/audit/file_devices.h"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>

#include "engine/x509/name.h"
#include "muster/certificate.h"

namespace muster::audit {
namespace {

struct Parsed {
  bool good = false;
  bool is_ca = false;
  std::string subject, issuer;  // Canonical.
};

std::vector<Parsed> ParseAll(std::span<const ByteView> certificates) {
  std::vector<Parsed> all;
  all.reserve(certificates.size());
  for (ByteView der : certificates) {
    Parsed& parsed = all.emplace_back();
    const auto view = CertificateView::Parse(der);
    if (!view) continue;
    std::optional<std::string> subject = x509::CanonicalName(view->subject());
    std::optional<std::string> issuer = x509::CanonicalName(view->issuer());
    if (!subject || !issuer) continue;
    parsed = {true, view->is_ca(), *std::move(subject), *std::move(issuer)};
  }
  return all;
}

bool IsOneChain(const std::vector<Parsed>& all) {
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    if (!all[i].good || !all[i + 1].good) return false;
    if (all[i].issuer != all[i + 1].subject) return false;
    // Two self-issued certificates of one name are no chain, but a list.
    if (all[i].subject == all[i + 1].subject && !all[i].is_ca) return false;
  }
  return true;
}

using CasByName = std::unordered_map<std::string, std::vector<std::size_t>>;

// The CA certificates that may stand above `leaf`, nearest first.
std::vector<std::size_t> CasAbove(const std::vector<Parsed>& all, std::size_t leaf,
                                  const CasByName& cas_by_name) {
  std::vector<std::size_t> above;
  std::vector<const std::string*> names = {&all[leaf].issuer};
  for (std::size_t next = 0; next < names.size(); ++next) {
    const auto found = cas_by_name.find(*names[next]);
    if (found == cas_by_name.end()) continue;
    for (std::size_t ca : found->second) {
      if (above.size() == kUntrustedMax) return above;
      if (std::find(above.begin(), above.end(), ca) != above.end()) continue;
      above.push_back(ca);
      names.push_back(&all[ca].issuer);
    }
  }
  return above;
}

}  // namespace

std::vector<FileDevice> FindDevices(std::span<const ByteView> certificates,
                                    InventoryLayout layout) {
  std::vector<FileDevice> devices;
  if (certificates.empty()) return devices;
  const std::vector<Parsed> all = ParseAll(certificates);
  if (layout == InventoryLayout::kChain ||
      (layout == InventoryLayout::kAuto && IsOneChain(all))) {
    FileDevice& device = devices.emplace_back();
    for (std::size_t i = 1; i < certificates.size(); ++i) device.untrusted.push_back(i);
    return devices;
  }
  CasByName cas_by_name;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].good && all[i].is_ca) cas_by_name[all[i].subject].push_back(i);
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].good && all[i].is_ca) continue;
    devices.push_back(
        {i, all[i].good ? CasAbove(all, i, cas_by_name) : std::vector<std::size_t>{}});
  }
  return devices;
}

}  // namespace muster::audit
