// kernels: what checks signatures on this machine.
#include <fmt/format.h>

#include <algorithm>

#include "muster/kernel.h"
#include "tools/muster/commands.h"

namespace muster::cli {
namespace {

std::string_view StateOf(Kernel kernel, Kernel active, const std::vector<Kernel>& supported) {
  if (kernel == active) return "in use";
  const bool runs = std::find(supported.begin(), supported.end(), kernel) != supported.end();
  return runs ? "available" : "not here";
}

Result<int> Kernels(CliContext& context) {
  const Result<Kernel> active = ActiveKernel();
  if (!active) return tl::unexpected<Error>(active.error());
  const std::vector<Kernel> supported = SupportedKernels();
  std::vector<Json> items;
  Table table({"KERNEL", "STATE", "TASK", "HOW"});
  for (const Kernel kernel : AllKernels()) {
    const std::string_view state = StateOf(kernel, *active, supported);
    Json tasks = Json::array();
    std::string name(NameOf(kernel)), shown_state(state);
    for (const KernelTask& task : TasksOf(kernel)) {
      tasks.push_back({{"task", task.task}, {"engine", task.engine}});
      table.AddRow({{name}, {shown_state}, {std::string(task.task)}, {std::string(task.engine)}});
      name.clear();
      shown_state.clear();
    }
    if (tasks.empty()) {
      table.AddRow(
          {{name}, {shown_state}, {"-"}, {"this processor or this build does not have it"}});
    }
    items.push_back({{"kernel", NameOf(kernel)}, {"state", state}, {"tasks", std::move(tasks)}});
  }
  context.EmitList("kernel", "kernels", std::move(items),
                   [&](std::ostream& out) { table.Print(out, context.out_style()); });
  return kExitAccepted;
}

}  // namespace

void AddKernelsCommand(CLI::App& app, CliContext& context) {
  AddVerb(app, context, "kernels", "Show what checks signatures on this machine",
          [&context] { return Kernels(context); });
}

}  // namespace muster::cli
