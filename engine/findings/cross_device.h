// What shows only when devices are compared: facts of each device, and the walk over their groups.
#ifndef MUSTER_ENGINE_FINDINGS_CROSS_DEVICE_H_
#define MUSTER_ENGINE_FINDINGS_CROSS_DEVICE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/findings/fact_sorter.h"
#include "engine/findings/finding_tally.h"
#include "muster/fingerprint.h"

namespace muster::findings {

enum class FactKind : std::uint8_t {
  kDeviceId = 1,  // Key: the id in lower case. a: the id as it stands.
  kSerial,        // Key: issuer and serial number. a: the certificate. b: the device.
  kKey,           // Key: the public key. a: the certificate. b: the device.
  kNonce,         // Key: issuer's key and r of an ECDSA signature. a: what was signed. b: as below.
  kPresentedCa,   // Key: a presented CA certificate. a: bits of what was found on it.
  kModulus,       // Key: an RSA modulus. a: where it is stored. b: the CA's number from 1 on, or 0.
};

// `digest` is a SHA-256 digest of what makes the key: nobody can make two of them alike.
Fact MakeFact(FactKind kind, const Fingerprint& digest, std::uint64_t a, std::uint64_t b,
              std::uint64_t record);
// 64 bits of a digest: enough to tell facts of one group apart.
std::uint64_t ShortDigest(const Fingerprint& digest);

// Takes facts in order and tells the tally what their groups show. A group may be as large as the
// fleet: nothing of it is kept but counts and the first records.
class GroupWalk {
 public:
  // Receives one fact of each different RSA modulus, and how many there are.
  using OnModulus = std::function<void(const Fact&, std::uint64_t count)>;
  // What to call a CA of the snapshot, by its number from 1 on.
  using CallCa = std::function<std::string(std::uint64_t ca)>;

  GroupWalk(FindingTally* tally, std::size_t examples_max, OnModulus on_modulus, CallCa call_ca)
      : tally_(tally),
        examples_max_(examples_max),
        on_modulus_(std::move(on_modulus)),
        call_ca_(std::move(call_ca)) {}

  void Visit(const Fact& fact);
  // After the last fact.
  void End();

 private:
  // Facts that lie next to each other: a group, or the part of one with equal a.
  struct Stretch {
    Fact first;
    std::uint64_t count = 0;
    bool b_differs = false;
    struct Seen {
      Place place;
      std::uint64_t value = 0;  // What tells those apart that share something.
      friend auto operator<=>(const Seen&, const Seen&) = default;
    };
    std::vector<Seen> seen;  // The lowest ones, sorted.
    // The lowest, and the lowest with another value: one of them is a partner for any example.
    Seen lowest, other;
    bool has_other = false;
    Place PartnerOf(const Seen& one) const;
  };
  void Extend(const Fact& fact, std::uint64_t value, Stretch* stretch) const;
  void CloseRun();
  void CloseGroup();
  void Found(FindingId id, const Stretch& stretch, const std::string& detail);
  void FoundPresentedCa();

  FindingTally* tally_;
  const std::size_t examples_max_;
  OnModulus on_modulus_;
  CallCa call_ca_;
  Stretch group_, run_;
  std::uint64_t runs_ = 0;  // Different values of a in the group.
};

}  // namespace muster::findings

#endif  // MUSTER_ENGINE_FINDINGS_CROSS_DEVICE_H_
