// The edge of the registry: transactions around rules, and failures turned into results.
#ifndef MUSTER_ENGINE_REGISTRY_REGISTRY_IMPL_H_
#define MUSTER_ENGINE_REGISTRY_REGISTRY_IMPL_H_

#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "engine/registry/change.h"
#include "engine/registry/store/registry_store.h"
#include "muster/registry.h"

namespace muster {
namespace registry {

template <typename T>
struct IsResult : std::false_type {};
template <typename T>
struct IsResult<Result<T>> : std::true_type {};

// Runs `work`; what it returns or throws becomes a Result.
template <typename Work>
auto AtEdge(const Work& work) noexcept {
  using Returned = std::invoke_result_t<const Work&>;
  using Outcome = std::conditional_t<IsResult<Returned>::value, Returned, Result<Returned>>;
  try {
    if constexpr (std::is_void_v<Returned>) {
      work();
      return Outcome();
    } else {
      return Outcome(work());
    }
  } catch (const RegistryFailure& failure) {
    return Outcome(tl::unexpected(failure.error()));
  } catch (const std::exception& e) {
    return Outcome(
        MakeError(ErrorCode::kInternal, std::string("the registry failed: ") + e.what() +
                                            "; nothing was changed: report this as a defect"));
  } catch (...) {  // A clock or a generator that was given to us may throw anything.
    return Outcome(MakeError(ErrorCode::kInternal,
                             "the registry failed for an unknown reason; nothing was changed"));
  }
}

}  // namespace registry

class Registry::Impl {
 public:
  Impl(std::unique_ptr<RegistryStore> store, RegistryEnvironment environment)
      : store_(std::move(store)), environment_(std::move(environment)) {}

  RegistryStore& store() { return *store_; }
  const RegistryEnvironment& environment() const { return environment_; }

  // work(transaction)
  template <typename Work>
  auto Read(const Work& work) {
    return registry::AtEdge([&] {
      const auto transaction = store_->BeginRead();
      return work(*transaction);
    });
  }

  // work(transaction), with a check that the service exists.
  template <typename Work>
  auto Read(std::string_view service, const Work& work) {
    return Read([&](registry::StoreTransaction& transaction) {
      registry::RequireService(transaction, service);
      return work(transaction);
    });
  }

  // work(change). What it returns is committed; what it throws is rolled back.
  template <typename Work>
  auto Write(std::string_view service, const Work& work) {
    return registry::AtEdge([&] {
      const auto transaction = store_->BeginWrite();
      registry::Change change(transaction.get(), &environment_,
                              registry::RequireService(*transaction, service));
      if constexpr (std::is_void_v<std::invoke_result_t<const Work&, registry::Change&>>) {
        work(change);
        Finish(change);
      } else {
        auto outcome = work(change);
        Finish(change);
        return outcome;
      }
    });
  }

  static void Finish(registry::Change& change) {
    change.Finish();
    if (change.has_records()) change.tx().Commit();
  }

 private:
  std::unique_ptr<RegistryStore> store_;
  RegistryEnvironment environment_;
};

}  // namespace muster

#endif  // MUSTER_ENGINE_REGISTRY_REGISTRY_IMPL_H_
