#include "coordinator/planner/cost.h"

#include <gtest/gtest.h>

#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

TEST(CostTest, ExpectedSpeedIsThatOfTheConnectedWorkers) {
  const ModelSpec model = SampleModel();  // a million parameters
  std::vector<StoredWorker> workers = {{SampleWorker("a"), true, 0}, {SampleWorker("b"), false, 0}};
  // 100 GFLOP/s, half of it, over two million operations a token.
  EXPECT_DOUBLE_EQ(ExpectedTokensPerSecond(model, Precision::kBFloat16, workers), 25000);
  EXPECT_DOUBLE_EQ(ExpectedTokensPerSecond(model, Precision::kFloat16, workers), 0);
  workers[0].connected = false;
  EXPECT_DOUBLE_EQ(ExpectedTokensPerSecond(model, Precision::kBFloat16, workers), 0);
}

TEST(CostTest, ShardsAreSecondsOfWork) {
  // 10 tokens an item, 20 tokens a second: 10 seconds are 20 items.
  EXPECT_EQ(ChooseShardItems({1000, 10000, 20, 1}), 20);
  EXPECT_EQ(ChooseShardItems({1000, 10000, 40, 2}), 20);
  EXPECT_EQ(ChooseShardItems({1000, 10000, 1e9, 1}), 64);
  EXPECT_EQ(ChooseShardItems({1000, 10000, 0.01, 1}), 1);
  EXPECT_EQ(ChooseShardItems({1000, 10000, 0, 0}), 16);
}

TEST(CostTest, EveryWorkerGetsSeveralShards) {
  EXPECT_EQ(ChooseShardItems({16, 160, 1e9, 2}), 2);
  EXPECT_EQ(ChooseShardItems({3, 30, 1e9, 2}), 1);
}

}  // namespace
}  // namespace assay
