#include "worker/weights/quantization_config.h"

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

using nlohmann::json;

constexpr char kMethod[] = "quant_method";
constexpr char kThreshold[] = "llm_int8_threshold";
constexpr float kPaperThreshold = 6.0f;
constexpr char kWhatToDo[] =
    "; read are gptq, awq (gemm) and bitsandbytes (8 bits, nf4, fp4). Use the model's folder "
    "before quantization, or its GGUF file";

// Typed access to the fields; null counts as absent.
class Fields {
 public:
  Fields(const json& object, const QuantizationConfig& config) : object_(object), config_(config) {}

  const json* Find(const char* key) const {
    const auto found = object_.find(key);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }
  absl::StatusOr<int64_t> Integer(const char* key, int64_t otherwise) const {
    const json* value = Find(key);
    if (value == nullptr) return otherwise;
    // Other kinds of numbers do not fit, or are no whole ones.
    if (!value->is_number_integer() ||
        (value->is_number_unsigned() &&
         value->get<uint64_t>() > static_cast<uint64_t>(INT32_MAX))) {
      return config_.Error(key, "is not a whole number of a sensible size");
    }
    return value->get<int64_t>();
  }
  absl::StatusOr<bool> Bool(const char* key, bool otherwise) const {
    const json* value = Find(key);
    if (value == nullptr) return otherwise;
    if (!value->is_boolean()) return config_.Error(key, "is neither true nor false");
    return value->get<bool>();
  }
  // In lower case.
  absl::StatusOr<std::string> Text(const char* key, absl::string_view otherwise) const {
    const json* value = Find(key);
    if (value == nullptr) return std::string(otherwise);
    if (!value->is_string()) return config_.Error(key, "is not a text");
    return absl::AsciiStrToLower(value->get_ref<const std::string&>());
  }

 private:
  const json& object_;
  const QuantizationConfig& config_;
};

// Of a config.json's "quantization_config"; null: there is none.
const json* FindSetting(const json& config, const char* key) {
  const auto object = config.find("quantization_config");
  if (object == config.end() || !object->is_object()) return nullptr;
  const auto value = object->find(key);
  return value == object->end() ? nullptr : &*value;
}

absl::Status Unread(const QuantizationConfig& config, absl::string_view field,
                    absl::string_view value) {
  return absl::UnimplementedError(absl::StrCat(config.where, ": the quantization's \"", field,
                                               "\" is \"", absl::CHexEscape(value.substr(0, 40)),
                                               "\"", kWhatToDo));
}

absl::Status ReadGroupSize(const Fields& fields, const char* key, QuantizationConfig* config) {
  ASSAY_ASSIGN_OR_RETURN(config->group_size, fields.Integer(key, -1));
  if (config->group_size != -1 && config->group_size < 1) {
    return config->Error(key, "is neither positive nor -1");
  }
  return absl::OkStatus();
}

absl::Status ReadGptq(const Fields& fields, QuantizationConfig* config) {
  ASSAY_ASSIGN_OR_RETURN(const int64_t bits, fields.Integer("bits", 0));
  if (bits != 2 && bits != 3 && bits != 4 && bits != 8) {
    return config->Error("bits", absl::StrCat("is ", bits, "; GPTQ is read with 2, 3, 4 and 8"));
  }
  config->bits = static_cast<int>(bits);
  ASSAY_RETURN_IF_ERROR(ReadGroupSize(fields, "group_size", config));
  ASSAY_ASSIGN_OR_RETURN(std::string format, fields.Text("format", "gptq"));
  ASSAY_ASSIGN_OR_RETURN(format, fields.Text("checkpoint_format", format));
  ASSAY_ASSIGN_OR_RETURN(const bool marlin, fields.Bool("is_marlin_format", false));
  if (marlin) format = "marlin";
  if (format != "gptq" && format != "gptq_v2") return Unread(*config, "checkpoint_format", format);
  config->zeros_less_one = format == "gptq";
  ASSAY_ASSIGN_OR_RETURN(const std::string packed, fields.Text("pack_dtype", "int32"));
  if (packed != "int32") return Unread(*config, "pack_dtype", packed);
  // Of layers by pattern: "-:" leaves them as they are, which the tensors show.
  const json* dynamic = fields.Find("dynamic");
  if (dynamic == nullptr) return absl::OkStatus();
  if (!dynamic->is_object()) return config->Error("dynamic", "is not an object");
  for (auto item = dynamic->begin(); item != dynamic->end(); ++item) {
    if (!absl::StartsWith(item.key(), "-:")) return Unread(*config, "dynamic", item.key());
  }
  return absl::OkStatus();
}

absl::Status ReadAwq(const Fields& fields, QuantizationConfig* config) {
  ASSAY_ASSIGN_OR_RETURN(int64_t bits, fields.Integer("w_bit", 4));
  ASSAY_ASSIGN_OR_RETURN(bits, fields.Integer("bits", bits));
  if (bits != 4) {
    return config->Error("bits", absl::StrCat("is ", bits, "; AWQ is read with 4"));
  }
  const bool old_name = fields.Find("group_size") == nullptr;
  ASSAY_RETURN_IF_ERROR(ReadGroupSize(fields, old_name ? "q_group_size" : "group_size", config));
  ASSAY_ASSIGN_OR_RETURN(std::string version, fields.Text("format", "gemm"));
  ASSAY_ASSIGN_OR_RETURN(version, fields.Text("version", version));
  if (version != "gemm") return Unread(*config, "version", version);
  ASSAY_ASSIGN_OR_RETURN(const bool zero_point, fields.Bool("zero_point", true));
  if (!zero_point) return Unread(*config, "zero_point", "false");
  return absl::OkStatus();
}

absl::Status ReadBitsAndBytes(const Fields& fields, QuantizationConfig* config) {
  ASSAY_ASSIGN_OR_RETURN(const bool eight, fields.Bool("load_in_8bit", false));
  ASSAY_ASSIGN_OR_RETURN(const bool four, fields.Bool("load_in_4bit", false));
  if (eight == four) {
    return config->Error("load_in_8bit",
                         "and \"load_in_4bit\" do not say which of the two formats it is");
  }
  config->method =
      eight ? QuantizationMethod::kBitsAndBytesInt8 : QuantizationMethod::kBitsAndBytes4Bits;
  config->bits = eight ? 8 : 4;
  const json* threshold = fields.Find(kThreshold);
  if (threshold != nullptr && (!threshold->is_number() || !(threshold->get<double>() >= 0))) {
    return config->Error(kThreshold, "is not a number from 0");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status QuantizationConfig::Error(absl::string_view field, absl::string_view what) const {
  return absl::InvalidArgumentError(
      absl::StrCat(where, ": the quantization's \"", field, "\" ", what));
}

absl::StatusOr<QuantizationConfig> ParseQuantizationConfig(const json& object,
                                                           const std::string& where,
                                                           absl::string_view otherwise) {
  QuantizationConfig config;
  config.where = where;
  if (!object.is_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat(where, ": \"quantization_config\" is not an object"));
  }
  const Fields fields(object, config);
  // bitsandbytes did not write its name at first.
  const bool load_in = fields.Find("load_in_8bit") != nullptr;
  ASSAY_ASSIGN_OR_RETURN(const std::string method,
                         fields.Text(kMethod, load_in ? "bitsandbytes" : otherwise));
  if (method.empty()) return config.Error(kMethod, "is missing");
  absl::Status status;
  if (method == "gptq") {
    config.method = QuantizationMethod::kGptq;
    status = ReadGptq(fields, &config);
  } else if (method == "awq") {
    config.method = QuantizationMethod::kAwq;
    status = ReadAwq(fields, &config);
  } else if (method == "bitsandbytes") {
    status = ReadBitsAndBytes(fields, &config);
  } else {
    status = Unread(config, kMethod, method);
  }
  if (!status.ok()) return status;
  return config;
}

bool IsInt8Folder(const json& config) {
  const json* eight = FindSetting(config, "load_in_8bit");
  return eight != nullptr && eight->is_boolean() && eight->get<bool>();
}

float LlmInt8Threshold(const json& config) {
  const json* threshold = FindSetting(config, kThreshold);
  return threshold != nullptr && threshold->is_number()
             ? static_cast<float>(threshold->get<double>())
             : kPaperThreshold;
}

}  // namespace assay
