#include "engine/registry/change.h"

#include <fmt/format.h>

#include <utility>

#include "engine/registry/rules.h"

namespace muster::registry {
namespace {

// Details may quote names out of certificates, which can be long.
constexpr std::size_t kDetailSizeMax = 2048;

std::string Shorten(std::string text) {
  if (text.size() <= kDetailSizeMax) return text;
  std::size_t end = kDetailSizeMax;
  while (end > 0 && (static_cast<std::uint8_t>(text[end]) & 0xc0) == 0x80) --end;  // Whole UTF-8.
  text.resize(end);
  return text + " ...";
}

}  // namespace

void Change::Record(std::string_view action, std::string_view subject, std::string detail) {
  changed_ = true;
  Note(action, subject, std::move(detail));
}

void Change::Note(std::string_view action, std::string_view subject, std::string detail) {
  has_records_ = true;
  tx_.AppendAudit(
      {0, now_, row_.name, std::string(action), std::string(subject), Shorten(std::move(detail))});
}

void Change::Finish() {
  if (!changed_) return;
  row_.generation = generation();
  tx_.PutService(row_);
}

ServiceRow RequireService(StoreTransaction& tx, std::string_view name) {
  std::optional<ServiceRow> row = tx.FindService(name);
  if (!row || row->name != name) {
    Fail(ErrorCode::kNotFound,
         fmt::format("there is no provisioning service '{}'{}; create it, or check its name", name,
                     row ? fmt::format(" (but there is '{}')", row->name) : ""));
  }
  return *std::move(row);
}

ServiceRow NewService(StoreTransaction& tx, std::string_view name) {
  CheckId("the name of a provisioning service", name);
  if (const auto existing = tx.FindService(name)) {
    Fail(ErrorCode::kAlreadyExists,
         fmt::format("there is a provisioning service '{}' already; names that differ in case only "
                     "are one",
                     existing->name));
  }
  return {std::string(name), tx.LastAuditSequence()};
}

std::string ETagOf(std::uint64_t changed) { return fmt::format("{:08x}", changed); }

void CheckIfMatch(std::string_view what, std::string_view if_match,
                  std::optional<std::uint64_t> changed) {
  if (if_match.empty() || (changed && if_match == ETagOf(*changed))) return;
  Fail(ErrorCode::kStaleETag,
       fmt::format("{} {}: nothing was written; read it again and repeat the change", what,
                   changed ? fmt::format("has changed (its ETag is {} now)", ETagOf(*changed))
                           : "does not exist (any more)"));
}

}  // namespace muster::registry
