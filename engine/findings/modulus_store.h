// ModulusStore: the RSA moduli of a fleet, and which of them share a prime.
#ifndef MUSTER_ENGINE_FINDINGS_MODULUS_STORE_H_
#define MUSTER_ENGINE_FINDINGS_MODULUS_STORE_H_

#include <cstdint>
#include <functional>
#include <string>

#include "engine/findings/batch_gcd.h"
#include "engine/findings/octet_store.h"

namespace muster::findings {

// A modulus once, and whose it is.
struct ModulusOwner {
  std::uint64_t record = 0;
  std::uint64_t ca = 0;      // The CA's number from 1 on, or 0.
  std::uint64_t owners = 1;  // How many certificates have it.
};

class ModulusStore : public ModulusSource {
 public:
  ModulusStore(std::size_t memory_octets_max, std::string folder)
      : store_(memory_octets_max, std::move(folder)) {}

  // Gives the place.
  std::uint64_t Append(const ModulusOwner& owner, ByteView modulus);
  // The modulus at a place.
  Bytes Read(std::uint64_t place) const;

  void Rewind() override { at_ = 0; }
  bool Next(Bytes* modulus) override;

  // A modulus that shares a prime with another.
  struct Shared {
    ModulusOwner owner;
    std::uint64_t place = 0;
    std::size_t bits = 0;
  };
  // Calls `shared` for each, in the order of the store. None may be there twice.
  void FindSharedPrimes(const BatchGcdOptions& options,
                        const std::function<void(const Shared&)>& shared);

 private:
  bool Next(std::uint64_t* at, ModulusOwner* owner, Bytes* modulus) const;

  OctetStore store_;
  std::uint64_t at_ = 0;
};

}  // namespace muster::findings

#endif  // MUSTER_ENGINE_FINDINGS_MODULUS_STORE_H_
