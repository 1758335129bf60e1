// The program runs once with the best kernels of the processor, and once for each lesser table that
// ASSAY_CPU_KERNELS names.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "worker/layers/cpu/kernels.h"

namespace assay {
namespace {

bool HasAvx512() {
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
         __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0;
}

bool HasAmx() {
  std::ifstream file("/proc/cpuinfo");
  std::stringstream text;
  text << file.rdbuf();
  return text.str().find(" amx_bf16") != std::string::npos;
}

// Skips all tests of a run whose table is not there, or is the one of the run without the variable.
class LesserKernels : public testing::Environment {
 public:
  void SetUp() override {
    const char* wish = std::getenv("ASSAY_CPU_KERNELS");
    if (wish == nullptr) return;
    const std::string best = !HasAvx512() ? "avx2" : !HasAmx() ? "avx512" : "amx";
    if (wish == best) GTEST_SKIP() << "no lesser table of kernels: " << best << " is the best one";
    if (best == "avx2") GTEST_SKIP() << "no such table of kernels: this processor has avx2 only";
  }
};

const testing::Environment* const kLesserKernels =
    testing::AddGlobalTestEnvironment(new LesserKernels);

TEST(KernelTableTest, IsTheOneThatTheEnvironmentNames) {
  const char* wish = std::getenv("ASSAY_CPU_KERNELS");
  if (wish == nullptr) GTEST_SKIP() << "ASSAY_CPU_KERNELS is not set";
  EXPECT_EQ(cpu::BestKernels().name, wish);
}

}  // namespace
}  // namespace assay
