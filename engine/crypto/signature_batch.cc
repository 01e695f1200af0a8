#include "engine/crypto/signature_batch.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "engine/base/check.h"

namespace muster::crypto {

void SignatureBatch::Reset(std::size_t size_max) {
  entries_.clear();
  entries_.reserve(size_max);
  if (digests_.size() < size_max) digests_.resize(size_max);
  hashed_ = 0;
  fingerprint_jobs_.clear();
  points_.Clear();
  needs_.clear();
}

// Whether a kernel may check it. Others are hashed by whoever checks them.
bool SignatureBatch::UsesDigest(const Entry& entry) const {
  if (pool_.kernel() == Kernel::kReference) return false;
  const KeyAlgorithm algorithm = (*entry.what.key)->reference().algorithm();
  switch (entry.what.scheme.kind) {
    case SignatureKind::kEcdsa:
      return PreparedKey::IsSupported(algorithm);
    case SignatureKind::kRsaPkcs1:
      return algorithm == KeyAlgorithm::kRsa;
    default:
      return false;
  }
}

ByteView SignatureBatch::DigestOf(std::uint32_t i) const {
  return ByteView(digests_[i]).first(DigestSize(entries_[i].what.scheme.hash));
}

void SignatureBatch::HashNew() {
  for (auto& jobs : hash_jobs_) jobs.clear();
  for (std::size_t i = hashed_; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    if (!UsesDigest(entry)) continue;
    hash_jobs_[static_cast<std::size_t>(entry.what.scheme.hash)].push_back(
        {entry.what.message, digests_[i].data()});
  }
  for (std::size_t kind = 0; kind < hash_jobs_.size(); ++kind) {
    if (hash_jobs_[kind].empty()) continue;
    HashBatch(static_cast<HashKind>(kind), hash_jobs_[kind], pool_.kernel(), hash_scratch_);
  }
  hashed_ = entries_.size();
  HashBatch(HashKind::kSha256, fingerprint_jobs_, pool_.kernel(), hash_scratch_);
  fingerprint_jobs_.clear();
}

std::uint32_t SignatureBatch::GroupOf(std::shared_ptr<IssuerKey> const* key) {
  const std::size_t mask = slots_.size() - 1;
  const auto address = reinterpret_cast<std::uintptr_t>(key->get());
  std::size_t slot = ((address >> 4) * 0x9e3779b97f4a7c15u >> 20) & mask;
  for (; slots_[slot] != 0; slot = (slot + 1) & mask) {
    if (groups_[slots_[slot] - 1].key->get() == key->get()) return slots_[slot] - 1;
  }
  groups_.push_back({key, 0, 0});
  slots_[slot] = static_cast<std::uint32_t>(groups_.size());
  return slots_[slot] - 1;
}

// Signatures under one key lie side by side afterwards, in the order they were added.
void SignatureBatch::GroupByKey() {
  groups_.clear();
  slots_.assign(std::bit_ceil(2 * entries_.size()), 0);
  order_.resize(entries_.size());
  for (Entry& entry : entries_) {
    entry.group = GroupOf(entry.what.key);
    ++groups_[entry.group].end;
  }
  std::uint32_t begin = 0;
  for (Group& group : groups_) {
    group.begin = begin;
    begin += std::exchange(group.end, begin);
  }
  for (std::uint32_t i = 0; i < entries_.size(); ++i) order_[groups_[entries_[i].group].end++] = i;
}

// Puts the signatures of one key on the list of who is to check them.
void SignatureBatch::Enlist(const Group& group, const PreparedIssuer* prepared) {
  const PreparedKey* ecdsa = prepared ? std::get_if<PreparedKey>(prepared) : nullptr;
  const PreparedRsaKey* rsa = prepared ? std::get_if<PreparedRsaKey>(prepared) : nullptr;
  for (std::uint32_t at = group.begin; at < group.end; ++at) {
    const std::uint32_t i = order_[at];
    const Entry& entry = entries_[i];
    if (prepared == nullptr || !UsesDigest(entry)) {
      reference_entries_.push_back(i);
    } else if (ecdsa != nullptr) {
      ecdsa_jobs_.push_back({ecdsa, DigestOf(i), entry.what.signature});
      ecdsa_entries_.push_back(i);
    } else {
      rsa_jobs_.push_back({rsa, DigestOf(i), entry.what.scheme.hash, entry.what.signature});
      rsa_entries_.push_back(i);
    }
  }
}

void SignatureBatch::Verify() {
  HashNew();
  if (entries_.empty()) return;
  points_.Check(pool_.kernel());
  GroupByKey();
  ecdsa_jobs_.clear();
  rsa_jobs_.clear();
  ecdsa_entries_.clear();
  rsa_entries_.clear();
  reference_entries_.clear();
  for (const Group& group : groups_) needs_.push_back({group.key, group.end - group.begin});
  pool_.Prepare(needs_);
  for (std::size_t g = 0; g < groups_.size(); ++g) Enlist(groups_[g], needs_[g].prepared.get());
  VerifyBatch(ecdsa_jobs_, &verify_scratch_);
  // Not called for nothing: its self-test is the longest.
  if (!rsa_jobs_.empty()) VerifyRsaBatch(rsa_jobs_, pool_.kernel(), rsa_scratch_);

  const auto collect = [this](const auto& jobs, const std::vector<std::uint32_t>& entries) {
    for (std::size_t n = 0; n < jobs.size(); ++n) {
      entries_[entries[n]].answer =
          jobs[n].good ? RejectReason::kNone : RejectReason::kBadSignature;
      if (jobs[n].needs_reference) reference_entries_.push_back(entries[n]);
    }
  };
  collect(ecdsa_jobs_, ecdsa_entries_);
  collect(rsa_jobs_, rsa_entries_);
  for (const std::uint32_t i : reference_entries_) {
    const SignatureToCheck& what = entries_[i].what;
    entries_[i].answer = VerifySignature((*what.key)->reference(), what.algorithm, what.message,
                                         what.signature, AlgorithmPolicy{});
  }
  needs_.clear();
}

}  // namespace muster::crypto
