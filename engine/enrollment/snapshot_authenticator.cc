#include "engine/enrollment/snapshot_authenticator.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/base/check.h"
#include "engine/x509/name.h"

namespace muster::enrollment {
namespace {

// Chains of a slice. More make no signature cheaper; fewer would where issuers are many, because
// signatures under one key are best checked side by side.
constexpr std::size_t kSliceMax = 4'096;
// Chains that are opened before their messages are hashed: few enough to be in a near cache still.
constexpr std::size_t kHashEvery = 32;

ValidationOptions ValidationOptionsOf(const AuthenticationOptions& options) {
  ValidationOptions validation;
  // What DPS lets through: no EKU check, on CAs neither.
  if (options.leaf_profile == LeafProfile::kDpsCompat) validation.key_purpose.clear();
  validation.require_crl = options.require_crl;
  validation.budget = options.budget;
  return validation;
}

}  // namespace

SnapshotAuthenticator::SnapshotAuthenticator(std::shared_ptr<const RegistrySnapshot> snapshot,
                                             const AuthenticationOptions& options,
                                             crypto::IssuerKeyPool* keys)
    : snapshot_(std::move(snapshot)),
      options_(options),
      validator_(ValidationOptionsOf(options),
                 registry::CompiledSnapshot::Of(*snapshot_).crls(),
                 path::LeafRules{.profile = options.leaf_profile}),
      keys_(keys),
      cache_(options.cache_octets_max / kPathsShare) {}

void SnapshotAuthenticator::AuthenticateBatch(std::span<const PresentedChain> chains, UnixTime at,
                                              std::span<Verdict> verdicts,
                                              std::span<LeafDescription> leaves,
                                              bool leaf_fingerprints,
                                              AuthenticatorCounters* counters) const {
  const DecisionContext context = ContextAt(at);
  std::unique_ptr<Workspace> workspace = TakeWorkspace();
  // Slices of equal size: the last one is not a remainder.
  const std::size_t slices = (chains.size() + kSliceMax - 1) / kSliceMax;
  for (std::size_t n = 0; n < slices; ++n) {
    const std::size_t begin = chains.size() * n / slices, end = chains.size() * (n + 1) / slices;
    const auto slice_verdicts = verdicts.subspan(begin, end - begin);
    const auto slice_leaves = leaves.empty() ? leaves : leaves.subspan(begin, end - begin);
    try {
      DecideSlice({context, chains.subspan(begin, end - begin), slice_verdicts, slice_leaves,
                   leaf_fingerprints && !leaves.empty(), workspace.get(), counters});
    } catch (...) {
      // Out of memory for what the slice shares.
      const Verdict rejected = Rejected(context, RejectReason::kInternalError, -1);
      std::fill(slice_verdicts.begin(), slice_verdicts.end(), rejected);
      std::fill(slice_leaves.begin(), slice_leaves.end(), LeafDescription{});
    }
  }
  ReturnWorkspace(std::move(workspace));
}

void SnapshotAuthenticator::DecideSlice(const Slice& slice) const {
  Workspace& workspace = *slice.workspace;
  // An exception anywhere rejects its chain and no other.
  const auto guarded = [&](std::size_t i, auto&& step) {
    try {
      step();
    } catch (...) {
      slice.verdicts[i] = Rejected(slice.context, RejectReason::kInternalError, -1);
      if (!slice.leaves.empty()) slice.leaves[i] = LeafDescription{};
    }
  };
  workspace.waiting.clear();
  workspace.waiting.reserve(slice.chains.size());
  workspace.signatures.Reset(slice.chains.size());
  if (slice.NeedsFingerprints()) workspace.fingerprints.resize(slice.chains.size());
  workspace.recent.BeginBatch();
  for (std::size_t i = 0; i < slice.chains.size(); ++i) {
    guarded(i, [&] { OpenChain(slice, i); });
    if (i % kHashEvery == kHashEvery - 1) workspace.signatures.HashNew();
  }
  workspace.signatures.Verify();
  slice.counters->leaf_signatures += workspace.waiting.size();
  for (std::size_t w = 0; w < workspace.waiting.size(); ++w) {
    guarded(workspace.waiting[w].chain, [&] { CloseChain(slice, w); });
  }
  if (!slice.describes_fingerprints) return;
  for (std::size_t i = 0; i < slice.leaves.size(); ++i) {
    if (slice.leaves[i].readable) slice.leaves[i].fingerprint = workspace.fingerprints[i];
  }
}

void SnapshotAuthenticator::DescribeLeaf(const Slice& slice, std::size_t i,
                                         const CertificateView& leaf) const {
  Workspace& workspace = *slice.workspace;
  if (!slice.leaves.empty()) {
    LeafDescription& description = slice.leaves[i];
    description.not_after = leaf.not_after();
    description.key_type = DisplayKeyType(leaf.spki());
    description.readable = true;
  }
  if (slice.NeedsFingerprints()) {
    workspace.signatures.AddFingerprint(leaf.der(), &workspace.fingerprints[i]);
  }
}

void SnapshotAuthenticator::OpenChain(const Slice& slice, std::size_t i) const {
  const DecisionContext& context = slice.context;
  const PresentedChain& chain = slice.chains[i];
  Verdict& verdict = slice.verdicts[i];
  if (!slice.leaves.empty()) slice.leaves[i] = LeafDescription{};
  if (chain.leaf().empty()) {
    verdict = Rejected(context, RejectReason::kChainEmpty, -1);
    return;
  }
  if (chain.too_long()) {
    verdict = Rejected(context, RejectReason::kChainTooLong, -1);
    return;
  }
  const auto leaf = CertificateView::Parse(chain.leaf());
  if (!leaf) {
    verdict = Rejected(context, leaf.error().reason, 0);
    return;
  }
  DescribeLeaf(slice, i, *leaf);
  const LeafIdentity identity = LeafIdentity::Of(*leaf, context.snapshot);
  if (identity.individual != nullptr && PinsLeaf(*identity.individual, context.snapshot)) {
    const auto issuer = x509::CanonicalName(leaf->issuer());
    const registry::TextSet* denied_serials =
        issuer ? context.snapshot.DeniedSerialsOf(*issuer) : nullptr;
    verdict = DecidePinned(context, *leaf, identity, denied_serials);
    return;
  }
  const auto compiled = PathsOf(slice, *leaf, chain);
  if (!compiled) {
    const PresentedFailure& failure = compiled.error();
    verdict = Rejected(context, failure.failure.reason, failure.chain_index);
    verdict.registration_id = identity.registration_id;
    return;
  }
  if (!slice.leaves.empty()) slice.leaves[i].paths_until = (*compiled)->paths.stable.until;
  OpenLeaf(slice, i, *leaf, identity, **compiled);
}

void SnapshotAuthenticator::OpenLeaf(const Slice& slice, std::size_t i,
                                     const CertificateView& leaf, const LeafIdentity& identity,
                                     const CompiledPaths& compiled) const {
  const DecisionContext& context = slice.context;
  Verdict& verdict = slice.verdicts[i];
  path::FaultSink sink(/*collect_all=*/false);
  std::optional<crypto::CurvePoint> point;
  std::size_t p = 0;
  const std::vector<IssuingPath>& valid = compiled.paths.valid;
  while (p < valid.size() &&
         !validator_.CheckLeaf(valid[p].validated, leaf, context.at, &sink, nullptr, &point)) {
    sink = path::FaultSink(/*collect_all=*/false);
    ++p;
  }
  crypto::SignatureScheme scheme;
  if (p == valid.size() ||
      crypto::ParseSignatureAlgorithm(leaf.signature_algorithm(), AlgorithmPolicy{}, &scheme) !=
          RejectReason::kNone) {
    // No signature will be asked for, or none that could be good.
    LeafSignature signature;
    verdict = DecideOverPaths(context, leaf, identity, compiled.paths, &signature);
    slice.counters->leaf_signatures += signature.checked();
    return;
  }
  const bool plain = compiled.plain && compiled.plain->path == &valid[p] &&
                     !identity.registration_id.empty() && identity.individual == nullptr &&
                     !IsDeniedBySerial(leaf, compiled.paths.denied_serials);
  if (plain) {
    verdict = compiled.plain->verdict;
    verdict.decision = Decision::kReject;
    verdict.reason = RejectReason::kNotEvaluated;
    verdict.registration_id = identity.registration_id;
  }
  Workspace& workspace = *slice.workspace;
  // Where AddPoint throws, the signature stays behind without a chain that waits for it.
  const std::size_t signature = workspace.signatures.Add({.key = &compiled.issuer_keys[p],
                                                          .scheme = scheme,
                                                          .algorithm = leaf.signature_algorithm(),
                                                          .message = leaf.tbs(),
                                                          .signature = leaf.signature()});
  if (point) workspace.signatures.AddPoint(*point);
  workspace.waiting.push_back({i, signature, &compiled, &valid[p], plain});
}

void SnapshotAuthenticator::CloseChain(const Slice& slice, std::size_t waiting_index) const {
  const registry::CompiledSnapshot& snapshot = slice.context.snapshot;
  const WaitingChain& waiting = slice.workspace->waiting[waiting_index];
  const RejectReason answer = slice.workspace->signatures.AnswerOf(waiting.signature);
  Verdict& verdict = slice.verdicts[waiting.chain];
  if (waiting.plain && answer == RejectReason::kNone &&
      slice.workspace->signatures.PointIsGood(waiting.signature) &&
      !(snapshot.DeniesFingerprints() &&
        snapshot.IsDenied(slice.workspace->fingerprints[waiting.chain]))) {
    verdict.decision = Decision::kAccept;
    verdict.reason = RejectReason::kNone;
    return;
  }
  // Seldom: the whole decision, with the signature known.
  const DecisionContext& context = slice.context;
  const auto leaf = CertificateView::Parse(slice.chains[waiting.chain].leaf());
  MUSTER_CHECK(leaf.has_value());
  LeafSignature signature(*waiting.path, answer);
  verdict = DecideOverPaths(context, *leaf, LeafIdentity::Of(*leaf, context.snapshot),
                            waiting.compiled->paths, &signature);
  slice.counters->leaf_signatures += signature.checked();
}

tl::expected<const CompiledPaths*, PresentedFailure> SnapshotAuthenticator::PathsOf(
    const Slice& slice, const CertificateView& leaf, const PresentedChain& chain) const {
  const DecisionContext& context = slice.context;
  const PathKey key(leaf, chain);
  if (const CompiledPaths* found = slice.workspace->recent.Find(key, context.at)) return found;
  const auto presented = PresentedCas::Parse(chain.untrusted(), context.snapshot);
  if (!presented) return tl::unexpected<PresentedFailure>(presented.error());
  const auto issuer = x509::CanonicalName(leaf.issuer());
  if (!issuer) {
    return tl::unexpected(
        PresentedFailure{{RejectReason::kMalformedName, 0, "the issuer name is malformed"}, 0});
  }
  crypto::SignatureBatch* const links = &slice.workspace->links;
  IssuingPaths paths = CompileIssuingPaths(
      *issuer, leaf.authority_key_id(), *presented, context.snapshot, validator_, options_,
      context.at, [this, links](const graph::CaNode& ca, ByteView algorithm, ByteView message,
                                ByteView signature) {
        return CheckLink(links, ca, algorithm, message, signature);
      });
  ++slice.counters->ca_paths_compiled;
  slice.counters->ca_signatures += paths.ca_signatures;
  return slice.workspace->recent.Insert(key, Compile(context, key, std::move(paths), keys_));
}

// Where issuers are many, the few keys above them are asked as often.
RejectReason SnapshotAuthenticator::CheckLink(crypto::SignatureBatch* links,
                                              const graph::CaNode& issuer, ByteView algorithm,
                                              ByteView message, ByteView signature) const {
  crypto::SignatureScheme scheme;
  const RejectReason reason =
      crypto::ParseSignatureAlgorithm(algorithm, AlgorithmPolicy{}, &scheme);
  if (reason != RejectReason::kNone) return reason;
  const auto key = keys_->Intern(issuer.view().spki(), *issuer.key);
  links->Reset(1);
  links->Add({&key, scheme, algorithm, message, signature});
  links->Verify();
  const RejectReason answer = links->AnswerOf(0);
  links->Reset(0);  // Lets go of the key.
  return answer;
}

std::unique_ptr<SnapshotAuthenticator::Workspace> SnapshotAuthenticator::TakeWorkspace() const {
  {
    const std::lock_guard lock(mutex_);
    if (!workspaces_.empty()) {
      std::unique_ptr<Workspace> workspace = std::move(workspaces_.back());
      workspaces_.pop_back();
      return workspace;
    }
  }
  return std::make_unique<Workspace>(&cache_, keys_);
}

// The verdicts are decided: where the workspace cannot be kept, it is given up.
void SnapshotAuthenticator::ReturnWorkspace(std::unique_ptr<Workspace> workspace) const noexcept {
  try {
    const std::lock_guard lock(mutex_);
    workspaces_.push_back(std::move(workspace));
  } catch (const std::bad_alloc&) {
  }
}

}  // namespace muster::enrollment
