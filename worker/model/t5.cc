// T5 (Raffel et al. 2020) and what has its form: T5 1.1, Flan-T5, T0, Tk-Instruct, UL2; mT5 and mT0
// (Xue et al. 2021); UMT5, whose layers have relative biases of their own (Chung et al. 2023).
#include <cmath>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "worker/model/config_fields.h"
#include "worker/model/guarded.h"
#include "worker/model/model_family.h"
#include "worker/model/t5_lm.h"
#include "worker/model/t5_spec.h"
#include "worker/model/t5_weights.h"

namespace assay {
namespace {

// Distances have no end, so a prompt may have any length; a pass of the encoder takes all of it,
// and this keeps its memory within bounds.
constexpr int64_t kMostTokens = 1 << 15;
// Of more, the tables of biases would have more entries than offsets of 32 bits reach.
constexpr int64_t kMostHeads = 1 << 12;

absl::Status ReadSizes(const ConfigReader& config, T5Spec* spec) {
  ASSAY_ASSIGN_OR_RETURN(spec->vocabulary_size, config.Integer("vocab_size", 1, kMostVocabulary));
  ASSAY_ASSIGN_OR_RETURN(spec->hidden_size, config.Integer("d_model", 1, kMostWidth));
  ASSAY_ASSIGN_OR_RETURN(spec->intermediate_size, config.Integer("d_ff", 1, kMostWidth));
  ASSAY_ASSIGN_OR_RETURN(spec->heads, config.Integer("num_heads", 1, kMostHeads));
  ASSAY_ASSIGN_OR_RETURN(spec->head_size, config.Integer("d_kv", 1, kMostWidth));
  if (spec->heads * spec->head_size > kMostWidth) {
    return config.Error("d_kv", "is too large for this number of heads");
  }
  ASSAY_ASSIGN_OR_RETURN(const int64_t layers, config.Integer("num_layers", 1, kMostLayers));
  ASSAY_ASSIGN_OR_RETURN(const int64_t decoder_layers,
                         config.IntegerOr("num_decoder_layers", 1, kMostLayers, layers));
  spec->encoder.layers.resize(static_cast<size_t>(layers));
  spec->decoder.layers.resize(static_cast<size_t>(decoder_layers));
  spec->context_length = kMostTokens;
  ASSAY_ASSIGN_OR_RETURN(spec->norm.epsilon, ReadEpsilon(config, "layer_norm_epsilon", 1e-6));
  return absl::OkStatus();
}

absl::Status ReadBuckets(const ConfigReader& config, T5Spec* spec) {
  constexpr int64_t kMostBuckets = 1 << 16;
  ASSAY_ASSIGN_OR_RETURN(const int64_t buckets,
                         config.IntegerOr("relative_attention_num_buckets", 4, kMostBuckets, 32));
  ASSAY_ASSIGN_OR_RETURN(const int64_t distance,
                         config.IntegerOr("relative_attention_max_distance", 1, kMostContext, 128));
  // Half of a direction's buckets are for single distances.
  if (distance <= buckets / 2) {
    return config.Error("relative_attention_max_distance",
                        "is not above half of relative_attention_num_buckets");
  }
  spec->encoder.buckets = {buckets, distance, true};
  spec->decoder.buckets = {buckets, distance, false};
  return absl::OkStatus();
}

// "relu", "gated-gelu" (where the approximation by tanh is meant), "gated-silu".
absl::StatusOr<bool> ReadFeedForward(const ConfigReader& config, T5Spec* spec) {
  constexpr char kField[] = "feed_forward_proj";
  ASSAY_ASSIGN_OR_RETURN(const std::string form, config.TextOr(kField, "relu"));
  absl::string_view name = form;
  const bool gated = absl::ConsumePrefix(&name, "gated-");
  const nlohmann::json activation = {
      {kField, gated && name == "gelu" ? std::string("gelu_new") : std::string(name)}};
  const absl::StatusOr<cpu::Activation> read =
      ReadActivation(ConfigReader(activation, ""), kField, "relu");
  if (!read.ok()) {
    return config.Error(kField, absl::StrCat("is \"", form, "\", which is not supported; it is ",
                                             "an activation, or \"gated-\" and one"));
  }
  spec->activation = *read;
  return gated;
}

absl::Status ReadStartToken(const ConfigReader& config, T5Spec* spec) {
  const std::string field = FirstField(config, {"decoder_start_token_id", "pad_token_id"});
  ASSAY_ASSIGN_OR_RETURN(const int64_t token, config.Integer(field, 0, spec->vocabulary_size - 1));
  spec->start_token = static_cast<int32_t>(token);
  return absl::OkStatus();
}

// The head is the embedding where no other is stored. Files say by their tied weights whether the
// decoder's states are scaled; newer ones, whose weights are all called tied, say it apart.
absl::Status ReadHead(const ConfigReader& config, const Checkpoint& checkpoint, bool is_mt5,
                      T5Spec* spec) {
  const int64_t vocabulary = spec->vocabulary_size;
  const std::string embedding = TensorPrefix(
      checkpoint, {"shared", "encoder.embed_tokens", "decoder.embed_tokens"}, ".weight");
  spec->embedding = Matrix(embedding, vocabulary, spec->hidden_size);
  ASSAY_ASSIGN_OR_RETURN(const bool tied, config.BoolOr("tie_word_embeddings", !is_mt5));
  ASSAY_ASSIGN_OR_RETURN(const bool scaled,
                         config.BoolOr("scale_decoder_outputs", tied && !is_mt5));
  if (!tied || checkpoint.Has("lm_head.weight")) {
    spec->head = Matrix("lm_head", vocabulary, spec->hidden_size);
  }
  if (scaled) spec->logit_scale = 1.0f / std::sqrt(static_cast<float>(spec->hidden_size));
  return absl::OkStatus();
}

T5AttentionSpec Attention(const std::string& layer, const std::string& name, const T5Spec& spec) {
  const int64_t hidden = spec.hidden_size;
  const int64_t inner = spec.heads * spec.head_size;
  return {.norm = layer + "layer_norm",
          .queries = Matrix(layer + name + ".q", inner, hidden),
          .keys = Matrix(layer + name + ".k", inner, hidden),
          .values = Matrix(layer + name + ".v", inner, hidden),
          .output = Matrix(layer + name + ".o", hidden, inner)};
}

void NameTensors(const std::string& stack_name, bool crosses, bool gated, bool biases_everywhere,
                 const T5Spec& spec, T5StackSpec* stack) {
  const int64_t hidden = spec.hidden_size;
  const int64_t inner = spec.intermediate_size;
  stack->final_norm = stack_name + "final_layer_norm";
  for (size_t i = 0; i < stack->layers.size(); ++i) {
    T5LayerSpec& layer = stack->layers[i];
    const std::string block = absl::StrCat(stack_name, "block.", i, ".layer.");
    layer.attention = Attention(block + "0.", "SelfAttention", spec);
    if (i == 0 || biases_everywhere) {
      layer.relative_bias = block + "0.SelfAttention.relative_attention_bias";
    }
    if (crosses) layer.cross_attention = Attention(block + "1.", "EncDecAttention", spec);
    const std::string feed_forward = block + (crosses ? "2." : "1.");
    layer.feed_forward_norm = feed_forward + "layer_norm";
    const std::string dense = feed_forward + "DenseReluDense.";
    if (gated) layer.gate = Matrix(dense + "wi_0", inner, hidden);
    layer.up = Matrix(dense + (gated ? "wi_1" : "wi"), inner, hidden);
    layer.down = Matrix(dense + "wo", hidden, inner);
  }
}

class T5Description : public ModelDescription {
 public:
  explicit T5Description(T5Spec spec) : spec_(std::move(spec)) {}

  int64_t vocabulary_size() const override { return spec_.vocabulary_size; }
  int64_t context_length() const override { return spec_.context_length; }
  absl::StatusOr<int64_t> CheckTensors(const Checkpoint& checkpoint) const override {
    return CheckT5Tensors(checkpoint, spec_);
  }
  absl::StatusOr<std::unique_ptr<CausalLm>> Load(const Checkpoint& checkpoint,
                                                 Precision precision) const override {
    ASSAY_RETURN_IF_ERROR(CheckTensors(checkpoint).status());
    return Guarded(checkpoint.path(), [&]() -> absl::StatusOr<std::unique_ptr<CausalLm>> {
      ASSAY_ASSIGN_OR_RETURN(T5Weights weights, T5Weights::Load(checkpoint, spec_, precision));
      return std::make_unique<T5Lm>(spec_, std::move(weights), precision);
    });
  }

 private:
  const T5Spec spec_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ModelDescription>> DescribeT5(const Checkpoint& checkpoint) {
  const ConfigReader config = ConfigOf(checkpoint);
  ASSAY_ASSIGN_OR_RETURN(const std::string type, config.Text("model_type"));
  T5Spec spec;
  ASSAY_RETURN_IF_ERROR(RefuseUnless(config, "is_encoder_decoder", true, true));
  ASSAY_RETURN_IF_ERROR(ReadSizes(config, &spec));
  ASSAY_RETURN_IF_ERROR(ReadBuckets(config, &spec));
  ASSAY_ASSIGN_OR_RETURN(const bool gated, ReadFeedForward(config, &spec));
  ASSAY_RETURN_IF_ERROR(ReadStartToken(config, &spec));
  ASSAY_RETURN_IF_ERROR(ReadHead(config, checkpoint, type == "mt5", &spec));
  const bool biases_everywhere = type == "umt5";
  NameTensors("encoder.", false, gated, biases_everywhere, spec, &spec.encoder);
  NameTensors("decoder.", true, gated, biases_everywhere, spec, &spec.decoder);
  return std::make_unique<T5Description>(std::move(spec));
}

}  // namespace assay
