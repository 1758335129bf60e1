// A model as a LoRA adapter and the model that it changes.
#ifndef ASSAY_WORKER_WEIGHTS_ADAPTER_CHECKPOINT_H_
#define ASSAY_WORKER_WEIGHTS_ADAPTER_CHECKPOINT_H_

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "worker/weights/checkpoint.h"
#include "worker/weights/lora_adapter.h"
#include "worker/weights/lora_change.h"

namespace assay {

// The base's tensors with the adapter's changes: W + scale B A, each element in float32 from the
// base's value and the sum over the ranks in order, for whoever reads the rows; with DoRA each row
// of that scaled to its magnitude. What the adapter saved as a whole stands in the base's place.
// The result is that of the adapter beside its base, where both are float32.
//
// The names are those of the base's modules in transformers, so that a matrix that a family cuts
// into parts is changed before it is cut.
class AdapterCheckpoint : public Checkpoint {
 public:
  // `base_path` may be empty where the adapter's settings name an existing folder or file.
  // NotFound says how to name the base. InvalidArgument names the tensor that does not fit the
  // base.
  static absl::StatusOr<std::unique_ptr<Checkpoint>> Open(const std::string& folder,
                                                          const std::string& base_path);

  absl::string_view format() const override { return "peft"; }
  const nlohmann::json& config() const override { return config_; }
  const std::vector<StoredTensor>& tensors() const override { return tensors_; }
  absl::Status ReadRows(const StoredTensor& tensor, int64_t begin, int64_t end,
                        float* out) const override;
  std::optional<FourBitWeights> ReadFourBits(const StoredTensor& tensor) const override;
  void ReleaseMemory() const override;
  absl::Status CheckIntegrity() const override;
  // Over the base's digest and the adapter's settings and weights.
  absl::StatusOr<std::string> Digest() const override;
  const GgufFile* gguf() const override;
  const std::string& path() const override { return adapter_->folder(); }
  // The adapter's where it has a tokenizer, else the base's.
  const std::string& tokenizer_folder() const override;
  std::string base_path() const override { return base_->path(); }

 private:
  AdapterCheckpoint(std::unique_ptr<LoraAdapter> adapter, std::unique_ptr<Checkpoint> base)
      : adapter_(std::move(adapter)), base_(std::move(base)) {}
  absl::Status Apply();
  absl::Status ReplaceTensors();
  absl::Status AddChange(const std::string& module, const LoraModule& parts);
  absl::Status CheckVocabulary();
  absl::Status UntieHead();
  StoredTensor* FindMutable(absl::string_view name);
  // The tensor of a module, also where the base's files leave out the first part of the names or
  // call the head otherwise; null where there is none.
  StoredTensor* Resolve(absl::string_view module, absl::string_view part);
  bool StoresColumns(const StoredTensor& tensor) const;

  const std::unique_ptr<LoraAdapter> adapter_;
  const std::unique_ptr<Checkpoint> base_;
  nlohmann::json config_;
  std::vector<StoredTensor> tensors_;
  absl::flat_hash_map<std::string, LoraChange> changes_;  // by the tensor's name
};

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_ADAPTER_CHECKPOINT_H_
