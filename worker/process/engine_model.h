// Loads models from their files and serves them with the engine.
#ifndef ASSAY_WORKER_PROCESS_ENGINE_MODEL_H_
#define ASSAY_WORKER_PROCESS_ENGINE_MODEL_H_

#include <memory>

#include "absl/status/statusor.h"
#include "worker/engine/engine.h"
#include "worker/session/served_model.h"

namespace assay {

class EngineModelLoader : public ModelLoader {
 public:
  explicit EngineModelLoader(const EngineOptions& options) : options_(options) {}
  absl::StatusOr<std::unique_ptr<ServedModel>> Load(const ModelSpec& spec,
                                                    Precision precision) override;

 private:
  const EngineOptions options_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_PROCESS_ENGINE_MODEL_H_
