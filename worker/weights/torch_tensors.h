// The tensors that an unpickled object of torch holds.
#ifndef ASSAY_WORKER_WEIGHTS_TORCH_TENSORS_H_
#define ASSAY_WORKER_WEIGHTS_TORCH_TENSORS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "worker/weights/pickle.h"
#include "worker/weights/tensor_type.h"

namespace assay {

struct TorchDtype {
  absl::string_view name;     // "float16"
  absl::string_view storage;  // "HalfStorage"
  int64_t bytes;
  std::optional<TensorType> type;  // none: read past
  bool is_weight = false;
};

// The values of a storage that tensors look at; counts are of values of the dtype.
struct TorchStorage {
  absl::string_view key;
  const TorchDtype* dtype = nullptr;
  int64_t size = 0;    // of the whole storage
  int64_t offset = 0;  // of the part that is seen: all but in old files
  int64_t visible = 0;
};

struct TorchTensor {
  std::string name;
  TorchStorage storage;
  const TorchDtype* dtype = nullptr;  // none is null
  int64_t offset = 0;                 // in the storage
  std::vector<int64_t> shape;
  std::vector<int64_t> strides;
  int64_t count = 0;   // of its values
  int64_t extent = 0;  // from the first to the last, which lies inside the storage
  bool contiguous = false;
};

// Of a dictionary by name (a state dict), or of the one that a training checkpoint keeps below
// "state_dict", "model", "model_state_dict" or "module". Views into the pickle stay views.
// InvalidArgument names `where` and the tensor whose sizes or strides are damaged.
absl::StatusOr<std::vector<TorchTensor>> FindTorchTensors(const std::string& where,
                                                          const PickleValue& root);

// Every storage that the object names, also those of tensors that are not found above; in no order.
absl::StatusOr<std::vector<TorchStorage>> FindTorchStorages(const std::string& where,
                                                            const PickleValue& root);

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_TORCH_TENSORS_H_
