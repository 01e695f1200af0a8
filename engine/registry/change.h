// Change: one change to one provisioning service, inside a store transaction.
//
// A rule that refuses throws RegistryFailure, and the transaction is rolled back. What a rule
// returns is committed, a refused proof too.
#ifndef MUSTER_ENGINE_REGISTRY_CHANGE_H_
#define MUSTER_ENGINE_REGISTRY_CHANGE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/registry/store/registry_store.h"

namespace muster::registry {

class Change {
 public:
  // All must outlive the change. `now` is the time of every record it makes.
  Change(StoreTransaction* transaction, const RegistryEnvironment* environment, ServiceRow service)
      : tx_(*transaction),
        environment_(*environment),
        row_(std::move(service)),
        now_(environment->now()) {}

  StoreTransaction& tx() { return tx_; }
  const RegistryEnvironment& environment() const { return environment_; }
  const std::string& service() const { return row_.name; }
  UnixTime now() const { return now_; }
  // The generation that this change makes: what rows that it changes carry.
  std::uint64_t generation() const { return row_.generation + 1; }

  // Leaves an audit record of something that changed.
  void Record(std::string_view action, std::string_view subject, std::string detail);
  // Leaves an audit record of something that changed nothing.
  void Note(std::string_view action, std::string_view subject, std::string detail);

  // To be called once, before the commit: gives the service its new generation, if anything
  // changed.
  void Finish();
  // Whether there is anything to commit.
  bool has_records() const { return has_records_; }

 private:
  StoreTransaction& tx_;
  const RegistryEnvironment& environment_;
  ServiceRow row_;
  UnixTime now_;
  bool changed_ = false;
  bool has_records_ = false;
};

// The service, or kNotFound.
ServiceRow RequireService(StoreTransaction& tx, std::string_view name);

// What a new service starts from. Generations never exceed the number of audit records, so a
// service that is made anew never repeats an ETag of one that was deleted.
ServiceRow NewService(StoreTransaction& tx, std::string_view name);

std::string ETagOf(std::uint64_t changed);
// kStaleETag where `if_match` is given and is not the row's. Rows that do not exist have no ETag.
void CheckIfMatch(std::string_view what, std::string_view if_match,
                  std::optional<std::uint64_t> changed);

}  // namespace muster::registry

#endif  // MUSTER_ENGINE_REGISTRY_CHANGE_H_
