#include "worker/model/loaded_model.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/huggingface/hub_cache.h"
#include "worker/model/causal_lm.h"
#include "worker/model/config_fields.h"
#include "worker/model/generation_settings.h"
#include "worker/model/model_family.h"
#include "worker/weights/checkpoint.h"
#include "worker/weights/gguf_file.h"

namespace assay {
namespace {

// English prose, questions and a little arithmetic: what the benchmarks look like.
constexpr char kCalibrationText[] =
    "The following are questions about the history of science. In 1687 Isaac Newton published the "
    "laws of motion; which of these statements about gravity is correct?\n"
    "A. It acts only between planets.\nB. It decreases with the square of the distance.\n"
    "Answer: B\n\nA shop sells 12 apples and 7 pears. If a customer buys 5 of the apples, how many "
    "pieces of fruit are left? The reasonable answer, as anybody can check, is 14.\n";

struct OpenModel {
  std::unique_ptr<Checkpoint> checkpoint;
  std::unique_ptr<Tokenizer> tokenizer;
  std::unique_ptr<ModelDescription> description;
  int64_t parameters = 0;
  std::vector<int32_t> stop_token_ids;
};

absl::StatusOr<OpenModel> Open(const std::string& path, const std::string& base_path) {
  OpenModel model;
  ASSAY_ASSIGN_OR_RETURN(model.checkpoint, Checkpoint::Open(path, base_path));
  const Checkpoint& checkpoint = *model.checkpoint;
  const ConfigReader config(checkpoint.config(), path);
  ASSAY_ASSIGN_OR_RETURN(model.description, DescribeModel(checkpoint));
  ASSAY_ASSIGN_OR_RETURN(model.parameters, model.description->CheckTensors(checkpoint));
  const int64_t vocabulary = model.description->vocabulary_size();
  if (checkpoint.gguf() != nullptr) {
    ASSAY_ASSIGN_OR_RETURN(model.tokenizer, Tokenizer::FromGguf(*checkpoint.gguf()));
  } else {
    ASSAY_ASSIGN_OR_RETURN(model.tokenizer, Tokenizer::FromFolder(checkpoint.tokenizer_folder()));
  }
  if (model.tokenizer->vocabulary_size() > vocabulary) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": the tokenizer has ids up to ", model.tokenizer->vocabulary_size() - 1,
                     ", but the embedding has only ", vocabulary,
                     " rows (vocab_size): the tokenizer is not this model's"));
  }
  ASSAY_ASSIGN_OR_RETURN(model.stop_token_ids, config.Integers("eos_token_id"));
  for (const int32_t id : model.stop_token_ids) {
    if (id >= vocabulary) {
      return config.Error("eos_token_id", absl::StrCat("names ", id, ", beyond the vocabulary"));
    }
  }
  return model;
}

absl::StatusOr<std::string> Canonical(const std::string& path) {
  std::error_code error;
  const std::string absolute = std::filesystem::canonical(path, error).string();
  if (!error) return absolute;
  return absl::NotFoundError(absl::StrCat("cannot open the model ", path, ": ", error.message()));
}

absl::StatusOr<ModelSpec> Describe(const std::string& name, const std::string& path,
                                   const OpenModel& model) {
  ModelSpec spec;
  spec.name = name;
  spec.path = path;
  spec.base_path = model.checkpoint->base_path();
  spec.format = std::string(model.checkpoint->format());
  ASSAY_ASSIGN_OR_RETURN(spec.architecture, ConfigOf(*model.checkpoint).Text("model_type"));
  ASSAY_ASSIGN_OR_RETURN(spec.weights_sha256, model.checkpoint->Digest());
  spec.tokenizer_sha256 = model.tokenizer->digest();
  spec.parameters = model.parameters;
  spec.context_length = model.description->context_length();
  spec.vocabulary_size = model.description->vocabulary_size();
  spec.stored_type = model.checkpoint->StoredType();
  if (model.checkpoint->gguf() == nullptr) {
    spec.generation_settings =
        ReadGenerationSettings(model.checkpoint->tokenizer_folder(), model.checkpoint->config());
  }
  ASSAY_ASSIGN_OR_RETURN(const std::vector<int32_t> ids,
                         model.tokenizer->Encode(kCalibrationText, false));
  spec.characters_per_token = static_cast<double>(sizeof(kCalibrationText) - 1) /
                              static_cast<double>(std::max<size_t>(1, ids.size()));
  return spec;
}

}  // namespace

LoadedModel::LoadedModel() = default;
LoadedModel::LoadedModel(LoadedModel&&) noexcept = default;
LoadedModel& LoadedModel::operator=(LoadedModel&&) noexcept = default;
LoadedModel::~LoadedModel() = default;

absl::StatusOr<ModelSpec> InspectModel(const std::string& name, const std::string& path,
                                       const std::string& base_path) {
  ASSAY_ASSIGN_OR_RETURN(const std::string absolute, Canonical(path));
  std::string absolute_base;
  if (!base_path.empty()) {
    ASSAY_ASSIGN_OR_RETURN(absolute_base, Canonical(base_path));
  }
  ASSAY_ASSIGN_OR_RETURN(const OpenModel model, Open(absolute, absolute_base));
  ASSAY_RETURN_IF_ERROR(model.checkpoint->CheckIntegrity());
  return Describe(name, absolute, model);
}

absl::StatusOr<LoadedModel> LoadModel(const ModelSpec& spec, Precision precision,
                                      const Placement& placement) {
  // Of a model from Hugging Face's cache, this machine may keep the same files elsewhere.
  const std::string path = LocateModelPath(spec.path, ProcessEnvironment());
  const std::string base_path = LocateModelPath(spec.base_path, ProcessEnvironment());
  ASSAY_ASSIGN_OR_RETURN(OpenModel model, Open(path, base_path));
  ASSAY_ASSIGN_OR_RETURN(const std::string digest, model.checkpoint->Digest());
  if (digest != spec.weights_sha256 || model.tokenizer->digest() != spec.tokenizer_sha256) {
    return absl::FailedPreconditionError(
        absl::StrCat("the files at ", path, " are not those that were registered as ", spec.name,
                     ": their digest differs; add them under a new name"));
  }
  LoadedModel loaded;
  loaded.spec = spec;
  loaded.precision = precision;
  const ModelDescription& description = *model.description;
  const Checkpoint& checkpoint = *model.checkpoint;
  if (placement.device_group != nullptr || !placement.device.is_cpu()) {
    ASSAY_ASSIGN_OR_RETURN(
        loaded.language_model,
        description.LoadOnDevice(checkpoint, precision, placement.device, placement.device_group));
  } else if (placement.group != nullptr) {
    ASSAY_ASSIGN_OR_RETURN(loaded.language_model,
                           description.LoadShare(checkpoint, precision, placement.group));
  } else {
    ASSAY_ASSIGN_OR_RETURN(loaded.language_model, description.Load(checkpoint, precision));
  }
  loaded.tokenizer = std::move(model.tokenizer);
  loaded.stop_token_ids = std::move(model.stop_token_ids);
  return loaded;
}

}  // namespace assay
