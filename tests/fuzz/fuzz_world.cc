#include "tests/fuzz/fuzz_world.h"

#include <algorithm>

#include "engine/base/byte_view.h"
#include "engine/base/check.h"

namespace muster::test {

const FuzzWorld& FuzzWorld::Get() {
  static const FuzzWorld world;
  return world;
}

FuzzWorld::FuzzWorld() {
  const Entity root = world_.Root("Root");
  const Entity other = world_.Root("Other");
  const Entity factory = world_.Intermediate("Factory", root);
  const Entity cross = world_.CrossSigned(factory, other);
  const Entity off = world_.Intermediate("Off", root);
  const Entity constrained = world_.Intermediate("Constrained", root, [](CertificateTemplate& t) {
    // permittedSubtrees: dNSName "example".
    t.extensions.push_back({"2.5.29.30", true,
                            {0x30, 0x0d, 0xa0, 0x0b, 0x30, 0x09, 0x82, 0x07, 'e', 'x', 'a', 'm',
                             'p', 'l', 'e'}});
  });
  // One signature algorithm each: every kernel has its own way with them.
  const Entity p384 = world_.Intermediate("Line 384", root, {.key = KeyKind::kP384});
  const Entity rsa = world_.Intermediate("Line RSA", root, {.key = KeyKind::kRsa2048});

  const Entity leaf = world_.Leaf("device-1", factory);
  const Entity leaf_off = world_.Leaf("device-2", off);
  const Entity leaf_named = world_.Leaf(
      "device-3", constrained, [](CertificateTemplate& t) { t.dns_names = {"device-3.example"}; });
  const Entity pinned = world_.SelfSignedLeaf("gadget");
  const Entity revoked = world_.Leaf("device-4", factory);
  const Entity denied = world_.Leaf("device-5", factory);
  const Entity denied_serial = world_.Leaf("device-6", factory);
  const Entity by_name = world_.Leaf("gizmo", factory);
  const Entity disabled = world_.Leaf("widget", factory);
  const Entity leaf_p384 = world_.Leaf("device-7", p384);
  const Entity leaf_rsa = world_.Leaf("device-8", rsa);

  leaves_ = {leaf,   leaf_off,      leaf_named, pinned,   revoked,
             denied, denied_serial, by_name,    disabled, leaf_p384,
             leaf_rsa};
  enrolled_ = {leaf, leaf_named, pinned, by_name, leaf_p384, leaf_rsa};
  untrusted_ = {factory, cross, off, constrained, root, other, leaf, p384, rsa};
  snapshot_ = RegistryBuilder()
                  .Verified(root)
                  .Unverified(factory)
                  .Group("line-1", factory)
                  .Group("line-2", off, RegistryBuilder::Enabled{false})
                  .Group("line-3", constrained)
                  .Group("line-384", p384)
                  .Group("line-rsa", rsa)
                  .Individual("gadget", pinned)
                  .IndividualByName("gizmo", "root")
                  .IndividualByName("widget", "root", RegistryBuilder::Enabled{false})
                  .Crl("root", world_.Crl(root, {}))
                  .Crl("factory", world_.Crl(factory, {revoked}))
                  .Deny(denied)
                  .DenyByIssuerAndSerial(denied_serial)
                  .Snapshot();
}

AuthenticationOptions FuzzWorld::SmallCache() {
  AuthenticationOptions options;
  options.cache_octets_max = std::size_t{32} << 20;
  return options;
}

bool FuzzWorld::Enrols(ByteView leaf) const {
  const auto view = CertificateView::Parse(leaf);
  return view && std::any_of(enrolled_.begin(), enrolled_.end(), [&](const Entity& enrolled) {
           return base::Equal(enrolled.view().tbs(), view->tbs());
         });
}

void FuzzWorld::CheckVerdict(const PresentedChain& chain, const Verdict& verdict) const {
  MUSTER_CHECK(verdict.accepted() == (verdict.reason == RejectReason::kNone));
  MUSTER_CHECK(verdict.reason != RejectReason::kInternalError);
  MUSTER_CHECK(verdict.reason != RejectReason::kNotEvaluated);
  MUSTER_CHECK(verdict.generation == snapshot_->generation());
  MUSTER_CHECK(!verdict.accepted() || (Enrols(chain.leaf()) && !verdict.registration_id.empty() &&
                                       verdict.enrollment.kind != EnrollmentKind::kNone));
}

}  // namespace muster::test
