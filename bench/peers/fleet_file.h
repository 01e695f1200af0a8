// A fleet as a file: what every implementation of the comparison is given, in octets only.
//
// Layout, version 1. Numbers are little-endian; a blob is a u32 length and that many octets.
//
//   8 octets  "MUSTERFL"
//   u32       version
//   i64       the time at which everything is decided, seconds since 1970
//   u32       count of questions, each: a chain, and a blob: its planted fault, "none" for a good
//   one u32       count of roots, each a blob: DER u32       count of intermediates, each a blob:
//   DER; all that the chains of devices present u32       count of devices, each: a chain; all of
//   them are good
//
// A chain is a u32 count (at least 1) of blobs: the leaf's DER, then what the device presents, from
// the leaf's issuer upwards, without the root.
#ifndef MUSTER_BENCH_PEERS_FLEET_FILE_H_
#define MUSTER_BENCH_PEERS_FLEET_FILE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "muster/bytes.h"
#include "muster/certificate.h"
#include "muster/time.h"

namespace muster::bench {

inline constexpr std::string_view kFleetMagic = "MUSTERFL";
inline constexpr std::uint32_t kFleetVersion = 1;

// A fleet in memory. The chains and certificates borrow from `octets`, so it can be moved only.
struct FleetFile {
  FleetFile() = default;
  FleetFile(FleetFile&&) = default;
  FleetFile& operator=(FleetFile&&) = default;

  Bytes octets;
  UnixTime at{};
  std::vector<PresentedChain> questions;
  std::vector<ByteView> roots, intermediates;
  std::vector<PresentedChain> devices;
};

// Throws std::runtime_error where the file cannot be read or is not such a file.
FleetFile ReadFleetFile(const std::string& path);

}  // namespace muster::bench

#endif  // MUSTER_BENCH_PEERS_FLEET_FILE_H_
