// Puts the columns that several processes have computed together.
#ifndef ASSAY_WORKER_LAYERS_COLUMN_GATHER_H_
#define ASSAY_WORKER_LAYERS_COLUMN_GATHER_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "worker/layers/cpu/kernels.h"
#include "worker/parallel/tensor_parallel.h"

namespace assay {

// A matrix of float32 or of a compute type.
struct MatrixView {
  void* data = nullptr;
  int64_t stride = 0;  // elements from row to row; in tiles the padded columns
  int64_t element_size = 4;
  cpu::InputLayout layout = cpu::InputLayout::kRows;
};

// Not thread-safe: it has its buffers.
class ColumnGather {
 public:
  explicit ColumnGather(TensorParallel* group) : group_(group) {}

  // Of the rows [0, rows) of `all`, columns [bounds[i], bounds[i + 1]) become those of share i.
  // This process's stand in `mine` from `first_column` on, which may be `all` itself, from
  // bounds[its index] on. Errors are the group's.
  absl::Status Gather(const MatrixView& mine, int64_t first_column, const MatrixView& all,
                      int64_t rows, const std::vector<int64_t>& bounds);

 private:
  TensorParallel* const group_;
  std::vector<char> sent_;
  std::vector<char> received_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_LAYERS_COLUMN_GATHER_H_
