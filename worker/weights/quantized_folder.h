// Hugging Face folders whose linear layers are quantized: their parts become the weights they stand
// for, under the names that the layers have without quantization.
#ifndef ASSAY_WORKER_WEIGHTS_QUANTIZED_FOLDER_H_
#define ASSAY_WORKER_WEIGHTS_QUANTIZED_FOLDER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "worker/weights/quantization_config.h"
#include "worker/weights/stored_tensor.h"

namespace assay {

// `tensors` (floating point) and `integers` are all that the folder's files hold, in order of name.
// A layer is quantized where its tensors say so, whatever the config says about single layers;
// tensors keep their order, and those that were parts are left out. Without `config`, parts of
// quantized layers are refused. Errors name the file and the tensor, or the config's file.
absl::Status ReplaceQuantizedParts(const std::optional<QuantizationConfig>& config,
                                   const std::vector<StoredTensor>& integers,
                                   std::vector<StoredTensor>* tensors);

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_QUANTIZED_FOLDER_H_
