// Loads models from their files and serves them with the engine.
#ifndef ASSAY_WORKER_PROCESS_ENGINE_MODEL_H_
#define ASSAY_WORKER_PROCESS_ENGINE_MODEL_H_

#include <memory>

#include "absl/status/statusor.h"
#include "worker/device/device.h"
#include "worker/engine/engine.h"
#include "worker/process/parallel_model.h"
#include "worker/session/served_model.h"

namespace assay {

class EngineModelLoader : public ModelLoader {
 public:
  // On a device other than the CPU, which must have been opened, a cache of 0 bytes stands for what
  // the device has free beside the model. With a `leader`, its group computes the models.
  explicit EngineModelLoader(const EngineOptions& options, const Device& device = Device(),
                             ParallelLeader* leader = nullptr)
      : options_(options), device_(device), leader_(leader) {}
  absl::StatusOr<std::unique_ptr<ServedModel>> Load(const ModelSpec& spec,
                                                    Precision precision) override;

 private:
  const EngineOptions options_;
  const Device device_;
  ParallelLeader* const leader_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_PROCESS_ENGINE_MODEL_H_
