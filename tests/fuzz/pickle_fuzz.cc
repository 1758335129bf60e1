// Any bytes as a pickle, and what it holds as tensors.
#include <cstddef>
#include <cstdint>
#include <string>

#include "worker/weights/pickle.h"
#include "worker/weights/torch_tensors.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string where = "input";
  const auto pickle =
      assay::Pickle::Read(where, absl::string_view(reinterpret_cast<const char*>(data), size));
  if (!pickle.ok()) return 0;
  (void)assay::FindTorchTensors(where, (*pickle)->root());
  (void)assay::FindTorchStorages(where, (*pickle)->root());
  return 0;
}
