#include "worker/weights/quantized_parts.h"

#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

absl::Status CheckShape(const StoredTensor& tensor, const std::vector<int64_t>& shape) {
  if (tensor.shape == shape) return absl::OkStatus();
  return PartError(tensor, "has the shape [", absl::StrJoin(tensor.shape, ", "),
                   "]; by the layer's other tensors and the quantization's settings it should be [",
                   absl::StrJoin(shape, ", "), "]");
}

}  // namespace

QuantizedParts::QuantizedParts(const std::vector<StoredTensor>& weights,
                               const std::vector<StoredTensor>& integers) {
  for (const std::vector<StoredTensor>* list : {&weights, &integers}) {
    for (const StoredTensor& tensor : *list) by_name_.emplace(tensor.name, &tensor);
  }
}

const StoredTensor* QuantizedParts::Find(absl::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

absl::StatusOr<const StoredTensor*> QuantizedParts::Need(const std::string& layer,
                                                         absl::string_view suffix) const {
  const StoredTensor* tensor = Find(absl::StrCat(layer, suffix));
  if (tensor == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("the quantized layer \"", layer,
                                                   "\" lacks its tensor \"", layer, suffix, "\""));
  }
  if (!tensor->strides.empty()) {
    return PartError(*tensor, "is a view of other values; save it contiguous");
  }
  return tensor;
}

absl::StatusOr<const StoredTensor*> QuantizedParts::NeedIntegers(
    const std::string& layer, absl::string_view suffix, TensorType type,
    const std::vector<int64_t>& shape) const {
  ASSAY_ASSIGN_OR_RETURN(const StoredTensor* tensor, Need(layer, suffix));
  if (tensor->type != type) {
    return PartError(*tensor, "has the type ", Info(tensor->type).name, "; it should be ",
                     Info(type).name);
  }
  ASSAY_RETURN_IF_ERROR(CheckShape(*tensor, shape));
  return tensor;
}

absl::StatusOr<const StoredTensor*> QuantizedParts::NeedFloats(
    const std::string& layer, absl::string_view suffix, const std::vector<int64_t>& shape) const {
  ASSAY_ASSIGN_OR_RETURN(const StoredTensor* tensor, Need(layer, suffix));
  if (!IsFloat(tensor->type)) {
    return PartError(*tensor, "has the type ", Info(tensor->type).name,
                     "; it should be one of floating point");
  }
  ASSAY_RETURN_IF_ERROR(CheckShape(*tensor, shape));
  return tensor;
}

bool IsFloat(TensorType type) {
  return type == TensorType::kF32 || type == TensorType::kF16 || type == TensorType::kBF16;
}

}  // namespace assay
