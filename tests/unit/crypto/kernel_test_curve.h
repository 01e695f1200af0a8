// A curve for tests of the kernels: keys, signatures made to measure, and Botan's opinion of them.
//
// Signatures need no private key where the digest may be chosen: for any u1 and u2, with
// R = u1 G + u2 Q and r = x(R) mod n, (r, r / u2) is a valid signature of the digest u1 r / u2.
#ifndef MUSTER_TESTS_UNIT_CRYPTO_KERNEL_TEST_CURVE_H_
#define MUSTER_TESTS_UNIT_CRYPTO_KERNEL_TEST_CURVE_H_

#include <botan/bigint.h>
#include <botan/ec_apoint.h>
#include <botan/ec_group.h>
#include <botan/ec_scalar.h>
#include <botan/numthry.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/crypto/batch_verify.h"
#include "engine/crypto/kernel.h"
#include "engine/crypto/prepared_key.h"
#include "muster/bytes.h"

namespace muster::crypto {

using Botan::BigInt;

inline std::vector<Kernel> FastKernels() {
  std::vector<Kernel> kernels = SupportedKernels();
  kernels.erase(kernels.begin());  // kReference has no operations.
  return kernels;
}

// An INTEGER of DER; `value` is not negative.
inline Bytes DerInteger(const BigInt& value) {
  Bytes magnitude = value.serialize();
  if (magnitude.empty()) magnitude.push_back(0);
  if ((magnitude[0] & 0x80) != 0) magnitude.insert(magnitude.begin(), 0);
  Bytes out = {0x02, static_cast<std::uint8_t>(magnitude.size())};
  out.insert(out.end(), magnitude.begin(), magnitude.end());
  return out;
}

// A SEQUENCE of DER with less than 256 octets.
inline Bytes DerSequence(const std::vector<Bytes>& parts) {
  Bytes content;
  for (const Bytes& part : parts) content.insert(content.end(), part.begin(), part.end());
  Bytes out = {0x30};
  if (content.size() >= 0x80) out.push_back(0x81);
  out.push_back(static_cast<std::uint8_t>(content.size()));
  out.insert(out.end(), content.begin(), content.end());
  return out;
}

inline Bytes DerSignature(const BigInt& r, const BigInt& s) {
  return DerSequence({DerInteger(r), DerInteger(s)});
}

struct TestSignature {
  Bytes digest;
  Bytes der;
};

class TestCurve {
 public:
  explicit TestCurve(KeyAlgorithm algorithm)
      : algorithm_(algorithm),
        group_(Botan::EC_Group::from_name(algorithm == KeyAlgorithm::kP256 ? "secp256r1"
                                                                           : "secp384r1")) {}

  KeyAlgorithm algorithm() const { return algorithm_; }
  const Botan::EC_Group& group() const { return group_; }
  const BigInt& p() const { return group_.get_p(); }
  const BigInt& n() const { return group_.get_order(); }
  std::size_t size() const { return group_.get_order_bytes(); }

  Botan::EC_Scalar Scalar(const BigInt& value) const {
    // Other makers of scalars refuse zero.
    return Botan::EC_Scalar::from_bytes_mod_order(group_, (value % n()).serialize<Bytes>(size()));
  }
  Botan::EC_AffinePoint Generator() const { return Botan::EC_AffinePoint::generator(group_); }
  // k * point; throws for infinity.
  Botan::EC_AffinePoint Multiply(const Botan::EC_AffinePoint& point, const BigInt& k) const {
    return Sum(point, 0, k).value();
  }
  // a G + b point; nothing for infinity.
  std::optional<Botan::EC_AffinePoint> Sum(const Botan::EC_AffinePoint& point, const BigInt& a,
                                           const BigInt& b) const {
    return Botan::EC_Group::Mul2Table(point).mul2_vartime(Scalar(a), Scalar(b));
  }
  BigInt X(const Botan::EC_AffinePoint& point) const {
    return BigInt::from_bytes(point.x_bytes());
  }
  BigInt Y(const Botan::EC_AffinePoint& point) const {
    return BigInt::from_bytes(point.y_bytes());
  }

  Bytes Spki(const Botan::EC_AffinePoint& point) const {
    const Bytes ec_key = {0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};
    const Bytes curve =
        algorithm_ == KeyAlgorithm::kP256
            ? Bytes{0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07}
            : Bytes{0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22};
    Bytes bits = {0x03, static_cast<std::uint8_t>(2 + 2 * size()), 0x00};
    const Bytes octets = point.serialize_uncompressed<Bytes>();
    bits.insert(bits.end(), octets.begin(), octets.end());
    return DerSequence({DerSequence({ec_key, curve}), bits});
  }

  // The signature whose check computes u1 G + u2 Q; u2 is not 0 mod n. Nothing where that sum is
  // infinity or r would be 0.
  std::optional<TestSignature> SignatureWith(const Botan::EC_AffinePoint& key, const BigInt& u1,
                                             const BigInt& u2) const {
    const auto sum = Sum(key, u1, u2);
    if (!sum) return std::nullopt;
    const BigInt r = X(*sum) % n();
    if (r.is_zero()) return std::nullopt;
    return SignatureFrom(r, u1, u2);
  }
  // A signature, valid or not, with the given r whose check computes u1 G + u2 Q.
  TestSignature SignatureFrom(const BigInt& r, const BigInt& u1, const BigInt& u2) const {
    const BigInt s = r * Botan::inverse_mod(u2 % n(), n()) % n();
    const BigInt e = (u1 % n()) * s % n();
    return {e.serialize<Bytes>(size()), DerSignature(r, s)};
  }

  // What Botan says: the steps of the front door, for a digest.
  bool Verify(const Botan::EC_AffinePoint& key, ByteView digest, const BigInt& r,
              const BigInt& s) const {
    if (r.is_zero() || s.is_zero() || r >= n() || s >= n()) return false;
    const auto w = Scalar(s).invert_vartime();
    const auto e = Botan::EC_Scalar::from_bytes_with_trunc(group_, digest);
    return Botan::EC_Group::Mul2Table(key).mul2_vartime_x_mod_order_eq(Scalar(r), e * w,
                                                                       Scalar(r) * w);
  }

 private:
  KeyAlgorithm algorithm_;
  Botan::EC_Group group_;
};

// Reproducible numbers: uniform ones, and those with long runs of ones and zeros in which carries
// go wrong.
class TestNumbers {
 public:
  explicit TestNumbers(std::uint64_t seed) : generator_(seed) {}

  std::uint64_t Next() { return generator_(); }
  std::uint64_t Below(std::uint64_t bound) { return generator_() % bound; }
  BigInt Bits(std::size_t bits) {
    BigInt out;
    for (std::size_t i = 0; i < bits; i += 64) out = (out << 64) + BigInt(Next());
    return out >> ((64 - bits % 64) % 64);
  }
  BigInt RunsOfBits(std::size_t bits) {
    BigInt out;
    for (std::size_t i = 0; i < bits;) {
      const std::size_t run = 1 + Below(70);
      const bool ones = Below(2) == 0;
      for (std::size_t j = 0; j < run && i < bits; ++j, ++i) {
        out <<= 1;
        if (ones) out += 1;
      }
    }
    return out;
  }
  // Either kind, in [1, n).
  BigInt Scalar(const BigInt& n) {
    while (true) {
      const BigInt k = (Below(4) == 0 ? RunsOfBits(n.bits()) : Bits(n.bits())) % n;
      if (!k.is_zero()) return k;
    }
  }
  Bytes Octets(std::size_t size) {
    Bytes out(size);
    for (std::uint8_t& octet : out) octet = static_cast<std::uint8_t>(Next());
    return out;
  }

 private:
  std::mt19937_64 generator_;
};

inline PreparedKey Prepare(const Bytes& spki, int window, Kernel kernel) {
  auto key = PreparedKey::Build(spki, window, kernel);
  if (!key) throw std::runtime_error(std::string(key.error().what));
  return *std::move(key);
}

}  // namespace muster::crypto

#endif  // MUSTER_TESTS_UNIT_CRYPTO_KERNEL_TEST_CURVE_H_
