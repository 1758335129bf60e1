// How the rows of a pass are divided among threads.
#ifndef ASSAY_WORKER_LAYERS_ROW_RANGE_H_
#define ASSAY_WORKER_LAYERS_ROW_RANGE_H_

#include <cstdint>
#include <vector>

namespace assay {

struct RowRange {
  int64_t first = 0;  // a multiple of cpu::kRowStep
  int64_t rows = 0;
};

// Cuts [0, rows) into ranges of nearly equal size, a multiple of `threads` of them where there are
// rows enough, none longer than about `most_rows`.
std::vector<RowRange> CutRows(int64_t rows, int threads, int64_t most_rows);

}  // namespace assay

#endif  // ASSAY_WORKER_LAYERS_ROW_RANGE_H_
