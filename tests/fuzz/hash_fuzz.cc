// Many messages at once, by every engine that the processor has, beside Botan one at a time.
//
// Input: one octet of how many messages, two of each one's length, then octets that the messages
// are windows of.
#include <botan/hash.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/base/byte_view.h"
#include "engine/base/check.h"
#include "engine/crypto/hash_batch.h"

namespace {

using namespace muster;
using namespace muster::crypto;

constexpr std::array kHashes = {HashKind::kSha1, HashKind::kSha256, HashKind::kSha384,
                                HashKind::kSha512};
constexpr std::array kEngines = {HashEngine::kBotan, HashEngine::kShaNi, HashEngine::kAvx512};
constexpr std::size_t kMessagesMax = 40;
constexpr std::uint8_t kUntouched = 0xa5;

// Each in a heap block of exactly its size, so that AddressSanitizer sees a read past its end.
std::vector<Bytes> MessagesOf(ByteView input) {
  if (input.empty()) return {};
  const std::size_t count = input[0] % (kMessagesMax + 1);
  const ByteView sizes = input.subspan(1, std::min(2 * count, input.size() - 1));
  const ByteView octets = input.subspan(1 + sizes.size());
  std::vector<Bytes> messages;
  for (std::size_t i = 0; i + 1 < sizes.size(); i += 2) {
    const std::size_t wanted = ((std::size_t{sizes[i]} << 8) | sizes[i + 1]) % 4096;
    Bytes message(wanted, static_cast<std::uint8_t>(i));
    for (std::size_t k = 0; k < wanted && !octets.empty(); ++k) {
      message[k] = octets[(k + i) % octets.size()];
    }
    messages.push_back(std::move(message));
  }
  return messages;
}

void Check(HashKind hash, const std::vector<Bytes>& messages) {
  static HashScratch scratch;
  const auto botan = Botan::HashFunction::create_or_throw(NameOf(hash));
  const std::size_t size = DigestSize(hash);
  for (const HashEngine engine : kEngines) {
    std::vector<Bytes> digests(messages.size(), Bytes(size + 1, kUntouched));
    std::vector<HashJob> jobs;
    for (std::size_t i = 0; i < messages.size(); ++i) {
      jobs.push_back({messages[i], digests[i].data()});
    }
    HashBatchWith(hash, jobs, engine, scratch);
    for (std::size_t i = 0; i < messages.size(); ++i) {
      Bytes expected = botan->process<std::vector<std::uint8_t>>(messages[i]);
      expected.push_back(kUntouched);
      MUSTER_CHECK(digests[i] == expected);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<Bytes> messages = MessagesOf(ByteView(data, size));
  for (const HashKind hash : kHashes) Check(hash, messages);
  return 0;
}
