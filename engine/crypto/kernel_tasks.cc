// What each kernel does for which task: told to people.
#include "engine/crypto/hash_batch.h"
#include "engine/crypto/kernel.h"
#include "engine/crypto/rsa_batch.h"
#include "muster/kernel.h"

namespace muster {
namespace {

constexpr std::string_view kBotan = "Botan, one at a time";

std::string_view EcdsaEngine(Kernel kernel) {
  switch (kernel) {
    case Kernel::kReference:
      return kBotan;
    case Kernel::kPortable:
      return "tables of issuer keys, 64-bit words";
    case Kernel::kBmi2:
      return "tables of issuer keys, 64-bit words (BMI2, ADX)";
    case Kernel::kAvx512Ifma:
      return "tables of issuer keys, 8 signatures at a time (AVX-512 IFMA)";
  }
  return "";
}

std::string_view RsaEngine(Kernel kernel) {
  if (kernel == Kernel::kReference || !crypto::IsRsaKernelUsable(kernel)) return kBotan;
  return kernel == Kernel::kAvx512Ifma ? "8 signatures at a time (AVX-512 IFMA)"
                                       : "prepared moduli, 60-bit limbs";
}

std::string_view HashEngineOf(crypto::HashKind hash, Kernel kernel) {
  switch (crypto::ChooseHashEngine(hash, kernel)) {
    case crypto::HashEngine::kBotan:
      return kBotan;
    case crypto::HashEngine::kShaNi:
      return "2 messages in turn (SHA extensions)";
    case crypto::HashEngine::kAvx512:
      return "8 messages at a time (AVX-512)";
  }
  return "";
}

}  // namespace

std::vector<KernelTask> TasksOf(Kernel kernel) {
  if (!crypto::IsSupportedKernel(kernel)) return {};
  return {{"ECDSA on P-256 and P-384", EcdsaEngine(kernel)},
          {"RSA PKCS#1 v1.5, 2048 to 4096 bits", RsaEngine(kernel)},
          {"SHA-256", HashEngineOf(crypto::HashKind::kSha256, kernel)},
          {"SHA-384 and SHA-512", HashEngineOf(crypto::HashKind::kSha384, kernel)},
          {"P-521, Ed25519, RSA-PSS, other RSA sizes", kBotan}};
}

}  // namespace muster
