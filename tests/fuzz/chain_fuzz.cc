// A presented chain against a live registry. The input is a program of edits on a chain that enrols,
// so that mutations reach deep: which certificates are sent, and which of their octets are changed.
//
// Properties: nothing crashes or hangs; the verdict is consistent with itself and with its
// explanation; and nothing is accepted but the devices that were enrolled, octet for octet of what was
// signed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "engine/base/byte_view.h"
#include "engine/base/check.h"
#include "muster/authenticator.h"
#include "tests/support/test_world.h"

namespace {

using namespace muster;

struct Fixture {
  test::World world;
  test::Entity root = world.Root("Root");
  test::Entity other = world.Root("Other");
  test::Entity factory = world.Intermediate("Factory", root);
  test::Entity cross = world.CrossSigned(factory, other);
  test::Entity off = world.Intermediate("Off", root);
  test::Entity constrained = world.Intermediate("Constrained", root, [](CertificateTemplate& t) {
    // permittedSubtrees: dNSName "example".
    t.extensions.push_back({"2.5.29.30", true,
                            {0x30, 0x0d, 0xa0, 0x0b, 0x30, 0x09, 0x82, 0x07, 'e', 'x', 'a', 'm',
                             'p', 'l', 'e'}});
  });
  test::Entity leaf = world.Leaf("device-1", factory);
  test::Entity leaf_off = world.Leaf("device-2", off);
  test::Entity leaf_named = world.Leaf("device-3", constrained, [](CertificateTemplate& t) {
    t.dns_names = {"device-3.example"};
  });
  test::Entity pinned = world.SelfSignedLeaf("gadget");
  std::vector<test::Entity> leaves{leaf, leaf_off, leaf_named, pinned};
  std::vector<test::Entity> untrusted{factory, cross, off, constrained, root, other, leaf};
  Authenticator presented{Snapshot()};
  Authenticator registry{Snapshot(), {.links = LinkSource::kRegistry, .require_crl = true}};

  std::shared_ptr<const RegistrySnapshot> Snapshot() {
    return test::RegistryBuilder()
        .Verified(root)
        .Unverified(factory)
        .Group("line-1", factory)
        .Group("line-2", off, test::RegistryBuilder::Enabled{false})
        .Group("line-3", constrained)
        .Individual("gadget", pinned)
        .Crl("root", world.Crl(root, {}))
        .Crl("factory", world.Crl(factory, {}))
        .Snapshot();
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

// What was signed is one of the enrolled leaves. (An ECDSA signature may be re-encoded by anyone.)
bool IsEnrolled(const Fixture& fixture, ByteView leaf) {
  const auto view = CertificateView::Parse(leaf);
  if (!view) return false;
  for (const test::Entity& enrolled : fixture.leaves) {
    if (base::Equal(enrolled.view().tbs(), view->tbs())) return true;
  }
  return false;
}

void Check(const Fixture& fixture, const Authenticator& authenticator, const PresentedChain& chain) {
  const Verdict verdict = authenticator.Authenticate(chain, fixture.world.at());
  MUSTER_CHECK(verdict.accepted() == (verdict.reason == RejectReason::kNone));
  MUSTER_CHECK(verdict.reason != RejectReason::kInternalError);
  MUSTER_CHECK(verdict.reason != RejectReason::kNotEvaluated);
  MUSTER_CHECK(!verdict.accepted() || IsEnrolled(fixture, chain.leaf()));
  const Explanation explanation = authenticator.Explain(chain, fixture.world.at());
  MUSTER_CHECK(explanation.verdict == verdict);
  MUSTER_CHECK(explanation.remedies.empty() == verdict.accepted());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Fixture fixture;
  Program program(ByteView(data, size));
  std::vector<Bytes> certificates{
      fixture.leaves[program.Below(fixture.leaves.size())].bytes()};
  for (std::size_t count = program.Octet() % (kUntrustedMax + 2); count > 0; --count) {
    certificates.push_back(fixture.untrusted[program.Below(fixture.untrusted.size())].bytes());
  }
  for (int edits = 0; edits < 64 && !program.AtEnd(); ++edits) {
    Edit(&program, &certificates[program.Below(certificates.size())]);
  }
  PresentedChain chain(certificates.front());
  for (std::size_t i = 1; i < certificates.size(); ++i) chain.AddUntrusted(certificates[i]);
  Check(fixture, fixture.presented, chain);
  Check(fixture, fixture.registry, chain);
  return 0;
}
