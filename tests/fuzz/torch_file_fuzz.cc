// Any bytes as a file of torch.save: it is refused, or every tensor's values lie inside of it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "worker/weights/torch_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto file = assay::TorchFile::FromBytes("input.bin", bytes);
  if (!file.ok()) return 0;
  (void)(*file)->CheckIntegrity();
  for (const auto* tensors : {&(*file)->tensors(), &(*file)->integers()}) {
    for (const assay::StoredTensor& tensor : *tensors) {
      int64_t count = 1, last = 0;
      for (const int64_t dimension : tensor.shape) count *= dimension;
      if (count < 0 || static_cast<uint64_t>(count) > size) std::abort();
      for (size_t i = 0; i < tensor.strides.size(); ++i) {
        last += (tensor.shape[i] - 1) * tensor.strides[i];
      }
      const int64_t value_bytes = assay::Info(tensor.type).block_bytes;
      const int64_t needed = (tensor.strides.empty() ? count : last + 1) * value_bytes;
      if (static_cast<uint64_t>(needed) != tensor.bytes.size()) std::abort();
      const char* end = bytes.data() + size;
      if (!tensor.bytes.empty() &&
          (tensor.bytes.data() < bytes.data() || tensor.bytes.data() + tensor.bytes.size() > end)) {
        std::abort();
      }
      if (!(*file)->Has(tensor.name)) std::abort();
    }
  }
  return 0;
}
