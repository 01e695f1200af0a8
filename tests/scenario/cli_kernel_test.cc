// What checks signatures, as a user sees and chooses it: kernels, --kernel, MUSTER_KERNEL,
// --cross-check, --cache-size.
#include <set>

#include "muster/kernel.h"
#include "tests/scenario/cli_fixture.h"

namespace muster::test {
namespace {

using nlohmann::json;

class KernelOptions : public CommandTest {
 protected:
  static std::set<std::string> Supported() {
    std::set<std::string> names;
    for (const Kernel kernel : SupportedKernels()) names.emplace(NameOf(kernel));
    return names;
  }
};

TEST_F(KernelOptions, TheListSaysWhatThisMachineUses) {
  const json list = Json({"kernels"});
  EXPECT_EQ(list.at("schema"), "muster-kernel-list/1");
  std::set<std::string> here;
  int in_use = 0;
  for (const json& item : list.at("kernels")) {
    EXPECT_EQ(item.at("schema"), "muster-kernel/1");
    if (item.at("state") != "not here") here.insert(item.at("kernel"));
    in_use += item.at("state") == "in use";
    EXPECT_EQ(item.at("tasks").empty(), item.at("state") == "not here");
  }
  EXPECT_EQ(here, Supported());
  EXPECT_EQ(in_use, 1);
  EXPECT_EQ(list.at("kernels").size(), AllKernels().size());
  environment_.push_back("MUSTER_KERNEL=portable");
  const json forced = Json({"kernels"});
  for (const json& item : forced.at("kernels")) {
    EXPECT_EQ(item.at("state") == "in use", item.at("kernel") == "portable");
  }
}

TEST_F(KernelOptions, UnknownNamesAreRefused) {
  UsualRegistry();
  Fails(2, "portable", {"authenticate", "--at", at_, "--kernel", "fast", chain_pem_});
  environment_.push_back("MUSTER_KERNEL=fast");
  for (const Arguments& verb : {Arguments{"kernels"}, Arguments{"authenticate", chain_pem_},
                                Arguments{"explain", chain_pem_}, Arguments{"audit", chain_pem_}}) {
    Fails(2, "MUSTER_KERNEL names 'fast', which is not a kernel; choose one of", verb);
  }
  // What decides nothing does not mind.
  Ok({"ca", "list"});
  // --kernel outweighs the environment.
  Ok({"authenticate", "--at", at_, "--kernel", "portable", chain_pem_});
}

TEST_F(KernelOptions, KernelsThatAreNotHereAreRefused) {
  UsualRegistry();
  for (const Kernel kernel : AllKernels()) {
    const std::string name(NameOf(kernel));
    const Arguments verb = {"authenticate", "--at", at_, "--kernel", name, chain_pem_};
    if (Supported().contains(name)) {
      Ok(verb);
    } else {
      Fails(2, "'" + name + "' does not run on this machine; 'muster kernels' lists", verb);
    }
  }
}

TEST_F(KernelOptions, NoOutputDependsOnThem) {
  UsualRegistry();
  const std::string expected =
      Run({"audit", "--at", at_, "--format", "json", "--kernel", "reference", chain_pem_}).out;
  EXPECT_NE(expected.find("\"accept\""), std::string::npos) << expected;
  for (const std::string& name : Supported()) {
    for (const char* cache : {"1", "64"}) {
      const CommandResult result =
          Run({"audit", "--at", at_, "--format", "json", "--kernel", name, "--cache-size", cache,
               "--cross-check", "100", chain_pem_});
      EXPECT_EQ(result.status, 0) << result.err;
      EXPECT_EQ(result.out, expected) << name;
    }
  }
}

TEST_F(KernelOptions, ValuesOutOfRangeAreRefused) {
  UsualRegistry();
  Fails(2, "--cross-check", {"audit", "--cross-check", "101", chain_pem_});
  Fails(2, "--cross-check", {"audit", "--cross-check", "-1", chain_pem_});
  Fails(2, "--cache-size", {"audit", "--cache-size", "0", chain_pem_});
}

}  // namespace
}  // namespace muster::test
