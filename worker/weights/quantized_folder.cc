#include "worker/weights/quantized_folder.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "worker/weights/bitsandbytes_matrix.h"
#include "worker/weights/group_matrix.h"
#include "worker/weights/quantized_parts.h"

namespace assay {
namespace {

constexpr absl::string_view kWords = ".qweight";
constexpr absl::string_view kWeight = ".weight";

// What the method stores of a layer, for messages.
absl::string_view MarkOf(QuantizationMethod method) {
  switch (method) {
    case QuantizationMethod::kGptq:
    case QuantizationMethod::kAwq:
      return "*.qweight";
    case QuantizationMethod::kBitsAndBytesInt8:
      return "*.weight of int8";
    case QuantizationMethod::kBitsAndBytes4Bits:
      return "*.weight.quant_state.bitsandbytes__nf4 or fp4";
  }
  return "";
}

// The name of the layer that the tensor is the matrix of, where it is quantized; else "".
std::string LayerOf(const QuantizationConfig& config, const QuantizedParts& parts,
                    const StoredTensor& tensor) {
  absl::string_view name = tensor.name;
  switch (config.method) {
    case QuantizationMethod::kGptq:
    case QuantizationMethod::kAwq:
      return absl::ConsumeSuffix(&name, kWords) ? std::string(name) : "";
    case QuantizationMethod::kBitsAndBytesInt8:
      return tensor.type == TensorType::kInt8 && absl::ConsumeSuffix(&name, kWeight)
                 ? std::string(name)
                 : "";
    case QuantizationMethod::kBitsAndBytes4Bits:
      return absl::ConsumeSuffix(&name, kWeight) && IsFourBitLayer(parts, std::string(name))
                 ? std::string(name)
                 : "";
  }
  return "";
}

absl::StatusOr<QuantizedLayer> OpenLayer(const QuantizationConfig& config,
                                         const QuantizedParts& parts, const std::string& layer) {
  switch (config.method) {
    case QuantizationMethod::kGptq:
      return OpenGptqLayer(config, parts, layer);
    case QuantizationMethod::kAwq:
      return OpenAwqLayer(config, parts, layer);
    case QuantizationMethod::kBitsAndBytesInt8:
      return OpenInt8Layer(parts, layer);
    case QuantizationMethod::kBitsAndBytes4Bits:
      return OpenFourBitLayer(parts, layer);
  }
  return absl::InternalError("no such method");
}

// Parts of quantized weights that no layer has taken.
absl::Status RefuseLeftovers(const std::vector<StoredTensor>& integers,
                             const std::vector<StoredTensor>& tensors, absl::string_view where) {
  for (const StoredTensor& tensor : integers) {
    if (!absl::EndsWith(tensor.name, kWeight) && !absl::EndsWith(tensor.name, kWords)) continue;
    const auto taken =
        std::lower_bound(tensors.begin(), tensors.end(), tensor.name,
                         [](const StoredTensor& a, const std::string& b) { return a.name < b; });
    if (taken != tensors.end() && taken->name == tensor.name) continue;
    return PartError(tensor, "has the dtype ", Info(tensor.type).name,
                     "; only F32, F16 and BF16 weights can be read, and quantized ones where ",
                     where);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ReplaceQuantizedParts(const std::optional<QuantizationConfig>& config,
                                   const std::vector<StoredTensor>& integers,
                                   std::vector<StoredTensor>* tensors) {
  if (!config.has_value()) {
    return RefuseLeftovers(integers, *tensors,
                           "config.json has a \"quantization_config\" that says how");
  }
  const QuantizedParts parts(*tensors, integers);
  std::vector<StoredTensor> replaced;
  std::vector<std::string> layers;
  for (const std::vector<StoredTensor>* list : {&integers, &std::as_const(*tensors)}) {
    for (const StoredTensor& tensor : *list) {
      const std::string layer = LayerOf(*config, parts, tensor);
      if (layer.empty()) continue;
      ASSAY_ASSIGN_OR_RETURN(QuantizedLayer opened, OpenLayer(*config, parts, layer));
      const std::string name = absl::StrCat(layer, kWeight);
      const StoredTensor* other = parts.Find(name);
      if (other != nullptr && other->name != tensor.name) {
        return PartError(*other, "stands beside ", tensor.name, ", which means the same");
      }
      replaced.push_back({.name = name,
                          .shape = {opened.out, opened.in},
                          .bytes = {},
                          .file = tensor.file,
                          .quantized = std::move(opened.matrix)});
      layers.push_back(layer);
    }
  }
  if (replaced.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(config->where, " says that the weights are quantized, but there is no tensor ",
                     MarkOf(config->method), "; where they are not, take that out"));
  }
  // The parts that are floating point; integers are in no list of weights.
  std::vector<std::string> used;
  for (const std::string& layer : layers) {
    for (const char* suffix : {".weight", ".scales", ".SCB", ".weight.absmax", ".weight.quant_map",
                               ".weight.nested_absmax", ".weight.nested_quant_map"}) {
      used.push_back(absl::StrCat(layer, suffix));
    }
  }
  std::sort(used.begin(), used.end());
  std::erase_if(*tensors, [&](const StoredTensor& tensor) {
    return std::binary_search(used.begin(), used.end(), tensor.name);
  });
  tensors->insert(tensors->end(), std::make_move_iterator(replaced.begin()),
                  std::make_move_iterator(replaced.end()));
  std::sort(tensors->begin(), tensors->end(),
            [](const StoredTensor& a, const StoredTensor& b) { return a.name < b.name; });
  return config->method == QuantizationMethod::kGptq || config->method == QuantizationMethod::kAwq
             ? absl::OkStatus()
             : RefuseLeftovers(integers, *tensors,
                               absl::StrCat("they are as ", config->where, " says"));
}

}  // namespace assay
