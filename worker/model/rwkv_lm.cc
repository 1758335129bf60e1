#include "worker/model/rwkv_lm.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "worker/layers/cpu/kernels.h"
#include "worker/layers/thread_pool.h"
#include "worker/model/guarded.h"

namespace assay {
namespace {

// Where nothing was seen yet, as transformers has it.
constexpr float kLeastMaximum = -1e38f;

// out = input Wᵀ, float32, `stride` columns a row.
Stage Product(const Linear& linear, const void* input, float* out, int64_t stride) {
  return {.parts = linear.panels(),
          .run = [&linear, input, out, stride](RowRange range, int64_t first, int64_t count) {
            linear.Multiply(input, range, first, count, cpu::Output::kStore,
                            out + range.first * stride + first * cpu::kPanel, stride);
          }};
}

}  // namespace

RwkvLm::RwkvLm(RwkvSpec spec, RwkvWeights weights, Precision precision)
    : spec_(std::move(spec)),
      precision_(cpu::ComputeType(precision)),
      weights_(std::move(weights)),
      padded_hidden_(cpu::Padded(spec_.hidden_size)),
      padded_attention_(cpu::Padded(spec_.attention_size)),
      zeros_(static_cast<size_t>(padded_hidden_), 0.0f),
      hidden_(at::kFloat),
      normed_(at::kFloat),
      feed_forward_normed_(at::kFloat),
      mix_key_(ScalarTypeOf(precision)),
      mix_value_(ScalarTypeOf(precision)),
      mix_receptance_(ScalarTypeOf(precision)),
      key_(at::kFloat),
      value_(at::kFloat),
      receptance_(at::kFloat),
      gate_(at::kFloat),
      attended_(ScalarTypeOf(precision)),
      inner_(ScalarTypeOf(precision)),
      branch_(at::kFloat),
      final_(ScalarTypeOf(precision)),
      logits_(at::kFloat) {}

KvLayout RwkvLm::kv_layout() const {
  return {.layers = spec_.layers,
          .kv_heads = 0,
          .head_size = 0,
          .precision = precision_,
          .state_values = recurrence_at() + 3 * padded_attention_};
}

absl::Status RwkvLm::Forward(const Batch& batch, KvPool* pool) {
  return Guarded("a forward pass", [&] {
    ForwardOrThrow(batch, pool);
    return absl::OkStatus();
  });
}

absl::StatusOr<const float*> RwkvLm::Logits(int64_t first, int64_t rows) {
  return Guarded("the logits", [&]() -> absl::StatusOr<const float*> {
    float* logits = static_cast<float*>(logits_.Get(rows, spec_.vocabulary_size));
    const Linear& head = weights_.head.has_value() ? *weights_.head : weights_.embedding;
    const int64_t row_bytes = padded_hidden_ * cpu::ElementSize(precision_);
    head.Forward(static_cast<const char*>(final_rows_) + first * row_bytes, rows,
                 cpu::Output::kStore, logits, spec_.vocabulary_size);
    return logits;
  });
}

void RwkvLm::ForwardOrThrow(const Batch& batch, KvPool* pool) {
  const int64_t rows = batch.rows();
  const int64_t size = spec_.hidden_size;
  const StatePlan plan(batch);
  const Pass pass = {
      .plan = &plan,
      .pool = pool,
      .together = batch.options.rows_through_layers,
      .hidden = static_cast<float*>(hidden_.Get(rows, size)),
      .normed = static_cast<float*>(normed_.Get(rows, padded_hidden_)),
      .feed_forward_normed = static_cast<float*>(feed_forward_normed_.Get(rows, padded_hidden_)),
      .mix_key = mix_key_.Get(rows, padded_hidden_),
      .mix_value = mix_value_.Get(rows, padded_hidden_),
      .mix_receptance = mix_receptance_.Get(rows, padded_hidden_),
      .key = static_cast<float*>(key_.Get(rows, padded_attention_)),
      .value = static_cast<float*>(value_.Get(rows, padded_attention_)),
      .receptance = static_cast<float*>(receptance_.Get(rows, padded_attention_)),
      .gate = static_cast<float*>(gate_.Get(rows, size)),
      .attended = attended_.Get(rows, padded_attention_),
      .inner = inner_.Get(rows, cpu::Padded(spec_.intermediate_size)),
      .branch = static_cast<float*>(branch_.Get(rows, size))};
  RunStages(rows, {RowStage([&](int64_t row) {
              float* values = pass.hidden + row * size;
              weights_.embedding.ReadRow(batch.token_ids[static_cast<size_t>(row)], values);
              weights_.embedding_norm.Apply(values);
            })},
            pass.together);
  for (int64_t i = 0; i < spec_.layers; ++i) ForwardLayer(i, pass, rows);

  const int64_t outputs = static_cast<int64_t>(batch.output_rows.size());
  void* final_rows = final_.Get(outputs, padded_hidden_);
  RunStages(outputs, {RowStage([&](int64_t i) {
              const int64_t row = batch.output_rows[static_cast<size_t>(i)];
              weights_.final_norm.Apply(precision_, pass.hidden + row * size, final_rows, i);
            })},
            true);
  final_rows_ = final_rows;
}

void RwkvLm::ForwardLayer(int64_t index, const Pass& pass, int64_t rows) {
  const RwkvLayerWeights& layer = weights_.layers[static_cast<size_t>(index)];
  const int64_t size = spec_.hidden_size;
  const int64_t every = spec_.rescale_every;
  const float scale = every == 0 ? 1.0f : std::ldexp(1.0f, -static_cast<int>(index / every));
  const bool halves = every > 0 && (index + 1) % every == 0;

  // A row's mixtures need the row before it: stages of one list end where the next list mixes.
  RunStages(rows, {RowStage([&](int64_t row) {
              layer.attention_norm.Apply(Precision::kFloat32, pass.hidden + row * size, pass.normed,
                                         row);
            })},
            pass.together);
  RunStages(rows,
            {Mix(index, pass, pass.normed, 0,
                 {{&layer.mix_key, pass.mix_key},
                  {&layer.mix_value, pass.mix_value},
                  {&layer.mix_receptance, pass.mix_receptance}}),
             Product(layer.key, pass.mix_key, pass.key, padded_attention_),
             Product(layer.value, pass.mix_value, pass.value, padded_attention_),
             Product(layer.receptance, pass.mix_receptance, pass.receptance, padded_attention_)},
            pass.together);
  KeepRows(index, pass, pass.normed, 0);
  Recur(index, pass);
  RunStages(rows,
            {Product(layer.output, pass.attended, pass.branch, size), RowStage([&](int64_t row) {
               float* hidden = pass.hidden + row * size;
               const float* branch = pass.branch + row * size;
               for (int64_t i = 0; i < size; ++i) hidden[i] += scale * branch[i];
               layer.feed_forward_norm.Apply(Precision::kFloat32, hidden, pass.feed_forward_normed,
                                             row);
             })},
            pass.together);
  const int64_t padded_inner = cpu::Padded(spec_.intermediate_size);
  RunStages(rows,
            {Mix(index, pass, pass.feed_forward_normed, feed_forward_at(),
                 {{&layer.feed_forward_mix_key, pass.mix_key},
                  {&layer.feed_forward_mix_receptance, pass.mix_receptance}}),
             {.parts = layer.feed_forward_key.panels(),
              .run =
                  [&](RowRange range, int64_t first, int64_t count) {
                    layer.feed_forward_key.Multiply(pass.mix_key, range, first, count,
                                                    cpu::Output::kActivated, pass.inner,
                                                    padded_inner, cpu::Activation::kReluSquared);
                  }},
             Product(layer.feed_forward_receptance, pass.mix_receptance, pass.gate, size),
             Product(layer.feed_forward_value, pass.inner, pass.branch, size),
             RowStage([&](int64_t row) {
               float* hidden = pass.hidden + row * size;
               cpu::BestKernels().add_gated(pass.gate + row * size, pass.branch + row * size, scale,
                                            size, hidden);
               if (!halves) return;
               for (int64_t i = 0; i < size; ++i) hidden[i] *= 0.5f;
             })},
            pass.together);
  KeepRows(index, pass, pass.feed_forward_normed, feed_forward_at());
}

// Each row mixed with the one before it, once for each of the mixtures.
Stage RwkvLm::Mix(int64_t index, const Pass& pass, const float* rows, int64_t at,
                  std::vector<Mixture> mixtures) const {
  return RowStage([this, index, &pass, rows, at, mixtures = std::move(mixtures)](int64_t row) {
    const cpu::Kernels& kernels = cpu::BestKernels();
    const cpu::InputLayout layout = kernels.input_layout(precision_);
    const StateBefore& before = pass.plan->before(row);
    const float* past = before.row >= 0            ? rows + before.row * padded_hidden_
                        : before.block != kNoBlock ? pass.pool->State(before.block, index) + at
                                                   : zeros_.data();
    const float* now = rows + row * padded_hidden_;
    for (const Mixture& mixture : mixtures) {
      const float* shares = mixture.shares->data();
      for (int64_t column = 0; column < padded_hidden_; column += cpu::kLayoutTileColumns) {
        std::array<float, cpu::kLayoutTileColumns> mixed;
        for (int64_t i = 0; i < cpu::kLayoutTileColumns; ++i) {
          const int64_t c = column + i;
          mixed[static_cast<size_t>(i)] = now[c] * shares[c] + past[c] * (1.0f - shares[c]);
        }
        const int64_t to = cpu::InputOffset(layout, padded_hidden_, row, column);
        kernels.convert(precision_, mixed.data(), cpu::kLayoutTileColumns,
                        static_cast<char*>(mixture.out) + to * cpu::ElementSize(precision_));
      }
    }
  });
}

void RwkvLm::KeepRows(int64_t index, const Pass& pass, const float* rows, int64_t at) const {
  const auto& written = pass.plan->written();
  ThreadPool::Shared().ParallelFor(static_cast<int64_t>(written.size()), [&](int64_t i) {
    const auto [block, row] = written[static_cast<size_t>(i)];
    std::copy_n(rows + row * padded_hidden_, padded_hidden_, pass.pool->State(block, index) + at);
  });
}

// The channels are divided among the threads; each goes through all rows in order.
void RwkvLm::Recur(int64_t index, const Pass& pass) const {
  const cpu::Kernels& kernels = cpu::BestKernels();
  const RwkvLayerWeights& layer = weights_.layers[static_cast<size_t>(index)];
  constexpr int64_t kChannels = cpu::kWkvChannels;
  ThreadPool::Shared().ParallelFor(padded_attention_ / kChannels, [&](int64_t part) {
    const int64_t channel = part * kChannels;
    const auto state = [&](int32_t block, int64_t which) {
      return pass.pool->State(block, index) + recurrence_at() + which * padded_attention_ + channel;
    };
    const auto copy = [&](int32_t from, int32_t to) {
      for (int64_t which = 0; which < 3; ++which) {
        std::copy_n(state(from, which), kChannels, state(to, which));
      }
    };
    for (const StateSegment& segment : pass.plan->segments()) {
      if (segment.from == kNoBlock) {
        std::fill_n(state(segment.to, 0), kChannels, 0.0f);
        std::fill_n(state(segment.to, 1), kChannels, 0.0f);
        std::fill_n(state(segment.to, 2), kChannels, kLeastMaximum);
      } else if (segment.from != segment.to) {
        copy(segment.from, segment.to);
      }
      const int64_t at = segment.first_row * padded_attention_ + channel;
      kernels.wkv(precision_, {.key = pass.key + at,
                               .value = pass.value + at,
                               .receptance = pass.receptance + at,
                               .stride = padded_attention_,
                               .rows = segment.rows,
                               .decay = layer.decay.data() + channel,
                               .first = layer.first.data() + channel,
                               .numerator = state(segment.to, 0),
                               .denominator = state(segment.to, 1),
                               .maximum = state(segment.to, 2),
                               .out = pass.attended,
                               .out_padded = padded_attention_,
                               .out_row = segment.first_row,
                               .out_column = channel});
      for (const int32_t block : segment.kept) copy(segment.to, block);
    }
  });
}

}  // namespace assay
