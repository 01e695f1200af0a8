// Clocks that jump: the order of what happened is that of the audit log, whatever the clock said,
// and no decision depends on an earlier one's time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "engine/registry/store/memory/memory_store.h"
#include "muster/authenticator.h"
#include "muster/registry.h"
#include "tests/support/test_world.h"

namespace muster {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using test::Entity;
using test::Must;
using testing::ElementsAre;

class ClockTest : public testing::Test {
 protected:
  ClockTest()
      : registry_(Must(Registry::Open(registry::MakeMemoryStore(),
                                      {[this] { return now_; },
                                       [this](std::span<std::uint8_t> out) {
                                         for (std::uint8_t& octet : out) octet = ++random_;
                                       }}))) {
    EXPECT_TRUE(registry_.CreateService("s").has_value());
    Must(registry_.AddCa("s", "root", root_.der()));
  }

  // A proof that is valid whatever the clock says.
  Bytes Proof(const std::string& code) {
    return Must(IssueProof(code, root_.certificate(), root_.key(), w_.at() - days{10'000},
                           w_.at() + days{10'000}));
  }
  RejectReason Refusal(const Bytes& proof) {
    const auto result = registry_.VerifyCa("s", "root", proof);
    return result ? RejectReason::kNone : result.error().reason;
  }

  test::World w_;
  UnixTime now_ = w_.at();
  std::uint8_t random_ = 0;
  Entity root_ = w_.Root("Root");
  Registry registry_;
};

TEST_F(ClockTest, ACodeWorksWhereTheClockWentBackwards) {
  const VerificationCode code = Must(registry_.GenerateCode("s", "root"));
  now_ -= days{365};
  EXPECT_EQ(Refusal(Proof(code.text)), RejectReason::kNone);
  EXPECT_EQ(Must(registry_.GetCa("s", "root")).verified_at, now_);
}

// What counts of a proof is the time at which it is shown, not that of its code.
TEST_F(ClockTest, AProofThatIsNotYetValidByTheClockIsRefused) {
  const VerificationCode code = Must(registry_.GenerateCode("s", "root"));
  const Bytes proof = w_.Proof(root_, code.text);  // Valid since yesterday.
  now_ -= days{2};
  EXPECT_EQ(Refusal(proof), RejectReason::kProofNotYetValid);
  now_ += days{2};
  EXPECT_EQ(Refusal(proof), RejectReason::kNone);
}

// Neither an expired code nor a superseded one is saved by a jump: only the one that is
// outstanding works, for as long as its own window lasts.
TEST_F(ClockTest, ANewCodeReplacesOneFromTheFuture) {
  now_ += days{400};
  const VerificationCode future = Must(registry_.GenerateCode("s", "root"));
  now_ -= days{400};
  const VerificationCode code = Must(registry_.GenerateCode("s", "root"));
  EXPECT_EQ(code.generation, future.generation + 1);
  EXPECT_EQ(code.expires, now_ + days{30});
  EXPECT_EQ(Refusal(Proof(future.text)), RejectReason::kProofCodeMismatch);
  now_ += days{30};
  EXPECT_EQ(Refusal(Proof(code.text)), RejectReason::kProofCodeExpired);
  now_ -= days{60};
  EXPECT_EQ(Refusal(Proof(future.text)), RejectReason::kProofCodeMismatch);
  EXPECT_EQ(Refusal(Proof(code.text)), RejectReason::kNone);
}

// Bad proofs are counted by their number, so that turning the clock gives no further tries.
TEST_F(ClockTest, ACodeThatDiedStaysDead) {
  const VerificationCode code = Must(registry_.GenerateCode("s", "root"));
  for (int i = 0; i < 10; ++i) {
    now_ -= days{1};
    EXPECT_EQ(Refusal(Proof("wrong")), RejectReason::kProofCodeMismatch);
  }
  for (const days jump : {-days{100}, days{100}, days{10}}) {
    now_ += jump;
    EXPECT_EQ(Refusal(Proof(code.text)), RejectReason::kProofCodeExhausted);
  }
}

TEST_F(ClockTest, TheAuditLogAndETagsGoForwards) {
  std::vector<std::string> etags = {Must(registry_.GetCa("s", "root")).etag};
  for (const days jump : {-days{30}, days{90}, -days{300}}) {
    now_ += jump;
    Must(registry_.GenerateCode("s", "root"));
    etags.push_back(Must(registry_.GetCa("s", "root")).etag);
  }
  EXPECT_TRUE(std::is_sorted(etags.begin(), etags.end()));
  EXPECT_EQ(std::adjacent_find(etags.begin(), etags.end()), etags.end());
  const std::vector<AuditLogEntry> log = Must(registry_.AuditLog());
  std::vector<std::string> actions;
  for (std::size_t i = 0; i < log.size(); ++i) {
    EXPECT_EQ(log[i].sequence, i + 1);
    actions.push_back(log[i].action);
  }
  EXPECT_THAT(actions, ElementsAre("service-created", "ca-registered", "code-generated",
                                   "code-generated", "code-generated"));
  EXPECT_EQ(log.back().at, now_);  // As the clock said, although it is before those above.
  EXPECT_LT(log.back().at, log.front().at);
}

// What one authenticator learned at one time it does not use at another.
TEST_F(ClockTest, DecisionsAreThoseOfANewAuthenticatorAtAnyTime) {
  const Entity factory = w_.Intermediate("Factory", root_, [this](CertificateTemplate& t) {
    t.not_before = w_.at() - days{20};
    t.not_after = w_.at() + days{20};
  });
  const Entity leaf = w_.Leaf("device", factory);
  const auto snapshot = test::RegistryBuilder()
                            .Verified(root_)
                            .Unverified(factory)
                            .Group("g", factory)
                            .Crl("root", w_.Crl(root_, {}))
                            .Crl("factory", w_.Crl(factory, {}))
                            .Snapshot();
  const PresentedChain chain = test::Presented(leaf, {factory});
  AuthenticationOptions options;
  options.require_crl = true;
  const Authenticator authenticator(
      test::RegistryBuilder().Verified(root_).Group("g", factory).Snapshot());
  const Authenticator strict(snapshot, options);
  int accepted = 0, refused = 0;
  for (const int jump : {0, 25, -25, 15, -50, 50, 19, -40, 1, 20, -20, -100, 100}) {
    const UnixTime at = w_.at() + days{jump};
    for (const Authenticator* old : {&authenticator, &strict}) {
      const Authenticator fresh(old->snapshot(), old->options());
      const Verdict verdict = old->Authenticate(chain, at);
      EXPECT_EQ(verdict, fresh.Authenticate(chain, at)) << jump;
      ++(verdict.accepted() ? accepted : refused);
    }
  }
  EXPECT_GT(accepted, 5);
  EXPECT_GT(refused, 5);
}

}  // namespace
}  // namespace muster
