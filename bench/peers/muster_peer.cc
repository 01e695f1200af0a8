// muster itself, through its public headers. Its modes:
//
//   batch   the whole fleet in one call of AuthenticateBatch, CA paths and tables known
//   single  one call of Authenticate a device, CA paths and tables known
//   cold    the whole fleet in one call, each time with a new Authenticator: nothing is known
//
// Options follow after slashes: the name of a kernel, and cache=MIB for cache_octets_max.

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "bench/bench_commit.h"
#include "bench/peers/peer.h"
#include "muster/authenticator.h"
#include "muster/kernel.h"
#include "muster/registry.h"
#include "muster/version.h"

namespace muster::bench {
namespace {

template <typename T>
T Must(Result<T> result) {
  Require(result.has_value(), result ? "" : result.error().message);
  return *std::move(result);
}

// Roots are verified; whatever issues leaves is a group that rolls up to them.
std::shared_ptr<const RegistrySnapshot> Compile(const FleetFile& fleet) {
  RegistryContents contents;
  contents.service = "comparison";
  contents.generation = 1;
  const auto add = [&](const std::string& name, ByteView der, bool verified, bool group) {
    CaCertificate& ca = contents.cas.emplace_back();
    ca.name = name;
    ca.der.assign(der.begin(), der.end());
    ca.registered_at = fleet.at;
    if (verified) {
      ca.status = CaStatus::kVerified;
      ca.method = VerificationMethod::kSelfAttested;
      ca.verified_at = fleet.at;
    }
    if (!group) return;
    EnrollmentGroup& enrollment = contents.groups.emplace_back();
    enrollment.id = name;
    enrollment.signing.primary_ca = name;
  };
  for (std::size_t i = 0; i < fleet.roots.size(); ++i) {
    add("root-" + std::to_string(i), fleet.roots[i], true, fleet.intermediates.empty());
  }
  for (std::size_t i = 0; i < fleet.intermediates.size(); ++i) {
    add("intermediate-" + std::to_string(i), fleet.intermediates[i], false, true);
  }
  return Must(RegistrySnapshot::Compile(std::move(contents)));
}

AuthenticationOptions OptionsOf(std::string_view text) {
  AuthenticationOptions options;
  while (!text.empty()) {
    text.remove_prefix(1);
    const std::string_view option = text.substr(0, text.find('/'));
    text.remove_prefix(option.size());
    constexpr std::string_view kCache = "cache=";
    if (option.starts_with(kCache)) {
      std::size_t mebioctets = 0;
      std::from_chars(option.data() + kCache.size(), option.data() + option.size(), mebioctets);
      Require(mebioctets > 0, "cache= wants a number of MiB");
      options.cache_octets_max = mebioctets << 20;
      continue;
    }
    for (const Kernel kernel : SupportedKernels()) {
      if (NameOf(kernel) == option) options.kernel = kernel;
    }
    Require(options.kernel.has_value(),
            "this processor or build has no kernel '" + std::string(option) + "'");
  }
  return options;
}

class MusterPeer final : public Peer {
 public:
  PeerFacts About() const override {
    std::string kernels;
    for (const Kernel kernel : SupportedKernels()) {
      kernels += (kernels.empty() ? "" : " ") + std::string(NameOf(kernel));
    }
    const Result<Kernel> active = ActiveKernel();
    return {{"name", "muster"},
            {"version", std::string(kVersion)},
            {"modes", "batch single cold"},
            {"kernel", std::string(active ? NameOf(*active) : NameOf(Kernel::kReference))},
            {"kernels", kernels},
            {"commit", MUSTER_COMMIT},
            {"build", MUSTER_BUILD_TYPE},
            {"compiler", MUSTER_COMPILER},
            {"flags", MUSTER_COMPILER_FLAGS}};
  }

  void Prepare(const FleetFile& fleet, std::string_view mode) override {
    const std::string_view kind = mode.substr(0, mode.find('/'));
    options_ = OptionsOf(mode.substr(kind.size()));
    if (kind == "batch") {
      mode_ = Mode::kBatch;
    } else if (kind == "single") {
      mode_ = Mode::kSingle;
    } else if (kind == "cold") {
      mode_ = Mode::kCold;
    } else {
      throw std::runtime_error("muster has no mode '" + std::string(mode) + "'");
    }
    at_ = fleet.at;
    block_ = mode_ == Mode::kSingle ? 256 : fleet.devices.size();
    verdicts_.resize(std::max(fleet.devices.size(), fleet.questions.size()));
    snapshot_ = Compile(fleet);
    authenticator_.emplace(snapshot_, options_);
  }

  std::size_t block() const override { return block_; }

  void Check(std::span<const PresentedChain> chains, std::span<std::uint8_t> answers) override {
    if (mode_ == Mode::kSingle) return Peer::Check(chains, answers);
    if (mode_ == Mode::kCold) authenticator_.emplace(snapshot_, options_);
    const std::span<Verdict> verdicts = std::span(verdicts_).first(chains.size());
    authenticator_->AuthenticateBatch(chains, at_, verdicts);
    for (std::size_t i = 0; i < chains.size(); ++i) answers[i] = verdicts[i].accepted() ? 1 : 0;
  }

 private:
  enum class Mode { kBatch, kSingle, kCold };

  bool Accepts(const PresentedChain& chain) override {
    return authenticator_->Authenticate(chain, at_).accepted();
  }

  Mode mode_ = Mode::kBatch;
  AuthenticationOptions options_;
  UnixTime at_{};
  std::size_t block_ = 0;
  std::shared_ptr<const RegistrySnapshot> snapshot_;
  std::optional<Authenticator> authenticator_;
  std::vector<Verdict> verdicts_;
};

}  // namespace

std::unique_ptr<Peer> MakePeer() { return std::make_unique<MusterPeer>(); }

}  // namespace muster::bench
