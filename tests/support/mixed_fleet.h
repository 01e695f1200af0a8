// MixedFleet: devices of every kind under one registry, and ways to spoil what they present.
//
// Key kinds of all sorts, faults of all sorts, individual enrollments, cross-signed and rolled-over
// CAs, deny lists: for tests that ask whether two ways of deciding agree.
#ifndef MUSTER_TESTS_SUPPORT_MIXED_FLEET_H_
#define MUSTER_TESTS_SUPPORT_MIXED_FLEET_H_

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "muster/bytes.h"
#include "muster/certificate.h"
#include "muster/registry.h"
#include "muster/time.h"

namespace muster::test {

// What a device presents, owned. Leaf first; may be empty.
using OwnedChain = std::vector<Bytes>;

// Borrows from `chain`.
PresentedChain Borrow(const OwnedChain& chain);

struct MixedFleet {
  UnixTime at{};
  std::shared_ptr<const RegistrySnapshot> snapshot;
  std::vector<OwnedChain> chains;
};

// The same whenever it is called; some hundreds of chains.
MixedFleet MakeMixedFleet();

// Questions of AdversarialPkis (tests/support/adversarial_pki.h) as chains, under one registry that
// holds what those PKIs would have without their flaws: anchors verified, some CAs with groups.
MixedFleet MakeAdversarialFleet(std::uint64_t first_seed, std::uint64_t pkis,
                                std::uint64_t questions_of_a_pki);

// A chain of the fleet, spoiled in one of many ways, or as it is: bits flipped, octets set or cut
// off, certificates dropped, doubled, swapped or taken from other chains, signatures exchanged.
OwnedChain Spoil(const MixedFleet& fleet, std::mt19937_64* random);

// For messages: the octets of the chain in hex, one certificate a line.
std::string ToText(const OwnedChain& chain);

}  // namespace muster::test

#endif  // MUSTER_TESTS_SUPPORT_MIXED_FLEET_H_
