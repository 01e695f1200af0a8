#include "engine/path/crl_scope.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/x509/name.h"
#include "tests/unit/path/revocation_fixture.h"

namespace muster::path {
namespace {

using std::chrono::days;

// --- Points relative to a name -------------------------------------------------------------------

class RelativePointTest : public RevocationTest {
 protected:
  // An RDN of the CN `text`: the content of its SET.
  static Bytes Rdn(const std::string& text) {
    const Bytes name = test::Must(EncodeName({{"2.5.4.3", text}}));
    der::DerReader outer(name), rdns;
    ByteView rdn;
    if (!outer.Enter(der::kSequence, &rdns) || !rdns.Read(der::kSet, &rdn)) {
      throw std::logic_error("no RDN");
    }
    return {rdn.begin(), rdn.end()};
  }
  // nameRelativeToCRLIssuer with `rdn`.
  static Bytes RelativePointName(ByteView rdn) {
    return DerWriter()
        .Nest(der::ContextConstructed(0),
              [&](DerWriter& w) { w.Add(der::ContextConstructed(1), rdn); })
        .Take();
  }
  static RawExtension RelativePoint(ByteView rdn, const std::vector<Name>& crl_issuer = {}) {
    DerWriter w;
    w.Nest(der::kSequence, [&](DerWriter& p) {
      p.AddRaw(RelativePointName(rdn));
      if (!crl_issuer.empty()) p.Add(der::ContextConstructed(2), NamesOf(crl_issuer));
    });
    return Sequence("2.5.29.31", false, w.octets());
  }
  static RawExtension RelativeIdp(ByteView rdn, bool indirect = false) {
    DerWriter w;
    w.AddRaw(RelativePointName(rdn));
    if (indirect) w.Add(der::ContextPrimitive(4), Bytes{0xff});
    return Sequence("2.5.29.28", true, w.octets());
  }
  static Name Full(const std::string& issuer, const std::string& text) {
    return Directory(test::Must(EncodeName({{"2.5.4.3", issuer}, {"2.5.4.3", text}})));
  }
};

// The name is put together from two parts: its length needs one, two and three octets.
TEST_F(RelativePointTest, MeetsTheFullNameAtAnyLength) {
  for (const std::size_t size : {10u, 100u, 117u, 150u, 240u, 300u, 2'000u}) {
    const std::string text(size, 'p');
    const Entity leaf = w_.Leaf("d", factory_, With(RelativePoint(Rdn(text))));
    const auto crl = [&](const std::string& name) {
      return w_.Crl(
          factory_, {},
          WithExtension(IssuingDistributionPoint({.full_name = {Full("Factory", name)}})));
    };
    SetCrls({crl(text)});
    EXPECT_EQ(ValidateLeaf(leaf), kGoodPath) << size;
    SetCrls({crl(text + "q")});
    EXPECT_EQ(ValidateLeaf(leaf), kUnknownLeaf) << size;
  }
}

TEST_F(RelativePointTest, OfACrlMeetsTheFullNameOfACertificate) {
  const Entity leaf =
      w_.Leaf("d", factory_, With(CrlDistributionPoints({{.full_name = {Full("Factory", "p")}}})));
  SetCrls({w_.Crl(factory_, {}, WithExtension(RelativeIdp(Rdn("p"))))});
  EXPECT_EQ(ValidateLeaf(leaf), kGoodPath);
  SetCrls({w_.Crl(factory_, {}, WithExtension(RelativeIdp(Rdn("q"))))});
  EXPECT_EQ(ValidateLeaf(leaf), kUnknownLeaf);
}

// RFC 5280 4.2.1.13: where there is a cRLIssuer, relative to that.
TEST_F(RelativePointTest, IsRelativeToTheCrlIssuerThatIsNamed) {
  const Entity issuer = w_.Intermediate("CRL Issuer", root_);
  crl_issuers_ = {issuer};
  const Entity leaf = w_.Leaf(
      "d", factory_, With(RelativePoint(Rdn("p"), {Uri("x:y"), Directory(issuer.subject())})));
  SetCrls({w_.Crl(issuer, {}, WithExtension(RelativeIdp(Rdn("p"), /*indirect=*/true)))});
  EXPECT_EQ(ValidateLeaf(leaf), kGoodPath);
  SetCrls({w_.Crl(issuer, {}, WithExtension(RelativeIdp(Rdn("q"), /*indirect=*/true)))});
  EXPECT_EQ(ValidateLeaf(leaf), kUnknownLeaf);
}

// A CRL may be larger than any certificate, and so may a name in it: no certificate has that name.
TEST_F(RelativePointTest, ANameThatNoCertificateHasRoomForIsNoName) {
  const Bytes rdn = Rdn(std::string(kCertificateSizeMax, 'p'));
  const Bytes der = w_.Crl(factory_, {leaf_}, WithExtension(RelativeIdp(rdn)));
  const auto crl = x509::CrlView::Parse(der);
  ASSERT_TRUE(crl) << crl.error().what;
  EXPECT_TRUE(ScopeNames(*crl).empty());
  SetCrls({der});
  EXPECT_EQ(ValidateLeaf(), kUnknownLeaf);
}

// The issuer of an indirect CRL is a directoryName: other kinds of names are nobody's.
TEST_F(RevocationTest, ACrlIssuerOfAnotherKindOfNameIsNotMet) {
  const Entity issuer = w_.Intermediate("CRL Issuer", root_);
  crl_issuers_ = {issuer};
  const auto canonical = x509::CanonicalName(issuer.subject());
  ASSERT_TRUE(canonical);
  // As many octets as the canonical name has, and all of them.
  const std::string same_size(canonical->size(), 'x');
  std::string same_octets = *canonical;
  for (char& c : same_octets) c = static_cast<char>(c & 0x7f);
  const Bytes crl = w_.Crl(issuer, {}, WithExtension(IssuingDistributionPoint({.indirect = true})));
  const auto leaf = [&](const std::vector<Name>& crl_issuer) {
    return w_.Leaf("d", factory_, With(CrlDistributionPoints({{.crl_issuer = crl_issuer}})));
  };
  const Bytes other_name = test::Must(EncodeName({{"2.5.4.3", "CRL Signer"}}));
  SetCrls({crl});
  EXPECT_EQ(ValidateLeaf(leaf({Uri(same_size)})), kUnknownLeaf);
  EXPECT_EQ(ValidateLeaf(leaf({Uri(same_octets)})), kUnknownLeaf);
  EXPECT_EQ(ValidateLeaf(leaf({Directory(other_name)})), kUnknownLeaf);
  EXPECT_EQ(ValidateLeaf(leaf({Uri(same_octets), Directory(issuer.subject())})), kGoodPath);
}

// --- CRLs of one series --------------------------------------------------------------------------

class SeriesTest : public RevocationTest {
 protected:
  struct What {
    std::uint64_t number = 1;
    int age = 1;  // Days.
    std::optional<std::uint64_t> base = {};
    std::vector<RawExtension> extensions = {};
  };
  bool FirstSupersedes(const What& a, const What& b) {
    IndexedCrl first, second;
    MakeInto(a, &first);
    MakeInto(b, &second);
    return Supersedes(first, second);
  }
  bool FirstCombines(const What& complete, const What& delta) {
    IndexedCrl first, second;
    MakeInto(complete, &first);
    MakeInto(delta, &second);
    return Combines(first, second);
  }
  void MakeInto(const What& what, IndexedCrl* crl) { MakeInto(what, factory_, crl); }
  void MakeInto(const What& what, const Entity& issuer, IndexedCrl* crl) {
    crl->der = w_.Crl(issuer, {}, [&](CrlTemplate& t) {
      t.number = what.number;
      t.this_update = w_.at() - days(what.age);
      t.extensions = what.extensions;
      if (what.base) t.extensions.push_back(DeltaCrlIndicator(*what.base));
    });
    crl->view = x509::CrlView::Parse(crl->der).value();
    crl->issuer = x509::CanonicalName(crl->view.issuer()).value();
  }
};

TEST_F(SeriesTest, ACrlSupersedesWhatIsOlderByNoAccountNewer) {
  EXPECT_TRUE(FirstSupersedes({.number = 2, .age = 1}, {.number = 1, .age = 2}));
  EXPECT_FALSE(FirstSupersedes({.number = 1, .age = 2}, {.number = 2, .age = 1}));
  EXPECT_TRUE(FirstSupersedes({.number = 2, .age = 1}, {.number = 1, .age = 1}));
  EXPECT_TRUE(FirstSupersedes({.number = 1, .age = 1}, {.number = 1, .age = 2}));
  EXPECT_FALSE(FirstSupersedes({.number = 1, .age = 1}, {.number = 1, .age = 1}));
  // Date and number disagree: neither says all that the other has to say.
  EXPECT_FALSE(FirstSupersedes({.number = 1, .age = 1}, {.number = 2, .age = 2}));
  EXPECT_FALSE(FirstSupersedes({.number = 2, .age = 2}, {.number = 1, .age = 1}));
}

// RFC 5280 5.2.3: numbers, not octets. 128 has a zero octet before it, 256 one octet more than 255.
TEST_F(SeriesTest, NumbersAreComparedAsNumbers) {
  const std::uint64_t numbers[] = {0, 1, 127, 128, 255, 256, 0x7fff, 0x8000, 0x8001, 0xffffff};
  for (std::size_t i = 0; i + 1 < std::size(numbers); ++i) {
    EXPECT_TRUE(FirstSupersedes({.number = numbers[i + 1]}, {.number = numbers[i]})) << i;
    EXPECT_FALSE(FirstSupersedes({.number = numbers[i]}, {.number = numbers[i + 1]})) << i;
  }
}

TEST_F(SeriesTest, ADeltaSupersedesDeltasFromItsBaseOnOnly) {
  EXPECT_TRUE(FirstSupersedes({.number = 3, .base = 1}, {.number = 2, .age = 2, .base = 1}));
  EXPECT_TRUE(FirstSupersedes({.number = 3, .base = 1}, {.number = 2, .age = 2, .base = 2}));
  EXPECT_FALSE(FirstSupersedes({.number = 3, .base = 2}, {.number = 2, .age = 2, .base = 1}));
  EXPECT_FALSE(FirstSupersedes({.number = 3, .base = 1}, {.number = 2, .age = 2}));
  EXPECT_TRUE(FirstSupersedes({.number = 3}, {.number = 2, .age = 2, .base = 1}));
}

// RFC 5280 5.2.4.
TEST_F(SeriesTest, ADeltaCombinesWithACompleteCrlFromItsBaseToItself) {
  EXPECT_TRUE(FirstCombines({.number = 5}, {.number = 7, .base = 5}));
  EXPECT_TRUE(FirstCombines({.number = 6}, {.number = 7, .base = 5}));
  EXPECT_FALSE(FirstCombines({.number = 4}, {.number = 7, .base = 5}));
  EXPECT_FALSE(FirstCombines({.number = 7}, {.number = 7, .base = 5}));
  EXPECT_FALSE(FirstCombines({.number = 8}, {.number = 7, .base = 5}));
  const RawExtension users = IssuingDistributionPoint({.only_user = true});
  EXPECT_FALSE(FirstCombines({.number = 5, .extensions = {users}}, {.number = 7, .base = 5}));
  EXPECT_TRUE(FirstCombines({.number = 5, .extensions = {users}},
                            {.number = 7, .base = 5, .extensions = {users}}));
}

TEST_F(SeriesTest, OtherIssuersAndOtherKeysAreOtherSeries) {
  const Entity namesake = w_.Intermediate("Factory", root_, {.key_label = "another key"});
  IndexedCrl complete, same, by_root, by_namesake;
  MakeInto({.number = 5}, &complete);
  MakeInto({.number = 7, .base = 5}, &same);
  MakeInto({.number = 7, .base = 5}, root_, &by_root);
  MakeInto({.number = 7, .base = 5}, namesake, &by_namesake);
  EXPECT_TRUE(SameScope(complete, same));
  EXPECT_TRUE(Combines(complete, same));
  EXPECT_FALSE(SameScope(complete, by_root));
  EXPECT_FALSE(Combines(complete, by_root));
  // 5.2.4 (c): the same key signed both, which the authority key identifiers tell.
  EXPECT_TRUE(SameScope(complete, by_namesake));
  EXPECT_FALSE(Combines(complete, by_namesake));
}

}  // namespace
}  // namespace muster::path
