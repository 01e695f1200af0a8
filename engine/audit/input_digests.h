// InputDigests: SHA-256 over the files of an audit, while they are read.
#ifndef MUSTER_ENGINE_AUDIT_INPUT_DIGESTS_H_
#define MUSTER_ENGINE_AUDIT_INPUT_DIGESTS_H_

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "engine/crypto/digest_stream.h"
#include "muster/fleet_audit.h"

namespace muster::audit {

class InputDigests {
 public:
  // As FleetAuditOptions::input_digests_max.
  explicit InputDigests(std::size_t listed_max) : listed_max_(listed_max) {}

  bool wanted() const { return listed_max_ != 0; }
  void Begin(const std::string& name);
  // What was read next of the file.
  void Add(std::string_view octets);
  // The reader is done with the file: what it left is read too, except of standard input, which
  // may never end.
  void End(std::istream& stream);

  // To be called once, after the last file.
  void Describe(AuditReport* report);

 private:
  const std::size_t listed_max_;
  crypto::DigestStream file_;
  AuditInput open_;
  std::vector<AuditInput> listed_;
  std::uint64_t files_ = 0;
  crypto::DigestStream all_;  // Over the digests of the files.
};

}  // namespace muster::audit

#endif  // MUSTER_ENGINE_AUDIT_INPUT_DIGESTS_H_
