#include "worker/model/t5_lm.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "worker/layers/cpu/kernels.h"
#include "worker/layers/thread_pool.h"
#include "worker/model/guarded.h"

namespace assay {
namespace {

std::vector<RelativeBias> Biases(const T5StackSpec& spec, const T5StackWeights& weights,
                                 int64_t heads) {
  std::vector<RelativeBias> biases;
  for (const std::vector<float>& bias : weights.relative_biases) {
    biases.emplace_back(spec.buckets, heads, bias);
  }
  return biases;
}

// A layer's own bias, or the one that all layers have.
const RelativeBias* BiasOf(const std::vector<RelativeBias>& biases, int64_t layer) {
  return &biases[biases.size() == 1 ? 0 : static_cast<size_t>(layer)];
}

std::vector<int64_t> AllRows(int64_t count) {
  std::vector<int64_t> rows(static_cast<size_t>(count));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  return rows;
}

// The prompts as sequences whose tokens all see one another.
Batch PromptBatch(const Batch& batch) {
  Batch prompts;
  prompts.options = batch.options;
  for (const EncoderPrompt& prompt : batch.prompts) {
    const int64_t length = static_cast<int64_t>(prompt.token_ids.size());
    prompts.slices.push_back({.first_row = prompts.rows(),
                              .rows = length,
                              .first_position = 0,
                              .blocks = prompt.blocks,
                              .prefix = length});
    prompts.token_ids.insert(prompts.token_ids.end(), prompt.token_ids.begin(),
                             prompt.token_ids.end());
    for (int32_t i = 0; i < length; ++i) prompts.positions.push_back(i);
  }
  return prompts;
}

// Of the batch only these rows, ascending, as far as attention to prompts is concerned.
Batch ChosenRows(const Batch& batch, absl::Span<const int64_t> rows) {
  Batch chosen;
  chosen.options = batch.options;
  int64_t first = 0;
  for (const BatchSlice& slice : batch.slices) {
    const auto end = std::lower_bound(rows.begin(), rows.end(), slice.first_row + slice.rows);
    BatchSlice part = slice;
    part.first_row = first;
    part.rows = (end - rows.begin()) - first;
    first += part.rows;
    if (part.rows > 0) chosen.slices.push_back(std::move(part));
  }
  return chosen;
}

}  // namespace

T5Lm::T5Lm(T5Spec spec, T5Weights weights, Precision precision)
    : spec_(std::move(spec)),
      precision_(cpu::ComputeType(precision)),
      feed_forward_precision_(cpu::ComputeType(T5FeedForwardPrecision(precision))),
      weights_(std::move(weights)),
      encoder_biases_(Biases(spec_.encoder, weights_.encoder, spec_.heads)),
      decoder_biases_(Biases(spec_.decoder, weights_.decoder, spec_.heads)),
      hidden_(at::kFloat),
      output_hidden_(at::kFloat),
      logits_(at::kFloat),
      normed_(ScalarTypeOf(precision_)),
      queries_(ScalarTypeOf(precision_)),
      attended_(ScalarTypeOf(precision_)),
      feed_forward_normed_(ScalarTypeOf(feed_forward_precision_)),
      gated_(ScalarTypeOf(feed_forward_precision_)),
      final_(ScalarTypeOf(precision_)) {}

KvLayout T5Lm::kv_layout() const {
  return {static_cast<int64_t>(spec_.decoder.layers.size()), spec_.heads, spec_.head_size,
          precision_};
}

AttentionShape T5Lm::Shape(bool of_prompts) const {
  // Scores are not scaled: the weights are trained for that.
  return {.heads = spec_.heads,
          .kv_heads = spec_.heads,
          .head_size = spec_.head_size,
          .scale = 1.0f,
          .of_prompts = of_prompts};
}

T5Lm::Rows T5Lm::GetRows(int64_t count) {
  const int64_t inner = spec_.heads * spec_.head_size;
  Rows rows = {.count = count,
               .hidden = static_cast<float*>(hidden_.Get(count, spec_.hidden_size)),
               .normed = normed_.Get(count, cpu::Padded(spec_.hidden_size)),
               .queries = queries_.Get(count, inner),
               .attended = attended_.Get(count, cpu::Padded(inner)),
               .gated = gated_.Get(count, cpu::Padded(spec_.intermediate_size))};
  rows.feed_forward_normed = feed_forward_precision_ == precision_
                                 ? rows.normed
                                 : feed_forward_normed_.Get(count, cpu::Padded(spec_.hidden_size));
  return rows;
}

absl::Status T5Lm::Forward(const Batch& batch, KvPool* pool) {
  return Guarded("a forward pass", [&] {
    ForwardOrThrow(batch, pool);
    return absl::OkStatus();
  });
}

absl::StatusOr<const float*> T5Lm::Logits(int64_t first, int64_t rows) {
  return Guarded("the logits", [&]() -> absl::StatusOr<const float*> {
    float* logits = static_cast<float*>(logits_.Get(rows, spec_.vocabulary_size));
    LogitsOrThrow(first, rows, logits);
    return logits;
  });
}

void T5Lm::LogitsOrThrow(int64_t first, int64_t rows, float* logits) const {
  const Linear& head = weights_.head.has_value() ? *weights_.head : weights_.embedding;
  const int64_t row_bytes = cpu::Padded(head.depth()) * cpu::ElementSize(precision_);
  const int64_t size = spec_.vocabulary_size;
  head.Forward(static_cast<const char*>(final_rows_) + first * row_bytes, rows, cpu::Output::kStore,
               logits, size);
  if (spec_.logit_scale == 1.0f) return;
  ThreadPool::Shared().ParallelFor(rows, [&](int64_t row) {
    float* values = logits + row * size;
    for (int64_t i = 0; i < size; ++i) values[i] *= spec_.logit_scale;
  });
}

void T5Lm::ForwardOrThrow(const Batch& batch, KvPool* pool) {
  ThreadPool::Shared().ParallelFor(static_cast<int64_t>(batch.fresh_blocks.size()), [&](int64_t i) {
    pool->Clear(batch.fresh_blocks[static_cast<size_t>(i)]);
  });
  if (!batch.prompts.empty()) Encode(batch, pool);
  if (batch.rows() > 0) Decode(batch, pool);
}

// From the prompts' tokens to what the decoder's cross-attention sees of them.
void T5Lm::Encode(const Batch& batch, KvPool* pool) {
  constexpr int64_t kPoolLayer = 0;  // for the keys and values of the layer that is under way
  const Batch prompts = PromptBatch(batch);
  const Rows rows = GetRows(prompts.rows());
  for (RelativeBias& bias : encoder_biases_) {
    for (const BatchSlice& slice : prompts.slices) bias.Reserve(slice.rows);
  }
  const AttentionShape shape = Shape(false);
  const KvWriter writer(shape, prompts, pool);
  const AttentionPlan plan(shape, prompts, AllRows(rows.count), pool);
  const std::vector<T5LayerWeights>& layers = weights_.encoder.layers;
  const bool together = batch.options.rows_through_layers;

  Stages stages;
  AddEmbedding(prompts.token_ids, rows, &stages);
  for (size_t i = 0; i < layers.size(); ++i) {
    AddHeads(rows, layers[i].attention_norm, layers[i].qkv, shape.units(), kPoolLayer, writer,
             &stages);
    RunStages(rows.count, stages, together);
    plan.Attend(kPoolLayer, rows.queries, rows.attended,
                BiasOf(encoder_biases_, static_cast<int64_t>(i)));
    stages.clear();
    AddProduct(rows, layers[i].attention_output, rows.attended, &stages);
    AddFeedForward(rows, layers[i], &stages);
  }
  AddNorm(rows, weights_.encoder.final_norm, precision_, rows.normed, &stages);
  AttentionShape keys_values = shape;
  keys_values.heads = 0;
  const KvWriter cross_writer(keys_values, prompts, pool);
  for (size_t i = 0; i < weights_.decoder.layers.size(); ++i) {
    const Linear& linear = weights_.decoder.layers[i].cross_attention->keys_values;
    stages.push_back(
        {.parts = keys_values.units(), .run = [&, i](RowRange range, int64_t first, int64_t count) {
           cross_writer.Project(static_cast<int64_t>(i), linear, rows.normed, range, first,
                                first + count, {}, nullptr);
         }});
  }
  RunStages(rows.count, stages, together);
}

void T5Lm::Decode(const Batch& batch, KvPool* pool) {
  Rows rows = GetRows(batch.rows());
  const int32_t last_position =
      batch.positions.empty() ? 0
                              : *std::max_element(batch.positions.begin(), batch.positions.end());
  for (RelativeBias& bias : decoder_biases_) bias.Reserve(last_position + 1);
  const AttentionShape shape = Shape(false);
  const KvWriter writer(shape, batch, pool);
  const std::vector<int64_t> all = AllRows(rows.count);
  const std::vector<T5LayerWeights>& layers = weights_.decoder.layers;
  const bool together = batch.options.rows_through_layers;
  // Behind the last layer's keys and values only rows that are asked for matter.
  const absl::Span<const int64_t> outputs = batch.options.outputs_only ? batch.output_rows : all;
  const Batch output_batch = ChosenRows(batch, outputs);
  const AttentionPlan output_plan(shape, batch, outputs, pool);
  const AttentionPlan output_prompt_plan(Shape(true), output_batch, AllRows(outputs.size()), pool);
  std::optional<AttentionPlan> plan, prompt_plan;
  if (layers.size() > 1) {
    plan.emplace(shape, batch, all, pool);
    prompt_plan.emplace(Shape(true), batch, all, pool);
  }

  Stages stages;
  AddEmbedding(batch.token_ids, rows, &stages);
  for (size_t index = 0; index < layers.size(); ++index) {
    const int64_t i = static_cast<int64_t>(index);
    const bool last = index + 1 == layers.size();
    const T5LayerWeights& layer = layers[index];
    AddHeads(rows, layer.attention_norm, layer.qkv, shape.units(), i, writer, &stages);
    RunStages(rows.count, stages, together);
    writer.Copy(i);
    (last ? output_plan : *plan).Attend(i, rows.queries, rows.attended, BiasOf(decoder_biases_, i));
    stages.clear();
    if (last) rows = Choose(rows, outputs, &stages);
    AddProduct(rows, layer.attention_output, rows.attended, &stages);
    const T5CrossAttentionWeights& cross = *layer.cross_attention;
    AddHeads(rows, cross.norm, cross.queries, shape.heads, i, writer, &stages);
    RunStages(rows.count, stages, together);
    (last ? output_prompt_plan : *prompt_plan).Attend(i, rows.queries, rows.attended);
    stages.clear();
    AddProduct(rows, cross.output, rows.attended, &stages);
    AddFeedForward(rows, layer, &stages);
  }
  RunStages(rows.count, stages, together);
  Output(batch, outputs, rows.hidden);
}

T5Lm::Rows T5Lm::Choose(const Rows& rows, absl::Span<const int64_t> chosen, Stages* stages) {
  const int64_t size = spec_.hidden_size;
  const float* from = rows.hidden;
  Rows result = rows;
  result.count = static_cast<int64_t>(chosen.size());
  float* to = static_cast<float*>(output_hidden_.Get(result.count, size));
  result.hidden = to;
  stages->push_back(RowStage([=](int64_t i) {
    std::copy_n(from + chosen[static_cast<size_t>(i)] * size, size, to + i * size);
  }));
  return result;
}

// From the stream's `rows` to the head's input, of batch.output_rows.
void T5Lm::Output(const Batch& batch, absl::Span<const int64_t> rows, const float* hidden) {
  const int64_t outputs = static_cast<int64_t>(batch.output_rows.size());
  void* final_rows = final_.Get(outputs, cpu::Padded(spec_.hidden_size));
  final_rows_ = final_rows;
  RunStages(outputs, {RowStage([&](int64_t i) {
              const int64_t row = batch.output_rows[static_cast<size_t>(i)];
              const auto at = std::lower_bound(rows.begin(), rows.end(), row) - rows.begin();
              weights_.decoder.final_norm.Apply(precision_, hidden + at * spec_.hidden_size,
                                                final_rows, i);
            })},
            true);
}

void T5Lm::AddEmbedding(absl::Span<const int32_t> token_ids, const Rows& rows,
                        Stages* stages) const {
  float* hidden = rows.hidden;
  stages->push_back(RowStage([this, token_ids, hidden](int64_t row) {
    weights_.embedding.ReadRow(token_ids[static_cast<size_t>(row)],
                               hidden + row * spec_.hidden_size);
  }));
}

void T5Lm::AddNorm(const Rows& rows, const Norm& norm, Precision precision, void* out,
                   Stages* stages) const {
  const float* hidden = rows.hidden;
  stages->push_back(RowStage([this, hidden, &norm, precision, out](int64_t row) {
    norm.Apply(precision, hidden + row * spec_.hidden_size, out, row);
  }));
}

void T5Lm::AddHeads(const Rows& rows, const Norm& norm, const Linear& linear, int64_t units,
                    int64_t layer, const KvWriter& writer, Stages* stages) const {
  AddNorm(rows, norm, precision_, rows.normed, stages);
  stages->push_back(
      {.parts = units,
       .run = [rows, &linear, layer, &writer](RowRange range, int64_t first, int64_t count) {
         writer.Project(layer, linear, rows.normed, range, first, first + count, {}, rows.queries);
       }});
}

// hidden += the product of `input`.
void T5Lm::AddProduct(const Rows& rows, const Linear& linear, const void* input,
                      Stages* stages) const {
  float* hidden = rows.hidden;
  const int64_t size = spec_.hidden_size;
  stages->push_back(
      {.parts = linear.panels(),
       .run = [&linear, input, hidden, size](RowRange range, int64_t first, int64_t count) {
         linear.Multiply(input, range, first, count, cpu::Output::kAdd,
                         hidden + range.first * size + first * cpu::kPanel, size);
       }});
}

void T5Lm::AddFeedForward(const Rows& rows, const T5LayerWeights& layer, Stages* stages) const {
  AddNorm(rows, layer.feed_forward_norm, feed_forward_precision_, rows.feed_forward_normed, stages);
  const cpu::Output kind = spec_.encoder.layers.front().gate.name.empty() ? cpu::Output::kActivated
                                                                          : cpu::Output::kGated;
  const int64_t stride = cpu::Padded(spec_.intermediate_size);
  stages->push_back(
      {.parts = layer.up.panels(),
       .run = [this, rows, &layer, kind, stride](RowRange range, int64_t first, int64_t count) {
         layer.up.Multiply(rows.feed_forward_normed, range, first, count, kind, rows.gated, stride,
                           spec_.activation);
       }});
  AddProduct(rows, layer.down, rows.gated, stages);
}

}  // namespace assay
