// Attention over the block cache, of a sequence to itself or to the prompt that its encoder read;
// multi-head or grouped-query (Ainslie et al. 2023).
#ifndef ASSAY_WORKER_LAYERS_ATTENTION_H_
#define ASSAY_WORKER_LAYERS_ATTENTION_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "worker/layers/batch.h"
#include "worker/layers/cpu/kernels.h"
#include "worker/layers/kv_pool.h"
#include "worker/layers/linear.h"
#include "worker/layers/norm.h"
#include "worker/layers/position_bias.h"
#include "worker/layers/relative_bias.h"
#include "worker/layers/row_range.h"

namespace assay {

struct AttentionShape {
  int64_t heads = 0;
  int64_t kv_heads = 0;  // divides heads
  int64_t head_size = 0;
  float scale = 0;                     // of the scores, usually 1 / sqrt(head_size); positive
  float score_cap = 0;                 // not 0: scores s become cap tanh(s / cap)
  int64_t window = 0;                  // keys that a query sees, up to its own; 0: all
  const PositionBias* bias = nullptr;  // null: none
  bool of_prompts = false;  // the keys are those of the prompt that an encoder read, all of them

  int64_t query_columns() const { return heads * head_size; }
  // What is projected together: a head's queries, or a head's keys and values.
  int64_t units() const { return heads + kv_heads; }
};

// The angles of a pass's rows (rotary_embedding.h): [rows, half] each.
struct RotaryAngles {
  const float* cosines = nullptr;
  const float* sines = nullptr;
  int64_t half = 0;  // 0: no rotation
};

// What happens to heads between their projection and the cache, in this order.
struct HeadTransform {
  float clip = 0.0f;                 // not 0: values are brought to within ±clip
  const Norm* query_norm = nullptr;  // of each head; null: none
  const Norm* key_norm = nullptr;
  RotaryAngles angles;
};

// Where each row of a batch lies in the cache; how its keys and values come there.
class KvWriter {
 public:
  // `batch` and `pool` must outlive the writer.
  KvWriter(const AttentionShape& shape, const Batch& batch, KvPool* pool);

  // On the calling thread: projects the rows' units [first_unit, end_unit) by the stacked queries,
  // keys and values (`qkv`, loaded by LoadHeads), transforms them, and puts queries into `queries`
  // (of the compute type, [rows, query_columns]), keys and values into the cache.
  void Project(int64_t layer, const Linear& qkv, const void* input, RowRange rows,
               int64_t first_unit, int64_t end_unit, const HeadTransform& transform,
               void* queries) const;
  // Does the batch's copies for one layer, once all rows are written.
  void Copy(int64_t layer) const;

 private:
  const AttentionShape shape_;
  const Batch& batch_;
  KvPool* const pool_;
  std::vector<int32_t> slots_;   // of each batch row, in its block
  std::vector<int32_t> blocks_;  // of each batch row
};

// How one batch's attention is divided into tasks; the same for every layer, so made once a pass.
// Rows of different sequences that share blocks stand together, so that a block's keys and values
// are read once for all of them.
class AttentionPlan {
 public:
  // For the rows of the batch in `rows`, ascending. `pool` must outlive the plan.
  AttentionPlan(const AttentionShape& shape, const Batch& batch, absl::Span<const int64_t> rows,
                const KvPool* pool);

  // queries as Project made them. The i-th of the plan's rows goes to row i of `out`, the input of
  // a further product with Padded(query_columns) columns; columns behind query_columns are left
  // alone. `relative` is a layer's bias of its own, in place of the shape's; null: none.
  void Attend(int64_t layer, const void* queries, void* out,
              const RelativeBias* relative = nullptr) const;

 private:
  // One query row: a token and a head within its group.
  struct Row {
    int64_t batch_row;
    int64_t out_row;
    int64_t head_in_group;
    int32_t position;
  };
  // At most kAttentionRows rows, for one key-value head at a time.
  struct Task {
    int64_t first_row;  // into rows_
    int64_t rows;
    int64_t first_block;  // into blocks_
    int64_t blocks;
  };
  struct SliceRows;

  void AddTask(absl::Span<const SliceRows> slices, int64_t first_row, int64_t rows);

  const AttentionShape shape_;
  const KvPool* const pool_;
  std::vector<Row> rows_;
  std::vector<int32_t> last_keys_;  // that each of rows_ sees
  std::vector<cpu::AttentionBlock> blocks_;
  std::vector<Task> tasks_;  // the longest first
};

}  // namespace assay

#endif  // ASSAY_WORKER_LAYERS_ATTENTION_H_
