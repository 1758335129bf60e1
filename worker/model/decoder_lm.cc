#include "worker/model/decoder_lm.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "worker/layers/cpu/kernels.h"
#include "worker/layers/thread_pool.h"
#include "worker/model/guarded.h"

namespace assay {
namespace {

float RoundTo(Precision precision, float value) {
  return precision == Precision::kFloat32
             ? value
             : cpu::FromBits16(precision, cpu::ToBits16(precision, value));
}

void AddRow(const float* from, int64_t size, float* to) {
  for (int64_t i = 0; i < size; ++i) to[i] += from[i];
}

// The two positions of each row of a batch whose prompts are prefixes (PrefixMarks).
std::vector<int32_t> GridPositions(const Batch& batch) {
  std::vector<int32_t> positions;
  positions.reserve(2 * batch.positions.size());
  for (const BatchSlice& slice : batch.slices) {
    const int32_t prefix = static_cast<int32_t>(slice.prefix);
    for (int32_t i = 0; i < slice.rows; ++i) {
      const int32_t position = slice.first_position + i;
      positions.push_back(std::min(position, prefix - 1));
      positions.push_back(std::max(0, position - prefix + 1));
    }
  }
  return positions;
}

}  // namespace

DecoderLm::DecoderLm(DecoderSpec spec, DecoderWeights weights, Precision precision,
                     std::optional<DecoderSplit> split)
    : spec_(std::move(spec)),
      precision_(cpu::ComputeType(precision)),
      weights_(std::move(weights)),
      split_(std::move(split)),
      gather_(split_.has_value() ? std::make_unique<ColumnGather>(split_->group) : nullptr),
      embedding_scale_(RoundTo(precision_, spec_.embedding_scale)),
      hidden_(at::kFloat),
      branch_(at::kFloat),
      output_hidden_(at::kFloat),
      logits_(at::kFloat),
      normed_(ScalarTypeOf(precision)),
      queries_(ScalarTypeOf(precision)),
      attended_(ScalarTypeOf(precision)),
      own_attended_(ScalarTypeOf(precision)),
      gated_(ScalarTypeOf(precision)),
      embedded_(ScalarTypeOf(precision)),
      final_(ScalarTypeOf(precision)),
      projection_(at::kFloat),
      projected_(ScalarTypeOf(precision)) {
  for (const RotaryConfig& rotary : spec_.rotary) rotary_.emplace_back(rotary);
  cosines_.resize(rotary_.size());
  sines_.resize(rotary_.size());
  if (spec_.position_bias.has_value()) position_bias_.emplace(*spec_.position_bias);
  for (const DecoderLayerWeights& layer : weights_.layers) {
    has_output_norms_ |=
        layer.attention_output_norm.has_value() || layer.feed_forward_output_norm.has_value();
  }
}

KvLayout DecoderLm::kv_layout() const {
  return {static_cast<int64_t>(spec_.layers.size()), spec_.kv_heads, spec_.head_size, precision_};
}

AttentionShape DecoderLm::Shape(int64_t window) const {
  return {.heads = spec_.heads,
          .kv_heads = spec_.kv_heads,
          .head_size = spec_.head_size,
          .scale = spec_.score_scale > 0 ? spec_.score_scale
                                         : 1.0f / std::sqrt(static_cast<float>(spec_.head_size)),
          .score_cap = spec_.score_cap,
          .window = window,
          .bias = position_bias_.has_value() ? &*position_bias_ : nullptr};
}

absl::Status DecoderLm::Forward(const Batch& batch, KvPool* pool) {
  return Guarded("a forward pass", [&] {
    ForwardOrThrow(batch, pool);
    return absl::OkStatus();
  });
}

absl::StatusOr<const float*> DecoderLm::Logits(int64_t first, int64_t rows) {
  return Guarded("the logits", [&]() -> absl::StatusOr<const float*> {
    float* logits = static_cast<float*>(logits_.Get(rows, spec_.vocabulary_size));
    LogitsOrThrow(first, rows, logits);
    return logits;
  });
}

absl::StatusOr<int64_t> DecoderLm::BidirectionalPrefix(absl::Span<const int32_t> prompt) const {
  if (!spec_.prefix_marks.has_value()) return 0;
  const auto [mask, begin] = *spec_.prefix_marks;
  const auto at = std::find(prompt.begin(), prompt.end(), begin);
  if (at == prompt.end() || at - std::find(prompt.begin(), at, mask) != 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a prompt of this model has the token ", mask, " (gmask_token_id) and behind it ", begin,
        " (bos_token_id), neither of them earlier; its tokenizer puts them at the end"));
  }
  return at - prompt.begin();
}

void DecoderLm::LogitsOrThrow(int64_t first, int64_t rows, float* logits) const {
  const Linear& head = weights_.head.has_value() ? *weights_.head : weights_.embedding;
  const int64_t row_bytes = cpu::Padded(head.depth()) * cpu::ElementSize(precision_);
  const int64_t size = spec_.vocabulary_size;
  head.Forward(static_cast<const char*>(final_rows_) + first * row_bytes, rows, cpu::Output::kStore,
               logits + head.first_panel() * cpu::kPanel, size);
  if (gather_ != nullptr) {
    const std::vector<int64_t> bounds = split_->Bounds(size, cpu::kPanel);
    const MatrixView all = {.data = logits, .stride = size};
    GatherOrThrow(all, bounds[static_cast<size_t>(split_->group->share().index)], all, rows,
                  bounds);
  }
  if (spec_.logit_scale == 1.0f && spec_.logit_cap == 0.0f) return;
  ThreadPool::Shared().ParallelFor(rows, [&](int64_t row) {
    float* values = logits + row * size;
    for (int64_t i = 0; i < size; ++i) values[i] *= spec_.logit_scale;
    if (spec_.logit_cap > 0.0f) cpu::BestKernels().cap(values, size, spec_.logit_cap);
  });
}

void DecoderLm::ForwardOrThrow(const Batch& batch, KvPool* pool) {
  const int64_t rows = batch.rows();
  ThreadPool::Shared().ParallelFor(static_cast<int64_t>(batch.fresh_blocks.size()), [&](int64_t i) {
    pool->Clear(batch.fresh_blocks[static_cast<size_t>(i)]);
  });
  if (position_bias_.has_value()) position_bias_->Reserve(batch.positions);
  const AttentionShape shape = Shape(0);
  const KvWriter writer(shape, batch, pool);
  const int64_t attended_columns = weights_.layers.front().attention_output.depth();
  Pass pass = {.rows = rows,
               .together = batch.options.rows_through_layers,
               .hidden = static_cast<float*>(hidden_.Get(rows, spec_.hidden_size)),
               .branch = has_output_norms_
                             ? static_cast<float*>(branch_.Get(rows, spec_.hidden_size))
                             : nullptr,
               .normed = normed_.Get(rows, cpu::Padded(spec_.hidden_size)),
               .queries = queries_.Get(rows, shape.query_columns()),
               .attended = attended_.Get(rows, cpu::Padded(attended_columns)),
               .gated = gated_.Get(rows, cpu::Padded(spec_.intermediate_size)),
               .writer = &writer,
               .angles = {}};
  if (spec_.prefix_marks.has_value()) grid_positions_ = GridPositions(batch);
  const std::vector<int32_t>& positions =
      spec_.prefix_marks.has_value() ? grid_positions_ : batch.positions;
  for (size_t i = 0; i < rotary_.size(); ++i) {
    cosines_[i].resize(static_cast<size_t>(rows * rotary_[i].half()));
    sines_[i].resize(cosines_[i].size());
    rotary_[i].Angles(positions, cosines_[i].data(), sines_[i].data());
    pass.angles.push_back({cosines_[i].data(), sines_[i].data(), rotary_[i].half()});
  }

  std::vector<Stage> stages = Embed(batch, pass);
  AddAttentionInput(pass, 0, &stages);
  RunStages(rows, stages, batch.options.rows_through_layers);

  std::vector<int64_t> all(static_cast<size_t>(rows));
  std::iota(all.begin(), all.end(), int64_t{0});
  const int64_t layers = static_cast<int64_t>(spec_.layers.size());
  Plans plans;
  for (int64_t i = 0; i + 1 < layers; ++i) {
    const int64_t window = spec_.layers[static_cast<size_t>(i)].window;
    auto plan = plans.find(window);
    if (plan == plans.end()) {
      plan = plans.emplace(window, AttentionPlan(Shape(window), batch, all, pool)).first;
    }
    writer.Copy(i);
    Attend(plan->second, i, pass);
    stages.clear();
    AddAttentionOutput(pass, i, &stages);
    AddAttentionInput(pass, i + 1, &stages);
    RunStages(rows, stages, batch.options.rows_through_layers);
  }
  LastLayer(batch, batch.options.outputs_only ? batch.output_rows : all, pass, pool);
}

// Behind the last layer's keys and values only rows that are asked for matter: `rows`, ascending,
// which has all of batch.output_rows.
void DecoderLm::LastLayer(const Batch& batch, absl::Span<const int64_t> rows, Pass pass,
                          KvPool* pool) {
  const int64_t last = static_cast<int64_t>(spec_.layers.size()) - 1;
  const int64_t size = spec_.hidden_size;
  const int64_t count = static_cast<int64_t>(rows.size());
  pass.writer->Copy(last);
  const AttentionPlan plan(Shape(spec_.layers.back().window), batch, rows, pool);
  pass.rows = count;
  Attend(plan, last, pass);
  const float* hidden = pass.hidden;
  pass.hidden = static_cast<float*>(output_hidden_.Get(count, size));
  std::vector<Stage> stages = {RowStage([&](int64_t i) {
    std::copy_n(hidden + rows[static_cast<size_t>(i)] * size, size, pass.hidden + i * size);
  })};
  AddAttentionOutput(pass, last, &stages);
  RunStages(count, stages, batch.options.rows_through_layers);
  Output(batch, rows, pass.hidden);
}

// From the stream's `rows` to the head's input, of batch.output_rows.
void DecoderLm::Output(const Batch& batch, absl::Span<const int64_t> rows, const float* hidden) {
  const int64_t size = spec_.hidden_size;
  const int64_t outputs = static_cast<int64_t>(batch.output_rows.size());
  void* final_rows = final_.Get(outputs, cpu::Padded(size));
  std::vector<Stage> stages = {RowStage([&](int64_t i) {
    const int64_t batch_row = batch.output_rows[static_cast<size_t>(i)];
    const auto at = std::lower_bound(rows.begin(), rows.end(), batch_row) - rows.begin();
    const float* row = hidden + at * size;
    if (weights_.final_norm.has_value()) {
      weights_.final_norm->Apply(precision_, row, final_rows, i);
    } else {
      StoreInputRow(precision_, row, size, final_rows, i);
    }
  })};
  final_rows_ = final_rows;
  if (weights_.output_projection.has_value()) {
    const Linear& linear = *weights_.output_projection;
    const int64_t width = linear.columns();
    float* projection = static_cast<float*>(projection_.Get(outputs, width));
    void* projected = projected_.Get(outputs, cpu::Padded(width));
    stages.push_back(
        {.parts = linear.panels(), .run = [=, &linear](RowRange range, int64_t first, int64_t n) {
           linear.Multiply(final_rows, range, first, n, cpu::Output::kStore,
                           projection + range.first * width + first * cpu::kPanel, width);
         }});
    stages.push_back(RowStage([=, this](int64_t row) {
      StoreInputRow(precision_, projection + row * width, width, projected, row);
    }));
    final_rows_ = projected;
  }
  RunStages(outputs, stages, true);
}

// From token ids to the residual stream.
std::vector<Stage> DecoderLm::Embed(const Batch& batch, const Pass& pass) {
  const int64_t size = spec_.hidden_size;
  std::vector<Stage> stages;
  const auto read = [this, &batch](int64_t row, float* out) {
    weights_.embedding.ReadRow(batch.token_ids[static_cast<size_t>(row)], out);
    if (embedding_scale_ == 1.0f) return;
    for (int64_t i = 0; i < weights_.embedding.depth(); ++i) out[i] *= embedding_scale_;
  };
  if (weights_.embedding_projection.has_value()) {
    const Linear& linear = *weights_.embedding_projection;
    const int64_t width = linear.depth();
    void* embedded = embedded_.Get(batch.rows(), cpu::Padded(width));
    stages.push_back(RowStage([=, this](int64_t row) {
      thread_local std::vector<float> values;
      values.resize(static_cast<size_t>(width));
      read(row, values.data());
      StoreInputRow(precision_, values.data(), width, embedded, row);
    }));
    stages.push_back({.parts = linear.panels(),
                      .run = [=, &linear, &pass](RowRange range, int64_t first, int64_t count) {
                        linear.Multiply(embedded, range, first, count, cpu::Output::kStore,
                                        pass.hidden + range.first * size + first * cpu::kPanel,
                                        size);
                      }});
  } else {
    stages.push_back(RowStage([=, &pass](int64_t row) { read(row, pass.hidden + row * size); }));
  }
  if (weights_.positions.has_value()) {
    stages.push_back(RowStage([=, this, &batch, &pass](int64_t row) {
      thread_local std::vector<float> values;
      values.resize(static_cast<size_t>(size));
      weights_.positions->ReadRow(batch.positions[static_cast<size_t>(row)] + spec_.position_offset,
                                  values.data());
      AddRow(values.data(), size, pass.hidden + row * size);
    }));
  }
  if (weights_.embedding_norm.has_value()) {
    stages.push_back(RowStage([=, this, &pass](int64_t row) {
      weights_.embedding_norm->Apply(pass.hidden + row * size);
    }));
  }
  return stages;
}

// From the stream to the input of a layer's half; without a norm the stream as it is.
void DecoderLm::AddNorm(const Pass& pass, const std::optional<Norm>& norm,
                        std::vector<Stage>* stages) const {
  const float* hidden = pass.hidden;
  void* out = pass.normed;
  stages->push_back(RowStage([this, hidden, &norm, out](int64_t row) {
    const float* from = hidden + row * spec_.hidden_size;
    if (norm.has_value()) {
      norm->Apply(precision_, from, out, row);
    } else {
      StoreInputRow(precision_, from, spec_.hidden_size, out, row);
    }
  }));
}

// The stream itself is normalized.
void DecoderLm::AddStreamNorm(const Pass& pass, const std::optional<Norm>& norm,
                              std::vector<Stage>* stages) const {
  float* hidden = pass.hidden;
  stages->push_back(RowStage(
      [this, hidden, &norm](int64_t row) { norm->Apply(hidden + row * spec_.hidden_size); }));
}

// The stream is normalized, and so becomes the input of a layer's half; what stays of it is scaled.
void DecoderLm::AddNormedStream(const Pass& pass, const std::optional<Norm>& norm,
                                std::vector<Stage>* stages) const {
  AddStreamNorm(pass, norm, stages);
  static const std::optional<Norm> kNone;
  AddNorm(pass, kNone, stages);
  if (spec_.residual_scale == 1.0f) return;
  stages->push_back(RowStage([this, hidden = pass.hidden](int64_t row) {
    float* values = hidden + row * spec_.hidden_size;
    for (int64_t i = 0; i < spec_.hidden_size; ++i) values[i] *= spec_.residual_scale;
  }));
}

// hidden += the product of `input`, normalized where there is a norm.
void DecoderLm::AddProduct(const Pass& pass, const Linear& linear, const void* input,
                           const std::optional<Norm>& norm, std::vector<Stage>* stages) const {
  float* hidden = pass.hidden;
  float* out = norm.has_value() ? pass.branch : hidden;
  const cpu::Output kind = norm.has_value() ? cpu::Output::kStore : cpu::Output::kAdd;
  const int64_t stride = spec_.hidden_size;
  // Of a share there may be none.
  if (linear.panels() > 0) {
    stages->push_back(
        {.parts = linear.panels(),
         .run = [&linear, input, out, kind, stride](RowRange range, int64_t first, int64_t count) {
           linear.Multiply(
               input, range, first, count, kind,
               out + range.first * stride + (linear.first_panel() + first) * cpu::kPanel, stride);
         }});
  }
  GatherStream(pass, out, stages);
  if (!norm.has_value()) return;
  stages->push_back(RowStage([out, hidden, stride, &norm](int64_t row) {
    norm->Apply(out + row * stride);
    AddRow(out + row * stride, stride, hidden + row * stride);
  }));
}

void DecoderLm::AddFeedForward(const Pass& pass, int64_t index, std::vector<Stage>* stages) const {
  const DecoderLayerWeights& layer = weights_.layers[static_cast<size_t>(index)];
  const cpu::Output kind = spec_.layers[static_cast<size_t>(index)].gate.name.empty()
                               ? cpu::Output::kActivated
                               : cpu::Output::kGated;
  const int64_t stride = cpu::Padded(spec_.intermediate_size);
  if (layer.up.panels() > 0) {
    stages->push_back(
        {.parts = layer.up.panels(),
         .run = [this, &pass, &layer, kind, stride](RowRange range, int64_t first, int64_t count) {
           layer.up.Multiply(pass.normed, range, first, count, kind, pass.gated, stride,
                             spec_.activation);
         }});
  }
  GatherActivated(pass, stages);
  AddProduct(pass, layer.down, pass.gated, layer.feed_forward_output_norm, stages);
}

MatrixView DecoderLm::ProductInput(void* data, int64_t columns) const {
  return {.data = data,
          .stride = cpu::Padded(columns),
          .element_size = cpu::ElementSize(precision_),
          .layout = cpu::BestKernels().input_layout(precision_)};
}

void DecoderLm::GatherOrThrow(const MatrixView& mine, int64_t first_column, const MatrixView& all,
                              int64_t rows, const std::vector<int64_t>& bounds) const {
  const absl::Status status = gather_->Gather(mine, first_column, all, rows, bounds);
  if (!status.ok()) throw std::runtime_error(std::string(status.message()));
}

void DecoderLm::GatherStream(const Pass& pass, float* stream, std::vector<Stage>* stages) const {
  if (gather_ == nullptr) return;
  RunStages(pass.rows, *stages, pass.together);
  stages->clear();
  const std::vector<int64_t> bounds = split_->Bounds(spec_.hidden_size, cpu::kPanel);
  const MatrixView all = {.data = stream, .stride = spec_.hidden_size};
  GatherOrThrow(all, bounds[static_cast<size_t>(split_->group->share().index)], all, pass.rows,
                bounds);
}

void DecoderLm::GatherActivated(const Pass& pass, std::vector<Stage>* stages) const {
  if (gather_ == nullptr) return;
  RunStages(pass.rows, *stages, pass.together);
  stages->clear();
  // A panel has as many of the gate as of what it is multiplied with.
  const bool gated = !spec_.layers.front().gate.name.empty();
  const std::vector<int64_t> bounds =
      split_->Bounds(spec_.intermediate_size, gated ? cpu::kPanel / 2 : cpu::kPanel);
  const MatrixView all = ProductInput(pass.gated, spec_.intermediate_size);
  GatherOrThrow(all, bounds[static_cast<size_t>(split_->group->share().index)], all, pass.rows,
                bounds);
}

void DecoderLm::Attend(const AttentionPlan& plan, int64_t layer, const Pass& pass) {
  if (gather_ == nullptr) {
    plan.Attend(layer, pass.queries, pass.attended);
    return;
  }
  const int64_t columns = spec_.heads * spec_.head_size;
  void* own = own_attended_.Get(pass.rows, cpu::Padded(columns));
  plan.Attend(layer, pass.queries, own);
  GatherOrThrow(ProductInput(own, columns), 0,
                ProductInput(pass.attended, split_->attended_bounds.back()), pass.rows,
                split_->attended_bounds);
}

// From the residual stream to queries, keys and values.
void DecoderLm::AddAttentionInput(const Pass& pass, int64_t index,
                                  std::vector<Stage>* stages) const {
  const DecoderLayerWeights& layer = weights_.layers[static_cast<size_t>(index)];
  const int rotary = spec_.layers[static_cast<size_t>(index)].rotary;
  static const std::optional<Norm> kNone;
  if (spec_.residual == Residual::kNormedStream) {
    AddNormedStream(pass, layer.attention_norm, stages);
  } else {
    AddNorm(pass, spec_.residual == Residual::kNormedBehind ? kNone : layer.attention_norm, stages);
  }
  const HeadTransform transform = {
      .clip = spec_.clip,
      .query_norm = layer.query_norm.has_value() ? &*layer.query_norm : nullptr,
      .key_norm = layer.key_norm.has_value() ? &*layer.key_norm : nullptr,
      .angles = rotary >= 0 && !pass.angles.empty() ? pass.angles[static_cast<size_t>(rotary)]
                                                    : RotaryAngles{}};
  stages->push_back(
      {.parts = spec_.heads + spec_.kv_heads,
       .run = [&pass, &layer, index, transform](RowRange range, int64_t first, int64_t count) {
         pass.writer->Project(index, layer.qkv, pass.normed, range, first, first + count, transform,
                              pass.queries);
       }});
}

// From what attention saw back to the residual stream, and through the feed-forward layer.
void DecoderLm::AddAttentionOutput(const Pass& pass, int64_t index,
                                   std::vector<Stage>* stages) const {
  const DecoderLayerWeights& layer = weights_.layers[static_cast<size_t>(index)];
  const auto add_attention = [&] {
    AddProduct(pass, layer.attention_output, pass.attended, layer.attention_output_norm, stages);
  };
  static const std::optional<Norm> kNone;
  switch (spec_.residual) {
    case Residual::kSequential:
      add_attention();
      AddNorm(pass, layer.feed_forward_norm, stages);
      AddFeedForward(pass, index, stages);
      break;
    case Residual::kParallel:
      // Attention's norm is computed once more where the feed-forward layer shares it: in the last
      // layer the rows are others than they were.
      AddNorm(pass,
              layer.feed_forward_norm.has_value() ? layer.feed_forward_norm : layer.attention_norm,
              stages);
      add_attention();
      AddFeedForward(pass, index, stages);
      break;
    case Residual::kNormedBehind:
      add_attention();
      AddStreamNorm(pass, layer.attention_norm, stages);
      AddNorm(pass, kNone, stages);
      AddFeedForward(pass, index, stages);
      AddStreamNorm(pass, layer.feed_forward_norm, stages);
      break;
    case Residual::kNormedStream:
      add_attention();
      AddNormedStream(pass, layer.feed_forward_norm, stages);
      AddFeedForward(pass, index, stages);
      break;
  }
}

}  // namespace assay
