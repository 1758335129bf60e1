#include "worker/model/llama.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <new>
#include <numeric>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "worker/layers/activations.h"
#include "worker/layers/attention.h"
#include "worker/layers/linear.h"
#include "worker/layers/rms_norm.h"
#include "worker/layers/stages.h"
#include "worker/layers/thread_pool.h"

namespace assay {
namespace {

std::string LayerName(int64_t layer) { return absl::StrCat("model.layers.", layer, "."); }
constexpr char kEmbedding[] = "model.embed_tokens";
constexpr char kHead[] = "lm_head";
constexpr char kFinalNorm[] = "model.norm";

struct LlamaLayer {
  RmsNorm attention_norm;
  Linear qkv;  // queries, keys and values, stacked
  Linear attention_output;
  RmsNorm feed_forward_norm;
  Linear gate_up;
  Linear down;
};

class LlamaForCausalLm : public CausalLm {
 public:
  LlamaForCausalLm(const LlamaConfig& config, Precision precision)
      : config_(config),
        weights_(precision),
        precision_(cpu::ComputeType(precision)),
        attention_{.heads = config.heads,
                   .kv_heads = config.kv_heads,
                   .head_size = config.head_size,
                   .scale = 1.0f / std::sqrt(static_cast<float>(config.head_size))},
        rotary_(config.rotary),
        hidden_(at::kFloat),
        output_hidden_(at::kFloat),
        logits_(at::kFloat),
        normed_(ScalarTypeOf(precision)),
        queries_(ScalarTypeOf(precision)),
        attended_(ScalarTypeOf(precision)),
        gated_(ScalarTypeOf(precision)),
        final_(ScalarTypeOf(precision)) {}

  absl::Status Load(const Checkpoint& checkpoint) {
    ASSAY_ASSIGN_OR_RETURN(embedding_, Linear::Load(checkpoint, {kEmbedding}, weights_));
    if (!config_.tied_embeddings) {
      ASSAY_ASSIGN_OR_RETURN(head_, Linear::Load(checkpoint, {kHead}, weights_));
    }
    ASSAY_ASSIGN_OR_RETURN(final_norm_, Norm(checkpoint, kFinalNorm));
    for (int64_t i = 0; i < config_.layers; ++i) {
      const std::string name = LayerName(i);
      const auto linear = [&](std::vector<std::string> parts) {
        for (std::string& part : parts) part = absl::StrCat(name, part);
        return Linear::Load(checkpoint, parts, weights_);
      };
      LlamaLayer layer;
      ASSAY_ASSIGN_OR_RETURN(layer.attention_norm, Norm(checkpoint, name + "input_layernorm"));
      ASSAY_ASSIGN_OR_RETURN(
          layer.qkv, Linear::LoadHeads(checkpoint,
                                       {name + "self_attn.q_proj", name + "self_attn.k_proj",
                                        name + "self_attn.v_proj"},
                                       config_.head_size, weights_));
      ASSAY_ASSIGN_OR_RETURN(layer.attention_output, linear({"self_attn.o_proj"}));
      ASSAY_ASSIGN_OR_RETURN(layer.feed_forward_norm,
                             Norm(checkpoint, name + "post_attention_layernorm"));
      ASSAY_ASSIGN_OR_RETURN(layer.gate_up, Linear::LoadGated(checkpoint, name + "mlp.gate_proj",
                                                              name + "mlp.up_proj", weights_));
      ASSAY_ASSIGN_OR_RETURN(layer.down, linear({"mlp.down_proj"}));
      layers_.push_back(std::move(layer));
    }
    return absl::OkStatus();
  }

  int64_t vocabulary_size() const override { return config_.vocabulary_size; }
  int64_t context_length() const override { return config_.context_length; }
  KvLayout kv_layout() const override {
    return {config_.layers, config_.kv_heads, config_.head_size, precision_};
  }
  int64_t weight_bytes() const override {
    int64_t bytes = embedding_.bytes() + head_.bytes();
    for (const LlamaLayer& layer : layers_) {
      bytes += layer.qkv.bytes() + layer.attention_output.bytes() + layer.gate_up.bytes() +
               layer.down.bytes();
    }
    return bytes;
  }

  absl::Status Forward(const Batch& batch, KvPool* pool) override {
    try {
      const c10::InferenceMode inference;
      ForwardOrThrow(batch, pool);
      return absl::OkStatus();
    } catch (const std::bad_alloc&) {
      return absl::ResourceExhaustedError("no memory for a forward pass");
    } catch (const std::exception& error) {
      return absl::InternalError(absl::StrCat("forward pass: ", error.what()));
    }
  }

  absl::StatusOr<const float*> Logits(int64_t first, int64_t rows) override {
    try {
      const c10::InferenceMode inference;
      float* logits = static_cast<float*>(logits_.Get(rows, config_.vocabulary_size));
      const Linear& head = config_.tied_embeddings ? embedding_ : head_;
      const int64_t row_bytes = cpu::Padded(config_.hidden_size) * cpu::ElementSize(precision_);
      head.Forward(static_cast<const char*>(final_rows_) + first * row_bytes, rows,
                   cpu::Output::kStore, logits, config_.vocabulary_size);
      return logits;
    } catch (const std::bad_alloc&) {
      return absl::ResourceExhaustedError("no memory for the logits");
    } catch (const std::exception& error) {
      return absl::InternalError(absl::StrCat("logits: ", error.what()));
    }
  }

 private:
  // What a pass works on, [rows, …]. The residual stream is float32 in every precision; the inputs
  // of matrix products are of the compute type.
  struct Pass {
    float* hidden;
    void* normed;
    void* queries;
    void* attended;
    void* gated;
    const KvWriter* writer;
    RotaryAngles angles;
  };

  absl::StatusOr<RmsNorm> Norm(const Checkpoint& checkpoint, const std::string& name) const {
    return RmsNorm::Load(checkpoint, name, config_.hidden_size, config_.norm_epsilon);
  }

  void ForwardOrThrow(const Batch& batch, KvPool* pool) {
    const int64_t rows = batch.rows();
    ThreadPool::Shared().ParallelFor(
        static_cast<int64_t>(batch.fresh_blocks.size()),
        [&](int64_t i) { pool->Clear(batch.fresh_blocks[static_cast<size_t>(i)]); });
    cosines_.resize(static_cast<size_t>(rows * rotary_.half()));
    sines_.resize(cosines_.size());
    rotary_.Angles(batch.positions, cosines_.data(), sines_.data());
    const KvWriter writer(attention_, batch, pool);
    const Pass pass = {.hidden = static_cast<float*>(hidden_.Get(rows, config_.hidden_size)),
                       .normed = normed_.Get(rows, cpu::Padded(config_.hidden_size)),
                       .queries = queries_.Get(rows, attention_.query_columns()),
                       .attended = attended_.Get(rows, cpu::Padded(attention_.query_columns())),
                       .gated = gated_.Get(rows, cpu::Padded(config_.intermediate_size)),
                       .writer = &writer,
                       .angles = {cosines_.data(), sines_.data(), rotary_.half()}};

    std::vector<Stage> stages = {{.run = [&](RowRange range, int64_t, int64_t) {
      for (int64_t row = range.first; row < range.first + range.rows; ++row) {
        embedding_.ReadRow(batch.token_ids[static_cast<size_t>(row)],
                           pass.hidden + row * config_.hidden_size);
      }
    }}};
    AddAttentionInput(pass, 0, &stages);
    RunStages(rows, stages, batch.options.rows_through_layers);

    std::vector<int64_t> all(static_cast<size_t>(rows));
    std::iota(all.begin(), all.end(), int64_t{0});
    const AttentionPlan plan(attention_, batch, all, pool);
    for (int64_t i = 0; i + 1 < config_.layers; ++i) {
      writer.Copy(i);
      plan.Attend(i, pass.queries, pass.attended);
      stages.clear();
      AddAttentionOutput(pass, i, &stages);
      AddAttentionInput(pass, i + 1, &stages);
      RunStages(rows, stages, batch.options.rows_through_layers);
    }
    LastLayer(batch, batch.options.outputs_only ? batch.output_rows : all, pass, pool);
  }

  // Behind the last layer's keys and values only rows that are asked for matter: `rows`, ascending,
  // which has all of batch.output_rows.
  void LastLayer(const Batch& batch, absl::Span<const int64_t> rows, Pass pass, KvPool* pool) {
    const int64_t last = config_.layers - 1;
    const int64_t size = config_.hidden_size;
    const int64_t count = static_cast<int64_t>(rows.size());
    pass.writer->Copy(last);
    const AttentionPlan plan(attention_, batch, rows, pool);
    plan.Attend(last, pass.queries, pass.attended);
    const float* hidden = pass.hidden;
    pass.hidden = static_cast<float*>(output_hidden_.Get(count, size));
    std::vector<Stage> stages = {{.run = [&](RowRange range, int64_t, int64_t) {
      for (int64_t i = range.first; i < range.first + range.rows; ++i) {
        std::copy_n(hidden + rows[static_cast<size_t>(i)] * size, size, pass.hidden + i * size);
      }
    }}};
    AddAttentionOutput(pass, last, &stages);
    RunStages(count, stages, batch.options.rows_through_layers);

    const int64_t outputs = static_cast<int64_t>(batch.output_rows.size());
    final_rows_ = final_.Get(outputs, cpu::Padded(size));
    stages = {{.run = [&](RowRange range, int64_t, int64_t) {
      for (int64_t i = range.first; i < range.first + range.rows; ++i) {
        const int64_t batch_row = batch.output_rows[static_cast<size_t>(i)];
        const auto row = std::lower_bound(rows.begin(), rows.end(), batch_row) - rows.begin();
        final_norm_.Apply(precision_, pass.hidden + row * size, final_rows_, i);
      }
    }}};
    RunStages(outputs, stages, true);
  }

  void AddNorm(const Pass& pass, const RmsNorm& norm, void* out, std::vector<Stage>* stages) const {
    const float* hidden = pass.hidden;
    stages->push_back({.run = [this, hidden, &norm, out](RowRange range, int64_t, int64_t) {
      for (int64_t row = range.first; row < range.first + range.rows; ++row) {
        norm.Apply(precision_, hidden + row * config_.hidden_size, out, row);
      }
    }});
  }

  // hidden += the product of `input`.
  void AddProduct(const Pass& pass, const Linear& linear, const void* input,
                  std::vector<Stage>* stages) const {
    float* hidden = pass.hidden;
    const int64_t stride = config_.hidden_size;
    stages->push_back(
        {.parts = linear.panels(),
         .run = [&linear, input, hidden, stride](RowRange range, int64_t first, int64_t count) {
           linear.Multiply(input, range, first, count, cpu::Output::kAdd,
                           hidden + range.first * stride + first * cpu::kPanel, stride);
         }});
  }

  // From the residual stream to queries, keys and values.
  void AddAttentionInput(const Pass& pass, int64_t index, std::vector<Stage>* stages) const {
    const LlamaLayer& layer = layers_[static_cast<size_t>(index)];
    AddNorm(pass, layer.attention_norm, pass.normed, stages);
    stages->push_back({.parts = attention_.units(),
                       .run = [&pass, &layer, index](RowRange range, int64_t first, int64_t count) {
                         pass.writer->Project(index, layer.qkv, pass.normed, range, first,
                                              first + count, pass.angles, pass.queries);
                       }});
  }

  // From what attention saw back to the residual stream, and through the feed-forward layer.
  void AddAttentionOutput(const Pass& pass, int64_t index, std::vector<Stage>* stages) const {
    const LlamaLayer& layer = layers_[static_cast<size_t>(index)];
    AddProduct(pass, layer.attention_output, pass.attended, stages);
    AddNorm(pass, layer.feed_forward_norm, pass.normed, stages);
    stages->push_back({.parts = layer.gate_up.panels(),
                       .run = [this, &pass, &layer](RowRange range, int64_t first, int64_t count) {
                         layer.gate_up.Multiply(pass.normed, range, first, count,
                                                cpu::Output::kSiluMul, pass.gated,
                                                cpu::Padded(config_.intermediate_size));
                       }});
    AddProduct(pass, layer.down, pass.gated, stages);
  }

  const LlamaConfig config_;
  const Precision weights_;    // what the products' weights are kept in
  const Precision precision_;  // of everything else
  const AttentionShape attention_;
  const RotaryEmbedding rotary_;
  Linear embedding_;  // [vocabulary, hidden]; the head as well when tied
  Linear head_;
  RmsNorm final_norm_;
  std::vector<LlamaLayer> layers_;

  ActivationBuffer hidden_;         // [rows, hidden]
  ActivationBuffer output_hidden_;  // [output rows, hidden]
  ActivationBuffer logits_;         // [output rows, vocabulary]
  ActivationBuffer normed_;         // [rows, hidden]
  ActivationBuffer queries_;        // [rows, heads × head_size]
  ActivationBuffer attended_;       // [rows, heads × head_size]
  ActivationBuffer gated_;          // [rows, intermediate]
  ActivationBuffer final_;          // [output rows, hidden]
  void* final_rows_ = nullptr;      // in final_
  std::vector<float> cosines_;
  std::vector<float> sines_;
};

}  // namespace

absl::StatusOr<int64_t> CheckLlamaTensors(const Checkpoint& checkpoint, const LlamaConfig& config) {
  int64_t parameters = 0;
  const auto check = [&](const std::string& name, std::vector<int64_t> shape) -> absl::Status {
    ASSAY_ASSIGN_OR_RETURN(const StoredTensor* tensor, checkpoint.Find(name));
    if (tensor->shape != shape) {
      return absl::InvalidArgumentError(absl::StrCat(
          tensor->file, ": tensor ", name, " has the shape [", absl::StrJoin(tensor->shape, ", "),
          "]; by the config it should be [", absl::StrJoin(shape, ", "), "]"));
    }
    int64_t count = 1;
    for (const int64_t size : shape) count *= size;
    parameters += count;
    return absl::OkStatus();
  };
  const auto linear = [&](const std::string& name, int64_t out, int64_t in) -> absl::Status {
    ASSAY_RETURN_IF_ERROR(check(absl::StrCat(name, ".weight"), {out, in}));
    const std::string bias = absl::StrCat(name, ".bias");
    return checkpoint.Has(bias) ? check(bias, {out}) : absl::OkStatus();
  };
  const int64_t hidden = config.hidden_size;
  ASSAY_RETURN_IF_ERROR(linear(kEmbedding, config.vocabulary_size, hidden));
  if (!config.tied_embeddings) {
    ASSAY_RETURN_IF_ERROR(linear(kHead, config.vocabulary_size, hidden));
  }
  ASSAY_RETURN_IF_ERROR(check(absl::StrCat(kFinalNorm, ".weight"), {hidden}));
  const int64_t query = config.heads * config.head_size;
  const int64_t key = config.kv_heads * config.head_size;
  for (int64_t i = 0; i < config.layers; ++i) {
    const std::string name = LayerName(i);
    ASSAY_RETURN_IF_ERROR(check(name + "input_layernorm.weight", {hidden}));
    ASSAY_RETURN_IF_ERROR(check(name + "post_attention_layernorm.weight", {hidden}));
    ASSAY_RETURN_IF_ERROR(linear(name + "self_attn.q_proj", query, hidden));
    ASSAY_RETURN_IF_ERROR(linear(name + "self_attn.k_proj", key, hidden));
    ASSAY_RETURN_IF_ERROR(linear(name + "self_attn.v_proj", key, hidden));
    ASSAY_RETURN_IF_ERROR(linear(name + "self_attn.o_proj", hidden, query));
    ASSAY_RETURN_IF_ERROR(linear(name + "mlp.gate_proj", config.intermediate_size, hidden));
    ASSAY_RETURN_IF_ERROR(linear(name + "mlp.up_proj", config.intermediate_size, hidden));
    ASSAY_RETURN_IF_ERROR(linear(name + "mlp.down_proj", hidden, config.intermediate_size));
  }
  return parameters;
}

absl::StatusOr<std::unique_ptr<CausalLm>> LoadLlama(const Checkpoint& checkpoint,
                                                    const LlamaConfig& config,
                                                    Precision precision) {
  ASSAY_RETURN_IF_ERROR(CheckLlamaTensors(checkpoint, config).status());
  try {
    auto model = std::make_unique<LlamaForCausalLm>(config, precision);
    ASSAY_RETURN_IF_ERROR(model->Load(checkpoint));
    return model;
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError(absl::StrCat("no memory for ", checkpoint.path()));
  } catch (const std::exception& error) {
    return absl::InternalError(absl::StrCat(checkpoint.path(), ": ", error.what()));
  }
}

}  // namespace assay
