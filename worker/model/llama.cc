#include "worker/model/llama.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <new>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "worker/layers/activations.h"
#include "worker/layers/attention.h"
#include "worker/layers/linear.h"
#include "worker/layers/rms_norm.h"
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
        precision_(precision),
        attention_{.heads = config.heads,
                   .kv_heads = config.kv_heads,
                   .head_size = config.head_size,
                   .scale = 1.0f / std::sqrt(static_cast<float>(config.head_size))},
        rotary_(config.rotary),
        hidden_(at::kFloat),
        qkv_(at::kFloat),
        logits_(at::kFloat),
        normed_(ScalarTypeOf(precision)),
        attended_(ScalarTypeOf(precision)),
        gated_(ScalarTypeOf(precision)),
        final_(ScalarTypeOf(precision)) {}

  absl::Status Load(const Checkpoint& checkpoint) {
    ASSAY_ASSIGN_OR_RETURN(embedding_, Linear::Load(checkpoint, {kEmbedding}, precision_));
    if (!config_.tied_embeddings) {
      ASSAY_ASSIGN_OR_RETURN(head_, Linear::Load(checkpoint, {kHead}, precision_));
    }
    ASSAY_ASSIGN_OR_RETURN(final_norm_, Norm(checkpoint, kFinalNorm));
    for (int64_t i = 0; i < config_.layers; ++i) {
      const std::string name = LayerName(i);
      const auto linear = [&](std::vector<std::string> parts) {
        for (std::string& part : parts) part = absl::StrCat(name, part);
        return Linear::Load(checkpoint, parts, precision_);
      };
      LlamaLayer layer;
      ASSAY_ASSIGN_OR_RETURN(layer.attention_norm, Norm(checkpoint, name + "input_layernorm"));
      ASSAY_ASSIGN_OR_RETURN(layer.qkv,
                             linear({"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"}));
      ASSAY_ASSIGN_OR_RETURN(layer.attention_output, linear({"self_attn.o_proj"}));
      ASSAY_ASSIGN_OR_RETURN(layer.feed_forward_norm,
                             Norm(checkpoint, name + "post_attention_layernorm"));
      ASSAY_ASSIGN_OR_RETURN(layer.gate_up, Linear::LoadGated(checkpoint, name + "mlp.gate_proj",
                                                              name + "mlp.up_proj", precision_));
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

  absl::StatusOr<at::Tensor> Forward(const Batch& batch, KvPool* pool) override {
    try {
      const c10::InferenceMode inference;
      return ForwardOrThrow(batch, pool);
    } catch (const std::bad_alloc&) {
      return absl::ResourceExhaustedError("no memory for a forward pass");
    } catch (const std::exception& error) {
      return absl::InternalError(absl::StrCat("forward pass: ", error.what()));
    }
  }

  absl::StatusOr<at::Tensor> Logits(const at::Tensor& hidden) override {
    try {
      const c10::InferenceMode inference;
      at::Tensor logits = logits_.Get(hidden.size(0), config_.vocabulary_size);
      (config_.tied_embeddings ? embedding_ : head_).Forward(hidden, cpu::Output::kStore, logits);
      return logits;
    } catch (const std::bad_alloc&) {
      return absl::ResourceExhaustedError("no memory for the logits");
    } catch (const std::exception& error) {
      return absl::InternalError(absl::StrCat("logits: ", error.what()));
    }
  }

 private:
  absl::StatusOr<RmsNorm> Norm(const Checkpoint& checkpoint, const std::string& name) const {
    return RmsNorm::Load(checkpoint, name, config_.hidden_size, config_.norm_epsilon);
  }

  // The residual stream is float32 in every precision; the inputs of matrix products are of the
  // compute type.
  at::Tensor ForwardOrThrow(const Batch& batch, KvPool* pool) {
    const int64_t rows = batch.rows();
    at::Tensor hidden = hidden_.Get(rows, config_.hidden_size);
    Embed(batch, hidden);
    cosines_.resize(static_cast<size_t>(rows * rotary_.half()));
    sines_.resize(cosines_.size());
    rotary_.Angles(batch.positions, cosines_.data(), sines_.data());
    const AttentionPlan plan(attention_, batch, pool);

    at::Tensor normed = normed_.Get(rows, cpu::Padded(config_.hidden_size));
    at::Tensor qkv = qkv_.Get(rows, attention_.qkv_columns());
    at::Tensor attended = attended_.Get(rows, cpu::Padded(attention_.query_columns()));
    at::Tensor gated = gated_.Get(rows, cpu::Padded(config_.intermediate_size));
    for (int64_t i = 0; i < config_.layers; ++i) {
      const LlamaLayer& layer = layers_[static_cast<size_t>(i)];
      layer.attention_norm.Forward(precision_, hidden, normed);
      layer.qkv.Forward(normed, cpu::Output::kStore, qkv);
      plan.RotateAndStore(i, qkv, cosines_.data(), sines_.data(), rotary_.half());
      plan.Attend(i, qkv, attended);
      layer.attention_output.Forward(attended, cpu::Output::kAdd, hidden);

      layer.feed_forward_norm.Forward(precision_, hidden, normed);
      layer.gate_up.Forward(normed, cpu::Output::kSiluMul, gated);
      layer.down.Forward(gated, cpu::Output::kAdd, hidden);
    }

    const int64_t outputs = static_cast<int64_t>(batch.output_rows.size());
    at::Tensor final = final_.Get(outputs, cpu::Padded(config_.hidden_size));
    for (int64_t i = 0; i < outputs; ++i) {
      final_norm_.Forward(precision_,
                          hidden.narrow(0, batch.output_rows[static_cast<size_t>(i)], 1),
                          final.narrow(0, i, 1));
    }
    return final;
  }

  void Embed(const Batch& batch, at::Tensor hidden) const {
    constexpr int64_t kTaskRows = 32;
    float* out = hidden.mutable_data_ptr<float>();
    const int64_t rows = batch.rows();
    ThreadPool::Shared().ParallelFor((rows + kTaskRows - 1) / kTaskRows, [&](int64_t task) {
      const int64_t end = std::min(rows, (task + 1) * kTaskRows);
      for (int64_t row = task * kTaskRows; row < end; ++row) {
        embedding_.ReadRow(batch.token_ids[static_cast<size_t>(row)],
                           out + row * config_.hidden_size);
      }
    });
  }

  const LlamaConfig config_;
  const Precision precision_;
  const AttentionShape attention_;
  const RotaryEmbedding rotary_;
  Linear embedding_;  // [vocabulary, hidden]; the head as well when tied
  Linear head_;
  RmsNorm final_norm_;
  std::vector<LlamaLayer> layers_;

  ActivationBuffer hidden_;    // [rows, hidden]
  ActivationBuffer qkv_;       // [rows, (heads + 2 kv_heads) × head_size]
  ActivationBuffer logits_;    // [output rows, vocabulary]
  ActivationBuffer normed_;    // [rows, hidden]
  ActivationBuffer attended_;  // [rows, heads × head_size]
  ActivationBuffer gated_;     // [rows, intermediate]
  ActivationBuffer final_;     // [output rows, hidden]
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
