// The CAs of a report: what the registry knows of them, and their picture.
#ifndef MUSTER_TOOLS_MUSTER_REPORT_CAS_H_
#define MUSTER_TOOLS_MUSTER_REPORT_CAS_H_

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "muster/fingerprint.h"
#include "muster/registry_contents.h"
#include "tools/muster/output.h"

namespace muster::cli {

// What a report says of a CA certificate. All texts are fit to be shown.
struct KnownCa {
  std::string name;     // In the registry; empty for a certificate of a group only.
  std::string subject, key, not_after;
  bool registered = false, verified = false;
  std::vector<std::string> groups;  // "line-4", "line-5 (disabled)".
  Bytes der;
};
using KnownCas = std::unordered_map<Fingerprint, KnownCa>;

// The registered CAs and the certificates of groups.
KnownCas KnownCasOf(const RegistryContents& contents);

// What to call a CA: its name, the CN of its subject, or the start of its fingerprint.
std::string CallCa(const KnownCas& known, const Fingerprint& fingerprint);

// A path that devices came by, issuer first, and how many.
using UsedPath = std::pair<std::vector<Fingerprint>, std::uint64_t>;

// {"svg" (or null), "shown", "all", "built_in"}: the CAs that the paths go through, then those that
// no device came by, up to `nodes_max`.
Json DescribePicture(const KnownCas& known, const std::vector<UsedPath>& paths,
                     std::size_t nodes_max);

}  // namespace muster::cli

#endif  // MUSTER_TOOLS_MUSTER_REPORT_CAS_H_
