#include "engine/enrollment/compiled_paths.h"

#include <cstring>
#include <functional>
#include <string_view>
#include <utility>

#include "engine/base/byte_view.h"

namespace muster::enrollment {
namespace {

constexpr std::uint64_t kMixer = 0x9e3779b97f4a7c15u;

// Calls `part` for each run of octets of the key, with its length first: concatenated, they
// identify the key.
template <typename Part>
void ForEachPart(const CertificateView& leaf, const PresentedChain& chain, const Part& part) {
  part(leaf.issuer());
  part(leaf.authority_key_id());
  for (const ByteView untrusted : chain.untrusted()) part(untrusted);
}

std::size_t PartSize(ByteView part) { return sizeof(std::size_t) + part.size(); }

// About what a path takes, and a CA certificate of it that only the device holds.
constexpr std::size_t kPathOctets = 1'536;
constexpr std::size_t kOwnCaOctets = 1'536;

std::size_t OctetsOf(const LabelledPath& path, const registry::CompiledSnapshot& snapshot) {
  std::size_t octets = kPathOctets;
  for (const graph::CaNodePtr& ca : path.cas) {
    if (snapshot.FindCa(ca->fingerprint) != nullptr) continue;
    octets += kOwnCaOctets + ca->view().der().size();
  }
  return octets;
}

}  // namespace

std::uint64_t PathKey::Hash() const {
  std::uint64_t hash = 0;
  ForEachPart(leaf_, chain_, [&](ByteView part) {
    const std::size_t h = std::hash<std::string_view>{}(base::AsText(part));
    hash = (hash ^ h) * kMixer;
  });
  return hash;
}

std::uint64_t PathKey::QuickHash() const {
  // The end of a certificate is its signature, which no two share by chance.
  std::uint64_t hash = 0;
  ForEachPart(leaf_, chain_, [&](ByteView part) {
    std::uint64_t end = part.size();
    if (part.size() >= sizeof end) {
      std::memcpy(&end, part.data() + (part.size() - sizeof end), sizeof end);
    }
    hash = (hash ^ end ^ part.size()) * kMixer;
  });
  return hash ^ hash >> 32;
}

bool PathKey::Matches(const std::string& stored) const {
  const char* at = stored.data();
  std::size_t left = stored.size();
  bool equal = true;
  ForEachPart(leaf_, chain_, [&](ByteView part) {
    const std::size_t size = part.size();
    equal = equal && PartSize(part) <= left && std::memcmp(at, &size, sizeof size) == 0 &&
            (size == 0 || std::memcmp(at + sizeof size, part.data(), size) == 0);
    if (!equal) return;
    at += PartSize(part);
    left -= PartSize(part);
  });
  return equal && left == 0;
}

std::string PathKey::Store() const {
  std::string stored;
  ForEachPart(leaf_, chain_, [&](ByteView part) {
    const std::size_t size = part.size();
    stored.append(reinterpret_cast<const char*>(&size), sizeof size);
    stored.append(base::AsText(part));
  });
  return stored;
}

CompiledPathsPtr Compile(const DecisionContext& context, const PathKey& key, IssuingPaths paths,
                         crypto::IssuerKeyPool* pool) {
  auto compiled = std::make_shared<CompiledPaths>();
  compiled->key = key.Store();
  compiled->paths = std::move(paths);
  compiled->plain = PlainAcceptOf(context, compiled->paths);
  compiled->octets = sizeof(CompiledPaths) + compiled->key.size();
  for (const IssuingPath& path : compiled->paths.valid) {
    const graph::CaNode& issuer = path.validated.issuer();
    compiled->issuer_keys.push_back(pool->Intern(issuer.view().spki(), *issuer.key));
    compiled->octets += OctetsOf(path.path, context.snapshot);
  }
  for (const FailedPath& failed : compiled->paths.failed) {
    compiled->octets += OctetsOf(failed.path, context.snapshot);
  }
  return compiled;
}

}  // namespace muster::enrollment
