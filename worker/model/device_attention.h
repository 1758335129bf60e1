// Attention over the block cache, by libtorch on any device. A query row's result does not depend
// on the rows beside it: keys are taken in stretches of a fixed size, rows in tiles of a fixed
// size, and a softmax is carried from one stretch to the next (Milakov and Gimelshein 2018), so
// that every product has the same shape whatever is in the batch.
#ifndef ASSAY_WORKER_MODEL_DEVICE_ATTENTION_H_
#define ASSAY_WORKER_MODEL_DEVICE_ATTENTION_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "worker/layers/batch.h"
#include "worker/layers/position_bias.h"

namespace assay {

struct DeviceAttentionShape {
  int64_t heads = 0;
  int64_t kv_heads = 0;  // divides heads
  int64_t head_size = 0;
  float scale = 0;
  float score_cap = 0;  // as in AttentionShape
  int64_t window = 0;   // as in AttentionShape
  const PositionBias::Settings* position_bias = nullptr;
};

// Products of matrices of the compute type with float32 sums. a: [n, m, k], b: [n, k, l].
at::Tensor DeviceBatchProduct(const at::Tensor& a, const at::Tensor& b);

// How a batch's rows are divided; made once a pass, since it is the same for every layer.
class DeviceAttentionPlan {
 public:
  // For the rows of the batch in `rows`, ascending.
  DeviceAttentionPlan(const Batch& batch, absl::Span<const int64_t> rows, at::Device device);

  // queries: [batch rows or more, heads, head_size]; keys, values: [blocks, cpu::kBlockTokens,
  // kv_heads, head_size]; all of the compute type. Returns [rows, heads × head_size], float32.
  at::Tensor Attend(const DeviceAttentionShape& shape, const at::Tensor& queries,
                    const at::Tensor& keys, const at::Tensor& values) const;

 private:
  struct Group;

  at::Tensor AttendGroup(const DeviceAttentionShape& shape, const Group& group,
                         const at::Tensor& queries, const at::Tensor& keys,
                         const at::Tensor& values) const;

  // Tiles that are worked on together, the longest first.
  struct Group {
    int64_t tiles = 0;
    at::Tensor rows;                 // int64 [tiles × tile rows]: the batch's rows
    at::Tensor positions;            // int64 [tiles, tile rows]; -1 for rows that fill a tile
    std::vector<at::Tensor> blocks;  // of each stretch of keys: int64 [tiles that see it × blocks]
    std::vector<int64_t> active;     // of each stretch: the tiles that see it, the first ones
  };
  std::vector<Group> groups_;
  at::Tensor order_;  // int64 [rows]: where each of the plan's rows is among the tiles' rows
  const at::Device device_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_MODEL_DEVICE_ATTENTION_H_
