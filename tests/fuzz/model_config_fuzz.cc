// Any bytes as a config.json: it is refused, or describes a model of sensible sizes, none of whose
// tensors are there.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "worker/model/config_reader.h"
#include "worker/model/generation_settings.h"
#include "worker/model/model_family.h"
#include "worker/weights/checkpoint.h"
#include "worker/weights/json_object.h"

namespace {

// A folder with nothing but its config.
class BareCheckpoint : public assay::Checkpoint {
 public:
  explicit BareCheckpoint(nlohmann::json config) : config_(std::move(config)) {}

  absl::string_view format() const override { return "huggingface"; }
  const nlohmann::json& config() const override { return config_; }
  const std::vector<assay::StoredTensor>& tensors() const override { return tensors_; }
  void ReleaseMemory() const override {}
  absl::StatusOr<std::string> Digest() const override { return std::string(64, '0'); }
  const std::string& path() const override { return path_; }

 private:
  const nlohmann::json config_;
  const std::vector<assay::StoredTensor> tensors_;
  const std::string path_ = "/nowhere";
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto config = assay::ParseJsonObject("config.json", bytes);
  if (!config.ok()) return 0;
  const BareCheckpoint checkpoint(*std::move(config));
  const assay::ConfigReader reader(checkpoint.config(), "config.json");
  (void)reader.Integers("eos_token_id");
  (void)assay::ReadGenerationSettings("/nowhere", checkpoint.config());
  auto description = assay::DescribeModel(checkpoint);
  if (!description.ok()) return 0;
  if ((*description)->vocabulary_size() <= 0 || (*description)->context_length() <= 0) {
    std::abort();
  }
  if ((*description)->CheckTensors(checkpoint).ok()) std::abort();
  return 0;
}
