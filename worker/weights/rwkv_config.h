// The config of an original RWKV-4 file, which comes without one.
#ifndef ASSAY_WORKER_WEIGHTS_RWKV_CONFIG_H_
#define ASSAY_WORKER_WEIGHTS_RWKV_CONFIG_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "worker/weights/stored_tensor.h"

namespace assay {

// As transformers' RwkvConfig would have it: sizes are those of the tensors (in order of name), the
// context is what the file's name says ("...-ctx4096.pth"), or 1024. None for tensors of another
// model.
std::optional<nlohmann::json> RwkvConfig(const std::vector<StoredTensor>& tensors,
                                         absl::string_view file_name);

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_RWKV_CONFIG_H_
