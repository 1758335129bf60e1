// RWKV-4 (Peng et al. 2023), of the Pile and Raven: a recurrence in place of attention.
#include <memory>
#include <utility>

#include "common/base/status_macros.h"
#include "worker/model/config_fields.h"
#include "worker/model/guarded.h"
#include "worker/model/rwkv_lm.h"
#include "worker/model/rwkv_weights.h"

namespace assay {
namespace {

class RwkvDescription : public ModelDescription {
 public:
  explicit RwkvDescription(RwkvSpec spec) : spec_(std::move(spec)) {}

  int64_t vocabulary_size() const override { return spec_.vocabulary_size; }
  int64_t context_length() const override { return spec_.context_length; }
  absl::StatusOr<int64_t> CheckTensors(const Checkpoint& checkpoint) const override {
    return CheckRwkvTensors(checkpoint, spec_);
  }
  absl::StatusOr<std::unique_ptr<CausalLm>> Load(const Checkpoint& checkpoint,
                                                 Precision precision) const override {
    ASSAY_RETURN_IF_ERROR(CheckTensors(checkpoint).status());
    return Guarded(checkpoint.path(), [&]() -> absl::StatusOr<std::unique_ptr<CausalLm>> {
      ASSAY_ASSIGN_OR_RETURN(RwkvWeights weights, RwkvWeights::Load(checkpoint, spec_, precision));
      return std::make_unique<RwkvLm>(spec_, std::move(weights), precision);
    });
  }

 private:
  const RwkvSpec spec_;
};

RwkvNames NamesOf(const Checkpoint& checkpoint) {
  if (checkpoint.Has("emb.weight")) {
    return {.embedding = "emb",
            .blocks = "blocks.",
            .embedding_norm = "blocks.0.ln0",
            .attention = "att.",
            .feed_forward = "ffn.",
            .final_norm = "ln_out",
            .head = "head",
            .mix_key = "time_mix_k",
            .mix_value = "time_mix_v",
            .mix_receptance = "time_mix_r"};
  }
  return {.embedding = "rwkv.embeddings",
          .blocks = "rwkv.blocks.",
          .embedding_norm = "rwkv.blocks.0.pre_ln",
          .attention = "attention.",
          .feed_forward = "feed_forward.",
          .final_norm = "rwkv.ln_out",
          .head = "head",
          .mix_key = "time_mix_key",
          .mix_value = "time_mix_value",
          .mix_receptance = "time_mix_receptance"};
}

}  // namespace

absl::StatusOr<std::unique_ptr<ModelDescription>> DescribeRwkv(const Checkpoint& checkpoint) {
  const ConfigReader config = ConfigOf(checkpoint);
  RwkvSpec spec;
  ASSAY_ASSIGN_OR_RETURN(spec.vocabulary_size, config.Integer("vocab_size", 1, kMostVocabulary));
  ASSAY_ASSIGN_OR_RETURN(spec.hidden_size, config.Integer("hidden_size", 1, kMostWidth));
  ASSAY_ASSIGN_OR_RETURN(spec.layers, config.Integer("num_hidden_layers", 1, kMostLayers));
  ASSAY_ASSIGN_OR_RETURN(spec.attention_size, config.IntegerOr("attention_hidden_size", 1,
                                                               kMostWidth, spec.hidden_size));
  ASSAY_ASSIGN_OR_RETURN(
      spec.intermediate_size,
      config.IntegerOr("intermediate_size", 1, kMostWidth, 4 * spec.hidden_size));
  ASSAY_ASSIGN_OR_RETURN(spec.context_length, ReadContext(config, "context_length", 1024));
  ASSAY_ASSIGN_OR_RETURN(spec.rescale_every,
                         config.IntegerOr("rescale_every", -kMostLayers, kMostLayers, 6));
  if (spec.rescale_every < 0) spec.rescale_every = 0;
  ASSAY_ASSIGN_OR_RETURN(spec.tied_head, config.BoolOr("tie_word_embeddings", false));
  spec.norm = {.form = NormKind::Form::kLayer, .has_bias = true};
  ASSAY_ASSIGN_OR_RETURN(spec.norm.epsilon, ReadEpsilon(config, "layer_norm_epsilon", 1e-5));
  spec.names = NamesOf(checkpoint);
  return std::make_unique<RwkvDescription>(std::move(spec));
}

}  // namespace assay
