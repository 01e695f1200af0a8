// NameConstraintSet: the name constraints of a path, RFC 5280 4.2.1.10 and 6.1.4 (g).
//
// permitted_subtrees and excluded_subtrees of 6.1.2 are kept as the list of constraints that made
// them: a name lies in the intersection of the permitted subtrees exactly where every CA permits
// it.
#ifndef MUSTER_ENGINE_PATH_NAME_CONSTRAINTS_H_
#define MUSTER_ENGINE_PATH_NAME_CONSTRAINTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/x509/extensions.h"
#include "muster/certificate.h"
#include "muster/reject_reason.h"

namespace muster::path {

struct NameFault {
  RejectReason reason = RejectReason::kNameConstraintViolated;
  std::string detail;
};

// Borrows the DER of the CA certificates that were added. Immutable but for Add; cheap to copy
// where empty.
class NameConstraintSet {
 public:
  bool empty() const { return levels_.empty(); }

  // 6.1.4 (g): adds the constraints of a CA certificate, if it has any. False where the extension
  // is malformed.
  bool Add(const CertificateView& ca);

  // 6.1.3 (b) and (c): checks the subject and every alternative name of `certificate`. Each
  // comparison costs one of `comparisons_left`; at none left the answer is kBudgetExhausted.
  std::optional<NameFault> Check(const CertificateView& certificate, int* comparisons_left) const;

 private:
  // A constraint; of a directoryName, the canonical octets of its base too.
  struct Base {
    x509::GeneralName name;
    std::string canonical;
  };
  // What one CA demands.
  struct Level {
    std::vector<Base> permitted, excluded;
    std::uint16_t kinds = 0;            // Bit k: some constraint is of kind k.
    std::uint16_t permitted_kinds = 0;  // Bit k: some permitted one is.
    std::string issuer;                 // DisplayName of the CA.
  };
  struct Name;

  static bool AddBases(const std::vector<x509::GeneralName>& names, std::vector<Base>* bases,
                       std::uint16_t* kinds);
  // `is_attribute`: an emailAddress of the subject.
  std::optional<NameFault> CheckName(const x509::GeneralName& name, bool is_attribute,
                                     int* comparisons_left) const;
  static std::optional<NameFault> CheckLevel(const Level& level, const Name& name,
                                             int* comparisons_left);

  std::vector<Level> levels_;
  std::uint16_t kinds_ = 0;  // Of all levels.
};

}  // namespace muster::path

#endif  // MUSTER_ENGINE_PATH_NAME_CONSTRAINTS_H_
