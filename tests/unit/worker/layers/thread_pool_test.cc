#include "worker/layers/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

namespace assay {
namespace {

TEST(ThreadPoolTest, RunsEveryTaskOnceRoundAfterRound) {
  for (const int threads : {1, 2, 5}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    for (int round = 0; round < 500; ++round) {
      const int64_t tasks = round % 17;
      std::vector<std::atomic<int>> runs(static_cast<size_t>(tasks));
      pool.ParallelFor(tasks, [&](int64_t task) { ++runs[static_cast<size_t>(task)]; });
      for (const std::atomic<int>& count : runs) ASSERT_EQ(count.load(), 1);
    }
  }
}

}  // namespace
}  // namespace assay
