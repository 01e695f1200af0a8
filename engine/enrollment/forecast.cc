#include "muster/forecast.h"

#include <algorithm>
#include <functional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/registry/snapshot.h"

namespace muster {
namespace {

using std::chrono::seconds;

// No certificate is valid here (RFC 5280 4.1.2.5: the last second is that of the year 9999).
constexpr UnixTime kAfterAllTimes{seconds{253'402'300'800}};

// A device to decide again, at any time between `from` and `until`: the verdict is the same there.
struct Step {
  std::size_t chain = 0;
  UnixTime from{}, until{};
  bool last = false;  // Its leaf has ended: whatever is found, it is refused.
};

}  // namespace

std::string_view NameOf(ForecastLimit limit) {
  switch (limit) {
    case ForecastLimit::kNone:
      return "none";
    case ForecastLimit::kLeaf:
      return "leaf";
    case ForecastLimit::kCa:
      return "ca";
    case ForecastLimit::kCrl:
      return "crl";
    case ForecastLimit::kOther:
      return "other";
  }
  return "unknown";
}

class Forecaster::Impl {
 public:
  Impl(const std::shared_ptr<const RegistrySnapshot>& snapshot,
       const AuthenticationOptions& options)
      : authenticator_(snapshot, options) {
    for (const registry::HeldCa& ca : registry::CompiledSnapshot::Of(*snapshot).cas()) {
      ends_[ca.node->fingerprint] = ca.node->view().not_after();
    }
  }

  const Authenticator& authenticator() const { return authenticator_; }

  // The end of a CA certificate of a path: one that the service holds, or one that was sent.
  std::optional<UnixTime> EndOf(const Fingerprint& ca, const PresentedChain& chain) const {
    if (const auto held = ends_.find(ca); held != ends_.end()) return held->second;
    for (const ByteView der : chain.untrusted()) {
      if (Fingerprint::Of(der) != ca) continue;
      const auto view = CertificateView::Parse(der);
      return view ? std::optional(view->not_after()) : std::nullopt;
    }
    return std::nullopt;
  }

 private:
  const Authenticator authenticator_;
  std::unordered_map<Fingerprint, UnixTime> ends_;
};

namespace {

// One batch.
class ForecastRun {
 public:
  using EndOf = std::function<std::optional<UnixTime>(const Fingerprint&, const PresentedChain&)>;

  ForecastRun(const Authenticator& authenticator, EndOf end_of,
              std::span<const PresentedChain> chains, std::span<Forecast> forecasts,
              std::span<LeafDescription> leaves)
      : authenticator_(authenticator),
        end_of_(std::move(end_of)),
        chains_(chains),
        forecasts_(forecasts),
        leaves_(leaves) {}

  void Run(UnixTime from) {
    std::vector<Verdict> verdicts(chains_.size());
    authenticator_.AuthenticateBatch(chains_, from, verdicts, leaves_);
    passing_ = verdicts;
    for (std::size_t i = 0; i < chains_.size(); ++i) {
      forecasts_[i] = Forecast{};
      forecasts_[i].now = verdicts[i];
      if (verdicts[i].accepted()) Plan(i, leaves_[i].paths_until);
    }
    while (!steps_.empty()) RunSteps(std::exchange(steps_, {}));
  }

 private:
  // What to decide next about a device that passes while nothing above its leaf changes.
  void Plan(std::size_t i, UnixTime paths_until) {
    const UnixTime leaf_end = leaves_[i].not_after;
    if (leaf_end < paths_until) {
      forecasts_[i].passes_until = leaf_end;
      steps_.push_back(
          {i, leaf_end + seconds(1), std::min(paths_until, kAfterAllTimes), /*last=*/true});
    } else {
      steps_.push_back({i, paths_until + seconds(1), paths_until + seconds(1), /*last=*/false});
    }
  }

  // Signatures are checked together, so as many steps as can be share one time: of intervals in
  // the order of their ends, the first one's end lies in most.
  void RunSteps(std::vector<Step> steps) {
    std::sort(steps.begin(), steps.end(),
              [](const Step& a, const Step& b) { return a.until < b.until; });
    while (!steps.empty()) {
      const UnixTime at = steps.front().until;
      const auto rest = std::stable_partition(steps.begin(), steps.end(),
                                              [&](const Step& step) { return step.from <= at; });
      DecideAt(at, {steps.begin(), rest});
      steps.erase(steps.begin(), rest);
    }
  }

  void DecideAt(UnixTime at, const std::vector<Step>& steps) {
    std::vector<PresentedChain> chains;
    chains.reserve(steps.size());
    for (const Step& step : steps) chains.push_back(chains_[step.chain]);
    std::vector<Verdict> verdicts(steps.size());
    std::vector<LeafDescription> leaves(steps.size());
    authenticator_.AuthenticateBatch(chains, at, verdicts, leaves);
    for (std::size_t k = 0; k < steps.size(); ++k) {
      const Step& step = steps[k];
      if (verdicts[k].accepted() && !step.last) {
        passing_[step.chain] = verdicts[k];
        Plan(step.chain, leaves[k].paths_until);
        continue;
      }
      Forecast& forecast = forecasts_[step.chain];
      if (!step.last) forecast.passes_until = at - seconds(1);
      forecast.after = verdicts[k];
      FindLimit(step.chain);
    }
  }

  void FindLimit(std::size_t i) {
    Forecast& forecast = forecasts_[i];
    if (leaves_[i].not_after == forecast.passes_until) {
      forecast.limit = ForecastLimit::kLeaf;
      forecast.certificate = leaves_[i].fingerprint;
      return;
    }
    for (const Fingerprint& ca : passing_[i].ca_path.view()) {
      if (end_of_(ca, chains_[i]) != forecast.passes_until) continue;
      forecast.limit = ForecastLimit::kCa;
      forecast.certificate = ca;
      return;
    }
    const Verdict& after = forecast.after;
    const bool by_crl = after.reason == RejectReason::kRevoked ||
                        after.reason == RejectReason::kRevocationUnknown;
    forecast.limit = by_crl ? ForecastLimit::kCrl : ForecastLimit::kOther;
    if (after.chain_index == 0) forecast.certificate = leaves_[i].fingerprint;
    if (after.chain_index <= 0) return;
    const auto ca = static_cast<std::size_t>(after.chain_index) - 1;
    const auto path = after.ca_path.view();
    if (ca < path.size()) forecast.certificate = path[ca];
  }

  const Authenticator& authenticator_;
  const EndOf end_of_;
  const std::span<const PresentedChain> chains_;
  const std::span<Forecast> forecasts_;
  const std::span<LeafDescription> leaves_;
  std::vector<Verdict> passing_;  // The last that accepted.
  std::vector<Step> steps_;
};

}  // namespace

Forecaster::Forecaster(std::shared_ptr<const RegistrySnapshot> snapshot,
                       AuthenticationOptions options)
    : impl_(std::make_unique<const Impl>(std::move(snapshot), options)) {}
Forecaster::~Forecaster() = default;

void Forecaster::ForecastBatch(std::span<const PresentedChain> chains, UnixTime from,
                               std::span<Forecast> forecasts,
                               std::span<LeafDescription> leaves) const noexcept {
  MUSTER_CHECK(forecasts.size() == chains.size());
  MUSTER_CHECK(leaves.empty() || leaves.size() == chains.size());
  try {
    std::vector<LeafDescription> own(leaves.empty() ? chains.size() : 0);
    const auto end_of = [this](const Fingerprint& ca, const PresentedChain& chain) {
      return impl_->EndOf(ca, chain);
    };
    ForecastRun(impl_->authenticator(), end_of, chains, forecasts,
                leaves.empty() ? std::span(own) : leaves)
        .Run(from);
  } catch (...) {
    // Out of memory: fail closed.
    Forecast failed;
    failed.now.reason = RejectReason::kInternalError;
    std::fill(forecasts.begin(), forecasts.end(), failed);
    std::fill(leaves.begin(), leaves.end(), LeafDescription{});
  }
}

Forecast Forecaster::ForecastOne(const PresentedChain& chain, UnixTime from) const noexcept {
  Forecast forecast;
  ForecastBatch({&chain, 1}, from, {&forecast, 1});
  return forecast;
}

}  // namespace muster
