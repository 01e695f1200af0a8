// Which devices a file of certificates holds, and what each of them presents.
#ifndef MUSTER_ENGINE_AUDIT_FILE_DEVICES_H_
#define MUSTER_ENGINE_AUDIT_FILE_DEVICES_H_

#include <cstddef>
#include <span>
#include <vector>

#include "muster/bytes.h"
#include "muster/inventory.h"

namespace muster::audit {

// Indices into the certificates of the file.
struct FileDevice {
  std::size_t leaf = 0;
  std::vector<std::size_t> untrusted;
};

// One certificate, or several of which each was issued by the next (by name): one chain, whatever
// its first certificate is. Otherwise every certificate that is not a CA is a device, one that does
// not parse included, and presents those CA certificates of the file that may be above it: its
// issuers by name, theirs, and so on, at most kUntrustedMax. Empty where there are CA certificates
// only. Of these two, `layout` may name the one to take.
std::vector<FileDevice> FindDevices(std::span<const ByteView> certificates,
                                    InventoryLayout layout = InventoryLayout::kAuto);

}  // namespace muster::audit

#endif  // MUSTER_ENGINE_AUDIT_FILE_DEVICES_H_
