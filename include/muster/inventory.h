// Inventories: the files in which fleets' certificates lie, and how they are to be read.
//
// Formats are recognised by content; InventoryFormats lists them. What an option leaves open is
// found out from the file.
// Thread-safe: free functions without state.
#ifndef MUSTER_INVENTORY_H_
#define MUSTER_INVENTORY_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "muster/bytes.h"
#include "muster/result.h"

namespace muster {

// How the certificates of one file belong together.
enum class InventoryLayout : std::uint8_t {
  kAuto,   // A chain where it is leaf-first and each issued the one before; otherwise a list.
  kChain,  // One device: its leaf, then what it presents beside it.
  kList,   // Each certificate that is not a CA is a device; the file's CAs are there for all.
};

// Columns of a CSV or Parquet file: a name from its header, or a number from 1. Empty: found by
// content.
struct ColumnMap {
  std::string id;
  std::string certificate;
  std::string chain;

  friend bool operator==(const ColumnMap&, const ColumnMap&) = default;
};

// "id=COL,cert=COL,chain=COL", each of them at most once. kInvalidArgument says what is wrong.
[[nodiscard]] Result<ColumnMap> ParseColumnMap(std::string_view text);

// What one archive may make of its reader. At a limit the rest of the archive is left out, which
// is a bad record. Counted are octets after decompression.
struct ArchiveLimits {
  std::uint64_t member_octets_max = std::uint64_t{1} << 30;
  std::uint64_t octets_max = std::uint64_t{1} << 34;
  std::uint64_t members_max = 1'000'000;
  // Octets out for each octet in, from the first MiB on. Certificates compress by 2, inventories
  // that repeat their CA certificates by 10 to 30; made-up archives by 1,000 and more.
  std::uint64_t ratio_max = 100;
};

struct InventoryOptions {
  std::string format = {};  // A name of InventoryFormats; empty = by content.
  InventoryLayout layout = InventoryLayout::kAuto;
  ColumnMap columns = {};
  // Files and folders of PEM, DER or PKCS#7 that thumbprints are looked up in. Held in memory.
  std::vector<std::string> certificates = {};
  // A certificate or a public key (PEM or DER) that signed manifests; empty = not checked.
  Bytes manifest_signer = {};
  ArchiveLimits archive = {};
};

struct InventoryFormat {
  std::string_view name;
  std::string_view description;
};

// Every format that is known, in the order in which they are tried. The description says where this
// build only recognises one.
std::vector<InventoryFormat> InventoryFormats();

}  // namespace muster

#endif  // MUSTER_INVENTORY_H_
