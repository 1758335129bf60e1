#include "worker/layers/attention.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "worker/layers/thread_pool.h"

namespace assay {

namespace {

// Whether two sequences are better off in one task: they read at least half of their blocks once.
// Sequences with little in common only make tasks longer and fewer (a tenth of the speed where all
// sequences are decoded).
bool ShareMuch(const std::vector<int32_t>& a, const std::vector<int32_t>& b) {
  const size_t shorter = std::min(a.size(), b.size());
  const auto ends =
      std::mismatch(a.begin(), a.begin() + static_cast<ptrdiff_t>(shorter), b.begin());
  return 2 * static_cast<size_t>(ends.first - a.begin()) >= shorter;
}

}  // namespace

// Rows of one slice, as the plan orders them.
struct AttentionPlan::SliceRows {
  const std::vector<int32_t>* blocks;  // of the keys
  int64_t first_row;                   // into rows_
  int64_t rows;
};

AttentionPlan::AttentionPlan(const AttentionShape& shape, const Batch& batch,
                             absl::Span<const int64_t> rows, const KvPool* pool)
    : shape_(shape), pool_(pool) {
  const int64_t group_heads = shape.heads / shape.kv_heads;
  const auto blocks_of = [&shape](const BatchSlice& slice) -> const std::vector<int32_t>& {
    return shape.of_prompts ? slice.prompt_blocks : slice.blocks;
  };
  // Slices that share blocks come one after another when they are sorted by them.
  std::vector<size_t> order(batch.slices.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return blocks_of(batch.slices[a]) < blocks_of(batch.slices[b]);
  });
  std::vector<SliceRows> slices;
  for (const size_t index : order) {
    const BatchSlice& slice = batch.slices[index];
    const auto begin = std::lower_bound(rows.begin(), rows.end(), slice.first_row);
    const auto end = std::lower_bound(begin, rows.end(), slice.first_row + slice.rows);
    if (begin == end) continue;
    slices.push_back(
        {&blocks_of(slice), static_cast<int64_t>(rows_.size()), (end - begin) * group_heads});
    for (auto row = begin; row != end; ++row) {
      const int64_t position = slice.first_position + (*row - slice.first_row);
      const int64_t last_key =
          shape.of_prompts ? slice.prompt_tokens - 1 : std::max(position, slice.prefix - 1);
      for (int64_t head = 0; head < group_heads; ++head) {
        rows_.push_back({*row, row - rows.begin(), head, static_cast<int32_t>(position)});
        last_keys_.push_back(static_cast<int32_t>(last_key));
      }
    }
  }
  const auto add_tasks = [&](int64_t begin, int64_t end) {
    for (int64_t first = begin; first < end; first += cpu::kAttentionRows) {
      AddTask(slices, first, std::min(cpu::kAttentionRows, end - first));
    }
  };
  for (auto begin = slices.begin(); begin != slices.end();) {
    auto end = begin + 1;
    while (batch.options.share_attention && end != slices.end() &&
           ShareMuch(*end[-1].blocks, *end->blocks)) {
      ++end;
    }
    add_tasks(begin->first_row, end[-1].first_row + end[-1].rows);
    begin = end;
  }
  // Long tasks first, so that no thread is left with one at the end.
  std::stable_sort(tasks_.begin(), tasks_.end(),
                   [](const Task& a, const Task& b) { return a.blocks > b.blocks; });
}

void AttentionPlan::AddTask(absl::Span<const SliceRows> slices, int64_t first_row, int64_t rows) {
  Task task = {first_row, rows, static_cast<int64_t>(blocks_.size()), 0};
  const int64_t end_row = first_row + rows;
  auto begin = std::upper_bound(
      slices.begin(), slices.end(), first_row,
      [](int64_t row, const SliceRows& slice) { return row < slice.first_row + slice.rows; });
  auto end = std::find_if(begin, slices.end(),
                          [end_row](const SliceRows& slice) { return slice.first_row >= end_row; });
  // The first block that some row's window reaches.
  int64_t index = 0;
  if (shape_.window > 0) {
    const auto first = last_keys_.begin() + first_row;
    const int64_t least = *std::min_element(first, first + rows);
    index = std::max<int64_t>(0, least - shape_.window + 1) / cpu::kBlockTokens;
  }
  for (;; ++index) {
    const int32_t first_position = static_cast<int32_t>(index * cpu::kBlockTokens);
    bool any = false;
    // The last entry, if it is of this index, grows while the slices share its block.
    for (auto slice = begin; slice != end; ++slice) {
      int64_t from = std::max(slice->first_row, first_row);
      const int64_t to = std::min(slice->first_row + slice->rows, end_row);
      while (from < to && last_keys_[static_cast<size_t>(from)] < first_position) ++from;
      if (from == to) continue;
      const int64_t block = (*slice->blocks)[static_cast<size_t>(index)];
      if (any && blocks_.back().block == block) {
        blocks_.back().rows = static_cast<int32_t>(to - first_row) - blocks_.back().first_row;
      } else {
        blocks_.push_back({.block = block,
                           .first_position = first_position,
                           .first_row = static_cast<int32_t>(from - first_row),
                           .rows = static_cast<int32_t>(to - from)});
      }
      any = true;
    }
    if (!any) break;
  }
  task.blocks = static_cast<int64_t>(blocks_.size()) - task.first_block;
  tasks_.push_back(task);
}

void AttentionPlan::Attend(int64_t layer, const void* queries, void* out,
                           const RelativeBias* relative) const {
  const cpu::Kernels& kernels = cpu::BestKernels();
  const Precision precision = pool_->layout().precision;
  const int64_t group_heads = shape_.heads / shape_.kv_heads;
  const int64_t tasks = static_cast<int64_t>(tasks_.size()) * shape_.kv_heads;
  const float* bias = relative != nullptr      ? relative->data()
                      : shape_.bias != nullptr ? shape_.bias->data()
                                               : nullptr;
  ThreadPool::Shared().ParallelFor(tasks, [&](int64_t index) {
    const Task& task = tasks_[static_cast<size_t>(index / shape_.kv_heads)];
    const int64_t kv_head = index % shape_.kv_heads;
    std::array<int64_t, cpu::kAttentionRows> query_offsets;
    std::array<int64_t, cpu::kAttentionRows> out_rows;
    std::array<int64_t, cpu::kAttentionRows> out_columns;
    std::array<int32_t, cpu::kAttentionRows> bias_offsets;
    for (size_t i = 0; i < static_cast<size_t>(task.rows); ++i) {
      const Row& row = rows_[static_cast<size_t>(task.first_row) + i];
      const int64_t head = kv_head * group_heads + row.head_in_group;
      out_columns[i] = head * shape_.head_size;
      if (bias != nullptr) {
        bias_offsets[i] =
            relative != nullptr ? relative->Offset(head, row.position) : shape_.bias->Offset(head);
      }
      out_rows[i] = row.out_row;
      query_offsets[i] = row.batch_row * shape_.query_columns() + out_columns[i];
    }
    kernels.attention(precision, {.query = queries,
                                  .query_offsets = query_offsets.data(),
                                  .row_positions = last_keys_.data() + task.first_row,
                                  .rows = task.rows,
                                  .head_size = shape_.head_size,
                                  .scale = shape_.scale,
                                  .pool = pool_->Part(0, layer, kv_head),
                                  .block_bytes = pool_->layout().BlockBytes(),
                                  .blocks = blocks_.data() + task.first_block,
                                  .block_count = task.blocks,
                                  .out = out,
                                  .out_padded = cpu::Padded(shape_.query_columns()),
                                  .out_rows = out_rows.data(),
                                  .out_columns = out_columns.data(),
                                  .window = shape_.window,
                                  .score_cap = shape_.score_cap,
                                  .bias = bias,
                                  .bias_offsets = bias_offsets.data()});
  });
}

}  // namespace assay
