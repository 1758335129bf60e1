// Causal self-attention over the block cache, multi-head or grouped-query (Ainslie et al. 2023).
#ifndef ASSAY_WORKER_LAYERS_ATTENTION_H_
#define ASSAY_WORKER_LAYERS_ATTENTION_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "worker/layers/batch.h"
#include "worker/layers/kv_pool.h"

namespace assay {

struct AttentionShape {
  int64_t heads = 0;
  int64_t kv_heads = 0;  // divides heads
  int64_t head_size = 0;
  float scale = 0;  // of the scores, usually 1 / sqrt(head_size)

  int64_t query_columns() const { return heads * head_size; }
  int64_t qkv_columns() const { return (heads + 2 * kv_heads) * head_size; }
};

// How one batch's attention is divided into tasks; the same for every layer, so made once a pass.
class AttentionPlan {
 public:
  // `batch` and `pool` must outlive the plan.
  AttentionPlan(const AttentionShape& shape, const Batch& batch, KvPool* pool);

  // Rotates the queries and keys of `qkv` (float32 [rows, qkv_columns]: queries, keys, values by
  // head) in place by the angles of each row
  // ([rows, half]; half 0: none), and stores keys and values into the pool.
  void RotateAndStore(int64_t layer, at::Tensor qkv, const float* cosines, const float* sines,
                      int64_t half) const;
  // out [rows, Padded(query_columns)] of the pool's precision; columns behind query_columns are
  // left alone.
  void Attend(int64_t layer, const at::Tensor& qkv, at::Tensor out) const;

 private:
  // Rows of one slice, for one key-value head at a time.
  struct Group {
    const BatchSlice* slice;
    int64_t first;  // into rows_
    int64_t rows;
  };
  // One query row: a token and a head within its group.
  struct Row {
    int64_t token_row;
    int64_t head_in_group;
  };

  AttentionShape shape_;
  const Batch& batch_;
  KvPool* pool_;
  std::vector<Row> rows_;
  std::vector<int32_t> row_positions_;
  std::vector<Group> groups_;        // the longest first
  std::vector<int32_t> row_slots_;   // of each batch row: its slot in its block
  std::vector<int32_t> row_blocks_;  // of each batch row: its block
};

}  // namespace assay

#endif  // ASSAY_WORKER_LAYERS_ATTENTION_H_
