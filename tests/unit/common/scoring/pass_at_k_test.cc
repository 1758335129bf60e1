#include "common/scoring/pass_at_k.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(PassAtKTest, OneSampleIsItsOwnShare) {
  EXPECT_EQ(PassAtK(1, 0, 1), 0);
  EXPECT_EQ(PassAtK(1, 1, 1), 1);
  EXPECT_NEAR(PassAtK(10, 3, 1), 0.3, 1e-15);
}

// 1 - math.comb(n - c, k) / math.comb(n, k) in Python.
TEST(PassAtKTest, IsTheShareOfSubsetsWithACorrectSample) {
  EXPECT_NEAR(PassAtK(10, 3, 5), 0.9166666666666666, 1e-15);  // 1 - 21 / 252
  EXPECT_NEAR(PassAtK(4, 2, 2), 0.8333333333333334, 1e-15);   // 1 - 1 / 6
  EXPECT_NEAR(PassAtK(200, 7, 100), 0.9929911172418123, 1e-13);
  EXPECT_NEAR(PassAtK(100, 1, 10), 0.1, 1e-13);
  EXPECT_EQ(PassAtK(10, 0, 10), 0);
  EXPECT_EQ(PassAtK(10, 1, 10), 1);
  EXPECT_EQ(PassAtK(10, 6, 5), 1);  // any five have a correct one
}

}  // namespace
}  // namespace assay
