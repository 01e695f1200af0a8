// NameConstraintSet: the name constraints of a path, RFC 5280 4.2.1.10 and 6.1.4 (g).
//
// permitted_subtrees and excluded_subtrees of 6.1.2 are kept as the list of constraints that made
// them: a name lies in the intersection of the permitted subtrees exactly where every CA permits
// it.
#ifndef MUSTER_ENGINE_PATH_NAME_CONSTRAINTS_H_
#define MUSTER_ENGINE_PATH_NAME_CONSTRAINTS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/path/name_forms.h"
#include "engine/x509/extensions.h"
#include "muster/certificate.h"
#include "muster/reject_reason.h"

namespace muster::path {

struct NameFault {
  RejectReason reason = RejectReason::kNameConstraintViolated;
  std::string detail;
};

// Borrows the DER of the CA certificates that were added. Immutable but for Add; cheap to copy.
class NameConstraintSet {
 public:
  // What was read of CA certificates, for all paths of one search: they share it, so that neither
  // time nor memory grows with the number of paths. The certificates must outlive it.
  class Memo;

  bool empty() const { return levels_.empty(); }

  // 6.1.4 (g): adds the constraints of a CA certificate, if it has any. False where the extension
  // is malformed. `memo` may be null.
  bool Add(const CertificateView& ca, Memo* memo = nullptr);

  // 6.1.3 (b) and (c): checks the subject and every alternative name of `certificate`. A comparison
  // costs one of `comparisons_left`, and of long texts one more for every kOctetsACharge that both
  // have; at none left the answer is kBudgetExhausted.
  std::optional<NameFault> Check(const CertificateView& certificate, int* comparisons_left) const;

  // Names of hosts have at most 253 octets: to compare those costs four.
  static constexpr std::size_t kOctetsACharge = 64;

 private:
  // A constraint, with what comparisons need of it.
  struct Base {
    x509::GeneralName name;
    std::string canonical;               // Of a directoryName.
    std::optional<TextConstraint> text;  // Of a form that is text.
  };
  // What one CA demands. Constraints of one kind stand together.
  struct Level {
    std::vector<Base> permitted, excluded;
    std::uint16_t kinds = 0;            // Bit k: some constraint is of kind k.
    std::uint16_t permitted_kinds = 0;  // Bit k: some permitted one is.
    std::string issuer;                 // DisplayName of the CA.
  };
  struct Name;

  // Null where the extension is malformed.
  static std::shared_ptr<const Level> ReadLevel(const CertificateView& ca);
  static std::span<const Base> OfKind(std::span<const Base> bases, x509::GeneralNameKind kind);
  static bool AddBases(const std::vector<x509::GeneralName>& names, std::vector<Base>* bases,
                       std::uint16_t* kinds);
  // `is_attribute`: an emailAddress of the subject.
  std::optional<NameFault> CheckName(const x509::GeneralName& name, bool is_attribute,
                                     int* comparisons_left) const;
  static std::optional<NameFault> CheckLevel(const Level& level, const Name& name,
                                             int* comparisons_left);

  std::vector<std::shared_ptr<const Level>> levels_;
  std::uint16_t kinds_ = 0;  // Of all levels.
};

class NameConstraintSet::Memo {
 private:
  friend class NameConstraintSet;
  std::map<const std::uint8_t*, std::shared_ptr<const Level>> levels_;  // By the extension's DER.
};

}  // namespace muster::path

#endif  // MUSTER_ENGINE_PATH_NAME_CONSTRAINTS_H_
