// The curves, as constants (FIPS 186-5 with SP 800-186 3.2.1.3 and 3.2.1.4).
#ifndef MUSTER_ENGINE_CRYPTO_KERNELS_CURVES_H_
#define MUSTER_ENGINE_CRYPTO_KERNELS_CURVES_H_

#include "engine/crypto/kernels/words.h"

namespace muster::crypto::kernels {
namespace {

// y^2 = x^3 - 3x + b over the field of the prime p = 2^256 - 2^224 + 2^192 + 2^96 - 1; the order n
// of the base point.
struct P256 {
  static constexpr int kWords = 4;
  static constexpr int kBits = 256;
  static constexpr Words<4> kP = {
      {0xffffffffffffffff, 0x00000000ffffffff, 0x0000000000000000, 0xffffffff00000001}};
  static constexpr Words<4> kN = {
      {0xf3b9cac2fc632551, 0xbce6faada7179e84, 0xffffffffffffffff, 0xffffffff00000000}};
  static constexpr Words<4> kB = {
      {0x3bce3c3e27d2604b, 0x651d06b0cc53b0f6, 0xb3ebbd55769886bc, 0x5ac635d8aa3a93e7}};
  static constexpr Words<4> kGx = {
      {0xf4a13945d898c296, 0x77037d812deb33a0, 0xf8bce6e563a440f2, 0x6b17d1f2e12c4247}};
  static constexpr Words<4> kGy = {
      {0xcbb6406837bf51f5, 0x2bce33576b315ece, 0x8ee7eb4a7c0f9e16, 0x4fe342e2fe1a7f9b}};
};

// p = 2^384 - 2^128 - 2^96 + 2^32 - 1.
struct P384 {
  static constexpr int kWords = 6;
  static constexpr int kBits = 384;
  static constexpr Words<6> kP = {
      {0x00000000ffffffff, 0xffffffff00000000, 0xfffffffffffffffe, 0xffffffffffffffff,
       0xffffffffffffffff, 0xffffffffffffffff}};
  static constexpr Words<6> kN = {
      {0xecec196accc52973, 0x581a0db248b0a77a, 0xc7634d81f4372ddf, 0xffffffffffffffff,
       0xffffffffffffffff, 0xffffffffffffffff}};
  static constexpr Words<6> kB = {
      {0x2a85c8edd3ec2aef, 0xc656398d8a2ed19d, 0x0314088f5013875a, 0x181d9c6efe814112,
       0x988e056be3f82d19, 0xb3312fa7e23ee7e4}};
  static constexpr Words<6> kGx = {
      {0x3a545e3872760ab7, 0x5502f25dbf55296c, 0x59f741e082542a38, 0x6e1d3b628ba79b98,
       0x8eb1c71ef320ad74, 0xaa87ca22be8b0537}};
  static constexpr Words<6> kGy = {
      {0x7a431d7c90ea0e5f, 0x0a60b1ce1d7e819d, 0xe9da3113b5f0b8c0, 0xf8f41dbd289a147c,
       0x5d9e98bf9292dc29, 0x3617de4a96262c6f}};
};

}  // namespace
}  // namespace muster::crypto::kernels

#endif  // MUSTER_ENGINE_CRYPTO_KERNELS_CURVES_H_
