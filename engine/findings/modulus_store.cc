#include "engine/findings/modulus_store.h"

#include <cstring>

namespace muster::findings {
namespace {

struct Header {
  ModulusOwner owner;
  std::uint64_t size = 0;
};

}  // namespace

std::uint64_t ModulusStore::Append(const ModulusOwner& owner, ByteView modulus) {
  const Header header{owner, modulus.size()};
  Bytes octets(sizeof header);
  std::memcpy(octets.data(), &header, sizeof header);
  octets.insert(octets.end(), modulus.begin(), modulus.end());
  return store_.Append(octets);
}

bool ModulusStore::Next(std::uint64_t* at, ModulusOwner* owner, Bytes* modulus) const {
  if (*at >= store_.size()) return false;
  std::uint8_t octets[sizeof(Header)];
  Header header;
  store_.Read(*at, octets);
  std::memcpy(&header, octets, sizeof header);
  *owner = header.owner;
  modulus->resize(header.size);
  store_.Read(*at + sizeof header, *modulus);
  *at += sizeof header + header.size;
  return true;
}

bool ModulusStore::Next(Bytes* modulus) {
  ModulusOwner owner;
  return Next(&at_, &owner, modulus);
}

Bytes ModulusStore::Read(std::uint64_t place) const {
  ModulusOwner owner;
  Bytes modulus;
  Next(&place, &owner, &modulus);
  return modulus;
}

void ModulusStore::FindSharedPrimes(
    const BatchGcdOptions& options,
    const std::function<void(const Shared&)>& shared) {
  std::uint64_t at = 0, index = 0;  // The modulus that comes next.
  Shared one;
  Bytes modulus;
  BatchGcd(*this, options, [&](std::uint64_t found, ByteView) {
    // They come in order, as they lie in the store.
    for (; index <= found; ++index) {
      one.place = at;
      Next(&at, &one.owner, &modulus);
    }
    one.bits = 8 * modulus.size();
    shared(one);
  });
}

}  // namespace muster::findings
