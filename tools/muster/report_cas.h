// The CAs of a report: what the registry knows of them, and their picture.
#ifndef MUSTER_TOOLS_MUSTER_REPORT_CAS_H_
#define MUSTER_TOOLS_MUSTER_REPORT_CAS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "muster/certificate.h"
#include "muster/fingerprint.h"
#include "muster/registry_contents.h"
#include "muster/verdict.h"
#include "tools/muster/output.h"

namespace muster::cli {

// What a report says of a CA certificate. All texts are fit to be shown.
struct KnownCa {
  std::string name;     // In the registry; empty for a certificate of a group only.
  std::string subject, key, not_after;
  bool registered = false, verified = false;
  bool held = false;  // By the registry; otherwise devices sent it.
  std::vector<std::string> groups;  // "line-4", "line-5 (disabled)".
  Bytes der;
};
using KnownCas = std::unordered_map<Fingerprint, KnownCa>;

// The registered CAs and the certificates of groups.
KnownCas KnownCasOf(const RegistryContents& contents);

// Adds those CAs of `path` that are not known and that `chain` holds, as long as there is room for
// them: devices can make up any number.
void AddPresentedCas(const PresentedChain& chain, const CaPath& path, KnownCas* known);

// What to call a CA: its name or its subject, or else the start of its fingerprint, which follows
// the subject too where the registry does not hold the CA.
std::string CallCa(const KnownCas& known, const Fingerprint& fingerprint);

// How many devices passed and how many did not.
struct PassCount {
  std::uint64_t accepted = 0, refused = 0;
  void Add(bool is_accepted) { ++(is_accepted ? accepted : refused); }
  void Add(const PassCount& other) {
    accepted += other.accepted;
    refused += other.refused;
  }
  std::uint64_t all() const { return accepted + refused; }
};

// "verified", "rolls up" (an accepted device came by it), "not verified" or "not registered".
std::string_view StatusOf(const KnownCas& known, const Fingerprint& fingerprint,
                          const PassCount& devices);

// A path that devices came by, issuer first, and how many.
using UsedPath = std::pair<std::vector<Fingerprint>, PassCount>;

// {"svg" (or null), "shown", "all", "built_in"}: the CAs that the paths go through, then those that
// no device came by, up to `nodes_max`.
Json DescribePicture(const KnownCas& known, const std::vector<UsedPath>& paths,
                     std::size_t nodes_max);

}  // namespace muster::cli

#endif  // MUSTER_TOOLS_MUSTER_REPORT_CAS_H_
