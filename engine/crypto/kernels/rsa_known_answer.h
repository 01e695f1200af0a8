// An RSA signature whose verdict is known: PKCS#1 v1.5 with SHA-256 over "abc", made by OpenSSL
// with a key of 2048 bits and the exponent 65537. In hex.
#ifndef MUSTER_ENGINE_CRYPTO_KERNELS_RSA_KNOWN_ANSWER_H_
#define MUSTER_ENGINE_CRYPTO_KERNELS_RSA_KNOWN_ANSWER_H_

#include <string_view>

namespace muster::crypto::kernels {

inline constexpr std::string_view kKnownModulus =
    "d73ae98cc943086213d1f96f59ed34c8478acb4ca0b4ef00e16de6e8d73cf148bb78326c377bcb21599fdc6a"
    "506a3034f94f8e5f4f5dc00d52079bd774f3acfb6577b817b35d90e62bf411bce69a9a2aa1e305f854a062a1"
    "ebeb3a72ea8b5b30bb2113c30beb7e381565b972348d361efb4513bf618001812b45cb5d5ff41de047880360"
    "5b3c338eb3ca49aae0210f933d6c16ca3b8cab9da37176c097450061d9a871d6b3415b788f509ff37ac12b72"
    "02929d308796ff27476b97b0eae3d3db081bcd3d182786227df9f0709ccac1d6dbd89bf6af873bedf6a9eb4c"
    "73a84ed04d48a088e162f850dd479380e604c91e1c1c55c274ad05303d33f1d2cfcf64bd";
inline constexpr std::string_view kKnownSignature =
    "6a74a87c67b0f21c653fe1319cbd24a0a44f4b54dc1d484e0e529163f9e26895f5d3e8e783354940ff11c47e"
    "559f0fe95f5041dd8997725cc08ac7d675838fea3a269e97be2c9347a8f08eae48562c5c2e07c5e354348acb"
    "252eb636942d31b97273db544f0bc7c698727f4241abc461ce0f66cd8249a895cd1d09a1e428a2cb274958fc"
    "a963bee7613c234ea213b1b25e6a4f4ea18f951414f5beeead87d03e8d00b21b9cd6201fdc0afef16cfb9f4e"
    "238f2203ff6f121379efd278c07bb690fbfa73b092a2528c60c4253cc5574c0c9281d41874834d3cf8be46a8"
    "20f905092fb199695b6d715b6aa41b217add8c64843961eac81a88b9f8f76177caab7229";
// SHA-256 of "abc" (FIPS 180-4's own example).
inline constexpr std::string_view kKnownDigest =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

}  // namespace muster::crypto::kernels

#endif  // MUSTER_ENGINE_CRYPTO_KERNELS_RSA_KNOWN_ANSWER_H_
