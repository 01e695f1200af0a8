#include "engine/findings/cross_device.h"

#include <fmt/format.h>

#include <algorithm>

namespace muster::findings {
namespace {

using enum FindingId;

constexpr int kKindShift = 56;

FactKind KindOf(const Fact& fact) { return static_cast<FactKind>(fact.key[0] >> kKindShift); }

std::uint64_t ReadWord(const std::uint8_t* octets, std::size_t count) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < count; ++i) word = word << 8 | octets[i];
  return word;
}

// What tells the members of a group apart where it shows a finding.
std::uint64_t ValueInGroup(const Fact& fact) {
  return KindOf(fact) == FactKind::kKey ? fact.b : fact.a;
}

// The same where a part of a group with equal a shows one: renewals of a device are listed one by
// one, and certificates by device.
std::uint64_t ValueInRun(const Fact& fact) {
  return KindOf(fact) == FactKind::kDeviceId ? fact.record : fact.b;
}

}  // namespace

Fact MakeFact(FactKind kind, const Fingerprint& digest, std::uint64_t a, std::uint64_t b,
              std::uint64_t record) {
  static_assert(kFindingCount <= 64, "kPresentedCa has a bit for each");
  const std::uint64_t high = ReadWord(digest.bytes.data(), 7);
  return {{std::uint64_t{static_cast<std::uint8_t>(kind)} << kKindShift | high,
           ReadWord(digest.bytes.data() + 7, 8)},
          a, b, record};
}

std::uint64_t ShortDigest(const Fingerprint& digest) { return ReadWord(digest.bytes.data(), 8); }

Place GroupWalk::Stretch::PartnerOf(const Seen& one) const {
  if (one.value != lowest.value) return lowest.place;
  return has_other ? other.place : Place{};
}

void GroupWalk::Extend(const Fact& fact, std::uint64_t value, Stretch* stretch) const {
  // Facts of no record are those of the snapshot's CAs, which b counts.
  const Stretch::Seen seen{{fact.record, fact.record == kNoRecord ? fact.b : 0}, value};
  if (stretch->count++ == 0) {
    stretch->first = fact;
    stretch->b_differs = false;
    stretch->seen.clear();
    stretch->lowest = seen;
    stretch->has_other = false;
  } else if (value == stretch->lowest.value) {
    stretch->lowest = std::min(stretch->lowest, seen);
  } else if (!stretch->has_other || seen < stretch->other) {
    stretch->other = seen;
    stretch->has_other = true;
    if (seen < stretch->lowest) std::swap(stretch->lowest, stretch->other);
  }
  stretch->b_differs |= fact.b != stretch->first.b;
  std::vector<Stretch::Seen>& lowest = stretch->seen;
  if (lowest.size() == examples_max_ && (lowest.empty() || lowest.back() < seen)) return;
  lowest.insert(std::ranges::lower_bound(lowest, seen), seen);
  if (lowest.size() > examples_max_) lowest.pop_back();
}

void GroupWalk::Visit(const Fact& fact) {
  if (group_.count != 0 && group_.first.key != fact.key) {
    CloseGroup();
  } else if (run_.count != 0 && run_.first.a != fact.a) {
    CloseRun();
  }
  Extend(fact, ValueInGroup(fact), &group_);
  Extend(fact, ValueInRun(fact), &run_);
}

void GroupWalk::End() {
  if (group_.count != 0) CloseGroup();
}

void GroupWalk::Found(FindingId id, const Stretch& stretch, const std::string& detail) {
  tally_->Count(id, stretch.count);
  for (const Stretch::Seen& seen : stretch.seen) {
    const std::uint64_t ca = seen.place.ca;
    tally_->Keep(id, seen.place.record,
                 ca == 0 ? detail : fmt::format("{}: {}", call_ca_(ca), detail),
                 stretch.PartnerOf(seen));
  }
}

void GroupWalk::CloseRun() {
  ++runs_;
  if (run_.count > 1) {
    const FactKind kind = KindOf(run_.first);
    if (kind == FactKind::kDeviceId) {
      Found(kDeviceListedTwice, run_, fmt::format("{} records have this id", run_.count));
    } else if (kind == FactKind::kSerial && run_.b_differs) {
      Found(kCertificateOnSeveralDevices, run_, fmt::format("{} records have it", run_.count));
    }
  }
  run_.count = 0;
}

void GroupWalk::CloseGroup() {
  CloseRun();
  switch (KindOf(group_.first)) {
    case FactKind::kDeviceId:
      if (runs_ > 1) {
        Found(kIdCaseTwins, group_, fmt::format("{} ways of writing the id", runs_));
      }
      break;
    case FactKind::kSerial:
      if (runs_ > 1) {
        Found(kSerialRepeated, group_, fmt::format("{} certificates have the number", runs_));
      }
      break;
    case FactKind::kKey:
      // One certificate on several devices is another finding; one device's renewals are none.
      if (runs_ > 1 && group_.b_differs) {
        Found(kKeyOnSeveralDevices, group_, fmt::format("{} certificates have the key", runs_));
      }
      break;
    case FactKind::kNonce:
      // The same octets signed twice give the same signature, rightly (RFC 6979).
      if (runs_ > 1) {
        Found(kEcdsaNonceReused, group_,
              fmt::format("{} certificates of this issuer's key have the same r", runs_));
      }
      break;
    case FactKind::kPresentedCa:
      FoundPresentedCa();
      break;
    case FactKind::kModulus:
      on_modulus_(group_.first, group_.count);
      break;
  }
  group_.count = 0;
  runs_ = 0;
}

void GroupWalk::FoundPresentedCa() {
  const std::string detail =
      fmt::format("CA certificate that the device sent, SHA-256 {:014x}...",
                  group_.first.key[0] & ((std::uint64_t{1} << kKindShift) - 1));
  for (std::size_t i = 0; i < kFindingCount; ++i) {
    if ((group_.first.a >> i & 1) == 0) continue;
    const auto id = static_cast<FindingId>(i);
    tally_->Count(id);
    if (!group_.seen.empty()) tally_->Keep(id, group_.seen.front().place.record, detail);
  }
}

}  // namespace muster::findings
