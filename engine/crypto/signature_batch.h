// SignatureBatch: signatures under many issuer keys, checked together by what suits each.
//
// Every answer is that of VerifySignature: RSA and ECDSA signatures of keys with a table go to the
// kernels, everything else, and what a kernel cannot judge, to VerifySignature itself.
// Not thread-safe: one for each thread. Memory grows to what the largest batch needs and is kept.
#ifndef MUSTER_ENGINE_CRYPTO_SIGNATURE_BATCH_H_
#define MUSTER_ENGINE_CRYPTO_SIGNATURE_BATCH_H_

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/crypto/batch_verify.h"
#include "engine/crypto/hash_batch.h"
#include "engine/crypto/issuer_key.h"
#include "engine/crypto/point_batch.h"
#include "engine/crypto/rsa_batch.h"
#include "engine/crypto/signature_algorithm.h"
#include "muster/bytes.h"
#include "muster/fingerprint.h"

namespace muster::crypto {

// A signature to check. The octets are borrowed until Verify is done.
struct SignatureToCheck {
  std::shared_ptr<IssuerKey> const* key = nullptr;  // Borrowed as well.
  SignatureScheme scheme;  // What ParseSignatureAlgorithm made of `algorithm`.
  ByteView algorithm;
  ByteView message;
  ByteView signature;
};

class SignatureBatch {
 public:
  // `pool` must outlive the batch; it is where keys come from.
  explicit SignatureBatch(IssuerKeyPool* pool) : pool_(*pool) {}

  // Forgets everything and makes room for `size_max` signatures. Throws std::bad_alloc.
  void Reset(std::size_t size_max);
  std::size_t size() const { return entries_.size(); }

  // `size_max` of Reset at most. Returns what to ask for afterwards.
  std::size_t Add(const SignatureToCheck& signature) {
    entries_.push_back({signature});
    return entries_.size() - 1;
  }
  // A point whose place on its curve is asked for together with signature `size() - 1`.
  void AddPoint(const CurvePoint& point) { entries_.back().point = points_.Add(point) + 1; }
  // The fingerprint of a certificate, to be written when messages are hashed.
  void AddFingerprint(ByteView der, Fingerprint* out) {
    fingerprint_jobs_.push_back({der, out->bytes.data()});
  }
  // Hashes what was added since the last call: best while it is in a near cache.
  void HashNew();
  // Answers for all that were added. Throws std::bad_alloc; then no answer counts.
  void Verify();
  // What VerifySignature says of signature `i`, in the order of Add.
  RejectReason AnswerOf(std::size_t i) const { return entries_[i].answer; }
  // Whether the point that was added with signature `i` is on its curve; true where none was.
  bool PointIsGood(std::size_t i) const {
    return entries_[i].point == 0 || points_.IsOn(entries_[i].point - 1);
  }

 private:
  using Digest = std::array<std::uint8_t, kDigestSizeMax>;
  struct Entry {
    SignatureToCheck what;
    std::uint32_t group = 0;  // Of signatures with the same key.
    std::size_t point = 0;    // Its index in points_ + 1; 0 = none.
    RejectReason answer = RejectReason::kNotEvaluated;
  };
  struct Group {
    std::shared_ptr<IssuerKey> const* key;
    std::uint32_t begin, end;  // In order_.
  };

  bool UsesDigest(const Entry& entry) const;
  void GroupByKey();
  std::uint32_t GroupOf(std::shared_ptr<IssuerKey> const* key);
  void Enlist(const Group& group, const PreparedIssuer* prepared);
  ByteView DigestOf(std::uint32_t i) const;

  IssuerKeyPool& pool_;
  std::vector<Entry> entries_;
  std::vector<Digest> digests_;  // Of entries_[i], where UsesDigest.
  std::size_t hashed_ = 0;       // Entries whose messages were looked at by HashNew.

  std::vector<Group> groups_;
  std::vector<std::uint32_t> slots_;  // Open addressing by key: groups_ index + 1; 0 = empty.
  std::vector<std::uint32_t> order_;  // Entries by group.
  std::vector<IssuerKeyPool::Need> needs_;  // Of groups_; holds what this batch uses.

  std::array<std::vector<HashJob>, 4> hash_jobs_;  // By HashKind.
  std::vector<HashJob> fingerprint_jobs_;
  std::vector<SignatureJob> ecdsa_jobs_;
  std::vector<RsaJob> rsa_jobs_;
  std::vector<std::uint32_t> ecdsa_entries_, rsa_entries_, reference_entries_;
  HashScratch hash_scratch_;
  PointBatch points_;
  VerifyScratch verify_scratch_;
  RsaScratch rsa_scratch_;
};

}  // namespace muster::crypto

#endif  // MUSTER_ENGINE_CRYPTO_SIGNATURE_BATCH_H_
