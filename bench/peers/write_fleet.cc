// Writes a fleet for the comparison (fleet_file.h): chains of any depth under any number of
// issuers, and questions with planted faults.
//
// usage: write_fleet KEY LEVELS ISSUERS DEVICES FILE
//
// KEY is p256, p384, rsa2048, ed25519, ...; LEVELS counts certificates from leaf to root, 2 to 4.
// The same arguments give the same octets on every machine.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bench/peers/fleet_file.h"
#include "muster/development_pki.h"

namespace muster::bench {
namespace {

using std::chrono::days;

constexpr const char* kSeed = "comparison";
constexpr const char* kServerAuth = "1.3.6.1.5.5.7.3.1";
constexpr const char* kClientAuth = "1.3.6.1.5.5.7.3.2";
constexpr UnixTime kAt = std::chrono::sys_days{std::chrono::year{2026} / 6 / 15};
// RSA keys are slow to make; no library gains from meeting a device's key again.
constexpr std::uint64_t kRsaLeafKeys = 16;
constexpr int kRoots = 2;  // Where there are intermediates below them.
constexpr int kQuestionsEach = 8;

template <typename T>
T Must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return *std::move(result);
}

struct Spec {
  KeyKind key;
  int levels;
  std::uint64_t issuers, devices;
};

// A CA, and what a device below it presents: the CA's certificate and those between it and a root.
struct Ca {
  Issuer issuer;
  std::vector<Bytes> path;
};

// Runs work(i) for i < count on all processors.
template <typename Work>
void InParallel(std::uint64_t count, const Work& work) {
  std::atomic<std::uint64_t> next{0};
  std::exception_ptr failure;
  std::mutex mutex;
  const auto run = [&] {
    try {
      for (std::uint64_t i = next++; i < count; i = next++) work(i);
    } catch (...) {
      const std::lock_guard lock(mutex);
      failure = std::current_exception();
    }
  };
  std::vector<std::jthread> threads;
  for (unsigned i = 1; i < std::thread::hardware_concurrency(); ++i) threads.emplace_back(run);
  run();
  threads.clear();
  if (failure) std::rethrow_exception(failure);
}

Ca MakeCa(const Spec& spec, const std::string& name, const Ca* parent) {
  CertificateTemplate what;
  what.subject = {{"2.5.4.10", "Comparison"}, {"2.5.4.3", name}};
  what.is_ca = true;
  what.not_before = kAt - days{365};
  what.not_after = kAt + days{3650};
  DevelopmentKey key = Must(DevelopmentKey::Derive(spec.key, kSeed, name));
  Ca ca{Issuer{Must(EncodeName(what.subject)), key, DeriveKeyId(key.spki())}, {}};
  if (parent == nullptr) {
    ca.path.push_back(Must(IssueSelfSigned(what, key)));
    return ca;
  }
  ca.path.push_back(Must(IssueCertificate(what, key.spki(), parent->issuer)));
  ca.path.insert(ca.path.end(), parent->path.begin(), parent->path.end());
  return ca;
}

struct Leaf {
  std::string name;
  std::uint64_t index = 0;
  UnixTime not_before = kAt - days{30};
  UnixTime not_after = kAt + days{365};
  std::string purpose = kClientAuth;
};

class FleetWriter {
 public:
  FleetWriter(const Spec& spec, const std::string& path)
      : spec_(spec), out_(path, std::ios::binary) {
    MakeCas();
    const std::uint64_t keys = IsRsa() ? kRsaLeafKeys : 0;
    for (std::uint64_t i = 0; i < keys; ++i) leaf_keys_.push_back(LeafKey(i));
  }

  void Write() {
    out_ << kFleetMagic;
    Number(kFleetVersion, 4);
    Number(static_cast<std::uint64_t>(kAt.time_since_epoch().count()), 8);
    WriteQuestions();
    Number(roots_.size(), 4);
    for (const Ca& root : roots_) Blob(root.path.front());
    std::vector<const Bytes*> intermediates;
    for (const std::vector<Ca>* cas : {&divisions_, &factories_}) {
      for (const Ca& ca : *cas) intermediates.push_back(&ca.path.front());
    }
    Number(intermediates.size(), 4);
    for (const Bytes* der : intermediates) Blob(*der);
    WriteDevices();
    out_.close();
    if (!out_) throw std::runtime_error("cannot write the fleet");
  }

 private:
  bool IsRsa() const {
    return spec_.key == KeyKind::kRsa2048 || spec_.key == KeyKind::kRsa3072 ||
           spec_.key == KeyKind::kRsa4096;
  }

  void MakeCas() {
    // Issuers that would have no device are left out.
    const std::uint64_t issuers = std::min(spec_.issuers, spec_.devices);
    const std::uint64_t roots = spec_.levels == 2 ? issuers : kRoots;
    for (std::uint64_t i = 1; i <= roots; ++i) {
      roots_.push_back(MakeCa(spec_, "Root " + std::to_string(i), nullptr));
    }
    for (int i = 1; spec_.levels == 4 && i <= kRoots; ++i) {
      const Ca& root = roots_[static_cast<std::size_t>(i - 1)];
      divisions_.push_back(MakeCa(spec_, "Division " + std::to_string(i), &root));
    }
    if (spec_.levels > 2) {
      const std::vector<Ca>& parents = spec_.levels == 4 ? divisions_ : roots_;
      factories_.resize(issuers, parents.front());
      InParallel(issuers, [&](std::uint64_t i) {
        factories_[i] =
            MakeCa(spec_, "Factory " + std::to_string(i + 1), &parents[i % parents.size()]);
      });
    }
    // Roots are not presented.
    for (std::vector<Ca>* cas : {&divisions_, &factories_}) {
      for (Ca& ca : *cas) ca.path.resize(static_cast<std::size_t>(spec_.levels) - 2);
    }
    for (Ca& division : divisions_) division.path.resize(1);
  }

  const Ca& IssuerOf(std::uint64_t index) const {
    const std::vector<Ca>& cas = spec_.levels == 2 ? roots_ : factories_;
    return cas[index % cas.size()];
  }

  DevelopmentKey LeafKey(std::uint64_t index) const {
    return Must(DevelopmentKey::Derive(spec_.key, kSeed, "device key " + std::to_string(index)));
  }

  // The chain's certificates: the leaf, then what it presents.
  std::vector<Bytes> Issue(const Leaf& leaf, const Ca& ca) const {
    CertificateTemplate what;
    what.common_name = leaf.name;
    what.not_before = leaf.not_before;
    what.not_after = leaf.not_after;
    what.extended_key_usage = {leaf.purpose};
    const DevelopmentKey key =
        leaf_keys_.empty() ? LeafKey(leaf.index) : leaf_keys_[leaf.index % leaf_keys_.size()];
    std::vector<Bytes> chain = {Must(IssueCertificate(what, key.spki(), ca.issuer))};
    if (spec_.levels > 2) chain.insert(chain.end(), ca.path.begin(), ca.path.end());
    return chain;
  }

  void WriteDevices() {
    constexpr std::uint64_t kAtOnce = 4096;
    std::vector<std::vector<Bytes>> chains(kAtOnce);
    Number(spec_.devices, 4);
    for (std::uint64_t first = 0; first < spec_.devices; first += kAtOnce) {
      const std::uint64_t count = std::min(kAtOnce, spec_.devices - first);
      InParallel(count, [&](std::uint64_t i) {
        const std::uint64_t index = first + i;
        chains[i] =
            Issue({.name = "device-" + std::to_string(index), .index = index}, IssuerOf(index));
      });
      for (std::uint64_t i = 0; i < count; ++i) Chain(chains[i]);
    }
  }

  // Faults that are the same question to every implementation in every mode.
  void WriteQuestions() {
    constexpr const char* kFaults[] = {
        "none",     "none",           "expired",       "not-yet-valid", "bad-signature", "tampered",
        "impostor", "unknown-issuer", "unknown-chain", "wrong-purpose", "malformed"};
    const Ca stranger_root = MakeCa(spec_, "Stranger", nullptr);
    Ca stranger = MakeCa(spec_, "Stranger Factory", &stranger_root);
    stranger.path.resize(1);
    // The name of a CA of the fleet, the key of a stranger.
    Ca impostor = IssuerOf(0);
    impostor.issuer.key = stranger.issuer.key;
    Number(std::size(kFaults) * kQuestionsEach, 4);
    std::uint64_t index = 0;
    for (int i = 0; i < kQuestionsEach; ++i) {
      for (const std::string fault : kFaults) {
        Leaf leaf{.name = "question-" + std::to_string(index), .index = index};
        if (fault == "expired") leaf.not_after = kAt - days{1};
        if (fault == "not-yet-valid") leaf.not_before = kAt + days{1};
        if (fault == "wrong-purpose") leaf.purpose = kServerAuth;
        const Ca& ca = fault == "impostor"         ? impostor
                       : fault == "unknown-issuer" ? stranger_root
                       : fault == "unknown-chain"  ? stranger
                                                   : IssuerOf(index);
        std::vector<Bytes> chain = Issue(leaf, ca);
        // Roots present nothing, and in chains of two levels nobody does.
        if (fault == "unknown-issuer") chain.resize(1);
        if (fault == "unknown-chain" && chain.size() == 1) chain.push_back(stranger.path.front());
        Damage(fault, leaf.name, chain.front());
        Chain(chain);
        Blob(Bytes(fault.begin(), fault.end()));
        ++index;
      }
    }
  }

  static void Damage(const std::string& fault, const std::string& name, Bytes& leaf) {
    if (fault == "bad-signature") leaf.back() ^= 1;
    if (fault == "malformed") leaf.resize(leaf.size() - 7);
    if (fault != "tampered") return;
    // The last digit of the subject's name, after it was signed.
    const auto at = std::search(leaf.begin(), leaf.end(), name.begin(), name.end());
    *(at + static_cast<std::ptrdiff_t>(name.size()) - 1) ^= 1;
  }

  void Number(std::uint64_t value, int octets) {
    for (int i = 0; i < octets; ++i) out_.put(static_cast<char>(value >> (8 * i) & 0xFF));
  }
  void Blob(const Bytes& octets) {
    Number(octets.size(), 4);
    out_.write(reinterpret_cast<const char*>(octets.data()),
               static_cast<std::streamsize>(octets.size()));
  }
  void Chain(const std::vector<Bytes>& chain) {
    Number(chain.size(), 4);
    for (const Bytes& der : chain) Blob(der);
  }

  Spec spec_;
  std::ofstream out_;
  std::vector<Ca> roots_, divisions_, factories_;
  std::vector<DevelopmentKey> leaf_keys_;
};

int Run(int argc, char** argv) {
  const std::optional<KeyKind> key = argc == 6 ? ParseKeyKind(argv[1]) : std::nullopt;
  if (!key) {
    std::fputs("usage: write_fleet KEY LEVELS ISSUERS DEVICES FILE\n", stderr);
    return 2;
  }
  const Spec spec{*key, std::atoi(argv[2]), std::strtoull(argv[3], nullptr, 10),
                  std::strtoull(argv[4], nullptr, 10)};
  if (spec.levels < 2 || spec.levels > 4 || spec.issuers == 0 || spec.devices == 0) {
    std::fputs("write_fleet: LEVELS is 2 to 4; ISSUERS and DEVICES are at least 1\n", stderr);
    return 2;
  }
  // Only a whole fleet gets the name.
  const std::string path = argv[5];
  FleetWriter(spec, path + ".part").Write();
  std::filesystem::rename(path + ".part", path);
  return 0;
}

}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) {
  try {
    return muster::bench::Run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "write_fleet: %s\n", e.what());
    return 1;
  }
}
