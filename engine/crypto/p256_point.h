// Whether a point lies on P-256, without a library's key object: asked once for every device.
#ifndef MUSTER_ENGINE_CRYPTO_P256_POINT_H_
#define MUSTER_ENGINE_CRYPTO_P256_POINT_H_

#include <cstdint>
#include <span>

namespace muster::crypto {

// `xy` holds two big-endian coordinates. True where both are below the field's prime and satisfy
// the curve's equation (SEC 1 3.2.2.1 steps 2 and 3). For public points: its time varies.
bool IsOnP256(std::span<const std::uint8_t, 64> xy);

}  // namespace muster::crypto

#endif  // MUSTER_ENGINE_CRYPTO_P256_POINT_H_
