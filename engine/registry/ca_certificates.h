// The life of a CA certificate in a service: registration, proof of possession, deletion.
//
//     none        --register----------------------> Unverified
//     none        --register, self-attested-------> Verified (method self-attested)
//     Unverified  --generate code-----------------> Unverified + code; a new code replaces the old
//     Unverified  --good proof--------------------> Verified (method proof of possession)
//     Unverified  --bad proof---------------------> Unverified; counted and logged
//     Unverified  --self-attest-------------------> Verified (method self-attested)
//     any         --register other bytes----------> Unverified, code cleared
//     any         --register the same bytes-------> unchanged
//     any         --delete------------------------> none
#ifndef MUSTER_ENGINE_REGISTRY_CA_CERTIFICATES_H_
#define MUSTER_ENGINE_REGISTRY_CA_CERTIFICATES_H_

#include <string_view>

#include "engine/registry/change.h"
#include "muster/registry.h"

namespace muster::registry {

CaRow RequireCa(StoreTransaction& tx, std::string_view service, std::string_view name);
CaCertificate ToCaCertificate(StoreTransaction& tx, std::string_view service, CaRow row);

CaCertificate AddCa(Change& change, std::string_view name, ByteView der, bool self_attested,
                    std::string_view if_match);
CaCertificate SelfAttestCa(Change& change, std::string_view name, std::string_view why,
                           std::string_view if_match);
void DeleteCa(Change& change, std::string_view name, bool force, std::string_view if_match);

// Proof of possession (verification.cc).
VerificationCode GenerateCode(Change& change, std::string_view name, std::string_view if_match);
// A refusal is returned, not thrown: its record must be committed.
Result<CaCertificate> VerifyCa(Change& change, std::string_view name, ByteView proof,
                               std::string_view if_match);
void ClearCodes(Change& change, std::string_view ca_name);

}  // namespace muster::registry

#endif  // MUSTER_ENGINE_REGISTRY_CA_CERTIFICATES_H_
