// DerTree: an encoding as a tree of elements, to be written again with one thing wrong.
#ifndef MUSTER_TESTS_SUPPORT_DER_TREE_H_
#define MUSTER_TESTS_SUPPORT_DER_TREE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "muster/bytes.h"

namespace muster::test {

// What is wrong with one element.
enum class FormFlaw : std::uint8_t {
  kNonMinimalLength,  // One length octet more than needed (X.690 10.1).
  kIndefiniteLength,  // BER; of constructed elements only.
  kOtherTag,          // Another universal type.
  kExtraElement,      // A NULL follows the last element inside.
  kEmptied,           // No content.
  kDropped,
  kDoubled,
  kSwapped,           // With the next element of the same parent.
  kLongerThanParent,  // Its length reaches past the end of its parent.
  kCount,
};
std::string_view NameOf(FormFlaw flaw);

// `der` with `flaw` at the first element, counting from `which` in the order of their headers, that
// can have it; lengths around it are right. Nothing where no element can have it, or where `der` is
// not DER itself.
std::optional<Bytes> WithFormFlaw(ByteView der, FormFlaw flaw, std::size_t which);

// How many elements `der` has, all depths together.
std::size_t ElementCount(ByteView der);

}  // namespace muster::test

#endif  // MUSTER_TESTS_SUPPORT_DER_TREE_H_
