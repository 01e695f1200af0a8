// Forecaster says until when devices pass, why they do not afterwards, and what ends it.
//
// A verdict changes with time only where a certificate or a CRL begins or ends: the verdict is
// constant between such seconds. Each device is decided once for each stretch until it is refused
// for the first time, so the answer is exact to the second, and no day is tried in vain. It holds for
// the registry as it is: nobody renews, revokes or disables anything meanwhile.
// Caller must: as for Authenticator.
// Thread-safe: const methods may run concurrently.
#ifndef MUSTER_FORECAST_H_
#define MUSTER_FORECAST_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "muster/authenticator.h"

namespace muster {

// What ends a device's time.
enum class ForecastLimit : std::uint8_t {
  kNone,   // It does not pass at the start.
  kLeaf,   // Its own notAfter.
  kCa,     // The notAfter of a CA certificate of the path that accepted it.
  kCrl,    // A CRL that begins to count, or one that is demanded and ends.
  kOther,  // Another path becomes valid, or ends, and the verdict on it outweighs.
};
std::string_view NameOf(ForecastLimit limit);  // "none", "leaf", "ca", "crl", "other".

struct Forecast {
  Verdict now;  // At the start; what follows is set where it accepts.
  std::optional<UnixTime> passes_until;  // The last second before the first refusal.
  Verdict after;                         // One second later.
  ForecastLimit limit = ForecastLimit::kNone;
  // The certificate that ends; of kCrl and kOther, the one at fault in `after`. All zeros = none.
  Fingerprint certificate;
};

class Forecaster {
 public:
  // `snapshot` must not be null.
  explicit Forecaster(std::shared_ptr<const RegistrySnapshot> snapshot,
                      AuthenticationOptions options = {});
  ~Forecaster();
  Forecaster(const Forecaster&) = delete;
  Forecaster& operator=(const Forecaster&) = delete;

  // forecasts[i] is that of chains[i] from `from` on; the two are of equal size. `leaves` as in
  // Authenticator::AuthenticateBatch. Any inner failure is a forecast that does not pass.
  void ForecastBatch(std::span<const PresentedChain> chains, UnixTime from,
                     std::span<Forecast> forecasts,
                     std::span<LeafDescription> leaves = {}) const noexcept;

  Forecast ForecastOne(const PresentedChain& chain, UnixTime from) const noexcept;

 private:
  class Impl;
  std::unique_ptr<const Impl> impl_;
};

}  // namespace muster

#endif  // MUSTER_FORECAST_H_
