#include "engine/path/path_validator.h"

#include <gmock/gmock.h>

#include "tests/unit/path/path_fixture.h"

namespace muster::path {
namespace {

using std::chrono::days;
using std::chrono::seconds;
using ::testing::HasSubstr;

class PathValidatorTest : public PathTest {
 protected:
  Entity root_ = w_.Root("Root");
  Entity factory_ = w_.Intermediate("Factory", root_);
  Entity leaf_ = w_.Leaf("device-1", factory_);

  // Paths with one certificate changed.
  Finding ValidateWithLeaf(const test::Edit& edit) {
    return Validate({w_.Leaf("odd", factory_, edit), factory_, root_});
  }
  Finding ValidateWithFactory(const test::Edit& edit) {
    const Entity odd = w_.Intermediate("Odd", root_, edit);
    return Validate({w_.Leaf("device-2", odd), odd, root_});
  }
  Finding ValidateWithRoot(const test::Edit& edit) {
    const Entity odd = w_.Root("Odd Root", edit);
    const Entity factory = w_.Intermediate("Factory", odd);
    return Validate({w_.Leaf("device-2", factory), factory, odd});
  }
};

TEST_F(PathValidatorTest, AcceptsAnOrdinaryPath) {
  EXPECT_EQ(Validate({leaf_, factory_, root_}), kGoodPath);
  EXPECT_TRUE(faults_.empty());
  EXPECT_EQ(signatures_, 1);  // The leaf's is not counted.
}

TEST_F(PathValidatorTest, AcceptsALeafIssuedByTheAnchor) {
  const Entity leaf = w_.Leaf("device-1", root_);
  EXPECT_EQ(Validate({leaf, root_}), kGoodPath);
}

TEST_F(PathValidatorTest, AnyCaCanBeTheAnchor) {
  EXPECT_EQ(Validate({leaf_, factory_}), kGoodPath);
}

// --- 6.1.3 (a) (1): signatures -------------------------------------------------------------------

TEST_F(PathValidatorTest, RefusesABadLeafSignature) {
  const Entity bad = w_.WithDer(leaf_, test::FlipSignatureBit(leaf_.der()));
  EXPECT_EQ(Validate({bad, factory_, root_}), (Finding{RejectReason::kBadSignature, 0}));
}

TEST_F(PathValidatorTest, RefusesABadCaSignature) {
  const Entity bad = w_.WithDer(factory_, test::FlipSignatureBit(factory_.der()));
  EXPECT_EQ(Validate({leaf_, bad, root_}), (Finding{RejectReason::kBadSignature, 1}));
}

TEST_F(PathValidatorTest, DoesNotLookAtTheAnchorsSignature) {
  const Entity root = w_.WithDer(root_, test::FlipSignatureBit(root_.der()));
  EXPECT_EQ(Validate({leaf_, factory_, root}), kGoodPath);
}

TEST_F(PathValidatorTest, RefusesAnIssuerOfTheSameNameWithAnotherKey) {
  const Entity twin = w_.Intermediate("Factory", root_, {.key_label = "other"});
  EXPECT_EQ(Validate({leaf_, twin, root_}), (Finding{RejectReason::kBadSignature, 0}));
}

TEST_F(PathValidatorTest, RefusesSha1Signatures) {
  const auto sha1 = [](CertificateTemplate& t) { t.hash = "SHA-1"; };
  EXPECT_EQ(ValidateWithLeaf(sha1), (Finding{RejectReason::kWeakSignatureAlgorithm, 0}));
  EXPECT_EQ(ValidateWithFactory(sha1), (Finding{RejectReason::kWeakSignatureAlgorithm, 1}));
  EXPECT_EQ(ValidateWithRoot(sha1), kGoodPath);
  options_.algorithms.allow_sha1 = true;
  EXPECT_EQ(ValidateWithLeaf(sha1), kGoodPath);
  EXPECT_EQ(ValidateWithFactory(sha1), kGoodPath);
}

TEST_F(PathValidatorTest, RefusesWeakKeysEverywhere) {
  const auto weak = KeyKind::kRsa1024;
  EXPECT_EQ(Validate({w_.Leaf("weak", factory_, {.key = weak}), factory_, root_}),
            (Finding{RejectReason::kWeakKey, 0}));
  const Entity factory = w_.Intermediate("Weak", root_, {.key = weak});
  EXPECT_EQ(Validate({w_.Leaf("d", factory), factory, root_}),
            (Finding{RejectReason::kWeakKey, 1}));
  const Entity root = w_.Root("Weak Root", {.key = weak});
  EXPECT_EQ(Validate({w_.Leaf("d", root), root}), (Finding{RejectReason::kWeakKey, 1}));
}

TEST_F(PathValidatorTest, StopsAtTheSignatureBudget) {
  const Entity line = w_.Intermediate("Line", factory_);
  const Entity leaf = w_.Leaf("device-2", line);
  options_.budget.signatures_max = 2;
  EXPECT_EQ(Validate({leaf, line, factory_, root_}), kGoodPath);
  options_.budget.signatures_max = 1;
  EXPECT_EQ(Validate({leaf, line, factory_, root_}), (Finding{RejectReason::kBudgetExhausted, 1}));
}

TEST_F(PathValidatorTest, ChecksSignaturesLast) {
  const Entity late = w_.Leaf("late", factory_,
                              [&](CertificateTemplate& t) { t.not_after = w_.at() - seconds(1); });
  const Entity bad = w_.WithDer(late, test::FlipSignatureBit(late.der()));
  EXPECT_EQ(Validate({bad, factory_, root_}), (Finding{RejectReason::kExpired, 0}));
  ASSERT_EQ(faults_.size(), 2u);
  EXPECT_EQ(faults_[1].reason, RejectReason::kBadSignature);
}

// --- 6.1.3 (a) (2): validity ---------------------------------------------------------------------

TEST_F(PathValidatorTest, BothEndsOfAValidityBelongToIt) {
  const Entity leaf = w_.Leaf("short", factory_, [&](CertificateTemplate& t) {
    t.not_before = w_.at();
    t.not_after = w_.at() + seconds(10);
  });
  const std::vector<Entity> path = {leaf, factory_, root_};
  EXPECT_EQ(Validate(path, w_.at()), kGoodPath);
  EXPECT_EQ(Validate(path, w_.at() + seconds(10)), kGoodPath);
  EXPECT_EQ(Validate(path, w_.at() - seconds(1)), (Finding{RejectReason::kNotYetValid, 0}));
  EXPECT_EQ(detail_, "notBefore 2026-06-15T12:00:00Z");
  EXPECT_EQ(Validate(path, w_.at() + seconds(11)), (Finding{RejectReason::kExpired, 0}));
  EXPECT_EQ(detail_, "notAfter 2026-06-15T12:00:10Z");
}

TEST_F(PathValidatorTest, ValidityOfCasAndOfTheAnchorCounts) {
  const auto expired = [&](CertificateTemplate& t) { t.not_after = w_.at() - days(1); };
  const auto early = [&](CertificateTemplate& t) { t.not_before = w_.at() + days(1); };
  EXPECT_EQ(ValidateWithFactory(expired), (Finding{RejectReason::kExpired, 1}));
  EXPECT_EQ(ValidateWithFactory(early), (Finding{RejectReason::kNotYetValid, 1}));
  EXPECT_EQ(ValidateWithRoot(expired), (Finding{RejectReason::kExpired, 2}));
  EXPECT_EQ(ValidateWithRoot(early), (Finding{RejectReason::kNotYetValid, 2}));
  options_.check_anchor_validity = false;
  EXPECT_EQ(ValidateWithRoot(expired), kGoodPath);
  EXPECT_EQ(ValidateWithFactory(expired), (Finding{RejectReason::kExpired, 1}));
}

// --- 6.1.3 (a) (4): names chain ------------------------------------------------------------------

TEST_F(PathValidatorTest, RefusesNamesThatDoNotChain) {
  const auto other_issuer = [](CertificateTemplate& t) {
    t.issuer_der = test::Must(EncodeName({NameAttribute{"2.5.4.3", "Nobody"}}));
  };
  EXPECT_EQ(ValidateWithLeaf(other_issuer), (Finding{RejectReason::kIssuerNotFound, 0}));
  EXPECT_THAT(detail_, HasSubstr("issued by CN=Nobody, not by CN=Factory"));
  EXPECT_EQ(ValidateWithFactory(other_issuer), (Finding{RejectReason::kIssuerNotFound, 1}));
}

TEST_F(PathValidatorTest, NamesChainByComparisonNotByOctets) {
  EXPECT_EQ(ValidateWithLeaf([](CertificateTemplate& t) {
              t.issuer_der = test::Must(EncodeName(
                  {NameAttribute{"2.5.4.3", " FACTORY ", NameAttribute::StringKind::kPrintable}}));
            }),
            kGoodPath);
}

// --- Form ----------------------------------------------------------------------------------------

TEST_F(PathValidatorTest, RefusesIrregularSerials) {
  for (const Bytes& serial : {Bytes{0x80}, Bytes(21, 0x11)}) {
    const auto odd = [&](CertificateTemplate& t) { t.serial = serial; };
    options_.algorithms.allow_irregular_serial = false;
    EXPECT_EQ(ValidateWithLeaf(odd), (Finding{RejectReason::kMalformedSerial, 0}));
    EXPECT_EQ(ValidateWithFactory(odd), (Finding{RejectReason::kMalformedSerial, 1}));
    EXPECT_EQ(ValidateWithRoot(odd), kGoodPath);  // Nothing rests on it.
    options_.algorithms.allow_irregular_serial = true;
    EXPECT_EQ(ValidateWithLeaf(odd), kGoodPath);
    EXPECT_EQ(ValidateWithFactory(odd), kGoodPath);
  }
}

TEST_F(PathValidatorTest, RefusesMalformedExtensions) {
  for (const char* oid : {"2.5.29.17", "2.5.29.18", "2.5.29.30", "2.5.29.31", "2.5.29.32",
                          "2.5.29.33", "2.5.29.36", "2.5.29.37", "2.5.29.46", "2.5.29.54"}) {
    // A BOOLEAN is none of them.
    const auto odd = [&](CertificateTemplate& t) {
      t.extended_key_usage.clear();
      t.extensions.push_back({oid, false, {0x01, 0x01, 0xff}});
    };
    EXPECT_EQ(ValidateWithLeaf(odd), (Finding{RejectReason::kMalformedExtension, 0})) << oid;
    EXPECT_EQ(ValidateWithFactory(odd), (Finding{RejectReason::kMalformedExtension, 1})) << oid;
    EXPECT_EQ(ValidateWithRoot(odd), (Finding{RejectReason::kMalformedExtension, 2})) << oid;
  }
}

TEST_F(PathValidatorTest, RefusesUnknownCriticalExtensionsEverywhere) {
  const RawExtension unknown{"1.3.6.1.4.1.99999.1", true, {0x05, 0x00}};
  EXPECT_EQ(ValidateWithLeaf(With(unknown)),
            (Finding{RejectReason::kUnhandledCriticalExtension, 0}));
  EXPECT_EQ(detail_, "critical extension 1.3.6.1.4.1.99999.1");
  EXPECT_EQ(ValidateWithFactory(With(unknown)),
            (Finding{RejectReason::kUnhandledCriticalExtension, 1}));
  EXPECT_EQ(ValidateWithRoot(With(unknown)),
            (Finding{RejectReason::kUnhandledCriticalExtension, 2}));
  RawExtension harmless = unknown;
  harmless.critical = false;
  EXPECT_EQ(ValidateWithLeaf(With(harmless)), kGoodPath);
}

TEST_F(PathValidatorTest, RefusesUnknownQualifiersOfCriticalPolicies) {
  const auto policies = [](const char* qualifier, bool critical) {
    DerWriter w;
    w.Nest(der::kSequence, [&](DerWriter& p) {
      p.AddOid(OidOf("1.2.3")).Nest(der::kSequence, [&](DerWriter& list) {
        list.Nest(der::kSequence, [&](DerWriter& q) {
          q.AddOid(OidOf(qualifier)).Add(der::kIa5String, TextOf("x"));
        });
      });
    });
    return Sequence("2.5.29.32", critical, w.octets());
  };
  EXPECT_EQ(ValidateWithLeaf(With(policies("1.2.3.4", true))),
            (Finding{RejectReason::kUnhandledCriticalExtension, 0}));
  EXPECT_EQ(ValidateWithFactory(With(policies("1.2.3.4", true))),
            (Finding{RejectReason::kUnhandledCriticalExtension, 1}));
  EXPECT_EQ(ValidateWithLeaf(With(policies("1.2.3.4", false))), kGoodPath);
  EXPECT_EQ(ValidateWithLeaf(With(policies("1.3.6.1.5.5.7.2.1", true))), kGoodPath);
  EXPECT_EQ(ValidateWithLeaf(With(policies("1.3.6.1.5.5.7.2.2", true))), kGoodPath);
}

// --- 6.1.4 (k) to (n): who may issue -------------------------------------------------------------

TEST_F(PathValidatorTest, RefusesAnIssuerThatIsNoCa) {
  EXPECT_EQ(Validate({w_.Leaf("device-2", leaf_), leaf_, factory_, root_}),
            (Finding{RejectReason::kNotACa, 1}));
  const auto no_constraints = [](CertificateTemplate& t) { t.omit_basic_constraints = true; };
  EXPECT_EQ(ValidateWithFactory(no_constraints), (Finding{RejectReason::kNotACa, 1}));
  EXPECT_EQ(ValidateWithRoot(no_constraints), (Finding{RejectReason::kNotACa, 2}));
}

TEST_F(PathValidatorTest, Version1IsForSelfSignedAnchorsOnly) {
  const auto v1 = [](CertificateTemplate& t) { t.version = 1; };
  EXPECT_EQ(ValidateWithRoot(v1), kGoodPath);
  EXPECT_EQ(ValidateWithFactory(v1), (Finding{RejectReason::kNotACa, 1}));
  const Entity factory = w_.Intermediate("V1", root_, v1);
  EXPECT_EQ(Validate({w_.Leaf("d", factory), factory}), (Finding{RejectReason::kNotACa, 1}));
}

TEST_F(PathValidatorTest, RefusesACaWithoutKeyCertSign) {
  const auto crl_only = [](CertificateTemplate& t) { t.key_usage = kCrlSign; };
  EXPECT_EQ(ValidateWithFactory(crl_only), (Finding{RejectReason::kMissingKeyCertSign, 1}));
  EXPECT_EQ(ValidateWithRoot(crl_only), (Finding{RejectReason::kMissingKeyCertSign, 2}));
  const auto absent = [](CertificateTemplate& t) { t.key_usage = 0; };
  EXPECT_EQ(ValidateWithFactory(absent), kGoodPath);
}

TEST_F(PathValidatorTest, CountsCasBelowAPathLen) {
  const Entity root = w_.Root("Root 1", {.path_len = 1});
  const Entity a = w_.Intermediate("A", root);
  const Entity b = w_.Intermediate("B", a);
  EXPECT_EQ(Validate({w_.Leaf("d", a), a, root}), kGoodPath);
  EXPECT_EQ(Validate({w_.Leaf("d", b), b, a, root}), (Finding{RejectReason::kPathLenExceeded, 1}));

  const Entity zero = w_.Intermediate("Zero", root_, {.path_len = 0});
  const Entity below = w_.Intermediate("Below", zero);
  EXPECT_EQ(Validate({w_.Leaf("d", zero), zero, root_}), kGoodPath);
  EXPECT_EQ(Validate({w_.Leaf("d", below), below, zero, root_}),
            (Finding{RejectReason::kPathLenExceeded, 1}));
}

TEST_F(PathValidatorTest, ALowerCaCannotRaiseThePathLen) {
  const Entity root = w_.Root("Root 1", {.path_len = 1});
  const Entity a = w_.Intermediate("A", root, {.path_len = 5});
  const Entity b = w_.Intermediate("B", a);
  EXPECT_EQ(Validate({w_.Leaf("d", b), b, a, root}), (Finding{RejectReason::kPathLenExceeded, 1}));
}

TEST_F(PathValidatorTest, SelfIssuedCasDoNotCount) {
  const Entity zero = w_.Intermediate("Zero", root_, {.path_len = 0});
  const Entity rolled = w_.Intermediate("Zero", zero, {.key_label = "new key"});
  EXPECT_EQ(Validate({w_.Leaf("d", rolled), rolled, zero, root_}), kGoodPath);
}

TEST_F(PathValidatorTest, TheLeafDoesNotCountEvenWhereItIsACa) {
  rules_.refuse_ca = false;
  const Entity zero = w_.Intermediate("Zero", root_, {.path_len = 0});
  const Entity ca = w_.Intermediate("Target", zero);
  rules_.require_digital_signature = false;
  EXPECT_EQ(Validate({ca, zero, root_}), kGoodPath);
}

// --- Extended key usage --------------------------------------------------------------------------

TEST_F(PathValidatorTest, ExtendedKeyUsageOfCasBoundsThePurpose) {
  const auto usage = [](std::vector<std::string> oids) {
    return [oids](CertificateTemplate& t) { t.extended_key_usage = oids; };
  };
  const std::string server = "1.3.6.1.5.5.7.3.1", client = "1.3.6.1.5.5.7.3.2";
  EXPECT_EQ(ValidateWithFactory(usage({server})),
            (Finding{RejectReason::kExtendedKeyUsageNotAllowed, 1}));
  EXPECT_EQ(ValidateWithRoot(usage({server})),
            (Finding{RejectReason::kExtendedKeyUsageNotAllowed, 2}));
  EXPECT_EQ(ValidateWithFactory(usage({server, client})), kGoodPath);
  EXPECT_EQ(ValidateWithFactory(usage({"2.5.29.37.0"})), kGoodPath);
  options_.key_purpose.clear();
  EXPECT_EQ(ValidateWithFactory(usage({server})), kGoodPath);
}

TEST_F(PathValidatorTest, ExtendedKeyUsageOfTheLeafMustAllowThePurpose) {
  const auto usage = [](std::vector<std::string> oids) {
    return [oids](CertificateTemplate& t) { t.extended_key_usage = oids; };
  };
  EXPECT_EQ(ValidateWithLeaf(usage({"1.3.6.1.5.5.7.3.1"})),
            (Finding{RejectReason::kLeafExtendedKeyUsage, 0}));
  EXPECT_EQ(detail_, "extendedKeyUsage lacks 1.3.6.1.5.5.7.3.2");
  EXPECT_EQ(ValidateWithLeaf(usage({})), kGoodPath);
  EXPECT_EQ(ValidateWithLeaf(usage({"2.5.29.37.0"})), kGoodPath);
  rules_.profile = LeafProfile::kDpsCompat;
  EXPECT_EQ(ValidateWithLeaf(usage({"1.3.6.1.5.5.7.3.1"})), kGoodPath);
  rules_.profile = LeafProfile::kRfc5280;
  options_.key_purpose = "not an OID";
  EXPECT_EQ(ValidateWithLeaf(usage({"1.3.6.1.5.5.7.3.2"})),
            (Finding{RejectReason::kLeafExtendedKeyUsage, 0}));
}

// --- Leaf rules ----------------------------------------------------------------------------------

TEST_F(PathValidatorTest, RefusesACaAsLeaf) {
  const auto ca = [](CertificateTemplate& t) {
    t.is_ca = true;
    t.key_usage = kDigitalSignature | kKeyCertSign;
  };
  EXPECT_EQ(ValidateWithLeaf(ca), (Finding{RejectReason::kLeafIsCa, 0}));
  rules_.refuse_ca = false;
  EXPECT_EQ(ValidateWithLeaf(ca), kGoodPath);
}

TEST_F(PathValidatorTest, LeafKeyUsageMustAllowSignatures) {
  const auto usage = [](std::uint16_t bits) {
    return [bits](CertificateTemplate& t) { t.key_usage = bits; };
  };
  EXPECT_EQ(ValidateWithLeaf(usage(kKeyEncipherment)), (Finding{RejectReason::kLeafKeyUsage, 0}));
  EXPECT_EQ(ValidateWithLeaf(usage(kKeyEncipherment | kDigitalSignature)), kGoodPath);
  EXPECT_EQ(ValidateWithLeaf(usage(0)), kGoodPath);
  rules_.require_digital_signature = false;
  EXPECT_EQ(ValidateWithLeaf(usage(kKeyEncipherment)), kGoodPath);
}

TEST_F(PathValidatorTest, Version1LeavesAreForDpsCompat) {
  const auto v1 = [](CertificateTemplate& t) { t.version = 1; };
  EXPECT_EQ(ValidateWithLeaf(v1), (Finding{RejectReason::kLeafVersion, 0}));
  rules_.require_v3 = false;
  EXPECT_EQ(ValidateWithLeaf(v1), kGoodPath);
  rules_ = LeafRules{};
  rules_.profile = LeafProfile::kDpsCompat;
  EXPECT_EQ(ValidateWithLeaf(v1), kGoodPath);
}

// --- The halves and the whole --------------------------------------------------------------------

TEST_F(PathValidatorTest, CollectsEveryFault) {
  const Entity bad_root = w_.Root("Bad Root", [&](CertificateTemplate& t) {
    t.not_after = w_.at() - days(1);
    t.key_usage = kCrlSign;
  });
  const Entity bad_factory = w_.Intermediate("Bad", bad_root, [&](CertificateTemplate& t) {
    t.extended_key_usage = {"1.3.6.1.5.5.7.3.1"};
  });
  const Entity bad_leaf = w_.Leaf("bad", bad_factory, [&](CertificateTemplate& t) {
    t.not_before = w_.at() + days(1);
    t.key_usage = kKeyAgreement;
  });
  EXPECT_EQ(Validate({bad_leaf, bad_factory, bad_root}), (Finding{RejectReason::kExpired, 2}));
  std::vector<Finding> found;
  for (const Fault& fault : faults_) found.push_back({fault.reason, fault.chain_index});
  EXPECT_THAT(found, testing::ElementsAre(Finding{RejectReason::kExpired, 2},
                                          Finding{RejectReason::kMissingKeyCertSign, 2},
                                          Finding{RejectReason::kExtendedKeyUsageNotAllowed, 1},
                                          Finding{RejectReason::kNotYetValid, 0},
                                          Finding{RejectReason::kLeafKeyUsage, 0}));
}

TEST_F(PathValidatorTest, HalvesOfALeafCheck) {
  const CrlSet crls;
  const PathValidator validator(options_, crls, rules_);
  LinkVerifier links(options_.algorithms, 8);
  FaultSink sink(false);
  StableWindow stable;
  const auto path =
      validator.ValidateCas({NodeOf(factory_), NodeOf(root_)}, w_.at(), &links, &sink, &stable);
  ASSERT_TRUE(path);
  EXPECT_EQ(path->issuer().fingerprint, factory_.fingerprint());
  EXPECT_EQ(path->anchor().fingerprint, root_.fingerprint());
  const Bytes flipped = test::FlipSignatureBit(leaf_.der());
  const auto bad = CertificateView::Parse(flipped);
  ASSERT_TRUE(bad);
  EXPECT_TRUE(validator.CheckLeaf(*path, *bad, w_.at(), &sink));
  EXPECT_TRUE(sink.empty());
  EXPECT_FALSE(validator.VerifyLeafSignature(*path, *bad, &sink));
  EXPECT_EQ(sink.reason(), RejectReason::kBadSignature);
}

TEST_F(PathValidatorTest, ALeafAloneNeedsNoIssuer) {
  const CrlSet crls;
  const PathValidator validator(options_, crls, rules_);
  const auto alone = [&](const Entity& leaf) {
    FaultSink sink(false);
    const bool good = validator.ValidateLeafAlone(leaf.view(), w_.at(), &sink);
    EXPECT_EQ(good, sink.empty());
    return sink.reason();
  };
  EXPECT_EQ(alone(w_.SelfSignedLeaf("self")), RejectReason::kNone);
  EXPECT_EQ(alone(leaf_), RejectReason::kNone);
  EXPECT_EQ(alone(w_.Leaf("late", factory_,
                          [&](CertificateTemplate& t) { t.not_after = w_.at() - days(1); })),
            RejectReason::kExpired);
  EXPECT_EQ(alone(w_.Leaf("weak", factory_, {.key = KeyKind::kRsa1024})), RejectReason::kWeakKey);
  EXPECT_EQ(alone(w_.Leaf("sha1", factory_, [](CertificateTemplate& t) { t.hash = "SHA-1"; })),
            RejectReason::kWeakSignatureAlgorithm);
  EXPECT_EQ(alone(factory_), RejectReason::kLeafIsCa);
  EXPECT_EQ(alone(w_.Leaf("v1", factory_, [](CertificateTemplate& t) { t.version = 1; })),
            RejectReason::kLeafVersion);
}

}  // namespace
}  // namespace muster::path
