// Several processes that compute one model together, each with a share of its weights.
//
// Every matrix is divided by its columns (output features) and attention by its heads, and what the
// processes have computed is gathered behind each product. So every number is computed by one
// process in the order of operations that a process alone would use: the results have the same bits
// for any number of processes. (Megatron's row split of every second matrix, Shoeybi et al. 2019,
// halves the number of exchanges, not the bytes, and its sums depend on the number of processes.)
#ifndef ASSAY_WORKER_PARALLEL_TENSOR_PARALLEL_H_
#define ASSAY_WORKER_PARALLEL_TENSOR_PARALLEL_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"

namespace assay {

// A process's share of what is divided into equal parts, as far as they go.
struct Share {
  int64_t index = 0;
  int64_t count = 1;

  bool whole() const { return count == 1; }
  // Of `units` those from First(units) on, up to the next share's first.
  int64_t First(int64_t units) const { return units * index / count; }
  int64_t End(int64_t units) const { return units * (index + 1) / count; }
};

// Not thread-safe. All processes call the same functions in the same order, with the same sizes.
// Unavailable when another process has ended or does not answer; the group is of no use then.
class TensorParallel {
 public:
  virtual ~TensorParallel() = default;

  virtual Share share() const = 0;
  // `all` becomes the processes' `bytes` bytes one behind the other, in order of their index.
  virtual absl::Status AllGather(const void* mine, int64_t bytes, void* all) = 0;
  // The first process's `bytes` bytes come to all.
  virtual absl::Status Broadcast(void* data, int64_t bytes) = 0;
};

// Where each share's columns begin, and where the last's end, when `columns` columns are divided by
// panels of `panel` columns: share.count + 1 numbers.
std::vector<int64_t> PanelBounds(int64_t columns, int64_t panel, int64_t shares);

}  // namespace assay

#endif  // ASSAY_WORKER_PARALLEL_TENSOR_PARALLEL_H_
