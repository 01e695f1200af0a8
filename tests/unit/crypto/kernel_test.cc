#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "engine/crypto/kernel.h"
#include "engine/crypto/kernels/choice.h"
#include "muster/kernel.h"

namespace muster::crypto {
namespace {

using kernels::BuildTask;
using kernels::CurveKernel;
using kernels::Item;
using kernels::KernelTable;
using kernels::Line;
using kernels::Outcome;
using kernels::Table;

TEST(Kernel, NamesAreStable) {
  EXPECT_EQ(NameOf(Kernel::kReference), "reference");
  EXPECT_EQ(NameOf(Kernel::kPortable), "portable");
  EXPECT_EQ(NameOf(Kernel::kBmi2), "bmi2");
  EXPECT_EQ(NameOf(Kernel::kAvx512Ifma), "avx512ifma");
}

TEST(Kernel, ReferenceAndPortableAreAlwaysSupported) {
  const std::vector<Kernel> supported = SupportedKernels();
  ASSERT_GE(supported.size(), 2U);
  EXPECT_EQ(supported[0], Kernel::kReference);
  EXPECT_EQ(supported[1], Kernel::kPortable);
  EXPECT_TRUE(std::is_sorted(supported.begin(), supported.end()));
}

TEST(Kernel, OperationsAreThoseOfSupportedKernels) {
  const std::vector<Kernel> supported = SupportedKernels();
  EXPECT_EQ(OperationsOf(Kernel::kReference), nullptr);
  for (const Kernel kernel : {Kernel::kPortable, Kernel::kBmi2, Kernel::kAvx512Ifma}) {
    const bool is_supported =
        std::find(supported.begin(), supported.end(), kernel) != supported.end();
    EXPECT_EQ(OperationsOf(kernel) != nullptr, is_supported) << NameOf(kernel);
    if (is_supported) {
      EXPECT_EQ(OperationsOf(kernel), kernels::RunnableKernel(kernel));
    }
  }
}

bool UpToPortable(Kernel kernel) { return kernel <= Kernel::kPortable; }
bool AllButAvx(Kernel kernel) { return kernel != Kernel::kAvx512Ifma; }

TEST(Kernel, TheBestIsChosenUnlessOneIsForced) {
  EXPECT_EQ(ChooseKernel(nullptr, AllButAvx), Kernel::kBmi2);
  EXPECT_EQ(ChooseKernel(nullptr, UpToPortable), Kernel::kPortable);
  EXPECT_EQ(ChooseKernel("portable", AllButAvx), Kernel::kPortable);
  EXPECT_EQ(ChooseKernel("reference", AllButAvx), Kernel::kReference);
}

TEST(Kernel, UnknownAndUnsupportedNamesAreErrorsThatListTheChoice) {
  for (const char* name : {"", "Portable", "portable ", "sse9"}) {
    const auto chosen = ChooseKernel(name, UpToPortable);
    ASSERT_FALSE(chosen.has_value()) << name;
    EXPECT_EQ(chosen.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(chosen.error().message.find("is not a kernel"), std::string::npos);
    EXPECT_NE(chosen.error().message.find("one of reference, portable, or"), std::string::npos);
  }
  const auto chosen = ChooseKernel("avx512ifma", UpToPortable);
  ASSERT_FALSE(chosen.has_value());
  EXPECT_EQ(chosen.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(chosen.error().message.find("does not support"), std::string::npos);
  EXPECT_NE(chosen.error().message.find("one of reference, portable, or"), std::string::npos);
}

// The variable is read once, so each value needs a fresh process.
int ExitCodeWith(const char* value) {
  ::setenv("MUSTER_KERNEL", value, 1);
  const auto active = ActiveKernel();
  const Kernel in_use = KernelInUse();
  ::setenv("MUSTER_KERNEL", "reference", 1);
  if (ActiveKernel().has_value() != active.has_value() || KernelInUse() != in_use) {
    return 99;  // It was read again.
  }
  if (!active) return in_use == Kernel::kReference ? 50 : 98;
  return *active == in_use ? static_cast<int>(*active) : 97;
}

TEST(KernelDeathTest, TheEnvironmentForcesOneByName) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(std::exit(ExitCodeWith("portable")), testing::ExitedWithCode(1), "");
  EXPECT_EXIT(std::exit(ExitCodeWith("reference")), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(std::exit(ExitCodeWith("no-such-kernel")), testing::ExitedWithCode(50), "");
  EXPECT_EXIT(std::exit(ExitCodeWith("")),
              testing::ExitedWithCode(static_cast<int>(SupportedKernels().back())), "");
}

TEST(KernelSelfTest, EveryRunnableKernelPasses) {
  for (const Kernel kernel : {Kernel::kPortable, Kernel::kBmi2, Kernel::kAvx512Ifma}) {
    if (const KernelTable* operations = kernels::RunnableKernel(kernel)) {
      EXPECT_TRUE(PassesSelfTest(*operations)) << NameOf(kernel);
    }
  }
}

// Kernels with a defect each.
template <int kWords, Outcome kAnswer>
void AlwaysAnswers(const Table<kWords>&, Item<kWords>* items, std::size_t count, void*) {
  for (std::size_t i = 0; i < count; ++i) items[i].outcome = kAnswer;
}
template <int kWords>
void ForgetsTheLast(const Table<kWords>& generator, Item<kWords>* items, std::size_t count,
                    void* workspace) {
  CurveOf<kWords>(kernels::PortableKernel()).verify(generator, items, count, workspace);
  items[count - 1].outcome = items[0].outcome;
}
template <int kWords>
void SpoilsALine(const BuildTask<kWords>* tasks, std::size_t count, int window, int windows,
                 void* workspace) {
  CurveOf<kWords>(kernels::PortableKernel()).build(tasks, count, window, windows, workspace);
  for (int i = 0; i < windows << (window - 1); ++i) tasks[count - 1].lines[i].y[0] ^= 1;
}

TEST(KernelSelfTest, DefectsAreFound) {
  const KernelTable good = kernels::PortableKernel();
  ASSERT_TRUE(PassesSelfTest(good));
  KernelTable bad = good;
  bad.p256.verify = AlwaysAnswers<4, Outcome::kGood>;
  EXPECT_FALSE(PassesSelfTest(bad));
  bad.p256.verify = AlwaysAnswers<4, Outcome::kBad>;
  EXPECT_FALSE(PassesSelfTest(bad));
  bad.p256.verify = AlwaysAnswers<4, Outcome::kExceptional>;
  EXPECT_FALSE(PassesSelfTest(bad));
  bad.p256.verify = ForgetsTheLast<4>;
  EXPECT_FALSE(PassesSelfTest(bad));
  bad = good;
  bad.p384.verify = AlwaysAnswers<6, Outcome::kGood>;
  EXPECT_FALSE(PassesSelfTest(bad));
  bad.p384.verify = ForgetsTheLast<6>;
  EXPECT_FALSE(PassesSelfTest(bad));
  bad = good;
  bad.p256.build = SpoilsALine<4>;
  EXPECT_FALSE(PassesSelfTest(bad));
  bad = good;
  bad.p384.build = SpoilsALine<6>;
  EXPECT_FALSE(PassesSelfTest(bad));
}

}  // namespace
}  // namespace muster::crypto
