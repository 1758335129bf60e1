#include "worker/layers/stages.h"

#include <algorithm>

#include "worker/layers/thread_pool.h"

namespace assay {
namespace {

// Measured on a processor with 2 MiB of second-level cache: more rows a thread than this are worth
// reading all weights for; more at once than that no longer stay in the cache.
constexpr int64_t kLeastRowsAThread = 96;
constexpr int64_t kMostRowsAtOnce = 256;
// Of stages that are divided by columns or by single rows.
constexpr int64_t kTasksAThread = 8;
constexpr int64_t kRowsATask = 8;

void RunByRows(int64_t rows, const std::vector<Stage>& stages, ThreadPool& pool) {
  const std::vector<RowRange> ranges = CutRows(rows, pool.threads(), kMostRowsAtOnce);
  pool.ParallelFor(static_cast<int64_t>(ranges.size()), [&](int64_t task) {
    for (const Stage& stage : stages) {
      stage.run(ranges[static_cast<size_t>(task)], 0, stage.parts);
    }
  });
}

}  // namespace

void RunStages(int64_t rows, const std::vector<Stage>& stages, bool together) {
  if (rows == 0) return;
  ThreadPool& pool = ThreadPool::Shared();
  if (rows >= kLeastRowsAThread * pool.threads()) {
    if (together) {
      RunByRows(rows, stages, pool);
    } else {
      for (const Stage& stage : stages) RunByRows(rows, {stage}, pool);
    }
    return;
  }
  for (const Stage& stage : stages) {
    if (stage.parts == 0) {
      pool.ParallelFor((rows + kRowsATask - 1) / kRowsATask, [&](int64_t task) {
        const int64_t first = task * kRowsATask;
        stage.run({first, std::min(kRowsATask, rows - first)}, 0, 0);
      });
      continue;
    }
    const int64_t task_parts = std::max<int64_t>(1, stage.parts / (kTasksAThread * pool.threads()));
    pool.ParallelFor((stage.parts + task_parts - 1) / task_parts, [&](int64_t task) {
      const int64_t first = task * task_parts;
      stage.run({0, rows}, first, std::min(task_parts, stage.parts - first));
    });
  }
}

}  // namespace assay
