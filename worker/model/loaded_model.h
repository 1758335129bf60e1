// A model ready to run, made from its files.
#ifndef ASSAY_WORKER_MODEL_LOADED_MODEL_H_
#define ASSAY_WORKER_MODEL_LOADED_MODEL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/domain/model_spec.h"
#include "common/domain/run.h"
#include "worker/device/device.h"
#include "worker/parallel/tensor_parallel.h"
#include "worker/tokenizer/tokenizer.h"

namespace assay {

class CausalLm;
class DeviceGroup;

struct LoadedModel {
  ModelSpec spec;
  Precision precision = Precision::kFloat32;
  std::unique_ptr<Tokenizer> tokenizer;
  std::unique_ptr<CausalLm> language_model;
  std::vector<int32_t> stop_token_ids;  // ends of sequence, by the checkpoint's own settings

  LoadedModel();
  LoadedModel(LoadedModel&&) noexcept;
  LoadedModel& operator=(LoadedModel&&) noexcept;
  ~LoadedModel();
};

// Checks everything that can be checked without running the model: the architecture, every needed
// field and tensor with its shape, the tokenizer and that its ids fit the embedding; and measures
// the digests. `name` may be empty. `base_path`: of a LoRA adapter whose settings do not name its
// base.
absl::StatusOr<ModelSpec> InspectModel(const std::string& name, const std::string& path,
                                       const std::string& base_path = "");

// What computes a model.
struct Placement {
  Device device = {};  // opened (worker/device/cuda.h) where it is no CPU
  // Of which this process has a share; null: it is alone. On CPUs the first, else the second.
  TensorParallel* group = nullptr;
  DeviceGroup* device_group = nullptr;
};

// Loads the files at spec.path. FailedPrecondition when their digest is not the registered one.
absl::StatusOr<LoadedModel> LoadModel(const ModelSpec& spec, Precision precision,
                                      const Placement& placement = {});

}  // namespace assay

#endif  // ASSAY_WORKER_MODEL_LOADED_MODEL_H_
