#include "worker/model/config_fields.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace assay {

ConfigReader ConfigOf(const Checkpoint& checkpoint) {
  return ConfigReader(checkpoint.config(), checkpoint.format() == "gguf"
                                               ? checkpoint.path()
                                               : absl::StrCat(checkpoint.path(), "/config.json"));
}

std::string FirstField(const ConfigReader& config, std::initializer_list<const char*> fields) {
  for (const char* field : fields) {
    if (config.Has(field)) return field;
  }
  return *fields.begin();
}

LinearPart Matrix(std::string name, int64_t out, int64_t in, LinearPart::Bias bias) {
  return {.name = std::move(name), .out = out, .in = in, .bias = bias};
}
LinearPart Biased(std::string name, int64_t out, int64_t in) {
  return Matrix(std::move(name), out, in, LinearPart::Bias::kNeeded);
}

DecoderSpec DecoderOf(const DecoderSizes& sizes) {
  DecoderSpec spec;
  spec.vocabulary_size = sizes.vocabulary;
  spec.hidden_size = sizes.hidden;
  spec.heads = sizes.heads;
  spec.kv_heads = sizes.heads;
  spec.head_size = sizes.head;
  return spec;
}

absl::StatusOr<DecoderSizes> ReadDecoderSizes(const ConfigReader& config,
                                              absl::string_view hidden_field,
                                              absl::string_view layers_field,
                                              absl::string_view heads_field) {
  DecoderSizes sizes;
  ASSAY_ASSIGN_OR_RETURN(sizes.vocabulary, config.Integer("vocab_size", 1, kMostVocabulary));
  ASSAY_ASSIGN_OR_RETURN(sizes.hidden, config.Integer(hidden_field, 1, kMostWidth));
  ASSAY_ASSIGN_OR_RETURN(sizes.layers, config.Integer(layers_field, 1, kMostLayers));
  ASSAY_ASSIGN_OR_RETURN(sizes.heads, config.Integer(heads_field, 1, kMostWidth));
  if (sizes.hidden % sizes.heads != 0) {
    return config.Error(heads_field, absl::StrCat("does not divide ", hidden_field));
  }
  sizes.head = sizes.hidden / sizes.heads;
  return sizes;
}

absl::StatusOr<Gpt2Fields> ReadGpt2Fields(const ConfigReader& config, int64_t context_otherwise,
                                          const std::string& activation_otherwise) {
  Gpt2Fields fields;
  ASSAY_ASSIGN_OR_RETURN(fields.sizes,
                         ReadDecoderSizes(config, FirstField(config, {"n_embd", "hidden_size"}),
                                          FirstField(config, {"n_layer", "num_hidden_layers"}),
                                          FirstField(config, {"n_head", "num_attention_heads"})));
  DecoderSpec& spec = fields.spec = DecoderOf(fields.sizes);
  ASSAY_ASSIGN_OR_RETURN(spec.intermediate_size,
                         config.IntegerOr("n_inner", 1, kMostWidth, 4 * fields.sizes.hidden));
  ASSAY_ASSIGN_OR_RETURN(
      spec.context_length,
      ReadContext(config, FirstField(config, {"n_positions", "max_position_embeddings"}),
                  context_otherwise));
  spec.norm = {.form = NormKind::Form::kLayer, .has_bias = true};
  ASSAY_ASSIGN_OR_RETURN(spec.norm.epsilon, ReadEpsilon(config, "layer_norm_epsilon", 1e-5));
  ASSAY_ASSIGN_OR_RETURN(spec.activation,
                         ReadActivation(config, "activation_function", activation_otherwise));
  return fields;
}

absl::StatusOr<int64_t> ReadContext(const ConfigReader& config, absl::string_view field,
                                    int64_t otherwise) {
  return config.IntegerOr(field, 1, kMostContext, otherwise);
}

absl::StatusOr<float> ReadEpsilon(const ConfigReader& config, absl::string_view field,
                                  double otherwise) {
  ASSAY_ASSIGN_OR_RETURN(const double epsilon, config.PositiveOr(field, otherwise));
  return static_cast<float>(epsilon);
}

absl::StatusOr<cpu::Activation> ReadActivation(const ConfigReader& config, absl::string_view field,
                                               const std::string& otherwise) {
  ASSAY_ASSIGN_OR_RETURN(const std::string name, config.TextOr(field, otherwise));
  static constexpr std::pair<absl::string_view, cpu::Activation> kActivations[] = {
      {"silu", cpu::Activation::kSilu},
      {"swish", cpu::Activation::kSilu},
      {"relu", cpu::Activation::kRelu},
      {"gelu", cpu::Activation::kGelu},
      {"gelu_python", cpu::Activation::kGelu},
      {"gelu_new", cpu::Activation::kGeluTanh},
      {"gelu_fast", cpu::Activation::kGeluTanh},
      {"gelu_pytorch_tanh", cpu::Activation::kGeluTanh},
      {"gelu_python_tanh", cpu::Activation::kGeluTanh},
      {"quick_gelu", cpu::Activation::kGeluQuick},
  };
  std::string known;
  for (const auto& [known_name, activation] : kActivations) {
    if (name == known_name) return activation;
    absl::StrAppend(&known, known.empty() ? "" : ", ", known_name);
  }
  return config.Error(field, absl::StrCat("is \"", name, "\"; there are: ", known));
}

absl::Status RefuseUnless(const ConfigReader& config, absl::string_view field, bool otherwise,
                          bool supported) {
  ASSAY_ASSIGN_OR_RETURN(const bool value, config.BoolOr(field, otherwise));
  if (value == supported) return absl::OkStatus();
  return config.Error(field,
                      absl::StrCat("is ", value ? "true" : "false", ", which is not supported"));
}

absl::StatusOr<RotaryScaling> ReadRotaryScaling(const ConfigReader& config,
                                                int64_t context_length) {
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

absl::Status CheckRotarySize(const ConfigReader& config, absl::string_view field, int64_t size) {
  if (size >= 2 && size % 2 == 0) return absl::OkStatus();
  return config.Error(field, "does not give an even part of head_dim");
}

absl::StatusOr<RotaryConfig> ReadRotary(const ConfigReader& config, int64_t head_size,
                                        int64_t context_length, absl::string_view part_field,
                                        double part, absl::string_view base_field) {
  double base = 10000;
  if (config.Has("rope_parameters")) {
    ASSAY_ASSIGN_OR_RETURN(const ConfigReader parameters, config.Object("rope_parameters"));
    ASSAY_ASSIGN_OR_RETURN(base, parameters.PositiveOr("rope_theta", base));
    ASSAY_ASSIGN_OR_RETURN(part, parameters.PositiveOr("partial_rotary_factor", part));
  }
  ASSAY_ASSIGN_OR_RETURN(base, config.PositiveOr(base_field, base));
  ASSAY_ASSIGN_OR_RETURN(base, config.PositiveOr("rope_theta", base));
  ASSAY_ASSIGN_OR_RETURN(part, config.PositiveOr(part_field, part));
  if (part > 1) return config.Error(part_field, "is above 1");
  RotaryConfig rotary;
  rotary.size = static_cast<int64_t>(part * static_cast<double>(head_size));
  ASSAY_RETURN_IF_ERROR(CheckRotarySize(config, part_field, rotary.size));
  rotary.base = static_cast<float>(base);
  ASSAY_ASSIGN_OR_RETURN(rotary.scaling, ReadRotaryScaling(config, context_length));
  return rotary;
}

absl::StatusOr<std::vector<bool>> ReadSlidingLayers(const ConfigReader& config, int64_t layers,
                                                    const std::function<bool(int64_t)>& otherwise) {
  std::vector<bool> sliding;
  ASSAY_ASSIGN_OR_RETURN(const std::vector<std::string> types, config.Texts("layer_types"));
  if (types.empty()) {
    for (int64_t i = 0; i < layers; ++i) sliding.push_back(otherwise(i));
    return sliding;
  }
  if (static_cast<int64_t>(types.size()) != layers) {
    return config.Error("layer_types",
                        absl::StrCat("has ", types.size(), " entries for ", layers, " layers"));
  }
  for (const std::string& type : types) {
    if (type != "full_attention" && type != "sliding_attention") {
      return config.Error("layer_types", absl::StrCat("has \"", type,
                                                      "\"; there are: full_attention, "
                                                      "sliding_attention"));
    }
    sliding.push_back(type == "sliding_attention");
  }
  return sliding;
}

void AppendHeadRows(int64_t first, int64_t head_size, int64_t rotated, std::vector<int64_t>* rows) {
  const int64_t half = rotated / 2;
  for (int64_t i = 0; i < head_size; ++i) {
    rows->push_back(first + (i >= rotated ? i : i % half * 2 + i / half));
  }
}

std::vector<int64_t> RowRun(int64_t first, int64_t count) {
  std::vector<int64_t> rows(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) rows[static_cast<size_t>(i)] = first + i;
  return rows;
}

std::string TensorPrefix(const Checkpoint& checkpoint, std::initializer_list<const char*> prefixes,
                         absl::string_view name) {
  for (const char* prefix : prefixes) {
    if (checkpoint.Has(absl::StrCat(prefix, name))) return prefix;
  }
  return *prefixes.begin();
}

}  // namespace assay
