// RejectReason: why a chain or a proof was refused, from the one table in reject_reason.inc.
//
// Numbers and JSON names are part of the contract: they are never reused and never change meaning.
// Thread-safe: everything here is constant.
#ifndef MUSTER_REJECT_REASON_H_
#define MUSTER_REJECT_REASON_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace muster {

enum class RejectReason : std::uint16_t {
// NOLINTNEXTLINE(bugprone-macro-parentheses): an enumerator's name cannot stand in parentheses.
#define MUSTER_REASON(name, number, rank, json, sentence, remedy) name = number,
#include "muster/reject_reason.inc"
#undef MUSTER_REASON
};

// One row of the table.
struct ReasonInfo {
  RejectReason reason;
  std::uint16_t number;       // Stable, as in JSON "reason_number".
  std::uint8_t rank;          // When every path fails, the reason of highest rank is reported.
  std::string_view name;      // Stable, as in JSON "reason": "not-rolled-up-to-verified".
  std::string_view sentence;  // What happened.
  std::string_view remedy;    // What to do about it.
};

// Every reason, in the order of their numbers.
std::span<const ReasonInfo> AllReasons();

// The row of `reason`. An unknown number (a cast) yields the row of kNotEvaluated.
const ReasonInfo& InfoOf(RejectReason reason);

// The stable name of `reason`.
inline std::string_view NameOf(RejectReason reason) { return InfoOf(reason).name; }

// The reason with that stable name, if there is one.
std::optional<RejectReason> FindReason(std::string_view name);

}  // namespace muster

#endif  // MUSTER_REJECT_REASON_H_
