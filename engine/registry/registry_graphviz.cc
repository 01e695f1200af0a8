#include <fmt/format.h>

#include <string>
#include <vector>

#include "engine/registry/snapshot.h"
#include "muster/registry.h"

namespace muster {
namespace {

// Text inside a quoted DOT string. Names are from certificates: nothing in them may end the string.
std::string Quoted(std::string_view text) {
  std::string quoted;
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
  }
  return quoted;
}

constexpr std::string_view kVerifiedColor = "#b7e1cd";
constexpr std::string_view kRolledUpColor = "#fff2cc";
constexpr std::string_view kUnverifiedColor = "#f4cccc";

}  // namespace

std::string RegistryGraphviz(const RegistrySnapshot& snapshot) {
  const auto& compiled = registry::CompiledSnapshot::Of(snapshot);
  const std::vector<registry::HeldCa>& cas = compiled.cas();
  const std::vector<bool> rolls_up =
      compiled.issuers().ReachersOf([&](std::size_t i) { return cas[i].verified; });

  return compiled.issuers().ToGraphviz([&](std::size_t i) {
    const registry::HeldCa& ca = cas[i];
    std::string label = Quoted(DisplayName(ca.node->view().subject()));
    for (const std::uint32_t name : ca.names) {
      label += "\\nCA " + Quoted(compiled.contents().cas[name].name);
    }
    const registry::Entry* entry = compiled.EntryOf(ca.node->fingerprint);
    if (entry != nullptr && entry->kind == EnrollmentKind::kGroup) {
      label += "\\ngroup " + Quoted(compiled.RefOf(*entry).id.view());
      if (!entry->enabled) label += " (disabled)";
    }
    label += "\\n" + ca.node->fingerprint.hex().substr(0, 16);
    const std::string_view color = ca.verified   ? kVerifiedColor
                                   : rolls_up[i] ? kRolledUpColor
                                                 : kUnverifiedColor;
    const std::string_view status = ca.verified   ? "verified"
                                    : rolls_up[i] ? "unverified, rolls up to verified"
                                                  : "unverified";
    return fmt::format(R"(label="{}", fillcolor="{}", tooltip="{}")", label, color, status);
  });
}

}  // namespace muster
