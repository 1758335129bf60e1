#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/model/config_fields.h"
#include "worker/model/llama.h"

namespace assay {
namespace {

// Per-frequency factors that a GGUF file carries in place of named scalings.
absl::Status ReadFactors(const Checkpoint& checkpoint, RotaryConfig& rotary) {
  constexpr char kName[] = "rope_freqs.weight";
  if (!checkpoint.Has(kName)) return absl::OkStatus();
  ASSAY_ASSIGN_OR_RETURN(const StoredTensor* tensor, checkpoint.Find(kName));
  if (tensor->shape != std::vector<int64_t>{rotary.size / 2}) {
    return absl::InvalidArgumentError(absl::StrCat(
        tensor->file, ": tensor ", kName, " does not have the shape [", rotary.size / 2, "]"));
  }
  rotary.scaling.type = RotaryScaling::Type::kFactors;
  rotary.scaling.factors.resize(static_cast<size_t>(rotary.size / 2));
  ASSAY_RETURN_IF_ERROR(
      checkpoint.ReadRows(*tensor, 0, rotary.size / 2, rotary.scaling.factors.data()));
  for (const float factor : rotary.scaling.factors) {
    if (!std::isfinite(factor) || factor <= 0) {
      return absl::InvalidArgumentError(
          absl::StrCat(tensor->file, ": tensor ", kName, " holds a factor that is not positive"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<LlamaConfig> LlamaConfig::ParseSizes(const Checkpoint& checkpoint) {
  const ConfigReader config = ConfigOf(checkpoint);
  LlamaConfig result;
  ASSAY_ASSIGN_OR_RETURN(result.vocabulary_size, config.Integer("vocab_size", 1, kMostVocabulary));
  ASSAY_ASSIGN_OR_RETURN(result.hidden_size, config.Integer("hidden_size", 1, kMostWidth));
  ASSAY_ASSIGN_OR_RETURN(result.intermediate_size,
                         config.Integer("intermediate_size", 1, kMostWidth));
  ASSAY_ASSIGN_OR_RETURN(result.layers, config.Integer("num_hidden_layers", 1, kMostLayers));
  ASSAY_ASSIGN_OR_RETURN(result.heads, config.Integer("num_attention_heads", 1, kMostWidth));
  ASSAY_ASSIGN_OR_RETURN(result.kv_heads,
                         config.IntegerOr("num_key_value_heads", 1, result.heads, result.heads));
  if (result.heads % result.kv_heads != 0) {
    return config.Error("num_key_value_heads", "does not divide num_attention_heads");
  }
  if (!config.Has("head_dim") && result.hidden_size % result.heads != 0) {
    return config.Error("num_attention_heads",
                        "does not divide hidden_size, and there is no head_dim");
  }
  ASSAY_ASSIGN_OR_RETURN(result.head_size, config.IntegerOr("head_dim", 2, kMostWidth,
                                                            result.hidden_size / result.heads));
  if (result.head_size % 2 != 0) return config.Error("head_dim", "is odd");
  ASSAY_ASSIGN_OR_RETURN(result.context_length,
                         config.IntegerOr("max_position_embeddings", 1, kMostContext, 2048));
  ASSAY_ASSIGN_OR_RETURN(const double epsilon, config.PositiveOr("rms_norm_eps", 1e-6));
  result.norm_epsilon = static_cast<float>(epsilon);
  ASSAY_ASSIGN_OR_RETURN(result.tied_embeddings, config.BoolOr("tie_word_embeddings", false));
  ASSAY_ASSIGN_OR_RETURN(result.rotary,
                         ReadRotary(config, result.head_size, result.context_length));
  ASSAY_RETURN_IF_ERROR(ReadFactors(checkpoint, result.rotary));
  return result;
}

absl::StatusOr<LlamaConfig> LlamaConfig::Parse(const Checkpoint& checkpoint) {
  const ConfigReader config = ConfigOf(checkpoint);
  ASSAY_ASSIGN_OR_RETURN(const std::string activation, config.TextOr("hidden_act", "silu"));
  if (activation != "silu" && activation != "swish") {
    return config.Error("hidden_act", absl::StrCat("is \"", activation, "\"; Llama has silu"));
  }
  return ParseSizes(checkpoint);
}

}  // namespace assay
