#include <algorithm>

#include "worker/layers/attention.h"
#include "worker/layers/thread_pool.h"

namespace assay {
namespace {

// Rows that are projected before they are rotated, while they are in the nearest cache.
constexpr int64_t kProjectedRows = 64;

}  // namespace

KvWriter::KvWriter(const AttentionShape& shape, const Batch& batch, KvPool* pool)
    : shape_(shape), batch_(batch), pool_(pool) {
  slots_.resize(static_cast<size_t>(batch.rows()));
  blocks_.resize(static_cast<size_t>(batch.rows()));
  for (const BatchSlice& slice : batch.slices) {
    for (int64_t i = 0; i < slice.rows; ++i) {
      const size_t row = static_cast<size_t>(slice.first_row + i);
      const int32_t position = slice.first_position + static_cast<int32_t>(i);
      slots_[row] = position % cpu::kBlockTokens;
      blocks_[row] = slice.blocks[static_cast<size_t>(position / cpu::kBlockTokens)];
    }
  }
}

void KvWriter::Project(int64_t layer, const Linear& qkv, const void* input, RowRange rows,
                       int64_t first_unit, int64_t end_unit, const HeadTransform& transform,
                       void* queries) const {
  const cpu::Kernels& kernels = cpu::BestKernels();
  const Precision precision = pool_->layout().precision;
  const int64_t size = shape_.head_size;
  const int64_t head_panels = cpu::RoundUp(size, cpu::kPanel) / cpu::kPanel;
  const int64_t stride = head_panels * cpu::kPanel;
  const int64_t element = cpu::ElementSize(precision);
  thread_local std::vector<float> keys, values;
  keys.resize(static_cast<size_t>(kProjectedRows * stride));
  values.resize(keys.size());
  const auto project = [&](int64_t head, RowRange part, std::vector<float>& out) {
    qkv.Multiply(input, part, head * head_panels, head_panels, cpu::Output::kStore, out.data(),
                 stride);
    if (transform.clip > 0.0f) {
      for (float& value : out) value = std::clamp(value, -transform.clip, transform.clip);
    }
  };
  const auto normalize = [&](const Norm* norm, RowRange part, std::vector<float>& heads) {
    for (int64_t i = 0; norm != nullptr && i < part.rows; ++i) {
      norm->Apply(heads.data() + i * stride);
    }
  };
  const RotaryAngles& angles = transform.angles;
  const auto rotate = [&](RowRange part, std::vector<float>& heads) {
    for (int64_t i = 0; angles.half > 0 && i < part.rows; ++i) {
      const int64_t at = (part.first + i) * angles.half;
      kernels.rotate(heads.data() + i * stride, angles.cosines + at, angles.sines + at,
                     angles.half);
    }
  };
  for (int64_t head = first_unit; head < end_unit; ++head) {
    for (int64_t done = 0; done < rows.rows; done += kProjectedRows) {
      const RowRange part = {rows.first + done, std::min(kProjectedRows, rows.rows - done)};
      if (head < shape_.heads) {
        project(head, part, keys);
        normalize(transform.query_norm, part, keys);
        rotate(part, keys);
        char* out = static_cast<char*>(queries) + head * size * element;
        for (int64_t i = 0; i < part.rows; ++i) {
          kernels.convert(precision, keys.data() + i * stride, size,
                          out + (part.first + i) * shape_.query_columns() * element);
        }
        continue;
      }
      // A key head and its value head are stored together.
      const int64_t kv_head = head - shape_.heads;
      project(head, part, keys);
      normalize(transform.key_norm, part, keys);
      rotate(part, keys);
      project(head + shape_.kv_heads, part, values);
      for (int64_t i = 0; i < part.rows; ++i) {
        const size_t row = static_cast<size_t>(part.first + i);
        kernels.store_kv(precision, pool_->Part(blocks_[row], layer, kv_head), size, slots_[row],
                         keys.data() + i * stride, values.data() + i * stride);
      }
    }
  }
}

void KvWriter::Copy(int64_t layer) const {
  if (batch_.copies.empty()) return;
  ThreadPool::Shared().ParallelFor(shape_.kv_heads, [&](int64_t head) {
    for (const BlockCopy& copy : batch_.copies) {
      pool_->CopyTokens(layer, head, copy.from, copy.to, copy.tokens);
    }
  });
}

}  // namespace assay
