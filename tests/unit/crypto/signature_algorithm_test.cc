#include "engine/crypto/signature_algorithm.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/base/encoding.h"
#include "engine/crypto/public_key.h"
#include "engine/der/der_reader.h"
#include "engine/pki/der_writer.h"
#include "muster/signature_algorithm.h"

namespace muster::crypto {
namespace {

using pki::DerWriter;

constexpr const char* kSha1 = "1.3.14.3.2.26";
constexpr const char* kSha224 = "2.16.840.1.101.3.4.2.4";
constexpr const char* kSha256 = "2.16.840.1.101.3.4.2.1";
constexpr const char* kSha384 = "2.16.840.1.101.3.4.2.2";
constexpr const char* kSha512 = "2.16.840.1.101.3.4.2.3";
constexpr const char* kMgf1 = "1.2.840.113549.1.1.8";
constexpr const char* kPss = "1.2.840.113549.1.1.10";
constexpr const char* kEcdsaSha256 = "1.2.840.10045.4.3.2";
constexpr const char* kRsaSha256 = "1.2.840.113549.1.1.11";

const Bytes kNull = {0x05, 0x00};

Bytes Algorithm(const char* oid, const Bytes& parameters = {}) {
  DerWriter writer;
  writer.Nest(der::kSequence,
              [&](DerWriter& w) { w.AddOid(*der::OidFromText(oid)).AddRaw(parameters); });
  return writer.Take();
}

Bytes Context(int number, const Bytes& content) {
  DerWriter writer;
  writer.Add(der::ContextConstructed(number), content);
  return writer.Take();
}

Bytes Integer(std::uint64_t value) {
  DerWriter writer;
  writer.AddUnsigned(der::kInteger, value);
  return writer.Take();
}

Bytes Concat(const std::vector<Bytes>& parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

Bytes Sequence(const std::vector<Bytes>& parts) {
  DerWriter writer;
  writer.Add(der::kSequence, Concat(parts));
  return writer.Take();
}

Bytes Hash(const char* oid) { return Context(0, Algorithm(oid, kNull)); }
Bytes Mask(const char* oid) { return Context(1, Algorithm(kMgf1, Algorithm(oid, kNull))); }
Bytes Salt(std::uint64_t octets) { return Context(2, Integer(octets)); }
Bytes Pss(const std::vector<Bytes>& fields) { return Algorithm(kPss, Sequence(fields)); }

RejectReason Check(const Bytes& algorithm, bool allow_sha1 = false) {
  AlgorithmPolicy policy;
  policy.allow_sha1 = allow_sha1;
  return CheckSignatureAlgorithm(algorithm, policy);
}

SignatureScheme Parse(const Bytes& algorithm, bool allow_sha1 = false) {
  AlgorithmPolicy policy;
  policy.allow_sha1 = allow_sha1;
  SignatureScheme scheme;
  EXPECT_EQ(ParseSignatureAlgorithm(algorithm, policy, &scheme), RejectReason::kNone);
  return scheme;
}

TEST(SignatureAlgorithm, AcceptsSha2) {
  using K = SignatureKind;
  using H = HashKind;
  EXPECT_EQ(Parse(Algorithm(kEcdsaSha256)), (SignatureScheme{K::kEcdsa, H::kSha256, 0}));
  EXPECT_EQ(Parse(Algorithm("1.2.840.10045.4.3.3")), (SignatureScheme{K::kEcdsa, H::kSha384, 0}));
  EXPECT_EQ(Parse(Algorithm("1.2.840.10045.4.3.4")), (SignatureScheme{K::kEcdsa, H::kSha512, 0}));
  EXPECT_EQ(Parse(Algorithm(kRsaSha256, kNull)), (SignatureScheme{K::kRsaPkcs1, H::kSha256, 0}));
  EXPECT_EQ(Parse(Algorithm("1.2.840.113549.1.1.12", kNull)),
            (SignatureScheme{K::kRsaPkcs1, H::kSha384, 0}));
  EXPECT_EQ(Parse(Algorithm("1.2.840.113549.1.1.13", kNull)),
            (SignatureScheme{K::kRsaPkcs1, H::kSha512, 0}));
  EXPECT_EQ(Parse(Algorithm("1.3.101.112")).kind, K::kEd25519);
}

TEST(SignatureAlgorithm, RsaParametersMayBeAbsentButNothingElse) {  // RFC 4055 5.
  EXPECT_EQ(Check(Algorithm(kRsaSha256)), RejectReason::kNone);
  EXPECT_EQ(Check(Algorithm(kRsaSha256, {0x05, 0x01, 0x00})),
            RejectReason::kUnsupportedSignatureAlgorithm);
  EXPECT_EQ(Check(Algorithm(kRsaSha256, {0x30, 0x00})),
            RejectReason::kUnsupportedSignatureAlgorithm);
  EXPECT_EQ(Check(Algorithm(kRsaSha256, Concat({kNull, kNull}))),
            RejectReason::kUnsupportedSignatureAlgorithm);
}

TEST(SignatureAlgorithm, CurveParametersMustBeAbsent) {  // RFC 5758 3.2, RFC 8410 3.
  EXPECT_EQ(Check(Algorithm(kEcdsaSha256, kNull)), RejectReason::kUnsupportedSignatureAlgorithm);
  EXPECT_EQ(Check(Algorithm("1.3.101.112", kNull)), RejectReason::kUnsupportedSignatureAlgorithm);
}

TEST(SignatureAlgorithm, Sha1IsWeakUnlessAllowed) {
  for (const Bytes& algorithm :
       {Algorithm("1.2.840.113549.1.1.5", kNull), Algorithm("1.3.14.3.2.29", kNull),
        Algorithm("1.2.840.10045.4.1"), Pss({})}) {
    EXPECT_EQ(Check(algorithm), RejectReason::kWeakSignatureAlgorithm);
    EXPECT_EQ(Check(algorithm, true), RejectReason::kNone);
    EXPECT_EQ(Parse(algorithm, true).hash, HashKind::kSha1);
  }
}

TEST(SignatureAlgorithm, Md2Md4AndMd5AreAlwaysWeak) {
  for (const char* oid : {"1.2.840.113549.1.1.2", "1.2.840.113549.1.1.3", "1.2.840.113549.1.1.4"}) {
    EXPECT_EQ(Check(Algorithm(oid, kNull)), RejectReason::kWeakSignatureAlgorithm) << oid;
    EXPECT_EQ(Check(Algorithm(oid, kNull), true), RejectReason::kWeakSignatureAlgorithm) << oid;
  }
}

TEST(SignatureAlgorithm, OthersAreUnsupported) {
  for (const char* oid : {"1.2.840.113549.1.1.14" /* RSA with SHA-224 */,
                          "1.2.840.10045.4.3.1" /* ECDSA with SHA-224 */,
                          "1.2.840.10040.4.3" /* DSA with SHA-1 */, "1.3.101.113" /* Ed448 */,
                          "2.16.840.1.101.3.4.3.17" /* ML-DSA-44 */,
                          "1.2.840.113549.1.1.1" /* rsaEncryption */}) {
    EXPECT_EQ(Check(Algorithm(oid)), RejectReason::kUnsupportedSignatureAlgorithm) << oid;
    EXPECT_EQ(Check(Algorithm(oid, kNull), true), RejectReason::kUnsupportedSignatureAlgorithm);
  }
}

TEST(SignatureAlgorithm, MalformedIsUnsupported) {
  const Bytes good = Algorithm(kEcdsaSha256);
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(Check(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))),
              RejectReason::kUnsupportedSignatureAlgorithm);
  }
  EXPECT_EQ(Check(Concat({good, {0x00}})), RejectReason::kUnsupportedSignatureAlgorithm);
  EXPECT_EQ(Check({0x31, 0x00}), RejectReason::kUnsupportedSignatureAlgorithm);
  EXPECT_EQ(Check(Sequence({kNull})), RejectReason::kUnsupportedSignatureAlgorithm);
}

TEST(SignatureAlgorithm, PssTakesOneHashAndAnySalt) {
  EXPECT_EQ(Parse(Pss({Hash(kSha256), Mask(kSha256), Salt(32)})),
            (SignatureScheme{SignatureKind::kRsaPss, HashKind::kSha256, 32}));
  EXPECT_EQ(Parse(Pss({Hash(kSha384), Mask(kSha384), Salt(0)})),
            (SignatureScheme{SignatureKind::kRsaPss, HashKind::kSha384, 0}));
  EXPECT_EQ(Parse(Pss({Hash(kSha512), Mask(kSha512), Salt(kPssSaltLenMax)})),
            (SignatureScheme{SignatureKind::kRsaPss, HashKind::kSha512, kPssSaltLenMax}));
  EXPECT_EQ(Parse(Pss({Hash(kSha256), Mask(kSha256)})).salt_len, 20u);  // The default.
}

TEST(SignatureAlgorithm, PssHashParametersMayBeAbsent) {  // RFC 4055 2.1.
  const Bytes hash = Context(0, Algorithm(kSha256));
  const Bytes mask = Context(1, Algorithm(kMgf1, Algorithm(kSha256)));
  EXPECT_EQ(Check(Pss({hash, mask, Salt(32)})), RejectReason::kNone);
}

TEST(SignatureAlgorithm, PssRefusals) {
  const std::vector<Bytes> refused = {
      Algorithm(kPss),                                      // Parameters absent.
      Algorithm(kPss, kNull),
      Pss({Hash(kSha256), Mask(kSha384), Salt(32)}),        // Two hashes.
      Pss({Hash(kSha256), Salt(32)}),                       // The mask's default is SHA-1.
      Pss({Mask(kSha256), Salt(32)}),
      Pss({Hash(kSha224), Mask(kSha224), Salt(28)}),
      Pss({Hash(kSha256), Mask(kSha256), Salt(kPssSaltLenMax + 1)}),
      Pss({Hash(kSha256), Mask(kSha256), Context(2, {0x02, 0x01, 0xff})}),  // Salt of -1.
      Pss({Hash(kSha256), Mask(kSha256), Context(2, {0x02, 0x02, 0x00, 0x20})}),
      Pss({Hash(kSha256), Mask(kSha256), Context(2, Concat({Integer(32), kNull}))}),
      Pss({Hash(kSha256), Mask(kSha256), Salt(32), Context(3, Integer(2))}),
      Pss({Hash(kSha256), Mask(kSha256), Salt(32), Context(3, Integer(1))}),  // Default, written.
      Pss({Mask(kSha256), Hash(kSha256), Salt(32)}),        // Out of order.
      Pss({Hash(kSha256), Hash(kSha256), Mask(kSha256), Salt(32)}),
      Pss({Hash(kSha256), Mask(kSha256), Salt(32), kNull}),
      Pss({Context(0, Concat({Algorithm(kSha256, kNull), kNull})), Mask(kSha256), Salt(32)}),
      Pss({Context(0, Algorithm(kSha256, {0x30, 0x00})), Mask(kSha256), Salt(32)}),
      Pss({Hash(kSha256), Context(1, Algorithm(kSha256, Algorithm(kSha256, kNull))), Salt(32)}),
      Pss({Hash(kSha256), Context(1, Algorithm(kMgf1)), Salt(32)}),
      Pss({Hash(kSha256), {0xa1, 0x05}}),  // A length past the end, in each field.
      Pss({{0xa0, 0x05}}),
      Pss({Hash(kSha256), Mask(kSha256), {0xa2, 0x05}}),
      Algorithm(kPss, Concat({Sequence({Hash(kSha256), Mask(kSha256), Salt(32)}), kNull})),
  };
  for (const Bytes& algorithm : refused) {
    EXPECT_EQ(Check(algorithm, true), RejectReason::kUnsupportedSignatureAlgorithm)
        << base::HexLower(algorithm);
  }
  EXPECT_EQ(Check(Pss({Hash(kSha1), Mask(kSha1)})), RejectReason::kWeakSignatureAlgorithm);
}

TEST(SignatureAlgorithm, HasANameForPeople) {
  EXPECT_EQ(DisplaySignatureAlgorithm(Algorithm(kEcdsaSha256)), "ECDSA SHA-256");
  EXPECT_EQ(DisplaySignatureAlgorithm(Algorithm("1.2.840.113549.1.1.13", kNull)), "RSA SHA-512");
  EXPECT_EQ(DisplaySignatureAlgorithm(Pss({Hash(kSha384), Mask(kSha384), Salt(48)})),
            "RSA-PSS SHA-384");
  EXPECT_EQ(DisplaySignatureAlgorithm(Algorithm("1.3.101.112")), "Ed25519");
  // What is refused has a name too.
  EXPECT_EQ(DisplaySignatureAlgorithm(Algorithm("1.2.840.113549.1.1.5", kNull)), "RSA SHA-1");
  EXPECT_EQ(DisplaySignatureAlgorithm(Algorithm("1.2.840.113549.1.1.4", kNull)), "RSA MD5");
  EXPECT_EQ(DisplaySignatureAlgorithm(Algorithm("1.3.101.113")), "1.3.101.113");
  EXPECT_EQ(DisplaySignatureAlgorithm(Algorithm(kPss)), kPss);
  EXPECT_EQ(DisplaySignatureAlgorithm({}), "");
  EXPECT_EQ(DisplaySignatureAlgorithm(kNull), "");
}

}  // namespace
}  // namespace muster::crypto
