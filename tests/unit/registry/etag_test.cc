// A write that carries a stale ETag changes nothing, whatever it is; one that carries the row's own
// is carried out.
#include <gtest/gtest.h>

#include <functional>

#include "tests/unit/registry/registry_fixture.h"

namespace muster::registry {
namespace {

class ETagTest : public RegistryTest {
 protected:
  struct Write {
    std::string name;
    std::function<std::string()> etag;  // The row's own; empty where there is no row.
    std::function<Result<void>(std::string_view if_match)> run;
  };

  template <typename T>
  static Result<void> Forget(const Result<T>& result) {
    if (!result) return tl::unexpected(result.error());
    return {};
  }

  void SetUp() override {
    Must(registry_.AddCa("s", "pending", w_.Root("Pending").der()));
    code_ = Must(registry_.GenerateCode("s", "pending")).text;
    Must(registry_.AddCa("s", "root", w_.Root("Root").der()));
    Must(registry_.PutGroup("s", GroupByName("group", "pending")));
    Must(registry_.PutIndividual("s", IndividualByName("device-1", "pending")));
  }

  std::vector<Write> Writes() {
    const auto ca = [this](const char* name) {
      return [this, name] { return Must(registry_.GetCa("s", name)).etag; };
    };
    const auto group = [this] { return Must(registry_.GetGroup("s", "group")).etag; };
    const auto individual = [this] { return Must(registry_.GetIndividual("s", "device-1")).etag; };
    const auto none = [] { return std::string(); };
    const Entity other = w_.Root("Other");
    return {
        {"AddCa, new", none,
         [=, this](auto m) { return Forget(registry_.AddCa("s", "new", other.der(), true, m)); }},
        {"AddCa, the same bytes", ca("root"),
         [=, this](auto m) {
           return Forget(registry_.AddCa("s", "root", w_.Root("Root").der(), false, m));
         }},
        {"AddCa, other bytes", ca("root"),
         [=, this](auto m) { return Forget(registry_.AddCa("s", "root", other.der(), false, m)); }},
        {"GenerateCode", ca("root"),
         [=, this](auto m) { return Forget(registry_.GenerateCode("s", "root", m)); }},
        {"SelfAttestCa", ca("root"),
         [=, this](auto m) { return Forget(registry_.SelfAttestCa("s", "root", "why", m)); }},
        {"VerifyCa", ca("pending"),
         [=, this](auto m) {
           return Forget(
               registry_.VerifyCa("s", "pending", w_.Proof(w_.Root("Pending"), code_), m));
         }},
        {"PutGroup, new", none,
         [=, this](auto m) {
           return Forget(registry_.PutGroup("s", GroupByName("new", "root"), m));
         }},
        {"PutGroup", group,
         [=, this](auto m) {
           return Forget(registry_.PutGroup("s", GroupOf("group", w_.Root("Third")), m));
         }},
        {"SetGroupEnabled", group,
         [=, this](auto m) { return Forget(registry_.SetGroupEnabled("s", "group", false, m)); }},
        {"SetGroupEnabled, no change", group,
         [=, this](auto m) { return Forget(registry_.SetGroupEnabled("s", "group", false, m)); }},
        {"PutIndividual", individual,
         [=, this](auto m) {
           return Forget(registry_.PutIndividual("s", IndividualByName("device-1", "root"), m));
         }},
        {"SetIndividualEnabled", individual,
         [=, this](auto m) {
           return Forget(registry_.SetIndividualEnabled("s", "device-1", false, m));
         }},
        {"DeleteIndividual", individual,
         [=, this](auto m) { return registry_.DeleteIndividual("s", "device-1", m); }},
        {"DeleteGroup", group,
         [=, this](auto m) { return registry_.DeleteGroup("s", "group", m); }},
        {"DeleteCa", ca("pending"),
         [=, this](auto m) { return registry_.DeleteCa("s", "pending", false, m); }},
        {"DeleteCa, forced", ca("root"),
         [=, this](auto m) { return registry_.DeleteCa("s", "root", true, m); }},
    };
  }

  std::string code_;
};
MUSTER_OVER_EVERY_STORE(ETagTest);

TEST_P(ETagTest, AStaleOneChangesNothingAndTheRowsOwnIsCarriedOut) {
  for (const Write& write : Writes()) {
    SCOPED_TRACE(write.name);
    const std::string before = Everything();
    const std::string own = write.etag();
    for (const std::string& stale :
         {std::string("00000000"), std::string("stale"), own + "0", "0" + own, "ffffffff" + own}) {
      const Error error = ErrorOf(write.run(stale));
      EXPECT_EQ(error.code, ErrorCode::kStaleETag) << error.message;
      EXPECT_EQ(Everything(), before);
    }
    // Of a row that does not exist, no ETag is the right one.
    const Result<void> result = write.run(own);
    EXPECT_TRUE(result.has_value()) << result.error().message;
  }
}

TEST_P(ETagTest, AnETagIsGoodOnce) {
  const std::string etag = Must(registry_.GetGroup("s", "group")).etag;
  const EnrollmentGroup after = Must(registry_.SetGroupEnabled("s", "group", false, etag));
  EXPECT_NE(after.etag, etag);
  EXPECT_EQ(ErrorOf(registry_.SetGroupEnabled("s", "group", true, etag)).code,
            ErrorCode::kStaleETag);
  EXPECT_TRUE(registry_.SetGroupEnabled("s", "group", true, after.etag).has_value());
}

TEST_P(ETagTest, AChangeOfOneRowLeavesTheETagsOfOthers) {
  const std::string ca = Must(registry_.GetCa("s", "root")).etag;
  const std::string individual = Must(registry_.GetIndividual("s", "device-1")).etag;
  Must(registry_.SetGroupEnabled("s", "group", false));
  EXPECT_EQ(Must(registry_.GetCa("s", "root")).etag, ca);
  EXPECT_EQ(Must(registry_.GetIndividual("s", "device-1")).etag, individual);
}

}  // namespace
}  // namespace muster::registry
