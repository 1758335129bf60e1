// A line of JSON, the quantization's settings, and any bytes as a safetensors file: refused, or
// every weight that the tensors stand for can be read.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <vector>

#include "worker/weights/json_object.h"
#include "worker/weights/quantization_config.h"
#include "worker/weights/quantized_folder.h"
#include "worker/weights/quantized_matrix.h"
#include "worker/weights/safetensors_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t line = input.find('\n');
  if (line == input.npos) return 0;
  const auto object = assay::ParseJsonObject("config.json", input.substr(0, line));
  if (!object.ok()) return 0;
  const auto config = assay::ParseQuantizationConfig(*object, "config.json", "gptq");
  const float threshold = assay::LlmInt8Threshold({{"quantization_config", *object}});
  if (config.ok() && !(threshold >= 0)) std::abort();
  const auto file = assay::SafetensorsFile::FromBytes("input.safetensors", input.substr(line + 1));
  if (!config.ok() || !file.ok()) return 0;
  std::vector<assay::StoredTensor> tensors = (*file)->tensors();
  if (!assay::ReplaceQuantizedParts(*config, (*file)->integers(), &tensors).ok()) return 0;
  std::vector<float> values;
  for (const assay::StoredTensor& tensor : tensors) {
    if (tensor.quantized == nullptr) continue;
    // No more values than bits, or a size was believed.
    const uint64_t rows = static_cast<uint64_t>(tensor.shape[0]);
    const uint64_t columns = static_cast<uint64_t>(tensor.shape[1]);
    if (columns > 0 && rows > size * 8 / columns) std::abort();
    values.resize(rows * columns);
    tensor.quantized->ReadRows(0, tensor.shape[0], values.data());
    if (rows > 1) tensor.quantized->ReadRows(tensor.shape[0] - 1, tensor.shape[0], values.data());
  }
  return 0;
}
