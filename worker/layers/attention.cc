#include "worker/layers/attention.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>

#include "worker/layers/cpu/kernels.h"
#include "worker/layers/thread_pool.h"

namespace assay {
namespace {

// Rows of a task that rotates and stores.
constexpr int64_t kStoreRows = 16;

}  // namespace

AttentionPlan::AttentionPlan(const AttentionShape& shape, const Batch& batch, KvPool* pool)
    : shape_(shape), batch_(batch), pool_(pool) {
  const int64_t group_heads = shape.heads / shape.kv_heads;
  row_slots_.resize(static_cast<size_t>(batch.rows()));
  row_blocks_.resize(static_cast<size_t>(batch.rows()));
  for (const BatchSlice& slice : batch.slices) {
    const int64_t first = static_cast<int64_t>(rows_.size());
    for (int64_t i = 0; i < slice.rows; ++i) {
      const int64_t row = slice.first_row + i;
      const int32_t position = slice.first_position + static_cast<int32_t>(i);
      row_slots_[static_cast<size_t>(row)] = position % cpu::kBlockTokens;
      row_blocks_[static_cast<size_t>(row)] =
          slice.blocks[static_cast<size_t>(position / cpu::kBlockTokens)];
      for (int64_t head = 0; head < group_heads; ++head) {
        rows_.push_back({row, head});
        row_positions_.push_back(position);
      }
    }
    const int64_t end = static_cast<int64_t>(rows_.size());
    for (int64_t at = first; at < end; at += cpu::kAttentionRows) {
      groups_.push_back({&slice, at, std::min(cpu::kAttentionRows, end - at)});
    }
  }
  // Long tasks first, so that no thread is left with one at the end.
  std::stable_sort(groups_.begin(), groups_.end(), [&](const Group& a, const Group& b) {
    return row_positions_[static_cast<size_t>(a.first)] >
           row_positions_[static_cast<size_t>(b.first)];
  });
}

void AttentionPlan::RotateAndStore(int64_t layer, at::Tensor qkv, const float* cosines,
                                   const float* sines, int64_t half) const {
  const cpu::Kernels& kernels = cpu::BestKernels();
  float* data = qkv.mutable_data_ptr<float>();
  const int64_t stride = qkv.stride(0);
  const int64_t size = shape_.head_size;
  const int64_t rows = batch_.rows();
  ThreadPool::Shared().ParallelFor((rows + kStoreRows - 1) / kStoreRows, [&](int64_t task) {
    const int64_t end = std::min(rows, (task + 1) * kStoreRows);
    for (int64_t row = task * kStoreRows; row < end; ++row) {
      float* query = data + row * stride;
      float* keys = query + shape_.heads * size;
      const float* values = keys + shape_.kv_heads * size;
      for (int64_t head = 0; half > 0 && head < shape_.heads + shape_.kv_heads; ++head) {
        kernels.rotate(query + head * size, cosines + row * half, sines + row * half, half);
      }
      for (int64_t head = 0; head < shape_.kv_heads; ++head) {
        pool_->Write(row_blocks_[static_cast<size_t>(row)], layer, head,
                     row_slots_[static_cast<size_t>(row)], keys + head * size,
                     values + head * size);
      }
    }
  });
  for (const BlockCopy& copy : batch_.copies) {
    pool_->CopyTokens(layer, copy.from, copy.to, copy.tokens);
  }
}

void AttentionPlan::Attend(int64_t layer, const at::Tensor& qkv, at::Tensor out) const {
  const cpu::Kernels& kernels = cpu::BestKernels();
  const Precision precision = pool_->layout().precision;
  const float* query = qkv.const_data_ptr<float>();
  const int64_t query_stride = qkv.stride(0);
  const int64_t out_stride = out.stride(0);
  char* out_data = static_cast<char*>(out.mutable_data_ptr());
  const int64_t group_heads = shape_.heads / shape_.kv_heads;
  const int64_t tasks = static_cast<int64_t>(groups_.size()) * shape_.kv_heads;
  ThreadPool::Shared().ParallelFor(tasks, [&](int64_t task) {
    const Group& group = groups_[static_cast<size_t>(task / shape_.kv_heads)];
    const int64_t kv_head = task % shape_.kv_heads;
    std::array<int64_t, cpu::kAttentionRows> query_offsets;
    std::array<int64_t, cpu::kAttentionRows> out_offsets;
    for (int64_t i = 0; i < group.rows; ++i) {
      const Row& row = rows_[static_cast<size_t>(group.first + i)];
      const int64_t column = (kv_head * group_heads + row.head_in_group) * shape_.head_size;
      query_offsets[static_cast<size_t>(i)] = row.token_row * query_stride + column;
      out_offsets[static_cast<size_t>(i)] = row.token_row * out_stride + column;
    }
    const int32_t* positions = row_positions_.data() + group.first;
    std::vector<const char*> blocks(
        static_cast<size_t>(positions[group.rows - 1] / cpu::kBlockTokens + 1));
    for (size_t i = 0; i < blocks.size(); ++i) {
      blocks[i] = pool_->Keys(group.slice->blocks[i], layer, kv_head);
    }
    kernels.attention(precision, {.query = query,
                                  .query_offsets = query_offsets.data(),
                                  .out_offsets = out_offsets.data(),
                                  .row_positions = positions,
                                  .rows = group.rows,
                                  .head_size = shape_.head_size,
                                  .scale = shape_.scale,
                                  .blocks = blocks.data(),
                                  .out = out_data});
  });
}

}  // namespace assay
