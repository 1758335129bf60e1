#include "common/catalog/built_in.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(BuiltInTest, AreFoundByName) {
  for (const Benchmark* benchmark : AllBenchmarks()) {
    const auto found = FindBenchmark(benchmark->name());
    ASSERT_TRUE(found.ok());
    EXPECT_EQ(*found, benchmark);
    EXPECT_EQ(Unowned(benchmark).get(), benchmark);
  }
  EXPECT_EQ(
      FindBenchmark("gsm8k").status().message(),
      "unknown benchmark \"gsm8k\"; there are: bbh, crass, drop, hhh, human_eval, impact, mmlu");
}

}  // namespace
}  // namespace assay
