// One file of a model's weights, whatever its format.
#ifndef ASSAY_WORKER_WEIGHTS_WEIGHTS_FILE_H_
#define ASSAY_WORKER_WEIGHTS_WEIGHTS_FILE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "worker/weights/stored_tensor.h"

namespace assay {

// Thread-safe to read.
class WeightsFile {
 public:
  // By the name: *.safetensors is a safetensors file, all others are what torch.save writes.
  static absl::StatusOr<std::unique_ptr<WeightsFile>> Open(const std::string& path);
  virtual ~WeightsFile() = default;

  virtual const std::string& path() const = 0;
  virtual absl::string_view bytes() const = 0;  // the whole file
  // In order of name. Tensors that are no weights are left out.
  virtual const std::vector<StoredTensor>& tensors() const = 0;
  // In order of name, those of a type that TensorType has: parts of quantized weights, and others
  // (position ids) that no weight is made of.
  virtual const std::vector<StoredTensor>& integers() const = 0;
  // True for every name in the file, also those in neither list.
  virtual bool Has(absl::string_view name) const = 0;
  // Gives the memory of what was read back to the system; what was read stays readable.
  virtual void ReleaseMemory() const = 0;
  // The checksums that the file itself carries, if any; reads every byte. InvalidArgument names the
  // file and the part that is damaged.
  virtual absl::Status CheckIntegrity() const { return absl::OkStatus(); }
};

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_WEIGHTS_FILE_H_
