#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/model/config_reader.h"
#include "worker/model/llama.h"

namespace assay {
namespace {

// Bounds that no real model comes near; they keep products of sizes far from overflow.
constexpr int64_t kMostLayers = 1 << 12;
constexpr int64_t kMostWidth = 1 << 20;
constexpr int64_t kMostVocabulary = 1 << 24;
constexpr int64_t kMostContext = 1 << 28;

absl::StatusOr<RotaryScaling> ParseScaling(const ConfigReader& config, int64_t context_length) {
  RotaryScaling scaling;
  scaling.original_context = context_length;
  // Newer files write "rope_parameters", which also holds the base.
  const std::string field = config.Has("rope_scaling") ? "rope_scaling" : "rope_parameters";
  if (!config.Has(field)) return scaling;
  ASSAY_ASSIGN_OR_RETURN(const ConfigReader object, config.Object(field));
  ASSAY_ASSIGN_OR_RETURN(std::string type, object.TextOr("type", "default"));
  ASSAY_ASSIGN_OR_RETURN(type, object.TextOr("rope_type", type));
  if (type == "default") return scaling;
  ASSAY_ASSIGN_OR_RETURN(const double factor, object.Positive("factor"));
  scaling.factor = static_cast<float>(factor);
  ASSAY_ASSIGN_OR_RETURN(
      scaling.original_context,
      object.IntegerOr("original_max_position_embeddings", 1, kMostContext, context_length));
  if (type == "linear") {
    scaling.type = RotaryScaling::Type::kLinear;
  } else if (type == "dynamic") {
    scaling.type = RotaryScaling::Type::kDynamic;
  } else if (type == "llama3") {
    scaling.type = RotaryScaling::Type::kLlama3;
    ASSAY_ASSIGN_OR_RETURN(const double low, object.Positive("low_freq_factor"));
    ASSAY_ASSIGN_OR_RETURN(const double high, object.Positive("high_freq_factor"));
    if (high <= low) return object.Error("high_freq_factor", "is not above low_freq_factor");
    scaling.low_frequency_factor = static_cast<float>(low);
    scaling.high_frequency_factor = static_cast<float>(high);
  } else if (type == "yarn") {
    scaling.type = RotaryScaling::Type::kYarn;
    ASSAY_ASSIGN_OR_RETURN(const double fast, object.PositiveOr("beta_fast", 32));
    ASSAY_ASSIGN_OR_RETURN(const double slow, object.PositiveOr("beta_slow", 1));
    ASSAY_ASSIGN_OR_RETURN(scaling.truncate, object.BoolOr("truncate", true));
    scaling.beta_fast = static_cast<float>(fast);
    scaling.beta_slow = static_cast<float>(slow);
    if (object.Has("attention_factor")) {
      ASSAY_ASSIGN_OR_RETURN(const double attention, object.Positive("attention_factor"));
      scaling.attention_factor = static_cast<float>(attention);
    } else if (object.Has("mscale") && object.Has("mscale_all_dim")) {
      ASSAY_ASSIGN_OR_RETURN(const double scale, object.Positive("mscale"));
      ASSAY_ASSIGN_OR_RETURN(const double all, object.Positive("mscale_all_dim"));
      const auto attention = [&](double m) {
        return factor <= 1 ? 1.0 : 0.1 * m * std::log(factor) + 1.0;
      };
      scaling.attention_factor = static_cast<float>(attention(scale) / attention(all));
    }
  } else {
    return object.Error(
        "rope_type",
        absl::StrCat("is \"", type, "\"; there are: default, linear, dynamic, llama3, yarn"));
  }
  return scaling;
}

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

absl::StatusOr<LlamaConfig> LlamaConfig::Parse(const Checkpoint& checkpoint) {
  const std::string where = checkpoint.format() == "gguf"
                                ? std::string(checkpoint.path())
                                : absl::StrCat(checkpoint.path(), "/config.json");
  const ConfigReader config(checkpoint.config(), where);
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
  ASSAY_ASSIGN_OR_RETURN(const std::string activation, config.TextOr("hidden_act", "silu"));
  if (activation != "silu" && activation != "swish") {
    return config.Error("hidden_act", absl::StrCat("is \"", activation, "\"; Llama has silu"));
  }
  double base = 10000;
  if (config.Has("rope_parameters")) {
    ASSAY_ASSIGN_OR_RETURN(const ConfigReader parameters, config.Object("rope_parameters"));
    ASSAY_ASSIGN_OR_RETURN(base, parameters.PositiveOr("rope_theta", base));
  }
  ASSAY_ASSIGN_OR_RETURN(base, config.PositiveOr("rope_theta", base));
  ASSAY_ASSIGN_OR_RETURN(const double rotated, config.PositiveOr("partial_rotary_factor", 1));
  if (rotated > 1) return config.Error("partial_rotary_factor", "is above 1");
  result.rotary.size = static_cast<int64_t>(rotated * static_cast<double>(result.head_size));
  if (result.rotary.size < 2 || result.rotary.size % 2 != 0) {
    return config.Error("partial_rotary_factor", "does not give an even part of head_dim");
  }
  result.rotary.base = static_cast<float>(base);
  ASSAY_ASSIGN_OR_RETURN(result.rotary.scaling, ParseScaling(config, result.context_length));
  ASSAY_RETURN_IF_ERROR(ReadFactors(checkpoint, result.rotary));
  return result;
}

}  // namespace assay
