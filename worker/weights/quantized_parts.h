// The tensors that a folder stores a quantized layer in, found by name and checked.
#ifndef ASSAY_WORKER_WEIGHTS_QUANTIZED_PARTS_H_
#define ASSAY_WORKER_WEIGHTS_QUANTIZED_PARTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "worker/weights/stored_tensor.h"

namespace assay {

class QuantizedParts {
 public:
  // The vectors outlive the object and do not change meanwhile.
  QuantizedParts(const std::vector<StoredTensor>& weights,
                 const std::vector<StoredTensor>& integers);

  const StoredTensor* Find(absl::string_view name) const;  // null: there is none
  // One that `layer` cannot do without. InvalidArgument names the layer and the tensor.
  absl::StatusOr<const StoredTensor*> Need(const std::string& layer,
                                           absl::string_view suffix) const;
  // That and its shape and type. Errors name the tensor and both shapes.
  absl::StatusOr<const StoredTensor*> NeedIntegers(const std::string& layer,
                                                   absl::string_view suffix, TensorType type,
                                                   const std::vector<int64_t>& shape) const;
  absl::StatusOr<const StoredTensor*> NeedFloats(const std::string& layer, absl::string_view suffix,
                                                 const std::vector<int64_t>& shape) const;

 private:
  absl::flat_hash_map<absl::string_view, const StoredTensor*> by_name_;
};

// InvalidArgument that names the tensor.
template <typename... What>
absl::Status PartError(const StoredTensor& tensor, const What&... what) {
  return absl::InvalidArgumentError(
      absl::StrCat(tensor.file, ": tensor \"", tensor.name, "\" ", what...));
}
bool IsFloat(TensorType type);  // of a plain type

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_QUANTIZED_PARTS_H_
