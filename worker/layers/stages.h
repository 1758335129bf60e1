// The row-wise parts of a layer, run on all threads of the shared pool.
#ifndef ASSAY_WORKER_LAYERS_STAGES_H_
#define ASSAY_WORKER_LAYERS_STAGES_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "worker/layers/row_range.h"

namespace assay {

// One step for some rows, which needs nothing of other rows' results of the same list of stages.
struct Stage {
  // What the step's columns can be divided into (a product's panels, attention's heads); 0: only
  // its rows can be divided.
  int64_t parts = 0;
  // Does parts [first, first + count) for these rows. Rows of a stage with parts begin at a
  // multiple of cpu::kRowStep.
  std::function<void(RowRange rows, int64_t first, int64_t count)> run;
};

// A step that does something to each row for itself.
template <typename Body>
Stage RowStage(Body body) {
  return {.run = [body](RowRange range, int64_t, int64_t) {
    for (int64_t row = range.first; row < range.first + range.rows; ++row) body(row);
  }};
}

// Runs the stages one after another for every row in [0, rows). Many rows: each thread takes some
// rows through all stages, so that what a stage leaves is in its cache for the next. Few rows: all
// threads share each stage's columns, so that each reads a part of the weights only.
// Not `together`: a stage is done for all rows before the next begins.
void RunStages(int64_t rows, const std::vector<Stage>& stages, bool together);

}  // namespace assay

#endif  // ASSAY_WORKER_LAYERS_STAGES_H_
