// RevocationTest: a path of three whose CRLs a test chooses.
#ifndef MUSTER_TESTS_UNIT_PATH_REVOCATION_FIXTURE_H_
#define MUSTER_TESTS_UNIT_PATH_REVOCATION_FIXTURE_H_

#include <functional>
#include <utility>
#include <vector>

#include "engine/path/revocation.h"
#include "tests/unit/path/path_fixture.h"

namespace muster::path {

inline const Finding kRevokedLeaf{RejectReason::kRevoked, 0};
inline const Finding kRevokedCa{RejectReason::kRevoked, 1};
inline const Finding kUnknownLeaf{RejectReason::kRevocationUnknown, 0};
inline const Finding kUnknownCa{RejectReason::kRevocationUnknown, 1};

class RevocationTest : public PathTest {
 protected:
  RevocationTest() { options_.require_crl = true; }

  static Bytes SerialOf(const Entity& entity) {
    const ByteView serial = entity.view().serial();
    return {serial.begin(), serial.end()};
  }
  // The root's CRL with nothing on it, and these.
  void SetCrls(std::vector<Bytes> crls) {
    crls_ = std::move(crls);
    crls_.push_back(w_.Crl(root_, {}));
  }
  Finding ValidateLeaf(const Entity& leaf) { return Validate({leaf, factory_, root_}); }
  Finding ValidateLeaf() { return ValidateLeaf(leaf_); }

  using CrlEdit = std::function<void(CrlTemplate&)>;
  static CrlEdit WithExtension(RawExtension extension) {
    return [extension](CrlTemplate& t) { t.extensions.push_back(extension); };
  }
  CrlEdit Stale() const {
    return [at = w_.at()](CrlTemplate& t) { t.next_update = at - std::chrono::seconds(1); };
  }

  Entity root_ = w_.Root("Root");
  Entity factory_ = w_.Intermediate("Factory", root_);
  Entity leaf_ = w_.Leaf("device-1", factory_);
  Entity other_ = w_.Leaf("device-2", factory_);
};

}  // namespace muster::path

#endif  // MUSTER_TESTS_UNIT_PATH_REVOCATION_FIXTURE_H_
