#include "engine/crypto/batch_verify.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "engine/base/check.h"
#include "engine/crypto/big_endian.h"
#include "engine/crypto/kernel.h"
#include "engine/crypto/kernels/curves.h"
#include "engine/der/der_reader.h"

namespace muster::crypto {
namespace {

using kernels::CurveKernel;
using kernels::Item;
using kernels::Outcome;
using kernels::Words;

template <int kWords>
constexpr const Words<kWords>& OrderOf() {
  if constexpr (kWords == 4) {
    return kernels::P256::kN;
  } else {
    return kernels::P384::kN;
  }
}

// A positive INTEGER in DER below the order (FIPS 186-5 6.4.2 step 1).
template <int kWords>
bool ReadScalar(der::DerReader* reader, std::uint64_t* out) {
  constexpr std::size_t kSize = 8 * kWords;
  ByteView content;
  if (!reader->Read(der::kInteger, &content) || !der::IsMinimalInteger(content)) return false;
  if ((content[0] & 0x80) != 0) return false;  // Negative.
  if (content[0] == 0) content = content.subspan(1);
  if (content.size() > kSize) return false;
  std::uint8_t octets[kSize] = {};
  std::copy(content.begin(), content.end(), octets + (kSize - content.size()));
  LoadBigEndian<kWords>(octets, out);
  Words<kWords> value;
  std::copy(out, out + kWords, value.w);
  return !IsZero(value) && IsLess(value, OrderOf<kWords>());
}

// Ecdsa-Sig-Value (RFC 3279 2.2.3), by the rules of VerifySignature.
template <int kWords>
bool ReadSignature(ByteView signature, Item<kWords>* item) {
  der::DerReader reader(signature);
  der::DerReader inside;
  return reader.Enter(der::kSequence, &inside) && reader.AtEnd() &&
         ReadScalar<kWords>(&inside, item->rs.x) && ReadScalar<kWords>(&inside, item->rs.y) &&
         inside.AtEnd();
}

// The leftmost bits of the digest, as many as the order has (FIPS 186-5 6.4.2 step 3). Both orders
// are whole octets long; a shorter digest is a smaller number.
template <int kWords>
void ReadDigest(ByteView digest, std::uint64_t* out) {
  constexpr std::size_t kSize = 8 * kWords;
  const ByteView kept = digest.first(std::min(digest.size(), kSize));
  std::uint8_t octets[kSize] = {};
  std::copy(kept.begin(), kept.end(), octets + (kSize - kept.size()));
  LoadBigEndian<kWords>(octets, out);
}

// Signatures of one curve and kernel that wait for their batch.
template <int kWords>
class Pending {
 public:
  // Forgets what an exception may have left.
  void Clear() { count_ = 0; }

  void Add(std::span<SignatureJob> jobs, std::size_t job) {
    const PreparedKey& key = *jobs[job].key;
    if (key.kernel() != kernel_) Flush(jobs);
    if (count_ == 0) Use(key.kernel());
    if (items_.size() == count_) items_.emplace_back();
    Item<kWords>& item = items_[count_];
    if (!ReadSignature(jobs[job].signature, &item)) return;  // Malformed: not good.
    ReadDigest<kWords>(jobs[job].digest, item.hash.x);
    item.key = key.TableFor<kWords>();
    item.job = job;
    ++count_;
  }

  // Checks what waits, in calls of equal size.
  void Flush(std::span<SignatureJob> jobs) {
    if (count_ == 0) return;
    const CurveKernel<kWords>& curve = CurveOf<kWords>(*OperationsOf(kernel_));
    const kernels::Table<kWords>& generator = GeneratorTable<kWords>(kernel_);
    const std::size_t calls = (count_ + curve.items_max - 1) / curve.items_max;
    for (std::size_t call = 0; call < calls; ++call) {
      const std::size_t begin = count_ * call / calls, end = count_ * (call + 1) / calls;
      curve.verify(generator, &items_[begin], end - begin, workspace_.get());
    }
    for (std::size_t i = 0; i < count_; ++i) {
      SignatureJob& job = jobs[items_[i].job];
      job.good = items_[i].outcome == Outcome::kGood;
      job.needs_reference = items_[i].outcome == Outcome::kExceptional;
    }
    count_ = 0;
  }

 private:
  void Use(Kernel kernel) {
    kernel_ = kernel;
    const std::size_t octets = CurveOf<kWords>(*OperationsOf(kernel)).workspace_octets;
    if (octets > workspace_octets_) {
      workspace_ = AllocateAligned(octets);
      workspace_octets_ = octets;
    }
  }

  Kernel kernel_ = Kernel::kReference;
  std::size_t count_ = 0;
  std::vector<Item<kWords>> items_;  // The first count_ are in use.
  AlignedOctets workspace_;
  std::size_t workspace_octets_ = 0;
};

// The most jobs that are prepared before they are checked: what the largest kernel takes at once.
constexpr std::size_t kSliceJobs = 2048;

}  // namespace

struct VerifyScratch::Rep {
  Pending<4> p256;
  Pending<6> p384;
};

VerifyScratch::VerifyScratch() : rep_(std::make_unique<Rep>()) {}
VerifyScratch::~VerifyScratch() = default;
VerifyScratch::VerifyScratch(VerifyScratch&&) noexcept = default;
VerifyScratch& VerifyScratch::operator=(VerifyScratch&&) noexcept = default;

void VerifyBatch(std::span<SignatureJob> jobs, VerifyScratch* scratch) {
  VerifyScratch::Rep& rep = *scratch->rep_;
  rep.p256.Clear();
  rep.p384.Clear();
  // Slices of equal size: the last one is not a remainder.
  const std::size_t slices = (jobs.size() + kSliceJobs - 1) / kSliceJobs;
  for (std::size_t n = 0; n < slices; ++n) {
    const std::size_t begin = jobs.size() * n / slices, end = jobs.size() * (n + 1) / slices;
    const auto slice = jobs.subspan(begin, end - begin);
    for (std::size_t i = 0; i < slice.size(); ++i) {
      SignatureJob& job = slice[i];
      job.good = false;
      job.needs_reference = job.key == nullptr || job.key->kernel() == Kernel::kReference;
      if (job.needs_reference) continue;
      if (job.key->algorithm() == KeyAlgorithm::kP256) {
        rep.p256.Add(slice, i);
      } else {
        rep.p384.Add(slice, i);
      }
    }
    rep.p256.Flush(slice);
    rep.p384.Flush(slice);
  }
}

}  // namespace muster::crypto
