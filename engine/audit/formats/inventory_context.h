// InventoryContext: what all readers of one run share: options, certificates to join, notes.
#ifndef MUSTER_ENGINE_AUDIT_FORMATS_INVENTORY_CONTEXT_H_
#define MUSTER_ENGINE_AUDIT_FORMATS_INVENTORY_CONTEXT_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/crypto/public_key.h"
#include "muster/bytes.h"
#include "muster/inventory.h"
#include "muster/result.h"

namespace muster::audit {

class InventoryContext {
 public:
  // Options as they are by default.
  explicit InventoryContext(std::size_t record_size_max) : record_size_max_(record_size_max) {}

  // Reads the certificates to join, and the signer of manifests. kInvalidArgument: an unknown
  // format or a signer that cannot sign manifests; kUnreadableInput: certificates that cannot be
  // read.
  [[nodiscard]] static Result<std::unique_ptr<InventoryContext>> Create(
      const InventoryOptions& options, std::size_t record_size_max);

  const InventoryOptions& options() const { return options_; }
  std::size_t record_size_max() const { return record_size_max_; }

  // The chain whose leaf has this SHA-1 or SHA-256 thumbprint, in hex of either case; null where
  // there is none.
  const std::vector<Bytes>* FindByThumbprint(std::string_view hex) const;

  // Whether the signature (r and s, RFC 7518 3.4) is the manifest signer's. Nothing: there is no
  // signer to check it with.
  std::optional<bool> IsSignedByManifestSigner(std::string_view message, ByteView signature) const;

  // Something about the whole run that its reader should know; said once.
  void Note(std::string text) { notes_.insert(std::move(text)); }
  const std::set<std::string>& notes() const { return notes_; }

 private:
  Result<void> LoadCertificates();
  Result<void> LoadManifestSigner();
  void Join(ByteView octets);

  InventoryOptions options_;
  std::size_t record_size_max_;
  std::vector<std::vector<Bytes>> chains_;
  std::unordered_map<std::string, std::size_t> chain_by_thumbprint_;  // Upper-case hex.
  std::optional<crypto::PublicKey> manifest_signer_;
  std::set<std::string> notes_;
};

}  // namespace muster::audit

#endif  // MUSTER_ENGINE_AUDIT_FORMATS_INVENTORY_CONTEXT_H_
