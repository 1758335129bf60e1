#include "worker/layers/row_range.h"

#include <algorithm>

#include "worker/layers/cpu/kernels.h"

namespace assay {

std::vector<RowRange> CutRows(int64_t rows, int threads, int64_t most_rows) {
  const int64_t steps = (rows + cpu::kRowStep - 1) / cpu::kRowStep;
  const int64_t most_steps = std::max<int64_t>(1, most_rows / cpu::kRowStep);
  const int64_t rounds = (steps + most_steps * threads - 1) / (most_steps * threads);
  const int64_t parts = std::min(steps, rounds * threads);
  std::vector<RowRange> ranges;
  for (int64_t i = 0; i < parts; ++i) {
    const int64_t first = i * steps / parts * cpu::kRowStep;
    const int64_t end = std::min(rows, (i + 1) * steps / parts * cpu::kRowStep);
    ranges.push_back({first, end - first});
  }
  return ranges;
}

}  // namespace assay
