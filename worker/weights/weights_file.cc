#include "worker/weights/weights_file.h"

#include "common/base/status_macros.h"
#include "worker/weights/safetensors_file.h"
#include "worker/weights/torch_file.h"

namespace assay {

absl::StatusOr<std::unique_ptr<WeightsFile>> WeightsFile::Open(const std::string& path) {
  if (path.ends_with(".safetensors")) {
    ASSAY_ASSIGN_OR_RETURN(std::unique_ptr<WeightsFile> file, SafetensorsFile::Open(path));
    return file;
  }
  ASSAY_ASSIGN_OR_RETURN(std::unique_ptr<WeightsFile> file, TorchFile::Open(path));
  return file;
}

}  // namespace assay
