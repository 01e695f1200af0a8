// A presented chain against a live registry. The input is a program of edits on a chain that may
// enrol, so that mutations reach deep: which certificates are sent, and which of their octets are
// changed.
//
// Properties: nothing crashes or hangs; the verdict is consistent with itself and with its
// explanation; nothing is accepted but the devices that were enrolled, octet for octet of what was
// signed; and every kernel gives the verdicts of Botan, among other devices as alone.
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "engine/base/byte_view.h"
#include "engine/base/check.h"
#include "muster/authenticator.h"
#include "muster/kernel.h"
#include "tests/fuzz/fuzz_world.h"

namespace {

using namespace muster;
using test::FuzzWorld;

AuthenticationOptions With(LinkSource links, bool strict, std::optional<Kernel> kernel = {}) {
  AuthenticationOptions options = FuzzWorld::SmallCache();
  options.links = links;
  options.require_crl = strict;
  options.any_disabled_blocks = strict;
  options.kernel = kernel;
  return options;
}

struct Judges {
  const FuzzWorld& world = FuzzWorld::Get();
  // Botan, one signature at a time: what the others are compared with.
  Authenticator presented{world.Snapshot(),
                          With(LinkSource::kPresented, false, Kernel::kReference)};
  Authenticator registry{world.Snapshot(), With(LinkSource::kRegistry, true, Kernel::kReference)};
  std::deque<Authenticator> kernels;  // As `presented`.

  Judges() {
    for (const Kernel kernel : SupportedKernels()) {
      kernels.emplace_back(world.Snapshot(), With(LinkSource::kPresented, false, kernel));
    }
  }
};

// Reads the program; past its end it reads zeros.
class Program {
 public:
  explicit Program(ByteView input) : rest_(input) {}
  bool AtEnd() const { return rest_.empty(); }
  std::uint8_t Octet() {
    if (rest_.empty()) return 0;
    const std::uint8_t octet = rest_[0];
    rest_ = rest_.subspan(1);
    return octet;
  }
  std::size_t Below(std::size_t bound) {
    const std::size_t value = (std::size_t{Octet()} << 8) | Octet();
    return bound == 0 ? 0 : value % bound;
  }

 private:
  ByteView rest_;
};

// One edit: change, insert or drop an octet.
void Edit(Program* program, Bytes* der) {
  const std::uint8_t kind = program->Octet();
  const std::size_t at = program->Below(der->size());
  const auto place = der->begin() + static_cast<std::ptrdiff_t>(at);
  if (der->empty() || kind % 4 == 3) {
    der->insert(place, program->Octet());
  } else if (kind % 4 == 2) {
    der->erase(place);
  } else {
    (*der)[at] = static_cast<std::uint8_t>((*der)[at] ^ program->Octet());
  }
}

Verdict CheckAlone(const Judges& judges, const Authenticator& authenticator,
                   const PresentedChain& chain) {
  const UnixTime at = judges.world.at();
  const Verdict verdict = authenticator.Authenticate(chain, at);
  judges.world.CheckVerdict(chain, verdict);
  const Explanation explanation = authenticator.Explain(chain, at);
  MUSTER_CHECK(explanation.verdict == verdict);
  MUSTER_CHECK(explanation.remedies.empty() == verdict.accepted());
  return verdict;
}

// The chain, twice, between good ones.
void CheckInBatches(const Judges& judges, const PresentedChain& chain, const Verdict& expected) {
  const UnixTime at = judges.world.at();
  const auto& leaves = judges.world.leaves();
  const auto& untrusted = judges.world.untrusted();
  const std::vector<PresentedChain> chains = {
      test::Presented(leaves[0], {untrusted[0]}), chain,
      test::Presented(leaves[9], {untrusted[7]}), chain,
      test::Presented(leaves[10], {untrusted[8]})};
  for (const Authenticator& authenticator : judges.kernels) {
    std::vector<Verdict> verdicts(chains.size());
    std::vector<LeafDescription> described(chains.size());
    authenticator.AuthenticateBatch(chains, at, verdicts, described);
    MUSTER_CHECK(verdicts[1] == expected && verdicts[3] == expected);
    MUSTER_CHECK(verdicts[0].accepted() && verdicts[2].accepted() && verdicts[4].accepted());
    MUSTER_CHECK(described[1].readable == described[3].readable);
    MUSTER_CHECK(authenticator.Authenticate(chain, at) == expected);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Judges judges;
  const auto& leaves = judges.world.leaves();
  const auto& untrusted = judges.world.untrusted();
  Program program(ByteView(data, size));
  std::vector<Bytes> certificates{leaves[program.Below(leaves.size())].bytes()};
  for (std::size_t count = program.Octet() % (kUntrustedMax + 2); count > 0; --count) {
    certificates.push_back(untrusted[program.Below(untrusted.size())].bytes());
  }
  for (int edits = 0; edits < 64 && !program.AtEnd(); ++edits) {
    Edit(&program, &certificates[program.Below(certificates.size())]);
  }
  PresentedChain chain(certificates.front());
  for (std::size_t i = 1; i < certificates.size(); ++i) chain.AddUntrusted(certificates[i]);
  CheckInBatches(judges, chain, CheckAlone(judges, judges.presented, chain));
  CheckAlone(judges, judges.registry, chain);
  return 0;
}
