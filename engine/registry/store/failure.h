// RegistryFailure: how a store, or a rule above it, gives up. Thrown inside engine/registry only:
// it rolls the transaction back and becomes the Error of a Result at the edge of Registry.
#ifndef MUSTER_ENGINE_REGISTRY_STORE_FAILURE_H_
#define MUSTER_ENGINE_REGISTRY_STORE_FAILURE_H_

#include <exception>
#include <string>
#include <utility>

#include "muster/result.h"

namespace muster::registry {

class RegistryFailure : public std::exception {
 public:
  explicit RegistryFailure(Error error) : error_(std::move(error)) {}
  const Error& error() const { return error_; }
  const char* what() const noexcept override { return error_.message.c_str(); }

 private:
  Error error_;
};

[[noreturn]] inline void Fail(ErrorCode code, std::string message,
                              RejectReason reason = RejectReason::kNone) {
  throw RegistryFailure(Error{code, std::move(message), reason});
}

}  // namespace muster::registry

#endif  // MUSTER_ENGINE_REGISTRY_STORE_FAILURE_H_
