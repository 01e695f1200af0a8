// ScenarioSet: one small PKI and the scenarios that are made in it.
#ifndef MUSTER_TESTS_SCENARIO_SCENARIO_SET_H_
#define MUSTER_TESTS_SCENARIO_SCENARIO_SET_H_

#include <string>
#include <utility>
#include <vector>

#include "tests/scenario/scenario.h"

namespace muster::test {

// A verified root, an unverified factory below it whose group is "line-1", and their good device.
class ScenarioSet {
 public:
  explicit ScenarioSet(const std::string& seed)
      : w(seed),
        root(w.Root("Root")),
        factory(w.Intermediate("Factory", root)),
        device(w.Leaf("device-1", factory)) {}

  World w;
  Entity root, factory, device;

  RegistryBuilder Registry() const { return RegistryBuilder("demo"); }
  // The root verified, the factory registered, its group enabled.
  RegistryBuilder Usual() const {
    return Registry().Verified(root).Unverified(factory).Group("line-1", factory);
  }

  // Adds a scenario at w.at() with default options; the caller changes what differs.
  Scenario& Add(std::string name, std::string about, const std::vector<Entity>& chain,
                const RegistryBuilder& registry, Expected expected) {
    Scenario& scenario = all_.emplace_back();
    scenario.name = std::move(name);
    scenario.about = std::move(about);
    for (const Entity& entity : chain) scenario.chain.push_back(entity.bytes());
    scenario.registry = registry.Build();
    scenario.at = w.at();
    scenario.expected = std::move(expected);
    return scenario;
  }

  // `name` in the usual registry: refused for `reason`, certificate `index`.
  Scenario& Refuse(std::string name, std::string about, RejectReason reason, int index,
                   const std::vector<Entity>& chain) {
    Expected expected;
    expected.reason = reason;
    expected.chain_index = index;
    return Add(std::move(name), std::move(about), chain, Usual(), std::move(expected));
  }

  std::vector<Scenario> Take() { return std::move(all_); }

 private:
  std::vector<Scenario> all_;
};

}  // namespace muster::test

#endif  // MUSTER_TESTS_SCENARIO_SCENARIO_SET_H_
