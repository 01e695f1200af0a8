#include "tools/muster/registry_change.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <sstream>

#include "tests/support/test_world.h"

namespace muster::cli {
namespace {

using test::Entity;
using test::Must;

class RegistryChange : public testing::Test {
 protected:
  void SetUp() override {
    const std::string path =
        (std::filesystem::temp_directory_path() /
         ("muster-change-" + std::to_string(reinterpret_cast<std::uintptr_t>(this)) + ".db"))
            .string();
    Registry registry = Must(Registry::Open(path));
    ASSERT_TRUE(registry.CreateService("s"));
    opened_.emplace(OpenedService{Must(registry.CopyToMemory("s")), "s"});
    std::filesystem::remove(path);
    std::filesystem::remove(path + "-wal");
    std::filesystem::remove(path + "-shm");
    Must(opened_->registry.AddCa("s", "root-1", root_.der(), true));
    Must(opened_->registry.AddCa("s", "root-2", other_.der()));
    Must(opened_->registry.PutGroup("s", {"line-4", true, {{}, {}, "root-1", "root-2"}, {}}));
    Must(opened_->registry.PutIndividual("s", {"pump-17", true, {{}, {}, "root-1", {}}, {}}));
    Must(opened_->registry.AddCrl("s", "root-1", w_.Crl(root_, {})));
  }

  // Fails with `code` and says every one of `texts`.
  void Refused(ErrorCode code, const std::string& change, const std::vector<std::string>& texts) {
    ChangeApplier applier(context_, *opened_);
    const auto applied = applier.Apply(change, "changes.txt:7");
    ASSERT_FALSE(applied) << change;
    EXPECT_EQ(applied.error().code, code) << change;
    EXPECT_EQ(applied.error().message.find("changes.txt:7: "), 0u) << applied.error().message;
    for (const std::string& text : texts) {
      EXPECT_NE(applied.error().message.find(text), std::string::npos)
          << change << ": " << applied.error().message << " lacks " << text;
    }
  }
  void Applied(const std::string& change) {
    ChangeApplier applier(context_, *opened_);
    const auto applied = applier.Apply(change, "x");
    EXPECT_TRUE(applied) << change << ": " << applied.error().message;
  }

  test::World w_{"change"};
  const Entity root_ = w_.Root("Root"), other_ = w_.Root("Other");
  std::istringstream in_;
  std::ostringstream out_, err_;
  CliContext context_{CliStreams{in_, out_, err_}};
  std::optional<OpenedService> opened_;
};

TEST_F(RegistryChange, NamesWhatIsWrongAndWhatWouldBeRight) {
  const ErrorCode usage = ErrorCode::kInvalidArgument;
  Refused(usage, "", {"begins with one of ca, group, enrollment, deny, crl"});
  Refused(usage, "gruop disable line-4", {"'gruop'", "did you mean 'group'?"});
  Refused(usage, "service rm s", {"'service' is no noun of a change; there are ca, group"});
  Refused(usage, "group", {"'group' wants a verb: add, rm, enable, disable, swap"});
  Refused(usage, "group disabel line-4", {"did you mean 'disable'?"});
  Refused(usage, "group verify line-4", {"'verify' is no change of 'group'"});
  Refused(usage, "group disable", {"write group disable ID"});
  Refused(usage, "group disable line-4 line-5", {"write group disable ID"});
  Refused(usage, "group disable --help", {"--help"});
  Refused(usage, "ca rm root-1 --forse", {"--forse", "write ca rm NAME [--force]"});
  Refused(usage, "group add x", {"--certificate FILE", "--ca NAME"});
  Refused(usage, "group disable 'line-4", {"the ' at character 15 has no partner"});
  Refused(usage, "ca verify root-1", {"verified already"});
  Refused(usage, "ca unverify root-2", {"is not verified"});
  Refused(usage, "enrollment swap pump-17", {"no secondary"});
  Refused(usage, "deny add", {"name the device by one of"});
  Refused(usage, "deny add --fingerprint 12", {"64 hex digits"});
  const ErrorCode missing = ErrorCode::kNotFound;
  Refused(missing, "group disable line-5", {"line-5", "did you mean 'line-4'?"});
  Refused(missing, "ca verify Root-1", {"root-1"});
  Refused(missing, "ca verify root-9", {"did you mean 'root-1'?"});
  Refused(missing, "enrollment rm pump-71", {"did you mean 'pump-17'?"});
  Refused(missing, "group add new --ca roto-2", {"did you mean 'root-2'?"});
  Refused(missing, "group disable quite-another", {"quite-another"});
  Refused(ErrorCode::kInUse, "ca rm root-1", {"line-4"});
  Refused(ErrorCode::kAlreadyExists, "group add line-4 --ca root-1", {"--replace"});
  Refused(ErrorCode::kUnreadableInput, "ca add new no-such-file.pem", {"no-such-file.pem"});
}

// Verification apart, all is as it was: references, CRLs, and the bytes of the certificate.
TEST_F(RegistryChange, UnverifyTakesBackTheVerificationAlone) {
  const RegistryContents before = Must(opened_->registry.Contents("s"));
  Applied("ca unverify root-1");
  const RegistryContents after = Must(opened_->registry.Contents("s"));
  ASSERT_EQ(after.cas.size(), 2u);
  EXPECT_EQ(after.cas[0].status, CaStatus::kUnverified);
  EXPECT_EQ(after.cas[0].der, before.cas[0].der);
  ASSERT_EQ(after.groups.size(), 1u);
  EXPECT_TRUE(after.groups[0].enabled);
  EXPECT_EQ(after.groups[0].signing.primary_ca, "root-1");
  EXPECT_EQ(after.groups[0].signing.secondary_ca, "root-2");
  ASSERT_EQ(after.individuals.size(), 1u);
  EXPECT_TRUE(after.individuals[0].enabled);
  EXPECT_EQ(after.individuals[0].attestation.primary_ca, "root-1");
  ASSERT_EQ(after.crls.size(), 1u);
  EXPECT_EQ(after.crls[0].der, before.crls[0].der);
}

TEST_F(RegistryChange, SwapsPrimaryAndSecondary) {
  Applied("group swap \"line-4\"");
  const EnrollmentGroup group = Must(opened_->registry.GetGroup("s", "line-4"));
  EXPECT_EQ(group.signing.primary_ca, "root-2");
  EXPECT_EQ(group.signing.secondary_ca, "root-1");
}

TEST_F(RegistryChange, AssumesTheProof) {
  ChangeApplier applier(context_, *opened_);
  ASSERT_TRUE(applier.Apply("ca verify root-2", "x"));
  ASSERT_EQ(applier.assumptions().size(), 1u);
  EXPECT_NE(applier.assumptions()[0].find("'root-2'"), std::string::npos);
  EXPECT_EQ(Must(opened_->registry.GetCa("s", "root-2")).status, CaStatus::kVerified);
}

TEST(SplitWords, KnowsQuotations) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(Must(SplitWords("  a\tb  ")), (Words{"a", "b"}));
  EXPECT_EQ(Must(SplitWords("a 'b c' \"d 'e'\" f'g'")), (Words{"a", "b c", "d 'e'", "fg"}));
  EXPECT_EQ(Must(SplitWords("''")), (Words{""}));
  EXPECT_EQ(Must(SplitWords("")), Words{});
  EXPECT_FALSE(SplitWords("a \"b"));
}

TEST(NearestWord, FindsSlipsOnly) {
  EXPECT_EQ(NearestWord("disabel", {"enable", "disable"}), "disable");
  EXPECT_EQ(NearestWord("LINE-4", {"line-1", "line-4"}), "line-4");
  EXPECT_EQ(NearestWord("frobnicate", {"enable", "disable"}), "");
  EXPECT_EQ(NearestWord("x", {}), "");
}

}  // namespace
}  // namespace muster::cli
