#include "engine/x509/der_shape.h"

#include <gtest/gtest.h>

#include "tests/support/der_tree.h"
#include "tests/unit/x509/sketch.h"

namespace muster::x509 {
namespace {

const Bytes kInteger = Hex("020101");
const Bytes kSequence = Hex("3000");
const Bytes kBits = Hex("030100");
const Bytes kTime = UtcTime("250101000000Z");

// SIGNED: what is signed, the algorithm, the signature.
Bytes Signed(const Bytes& tbs) { return Seq({tbs, kSequence, kBits}); }

TEST(DerShapeTest, TheFirstFieldsTell) {
  const Bytes v3 = Hex("a003020102");
  const std::pair<Bytes, DerShape> cases[] = {
      {Seq({v3}), DerShape::kCertificate},
      {Seq({kInteger, kSequence, kSequence, kSequence}), DerShape::kCertificate},
      {Seq({kInteger, kSequence, kSequence, kTime}), DerShape::kCrl},
      {Seq({kSequence, kSequence, kTime}), DerShape::kCrl},
      {Seq({kSequence, kSequence, Tlv(der::kGeneralizedTime, Text("2"))}), DerShape::kCrl},
      {Seq({kInteger, kSequence, kSequence, Hex("a000")}), DerShape::kCertificateRequest},
      {Seq({kInteger, kSequence, kSequence}), DerShape::kCertificateRequest},
      // A certificate has a serial number, a request a version.
      {Seq({kSequence, kSequence, kSequence}), DerShape::kUnknown},
      {Seq({kSequence, kSequence, Hex("a000")}), DerShape::kUnknown},
      {Seq({kSequence, kSequence}), DerShape::kUnknown},
      {Seq({kInteger, kSequence, kSequence, Hex("0500")}), DerShape::kUnknown},
      {Seq({kInteger, kSequence}), DerShape::kUnknown},
      {Seq({kInteger}), DerShape::kUnknown},
      {Seq({kInteger, Hex("0500"), kSequence}), DerShape::kUnknown},
      {Seq({Hex("0205")}), DerShape::kUnknown},
      {Seq({}), DerShape::kUnknown},
  };
  for (const auto& [tbs, shape] : cases) {
    EXPECT_EQ(ShapeOf(Signed(tbs)), shape) << base::HexLower(tbs);
  }
}

TEST(DerShapeTest, TheFrameIsThatOfASignedObject) {
  const Bytes tbs = Seq({Hex("a003020102")});
  ASSERT_EQ(ShapeOf(Signed(tbs)), DerShape::kCertificate);
  for (const Bytes& bad :
       {Bytes{}, Hex("0500"), Seq({}), Seq({kInteger}), Seq({tbs}), Seq({tbs, kInteger}),
        Seq({tbs, kSequence}), Seq({tbs, kSequence, kInteger}),
        Seq({tbs, kSequence, kBits, kInteger}), Join({Signed(tbs), kInteger}),
        Seq({Oid("1.2.840.113549.1.7.1"), kSequence}), Seq({Hex("0609")})}) {
    EXPECT_EQ(ShapeOf(bad), DerShape::kUnknown) << base::HexLower(bad);
  }
  EXPECT_EQ(ShapeOf(Seq({Oid("1.2.840.113549.1.7.2")})), DerShape::kSignedData);
}

// --- SignedData (RFC 5652 5.1) ------------------------------------------------------------------

const Bytes kMember = Seq({kSequence});

Bytes Wrapped(const Bytes& signed_data) {
  return Seq({Oid("1.2.840.113549.1.7.2"), Tlv(0xa0, signed_data)});
}

Bytes SignedData() {
  return Wrapped(Seq({kInteger, Hex("3100"), kSequence, Tlv(0xa0, kMember),
                      Tlv(0xa1, {kMember, Hex("a1023000")}), Hex("3100")}));
}

bool Reads(const Bytes& element, std::vector<MemberKind>* kinds = nullptr) {
  return ReadSignedData(element, [kinds](MemberKind kind, ByteView) {
    if (kinds != nullptr) kinds->push_back(kind);
    return true;
  });
}

TEST(ReadSignedDataTest, VisitsMembersUntilToldToStop) {
  std::vector<MemberKind> kinds;
  EXPECT_TRUE(Reads(SignedData(), &kinds));
  EXPECT_EQ(kinds, (std::vector{MemberKind::kCertificate, MemberKind::kCrl, MemberKind::kOther}));
  int visited = 0;
  EXPECT_TRUE(ReadSignedData(SignedData(), [&](MemberKind, ByteView) { return ++visited < 2; }));
  EXPECT_EQ(visited, 2);
}

TEST(ReadSignedDataTest, RefusesEachElementWithItsFormBroken) {
  using test::FormFlaw;
  const Bytes good = SignedData();
  // What a member holds is not looked at; its own header is.
  const Bytes bag = Wrapped(Seq(
      {kInteger, Hex("3100"), kSequence, Tlv(0xa0, kSequence), Tlv(0xa1, kSequence), Hex("3100")}));
  ASSERT_TRUE(Reads(good));
  ASSERT_TRUE(Reads(bag));
  for (const FormFlaw flaw :
       {FormFlaw::kNonMinimalLength, FormFlaw::kIndefiniteLength, FormFlaw::kLongerThanParent}) {
    for (std::size_t i = 0; i < test::ElementCount(bag); ++i) {
      const auto bad = test::WithFormFlaw(bag, flaw, i);
      if (bad) {
        EXPECT_FALSE(Reads(*bad)) << NameOf(flaw) << ": " << base::HexLower(*bad);
      }
    }
  }
}

TEST(ReadSignedDataTest, RefusesOtherFields) {
  const Bytes sets = Hex("3100");
  const Bytes version_to_content = Join({kInteger, sets, kSequence});
  const Bytes oid = Oid("1.2.840.113549.1.7.2");
  const Bytes good = Seq({version_to_content, sets});
  ASSERT_TRUE(Reads(Wrapped(good)));
  const Bytes bad[] = {
      Bytes{},
      Hex("0500"),
      Seq({}),
      Seq({kInteger, Tlv(0xa0, good)}),
      Seq({Oid("1.2.840.113549.1.7.1"), Tlv(0xa0, good)}),
      Seq({oid}),
      Seq({oid, good}),                         // Not in [0].
      Seq({oid, Tlv(0xa0, good), kInteger}),    // Something follows the content,
      Seq({oid, Tlv(0xa0, {good, kInteger})}),  // or stands in it.
      Wrapped(kInteger),
      Wrapped(Seq({})),
      Wrapped(Seq({sets, kSequence, sets})),      // No version,
      Wrapped(Seq({kInteger, kSequence, sets})),  // no digestAlgorithms,
      Wrapped(Seq({kInteger, sets, sets})),       // no encapContentInfo,
      Wrapped(Seq({version_to_content})),         // no signerInfos.
      Wrapped(Seq({version_to_content, sets, kInteger})),
      Wrapped(Seq({version_to_content, Tlv(0xa1, kMember), Tlv(0xa0, kMember), sets})),
  };
  for (const Bytes& element : bad) EXPECT_FALSE(Reads(element)) << base::HexLower(element);
}

}  // namespace
}  // namespace muster::x509
