#include "worker/process/gemm_rate.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(GemmRateTest, MeasuresEveryPrecision) {
  const auto rates = MeasureGemmRates();
  ASSERT_EQ(rates.size(), 3u);
  // Between a microcontroller and a rack.
  for (const auto& [precision, rate] : rates) {
    EXPECT_GT(rate, 0.01) << precision;
    EXPECT_LT(rate, 1e7) << precision;
  }
}

}  // namespace
}  // namespace assay
