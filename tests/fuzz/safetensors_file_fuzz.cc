// Any bytes as a safetensors file: it is refused, or every tensor's bytes can be read.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "worker/weights/safetensors_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto file = assay::SafetensorsFile::FromBytes("input.safetensors", bytes);
  if (!file.ok()) return 0;
  std::vector<float> values;
  for (const assay::StoredTensor& tensor : (*file)->tensors()) {
    int64_t count = 1;
    for (int64_t dimension : tensor.shape) count *= dimension;
    // As many values as the input's bytes can hold, or the parser let something through.
    if (count < 0 || static_cast<uint64_t>(count) > size) std::abort();
    values.resize(static_cast<size_t>(count));
    assay::ToFloat32(tensor.type, tensor.bytes.data(), count, values.data());
    if (!(*file)->Has(tensor.name)) std::abort();
  }
  return 0;
}
