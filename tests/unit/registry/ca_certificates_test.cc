#include <gtest/gtest.h>

#include <chrono>

#include "muster/development_pki.h"
#include "tests/unit/registry/registry_fixture.h"

namespace muster::registry {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

class CaCertificatesTest : public RegistryTest {
 protected:
  Entity root_ = w_.Root("Root");
};
MUSTER_OVER_EVERY_STORE(CaCertificatesTest);

TEST_P(CaCertificatesTest, RegistersUnverified) {
  const CaCertificate ca = Must(registry_.AddCa("s", "root", root_.der()));
  EXPECT_EQ(ca.name, "root");
  EXPECT_EQ(ca.der, root_.bytes());
  EXPECT_EQ(ca.status, CaStatus::kUnverified);
  EXPECT_EQ(ca.method, VerificationMethod::kNone);
  EXPECT_EQ(ca.registered_at, now_);
  EXPECT_FALSE(ca.verified_at.has_value());
  EXPECT_FALSE(ca.code.has_value());
  EXPECT_FALSE(ca.etag.empty());
  EXPECT_EQ(Must(registry_.GetCa("s", "root")).etag, ca.etag);
  EXPECT_THAT(LastActions(1), ElementsAre("ca-registered root"));
}

TEST_P(CaCertificatesTest, RegistersAsSelfAttestedAndSaysSo) {
  const CaCertificate ca = Must(registry_.AddCa("s", "root", root_.der(), true));
  EXPECT_EQ(ca.status, CaStatus::kVerified);
  EXPECT_EQ(ca.method, VerificationMethod::kSelfAttested);
  EXPECT_EQ(ca.verified_at, now_);
  EXPECT_THAT(LastActions(2), ElementsAre("ca-registered root", "ca-self-attested root"));
}

TEST_P(CaCertificatesTest, SameBytesChangeNothing) {
  Must(registry_.AddCa("s", "root", root_.der()));
  Must(registry_.GenerateCode("s", "root"));
  const std::string before = Everything();
  now_ += 5s;
  EXPECT_EQ(Must(registry_.AddCa("s", "root", root_.der())).status, CaStatus::kUnverified);
  EXPECT_EQ(Everything(), before);
  // Not even where self-attestation is asked for: that is for a first registration.
  EXPECT_EQ(Must(registry_.AddCa("s", "root", root_.der(), true)).status, CaStatus::kUnverified);
  EXPECT_EQ(Everything(), before);
}

TEST_P(CaCertificatesTest, SameBytesLeaveAVerifiedCaVerified) {
  Must(registry_.AddCa("s", "root", root_.der(), true));
  const std::string before = Everything();
  EXPECT_EQ(Must(registry_.AddCa("s", "root", root_.der())).status, CaStatus::kVerified);
  EXPECT_EQ(Everything(), before);
}

TEST_P(CaCertificatesTest, OtherBytesMakeItUnverifiedAndClearTheCode) {
  const Entity other = w_.Root("Root", {.key_label = "other key"});
  const CaCertificate first = Must(registry_.AddCa("s", "root", root_.der()));
  const VerificationCode code = Must(registry_.GenerateCode("s", "root"));
  now_ += 5s;
  const CaCertificate second = Must(registry_.AddCa("s", "root", other.der()));
  EXPECT_EQ(second.der, other.bytes());
  EXPECT_EQ(second.status, CaStatus::kUnverified);
  EXPECT_EQ(second.registered_at, now_);
  EXPECT_FALSE(second.code.has_value());
  EXPECT_NE(second.etag, first.etag);
  EXPECT_THAT(LastActions(1), ElementsAre("ca-replaced root"));
  EXPECT_EQ(ErrorOf(registry_.VerifyCa("s", "root", w_.Proof(other, code.text))).reason,
            RejectReason::kProofNoCode);
}

TEST_P(CaCertificatesTest, OtherBytesMakeAVerifiedCaUnverifiedEvenIfSelfAttestationIsAskedFor) {
  const Entity other = w_.Root("Root", {.key_label = "other key"});
  Must(registry_.AddCa("s", "root", root_.der(), true));
  const CaCertificate second = Must(registry_.AddCa("s", "root", other.der(), true));
  EXPECT_EQ(second.status, CaStatus::kUnverified);
  EXPECT_EQ(second.method, VerificationMethod::kNone);
  EXPECT_FALSE(second.verified_at.has_value());
}

TEST_P(CaCertificatesTest, NamesThatDifferInCaseOnlyAreOne) {
  Must(registry_.AddCa("s", "root", root_.der()));
  const std::string before = Everything();
  const Error error = ErrorOf(registry_.AddCa("s", "ROOT", w_.Root("Other").der()));
  EXPECT_EQ(error.code, ErrorCode::kAlreadyExists);
  EXPECT_THAT(error.message, HasSubstr("'root'"));
  const Error get = ErrorOf(registry_.GetCa("s", "ROOT"));
  EXPECT_EQ(get.code, ErrorCode::kNotFound);
  EXPECT_THAT(get.message, HasSubstr("(but 'root')"));
  EXPECT_EQ(Everything(), before);
}

TEST_P(CaCertificatesTest, NamesAreOfTheIdentifierForm) {
  const std::string longest(128, 'a');
  EXPECT_TRUE(registry_.AddCa("s", longest, root_.der()).has_value());
  const Entity other = w_.Root("Other");
  for (const std::string& name :
       {std::string(), std::string(129, 'a'), std::string("a b"), std::string("a/b"),
        std::string("a."), std::string("a\0", 2), std::string("ä")}) {
    EXPECT_EQ(ErrorOf(registry_.AddCa("s", name, other.der())).code, ErrorCode::kInvalidArgument)
        << name;
  }
}

TEST_P(CaCertificatesTest, RefusesWhatIsNoCa) {
  const Entity leaf = w_.Leaf("device-1", root_);
  const Error error = ErrorOf(registry_.AddCa("s", "leaf", leaf.der()));
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.message, HasSubstr("CN=device-1"));
  EXPECT_THAT(error.message, HasSubstr("CA:TRUE"));
}

TEST_P(CaCertificatesTest, LetsVersion1RootsPassButNoOtherVersion1Certificates) {
  const Entity v1_root = w_.Root("Old Root", [](CertificateTemplate& t) { t.version = 1; });
  EXPECT_TRUE(registry_.AddCa("s", "old", v1_root.der()).has_value());
  const Entity v1 = w_.Intermediate("Old", root_, [](CertificateTemplate& t) { t.version = 1; });
  EXPECT_EQ(ErrorOf(registry_.AddCa("s", "v1", v1.der())).code, ErrorCode::kInvalidArgument);
}

TEST_P(CaCertificatesTest, RefusesSelfSignedLeaves) {
  const Entity leaf = w_.SelfSignedLeaf("device-1");
  EXPECT_EQ(ErrorOf(registry_.AddCa("s", "leaf", leaf.der())).code, ErrorCode::kInvalidArgument);
}

TEST_P(CaCertificatesTest, RefusesMalformedCertificatesWithTheOffset) {
  Bytes der = root_.bytes();
  der.push_back(0);
  const Error error = ErrorOf(registry_.AddCa("s", "root", der));
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.message, HasSubstr("trailing-data"));
  EXPECT_THAT(error.message, HasSubstr("octet " + std::to_string(root_.bytes().size())));
  EXPECT_EQ(ErrorOf(registry_.AddCa("s", "root", {})).code, ErrorCode::kInvalidArgument);
}

TEST_P(CaCertificatesTest, RefusesKeysBelowTheFloor) {
  const Entity weak = w_.Root("Weak", {.key = KeyKind::kRsa1024});
  const Error error = ErrorOf(registry_.AddCa("s", "weak", weak.der()));
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.message, HasSubstr("weak-key"));
}

TEST_P(CaCertificatesTest, SelfAttestationIsLoggedWithItsReason) {
  Must(registry_.AddCa("s", "root", root_.der()));
  Must(registry_.GenerateCode("s", "root"));
  now_ += 1h;
  const CaCertificate ca = Must(registry_.SelfAttestCa("s", "root", "key ceremony 7"));
  EXPECT_EQ(ca.status, CaStatus::kVerified);
  EXPECT_EQ(ca.method, VerificationMethod::kSelfAttested);
  EXPECT_EQ(ca.verified_at, now_);
  EXPECT_FALSE(ca.code.has_value());
  const AuditLogEntry last = Must(registry_.AuditLog("s")).back();
  EXPECT_EQ(last.action, "ca-self-attested");
  EXPECT_EQ(last.at, now_);
  EXPECT_THAT(last.detail, HasSubstr("key ceremony 7"));
  EXPECT_THAT(last.detail, HasSubstr(root_.fingerprint().hex()));
}

TEST_P(CaCertificatesTest, SelfAttestationNeedsAReasonAndAnUnverifiedCa) {
  Must(registry_.AddCa("s", "root", root_.der()));
  const std::string before = Everything();
  EXPECT_EQ(ErrorOf(registry_.SelfAttestCa("s", "root", "")).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(ErrorOf(registry_.SelfAttestCa("s", "root", "a\nb")).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(ErrorOf(registry_.SelfAttestCa("s", "root", "\xff")).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(ErrorOf(registry_.SelfAttestCa("s", "root", std::string(1025, 'a'))).code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(ErrorOf(registry_.SelfAttestCa("s", "other", "why")).code, ErrorCode::kNotFound);
  EXPECT_EQ(Everything(), before);
  Must(registry_.SelfAttestCa("s", "root", std::string(1024, 'a')));
  EXPECT_EQ(ErrorOf(registry_.SelfAttestCa("s", "root", "again")).code,
            ErrorCode::kInvalidArgument);
}

TEST_P(CaCertificatesTest, DeletesAndLogs) {
  Must(registry_.AddCa("s", "root", root_.der(), true));
  Must(registry_.DeleteCa("s", "root"));
  EXPECT_EQ(ErrorOf(registry_.GetCa("s", "root")).code, ErrorCode::kNotFound);
  EXPECT_TRUE(Must(registry_.ListCas("s")).empty());
  EXPECT_THAT(LastActions(1), ElementsAre("ca-deleted root"));
  EXPECT_EQ(ErrorOf(registry_.DeleteCa("s", "root")).code, ErrorCode::kNotFound);
  // Registered again, it starts from nothing.
  EXPECT_EQ(Must(registry_.AddCa("s", "root", root_.der())).status, CaStatus::kUnverified);
}

TEST_P(CaCertificatesTest, DeletionIsRefusedWhileEnrollmentsReferToIt) {
  Must(registry_.AddCa("s", "root", root_.der(), true));
  Must(registry_.PutGroup("s", GroupByName("line-4", "root")));
  Must(registry_.PutIndividual("s", IndividualByName("device-1", "root", "")));
  const std::string before = Everything();
  const Error error = ErrorOf(registry_.DeleteCa("s", "root"));
  EXPECT_EQ(error.code, ErrorCode::kInUse);
  EXPECT_THAT(error.message, HasSubstr("group 'line-4'"));
  EXPECT_THAT(error.message, HasSubstr("individual enrollment 'device-1'"));
  EXPECT_EQ(Everything(), before);
}

TEST_P(CaCertificatesTest, ForcedDeletionDisablesWhatIsLeftWithoutACertificate) {
  const Entity spare = w_.Root("Spare");
  Must(registry_.AddCa("s", "root", root_.der(), true));
  Must(registry_.AddCa("s", "spare", spare.der(), true));
  Must(registry_.PutGroup("s", GroupByName("both", "root", "spare")));
  const EnrollmentGroup both = Must(registry_.GetGroup("s", "both"));
  Must(registry_.PutIndividual("s", IndividualByName("device-1", "", "root")));
  const std::uint64_t generation = Generation();
  Must(registry_.DeleteCa("s", "root", true));
  EXPECT_EQ(Generation(), generation + 1);

  const EnrollmentGroup group = Must(registry_.GetGroup("s", "both"));
  EXPECT_TRUE(group.enabled);
  EXPECT_EQ(group.signing.primary_ca, "");
  EXPECT_EQ(group.signing.secondary_ca, "spare");
  EXPECT_NE(group.etag, both.etag);
  const IndividualEnrollment individual = Must(registry_.GetIndividual("s", "device-1"));
  EXPECT_FALSE(individual.enabled);
  EXPECT_EQ(individual.attestation.secondary_ca, "");
  EXPECT_THAT(LastActions(4),
              testing::UnorderedElementsAre("group-replaced both", "individual-replaced device-1",
                                            "individual-disabled device-1", "ca-deleted root"));
  // What is left is representable, and cannot be enabled as it is.
  EXPECT_TRUE(registry_.Snapshot("s").has_value());
  EXPECT_EQ(ErrorOf(registry_.SetIndividualEnabled("s", "device-1", true)).code,
            ErrorCode::kInvalidArgument);
}

TEST_P(CaCertificatesTest, ServicesShareNothing) {
  Must(registry_.CreateService("t"));
  Must(registry_.AddCa("s", "root", root_.der(), true));
  EXPECT_EQ(ErrorOf(registry_.GetCa("t", "root")).code, ErrorCode::kNotFound);
  EXPECT_EQ(Must(registry_.AddCa("t", "root", root_.der())).status, CaStatus::kUnverified);
  EXPECT_EQ(Must(registry_.GetCa("s", "root")).status, CaStatus::kVerified);
  Must(registry_.DeleteCa("s", "root"));
  EXPECT_TRUE(registry_.GetCa("t", "root").has_value());
}

TEST_P(CaCertificatesTest, ListsInTheOrderOfNames) {
  Must(registry_.AddCa("s", "b", root_.der()));
  Must(registry_.AddCa("s", "a", w_.Root("A").der()));
  Must(registry_.AddCa("s", "C", w_.Root("C").der()));
  std::vector<std::string> names;
  for (const CaCertificate& ca : Must(registry_.ListCas("s"))) names.push_back(ca.name);
  EXPECT_THAT(names, ElementsAre("a", "b", "C"));
}

TEST_P(CaCertificatesTest, TheSameBytesMayHaveTwoNames) {
  Must(registry_.AddCa("s", "one", root_.der()));
  EXPECT_TRUE(registry_.AddCa("s", "two", root_.der(), true).has_value());
  EXPECT_EQ(Must(registry_.GetCa("s", "one")).status, CaStatus::kUnverified);
}

TEST_P(CaCertificatesTest, AReplacedCertificateMayNotBelongToAnotherEnrollment) {
  const Entity other = w_.Root("Other");
  Must(registry_.AddCa("s", "root", root_.der()));
  Must(registry_.PutGroup("s", GroupByName("by-name", "root")));
  Must(registry_.PutGroup("s", GroupOf("uploaded", other)));
  const std::string before = Everything();
  const Error error = ErrorOf(registry_.AddCa("s", "root", other.der()));
  EXPECT_EQ(error.code, ErrorCode::kAlreadyExists);
  EXPECT_THAT(error.message, HasSubstr("group 'uploaded'"));
  EXPECT_EQ(Everything(), before);
}

// --- Services ----------------------------------------------------------------------------------

TEST_P(CaCertificatesTest, ServicesAreCreatedListedAndDeleted) {
  Must(registry_.CreateService("0ne000A1B2C"));
  EXPECT_THAT(Must(registry_.ListServices()), ElementsAre("0ne000A1B2C", "s"));
  EXPECT_EQ(ErrorOf(registry_.CreateService("S")).code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(ErrorOf(registry_.CreateService("a b")).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(ErrorOf(registry_.DeleteService("t")).code, ErrorCode::kNotFound);
  Must(registry_.DeleteService("0ne000A1B2C"));
  EXPECT_THAT(Must(registry_.ListServices()), ElementsAre("s"));
}

TEST_P(CaCertificatesTest, AServiceThatHoldsSomethingIsDeletedByForceOnly) {
  Must(registry_.AddCa("s", "root", root_.der(), true));
  Must(registry_.PutGroup("s", GroupByName("g", "root")));
  Must(registry_.GenerateCode("s", Must(registry_.AddCa("s", "o", w_.Root("O").der())).name));
  Must(registry_.AddCrl("s", "root", w_.Crl(root_, {})));
  EXPECT_EQ(ErrorOf(registry_.DeleteService("s")).code, ErrorCode::kInUse);
  EXPECT_EQ(Must(registry_.ListCas("s")).size(), 2u);
  Must(registry_.DeleteService("s", true));
  EXPECT_TRUE(Must(registry_.ListServices()).empty());
  // Its audit records stay.
  EXPECT_THAT(LastActions(1), ElementsAre("service-deleted s"));
  EXPECT_GT(Must(registry_.AuditLog("s")).size(), 5u);
  EXPECT_TRUE(Must(registry_.FindDamage()).empty());
}

TEST_P(CaCertificatesTest, AServiceMadeAnewRepeatsNoETag) {
  const CaCertificate first = Must(registry_.AddCa("s", "root", root_.der()));
  Must(registry_.DeleteService("s", true));
  Must(registry_.CreateService("s"));
  const CaCertificate second = Must(registry_.AddCa("s", "root", root_.der()));
  EXPECT_NE(first.etag, second.etag);
  EXPECT_EQ(ErrorOf(registry_.DeleteCa("s", "root", false, first.etag)).code,
            ErrorCode::kStaleETag);
}

TEST_P(CaCertificatesTest, UnknownServicesAreNotFound) {
  const auto is_not_found = [](const auto& result) {
    return !result.has_value() && result.error().code == ErrorCode::kNotFound;
  };
  EXPECT_TRUE(is_not_found(registry_.AddCa("x", "root", root_.der())));
  EXPECT_TRUE(is_not_found(registry_.GetCa("x", "root")));
  EXPECT_TRUE(is_not_found(registry_.ListCas("x")));
  EXPECT_TRUE(is_not_found(registry_.GenerateCode("x", "root")));
  EXPECT_TRUE(is_not_found(registry_.VerifyCa("x", "root", root_.der())));
  EXPECT_TRUE(is_not_found(registry_.SelfAttestCa("x", "root", "why")));
  EXPECT_TRUE(is_not_found(registry_.DeleteCa("x", "root")));
  EXPECT_TRUE(is_not_found(registry_.PutGroup("x", {})));
  EXPECT_TRUE(is_not_found(registry_.GetGroup("x", "g")));
  EXPECT_TRUE(is_not_found(registry_.ListGroups("x")));
  EXPECT_TRUE(is_not_found(registry_.PutIndividual("x", {})));
  EXPECT_TRUE(is_not_found(registry_.ListIndividuals("x")));
  EXPECT_TRUE(is_not_found(registry_.AddCrl("x", "root", {})));
  EXPECT_TRUE(is_not_found(registry_.ListCrls("x")));
  EXPECT_TRUE(is_not_found(registry_.AddDenied("x", {})));
  EXPECT_TRUE(is_not_found(registry_.ListDenied("x")));
  EXPECT_TRUE(is_not_found(registry_.Contents("x")));
  EXPECT_TRUE(is_not_found(registry_.Snapshot("x")));
  EXPECT_TRUE(is_not_found(registry_.ExportJson("x")));
  // Nor is a service found by another case of its name.
  EXPECT_TRUE(is_not_found(registry_.ListCas("S")));
}

TEST_P(CaCertificatesTest, EveryChangeBumpsTheGenerationOnce) {
  const std::uint64_t start = Generation();
  Must(registry_.AddCa("s", "root", root_.der(), true));  // Two audit records.
  EXPECT_EQ(Generation(), start + 1);
  Must(registry_.GetCa("s", "root"));
  EXPECT_EQ(Generation(), start + 1);
  Must(registry_.PutGroup("s", GroupByName("g", "root")));
  EXPECT_EQ(Generation(), start + 2);
  EXPECT_EQ(Must(registry_.Snapshot("s"))->generation(), start + 2);
}

TEST_P(CaCertificatesTest, AFailingClockIsAnInternalErrorAndChangesNothing) {
  Registry broken = Must(Registry::Open(
      MakeMemoryStore(), {[]() -> UnixTime { throw std::runtime_error("no clock"); }, {}}));
  const Error error = ErrorOf(broken.CreateService("s"));
  EXPECT_EQ(error.code, ErrorCode::kInternal);
  EXPECT_THAT(error.message, HasSubstr("no clock"));
  EXPECT_TRUE(Must(broken.ListServices()).empty());
  Registry worse = Must(Registry::Open(MakeMemoryStore(), {[]() -> UnixTime { throw 1; }, {}}));
  EXPECT_EQ(ErrorOf(worse.CreateService("s")).code, ErrorCode::kInternal);
}

TEST(RegistryOpenTest, NeedsAStore) {
  EXPECT_EQ(ErrorOf(Registry::Open(std::unique_ptr<RegistryStore>(), {})).code,
            ErrorCode::kInvalidArgument);
}

TEST(RegistryOpenTest, UsesTheSystemsClockAndRandomnessWhereNoneIsGiven) {
  Registry registry = Must(Registry::Open(MakeMemoryStore(), {}));
  ASSERT_TRUE(registry.CreateService("s").has_value());
  World w;
  const auto before = std::chrono::system_clock::now();
  const CaCertificate ca = Must(registry.AddCa("s", "root", w.Root("Root").der()));
  EXPECT_LE(std::chrono::abs(ca.registered_at - before), 60s);
  const VerificationCode a = Must(registry.GenerateCode("s", "root"));
  const VerificationCode b = Must(registry.GenerateCode("s", "root"));
  EXPECT_NE(a.text, b.text);
}

}  // namespace
}  // namespace muster::registry
