// Every kernel beside Botan on signatures that the input makes: valid ones with scalars of its
// choice, under keys with awkward relations to the base point, then changed as it pleases.
//
// Input: a control octet (bit 0: curve, bits 1 to 3: key, bits 4 to 6: copies in the batch, bit 7:
// kind), a number k of as many octets as the curve has, then octets that are XORed over the DER of
// the signature. Kind 0: the signature of a fixed message with nonce k, judged by VerifySignature.
// Kind 1: u1 from the low and u2 from the high half of k, whose answer is known without a signer.

#include <botan/hash.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <vector>

#include "engine/crypto/batch_verify.h"
#include "engine/crypto/public_key.h"
#include "tests/unit/crypto/kernel_test_curve.h"

namespace muster::crypto {
namespace {

constexpr int kWindows[] = {5, 8};
// Around a vector's lanes and two of them: each splits a signature's lines in another way.
constexpr std::size_t kCopies[] = {1, 2, 3, 7, 8, 9, 17, 33};

const Bytes& Message() {
  static const Bytes message = {'a', ' ', 'l', 'e', 'a', 'f'};
  return message;
}
const Bytes& Digest() {
  static const Bytes digest = [] {
    const auto hashed = Botan::HashFunction::create_or_throw("SHA-256")->process(Message());
    return Bytes(hashed.begin(), hashed.end());
  }();
  return digest;
}

struct FuzzKey {
  BigInt secret;
  Botan::EC_AffinePoint point;
  PublicKey front_door;
  std::vector<PreparedKey> prepared;  // For every kernel and window.
};

FuzzKey MakeKey(const TestCurve& curve, const BigInt& secret) {
  const auto point = curve.Multiply(curve.Generator(), secret);
  const Bytes spki = curve.Spki(point);
  FuzzKey key{secret, point, PublicKey::Load(spki, {}).value(), {}};
  for (const Kernel kernel : FastKernels()) {
    for (const int window : kWindows) key.prepared.push_back(Prepare(spki, window, kernel));
  }
  return key;
}

struct FuzzCurve {
  explicit FuzzCurve(KeyAlgorithm algorithm) : curve(algorithm) {
    const BigInt& n = curve.n();
    const BigInt secrets[8] = {1, n - 1, 2, n - 2, 31, 255, (n + 1) / 2,
                               BigInt("0x123456789abcdef0fedcba9876543210")};
    for (const BigInt& secret : secrets) keys.push_back(MakeKey(curve, secret));
  }
  TestCurve curve;
  std::deque<FuzzKey> keys;
};

const FuzzCurve& CurveAt(bool p384) {
  static const FuzzCurve p256_curve(KeyAlgorithm::kP256);
  static const FuzzCurve p384_curve(KeyAlgorithm::kP384);
  return p384 ? p384_curve : p256_curve;
}

bool FrontDoorAccepts(const FuzzKey& key, ByteView signature) {
  // ecdsa-with-SHA256.
  constexpr std::array<std::uint8_t, 12> kAlgorithm = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                                       0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
  return VerifySignature(key.front_door, kAlgorithm, Message(), signature, {}) ==
         RejectReason::kNone;
}

void CheckKernels(const FuzzKey& key, ByteView digest, ByteView signature, std::size_t copies,
                  bool expected) {
  static VerifyScratch scratch;
  for (const PreparedKey& prepared : key.prepared) {
    std::vector<SignatureJob> jobs(copies, SignatureJob{&prepared, digest, signature});
    VerifyBatch(jobs, &scratch);
    for (const SignatureJob& job : jobs) {
      if (job.good && job.needs_reference) std::abort();
      if (!job.needs_reference && job.good != expected) std::abort();
    }
  }
}

void RunOne(ByteView input) {
  if (input.empty()) return;
  const std::uint8_t control = input[0];
  const FuzzCurve& at = CurveAt((control & 1) != 0);
  const TestCurve& curve = at.curve;
  const FuzzKey& key = at.keys[control >> 1 & 7];
  const std::size_t copies = kCopies[control >> 4 & 7];
  if (input.size() < 1 + curve.size()) return;
  const BigInt k = BigInt::from_bytes(input.subspan(1, curve.size()));
  const ByteView changes = input.subspan(1 + curve.size());

  TestSignature signature;
  bool expected = true;
  if ((control & 0x80) != 0) {
    const std::size_t half = 4 * curve.size();
    const BigInt u1 = k % BigInt::power_of_2(half), u2 = k >> half;
    if ((u2 % curve.n()).is_zero()) return;
    const auto made = curve.SignatureWith(key.point, u1, u2);
    expected = made.has_value();
    signature = made ? *made : curve.SignatureFrom(7, u1, u2);
  } else {
    const BigInt nonce = k % (curve.n() - 1) + 1;
    const BigInt r = curve.X(curve.Multiply(curve.Generator(), nonce)) % curve.n();
    const BigInt e = BigInt::from_bytes(Digest());
    const BigInt s =
        (e + r * key.secret) % curve.n() * Botan::inverse_mod(nonce, curve.n()) % curve.n();
    signature = {Digest(), DerSignature(r, s)};
    for (std::size_t i = 0; i < changes.size() && i < signature.der.size(); ++i) {
      signature.der[i] ^= changes[i];
    }
    expected = FrontDoorAccepts(key, signature.der);
  }
  CheckKernels(key, signature.digest, signature.der, copies, expected);
}

}  // namespace
}  // namespace muster::crypto

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  muster::crypto::RunOne({data, size});
  return 0;
}
