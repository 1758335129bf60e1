// The families of architectures that the worker runs, by the model_type of config.json.
#ifndef ASSAY_WORKER_MODEL_MODEL_FAMILY_H_
#define ASSAY_WORKER_MODEL_MODEL_FAMILY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/domain/run.h"
#include "worker/device/device.h"
#include "worker/model/causal_lm.h"
#include "worker/parallel/tensor_parallel.h"
#include "worker/weights/checkpoint.h"

namespace assay {

class DeviceGroup;

// A model as its config describes it, before any weight is read.
class ModelDescription {
 public:
  virtual ~ModelDescription() = default;

  virtual int64_t vocabulary_size() const = 0;
  virtual int64_t context_length() const = 0;  // tokens
  // That every tensor the model needs is there with its shape; returns the number of parameters.
  // NotFound or InvalidArgument names the tensor.
  virtual absl::StatusOr<int64_t> CheckTensors(const Checkpoint& checkpoint) const = 0;
  virtual absl::StatusOr<std::unique_ptr<CausalLm>> Load(const Checkpoint& checkpoint,
                                                         Precision precision) const = 0;
  // For passes by libtorch's own operations, on any device; Load is for the CPU's own kernels.
  // Where `group` is not null, one process's part, as LoadShare; it must outlive the model.
  // Unimplemented for a family that has none.
  virtual absl::StatusOr<std::unique_ptr<CausalLm>> LoadOnDevice(const Checkpoint& checkpoint,
                                                                 Precision precision,
                                                                 const Device& device,
                                                                 DeviceGroup* group) const;
  // One process's part of a model that all of the group's processes compute together. `group` must
  // outlive the model. Unimplemented for a family, or for sizes, that cannot be divided.
  virtual absl::StatusOr<std::unique_ptr<CausalLm>> LoadShare(const Checkpoint& checkpoint,
                                                              Precision precision,
                                                              TensorParallel* group) const;
};

// By the checkpoint's config, which is untrusted: InvalidArgument names the field. Unimplemented
// for an architecture that is not known.
absl::StatusOr<std::unique_ptr<ModelDescription>> DescribeModel(const Checkpoint& checkpoint);

// The model types that DescribeModel knows, in order.
std::vector<std::string> ModelTypes();

}  // namespace assay

#endif  // ASSAY_WORKER_MODEL_MODEL_FAMILY_H_
