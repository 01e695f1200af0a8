// IssuerKeyPool: tables of the issuer keys whose leaves are being checked, within a memory budget.
//
// A table makes checking a signature many times cheaper, but costs time to build and memory to
// keep. So a key gets one when the leaves that came under it pay for it, a wider one when more have
// come, and loses it when others need the room and it was not used for a while. Where there is no
// room, the leaves in hand may still pay for a narrow one that nobody keeps. Whether there is a
// table never changes an answer: without one, signatures are checked by VerifySignature.
// Thread-safe, and so are keys: tables are built once and shared by all threads.
#ifndef MUSTER_ENGINE_CRYPTO_ISSUER_KEY_H_
#define MUSTER_ENGINE_CRYPTO_ISSUER_KEY_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "engine/crypto/prepared_key.h"
#include "engine/crypto/public_key.h"
#include "engine/crypto/rsa_batch.h"
#include "muster/bytes.h"
#include "muster/kernel.h"

namespace muster::crypto {

using PreparedIssuer = std::variant<PreparedKey, PreparedRsaKey>;

// An issuer's key. What it is prepared with belongs to the pool that made it.
class IssuerKey {
 public:
  // For VerifySignature.
  const PublicKey& reference() const { return reference_; }

 private:
  friend class IssuerKeyPool;
  IssuerKey(Bytes spki, PublicKey reference)
      : spki_(std::move(spki)), reference_(std::move(reference)) {}

  const Bytes spki_;
  const PublicKey reference_;
  std::atomic<bool> used_{false};  // Since the table was made or the hand last passed.
  std::mutex build_mutex_;         // Held while a table to be kept is built.
  std::mutex state_mutex_;         // Guards what follows; held for moments only.
  std::uint64_t leaves_ = 0;       // Seen since the key last had no table.
  std::size_t octets_ = 0;         // Of `prepared_`, as counted by the pool.
  std::shared_ptr<const PreparedIssuer> prepared_;
};

class IssuerKeyPool {
 public:
  // `octets_max` bounds the tables together. One that was dropped while a batch still used it
  // stays until that batch is done.
  IssuerKeyPool(Kernel kernel, std::size_t octets_max)
      : kernel_(kernel), octets_max_(octets_max) {}

  Kernel kernel() const { return kernel_; }

  // The key of an SPKI, which `reference` was loaded from: one object however often it is asked
  // for, as long as somebody holds it.
  std::shared_ptr<IssuerKey> Intern(ByteView spki, const PublicKey& reference);

  // Signatures that are about to be checked under one key.
  struct Need {
    const std::shared_ptr<IssuerKey>* key = nullptr;
    std::uint64_t leaves = 0;
    // Out: what to check them with; null where no table pays yet or the kernel has none for such
    // keys.
    std::shared_ptr<const PreparedIssuer> prepared = nullptr;
  };
  // Tells what is needed, and gets it; tables of many keys are built together. No key may be named
  // twice. Throws std::bad_alloc.
  void Prepare(std::span<Need> needs);

  std::size_t octets() const;

 private:
  struct Build;
  class Room;
  // Looks at what a key has; true where that is not enough, and then `build` says what to do.
  bool WantsMore(Need* need, Build* build);
  // Makes room, by dropping what was not used for longest; none where `octets` is too much.
  Room Reserve(std::size_t octets, const std::shared_ptr<IssuerKey>& key);
  // Drops the table under the hand.
  void DropNext();
  void ChooseWindow(Build* build);
  void BuildTables(std::span<Build> builds);
  void BuildRsa(Build* build);
  void Keep(Build* build, std::shared_ptr<const PreparedIssuer> prepared);

  const Kernel kernel_;
  const std::size_t octets_max_;
  mutable std::mutex mutex_;  // Guards what follows; taken before a key's state_mutex_.
  std::size_t octets_ = 0;
  // Keys with a table, as a clock: the hand goes round looking for one that was not used, and new
  // ones come in behind it, where it arrives last.
  std::list<std::shared_ptr<IssuerKey>> holders_;
  std::list<std::shared_ptr<IssuerKey>>::iterator hand_ = holders_.end();
  std::unordered_map<std::string, std::weak_ptr<IssuerKey>> keys_;  // By SPKI.
  std::size_t prune_at_ = 1'024;  // Keys that nobody holds are forgotten at this size.
};

}  // namespace muster::crypto

#endif  // MUSTER_ENGINE_CRYPTO_ISSUER_KEY_H_
