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
#include "worker/tokenizer/tokenizer.h"

namespace assay {

class CausalLm;

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
// the digests. `name` may be empty.
absl::StatusOr<ModelSpec> InspectModel(const std::string& name, const std::string& path);

// Loads the files at spec.path. FailedPrecondition when their digest is not the registered one.
absl::StatusOr<LoadedModel> LoadModel(const ModelSpec& spec, Precision precision);

}  // namespace assay

#endif  // ASSAY_WORKER_MODEL_LOADED_MODEL_H_
