// What takes trust away again: CRLs of registered CAs, and the deny list of devices.
#ifndef MUSTER_ENGINE_REGISTRY_CRLS_AND_DENIALS_H_
#define MUSTER_ENGINE_REGISTRY_CRLS_AND_DENIALS_H_

#include <string_view>

#include "engine/registry/change.h"
#include "muster/registry.h"

namespace muster::registry {

// kRefused with the reason where no registered CA that may issue it has signed it.
RegisteredCrl AddCrl(Change& change, std::string_view ca_name, ByteView der);
void DeleteCrls(Change& change, std::string_view ca_name);

// After CA `ca_name` was replaced or deleted: drops its CRLs that its key did not sign. CRLs of
// other CAs may have been signed by it (indirect CRLs): those are dropped too, or the change is
// refused with kInUse, since losing one quietly would forgive what it revokes.
enum class OthersCrls : std::uint8_t { kRefuse, kDrop };
void RecheckCrls(Change& change, std::string_view ca_name, OthersCrls others);

DenyEntry AddDenied(Change& change, const DenyEntry& entry);
void DeleteDenied(Change& change, const DenyEntry& entry);

// What tells CRLs of one CA, and denied devices, apart: the keys of their rows. `crl` must be one
// that AddCrl takes, `entry` one that AddDenied takes.
Fingerprint ScopeOfCrl(ByteView crl);
Fingerprint KeyOfDenied(const DenyEntry& entry);

RegisteredCrl ToCrl(CrlRow row);
DenyEntry ToDenyEntry(DenyRow row);

}  // namespace muster::registry

#endif  // MUSTER_ENGINE_REGISTRY_CRLS_AND_DENIALS_H_
