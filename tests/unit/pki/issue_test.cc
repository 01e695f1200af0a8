#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "engine/base/byte_view.h"
#include "engine/base/encoding.h"
#include "engine/crypto/public_key.h"
#include "engine/der/der_reader.h"
#include "engine/x509/crl.h"
#include "engine/x509/extensions.h"
#include "engine/x509/name.h"
#include "muster/development_pki.h"
#include "tests/support/test_world.h"

namespace muster {
namespace {

using std::chrono::days;
using test::Entity;
using test::Must;
using test::World;

RejectReason SignedBy(const CertificateView& certificate, ByteView issuer_spki,
                      const AlgorithmPolicy& policy = {}) {
  const auto key = crypto::PublicKey::Load(issuer_spki, policy);
  if (!key) return key.error().reason;
  return crypto::VerifySignature(*key, certificate.signature_algorithm(), certificate.tbs(),
                                 certificate.signature(), policy);
}

std::string Hex(ByteView octets) { return base::HexLower(octets); }

TEST(IssueCertificate, ChainParsesAndVerifies) {
  World w;
  const Entity root = w.Root("Root");
  const Entity factory = w.Intermediate("Factory", root, {.path_len = 0});
  const Entity leaf = w.Leaf("device-1", factory);

  EXPECT_TRUE(root.view().IsSelfIssued());
  EXPECT_TRUE(root.view().is_ca());
  EXPECT_EQ(root.view().path_len(), -1);
  EXPECT_EQ(root.view().key_usage(), kKeyCertSign | kCrlSign);
  EXPECT_TRUE(root.view().extension(ExtensionId::kBasicConstraints).critical);
  EXPECT_EQ(SignedBy(root.view(), root.spki()), RejectReason::kNone);

  EXPECT_TRUE(factory.view().is_ca());
  EXPECT_EQ(factory.view().path_len(), 0);
  EXPECT_EQ(SignedBy(factory.view(), root.spki()), RejectReason::kNone);
  EXPECT_EQ(Hex(factory.view().authority_key_id()), Hex(root.view().subject_key_id()));
  EXPECT_TRUE(base::Equal(factory.view().issuer(), root.view().subject()));

  const CertificateView view = leaf.view();
  EXPECT_EQ(view.version(), 3);
  EXPECT_FALSE(view.is_ca());
  EXPECT_EQ(view.key_usage(), kDigitalSignature);
  EXPECT_FALSE(view.extension(ExtensionId::kBasicConstraints).present);
  EXPECT_EQ(DisplayName(view.subject()), "CN=device-1");
  EXPECT_EQ(SignedBy(view, factory.spki()), RejectReason::kNone);
  EXPECT_EQ(SignedBy(view, root.spki()), RejectReason::kBadSignature);
  EXPECT_EQ(Hex(view.spki()), Hex(leaf.spki()));
  EXPECT_EQ(view.serial().size(), 16u);
  EXPECT_EQ(view.serial()[0] & 0x80, 0);
  EXPECT_NE(Hex(view.serial()), Hex(factory.view().serial()));
  const auto purposes = x509::ParseExtendedKeyUsage(
      view.extension(ExtensionId::kExtendedKeyUsage).value);
  ASSERT_TRUE(purposes);
  EXPECT_EQ(der::OidToText(purposes->at(0)), "1.3.6.1.5.5.7.3.2");
}

TEST(IssueCertificate, EveryKeyKindIssues) {
  for (const KeyKind kind : {KeyKind::kP256, KeyKind::kP384, KeyKind::kP521, KeyKind::kRsa2048,
                             KeyKind::kEd25519}) {
    World w("kinds", kind);
    const Entity root = w.Root("Root");
    const Entity leaf = w.Leaf("device", root);
    EXPECT_EQ(SignedBy(leaf.view(), root.spki()), RejectReason::kNone) << NameOf(kind);
  }
}

TEST(IssueCertificate, PssAndWeakHashes) {
  World w("pss", KeyKind::kRsa2048);
  const Entity root = w.Root("Root", [](CertificateTemplate& t) { t.pss = true; });
  EXPECT_EQ(SignedBy(root.view(), root.spki()), RejectReason::kNone);
  for (const char* hash : {"SHA-1", "MD5"}) {
    const Entity weak =
        w.Leaf("weak", root, [&](CertificateTemplate& t) { t.hash = hash; });
    EXPECT_EQ(SignedBy(weak.view(), root.spki()), RejectReason::kWeakSignatureAlgorithm);
  }
  AlgorithmPolicy old;
  old.allow_sha1 = true;
  const Entity sha1 = w.Leaf("weak", root, [](CertificateTemplate& t) { t.hash = "SHA-1"; });
  EXPECT_EQ(SignedBy(sha1.view(), root.spki(), old), RejectReason::kNone);
}

TEST(IssueCertificate, EveryFieldCanBeChanged) {
  World w;
  const Entity root = w.Root("Root");
  const Entity leaf = w.Leaf("ignored", root, [&](CertificateTemplate& t) {
    t.subject = {{"2.5.4.10", "Acme", NameAttribute::StringKind::kPrintable},
                 {"2.5.4.3", "device", NameAttribute::StringKind::kIa5}};
    t.serial = {0x01, 0x02};
    t.not_before = w.at() + days{1};
    t.not_after = w.at() + days{10'000};  // Beyond 2049: GeneralizedTime.
    t.key_usage = 0;
    t.extended_key_usage = {"1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"};
    t.extended_key_usage_critical = true;
    t.subject_key_id = false;
    t.authority_key_id = false;
    t.dns_names = {"a.example", "b.example"};
    t.extensions = {{"1.2.3.4", true, {0x05, 0x00}}};
  });
  const CertificateView view = leaf.view();
  EXPECT_EQ(DisplayName(view.subject()), "O=Acme, CN=device");
  EXPECT_EQ(Hex(view.serial()), "0102");
  EXPECT_EQ(view.not_before(), w.at() + days{1});
  EXPECT_EQ(view.not_after(), w.at() + days{10'000});
  EXPECT_FALSE(view.has_key_usage());
  EXPECT_TRUE(view.extension(ExtensionId::kExtendedKeyUsage).critical);
  EXPECT_TRUE(view.subject_key_id().empty());
  EXPECT_TRUE(view.authority_key_id().empty());
  EXPECT_EQ(der::OidToText(view.unknown_critical_extension()), "1.2.3.4");
  const auto names =
      x509::ParseGeneralNames(view.extension(ExtensionId::kSubjectAltName).value);
  ASSERT_TRUE(names);
  ASSERT_EQ(names->size(), 2u);
  EXPECT_EQ(base::AsText(names->at(1).value), "b.example");
}

TEST(IssueCertificate, NamesAndVersionsAsGiven) {
  World w;
  const Entity root = w.Root("Root");
  const Bytes other = Must(EncodeName({{"2.5.4.3", "Other"}}));
  const Entity foreign = w.Leaf("device", root, [&](CertificateTemplate& t) {
    t.issuer_der = other;
    t.subject_der = other;
  });
  EXPECT_TRUE(base::Equal(foreign.view().issuer(), other));
  EXPECT_TRUE(base::Equal(foreign.view().subject(), other));

  const Entity v1 = w.Leaf("device", root, [](CertificateTemplate& t) { t.version = 1; });
  EXPECT_EQ(v1.view().version(), 1);
  EXPECT_FALSE(v1.view().has_key_usage());
  EXPECT_EQ(SignedBy(v1.view(), root.spki()), RejectReason::kNone);

  const Entity v2 = w.Leaf("device", root, [](CertificateTemplate& t) { t.version = 2; });
  const auto parsed = CertificateView::Parse(v2.der());
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().reason, RejectReason::kUnsupportedVersion);
}

TEST(IssueCertificate, BasicConstraintsVariants) {
  World w;
  const Entity root = w.Root("Root");
  const Entity without = w.Intermediate(
      "CA", root, [](CertificateTemplate& t) { t.omit_basic_constraints = true; });
  EXPECT_FALSE(without.view().is_ca());
  EXPECT_EQ(without.view().key_usage(), kKeyCertSign | kCrlSign);
  const Entity leaf_ca = w.Leaf("device", root, [](CertificateTemplate& t) { t.is_ca = true; });
  EXPECT_TRUE(leaf_ca.view().is_ca());
  const Entity negative = w.Intermediate("CA", root, {.path_len = -1});
  EXPECT_FALSE(CertificateView::Parse(negative.der()));
}

TEST(IssueCertificate, SubjectKeyIsTakenAsItIs) {
  World w;
  const Entity root = w.Root("Root");
  CertificateTemplate what;
  what.common_name = "device";
  what.not_before = w.at();
  what.not_after = w.at();
  const Bytes nonsense = {0x30, 0x03, 0x02, 0x01, 0x00};
  const Bytes der = Must(IssueCertificate(what, nonsense, root.issuer()));
  EXPECT_NE(Hex(der).find(Hex(nonsense)), std::string::npos);
}

TEST(IssueCertificate, RefusesWhatCannotBeWritten) {
  World w;
  const Entity root = w.Root("Root");
  const auto refused = [&](const test::Edit& edit) {
    CertificateTemplate what;
    what.common_name = "device";
    edit(what);
    const auto der = IssueCertificate(what, root.spki(), root.issuer());
    return !der && der.error().code == ErrorCode::kInvalidArgument;
  };
  EXPECT_TRUE(refused([](CertificateTemplate& t) { t.hash = "CRC-32"; }));
  EXPECT_TRUE(refused([](CertificateTemplate& t) { t.pss = true; }));
  EXPECT_TRUE(refused([](CertificateTemplate& t) { t.extended_key_usage = {"client"}; }));
  EXPECT_TRUE(refused([](CertificateTemplate& t) { t.extensions = {{"", false, {}}}; }));
  EXPECT_TRUE(refused([](CertificateTemplate& t) { t.subject = {{"CN", "x"}}; }));
  EXPECT_TRUE(refused([](CertificateTemplate& t) {
    t.subject = {{"CN", "x"}};
    t.version = 1;
  }));
  CertificateTemplate bad_name;
  bad_name.subject = {{"CN", "x"}};
  EXPECT_FALSE(IssueSelfSigned(bad_name, root.key()));
}

TEST(IssueProof, CarriesTheCode) {
  World w;
  const Entity ca = w.Root("Root");
  const std::string code(48, 'A');
  const Bytes der = w.Proof(ca, code);
  const auto proof = CertificateView::Parse(der);
  ASSERT_TRUE(proof);
  const auto names = x509::CommonNames(proof->subject());
  ASSERT_EQ(names.size(), 1u);
  EXPECT_EQ(base::AsText(names[0].value), code);
  EXPECT_FALSE(proof->is_ca());
  EXPECT_TRUE(base::Equal(proof->issuer(), ca.subject()));
  EXPECT_EQ(SignedBy(*proof, ca.spki()), RejectReason::kNone);
  EXPECT_FALSE(proof->IsSelfIssued());
}

TEST(IssueProof, NamesTheCasOwnKeyIdentifier) {
  World w;
  const Bytes key_id = {1, 2, 3, 4};
  const Entity ca = w.Root("Root", [&](CertificateTemplate& t) {
    t.subject_key_id = false;
    t.extensions = {{"2.5.29.14", false, {0x04, 0x04, 1, 2, 3, 4}}};
  });
  const Bytes der = w.Proof(ca, "C");
  const auto proof = CertificateView::Parse(der);
  ASSERT_TRUE(proof);
  EXPECT_EQ(Hex(proof->authority_key_id()), Hex(key_id));
}

TEST(IssueCrl, ListsWhatIsRevoked) {
  World w;
  const Entity root = w.Root("Root");
  const Entity good = w.Leaf("good", root);
  const Entity bad = w.Leaf("bad", root);
  const Bytes der = w.Crl(root, {bad}, [](CrlTemplate& t) {
    t.number = 7;
    t.revoked[0].reason = 1;  // keyCompromise
  });
  const auto crl = x509::CrlView::Parse(der);
  ASSERT_TRUE(crl) << crl.error().what;
  EXPECT_TRUE(base::Equal(crl->issuer(), root.subject()));
  EXPECT_EQ(crl->this_update(), w.at() - days{1});
  EXPECT_EQ(crl->next_update(), w.at() + days{30});
  EXPECT_EQ(Hex(crl->crl_number()), "07");
  EXPECT_EQ(Hex(crl->authority_key_id()), Hex(root.view().subject_key_id()));
  EXPECT_FALSE(crl->has_unknown_critical_extension());
  const auto entry = crl->Find(root.subject(), bad.view().serial());
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->reason, 1);
  EXPECT_EQ(entry->revoked_at, w.at() - days{2});
  EXPECT_FALSE(crl->Find(root.subject(), good.view().serial()));
  const auto key = crypto::PublicKey::Load(root.spki(), {});
  ASSERT_TRUE(key);
  EXPECT_EQ(crypto::VerifySignature(*key, crl->signature_algorithm(), crl->tbs(),
                                    crl->signature(), {}),
            RejectReason::kNone);
}

TEST(IssueCrl, EmptyAndOpenEnded) {
  World w;
  const Entity root = w.Root("Root");
  const Bytes der = w.Crl(root, {}, [](CrlTemplate& t) { t.next_update.reset(); });
  const auto crl = x509::CrlView::Parse(der);
  ASSERT_TRUE(crl) << crl.error().what;
  EXPECT_FALSE(crl->next_update());
}

TEST(IssueCrl, RefusesWhatCannotBeWritten) {
  World w;
  const Entity root = w.Root("Root");
  CrlTemplate bad_extension;
  bad_extension.extensions = {{"x", false, {}}};
  EXPECT_FALSE(IssueCrl(bad_extension, root.issuer()));
  CrlTemplate bad_entry;
  bad_entry.revoked = {RevokedEntry{{1}, w.at(), std::nullopt, {{"x", false, {}}}}};
  EXPECT_FALSE(IssueCrl(bad_entry, root.issuer()));
  CrlTemplate bad_hash;
  bad_hash.hash = "CRC-32";
  EXPECT_FALSE(IssueCrl(bad_hash, root.issuer()));
}

// One certificate of each kind, pinned: a change here changes every fixture and every fleet.
TEST(Determinism, CertificatesArePinned) {
  struct Row {
    KeyKind kind;
    const char* fingerprint;
  };
  for (const Row& row : {
           Row{KeyKind::kP256,
               "b057660dcde0fe4990690ed8be196d32ca1d4607467416176c42d73eb40e099a"},
           Row{KeyKind::kP384,
               "0b5911b95823737448f2e614bafa54015572d62dd396b979a8849905410be2a9"},
           Row{KeyKind::kP521,
               "2ff012c90336540028130f94a092dfd6a17c41baa74242a4b230efb935796aca"},
           Row{KeyKind::kRsa2048,
               "93abc5f7615792cc3bd49a73c94384349ba4eedd607afdf6ab686efec921aaf6"},
           Row{KeyKind::kRsa3072,
               "355092cd2711d7088c0b3e66a5db9c3af6df45ed6e4f2595ef71e2cf07b2e3b2"},
           Row{KeyKind::kRsa4096,
               "dea24bd5bc1d3b03239528a9cb143f0cd5a527198d648085d43889f9663832f9"},
           Row{KeyKind::kEd25519,
               "62e909913eb465780e09895fb93d7ed00b9abd5cd811e1c3e7acb1e21dd4c46f"},
           Row{KeyKind::kRsa1024,
               "a3999da5b7f2a80e9de3fd48f7115da262a031c3e03689980f0ff7b015130f40"},
       }) {
    World w("pinned", row.kind);
    const Entity root = w.Root("Root");
    EXPECT_EQ(root.fingerprint().hex(), row.fingerprint) << NameOf(row.kind);
    World again("pinned", row.kind);
    EXPECT_EQ(again.Root("Root").bytes(), root.bytes());
  }
  World pss("pinned", KeyKind::kRsa2048);
  EXPECT_EQ(pss.Root("Root", [](CertificateTemplate& t) { t.pss = true; }).fingerprint().hex(),
            "3a5f4121b46a52ec78fccdd29f76a4d6c825a65f7ebb0b9288e92cca555aa596");
}

}  // namespace
}  // namespace muster
