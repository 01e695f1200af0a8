// Walks any octets as DER, descending into constructed elements, and gives every value to every
// value parser. Checks that elements lie inside their parent and that OIDs survive a round trip.
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/base/byte_view.h"
#include "engine/base/check.h"
#include "engine/der/der_reader.h"

namespace {

using muster::ByteView;

void Values(const muster::der::Element& element) {
  bool flag = false;
  std::uint32_t number = 0;
  ByteView bits;
  int unused = 0;
  muster::UnixTime time{};
  muster::der::ParseBoolean(element.content, &flag);
  const bool integer = muster::der::IsMinimalInteger(element.content);
  MUSTER_CHECK(integer || !muster::der::ParseUnsigned(element.content, 1000, &number));
  MUSTER_CHECK(number <= 1000);
  if (muster::der::ParseBitString(element.content, &bits, &unused)) {
    MUSTER_CHECK(bits.size() + 1 == element.content.size() && unused >= 0 && unused < 8);
  }
  for (const std::uint8_t tag : {muster::der::kUtcTime, muster::der::kGeneralizedTime}) {
    muster::der::ParseTime(tag, element.content, &time);
  }
  const std::string text = muster::der::OidToText(element.content);
  if (!text.empty()) {
    const auto back = muster::der::OidFromText(text);
    MUSTER_CHECK(back && muster::base::Equal(*back, element.content));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<ByteView> pending = {ByteView(data, size)};
  while (!pending.empty()) {
    const ByteView run = pending.back();
    pending.pop_back();
    muster::der::DerReader in(run);
    muster::der::Element element;
    while (in.Read(&element)) {
      MUSTER_CHECK(element.whole.data() >= run.data());
      MUSTER_CHECK(element.whole.data() + element.whole.size() <= run.data() + run.size());
      MUSTER_CHECK(element.content.size() < element.whole.size());
      Values(element);
      if ((element.tag & 0x20) != 0) pending.push_back(element.content);
    }
    MUSTER_CHECK(in.AtEnd() || !in.error().empty());
  }
  return 0;
}
